"""Points in a plane: the pinned static vector among its neighbours, and projections of occurrences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.figures.sense_groups import rest_said, said, sense_groups
from ctxcore.text import cue
from ctxcore.types import Neighbour, Occurrences, Projection

_PLOT = (330, 300)


def pinned_figure(
    word: str,
    projection: Projection,
    neighbours: Sequence[Neighbour],
    mentions: int,
    sentences: int,
    *,
    height: int = 520,
    title: str = "",
) -> Drawing:
    """The static vector of a word: one point for all its mentions, among its nearest neighbours.

    Args:
        word: The vocabulary entry.
        projection: Of the word's vector (first row) and its neighbours' vectors.
        neighbours: The neighbours, in the order of the other rows.
        mentions: How many mentions meet in the point.
        sentences: In how many sentences they stand.
        height: In pixels.
        title: What the figure says.
    """
    points = np.asarray(projection.coordinates[:, :2], dtype=np.float32)
    many = f"{mentions} occurrence{'s' if mentions != 1 else ''}, 1 point"
    names = [max(word, many, key=len), *(n.word for n in neighbours)]
    low, high = _reach(points, 0.3)
    inward = "bottom center" if points[0, 1] > (low[1] + high[1]) / 2 else "top center"
    places = theme.place_labels(points, names, low, high, _PLOT, first=inward)
    figure = theme.blank()
    rest = list(range(1, len(points)))
    figure.add(
        trace(
            "scatter", x=points[rest, 0], y=points[rest, 1], mode="markers+text", name="its nearest neighbours",
            text=[theme.literal(names[i]) if places[i] else "" for i in rest],
            textposition=[places[i] or "top center" for i in rest], textfont={"color": theme.NEUTRAL},
            marker={"color": theme.STATIC, "size": 7, "opacity": 0.45},
            customdata=[[theme.literal(n.word), n.similarity] for n in neighbours],
            hovertemplate="%{customdata[0]}<br>cosine %{customdata[1]:.3f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add(
        trace(
            "scatter", x=points[:1, 0], y=points[:1, 1], mode="markers+text", name="the word, in every sentence",
            text=[f"<b>{theme.literal(word)}</b><br>{many}"], textposition=places[0],
            marker={"color": theme.STATIC, "size": 20, "symbol": theme.STATIC_SYMBOL, "line": {"width": 1.5, "color": "white"}},
            hovertemplate=f"one vector in all {sentences} sentences<extra></extra>",
        )
    )  # fmt: skip
    note = f"PCA of {len(points)} unit vectors; the plane keeps {theme.percent(sum(projection.explained or ()))} of their variance."
    theme.lay_out(figure, title=title, note=note, height=height, square=True, ticks=False)
    figure.update_layout(showlegend=False, margin_t=34 if title else 6)
    _bare_axes(figure, low, high)
    return figure


def projection_figure(
    projection: Projection,
    occurrences: Occurrences,
    *,
    layer: int,
    senses: Sequence[str | None] | None = None,
    height: int = 520,
    title: str = "",
) -> Drawing:
    """Occurrences at one layer, one point each, coloured by sense.

    Args:
        projection: Of ``occurrences.vectors[:, layer]``, in two or three dimensions.
        occurrences: What was projected.
        layer: Which layer it is, for the note.
        senses: A sense (or None) per occurrence.
        height: In pixels.
        title: What the figure says.
    """
    points = np.asarray(projection.coordinates, dtype=np.float32)
    labels = list(senses) if senses is not None else [None] * len(points)
    groups = sense_groups(labels)
    spans = list(zip(occurrences.sentence_index, occurrences.spans, strict=True))
    cues = [cue(occurrences.sentences[i], span) for i, span in spans]
    low, high = _reach(points, 0.15)
    named = len(points) <= (theme.MOST_NAMED if points.shape[1] == 2 else theme.MOST_IN_SPACE)
    places = theme.place_labels(points, cues, low, high, (760, 400)) if named else [None] * len(points)
    size = theme.shrunk(len(points))
    figure = theme.blank()
    for group in groups:
        members = group.members
        shared = {
            "mode": "markers+text" if named else "markers",
            "text": [theme.literal(cues[i]) if places[i] else "" for i in members],
            "textposition": [places[i] or "middle right" for i in members],
            **said(group, occurrences, labels),
        }  # fmt: skip
        marker: dict[str, Any] = {"color": group.color, "line": {"width": size, "color": "white"}}
        place = dict(zip("xyz", points[members].T, strict=False))
        if points.shape[1] == 3:
            marker |= {"size": 6 * size, "symbol": theme.in_space(group.symbol)}
            figure.add(trace("scatter3d", **place, marker=marker, **shared))
        else:
            figure.add(trace("scatter", **place, marker=marker | {"size": 12 * size, "symbol": group.symbol}, **shared))
    note = _note(projection, layer) + rest_said(groups)
    theme.lay_out(figure, title=title, note=note, height=height, square=points.shape[1] == 2, ticks=False)
    figure.update_layout(showlegend=True, legend_itemsizing="constant")
    if points.shape[1] == 2:
        _bare_axes(figure, low, high)
    return figure


def _reach(points: np.ndarray, room: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of the flat axes, with a share of room for labels."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    extra = room * np.maximum(high - low, 0.05)
    return low - extra, high + extra


def _bare_axes(figure: Drawing, low: np.ndarray, high: np.ndarray) -> None:
    """Axes whose units mean nothing: no ticks, only the frame of the plot."""
    bare = {"zeroline": False, "showticklabels": False}
    figure.update_xaxes(bare, range=[float(low[0]), float(high[0])])
    figure.update_yaxes(bare, range=[float(low[1]), float(high[1])])


def _note(projection: Projection, layer: int) -> str:
    """What the picture rests on."""
    count = len(projection.coordinates)
    if count == 1:
        return f"Layer {layer}. One occurrence is one point: add a second sentence to compare it with."
    if projection.method == "pca" and not any(projection.explained or ()):
        return f"Layer {layer}. All {count} occurrences have the same vector, so they are one point."
    if projection.method == "pca":
        kept = f"keeps {theme.percent(sum(projection.explained or ()))} of the variance"
        return f"PCA of layer {layer} (unit vectors); {kept}. Distances in the picture are shadows of the real ones."
    name = {"umap": "UMAP", "tsne": "t-SNE"}[projection.method]
    return (
        f"{name} of layer {layer}, cosine distances, seed {projection.seed}. It keeps neighbours and not distances: "
        "how far apart two groups lie means nothing."
    )
