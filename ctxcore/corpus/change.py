"""Is a word used otherwise in one group of sentences than in another? Chance and other words of like frequency stand beside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ctxcore.corpus.context_slope import ContextSlope
from ctxcore.corpus.senses import APART, senses_of
from ctxcore.errors import BadInputError
from ctxcore.measures.usage_change import (
    average_pairwise_distance,
    chance_of,
    permuted,
    prototype_distance,
    sense_divergence,
)
from ctxcore.types import UsageChange, UsageSenses, WordChange

LEAST = 10
"""Usages that each group must have."""
LIKE = 2.0
"""Words are of like frequency where, in each group, one is at most so many times as frequent as the other."""
MOST = 2000
"""Usages of a group that are read, drawn at random."""


@dataclass(frozen=True, eq=False)
class TwoGroups:
    """The usages of a word in two groups of sentences.

    Attributes:
        word: Its name.
        vectors: ``[usage, feature]`` of both.
        texts: The sentence of each.
        spans: ``[usage, 2]`` where the word stands in it.
        second: ``[usage]``, true in the second group.
    """

    word: str
    vectors: np.ndarray
    texts: Sequence[str]
    spans: np.ndarray
    second: np.ndarray

    @property
    def sizes(self) -> tuple[int, int]:
        """Usages of each group."""
        return int((~self.second).sum()), int(self.second.sum())

    def senses(self, seed: int = 0, apart: float = APART, slope: ContextSlope | None = None) -> UsageSenses:
        """Of both groups together."""
        return senses_of(self.vectors, self.texts, self.spans, seed, apart=apart, slope=slope)

    def measured(self, senses: UsageSenses) -> WordChange:
        """APD, PRT and JSD."""
        one, two = self.vectors[~self.second], self.vectors[self.second]
        values = (
            average_pairwise_distance(one, two),
            prototype_distance(one, two),
            sense_divergence(senses.labels[~self.second], senses.labels[self.second]),
        )
        return WordChange(self.word, self.sizes, values)


def change_of(
    own: TwoGroups,
    controls: Iterable[TwoGroups],
    column: str,
    values: tuple[tuple[str, ...], tuple[str, ...]],
    seed: int = 0,
    apart: float = APART,
    slope: ContextSlope | None = None,
) -> UsageChange:
    """Three measures of the two groups, each with a permutation test, and the same measures of other words.

    Args:
        own: Usages of the word.
        controls: Usages of the words that it is held against.
        column: The column that tells the groups.
        values: Its values in each.
        seed: Of clustering and permutations.
        apart: As for :func:`ctxcore.senses_of`.
        slope: The same.
    """
    senses = own.senses(seed, apart, slope)
    found = own.measured(senses)
    if min(found.sizes) >= LEAST:
        a, b, c = chance_of(*permuted(own.vectors, senses.labels, own.second, seed)).tolist()
    else:
        a = b = c = float("nan")
    counts = [np.bincount(senses.labels[of], minlength=senses.count) for of in (~own.second, own.second)]
    shares = np.stack([count / count.sum() for count in counts])
    beside = tuple(other.measured(other.senses(seed, apart, slope)) for other in controls)
    return UsageChange(column, *values, found, (a, b, c), LEAST, senses, shares, beside)


def values_of(first: str | Sequence[str], second: str | Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values of each group; BadInputError where one has none, or a value stands in both."""
    one, two = (
        (given,) if isinstance(given, str) else tuple(dict.fromkeys(map(str, given))) for given in (first, second)
    )
    if not one or not two or set(one) & set(two):
        raise BadInputError(
            "Two groups are values of a column, at least one each, none in both.",
            f"{', '.join(map(repr, one)) or 'none'} and {', '.join(map(repr, two)) or 'none'}",
            "Give each value to one group.",
        )
    return one, two


def like(sizes: tuple[int, int], own: tuple[int, int]) -> bool:
    """Is a word with so many usages in each group a control for one with these?"""
    return min(sizes) >= LEAST and all(max(a, b) <= LIKE * min(a, b) for a, b in zip(sizes, own, strict=True))
