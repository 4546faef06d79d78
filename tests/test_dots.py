"""Dots of a page's map: what the browser draws is what was measured, and what lies in an area is found on the server."""

from __future__ import annotations

import numpy as np
import pytest

from ctxcore.figures.drawing import Drawing, trace
from dashboard.dots import inside, on_canvas, without


def _places(one: dict[str, object]) -> np.ndarray:
    return np.asarray(one["customdata"]).reshape(2, -1).T


def test_each_group_carries_its_points_and_the_axes_take_their_ranges_from_all_of_them() -> None:
    drawing = Drawing({"meta": {"kept": 1}})
    marker = {"color": "#112233", "symbol": "square"}
    first, second = np.array([[0.0, 1.0], [2.0, -3.0]], np.float32), np.array([[10.0, 0.5]], np.float32)
    drawing.add(trace("scattergl", x=first[:, 0], y=first[:, 1], mode="markers", name="money", marker=marker))
    drawing.add(trace("scattergl", x=second[:, 0], y=second[:, 1], mode="markers", name="sand", marker=marker))
    made = on_canvas(drawing)
    money, sand, corners = made.data
    np.testing.assert_array_equal(_places(money), first)
    np.testing.assert_array_equal(_places(sand), second)
    assert [(one["name"], one["marker"], one["x"]) for one in (money, sand)] == [
        ("money", marker, [None]), ("sand", marker, [None])
    ]  # fmt: skip
    np.testing.assert_allclose(corners["x"], [-0.2, 10.2])  # 2 % of a width of 10 to each side
    np.testing.assert_allclose(corners["y"], [-3.08, 1.08])
    assert made.layout["meta"] == {"kept": 1, "dots": True}
    made.figure()  # plotly takes every attribute
    assert without(made.plain()) == {"modeBarButtonsToRemove": ["toImage"]}
    assert [one["type"] for one in drawing.data] == ["scattergl", "scattergl"]  # files are made of what was drawn


def test_a_figure_without_webgl_stays_as_it_is() -> None:
    drawing = Drawing()
    drawing.add(trace("scatter", x=[1], y=[2]))
    assert on_canvas(drawing) is drawing
    assert without(drawing.plain()) == {}


@pytest.mark.parametrize(
    ("area", "found"),
    [
        ({"x": [2, 0], "y": [0, 2]}, [0, 1, 2, 3]),  # a box from its right lower corner; its edge belongs to it
        ({"x": [0.5, 0.5], "y": [1.25, 1.25]}, [1]),  # a click: a box without extent
        ({"x": [-1, 3, 3, 1, -1], "y": [-1, -1, 3, 0.75, 3]}, [1, 2, 3]),  # a notch from above
        ({"x": [0, 2, 2, 0], "y": [0, 2, 0, 2]}, [1, 2]),  # crosses itself: two triangles, to the left and to the right
    ],
)
def test_an_area_holds_the_points_that_a_drawing_on_paper_shows_in_it(
    area: dict[str, list[float]], found: list[int]
) -> None:
    points = np.array([[1, 2], [0.5, 1.25], [1.75, 1.0], [1, 0.5], [5, 1]], np.float32)
    assert np.flatnonzero(inside(points, area)).tolist() == found
