"""The parts of a file with static vectors: its lines, its records, and what is said where one of them is wrong."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from ctxcore.errors import FileFormatError
from ctxcore.models.cache_dir import readable

BROKEN = (EOFError, ValueError, AssertionError, struct.error, OSError, zlib.error, OverflowError, NotImplementedError)
"""What reading a damaged file raises, in gensim, gzip and numpy."""
LONGEST_LINE = 1 << 20
BOM = b"\xef\xbb\xbf"
_RULE = "Static vectors come as a word2vec, GloVe or fastText file, text or binary, packed with gzip or not."
_BOMB, _DENSE = 1 << 30, 200
"""Lines that unpack to more than this many bytes and to this many times their size are not vectors."""
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NOT_FINITE = re.compile(rb"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_COMPONENT = re.compile(rb"[+-]?\d*\.\d{3,}([eE][+-]?\d+)?|[+-]?\d+(\.\d*)?[eE][+-]?\d+")


@contextmanager
def opened(path: Path, gzipped: bool) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked."""
    with cast(IO[bytes], gzip.open(path, "rb")) if gzipped else path.open("rb") as stream:
        yield stream


def numbered(path: Path, gzipped: bool, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, each with its number from 1, without the mark that some editors put before UTF-8.

    Raises:
        FileFormatError: A line is longer than 1 MB, or gzip unpacks to absurdly many lines.
    """
    most = max(_BOMB, _DENSE * path.stat().st_size) if gzipped else None
    number = size = 0
    while line := stream.readline(LONGEST_LINE):
        number, size = number + 1, size + len(line)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise refused(
                path, f"line {number:,} is longer than 1 MB", "Choose a file with one word and its numbers a line."
            )
        if most is not None and size > most:
            raise refused(
                path, f"it unpacks to more than {readable(most)}", "Unpack it first and look at what it holds."
            )
        line = line.removeprefix(BOM) if number == 1 else line
        if line.strip():
            yield number, line


def row(path: Path, number: int, line: bytes, features: int) -> tuple[str, np.ndarray]:
    """The word of a line and its numbers ``[feature]``: the last ``features`` fields, separated by blanks or tabs.

    What stands before them is the word. It may hold blanks and end in a number as people write one: ". . .",
    "at name@domain", "windows 95", "web 2.0". A number such as vectors have (0.1234, 1e-05) is one number too many.

    Raises:
        FileFormatError: The line is not so, or its word is not UTF-8.
    """
    if b"\r" in line.rstrip() or b"\0" in line:  # other control characters are words of GloVe's crawled vectors
        raise refused(
            path, f"line {number:,} holds a control character", "Save it as UTF-8 with a line feed after each line."
        )
    parts = line.rsplit(None, features)
    if len(parts) == features and line[:1].isspace():
        parts = [b"", *parts]  # an empty word, as fastText writes for a kind of blank
    word = parts[0]
    try:
        numbers = np.array(parts[1:], dtype=np.float32)
    except ValueError:
        numbers = np.empty(0, dtype=np.float32)
    strange = b"_" in line[len(word) :]  # 1_000 is a number to Python alone
    if strange or len(numbers) != features or any(_COMPONENT.fullmatch(field) for field in word.split()[1:]):
        there = numbers_at_end(line)
        there = max(there, features + 1) if len(numbers) == features and not strange else there
        raise damaged(path, f"line {number:,} has {there} numbers where {features} belong")
    return _decoded(path, number, word), numbers


def refused(path: Path, what: str, remedy: str) -> FileFormatError:
    """The error of a file that is not taken."""
    shown = str(path) if len(str(path)) <= 400 else f"{str(path)[:200]}\u2026"
    return FileFormatError(_RULE, f"{shown}: {what}", remedy)


def damaged(path: Path, why: str) -> FileFormatError:
    """The error of a file that is of a right form and not whole."""
    return refused(path, f"damaged; {why or 'it ends early'}"[:300].rstrip(". "), "Fetch or write the file anew.")


def broken(path: Path, error: Exception) -> FileFormatError:
    """What a library raised while it read a file, in words of ours where its own say nothing to a reader."""
    if isinstance(error, struct.error):
        return damaged(path, "it ends within its header")
    if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
        return damaged(path, "what gzip has packed is not whole")
    return damaged(path, str(error))


def binary_word(path: Path, number: int, content: bytes) -> str:
    """The word of a record; word2vec puts a line feed before it.

    Raises:
        FileFormatError: It is not UTF-8, or holds a control character: then this is no such record.
    """
    word = content.lstrip(b"\n")
    if re.search(rb"[\x00-\x1f]", word):
        raise damaged(path, f"word {number:,} holds control characters")
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        raise refused(
            path,
            f"word {number:,} is not UTF-8",
            "Read it with gensim, whose load_word2vec_format has an encoding, and save it anew.",
        ) from None


def is_row(line: bytes, features: int) -> bool:
    """Do so many numbers stand at the end of this line, behind something else?"""
    parts = line.rsplit(None, features)
    return len(parts) == features + 1 and all(map(_is_number, parts[1:]))


def _is_number(text: bytes) -> bool:
    return bool(_NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text))


def numbers_at_end(line: bytes) -> int:
    """How many finite numbers stand at the end of a line, behind its first field."""
    count = 0
    for part in reversed(line.split()[1:]):
        if not _NUMBER.fullmatch(part):
            break
        count += 1
    return count


def _decoded(path: Path, number: int, word: bytes) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError as error:
        latin = word[:40].decode("latin-1")
        raise refused(
            path,
            f"line {number:,} is not UTF-8 (byte 0x{word[error.start]:02X}; in Latin-1 it reads \u201c{latin}\u201d)",
            "Save it as UTF-8, for example with: iconv -f LATIN1 -t UTF-8 old > new.",
        ) from None
