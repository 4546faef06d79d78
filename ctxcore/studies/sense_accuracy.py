"""Does a model tell senses apart, and what does it? Asked of the words of the sense bank, beside controls."""

from __future__ import annotations

import numpy as np

from ctxcore.data.bank import TOLD, BankWord, sense_bank
from ctxcore.errors import BadInputError
from ctxcore.measures.senses import drawn_accuracy, read_senses
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.interventions import Attend
from ctxcore.models.static import StaticSpace
from ctxcore.progress import Progress, silent
from ctxcore.text import find, overlapping, words_of
from ctxcore.types import BankAccuracy, Mention, SenseControls


def sense_controls(
    model: ContextualModel, static: StaticSpace, word: BankWord, told: int = TOLD, progress: Progress = silent
) -> SenseControls:
    """Tell a nearest-centroid reader a few sentences of each sense of a word, and let it name the sense of the rest.

    It reads the word's own vector; beside it the same with attention off, the mean of the sentence's other tokens, and the
    mean static vector of the sentence's other words. What it reads as well without attention was not attention's work, and
    what the other words know as well is no property of the word's own vector.

    Args:
        model: Any contextual model.
        static: Any static space; a word that it does not know is left out of the mean.
        word: A word of the bank, or one with sentences of your own: one mention in each sentence.
        told: How many sentences of each sense are told.
        progress: Called with the share done.

    Raises:
        BadInputError: A sense would have no sentence left to be told, or none to be named.
        TooLongError: A sentence has more tokens than the model reads.
    """
    _check(told, [word])
    mentions = find(word.word, word.sentences)
    own, others = _pooled(model, word, mentions, Attend.full(), lambda share, what: progress(share / 2, what))
    off, _ = _pooled(model, word, mentions, Attend.self_only(), lambda share, what: progress((1 + share) / 2, what))
    vectors = own, off, others, _bag(static, word, mentions)[:, None]
    by_own, by_off, by_others, by_bag = (read_senses(of, word.told(told), word.senses) for of in vectors)
    return SenseControls(
        by_own, by_off, by_others, by_bag, np.stack([drawn_accuracy(of[:, -1], word.senses, told) for of in vectors])
    )


def bank_accuracy(
    model: ContextualModel, static: StaticSpace, told: int = TOLD, progress: Progress = silent
) -> BankAccuracy:
    """The same for every word of the sense bank: see :func:`sense_controls`.

    Args:
        model: Any contextual model.
        static: Any static space.
        told: How many sentences of each sense are told.
        progress: Called with the share done before each word.

    Raises:
        BadInputError: A sense would have no sentence left to be told, or none to be named.
    """
    bank = sense_bank()
    _check(told, list(bank.values()))
    readings = []
    for number, word in enumerate(bank.values()):
        progress(number / len(bank), f"Reading the sentences with \u201c{word.word}\u201d")
        readings.append(sense_controls(model, static, word, told))
    return BankAccuracy(tuple(bank), tuple(readings), told)


def _check(told: int, words: list[BankWord]) -> None:
    fewest = min(word.senses.count(sense) for word in words for sense in word.senses)
    if not 1 <= told < fewest:
        raise BadInputError(
            "Some sentences of each sense are told, and some are left to be named.",
            f"{told} told",
            f"Choose 1 to {fewest - 1}.",
        )


def _pooled(
    model: ContextualModel, word: BankWord, mentions: list[Mention], attend: Attend, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """The word's own vectors, and the mean of its sentence's other tokens, each ``[mention, layer, feature]``."""
    own, others = [], []
    for mention, read in zip(mentions, model.encode(word.sentences, progress, attend), strict=True):
        places = overlapping(read.tokens, (mention.start, mention.end))
        rest = [i for i, token in enumerate(read.tokens) if not token.special and i not in places]
        own.append(read.hidden[:, places].mean(1))
        others.append(read.hidden[:, rest].mean(1))
    return np.stack(own), np.stack(others)


def _bag(static: StaticSpace, word: BankWord, mentions: list[Mention]) -> np.ndarray:
    """The mean static vector of each sentence's other words ``[mention, feature]``; zero where none is known."""
    bags = []
    for mention, sentence in zip(mentions, word.sentences, strict=True):
        rest = [w.text for w in words_of(sentence) if w.end <= mention.start or w.start >= mention.end]
        known = [static.vector(text) for text in rest if text in static]
        bags.append(np.mean(known, axis=0) if known else np.zeros(static.keyed_vectors.vector_size, np.float32))
    return np.stack(bags)
