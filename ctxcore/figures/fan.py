"""The fan: every mention of a word starts at its own word embedding and its trail runs, layer by layer, where the sentence
takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.figures.sense_groups import SenseGroup, rest_said, said, sense_groups
from ctxcore.figures.trails import Beginnings, beginnings
from ctxcore.text import cue
from ctxcore.types import Fan, Occurrences

_WIDTH = 540
"""Pixels that labels are laid out for; a wider plot only gives them more room."""
_MOST_LABELS = 24


def fan_figure(
    fan: Fan,
    occurrences: Occurrences,
    *,
    senses: Sequence[str | None] | None = None,
    highlight: Sequence[int] = (),
    layer: int | None = None,
    dimensions: int = 2,
    height: int = 520,
    title: str = "",
) -> Drawing:
    """Trails of the mentions through the layers, with a slider and a play button.

    Args:
        fan: From :func:`ctxcore.measures.projection.fan`.
        occurrences: The mentions it was made of, for labels.
        senses: A sense (or None) per mention: colour and symbol.
        highlight: Mentions whose trails are drawn heavier.
        layer: Where the heads stand at first; the last layer if None.
        dimensions: 2 or 3. With fewer than two axes of variance the layer itself becomes the upward axis.
        height: In pixels.
        title: What the figure says.
    """
    mentions, layers, _ = fan.coordinates.shape
    labels: list[str | None] = [None] * mentions if senses is None else list(senses)
    if len(labels) != mentions or len(occurrences) != mentions:
        raise BadInputError(
            "One sense and one label per occurrence.",
            f"{len(labels)} and {len(occurrences)} for {mentions}",
            "Match them.",
        )
    start = layers - 1 if layer is None else layer
    if not 0 <= start < layers:
        raise BadInputError(f"Layers run from 0 to {layers - 1}.", f"layer {layer}", "Choose one of them.")
    paths = _paths(fan, dimensions)
    groups = sense_groups(labels)
    figure = theme.blank()
    figure.add(*_trails(paths, groups, set(highlight)))
    start_points = beginnings(occurrences)
    figure.add(_origin(paths, start_points))
    square = dimensions == 2 and fan.rank >= 2
    low, high = _reach(paths)
    note = _note(fan, dimensions, start_points) + rest_said(groups)
    theme.lay_out(figure, title=title, note=note, height=height, square=square)
    figure.update_layout(legend_itemsizing="constant")
    _controls(figure, layers, start)
    margin = figure.layout["margin"]
    plot = (_WIDTH, height - margin["t"] - margin["b"])
    texts = _labels(paths, occurrences, set(highlight), low, high, plot, square)
    heads = [_heads(paths, group, start, labels, occurrences, texts[start]) for group in groups]
    figure.add(*heads)
    figure.frames = _frames(paths, groups, texts, len(figure.data) - len(heads))
    _axes(figure, fan, dimensions, low, high)
    return figure


def _paths(fan: Fan, dimensions: int) -> np.ndarray:
    """Coordinates ``[mention, layer, axis]`` as drawn."""
    drawn = np.array(fan.coordinates[..., :dimensions])
    if fan.rank < 2:  # a line or a point: let depth in the network be the other axis
        drawn[..., 1] = np.arange(drawn.shape[1])
    return drawn


def _reach(paths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of the two flat axes, with room for labels."""
    points = paths[..., :2].reshape(-1, 2)
    low, high = points.min(0), points.max(0)
    room = np.maximum(high - low, 0.02) * np.array([0.18, 0.08])
    return low - room, high + room


def _scatter(points: np.ndarray, **style: Any) -> Trace | Trace:
    """A trace over points ``[point, axis]`` of the plane or of space."""
    names = "xyz"[: points.shape[1]]
    return trace(
        "scatter3d" if len(names) == 3 else "scatter",
        **dict(zip(names, points.T.astype(np.float32), strict=True)),
        **style,
    )


