"""What a server writes down of a question, of its failure, and of an exception: never what a reader typed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ctxcore import BadInputError
from ctxcore.engine import Engine, Query
from ctxcore.progress import Progress
from dashboard import journal
from dashboard.jobs import Job
from dashboard.settings import settings

TYPED = "plughsentence"


@dataclass(frozen=True)
class Asked(Query[int]):
    model: str
    sentences: tuple[str, ...]
    layer: int = 0
    fails: bool = False

    def run(self, engine: Engine, progress: Progress) -> int:
        if self.fails:
            raise BadInputError("A rule.", self.sentences[0], "A remedy.")
        return len(self.sentences)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that an owner wants questions written to."""
    monkeypatch.setenv("CTXCORE_LOG", str(tmp_path / "questions.txt"))
    settings.cache_clear()
    journal._log.cache_clear()
    yield tmp_path / "questions.txt"
    for handler in (journal._log() or logging.Logger("")).handlers:
        handler.close()
    monkeypatch.undo()
    settings.cache_clear()
    journal._log.cache_clear()


def test_each_question_is_one_line_that_says_what_it_was_and_took(written: Path) -> None:
    engine = Engine(files=lambda kind, name: "", told=journal.answered)
    asked = Asked("minilm-l6", (f"A {TYPED}.", "Two."), layer=3)
    assert [engine.get(asked), engine.get(asked)] == [2, 2]
    with pytest.raises(BadInputError):
        engine.get(Asked(f"/home/{TYPED}", (TYPED,), fails=True))
    with pytest.raises(ZeroDivisionError), journal.noting("load", model="minilm-l6"):
        raise ZeroDivisionError(TYPED)
    text = written.read_text()
    assert TYPED not in text
    lines = [json.loads(line) for line in text.splitlines()]
    of = {"what": "Asked", "model": "minilm-l6", "texts": 2, "characters": len(f"A {TYPED}.Two."), "layer": 3}
    assert [{**line, "at": 0, "seconds": 0} for line in lines] == [
        {"at": 0, **of, "kept": False, "seconds": 0},
        {"at": 0, **of, "kept": True, "seconds": 0},
        {"at": 0, "what": "Asked", "model": "a reader's own", "texts": 1, "characters": len(TYPED), "layer": 0,
         "kept": False, "seconds": 0, "error": "BadInputError"},
        {"at": 0, "what": "load", "model": "minilm-l6", "seconds": 0, "error": "ZeroDivisionError"},
    ]  # fmt: skip
    assert all(line["at"] > 1.7e9 and 0 <= line["seconds"] < 10 for line in lines)


def test_nothing_is_written_where_nobody_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Engine(files=lambda kind, name: "", told=journal.answered).get(Asked("minilm-l6", ("One.",)))
    assert list(tmp_path.iterdir()) == []


def test_a_log_says_where_an_exception_was_raised_and_not_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    usual = logging.getLogRecordFactory()
    journal.keep_texts_out_of_logs()
    try:
        try:
            try:
                raise ValueError(TYPED)
            except ValueError as error:
                raise RuntimeError(f"while reading {TYPED}") from error
        except RuntimeError:
            logging.getLogger("any").exception("it failed")

        def work(progress: Progress) -> None:
            raise KeyError(TYPED)

        job: Job[None] = Job(work)
        with pytest.raises(Exception, match=TYPED):  # the reader is told
            job.wait()
    finally:
        logging.setLogRecordFactory(usual)
    shown = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert TYPED not in shown
    for part in ("it failed", "RuntimeError\nraised after\n", "ValueError", "test_journal.py", "in work", "KeyError"):
        assert part in shown
