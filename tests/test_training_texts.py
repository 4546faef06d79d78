"""Training texts as a part of questions: what each kind stands for, what is built on it, and that a file is the one meant."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ctxcore
from ctxcore import BadInputError, Engine, NoSentencesError
from ctxcore.charts import Chart, script
from ctxcore.charts.next_word import ContextLevels, LadderChart
from ctxcore.charts.texts import Said, SmoothedOf, TableOf, WordsOf, beginning, training_text
from ctxcore.charts.unseen import (
    CoverageChart,
    HeldOutChart,
    HeldOutSentences,
    LastWordOf,
    NeverSeen,
    WhySmall,
    WordByWord,
    WordByWordChart,
)
from ctxcore.data.corpora import LESSON, TrainingText, digest_of, training_sentences
from ctxcore.engine import freeze
from ctxcore.measures.lookup import LookupTable, SmoothedModel, split
from ctxcore.workspace import Workspace

MODEL = "smollm2-135m"
BYTES = b"The cat ran swiftly. A horse ran away!\nThe dog ran home. The cat slept well."
MINE = TrainingText("file", name="mine.txt", digest=digest_of(BYTES))
OWN = TrainingText("own", ("The cat ran swiftly", "...", "A horse ran away"))


@pytest.fixture
def beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the file in it."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "mine.txt"
    place.write_bytes(BYTES)
    return place


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, LESSON),
        ({"training": ("One ran.",)}, TrainingText("own", ("One ran.",))),
        ({"training": ("One ran.",), "corpus": "news"}, TrainingText("news")),
        ({"corpus": "file", "training_file": (MINE.name, MINE.digest)}, MINE),
        ({"corpus": "ours", "training_file": (MINE.name, MINE.digest)}, LESSON),
    ],
)
def test_a_workspace_names_its_training_text(fields: dict[str, Any], text: TrainingText) -> None:
    assert training_text(replace(Workspace("ran", ()), **fields)) == text


def test_a_text_of_the_readers_own_must_be_there() -> None:
    with pytest.raises(BadInputError, match="A text is needed to train the table on"):
        training_text(Workspace("ran", (), corpus="file"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LESSON, "24 sentences of the example text ("),
        (TrainingText("news"), " of the news corpus ("),
        (OWN, "2 sentences of yours (8 words)"),
        (TrainingText("own", ("Alone",)), "1 sentence of yours (1 words)"),
        (MINE, "4 sentences of mine.txt (16 words)"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_text_says_what_it_is(beside_it: Path, text: TrainingText, said: str) -> None:
    engine = Engine()
    found = engine.get(WordsOf(text))
    assert len(found.sentences) == len(found.words)
    assert all(ctxcore.words_of(sentence) for sentence in found.sentences)
    assert said in engine.get(Said(text))


def test_a_text_without_a_word_is_refused() -> None:
    with pytest.raises(NoSentencesError):
        Engine().get(TableOf(TrainingText("own", ("...", "?!"))))


@pytest.mark.parametrize(
    "chart",
    [
        LadderChart(ContextLevels(MODEL, ("The cat ran",), ("swiftly",), MINE, 2)),
        WordByWordChart(WordByWord(MODEL, "The cat ran", MINE, 2)),
        CoverageChart(NeverSeen(MINE, (2, 3))),
        HeldOutChart(HeldOutSentences(MODEL, MINE, 2, 1)),
    ],
    ids=lambda chart: chart.key,
)
def test_the_script_of_a_chart_reads_the_file_that_it_was_made_from(beside_it: Path, chart: Chart[Any]) -> None:
    made: dict[str, Any] = {}
    exec(compile(script(chart).replace('figure.write_html("figure.html")', ""), "chart.py", "exec"), made)
    given = Engine(text=lambda text: ctxcore.reading.read_text(BYTES, text.name))
    assert made["figure"].to_json() == chart.figure(given).to_json()
    assert "mine.txt" in script(chart)


def test_another_file_of_that_name_is_refused_and_so_is_none(beside_it: Path) -> None:
    assert training_sentences(MINE)[0] == "The cat ran swiftly."
    beside_it.write_bytes(BYTES + b" It rained.")
    with pytest.raises(BadInputError, match="the very text that is meant"):
        Engine().get(WordsOf(MINE))
    beside_it.unlink()
    with pytest.raises(BadInputError, match="no file 'mine"):
        Engine().get(WordsOf(MINE))


def test_two_files_of_one_name_are_two_questions() -> None:
    texts = {digest: (f"The cat ran {word}",) for digest, word in (("a", "home"), ("b", "away"))}
    engine = Engine(text=lambda text: texts[text.digest])
    home, away = (engine.get(TableOf(TrainingText("file", name="mine.txt", digest=d), 2)) for d in "ab")
    assert home.ask("ran", "home").count == away.ask("ran", "away").count == 1
    assert home.ask("ran", "away").count == 0


def test_the_smoothed_table_knows_the_beginning_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxcore.charts.texts.MOST_SMOOTHED", 5)
    words = [("a", "b"), ("c", "d", "e"), ("f",)]
    assert beginning(words) == words[:2]
    asked = WordByWord(MODEL, "The cat ran", OWN, 2)
    engine = Engine()
    assert engine.get(SmoothedOf(OWN, 2)).probability((), "horse") == 0
    assert "the same, its first 5 words. " in WordByWordChart(asked).caption(engine.get(asked))
    monkeypatch.setattr("ctxcore.charts.texts.MOST_SMOOTHED", 1)
    assert beginning(words) == words[:1]


def test_the_last_word_is_asked_of_both_and_a_surprise_is_explained() -> None:
    engine, sentence = Engine(), "The cat ran swiftly"
    found = engine.get(LastWordOf(MODEL, sentence))
    assert (found.prefix, found.word, found.table.seen) == ("The cat ran", "swiftly", 0)
    own = engine.model(MODEL).next_words(["The cat ran"], ["swiftly"])[0]
    assert found.model.candidates == own.candidates
    assert found.training == engine.get(Said())
    assert "is no sign that it knows more" in engine.get(WhySmall(MODEL, sentence))
    assert engine.get(WhySmall(MODEL, "The cat ran out")) == ""


@pytest.mark.parametrize(
    "make", [lambda words: LookupTable(words, 3), lambda words: SmoothedModel(words, 3)], ids=["table", "smoothed"]
)
def test_tables_say_how_much_memory_they_take(make: Callable[[list[tuple[str, ...]]], Any]) -> None:
    words = split(ctxcore.news_sentences()[:600])
    make(words[:2])  # libraries are there
    tracemalloc.start()
    try:
        table = make(words)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 0.7 < table.nbytes / taken < 1.5


def test_texts_and_tables_count_in_the_bound_of_the_engine() -> None:
    engine, news = Engine(), TrainingText("news")
    words, table = engine.get(WordsOf(news)), engine.get(TableOf(news))
    assert sum(freeze(words).values()) == words.nbytes > sum(map(len, words.sentences))
    assert engine.kept_bytes == words.nbytes + table.nbytes > 1 << 20
    small = Engine(most_bytes=table.nbytes // 2)
    assert small.get(TableOf(news)).contexts == table.contexts
    assert not small.has(TableOf(news))
