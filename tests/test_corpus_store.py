"""A run over a corpus: what it keeps, and that whoever stops it loses nothing and finds nothing half written."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from ctxcore import BadInputError, ExportError, FileFormatError, NoMentionError, StoppedError, Usages, usages
from ctxcore.__main__ import main
from ctxcore.corpus import extract, run
from ctxcore.corpus.store import Store
from tests.small_disk import files_up_to
from tests.stub_model import StubModel

WORDS = ["bank", ("run", "ran")]
KILLS = int(os.environ.get("CTXCORE_TEST_KILLS", "3"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(3)
    path = tmp_path_factory.mktemp("corpus") / "given.csv"
    texts = ["The bank is open", "He ran to the bank", "No such word", "They run. A run on the bank"]
    with path.open("w") as stream:
        stream.write("year,text\n")
        stream.writelines(f"{1990 + n % 4},{chance.choice(texts)} number {n}.\n" for n in range(800))
    return path


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "A_PART", 50)
    monkeypatch.setattr(extract.Extractor, "opened", StubModel())


def asked(corpus: Path, out: Path, **more: object) -> Usages:
    return usages(corpus, WORDS, out=out, **{"layers": "all", "columns": ["year"], **more})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def undisturbed(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Usages]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "A_PART", 50)
        patch.setattr(extract.Extractor, "opened", StubModel())
        yield asked(corpus, tmp_path_factory.mktemp("undisturbed"))


def equal(first: Usages, second: Usages) -> bool:
    one, two = (found.sql("SELECT * FROM usages ORDER BY usage") for found in (first, second))
    return len(one) > 500 and bool(one.equals(two))


def test_a_store_holds_what_was_asked(corpus: Path, undisturbed: Usages) -> None:
    texts = [line.rstrip("\n").partition(",")[2] for line in corpus.read_text().splitlines()[1:]]
    rows = undisturbed.sql("SELECT * FROM usages ORDER BY usage").to_pylist()
    assert [row["usage"] for row in rows] == list(range(len(rows)))
    assert {row["word"] for row in rows} == {"bank", "run"}
    assert (
        sum(undisturbed.counts()["usages"])
        == len(rows)
        == sum(t.count("bank") + t.count("run") + t.count(" ran ") for t in texts)
    )
    for row in rows[::37]:
        assert row["sentence"] == texts[row["row"] - 1]
        assert row["sentence"][row["start"] : row["end"]] == row["form"]
        assert row["year"] == str(1990 + (row["row"] - 1) % 4)
        seeded = StubModel().span_vectors([row["sentence"]], np.array([[0, row["start"], row["end"]]]), (0, 1, 2))[0]
        assert [row[f"vector_{n}"] for n in range(3)] == seeded.astype(np.float16).astype(np.float32).tolist()


def test_what_a_store_is_asked(undisturbed: Usages, tmp_path: Path) -> None:
    by_year = undisturbed.counts("year")
    assert list(by_year.columns) == ["word", "year", "usages"]
    assert by_year["usages"].sum() == undisturbed.counts()["usages"].sum()
    first = undisturbed.sample(20, "run", seed=1)
    assert set(first["word"]) == {"run"}
    assert first["usage"].is_monotonic_increasing
    assert first.equals(undisturbed.sample(20, "run", seed=1))
    assert not first["usage"].equals(undisturbed.sample(20, "run", seed=2)["usage"])
    lines = undisturbed.lines("run", width=4)
    assert lines.loc[0, ["left", "form", "right"]].tolist() in (["He ", "ran", " to "], ["hey ", "run", ". A "])
    table, vectors = undisturbed.vectors("bank", layer=1, most=30)
    assert vectors.shape == (30, 4)
    assert vectors.dtype == np.float32
    stored = undisturbed.sql("SELECT usage, vector_1 FROM usages").to_pandas().set_index("usage")["vector_1"]
    assert all(np.array_equal(stored[usage], vector) for usage, vector in zip(table["usage"], vectors, strict=True))
    (tmp_path / "more.csv").write_text("year,king\n1990,Ann\n1991,Bo\n")
    joined = undisturbed.sql(
        f"SELECT king, count(*) AS n FROM usages JOIN read_csv('{tmp_path}/more.csv', all_varchar = true) USING (year) "
        "GROUP BY king ORDER BY king"
    )
    of_year = by_year.groupby("year")["usages"].sum()
    assert joined.to_pylist() == [{"king": "Ann", "n": of_year["1990"]}, {"king": "Bo", "n": of_year["1991"]}]
    with duckdb.connect() as plain:  # the files are ordinary ones
        rows = len(undisturbed.sql("SELECT 1 FROM usages"))
        assert plain.read_parquet(undisturbed.files).count("*").fetchall() == [(rows,)]
    with pytest.raises(BadInputError, match="layer 7; 0, 1, 2 are"):
        undisturbed.vectors(layer=7)
    with pytest.raises(BadInputError, match="no_such"):
        undisturbed.sql("SELECT no_such FROM usages")
    with pytest.raises(BadInputError, match="Kept are bank, run"):
        undisturbed.sample(3, "river")


def test_a_second_visit_reads_and_computes_nothing(
    corpus: Path, undisturbed: Usages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctxcore.corpus.files.Source.digest", None)
    monkeypatch.setattr("ctxcore.corpus.read.Corpus.batches", None)
    monkeypatch.setattr(extract.Extractor, "opened", None)
    assert asked(corpus, undisturbed.folder.parent).folder == undisturbed.folder


def test_another_question_has_another_store(corpus: Path, undisturbed: Usages, tmp_path: Path) -> None:
    folders = {
        asked(corpus, tmp_path, **more).folder.name
        for more in ({}, {"layers": 1}, {"format": "float32"}, {"columns": []})
    }
    copied = tmp_path / corpus.name
    copied.write_text(corpus.read_text() + "1990,He ran.\n")
    folders.add(asked(copied, tmp_path).folder.name)
    assert len(folders) == 5
    assert undisturbed.folder.name in folders


def test_killed_at_any_moment_a_run_goes_on_to_the_same_store(
    corpus: Path, undisturbed: Usages, tmp_path: Path
) -> None:
    chance = random.Random(KILLS)
    for number in range(KILLS):
        out = tmp_path / str(number)
        command = [sys.executable, "-m", "tests.corpus_run", str(corpus), str(out)]
        killed = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert killed.stdout is not None
        for _ in range(chance.randrange(1, 900)):
            killed.stdout.readline()
        killed.kill()
        killed.communicate()
        begun = list(out.glob("usages-*/part-*.parquet"))
        with pytest.raises(FileFormatError, match="has not finished"):
            Usages(next(out.glob("usages-*")))
        before = {path: path.stat().st_mtime_ns for path in begun}
        assert equal(asked(corpus, out), undisturbed)
        assert {path: path.stat().st_mtime_ns for path in begun} == before  # what was done was not done again
        assert not list(out.glob("usages-*/*.work"))


def test_stopped_by_its_reader_it_goes_on(corpus: Path, undisturbed: Usages, tmp_path: Path) -> None:
    calls = 0

    def stop(share: float, what: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 333:
            raise StoppedError("usages")

    with pytest.raises(StoppedError):
        asked(corpus, tmp_path, progress=stop)
    assert 2 <= len(list(tmp_path.glob("usages-*/part-*"))) <= 8
    assert equal(asked(corpus, tmp_path), undisturbed)


def test_a_part_that_is_lost_or_cut_is_made_again(corpus: Path, undisturbed: Usages, tmp_path: Path) -> None:
    folder = asked(corpus, tmp_path).folder
    (folder / "part-000001.parquet").unlink()
    whole = (folder / "part-000003.parquet").read_bytes()
    (folder / "part-000003.parquet").write_bytes(whole[:-9])
    with pytest.raises(FileFormatError):
        Usages(folder)
    assert equal(asked(corpus, tmp_path), undisturbed)


def test_a_disk_that_fills_up_keeps_what_is_done(corpus: Path, undisturbed: Usages, tmp_path: Path) -> None:
    largest = max(path.stat().st_size for path in undisturbed.folder.glob("part-*"))
    smallest = min(path.stat().st_size for path in undisturbed.folder.glob("part-*"))
    assert smallest < largest
    with files_up_to(largest - 1), pytest.raises(ExportError, match="What was finished is kept"):
        asked(corpus, tmp_path)
    assert not list(tmp_path.glob("usages-*/*.work"))
    assert equal(asked(corpus, tmp_path), undisturbed)


def test_two_runs_do_not_write_one_store(corpus: Path, tmp_path: Path, undisturbed: Usages) -> None:
    with Store(undisturbed.folder).locked():
        assert asked(corpus, undisturbed.folder.parent)  # finished: nobody writes
    store = tmp_path / undisturbed.folder.name
    store.mkdir()
    with Store(store).locked(), pytest.raises(BadInputError, match="another at work"):
        asked(corpus, tmp_path)


def test_a_text_without_the_word_says_what_comes_near(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(NoMentionError, match="800 sentences without it; it is only a part of “number”"):
        usages(corpus, "numb", out=tmp_path)
    with pytest.raises(NoMentionError, match="“zebra”, “gnu”"):
        usages(corpus, ["zebra", "gnu"], out=tmp_path)


def test_a_sentence_that_the_model_cannot_read_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("He ran.\n" + "very " * 70 + "far he ran\nShe ran.\n")
    found = usages(tmp_path / "a.txt", "ran", out=tmp_path)
    assert (found.left_out, found.lines()["row"].tolist()) == (1, [1, 3])


def test_the_command(
    corpus: Path,
    tmp_path: Path,
    undisturbed: Usages,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = [
        "usages",
        str(corpus),
        "--word",
        "bank",
        "--word",
        "run,ran",
        "--layers",
        "all",
        "--column",
        "year",
        "--out",
        str(tmp_path),
    ]

    def interrupted(self: StubModel, *given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StubModel, "span_vectors", interrupted)
        assert main(command) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert main(command) == 0
    said = capsys.readouterr()
    counts = dict(undisturbed.counts().itertuples(index=False))
    assert said.out.startswith(f"bank: {counts['bank']} usages\nrun: {counts['run']} usages\n{tmp_path}")
    assert "a second" in said.err
    assert equal(Usages(next(tmp_path.glob("usages-*"))), undisturbed)
    assert main([*command[:-1], str(tmp_path), "--layers", "x"]) == 2
    assert "Layers are last, all, or whole numbers" in capsys.readouterr().err
