"""A figure for a page and for paper: as large as asked, with labels that keep clear of each other at that size."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest

from ctxcore import Engine, export, sense_bank
from ctxcore.charts import Chart, describe
from ctxcore.charts.relations import NearestChart, NearestWords
from ctxcore.charts.static_words import PinnedChart, StaticPoint
from ctxcore.charts.words import Cosines, FanChart, Points, ProjectionChart, SimilarityChart, Trails
from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, drawing_of
from ctxcore.figures.drawing import trace as trace_of
from ctxcore.figures.fitted import fitted
from ctxcore.studies.trained import Training
from ctxcore.view import View
from tests.test_charts import STATIC

MODEL = "minilm-l6"
FOUND = sense_bank()["ran"].sample(4)
SENTENCES, SENSES = tuple(FOUND[0]), tuple(FOUND[1])
PLACES = tuple((n, s.index("ran"), s.index("ran") + 3) for n, s in enumerate(SENTENCES))
FAN = FanChart(Trails(MODEL, SENTENCES, PLACES), "ran", SENSES)
PLANE = ProjectionChart(Points(MODEL, SENTENCES, PLACES, 6), "ran", SENSES)
MATRIX = SimilarityChart(Cosines(MODEL, SENTENCES, PLACES, 6), SENSES)
PINNED = PinnedChart(StaticPoint(STATIC, "ran"), 12, 12)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def drawn(chart: Chart, engine: Engine, **view: object) -> ElementTree.Element:
    figure = replace(chart, view=View(**view)).figure(engine)  # type: ignore[arg-type]
    return ElementTree.fromstring(export.figure_image(figure, "svg"))


def texts(drawing: ElementTree.Element) -> list[str]:
    return ["".join(e.itertext()).strip() for e in drawing.iter(f"{SVG}text")]


def labels(figure: go.Figure, width: float) -> list[tuple[float, float, float, float]]:
    """The boxes of all labels in the plane, in pixels: left, low, right, high."""
    layout, size = figure.layout, figure.layout.font.size
    margin = layout.margin
    room = np.array([width - margin.l - margin.r, layout.height - margin.t - margin.b])
    low, high = np.array([layout.xaxis.range, layout.yaxis.range]).T
    scale = min(room / (high - low))
    boxes = []
    for trace in figure.data:
        if trace.mode == "markers+text":
            for x, y, text, place in zip(trace.x, trace.y, trace.text, trace.textposition, strict=True):
                if text:
                    at = (np.array([x, y]) - (low + high) / 2) * scale * theme.TEXT / size
                    boxes.append(theme._box(*at, [text], place))
    return boxes


def meeting(boxes: Sequence[tuple[float, float, float, float]]) -> int:
    return sum(theme._meet(a, b) for a, b in itertools.combinations(boxes, 2))


@pytest.mark.parametrize("chart", [FAN, PLANE], ids=["fan", "projection"])
@pytest.mark.parametrize(("width", "height", "size"), [(900, 600, 9), (900, 600, 20), (400, 300, 13), (1600, 900, 13)])
def test_no_label_covers_another_at_the_size_that_is_asked(
    chart: Chart, width: int, height: int, size: int, engine: Engine
) -> None:
    figure = replace(chart, view=View(width, height, size)).figure(engine)
    placed = labels(figure, width)
    assert meeting(placed) == 0
    assert len(placed) >= (10 if width * height / size**2 > 2000 else 5)


def test_labels_that_were_placed_for_a_page_meet_on_a_small_sheet(engine: Engine) -> None:
    page = PLANE.figure(engine)
    page.update_layout(height=300)
    assert meeting(labels(page, 400)) > 0  # what placing them anew is for


@pytest.mark.parametrize("chart", [FAN, MATRIX, PINNED], ids=["fan", "matrix", "pinned"])
@pytest.mark.parametrize(("width", "height"), [(900, 600), (400, 300), (1600, 900)])
def test_a_picture_has_the_size_that_is_asked_and_text_as_text(
    chart: Chart, width: int, height: int, engine: Engine
) -> None:
    drawing = drawn(chart, engine, width=width, height=height, title=True, citation=True)
    assert (drawing.get("width"), drawing.get("height")) == (str(width), str(height))
    assert chart.title() in texts(drawing)
    assert any(text.startswith("ctxcore ") for text in texts(drawing))
    letters = [path for path in drawing.iter(f"{SVG}path") if "text" in path.get("class", "")]
    assert letters == []
    assert not any(drawing.iter(f"{SVG}image"))


def test_a_text_size_is_that_of_all_texts_and_makes_room_for_them(engine: Engine) -> None:
    usual, large = (FAN if size is None else replace(FAN, view=View(size=size)) for size in (None, 26))
    a, b = usual.figure(engine).layout, large.figure(engine).layout
    assert (a.font.size, b.font.size) == (13, 26)
    assert b.xaxis.title.font.size == 2 * a.xaxis.title.font.size
    assert [x.font.size for x in b.annotations] == [23]
    assert b.sliders[0].font.size == a.sliders[0].font.size  # on the page alone
    assert b.height > 1.5 * a.height


def test_a_height_is_that_of_the_picture_and_controls_come_below_it(engine: Engine) -> None:
    figure = replace(FAN, view=View(900, 600)).figure(engine)
    assert figure.layout.height == 600 + theme.CONTROLS
    assert export.size_of(figure) == (900, 600)
    assert export.size_of(PLANE.figure(engine)) == (900, 500)


@pytest.mark.parametrize("place", ["above", "below", "right", "none"])
def test_the_legend_stands_where_it_is_asked(place: str, engine: Engine) -> None:
    drawing = drawn(FAN, engine, width=700, height=500, legend=place)
    legends = [e for e in drawing.iter(f"{SVG}g") if e.get("class") == "legend"]
    if place == "none":
        assert legends == []
        return
    shift = legends[0].get("transform", "")
    x, y = (float(n) for n in shift.removeprefix("translate(").removesuffix(")").split(","))
    assert (x > 450) == (place == "right")
    assert (y > 350) == (place == "below")
    assert set(SENSES) <= set(texts(drawing))


def test_a_dark_figure_has_light_text_and_its_page_is_dark(engine: Engine) -> None:
    figure = replace(FAN, view=View(theme="dark")).figure(engine)
    colors = figure.layout.template.layout
    assert (colors.paper_bgcolor, colors.plot_bgcolor, colors.font.color) == ("#0E1117", "#0E1117", "#E6EAF1")
    assert [t.marker.color for t in figure.data] == [t.marker.color for t in FAN.figure(engine).data]
    assert b'<body class="dark" style="background:#0E1117">' in export.figure_html(figure, "t", {})
    assert b"<body>" in export.figure_html(FAN.figure(engine), "t", {})


def test_a_citation_names_what_made_the_figure_and_its_models() -> None:
    from ctxcore import __version__
    from ctxcore.charts.chart import citation

    assert citation(FAN) == f"ctxcore {__version__} \u00b7 all-MiniLM-L6-v2"
    assert citation(PINNED) == f"ctxcore {__version__} \u00b7 GloVe 6B 50d"
    trained = NearestChart(NearestWords(Training(size=20), "bank"))
    assert citation(trained).endswith(
        "trained here on 300 news articles (20 features, window 5, 20 epochs, from 5 times on, seed 0)"
    )


def test_a_note_that_leaves_no_room_is_left_out_and_the_citation_stays(engine: Engine) -> None:
    for height, names in ((600, ["note", "citation"]), (240, ["citation"])):
        figure = replace(FAN, view=View(400, height, citation=True)).figure(engine)
        assert [a.name for a in figure.layout.annotations] == names
    bare, below = theme.part_note(drawing_of(replace(FAN, view=View(citation=True)).figure(engine)))
    assert bare.annotations == []
    assert below.split("<br>")[1].startswith("ctxcore ")


def test_numbers_in_cells_are_left_out_where_they_would_run_into_each_other(engine: Engine) -> None:
    written = [
        replace(MATRIX, view=View(width, height)).figure(engine).data[0].texttemplate
        for width, height in ((900, 600), (400, 300))
    ]
    assert written == ["%{z:.2f}", None]


def test_a_long_title_takes_as_many_lines_as_it_needs() -> None:
    def draw() -> Drawing:
        figure = theme.blank()
        figure.add(trace_of("scatter", x=[1, 2], y=[3, 4]))
        return theme.lay_out(figure, height=400)

    short, long = (fitted(draw, View(300, 400), title).figure().layout for title in ("A line", "A line " * 12))
    assert "<br>" not in short.title.text
    lines = long.title.text.count("<br>")
    assert lines >= 2
    assert long.margin.t - short.margin.t == 20 * lines


def test_the_usual_view_changes_nothing_and_is_not_written(engine: Engine) -> None:
    assert "view" not in repr(FAN)
    assert "heading" not in repr(FAN)
    assert repr(replace(FAN, view=View(400, theme="dark"))).endswith(", view=View(width=400, theme='dark'))")
    assert FAN.figure(engine).to_json() == FAN.draw(engine.get(FAN.of)).figure().to_json()
    assert describe(replace(FAN, view=View(400)))["view"]["width"] == 400
