"""Figures as data: exact coordinates, one colour for what is static, and text shown to the letter."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from ctxcore import (
    BadInputError,
    BankAccuracy,
    ContextualModel,
    Faithfulness,
    Fan,
    Neighbour,
    Occurrences,
    Projection,
    SelfSimilarity,
    SenseReading,
    figures,
)
from ctxcore.figures import alts, theme, trails
from ctxcore.figures.drawing import drawing_of
from ctxcore.figures.sense_groups import sense_groups
from ctxcore.measures import geometry
from ctxcore.measures.projection import fan, project
from tests.samples import NASTY, occurrences, sense_controls

SENTENCES = ["The dog ran quickly.", "The program ran well.", "The mayor ran the city.", "A river ran here."]
VECTORS = np.random.default_rng(2).normal(size=(4, 5, 6)).astype(np.float32)  # [mention, layer, feature]
SENSES = ["moved", "worked", None, "moved"]
NEIGHBOURS = [Neighbour("running", 0.88), Neighbour("run", 0.83), Neighbour("went", 0.82)]
TRUST = Faithfulness(1.0, 1.0, 1.0, 1)
PLANE = Projection(np.array([[0, 0], [1, 2], [-1, 1], [0.5, -3]], np.float32), "pca", (0.5, 0.25), TRUST, 0)
SERIES = [np.array([1.0, 0.8, 0.6]), np.array([1.0, 0.7, 0.5]), np.array([0.1, 0.2, 0.3]), np.array([0.9, 0.6, 0.3])]
MEASURED = SelfSimilarity(SERIES[0], SERIES[1], SERIES[2], SERIES[3], 4000, 77)
READING = SenseReading(
    ("a", "b"),
    np.zeros((3, 4), int),
    np.zeros((3, 4)),
    np.array([0.5, 0.75, 0.9]),
    0.5,
    4,
    np.array([2.0, 3, 4]),
    0.5,
    0.06,
)
MATRIX = np.array([[1, 0.5, 0.25], [0.5, 1, 0.75], [0.25, 0.75, 1]])
GRID = np.array([[0.5, 0.9, 0.7], [0.8, 0.2, 0.6]])


def fan_of(vectors: np.ndarray = VECTORS, sentences: list[str] = SENTENCES, **options: Any) -> tuple[Fan, go.Figure]:
    made = fan(vectors)
    return made, figures.fan_figure(made, occurrences(vectors, sentences), **options)


BUILDERS: dict[str, Callable[[], go.Figure]] = {
    "fan": lambda: fan_of(senses=SENSES, highlight=[1])[1],
    "fan in space": lambda: fan_of(dimensions=3)[1],
    "pinned": lambda: figures.pinned_figure("ran", PLANE, NEIGHBOURS, 4, 3),
    "projection": lambda: figures.projection_figure(PLANE, occurrences(VECTORS, SENTENCES), layer=4, senses=SENSES),
    "similarity": lambda: figures.similarity_figure(MATRIX, ["a", "b", "c"]),
    "static similarity": lambda: figures.similarity_figure(MATRIX, ["a", "b", "c"], static=True),
    "self-similarity": lambda: figures.self_similarity_figure(MEASURED, "ran"),
    "senses": lambda: figures.senses_figure(READING),
    "sense controls": lambda: figures.sense_controls_figure(sense_controls()),
    "whole bank": lambda: figures.bank_figure(BankAccuracy(("ran", "bank"), (sense_controls(), sense_controls()), 3)),
    "neighbours": lambda: figures.neighbours_figure(NEIGHBOURS, "ran"),
    "substitutes": lambda: figures.substitutes_figure(GRID, ["a", "b", "c"], ["one", "two"], layer=6),
}


def named(figure: go.Figure, name: str) -> Any:
    """The one trace of a name."""
    found = [t for t in figure.data if t.name == name]
    assert len(found) == 1
    return found[0]


def xy(trace: Any) -> list[list[float]]:
    found: list[list[float]] = np.stack([trace.x, trace.y], axis=1).tolist()
    return found


def note(figure: go.Figure) -> str:
    return theme.part_note(drawing_of(figure))[1]


def test_every_builder_is_listed_and_tried() -> None:
    tests = "".join(f.read_text(encoding="utf-8") for f in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in figures.__all__ if f"{name}(" not in tests] == []


def test_a_titled_figure_is_a_copy_with_room_for_its_title() -> None:
    drawing = drawing_of(BUILDERS["neighbours"]())
    found, bare = theme.titled(drawing, "<b>mine</b>").figure(), drawing.figure()
    assert found.layout.title.text == "&lt;b&gt;mine&lt;/b&gt;"
    assert found.layout.height - bare.layout.height == found.layout.margin.t - bare.layout.margin.t > 0
    assert bare.layout.title.text == ""
    assert [t.to_json() for t in found.data] == [t.to_json() for t in bare.data]


@pytest.mark.parametrize("name", BUILDERS)
def test_the_same_results_give_the_same_figure(name: str) -> None:
    assert BUILDERS[name]().to_json() == BUILDERS[name]().to_json()


@pytest.mark.parametrize("name", BUILDERS)
def test_a_figure_is_titled_and_as_high_as_asked(name: str) -> None:
    figure = BUILDERS[name]()
    assert figure.layout.height > 300
    assert figure.layout.title.text == ""
    assert figure.layout.font.family == theme.FONT


def test_the_heads_of_the_fan_stand_where_the_last_layer_is() -> None:
    made, figure = fan_of(senses=SENSES)
    for sense, members in (("moved", [0, 3]), ("worked", [1]), ("not labelled", [2])):
        head = named(figure, sense)
        assert xy(head) == made.coordinates[members, -1, :2].tolist()
        assert [c[1] for c in head.customdata] == [i + 1 for i in members]
        assert [c[0] for c in head.customdata] == [SENTENCES[i] for i in members]


def test_the_trails_run_through_every_layer_and_are_parted_by_gaps() -> None:
    made, figure = fan_of()
    trail = next(t for t in figure.data if t.mode == "lines")
    rows = np.stack([trail.x, trail.y], axis=1).reshape(4, 6, 2)  # five layers and a gap
    assert np.array_equal(rows[:, :5], made.coordinates[..., :2])
    assert np.isnan(rows[:, 5]).all()


def test_each_trail_begins_at_its_own_layer_0_vector() -> None:
    made, figure = fan_of()
    origin = named(figure, "word embedding (layer 0)")
    assert xy(origin) == made.coordinates[:, 0, :2].tolist()
    assert origin.marker.color == theme.STATIC
    mean = geometry.self_similarity(VECTORS[:, :1])[0]
    said = f"its own layer-0 vector (mean cosine there {mean:.2f}): the model adds each token\u2019s position to its embedding."
    assert said in note(figure)


def test_trails_that_begin_at_one_vector_begin_at_one_point() -> None:
    vectors = VECTORS.copy()
    vectors[:, 0] = VECTORS[0, 0] * np.array([[1], [2], [3], [4]])  # of one direction
    made, figure = fan_of(vectors)
    assert xy(named(figure, "word embedding (layer 0)")) == made.coordinates[:1, 0, :2].tolist()
    assert "All trails begin at one point" in note(figure)


def test_another_form_of_the_word_begins_elsewhere_and_that_is_the_reason_given() -> None:
    vectors = VECTORS.copy()
    vectors[:3, 0] = VECTORS[0, 0]
    forms = replace(occurrences(vectors, SENTENCES), pieces=(("ran",), ("ran",), ("ran",), ("Ran",)))
    said = note(figures.fan_figure(fan(vectors), forms))
    assert "the word is read as other tokens in some sentences." in said
    assert "position" not in said
    both = replace(occurrences(VECTORS, SENTENCES), pieces=(("ran",), ("ran",), ("ran",), ("Ran",)))
    assert "position to its embedding and the word is read as other tokens" in note(
        figures.fan_figure(fan(VECTORS), both)
    )


def test_the_embedded_models_begin_where_they_do(encoder: ContextualModel, decoder: ContextualModel) -> None:
    """The encoder adds positions, so "ran" as the third and as the seventh token differ; the decoder turns them in later."""
    sentences = ["The dog ran.", "Yesterday evening the old dog ran."]
    for model, one in ((encoder, False), (decoder, True)):
        found = trails.beginnings(model.occurrences("ran", sentences))
        assert (found.one, found.moved, found.forms) == (one, not one, False)
    forms = trails.beginnings(decoder.occurrences("ran", ["The dog ran.", "The dog Ran."]))
    assert (forms.one, forms.moved, forms.forms) == (False, False, True)


def test_the_alt_text_of_a_fan_is_what_is_drawn() -> None:
    found = occurrences(VECTORS, SENTENCES)
    last = geometry.cosine_matrix(VECTORS[:, -1])
    said = alts.fan_alt(found, SENSES)
    assert f"reach a mean cosine of {geometry.self_similarity(VECTORS[:, -1:])[0]:.2f} at the last layer" in said
    assert f"of one sense have {last[0, 3]:.2f}, of different senses {(last[0, 1] + last[1, 3]) / 2:.2f}" in said
    alike = alts.fan_alt(occurrences(np.repeat(VECTORS[:1], 4, axis=0), SENTENCES), SENSES)
    assert (
        alike
        == "Trails of 4 occurrences through 4 layers. They begin at one point and end in one: at the last layer all have the same vector."
    )
    assert alts.fan_alt(occurrences(VECTORS[:1], SENTENCES[:1])).startswith("The trail of one occurrence")


def test_the_alt_text_of_a_matrix_and_of_lines_has_their_numbers() -> None:
    assert alts.similarity_alt(MATRIX) == "Cosine of all pairs of 3 occurrences: from 0.25 to 0.75, mean 0.50."
    assert alts.similarity_alt(np.ones((5, 5))) == "Cosine of all pairs of 5 occurrences: 1.00 everywhere."
    assert "one occurrence" in alts.similarity_alt(np.ones((1, 1)))
    cosines = geometry.cosine_matrix(VECTORS[:, 2])
    shown = alts.projection_alt(occurrences(VECTORS, SENTENCES).vectors[:, 2], 2, SENSES)
    assert f"within a sense {cosines[0, 3]:.2f}, between senses {(cosines[0, 1] + cosines[1, 3]) / 2:.2f}." in shown
    assert (
        alts.projection_alt(occurrences(VECTORS[:1], SENTENCES[:1]).vectors[:, 2], 2)
        == "One occurrence at layer 2, one point."
    )
    assert "the word 1.00 and 0.60; other words across sentences 1.00 and 0.50" in alts.self_similarity_alt(MEASURED)
    assert alts.senses_alt(READING).startswith(
        "Accuracy on 4 occurrences, nearest centroid: 50 % at layer 0, 90 % at layer 2"
    )
    controls = sense_controls()
    assert alts.readers_alt(controls.accuracy, controls.own.chance) == (
        "Accuracy of the word\u2019s own vector: 33 % at layer 0, 83 % at layer 2; there with attention off 28 %, the sentence\u2019s "
        "other words 67 %, the mean of their static vectors 61 %, chance 33 %."
    )


def test_the_readers_of_senses_have_their_interval_at_the_last_layer() -> None:
    """15 of 18: Clopper-Pearson 0.586 to 0.964, from scipy.stats.binomtest."""
    own = next(t for t in figures.sense_controls_figure(sense_controls()).data if t.name == "its own vector")
    assert np.asarray(own.y) == pytest.approx([6 / 18, 9 / 18, 15 / 18])
    assert np.asarray(own.error_y.array) == pytest.approx([0, 0, 0.9642 - 15 / 18], abs=1e-4)
    assert np.asarray(own.error_y.arrayminus) == pytest.approx([0, 0, 15 / 18 - 0.5858], abs=1e-4)


@pytest.mark.parametrize("count", [1, 2, 12, 24, 25, 60, 61, 110, 300, 400])
def test_a_matrix_of_any_size_shows_its_colours_and_names_that_have_room(count: int) -> None:
    """No gap where cells are small: of a cell of a pixel it would leave nothing. Every name is named by the pointer."""
    labels = [f"{i + 1} dog" for i in range(count)]
    figure = figures.similarity_figure(np.ones((count, count)), labels, static=True)
    cells, axis = figure.data[0], figure.layout.xaxis
    plot = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert (cells.xgap or 0) <= 0.1 * plot / count
    assert len(axis.ticktext) * 11 <= plot + 11
    assert axis.ticktext[0] == "1 dog"
    every = axis.tickvals[1] if len(axis.tickvals) > 1 else 1
    assert axis.ticktext == tuple(labels[::every])
    assert (f"every {every}" in note(figure)) == (every > 1)
    assert cells.colorscale[-1] == (1.0, theme.STATIC_SEQUENTIAL[-1])
    assert (cells.zmin, cells.zmax) == (0, 1)
    named_by_pointer = cells.customdata is not None or len(set(cells.x)) == len(set(cells.y)) == count
    assert named_by_pointer
    assert cells.customdata is not None or axis.type == "category"


def test_names_on_an_axis_are_kept_apart() -> None:
    assert theme.apart(["a", "a", "a (2)", "b", "a"]) == ["a", "a (2)", "a (2) (2)", "b", "a (3)"]


@pytest.mark.parametrize(("count", "shrunk"), [(1, 1.0), (60, 1.0), (110, 0.78), (400, 0.47), (5000, 0.45)])
def test_many_marks_are_drawn_smaller(count: int, shrunk: float) -> None:
    assert theme.shrunk(count) == pytest.approx(shrunk, abs=0.01)
    vectors = np.random.default_rng(0).normal(size=(count, 2, 4)).astype(np.float32) if count <= 400 else None
    if vectors is not None:
        figure = fan_of(vectors, [f"The dog {i} ran." for i in range(count)])[1]
        assert named(figure, "occurrences").marker.size == pytest.approx(12 * theme.shrunk(count))


def test_one_point_says_that_it_is_one() -> None:
    for rows, said in (([0], "One occurrence is one point"), ([0, 0, 0], "All 3 occurrences have the same vector")):
        vectors = VECTORS[rows]
        flat = project(vectors[:, -1])
        assert said in note(figures.projection_figure(flat, occurrences(vectors, SENTENCES[: len(rows)]), layer=4))


def test_a_frame_a_layer_moves_the_heads_and_nothing_else() -> None:
    made, figure = fan_of(senses=SENSES)
    assert [f.name for f in figure.frames] == ["0", "1", "2", "3", "4"]
    heads = [i for i, t in enumerate(figure.data) if t.name in ("moved", "worked", "not labelled")]
    for layer, frame in enumerate(figure.frames):
        assert list(frame.traces) == heads
        drawn = [xy(t) for t in frame.data]
        assert drawn == [made.coordinates[members, layer, :2].tolist() for members in ([0, 3], [1], [2])]


def test_the_slider_has_a_step_a_layer_and_starts_where_asked() -> None:
    made, figure = fan_of(layer=2)
    slider = figure.layout.sliders[0]
    assert [list(s.args[0]) for s in slider.steps] == [["0"], ["1"], ["2"], ["3"], ["4"]]
    assert slider.active == 2
    assert xy(named(figure, "occurrences")) == made.coordinates[:, 2, :2].tolist()
    assert fan_of()[1].layout.sliders[0].active == 4


def test_a_unit_is_as_long_up_as_across_and_no_trail_leaves_the_plot() -> None:
    made, figure = fan_of()
    assert (figure.layout.yaxis.scaleanchor, figure.layout.yaxis.scaleratio) == ("x", 1)
    for axis, ends in enumerate((figure.layout.xaxis.range, figure.layout.yaxis.range)):
        assert ends[0] < made.coordinates[..., axis].min()
        assert made.coordinates[..., axis].max() < ends[1]


def test_the_fan_says_what_it_keeps_and_what_was_removed() -> None:
    made, figure = fan_of()
    said = note(figure)
    assert f"keeps {100 * made.explained[:2].sum():.0f} %" in said
    assert f"{made.removed[0]:.2f} at layer 0, {made.removed[-1]:.2f} at layer 4" in said
    assert f"{100 * made.explained[0]:.0f} %" in figure.layout.xaxis.title.text
    assert f"{100 * made.explained[1]:.0f} %" in figure.layout.yaxis.title.text


def test_the_fan_in_space_has_a_third_axis() -> None:
    made, figure = fan_of(dimensions=3)
    head = named(figure, "occurrences")
    assert (head.type, len(figure.frames)) == ("scatter3d", 5)
    assert np.stack([head.x, head.y, head.z], axis=1).tolist() == made.coordinates[:, -1].tolist()
    assert f"{100 * made.explained[2]:.0f} %" in figure.layout.scene.zaxis.title.text


def test_a_highlighted_mention_is_drawn_heavier_and_the_others_fainter() -> None:
    made, figure = fan_of(highlight=[2])
    faint, heavy = (t for t in figure.data if t.mode == "lines")
    assert np.stack([heavy.x, heavy.y], axis=1)[:5].tolist() == made.coordinates[2, :, :2].tolist()
    assert heavy.line.width > faint.line.width
    assert heavy.opacity > faint.opacity


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([0], "One occurrence: there is nothing to compare it with"),
        ([0, 1], "All occurrences lie on one line"),
        ([0, 1, 0], "All occurrences lie on one line"),
        ([0, 0, 0], "All 3 occurrences have the same vector"),
    ],
    ids=["one", "two", "collinear", "equal"],
)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_few_or_degenerate_mentions_draw_and_say_what_they_cannot_show(
    rows: list[int], said: str, dimensions: int
) -> None:
    made, figure = fan_of(VECTORS[rows], [f"{SENTENCES[i]}" for i in rows], dimensions=dimensions)
    head = named(figure, "occurrences")
    assert np.asarray(head.x).tolist() == made.coordinates[:, -1, 0].tolist()
    assert np.asarray(head.y).tolist() == [4] * len(rows)  # upwards is the layer
    assert said in note(figure)
    assert len(figure.frames) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [({"senses": ["a"]}, "1 and 4 for 4"), ({"layer": 5}, "layer 5"), ({"layer": -1}, "0 to 4")],
)
def test_senses_and_layers_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        fan_of(**options)


def test_the_pinned_word_is_one_point_for_all_its_mentions() -> None:
    figure = BUILDERS["pinned"]()
    word, rest = named(figure, "the word, in every sentence"), named(figure, "its nearest neighbours")
    assert xy(word) == PLANE.coordinates[:1].tolist()
    assert xy(rest) == PLANE.coordinates[1:].tolist()
    assert "4 occurrences, 1 point" in word.text[0]
    assert "3 sentences" in word.hovertemplate
    assert [list(c) for c in rest.customdata] == [[n.word, n.similarity] for n in NEIGHBOURS]
    assert "75 %" in note(figure)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_projection_has_a_point_a_mention_in_the_colour_of_its_sense(dimensions: int) -> None:
    points = np.random.default_rng(1).normal(size=(4, dimensions)).astype(np.float32)
    shown = Projection(points, "umap", None, TRUST, 7)
    figure = figures.projection_figure(shown, occurrences(VECTORS, SENTENCES), layer=4, senses=SENSES)
    assert [t.name for t in figure.data] == ["moved", "worked", "not labelled"]
    for trace, members in zip(figure.data, ([0, 3], [1], [2]), strict=True):
        axes = [trace.x, trace.y] + ([trace.z] if dimensions == 3 else [])
        assert np.stack(axes, axis=1).tolist() == points[members].tolist()
    assert len({t.marker.color for t in figure.data}) == 3
    assert "UMAP of layer 4" in note(figure)
    assert "seed 7" in note(figure)


def test_a_heatmap_holds_the_matrix_on_one_scale() -> None:
    trace = BUILDERS["similarity"]().data[0]
    assert np.asarray(trace.z).tolist() == MATRIX.tolist()
    assert (trace.zmin, trace.zmax) == (0, 1)
    lower = figures.similarity_figure(MATRIX - 0.5, ["a", "b", "c"]).data[0]
    assert (lower.zmin, lower.zmax) == (-1, 1)


def test_rows_of_a_heatmap_may_have_the_same_name() -> None:
    figure = figures.similarity_figure(MATRIX, ["ran", "ran", "ran"])
    assert list(figure.layout.xaxis.ticktext) == ["ran"] * 3
    assert list(figure.data[0].x) == [0, 1, 2]
    assert figure.layout.yaxis.autorange == "reversed"


def test_self_similarity_draws_both_forms_and_both_baselines() -> None:
    figure = BUILDERS["self-similarity"]()
    drawn = {t.name: np.asarray(t.y).tolist() for t in figure.data}
    expected = {
        "static vector": [1, 1, 1], "\u201cran\u201d in these sentences": MEASURED.word,
        "\u201cran\u201d, less random pairs": MEASURED.less_random, "other words across sentences": MEASURED.same_words,
        "random pairs of words": MEASURED.random_words,
    }  # fmt: skip
    assert list(drawn) == list(expected)
    for name, values in expected.items():
        assert drawn[name] == pytest.approx(values, abs=1e-7)
    assert "77 words that recur in other sentences and 4000 random pairs" in note(figure)


def test_senses_are_drawn_beside_the_one_static_answer() -> None:
    static, contextual = BUILDERS["senses"]().data
    assert np.asarray(static.y).tolist() == [0.5, 0.5, 0.5]
    assert np.asarray(contextual.y) == pytest.approx(READING.accuracy, abs=1e-7)
    assert np.asarray(contextual.x).tolist() == [0, 1, 2]


def test_the_nearest_neighbour_is_on_top() -> None:
    figure = BUILDERS["neighbours"]()
    bars = figure.data[0]
    assert np.asarray(bars.x) == pytest.approx([0.82, 0.83, 0.88])
    assert list(figure.layout.yaxis.ticktext) == ["went", "run", "running"]
    assert list(bars.text) == ["0.82", "0.83", "0.88"]


def test_the_best_substitute_of_each_sentence_is_framed_and_all_are_ranked() -> None:
    figure = BUILDERS["substitutes"]()
    grid = figure.data[0]
    assert np.asarray(grid.z) == pytest.approx(GRID)
    assert np.asarray(grid.text).tolist() == [[3, 1, 2], [1, 3, 2]]
    assert [((s.x0 + s.x1) / 2, (s.y0 + s.y1) / 2) for s in figure.layout.shapes] == [(1, 0), (0, 1)]
    assert list(figure.layout.xaxis.ticktext) == ["a", "b", "c"]
    assert list(figure.layout.yaxis.ticktext) == ["one", "two"]
    assert "layer 6" in note(figure)


def colours(value: Any) -> set[str]:
    """Every colour that stands somewhere in a figure's data."""
    return {c.upper() for c in re.findall(r"#[0-9a-fA-F]{6}", json.dumps(value, default=str))}


