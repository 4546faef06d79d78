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
from ctxcore.models import catalogue, folders, gensim_data, vector_files
from ctxcore.models.names import looks_like_path, split_limit
from ctxcore.models.places import Progress, silent
from ctxcore.types import Neighbour, Origin

_SPELLING_POOL = 150_000
"""Suggestions come from the most frequent words only: rarer entries are mostly misspellings themselves."""


class StaticSpace:
    """Word vectors that no sentence can change.

    Attributes:
        id: The name it was loaded by.
        revision: What pins the weights.
        keyed_vectors: The gensim object underneath.
        origin: Where the vectors come from.
    """

    def __init__(self, keyed_vectors: KeyedVectors, id: str, revision: str = "", origin: Origin | None = None) -> None:
        self.keyed_vectors = keyed_vectors
        self.id = id
        self.revision = revision
        self.origin = origin or Origin("memory")
        self._resolve = lru_cache(maxsize=4096)(self._find)

    def __len__(self) -> int:
        return len(self.keyed_vectors.index_to_key)

    def __contains__(self, word: str) -> bool:
        return self._known(word) is not None

    def __repr__(self) -> str:
        return f"StaticSpace({self.id!r}, {len(self):,} words, {self.keyed_vectors.vector_size} features)"

    @property
    def memory(self) -> int:
        """Bytes of its vectors; the words themselves and their index come on top."""
        return int(self.keyed_vectors.vectors.nbytes)

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


def load_static(name: str = "glove-6b-50d", *, limit: int | None = None, progress: Progress = silent) -> StaticSpace:
    """Load static vectors. An embedded file is memory-mapped: the second start costs almost nothing.

    Args:
        name: A catalogue name, a name of gensim-data such as ``word2vec-google-news-300`` (which is fetched), or the path of
            a word2vec, GloVe or fastText file. ``@200000`` behind it is a limit.
        limit: How many words are read; the most frequent come first. None reads all.
        progress: Called with the share done and what is going on.

    Raises:
        ModelError: No such name, or an entry that is not static.
        MissingWeightsError: The package with the vectors is not installed.
        FileFormatError: The file is a pickle, damaged, or of another format.
        OfflineError: It must be fetched and the network is not reached.
    """
    asked, told = split_limit(name)
    limit = told if limit is None else limit
    if asked in catalogue.CATALOGUE:
        return _embedded(asked)
    offered = gensim_data.DOWNLOADS.get(asked)
    if offered is None and not Path(asked).expanduser().is_file() and not looks_like_path(asked):
        catalogue.entry(asked)  # raises, with the names that exist
    path = gensim_data.fetched(asked, progress) if offered else Path(asked).expanduser()
    file = vector_files.look_into(path)
    revision = f"md5 {offered.md5}" if offered else f"local file {folders.fingerprint(path)}"
    whole = asked if limit is None else f"{asked}@{limit}"
    keyed, note = vector_files.opened(file, limit, progress)
    source, licence = (f"gensim-data: {asked}", offered.licence) if offered else (str(path), "")
    return StaticSpace(keyed, whole, revision, Origin(source, licence, file.disk, note))


def _embedded(name: str) -> StaticSpace:
    entry = catalogue.entry(name)
    if entry.kind != "static":
        raise ModelError("Static vectors are asked for.", f"{name}, a contextual model", "Use load_model for it.")
    folder = catalogue.weights_path(name)
    disk = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    origin = Origin(entry.source, entry.licence, disk)
    return StaticSpace(_read_npy(folder), name, catalogue.revision(name), origin)


def _read_npy(folder: Path) -> KeyedVectors:
    """Vectors from one .npy array and one parquet column of words, without copying the array."""
    vectors = np.load(next(folder.glob("*_emb.npy")), mmap_mode="r")
    words = pd.read_parquet(next(folder.glob("*_index.parquet")), columns=["index"])["index"].to_list()
    return vector_files.plain(words, vectors)


def _count(k: int) -> int:
    if k < 1:
        raise BadInputError("At least one neighbour is asked for.", f"k = {k}", "Choose k of 1 or more.")
    return k


def _neighbours(pairs: Sequence[tuple[str, float]]) -> list[Neighbour]:
    return [Neighbour(word, float(similarity)) for word, similarity in pairs]
