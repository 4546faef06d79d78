"""Rows of CSV, JSON lines and Parquet, batch by batch: the column with the sentences, and those that the reader wants beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv
from pyarrow import json as arrow_json

from ctxcore.corpus.files import Source
from ctxcore.corpus.lines import lines
from ctxcore.errors import FileFormatError
from ctxcore.reading.text_files import MARKS, not_utf8
from ctxcore.reading.uploads import dialect, text_column

HEAD = 1 << 18
"""Bytes that tell how a table is written."""
BLOCK = 4 << 20
ROWS = 1 << 15
"""Rows of Parquet that are read at once, and lines of JSON whose keys tell the columns."""


def columns_of(source: Source) -> tuple[list[str], list[str]]:
    """The names of all columns of a file, and of those that hold text."""
    with source.opened() as (stream, _):
        if source.format == "table":
            names = dialect(_head(stream, source.name))[3]
            return names, names
        if source.format == "json":
            first = next(lines(stream, source.name), pa.array([], pa.string()))
            found = [_object(line, source.name, n) for n, line in enumerate(first[:100].to_pylist(), 1) if line.strip()]
            every = list(dict.fromkeys(key for one in found for key in one))
            return every, [key for key in every if any(isinstance(one.get(key), str) for one in found)]
        schema = _parquet(stream).schema_arrow
        return schema.names, [field.name for field in schema if _is_text(field.type)]


def text_of(source: Source, asked: str | None) -> str:
    """The column that holds the sentences: as asked; else the only one with text, or the one that is named so.

    Raises:
        FileFormatError: There is none, or one of several would be a guess; the message offers the columns.
    """
    every, texts = columns_of(source)
    found = asked or (texts[0] if len(texts) == 1 else text_column(texts))
    if found is None:
        what = f"columns with text: {_listed(texts)}" if texts else f"no column with text among {_listed(every)}"
        remedy = "Say which one holds them (--text COLUMN)." if texts else "Give a file with a column of sentences."
        raise FileFormatError(
            "One column of a table holds the sentences.", f"{source.name} with {len(every)} columns; {what}", remedy
        )
    check_columns(source, every, texts, [found])
    return found


def check_columns(source: Source, every: Sequence[str], texts: Sequence[str], asked: Iterable[str]) -> None:
    """FileFormatError for the first column that a file does not have; the message offers those that it has."""
    for name in asked:
        if name not in every:
            raise FileFormatError(
                "A column is named as the file names it.",
                f"{name!r}; {source.name} has {_listed(every)}",
                "Name one of these.",
            )


def rows(source: Source, stream: BinaryIO, text: str, columns: Sequence[str]) -> Iterator[list[pa.Array]]:
    """Batches of rows: the sentences, then each column as text; nothing (null) where a row has none.

    Raises:
        FileFormatError: A row cannot be read; the message says which, where that is known.
    """
    read = {"table": _csv_rows, "json": _json_rows, "parquet": _parquet_rows}[source.format]
    wanted = list(dict.fromkeys([text, *columns]))
    for batch in read(source, stream, wanted):
        yield [batch[wanted.index(name)] for name in (text, *columns)]


def _csv_rows(source: Source, stream: BinaryIO, wanted: list[str]) -> Iterator[list[pa.Array]]:
    with source.opened() as (first, _):
        start = first.read(4)
        head = _head(first, source.name, start)
    separator, quoted, named, names = dialect(head)
    encoding = next((found for mark, found in MARKS.items() if start.startswith(mark)), "utf8")
    announced = head[:4].strip('"').lower().startswith("sep=")
    try:
        reader = csv.open_csv(
            pa.PythonFile(stream, mode="r"),
            read_options=csv.ReadOptions(
                column_names=names,
                skip_rows=int(announced),
                skip_rows_after_names=int(named),
                block_size=BLOCK,
                encoding=encoding,
            ),
            parse_options=csv.ParseOptions(
                delimiter=separator, quote_char='"' if quoted else False, newlines_in_values=quoted
            ),
            convert_options=csv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        )
        for batch in reader:
            yield [batch.column(name) for name in wanted]
    except pa.ArrowInvalid as error:
        said = str(error)
        if "UTF8" in said or "UTF-8" in said:
            _find_misread(source)
        raise FileFormatError(
            "A CSV file has the same number of columns in every row, and every quotation mark is closed.",
            f"{source.name}: {said.splitlines()[0][:200]}",
            "Save the table as CSV from the program that it comes from.",
        ) from error


def _find_misread(source: Source) -> None:
    """Raises the error that names the line."""
    with source.opened() as (stream, _):
        for _ in lines(stream, source.name):
            pass
    raise not_utf8(source.name)


def _head(stream: BinaryIO, name: str, start: bytes = b"") -> str:
    """The beginning of a table as text, cut behind a line."""
    head = start + stream.read(HEAD)
    encoding = next((found for mark, found in MARKS.items() if head.startswith(mark)), "utf-8-sig")
    text = head.decode(encoding, errors="replace").lstrip(
        "\ufeff"
    )  # letters that are wrong are found when they are read
    if len(head) < HEAD:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text


def _json_rows(source: Source, stream: BinaryIO, wanted: list[str]) -> Iterator[list[pa.Array]]:
    before, kinds = 0, None
    for batch in lines(stream, source.name):
        kinds = kinds or _kinds(batch, wanted)
        yield _plain_objects(batch, kinds) or _any_objects(batch, source.name, before, wanted)
        before += len(batch)


def _kinds(batch: pa.Array, wanted: list[str]) -> pa.Schema:
    """Whole numbers or text: what the first line has in each column."""
    try:
        first = json.loads(batch[0].as_py())
        return pa.schema([(name, pa.int64() if type(first.get(name)) is int else pa.string()) for name in wanted])
    except (ValueError, RecursionError, AttributeError, IndexError):
        return pa.schema([(name, pa.string()) for name in wanted])


def _plain_objects(batch: pa.Array, kinds: pa.Schema) -> list[pa.Array] | None:
    """The columns as Arrow reads them, ten times as fast; None where a line is not one object with values of those kinds.

    Of lines that all begin and end as an object does none goes on in the next (no brace follows a brace in JSON), so that as many
    objects as lines are one on each.
    """
    one_each = pc.and_(pc.starts_with(batch, "{"), pc.ends_with(batch, "}"))
    if not pc.all(one_each, min_count=0).as_py():
        return None
    text = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(batch)], pa.int32()), batch), "\n")[0].as_buffer()
    try:
        found = arrow_json.read_json(
            pa.BufferReader(text),
            read_options=arrow_json.ReadOptions(block_size=max(1, text.size + 1)),
            parse_options=arrow_json.ParseOptions(explicit_schema=kinds, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowException:
        return None
    if len(found) != len(batch):
        return None
    return [pc.cast(found[name], pa.string()).combine_chunks() for name in kinds.names]


def _any_objects(batch: pa.Array, name: str, before: int, wanted: list[str]) -> list[pa.Array]:
    """The same of whatever stands there, or the error that says in which line it cannot be read."""
    cells: list[list[str | None]] = [[] for _ in wanted]
    for number, line in enumerate(batch.to_pylist(), before + 1):
        found = _object(line, name, number) if line.strip() else {}
        for cell, column in zip(cells, wanted, strict=True):
            cell.append(_text(found.get(column)))
    return [pa.array(cell, pa.string()) for cell in cells]


def _object(line: str, name: str, number: int) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise FileFormatError(
            "A file of JSON lines has one object a line.",
            f"{name}, line {number:,}: {line[:80]}",
            "Write each row as {\u2026} on one line.",
        )
    return found


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Half a character, which JSON can write and no other file can, is shown as what it is: unreadable.
    return text.encode("utf-8", "replace").decode()


def _parquet_rows(source: Source, stream: BinaryIO, wanted: list[str]) -> Iterator[list[pa.Array]]:
    for batch in _parquet(stream).iter_batches(ROWS, columns=wanted):
        yield [_as_text(batch.column(name), source.name, name) for name in wanted]


def _parquet(stream: BinaryIO) -> pq.ParquetFile:
    return pq.ParquetFile(pa.PythonFile(stream, mode="r") if stream.seekable() else pa.BufferReader(stream.read()))


def _as_text(cells: pa.Array, file: str, name: str) -> pa.Array:
    try:
        return pc.cast(cells, pa.string())
    except pa.ArrowException as error:
        raise FileFormatError(
            "A column holds one text or number in each row.",
            f"{file}: {name!r} is {cells.type}",
            "Choose another column.",
        ) from error


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:20])
    return (shown or "none") + (f" and {len(names) - 20} more" if len(names) > 20 else "")
