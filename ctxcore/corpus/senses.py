"""The senses of a word in a text: clusters of its usages in the full space, one sense among the possible answers.

Two sentences say how it is decided. Senses are the groups of the graph of nearest usages, found by spectral clustering (Shi & Malik 2000),
the fewest that come within 0.04 of the greatest modularity (Newman 2006). A word has one sense where that is not over 0.3, from which on a
graph is said to have groups at all (Clauset, Newman & Moore 2004), or where its vector follows what the sentences are about no more than
that of nine in ten words with one sense does (``context_slope``: two usages against their two sentences, by cosine, over all pairs).

The second condition is what leaves words with one sense whole in a text with topics, whose clusters are real and no senses. Where the model
is not at hand, a poorer one stands for it: two usages are on average no farther apart than those of words with one sense (one less the
self-similarity of Ethayarajh 2019). A reader who knows that a word has several sets ``apart`` to 0. ``benchmarks.senses`` has figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial, reduce

import numpy as np

from ctxcore.corpus.context_slope import ContextSlope
from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import unit
from ctxcore.measures.modularity import modularity, neighbour_graph, spectral_groups
from ctxcore.measures.telling_words import counted, telling_words
from ctxcore.text import folded, is_function_word, words_of
from ctxcore.types import SenseEvidence, UsageSenses

APART = 0.2033
"""Mean cosine distance of two usages in minilm-l6's last layer that two of twenty words with one sense exceed (``one_sense``)."""
GROUPED = 0.3
"""Modularity that groups must exceed."""
WITHIN = 0.04
"""Of two numbers of senses whose modularity differs by less, the smaller is taken."""
MOST_READ = 1000
"""Usages that the decision rests on, drawn at random; the others are given the nearest sense."""
LEAST = 10
"""Fewer usages are never split."""
_NEIGHBOURS, _SHARE = 7, 0.2
"""Of a usage in the graph: so many, and this share of all where that is more."""
_COPIES = 0.7
"""Sentences that share this part of all their words (Jaccard 1912) are copies of one."""
_EXAMPLES, _TELLING = 8, 10
_COUNTED = 10_000
"""Usages whose words are counted, drawn at random."""


def senses_of(
    vectors: np.ndarray,
    texts: Sequence[str],
    spans: np.ndarray,
    seed: int = 0,
    most: int = 8,
    apart: float = APART,
    slope: ContextSlope | None = None,
) -> UsageSenses:
    """Cluster the usages of one word into senses. Sentences that are near copies count once in the decision.

    Args:
        vectors: ``[usage, feature]`` of one layer.
        texts: The sentence of each.
        spans: Whole numbers ``[usage, 2]``: where the word stands in it, first character and one past the last.
        seed: Of the sample and the clustering.
        most: So many senses at the most.
        apart: Mean cosine distance of two usages from which on there is more than one sense. It depends on model and layer:
            :func:`ctxcore.corpus.one_sense.one_sense_distance` measures it.
        slope: Decides in place of the distance, and better: :func:`ctxcore.corpus.one_sense.slope_for` makes it of a model.

    Raises:
        BadInputError: There is no usage, the lengths differ, or a vector holds something else than numbers.
    """
    if not len(vectors) or not len(vectors) == len(texts) == len(spans) or not np.isfinite(vectors).all():
        raise BadInputError(
            "One vector of finite numbers, one text and one span for each usage, at least one.",
            f"{len(vectors)} vectors, {len(texts)} texts, {len(spans)} spans",
            "Give all of one word.",
        )
    points = unit(vectors)
    read = np.sort(np.random.default_rng(seed).permutation(len(points))[:MOST_READ])
    read = read[near_copies_left_out([texts[row] for row in read.tolist()])]
    around = _around(points)
    needed, follows = apart, None
    if slope is not None:
        needed, follows = slope.needed, partial(slope, [texts[row] for row in read.tolist()], spans[read], seed)
    groups, evidence = _decided(points[read], around[read], seed, most, needed, follows)
    labels, centres = _assigned(around, read, groups)
    return UsageSenses(
        labels,
        len(centres),
        _silhouette(around[read], labels[read]),
        _telling(texts, spans, labels, len(centres), seed),
        _nearest(around, labels, centres),
        evidence,
    )


def _around(points: np.ndarray) -> np.ndarray:
    """Directions from the mean of all usages: what all usages share would make all cosines alike."""
    away = points - points.mean(0)
    away[np.linalg.norm(away, axis=1) < 1e-6] = 0  # equal to the mean but for rounding: no direction
    return unit(away)


