"""Which sense is meant? A reader that knows a few labelled mentions and answers with the nearest centroid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import SAME, unit
from ctxcore.types import SenseReading

ALONE, TIED = -1, -2
"""In place of a sense: its only example, which cannot be read; equally near to two senses, which is no answer."""


def read_senses(
    vectors: np.ndarray, labels: Sequence[str | None], truth: Sequence[str | None] | None = None
) -> SenseReading:
    """Name the sense of every mention by the nearest centroid, layer by layer.

    The centroid of a sense is the mean of the unit vectors of its labelled mentions; near means a great cosine. A labelled
    mention is read with itself left out of its centroid (leave-one-out), so that no mention answers for itself.

    Where the two nearest centroids are equally near, up to :data:`ctxcore.measures.geometry.SAME`, there is no answer: the
    last bit of a sum decides nothing. Such a mention counts in the accuracy as a guess would, with 1 / the number of senses,
    so that vectors that are all alike come out at chance.

    Args:
        vectors: ``[occurrence, layer, feature]``.
        labels: What the reader is told: a sense per occurrence, None where it is to be guessed.
        truth: What is right, where it is known. With it the accuracy counts the occurrences that were not told; without it
            the told ones, each left out of its own centroid.

    Raises:
        BadInputError: Fewer than two senses are labelled, or the lengths differ.
    """
    if len(labels) != len(vectors):
        raise BadInputError(
            "One label (or None) per occurrence.", f"{len(labels)} for {len(vectors)}", "Match the lengths."
        )
    if truth is not None and len(truth) != len(vectors):
        raise BadInputError(
            "One truth (or None) per occurrence.", f"{len(truth)} for {len(vectors)}", "Match the lengths."
        )
    senses = tuple(sorted({label for label in labels if label}))
    if len(senses) < 2:
        raise BadInputError(
            "Two senses are needed to tell one from the other.",
            f"{len(senses)} labelled",
            "Label an occurrence of a second sense.",
        )
    told = np.array([senses.index(label) if label else -1 for label in labels])
    directions = unit(vectors)
    cosines = np.stack(
        [_cosines(directions, told, sense) for sense in range(len(senses))]
    )  # [sense, layer, occurrence]
    ordered = np.sort(cosines, axis=0)
    margin = ordered[-1] - ordered[-2]
    assigned = np.where(margin > SAME, cosines.argmax(0), TIED)
    alone = np.array([t >= 0 and (told == t).sum() == 1 for t in told])
    assigned[:, alone] = ALONE
    if truth is None:
        right = np.where(alone, -1, told)
    else:
        right = np.array([senses.index(t) if t in senses and k < 0 else -1 for t, k in zip(truth, told, strict=True)])
    accuracy, chance = _accuracy(assigned, right)
    return SenseReading(senses, assigned, margin, accuracy, chance, int((right >= 0).sum()))


def _accuracy(assigned: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """Share named right ``[layer]``, every sense weighted alike, and what a guess gets; NaN where nothing is counted.

    Args:
        assigned: ``[layer, occurrence]``.
        right: ``[occurrence]``; -1 where it is not counted.
    """
    counted = sorted(set(right[right >= 0].tolist()))
    if not counted:
        return np.full(len(assigned), np.nan), float("nan")
    chance = 1 / len(counted)
    # What a tie adds beyond chance is nought: a layer of ties alone comes out at chance to the last bit.
    beyond = np.where(assigned == TIED, 0.0, (assigned == right) - chance)  # [layer, occurrence]
    return chance + np.mean([beyond[:, right == s].mean(1) for s in counted], axis=0), chance


def _cosines(directions: np.ndarray, told: np.ndarray, sense: int) -> np.ndarray:
    """Cosine of every mention with one sense's centroid ``[layer, occurrence]``, each member left out of its own."""
    members = told == sense
    total = directions[members].sum(0)  # [layer, feature]
    centroids = np.where(members[:, None, None], total - directions, total)
    return np.asarray((unit(centroids) * directions).sum(-1).T)
