"""Heatmaps of cosine similarity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace

_WRITTEN = 12
"""Up to how many rows have their numbers in the cells."""
_PARTED = 24
"""Up to how many rows have a gap between the cells. With more, cells are so small that gaps would wash the colours out."""
_HOVERED = 60
"""Up to how many rows each cell carries both of its names; with more the axes carry them."""
_FRAME = 150
"""Pixels of the height that are not rows."""


def similarity_figure(
    matrix: np.ndarray,
    labels: Sequence[str],
    *,
    title: str = "",
    note: str = "",
    height: int | None = None,
    static: bool = False,
) -> Drawing:
    """Cosine similarity of all pairs, on one scale from 0 to 1 (from -1 where a value is negative).

    Names stand beside every row where there is room, else beside every n-th, which the note says.

    Args:
        matrix: ``[n, n]``.
        labels: A name for each row; they need not differ.
        title: What the figure says.
        note: What it rests on.
        height: In pixels; None makes it higher where there are many rows.
        static: Draw in the static colour rather than the contextual one.
    """
    values = np.asarray(matrix, dtype=np.float32)
    names = [theme.literal(theme.short(label, 22)) for label in labels]
    count = len(names)
    height = height or max(420, min(theme.room_for(count) + _FRAME, 620))
    places = list(range(count)) if count <= _HOVERED else theme.apart(names)
    figure = theme.blank()
    scale, low = _scale(values, static)
    figure.add(
        trace(
            "heatmap", z=values, x=places, y=places, zmin=low, zmax=1, colorscale=scale, **_cells(names),
            colorbar={"title": {"text": "cosine"}, "thickness": 10, "len": 0.9},
            texttemplate="%{z:.2f}" if count <= _WRITTEN else None, textfont={"size": 10},
        )
    )  # fmt: skip
    every = theme.thinned(count, height - _FRAME)
    if every > 1:
        note = f"{note} Of {count} rows every {every}{_TH.get(every, 'th')} is named."
    shown = {"tickvals": list(range(0, count, every)), "ticktext": names[::every]}
    below = theme.aslant([theme.short(label, 22) for label in labels[::every]])
    theme.lay_out(figure, title=title, note=theme.literal(note.strip()), height=height, below=below)
    axis = {"showgrid": False, "constrain": "domain", "tickfont": {"size": 11}, **shown}
    axis |= {"type": "category"} if count > _HOVERED else {}
    figure.update_xaxes(axis, tickangle=-40)
    figure.update_yaxes(axis, autorange="reversed", scaleanchor="x")
    return figure


_TH = {2: "nd", 3: "rd"}


def _scale(values: np.ndarray, static: bool) -> tuple[list[tuple[float, str]], float]:
    """Colours from the lower end of the scale to 1, and that lower end."""
    low = 0.0 if values.size == 0 or values.min() > -0.05 else -1.0
    steps = theme.STATIC_SEQUENTIAL if static else theme.SEQUENTIAL
    zero = 0.5 if low < 0 else 0.0  # below zero another hue takes over
    scale = [(zero + (1 - zero) * i / (len(steps) - 1), color) for i, color in enumerate(steps)]
    return ([(0.0, theme.SENSES[2]), *scale] if low < 0 else scale), low


def _cells(names: Sequence[str]) -> dict[str, object]:
    """Gaps between cells, and what a cell says under the pointer."""
    gap = 1 if len(names) <= _PARTED else 0
    if len(names) > _HOVERED:
        return {"xgap": gap, "ygap": gap, "hovertemplate": "%{y}<br>%{x}<br>cosine %{z:.3f}<extra></extra>"}
    both = np.array([[[a, b] for b in names] for a in names], dtype=object)
    template = "%{customdata[0]}<br>%{customdata[1]}<br>cosine %{z:.3f}<extra></extra>"
    return {"xgap": gap, "ygap": gap, "customdata": both, "hovertemplate": template}
