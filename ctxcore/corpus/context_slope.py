"""Does the vector of a word follow what its sentences are about? That of a word with more senses does, whatever the text has as topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.measures.geometry import unit

if TYPE_CHECKING:
    from ctxcore.models.contextual import ContextualModel

MOST = 200
"""Usages that are read for it, drawn at random: 19,900 pairs."""


@dataclass(frozen=True, eq=False)
class ContextSlope:
    """Measures it on usages of a word, and knows what words with one sense stay under.

    Attributes:
        model: Reads the sentences once more, :data:`MOST` at the most.
        needed: The slope that a word with more than one sense exceeds.
    """

    model: ContextualModel
    needed: float

    def __call__(self, texts: Sequence[str], spans: np.ndarray, seed: int = 0) -> float:
        """The slope for usages, one a sentence.

        Args:
            texts: The sentence of each.
            spans: ``[usage, 2]``: where the word stands in it.
            seed: Of the sample.
        """
        rows = np.random.default_rng(seed).permutation(len(texts))[:MOST]
        return context_slope(*read(self.model, [texts[row] for row in rows.tolist()], spans[rows]))


def read(model: ContextualModel, texts: Sequence[str], spans: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Usages in the model's middle layer, and their sentences (means over all tokens) in its last, both ``[usage, feature]``."""
    rows = np.arange(len(texts))
    whole = np.array([[0, len(text)] for text in texts])
    places = np.concatenate([np.column_stack([rows, spans]), np.column_stack([rows, whole])])
    found = model.span_vectors(texts, places, [model.layers // 2, model.layers])
    return found[: len(texts), 0], found[len(texts) :, 1]


def context_slope(usages: np.ndarray, sentences: np.ndarray) -> float:
    """By how much the cosine of two usages grows with the cosine of their sentences: the slope of least squares over all pairs.

    It is near 0 where a word means the same whatever is spoken of. Unlike the distance of sentences, which says how long and how varied
    they are, a slope hardly depends on either. 0 where all sentences are equally near to each other.

    Args:
        usages: ``[usage, feature]``.
        sentences: ``[usage, feature]``.
    """
    pairs = np.triu_indices(len(usages), 1)
    of_usages, of_sentences = ((points @ points.T)[pairs] for points in (unit(usages), unit(sentences)))
    if not len(of_sentences) or of_sentences.std() < 1e-6:
        return 0.0
    away = of_sentences - of_sentences.mean()
    return float(away @ of_usages / (away @ away))
