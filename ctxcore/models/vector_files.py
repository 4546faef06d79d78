"""Static vectors in a file: word2vec, GloVe and fastText, text or binary, packed with gzip or not. Never a pickle."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
from gensim.models import KeyedVectors

from ctxcore.errors import BadInputError, FileFormatError
from ctxcore.models import folders
from ctxcore.models.kept import keep
from ctxcore.models.places import Progress, readable, silent

Form = Literal["word2vec text", "word2vec binary", "GloVe text", "fastText binary"]

_RULE = "Static vectors come as a word2vec, GloVe or fastText file, text or binary, packed with gzip or not."
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 20
_SAMPLE = 200
_MOST_FEATURES = 10_000
_FASTTEXT = (793712314).to_bytes(4, "little")
_OTHERS = {
    b"\x93NUMPY": "a numpy array without its words",
    b"PK\x03\x04": "a zip archive",
    b"GGUF": "a GGUF file, a contextual model",
}
_BROKEN = (EOFError, ValueError, AssertionError, struct.error, OSError, zlib.error, OverflowError, NotImplementedError)
"""What reading a damaged file raises, in gensim, gzip and numpy."""


@dataclass(frozen=True)
class VectorFile:
    """A file with static vectors, of which only the beginning has been read.

    Attributes:
        path: Where it is.
        form: How it is written.
        words: How many words it has: as its header says, or estimated from its size.
        counted: Does the header say how many words it has?
        features: Length of a vector.
        gzipped: Is it packed with gzip?
        subwords: For fastText binary: vectors of letter groups, which are read as well and then let go.
    """

    path: Path
    form: Form
    words: int
    counted: bool
    features: int
    gzipped: bool = False
    subwords: int = 0

    @property
    def disk(self) -> int:
        """Size of the file, in bytes."""
        return self.path.stat().st_size

    def memory(self, limit: int | None = None) -> int:
        """Bytes that the vectors of the first ``limit`` words take as float32."""
        return 4 * self.features * (self.words if limit is None else min(limit, self.words))

    def peak(self, limit: int | None = None) -> int:
        """Bytes that are needed for a moment while it is read."""
        if self.form == "fastText binary":  # read whole, whatever the limit
            return self.memory(limit) + 4 * self.features * (2 * self.words + self.subwords)
        return self.memory(limit)


def look_into(name: str | Path) -> VectorFile:
    """What a file is, from its first lines.

    Raises:
        FileFormatError: It is no file, a pickle, damaged, or of another format.
    """
    path = Path(name).expanduser()
    if not path.is_file():
        raise _refused(path, "a folder" if path.is_dir() else "no such file", "Give the path of one file.")
    with path.open("rb") as plain:
        gzipped = plain.read(2) == b"\x1f\x8b"
    try:
        with _opened(path, gzipped) as stream:
            return _look(path, gzipped, stream)
    except _BROKEN as error:
        raise _damaged(path, str(error)) from error


def read(file: VectorFile, limit: int | None = None, progress: Progress = silent) -> KeyedVectors:
    """The vectors of the first ``limit`` words, which in all of these formats are the most frequent ones.

    What is slow to read (text, gzip, fastText binary) is kept as an array in the cache folder: the second start maps it.

    Raises:
        BadInputError: A limit below 1.
        FileFormatError: The file is damaged; the message says where.
    """
    return opened(file, limit, progress)[0]


def opened(file: VectorFile, limit: int | None = None, progress: Progress = silent) -> tuple[KeyedVectors, str]:
    """As :func:`read`, and why no copy could be kept for the next start; mostly that is empty."""
    if limit is not None and limit < 1:
        raise BadInputError("At least one word is read.", f"a limit of {limit}", "Choose a limit of 1 or more.")
    if file.form == "word2vec binary" and not file.gzipped:
        return _read(file, limit, progress), ""
    key = hashlib.sha256(f"{folders.fingerprint(file.path)} {limit}".encode()).hexdigest()[:16]
    found = keep(f"static-{key}", file.memory(limit), lambda: _read(file, limit, progress), _keep, progress)
    return (_kept(found), "") if isinstance(found, Path) else (found.value, found.note)


def plain(words: list[str], vectors: np.ndarray) -> KeyedVectors:
    """gensim's object over words and their vectors ``[word, feature]``, which are not copied."""
    keyed = KeyedVectors(vector_size=vectors.shape[1])
    keyed.index_to_key = words
    keyed.key_to_index = {word: i for i, word in enumerate(words)}
    keyed.vectors = vectors
    keyed.fill_norms()
    return keyed


