"""One head of a model, step by step, as maps of queries by keys: from scores to weights."""

from __future__ import annotations

import numpy as np

from ctxcore.figures import cells, theme
from ctxcore.figures.cells import three
from ctxcore.figures.drawing import Drawing
from ctxcore.types import HeadTrace

WHOLE = 256
"""Up to how many tokens every query is drawn; above, only the followed one."""


def scores_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> Drawing:
    """From scores to weights in four maps ``[query, key]``: scores, scaled, mask, softmax.

    Args:
        trace: One head of a model on one sentence.
        query: The token that attends: its row is framed.
        key: The token that is attended to: its cell is framed.
        height: In pixels.
        title: What the figure says.
    """
    names = cells.row_names(trace)
    rows = np.arange(len(names)) if len(names) <= WHOLE else np.array([query])
    place = int(np.flatnonzero(rows == query)[0])
    queries, forbidden = [names[i] for i in rows], ~trace.mask[rows]
    scores, scaled, weights = (part[rows] for part in (trace.scores, trace.scaled, trace.weights))
    limits = [cells.greatest(scores), cells.greatest(scaled[~forbidden])]
    figure = theme.blank()
    spans = cells.side_by_side(2, 0.04)
    plot, bands = _two_bands(len(rows))
    _map(figure, scores, queries, names, 1, "q \u00b7 k", limits[0])
    _map(figure, np.where(forbidden, np.nan, scaled), queries, names, 2, "scaled", limits[1])
    few = "yes" if len(names) <= cells.WRITTEN else ""
    cells.plain(figure, ~forbidden, queries, names, 3, "not masked", few, theme.SEQUENTIAL[1])
    _map(figure, np.where(forbidden, np.nan, weights), queries, names, 4, "softmax", None)
    for panel in (2, 3, 4):
        if forbidden.any():
            cells.grey(figure, forbidden, queries, names, panel)
    heads = [
        (f"1  score q \u00b7 k, \u00b1{three(limits[0])}", spans[0][0], bands[0][1]),
        (f"2  {scale_name(trace)}, \u00b1{three(limits[1])}", spans[1][0], bands[0][1]),
        ("3  mask", spans[0][0], bands[1][1]),
        ("4  softmax", spans[1][0], bands[1][1]),
    ]
    for panel in range(1, 5):
        cells.frame(figure, -0.5, place - 0.5, len(names) - 0.5, place + 0.5, panel, panel, width=1.5)
        cells.frame(figure, key - 0.5, place - 0.5, key + 0.5, place + 0.5, panel, panel, width=3.5)
    foot = 0 if len(names) > cells.NAMED else max(0, round(4.2 * max(map(len, cells.ticks(names)["ticktext"]))) - 28)
    cells.lay_out(figure, plot, title=title, note=_scores_note(trace, len(rows)), height=height, foot=foot)
    cells.name_panels(figure, heads)
    for panel in range(1, 5):
        _map_axes(figure, queries, names, panel, spans[(panel - 1) % 2], bands[(panel - 1) // 2])
    return figure


def scale_name(trace: HeadTrace) -> str:
    """How the scores are scaled, in words: a division by the root of the size where it is one."""
    size = trace.q.shape[1]
    if abs(trace.scaling * size**0.5 - 1) < 1e-6:
        return f"scaled \u00f7 \u221a{size}"
    return f"scaled \u00d7 {three(trace.scaling)}"


def _scores_note(trace: HeadTrace, rows: int) -> str:
    note = "Rows are queries (they attend), columns are keys (they are attended to); the frame is what is followed."
    if rows < len(trace.tokens):
        note += f" Of {len(trace.tokens)} tokens only the query token is drawn as a row."
    if not trace.mask.all():
        note += " Grey with a cross: masked, its weight is 0."
    return note


def _map(
    figure: Drawing,
    values: np.ndarray,
    queries: list[str],
    names: list[str],
    panel: int,
    what: str,
    limit: float | None,
) -> None:
    """One map ``[query, key]``; shares where there is no limit."""
    cells.heat(
        figure, np.asarray(values, np.float32), x=names, y=queries, name=what, reach=limit, **cells.axes(panel),
        gap=1 if len(names) <= cells.WRITTEN else 0, text=cells.written(values, len(names)),
        hovertemplate=f"%{{y}} \u2192 %{{x}}<br>{what} %{{z:.6~g}}<extra></extra>",
    )  # fmt: skip


def _two_bands(rows: int) -> tuple[int, list[tuple[float, float]]]:
    """Pixels of two rows of maps, and where each of them stands."""
    one = max(60, min(460, rows * (34 if rows <= cells.WRITTEN else 20 if rows <= cells.ROOMY else 13)))
    gap = cells.HEAD + 8
    whole = 2 * one + gap
    return whole, [((one + gap) / whole, 1.0), (0.0, one / whole)]


def _map_axes(
    figure: Drawing,
    queries: list[str],
    names: list[str],
    panel: int,
    across: tuple[float, float],
    band: tuple[float, float],
) -> None:
    """Names of queries beside the left maps, of keys below the lower ones."""
    number = "" if panel == 1 else str(panel)
    bare = {"type": "category", **cells.BARE}
    side = cells.ticks(queries) if panel in (1, 3) else {"showticklabels": False}
    foot = cells.ticks(names) | {"tickangle": -40} if panel in (3, 4) else {"showticklabels": False}
    figure.update_layout({
        f"xaxis{number}": {**bare, "domain": across, "anchor": f"y{number}", **foot},
        f"yaxis{number}": {**bare, "domain": band, "anchor": f"x{number}", "autorange": "reversed", **side},
    })  # fmt: skip
