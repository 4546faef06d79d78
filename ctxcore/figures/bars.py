"""Ranked words as bars and as a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ctxcore.figures import theme
from ctxcore.types import Neighbour


def neighbours_figure(neighbours: Sequence[Neighbour], word: str, *, height: int = 360, title: str = "") -> go.Figure:
    """The words nearest to a static vector, the nearest on top."""
    shown = list(neighbours)[::-1]
    figure = theme.blank()
    figure.add_trace(
        go.Bar(
            x=np.array([n.similarity for n in shown], dtype=np.float32), y=list(range(len(shown))), orientation="h",
            marker={"color": theme.STATIC}, text=[f"{n.similarity:.2f}" for n in shown], textposition="auto",
            hovertemplate="cosine %{x:.3f}<extra></extra>",
        )
    )  # fmt: skip
    note = f"Cosine to the one vector of \u201c{theme.literal(theme.short(word, 20))}\u201d: the same list in every sentence."
    theme.lay_out(figure, title=title, note=note, height=height)
    figure.update_xaxes(range=[0, 1], title_text=None)
    figure.update_yaxes(
        tickvals=list(range(len(shown))), ticktext=[theme.literal(theme.short(n.word, 22)) for n in shown]
    )
    return figure


def substitutes_figure(
    similarity: np.ndarray,
    words: Sequence[str],
    labels: Sequence[str],
    *,
    layer: int,
    height: int = 420,
    title: str = "",
) -> go.Figure:
    """How near each substitute comes in each sentence; the best of each sentence is framed.

    Args:
        similarity: ``[occurrence, substitute]`` at one layer.
        words: The substitutes.
        labels: A name for each occurrence.
        layer: Which layer, for the note.
        height: In pixels.
        title: What the figure says.
    """
    values = np.asarray(similarity, dtype=np.float32)
    rows, columns = list(range(len(labels))), list(range(len(words)))
    names = [theme.literal(theme.short(label, 40)) for label in labels]
    ranks = (-values).argsort(1, kind="stable").argsort(1) + 1
    figure = theme.blank()
    figure.add_trace(
        go.Heatmap(
            z=values, x=columns, y=rows, colorscale=[[i / 5, c] for i, c in enumerate(theme.SEQUENTIAL)], xgap=2, ygap=2,
            text=ranks, texttemplate="%{text}", colorbar={"title": {"text": "cosine"}, "thickness": 10},
            hovertemplate="cosine %{z:.3f}, rank %{text}<extra></extra>",
        )
    )  # fmt: skip
    for row, best in enumerate(values.argmax(1).tolist()):
        figure.add_shape(
            type="rect", x0=best - 0.48, x1=best + 0.48, y0=row - 0.48, y1=row + 0.48,
            line={"color": theme.SENSES[2], "width": 3},
        )  # fmt: skip
    note = (
        f"Each word is put in the place of the target; cosine of the two vectors at layer {layer}. The number is the rank "
        "in that sentence, the frame the best."
    )
    theme.lay_out(figure, title=title, note=note, height=height)
    figure.update_xaxes(
        tickvals=columns, ticktext=[theme.literal(theme.short(w, 18)) for w in words], side="top", showgrid=False
    )
    figure.update_yaxes(tickvals=rows, ticktext=names, autorange="reversed", showgrid=False)
    return figure
