"""Figures as plain dictionaries: merged, copied, and written as plotly itself would write them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from ctxcore import Engine
from ctxcore.figures.drawing import Drawing, drawing_of, merge, objects, trace
from dashboard.pictures import Drawn, picture
from tests.test_charts import MODEL, PLACES, RAN
from tests.test_figures_core import BUILDERS


@pytest.mark.parametrize("name", BUILDERS)
def test_a_drawing_is_written_as_plotly_writes_it(name: str) -> None:
    figure = BUILDERS[name]()
    assert json.loads(drawing_of(figure).json()) == json.loads(figure.to_json())


def test_arrays_travel_as_bytes_of_the_smallest_kind_and_numbers_as_json_knows_them() -> None:
    drawing = Drawing()
    drawing.add(
        trace(
            "scatter", x=np.array([1, 300]), y=np.array([0.5, np.nan], np.float32), text=np.array(["a", "b"]), name=None
        ),
        trace("heatmap", z=np.array([[1.0, 2.0]]), x=[np.int64(3), np.float32(0.5), float("nan")], y=np.array([2**40])),
    )
    first, second = drawing.plain()["data"]
    assert first == {
        "type": "scatter",
        "x": {"dtype": "i2", "bdata": "AQAsAQ=="},
        "y": {"dtype": "f4", "bdata": "AAAAPwAAwH8="},
        "text": ["a", "b"],
    }
    assert second["z"] == {"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA==", "shape": "1, 2"}
    assert second["x"] == [3, 0.5, None]
    assert second["y"] == [2**40]
    json.loads(drawing.json(), parse_constant=lambda word: pytest.fail(word))


@pytest.mark.parametrize(
    ("there", "changes", "expected"),
    [
        ({}, {"title_text": "a"}, {"title": {"text": "a"}}),
        ({"title": {"text": "a", "x": 0}}, {"title": {"text": "b"}}, {"title": {"text": "b", "x": 0}}),
        ({"width": 3}, {"width": None}, {}),
        ({"range": [0, 1]}, {"range": [1, 2]}, {"range": [1, 2]}),
        ({"paper_bgcolor": "red"}, {"paper_bgcolor": "white"}, {"paper_bgcolor": "white"}),
        ({}, {"xaxis": {"title_text": "a"}}, {"xaxis": {"title": {"text": "a"}}}),
    ],
)
def test_what_is_set_later_is_merged(there: dict[str, Any], changes: dict[str, Any], expected: dict[str, Any]) -> None:
    assert merge(there, changes) == expected


def test_a_shared_setting_is_not_changed_through_a_drawing_and_a_copy_is_its_own() -> None:
    shared = {"font": {"size": 12}}
    drawing = Drawing()
    drawing.update_xaxes(shared)
    drawing.update_xaxes(font={"size": 9})
    drawing.layout["xaxis2"] = {}
    drawing.update_xaxes(visible=False)
    assert shared == {"font": {"size": 12}}
    assert drawing.layout == {"xaxis": {"font": {"size": 9}, "visible": False}, "xaxis2": {"visible": False}}
    other = drawing.copy()
    other.layout["xaxis"]["font"]["size"] = 1
    other.add_shape(type="line")
    assert drawing.layout["xaxis"]["font"] == {"size": 9}
    assert "shapes" not in drawing.layout
    assert sum("size" in part for part in objects(drawing.layout)) == 1
    assert not any("size" in part for part in objects(drawing.layout, ("font",)))


def test_plotly_refuses_what_is_no_attribute_of_its_own() -> None:
    drawing = Drawing({"haight": 3})
    with pytest.raises(ValueError, match="haight"):
        drawing.figure()


def test_a_picture_is_drawn_once_and_only_of_a_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    from ctxcore.charts.words import FanChart, Trails

    engine, chart = Engine(), FanChart(Trails(MODEL, RAN, PLACES), "ran")
    times: list[int] = []
    draw = FanChart.draw
    monkeypatch.setattr(FanChart, "draw", lambda self, answer: (times.append(1), draw(self, answer))[1])
    answer = engine.get(chart.of)
    first = picture(chart, answer, engine)
    assert picture(chart, answer, engine) is first
    assert engine.has(Drawn(chart))
    assert len(times) == 1
    assert first.plain == json.loads(json.dumps(first.plain))
    assert not any("name" in a for a in first.plain["layout"].get("annotations", []))  # its note stands below, as text
    assert first.note.startswith("One plane for all layers")
    assert 1000 < len(first.json) < engine.kept_bytes
    empty = Engine()
    assert picture(chart, answer, empty).plain == first.plain
    assert not empty.has(Drawn(chart))
