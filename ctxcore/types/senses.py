"""Results of reading senses: how many are named right, beside controls that know less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctxcore.types.result import Result


@dataclass(frozen=True)
class Tally:
    """How many answers are right, and what a guess gets.

    Attributes:
        right: Right answers. No answer counts as a guess would, so it need not be whole.
        asked: Answers in all.
        guess: 0 to 1: the share right of one who always gives the commonest answer. Nobody who knows nothing but how common
            each answer is gets more.
    """

    right: float
    asked: int
    guess: float

    @property
    def share(self) -> float:
        """Right of asked, 0 to 1; NaN where nothing is asked."""
        return self.right / self.asked if self.asked else float("nan")


@dataclass(frozen=True, eq=False, repr=False)
class SenseReading(Result):
    """Senses named by the nearest centroid, layer by layer.

    Attributes:
        labels: The senses, sorted.
        assigned: ``[layer, occurrence]`` index into ``labels``: the nearest centroid. A labelled occurrence is read with
            itself left out of its own centroid; -1 where it is its sense's only example and so cannot be read, -2 where two
            centroids are equally near, which is no answer.
        margin: ``[layer, occurrence]`` cosine to the nearest centroid minus that to the second nearest.
        accuracy: ``[layer]`` share of labelled occurrences named right, every sense weighted alike; no answer counts as
            ``chance``. NaN where none can be.
        chance: What a reader that always answers the same sense gets: 1 / number of senses that are counted.
        counted: Labelled occurrences that could be read.
        right: ``[layer]`` how many of them are named right, every occurrence weighted alike; no answer adds ``chance``.
        guess: Share of the commonest sense among them; ``chance`` where all are equally common, NaN where there is none.
        p: How often chance names as many right at the last layer, or more. Where some are told and others asked: by a guesser
            (one-sided binomial test). Leave-one-out: with the labels shuffled.
    """

    labels: tuple[str, ...]
    assigned: np.ndarray
    margin: np.ndarray
    accuracy: np.ndarray
    chance: float
    counted: int
    right: np.ndarray
    guess: float
    p: float

    def tally(self, layer: int = -1) -> Tally:
        """What is counted at a layer, the last if none is named: what a verdict rests on."""
        return Tally(float(self.right[layer]), self.counted, self.guess)


@dataclass(frozen=True, eq=False, repr=False)
class SenseControls(Result):
    """Senses of one word read from its own vector, beside what reads them without it or without attention.

    Attributes:
        own: From the word's own vector.
        off: The same with attention off: every token sees itself alone.
        others: From the mean of the sentence's other tokens, the word and special tokens left out.
        bag: From the mean static vector of the sentence's other words; it has one layer.
        draws: ``[reader, draw]`` accuracy at the last layer where the told sentences are drawn at random; the readers in the
            order above.
    """

    own: SenseReading
    off: SenseReading
    others: SenseReading
    bag: SenseReading
    draws: np.ndarray

    @property
    def readers(self) -> tuple[SenseReading, ...]:
        """The four, in the order above."""
        return self.own, self.off, self.others, self.bag

    @property
    def accuracy(self) -> np.ndarray:
        """``[reader, layer]``; what has no layers is the same in all."""
        return np.stack([np.broadcast_to(reading.accuracy, self.own.accuracy.shape) for reading in self.readers])

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """Of each reader at the last layer."""
        return tuple(reading.tally() for reading in self.readers)


@dataclass(frozen=True, eq=False, repr=False)
class BankAccuracy(Result):
    """Senses named by the nearest centroid on every word of the sense bank, layer by layer.

    A static vector is one for all sentences, so it can only give one answer, and 1 in so many senses is right: that is the
    ``chance`` of a reading, and guessing gets the same.

    Attributes:
        words: The bank's words.
        readings: Of each word.
        told: Sentences of each sense that the reader knew.
    """

    words: tuple[str, ...]
    readings: tuple[SenseControls, ...]
    told: int

    @property
    def accuracy(self) -> np.ndarray:
        """``[reader, word, layer]`` share of the untold sentences named right, every sense of a word weighted alike.

        The readers are those of :class:`SenseControls`.
        """
        return np.stack([word.accuracy for word in self.readings], axis=1)

    @property
    def by_layer(self) -> np.ndarray:
        """``[reader, layer]``: mean over the words, each weighted alike."""
        return np.asarray(self.accuracy.mean(1))

    @property
    def chance(self) -> np.ndarray:
        """``[word]``: what a static vector gets."""
        return np.array([word.own.chance for word in self.readings])

    @property
    def static(self) -> float:
        """What a static vector gets: mean over the words."""
        return float(self.chance.mean())

    @property
    def senses(self) -> tuple[int, ...]:
        """How many senses each word has."""
        return tuple(len(word.own.labels) for word in self.readings)

    @property
    def counted(self) -> tuple[int, ...]:
        """Sentences of each word that were named."""
        return tuple(word.own.counted for word in self.readings)

    @property
    def draws(self) -> np.ndarray:
        """``[reader, draw]`` mean accuracy at the last layer where the told sentences are drawn at random."""
        return np.asarray(np.mean([word.draws for word in self.readings], axis=0))

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """Of each reader at the last layer, over all words."""
        asked = sum(self.counted)
        guess = sum(word.own.guess * word.own.counted for word in self.readings) / asked
        each = zip(*(word.tallies for word in self.readings), strict=True)
        return tuple(Tally(sum(tally.right for tally in one), asked, guess) for one in each)
