"""Change between two groups: against hand-worked cases and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist, cosine, jensenshannon

from ctxcore import BadInputError
from ctxcore.measures.usage_change import (
    average_pairwise_distance,
    chance_of,
    permuted,
    prototype_distance,
    sense_divergence,
)

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def test_by_hand() -> None:
    first, second = np.array([EAST, EAST]), np.array([EAST, NORTH])
    assert average_pairwise_distance(first, second) == pytest.approx(0.5)  # of four pairs two are at 0 and two at 1
    assert prototype_distance(first, second) == pytest.approx(1 - 0.5 / np.sqrt(0.5))
    assert prototype_distance(first, np.array([EAST, [-1.0, 0.0]])) != prototype_distance(first, first)
    assert sense_divergence(np.array([0, 0]), np.array([1, 1])) == 1.0
    assert sense_divergence(np.array([0, 1]), np.array([1, 0])) == 0.0
    # halves of one sense against all of it: 0.5 * log2(0.5 / 0.75) + 0.5 * log2(0.5 / 0.25), and log2(1 / 0.75), halved
    assert sense_divergence(np.array([0, 1]), np.array([0, 0])) == pytest.approx(0.311278, abs=1e-6)


def test_against_scipy() -> None:
    chance = np.random.default_rng(1)
    vectors, labels = chance.standard_normal((40, 5)) + 1, chance.integers(0, 3, 40)
    second = np.arange(40) >= 15
    one, two = vectors[~second], vectors[second]
    shares = [np.bincount(labels[group], minlength=3) / group.sum() for group in (~second, second)]
    expected = [cdist(one, two, "cosine").mean(), cosine(one.mean(0), two.mean(0)), jensenshannon(*shares, base=2) ** 2]
    given = [
        average_pairwise_distance(one, two),
        prototype_distance(one, two),
        sense_divergence(labels[~second], labels[second]),
    ]
    assert given == pytest.approx(expected)
    value, drawn = permuted(vectors, labels, second, most=50)
    assert value == pytest.approx(expected)
    assert drawn.shape == (50, 3)
    again = np.random.default_rng(0).permutation(second)
    assert drawn[0] == pytest.approx(
        [
            average_pairwise_distance(vectors[~again], vectors[again]),
            prototype_distance(vectors[~again], vectors[again]),
            sense_divergence(labels[~again], labels[again]),
        ]
    )


def test_a_difference_is_found_and_none_is_not_made_up() -> None:
    chance = np.random.default_rng(2)
    vectors = chance.standard_normal((60, 8))
    second = np.arange(60) % 2 == 0
    labels = np.zeros(60, int)
    false = [
        chance_of(*permuted(vectors, labels, chance.permutation(second), seed=n, most=199))[0] <= 0.05
        for n in range(100)
    ]
    assert sum(false) <= 12  # of 100 at 5 %: more come once in 500 times
    moved = vectors + 2.0 * second[:, None]
    assert chance_of(*permuted(moved, second.astype(int), second, most=999)) == pytest.approx([0.001] * 3)
    assert chance_of(*permuted(vectors, labels, second, most=99))[2] == 1.0  # one sense cannot differ


def test_a_group_without_usages_is_refused() -> None:
    with pytest.raises(BadInputError, match="0 usages in one of them"):
        permuted(np.ones((3, 2)), np.zeros(3, int), np.zeros(3, bool))
