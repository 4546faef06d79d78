"""How a file with static vectors is written: found out, and proved, from its beginning. Loads no vectors."""

from __future__ import annotations

import os
import re
import stat
import struct
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Literal

import numpy as np

from ctxcore import signatures
from ctxcore.errors import FileFormatError
from ctxcore.models.cache_dir import readable
from ctxcore.models.folders import fingerprint
from ctxcore.models.names import local_path
from ctxcore.models.vector_parts import (
    BOM,
    BROKEN,
    LONGEST_LINE,
    binary_word,
    broken,
    damaged,
    is_row,
    numbered,
    numbers_at_end,
    opened,
    refused,
    row,
)

Form = Literal["word2vec text", "word2vec binary", "GloVe text", "fastText binary"]

MOST_SIZE = 1e9
"""No number of a trained vector is larger."""
_SAMPLE = 200
_CHANCE = 256
"""A binary file of more bytes than this holds a byte that no text has."""
_MOST_FEATURES = 10_000
_MOST_DIGITS = 18
_DENSEST = 1032
"""Bytes that one byte of gzip can unpack to, at most."""
_FASTTEXT = (793712314).to_bytes(4, "little")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DIGITS = re.compile(rb"[-+.\deE\s]*")
_UNPACK = "Unpack it first, or choose another file."
_ANOTHER = "Choose the file that holds words and vectors."
_REMEDIES = {
    "packed": _UNPACK,
    "table": "Write it as one word and its numbers a line.",
    "document": _ANOTHER,
    "array": _ANOTHER,
    "weights": "Choose the folder that it belongs to as the contextual model, or a file with words and vectors.",
}
_PAGE = ("a web page, not vectors", "Download the file itself: the page\u2019s address was saved instead.")
_OTHERS = {
    b"\x93NUMPY": ("a numpy array without its words", _ANOTHER),
    b"\x1f\x8b": ("packed with gzip twice", "Unpack it once."),
    b"GGUF": ("a GGUF file, a contextual model", "Choose it as the contextual model."),
    b"\xff\xfe": ("text in UTF-16", "Save it as UTF-8."),
    b"\xfe\xff": ("text in UTF-16", "Save it as UTF-8."),
    b"version https://git-lfs": (
        "a Git LFS pointer: a note of where the vectors lie, not the vectors",
        "Fetch the file itself (git lfs pull, or the download button of the page that offers it).",
    ),
}
"""What is said otherwise than :mod:`ctxcore.reading.signatures` has it."""


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
        version: Its fingerprint before it was looked into; what is read later must be this version.
    """

    path: Path
    form: Form
    words: int
    counted: bool
    features: int
    gzipped: bool = False
    subwords: int = 0
    version: str = ""

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
    """What a file is, from its beginning. The form is proved, not guessed: a file that is none of them is refused.

    Raises:
        FileFormatError: It is no regular file, a pickle, damaged, or of another format.
    """
    path = local_path(name)
    _regular(path)
    version = fingerprint(path)
    try:
        with path.open("rb") as plain:
            gzipped = plain.read(2) == b"\x1f\x8b"
        with opened(path, gzipped) as stream:
            return replace(_look(path, gzipped, stream), version=version)
    except PermissionError:
        raise refused(path, "it may not be read", "Allow this user to read it.") from None
    except BROKEN as error:
        raise broken(path, error) from error


def _regular(path: Path) -> None:
    """Nothing but a regular file with something in it is opened: a pipe or a device may never end."""
    try:
        found = os.stat(path)
    except PermissionError:
        raise refused(path, "its folder may not be read", "Allow this user to read it.") from None
    except (OSError, ValueError):
        raise refused(path, "no such file", "Give the path of one file.") from None
    if stat.S_ISDIR(found.st_mode):
        raise refused(path, "a folder", "Give the path of one file.")
    if not stat.S_ISREG(found.st_mode):
        raise refused(path, "a pipe or a device, not a file", "Give the path of one file.")
    if not found.st_size:
        raise refused(path, "an empty file", "Fetch or write the file anew.")


def _look(path: Path, gzipped: bool, stream: IO[bytes]) -> VectorFile:
    head = stream.read(512)
    stream.seek(0)
    _known_otherwise(path, head)
    if head.startswith(_FASTTEXT):
        return _fasttext(path, gzipped, stream)
    first = stream.readline(LONGEST_LINE)
    numbers = first.removeprefix(BOM).split()
    if len(numbers) == 2 and all(n.isdigit() for n in numbers):
        return _with_header(path, gzipped, stream, numbers)
    if b"\0" in first:  # its lines may have no end
        raise _of_another_program(path)
    stream.seek(0)
    return _without_header(path, gzipped, stream)


def _known_otherwise(path: Path, head: bytes) -> None:
    """Refuse what is known to be something else by its first bytes."""
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise refused(
            path,
            "a pickle, which can run code when it is opened",
            "Where you trust it, save it with gensim\u2019s save_word2vec_format and give that file.",
        )
    for magic, (what, remedy) in _OTHERS.items():
        if head.startswith(magic):
            raise refused(path, what, remedy)
    found = signatures.known(head)
    if found:
        raise refused(path, *(_PAGE if found.kind == "page" else (found.what, _REMEDIES[found.kind])))
    if not head.removeprefix(BOM).strip():
        raise refused(path, "it holds nothing but blanks", "Fetch or write the file anew.")


def _fasttext(path: Path, gzipped: bool, stream: IO[bytes]) -> VectorFile:
    """The header of fastText's own format: twelve whole numbers and one fraction, then the size of the dictionary."""
    fields = struct.unpack("<2i12id3i2q", stream.read(struct.calcsize("<2i12id3i2q")))
    features, buckets, entries, words, labels = fields[2], fields[10], fields[15], fields[16], fields[17]
    if labels:
        raise refused(path, "a fastText classifier", "Choose word vectors, not a classifier.")
    if entries != words or words < 1 or not 0 < features <= _MOST_FEATURES or buckets < 0:
        raise damaged(path, "its header makes no sense")
    found = VectorFile(path, "fastText binary", words, True, features, gzipped, buckets)
    if _most(found) < 4 * features * (words + buckets):
        raise damaged(path, f"{readable(found.disk)} for {words:,} words and {buckets:,} letter groups")
    return found