def _trails(paths: np.ndarray, groups: list[SenseGroup], heavy: set[int]) -> list[Any]:
    """One line trace a sense (two where some of its mentions are highlighted), trails parted by gaps."""
    traces = []
    for group in groups:
        for chosen in (False, True):
            part = [i for i in group.members if (i in heavy) == chosen]
            if part:
                gap = np.full((1, paths.shape[2]), np.nan)
                line = np.concatenate([np.concatenate([paths[i], gap]) for i in part])
                faint = bool(heavy) and not chosen
                traces.append(
                    _scatter(
                        line,
                        mode="lines",
                        hoverinfo="skip",
                        showlegend=False,
                        opacity=0.35 if faint else 0.8,
                        line={
                            "color": group.color,
                            "width": (4 if chosen else 1.8 * theme.shrunk(len(paths)))
                            * (2 if paths.shape[2] == 3 else 1),
                        },
                    )
                )
    return traces


def _origin(paths: np.ndarray, start: Beginnings) -> Any:
    """Layer 0, where trails begin: one point where all begin there, else a point for each."""
    size = (7 if paths.shape[2] == 3 else 13) * (1 if start.one else 0.62 * theme.shrunk(len(paths)))
    return _scatter(
        paths[:1, 0] if start.one else paths[:, 0], mode="markers", name="word embedding (layer 0)",
        marker={"color": theme.STATIC, "symbol": "diamond", "size": size},
        hovertemplate="layer 0: the word embedding<br>"
        + ("all occurrences start here" if start.one else "one occurrence starts here") + "<extra></extra>",
    )  # fmt: skip


def _labels(
    paths: np.ndarray,
    occurrences: Occurrences,
    heavy: set[int],
    low: np.ndarray,
    high: np.ndarray,
    plot: tuple[int, int],
    square: bool,
) -> list[list[tuple[str, str]]]:
    """By layer and mention: a short label for the head and its place; no text where it would cover another."""
    mentions, layers, axes = paths.shape
    if mentions > _MOST_LABELS:
        return [[("", "middle right")] * mentions] * layers
    spans = zip(occurrences.sentence_index, occurrences.spans, strict=True)
    cues = [theme.short(cue(occurrences.sentences[i], span), 18) for i, span in spans]
    texts = [f"<b>{theme.literal(c)}</b>" if i in heavy else theme.literal(c) for i, c in enumerate(cues)]
    if axes == 3:  # the camera turns: no place is free for good
        few = mentions <= theme.MOST_IN_SPACE
        return [[(t if few or i in heavy else "", "middle right") for i, t in enumerate(texts)]] * layers
    first = sorted(range(mentions), key=lambda i: i not in heavy)  # highlighted mentions choose their place first
    rows = []
    for layer in range(layers):
        places = theme.place_labels(paths[first, layer], [cues[i] for i in first], low, high, plot, square)
        at = dict(zip(first, places, strict=True))
        rows.append([(texts[i] if at[i] else "", at[i] or "middle right") for i in range(mentions)])
    return rows


def _heads(
    paths: np.ndarray,
    group: SenseGroup,
    layer: int,
    labels: list[str | None],
    occurrences: Occurrences,
    texts: list[tuple[str, str]],
) -> Any:
    """The mentions of one sense as they stand at one layer."""
    members = group.members
    flat = paths.shape[2] == 2
    clip = {"cliponaxis": False} if flat else {}
    symbol = group.symbol if flat else theme.in_space(group.symbol)
    return _scatter(
        paths[members, layer], mode="markers+text",
        text=[texts[i][0] for i in members], textposition=[texts[i][1] for i in members],
        marker={
            "color": group.color, "symbol": symbol, "size": (12 if flat else 6) * theme.shrunk(len(paths)),
            "line": {"width": theme.shrunk(len(paths)), "color": "white"},
        },
        **said(group, occurrences, labels), **clip,
    )  # fmt: skip


def _frames(
    paths: np.ndarray, groups: list[SenseGroup], texts: list[list[tuple[str, str]]], first: int
) -> list[dict[str, Any]]:
    """One frame a layer; only the heads move."""
    return [
        {
            "name": str(layer),
            "data": [
                _scatter(
                    paths[group.members, layer],
                    text=[texts[layer][i][0] for i in group.members],
                    textposition=[texts[layer][i][1] for i in group.members],
                )
                for group in groups
            ],
            "traces": list(range(first, first + len(groups))),
        }
        for layer in range(paths.shape[1])
    ]


