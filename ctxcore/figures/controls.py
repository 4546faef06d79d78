"""A pair of occurrences by layer over bands of pairs that are known to have one sense or two."""

from __future__ import annotations

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.measures.controls import BAND, band
from ctxcore.types import ControlPairs, ShiftControls

_SAME, _TWO = theme.SENSES[1], theme.SENSES[2]
_MOST_SHARED = 2
"""Shared words that are drawn: more lines could not be told apart."""


def controls_figure(
    found: ShiftControls, layer: int, *, note: str = "", height: int = 380, small: bool = False
) -> Drawing:
    """The pair's cosine at each layer; bands hold 90 % of the pairs of one sense and of two, a line in each is the median.

    Args:
        found: The measurement.
        layer: The layer that is judged; a dotted line marks it.
        note: What it rests on.
        height: In pixels.
        small: Leave random pairs and shared words to the large figure.
    """
    layers = np.arange(found.pair.shape[1])
    figure = theme.blank()
    for pairs, color, dash in ((found.two, _TWO, "dot"), (found.same, _SAME, "dash")):
        if len(pairs):
            _add_band(figure, layers, pairs, color, dash, small)
    if not small:
        figure.add(_line(layers, band(found.random)[1], f"{found.random.said} (median)", theme.NEUTRAL, "dot"))
        for i, word in enumerate(found.shared[:_MOST_SHARED]):
            name = f"\u201c{theme.literal(theme.short(word, 14))}\u201d in the same two"
            figure.add(_line(layers, found.shared_cosines[0, :, i], name, theme.SENSES[4 + i], "longdash"))
    these = "pair" if small else f"\u201c{theme.literal(theme.short(found.word, 14))}\u201d in these two"
    figure.add(_line(layers, found.pair[0], these, theme.CONTEXTUAL, "solid", 3))
    figure.add(
        trace(
            "scatter", x=[layer], y=[float(found.pair[0, layer])], mode="markers+text", showlegend=False,
            text=[f"{found.pair[0, layer]:.2f}"], textposition="bottom left" if layer > len(layers) / 2 else "bottom right",
            cliponaxis=False, hoverinfo="skip",
            marker={"size": 13, "symbol": "diamond", "color": theme.ACCENT},
        )
    )  # fmt: skip
    figure.add_shape(
        type="line", x0=layer, x1=layer, y0=0, y1=1, yref="paper", line={"color": theme.FRAME, "dash": "dot"}
    )
    theme.lay_out(figure, note=theme.literal(note), height=height)
    lowest = [found.pair[0].min(), *(band(p)[0].min() for p in (found.same, found.two) if len(p))]
    if not small:
        lowest += [band(found.random)[1].min(), *found.shared_cosines[0, :, :_MOST_SHARED].min(0)]
    else:
        figure.update_layout(legend={"font": {"size": 11}, "itemwidth": 30})
    figure.update_layout(legend_tracegroupgap=0)
    figure.update_xaxes(title_text="layer", dtick=1 if len(layers) <= 13 else 5, zeroline=False)
    figure.update_yaxes(title_text="cosine", range=[float(min(lowest)) - 0.08, 1.03], zeroline=False)
    return figure


def _add_band(figure: Drawing, layers: np.ndarray, pairs: ControlPairs, color: str, dash: str, small: bool) -> None:
    low, middle, high = band(pairs).astype(np.float32)
    inside = f"{BAND[0]} to {BAND[-1]} %"
    figure.add(
        trace(
            "scatter", x=np.concatenate([layers, layers[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", mode="lines",
            line={"width": 0}, fillcolor=_pale(color), name=pairs.said if small else f"{pairs.said} ({inside})", hoverinfo="skip",
            legendgroup=pairs.said,
        )
    )  # fmt: skip
    line = _line(layers, middle, f"{pairs.said} (median)", color, dash)
    figure.add(line | {"showlegend": False, "legendgroup": pairs.said})


def _pale(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.22)"


def _line(x: np.ndarray, y: np.ndarray, name: str, color: str, dash: str, width: float = 1.8) -> Trace:
    return trace(
        "scatter", x=x, y=np.asarray(y, np.float32), name=name, mode="lines", line={"color": color, "dash": dash, "width": width},
        hovertemplate="layer %{x}: %{y:.3f}<extra>" + name + "</extra>",
    )  # fmt: skip
