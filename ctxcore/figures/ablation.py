"""What moved a word: words left out, and heads ablated beside random ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.types import HeadShifts, Influence

_WAYS = {
    "blocked": ("attention to it blocked", theme.SENSES[0], "circle"),
    "zeroed": ("its values set to zero", theme.SENSES[3], "cross"),
    "removed": ("deleted", theme.SENSES[2], "square"),
    "replaced": ("replaced", theme.SENSES[1], "diamond"),
}


def influence_figure(
    found: Influence, layer: int, *, order: Sequence[int] | None = None, note: str = "", height: int | None = None
) -> Drawing:
    """How far the target moves without each word (left), beside attention and rollout on that word (right).

    Args:
        found: The measurement.
        layer: Whose vectors are compared; attention is that layer's, rollout reaches from it to the tokens.
        order: Which words, from top to bottom; all in the sentence's order where None.
        note: What it rests on.
        height: In pixels.
    """
    shown = list(range(len(found.words)) if order is None else order)
    names = [theme.literal(theme.short(found.words[i].text, 18)) for i in shown]
    at = list(range(len(shown)))
    figure = theme.blank()
    for way, (said, color, symbol) in _WAYS.items():
        said = f"replaced by {theme.literal(theme.short(found.neutral, 14))}" if way == "replaced" else said
        figure.add(_dots(found.shifts[way][shown, layer], at, names, said, color, symbol, "x"))
    for values, said, color, symbol in (
        (found.attention, "attention weight", theme.NEUTRAL, "triangle-up"),
        (found.weighted, "what attention moves", theme.CONTEXTUAL, "triangle-right"),
        (found.rollout, "rollout", theme.SENSES[4], "triangle-down"),
    ):
        if values is not None:
            figure.add(_dots(values[shown, layer], at, names, said, color, symbol, "x2"))
    theme.lay_out(figure, note=theme.literal(note), height=height or 170 + 32 * len(shown))
    target = theme.literal(theme.short(found.target.text, 14))
    ticks = {"tickvals": at, "ticktext": names, "range": [len(at) - 0.5, -0.5], "zeroline": False}
    figure.update_layout(
        xaxis={"domain": [0, 0.56], "rangemode": "tozero", "title_text": f"how far \u201c{target}\u201d moves (1 \u2212 cosine)"},
        xaxis2={"domain": [0.62, 1], "rangemode": "tozero", "title_text": "share", "anchor": "y"},
        yaxis=ticks,
    )  # fmt: skip
    return figure


def control_figure(found: HeadShifts, layer: int, *, note: str = "", height: int = 250) -> Drawing:
    """The first set of heads against the others, the random control: how far the target moves, and the next word.

    Args:
        found: Its first set is the chosen one, all others are the control.
        layer: Whose vectors are compared.
        note: What it rests on.
        height: In pixels.
    """
    figure = theme.blank()
    rows = [("the word\u2019s vector (1 \u2212 cosine)", found.shift[:, layer])]
    if found.next_word is not None:
        rows.append(("the next word (bits)", found.next_word))
    for number, (said, values) in enumerate(rows):
        axis = "" if number == 0 else "2"
        names = [_named(heads) for heads in found.sets]
        for chosen in (False, True):
            part = slice(0, 1) if chosen else slice(1, None)
            kept = np.asarray(values[part], np.float32)
            figure.add(
                trace(
                    "scatter", x=kept, y=[0 if chosen else 1] * len(kept), mode="markers", xaxis=f"x{axis}", yaxis="y",
                    name="these heads" if chosen else "random sets of the same size", showlegend=number == 0,
                    marker={
                        "size": 13 if chosen else 9, "opacity": 1 if chosen else 0.55,
                        "color": theme.ACCENT if chosen else theme.NEUTRAL, "symbol": "diamond" if chosen else "circle",
                    },
                    customdata=names[part], hovertemplate="without %{customdata}: %{x:.4f}<extra></extra>",
                )
            )  # fmt: skip
        share = 1 / len(rows)
        figure.update_layout({
            f"xaxis{axis}": {
                "domain": [number * share, (number + 1) * share - (0.05 if len(rows) > 1 else 0)],
                "title_text": said, "rangemode": "tozero", "anchor": "y",
            }
        })  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_yaxes(tickvals=[0, 1], ticktext=["ablated", "control"], range=[1.6, -0.6], zeroline=False)
    return figure


def _dots(
    values: np.ndarray, at: Sequence[int], names: Sequence[str], said: str, color: str, symbol: str, axis: str
) -> Trace:
    return trace(
        "scatter", x=np.asarray(values, np.float32), y=list(at), mode="markers", name=said, xaxis=axis, yaxis="y", customdata=list(names),
        marker={"color": color, "symbol": symbol, "size": 10},
        hovertemplate="%{customdata}: %{x:.4f}<extra>" + said + "</extra>",
    )  # fmt: skip


def _named(heads: Sequence[tuple[int, int]]) -> str:
    shown = ", ".join(f"{layer}.{head}" for layer, head in heads[:8])
    return shown + (f" and {len(heads) - 8} more" if len(heads) > 8 else "")