STATIC_DATA = {
    "fan": ["word embedding (layer 0)"],
    "fan in space": ["word embedding (layer 0)"],
    "pinned": ["its nearest neighbours", "the word, in every sentence"],
    "projection": [],
    "similarity": [],
    "static similarity": [None],
    "self-similarity": ["static vector"],
    "senses": ["one static vector: chance"],
    "sense controls": ["one static vector: chance", "their mean static vector"],
    "whole bank": ["one static vector: chance", "their mean static vector"],
    "neighbours": [None],
    "substitutes": [],
}  # fmt: skip


@pytest.mark.parametrize("name", BUILDERS)
def test_the_static_colour_is_for_static_data_only(name: str) -> None:
    traces = BUILDERS[name]().to_plotly_json()["data"]
    assert [t.get("name") for t in traces if theme.STATIC in colours(t)] == STATIC_DATA[name]


def test_no_sense_is_drawn_in_the_static_colour() -> None:
    assert theme.STATIC not in {*theme.SENSES, theme.CONTEXTUAL, *theme.SEQUENTIAL}
    assert len(set(theme.SENSES)) == 10
    groups = sense_groups([f"sense {i}" for i in range(10)])
    assert len({g.color for g in groups}) == len({g.symbol for g in groups}) == 10


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    shares = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#FFFFFF", "#12161D"])
@pytest.mark.parametrize("colour", [*theme.SENSES, theme.STATIC, theme.CONTEXTUAL])
def test_every_colour_is_seen_on_the_light_and_the_dark_page(colour: str, page: str) -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast(colour, page) >= 3


