"""Results made by hand, for tests of what is drawn and written from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore import Occurrences, SenseControls, SenseReading, Tally, find
from ctxcore.measures.tallies import by_guessing

NASTY = ("<img src=x onerror=alert(1)>", "$x$", "%{customdata}", "<b>x</b>", "</script><script>alert(1)</script>")
"""What a reader may type and what must be shown to the letter: markup, a formula, a template, a way out of a script."""


def occurrences(vectors: np.ndarray, sentences: Sequence[str], word: str = "ran") -> Occurrences:
    """Occurrences of a word that stands once in each sentence, with the vectors given ``[occurrence, layer, feature]``."""
    mentions = find(word, sentences)
    spans = tuple((m.start, m.end) for m in mentions)
    assert len(mentions) == len(vectors)
    return Occurrences(
        np.asarray(vectors, np.float32),
        tuple(m.sentence_index for m in mentions),
        spans,
        tuple(sentences[m.sentence_index][m.start : m.end] for m in mentions),
        tuple(sentences),
        ((word,),) * len(mentions),
    )


def sense_reading(*right: float, asked: int = 18, senses: int = 3, tied: bool = False) -> SenseReading:
    """So many right of those asked at each layer, all senses equally common."""
    layers = len(right)
    assigned = np.full((layers, asked), -2) if tied else np.zeros((layers, asked), int)
    share, labels = np.array(right, float), tuple("abcdefgh"[:senses])
    p = by_guessing(Tally(right[-1], asked, 1 / senses))
    return SenseReading(
        labels, assigned, np.zeros((layers, asked)), share / max(asked, 1), 1 / senses, asked, share, 1 / senses, p
    )


def sense_controls(own: float = 15, off: float = 5, others: float = 12, bag: float = 11) -> SenseControls:
    """The figures of "ran" at the last of three layers, or others."""
    draws = np.array([[0.75, 1.0, 0.9], [0.3, 0.4, 0.3], [0.5, 0.9, 0.8], [0.5, 0.6, 0.7]])
    return SenseControls(
        sense_reading(6, 9, own), sense_reading(6, 6, off), sense_reading(8, 9, others), sense_reading(bag), draws
    )
