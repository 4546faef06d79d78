"""Sentences from a text or CSV file that a reader gives, with the sense and the group that may stand beside each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Literal

from ctxcore.errors import BadInputError, FileFormatError, NoSentencesError
from ctxcore.reading.text_files import decoded
from ctxcore.reading.wrapped import unwrapped
from ctxcore.text import clean, find, lines_of, sentences_of
from ctxcore.text.sentences import marks_beyond

if TYPE_CHECKING:
    from _csv import Reader

    import pandas as pd

MOST_COLUMNS, MOST_ROWS, MOST_CELLS = 1_000, 1_000_000, 2_000_000
"""The greatest table."""
MOST_MARKS = 500_000
"""In a running text. Each is looked at from both sides: 20 MB of nothing else would take half a minute."""
_SEPARATORS = "\t|;,"
"""From the one that prose uses least to the one that it uses most."""
_TRIED = 200
"""Rows that every separator is tried on."""
_ANNOUNCED = re.compile(r'("?)sep=([^"\w\r\n])\1[ \t,;|]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
"""What Excel writes above a table, and what becomes of it when the table is saved again."""
_NUMBER, _YEAR = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*"), re.compile(r"\s*[12]\d{3}\s*")
_LETTER = r"[^\W\d_]"
_LINE_END = re.compile(r"[\r\n]")
_TEXT = "sentence sentences text texts example examples satz sätze beispiel phrase utterance context line".split()
_SENSE = "sense senses label labels meaning meanings sinn bedeutung gloss class tag".split()
_NUMBERS = frozenset(("id", "nr", "no", "number", "index", "length"))
_GROUP = "year group author source date decade period corpus genre speaker register region jahr autor quelle".split()


@dataclass(frozen=True)
class Row:
    """One sentence of a table; sense and group are empty where the table says none."""

    sentence: str
    sense: str = ""
    group: str = ""


@dataclass(frozen=True)
class Columns:
    """Which column holds what; None where the table has no such column."""

    text: str
    sense: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Labelled:
    """Rows as a workspace keeps them.

    Attributes:
        sentences: The sentences, in the order of the rows.
        senses: ``((sentence, which occurrence of the word in it), sense)``.
        groups: ``(sentence, group)``.
        disputed: Sentences that stand in several rows with different senses or groups: the first row counts.
        found: Sentences that hold the word.
    """

    sentences: tuple[str, ...]
    senses: tuple[tuple[tuple[str, int], str], ...]
    groups: tuple[tuple[str, str], ...]
    disputed: int
    found: int


def read_lines(data: bytes, name: str) -> list[str]:
    """Lines of a text file, one sentence each; empty lines are left out."""
    return lines_of(decoded(data, name))


def read_text(data: bytes, name: str) -> list[str]:
    """The sentences of a running text; where they end is said at :func:`ctxcore.text.sentences_of`.

    Lines that were broken at a width are joined before (:func:`ctxcore.reading.wrapped.unwrapped`).

    Raises:
        FileFormatError: It is no text, or has more than :data:`MOST_ROWS` lines or :data:`MOST_MARKS` marks that end sentences.
    """
    text = decoded(data, name)
    if max(text.count("\n"), text.count("\r")) > MOST_ROWS:
        raise _too_large(f"{MOST_ROWS:,} lines", f"{name}, with more", "text")
    if marks_beyond(text, MOST_MARKS):
        raise _too_large(f"{MOST_MARKS:,} full stops and other marks that end sentences", f"{name}, with more", "text")
    return sentences_of(unwrapped(text))


def read_table(data: bytes, name: str, names: bool | None = None) -> pd.DataFrame:
    """A CSV file as text columns, as Excel, LibreOffice, R, pandas and tools for language data write it.

    The first row names the columns, unless ``names`` says that it does not; left unsaid, it does unless one of its cells is
    a number above a number (but a year or the number of its column) or a whole sentence, of three words or more with a full
    stop or exclamation mark behind. Columns without a name are "column 1" and so on. What holds stands in
    ``attrs["names"]`` of the table.

    Cells may be quoted, with a quotation mark inside written twice. In a table parted by tabs quotation marks are letters
    where they cannot quote cells, because one is never closed, has letters behind it or would swallow the end of a row.
    Rows end with a line feed, a carriage return, or both. A comma, semicolon, tab or bar parts the cells: the one that a first line such as
    ``sep=;`` names; else the one that gives the first 200 rows equally many cells, two or more. Where several do, most cells
    win, then the one that prose uses least. Where none does, it is the one that parts the row of names into most cells.

    Raises:
        FileFormatError: A row has another number of cells than the first, a quotation mark is never closed, or the table is
            larger than :data:`MOST_COLUMNS`, :data:`MOST_ROWS` or :data:`MOST_CELLS`.
    """
    import pandas as pd  # here: a page stands before it is opened

    text = decoded(data, name)
    announced = _ANNOUNCED.match(text)
    if announced:
        text = text[announced.end() :]
    separators = announced.group(2) if announced else _SEPARATORS
    _check_size(text, separators, name)
    separator = _separator(text, separators)
    if separator == "\t" and _has_plain_marks(text):
        _check_size(text.replace('"', ""), separator, name)
        rows = _rows(text, _parsed(text, separator, csv.QUOTE_NONE), name, 1 if announced else 0)
    else:
        rows = _rows(text, _parsed(text, separator), name, 1 if announced else 0)
    named = _names_columns(rows) if names is None else names
    table = pd.DataFrame(rows[named:], columns=_distinct(rows[0] if named else [""] * len(rows[0])), dtype=str)
    table.attrs["names"] = named
    return table


def dialect(head: str) -> tuple[str, bool, bool, list[str]]:
    """How a table is written, from its beginning: separator, may cells be quoted, does a row name the columns, the names."""
    announced = _ANNOUNCED.match(head)
    text = head[announced.end() :] if announced else head
    separator = _separator(text, announced.group(2) if announced else _SEPARATORS)
    plain = separator == "\t" and _has_plain_marks(text)
    rows: list[list[str]] = []
    with suppress(csv.Error):
        parsed = _parsed(text, separator, csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL)
        rows += islice((row for row in parsed if not _is_blank(row)), 2)
    named = bool(rows) and _names_columns(rows)
    first = rows[0] if rows else []
    return separator, not plain, named, _distinct(first if named else [""] * len(first))


def text_column(names: Sequence[str]) -> str | None:
    """The column whose name says that it holds sentences; None where none does."""
    return _named(names, _TEXT)


def column(table: pd.DataFrame, name: str) -> list[str]:
    """The sentences of one column, each one line (:mod:`ctxcore.text.white_space`), empty cells left out."""
    return [row.sentence for row in labelled_rows(table, Columns(name))]


def guess_columns(table: pd.DataFrame) -> Columns:
    """Which column probably holds what, by the words in its name; sentences else stand where the most letters are."""
    names = list(table.columns)
    text = _named(names, _TEXT) or max(names, key=lambda name: table[name].head(_TRIED).str.count(_LETTER).sum())
    rest = [name for name in names if name != text]
    sense = _named(rest, _SENSE)
    return Columns(text, sense, _named([name for name in rest if name != sense], _GROUP))


def labelled_rows(table: pd.DataFrame, columns: Columns) -> list[Row]:
    """The rows that hold a sentence, each cell as one line (:mod:`ctxcore.text.white_space`)."""
    empty = [""] * len(table)
    parts = (columns.text, columns.sense, columns.group)
    cells = (empty if part is None else table[part].tolist() for part in parts)
    rows = (Row(*(clean(str(cell)) for cell in row)) for row in zip(*cells, strict=True))
    return [row for row in rows if row.sentence]


def label_mentions(rows: Sequence[Row], word: str) -> Labelled:
    """Rows as a workspace keeps them: a sense belongs to every occurrence of the word in its sentence.

    A sentence without the word keeps its sense for the first occurrence, so that it is there when the word is changed.
    """
    senses: dict[tuple[str, int], str] = {}
    groups: dict[str, str] = {}
    said: dict[str, tuple[str, str]] = {}
    counts = [0] * len(rows)
    with suppress(BadInputError, NoSentencesError):  # a full stop cannot be looked for: it stands nowhere
        for mention in find(word, [row.sentence for row in rows]):
            counts[mention.sentence_index] += 1
    disputed = set()
    for row, count in zip(rows, counts, strict=True):
        if said.setdefault(row.sentence, (row.sense, row.group)) != (row.sense, row.group):
            disputed.add(row.sentence)
            continue
        if row.sense:
            senses |= {(row.sentence, nth): row.sense for nth in range(max(1, count))}
        if row.group:
            groups[row.sentence] = row.group
    sentences = tuple(row.sentence for row in rows)
    return Labelled(
        sentences, tuple(senses.items()), tuple(groups.items()), len(disputed), sum(count > 0 for count in counts)
    )


def _named(names: Sequence[str], words: Sequence[str]) -> str | None:
    """The column whose name is the earliest of these words; else holds it and is no number of it ("text_id")."""
    parts = {name: re.findall(r"[^\W_]+", name.casefold()) for name in names}
    exact = (name for word in words for name in names if parts[name] == [word])
    held = (name for word in words for name in names if word in parts[name] and not _NUMBERS.intersection(parts[name]))
    return next(chain(exact, held), None)


def _check_size(text: str, separators: str, name: str) -> None:
    """FileFormatError where there are more rows or cells than are read; counted before any cell is made."""

    def counts(within: str) -> tuple[int, int]:
        lines = max(within.count("\n"), within.count("\r")) + 1
        return lines, lines + max(map(within.count, separators))

    if any(count > most for count, most in zip(counts(text), (MOST_ROWS, MOST_CELLS), strict=True)):
        lines, cells = counts("".join(text.split('"')[::2]))  # what is quoted parts nothing
        if lines > MOST_ROWS:
            raise _too_large(f"{MOST_ROWS:,} rows", f"{name}, with {lines:,}")
        if cells > MOST_CELLS:
            raise _too_large(f"{MOST_CELLS:,} cells", f"{name}, with up to {cells:,}")


def _separator(text: str, separators: str) -> str:
    """What parts the cells, by the rule of :func:`read_table`."""
    if len(separators) == 1:
        return separators
    tried = {separator: _widths(text, separator) for separator in separators}
    alike = [s for s, widths in tried.items() if len(set(widths)) == 1 and widths[0] > 1]
    if alike:
        return max(alike, key=lambda separator: tried[separator][0])  # of equals the first
    return max(reversed(separators), key=lambda separator: (tried[separator] or [0])[0])


def _widths(text: str, separator: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> list[int]:
    """Cells of each of the first rows; -1 at the end where a row cannot be read with this separator."""
    widths: list[int] = []
    try:
        for row in islice(_parsed(text, separator, quoting), _TRIED):
            if not _is_blank(row):
                widths.append(len(row))
    except csv.Error:
        if separator == "\t" and quoting != csv.QUOTE_NONE:
            return _widths(text, separator, csv.QUOTE_NONE)
        widths.append(-1)
    return widths


def _is_blank(row: list[str]) -> bool:
    return len(row) < 2 and not "".join(row).strip()


def _parsed(text: str, separator: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL) -> Reader:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, quoting=quoting)


def _has_plain_marks(text: str) -> bool:
    """Are the quotation marks of a table that is parted by tabs letters of its text?"""
    if '"' not in text:
        return False
    try:
        return any("\t" in cell and _LINE_END.search(cell) for row in _parsed(text, "\t") for cell in row)
    except csv.Error:
        return True


def _names_columns(rows: list[list[str]]) -> bool:
    """Does the first row name the columns, by the rule of :func:`read_table`?"""
    first, second = rows[0], rows[1] if len(rows) > 1 else []
    return not any(
        _is_sentence(cell) or (_is_count(cell, place) and _NUMBER.fullmatch(below))
        for place, (cell, below) in enumerate(zip_longest(first, second[: len(first)], fillvalue=""))
    )


def _is_sentence(cell: str) -> bool:
    bare = cell.rstrip(" \r\n\"'\u2019\u201d\u00bb)]")
    return bare.endswith(("\u3002", "\uff01")) or (bare.endswith((".", "!", "\u2026")) and len(cell.split()) > 2)


def _is_count(cell: str, place: int) -> bool:
    """A number that is neither a year nor the column's own, as pandas and spreadsheets name columns."""
    own = {str(place + shift) for shift in (-1, 0, 1)}
    return bool(_NUMBER.fullmatch(cell)) and not _YEAR.fullmatch(cell) and cell not in own


