"""What tables know of new text: a sentence word by word, the share never seen, and held-out words guessed."""

from __future__ import annotations

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.types import Coverage, HeldOut

PREDICTORS = {
    "table": ("lookup table", theme.STATIC, "star-diamond"),
    "smoothed": ("smoothed table", theme.NEUTRAL, "diamond"),
    "last word": ("model, last word alone", theme.SENSES[1], "square"),
    "full": ("model, all words before", theme.SENSES[0], "circle"),
}
"""Name, colour and symbol of each predictor: tables in orange and grey, the model in the contextual family."""
_UPRIGHT, _STRAIGHT = 12, 80
"""Beyond so many words, and so many letters side by side, text has no room across."""
_CLOSE = 6
"""Percentage points between two ends of lines whose numbers would run into each other."""


def word_by_word_figure(found: HeldOut, sentence: int = 0, *, note: str = "", height: int = 380) -> Drawing:
    """The probability that each predictor gave each word of one sentence, given the words before it.

    Args:
        found: The measurement.
        sentence: Which of its sentences.
        note: What it rests on.
        height: In pixels.
    """
    figure = theme.blank()
    here = [i for i, s in enumerate(found.sentence_index) if s == sentence]
    places = np.arange(len(here))
    for r, predictor in enumerate(found.predictors):
        name, color, symbol = PREDICTORS[predictor]
        values = np.exp(found.logs[r, here])
        drawn = values > 0
        shift = 0.09 * (r - (len(found.predictors) - 1) / 2)
        figure.add(
            trace(
                "scatter", x=places[drawn] + shift, y=np.maximum(values[drawn], theme.FLOOR), name=name, mode="markers",
                marker={"color": color, "symbol": symbol, "size": 12},
                customdata=np.stack([values[drawn], found.first[r, here][drawn], found.five[r, here][drawn]], axis=-1),
                hovertemplate="%{customdata[0]:.6f}<extra>" + name + "</extra>",
            )
        )  # fmt: skip
    for place, i in enumerate(here):
        if np.isneginf(found.logs[0, i]):
            narrow = len(here) > _UPRIGHT  # in a long sentence it is set upright, so that none runs into the next
            said = "0" if found.seen[i] else "never seen" if narrow else "never<br>seen"
            figure.add_annotation(
                x=place, y=np.log10(theme.FLOOR), text=said, showarrow=False, yanchor="bottom", name="never seen",
                font={"size": 11, "color": theme.STATIC}, textangle=-90 if narrow and said != "0" else 0,
            )  # fmt: skip
    names = [theme.short(found.words[i], 16) for i in here]
    slanting = len(here) * max(map(len, names), default=0) > _STRAIGHT
    below = theme.aslant(names) if slanting else 0
    theme.lay_out(figure, note=theme.literal(note), height=height, below=below)
    figure.update_xaxes(
        tickvals=places, ticktext=[theme.literal(name) for name in names], tickangle=-40 if slanting else 0,
        range=[-0.6, max(0.6, len(here) - 0.4)], showgrid=False, zeroline=False,
    )  # fmt: skip
    figure.update_yaxes(
        type="log", range=[np.log10(theme.FLOOR) - 0.3, 0.25], dtick=2, exponentformat="power", zeroline=False,
        title_text="probability of the word",
    )  # fmt: skip
    return figure


def coverage_figure(found: Coverage, *, with_word: bool = False, note: str = "", height: int = 380) -> Drawing:
    """The share of held-out words whose context was never seen, against the size of the training text: one line an n.

    Args:
        found: The measurement.
        with_word: Count a word as unseen where its context was seen, but never with this word behind it.
        note: What it rests on.
        height: In pixels.
    """
    shares = found.unseen_steps if with_word else found.unseen_contexts
    beside, ends = _beside(100 * shares[:, -1]), [f"{100 * share:.0f} %" for share in shares[:, -1]]
    figure = theme.blank()
    for i, n in enumerate(found.ns):
        context = f"{n - 1} word{'s' if n > 2 else ''} before"
        figure.add(
            trace(
                "scatter", x=np.array(found.words), y=100 * shares[i], name=f"n = {n}: {context}", mode="lines+markers+text",
                line={"color": theme.SENSES[i], "dash": ("solid", "dash", "dot", "dashdot")[i % 4]},
                marker={"symbol": theme.SYMBOLS[i], "size": 8},
                # lines that end together have one number
                text=[""] * (len(found.words) - 1) + ["" if ends[i] in ends[:i] else ends[i]], textposition=beside[i],
                customdata=np.array(found.sizes),
                hovertemplate="%{customdata} sentences, %{x} words: %{y:.1f} % never seen<extra></extra>",
                cliponaxis=False,
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    most, least = max(found.words), max(1, min(found.words))
    sizes = sorted(set(found.words), reverse=True)[::2]  # every other one has room
    figure.update_xaxes(
        title_text="training words", type="log", range=[np.log10(least) - 0.05, np.log10(max(most, 2)) + 0.25],
        zeroline=False, tickvals=sizes, ticktext=[f"{size:,}" for size in sizes],
    )  # fmt: skip
    figure.update_yaxes(title_text="never seen, %", range=[0, 104], zeroline=False)
    return figure


def _beside(ends: np.ndarray) -> list[str]:
    """Where the number at the end of each line stands: of two that are close the higher one above, the lower one below."""
    above = [any(0 < a - b < _CLOSE for b in ends) for a in ends]
    below = [any(0 < b - a < _CLOSE for b in ends) for a in ends]
    return [
        "middle right" if up == down else "top right" if up else "bottom right"
        for up, down in zip(above, below, strict=True)
    ]


def held_out_figure(found: HeldOut, *, note: str = "", height: int = 300) -> Drawing:
    """How often each predictor's first guess, and one of its first five, was the word that came."""
    figure = theme.blank()
    names = [PREDICTORS[r][0] for r in found.predictors]
    rows = list(range(len(names)))
    for values, name, color in (
        (found.right_in_five, "among the first five", theme.SEQUENTIAL[2]),
        (found.right_first, "first guess", theme.SEQUENTIAL[4]),
    ):
        figure.add(
            trace(
                "bar", x=100 * values, y=rows, name=name, orientation="h", marker={"color": color},
                text=[f"{100 * v:.1f} %" for v in values], textposition="outside", cliponaxis=False,
                hovertemplate="%{x:.2f} %<extra>" + name + "</extra>",
            )
        )  # fmt: skip
    theme.lay_out(figure, note=theme.literal(note), height=height)
    top = float(100 * found.right_in_five.max())
    figure.update_layout(barmode="group", bargap=0.25, legend_traceorder="reversed")
    figure.update_xaxes(title_text="words guessed, %", range=[0, max(5.0, 1.18 * top)])
    figure.update_yaxes(tickvals=rows, ticktext=names, autorange="reversed", showgrid=False)
    return figure
