"""One head of a model, step by step, as rows of vectors: what enters it, queries, keys and values, and what it takes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import cells, theme
from ctxcore.figures.cells import three
from ctxcore.figures.drawing import Drawing
from ctxcore.types import HeadTrace

_BESIDE = 0.18
"""Where the weighted values begin, beside their weights."""
_FEATURE = {"text": "feature", "standoff": 4, "font": {"size": 12}}
_AXIS = 16
"""Pixels more below the plot for the name of the feature axis."""


def inputs_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> Drawing:
    """The vectors that enter the block, one row a token.

    Args:
        trace: One head of a model on one sentence.
        query: The token that attends: its row is framed.
        key: The token that is attended to: its row is framed too.
        height: In pixels.
        title: What the figure says.
    """
    names = cells.row_names(trace)
    figure = theme.blank()
    limit, note = _strips(figure, trace.inputs, names, "x", 1)
    for row in {query, key}:
        cells.frame(figure, -0.5, row - 0.5, trace.inputs.shape[1] - 0.5, row + 0.5)
    note = f"Frames: the query token (it attends) and the key token (it is attended to). {note}"
    cells.lay_out(figure, _rows_height(len(names)), title=title, note=note, height=height, foot=_AXIS)
    cells.name_panels(figure, [(f"x, darkest at \u00b1{three(limit)}", 0.0, 1.0)])
    _token_axis(figure, names)
    _feature_axes(figure, [(0.0, 1.0)])
    return figure


def qkv_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> Drawing:
    """Query, key and value of every token, one row a token.

    Args:
        trace: One head of a model on one sentence.
        query: The token that attends: its query is framed.
        key: The token that is attended to: its key and value are framed.
        height: In pixels.
        title: What the figure says.
    """
    names = cells.row_names(trace)
    figure = theme.blank()
    spans = cells.side_by_side(3, 0.03)
    heads, notes = [], []
    for number, (what, part, row) in enumerate(
        (("query q", trace.q, query), ("key k", trace.k, key), ("value v", trace.v, key)), start=1
    ):
        limit, note = _strips(figure, part, names, what, number)
        cells.frame(figure, -0.5, row - 0.5, part.shape[1] - 0.5, row + 0.5, number)
        heads.append((f"{what}, \u00b1{three(limit)}", spans[number - 1][0], 1.0))
        notes.append(note)
    note = f"Frames: the query of the token that attends, the key and value of the token that it attends to. {max(notes, key=len)}"
    cells.lay_out(figure, _rows_height(len(names)), title=title, note=note, height=height, foot=_AXIS)
    cells.name_panels(figure, heads)
    _token_axis(figure, names)
    _feature_axes(figure, spans)
    return figure


def weighted_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> Drawing:
    """What the query token takes of each value, and the sum: the head's output for it.

    Args:
        trace: One head of a model on one sentence.
        query: The token that attends.
        key: The token that is attended to: its row is framed.
        height: In pixels.
        title: What the figure says.
    """
    names = cells.row_names(trace)
    weights = np.where(trace.mask[query], trace.weights[query], np.nan).astype(np.float32)[:, None]
    weighted = (trace.weights[query][:, None] * trace.v).astype(np.float32)
    output = trace.values[[query]]
    limit = cells.greatest(weighted, output)
    figure = theme.blank()
    name = names[query].rpartition(" (")[0]
    cells.heat(
        figure, weights, y=names, x=["weight"], name="weight", reach=None, gap=1,
        text=cells.written(weights, 1 if len(names) <= cells.ROOMY else len(names)), hovertemplate="%{y}, weight %{z:.6~g}<extra></extra>",
    )  # fmt: skip
    if not trace.mask[query].all():
        cells.grey(figure, ~trace.mask[query][:, None], names, ["weight"], 1)
    for axis, what, values, rows in (
        (2, "weight \u00d7 v", weighted, names),
        (3, "output", output, [f"output for {name}"]),
    ):
        cells.heat(
            figure, values, y=rows, name=what, reach=limit, **cells.axes(axis),
            hovertemplate=f"%{{y}}, {what}, feature %{{x}}: %{{z:.6~g}}<extra></extra>",
        )  # fmt: skip
    cells.frame(figure, -0.5, key - 0.5, 0.5, key + 0.5, 1, 1)
    cells.frame(figure, -0.5, key - 0.5, weighted.shape[1] - 0.5, key + 0.5, 2, 2)
    note = "Each value is multiplied by its weight; added up, they are what this head gives to the query token."
    plot, bands = _rows_above_one(len(names))
    cells.lay_out(figure, plot, title=title, note=note, height=height, foot=_AXIS)
    heads = [
        ("weight", 0.0, 1.0),
        (f"weight \u00d7 v, \u00b1{three(limit)}", _BESIDE, 1.0),
        ("their sum", _BESIDE, bands[1][1]),
    ]
    cells.name_panels(figure, heads)
    _token_axis(figure, names)
    category = {**cells.BARE, "type": "category"}
    figure.update_layout(
        xaxis={**category, "domain": [0, _BESIDE - 0.04], "showticklabels": False},
        xaxis2={**cells.BARE, "domain": [_BESIDE, 1], "showticklabels": False, "anchor": "y2"},
        xaxis3={**cells.BARE, "domain": [_BESIDE, 1], "anchor": "y3", "title": _FEATURE, "nticks": 8},
        yaxis={"domain": bands[0]},
        yaxis2={**category, "domain": bands[0], "anchor": "x2", "autorange": "reversed", "showticklabels": False},
        yaxis3={**category, "domain": bands[1], "anchor": "x", "tickvals": [0], "ticktext": ["output"]},
    )  # fmt: skip
    return figure


def _strips(figure: Drawing, values: np.ndarray, names: list[str], what: str, panel: int) -> tuple[float, str]:
    """Vectors as rows of cells: where the darkest colour stands, and what to say of it."""
    limit = _reach(values)
    cells.heat(
        figure, np.asarray(values, np.float32), y=names, name=what, reach=limit, xaxis=cells.axes(panel)["xaxis"],
        hovertemplate=f"%{{y}}, {what}, feature %{{x}}: %{{z:.6~g}}<extra></extra>",
    )  # fmt: skip
    beyond = float((np.abs(values) > limit * (1 + 1e-6)).mean())
    note = "Blue above zero, purple below"
    return limit, f"{note}; one value in a hundred is beyond the darkest colour." if beyond else f"{note}."


def _reach(values: np.ndarray) -> float:
    """Where the darkest colour stands: at the greatest size, or at that of the 99th in a hundred where few tower above it."""
    sizes = np.abs(values[np.isfinite(values)])
    if not sizes.size:
        return 1.0
    usual, greatest = float(np.percentile(sizes, 99)), float(sizes.max())
    return (greatest if greatest <= 1.5 * usual or not usual else usual) or 1.0


def _rows_height(rows: int) -> int:
    """Pixels for so many rows: less for each where there are more."""
    return round(rows * (26 if rows <= 12 else 20 if rows <= cells.ROOMY else 15)) if rows <= cells.NAMED else 560


def _rows_above_one(rows: int) -> tuple[int, list[tuple[float, float]]]:
    """Pixels of many rows with one more below them, and where both stand."""
    above, one = _rows_height(rows), 30
    whole = above + cells.HEAD + one
    return whole, [((one + cells.HEAD) / whole, 1.0), (0.0, one / whole)]


def _token_axis(figure: Drawing, names: list[str]) -> None:
    figure.update_yaxes(type="category", autorange="reversed", **cells.BARE, **cells.ticks(names))


def _feature_axes(figure: Drawing, spans: Sequence[tuple[float, float]]) -> None:
    for number, span in enumerate(spans, start=1):
        axis = {
            **cells.BARE,
            "domain": span,
            "title": _FEATURE,
            "nticks": 10 if len(spans) == 1 else 4,
        }
        figure.update_layout({cells.axes(number)["xaxis"].replace("x", "xaxis"): axis})
