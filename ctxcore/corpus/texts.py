"""Which text a question is about: the news that ship, a file of the reader's, or a path; and its sentences as a stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from ctxcore.corpus.files import FORMATS, sources_of
from ctxcore.corpus.read import Corpus, read_corpus
from ctxcore.corpus.tables import columns_of
from ctxcore.data.corpora import news_sentences
from ctxcore.errors import BadInputError
from ctxcore.progress import Progress, silent

_BATCH = 4096


@dataclass(frozen=True)
class WholeText:
    """A text of any size: a part of every question about it.

    Attributes:
        kind: The news that ship, a file that was given, or what lies under a path of this machine (a file, a folder, a pattern).
        name: Of the file, or the path.
        digest: Of a file its SHA-256, so that two files of one name are two texts; of a path :func:`state_of` it.
        column: The column of a table that holds the sentences; empty where there is no choice.
        columns: The reader's own columns that stay beside each sentence.
    """

    kind: Literal["news", "file", "path"] = "news"
    name: str = ""
    digest: str = ""
    column: str = ""
    columns: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is called, without its folder."""
        return "the news" if self.kind == "news" else Path(self.name).name or self.name


@dataclass(frozen=True)
class _Listed(Corpus):
    """Sentences that are in memory already."""

    sentences: Sequence[str] = ()
    name: str = ""

    def batches(self, progress: Progress = silent) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(self.sentences), _BATCH):
            part = list(self.sentences[start : start + _BATCH])
            rows = pa.array(range(start + 1, start + len(part) + 1), pa.int64())
            name = pa.repeat(pa.scalar(self.name), len(part))
            yield pa.RecordBatch.from_arrays([pa.array(part, pa.string()), name, rows], schema=self.schema)
            progress((start + len(part)) / len(self.sentences), f"{self.name}, row {start + len(part):,}")


def corpus_of(text: WholeText, place: Path | None = None) -> Corpus:
    """The sentences of a text, as a stream.

    Args:
        text: Which one.
        place: Where a file that was given lies now, its bytes known to be those that are meant; where None it is looked for in the
            working folder, under its name.

    Raises:
        BadInputError: The file is not there, or is another than the one that is meant.
        FileFormatError: It cannot be opened.
        MissingWeightsError: The news are not installed.
    """
    if text.kind == "news":
        return _Listed((), sentences=news_sentences(), name=text.title)
    if text.kind == "path":
        return read_corpus(text.name, text.column or None, text.columns)
    found = read_corpus(place or _in_working_folder(text), text.column or None, text.columns)
    return replace(found, files=tuple(replace(file, name=text.name) for file in found.files))


def _in_working_folder(text: WholeText) -> Path:
    place = Path(text.name)
    if place.name != text.name or not place.is_file():
        raise BadInputError(
            "A text that was a file is read from the working folder.",
            f"no file {text.name!r} there",
            "Put the file there, or run this where it lies.",
        )
    with place.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != text.digest:
        raise BadInputError(
            "Usages are searched in the very text that is meant.",
            f"{text.name!r} with other bytes",
            "Put the file there as it was, or name the digest of this one.",
        )
    return place


def state_of(where: str) -> str:
    """What tells one state of the files under a path from another: their names, sizes and times of change. Nothing is read.

    Raises:
        BadInputError: There is no file.
        FileFormatError: One cannot be looked at.
    """
    found = [[file.name, *file.state()] for file in sources_of(where)]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def endings(name: str) -> str:
    """The ending that says how a file of this name is read, such as ``.csv.gz``; ``.txt`` where its own says nothing."""
    parts = [part.lower() for part in Path(name).suffixes[-2:]]
    packed = ".gz" if parts[-1:] == [".gz"] else ""
    kind = next((part for part in reversed(parts) if part in FORMATS), ".txt")
    return kind + packed


def columns_in(corpus: Corpus) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All columns of a corpus of tables, and those of them that hold text, by its first file; none where it is no table."""
    first = next(iter(corpus.files), None)
    if first is None or first.format == "text":
        return (), ()
    every, texts = columns_of(first)
    return tuple(every), tuple(texts)