def texts(value: Any) -> Iterator[str]:
    """All strings of a figure, templates included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple | np.ndarray):
        for inner in value:
            yield from texts(inner)


def with_text(nasty: str) -> list[go.Figure]:
    """Every figure, with a reader's text wherever one can come."""
    said = [f"{nasty} ran", f"A {nasty} ran", "It ran"]
    found: Occurrences = occurrences(VECTORS[:3], said)
    senses = [nasty, "b", None]
    near = [Neighbour(nasty, 0.5), Neighbour("run", 0.4)]
    points = Projection(PLANE.coordinates[:3], "pca", (0.5, 0.25), TRUST, 0)
    space = Projection(np.ones((3, 3), np.float32), "pca", (0.5, 0.25), TRUST, 0)
    return [
        figures.fan_figure(fan(VECTORS[:3]), found, senses=senses, highlight=[0]),
        figures.fan_figure(fan(VECTORS[:3]), found, senses=senses, dimensions=3),
        figures.pinned_figure(nasty, points, near, 3, 3),
        figures.projection_figure(points, found, layer=1, senses=senses),
        figures.projection_figure(space, found, layer=1, senses=senses),
        figures.similarity_figure(MATRIX, [nasty, nasty, "b"]),
        figures.self_similarity_figure(MEASURED, nasty),
        figures.neighbours_figure(near, nasty),
        figures.substitutes_figure(GRID, [nasty, "b", "c"], [nasty, "two"], layer=1),
    ]


