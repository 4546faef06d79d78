"""Heatmaps of cosine similarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ctxcore.figures import theme


def similarity_figure(
    matrix: np.ndarray,
    labels: Sequence[str],
    *,
    title: str = "",
    note: str = "",
    height: int = 420,
    static: bool = False,
) -> go.Figure:
    """Cosine similarity of all pairs, on one scale from 0 to 1 (from -1 where a value is negative).

    Args:
        matrix: ``[n, n]``.
        labels: A name for each row; they need not differ.
        title: What the figure says.
        note: What it rests on.
        height: In pixels.
        static: Draw in the static colour rather than the contextual one.
    """
    values = np.asarray(matrix, dtype=np.float32)
    names = [theme.literal(theme.short(label, 22)) for label in labels]
    ticks = list(range(len(names)))
    low = 0.0 if values.size == 0 or values.min() > -0.05 else -1.0
    steps = theme.STATIC_SEQUENTIAL if static else theme.SEQUENTIAL
    zero = 0.5 if low < 0 else 0.0  # below zero another hue takes over
    scale = [(zero + (1 - zero) * i / (len(steps) - 1), color) for i, color in enumerate(steps)]
    if low < 0:
        scale.insert(0, (0.0, theme.SENSES[2]))
    figure = theme.blank()
    figure.add_trace(
        go.Heatmap(
            z=values, x=ticks, y=ticks, zmin=low, zmax=1, colorscale=scale, xgap=1, ygap=1,
            colorbar={"title": {"text": "cosine"}, "thickness": 10, "len": 0.9},
            customdata=np.array([[[a, b] for b in names] for a in names], dtype=object) if len(names) <= 60 else None,
            hovertemplate=(
                "%{customdata[0]}<br>%{customdata[1]}<br>cosine %{z:.3f}<extra></extra>"
                if len(names) <= 60
                else "%{y} and %{x}: cosine %{z:.3f}<extra></extra>"
            ),
            texttemplate="%{z:.2f}" if len(names) <= 12 else None, textfont={"size": 10},
        )
    )  # fmt: skip
    theme.lay_out(figure, title=title, note=theme.literal(note), height=height)
    shown = {"tickvals": ticks, "ticktext": names} if len(names) <= 40 else {"showticklabels": False}
    figure.update_xaxes(**shown, tickangle=-40, showgrid=False, constrain="domain")
    figure.update_yaxes(**shown, autorange="reversed", showgrid=False, scaleanchor="x", constrain="domain")
    return figure
