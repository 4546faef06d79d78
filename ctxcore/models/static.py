"""Static vectors: one per word, whatever the sentence. A thin, honest face on gensim's KeyedVectors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from operator import index
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from gensim.models import KeyedVectors
from rapidfuzz import fuzz, process

from ctxcore.errors import BadInputError, ModelError, UnknownWordError
from ctxcore.models import catalogue, gensim_data, vector_files
from ctxcore.models.names import as_text, exists, local_path, looks_like_path, split_limit
from ctxcore.progress import Progress, silent
from ctxcore.text.white_space import clean
from ctxcore.types import Neighbour, Origin

_SPELLING_POOL = 150_000
"""Suggestions come from the most frequent words only: rarer entries are mostly misspellings themselves."""
_JOINT = re.compile(r"[\s_\-\u2010-\u2015]+")
_ADDRESS = re.compile(r"^/c/[a-z]{2,3}/")
_TAG = re.compile(r"[_|](ADJ|ADP|ADV|AUX|CCONJ|DET|INTJ|NOUN|NUM|PRON|PROPN|PUNCT|SCONJ|SYM|VERB)$", re.IGNORECASE)
"""Parts of speech as Universal Dependencies name them."""


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

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._known(word) is not None

    def __repr__(self) -> str:
        return f"StaticSpace({self.id!r}, {len(self):,} words, {self.keyed_vectors.vector_size} features)"

    @property
    def memory(self) -> int:
        """Bytes of its vectors; the words themselves and their index come on top."""
        return int(self.keyed_vectors.vectors.nbytes)

    def entry(self, word: str) -> str:
        """The vocabulary entry of a word: as typed, else as read (:mod:`ctxcore.text.white_space`), else in lower case.

        Raises:
            BadInputError: It is no text.
            UnknownWordError: Neither is known. It offers close spellings, and the single words of a word of several.
        """
        if not isinstance(word, str):
            raise BadInputError("A word is text.", f"{type(word).__name__} {word!r:.60}", "Pass the word as text.")
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
        try:
            vector = np.asarray(vector, dtype=np.float32)
        except (TypeError, ValueError):
            raise BadInputError(
                "A vector is an array of numbers.", f"{type(vector).__name__} {vector!r:.60}", "Pass numbers."
            ) from None
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
        return _neighbours(self.keyed_vectors.similar_by_vector(vector, topn=_count(k)))

    def analogy(self, positive: Sequence[str], negative: Sequence[str] = (), k: int = 5) -> list[Neighbour]:
        """Words nearest to the sum of unit vectors, positive minus negative (Mikolov et al. 2013, 3CosAdd).

        The input words are left out of the answer, as is usual; without that the answer is mostly one of them.
        """
        for words in (positive, negative):
            if isinstance(words, str):  # else each of its letters would be a word
                raise BadInputError(
                    "The words of an analogy are a list.", f"the text {words!r:.60}", f"Pass [{words!r:.60}]."
                )
        if not positive and not negative:
            raise BadInputError(
                "An analogy needs words.", "none", 'For example positive=["king", "woman"], negative=["man"].'
            )
        plus, minus = [self.entry(w) for w in positive], [self.entry(w) for w in negative]
        return _neighbours(self.keyed_vectors.most_similar(positive=plus, negative=minus, topn=_count(k)))

    def _known(self, word: str) -> str | None:
        keys = self.keyed_vectors.key_to_index
        plain = unicodedata.normalize("NFC", clean(word))  # a Mac's "café" may come as e and accent apart
        return next((w for w in (word, plain, plain.lower()) if w in keys), None)

    def _find(self, word: str) -> str:
        known = self._known(word)
        if known is None:
            word = clean(word)
            raise UnknownWordError(word, self.id, self._close_spellings(word), self._parts(word))
        return known

    def _close_spellings(self, word: str, k: int = 4) -> list[str]:
        """The k entries of closest spelling; case, blanks and what vocabularies add to a word do not count."""
        if not word or len(word) > 60:
            return []
        same = [entry for entry in dict.fromkeys(_ways_to_write(word)) if entry in self.keyed_vectors.key_to_index]
        bare = _bare(word)
        found = process.extract(bare, self._bare_pool, scorer=fuzz.ratio, limit=2 * k, score_cutoff=70) if bare else []
        entries = self.keyed_vectors.index_to_key
        return list(dict.fromkeys([*same, *(entries[number] for _, _, number in found)]))[:k]

    @cached_property
    def _bare_pool(self) -> list[str]:
        return [_bare(entry) for entry in self.keyed_vectors.index_to_key[:_SPELLING_POOL]]

    def _parts(self, word: str) -> list[str]:
        """The entries of the single words of a word of several; none where one of them is not known."""
        parts = [self._known(part) for part in _JOINT.split(_untagged(word)) if part] if len(word) <= 60 else []
        return [part for part in parts if part] if len(parts) > 1 and all(parts) else []


def _bare(entry: str) -> str:
    """An entry without what vocabularies add to a word: "/c/en/new_york", "New_York" and "new york" are the same, "run_VERB" is run."""
    return " ".join(_JOINT.split(_untagged(entry).casefold())).strip()


def _untagged(entry: str) -> str:
    return _TAG.sub("", _ADDRESS.sub("", entry))


def _ways_to_write(word: str) -> Iterator[str]:
    """How vocabularies write the word: with capitals or without, its parts joined by "_", "-", a blank or nothing."""
    parts = _bare(word).split()
    if not parts:
        return
    for cased in (
        parts, [p.title() for p in parts], [p.upper() for p in parts], [p.capitalize() for p in parts[:1]] + parts[1:]
    ):  # fmt: skip
        yield from (joint.join(cased) for joint in ("_", " ", "-", ""))
    yield f"/c/en/{'_'.join(parts)}"


def load_static(
    name: str | Path = "glove-6b-50d", *, limit: int | None = None, progress: Progress = silent
) -> StaticSpace:
    """Load static vectors. An embedded file is memory-mapped: the second start costs almost nothing.

    Args:
        name: A catalogue name, a name of gensim-data such as ``word2vec-google-news-300`` (which is fetched), or the path of
            a word2vec, GloVe or fastText file. ``@200000`` behind it is a limit.
        limit: How many words are read; the most frequent come first. None reads all.
        progress: Called with the share done and what is going on.

    Raises:
        BadInputError: The name is neither text nor a path, or the limit is no whole number from 1.
        ModelError: No such name, an entry that is not static, or a file that was changed while it was read.
        MissingWeightsError: The package with the vectors is not installed.
        FileFormatError: The file is a pickle, damaged, or of another format.
        OfflineError: It must be fetched and the network is not reached.
    """
    asked, told = split_limit(as_text(name))
    limit = told if limit is None else _whole(limit)
    if asked in catalogue.CATALOGUE:
        return _embedded(asked)
    offered = gensim_data.DOWNLOADS.get(asked)
    path = local_path(asked)
    if offered is None and not exists(path) and not looks_like_path(asked):
        catalogue.entry(asked)  # raises, with the names that exist
    path = gensim_data.fetched(asked, progress) if offered else path
    file = vector_files.look_into(path)
    revision = f"md5 {offered.md5}" if offered else f"local file {file.version}"
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
    import pandas as pd

    words = pd.read_parquet(next(folder.glob("*_index.parquet")), columns=["index"])["index"].to_list()
    return vector_files.plain(words, vectors)


def _whole(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, SupportsIndex):
        raise BadInputError("A count is a whole number.", f"{type(number).__name__} {number!r:.60}", "Pass 1 or more.")
    return index(number)


def _count(k: int) -> int:
    if _whole(k) < 1:
        raise BadInputError("At least one neighbour is asked for.", f"k = {k}", "Choose k of 1 or more.")
    return _whole(k)


def _neighbours(pairs: Sequence[tuple[str, float]]) -> list[Neighbour]:
    return [Neighbour(word, float(similarity)) for word, similarity in pairs]
