"""What comes next: rungs of the ladder, a growing window, and the layers of a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from ctxcore.figures import theme
from ctxcore.types import Ladder, Lens

_SAID = {
    "table": "lookup table",
    "last word": "last word alone",
    "no attention": "attention off",
    "window": "window",
    "full": "full attention",
}
_PROMPTS = ((theme.SENSES[0], "circle"), (theme.SENSES[2], "square"), (theme.SENSES[1], "diamond"))
_FLOOR = 1e-8
"""Probabilities below are drawn here: a logarithmic axis has no nought."""


def ladder_figure(found: Ladder, *, note: str = "", height: int = 400) -> go.Figure:
    """P(candidate) after each prompt on each rung, side by side for each candidate; the richest rung is the lowest.

    Where the table never saw the context that is written out, and no point is drawn.

    Args:
        found: The measurement.
        note: What it rests on.
        height: In pixels.
    """
    figure = theme.blank()
    reach = f" ({found.window} token{'s' if found.window != 1 else ''})"
    rungs = [_SAID[r] + (reach if r == "window" else "") for r in found.rungs]
    count = max(1, len(found.candidates))
    for c, candidate in enumerate(found.candidates):
        axis = "" if c == 0 else str(c + 1)
        for p, prompt in enumerate(found.prompts):
            color, symbol = _PROMPTS[p % len(_PROMPTS)]
            values = found.probability[p, :, c]
            there = np.flatnonzero(~np.isnan(values))
            shift = 0.16 * (2 * p - (len(found.prompts) - 1))
            figure.add_trace(
                go.Scatter(
                    x=np.maximum(values[there], _FLOOR), y=there + shift, mode="markers+text", xaxis=f"x{axis}", yaxis="y",
                    name=theme.literal(theme.short(prompt, 30)), legendgroup=str(p), showlegend=c == 0,
                    marker={"color": color, "symbol": symbol, "size": 11},
                    text=[_written(values[i]) for i in there], textfont={"size": 11},
                    textposition=["middle left" if values[i] > 1e-3 else "middle right" for i in there],
                    customdata=[[float(values[i]), int(found.rank[p, i, c])] for i in there],
                    hovertemplate="%{customdata[0]:.6f}, rank %{customdata[1]}<extra>" + theme.literal(candidate) + "</extra>",
                    cliponaxis=False,
                )
            )  # fmt: skip
            for i in np.flatnonzero(np.isnan(values)):
                figure.add_annotation(
                    x=np.log10(_FLOOR), y=float(i) + shift, xref=f"x{axis}", yref="y", text="never seen", showarrow=False,
                    xanchor="left", font={"size": 11, "color": color}, name="never seen",
                )  # fmt: skip
        figure.update_layout({
            f"xaxis{axis}": {
                "domain": [c / count, (c + 1) / count - (0.04 if count > 1 else 0)], "type": "log", "anchor": "y",
                "range": [np.log10(_FLOOR), 0.35], "dtick": 2, "title_text": f"P({theme.literal(theme.short(candidate, 18))})",
                "exponentformat": "power", "zeroline": False,
            }
        })  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_yaxes(
        tickvals=list(range(len(rungs))), ticktext=rungs, range=[len(rungs) - 0.5, -0.5], zeroline=False, showgrid=False
    )
    return figure


def window_figure(
    reaches: Sequence[int],
    probability: np.ndarray,
    prompts: Sequence[str],
    candidates: Sequence[str],
    *,
    note: str = "",
    height: int = 330,
) -> go.Figure:
    """P(candidate) as the window grows ``[prompt, reach, candidate]``: one line a prompt and candidate."""
    figure = theme.blank()
    _lines(figure, reaches, probability, prompts, candidates)
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_xaxes(title_text="reach of the window in tokens", dtick=1, zeroline=False)
    figure.update_yaxes(title_text="probability", type="log", exponentformat="power", zeroline=False)
    return figure


def lens_figure(found: Sequence[Lens], *, note: str = "", height: int = 360) -> go.Figure:
    """P(candidate) as each layer would say, one line a prompt and candidate."""
    figure = theme.blank()
    candidates = list(found[0].candidates)
    probability = np.array(
        [[[one.candidates[c][n] for c in candidates] for n in range(len(one.divergence))] for one in found]
    )
    _lines(figure, range(probability.shape[1]), probability, [one.prefix for one in found], candidates)
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_xaxes(title_text="layer (0 is the word embedding)", zeroline=False)
    figure.update_yaxes(title_text="probability", type="log", exponentformat="power", zeroline=False)
    return figure


def _lines(
    figure: go.Figure, x: Sequence[int], probability: np.ndarray, prompts: Sequence[str], candidates: Sequence[str]
) -> None:
    """Colour and symbol tell the prompt, the dash tells the candidate."""
    for p, prompt in enumerate(prompts):
        color, symbol = _PROMPTS[p % len(_PROMPTS)]
        for c, candidate in enumerate(candidates):
            name = f"{theme.short(candidate, 16)} after \u201c{theme.short(prompt, 22)}\u201d"
            figure.add_trace(
                go.Scatter(
                    x=list(x), y=np.maximum(probability[p, :, c], _FLOOR), name=theme.literal(name), mode="lines+markers",
                    line={"color": color, "dash": ("solid", "dash", "dot", "dashdot")[c % 4]},
                    marker={"color": color, "symbol": symbol, "size": 6},
                    hovertemplate="%{x}: %{y:.6f}<extra>" + theme.literal(name) + "</extra>",
                )
            )  # fmt: skip


def _written(value: float) -> str:
    """A probability in three digits, or that it is nought."""
    if value == 0:
        return "0"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"
