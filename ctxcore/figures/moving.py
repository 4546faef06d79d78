"""States moved from one sentence into another: the grid of layers by words, and one of its cells opened."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctxcore.figures import cells, theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.types import MovedWords, PatchGrid

_WRITTEN = (8, 13)
"""Up to how many words and layers have their numbers in the cells."""
_NAMED = 6
"""Up to how many words have their names straight below them, and what stands in their place in the other sentence below that."""
_CHECKS = ("own", "all")
_WIDTH = 600
"""Pixels that names are laid out for."""


def patching_figure(
    grid: PatchGrid, opened: tuple[int, int] | None = None, *, note: str = "", height: int | None = None
) -> Drawing:
    """The share of the way that each moved state takes the run ``[layer, word]``, layer 0 lowest; the checks stand apart.

    Where there is little to move, no share is drawn.

    Args:
        grid: The measurement.
        opened: Layer and word of the cell that is framed.
        note: What it rests on.
        height: In pixels.
    """
    layers, count = grid.shares.shape
    figure = theme.blank()
    written = count <= _WRITTEN[0] and layers <= _WRITTEN[1]
    _cells(figure, np.where(grid.little, np.nan, grid.shares), 1, written)
    _cells(figure, np.stack([grid.itself, grid.everything], axis=1), 2, written)
    nothing = np.isnan(grid.shares)
    if nothing.any():
        _plain(figure, nothing, "\u00d7" if written else "", "no state can be moved here")
    if grid.little:
        _plain(figure, ~nothing, "", "little to move")
        _write(figure, "little to move", (count - 1) / 2, (layers - 1) / 2, size=16, xref="x", yref="y")
    else:
        _clickable(figure, grid)
        if opened is not None:
            cells.frame(figure, opened[1] - 0.5, opened[0] - 0.5, opened[1] + 0.5, opened[0] + 0.5)
    below = (
        18
        if count <= _NAMED
        else theme.aslant([f"{theme.short(c.text, 14)} \u2190 {theme.short(c.other, 14)}" for c in grid.columns])
    )
    height = height or min(430, max(300, 40 * layers)) + (below if count > _NAMED else 0)
    theme.lay_out(figure, note=theme.literal(note), height=height, below=below)
    _axes(figure, grid, height)
    return figure


def _axes(figure: Drawing, grid: PatchGrid, height: int) -> None:
    """Names of words below the grid and of layers beside it; the checks stand at the right."""
    layers, count = grid.shares.shape
    parted = "<br>" if count <= _NAMED else " "
    names = [
        theme.literal(theme.short(column.text, 8 if column.special else 14))
        + (
            f"{parted}\u2190 {theme.literal(theme.short(column.other, 14))}"
            if column.other not in ("", column.text)
            else ""
        )
        for column in grid.columns
    ]
    wide = min(0.26, 2.2 / (count + 2.2))
    aside, down = theme.thinned(count, _WIDTH * (1 - wide)), theme.thinned(layers, height - 100)
    axis: dict[str, Any] = {**cells.BARE, "tickfont": {"size": 12}, "fixedrange": True}
    across = {"domain": [0, 1 - wide - 0.03], "tickangle": 0 if count <= _NAMED else -40, "range": [-0.5, count - 0.5]}
    check = {"domain": [1 - wide, 1], "tickangle": 0, "range": [-0.5, 1.5], "anchor": "y"}
    figure.update_layout(
        xaxis=axis | across | {"tickvals": list(range(0, count, aside)), "ticktext": names[::aside]},
        xaxis2=axis | check | {"tickvals": [0, 1], "ticktext": list(_CHECKS)},
        yaxis=axis | {"tickvals": list(range(0, layers, down)), "range": [-0.5, layers - 0.5], "title_text": "layer"},
        hoverdistance=-1, dragmode=False, clickmode="event+select", showlegend=False, margin_t=26,
    )  # fmt: skip
    _write(figure, "check", 1 - wide / 2, 1, size=12, xref="paper", yref="paper", yanchor="bottom")


def _write(figure: Drawing, text: str, x: float, y: float, *, size: float, **place: str) -> None:
    figure.add_annotation(text=text, x=x, y=y, showarrow=False, font={"size": size}, **place)


def _cells(figure: Drawing, values: np.ndarray, panel: int, written: bool) -> None:
    """Cells of the grid or of the checks; the scale stands beside those of the grid that have no numbers."""
    layers, count = values.shape
    text = [["" if np.isnan(v) else f"{round(v, 2) + 0.0:.2f}" for v in row] for row in values.tolist()]
    bar = {"thickness": 10, "len": 0.9, "title": {"text": "share", "font": {"size": 12}}, "tickfont": {"size": 11}}
    scale = {"colorbar": bar, "showscale": True} if panel == 1 and not written else {}
    cells.heat(
        figure, np.asarray(values, np.float32), name="share of the way" if panel == 1 else "check", reach=1.0,
        x=list(range(count)), y=list(range(layers)), gap=1, text=text if written else None, xaxis="x" if panel == 1 else "x2",
        hovertemplate="layer %{y}: %{z:.3f}<extra></extra>", **scale,
    )  # fmt: skip


def _plain(figure: Drawing, where: np.ndarray, text: str, what: str) -> None:
    layers, count = where.shape
    figure.add(
        trace(
            "heatmap", z=np.where(where, 1.0, np.nan), x=list(range(count)), y=list(range(layers)), showscale=False, hoverongaps=False,
            colorscale=((0, theme.FRAME), (1, theme.FRAME)), xgap=1, ygap=1, name=what, hovertemplate=f"{what}<extra></extra>",
            **({"text": np.where(where, text, "").tolist(), "texttemplate": "%{text}"} if text else {}),
        )
    )  # fmt: skip


def _clickable(figure: Drawing, grid: PatchGrid) -> None:
    """A point in the middle of every cell that can be opened."""
    there = [(layer, i) for layer, i in np.argwhere(~np.isnan(grid.shares)).tolist()]
    names = [theme.literal(column.text) for column in grid.columns]
    figure.add(
        trace(
            "scatter", x=[i for _, i in there], y=[layer for layer, _ in there], mode="markers", marker={"size": 12, "opacity": 0},
            customdata=[[layer, i, names[i], float(grid.shares[layer, i])] for layer, i in there], name="states",
            selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
            hovertemplate="layer %{customdata[0]}, %{customdata[2]}: %{customdata[3]:.3f}<extra></extra>",
        )
    )  # fmt: skip


def moved_vector_figure(grid: PatchGrid, layer: int, column: int, *, note: str = "", height: int = 360) -> Drawing:
    """Where the target's vector lands when one word's state is moved, at each layer: along the way to the other, and beside it.

    Args:
        grid: The measurement, of a vector.
        layer: The layer that is named.
        column: Whose state is moved.
        note: What it rests on.
        height: In pixels.
    """
    figure = theme.blank()
    along, aside = grid.shares[:, column], grid.aside[:, column]
    figure.add(
        trace(
            "scatter", x=along, y=aside, mode="lines+markers", name="with the state moved", line={"color": theme.NEUTRAL, "width": 1.5},
            marker={"color": theme.CONTEXTUAL, "size": 7}, customdata=list(range(len(along))),
            hovertemplate="state of layer %{customdata}: %{x:.2f} along, %{y:.2f} aside<extra></extra>",
        )
    )  # fmt: skip
    ends = ((0.0, grid.sentence, "square", "top right"), (1.0, grid.source, "diamond", "top left"))
    for (x, sentence, symbol, place), color in zip(ends, (theme.SENSES[0], theme.SENSES[2]), strict=True):
        figure.add(
            trace(
                "scatter", x=[x], y=[0.0], mode="markers+text", text=[theme.literal(theme.short(sentence, 24))], textposition=place,
                marker={"color": color, "symbol": symbol, "size": 13}, cliponaxis=False, showlegend=False,
                hovertemplate="%{text}<extra></extra>",
            )
        )  # fmt: skip
    figure.add(
        trace(
            "scatter", x=along[[layer]], y=aside[[layer]], mode="markers+text", text=[f"layer {layer}"], textposition="top center",
            marker={"color": theme.ACCENT, "size": 14, "symbol": "circle-open", "line": {"width": 3}}, showlegend=False,
            cliponaxis=False, hoverinfo="skip",
        )
    )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    low, high = min(-0.12, float(along.min()) - 0.1), max(1.12, float(along.max()) + 0.1)
    figure.update_xaxes(title_text="along the way to the other sentence\u2019s vector", range=[low, high])
    figure.update_yaxes(title_text="beside it", range=[-0.06, max(0.6, float(aside.max()) + 0.15)], zeroline=False)
    return figure


def moved_words_figure(found: MovedWords, *, note: str = "", height: int = 400) -> Drawing:
    """Probability of the next words in three runs: as the sentence is, with the state moved, as the other sentence is.

    Args:
        found: The measurement.
        note: What it rests on.
        height: In pixels.
    """
    figure = theme.blank()
    names = [found.sentence, "with the state moved", found.source]
    looks = ((theme.SENSES[0], "square"), (theme.ACCENT, "circle"), (theme.SENSES[2], "diamond"))
    places = list(range(len(found.words)))
    for run, (name, (color, symbol)) in enumerate(zip(names, looks, strict=True)):
        figure.add(
            trace(
                "scatter", x=np.maximum(found.shares[run], theme.FLOOR), y=places, mode="markers",
                name=theme.literal(theme.short(name, 30)),
                marker={"color": color, "symbol": symbol, "size": 11 if run == 1 else 9}, cliponaxis=False,
                customdata=found.shares[run], hovertemplate="%{customdata:.6f}<extra></extra>",
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    shown = [theme.literal(theme.short(word.strip() or repr(word), 18)) for word in found.words]
    figure.update_yaxes(tickvals=places, ticktext=shown, range=[len(places) - 0.5, -0.5], zeroline=False)
    figure.update_xaxes(type="log", title_text="probability of the next token", exponentformat="power", dtick=1)
    return figure
