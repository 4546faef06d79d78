"""Training texts to start with, and how a running text is cut into sentences."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files
from pathlib import Path

import pytest

from ctxcore import (
    BadInputError,
    FileFormatError,
    MissingWeightsError,
    lesson_sentences,
    news_sentences,
    sense_bank,
    sentences_with,
)
from ctxcore.data import corpora
from ctxcore.measures.lookup import LookupTable, split
from ctxcore.reading import most_upload, read_text
from ctxcore.text import sentences_of


def test_the_lessons_own_sentences_are_in_it_and_the_unseen_one_is_not() -> None:
    found = lesson_sentences()
    assert {"The dog ran quickly", "The program ran successfully"} <= set(found)
    assert not any("cat ran" in s.casefold() for s in found)
    assert any("swiftly" in s for s in found)  # the word is known, only not there
    assert any(s.startswith("The cat") for s in found)
    assert len(found) == len(set(found)) >= 20
    assert all(s == s.strip() and s and not s.startswith("#") for s in found)


def test_what_the_lesson_asks_of_its_table_is_told_apart() -> None:
    words = split(lesson_sentences())
    for n in (2, 3, 4, 5):
        table = LookupTable(words, n)
        assert table.ask("The dog ran", "quickly").count >= 1
        assert table.ask("The program ran", "successfully").count >= 1
        assert table.ask("The cat ran", "swiftly").count == 0
        assert table.knows("the DOG ran quickly!")
        assert not table.knows("The cat ran swiftly")
    assert LookupTable(words, 2).ask("The cat ran", "swiftly").share == 0
    assert LookupTable(words, 3).ask("The cat ran", "swiftly").share is None


def test_the_news_are_cut_and_nothing_is_lost() -> None:
    text = files("gensim").joinpath("test/test_data/lee_background.cor").read_text(encoding="utf-8")
    found = news_sentences()
    assert "".join("".join(found).split()) == "".join(text.split())
    assert len(found) > 2000
    assert len([line for line in text.splitlines() if line.strip()]) == 300
    for sentence in found:
        assert sentence == sentence.strip() != ""
        assert "\n" not in sentence
        assert not re.search(r"[!?][\"\u201d\u2019')]*\s", sentence)
        assert not re.search(r"\w\w[.][\"\u201d\u2019')]*\s", sentence.replace("Dr. ", ""))
    ends = sum(bool(re.search(r"[.!?][\"\u201d\u2019')]*$", s)) for s in found)
    assert len(found) - ends <= 300  # only the end of a line ends a sentence without a mark


def test_the_corpora_are_read_once() -> None:
    assert lesson_sentences() is lesson_sentences()
    assert news_sentences() is news_sentences()


def test_a_gensim_without_its_news_is_told_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpora, "files", lambda package: tmp_path)
    with pytest.raises(MissingWeightsError, match="upload a text of your own"):
        news_sentences.__wrapped__()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. We stayed in!\nThen the sun came.", ["It rained.", "We stayed in!", "Then the sun came."]),
        ("Is it?! Yes.  No.\tPerhaps", ["Is it?!", "Yes.", "No.", "Perhaps"]),
        ('He said "Go." She left.', ['He said "Go."', "She left."]),
        ("\u201cStop!\u201d she cried. (It ran.) Then?", ["\u201cStop!\u201d", "she cried.", "(It ran.)", "Then?"]),
        ("Version 3.11 of a.b runs", ["Version 3.11 of a.b runs"]),
        ("One line\nand another", ["One line", "and another"]),
        ("a.\r\nb\rc\u2028d", ["a.", "b", "c", "d"]),
        ("  padded.   Twice  \n\n\n", ["padded.", "Twice"]),
        ("Собака бежала. Быстро? Да!", ["Собака бежала.", "Быстро?", "Да!"]),
        ("No mark", ["No mark"]),
        ("...", ["..."]),
        ("", []),
        (" \n\t\n ", []),
    ],
)
def test_a_running_text_is_cut_at_line_ends_and_after_a_mark_with_a_blank(text: str, expected: list[str]) -> None:
    assert sentences_of(text) == expected
    assert read_text(text.encode(), "text.txt") == expected
    assert read_text(text.encode("utf-16"), "text.txt") == expected


def test_a_text_that_is_not_unicode_is_refused_and_named() -> None:
    with pytest.raises(FileFormatError, match=r"notes\.txt, whose byte 4 is not UTF-8"):
        read_text(b"caf\xe9. Then", "notes.txt")


def test_a_text_past_the_limit_is_refused() -> None:
    with pytest.raises(FileFormatError, match="20 MB"):
        read_text(b"a" * (most_upload() + 1), "long.txt")
    with pytest.raises(
        FileFormatError, match=r"500,000 full stops .* Received: stops.txt, with more. Give a part of it"
    ):
        read_text(b"a. " * 500_001, "stops.txt")
    with pytest.raises(FileFormatError, match="A text may have 1,000,000 lines"):
        read_text(b"\n" * 1_000_001, "lines.txt")
    assert len(read_text(b"dogs. " * 1_000, "a.txt")) == 1_000


def test_a_composed_letter_is_left_as_it_came() -> None:
    apart = unicodedata.normalize("NFD", "Café. Déjà.")
    assert sentences_of(apart) == apart.split(" ")


@pytest.mark.parametrize("text", [". " * 20000, ".'" * 20000 + " x", "." + " " * 50000, (")" * 50 + " ") * 1000])
def test_a_hostile_text_is_cut_in_no_time(text: str) -> None:
    """Nothing grows with the square of the length: a minute would pass before this ends."""
    assert "".join("".join(sentences_of(text)).split()) == "".join(text.split())


def test_sentences_with_a_word_come_from_the_bank_first_and_the_shortest_news_last() -> None:
    found = sentences_with("Bank")
    assert found == sense_bank()["bank"].sentences[:12]
    cold = sentences_with("cold", most=3)
    assert cold[0] == "Cold air crept in where the window had lost its seal."
    charged = sentences_with("government", most=5)
    assert len(charged) == 5
    assert list(map(len, charged)) == sorted(map(len, charged))
    assert all("government" in s.lower() for s in charged)
    assert sentences_with("zxqwvk") == ()


@pytest.mark.parametrize("word", ["", "  ", "!"])
def test_no_word_has_no_sentences(word: str) -> None:
    with pytest.raises(BadInputError, match="A target word is needed"):
        sentences_with(word)
