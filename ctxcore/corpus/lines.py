"""The lines of a text, block by block, as Arrow arrays: no object of Python's for a line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ctxcore import signatures
from ctxcore.errors import TooManyCharactersError
from ctxcore.reading.text_files import MARKS, not_utf8, refuse_known
from ctxcore.text import most_characters

BLOCK = 4 << 20
"""Bytes that are read at once."""
_LONGEST_LETTER = 4
"""Bytes of UTF-8."""


def lines(stream: BinaryIO, name: str) -> Iterator[pa.Array]:
    """All lines of a text without their ends, empty ones, too, so that a line's number is its place; some thousands at a time.

    Raises:
        FileFormatError: It is no text, or one that is neither UTF-8 nor begins with the mark of its encoding.
        TooManyCharactersError: A line is longer than any sentence that is read; it is not kept to say so.
    """
    longest = most_characters() * _LONGEST_LETTER
    rest, before = b"", 0
    blocks = _ended(_encoded(stream, name))
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest += block
            if len(rest) > longest + 1:
                raise _too_long(rest, blocks, f"{name}, line {before + 1:,}")
            continue
        found = _split(rest + block[:cut], name, before)
        rest, before = block[cut:], before + len(found)
        yield found
    if rest:
        yield _split(rest + b"\n", name, before)


def _encoded(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The text in blocks of UTF-8, whatever its mark says that it is written in."""
    first = stream.read(BLOCK)
    encoding = next((named for mark, named in MARKS.items() if first.startswith(mark)), "")
    if not encoding:
        if signatures.known(first) and (b"\0" in first or not _is_utf8(first)):
            refuse_known(first, name)
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from iter(lambda: stream.read(BLOCK), b"")
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        yield decoder.decode(first).encode()
        yield from (decoder.decode(block).encode() for block in iter(lambda: stream.read(BLOCK), b""))
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise not_utf8(f"{name}, which is not {encoding.upper()} to its end") from error


def _is_utf8(block: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _ended(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same with a line feed for every end of a line; a carriage return at the end of a block waits for the next."""
    held = b""
    for block in blocks:
        block = held + block
        held = b"\r" if block.endswith(b"\r") else b""
        block = block.removesuffix(held)
        yield block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block
    if held:
        yield b"\n"


def _split(text: bytes, name: str, before: int) -> pa.Array:
    """Lines of a text that ends with a line feed."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")).astype(np.int32) + 1
    offsets = np.concatenate([np.zeros(1, np.int32), ends])
    found = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(text))
    if b"\0" in text:
        line = before + int(np.searchsorted(ends, text.index(b"\0"), side="right")) + 1
        raise not_utf8(f"{name}, which holds zero bytes (the first in line {line:,})")
    try:
        found.validate(full=True)
    except pa.ArrowInvalid:
        raise _misread(text, name, before) from None
    return pc.ascii_rtrim(found, "\n")


def _misread(text: bytes, name: str, before: int) -> Exception:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = before + text.count(b"\n", 0, error.start) + 1
        return not_utf8(f"{name}, whose line {line:,} is not UTF-8 (byte 0x{text[error.start]:02x})")
    return not_utf8(name)


def _too_long(start: bytes, rest: Iterator[bytes], name: str) -> TooManyCharactersError:
    """Counts a line to its end, and keeps nothing of it."""
    count = _letters(start)
    for block in rest:
        end = block.find(b"\n")
        count += _letters(block if end < 0 else block[:end])
        if end >= 0:
            break
    return TooManyCharactersError(0, count, most_characters(), name)


def _letters(text: bytes) -> int:
    """Characters of UTF-8: the bytes that begin one."""
    return int(np.count_nonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80))


def check_sentences(sentences: pa.Array, name: str, first: int) -> None:
    """TooManyCharactersError for the first sentence that is longer than any that is read; ``first`` is the number of its row."""
    most = most_characters()
    if (pc.max(pc.binary_length(sentences)).as_py() or 0) <= most:
        return
    lengths = pc.utf8_length(sentences)
    if (pc.max(lengths).as_py() or 0) > most:
        place = pc.index(pc.greater(lengths, most), True).as_py()
        raise TooManyCharactersError(place, lengths[place].as_py(), most, f"{name}, row {first + place:,}")
