"""Surprising orders of figures are explained with their own figures, and only where they occur."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ctxcore import ContextualModel, Ladder, LookupAnswer, Prediction, ladder, lesson_sentences
from ctxcore.explained import last_word_levels, number, short_window, small_table
from ctxcore.measures.lookup import LookupTable, split

TRAINING = (("the", "dog", "ran", "home"), ("the", "cat", "slept"), ("a", "dog", "ran"))
SHARES = np.array([0.6, 0.3, 0.1])


def said(table: float, model: float, word: str = "home", count: int = 0, seen: int = 0) -> str | None:
    found = Prediction("A cat ran", (), {word: model}, {word: 9}, {word: (word,)}, 1.0, SHARES)
    return small_table(word, table, LookupAnswer(("dog", "ran"), word, seen, count), TRAINING, found, " away")


def test_a_small_table_beats_a_model_on_its_own_few_words() -> None:
    text = said(0.05, 0.002)
    assert text is not None
    for figure in (
        "0.05",
        "0.002",
        "3 sentences",
        "1 of 10 words",
        "7 different words",
        "3 tokens",
        "\u201caway\u201d, 0.6",
    ):
        assert figure in text, figure
    assert text.count(". ") == 1  # two sentences


def test_what_the_table_has_seen_is_said_as_counted() -> None:
    assert "where it follows \u201cdog ran\u201d 1 of 2 times" in (said(0.5, 0.1, count=1, seen=2) or "")


@pytest.mark.parametrize(("table", "model"), [(0.002, 0.05), (0.05, 0.05), (0.0, 0.0), (0.0, 1e-9)])
def test_a_table_that_does_not_outdo_the_model_needs_no_explanation(table: float, model: float) -> None:
    assert said(table, model) is None


def levels(window: list[list[float]], full: list[list[float]]) -> Ladder:
    """Two prompts, two candidates; all other levels are alike."""
    probability = np.full((2, 5, 2), 0.01)
    probability[:, 3], probability[:, 4] = window, full
    top = tuple((((" x", 0.5),),) * 3 + (((" best", 0.4 + p / 10),), ((" other", 0.2 + p / 10),)) for p in range(2))
    return Ladder(
        ("The dog ran", "The program ran"), ("quickly", "well"), ("table", "last word", "no attention", "window", "full"),
        probability, np.ones((2, 5, 2), int), top, np.full((2, 5), 3.25), (), np.zeros((2, 4, 3)), 2, 3,
    )  # fmt: skip


def test_the_word_with_most_to_explain_is_explained() -> None:
    text = short_window(levels([[0.1, 0.02], [0.0, 0.3]], [[0.09, 0.05], [0.0, 0.04]]))
    assert text is not None
    for figure in (
        "\u201cwell\u201d gets 0.3", "last 2 words of \u201cThe program ran\u201d", "0.04 after all", "\u201cbest\u201d", "0.5, entropy",
        "\u201cother\u201d (0.3, 3.2 bits)",
    ):  # fmt: skip
        assert figure in text, figure
    assert text.count(". ") == 1


@pytest.mark.parametrize("more", [0.0, -0.2, 0.0004, float("nan")])
def test_where_the_whole_prompt_gives_most_nothing_is_said(more: float) -> None:
    full = [[0.3, 0.3], [0.3, 0.3]]
    assert short_window(levels([[0.3 + more, 0.3], [0.3, 0.1]], full)) is None


@pytest.mark.parametrize(
    ("second", "rotary", "says"),
    [
        ("The dog stopped", True, "end in different words"),
        ("A big dog ran", False, "of unequal length, and this model knows how far along"),
        ("A big dog ran", True, "end in the same word"),
        ("A dog ran!", False, "of unequal length"),
        ("The cow ran", False, "end in the same word"),
    ],
)
def test_why_the_last_word_alone_tells_two_prompts_apart_or_not(second: str, rotary: bool, says: str) -> None:
    model: Any = SimpleNamespace(rotary=rotary, tokens=lambda texts: [re.findall(r"\w+|!", text) for text in texts])
    assert says in last_word_levels("The dog ran", second, model)


def test_the_lessons_prompts_show_the_surprise_and_others_do_not(decoder: ContextualModel) -> None:
    table = LookupTable(split(lesson_sentences()), 3)
    found = ladder(decoder, ["The dog ran", "The program ran"], ["quickly", "successfully"], table)
    few, whole = found.probability[1, 3, 1], found.probability[1, 4, 1]
    assert few > whole
    text = short_window(found) or ""
    assert (
        f"\u201csuccessfully\u201d gets {few:.2g} after the last 2 words of \u201cThe program ran\u201d and {whole:.2g}"
        in text
    )
    dog = replace(found, prompts=found.prompts[:1], probability=found.probability[:1], top=found.top[:1])
    assert short_window(dog) is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.5, "0.5"), (0.20805, "0.21"), (0.00126, "0.0013"), (3.1e-5, "0.00003"), (2e-9, "2e-09")]
)  # fmt: skip
def test_a_small_probability_is_never_written_as_nought(value: float, text: str) -> None:
    assert number(value) == text
