"""The usages of a word in a whole text: how many, where, and where their vectors lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.types.result import Result
from ctxcore.types.usages import UsageSenses

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class UsageCount:
    """How often a word stands in a text, or in a part of it.

    Attributes:
        name: What is counted: a form of the word, or a value of a column.
        usages: How often the word stands there.
        holding: Sentences in which it stands.
        sentences: All sentences.
    """

    name: str
    usages: int
    holding: int
    sentences: int

    @property
    def share(self) -> float:
        """Share of the sentences in which the word stands."""
        return self.holding / self.sentences if self.sentences else 0.0


@dataclass(frozen=True, eq=False, repr=False)
class FoundUsages(Result):
    """The usages of a word in a text.

    Attributes:
        title: What the text is called.
        words: The word and its other forms.
        rows: One row a usage, in reading order: ``sentence``, ``file``, ``row``, the reader's own columns, ``form``, ``start``, ``end``.
            Of very many a sample that is the same each time.
        whole: Of the whole text.
        forms: Of each form as it is written there, without regard to case; the commonest first.
        columns: Of each value of the reader's own columns, by the column's name; the commonest first. Where a column has very many
            values, the last is all others together.
    """

    title: str
    words: tuple[str, ...]
    rows: pa.Table
    whole: UsageCount
    forms: tuple[UsageCount, ...]
    columns: Mapping[str, tuple[UsageCount, ...]]

    @property
    def sampled(self) -> bool:
        """Are there more usages than rows?"""
        return self.whole.usages > len(self.rows)

    def values(self, column: str) -> list[str]:
        """What stands in a column, row by row; empty where nothing does.

        Raises:
            KeyError: There is no such column.
        """
        return [value or "" for value in self.rows[column].to_pylist()]


@dataclass(frozen=True, eq=False, repr=False)
class UsageVectors(Result):
    """Contextual vectors of usages.

    Attributes:
        found: The usages.
        rows: ``[usage]``, which of ``found.rows`` has a vector here: all, or a sample, without those that the model cannot read whole.
        vectors: ``[usage, feature]``, float16.
        layer: Whose output they are.
        left_out: Usages in sentences that the model does not read whole.
    """

    found: FoundUsages
    rows: np.ndarray
    vectors: np.ndarray
    layer: int
    left_out: int


@dataclass(frozen=True, eq=False, repr=False)
class UsageMap(Result):
    """Usages in the plane of their greatest variance.

    Attributes:
        found: The usages.
        rows: ``[usage]``, which of ``found.rows`` is drawn.
        coordinates: ``[usage, 2]``: unit vectors less their mean, along the first two principal axes.
        explained: Share of the variance of each of the two.
        layer: Whose vectors.
        left_out: Usages in sentences that the model does not read whole.
        cosine: Mean cosine of two usages; NaN where there is one.
        by: What the groups are: ``senses``, a column of the reader's, or nothing.
        names: The groups, the commonest first.
        groups: ``[usage]``, the group of each, a place in ``names``.
    """

    found: FoundUsages
    rows: np.ndarray
    coordinates: np.ndarray
    explained: tuple[float, float]
    layer: int
    left_out: int
    cosine: float
    by: str
    names: tuple[str, ...]
    groups: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class SensedUsages(Result):
    """Usages in clusters.

    Attributes:
        found: The usages.
        rows: ``[usage]``, which of ``found.rows`` each is.
        layer: Whose vectors were clustered.
        senses: The clusters; their rows count the usages here.
    """

    found: FoundUsages
    rows: np.ndarray
    layer: int
    senses: UsageSenses

    @property
    def names(self) -> tuple[str, ...]:
        """Each sense by its number and the words that tell it best."""
        if self.senses.count == 1:
            return ("one sense",)
        told = (", ".join(word for word, _ in words[:3]) for words in self.senses.words)
        return tuple(f"{number}: {words}" if words else f"{number}" for number, words in enumerate(told, 1))