def _rows(text: str, parsed: Reader, name: str, before: int) -> list[list[str]]:
    """The rows that are not blank, the first one first, all of one width; ``before`` are lines of the file above the text."""
    found: list[list[str]] = []
    start = before + 1
    try:
        for row in parsed:
            line = before + parsed.line_num
            if not _is_blank(row):
                _check_width(row, found, f"{name}: ", line)
                found.append(row)
            start = line + 1
    except csv.Error as error:
        raise _ragged(f"{name}: {_fault(error)} in the row that begins in line {start:,}") from error
    if not found:
        raise _ragged(f"{name}, without a row of names")
    return found


def _check_width(row: list[str], found: list[list[str]], where: str, line: int) -> None:
    if not found and len(row) > MOST_COLUMNS:
        raise _too_large(f"{MOST_COLUMNS:,} columns", f"{where}{len(row):,} in the first row")
    if found and len(row) != len(found[0]):
        raise _ragged(f"{where}{_columns(len(row))} in line {line:,}, {len(found[0]):,} in the first")


def _columns(count: int) -> str:
    return f"{count:,} column{'' if count == 1 else 's'}"


def _fault(error: csv.Error) -> str:
    """The reason that the csv module gives, in words of ours."""
    said = str(error)
    if "end of data" in said:
        return "a quotation mark that is never closed"
    if "field limit" in said:
        return f"a cell of more than {csv.field_size_limit():,} characters"
    return "text after a closing quotation mark"


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of columns on one line each; one without a name gets its number, one that was there before a count."""
    found: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        plain = " ".join(name.split()) or f"column {number}"
        distinct, count = plain, 1
        while distinct in found:
            count += 1
            distinct = f"{plain} ({count})"
        found[distinct] = None
    return list(found)


def _ragged(received: str) -> FileFormatError:
    return FileFormatError(
        "A CSV file has a row of column names and the same number of columns in every row.",
        received,
        "Save the table as CSV from the spreadsheet, or paste the sentences as lines.",
    )


def _too_large(most: str, received: str, what: str = "table") -> FileFormatError:
    return FileFormatError(f"A {what} may have {most}.", received, "Give a part of it.")
