"""Figures of moved states and of context in bits: what is drawn is what was measured, and nothing where there is nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ctxcore import figures
from ctxcore.types import AlignedWord, HeldOutInformation, MovedWords, PatchControl, PatchGrid, PromptInformation

SHARES = np.array([[0, 1.0, 0], [0, 0.6, 0.3], [np.nan, 0.1, 1.2]], np.float32)
ASIDE = np.array([[0, 0.2, 0.4], [0, 0.3, 0.5], [np.nan, 0.1, 0.0]], np.float32)
COLUMNS = (
    AlignedWord("The", "The", (1,), (1,)),
    AlignedWord("<b>dog</b>", "program", (2,), (2,)),
    AlignedWord("ran", "ran", (3,), (3,)),
)
GRID = PatchGrid(
    "The <b>dog</b> ran", "The program ran", "ran", COLUMNS, 2, SHARES, ASIDE, np.zeros(3, np.float32), np.ones(3, np.float32), (),
    (0.0, 18.0), PatchControl(np.array([10.0, 14.0, 20.0]), np.ones(4)),
)  # fmt: skip
WORDS = MovedWords(
    "A", "B", "ran", 1, ("quickly", " down"), np.array([[0.5, 0.1], [0.25, 0.2], [0.0, 0.7]], np.float32)
)
PROMPT = PromptInformation(
    ("The dog ran", "A cat ran"), ("quickly",), np.zeros((2, 1)), np.array([[8.0], [-2.0]]), np.array([[1.0], [0.5]]),
    (("dog The",), ("cat A",)), (np.array([[3.0]]), np.array([[4.0]])), (("of the", "in a"),) * 2, (np.array([[5.0], [6.0]]),) * 2,
)  # fmt: skip
HELD_OUT = HeldOutInformation(
    ("whole", "shuffled"), ("a", "b"), (0, 1), np.array([[4.0, 6.0], [1.0, 3.0]]), np.array([5.0, 2.0]),
    np.array([[4.0, 6.5], [np.nan, np.nan]]), np.zeros((2, 2)), 2, 1.0,
)  # fmt: skip


def _values(by_name: dict[str, Any], name: str) -> np.ndarray:
    """What cells show; dark ones are a trace of their own, for their letters."""
    light, dark = (np.array(by_name[part].z, float) for part in (name, f"{name}, dark cells"))
    return np.where(np.isnan(light), dark, light)


def test_a_grid_of_moved_states_is_its_shares_with_the_checks_apart() -> None:
    figure = figures.patching_figure(GRID, (1, 2))
    by_name = {trace.name: trace for trace in figure.data}
    nowhere, states = by_name["no state can be moved here"], by_name["states"]
    assert np.array_equal(_values(by_name, "share of the way"), SHARES, equal_nan=True)
    assert np.array_equal(_values(by_name, "check"), [[0, 1]] * 3)
    assert (by_name["check"].xaxis, list(figure.layout.xaxis2.ticktext)) == ("x2", ["own", "all"])
    assert [(r, c) for r, c in np.argwhere(np.array(nowhere.z) == 1)] == [(2, 0)]
    assert len(states.x) == 8  # every cell but the one where no state can be moved
    assert states.customdata[4][:3] == [1, 1, "&lt;b&gt;dog&lt;/b&gt;"]
    assert figure.layout.xaxis.ticktext[1] == "&lt;b&gt;dog&lt;/b&gt;<br>\u2190 program"
    frame = figure.layout.shapes[-1]
    assert (frame.x0, frame.y0, frame.x1, frame.y1) == (1.5, 0.5, 2.5, 1.5)


def test_where_there_is_little_to_move_no_share_is_drawn() -> None:
    """10 lies below the median of its control, 14; 18 above it."""
    assert (GRID.little, GRID.closer) == (False, 2 / 3)
    figure = figures.patching_figure(replace(GRID, ends=(0.0, 10.0)), (1, 2))
    assert np.isnan(np.array(figure.data[0].z, float)).all()
    assert not any(trace.type == "scatter" for trace in figure.data)
    assert "little to move" in [a.text for a in figure.layout.annotations]
    assert not figure.layout.shapes


def test_a_moved_vector_stands_along_the_way_and_beside_it() -> None:
    way, first, second, layer = figures.moved_vector_figure(GRID, 1, 2).data
    assert np.allclose(way.x, [0, 0.3, 1.2])
    assert np.allclose(way.y, [0.4, 0.5, 0])
    assert [(t.x[0], t.y[0]) for t in (first, second)] == [(0, 0), (1, 0)]
    assert first.text[0] == "The &lt;b&gt;dog&lt;/b&gt; ran"
    assert (layer.x[0], layer.text[0]) == (np.float32(0.3), "layer 1")


def test_next_words_with_a_state_moved_stand_between_the_two_runs() -> None:
    figure = figures.moved_words_figure(WORDS)
    assert [t.name for t in figure.data] == ["A", "with the state moved", "B"]
    assert [list(t.customdata) for t in figure.data] == WORDS.shares.tolist()
    assert figure.data[2].x[0] > 0  # a logarithmic axis has no nought; the hover says it
    assert list(figure.layout.yaxis.ticktext) == ["quickly", "down"]


def test_bits_of_a_prompt_stand_among_those_of_other_contexts() -> None:
    figure = figures.prompt_information_figure(PROMPT)
    by_name = {t.name: t for t in figure.data}
    assert list(by_name["the whole prompt"].x) == [8, -2]
    assert list(by_name["other sentences\u2019 words"].x) == [5, 6, 5, 6]
    assert list(by_name["same words, other order"].x) == [3, 4]
    assert list(by_name["no word at all"].x) == [1, 0.5]
    assert list(figure.layout.yaxis.ticktext)[1] == "<b>quickly</b><br>after A cat ran"


def test_bits_over_held_out_words_have_an_interval_where_there_is_one() -> None:
    whole, shuffled = figures.held_out_information_figure(HELD_OUT).data
    assert (whole.x[0], shuffled.x[0]) == (5, 2)
    assert (whole.error_x.array[0], whole.error_x.arrayminus[0]) == (1.5, 1)
    assert shuffled.error_x.array is None
