"""Results of states that are moved from one sentence into another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctxcore.types.result import Result


@dataclass(frozen=True)
class AlignedWord:
    """A word, mark or special token of the sentence that states are put into, and what it is aligned with in the other.

    Attributes:
        text: It.
        other: What stands there in the other sentence; empty where nothing does.
        into: Positions of its tokens.
        source: Positions of the other's tokens, as many; empty where no state can be moved.
        why: Why not, then.
        special: Was it added by the tokenizer?
    """

    text: str
    other: str
    into: tuple[int, ...]
    source: tuple[int, ...]
    why: str = ""
    special: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class PatchControl(Result):
    """How far a word's mentions in one sense lie apart in a model: what a pair of sentences is set against.

    Attributes:
        apart: ``[pair]``, sorted: distances of standardised vectors at the last layer or, where candidates are asked, the
            greater minus the smaller log-odds of the first against the second, in nats.
        scale: ``[feature]``, float64: what each feature of the last layer is multiplied with to have a standard deviation of 1
            over all words of the sample (Timkey & van Schijndel 2021); 0 where it never changes. Empty where candidates are asked.
        candidates: The two words, where the next word is asked.
    """

    apart: np.ndarray
    scale: np.ndarray
    candidates: tuple[str, ...] = ()

    @property
    def usual(self) -> float:
        """The median: how far the usual pair of one sense lies apart."""
        return float(np.median(self.apart))


@dataclass(frozen=True, eq=False, repr=False)
class PatchGrid(Result):
    """Activation patching (Vig et al. 2020; Meng et al. 2022): a state of one sentence put into the run of another, cell by cell.

    The share says how much of the way between the two runs that moves: 0 leaves the run as it is, 1 gives what the other gives.
    Of a vector it is the part along the way, ``<moved - own, other - own> / |other - own|^2`` on standardised vectors of the last
    layer; of the next word ``(moved - own) / (other - own)`` of the log-odds of two candidates. It may lie below 0 or above 1.
    Layers are 0 (the embedding output) to the last, as in hidden states; what is moved is the residual stream.

    Attributes:
        sentence: What states are put into.
        source: Where they come from.
        target: The word that both have, and that they are aligned at.
        columns: The words of ``sentence``.
        at: Which of them is the target.
        shares: ``[layer, column]``; NaN where no state can be moved.
        aside: ``[layer, column]`` how far the moved vector lies beside the way, as a share of its length; NaN as above, and where
            the next word is asked.
        itself: ``[layer]`` the share with the sentence's own states put in: 0.
        everything: ``[layer]`` the share with all aligned states of the other put in: 1 where everything is aligned.
        candidates: The two words whose log-odds are asked; empty where the target's vector is.
        ends: What the two runs give: log-odds in nats of ``sentence`` and ``source``; 0 and the distance of the two vectors.
        control: The same distance between sentences of one sense.
        unaligned: Words of ``source`` that nothing is aligned with.
    """

    sentence: str
    source: str
    target: str
    columns: tuple[AlignedWord, ...]
    at: int
    shares: np.ndarray
    aside: np.ndarray
    itself: np.ndarray
    everything: np.ndarray
    candidates: tuple[str, ...]
    ends: tuple[float, float]
    control: PatchControl
    unaligned: tuple[str, ...] = ()

    @property
    def apart(self) -> float:
        """How far the two runs lie apart."""
        return abs(self.ends[1] - self.ends[0])

    @property
    def closer(self) -> float:
        """The share of the control's pairs that lie closer together."""
        return float(np.mean(self.control.apart < self.apart))

    @property
    def little(self) -> bool:
        """Is there little to move? Then the two runs lie closer together than the usual pair of sentences in one sense."""
        return self.apart < self.control.usual

    @property
    def complete(self) -> bool:
        """Can a state be moved from every token of the one to every token of the other?"""
        return all(column.source for column in self.columns) and not self.unaligned


@dataclass(frozen=True, eq=False, repr=False)
class MovedWords(Result):
    """What comes next in three runs: the sentence as it is, with one state moved into it, and the other sentence.

    Attributes:
        sentence: What the state is put into.
        source: Where it comes from.
        word: The word that it is put in at.
        layer: The layer.
        words: The candidates, then the likeliest tokens of the three runs.
        shares: ``[run, word]`` probability: as it is, moved, the other sentence.
    """

    sentence: str
    source: str
    word: str
    layer: int
    words: tuple[str, ...]
    shares: np.ndarray
