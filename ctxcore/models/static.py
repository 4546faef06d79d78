"""Static vectors: one per word, whatever the sentence. A thin, honest face on gensim's KeyedVectors."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from gensim.models import KeyedVectors
from rapidfuzz import fuzz, process

from ctxcore.errors import BadInputError, ModelError, UnknownWordError
from ctxcore.models import catalogue
from ctxcore.types import Neighbour

_SPELLING_POOL = 150_000
"""Suggestions come from the most frequent words only: rarer entries are mostly misspellings themselves."""


class StaticSpace:
    """Word vectors that no sentence can change.

    Attributes:
        id: The name it was loaded by.
        revision: What pins the weights.
        keyed_vectors: The gensim object underneath.
    """

    def __init__(self, keyed_vectors: KeyedVectors, id: str, revision: str = "") -> None:
        self.keyed_vectors = keyed_vectors
        self.id = id
        self.revision = revision
        self._resolve = lru_cache(maxsize=4096)(self._find)

    def __len__(self) -> int:
        return len(self.keyed_vectors.index_to_key)

    def __contains__(self, word: str) -> bool:
        return self._known(word) is not None

    def __repr__(self) -> str:
        return f"StaticSpace({self.id!r}, {len(self):,} words, {self.keyed_vectors.vector_size} features)"

    def entry(self, word: str) -> str:
        """The vocabulary entry that a word is looked up as: as typed, else in lower case.

        Raises:
            UnknownWordError: Neither is known. It offers close spellings.
        """
        return self._resolve(word)

    def vector(self, word: str) -> np.ndarray:
        """The word's one vector ``[feature]``. UnknownWordError where there is none."""
        return np.array(self.keyed_vectors.get_vector(self.entry(word)), dtype=np.float32)

    def similarity(self, first: str, second: str) -> float:
        """Cosine similarity of two words, -1 to 1."""
        return float(self.keyed_vectors.similarity(self.entry(first), self.entry(second)))

    def neighbours(self, word: str, k: int = 10) -> list[Neighbour]:
        """The k words with the greatest cosine similarity to a word, itself left out."""
        return _neighbours(self.keyed_vectors.most_similar(self.entry(word), topn=_count(k)))

    def nearest(self, vector: np.ndarray, k: int = 10) -> list[Neighbour]:
        """The k words nearest by cosine to any vector ``[feature]``.

        Raises:
            BadInputError: The vector has another number of features than the space, or no direction.
        """
        size = self.keyed_vectors.vector_size
        if np.shape(vector) != (size,):
            raise BadInputError(
                f"A vector of {self.id} has {size} features.",
                f"an array of shape {np.shape(vector)}",
                "Pass one vector of this space.",
            )
        if not np.isfinite(vector).all() or not np.any(vector):
            raise BadInputError(
                "A vector needs a direction.", "zeros, or numbers that are not finite", "Pass a vector of some length."
            )
        return _neighbours(self.keyed_vectors.similar_by_vector(np.asarray(vector, np.float32), topn=_count(k)))

    def analogy(self, positive: Sequence[str], negative: Sequence[str] = (), k: int = 5) -> list[Neighbour]:
        """Words nearest to the sum of unit vectors, positive minus negative (Mikolov et al. 2013, 3CosAdd).

        The input words are left out of the answer, as is usual; without that the answer is mostly one of them.
        """
        if not positive and not negative:
            raise BadInputError(
                "An analogy needs words.", "none", 'For example positive=["king", "woman"], negative=["man"].'
            )
        plus, minus = [self.entry(w) for w in positive], [self.entry(w) for w in negative]
        return _neighbours(self.keyed_vectors.most_similar(positive=plus, negative=minus, topn=_count(k)))

    def _known(self, word: str) -> str | None:
        keys = self.keyed_vectors.key_to_index
        plain = unicodedata.normalize("NFC", word.strip())  # a Mac's "café" may come as e and accent apart
        return next((w for w in (word, plain, plain.lower()) if w in keys), None)

    def _find(self, word: str) -> str:
        known = self._known(word)
        if known is None:
            raise UnknownWordError(word, self.id, self._close_spellings(word.strip().lower()))
        return known

    def _close_spellings(self, word: str, k: int = 4) -> list[str]:
        if not word or len(word) > 60:
            return []
        pool = self.keyed_vectors.index_to_key[:_SPELLING_POOL]
        found = process.extract(word, pool, scorer=fuzz.ratio, limit=k, score_cutoff=70)
        return [spelling for spelling, _, _ in found]


def load_static(name: str = "glove-6b-50d") -> StaticSpace:
    """Load static vectors by catalogue name. Their file is memory-mapped: the second start costs almost nothing.

    Raises:
        ModelError: No such name, or an entry that is not static.
        MissingWeightsError: The package with the vectors is not installed.
    """
    if catalogue.entry(name).kind != "static":
        raise ModelError("Static vectors are asked for.", f"{name}, a contextual model", "Use load_model for it.")
    folder = catalogue.weights_path(name)
    return StaticSpace(_read_npy(folder), name, catalogue.revision(name))


def _read_npy(folder: Path) -> KeyedVectors:
    """Vectors from one .npy array and one parquet column of words, without copying the array."""
    vectors = np.load(next(folder.glob("*_emb.npy")), mmap_mode="r")
    words = pd.read_parquet(next(folder.glob("*_index.parquet")), columns=["index"])["index"].to_list()
    keyed = KeyedVectors(vector_size=vectors.shape[1])
    keyed.index_to_key = words
    keyed.key_to_index = {word: i for i, word in enumerate(words)}
    keyed.vectors = vectors
    keyed.fill_norms()
    return keyed


def _count(k: int) -> int:
    if k < 1:
        raise BadInputError("At least one neighbour is asked for.", f"k = {k}", "Choose k of 1 or more.")
    return k


def _neighbours(pairs: Sequence[tuple[str, float]]) -> list[Neighbour]:
    return [Neighbour(word, float(similarity)) for word, similarity in pairs]
