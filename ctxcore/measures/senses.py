"""Which sense is meant? A reader that knows a few labelled mentions and answers with the nearest centroid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import SAME, unit
from ctxcore.measures.tallies import by_guessing
from ctxcore.types import SenseReading, Tally

DRAWS = 20
"""Random choices of the told mentions."""
SHUFFLES = 999
"""Random labellings that labels of one's own are held against."""
_AT_ONCE = 2_000_000
"""Numbers that are worked out at once."""
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
    read = right >= 0
    named = np.where(assigned == TIED, chance, assigned == right)[:, read].sum(1)
    guess = float(np.bincount(right[read]).max() / read.sum()) if read.any() else float("nan")
    tally = Tally(float(named[-1]), int(read.sum()), guess)
    p = by_guessing(tally) if truth is not None else _by_shuffling(directions[told >= 0, -1], told[told >= 0])
    return SenseReading(senses, assigned, margin, accuracy, chance, tally.asked, named, guess, p)


def drawn_accuracy(
    vectors: np.ndarray, senses: Sequence[str], told: int, count: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """Accuracy ``[draw]`` where the told mentions of each sense are drawn at random: how much rests on which ones they are.

    Args:
        vectors: ``[occurrence, feature]``, of one layer.
        senses: The sense of each occurrence.
        told: How many of each sense are told.
        count: Draws.
        seed: The same seed draws the same mentions whatever the vectors.
    """
    random, truth = np.random.default_rng(seed), np.array(senses)
    found = []
    for _ in range(count):
        order = random.permutation(len(truth))
        known = np.concatenate([order[truth[order] == sense][:told] for sense in dict.fromkeys(senses)])
        labels = [sense if i in known else None for i, sense in enumerate(senses)]
        found.append(read_senses(vectors[:, None], labels, senses).accuracy[0])
    return np.array(found)


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


def _by_shuffling(directions: np.ndarray, told: np.ndarray) -> float:
    """How often shuffled labels name as many right as these do, leave-one-out (permutation test, Ojala & Garriga 2010).

    Leave-one-out answers hang together: by a binomial test 6 to 8 % of shuffles would pass for skill in place of 5.

    Args:
        directions: ``[mention, feature]`` unit vectors of one layer.
        told: ``[mention]`` the sense of each, from 0.
    """
    random, count = np.random.default_rng(0), len(told)
    orders = np.stack([np.arange(count), *(random.permutation(count) for _ in range(SHUFFLES))])
    gram, sizes = directions @ directions.T, np.bincount(told)
    step = max(1, _AT_ONCE // (count * len(sizes)))
    right = np.concatenate([_named(gram, told[orders[i : i + step]], sizes) for i in range(0, len(orders), step)])
    return float((right >= right[0] - SAME).mean())


def _named(gram: np.ndarray, labels: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """How many are named right leave-one-out ``[labelling]``, from all products of two mentions.

    Args:
        gram: ``[mention, mention]``.
        labels: ``[labelling, mention]``.
        sizes: ``[sense]`` mentions of each.
    """
    member = labels[..., None] == np.arange(len(sizes))  # [labelling, mention, sense]
    sums = gram @ member  # with each sense's sum of unit vectors
    squares = (sums * member).sum(1, keepdims=True)
    own, itself = sums - np.diag(gram)[:, None], np.diag(gram)[:, None]
    lengths = np.sqrt(np.maximum(np.where(member, squares - 2 * sums + itself, squares), 0))
    cosines = np.where(member, own, sums) / np.where(lengths > SAME, lengths, np.inf)
    best = np.partition(cosines, -2, axis=-1)
    counts = sizes[labels] > 1
    answered = np.take_along_axis(cosines, labels[..., None], -1)[..., 0] >= best[..., -1]
    chance = 1 / max(1, (sizes > 1).sum())
    return np.asarray((counts * np.where(best[..., -1] - best[..., -2] > SAME, answered, chance)).sum(1))


def _cosines(directions: np.ndarray, told: np.ndarray, sense: int) -> np.ndarray:
    """Cosine of every mention with one sense's centroid ``[layer, occurrence]``, each member left out of its own."""
    members = told == sense
    total = directions[members].sum(0)  # [layer, feature]
    centroids = np.where(members[:, None, None], total - directions, total)
    return np.asarray((unit(centroids) * directions).sum(-1).T)