def _controls(figure: Drawing, layers: int, start: int) -> None:
    """Slider and play button along the layers."""
    in_space = figure.data[0]["type"] == "scatter3d"

    def move(frames: list[str] | None, milliseconds: int) -> dict[str, Any]:
        pace = {"duration": milliseconds, "redraw": in_space}
        glide = {"duration": milliseconds, "easing": "cubic-in-out"}
        how = {"mode": "immediate", "fromcurrent": frames is None, "frame": pace, "transition": glide}
        return {"method": "animate", "args": [frames, how]}

    bottom = figure.layout["margin"]["b"]
    shared = {"y": 0, "yanchor": "top"}
    play = {"label": "\u25b6 Play", **move(None, 450 if layers <= 13 else 160)}
    button = {"type": "buttons", "showactive": False, "x": 0, "xanchor": "left", "direction": "left", "buttons": [play]}
    current = {"prefix": "layer ", "font": {"size": 12}, "xanchor": "left", "offset": 4}
    slider = {"active": start, "x": 0.2, "len": 0.79, "currentvalue": current, "font": {"size": 10}, "ticklen": 3}
    steps = [{"label": str(n), **move([str(n)], 200)} for n in range(layers)]
    figure.update_layout(
        margin={"b": bottom + theme.CONTROLS},
        updatemenus=[button | shared | {"pad": {"t": bottom + 10, "r": 6}}],
        sliders=[slider | shared | {"steps": steps, "pad": {"t": bottom, "b": 4}}],
    )


def _axes(figure: Drawing, fan: Fan, dimensions: int, low: np.ndarray, high: np.ndarray) -> None:
    of = " of the last layer" if dimensions == 2 else ""  # in space titles are set aslant: short ones
    names = [f"axis {n + 1}: {theme.percent(s)}{of}" for n, s in enumerate(fan.explained[:dimensions])]
    if fan.rank < 2:
        names[1] = "layer"
    if dimensions == 3:
        scene = {f"{a}axis": {"title": {"text": n, "font": {"size": 11}}} for a, n in zip("xyz", names, strict=True)}
        figure.update_layout(scene=scene)
        figure.update_layout(
            scene_aspectmode="data" if fan.rank >= 2 else "cube", scene_camera_eye={"x": 1.4, "y": 1.4, "z": 0.9}
        )
        return
    style = {
        "zeroline": False,
        "showgrid": True,
        "showticklabels": False,
        "ticks": "",
        "title": {"standoff": 2, "font": {"size": 11.5}},
    }
    figure.update_xaxes(style, title_text=names[0], range=[float(low[0]), float(high[0])])
    figure.update_yaxes(style, title_text=names[1], range=[float(low[1]), float(high[1])])


def _note(fan: Fan, dimensions: int, start: Beginnings) -> str:
    mentions, layers = fan.coordinates.shape[:2]
    depth = "Upwards is the layer." if dimensions == 2 else "One axis is the layer."
    if mentions == 1:
        return (
            f"One occurrence: there is nothing to compare it with, so it cannot move away from itself. {depth} "
            "Add a second sentence."
        )
    lengths = f"length {fan.removed[0]:.2f} at layer 0, {fan.removed[-1]:.2f} at layer {layers - 1}"
    removed = f"the mean over the {mentions} occurrences ({lengths})"
    if fan.rank == 0:
        same = (
            f"All {mentions} occurrences have the same vector at the last layer; nothing opens. Subtracted: {removed}."
        )
        return f"{same} {start.said}"
    if fan.rank == 1:
        return (
            f"All occurrences lie on one line, so the picture shows how far they part and not in how many directions. "
            f"{depth} Subtracted at each layer: {removed}. {start.said}"
        )
    kept = theme.percent(float(fan.explained[:dimensions].sum()))
    return (
        f"One {'plane' if dimensions == 2 else 'space'} for all layers: PCA of layer {layers - 1}; it keeps {kept} of that "
        f"layer\u2019s variance. Unit vectors; subtracted at each layer: {removed}. {start.said}"
    )