def _with_header(path: Path, gzipped: bool, stream: IO[bytes], header: list[bytes]) -> VectorFile:
    """Text or binary behind a header: the first rows prove the one or the other."""
    words, features = (int(n) if len(n) <= _MOST_DIGITS else 0 for n in header)
    if not words or not 0 < features <= _MOST_FEATURES:
        said = b" ".join(header)[:40].decode("ascii")
        raise damaged(
            path,
            f"its header, {said}, makes no sense: some words and 1 to {_MOST_FEATURES:,} numbers for each are expected",
        )
    if _is_binary(path, stream.read(LONGEST_LINE), words, features):
        found = VectorFile(path, "word2vec binary", words, True, features, gzipped)
        _long_enough(found)
        return found
    found = VectorFile(path, "word2vec text", words, True, features, gzipped)
    _long_enough(found)
    stream.seek(0)
    lines = list(islice(numbered(path, gzipped, stream), 1, 1 + min(words, _SAMPLE)))
    for number, line in lines:
        row(path, number, line, features)
    least = min((numbers_at_end(line) for _, line in lines), default=0)
    if len(lines) > 1 and least > features:
        raise damaged(path, f"its header announces {features} numbers for each word, its lines have {least}")
    return found


def _is_binary(path: Path, sample: bytes, words: int, features: int) -> bool:
    """Are these the records of a binary file? Its beginning must be such records, or it is refused.

    It is text where one of the first lines is a row of text, or where nothing but letters stands in it.
    """
    if any(is_row(line, features) for line in sample.split(b"\n", _SAMPLE)[:_SAMPLE]):
        return False
    letters = not _CONTROL.search(sample)
    if letters and len(sample) > _CHANCE:
        return False
    try:
        _check_records(path, sample, min(words, _SAMPLE), features)
    except FileFormatError:
        if letters and _is_utf8(sample):
            return False
        raise
    return True


def _check_records(path: Path, sample: bytes, count: int, features: int) -> None:
    """Refuse a binary file whose first records are none: a word, a blank and float32 numbers of the size of vectors."""
    at, width = 0, 4 * features
    for number in range(1, count + 1):
        blank = sample.find(b" ", at)
        if blank < 0 or len(sample) < blank + 1 + width:
            break
        binary_word(path, number, sample[at:blank])
        content = sample[blank + 1 : blank + 1 + width]
        largest = float(np.abs(np.frombuffer(content, "<f4")).max())
        if largest > MOST_SIZE or _DIGITS.fullmatch(content):
            raise damaged(path, f"word {number:,} has no vector behind it")
        at = blank + 1 + width
    else:
        return
    if not at:
        raise damaged(path, "it ends before its first vector does")


def _without_header(path: Path, gzipped: bool, stream: IO[bytes]) -> VectorFile:
    """GloVe's text: as many numbers a line as most of the first lines have."""
    lines = list(islice(numbered(path, gzipped, stream), _SAMPLE + 1))
    counts = Counter(n for n in (numbers_at_end(line) for _, line in lines) if n >= 2)
    features = min(counts, key=lambda n: (-counts[n], n), default=0)
    if not 2 <= features <= _MOST_FEATURES:
        if any(b"\0" in line for _, line in lines):
            raise _of_another_program(path)
        commas = any(line.count(b",") > 1 and b"\t" not in line for _, line in lines[:2])
        what = "; commas separate its fields" if commas else ""
        raise refused(
            path,
            f"its lines are not words with 2 to {_MOST_FEATURES:,} numbers behind{what}",
            "Choose a file with one word and its numbers a line, separated by blanks or tabs.",
        )
    for number, line in lines:
        row(path, number, line, features)
    words = len(lines) if len(lines) <= _SAMPLE else _estimated(path, gzipped, [line for _, line in lines])
    return VectorFile(path, "GloVe text", words, False, features, gzipped)


def _of_another_program(path: Path) -> FileFormatError:
    return refused(path, "a binary file of another program", _ANOTHER)


def _long_enough(file: VectorFile) -> None:
    """A file that ends before its last word is found out before memory is taken for all of them."""
    least = file.words * (4 * file.features + 1 if file.form == "word2vec binary" else 2 * file.features)
    if _most(file) < least:
        raise damaged(file.path, f"its header announces {file.words:,} words, for which it is too short")


def _most(file: VectorFile) -> int:
    """How many bytes a file holds, at most."""
    return file.disk * (_DENSEST if file.gzipped else 1)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _estimated(path: Path, gzipped: bool, lines: list[bytes]) -> int:
    """How many lines a file has, judged by its first ones."""
    size = path.stat().st_size * (2.3 if gzipped else 1)  # numbers as text pack to about that share
    return max(len(lines), round(size / (sum(map(len, lines)) / len(lines))))
