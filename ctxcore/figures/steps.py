"""Attention step by step: three-number vectors worked by hand, and one head of a model from its input to its output.

Blue is above zero and purple below it; a share runs from light to dark; grey with a cross may not be looked at; the frame is
what is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ctxcore.figures import theme
from ctxcore.text.labels import token_labels
from ctxcore.types import HeadTrace

_NAMED = 40
"""Up to how many tokens have their names beside them."""
_WRITTEN = 6
"""Up to how many tokens have their numbers in the cells of a map."""
_ROOMY = 20
"""Up to how many rows there is room for a number in each."""
_WHOLE = 256
"""Up to how many tokens every query is drawn; above, only the one that asks."""
_MASKED = "#A9AFB9"
_BETWEEN = 0.7
"""Room for a sign between two parts of a sum, in cells."""
_BESIDE = 0.18
"""Where the weighted values begin, beside their weights."""
_BARE: dict[str, Any] = {"showgrid": False, "zeroline": False, "showline": False, "ticks": ""}
_FEATURE = {"text": "feature", "standoff": 4, "font": {"size": 12}}
_AXIS = 16
"""Pixels more below the plot for the name of the feature axis."""
_DARK_INK, _LIGHT_INK = "#10141A", "#FFFFFF"
_DARK_TEXT = {"texttemplate": "%{text}", "textfont": {"size": 10, "color": _DARK_INK}}
_HEAD, _GAP = 30, 34
"""Pixels above a row of panels for their names, and between two rows of panels."""


def three(value: float) -> str:
    """A number with three significant digits, as a reader would write it.

    >>> three(0.57), three(-1.2345), three(1234.5), three(0.3), three(-0.0), three(1.2e-7)
    ('0.57', '-1.23', '1234', '0.3', '0', '1.2e-07')
    """
    if abs(value) >= 999.5:
        return f"{value:.0f}" if abs(value) < 1e6 else f"{value:.3g}"
    return f"{value + 0.0:.3g}"


def token_names(trace: HeadTrace) -> list[str]:
    """What each token is called; see :func:`ctxcore.text.labels.token_labels`."""
    return list(token_labels(trace.tokens, trace.sentence, trace.words))


def hand_figure(
    words: Sequence[str],
    vectors: np.ndarray,
    weights: np.ndarray,
    *,
    asks: int = 0,
    scores: np.ndarray | None = None,
    scaled: np.ndarray | None = None,
    height: int | None = None,
    title: str = "",
) -> go.Figure:
    """A weighted sum of a few short vectors with every number in sight: weights, products, sum.

    Args:
        words: The words, one a row.
        vectors: Their vectors ``[word, number]``.
        weights: The weight of each word ``[word]``.
        asks: Which word takes in the others.
        scores: The dot product of its query with the key of each word ``[word]``; with ``scaled``, the steps from scores to
            weights stand above the sum. None where the weights were given.
        scaled: The scaled scores ``[word]``.
        height: In pixels.
        title: What the figure says.
    """
    vectors, weights = np.asarray(vectors, np.float64), np.asarray(weights, np.float64)
    names = [theme.literal(theme.short(w, 12)) for w in words]
    count, size = vectors.shape
    figure = theme.blank()
    ticks: list[tuple[float, str]] = []
    below = 0.0
    if scores is not None and scaled is not None:
        _from_scores(figure, names, np.asarray(scores), np.asarray(scaled), weights, size)
        ticks += list(enumerate(names))
        below = count + 1.5
    _sum_of(figure, names, vectors, weights, below)
    ticks += [(below + i, name) for i, name in enumerate(names)] + [(below + count + 0.4, "sum")]
    parts = _parts(size)
    figure.add_annotation(
        text=f"new \u201c{names[asks]}\u201d", x=parts[2] - 0.15, y=below + count + 0.4, xanchor="right",
        yanchor="middle", showarrow=False,
    )  # fmt: skip
    _frame(figure, parts[2], below + count - 0.1, parts[2] + size, below + count + 0.9)
    rows = below + count + 1
    theme.lay_out(figure, title=title, height=height or _hand_height(rows, title), ticks=False)
    figure.update_layout(margin_t=34 if title else 4, showlegend=False, dragmode=False)
    figure.update_xaxes(range=[-0.55, parts[2] + size + 0.05], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[rows, -1.25], tickvals=[at for at, _ in ticks], ticktext=[name for _, name in ticks], showgrid=False,
        zeroline=False, showline=False, ticks="", fixedrange=True,
    )  # fmt: skip
    return figure


def _hand_height(rows: float, title: str) -> int:
    return round(34 * (rows + 1.25)) + (48 if title else 16)


def _parts(size: int) -> tuple[float, float, float]:
    """Where the weight, the vector and their product begin, in cells."""
    return -0.5, 0.5 + _BETWEEN, 0.5 + size + 2 * _BETWEEN


def _from_scores(
    figure: go.Figure, names: list[str], scores: np.ndarray, scaled: np.ndarray, weights: np.ndarray, size: int
) -> None:
    """Three wide columns above the sum: scores, scaled, softmax."""
    reach = _greatest(scores)
    wide = (1 + 2 * size) / 3
    rows = np.arange(len(names) + 1) - 0.5
    steps = (("score q \u00b7 k", scores), (f"scaled \u00f7 \u221a{size}", scaled), ("softmax", weights))
    for number, (head, values) in enumerate(steps):
        left = -0.5 + number * (wide + _BETWEEN)
        limit = None if head == "softmax" else reach
        _cells(figure, values[:, None], np.array([left, left + wide]), rows, names, head, reach=limit)
        _say(figure, head, left + wide / 2, -0.9)
        if number:
            _say(figure, "\u2192", left - _BETWEEN / 2, (len(names) - 1) / 2)


def _sum_of(figure: go.Figure, names: list[str], vectors: np.ndarray, weights: np.ndarray, below: float) -> None:
    """Weight times vector for each word, and below it what they add up to."""
    count, size = vectors.shape
    weighted = weights[:, None] * vectors
    total = weighted.sum(0)
    reach = _greatest(vectors, weighted, total)
    rows, last = below + np.arange(count + 1) - 0.5, below + count + np.array([-0.1, 0.9])
    parts = _parts(size)
    heads = ("weight", weights[:, None], None), ("vector v", vectors, reach), ("weight \u00d7 v", weighted, reach)
    for (head, values, limit), left in zip(heads, parts, strict=True):
        columns = left + np.arange(values.shape[1] + 1)
        _cells(figure, values, columns, rows, names, head, reach=limit)
        _say(figure, head, float(columns.mean()), below - 0.9)
    _cells(figure, total[None], parts[2] + np.arange(size + 1), last, ["sum"], "sum", reach=reach)
    _say(figure, three(float(weights.sum())), 0, below + count + 0.4)
    for sign, left in (("\u00d7", parts[1]), ("=", parts[2])):
        _say(figure, sign, left - _BETWEEN / 2, below + (count - 1) / 2)


def _cells(
    figure: go.Figure,
    values: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    names: list[str],
    what: str,
    *,
    reach: float | None,
) -> None:
    """A few cells with their numbers in them, between the edges given; shares where there is no reach."""
    hover = [[name] * values.shape[1] for name in names]
    _heat(
        figure, values, x=x, y=y, name=what, reach=reach, gap=2, text=[[three(v) for v in row] for row in values.tolist()],
        customdata=hover, hovertemplate=f"%{{customdata}}, {what}: %{{z:.6~g}}<extra></extra>",
    )  # fmt: skip


def _heat(
    figure: go.Figure,
    values: np.ndarray,
    *,
    name: str,
    reach: float | None,
    gap: int = 0,
    text: list[list[str]] | None = None,
    **options: Any,
) -> None:
    """Cells on one of the two scales: signed up to a reach, shares where there is none.

    Numbers in dark cells are white and come as a second trace over the first: plotly has one ink a trace, and its own choice
    is too faint in the middle of a scale.
    """
    low, high, colors = (0.0, 1.0, theme.SHARES) if reach is None else (-reach, reach, theme.SIGNED)
    look: dict[str, Any] = {
        "hoverongaps": False, "zmin": low, "zmax": high, "colorscale": colors, "showscale": False, "xgap": gap, "ygap": gap, **options
    }  # fmt: skip
    if text is None:
        figure.add_trace(go.Heatmap(z=values, name=name, **look))
        return
    dark = _is_dark((values - low) / (high - low), colors)
    for ink, where in ((_DARK_INK, ~dark), (_LIGHT_INK, dark)):
        if ink == _LIGHT_INK and not where.any():
            continue
        written = [[t if w else "" for t, w in zip(*row, strict=True)] for row in zip(text, where, strict=True)]
        over = ink == _LIGHT_INK
        figure.add_trace(
            go.Heatmap(
                z=np.where(where, values, np.nan).astype(values.dtype) if over else values, text=written,
                texttemplate="%{text}", textfont={"size": 11, "color": ink}, **look,
                name=f"{name}, dark cells" if over else name,
            )
        )  # fmt: skip


def _is_dark(shares: np.ndarray, colors: Sequence[tuple[float, str]]) -> np.ndarray:
    """Is white easier to read than black on the colours at these places of a scale? By the contrast of WCAG."""
    stops = [stop for stop, _ in colors]
    rgb = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for _, color in colors])
    at = np.nan_to_num(np.clip(shares, 0, 1))
    mixed = np.stack([np.interp(at, stops, rgb[:, channel]) for channel in range(3)], axis=-1)
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]) < 0.194)


def _say(figure: go.Figure, text: str, x: float, y: float) -> None:
    figure.add_annotation(text=text, x=x, y=y, showarrow=False, xanchor="center", yanchor="middle")


def inputs_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> go.Figure:
    """The vectors that enter the block, one row a token.

    Args:
        trace: One head of a model on one sentence.
        query: The token that asks: its row is framed.
        key: The token that is looked at: its row is framed too.
        height: In pixels.
        title: What the figure says.
    """
    names = _names(trace)
    figure = theme.blank()
    limit, note = _strips(figure, trace.inputs, names, "x", 1)
    for row in {query, key}:
        _frame(figure, -0.5, row - 0.5, trace.inputs.shape[1] - 0.5, row + 0.5)
    note = f"Frames: the token that asks and the token that is looked at. {note}"
    _lay_out(figure, _rows_height(len(names)), title=title, note=note, height=height, foot=_AXIS)
    _name_panels(figure, [(f"x, darkest at \u00b1{three(limit)}", 0.0, 1.0)])
    _token_axis(figure, names)
    _feature_axes(figure, [(0.0, 1.0)])
    return figure


def qkv_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> go.Figure:
    """Query, key and value of every token, one row a token.

    Args:
        trace: One head of a model on one sentence.
        query: The token that asks: its query is framed.
        key: The token that is looked at: its key and value are framed.
        height: In pixels.
        title: What the figure says.
    """
    names = _names(trace)
    figure = theme.blank()
    spans = _side_by_side(3, 0.03)
    heads, notes = [], []
    for number, (what, part, row) in enumerate(
        (("query q", trace.q, query), ("key k", trace.k, key), ("value v", trace.v, key)), start=1
    ):
        limit, note = _strips(figure, part, names, what, number)
        _frame(figure, -0.5, row - 0.5, part.shape[1] - 0.5, row + 0.5, number)
        heads.append((f"{what}, \u00b1{three(limit)}", spans[number - 1][0], 1.0))
        notes.append(note)
    note = f"Frames: the query of the token that asks, the key and value of the token that is looked at. {max(notes, key=len)}"
    _lay_out(figure, _rows_height(len(names)), title=title, note=note, height=height, foot=_AXIS)
    _name_panels(figure, heads)
    _token_axis(figure, names)
    _feature_axes(figure, spans)
    return figure


def scores_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> go.Figure:
    """From scores to weights in four maps ``[query, key]``: scores, scaled, mask, softmax.

    Args:
        trace: One head of a model on one sentence.
        query: The token that asks: its row is framed.
        key: The token that is looked at: its cell is framed.
        height: In pixels.
        title: What the figure says.
    """
    names = _names(trace)
    rows = np.arange(len(names)) if len(names) <= _WHOLE else np.array([query])
    place = int(np.flatnonzero(rows == query)[0])
    asking, forbidden = [names[i] for i in rows], ~trace.mask[rows]
    scores, scaled, weights = (part[rows] for part in (trace.scores, trace.scaled, trace.weights))
    limits = [_greatest(scores), _greatest(scaled[~forbidden])]
    figure = theme.blank()
    spans = _side_by_side(2, 0.04)
    plot, bands = _two_bands(len(rows))
    _map(figure, scores, asking, names, 1, "q \u00b7 k", limits[0])
    _map(figure, np.where(forbidden, np.nan, scaled), asking, names, 2, "scaled", limits[1])
    few = "yes" if len(names) <= _WRITTEN else ""
    _plain(figure, ~forbidden, asking, names, 3, "may look", few, theme.SEQUENTIAL[1])
    _map(figure, np.where(forbidden, np.nan, weights), asking, names, 4, "softmax", None)
    for panel in (2, 3, 4):
        if forbidden.any():
            _grey(figure, forbidden, asking, names, panel)
    heads = [
        (f"1  score q \u00b7 k, \u00b1{three(limits[0])}", spans[0][0], bands[0][1]),
        (f"2  {scale_name(trace)}, \u00b1{three(limits[1])}", spans[1][0], bands[0][1]),
        ("3  mask", spans[0][0], bands[1][1]),
        ("4  softmax", spans[1][0], bands[1][1]),
    ]
    for panel in range(1, 5):
        _frame(figure, -0.5, place - 0.5, len(names) - 0.5, place + 0.5, panel, panel, width=1.5)
        _frame(figure, key - 0.5, place - 0.5, key + 0.5, place + 0.5, panel, panel, width=3.5)
    foot = 0 if len(names) > _NAMED else max(0, round(4.2 * max(map(len, _ticks(names)["ticktext"]))) - 28)
    _lay_out(figure, plot, title=title, note=_scores_note(trace, len(rows)), height=height, foot=foot)
    _name_panels(figure, heads)
    for panel in range(1, 5):
        _map_axes(figure, asking, names, panel, spans[(panel - 1) % 2], bands[(panel - 1) // 2])
    return figure


def _scores_note(trace: HeadTrace, rows: int) -> str:
    note = "Rows ask, columns are looked at; the framed row asks, the framed cell is followed."
    if rows < len(trace.tokens):
        note += f" Of {len(trace.tokens)} tokens only the one that asks is drawn as a row."
    if not trace.mask.all():
        note += " Grey with a cross: masked, the query may not look there."
    return note


def weighted_figure(trace: HeadTrace, query: int, key: int, *, height: int | None = None, title: str = "") -> go.Figure:
    """What the asking token takes of each value, and the sum: the head's output for it.

    Args:
        trace: One head of a model on one sentence.
        query: The token that asks.
        key: The token that is looked at: its row is framed.
        height: In pixels.
        title: What the figure says.
    """
    names = _names(trace)
    weights = np.where(trace.mask[query], trace.weights[query], np.nan).astype(np.float32)[:, None]
    weighted = (trace.weights[query][:, None] * trace.v).astype(np.float32)
    output = trace.values[[query]]
    limit = _greatest(weighted, output)
    figure = theme.blank()
    asks = names[query].rpartition(" (")[0]
    _heat(
        figure, weights, y=names, x=["weight"], name="weight", reach=None, gap=1,
        text=_written(weights, 1 if len(names) <= _ROOMY else len(names)), hovertemplate="%{y}, weight %{z:.6~g}<extra></extra>",
    )  # fmt: skip
    if not trace.mask[query].all():
        _grey(figure, ~trace.mask[query][:, None], names, ["weight"], 1)
    for axis, what, values, rows in (
        (2, "weight \u00d7 v", weighted, names),
        (3, "output", output, [f"output for {asks}"]),
    ):
        _heat(
            figure, values, y=rows, name=what, reach=limit, **_axes(axis),
            hovertemplate=f"%{{y}}, {what}, feature %{{x}}: %{{z:.6~g}}<extra></extra>",
        )  # fmt: skip
    _frame(figure, -0.5, key - 0.5, 0.5, key + 0.5, 1, 1)
    _frame(figure, -0.5, key - 0.5, weighted.shape[1] - 0.5, key + 0.5, 2, 2)
    note = "Each value is multiplied by its weight; added up, they are what this head gives to the token that asks."
    plot, bands = _rows_above_one(len(names))
    _lay_out(figure, plot, title=title, note=note, height=height, foot=_AXIS)
    heads = [
        ("weight", 0.0, 1.0),
        (f"weight \u00d7 v, \u00b1{three(limit)}", _BESIDE, 1.0),
        ("their sum", _BESIDE, bands[1][1]),
    ]
    _name_panels(figure, heads)
    _token_axis(figure, names)
    category = {**_BARE, "type": "category"}
    figure.update_layout(
        xaxis={**category, "domain": [0, _BESIDE - 0.04], "showticklabels": False},
        xaxis2={**_BARE, "domain": [_BESIDE, 1], "showticklabels": False, "anchor": "y2"},
        xaxis3={**_BARE, "domain": [_BESIDE, 1], "anchor": "y3", "title": _FEATURE, "nticks": 8},
        yaxis={"domain": bands[0]},
        yaxis2={**category, "domain": bands[0], "anchor": "x2", "autorange": "reversed", "showticklabels": False},
        yaxis3={**category, "domain": bands[1], "anchor": "x", "tickvals": [0], "ticktext": ["output"]},
    )  # fmt: skip
    return figure


def scale_name(trace: HeadTrace) -> str:
    """How the scores are scaled, in words: a division by the root of the size where it is one."""
    size = trace.q.shape[1]
    if abs(trace.scaling * size**0.5 - 1) < 1e-6:
        return f"scaled \u00f7 \u221a{size}"
    return f"scaled \u00d7 {three(trace.scaling)}"


def _names(trace: HeadTrace) -> list[str]:
    """A name for each token that no other has: what it stands for and its position."""
    return [theme.literal(f"{theme.short(n, 14)} (position {i})") for i, n in enumerate(token_names(trace))]


def _strips(figure: go.Figure, values: np.ndarray, names: list[str], what: str, panel: int) -> tuple[float, str]:
    """Vectors as rows of cells: where the darkest colour stands, and what to say of it."""
    limit = _reach(values)
    _heat(
        figure, np.asarray(values, np.float32), y=names, name=what, reach=limit, xaxis=_axes(panel)["xaxis"],
        hovertemplate=f"%{{y}}, {what}, feature %{{x}}: %{{z:.6~g}}<extra></extra>",
    )  # fmt: skip
    beyond = float((np.abs(values) > limit * (1 + 1e-6)).mean())
    note = "Blue above zero, purple below"
    return limit, f"{note}; one value in a hundred is beyond the darkest colour." if beyond else f"{note}."


def _map(
    figure: go.Figure,
    values: np.ndarray,
    asking: list[str],
    names: list[str],
    panel: int,
    what: str,
    limit: float | None,
) -> None:
    """One map ``[query, key]``; shares where there is no limit."""
    _heat(
        figure, np.asarray(values, np.float32), x=names, y=asking, name=what, reach=limit, **_axes(panel),
        gap=1 if len(names) <= _WRITTEN else 0, text=_written(values, len(names)),
        hovertemplate=f"%{{y}} \u2192 %{{x}}<br>{what} %{{z:.6~g}}<extra></extra>",
    )  # fmt: skip


def _plain(
    figure: go.Figure,
    where: np.ndarray,
    asking: list[str],
    names: list[str],
    panel: int,
    what: str,
    text: str,
    color: str,
) -> None:
    """Cells of one colour with one text, which is written where there are few."""
    marked = max(len(names), len(asking)) <= _NAMED
    figure.add_trace(
        go.Heatmap(
            z=np.where(where, np.float32(1), np.float32(np.nan)), x=names, y=asking, zmin=0, zmax=1,
            colorscale=((0.0, color), (1.0, color)), showscale=False, name=what, hoverongaps=False, **_axes(panel),
            xgap=1 if len(names) <= _WRITTEN else 0, ygap=1 if len(names) <= _WRITTEN else 0,
            hovertemplate=f"%{{y}} \u2192 %{{x}}<br>{what}<extra></extra>",
            **({"text": np.where(where, text, "").tolist(), **_DARK_TEXT} if marked and text else {}),
        )
    )  # fmt: skip


def _grey(figure: go.Figure, forbidden: np.ndarray, asking: list[str], names: list[str], panel: int) -> None:
    """Grey with a cross over the cells that are masked."""
    _plain(figure, forbidden, asking, names, panel, "masked", "\u00d7", _MASKED)


def _axes(panel: int) -> dict[str, Any]:
    number = "" if panel == 1 else str(panel)
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def _written(values: np.ndarray, tokens: int) -> list[list[str]] | None:
    """Numbers in the cells where there are few; none where there is no number."""
    if tokens > _WRITTEN:
        return None
    return [["" if np.isnan(v) else _brief(v) for v in row] for row in values.tolist()]


def _brief(value: float) -> str:
    """A number for a small cell: two decimals, fewer where there is more before them."""
    places = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{round(value, places) + 0.0:.{places}f}"


def _greatest(*parts: np.ndarray) -> float:
    return max(float(np.abs(part).max()) for part in parts) or 1.0


def _reach(values: np.ndarray) -> float:
    """Where the darkest colour stands: at the greatest size, or at that of the 99th in a hundred where few tower above it."""
    sizes = np.abs(values[np.isfinite(values)])
    if not sizes.size:
        return 1.0
    usual, greatest = float(np.percentile(sizes, 99)), float(sizes.max())
    return (greatest if greatest <= 1.5 * usual or not usual else usual) or 1.0


def _side_by_side(count: int, gap: float) -> list[tuple[float, float]]:
    wide = (1 - gap * (count - 1)) / count
    return [(i * (wide + gap), i * (wide + gap) + wide) for i in range(count)]


def _rows_height(rows: int) -> int:
    """Pixels for so many rows: less for each where there are more."""
    return round(rows * (26 if rows <= 12 else 20 if rows <= _ROOMY else 15)) if rows <= _NAMED else 560


def _two_bands(rows: int) -> tuple[int, list[tuple[float, float]]]:
    """Pixels of two rows of maps, and where each of them stands."""
    one = max(60, min(460, rows * (34 if rows <= _WRITTEN else 20 if rows <= _ROOMY else 13)))
    gap = _HEAD + 8
    whole = 2 * one + gap
    return whole, [((one + gap) / whole, 1.0), (0.0, one / whole)]


def _rows_above_one(rows: int) -> tuple[int, list[tuple[float, float]]]:
    """Pixels of many rows with one more below them, and where both stand."""
    above, one = _rows_height(rows), 30
    whole = above + _HEAD + one
    return whole, [((one + _HEAD) / whole, 1.0), (0.0, one / whole)]


def _lay_out(figure: go.Figure, plot: int, *, title: str, note: str, height: int | None, foot: int = 0) -> None:
    """The shared layout around a plot of so many pixels; ``foot`` is room for long names below it."""
    theme.lay_out(figure, title=title, note=note)
    top, bottom = _HEAD + (34 if title else 0), figure.layout.margin.b + foot
    figure.update_layout(margin={"t": top, "b": bottom}, height=height or plot + top + bottom, showlegend=False)
    figure.update_annotations(selector={"name": "note"}, yshift=figure.layout.annotations[0].yshift - foot)


def _frame(
    figure: go.Figure, x0: float, y0: float, x1: float, y1: float, x: int = 1, y: int = 1, *, width: float = 2.5
) -> None:
    figure.add_shape(
        type="rect", x0=x0, x1=x1, y0=y0, y1=y1, xref=f"x{x if x > 1 else ''}", yref=f"y{y if y > 1 else ''}",
        line={"color": theme.ACCENT, "width": width},
    )  # fmt: skip


def _name_panels(figure: go.Figure, heads: Sequence[tuple[str, float, float]]) -> None:
    """What each panel shows, above its left end: text, left end, upper end."""
    for text, left, top in heads:
        figure.add_annotation(
            text=text, x=left, y=top, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": 12.5},
        )  # fmt: skip


def _token_axis(figure: go.Figure, names: list[str]) -> None:
    figure.update_yaxes(type="category", autorange="reversed", **_BARE, **_ticks(names))


def _ticks(names: list[str]) -> dict[str, Any]:
    """Names without their positions beside the rows, where there are few."""
    if len(names) > _NAMED:
        return {"showticklabels": False}
    return {"tickvals": list(range(len(names))), "ticktext": [n.rpartition(" (")[0] for n in names]}


def _feature_axes(figure: go.Figure, spans: Sequence[tuple[float, float]]) -> None:
    for number, span in enumerate(spans, start=1):
        axis = {
            **_BARE,
            "domain": span,
            "title": _FEATURE,
            "nticks": 10 if len(spans) == 1 else 4,
        }
        figure.update_layout({_axes(number)["xaxis"].replace("x", "xaxis"): axis})


def _map_axes(
    figure: go.Figure,
    asking: list[str],
    names: list[str],
    panel: int,
    across: tuple[float, float],
    band: tuple[float, float],
) -> None:
    """Names of queries beside the left maps, of keys below the lower ones."""
    number = "" if panel == 1 else str(panel)
    bare = {"type": "category", **_BARE}
    side = _ticks(asking) if panel in (1, 3) else {"showticklabels": False}
    foot = _ticks(names) | {"tickangle": -40} if panel in (3, 4) else {"showticklabels": False}
    figure.update_layout({
        f"xaxis{number}": {**bare, "domain": across, "anchor": f"y{number}", **foot},
        f"yaxis{number}": {**bare, "domain": band, "anchor": f"x{number}", "autorange": "reversed", **side},
    })  # fmt: skip
