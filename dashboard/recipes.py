"""The Python behind each figure: code that a reader runs with ``ctxcore`` alone and that makes the same figure."""

from __future__ import annotations

from collections.abc import Sequence

from ctxcore import HeadTrace
from dashboard.state import ByHand


def by_hand(hand: ByHand, names: Sequence[str], *, computed: bool) -> str:
    """A few short vectors and their weighted sum, the weights as given or worked out."""
    given = (
        f"weights = np.array({list(hand.weights)!r})",
        f"figure = figures.hand_figure(words, vectors, weights, asks={hand.asks})",
    )
    worked = (
        f"steps = ctxcore.attention_steps(vectors[[{hand.asks}]], vectors, vectors)",
        "figure = figures.hand_figure(",
        f"    words, vectors, steps.weights[0], asks={hand.asks}, scores=steps.scores[0], scaled=steps.scaled[0]",
        ")",
    )
    return script(
        f"words = {list(names)!r}",
        f"vectors = np.array({[list(v) for v in hand.vectors]!r})",
        *(worked if computed else given),
        numpy=True,
    )


def traced(model: str, trace: HeadTrace, builder: str, query: int, key: int) -> str:
    """One step of one head of a model."""
    return script(
        f"model = ctxcore.load_model({model!r})",
        f"trace = model.trace({trace.sentence!r}, {trace.layer}, {trace.head})",
        f"figure = figures.{builder}(trace, {query}, {key})",
    )


def titled(code: str, title: str) -> str:
    """The script of a figure, with a title above the figure; without one, the script."""
    if not title:
        return code
    return code.replace("\nfigure.write_html(", f"\nfigure = figures.titled(figure, {title!r})\nfigure.write_html(")


def script(*lines: str, uses: Sequence[str] = (), numpy: bool = False) -> str:
    """A whole script that ends by writing the figure."""
    heads = ["import numpy as np", ""] if numpy else []
    heads += ["import ctxcore", "from ctxcore import figures"]
    heads += [f"from ctxcore.measures import {name}" for name in uses]
    return "\n".join([*heads, "", *lines, 'figure.write_html("figure.html")', ""])
