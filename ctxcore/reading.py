"""Sentences from a text or CSV file that a reader gives."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from ctxcore.errors import FileFormatError
from ctxcore.text import clean, lines_of, sentences_of

LIMIT = 20 * 1024 * 1024
"""The greatest file in bytes."""
_SEPARATORS = ",;\t|"


def read_lines(data: bytes, name: str) -> list[str]:
    """Lines of a text file, one sentence each; empty lines are left out."""
    return lines_of(_decoded(data, name))


def read_text(data: bytes, name: str) -> list[str]:
    """The sentences of a running text; where they end is said at :func:`ctxcore.text.sentences_of`."""
    return sentences_of(_decoded(data, name))


def read_table(data: bytes, name: str) -> pd.DataFrame:
    """A CSV file as text columns. The first row names the columns; a comma, semicolon, tab or bar parts them."""
    text = _decoded(data, name)
    separator = _separator(text)
    try:
        _check_widths(text, separator)
        table = pd.read_csv(io.StringIO(text), dtype=str, sep=separator, keep_default_na=False)
    except (csv.Error, pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise FileFormatError(
            "A CSV file has a row of column names and the same number of columns in every row.",
            f"{name}: {str(error).splitlines()[0][:160]}",
            "Save the table as CSV from the spreadsheet, or paste the sentences as lines.",
        ) from error
    table.columns = [str(c) for c in table.columns]
    return table


def column(table: pd.DataFrame, name: str) -> list[str]:
    """The sentences of one column, each one line (:mod:`ctxcore.white_space`), empty cells left out."""
    cells = (clean(str(cell)) for cell in table[name])
    return [cell for cell in cells if cell]


def _separator(text: str) -> str:
    """The separator that stands most often in the first row, outside quotes; a comma where there is one column."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(_SEPARATORS, key=first.count)


def _check_widths(text: str, separator: str) -> None:
    """ValueError where a row has another number of cells than the first: pandas would shift cells or fill in "nan"."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    width = 0
    for row in rows:
        if not "".join(row).strip() and len(row) < 2:
            continue  # an empty line
        width = width or len(row)
        if len(row) != width:
            raise ValueError(f"{len(row)} columns in line {rows.line_num}, {width} in the first")


def _decoded(data: bytes, name: str) -> str:
    """UTF-8, or UTF-16 where a byte order mark says so. Anything else is refused: a guess could change letters unseen."""
    if len(data) > LIMIT:
        raise FileFormatError(
            f"A file may have {LIMIT >> 20} MB.", f"{name} has {len(data) / (1 << 20):.0f} MB", "Give a part of it."
        )
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            "A text file must be encoded in UTF-8.",
            f"{name}, whose byte {error.start + 1:,} is not UTF-8",
            "Save it again as \u201cUTF-8\u201d (in a spreadsheet: \u201cCSV UTF-8\u201d).",
        ) from error
