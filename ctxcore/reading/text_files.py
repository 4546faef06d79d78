"""The text of a file that a reader gives, as it is written there, or why there is none."""

from __future__ import annotations

from ctxcore import signatures
from ctxcore.errors import FileFormatError

LIMIT = 20 * 1024 * 1024
"""The greatest file in bytes."""
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WRITTEN_AS_TEXT = ("%PDF-", "{\\rtf")
"""Documents that may hold nothing but letters and yet are no text to read."""
_LF = b"\n"


def decoded(data: bytes, name: str) -> str:
    """UTF-8, or what a byte order mark says. Anything else is refused: a guess could change letters unseen.

    Raises:
        FileFormatError: It is larger than :data:`LIMIT`, another encoding, or no text at all; the message says what.
    """
    if len(data) > LIMIT:
        raise FileFormatError(
            f"A file may have {LIMIT >> 20} MB.", f"{name} has {len(data) / (1 << 20):.0f} MB", "Give a part of it."
        )
    encoding = next((named for mark, named in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        _refuse_known(data, name)
        line = f" (line {data.count(_LF, 0, error.start) + 1:,})" if encoding == "utf-8" else ""
        raise _not_utf8(f"{name}, whose byte {error.start + 1:,} is not {encoding.upper()}{line}") from error
    if "\0" in text:  # UTF-16 without its mark reads as UTF-8 with a zero beside every letter
        _refuse_known(data, name)
        raise _not_utf8(f"{name}, which holds zero bytes (the first is letter {text.index(chr(0)) + 1:,})")
    if text.startswith(_WRITTEN_AS_TEXT):
        _refuse_known(data, name)
    return text.lstrip("\ufeff")


def _refuse_known(data: bytes, name: str) -> None:
    """Refuse what is no text, by its name: "save it as UTF-8" would lead nowhere with a spreadsheet or an archive."""
    found = signatures.known(data)
    if found:
        remedy = (
            "Unpack it first."
            if found.kind == "packed"
            else "Save it as plain text, or a table as \u201cCSV UTF-8\u201d."
        )
        raise FileFormatError("A .txt or .csv file holds nothing but text.", f"{name}: {found.what}", remedy)


def _not_utf8(received: str) -> FileFormatError:
    return FileFormatError(
        "A text file must be encoded in UTF-8.",
        received,
        "Save it again as \u201cUTF-8\u201d (in a spreadsheet: \u201cCSV UTF-8\u201d).",
    )
