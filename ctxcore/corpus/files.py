"""Which files a corpus is: one, many, a pattern or a folder; how each is opened, and what tells its content from another."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from ctxcore.errors import BadInputError, FileFormatError
from ctxcore.models.reasons import reason

FORMATS = {
    ".txt": "text", ".text": "text", ".csv": "table", ".tsv": "table", ".tab": "table",
    ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
"""How a file is read, by its ending; ``.gz`` may stand behind it."""
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Source:
    """One file of a corpus.

    Attributes:
        path: Where it lies.
        name: What messages and the column ``file`` call it.
        format: ``text`` (one sentence a line), ``table`` (CSV), ``json`` (one object a line) or ``parquet``.
        packed: With gzip.
        size: Bytes, as it lies there.
    """

    path: Path
    name: str
    format: str
    packed: bool
    size: int

    @contextmanager
    def opened(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """The stream of its unpacked bytes, and that of the bytes as they lie there, whose place says how far reading is."""
        with reading(self.name), self.path.open("rb") as raw:
            if self.packed:
                with gzip.open(raw) as unpacked:
                    yield io.BufferedReader(unpacked, 1 << 20), raw
            else:
                yield raw, raw

    def digest(self) -> str:
        """What tells its bytes from others."""
        with reading(self.name), self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def state(self) -> list[int]:
        """Size and time of change: a file for which both are as they were has the digest that it had."""
        with reading(self.name):
            found = self.path.stat()
        return [found.st_size, found.st_mtime_ns]


def sources_of(where: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> tuple[Source, ...]:
    """The files that are meant, in order: as they were listed; those of a folder or pattern by name.

    A single file is read as text where its ending says nothing; of a folder only files with a known ending count, in all folders
    below it, too.

    Raises:
        BadInputError: There is none, or what is given is no path.
        FileFormatError: One cannot be read.
    """
    given = [where] if isinstance(where, str | os.PathLike) else where
    if not isinstance(given, Iterable):
        raise _none(repr(where))
    found: dict[Path, str] = {}
    for one in given:
        if not isinstance(one, str | os.PathLike) or not os.fspath(one) or "\0" in str(one):
            raise _none(repr(one))
        for path, name in _meant(os.path.expanduser(os.fspath(one))):
            found.setdefault(path, name)
    if not found:
        raise _none(str(where) if isinstance(where, str | os.PathLike) else "an empty list")
    return tuple(_source(path, name) for path, name in found.items())


def _meant(given: str) -> list[tuple[Path, str]]:
    """Paths and names of the files that one text means."""
    path = Path(given)
    if path.is_dir():
        below = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        return [(file, file.relative_to(path).as_posix()) for file in below if _format(file)[0]]
    if _WILD & set(given) and not path.exists():
        return [(file, file.name) for file in sorted(map(Path, glob(given, recursive=True))) if file.is_file()]
    return [(path, path.name)]


def _source(path: Path, name: str) -> Source:
    with reading(name):
        size = path.stat().st_size
    format, packed = _format(path)
    return Source(path, name, format or "text", packed, size)


def _format(path: Path) -> tuple[str, bool]:
    endings = [suffix.lower() for suffix in path.suffixes]
    packed = endings[-1:] == [".gz"]
    return FORMATS.get("".join(endings[:-1][-1:] if packed else endings[-1:]), ""), packed


@contextmanager
def reading(name: str) -> Iterator[None]:
    """What the machine or a library says about a file that it cannot read, in words of ours."""
    try:
        yield
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise FileFormatError(
            "A corpus is text (one sentence a line), CSV, JSON lines or Parquet, each perhaps with .gz behind.",
            f"{name}: {reason(error)}",
            "Check that the file is whole and can be read.",
        ) from error


def _none(received: str) -> BadInputError:
    endings = ", ".join(FORMATS)
    return BadInputError(
        "A corpus is a file, a list of files, a pattern such as news/*.txt, or a folder.",
        f"{received}, where no file is found",
        f"Name one that exists; in a folder, files that end with {endings} are read, or with .gz behind.",
    )
