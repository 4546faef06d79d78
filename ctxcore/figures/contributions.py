"""What each part of a decoder gives to one candidate over another: a cell a head, feed-forward block, bias, and the embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.types import Contributions

_SCALE = tuple((0.5 + 2 * (at - 0.5) * abs(at - 0.5), color) for at, color in theme.SIGNED)
"""Colours grow faster near 0: what heads give is small beside what feed-forward blocks give, and is to be seen too."""
_TICKS = 16
"""Up to how many layers or parts across have their names side by side."""


def contributions_figure(found: Contributions, *, note: str = "", height: int = 400) -> Drawing:
    """A cell a part, on one scale around 0; the longer of layers and parts runs across. Heads can be clicked.

    Args:
        found: The contributions.
        note: What it rests on.
        height: In pixels.
    """
    cells, parts = _cells(found)
    layers = [str(n) for n in range(len(cells))]
    across = len(layers) > found.heads.shape[1]
    shown = cells.T if across else cells
    down, right = (parts, layers) if across else (layers, parts)
    most = float(np.nanmax(np.abs(cells))) or 1.0
    figure = theme.blank()
    named = [[f"layer {layer}, {_said(part)}" for part in parts] for layer in layers]
    names = np.array(named, dtype=object)
    figure.add(
        trace(
            "heatmap", z=shown, zmin=-most, zmax=most, colorscale=_SCALE, xgap=1, ygap=1, hoverongaps=False, name="parts",
            customdata=names.T if across else names, hovertemplate="%{customdata}: %{z:+.4f} logits<extra></extra>",
            colorbar={"title": {"text": "logits"}, "thickness": 10, "len": 0.9},
        )
    )  # fmt: skip
    every = [(layer, head) for layer in range(1, len(layers)) for head in range(found.heads.shape[1])]
    places = np.array([(layer, head) if across else (head, layer) for layer, head in every], np.float32)
    figure.add(
        trace(
            "scatter", x=places[:, 0], y=places[:, 1], mode="markers", marker={"size": 12, "opacity": 0}, name="heads",
            customdata=[(layer, head, float(found.heads[layer - 1, head])) for layer, head in every],
            selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
            hovertemplate="layer %{customdata[0]}, head %{customdata[1]}: %{customdata[2]:+.4f} logits<extra></extra>",
        )
    )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "ticks": "", "showline": False}
    at = list(range(0, len(right), 1 if len(right) <= _TICKS else 5))
    figure.update_xaxes(
        **axis,
        tickvals=at,
        ticktext=[right[i] for i in at],
        title_text="layer" if across else "head",
        tickangle=0 if across else -40,
    )
    figure.update_yaxes(
        **axis, tickvals=list(range(len(down))), ticktext=down, title_text="head" if across else "layer",
        range=[len(down) - 0.5, -0.5],
    )  # fmt: skip
    figure.update_layout(dragmode=False, clickmode="event+select", showlegend=False, margin_t=8)
    return figure


def _said(part: str) -> str:
    return f"head {part}" if part.isdigit() else part


def _cells(found: Contributions) -> tuple[np.ndarray, list[str]]:
    """``[layer, part]``, NaN where a layer has no such part, and what the parts are called. Layer 0 is the embedding."""
    layers, heads = found.heads.shape
    biased = bool(np.any(found.bias))
    parts = [*map(str, range(heads)), "feed-forward", *(["bias"] if biased else []), "embedding"]
    cells = np.full((layers + 1, len(parts)), np.nan, np.float32)
    cells[1:, :heads], cells[1:, heads] = found.heads, found.feed_forward
    if biased:
        cells[1:, heads + 1] = found.bias
    cells[0, -1] = found.embedding
    return cells, parts
