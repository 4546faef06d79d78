"""Attention worked by hand: a few short vectors, their weights and their sum, every number in sight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import cells, theme
from ctxcore.figures.cells import three
from ctxcore.figures.drawing import Drawing

_BETWEEN = 0.7
"""Room for a sign between two parts of a sum, in cells."""


def hand_figure(
    words: Sequence[str],
    vectors: np.ndarray,
    weights: np.ndarray,
    *,
    query: int = 0,
    scores: np.ndarray | None = None,
    scaled: np.ndarray | None = None,
    height: int | None = None,
    title: str = "",
) -> Drawing:
    """A weighted sum of a few short vectors with every number in sight: weights, products, sum.

    Args:
        words: The words, one a row.
        vectors: Their vectors ``[word, number]``.
        weights: The weight of each word ``[word]``.
        query: Which word takes in the others.
        scores: The dot product of its query with the key of each word ``[word]``; with ``scaled``, the steps from scores to
            weights stand above the sum. None where the weights were given.
        scaled: The scaled scores ``[word]``.
        height: In pixels.
        title: What the figure says.
    """
    vectors, weights = np.asarray(vectors, np.float64), np.asarray(weights, np.float64)
    names = [theme.literal(theme.short(w, 12)) for w in words]
    count, size = vectors.shape
    figure = theme.blank()
    ticks: list[tuple[float, str]] = []
    below = 0.0
    if scores is not None and scaled is not None:
        _from_scores(figure, names, np.asarray(scores), np.asarray(scaled), weights, size)
        ticks += list(enumerate(names))
        below = count + 1.5
    _sum_of(figure, names, vectors, weights, below)
    ticks += [(below + i, name) for i, name in enumerate(names)] + [(below + count + 0.4, "sum")]
    parts = _parts(size)
    figure.add_annotation(
        text=f"new \u201c{names[query]}\u201d", x=parts[2] - 0.15, y=below + count + 0.4, xanchor="right",
        yanchor="middle", showarrow=False,
    )  # fmt: skip
    cells.frame(figure, parts[2], below + count - 0.1, parts[2] + size, below + count + 0.9)
    rows = below + count + 1
    theme.lay_out(figure, title=title, height=height or _hand_height(rows, title), ticks=False)
    figure.update_layout(margin_t=34 if title else 4, showlegend=False, dragmode=False)
    figure.update_xaxes(range=[-0.55, parts[2] + size + 0.05], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[rows, -1.25], tickvals=[at for at, _ in ticks], ticktext=[name for _, name in ticks], showgrid=False,
        zeroline=False, showline=False, ticks="", fixedrange=True,
    )  # fmt: skip
    return figure


def _hand_height(rows: float, title: str) -> int:
    return round(34 * (rows + 1.25)) + (48 if title else 16)


def _parts(size: int) -> tuple[float, float, float]:
    """Where the weight, the vector and their product begin, in cells."""
    return -0.5, 0.5 + _BETWEEN, 0.5 + size + 2 * _BETWEEN


def _from_scores(
    figure: Drawing, names: list[str], scores: np.ndarray, scaled: np.ndarray, weights: np.ndarray, size: int
) -> None:
    """Three wide columns above the sum: scores, scaled, softmax."""
    reach = cells.greatest(scores)
    wide = (1 + 2 * size) / 3
    rows = np.arange(len(names) + 1) - 0.5
    steps = (("score q \u00b7 k", scores), (f"scaled \u00f7 \u221a{size}", scaled), ("softmax", weights))
    for number, (head, values) in enumerate(steps):
        left = -0.5 + number * (wide + _BETWEEN)
        limit = None if head == "softmax" else reach
        _cells(figure, values[:, None], np.array([left, left + wide]), rows, names, head, reach=limit)
        _say(figure, head, left + wide / 2, -0.9)
        if number:
            _say(figure, "\u2192", left - _BETWEEN / 2, (len(names) - 1) / 2)


def _sum_of(figure: Drawing, names: list[str], vectors: np.ndarray, weights: np.ndarray, below: float) -> None:
    """Weight times vector for each word, and below it what they add up to."""
    count, size = vectors.shape
    weighted = weights[:, None] * vectors
    total = weighted.sum(0)
    reach = cells.greatest(vectors, weighted, total)
    rows, last = below + np.arange(count + 1) - 0.5, below + count + np.array([-0.1, 0.9])
    parts = _parts(size)
    heads = ("weight", weights[:, None], None), ("vector v", vectors, reach), ("weight \u00d7 v", weighted, reach)
    for (head, values, limit), left in zip(heads, parts, strict=True):
        columns = left + np.arange(values.shape[1] + 1)
        _cells(figure, values, columns, rows, names, head, reach=limit)
        _say(figure, head, float(columns.mean()), below - 0.9)
    _cells(figure, total[None], parts[2] + np.arange(size + 1), last, ["sum"], "sum", reach=reach)
    _say(figure, three(float(weights.sum())), 0, below + count + 0.4)
    for sign, left in (("\u00d7", parts[1]), ("=", parts[2])):
        _say(figure, sign, left - _BETWEEN / 2, below + (count - 1) / 2)


def _cells(
    figure: Drawing,
    values: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    names: list[str],
    what: str,
    *,
    reach: float | None,
) -> None:
    """A few cells with their numbers in them, between the edges given; shares where there is no reach."""
    hover = [[name] * values.shape[1] for name in names]
    cells.heat(
        figure, values, x=x, y=y, name=what, reach=reach, gap=2, text=[[three(v) for v in row] for row in values.tolist()],
        customdata=hover, hovertemplate=f"%{{customdata}}, {what}: %{{z:.6~g}}<extra></extra>",
    )  # fmt: skip


def _say(figure: Drawing, text: str, x: float, y: float) -> None:
    figure.add_annotation(text=text, x=x, y=y, showarrow=False, xanchor="center", yanchor="middle")
