"""Results about a space with one vector a word: neighbours, analogies, planes and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.types.result import Result
from ctxcore.types.vectors import Projection


@dataclass(frozen=True)
class Neighbour:
    """A word and its cosine similarity to what was asked about."""

    word: str
    similarity: float


@dataclass(frozen=True, eq=False, repr=False)
class PinnedPoint(Result):
    """A word's point in static space, among the words nearest to it.

    Attributes:
        word: Its vocabulary entry.
        neighbours: The words nearest to it.
        projection: Of its vector (first row) and its neighbours' vectors.
    """

    word: str
    neighbours: tuple[Neighbour, ...]
    projection: Projection


@dataclass(frozen=True)
class NearWords:
    """A word and those nearest to it.

    Attributes:
        word: Its vocabulary entry.
        near: The nearest words, the nearest first.
    """

    word: str
    near: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Term:
    """A word of a sum with its sign.

    Attributes:
        sign: 1 or -1.
        word: As typed.
        start: Its first character in what was typed.
    """

    sign: int
    word: str
    start: int


@dataclass(frozen=True)
class WordAnalogy:
    """What stands to ``c`` as ``b`` stands to ``a``: the words nearest to b - a + c.

    Attributes:
        a: Vocabulary entry of the first word.
        b: Of the second.
        c: Of the third.
        excluded: The nearest words, the three input words left out, as analogies are usually asked.
        kept: The nearest words, the input words among them.
    """

    a: str
    b: str
    c: str
    excluded: tuple[Neighbour, ...]
    kept: tuple[Neighbour, ...]


@dataclass(frozen=True, eq=False, repr=False)
class WordMatrix(Result):
    """How alike the words of a list are.

    Attributes:
        words: Vocabulary entries, like ones side by side.
        cosines: Of all pairs ``[word, word]``.
    """

    words: tuple[str, ...]
    cosines: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class WordPlane(Result):
    """Words placed by two directions that are sums of words.

    Attributes:
        words: Vocabulary entries.
        axes: The two sums, as written.
        coordinates: Cosine of each word with each direction ``[word, axis]``, -1 to 1.
        between: Cosine of the two directions: 0 where they ask different things.
    """

    words: tuple[str, ...]
    axes: tuple[str, str]
    coordinates: np.ndarray
    between: float


@dataclass(frozen=True, eq=False, repr=False)
class WordMap(Result):
    """Words and their neighbours in one plane.

    Attributes:
        words: Vocabulary entries: first those asked for, then their neighbours.
        asked: How many were asked for.
        projection: Of all of them in one fit.
    """

    words: tuple[str, ...]
    asked: int
    projection: Projection


@dataclass(frozen=True)
class PairScore:
    """How well cosines rank pairs of words as people do.

    Attributes:
        name: The list of pairs.
        spearman: Rank correlation of the cosines with people's ratings, -1 to 1.
        pearson: Linear correlation.
        pairs: Pairs in the list.
        left_out: Pairs of which a word is unknown; they do not count.
    """

    name: str
    spearman: float
    pearson: float
    pairs: int
    left_out: int


@dataclass(frozen=True)
class SectionScore:
    """Analogies of one kind.

    Attributes:
        section: Its name.
        right: Questions answered right.
        asked: Questions whose four words are known.
        left_out: The other questions; they do not count.
    """

    section: str
    right: int
    asked: int
    left_out: int

    @property
    def share(self) -> float:
        """Share of the asked questions that were answered right; NaN where none was asked."""
        return self.right / self.asked if self.asked else float("nan")


@dataclass(frozen=True)
class AnalogyScore:
    """Analogies answered by b - a + c, the input words left out.

    Attributes:
        sections: In the order of the list.
        vocabulary: So many of the most frequent words may be the answer.
    """

    sections: tuple[SectionScore, ...]
    vocabulary: int

    @property
    def total(self) -> SectionScore:
        """All sections together."""
        right, asked, left_out = (sum(getattr(s, n) for s in self.sections) for n in ("right", "asked", "left_out"))
        return SectionScore("all", right, asked, left_out)


@dataclass(frozen=True, eq=False)
class SpaceScores:
    """A space against people's judgement. What could not be measured is there as its error.

    Attributes:
        pairs: Of each list of pairs, WordSim-353 first.
        analogies: Of the Google analogies.
    """

    pairs: tuple[PairScore | BadInputError, ...]
    analogies: AnalogyScore | BadInputError
