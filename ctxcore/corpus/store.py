"""Where usages are kept: parts of a Parquet dataset, each whole or not there, under a key of all that they depend on.

A folder holds ``question.json`` (what was asked), ``found-*.parquet`` (the usages that the search found, until they have vectors),
``search.json`` (the search is whole), ``part-*.parquet`` (usages with vectors) and ``done.json`` (all parts are there, and how large
each is). Everything is written beside its place, forced to the disk and renamed: what is killed leaves nothing that looks finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from ctxcore.errors import BadInputError, ExportError, FileFormatError
from ctxcore.models.reasons import reason

FORMAT = 1
"""Raised when what is kept changes its content: older stores are not read."""
_WORK = ".work"
_PACKED = "zstd"


@dataclass(frozen=True)
class Store:
    """One folder of usages.

    Attributes:
        folder: Where it lies.
    """

    folder: Path

    @classmethod
    def of(cls, out: Path, question: dict[str, Any]) -> Store:
        """The store of a question in a folder of stores, which is made if need be."""
        asked = {"format": FORMAT, **question}
        key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:12]
        store = cls(out / f"usages-{key}")
        with writing(out):
            store.folder.mkdir(parents=True, exist_ok=True)
        if store.read("question.json") != asked:
            store.write("question.json", asked)
        return store

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else works here meanwhile. What a killed run left half written goes.

        Raises:
            BadInputError: Another run is at work.
        """
        with writing(self.folder):
            lock = FileLock(self.folder / "lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise BadInputError(
                    "One run at a time works for a store.",
                    f"another at work in {self.folder}",
                    "Wait for it, or stop it.",
                ) from None
        try:
            with writing(self.folder):
                for left in self.folder.glob(f"*{_WORK}"):
                    left.unlink()
            yield
        finally:
            lock.release()

    def read(self, name: str) -> Any:
        """What a small file says; None where it is not there or not whole."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def write(self, name: str, value: Any) -> None:
        """Writes a small file, all of it or nothing."""
        text = json.dumps(value, ensure_ascii=False, indent=1)
        put(self.folder / name, lambda path: path.write_text(text, encoding="utf-8"))

    def path(self, kind: str, number: int) -> Path:
        """Where the file of a part lies: ``found`` or ``part``."""
        return self.folder / f"{kind}-{number:06}.parquet"

    def put(self, kind: str, number: int, table: pa.Table) -> None:
        """Keeps a part, all of it or nothing. ExportError where the disk has no room for it."""
        plain = [field.name for field in table.schema if not field.name.startswith("vector_")]
        packed = {name: _PACKED if name in plain else "NONE" for name in table.column_names}
        put(
            self.path(kind, number),
            lambda path: pq.write_table(table, path, compression=packed, use_dictionary=plain),
        )

    def get(self, kind: str, number: int) -> pa.Table:
        """A part that is kept; FileFormatError where it is damaged."""
        path = self.path(kind, number)
        try:
            return pq.read_table(path, partitioning=None)
        except (OSError, pa.ArrowException) as error:
            raise FileFormatError(
                "A part of a store is as it was written.",
                f"{path}: {str(error)[:200]}",
                "Take the folder away and run again.",
            ) from error

    def has(self, kind: str, number: int) -> bool:
        """Is a part there, and whole?"""
        try:
            pq.read_metadata(self.path(kind, number))
        except (OSError, pa.ArrowException):
            return False
        return True

    def rows(self, number: int) -> int:
        """Usages of a part that is there."""
        return int(pq.read_metadata(self.path("part", number)).num_rows)

    def layers(self) -> list[int]:
        """Layers of which vectors are kept, as the parts have them."""
        names = pq.read_schema(self.path("part", 0)).names
        return [int(found[1]) for found in (re.fullmatch(r"vector_(\d+)", name) for name in names) if found]

    @property
    def done(self) -> bool:
        """Is all there, each part as large as it was written?"""
        sealed = self.read("done.json")
        if not isinstance(sealed, dict):
            return False
        try:
            return all(self.path("part", n).stat().st_size == size for n, size in enumerate(sealed["sizes"]))
        except OSError:
            return False

    def seal(self, said: dict[str, Any], parts: int) -> None:
        """All parts are there: says so, and takes away what was only on the way."""
        sizes = [self.path("part", number).stat().st_size for number in range(parts)]
        self.write("done.json", {**said, "sizes": sizes})
        for left in self.folder.glob("found-*.parquet"):
            left.unlink()

    def reopen(self) -> None:
        """What was done is to be done again, but for the parts that are whole."""
        for name in ("search.json", "done.json"):
            with writing(self.folder):
                (self.folder / name).unlink(missing_ok=True)


def put(path: Path, write: Callable[[Path], object]) -> None:
    """A file, all of it or nothing: written beside its place, forced to the disk, renamed. ExportError where that fails."""
    beside = path.with_name(f"{path.name}{_WORK}")
    with writing(path.parent):
        try:
            write(beside)
            with beside.open("rb+") as stream:
                os.fsync(stream.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What the machine says about a folder that cannot be written, in words of ours."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise ExportError(
            "Usages are kept in a folder with room for them.",
            f"{folder}: {reason(error)}",
            "What was finished is kept: make room there, and give the same command again.",
        ) from error
