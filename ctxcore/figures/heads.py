"""Attention: all heads as small maps, one head as a map and as ribbons between words, two sentences and their difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.figures.map_image import map_image
from ctxcore.measures.attention import reduced

_FRAME = 130
"""Pixels of a map's height that are not rows."""
_WRITTEN = 8
"""Up to how many rows have their numbers in the cells."""
_LEAST = 0.01
_RIBBONS = 20
"""Ribbons thinner than this, and beyond so many a word, are not drawn: they would be thinner than a hair."""
QUERY, KEY = "query (attends)", "key (is attended to)"
"""What rows and columns of attention are, in the field's words and in plain ones."""
_MOST = 128
"""Rows of one map: beyond, cells would be smaller than a pixel."""


def _number_maps(figure: Drawing, down: Sequence[int], right: Sequence[int], middle: float, across: bool) -> None:
    """Layers and heads along the axes, a number at the middle of each map."""
    axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": "", "showline": False}
    ticks = list(range(0, len(right), 1 if len(right) <= 16 else 2))
    figure.update_xaxes(
        **axis, tickvals=[c + middle for c in ticks], ticktext=[str(right[c]) for c in ticks], range=[-0.15, len(right)],
        title_text="layer" if across else "head", constrain="domain",
    )  # fmt: skip
    figure.update_yaxes(
        **axis, tickvals=[r + middle for r in range(len(down))], ticktext=[str(n) for n in down], range=[len(down), -0.15],
        title_text="head" if across else "layer", scaleanchor="x", constrain="domain",
    )  # fmt: skip


