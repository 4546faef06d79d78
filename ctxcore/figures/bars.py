"""Ranked words as bars and as a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.types import Neighbour


def neighbours_figure(neighbours: Sequence[Neighbour], word: str, *, height: int = 360, title: str = "") -> Drawing:
    """The words nearest to a static vector, the nearest on top."""
    shown = list(neighbours)[::-1]
    figure = theme.blank()
    note = f"Cosine to the one vector of \u201c{theme.literal(theme.short(word, 20))}\u201d: the same list in every sentence."
    theme.lay_out(figure, title=title, note=note, height=height)
    draw_cosines(figure, shown, [theme.STATIC] * len(shown))
    return figure


def draw_cosines(figure: Drawing, shown: Sequence[Neighbour], colors: Sequence[str]) -> None:
    """Words from the bottom up with their cosines as bars. The axis ends at 1, and begins below 0 where a cosine does."""
    values = np.array([n.similarity for n in shown], dtype=np.float32)
    figure.add(
        trace(
            "bar", x=values, y=list(range(len(shown))), orientation="h", marker={"color": list(colors)},
            text=[f"{n.similarity:.2f}" for n in shown], textposition="auto", hovertemplate="cosine %{x:.3f}<extra></extra>",
        )
    )  # fmt: skip
    lowest = float(values.min(initial=0.0))
    # Room for the number of a bar that is too short to hold it.
    figure.update_xaxes(range=[lowest - 0.12 if lowest < 0 else 0, 1], zeroline=lowest < 0)
    name_bars(figure, [n.word for n in shown])


def name_bars(figure: Drawing, names: Sequence[str], width: int = 22) -> None:
    """A name before each bar, at most ``width`` characters of it."""
    texts = [theme.literal(theme.short(name, width)) for name in names]
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=texts)


def substitutes_figure(
    similarity: np.ndarray,
    words: Sequence[str],
    labels: Sequence[str],
    *,
    layer: int,
    height: int = 420,
    title: str = "",
) -> Drawing:
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
    figure.add(
        trace(
            "heatmap", z=values, x=columns, y=rows, colorscale=[[i / 5, c] for i, c in enumerate(theme.SEQUENTIAL)], xgap=2, ygap=2,
            text=ranks, texttemplate="%{text}", colorbar={
                "title": {"text": "cosine"}, "thickness": 10, "lenmode": "pixels", "len": max(120, 26 * len(rows)), "y": 1.1,
                "yanchor": "top", "nticks": min(8, max(4, len(rows))),
            },
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
