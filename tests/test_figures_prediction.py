"""Figures of the next word: every probability is where its axis says, and what was never seen is written out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ctxcore import Ladder, Lens, LookupAnswer
from ctxcore.figures import ladder_figure, lens_figure, level_names, theme, window_figure
from ctxcore.tables import ladder_table, lens_table, window_table
from tests.samples import NASTY

LEVELS = ("table", "last word", "no attention", "window", "full")


def made(prompts: tuple[str, ...] = ("a b", "c b"), candidates: tuple[str, ...] = ("x", "y")) -> Ladder:
    size = (len(prompts), 5, len(candidates))
    probability = np.random.default_rng(0).random(size) / 3
    probability[1, 0] = np.nan
    probability[0, 0, 0] = 0
    answers = tuple(tuple(LookupAnswer(("b",), c, 2 - 2 * p, 1 - p) for c in candidates) for p in range(len(prompts)))
    top = tuple(tuple((("x", 0.5),) for _ in LEVELS) for _ in prompts)
    rank = np.arange(np.prod(size)).reshape(size)
    return Ladder(
        prompts, candidates, LEVELS, probability, rank, top, np.ones(size[:2]), answers, np.ones((2, 4, 3)), 1, 3
    )


def test_every_level_has_a_point_a_prompt_and_what_was_never_seen_is_written() -> None:
    found = made()
    figure = ladder_figure(found)
    assert len(figure.data) == 4
    for c in range(2):
        for p in range(2):
            trace = figure.data[2 * c + p]
            values = found.probability[p, :, c]
            there = ~np.isnan(values)
            assert trace.xaxis == ("x" if c == 0 else "x2")
            np.testing.assert_allclose(trace.x, np.maximum(values[there], 1e-8))
            assert np.rint(trace.y).tolist() == np.flatnonzero(there).tolist()
            assert [d[0] for d in trace.customdata] == values[there].tolist()
            assert [d[1] for d in trace.customdata] == found.rank[p, there, c].tolist()
    assert figure.data[0].text[0] == "0"
    assert [a.text for a in figure.layout.annotations if a.name == "never seen"] == ["never seen"] * 2
    assert list(figure.layout.yaxis.ticktext)[3:] == ["last 1 word", "full attention"]
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range  # one scale for all candidates


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_ticks_of_one_candidate_keep_away_from_the_next_ones(count: int) -> None:
    figure = ladder_figure(made(candidates=tuple("wxyz"[:count])))
    width = 240 / count  # of one candidate's axis on a phone
    axis = figure.layout.xaxis
    low, high = axis.range
    at = [(np.log10(v) - low) / (high - low) * width for v in axis.tickvals]
    assert [float(t.replace("10<sup>", "1e").replace("</sup>", "")) for t in axis.ticktext] == pytest.approx(
        axis.tickvals
    )
    assert min(np.diff([*at, at[0] + width] if count > 1 else at)) > 24  # a label is about as wide


def test_a_window_and_the_layers_are_drawn_as_lines() -> None:
    probability = np.random.default_rng(1).random((2, 3, 2))
    figure = window_figure([1, 2, 3], probability, ["a", "b"], ["x", "y"])
    assert [t.name for t in figure.data] == [f"{c} after \u201c{p}\u201d" for p in "ab" for c in "xy"]
    for number, trace in enumerate(figure.data):
        assert list(trace.y) == probability[number // 2, :, number % 2].tolist()
    lenses = [Lens(p, ((("w", 0.4),),) * 2, {"x": np.array([0.1, 0.2])}, np.array([3.0, 0.0])) for p in "ab"]
    drawn = lens_figure(lenses)
    assert [list(t.y) for t in drawn.data] == [[0.1, 0.2]] * 2
    table = lens_table(lenses)
    assert table["P(x)"].tolist() == [0.1, 0.2] * 2
    assert table["divergence_bits"].tolist() == [3.0, 0.0] * 2
    assert (
        window_table([0, 1, 2], probability, ["a", "b"], ["x", "y"])["probability"].tolist()
        == probability.ravel().tolist()
    )


def test_the_table_of_the_ladder_says_what_was_seen() -> None:
    found = made()
    table = ladder_table(found)
    assert len(table) == 20
    assert table["probability"].isna().sum() == 2
    first = table[(table["prompt"] == "a b") & (table["context_level"] == "table")]
    assert first["context_seen"].tolist() == [2, 2]
    assert first["followed"].tolist() == [1, 1]


@pytest.mark.parametrize("text", NASTY)
def test_typed_text_is_shown_to_the_letter(text: str) -> None:
    figure = ladder_figure(made((text, "b"), (text,)))
    assert figure.data[0].name == theme.literal(theme.short(text, 30))
    assert "<img" not in figure.to_json()
    assert "<b>x" not in window_figure([0], np.ones((1, 1, 1)), [text], [text]).to_json()


def test_a_probability_is_written_in_one_way() -> None:
    values = [0, 1, 0.12004, 0.0488, 0.00234, 0.00031, 6.04e-6, 9.96e-5]
    written = [
        "0",
        "1.000",
        "0.120",
        "0.049",
        "0.0023",
        "3.1\u00d710\u207b\u2074",
        "6.0\u00d710\u207b\u2076",
        "1.0\u00d710\u207b\u2074",
    ]
    assert [theme.probability(value) for value in values] == written


def test_every_candidate_stands_in_a_frame_of_its_own() -> None:
    figure = ladder_figure(made(candidates=tuple("wxy")))
    frames = [(shape.x0, shape.x1) for shape in figure.layout.shapes]
    assert frames == [figure.layout[axis].domain for axis in ("xaxis", "xaxis2", "xaxis3")]
    assert all(left[1] < right[0] for left, right in pairwise(frames))


def test_a_level_has_one_name_wherever_it_stands() -> None:
    found = made()
    assert level_names(found) == ["lookup table", "last word alone", "attention off", "last 1 word", "full attention"]
    assert list(ladder_figure(found).layout.yaxis.ticktext) == level_names(found)
