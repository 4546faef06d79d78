"""What comes next: context levels, a growing window, the layers of a model, and a continuation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.types import GeneratedToken, Ladder, Lens

_SAID = {
    "table": "lookup table",
    "last word": "last word alone",
    "no attention": "attention off",
    "full": "full attention",
}
_PROMPTS = ((theme.SENSES[0], "circle"), (theme.SENSES[2], "square"), (theme.SENSES[1], "diamond"))


def level_names(found: Ladder) -> list[str]:
    """What each context level is called, the poorest first; one name wherever it stands."""
    shown = f"last {found.window} word{'s' if found.window != 1 else ''}"
    return [_SAID.get(level, shown) for level in found.levels]


def ladder_figure(found: Ladder, *, note: str = "", height: int = 400) -> Drawing:
    """P(candidate) after each prompt on each context level, side by side for each candidate; the richest level is the lowest.

    Where the table never saw the context, or only at the end of a sentence, that is written out, and no point is drawn.

    Args:
        found: The measurement.
        note: What it rests on.
        height: In pixels.
    """
    figure = theme.blank()
    levels = level_names(found)
    count = max(1, len(found.candidates))
    for c, candidate in enumerate(found.candidates):
        axis = "" if c == 0 else str(c + 1)
        for p, prompt in enumerate(found.prompts):
            color, symbol = _PROMPTS[p % len(_PROMPTS)]
            values = found.probability[p, :, c]
            there = np.flatnonzero(~np.isnan(values))
            shift = 0.16 * (2 * p - (len(found.prompts) - 1))
            figure.add(
                trace(
                    "scatter", x=np.maximum(values[there], theme.FLOOR), y=there + shift, mode="markers+text", xaxis=f"x{axis}", yaxis="y",
                    name=theme.literal(theme.short(prompt, 30)), legendgroup=str(p), showlegend=c == 0,
                    marker={"color": color, "symbol": symbol, "size": 11},
                    text=[theme.probability(float(values[i])) for i in there], textfont={"size": 11},
                    textposition=["middle left" if values[i] > 1e-3 else "middle right" for i in there],
                    customdata=[[float(values[i]), int(found.rank[p, i, c])] for i in there],
                    hovertemplate="%{customdata[0]:.6f}, rank %{customdata[1]}<extra>" + theme.literal(candidate) + "</extra>",
                    cliponaxis=False,
                )
            )  # fmt: skip
            for i in np.flatnonzero(np.isnan(values)):
                said = "sentence ended there" if found.answers[p][c].ended else "never seen"
                figure.add_annotation(
                    x=np.log10(theme.FLOOR), y=float(i) + shift, xref=f"x{axis}", yref="y", text=said, showarrow=False,
                    xanchor="left", font={"size": 11, "color": color}, name="never seen",
                )  # fmt: skip
        _frame_candidate(figure, c, count, candidate)
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_yaxes(
        tickvals=list(range(len(levels))),
        ticktext=levels,
        range=[len(levels) - 0.5, -0.5],
        zeroline=False,
        showgrid=False,
    )
    return figure


def _frame_candidate(figure: Drawing, c: int, count: int, candidate: str) -> None:
    """The axis of candidate number ``c`` of so many, and a frame: without it the points of two run into one row."""
    # Away from the ends, where those of one candidate would run into the next one's on a phone.
    powers = {1: [-8, -6, -4, -2, 0], 2: [-7, -4, -1], 3: [-6, -2]}.get(count, [-4])
    ticks = {"tickvals": [10.0**p for p in powers], "ticktext": [f"10<sup>{p}</sup>" if p else "1" for p in powers]}
    domain = [c / count, (c + 1) / count - (0.04 if count > 1 else 0)]
    figure.add_shape(
        type="rect", xref="paper", yref="paper", x0=domain[0], x1=domain[1], y0=0, y1=1, layer="below",
        line={"color": theme.FRAME, "width": 1},
    )  # fmt: skip
    figure.update_layout({
        "legend_bgcolor": "rgba(0,0,0,0)",  # it stands on the upper edge of the first frame, and would cover it
        f"xaxis{c + 1 if c else ''}": {
            "domain": domain, "type": "log", "anchor": "y",
            "range": [np.log10(theme.FLOOR) - 0.4, 0.35], **ticks,
            "title_text": f"P({theme.literal(theme.short(candidate, 18))})", "zeroline": False,
        }
    })  # fmt: skip


def window_figure(
    shown: Sequence[int],
    probability: np.ndarray,
    prompts: Sequence[str],
    candidates: Sequence[str],
    *,
    note: str = "",
    height: int = 330,
) -> Drawing:
    """P(candidate) as more words of the prompt are shown ``[prompt, number, candidate]``: one line a prompt and candidate."""
    figure = theme.blank()
    _lines(figure, shown, probability, prompts, candidates)
    theme.lay_out(figure, note=theme.literal(note), height=height)
    figure.update_xaxes(title_text="words shown, from the end of the prompt", dtick=1, zeroline=False)
    figure.update_yaxes(title_text="probability", type="log", exponentformat="power", zeroline=False)
    return figure


def lens_figure(found: Sequence[Lens], *, note: str = "", height: int = 360) -> Drawing:
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


def continuation_figure(tokens: Sequence[GeneratedToken], *, note: str = "", height: int = 300) -> Drawing:
    """Each token of a continuation with its probability; what else was likely there is in the hover."""
    figure = theme.blank()
    others = ["<br>".join(f"{theme.literal(_visible(text))}  {share:.3f}" for text, share in one.top) for one in tokens]
    figure.add(
        trace(
            "bar", x=list(range(len(tokens))), y=np.array([one.probability for one in tokens]),
            marker={"color": [theme.CONTEXTUAL if one.rank == 1 else theme.SENSES[2] for one in tokens]},
            customdata=[[one.rank, one.entropy, said] for one, said in zip(tokens, others, strict=True)],
            hovertemplate="%{y:.4f}, rank %{customdata[0]}, entropy %{customdata[1]:.2f} bits<br>%{customdata[2]}<extra></extra>",
        )
    )  # fmt: skip
    names = [_visible(one.text) for one in tokens]
    theme.lay_out(figure, note=theme.literal(note), height=height, below=theme.aslant(names))
    figure.update_xaxes(
        tickvals=list(range(len(tokens))), ticktext=[theme.literal(n) for n in names], tickangle=-40, showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(title_text="probability", range=[0, 1])
    return figure


def _visible(text: str) -> str:
    """A token without its leading blank; one of white space alone as it is written in code."""
    return text.strip() or repr(text)[1:-1]


def _lines(
    figure: Drawing, x: Sequence[int], probability: np.ndarray, prompts: Sequence[str], candidates: Sequence[str]
) -> None:
    """Colour and symbol tell the prompt, the dash tells the candidate."""
    for p, prompt in enumerate(prompts):
        color, symbol = _PROMPTS[p % len(_PROMPTS)]
        for c, candidate in enumerate(candidates):
            name = f"{theme.short(candidate, 16)} after \u201c{theme.short(prompt, 22)}\u201d"
            figure.add(
                trace(
                    "scatter", x=list(x), y=np.maximum(probability[p, :, c], theme.FLOOR), name=theme.literal(name), mode="lines+markers",
                    line={"color": color, "dash": ("solid", "dash", "dot", "dashdot")[c % 4]},
                    marker={"color": color, "symbol": symbol, "size": 6},
                    hovertemplate="%{x}: %{y:.6f}<extra>" + theme.literal(name) + "</extra>",
                )
            )  # fmt: skip