def _look(path: Path, gzipped: bool, stream: IO[bytes]) -> VectorFile:
    head = stream.read(64)
    stream.seek(0)
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise _refused(
            path,
            "a pickle, which can run code when it is opened",
            "Where you trust it, save it with gensim\u2019s save_word2vec_format and give that file.",
        )
    if (other := next((what for magic, what in _OTHERS.items() if head.startswith(magic)), None)) is not None:
        raise _refused(path, other, "Unpack it first, or choose another file.")
    if head.startswith(_FASTTEXT):
        return _fasttext(path, gzipped, stream)
    first = stream.readline(_LONGEST_LINE)
    numbers = first.split()
    if len(numbers) == 2 and all(n.isdigit() and len(n) < 12 for n in numbers):
        words, features = int(numbers[0]), int(numbers[1])
        if words and 0 < features <= _MOST_FEATURES:
            form: Form = "word2vec text" if _is_row(stream.readline(_LONGEST_LINE), features) else "word2vec binary"
            found = VectorFile(path, form, words, True, features, gzipped)
            _long_enough(found, len(first))
            return found
    features = _numbers_at_end(first)
    if features < 2:
        raise _refused(path, "neither", "Choose a file with one word and its numbers a line.")
    return VectorFile(path, "GloVe text", _estimated(path, gzipped, first, stream), False, features, gzipped)


def _fasttext(path: Path, gzipped: bool, stream: IO[bytes]) -> VectorFile:
    """The header of fastText's own format: twelve whole numbers and one fraction, then the size of the dictionary."""
    fields = struct.unpack("<2i12id3i2q", stream.read(struct.calcsize("<2i12id3i2q")))
    features, buckets, words, labels = fields[2], fields[10], fields[16], fields[17]
    if labels:
        raise _refused(path, "a fastText classifier", "Choose word vectors, not a classifier.")
    if words < 1 or not 0 < features <= _MOST_FEATURES or buckets < 0:
        raise _damaged(path, "its header makes no sense")
    found = VectorFile(path, "fastText binary", words, True, features, gzipped, buckets)
    if not gzipped and found.disk < 4 * features * (words + buckets):
        raise _damaged(path, f"{readable(found.disk)} for {words:,} words and {buckets:,} letter groups")
    return found


def _long_enough(file: VectorFile, header: int) -> None:
    """A file that ends before its last word is found out before memory is taken for all of them."""
    least = header + file.words * (4 * file.features + 1 if file.form == "word2vec binary" else 2 * file.features)
    if not file.gzipped and file.disk < least:
        raise _damaged(file.path, f"its header announces {file.words:,} words, for which it is too short")


def _is_row(line: bytes, features: int) -> bool:
    """Is this line a word and its numbers, as text?"""
    parts = line.rstrip().rsplit(b" ", features)
    try:
        line.decode("utf-8")
        return len(parts) == features + 1 and all(map(_number, parts[1:]))
    except UnicodeDecodeError:
        return False


def _number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers_at_end(line: bytes) -> int:
    """How many numbers stand at the end of a line, behind its first word."""
    count = 0
    for part in reversed(line.split()[1:]):
        if not _number(part):
            break
        count += 1
    return count


def _estimated(path: Path, gzipped: bool, first: bytes, stream: IO[bytes]) -> int:
    """How many lines a file without a header has, judged by its first ones."""
    lines = [first, *(stream.readline(_LONGEST_LINE) for _ in range(_SAMPLE))]
    lines = [line for line in lines if line.strip()]
    if len(lines) <= _SAMPLE:
        return len(lines)
    size = path.stat().st_size * (2.3 if gzipped else 1)  # numbers as text pack to about that share
    return max(len(lines), round(size / (sum(map(len, lines)) / len(lines))))


def _read(file: VectorFile, limit: int | None, progress: Progress) -> KeyedVectors:
    try:
        if file.form == "fastText binary":
            keyed = _read_fasttext(file, limit, progress)
        elif file.form == "word2vec binary":
            keyed = _read_binary(file, limit, progress)
        else:
            keyed = _read_text(file, limit, progress)
    except MemoryError:
        raise BadInputError(
            "All vectors that are read must fit into memory.",
            f"{file.path}, which needs {readable(file.peak(limit))}",
            "Set a lower limit: the most frequent words come first.",
        ) from None
    except FileFormatError:
        raise
    except _BROKEN as error:
        raise _damaged(file.path, str(error)) from error
    if not np.isfinite(keyed.vectors).all():
        row = int(np.argmin(np.isfinite(keyed.vectors).all(axis=1)))
        raise _damaged(file.path, f"word {row + 1} has numbers that are not finite")
    return keyed


