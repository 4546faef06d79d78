"""Figures of very many points on a page: the browser's processor draws the dots (dots.js), plotly all around them.

WebGL takes 8 microseconds a point where no graphics card helps, as on remote desktops, so that a map of 100,000 stands still while it
is moved; and a browser may offer no WebGL there at all. A canvas takes a small part of that. Files keep plotly's own points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxcore.figures.drawing import Drawing, Trace, trace

_MARGIN = 0.02
"""Beyond the outermost points, of the width or height: they are seen whole."""


def on_canvas(drawing: Drawing) -> Drawing:
    """The figure with its WebGL traces as names in the legend alone; each carries its points, all x and then all y, for dots.js."""
    found = [one for one in drawing.data if one["type"] == "scattergl"]
    if not found:
        return drawing
    made = drawing.copy()
    made.data = [_named(one) if one["type"] == "scattergl" else one for one in drawing.data]
    made.data.append(_corners(found))
    made.update_layout(meta={**made.layout.get("meta", {}), "dots": True})
    return made


def _named(points: Trace) -> Trace:
    kept = {part: points[part] for part in ("mode", "name", "marker", "legendrank") if part in points}
    places = np.concatenate([points["x"], points["y"]]).astype(np.float32)
    return trace("scatter", x=[None], y=[None], customdata=places, meta="dots", hoverinfo="skip", **kept)


def _corners(traces: Sequence[Trace]) -> Trace:
    """What plotly finds the ranges of its axes by: nothing is seen of it, and nothing can be selected."""
    ends = {}
    for axis in ("x", "y"):
        every = np.concatenate([one[axis] for one in traces]).astype(np.float64)
        low, high = (every.min(), every.max()) if every.size else (0.0, 1.0)
        ends[axis] = [low - _MARGIN * (high - low), high + _MARGIN * (high - low)]
    return trace("scatter", mode="lines", line={"width": 0}, showlegend=False, hoverinfo="skip", **ends)


def without(plain: dict[str, Any]) -> dict[str, Any]:
    """Of plotly's buttons: not the one that saves a picture, which would lack the dots. The page's own export has them."""
    return {"modeBarButtonsToRemove": ["toImage"]} if plain["layout"].get("meta", {}).get("dots") else {}


def inside(coordinates: np.ndarray, area: dict[str, Sequence[float]]) -> np.ndarray:
    """Which points lie in a box or a lasso of plotly.

    Args:
        coordinates: ``[point, 2]``
        area: ``x`` and ``y``: two corners of a box, or all corners of a polygon, which may cross itself (even-odd rule).

    Returns:
        ``[point]``, Booleans.
    """
    xs, ys = (np.asarray(area[axis], coordinates.dtype) for axis in ("x", "y"))
    found: np.ndarray = np.ones(len(coordinates), bool)
    for column, ends in enumerate((xs, ys)):
        found &= (coordinates[:, column] >= ends.min()) & (coordinates[:, column] <= ends.max())
    if len(xs) == 2:
        return found
    there = np.flatnonzero(found)
    x, y = coordinates[there].T
    odd = np.zeros(len(there), bool)
    for x0, y0, x1, y1 in zip(xs, ys, np.roll(xs, -1), np.roll(ys, -1), strict=True):
        if y0 != y1:  # a level edge is crossed by no level ray
            odd ^= ((y0 > y) != (y1 > y)) & (x < x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    found[there] = odd
    return found
