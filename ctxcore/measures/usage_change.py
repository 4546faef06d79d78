"""How far the usages of a word in two groups lie apart, and whether that is more than chance would make it.

Three measures that studies of meaning change compare by (Kutuzov & Giulianelli 2020, "UiO-UvA at SemEval-2020 Task 1"; Periti & Tahmasebi
2024, "A systematic comparison of contextualized word embeddings for lexical semantic change").
"""

from __future__ import annotations

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import unit

PERMUTATIONS = 999
"""The smallest p that a test can give is one in one more than this."""


def average_pairwise_distance(first: np.ndarray, second: np.ndarray) -> float:
    """APD: the mean cosine distance over all pairs of one usage of each group ``[usage, feature]``.

    It is worked out from the means of the unit vectors: the mean of all cosines is the product of the two.
    """
    return float(1 - unit(first).mean(0) @ unit(second).mean(0))


def prototype_distance(first: np.ndarray, second: np.ndarray) -> float:
    """PRT: the cosine distance of the two mean vectors. NaN where one of them is zero."""
    one, two = (np.asarray(group, np.float64).mean(0) for group in (first, second))
    norms = np.linalg.norm(one) * np.linalg.norm(two)
    return float(1 - one @ two / norms) if norms else float("nan")


def sense_divergence(first: np.ndarray, second: np.ndarray) -> float:
    """JSD: the Jensen-Shannon divergence, in bits, of how the usages of two groups spread over senses; from 0 to 1.

    Args:
        first: ``[usage]``, the cluster of each, whole numbers from 0.
        second: The same for the other group.
    """
    size = int(max(first.max(), second.max())) + 1
    p, q = (np.bincount(labels, minlength=size) / len(labels) for labels in (first, second))
    middle = (p + q) / 2
    return float(max(0.0, (_surprise(p, middle) + _surprise(q, middle)) / 2))


def _surprise(p: np.ndarray, q: np.ndarray) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())


def permuted(
    vectors: np.ndarray, labels: np.ndarray, second: np.ndarray, seed: int = 0, most: int = PERMUTATIONS
) -> tuple[np.ndarray, np.ndarray]:
    """The three measures of two groups, and what they are when the groups are drawn anew at random, of the same sizes.

    Args:
        vectors: ``[usage, feature]`` of both groups.
        labels: ``[usage]``, the cluster of each.
        second: ``[usage]``, true for the second group.
        seed: Of the drawing.
        most: How often it is drawn.

    Returns:
        ``[measure]`` (APD, PRT, JSD) and ``[draw, measure]``.

    Raises:
        BadInputError: A group is empty.
    """
    if not 0 < second.sum() < len(second):
        raise BadInputError(
            "Two groups are compared.",
            f"{int(second.sum())} usages in one of them",
            "Choose groups with usages in both.",
        )
    directions, plain = unit(vectors), np.asarray(vectors, np.float64)
    sizes = np.array([len(second) - second.sum(), second.sum()], np.float64)
    chance = np.random.default_rng(seed)
    drawn = np.stack([second, *(chance.permutation(second) for _ in range(most))]).astype(np.float64)  # [draw, usage]
    found = np.empty((len(drawn), 3))
    onehot = np.eye(int(labels.max()) + 1)[labels]
    for column, points in enumerate((directions, plain)):
        two = drawn @ points
        one = (points.sum(0) - two) / sizes[0]
        two = two / sizes[1]
        dots = np.einsum("df,df->d", one, two)
        if column:
            dots = dots / (np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1))
        found[:, column] = 1 - dots
    q = drawn @ onehot
    p, q = (onehot.sum(0) - q) / sizes[0], q / sizes[1]
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.where(share > 0, share * np.log2(share / middle), 0.0).sum(1) for share in (p, q)]
    found[:, 2] = np.maximum(0, (terms[0] + terms[1]) / 2)
    return found[0], found[1:]


def chance_of(value: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """How often chance makes as much of each measure ``[measure]``: p of a permutation test, the groups themselves counted."""
    return np.asarray(((drawn >= value - 1e-12).sum(0) + 1) / (len(drawn) + 1))
