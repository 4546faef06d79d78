"""Does a model tell senses apart? Asked of every word of the sense bank."""

from __future__ import annotations

import numpy as np

from ctxcore.data.bank import sense_bank
from ctxcore.errors import BadInputError
from ctxcore.measures.senses import read_senses
from ctxcore.models.contextual import ContextualModel
from ctxcore.progress import Progress, silent
from ctxcore.types import BankAccuracy


def bank_accuracy(model: ContextualModel, told: int = 3, progress: Progress = silent) -> BankAccuracy:
    """Tell a nearest-centroid reader a few sentences of each sense of each bank word, and let it name the sense of the rest.

    Args:
        model: Any contextual model.
        told: How many sentences of each sense are told.
        progress: Called with the share done before each word.

    Raises:
        BadInputError: A sense would have no sentence left to be told, or none to be named.
    """
    bank = sense_bank()
    fewest = min(word.senses.count(sense) for word in bank.values() for sense in word.senses)
    if not 1 <= told < fewest:
        raise BadInputError(
            "Some sentences of each sense are told, and some are left to be named.",
            f"{told} told",
            f"Choose 1 to {fewest - 1}.",
        )
    readings = []
    for number, word in enumerate(bank.values()):
        progress(number / len(bank), f"Reading the sentences with \u201c{word.word}\u201d")
        vectors = model.occurrences(word.word, word.sentences).vectors
        readings.append(read_senses(vectors, word.told(told), word.senses))
    return BankAccuracy(
        tuple(bank),
        tuple(len(r.labels) for r in readings),
        np.array([r.accuracy for r in readings]),
        np.array([r.chance for r in readings]),
        tuple(r.counted for r in readings),
        told,
    )
