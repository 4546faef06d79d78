"""How many bits a context tells of a word, beside other contexts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.types import HeldOutInformation, PromptInformation

_UNRELATED = "other sentences\u2019 words"
_SHUFFLED = "same words, other order"
_HELD_OUT = {
    "whole": ("all words before", theme.CONTEXTUAL, "circle"),
    "shuffled": ("the same words in another order", theme.SENSES[2], "diamond"),
    "exchanged": ("another sentence\u2019s words", theme.NEUTRAL, "square"),
}
_ROW = 54


def prompt_information_figure(found: PromptInformation, *, note: str = "", height: int | None = None) -> Drawing:
    """Bits that each prompt adds to its last word alone, a row for each candidate and prompt, beside the contexts of the control.

    Args:
        found: The measurement.
        note: What it rests on.
        height: In pixels.
    """
    rows = [(c, p) for c in range(len(found.candidates)) for p in range(len(found.prompts))]
    names = theme.apart([_row_name(found, c, p) for c, p in rows])
    figure = theme.blank()
    control = [(found.unrelated[p][:, c], found.others[p]) for c, p in rows]
    order = [(found.shuffled[p][:, c], found.orders[p]) for c, p in rows]
    figure.add(_cloud(control, _UNRELATED, theme.NEUTRAL, "circle", 7, 0.16))
    figure.add(_cloud(order, _SHUFFLED, theme.SENSES[2], "diamond", 8, -0.16))
    start = [(found.start[[p], c], ["the start token alone"]) for c, p in rows]
    figure.add(_cloud(start, "no word at all", theme.SENSES[1], "x", 8, 0))
    whole = np.array([found.whole[p, c] for c, p in rows])
    figure.add(
        trace(
            "scatter", x=whole, y=list(range(len(rows))), mode="markers+text", name="the whole prompt", cliponaxis=False,
            marker={"color": theme.CONTEXTUAL, "symbol": "circle", "size": 13, "line": {"color": "white", "width": 1}},
            text=[f"<b>{value:+.1f}</b>" for value in whole], textposition="top center", textfont={"size": 12},
            customdata=[theme.literal(found.prompts[p]) for _, p in rows],
            hovertemplate="%{customdata}: %{x:+.2f} bits<extra>the whole prompt</extra>",
        )
    )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height or 170 + _ROW * len(rows))
    theme.upright(figure, 0)
    figure.update_xaxes(title_text="bits beyond the last word alone", zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=names, range=[len(rows) - 0.5, -0.6], zeroline=False, showgrid=False,
    )  # fmt: skip
    return figure


def held_out_information_figure(found: HeldOutInformation, *, note: str = "", height: int = 270) -> Drawing:
    """Mean bits that each kind of context adds to the word before alone, with 95 % intervals."""
    figure = theme.blank()
    for row, context in enumerate(found.contexts):
        said, color, symbol = _HELD_OUT[context]
        low, high = found.interval[row]
        mean = float(found.mean[row])
        known = bool(np.isfinite(low) and np.isfinite(high))  # of one sentence there is no spread
        figure.add(
            trace(
                "scatter", x=[mean], y=[row], mode="markers+text", name=said, showlegend=False,
                marker={"color": color, "symbol": symbol, "size": 13},
                error_x={
                    "array": [float(high - mean)], "arrayminus": [float(mean - low)], "symmetric": False, "color": color,
                    "thickness": 2,
                } if known else None,
                text=[f"{mean:+.2f}"], textposition="top center", cliponaxis=False,
                customdata=[f", 95 %: {low:+.3f} to {high:+.3f}" if known else ""],
                hovertemplate="%{x:+.3f} bits%{customdata}<extra>" + said + "</extra>",
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    theme.upright(figure, 0)
    figure.update_xaxes(title_text="bits a word, beyond the word before alone", zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(found.contexts))), ticktext=[_HELD_OUT[c][0].replace(" in ", "<br>in ") for c in found.contexts],
        range=[len(found.contexts) - 0.5, -0.6], zeroline=False, showgrid=False,
    )  # fmt: skip
    return figure


def _row_name(found: PromptInformation, candidate: int, prompt: int) -> str:
    word, text = theme.short(found.candidates[candidate], 16), theme.short(found.prompts[prompt], 24)
    return f"<b>{theme.literal(word)}</b><br>after {theme.literal(text)}"


def _cloud(
    rows: Sequence[tuple[np.ndarray, Sequence[str]]], said: str, color: str, symbol: str, size: int, shift: float
) -> Trace:
    """All values of one kind of context, a little beside the middle of their rows; what was read is in the hover."""
    x = np.concatenate([values for values, _ in rows])
    y = np.concatenate([np.full(len(values), row + shift) for row, (values, _) in enumerate(rows)])
    return trace(
        "scatter", x=x, y=y, mode="markers", name=said, marker={"color": color, "symbol": symbol, "size": size, "opacity": 0.6},
        customdata=[theme.literal(text) for _, texts in rows for text in texts],
        hovertemplate="%{customdata}: %{x:+.2f} bits<extra>" + said + "</extra>",
    )  # fmt: skip
