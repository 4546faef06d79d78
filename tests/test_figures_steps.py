"""Attention step by step as figures: every number drawn is the array's, the frame is the followed pair, masked is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from ctxcore import HeadTrace, Token, Word, attention_steps, figures, tables
from ctxcore.figures import cells, theme
from ctxcore.figures.drawing import drawing_of
from tests.samples import NASTY

LESSON = ["I", "love", "AI"]
VECTORS = np.array([[0.1, 0.3, 0.5], [0.6, 0.2, 0.9], [0.8, 0.4, 0.7]])
WEIGHTS = np.array([0.3, 0.1, 0.6])
BUILDERS = ("inputs_figure", "qkv_figure", "scores_figure", "weighted_figure")


def trace(size: int = 4, *, causal: bool = False, d: int = 5, texts: list[str] | None = None) -> HeadTrace:
    """One head on made-up numbers: a start token and then words."""
    texts = texts or [f"w{i}" for i in range(size - 1)]
    sentence = " ".join(texts)
    starts = np.cumsum([0, *(len(t) + 1 for t in texts)])[:-1].tolist()
    words = tuple(Word(t, a, a + len(t)) for t, a in zip(texts, starts, strict=True))
    tokens = (Token("[S]", 0, 0, 0, True), *(Token(w.text, i, w.start, w.end, False) for i, w in enumerate(words, 1)))
    rng = np.random.default_rng(size)
    q, k, v = (rng.normal(size=(len(tokens), d)).astype(np.float32) for _ in "qkv")
    mask = np.tri(len(tokens), dtype=bool) if causal else None
    worked = attention_steps(q, k, v, mask=mask)
    return HeadTrace(
        **vars(worked), sentence=sentence, layer=2, head=1, tokens=tokens, words=words,
        inputs=rng.normal(size=(len(tokens), 7)).astype(np.float32), own=worked.values, difference=0.0, rotary=False,
        norm_first=False,
    )  # fmt: skip


def drawn(figure: go.Figure, name: str) -> np.ndarray:
    """The numbers of the one trace of a name."""
    found = [t for t in figure.data if t.name == name]
    assert len(found) == 1, [t.name for t in figure.data]
    return np.asarray(found[0].z)


def texts(figure: go.Figure, name: str) -> list[list[str]]:
    """What stands in the cells, whichever ink it is written in."""
    parts = [np.array(t.text, dtype=object) for t in figure.data if t.name in (name, f"{name}, dark cells")]
    merged = parts[0]
    for part in parts[1:]:
        assert ((merged == "") | (part == "")).all()  # no cell is written twice
        merged = np.where(part == "", merged, part)
    found: list[list[str]] = merged.tolist()
    return found


def frames(figure: go.Figure) -> list[tuple[str, float, float, float, float]]:
    return [(s.yref, s.x0, s.y0, s.x1, s.y1) for s in figure.layout.shapes if s.line.color == theme.ACCENT]


def note(figure: go.Figure) -> str:
    return theme.part_note(drawing_of(figure))[1]


def test_by_hand_every_number_of_the_lesson_stands_in_its_cell() -> None:
    figure = figures.hand_figure(LESSON, VECTORS, WEIGHTS, query=1)
    assert texts(figure, "weight") == [["0.3"], ["0.1"], ["0.6"]]
    assert texts(figure, "vector v") == [["0.1", "0.3", "0.5"], ["0.6", "0.2", "0.9"], ["0.8", "0.4", "0.7"]]
    assert texts(figure, "weight \u00d7 v") == [
        ["0.03", "0.09", "0.15"],
        ["0.06", "0.02", "0.09"],
        ["0.48", "0.24", "0.42"],
    ]
    assert texts(figure, "sum") == [["0.57", "0.35", "0.66"]]
    assert drawn(figure, "sum")[0] == pytest.approx([0.57, 0.35, 0.66], abs=1e-12)
    said = [a.text for a in figure.layout.annotations]
    assert "new \u201clove\u201d" in said
    assert said.count("1") == 1  # what the weights sum to


def test_by_hand_the_sum_is_of_what_was_given_also_where_the_weights_are_no_shares() -> None:
    figure = figures.hand_figure(LESSON, VECTORS, [2, 0, -1], query=0)
    assert drawn(figure, "sum")[0] == pytest.approx([-0.6, 0.2, 0.3], abs=1e-12)
    assert texts(figure, "sum") == [["-0.6", "0.2", "0.3"]]
    assert "1" in [a.text for a in figure.layout.annotations]


def test_by_hand_the_frame_is_around_the_sum_and_nothing_else() -> None:
    figure = figures.hand_figure(LESSON, VECTORS, WEIGHTS)
    ((_, x0, y0, x1, y1),) = frames(figure)
    total = next(t for t in figure.data if t.name == "sum")
    assert (x0, x1) == pytest.approx((total.x[0], total.x[-1]))
    assert (y0, y1) == pytest.approx((total.y[0], total.y[-1]))


def test_by_hand_scores_lead_to_the_weights() -> None:
    worked = attention_steps(VECTORS[[1]], VECTORS, VECTORS)
    figure = figures.hand_figure(
        LESSON, VECTORS, worked.weights[0], query=1, scores=worked.scores[0], scaled=worked.scaled[0]
    )
    assert texts(figure, "score q \u00b7 k") == [["0.57"], ["1.21"], ["1.19"]]
    assert texts(figure, "scaled \u00f7 \u221a3") == [["0.329"], ["0.699"], ["0.687"]]
    assert texts(figure, "softmax") == texts(figure, "weight") == [["0.258"], ["0.373"], ["0.369"]]
    assert drawn(figure, "sum")[0] == pytest.approx(worked.values[0], abs=1e-6)
    # The sum stands below the scores and overlaps nothing.
    bottom = max(max(t.y) for t in figure.data if t.name == "softmax")
    assert min(min(t.y) for t in figure.data if t.name == "weight") > bottom + 0.9
    assert figure.layout.height > figures.hand_figure(LESSON, VECTORS, WEIGHTS).layout.height


def test_numbers_have_three_significant_digits_and_no_negative_zero() -> None:
    shown = [cells.three(x) for x in (0, -0.0, 0.12345, -12.345, 999.9, 1234.56, 1e-7, 1e9, 1.0)]
    assert shown == ["0", "0", "0.123", "-12.3", "1000", "1235", "1e-07", "1e+09", "1"]


@pytest.mark.parametrize("share", np.linspace(0, 1, 41))
def test_ink_in_a_cell_can_be_read_on_its_colour(share: float) -> None:
    for scale in (theme.SHARES, theme.SIGNED):
        dark = bool(cells._is_dark(np.array([[share]]), scale)[0, 0])
        stops, colors = [s for s, _ in scale], [c for _, c in scale]
        rgb = [float(np.interp(share, stops, [int(c[i : i + 2], 16) for c in colors])) for i in (1, 3, 5)]
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        contrast = 1.05 / (light + 0.05) if dark else (light + 0.05) / (0.0069 + 0.05)
        assert contrast > 4.28  # where black and white are equally far


def test_the_inputs_are_the_vectors_that_enter_and_both_tokens_are_framed() -> None:
    made = trace()
    figure = figures.inputs_figure(made, 2, 1)
    assert np.array_equal(drawn(figure, "x"), made.inputs)
    assert drawn(figure, "x").dtype == np.float32
    assert sorted((y0, y1) for _, _, y0, _, y1 in frames(figure)) == [(0.5, 1.5), (1.5, 2.5)]
    assert {(x0, x1) for _, x0, _, x1, _ in frames(figure)} == {(-0.5, 6.5)}
    assert list(figure.layout.yaxis.ticktext) == ["[S]", "w0", "w1", "w2"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first token on top
    assert len(frames(figures.inputs_figure(made, 2, 2))) == 1


def test_query_of_the_one_and_key_and_value_of_the_other_are_framed() -> None:
    made = trace()
    figure = figures.qkv_figure(made, 3, 1)
    for name, part in (("query q", made.q), ("key k", made.k), ("value v", made.v)):
        assert np.array_equal(drawn(figure, name), part)
    assert [(s.xref, s.y0) for s in figure.layout.shapes] == [("x", 2.5), ("x2", 0.5), ("x3", 0.5)]
    starts = [figure.layout[f"xaxis{n}"].domain for n in ("", "2", "3")]
    assert all(a[1] < b[0] for a, b in pairwise(starts))


def test_signed_numbers_share_one_scale_around_zero() -> None:
    made = trace()
    for builder in BUILDERS:
        for heat in getattr(figures, builder)(made, 2, 1).data:
            if heat.colorscale == theme.SIGNED:
                assert heat.zmin == -heat.zmax
            elif heat.name not in ("not masked", "masked"):
                assert heat.colorscale == theme.SHARES
                assert (heat.zmin, heat.zmax) == (0, 1)


def test_few_towering_numbers_do_not_bleach_the_rest_and_that_is_said() -> None:
    made = trace(12, d=40)
    calm = figures.inputs_figure(made, 2, 1).data[0]
    assert calm.zmax == pytest.approx(float(np.abs(made.inputs).max()))
    towering = replace(made, inputs=np.concatenate([made.inputs] * 40, axis=1))
    towering.inputs[0, 0] = 2000
    figure = figures.inputs_figure(towering, 2, 1)
    assert figure.data[0].zmax < 4
    assert figure.data[0].z[0, 0] == 2000
    assert "one value in a hundred is beyond the darkest colour" in note(figure)
    assert "beyond" not in note(figures.inputs_figure(made, 2, 1))


def test_the_four_maps_hold_scores_scaled_mask_and_weights() -> None:
    made = trace()
    figure = figures.scores_figure(made, 2, 1)
    assert np.array_equal(drawn(figure, "q \u00b7 k"), made.scores)
    assert np.array_equal(drawn(figure, "scaled"), made.scaled)
    assert np.array_equal(drawn(figure, "softmax"), made.weights)
    assert (drawn(figure, "not masked") == 1).all()
    assert not [t for t in figure.data if t.name == "masked"]
    assert "masked" not in note(figure)
    heads = [a.text for a in figure.layout.annotations if a.name != "note"]
    assert [h[:1] for h in heads] == ["1", "2", "3", "4"]
    assert heads[1].startswith("2  scaled \u00f7 \u221a5")


def test_the_row_of_the_query_and_the_followed_cell_are_framed_in_every_map() -> None:
    figure = figures.scores_figure(trace(), 2, 1)
    for axis in ("y", "y2", "y3", "y4"):
        assert [f[1:] for f in frames(figure) if f[0] == axis] == [(-0.5, 1.5, 3.5, 2.5), (0.5, 1.5, 1.5, 2.5)]


def test_masked_cells_are_grey_and_crossed_and_hold_no_number() -> None:
    made = trace(causal=True)
    figure = figures.scores_figure(made, 2, 1)
    masked = [t for t in figure.data if t.name == "masked"]
    assert [t.xaxis for t in masked] == ["x2", "x3", "x4"]
    for grey in masked:
        assert np.array_equal(np.isnan(grey.z), made.mask)
        assert (np.array(grey.text) == np.where(made.mask, "", "\u00d7")).all()
        assert "masked" in grey.hovertemplate
        assert grey.colorscale[0][1] not in [c for _, c in (*theme.SHARES, *theme.SIGNED)]
    for name, part in (("scaled", made.scaled), ("softmax", made.weights)):
        assert np.array_equal(drawn(figure, name)[made.mask], part[made.mask])
        assert np.isnan(drawn(figure, name)[~made.mask]).all()
        assert (np.array(texts(figure, name))[~made.mask] == "").all()
    assert np.array_equal(np.isnan(drawn(figure, "not masked")), ~made.mask)
    assert not np.isnan(drawn(figure, "q \u00b7 k")).any()  # scores come before the mask
    assert "Grey with a cross: masked" in note(figure)


def test_numbers_stand_in_the_cells_of_small_maps_only() -> None:
    made = trace(5)
    written = texts(figures.scores_figure(made, 2, 1), "softmax")
    assert written == [[f"{w:.2f}" for w in row] for row in made.weights.tolist()]
    assert all(t.text is None for t in figures.scores_figure(trace(9), 2, 1).data)
    assert cells._brief(-0.001) == "0.00"
    assert [cells._brief(x) for x in (9.994, 12.34, -123.4)] == ["9.99", "12.3", "-123"]


def test_weighted_values_and_their_sum() -> None:
    made = trace(causal=True)
    figure = figures.weighted_figure(made, 2, 1)
    weighted = drawn(figure, "weight \u00d7 v")
    assert np.array_equal(weighted, made.weights[2][:, None] * made.v)
    assert np.array_equal(drawn(figure, "output"), made.values[[2]])
    assert weighted.sum(0) == pytest.approx(made.values[2], abs=1e-6)
    assert drawn(figure, "weight")[:3, 0] == pytest.approx(made.weights[2, :3])
    assert np.isnan(drawn(figure, "weight")[3, 0])
    assert np.isnan(drawn(figure, "masked")[:3, 0]).all()
    assert [f[1:] for f in frames(figure)] == [(-0.5, 0.5, 0.5, 1.5), (-0.5, 0.5, 4.5, 1.5)]
    bands = figure.layout.yaxis.domain, figure.layout.yaxis3.domain
    assert bands[0][0] > bands[1][1]
    one = next(t for t in figure.data if t.name == "output")
    assert one.zmax == next(t for t in figure.data if t.name == "weight \u00d7 v").zmax


@pytest.mark.parametrize("builder", BUILDERS)
def test_many_tokens_lose_their_names_and_no_data(builder: str) -> None:
    few, many = (getattr(figures, builder)(trace(n, causal=True), 5, 3) for n in (40, 41))
    assert few.layout.yaxis.ticktext is not None
    assert many.layout.yaxis.showticklabels is False
    assert many.layout.yaxis.ticktext is None
    assert many.layout.height < 1200
    assert all(t.text is None for t in many.data)
    assert any(np.asarray(t.z).shape[0] == 41 for t in many.data)
    assert "(position 40)" in list(many.data[-1].y if builder == "scores_figure" else many.data[0].y)[-1]


def test_of_very_many_tokens_the_maps_show_the_row_of_the_query_alone() -> None:
    made = trace(257)
    figure = figures.scores_figure(made, 200, 3)
    assert np.array_equal(drawn(figure, "softmax"), made.weights[[200]])
    assert [f[1:] for f in frames(figure) if f[0] == "y4"] == [(-0.5, -0.5, 256.5, 0.5), (2.5, -0.5, 3.5, 0.5)]
    assert "Of 257 tokens only the query token is drawn" in note(figure)
    assert drawn(figures.scores_figure(trace(256), 200, 3), "softmax").shape == (256, 256)


def test_repeated_tokens_keep_rows_of_their_own() -> None:
    figure = figures.qkv_figure(trace(texts=["ran", "ran", "ran"]), 3, 1)
    rows = list(figure.data[0].y)
    assert len(set(rows)) == 4
    assert list(figure.layout.yaxis.ticktext) == ["[S]", "ran", "ran", "ran"]


def test_a_piece_is_named_by_what_it_stands_for() -> None:
    made = trace(texts=["running", "on"])
    tokens = (
        made.tokens[0],
        Token("\u0120run", 5, 0, 3, False), Token("##ning", 6, 3, 7, False), Token("\u0120ON", 7, 8, 10, False),
        Token("\u0120", 8, 10, 10, False),
    )  # fmt: skip
    assert cells.token_names(replace(made, tokens=tokens)) == ["[S]", "run", "##ning", "on", "\u2423"]


@pytest.mark.parametrize("name", ["hand", *BUILDERS])
@pytest.mark.parametrize("nasty", NASTY)
def test_typed_text_is_shown_to_the_letter(name: str, nasty: str) -> None:
    def made(word: str) -> go.Figure:
        if name == "hand":
            return figures.hand_figure([word] * 3, VECTORS, WEIGHTS, query=1)
        return getattr(figures, name)(trace(texts=[word, "b", "c"]), 2, 1)

    figure, harmless = made(nasty), made("a" * len(nasty))
    assert [t.hovertemplate for t in figure.data] == [t.hovertemplate for t in harmless.data]
    read = json.dumps(
        [figure.to_dict()["layout"], [(t.name, t.y, t.x, t.customdata) for t in figure.data]], default=list
    )
    assert theme.literal(theme.short(nasty, 12))[:6] in read
    assert not re.search(r"<(img|b>|script|/)|\$x|%\{", read)


MAKE: dict[str, Callable[[], go.Figure]] = {
    "given": lambda: figures.hand_figure(LESSON, VECTORS, WEIGHTS, query=1),
    "worked": lambda: figures.hand_figure(LESSON, VECTORS, WEIGHTS, query=1, scores=WEIGHTS, scaled=WEIGHTS, title="a"),
    **{b: lambda b=b: getattr(figures, b)(trace(causal=True), 2, 1) for b in BUILDERS},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", MAKE)
def test_the_same_results_give_the_same_figure(name: str) -> None:
    assert MAKE[name]().to_json() == MAKE[name]().to_json()
    assert MAKE[name]().layout.font.family == theme.FONT


@pytest.mark.parametrize("name", BUILDERS)
def test_title_and_height_are_as_asked(name: str) -> None:
    build: Any = getattr(figures, name)
    plain, titled = build(trace(), 2, 1), build(trace(), 2, 1, title="Steps <b>")
    assert plain.layout.title.text == ""
    assert titled.layout.title.text == "Steps &lt;b&gt;"
    assert titled.layout.height == plain.layout.height + 34
    assert build(trace(), 2, 1, height=321).layout.height == 321
    bare, words = theme.part_note(drawing_of(plain))
    assert words
    assert bare.layout["height"] < plain.layout.height


def test_the_table_by_hand_has_a_row_a_word_and_the_sum() -> None:
    table = tables.hand_table(LESSON, VECTORS, WEIGHTS)
    assert list(table) == ["word", "weight", "v_1", "v_2", "v_3", "weighted_1", "weighted_2", "weighted_3"]
    assert table["word"].tolist() == [*LESSON, "(sum)"]
    assert table["weight"].tolist() == pytest.approx([0.3, 0.1, 0.6, 1.0])
    assert table.iloc[3][["weighted_1", "weighted_2", "weighted_3"]].tolist() == pytest.approx([0.57, 0.35, 0.66])
    assert tables.hand_table(LESSON, VECTORS, [1, 1, 0.5])["weight"].iloc[-1] == 2.5  # what was given, a share or not
    worked = tables.hand_table(LESSON, VECTORS, WEIGHTS, np.array([1, 2, 3]), np.array([4, 5, 6]))
    assert worked["score"].tolist()[:3] == [1, 2, 3]
    assert worked["scaled"].tolist()[:3] == [4, 5, 6]


def test_tables_of_a_head_hold_its_arrays() -> None:
    made = trace(causal=True)
    inputs = tables.inputs_table(made)
    assert inputs["token"].tolist() == ["[S]", "w0", "w1", "w2"]
    assert np.array_equal(inputs.filter(like="feature_").to_numpy(), made.inputs)
    qkv = tables.qkv_table(made)
    for name, part in (("q", made.q), ("k", made.k), ("v", made.v)):
        assert np.array_equal(qkv[qkv.part == name].filter(like="feature_").to_numpy(), part)
    scores = tables.scores_table(made)
    assert len(scores) == 16
    for name, part in (
        ("score", made.scores),
        ("scaled", made.scaled),
        ("unmasked", made.mask),
        ("weight", made.weights),
    ):
        assert np.array_equal(scores[name].to_numpy().reshape(4, 4), part)
    assert scores.loc[
        (scores["query"] == 2) & (scores["key"] == 1), ["query_token", "key_token"]
    ].to_numpy().tolist() == [["w1", "w0"]]
    one = tables.scores_table(made, 2)
    assert one.reset_index(drop=True).equals(scores[scores["query"] == 2].reset_index(drop=True))
    weighted = tables.weighted_table(made, 2)
    numbers = weighted.filter(like="feature_").to_numpy()
    assert np.array_equal(numbers[:4].astype(np.float32), made.weights[2][:, None] * made.v)
    assert np.array_equal(numbers[4].astype(np.float32), made.values[2])
    assert np.array_equal(numbers[5].astype(np.float32), made.own[2])
    assert weighted["token"].tolist()[4:] == ["(sum)", "(the model\u2019s own)"]