def near_copies_left_out(texts: Sequence[str]) -> np.ndarray:
    """Places ``[kept]`` of the sentences that are no near copy of an earlier one."""
    kept: list[int] = []
    bags = [frozenset(text.casefold().split()) for text in texts]
    holding: dict[str, list[int]] = {}
    for place, bag in enumerate(bags):
        shared = Counter(other for word in bag for other in holding.get(word, ()))
        if all(both < _COPIES * len(bag | bags[other]) for other, both in shared.items()):
            kept.append(place)
            for word in bag:
                holding.setdefault(word, []).append(place)
    return np.array(kept, np.int64)


def _decided(
    points: np.ndarray, around: np.ndarray, seed: int, most: int, needed: float, follows: Callable[[], float] | None
) -> tuple[np.ndarray, SenseEvidence]:
    """The group of each usage, all 0 where there is one sense, and what decided it."""
    count, one = len(points), np.zeros(len(points), np.int64)
    total = points.sum(0)
    spread = max(0.0, float(1 - (total @ total - count) / (count * (count - 1)))) if count > 1 else 0.0
    if count < LEAST:
        why = f"{count} different sentences are too few to tell senses apart; it takes {LEAST}."
        return one, SenseEvidence((), spread, needed, count, why)
    if len(np.unique(around.round(6), axis=0)) < 3 or most < 2:
        return one, SenseEvidence((), spread, needed, count, "There is nothing to split.")
    graph = neighbour_graph(around, min(count - 1, max(_NEIGHBOURS, round(_SHARE * count))))
    tried = spectral_groups(graph, range(2, min(most, count // 3) + 1), seed)
    scores = tuple(modularity(graph, groups) for groups in tried)
    best = next(place for place, score in enumerate(scores) if score >= max(scores) - WITHIN)
    slope = None if follows is None else follows()
    measured = spread if slope is None else slope
    said = _held_against(spread, slope, needed)
    grouped = f"{best + 2} groups (modularity {scores[best]:.2f})"
    if scores[best] <= GROUPED:
        why = f"{said}; they fall into no groups (modularity {scores[best]:.2f}, not over {GROUPED}): one sense."
    elif measured <= needed:
        why = f"{said}: one sense. The {grouped} that its usages fall into are taken for topics."
    else:
        why = f"{said}, and its usages fall into {grouped}."
    split = scores[best] > GROUPED and measured > needed
    return tried[best] if split else one, SenseEvidence(scores, spread, needed, count, why, slope)


def _held_against(spread: float, slope: float | None, needed: float) -> str:
    if slope is not None:
        return (
            f"The word\u2019s vector follows what its sentences are about with a slope of {slope:.3f}, where {needed:.3f} is what words "
            "with one sense stay under"
        )
    if not needed:
        return "Not held against words with one sense"
    return f"Two usages are {spread:.3f} apart on average, where {needed:.3f} is what words with one sense stay under"


def _assigned(around: np.ndarray, read: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``[usage]`` senses, the largest first, and their centres ``[sense, feature]``: those that were not read get the nearest."""
    names = np.unique(groups)
    centres = unit(np.stack([around[read[groups == name]].mean(0) for name in names]))
    labels = (around @ centres.T).argmax(1)
    labels[read] = np.searchsorted(names, groups)
    order = np.argsort(-np.bincount(labels, minlength=len(names)), kind="stable")
    return np.argsort(order)[labels], centres[order]


def _silhouette(around: np.ndarray, labels: np.ndarray) -> float:
    """The mean silhouette by cosine distance; NaN where there is one sense."""
    from sklearn.metrics import silhouette_score

    if not 1 < len(set(labels.tolist())) < len(around):
        return float("nan")
    return float(silhouette_score(around, labels, metric="cosine"))


def _telling(
    texts: Sequence[str], spans: np.ndarray, labels: np.ndarray, count: int, seed: int
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Words beside the usages of each sense that are fewer beside the others."""
    if count < 2:
        return ((),)
    rows = np.random.default_rng(seed).permutation(len(texts))[:_COUNTED]
    beside = [
        [
            folded(word.text)
            for word in words_of(text)
            if (word.end <= start or word.start >= end) and not is_function_word(word.text) and word.text[0].isalpha()
        ]
        for text, (start, end) in ((texts[row], spans[row]) for row in rows.tolist())
    ]
    counts = [counted([words for words, of in zip(beside, labels[rows], strict=True) if of == s]) for s in range(count)]
    every = reduce(lambda one, two: one + two, counts)
    return tuple(tuple(telling_words(inside, every - inside, _TELLING)) for inside in counts)


def _nearest(around: np.ndarray, labels: np.ndarray, centres: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Rows of the usages nearest to the centre of each sense."""
    found = []
    for sense, centre in enumerate(centres):
        rows = np.flatnonzero(labels == sense)
        found.append(tuple(rows[np.argsort(-(around[rows] @ centre), kind="stable")[:_EXAMPLES]].tolist()))
    return tuple(found)
