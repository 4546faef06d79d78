"""A word in a whole text: counts against hand-worked ones, a sample that stays, orders, the plane, and what a text may be."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.decomposition import PCA

from ctxcore import (
    BadInputError,
    ContextualModel,
    Engine,
    FileFormatError,
    FoundUsages,
    IncompleteError,
    NoMentionError,
    TooManyCharactersError,
    UsageMap,
    WholeText,
)
from ctxcore.charts.usage_questions import (
    MapOfUsages,
    PlaneOfUsages,
    UsageOrder,
    UsagesIn,
    VectorsOfUsages,
    asked_of,
    column_of,
    grouped,
    text_of,
)
from ctxcore.charts.usages import UsageCountsChart, UsageMapChart
from ctxcore.controls import UsagesControls
from ctxcore.corpus import found
from ctxcore.corpus.found import found_usages
from ctxcore.corpus.read import read_corpus
from ctxcore.corpus.reading_vectors import usage_vectors
from ctxcore.corpus.texts import corpus_of, endings, state_of
from ctxcore.data.corpora import digest_of
from ctxcore.figures.usages import MOST_BARS, counted, point_groups
from ctxcore.measures.geometry import cosine_matrix, unit
from ctxcore.measures.usage_plane import plane
from ctxcore.text import inflections
from ctxcore.workspace import Workspace

ROWS = (
    ("1999", "The bank lent money, and the bank failed."),
    ("1999", "No word of it here."),
    ("2001", "A Bank of sand rose."),
    ("2001", ""),
    ("", "Two banks merged."),
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "mine.csv"
    file.write_text("year,text\n" + "".join(f'{year},"{text}"\n' for year, text in ROWS), encoding="utf-8")
    return file


def _found(place: Path, *words: str, **how: Any) -> FoundUsages:
    return found_usages(read_corpus(place, "text", ["year"]), words, "mine.csv", **how)


def test_usages_and_sentences_are_counted_in_all_by_form_and_by_column(table: Path) -> None:
    here = _found(table, "bank", "banks")
    assert (here.whole.usages, here.whole.holding, here.whole.sentences) == (4, 3, 4)  # an empty row is no sentence
    assert [(form.name, form.usages) for form in here.forms] == [("bank", 3), ("banks", 1)]
    years = [(one.name, one.usages, one.holding, one.sentences) for one in here.columns["year"]]
    assert years == [("1999", 2, 1, 2), ("", 1, 1, 1), ("2001", 1, 1, 1)]
    assert here.rows["start"].to_pylist() == [4, 29, 2, 4]
    assert here.rows["row"].to_pylist() == [1, 1, 3, 5]
    assert here.values("form") == ["bank", "bank", "Bank", "banks"]
    assert not here.sampled
    assert here.whole.share == 0.75


def test_all_are_counted_where_a_sample_is_kept_and_it_is_the_same_each_time(tmp_path: Path) -> None:
    file = tmp_path / "many.txt"
    file.write_text("".join(f"Sentence {n} has a word.\n" for n in range(6_000)), encoding="utf-8")
    corpus = read_corpus(file)
    one, again, other = (found_usages(corpus, ["word"], "many", 500, seed) for seed in (0, 0, 1))
    assert one.whole.usages == 6_000
    assert len(one.rows) == 500
    rows = np.array(one.rows["row"].to_pylist())
    assert (np.diff(rows) > 0).all()
    assert abs(rows.mean() - 3_000) < 5 * 6_000 / 12**0.5 / 500**0.5  # from all of the text alike
    assert one.rows.equals(again.rows)
    assert not one.rows.equals(other.rows)


def test_a_column_with_very_many_values_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "MOST_VALUES", 40)
    file = tmp_path / "mine.csv"
    file.write_text("year,text\n" + "".join(f"g{n},word{' word' * (n == 70)}\n" for n in range(100)))
    here = _found(file, "word")
    values = here.columns["year"]
    assert (values[0].name, values[0].usages) == ("g70", 2)
    assert (len(values), values[-1].name, values[-1].usages) == (41, "60 others", 60)
    bars = counted(here, "year")
    assert (len(bars), bars[-1].name, bars[-1].usages) == (MOST_BARS + 1, "16 others", 75)
    assert sum(bar.sentences for bar in bars) == 100
    chart = UsageCountsChart(UsagesIn(WholeText(), ("word",)), "year")
    assert "16 others are one" in chart.caption(here)
    assert len(chart.draw(here).data[0]["x"]) == MOST_BARS + 1


def test_years_stand_in_their_order(table: Path) -> None:
    table.write_text("year,text\n2001,word word\n1999,word\n2000,none\n")
    here = _found(table, "word")
    assert [bar.name for bar in counted(here, "year")] == ["1999", "2000", "2001"]
    drawn = UsageCountsChart(UsagesIn(WholeText(), ("word",)), "year").draw(here).data[0]
    assert drawn["x"].tolist() == [100, 0, 100]  # from below
    assert drawn["error_x"]["arrayminus"].tolist() == pytest.approx([97.5, 0, 97.5])  # one of one


def test_a_text_without_the_word_says_what_comes_near(table: Path) -> None:
    with pytest.raises(NoMentionError, match=r"4 sentences without it; it is only a part of .bank., .Bank., .banks."):
        _found(table, "ban")


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("bank", "bank banks banked banking"), ("carry", "carry carries carried carrying"), ("play", "play plays played playing"),
        ("make", "make makes maked making"), ("stop", "stop stops stoped stoping stopped stopping"), ("pass", "pass passes passed passing"),
        ("mouse", "mouse mice"), ("Ran", "Ran run runs ran running"), ("New York", "New York"), ("\u00e9t\u00e9", "\u00e9t\u00e9"),
    ],
)  # fmt: skip
def test_inflections_go_by_the_rules_of_spelling(word: str, forms: str) -> None:
    assert " ".join(inflections(word)) == forms


def test_a_file_is_the_very_one_that_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(b"A word.\nAnother word.\n")
    text = WholeText("file", "mine.txt.gz", digest_of(data))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match="Put the file there"):
        corpus_of(text)
    (tmp_path / text.name).write_bytes(data)
    assert Engine().get(UsagesIn(text, ("word",))).whole.usages == 2
    (tmp_path / text.name).write_bytes(gzip.compress(b"A word."))
    with pytest.raises(BadInputError, match="other bytes"):
        corpus_of(text)
    with pytest.raises(BadInputError, match="Put the file there"):
        corpus_of(replace(text, name=f"../{tmp_path.name}/mine.txt.gz"))
    place = tmp_path / "kept.txt.gz"
    place.write_bytes(data)
    (batch,) = corpus_of(text, place).batches()
    assert set(batch["file"].to_pylist()) == {"mine.txt.gz"}  # as the reader calls it


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.csv", ".csv"),
        ("A.CSV.GZ", ".csv.gz"),
        ("a", ".txt"),
        ("a.docx", ".txt"),
        ("a.gz", ".txt.gz"),
        ("../x.pq", ".pq"),
    ],
)
def test_how_a_file_is_read_goes_by_its_ending(name: str, ending: str) -> None:
    assert endings(name) == ending


def test_a_path_that_changes_is_another_state(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A word.\n")
    before = state_of(str(tmp_path))
    assert state_of(str(tmp_path)) == before
    (tmp_path / "b.txt").write_text("A word, a word.\n")
    assert state_of(str(tmp_path)) != before
    here = Engine().get(UsagesIn(WholeText("path", str(tmp_path), before), ("word",)))
    assert [(one.name, one.usages) for one in here.columns["file"]] == [("b.txt", 2), ("a.txt", 1)]


def _asked(place: Path, **look: Any) -> UsagesIn:
    controls = UsagesControls(source="path", path=str(place), state=state_of(str(place)), words=("word",))
    return asked_of(Workspace("", (), usages=replace(controls, **look)), Engine())


def test_the_column_with_the_sentences_is_found_or_offered(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    columns: dict[str, list[Any]] = {"title": ["a"], "body": ["A word."], "year": [1999]}
    pq.write_table(pa.table(columns), file)
    with pytest.raises(IncompleteError, match=r"in which .title., .body. hold text. Choose the one"):
        _asked(file)
    assert _asked(file, column="body").text.columns == ("title", "year")
    assert _asked(file, column="body", columns=("year", "gone")).text.columns == ("year",)
    pq.write_table(pa.table({"text": ["A word."], "title": ["a"]}), file)
    assert _asked(file).text.column == "text"
    pq.write_table(pa.table({"year": [1999], "number": [2.5]}), file)
    with pytest.raises(FileFormatError, match="no column with text among 'year', 'number'"):
        _asked(file)


def test_a_column_is_called_as_the_usages_call_it(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text,form,year\nA word.,x,1999\n")
    asked = _asked(file)
    workspace = Workspace("", (), usages=UsagesControls(by="year"))
    assert column_of(workspace, asked.text) == "year"
    assert column_of(replace(workspace, usages=UsagesControls(by="gone")), asked.text) == "form_"
    assert Engine().get(asked).values("form_") == ["x"]


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ({"source": "file"}, "Upload one"), ({"source": "path"}, "Open one by its path"), ({"words": ()}, "A word is needed"),
    ],
)  # fmt: skip
def test_what_is_not_there_yet_is_asked_for(look: dict[str, Any], said: str) -> None:
    with pytest.raises(IncompleteError, match=said):
        asked_of(Workspace("", (), usages=UsagesControls(**look)), Engine())
    assert text_of(Workspace("", ()), Engine()) == WholeText()


def test_a_line_without_an_end_and_mixed_encodings_are_refused_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"x" * (9 << 20))
    with pytest.raises(TooManyCharactersError, match=r"a.txt, line 1 has 9,437,184 characters"):
        Engine().get(_asked(file))
    file.write_bytes("Ein Wort: \u00fcber.\n".encode() + "Ein word: \u00fcber.\n".encode("latin-1"))
    with pytest.raises(FileFormatError, match=r"line 2 is not UTF-8 \(byte 0xfc\)"):
        Engine().get(_asked(file))


def test_lines_are_sorted_by_what_stands_beside_the_word(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text,year\nold b word z,2\nB word A,10\na word b,1\n")
    engine, asked = Engine(), _asked(file)
    orders = {by: engine.get(UsageOrder(asked, by)).tolist() for by in ("text", "left", "right", "year")}
    assert orders == {"text": [0, 1, 2], "left": [2, 1, 0], "right": [1, 2, 0], "year": [2, 1, 0]}


def test_the_plane_is_that_of_scikit_learn_and_the_cosine_the_mean_of_all_pairs() -> None:
    vectors = np.random.default_rng(0).normal(size=(400, 12)) * np.linspace(3, 0.2, 12) + 1
    coordinates, shares, cosine = plane(vectors.astype(np.float32))
    fitted = PCA(2, svd_solver="full")
    theirs = fitted.fit_transform(unit(vectors))
    theirs *= np.where(theirs[np.abs(theirs).argmax(0), [0, 1]] < 0, -1, 1)
    np.testing.assert_allclose(coordinates, theirs, atol=1e-5)
    assert shares == pytest.approx(fitted.explained_variance_ratio_, abs=1e-6)
    pairs = cosine_matrix(vectors)[np.triu_indices(400, 1)]
    assert cosine == pytest.approx(pairs.mean(), abs=1e-6)
    assert plane(np.ones((3, 4)))[:2] == (pytest.approx(np.zeros((3, 2))), (0, 0))
    assert np.isnan(plane(np.ones((1, 4)))[2])


def test_vectors_are_those_of_the_model_and_what_is_too_long_is_left_out(
    tiny: Callable[..., ContextualModel], tmp_path: Path
) -> None:
    model = tiny()
    file = tmp_path / "a.txt"
    long = "the dog ran " * 400
    file.write_text(f"the dog ran\n{long}\nthe cat ran and ran\n")
    here = found_usages(read_corpus(file), ["ran"], "a.txt")
    assert here.whole.usages == 403
    said: list[float] = []
    read = usage_vectors(model, here, 1, progress=lambda share, what: said.append(share))
    assert (read.rows.tolist(), read.left_out, read.layer) == ([0, 401, 402], 400, 1)
    own = model.occurrences("ran", ["the dog ran", "the cat ran and ran"]).vectors[:, 1]
    np.testing.assert_allclose(read.vectors, own, atol=2e-3)
    assert said[-1] == 1
    few = usage_vectors(model, here, None, most=100)
    assert (len(few.rows) + few.left_out, few.layer) == (100, model.layers)
    file.write_text(f"{long}\n")
    with pytest.raises(BadInputError, match="400 usages, all in longer sentences"):
        usage_vectors(model, found_usages(read_corpus(file), ["ran"], "a.txt"))


def _map(values: list[str]) -> UsageMap:
    names, groups = grouped(values)
    count = len(values)
    text = pa.array([f"word {n}" for n in range(count)])
    rows = pa.table({"sentence": text, "start": pa.array([0] * count), "end": pa.array([4] * count)})
    places = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    here = FoundUsages("mine", ("word",), rows, None, (), {})  # type: ignore[arg-type]
    return UsageMap(here, np.arange(count), places, (0.5, 0.25), 6, 0, 0.5, "year", names, groups)


def test_a_map_has_ten_colours_and_says_what_is_grey() -> None:
    made = _map([str(n % 12) for n in range(25)])
    groups = point_groups(made)
    assert [group.name for group in groups] == ["2 others", *map(str, (0, 1, 10, 11, 2, 3, 4, 5, 6, 7))]
    assert groups[0].members.tolist() == [8, 9, 20, 21]
    assert groups[1].members.tolist() == [0, 12, 24]
    figure = UsageMapChart(MapOfUsages(PlaneOfUsages(VectorsOfUsages(UsagesIn(WholeText(), ("word",)), "m")))).draw
    assert sum(len(trace["x"]) for trace in figure(replace(made, found=replace(made.found, whole=_Whole))).data) == 25


class _Whole:
    usages = 25


def test_a_hundred_thousand_usages_take_one_and_a_half_megabytes_and_carry_no_text() -> None:
    made = _map([str(n % 10_000) for n in range(100_000)])
    chart = UsageMapChart(MapOfUsages(PlaneOfUsages(VectorsOfUsages(UsagesIn(WholeText(), ("word",)), "m"))))
    drawn = chart.draw(replace(made, found=replace(made.found, whole=_Whole))).json()
    assert len(drawn) <= 1_500_000
    assert "scattergl" in drawn
    assert "word 7" not in drawn
    assert "9,990 others" in drawn
