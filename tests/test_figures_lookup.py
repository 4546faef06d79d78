"""Figures of tables and held-out words: every point is where its axis says, and what was never seen is written out."""

from __future__ import annotations

import numpy as np
import pytest

from ctxcore import Coverage, GeneratedToken, HeldOut
from ctxcore.figures import continuation_figure, coverage_figure, held_out_figure, theme, word_by_word_figure
from ctxcore.tables import continuation_table, coverage_table, held_out_table
from tests.samples import NASTY

PREDICTORS = ("table", "smoothed", "last word", "full")


def asked(words: tuple[str, ...] = ("a", "b", "c")) -> HeldOut:
    """Three words of two sentences; the table never saw the context of the second and saw the third follow nothing."""
    with np.errstate(divide="ignore"):
        logs = np.log(np.array([[0.5, 0, 0], [0.4, 0.1, 0], [0.1, 0.2, 1e-9], [0.3, 0.6, 0.01]]))
    first = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]], dtype=bool)
    five = first | np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 1]], dtype=bool)
    return HeldOut(
        PREDICTORS,
        words,
        (0, 0, 1),
        logs,
        np.array([True, False, True]),
        np.array([True, True, False]),
        first,
        five,
        0,
        3,
        9,
        2.0,
    )


def test_each_reader_stands_at_its_probability_and_gaps_are_written_out() -> None:
    found = asked()
    figure = word_by_word_figure(found)
    assert [t.name for t in figure.data] == [
        "lookup table", "smoothed table", "model, last word alone", "model, all words before",
    ]  # fmt: skip
    assert list(figure.data[0].y) == pytest.approx([0.5])
    assert list(figure.data[1].y) == pytest.approx([0.4, 0.1])
    assert np.rint(figure.data[3].x).tolist() == [0, 1]
    assert [(a.text, a.x) for a in figure.layout.annotations if a.name == "never seen"] == [("never<br>seen", 1)]
    other = word_by_word_figure(found, 1)
    assert list(other.data[2].y) == pytest.approx([1e-8])  # drawn at the floor, said in the hover
    assert other.data[2].customdata[0][0] == pytest.approx(1e-9)
    assert [a.text for a in other.layout.annotations if a.name == "never seen"] == ["0"]


def test_the_share_never_seen_is_drawn_in_percent_against_training_words() -> None:
    contexts, steps = np.array([[0.9, 0.4], [1.0, 0.8]]), np.array([[0.95, 0.6], [1.0, 0.9]])
    found = Coverage((2, 4), (3, 30), (20, 200), contexts, steps, 50)
    figure = coverage_figure(found)
    assert [t.name for t in figure.data] == ["n = 2: 1 word before", "n = 4: 3 words before"]
    assert [list(t.y) for t in figure.data] == [[90, 40], [100, 80]]
    assert [list(t.x) for t in figure.data] == [[20, 200]] * 2
    assert [t.text[-1] for t in figure.data] == ["40 %", "80 %"]
    assert [list(t.y) for t in coverage_figure(found, with_word=True).data] == [[95, 60], [100, 90]]
    assert list(figure.layout.xaxis.ticktext) == ["200"]
    table = coverage_table(found)
    assert table["context_never_seen"].tolist() == [0.9, 0.4, 1.0, 0.8]
    assert table["with_its_word_never_seen"].tolist() == [0.95, 0.6, 1.0, 0.9]
    assert table[["n", "training_sentences", "training_words"]].values.tolist()[1] == [2, 30, 200]


def test_guesses_are_shares_of_all_words() -> None:
    figure = held_out_figure(asked())
    five, first = figure.data
    assert (first.name, five.name) == ("first guess", "among the first five")
    assert list(first.x) == pytest.approx([100 / 3, 100 / 3, 0, 100 / 3])
    assert list(five.x) == pytest.approx([100 / 3, 200 / 3, 100 / 3, 100])
    table = held_out_table(asked())
    assert table["word"].tolist() == ["a", "b", "c"]
    assert table["table_probability"].tolist() == pytest.approx([0.5, 0, 0])
    assert table["full_first"].tolist() == [False, True, False]
    assert table["last_word_five"].tolist() == [True, False, False]


def made(text: str, rank: int) -> GeneratedToken:
    return GeneratedToken(text, 7, 0.25, rank, 1.5, ((" likeliest", 0.5), (text, 0.25)))


def test_a_continuation_tells_what_was_drawn_from_what_was_likeliest() -> None:
    tokens = [made(" dog", 1), made("\n", 2)]
    figure = continuation_figure(tokens)
    assert list(figure.data[0].y) == [0.25, 0.25]
    assert list(figure.layout.xaxis.ticktext) == ["dog", "\\n"]
    assert list(figure.data[0].marker.color) == [theme.CONTEXTUAL, theme.SENSES[2]]
    assert "likeliest  0.500" in figure.data[0].customdata[0][2]
    assert continuation_table(tokens)["likeliest"].tolist() == [" likeliest"] * 2


@pytest.mark.parametrize("text", NASTY)
def test_typed_words_are_shown_to_the_letter(text: str) -> None:
    shown = theme.literal(theme.short(text, 16))
    assert next(iter(word_by_word_figure(asked((text, "b", "c"))).layout.xaxis.ticktext)) == shown
    figure = continuation_figure([made(text, 1)])
    assert "<" not in figure.layout.xaxis.ticktext[0].replace("<br>", "")
    assert "%{" not in figure.layout.xaxis.ticktext[0]