def maps_figure(
    maps: np.ndarray,
    layers: Sequence[int],
    heads: Sequence[int],
    *,
    opened: tuple[int, int] | None = None,
    units: int | None = None,
    note: str = "",
    height: int = 400,
) -> Drawing:
    """Every head as a small map, all on one scale; the maps travel as one palette image of a byte a cell.

    Rows of each map are queries, columns are keys. The longer of layers and heads runs across.

    Args:
        maps: ``[layer, head, row, column]`` shares of attention.
        layers: Block numbers.
        heads: Head numbers.
        opened: The head, ``(layer, head)``, that is framed.
        units: How many words or tokens each map stands for, where it was reduced.
        note: What it rests on.
        height: In pixels.
    """
    across = len(layers) > len(heads)
    grid = np.swapaxes(maps, 0, 1) if across else maps
    rows, columns, size = grid.shape[0], grid.shape[1], grid.shape[2]
    gap = max(1, size // 9)
    figure = theme.blank()
    step = 1 / (size + gap)
    figure.add(
        trace(
            "image", source=map_image(grid, gap), x0=step / 2, dx=step, y0=step / 2, dy=step, hoverinfo="skip", name="maps",
        )
    )  # fmt: skip
    middle = size * step / 2
    names = [(layers[c], heads[r]) if across else (layers[r], heads[c]) for r in range(rows) for c in range(columns)]
    figure.add(
        trace(
            "scatter", x=np.tile(np.arange(columns, dtype=np.float32), rows) + middle,
            y=np.repeat(np.arange(rows, dtype=np.float32), columns) + middle,
            mode="markers", marker={"size": 12, "opacity": 0}, customdata=names, name="heads",
            selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
            hovertemplate="layer %{customdata[0]}, head %{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    if opened is not None and opened in names:
        r, c = divmod(names.index(opened), columns)
        pad = gap * step / 2
        _frame(figure, c - pad, r - pad, c + 1 - pad, r + 1 - pad)
    if units is not None and units > size:
        note = f"{note} Drawn reduced: {units} rows and columns in {size}, each cell the greatest share it stands for."
    theme.lay_out(figure, note=theme.literal(note.strip()), height=height)
    down, right = (heads, layers) if across else (layers, heads)
    _number_maps(figure, down, right, middle, across)
    # The nearest head answers, wherever the pointer is: no reader aims at the middle of a map.
    figure.update_layout(hoverdistance=-1, dragmode=False, clickmode="event+select", showlegend=False, margin_t=8)
    return figure


def head_figure(
    weights: np.ndarray,
    labels: Sequence[str],
    *,
    row: int | None = None,
    note: str = "",
    height: int = 400,
    down: str = QUERY,
    right: str = KEY,
) -> Drawing:
    """One map ``[row, column]`` of shares with exact values: each row is a query and sums to 1.

    Args:
        weights: The shares.
        labels: What rows and columns stand for; they need not differ.
        row: The row that is framed.
        note: What it rests on.
        height: In pixels.
        down: What rows are, for the axis.
        right: What columns are.
    """
    values = np.asarray(weights, np.float32)
    if len(labels) > _MOST:
        note += f" Drawn reduced: {len(labels)} rows and columns in {_MOST}, each cell the greatest share it stands for; the data hold all."
        row = None if row is None else row * _MOST // len(labels)
        values, labels = reduced(values, _MOST), [labels[i * len(labels) // _MOST] for i in range(_MOST)]
    names = [theme.literal(theme.short(label, 16)) for label in labels]
    figure = theme.blank()
    template = "%{y} \u2192 %{x}: %{z:.4f}<extra></extra>"
    every = theme.thinned(len(names), height - _FRAME)
    cells = _heatmap(values, 0, 1, theme.SHARES, "share", template, written="%{z:.2f}")
    figure.add(_called(cells, names) if every > 1 else cells)
    if row is not None:
        _frame(figure, -0.5, row - 0.5, len(names) - 0.5, row + 0.5)
    theme.lay_out(figure, note=theme.literal(note), height=height, below=theme.aslant(names[::every]))
    _name_axes(figure, names, names, down, right, every, row or 0)
    figure.update_layout(margin_t=8)
    return figure


def ribbons_figure(
    weights: np.ndarray, labels: Sequence[str], *, row: int | None = None, note: str = "", height: int = 400
) -> Drawing:
    """One map as ribbons: each word on the left splits its attention, one row high, among the words on the right.

    A ribbon's thickness is its share. In a browser, pointing at a word on the left leaves only its ribbons.

    Args:
        weights: ``[row, column]`` shares.
        labels: What rows and columns stand for.
        row: The row whose ribbons stand out; None shows all alike.
        note: What it rests on.
        height: In pixels.
    """
    values = np.asarray(weights, np.float32)
    count = len(labels)
    names = [theme.literal(theme.short(label, 16)) for label in labels]
    outlines = [_ribbons(shares, number) for number, shares in enumerate(values)]
    drawn = np.mean([shares[_kept(shares)].sum() for shares in np.nan_to_num(values)])
    note = f"{note} Ribbons drawn: {drawn:.0%} of the shares; the rest is thinner than {_LEAST:.0%} or beyond {_RIBBONS} a word."
    figure = theme.blank()
    # Two traces however many words there are: a browser draws them at once, and the script fills the second one anew.
    every = [np.concatenate([o[axis] for o in outlines]) for axis in (0, 1)]
    for name, (x, y), opacity in (
        ("all", every, 0.9 if row is None else 0.12),
        ("chosen", outlines[row or 0], 0.0 if row is None else 0.9),
    ):
        figure.add(
            trace(
                "scatter", x=x, y=y, mode="lines", fill="toself", fillcolor="rgba(31,119,200,0.55)", line={"width": 0}, name=name,
                opacity=opacity, hoverinfo="skip", showlegend=False,
            )
        )  # fmt: skip
    for side, place in ((0.0, "middle left"), (1.0, "middle right")):
        figure.add(
            trace(
                "scatter", x=np.full(count, side, np.float32), y=np.arange(count, dtype=np.float32), mode="markers+text", text=names,
                textposition=place, marker={"size": 5, "color": theme.CONTEXTUAL}, cliponaxis=False, showlegend=False,
                customdata=np.arange(count) if side == 0 else None, hovertemplate="%{text}<extra></extra>",
                textfont={"size": 13 if count <= 20 else 10},
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height, ticks=False)
    figure.update_xaxes(visible=False, range=[-0.38, 1.38])
    figure.update_yaxes(visible=False, range=[count - 0.4, -0.9])
    for side, title in ((0.0, "query"), (1.0, "key")):  # on a phone a longer name would run under the camera
        figure.add_annotation(
            x=side, y=-0.75, text=title, showarrow=False, font={"size": 12, "color": theme.NEUTRAL},
            xanchor="right" if side == 0 else "left",
        )  # fmt: skip
    starts = np.cumsum([0, *(len(x) for x, _ in outlines)]).tolist()
    figure.update_layout(margin_t=8, hoverdistance=20, meta={"hover": "rows", "starts": starts})
    return figure


def difference_figure(
    difference: np.ndarray,
    offsets: Sequence[int],
    labels: Sequence[str],
    *,
    note: str = "",
    height: int = 400,
) -> Drawing:
    """First map minus second ``[offset, offset]``, aligned at a word, whose row is framed.

    Args:
        difference: Shares of the first sentence minus those of the second, -1 to 1.
        offsets: Places from the word, which is 0.
        labels: What stands at each offset, such as "dog / program".
        note: What it rests on.
        height: In pixels.
    """
    values = np.asarray(difference, np.float32)
    names = [theme.literal(theme.short(label, 22)) for label in labels]
    most = max(0.05, float(np.abs(np.nan_to_num(values)).max(initial=0)))
    figure = theme.blank()
    template = "%{y} \u2192 %{x}: %{z:+.4f}<extra></extra>"
    every = theme.thinned(len(names), height - _FRAME)
    cells = _heatmap(values, -most, most, theme.SIGNED, "first \u2212 second", template, written="%{z:+.2f}")
    figure.add(_called(cells, names) if every > 1 else cells)
    row = list(offsets).index(0)
    _frame(figure, -0.5, row - 0.5, len(names) - 0.5, row + 0.5)
    theme.lay_out(figure, note=theme.literal(note), height=height, below=theme.aslant(names[::every]))
    _name_axes(figure, names, names, QUERY, KEY, every, row)
    figure.update_layout(margin_t=8)
    return figure


def grid_figure(
    values: np.ndarray,
    layers: Sequence[int],
    heads: Sequence[int],
    *,
    what: str,
    most: float | None = None,
    opened: tuple[int, int] | None = None,
    note: str = "",
    height: int = 330,
) -> Drawing:
    """One number a head ``[layer, head]``; the longer of layers and heads runs across.

    Args:
        values: The numbers, from 0; NaN cells stay empty.
        layers: Block numbers.
        heads: Head numbers.
        what: What the number is, for the scale.
        most: The upper end of the scale; the greatest value where None.
        opened: The head that is framed.
        note: What it rests on.
        height: In pixels.
    """
    across = len(layers) > len(heads)
    shown = np.asarray(values, np.float32)
    shown = shown.T if across else shown
    top = most if most is not None else max(1e-6, float(np.nan_to_num(shown).max(initial=0)))
    steps = [(i / (len(theme.SEQUENTIAL) - 1), color) for i, color in enumerate(theme.SEQUENTIAL)]
    x, y = ("layer", "head") if across else ("head", "layer")
    template = f"{x} %{{x}}, {y} %{{y}}: %{{z:.4f}}<extra></extra>"
    figure = theme.blank()
    figure.add(_heatmap(shown, 0, top, steps, what, template))
    down, right = (heads, layers) if across else (layers, heads)
    if opened is not None and opened[0] in layers and opened[1] in heads:
        places = list(layers).index(opened[0]), list(heads).index(opened[1])
        c, r = places if across else places[::-1]
        _frame(figure, c - 0.5, r - 0.5, c + 0.5, r + 0.5)
    theme.lay_out(figure, note=theme.literal(note), height=height)
    _name_axes(figure, [str(n) for n in down], [str(n) for n in right], y, x, square=False)
    figure.update_layout(margin_t=8)
    figure.update_xaxes(tickangle=0)
    return figure


def _heatmap(
    values: np.ndarray, low: float, high: float, scale: object, title: str, template: str, written: str | None = None
) -> Trace:
    """Cells on a scale; where there are few, their numbers stand in them and the scale is left out."""
    small = written is not None and values.shape[-1] <= _WRITTEN
    gap = 1 if values.shape[-1] <= 64 else 0
    return trace(
        "heatmap", z=values, zmin=low, zmax=high, colorscale=scale, xgap=gap, ygap=gap, hovertemplate=template, hoverongaps=False,
        texttemplate=written if small else None, textfont={"size": 11}, showscale=not small,
        colorbar={"title": {"text": title}, "thickness": 10, "len": 0.9},
    )  # fmt: skip


def _called(cells: Trace, names: Sequence[str]) -> Trace:
    """Cells that carry their names: where not every row is named beside the map, the pointer still names each."""
    return cells | {"x": theme.apart(names), "y": theme.apart(names)}


def _name_axes(
    figure: Drawing,
    down: Sequence[str],
    right: Sequence[str],
    down_title: str,
    right_title: str,
    every: int = 1,
    among: int = 0,
    square: bool = True,
) -> None:
    """Names at every so many-th row and column, a given one among them; the others keep their places."""
    axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": "", "constrain": "domain", "showline": False}
    if every > 1:
        axis["type"] = "category"
    for names, update, title in ((right, figure.update_xaxes, right_title), (down, figure.update_yaxes, down_title)):
        update(
            **axis, tickvals=list(range(among % every, len(names), every)), ticktext=list(names[among % every :: every]),
            title_text=title,
        )  # fmt: skip
    figure.update_xaxes(tickangle=-40, range=[-0.5, len(right) - 0.5])
    figure.update_yaxes(range=[len(down) - 0.5, -0.5], scaleanchor="x" if square else None)


def _frame(figure: Drawing, left: float, top: float, right: float, bottom: float) -> None:
    figure.add_shape(
        type="rect", x0=left, x1=right, y0=top, y1=bottom, line={"color": theme.ACCENT, "width": 2.5}, name="frame"
    )


def _ribbons(shares: np.ndarray, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Outlines of the ribbons of one row, parted by NaN: stacked where they leave, centred where they arrive."""
    tall = 0.84  # of a row's height: rows stay apart
    ends = np.cumsum(np.nan_to_num(shares)) * tall
    starts = ends - shares * tall
    kept = _kept(shares)
    x = np.tile(np.array([0, 1, 1, 0, 0], np.int8), len(kept))  # the gap is in y alone: bytes for a browser to fetch
    half = shares[kept] * tall / 2
    top, bottom = row - tall / 2 + starts[kept], row - tall / 2 + ends[kept]
    y = np.stack([top, kept - half, kept + half, bottom, np.full(len(kept), np.nan)], axis=1)
    return x, y.reshape(-1).astype(np.float32)


def _kept(shares: np.ndarray) -> np.ndarray:
    """Which of a row's shares have a ribbon: the greatest, in the order of the words."""
    known = np.nan_to_num(shares)
    greatest = np.argsort(-known, kind="stable")[:_RIBBONS]
    return np.sort(greatest[known[greatest] >= _LEAST])