@pytest.mark.parametrize("nasty", [n for n in NASTY if len(n) < 20])
def test_what_a_reader_typed_is_escaped_wherever_it_stands(nasty: str) -> None:
    for figure in with_text(nasty):
        shown = list(texts(figure.to_plotly_json()))
        assert [t for t in shown if nasty in t] == []
        assert [t for t in shown if theme.literal(nasty) in t] != []


@pytest.mark.parametrize("nasty", NASTY)
def test_no_tag_of_a_reader_survives_being_cut(nasty: str) -> None:
    for figure in with_text(nasty):
        for text in texts(figure.to_plotly_json()):
            tags = re.findall(r"</?([a-zA-Z]+)", text)
            assert set(tags) <= {"b", "br", "extra"}, text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("&lt;", "&amp;lt;"),
        ('"don\'t"', '"don\'t"'),
        ("%{x}", "%&#123;x}"),
        ("$x$", "&#36;x&#36;"),
        ("plain \u94f6\u884c 50 %", "plain \u94f6\u884c 50 %"),
    ],
)
def test_text_is_shown_to_the_letter(text: str, expected: str) -> None:
    assert theme.literal(text) == expected


def test_a_note_can_be_parted_and_the_figure_stays_as_it_was() -> None:
    _, figure = fan_of()
    before = figure.to_json()
    drawing, said = theme.part_note(drawing_of(figure))
    bare = drawing.figure()
    assert figure.to_json() == before
    assert said.startswith("One plane for all layers: PCA of layer 4")
    assert "<br>" not in said
    assert not bare.layout.annotations
    lines = figure.layout.annotations[0].text.split("<br>")
    freed = figure.layout.height - bare.layout.height
    assert freed == figure.layout.margin.b - bare.layout.margin.b >= 17 * len(lines)
    assert figure.layout.sliders[0].pad.t - bare.layout.sliders[0].pad.t == freed
    assert len(bare.frames) == 5
    assert theme.part_note(drawing)[1] == ""


