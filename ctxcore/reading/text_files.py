"""The text of a file that a reader gives, as it is written there, or why there is none."""

from __future__ import annotations

from ctxcore import signatures
from ctxcore.errors import FileFormatError
from ctxcore.limits import limit

MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Byte order marks of other encodings than UTF-8."""
_WRITTEN_AS_TEXT = ("%PDF-", "{\\rtf")
"""Documents that may hold nothing but letters and yet are no text to read."""
_LF = b"\n"


def most_upload() -> int:
    """Bytes of the greatest file: ``CTXCORE_MOST_UPLOAD_MB`` times 1,048,576, or 20 of them.

    Raises:
        BadInputError: The setting is no whole number from 1 on.
    """
    return limit("CTXCORE_MOST_UPLOAD_MB") << 20


def check_upload(data: bytes | str, name: str) -> None:
    """FileFormatError for a file that is larger than :func:`most_upload`: nothing of it is read."""
    if len(data) > (most := most_upload()):
        raise FileFormatError(
            f"A file may have {most >> 20} MB (CTXCORE_MOST_UPLOAD_MB sets another limit).",
            f"{name} has {len(data) / (1 << 20):.0f} MB",
            "Give a part of it.",
        )


def decoded(data: bytes, name: str) -> str:
    """UTF-8, or what a byte order mark says. Anything else is refused: a guess could change letters unseen.

    Raises:
        FileFormatError: It is larger than :func:`most_upload`, another encoding, or no text at all; the message says what.
    """
    check_upload(data, name)
    encoding = next((named for mark, named in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        refuse_known(data, name)
        line = f" (line {data.count(_LF, 0, error.start) + 1:,})" if encoding == "utf-8" else ""
        raise not_utf8(f"{name}, whose byte {error.start + 1:,} is not {encoding.upper()}{line}") from error
    if "\0" in text:  # UTF-16 without its mark reads as UTF-8 with a zero beside every letter
        refuse_known(data, name)
        raise not_utf8(f"{name}, which holds zero bytes (the first is letter {text.index(chr(0)) + 1:,})")
    if text.startswith(_WRITTEN_AS_TEXT):
        refuse_known(data, name)
    return text.lstrip("\ufeff")


def refuse_known(data: bytes, name: str) -> None:
    """Refuse what is no text, by its name: "save it as UTF-8" would lead nowhere with a spreadsheet or an archive."""
    found = signatures.known(data)
    if found:
        remedy = (
            "Unpack it first."
            if found.kind == "packed"
            else "Save it as plain text, or a table as \u201cCSV UTF-8\u201d."
        )
        raise FileFormatError("A .txt or .csv file holds nothing but text.", f"{name}: {found.what}", remedy)


def not_utf8(received: str) -> FileFormatError:
    """The error for a text in another encoding."""
    return FileFormatError(
        "A text file must be encoded in UTF-8.",
        received,
        "Save it again as \u201cUTF-8\u201d (in a spreadsheet: \u201cCSV UTF-8\u201d).",
    )
