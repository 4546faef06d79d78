"""The senses of a word in a text: clusters of its usages in the full space, one sense among the possible answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import unit
from ctxcore.measures.telling_words import counted, telling_words
from ctxcore.text import words_of
from ctxcore.text.finding import folded
from ctxcore.text.words import is_function_word
from ctxcore.types import SenseEvidence, UsageSenses

MOST_READ = 1500
"""Usages that the decision rests on; the others are given the nearest sense."""
LEAST = 10
"""Fewer usages are never split."""
NEEDED = 0.15
_EXAMPLES = 8
_TELLING = 10


def senses_of(
    vectors: np.ndarray, texts: Sequence[str], spans: np.ndarray, seed: int = 0, most: int = 8
) -> UsageSenses:
    """Cluster the usages of one word into senses.

    Args:
        vectors: ``[usage, feature]`` of one layer.
        texts: The sentence of each.
        spans: Whole numbers ``[usage, 2]``: where the word stands in it, first character and one past the last.
        seed: Of the sample and the clustering.
        most: So many senses at the most.

    Raises:
        BadInputError: There is no usage, or the lengths differ.
    """
    if not len(vectors) or not len(vectors) == len(texts) == len(spans):
        raise BadInputError(
            "One text and one span for each usage, at least one.",
            f"{len(vectors)} vectors, {len(texts)} texts, {len(spans)} spans",
            "Give all of one word.",
        )
    points = _centred(vectors)
    read = np.sort(np.random.default_rng(seed).permutation(len(points))[:MOST_READ])
    centres, evidence = _decided(points[read], seed, most)
    labels = (points @ centres.T).argmax(1) if len(centres) > 1 else np.zeros(len(points), int)
    order = np.argsort(-np.bincount(labels, minlength=len(centres)), kind="stable")
    labels, centres = np.argsort(order)[labels], centres[order]
    return UsageSenses(
        labels,
        len(centres),
        _silhouette(points[read], labels[read]),
        _telling(texts, spans, labels, len(centres)),
        _nearest(points, labels, centres),
        evidence,
    )


def _centred(vectors: np.ndarray) -> np.ndarray:
    """Directions from the mean of all usages."""
    return unit(np.asarray(vectors, np.float64) - np.mean(vectors, axis=0, dtype=np.float64))


def _decided(points: np.ndarray, seed: int, most: int) -> tuple[np.ndarray, SenseEvidence]:
    """The centres ``[sense, feature]``, and what decided how many there are."""
    from sklearn.cluster import KMeans

    one = points.mean(0, keepdims=True)
    different = len(np.unique(points.round(6), axis=0))
    if len(points) < LEAST or different < 3:
        return one, SenseEvidence((), NEEDED, len(points), f"{len(points)} usages are too few to be split.")
    tried = []
    for count in range(2, min(most, len(points) // 4, different - 1) + 1):
        labels = KMeans(count, n_init=4, random_state=seed).fit_predict(points)
        tried.append((_silhouette(points, labels), labels))
    scores = tuple(score for score, _ in tried)
    best = int(np.argmax(scores)) if scores else 0
    if not scores or scores[best] <= NEEDED:
        why = f"No split has a silhouette over {NEEDED}; the best has {max(scores, default=float('nan')):.2f}."
        return one, SenseEvidence(scores, NEEDED, len(points), why)
    labels = tried[best][1]
    centres = unit(np.stack([points[labels == sense].mean(0) for sense in range(best + 2)]))
    why = f"{best + 2} senses have the greatest silhouette, {scores[best]:.2f}."
    return centres, SenseEvidence(scores, NEEDED, len(points), why)


def _silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    """The mean silhouette by cosine distance; NaN where there is one cluster."""
    from sklearn.metrics import silhouette_score

    if not 1 < len(set(labels.tolist())) < len(points):
        return float("nan")
    return float(silhouette_score(points, labels, metric="cosine"))


def _telling(
    texts: Sequence[str], spans: np.ndarray, labels: np.ndarray, count: int
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Words beside the usages of each sense that are fewer beside the others."""
    if count < 2:
        return ((),)
    beside = [
        [
            folded(word.text)
            for word in words_of(text)
            if (word.end <= start or word.start >= end) and not is_function_word(word.text) and word.text[0].isalpha()
        ]
        for text, (start, end) in zip(texts, np.asarray(spans).tolist(), strict=True)
    ]
    counts = [counted([words for words, of in zip(beside, labels, strict=True) if of == s]) for s in range(count)]
    every: Counter[str] = sum(counts, Counter())
    return tuple(tuple(telling_words(inside, every - inside, _TELLING)) for inside in counts)


def _nearest(points: np.ndarray, labels: np.ndarray, centres: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Rows of the usages nearest to the centre of each sense."""
    found = []
    for sense, centre in enumerate(centres):
        rows = np.flatnonzero(labels == sense)
        found.append(tuple(rows[np.argsort(-(points[rows] @ centre), kind="stable")[:_EXAMPLES]].tolist()))
    return tuple(found)
