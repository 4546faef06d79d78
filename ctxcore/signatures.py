"""What a file is by its first bytes, whatever its name says: packed, a document, or a file of another program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["packed", "table", "document", "array", "weights", "page"]
HEAD = 512
"""Bytes that are looked at."""


@dataclass(frozen=True)
class Known:
    """A file that is known by its first bytes.

    Attributes:
        what: It, as a message names it.
        kind: ``packed`` holds other files; ``table``, ``document``, ``array`` and ``weights`` are for other programs;
            ``page`` is a web page.
    """

    what: str
    kind: Kind


_MAGIC = {
    b"BZh": Known("packed with bzip2", "packed"),
    b"\xfd7zXZ": Known("packed with xz", "packed"),
    b"\x28\xb5\x2f\xfd": Known("packed with zstd", "packed"),
    b"\x1f\x8b": Known("packed with gzip", "packed"),
    b"7z\xbc\xaf": Known("a 7z archive", "packed"),
    b"Rar!": Known("a rar archive", "packed"),
    b"PAR1": Known("a Parquet table", "table"),
    b"\x89HDF": Known("an HDF5 file", "table"),
    b"SQLite format 3": Known("an SQLite database", "table"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Known("an old Office document (.xls or .doc)", "document"),
    b"%PDF-": Known("a PDF document", "document"),
    b"{\\rtf": Known("an RTF document", "document"),
    b"\x93NUMPY": Known("a numpy array", "array"),
    b"GGUF": Known("a GGUF file", "weights"),
}
_ZIPPED = {
    b"[Content_Types].xml": Known("an Office document (.xlsx, .docx or the like)", "document"),
    b"mimetypeapplication/vnd.oasis": Known("an OpenDocument file (.ods, .odt or the like)", "document"),
    b"data.pkl": Known("a PyTorch file, whose pickle can run code when it is opened", "array"),
    b".npy": Known("several numpy arrays", "array"),
}
"""What a zip archive is by the name of its first file."""
_PAGES = (b"<!doctype html", b"<html", b"<head")


def known(head: bytes) -> Known | None:
    """What begins with these bytes (:data:`HEAD` of them or more); None where they tell nothing, as text mostly does not."""
    head = head[:HEAD]
    if head.startswith(b"PK\x03\x04"):
        return next((found for name, found in _ZIPPED.items() if name in head[:160]), Known("a zip archive", "packed"))
    if head[257:262] == b"ustar":
        return Known("a tar archive", "packed")
    if _is_safetensors(head):
        return Known("weights as safetensors", "weights")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_PAGES) or (start.startswith(b"<?xml") and b"<html" in start):
        return Known("a web page", "page")
    if start.startswith(b"<?xml"):
        return Known("an XML document", "document")
    return next((found for magic, found in _MAGIC.items() if head.startswith(magic)), None)


def _is_safetensors(head: bytes) -> bool:
    """A length in eight bytes, then a table of tensors as JSON."""
    return head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 32