def _read_fasttext(file: VectorFile, limit: int | None, progress: Progress) -> KeyedVectors:
    """Whole words alone: a vector made up from letter groups would hide that a word is not known. It reads no pickle."""
    from gensim.models.fasttext import load_facebook_vectors

    progress(0.65, f"Reading {file.path.name}")
    found = load_facebook_vectors(str(file.path))
    kept = slice(None, limit)
    return plain(found.index_to_key[kept], np.array(found.vectors[kept], dtype=np.float32))


def _read_binary(file: VectorFile, limit: int | None, progress: Progress) -> KeyedVectors:
    """A word, a blank and the bytes of its numbers, one after the other."""
    count = file.words if limit is None else min(limit, file.words)
    vectors = np.empty((count, file.features), dtype=np.float32)
    index: dict[str, int] = {}
    buffer, at, width = b"", 0, 4 * file.features
    with _opened(file.path, file.gzipped) as stream:
        stream.readline()
        for number in range(count):
            blank = buffer.find(b" ", at)
            while blank < 0 or len(buffer) < blank + 1 + width:
                more = stream.read(_CHUNK)
                if not more or len(buffer) - at > _CHUNK + width:
                    raise _damaged(file.path, f"it ends after {number:,} of {count:,} words")
                buffer, at = buffer[at:] + more, 0
                blank = buffer.find(b" ")
                progress(0.65 + 0.3 * number / count, f"Reading {file.path.name}: {number:,} of {count:,} words")
            vectors[len(index)] = np.frombuffer(buffer, "<f4", file.features, blank + 1)
            word = buffer[at:blank].lstrip(b"\n").decode("utf-8", errors="replace")
            index.setdefault(word, len(index))
            at = blank + 1 + width
    return plain(list(index), np.ascontiguousarray(vectors[: len(index)]))


def _read_text(file: VectorFile, limit: int | None, progress: Progress) -> KeyedVectors:
    """One word and its numbers a line. Read here and not by gensim: a word may hold blanks, and errors name the line."""
    count = file.words if file.counted else _lines(file, limit)
    count = count if limit is None else min(limit, count)
    vectors = np.empty((count, file.features), dtype=np.float32)
    index: dict[str, int] = {}
    with _opened(file.path, file.gzipped) as stream:
        if file.counted:
            stream.readline()
        for number in range(count):
            line = stream.readline(_LONGEST_LINE)
            if not line:
                raise _damaged(file.path, f"it ends after {number:,} of {count:,} words")
            word = _row(file, line, number + 1 + file.counted, vectors[len(index)])
            index.setdefault(word, len(index))  # a word that comes twice keeps its first vector
            if number % 2000 == 0:
                progress(0.65 + 0.3 * number / count, f"Reading {file.path.name}: {number:,} of {count:,} words")
    return plain(list(index), np.ascontiguousarray(vectors[: len(index)]))


def _row(file: VectorFile, line: bytes, number: int, into: np.ndarray) -> str:
    """Put one line's numbers ``[feature]`` into their place; its word."""
    parts = line.rstrip().rsplit(b" ", file.features)
    # "at name@domain" and ". . ." are words of GloVe: blanks in a word are right, one number too many is not.
    odd = len(parts) != file.features + 1 or b" " in parts[0]
    if odd and (len(parts) != file.features + 1 or _numbers_at_end(line) > file.features):
        there = _numbers_at_end(line)
        raise _damaged(file.path, f"line {number:,} has {there} numbers where {file.features} belong")
    try:
        into[:] = parts[1:]
    except ValueError:
        raise _damaged(file.path, f"line {number:,} has something else than numbers behind its word") from None
    return parts[0].decode("utf-8", errors="replace")


def _lines(file: VectorFile, limit: int | None) -> int:
    """How many lines there are; counting stops at the limit."""
    count = 0
    with _opened(file.path, file.gzipped) as stream:
        while line := stream.readline(_LONGEST_LINE):
            count += bool(line.strip())
            if count == limit:
                break
    return count


@contextmanager
def _opened(path: Path, gzipped: bool) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked."""
    with cast(IO[bytes], gzip.open(path, "rb")) if gzipped else path.open("rb") as stream:
        yield stream


def _keep(keyed: KeyedVectors, folder: Path) -> None:
    """Write words and vectors into a folder."""
    np.save(folder / "vectors.npy", keyed.vectors)
    (folder / "words.json").write_text(json.dumps(keyed.index_to_key), encoding="utf-8")


def _kept(folder: Path) -> KeyedVectors:
    words: Any = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    return plain(words, np.load(folder / "vectors.npy", mmap_mode="r"))


def _refused(path: Path, what: str, remedy: str) -> FileFormatError:
    return FileFormatError(_RULE, f"{path}: {what}", remedy)


def _damaged(path: Path, why: str) -> FileFormatError:
    return _refused(path, f"damaged; {why or 'it ends early'}"[:300], "Fetch or write the file anew.")
