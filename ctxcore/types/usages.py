"""Results about the usages of a word in many sentences: its senses, and how far two groups of them lie apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctxcore.types.result import LEVEL, Result


@dataclass(frozen=True)
class SenseEvidence:
    """What decided how many senses there are.

    Attributes:
        scores: For 2, 3, ... senses: the modularity (Newman 2006) of the graph of nearest usages, 1 at the most; the fewest
            that come within :data:`ctxcore.corpus.senses.WITHIN` of the greatest are chosen. None where too few usages stand there to be
            split at all.
        spread: 0 to 2: the mean cosine distance of two usages.
        needed: There is more than one sense where the slope is greater than this, or the spread where no slope was measured, and the
            score of the number chosen is over :data:`ctxcore.corpus.senses.GROUPED`.
        read: Usages that the decision rests on: a sample where there are many, and near copies of a sentence count once.
        why: The decision in a sentence, with its figures.
        slope: How much the word's vector follows what its sentences are about (:mod:`ctxcore.corpus.context_slope`); None where the
            model was not at hand, or too little to split.
    """

    scores: tuple[float, ...]
    spread: float
    needed: float
    read: int
    why: str
    slope: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class UsageSenses(Result):
    """The senses of a word: its usages in clusters.

    Attributes:
        labels: ``[usage]`` the sense of each, whole numbers from 0, the sense with most usages.
        count: Senses; 1 is a possible answer.
        quality: -1 to 1, the mean silhouette (Rousseeuw 1987) over the usages: how much nearer a usage is to its own sense than to the
            next one; NaN where there is one sense.
        words: For each sense, words that stand beside it more often than beside the others, with how many deviations that is
            (:func:`ctxcore.measures.telling_words.telling_words`).
        examples: For each sense, rows of the usages nearest to its centre, the nearest first.
        evidence: What decided between one sense and more.
    """

    labels: np.ndarray
    count: int
    quality: float
    words: tuple[tuple[tuple[str, float], ...], ...]
    examples: tuple[tuple[int, ...], ...]
    evidence: SenseEvidence

    @property
    def sizes(self) -> tuple[int, ...]:
        """Usages of each sense."""
        return tuple(np.bincount(self.labels, minlength=self.count).tolist())


@dataclass(frozen=True)
class WordChange:
    """How far two groups of usages of a word lie apart.

    Attributes:
        word: Its name.
        sizes: Usages in the first and in the second group.
        values: APD (average pairwise cosine distance), PRT (cosine distance of the mean vectors) and JSD (Jensen-Shannon divergence
            of the senses in bits).
    """

    word: str
    sizes: tuple[int, int]
    values: tuple[float, float, float]


@dataclass(frozen=True, eq=False, repr=False)
class UsageChange(Result):
    """Whether a word is used otherwise in one group of sentences than in another.

    Three measures (Kutuzov & Giulianelli 2020; Periti & Tahmasebi 2024), each with a permutation test, beside words of like frequency.

    Attributes:
        column: The column that tells the groups.
        first: Its values in the first group.
        second: Its values in the second.
        own: The word itself.
        p: Of APD, PRT and JSD: how often two groups of these sizes drawn at random lie as far apart, or farther.
        least: Usages that each group must have so that anything can be said.
        senses: Of both groups together.
        shares: ``[group, sense]`` how the usages of each group spread over them.
        controls: Other words of like frequency in the same text.
    """

    column: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    own: WordChange
    p: tuple[float, float, float]
    least: int
    senses: UsageSenses
    shares: np.ndarray
    controls: tuple[WordChange, ...]

    @property
    def enough(self) -> bool:
        """Has each group the usages that it takes?"""
        return min(self.own.sizes) >= self.least

    @property
    def rank(self) -> tuple[int, int, int]:
        """Of APD, PRT and JSD: the place of the word among its controls and itself, 1 where it lies farthest apart."""
        a, b, c = (1 + sum(one.values[k] > self.own.values[k] for one in self.controls) for k in range(3))
        return a, b, c

    @property
    def differs(self) -> tuple[bool, bool, bool]:
        """Of APD, PRT and JSD: more than chance would make it, and more than every control of like frequency."""
        a, b, c = (self.enough and p <= LEVEL and place == 1 for p, place in zip(self.p, self.rank, strict=True))
        return a, b, c
