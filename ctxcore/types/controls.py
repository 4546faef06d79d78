"""What a pair of occurrences is held against: cosines of pairs that are known to have one sense, two senses, or nothing in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctxcore.types.result import Result

CORRECTIONS = ("raw", "centred", "standardised")
"""How cosines are taken: as they are; less the mean vector of all words of the sentences; and each feature divided by its standard
deviation over them as well (Timkey & van Schijndel 2021)."""


@dataclass(frozen=True, eq=False, repr=False)
class ControlPairs(Result):
    """Pairs of occurrences of one kind.

    Attributes:
        said: What they are, in words.
        cosines: ``[correction, layer, pair]``, corrections as in :data:`CORRECTIONS`.
        first: ``[pair]`` which unit one side belongs to: a sentence, or a word where words are what differs.
        second: ``[pair]`` the same of the other side.
        sentences: How many sentences they stand in.
    """

    said: str
    cosines: np.ndarray
    first: np.ndarray
    second: np.ndarray
    sentences: int

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True, eq=False, repr=False)
class ControlReading(Result):
    """What a model makes of sentences that pairs are held against, whichever pair it is.

    Attributes:
        same: Pairs of one sense.
        two: Pairs of two senses; none where the sentences have no senses.
        random: Random pairs of different words in different sentences.
        mean: ``[layer, feature]`` over all words of the sentences.
        spread: ``[layer, feature]`` their standard deviation.
    """

    same: ControlPairs
    two: ControlPairs
    random: ControlPairs
    mean: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class ShiftControls(Result):
    """A pair of occurrences by layer, and what it is held against.

    Attributes:
        word: The word.
        pair: ``[correction, layer]`` cosine of the two.
        alone: ``[layer]`` raw cosine of the two where every token may attend to itself only.
        same: Pairs of one sense.
        two: Pairs of two senses; none where the sentences have no senses.
        random: Random pairs of different words in different sentences.
        shared: Words that both sentences have beside the target.
        shared_cosines: ``[correction, layer, word]``.
        source: Where the sentences are from: ``frame``, ``word``, ``function`` or ``bank``.
        said: The same in words.
    """

    word: str
    pair: np.ndarray
    alone: np.ndarray
    same: ControlPairs
    two: ControlPairs
    random: ControlPairs
    shared: tuple[str, ...]
    shared_cosines: np.ndarray
    source: str
    said: str


@dataclass(frozen=True)
class Below:
    """Which share of pairs lies as low as a value.

    Attributes:
        share: 0 to 1.
        low: Lower end of its 95 % interval.
        high: Upper end.
        pairs: How many pairs there are.
        sentences: How many sentences they stand in; pairs that share a sentence are not independent.
    """

    share: float
    low: float
    high: float
    pairs: int
    sentences: int

    @property
    def said(self) -> str:
        """In words: "2 % [0 to 5 %] of 374 pairs in 40 sentences"; no interval where drawing sentences anew shows none."""
        share = {0.0: "none", 1.0: "all"}.get(self.share)
        if share is None or self.low != self.high:
            at, low, high = (
                f"{100 * x:.1f}" if 0 < x < 0.01 else f"{100 * x:.0f}" for x in (self.share, self.low, self.high)
            )
            share = f"{at} % [{low} to {high} %]"
        return f"{share} of {self.pairs} pairs in {self.sentences} sentences"


@dataclass(frozen=True, eq=False, repr=False)
class Elsewhere(Result):
    """What a word gets after beginnings of sentences that have nothing to do with it.

    Attributes:
        word: The word.
        model: ``[prompt]`` its probability by the model.
        smoothed: ``[prompt]`` by the smoothed table.
        smoothed_here: What the smoothed table gives it where it is asked for.
    """

    word: str
    model: np.ndarray
    smoothed: np.ndarray
    smoothed_here: float
