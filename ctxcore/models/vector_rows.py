"""The words and vectors of a file whose form is known, and the proof that it was read rightly: it ends where it should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import numpy as np
from gensim.models import KeyedVectors

from ctxcore.errors import BadInputError, FileFormatError
from ctxcore.models.cache_dir import readable
from ctxcore.models.vector_forms import MOST_SIZE, VectorFile
from ctxcore.models.vector_parts import BROKEN, binary_word, broken, damaged, numbered, opened, row
from ctxcore.progress import Progress

_CHUNK = 1 << 20
_LEAST_SIZE = 1e-6
_FOREIGN = (*BROKEN, KeyError, IndexError, TypeError, AttributeError, RuntimeError)
"""What gensim's fastText reader raises besides, where sizes in the file lie."""


def parsed(file: VectorFile, limit: int | None, progress: Progress) -> KeyedVectors:
    """The vectors of the first ``limit`` words.

    Text: a word that comes twice keeps its first vector, as gensim reads it. Binary: every word is another one, since all
    writers number distinct words; a second one means that the records are misread.

    Raises:
        BadInputError: They do not fit into memory.
        FileFormatError: It is not whole, or not what its header says; the message says where.
    """
    with _explained(file, limit):
        if file.form == "fastText binary":
            words, vectors = _fasttext(file, limit, progress)
        elif file.form == "word2vec binary":
            words, vectors = _binary(file, limit, progress)
        else:
            words, vectors = _text(file, limit, progress)
    _check_size(file, vectors)
    return plain(words, vectors)


def plain(words: list[str], vectors: np.ndarray) -> KeyedVectors:
    """gensim's object over words and their vectors ``[word, feature]``, which are not copied."""
    keyed = KeyedVectors(vector_size=vectors.shape[1])
    keyed.index_to_key = words
    keyed.key_to_index = {word: i for i, word in enumerate(words)}
    keyed.vectors = vectors
    keyed.fill_norms()
    return keyed


@contextmanager
def _explained(file: VectorFile, limit: int | None) -> Iterator[None]:
    """What libraries raise, as ours."""
    try:
        yield
    except MemoryError:
        raise BadInputError(
            "All vectors that are read must fit into memory.",
            f"{file.path}, which needs {readable(file.peak(limit))}",
            "Set a lower limit: the most frequent words come first.",
        ) from None
    except FileFormatError:
        raise
    except BROKEN as error:
        raise broken(file.path, error) from error


def _check_size(file: VectorFile, vectors: np.ndarray) -> None:
    """Refuse numbers that no training gives."""
    largest = np.maximum(vectors.max(axis=1), -vectors.min(axis=1))  # np.abs would double what is in memory
    if not np.isfinite(largest).all():
        raise damaged(file.path, f"word {int(np.argmin(np.isfinite(largest))) + 1:,} has numbers that are not finite")
    if "binary" in file.form and not _LEAST_SIZE < largest.max() < MOST_SIZE:
        raise damaged(file.path, f"its largest number is {largest.max():.3g}, which is no trained vector\u2019s")


def _fasttext(file: VectorFile, limit: int | None, progress: Progress) -> tuple[list[str], np.ndarray]:
    """Whole words alone: a vector made up from letter groups would hide that a word is not known. It reads no pickle."""
    from gensim.models.fasttext import load_facebook_vectors

    progress(0.65, f"Reading {file.path.name}")
    try:
        found = load_facebook_vectors(str(file.path))
    except _FOREIGN as error:
        raise damaged(file.path, "its sizes contradict each other, or it ends early") from error
    words = found.index_to_key
    if len(words) != file.words or found.vector_size != file.features or len(found.vectors) < len(words):
        raise damaged(file.path, f"it holds {len(words):,} of the {file.words:,} words that its header announces")
    for number, word in enumerate(words, 1):
        binary_word(file.path, number, word.encode("utf-8", errors="replace"))
    kept = slice(None, limit)
    return words[kept], np.array(found.vectors[kept], dtype=np.float32)


def _binary(file: VectorFile, limit: int | None, progress: Progress) -> tuple[list[str], np.ndarray]:
    """A word, a blank and the bytes of its numbers, one after the other, and nothing behind the last."""
    count = file.words if limit is None else min(limit, file.words)
    vectors = np.empty((count, file.features), dtype=np.float32)
    index: dict[str, int] = {}
    buffer, at, width = b"", 0, 4 * file.features
    with opened(file.path, file.gzipped) as stream:
        stream.readline()
        for number in range(count):
            blank = buffer.find(b" ", at)
            while blank < 0 or len(buffer) < blank + 1 + width:
                more = stream.read(_CHUNK)
                if not more or len(buffer) - at > _CHUNK + width:
                    raise damaged(file.path, f"it ends after {number:,} of {count:,} words")
                buffer, at = buffer[at:] + more, 0
                blank = buffer.find(b" ")
                progress(0.65 + 0.3 * number / count, f"Reading {file.path.name}: {number:,} of {count:,} words")
            vectors[number] = np.frombuffer(buffer, "<f4", file.features, blank + 1)
            word = binary_word(file.path, number + 1, buffer[at:blank])
            if index.setdefault(word, number) != number:
                raise damaged(
                    file.path, f"word {number + 1:,} is the same as word {index[word] + 1:,}: \u201c{word[:40]}\u201d"
                )
            at = blank + 1 + width
        if count == file.words and (buffer[at:] + stream.read(8)).strip(b"\n"):
            raise damaged(file.path, f"something stands behind all words that its header announces ({count:,})")
    return list(index), vectors


def _text(file: VectorFile, limit: int | None, progress: Progress) -> tuple[list[str], np.ndarray]:
    """One word and its numbers a line. Read here and not by gensim: a word may hold blanks, and errors name the line."""
    count = file.words if file.counted else _lines(file, limit, progress)
    count = count if limit is None else min(limit, count)
    vectors = np.empty((count, file.features), dtype=np.float32)
    index: dict[str, int] = {}
    with opened(file.path, file.gzipped) as stream:
        lines = islice(numbered(file.path, file.gzipped, stream), int(file.counted), None)
        done = 0
        for done, (number, line) in enumerate(islice(lines, count), 1):
            word, numbers = row(file.path, number, line, file.features)
            if index.setdefault(word, len(index)) == len(index) - 1:
                vectors[index[word]] = numbers
            if done % 2000 == 1:
                progress(0.65 + 0.3 * done / count, f"Reading {file.path.name}: {done:,} of {count:,} words")
        if done < count:
            raise damaged(file.path, f"it ends after {done:,} of {count:,} words")
        if file.counted and count == file.words and (more := next(lines, None)):
            raise damaged(file.path, f"line {more[0]:,} comes after all words that its header announces ({count:,})")
    return list(index), np.ascontiguousarray(vectors[: len(index)])


def _lines(file: VectorFile, limit: int | None, progress: Progress) -> int:
    """How many lines there are; counting stops at the limit."""
    count = 0
    with opened(file.path, file.gzipped) as stream:
        for count, _ in enumerate(islice(numbered(file.path, file.gzipped, stream), limit), 1):
            if count % 50_000 == 0:
                progress(0.62, f"Counting the words of {file.path.name}: {count:,}")
    return count