def test_a_note_is_cut_between_words() -> None:
    assert theme.wrap("one two three four", 9) == ["one two", "three", "four"]
    assert theme.wrap("", 9) == []
    assert theme.wrap("unbreakable it is", 5) == ["unbreakable", "it is"]


def test_labels_never_cover_a_marker_or_each_other_and_give_up_where_there_is_no_room() -> None:
    low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    apart = theme.place_labels(np.array([[-0.5, 0], [0.5, 0]]), ["one", "two"], low, high, (400, 400))
    assert apart == ["middle left", "middle right"]
    crowd = theme.place_labels(np.zeros((12, 2)), ["a long label"] * 12, low, high, (400, 400))
    shown = [p for p in crowd if p]
    assert len(set(shown)) == len(shown) < 12
    assert theme.place_labels(np.zeros((1, 2)), ["x" * 100], low, high, (400, 400)) == [None]


def test_long_text_is_cut_with_an_ellipsis() -> None:
    shown = [theme.short(text, 8) for text in ("short", "12345678", "a longer text", "a long er")]
    assert shown == ["short", "12345678", "a longe\u2026", "a long\u2026"]


def test_a_share_is_a_whole_percentage() -> None:
    assert [theme.percent(s) for s in (0.0, 0.126, 1.0, float("nan"))] == ["0 %", "13 %", "100 %", "n/a"]
