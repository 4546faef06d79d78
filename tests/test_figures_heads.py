"""Figures of attention heads and of what moved a word: the numbers drawn are the numbers given."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from ctxcore import Contributions, HeadScores, HeadShifts, Influence, Word
from ctxcore.figures import (
    contributions_figure,
    control_figure,
    difference_figure,
    entropy_figure,
    grid_figure,
    head_figure,
    influence_figure,
    maps_figure,
    ribbons_figure,
    theme,
)
from ctxcore.figures.drawing import drawing_of
from tests.samples import NASTY

LABELS = ["[CLS]", "The", "dog", "ran"]


def shares(*shape: int, seed: int = 0) -> np.ndarray:
    drawn = np.random.default_rng(seed).gamma(0.4, size=shape)
    return np.asarray(drawn / drawn.sum(-1, keepdims=True), np.float32)


def picture(figure: go.Figure) -> tuple[np.ndarray, np.ndarray]:
    """The image of the small maps: colours ``[y, x, channel]`` and whether each pixel is seen."""
    data = figure.data[0].source.removeprefix("data:image/png;base64,")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))
    return pixels[..., :3].astype(float), pixels[..., 3] > 0


def frames(figure: go.Figure) -> list[tuple[float, float, float, float]]:
    return [(s.x0, s.y0, s.x1, s.y1) for s in figure.layout.shapes if s.name == "frame"]


@pytest.mark.parametrize(("layers", "heads"), [(2, 3), (5, 2)])
def test_each_small_map_stands_in_its_place_and_darker_is_more(layers: int, heads: int) -> None:
    maps = shares(layers, heads, 4, 4)
    figure = maps_figure(maps, range(1, layers + 1), range(heads))
    colors, seen = picture(figure)
    across = layers > heads
    gap = 1
    assert seen.mean() == pytest.approx(16 / 25)
    for layer in range(layers):
        for head in range(heads):
            row, column = (head, layer) if across else (layer, head)
            y, x = row * (4 + gap), column * (4 + gap)
            cell, drawn = colors[y : y + 4, x : x + 4], seen[y : y + 4, x : x + 4]
            assert drawn.all()
            order = np.argsort(maps[layer, head].ravel())
            dark = 255 * 3 - cell.sum(-1).ravel()
            assert (np.diff(dark[order]) >= 0).all()  # never lighter where more is looked at
            assert dark.ravel()[order[-1]] > dark.ravel()[order[0]]
    step = figure.data[0].dx
    assert step == pytest.approx(1 / 5)
    spots = list(zip(figure.data[1].x, figure.data[1].y, figure.data[1].customdata, strict=True))
    for x, y, (layer, head) in spots:
        row, column = (head, layer - 1) if across else (layer - 1, head)
        assert (x, y) == (pytest.approx(column + 0.4), pytest.approx(row + 0.4))
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        ("layer", "head") if across else ("head", "layer")
    )


def test_nothing_is_the_lightest_and_everything_the_darkest_colour() -> None:
    maps = np.array([[[[1.0, 0.0], [0.25, 0.75]]]], np.float32)
    colors, _ = picture(maps_figure(maps, [1], [0]))
    stops = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in theme.SEQUENTIAL]
    assert colors[0, 0].tolist() == stops[-1]
    assert colors[0, 1].tolist() == stops[0]
    middle = (np.array(stops[2]) + np.array(stops[3])) / 2  # the scale rises with the root: a quarter is half way
    np.testing.assert_allclose(colors[1, 0], middle, atol=2)


def test_the_opened_head_is_framed() -> None:
    figure = maps_figure(shares(2, 3, 4, 4), [1, 2], [0, 1, 2], opened=(2, 1))
    (frame,) = frames(figure)
    assert frame == pytest.approx((0.9, 0.9, 1.9, 1.9))
    assert frames(maps_figure(shares(2, 3, 4, 4), [1, 2], [0, 1, 2], opened=(9, 1))) == []


def test_reduced_maps_say_so() -> None:
    assert (
        "300 rows and columns in 4" in maps_figure(shares(1, 1, 4, 4), [1], [0], units=300).layout.annotations[0].text
    )
    assert not maps_figure(shares(1, 1, 4, 4), [1], [0], units=4).layout.annotations


def test_all_heads_weigh_little_and_so_does_the_opened_one() -> None:
    """The bounds that were set for 64 tokens: a thirtieth of 13 and 31 MB for all heads, 100 kB for one."""
    for layers, heads, most in ((6, 12, 13e6 / 30), (30, 9, 31e6 / 30)):
        maps = shares(layers, heads, 64, 64)  # noise, which hardly compresses
        if layers == 30:  # a decoder: nothing to the right
            maps = np.tril(maps)
        assert len(maps_figure(maps, range(layers), range(heads)).to_json()) < most
    labels = [f"word{i}" for i in range(64)]
    for build in (head_figure, ribbons_figure):
        assert len(build(maps[0, 0], labels, row=3).to_json()) < 100_000


def test_the_opened_head_holds_the_exact_shares() -> None:
    weights = shares(4, 4)
    figure = head_figure(weights, LABELS, row=2)
    drawn = figure.data[0]
    assert np.array_equal(drawn.z, weights)
    assert (drawn.zmin, drawn.zmax) == (0, 1)
    assert list(figure.layout.yaxis.ticktext) == LABELS
    assert list(figure.layout.yaxis.range) == [3.5, -0.5]  # the first word on top
    assert frames(figure) == [(-0.5, 1.5, 3.5, 2.5)]
    assert drawn.texttemplate == "%{z:.2f}"
    assert head_figure(shares(9, 9), list("abcdefghi")).data[0].texttemplate is None


def test_ribbons_are_as_thick_as_their_shares() -> None:
    weights = np.array([[0.5, 0.3, 0.195, 0.005], *shares(3, 4)], np.float32)
    figure = ribbons_figure(weights, LABELS)
    every = next(t for t in figure.data if t.name == "all")
    starts = figure.layout.meta["starts"]
    assert len(starts) == 5
    assert starts[-1] == len(every.y)
    # Corners: top left, top right, bottom right, bottom left, and a gap.
    corners = np.asarray(every.y)[: starts[1]].reshape(-1, 5)
    assert len(corners) == 3  # the thinnest is not drawn
    left, right = corners[:, 3] - corners[:, 0], corners[:, 2] - corners[:, 1]
    np.testing.assert_allclose(left, [0.42, 0.252, 0.1638], rtol=1e-4)
    np.testing.assert_allclose(right, left, rtol=1e-4)
    np.testing.assert_allclose((corners[:, 1] + corners[:, 2]) / 2, [0, 1, 2], atol=1e-6)  # it arrives at its word
    assert corners[0, 0] == pytest.approx(-0.42)  # and leaves from the top of its own row
    assert np.isnan(corners[:, 4]).all()
    drawn = np.where(weights >= 0.01, weights, 0).sum(1).mean()
    assert f"Ribbons drawn: {drawn:.0%} of the shares" in theme.part_note(drawing_of(figure))[1]


def test_a_word_has_at_most_twenty_ribbons_and_a_large_map_is_reduced() -> None:
    flat = np.full((30, 30), 1 / 30, np.float32)
    figure = ribbons_figure(flat, list("abcdefghijklmnopqrstuvwxyzABCD"))
    assert np.diff(figure.layout.meta["starts"]).tolist() == [100] * 30
    assert "Ribbons drawn: 67% of the shares" in theme.part_note(drawing_of(figure))[1]
    large = shares(300, 300)
    drawn = head_figure(large, [f"w{i}" for i in range(300)], row=150)
    assert drawn.data[0].z.shape == (128, 128)
    assert np.asarray(drawn.data[0].z).max() == large.max()
    assert frames(drawn) == [(-0.5, 63.5, 127.5, 64.5)]
    assert "Drawn reduced: 300 rows and columns in 128" in drawn.layout.annotations[0].text


def test_the_chosen_words_ribbons_stand_out() -> None:
    figure = ribbons_figure(shares(4, 4), LABELS, row=2)
    drawn = {t.name: t for t in figure.data if t.mode == "lines"}
    assert {name: t.opacity for name, t in drawn.items()} == {"all": 0.12, "chosen": 0.9}
    starts = figure.layout.meta["starts"]
    for axis in "xy":
        np.testing.assert_array_equal(drawn["chosen"][axis], drawn["all"][axis][starts[2] : starts[3]])
    assert len(drawn["chosen"].y) > 0
    alike = {t.name: t.opacity for t in ribbons_figure(shares(4, 4), LABELS).data if t.mode == "lines"}
    assert alike == {"all": 0.9, "chosen": 0.0}
    asks = next(t for t in figure.data if t.mode == "markers+text" and t.x[0] == 0)
    assert list(asks.customdata) == [0, 1, 2, 3]
    assert figure.layout.meta["hover"] == "rows"


def test_a_difference_has_zero_in_the_middle_of_its_scale() -> None:
    difference = np.array([[0.1, -0.4], [0.0, 0.2]], np.float32)
    figure = difference_figure(difference, range(-1, 1), ["a / b", "c / d"])
    drawn = figure.data[0]
    assert np.array_equal(drawn.z, difference)
    assert (drawn.zmin, drawn.zmax) == pytest.approx((-0.4, 0.4))
    assert [color for at, color in drawn.colorscale if at == 0.5] == ["#F7F7F9"]
    assert frames(figure) == [(-0.5, 0.5, 1.5, 1.5)]  # the row of the word itself, offset 0


def test_a_grid_has_one_number_a_head_with_the_longer_side_across() -> None:
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    deep = grid_figure(values, [1, 2, 3], [0, 1], what="share", opened=(3, 0))
    assert np.array_equal(deep.data[0].z, values.T)
    assert deep.layout.xaxis.title.text == "layer"
    assert frames(deep) == [(1.5, -0.5, 2.5, 0.5)]
    wide = grid_figure(values.T, [1, 2], [0, 1, 2], what="share", most=1.0, opened=(2, 1))
    assert np.array_equal(wide.data[0].z, values.T)
    assert wide.data[0].zmax == 1
    assert frames(wide) == [(0.5, 0.5, 1.5, 1.5)]


def influence() -> Influence:
    words = (Word("The", 0, 3), Word("dog", 4, 7), Word("fast", 12, 16))
    shifts = {way: shares(3, 2, seed=i) for i, way in enumerate(("blocked", "zeroed", "removed", "replaced"))}
    looked = [shares(3, 2, seed=seed) for seed in (7, 8, 9)]
    return Influence("The dog ran fast", Word("ran", 8, 11), words, shifts, looked[0], looked[1], "[MASK]", looked[2])


def test_each_way_to_leave_a_word_out_is_drawn_beside_attention_and_rollout() -> None:
    found = influence()
    figure = influence_figure(found, 1, order=[2, 0])
    drawn = {t.name: (list(t.x), t.xaxis) for t in figure.data}
    assert drawn["attention to it blocked"] == (found.shifts["blocked"][[2, 0], 1].tolist(), "x")
    assert drawn["its values set to zero"] == (found.shifts["zeroed"][[2, 0], 1].tolist(), "x")
    assert drawn["deleted"] == (found.shifts["removed"][[2, 0], 1].tolist(), "x")
    assert drawn["replaced by [MASK]"] == (found.shifts["replaced"][[2, 0], 1].tolist(), "x")
    assert drawn["attention weight"] == (found.attention[[2, 0], 1].tolist(), "x2")
    assert drawn["rollout"] == (found.rollout[[2, 0], 1].tolist(), "x2")
    assert found.weighted is not None
    assert drawn["what attention moves"] == (found.weighted[[2, 0], 1].tolist(), "x2")
    assert list(figure.layout.yaxis.ticktext) == ["fast", "The"]


def test_a_cell_a_part_on_one_scale_and_heads_that_can_be_clicked() -> None:
    heads = np.arange(6, dtype=np.float32).reshape(3, 2) - 2
    found = Contributions(
        "p", ("a", "b"), ("a", "b"), heads, np.array([5, -7, 1], np.float32), np.zeros(3, np.float32), 0.25, 0, 0
    )
    deep = contributions_figure(found)
    cells, clicked = deep.data
    none = np.nan  # layer 0 is the embedding alone, and no other layer has one
    expected = [[none, -2, 0, 2], [none, -1, 1, 3], [none, 5, -7, 1], [0.25, none, none, none]]
    np.testing.assert_array_equal(cells.z, np.array(expected, np.float32))
    assert (cells.zmin, cells.zmax) == (-7, 7)
    assert list(deep.layout.yaxis.ticktext) == ["0", "1", "feed-forward", "embedding"]
    places = {tuple(c[:2]): (x, y) for c, x, y in zip(clicked.customdata, clicked.x, clicked.y, strict=True)}
    assert places[3, 1] == (3, 1)
    assert len(places) == 6
    biased = replace(found, heads=heads.T.copy(), feed_forward=np.ones(2), bias=np.array([0, 3.0]))
    wide = contributions_figure(biased)
    assert list(wide.layout.xaxis.ticktext) == ["0", "1", "2", "feed-forward", "bias", "embedding"]
    assert wide.data[0].z[2].tolist()[:5] == [-1, 1, 3, 1, 3]


@pytest.mark.parametrize("decoder", [False, True])
def test_chosen_heads_stand_apart_from_the_control(decoder: bool) -> None:
    sets = (((1, 0), (2, 3)), ((1, 1), (1, 2)), ((2, 0), (2, 1)))
    bits = np.array([0.3, 0.1, 0.2], np.float32) if decoder else None
    shift = np.array([[0, 0.5], [0, 0.1], [0, 0.2]], np.float32)
    figure = control_figure(HeadShifts("s", Word("s", 0, 1), sets, shift, bits), 1)
    first = [t for t in figure.data if t.xaxis == "x"]
    assert [list(t.x) for t in first] == [pytest.approx([0.1, 0.2]), pytest.approx([0.5])]
    assert list(first[1].customdata) == ["1.0, 2.3"]
    second = [list(t.x) for t in figure.data if t.xaxis == "x2"]
    assert second == ([pytest.approx([0.1, 0.2]), pytest.approx([0.3])] if decoder else [])


@pytest.mark.parametrize("text", NASTY)
def test_typed_words_are_shown_to_the_letter(text: str) -> None:
    weights, plain = shares(2, 2), theme.literal(theme.short(text, 16))
    built = [head_figure(weights, [text, "a"]), ribbons_figure(weights, [text, "a"])]
    assert built[0].layout.xaxis.ticktext[0] == plain
    assert any(t.text is not None and t.text[0] == plain for t in built[1].data)
    found = influence()
    hostile = Influence(text, Word(text, 0, 1), (Word(text, 2, 3),), {k: v[:1] for k, v in found.shifts.items()},
                        found.attention[:1], found.rollout[:1], text)  # fmt: skip
    built.append(influence_figure(hostile, 1))
    for figure in built:
        assert "<img" not in figure.to_json()
        assert "<b>x" not in figure.to_json()


def test_the_same_input_gives_the_same_figure() -> None:
    for build in (
        lambda: maps_figure(shares(2, 3, 4, 4), [1, 2], [0, 1, 2], opened=(1, 1)),
        lambda: head_figure(shares(4, 4), LABELS),
        lambda: ribbons_figure(shares(4, 4), LABELS, row=1),
        lambda: influence_figure(influence(), 1),
    ):
        assert json.loads(build().to_json()) == json.loads(build().to_json())


@pytest.mark.parametrize(("count", "row"), [(4, 1), (18, 17), (30, 7), (90, 44), (128, 127)])
def test_a_map_names_as_many_rows_as_have_room_and_the_framed_one_always(count: int, row: int) -> None:
    labels = [f"w{i}" for i in range(count)]
    figure = head_figure(shares(count, count), labels, row=row, note="Each row is a share.", height=400)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert f"w{row}" in axis.ticktext
        assert [f"w{i}" for i in axis.tickvals] == list(axis.ticktext)
        assert len(axis.ticktext) * 13 <= 400 - 100
    if len(figure.layout.xaxis.ticktext) < count:
        assert figure.layout.xaxis.type == "category"
        assert list(figure.data[0].x) == labels  # the pointer names what the axis does not
    assert frames(figure) == [(-0.5, row - 0.5, count - 0.5, row + 0.5)]


def test_the_note_stands_below_names_set_aslant() -> None:
    short, long = (head_figure(shares(3, 3), [c * n for c in "abc"], note="Each row is a share.") for n in (1, 14))
    lower = [f.layout.annotations[0].yshift for f in (short, long)]
    assert lower[1] == lower[0] - theme.aslant(["a" * 14])
    assert theme.aslant(["a" * 14]) > 40
    assert theme.aslant(["a"]) == 0


def test_each_head_has_its_entropy_and_each_layer_its_median() -> None:
    entropy = np.array([[0.0, 1.0, 2.0], [1.5, 0.5, 4.0]], np.float32)
    figure = entropy_figure(HeadScores((1, 2), (0, 1, 2), {}, entropy), opened=(2, 1), note="a note")
    points, medians, ring = figure.data
    assert list(zip(points.x, points.customdata, points.y, strict=True)) == [
        (1, 0, 0.0), (1, 1, 1.0), (1, 2, 2.0), (2, 0, 1.5), (2, 1, 0.5), (2, 2, 4.0),
    ]  # fmt: skip
    assert list(medians.y) == [1.0, 1.5]
    assert (list(ring.x), list(ring.y)) == ([2], [0.5])
    assert len(entropy_figure(HeadScores((1, 2), (0, 1, 2), {}, entropy), opened=(3, 0)).data) == 2
