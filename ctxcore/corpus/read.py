"""A corpus as a stream of sentences with their source and the reader's own columns; never whole in memory."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ctxcore.corpus import tables
from ctxcore.corpus.files import Source, reading, sources_of
from ctxcore.corpus.lines import check_sentences, lines
from ctxcore.errors import BadInputError
from ctxcore.progress import Progress, silent

OURS = ("sentence", "file", "row", "usage", "word", "form", "start", "end")
"""Columns of a store that a reader's own column of the same name makes way for: it gets ``_`` behind its name."""
Where = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True)
class Corpus:
    """Files of sentences. Nothing of them is read before it is asked for.

    Attributes:
        files: In the order in which they are read.
        text: The column of each table that holds the sentences; None finds it.
        columns: The reader's own columns that stay beside each sentence.
    """

    files: tuple[Source, ...]
    text: str | None = None
    columns: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files, as they lie there."""
        return sum(file.size for file in self.files)

    @property
    def names(self) -> tuple[str, ...]:
        """The reader's own columns as a store calls them."""
        return tuple(_own(name) for name in self.columns)

    @property
    def schema(self) -> pa.Schema:
        """Of :meth:`batches`."""
        own = [(name, pa.string()) for name in self.names]
        return pa.schema([("sentence", pa.string()), ("file", pa.string()), ("row", pa.int64()), *own])

    def batches(self, progress: Progress = silent) -> Iterator[pa.RecordBatch]:
        """All sentences as they stand there, some thousands at a time: ``sentence``, ``file``, ``row`` (from 1) and the columns.

        The row of a text is its line, that of a table counts rows below the names.

        Args:
            progress: Called with the share of all bytes that is read after each batch.

        Raises:
            FileFormatError: A file cannot be read: its encoding, its columns, a row.
            TooManyCharactersError: A sentence is longer than is read at all (``CTXCORE_MOST_CHARACTERS``).
        """
        done, schema = 0, self.schema
        for source in self.files:
            with source.opened() as (stream, raw), reading(source.name):
                row = 1
                for sentences, *own in self._rows(source, stream):
                    check_sentences(sentences, source.name, row)
                    count = len(sentences)
                    numbers = pa.array(range(row, row + count), pa.int64())
                    name = pa.repeat(pa.scalar(source.name), count)
                    yield pa.RecordBatch.from_arrays([sentences, name, numbers, *own], schema=schema)
                    row += count
                    progress(min(1.0, (done + raw.tell()) / max(1, self.size)), f"{source.name}, row {row - 1:,}")
            done += source.size

    def _rows(self, source: Source, stream: object) -> Iterator[list[pa.Array]]:
        if source.format == "text":
            if self.columns:
                raise BadInputError(
                    "Columns of the reader\u2019s own stand in a table.",
                    f"{self.columns[0]!r} of {source.name}, a text",
                    "Leave the columns out, or give CSV, JSON lines or Parquet.",
                )
            return ([found] for found in lines(stream, source.name))  # type: ignore[arg-type]
        text = tables.text_of(source, self.text)
        every, texts = tables.columns_of(source)
        tables.check_columns(source, every, texts, self.columns)
        return tables.rows(source, stream, text, self.columns)  # type: ignore[arg-type]

    def fingerprint(self, known: dict[str, list[object]]) -> str:
        """What tells this corpus from every other: the bytes of its files, and which columns are read.

        Args:
            known: Digests by path, with the size and time of change for which they hold; those that were missing are added.
        """
        digests = []
        for source in self.files:
            state, path = source.state(), str(source.path.resolve())
            if known.get(path, [])[1:] != state:
                known[path] = [source.digest(), *state]
            digests.append((source.name, source.format, source.packed, known[path][0]))
        parts = json.dumps([digests, self.text, self.columns])
        return hashlib.sha256(parts.encode()).hexdigest()


def read_corpus(where: Where, text: str | None = None, columns: Sequence[str] = ()) -> Corpus:
    """Many sentences from files: text (one sentence a line), CSV, JSON lines or Parquet, each perhaps with ``.gz`` behind.

    Args:
        where: A file, a list of files, a pattern such as ``news/*.txt``, or a folder.
        text: The column that holds the sentences; None where a table has only one with text, or one that is named so.
        columns: Columns of the reader's own that stay beside each sentence, such as a year.

    Raises:
        BadInputError: No file is there, or a column is named twice.
        FileFormatError: A file cannot be opened.
    """
    if isinstance(columns, str) or len(set(columns)) < len(tuple(columns)):
        raise BadInputError("Columns are a list of names, each once.", repr(columns), "Write columns=[\u2026].")
    return Corpus(sources_of(where), text, tuple(columns))


def _own(name: str) -> str:
    taken = name in OURS or name.startswith("vector_")
    return f"{name}_" if taken else name
