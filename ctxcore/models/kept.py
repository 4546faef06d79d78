"""What takes long to make is made once and kept: sealed when written, checked when opened, made again when it is not whole.

A folder that is kept holds ``seal.json``: size and CRC-32 of every file in it. The seal guards against accidents (a bad
sector, a cut file, an editor), not against somebody who may write into the folder and could write the seal too. For that,
CRC-32 is enough (a damage goes unnoticed once in four thousand million times) and is the only one that is fast on every
machine: the embedded decoder's 538 MB take 0.16 s, against 0.35 s with SHA-256 and 1.0 s where the processor has no
instructions for it (benchmarks/starts.py). So all of it is checked at every start, and no time stamp has to be trusted.

All folders together have a greatest size (``CTXCORE_CACHE_MB``): when one is written, those that were used least recently
go, never one that is in use or was just written (:mod:`ctxcore.models.kept_use`).
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from filelock import FileLock, Timeout
from safetensors import SafetensorError

from ctxcore.models.cache_dir import cache_folder, readable, why_not
from ctxcore.models.kept_use import SEAL as SEAL
from ctxcore.models.kept_use import make_room, most_bytes, uses
from ctxcore.progress import Progress

T = TypeVar("T")
FORMAT = 2
"""Raised when what is kept changes its content: older copies are made anew, and the old ones go."""
_OURS = re.compile(r"(?P<owner>.+-[0-9a-f]{12,16}-v(?P<format>\d+))(?P<begun>\.work|-[a-z0-9_]{8})?")
"""Names of kept folders, and of work on them that was begun (the second ending is that of format 1)."""
_CHUNK = 1 << 20
_UNWRITABLE = (OSError, SafetensorError, NotImplementedError)
"""What writing raises on a disk that is full or read-only, or whose files cannot be locked."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unkept(Generic[T]):
    """Something that was made and could not be kept: it is used as it is, and the next start makes it again.

    Attributes:
        value: What was made.
        why: Names the folder, what is needed and what is free.
    """

    value: T
    why: str

    @property
    def note(self) -> str:
        """What a reader should know about it."""
        return (
            f"No copy is kept for the next start, which takes as long again: {self.why}. "
            "Make room there, or set CTXCORE_CACHE to another folder."
        )


def keep(
    name: str, needs: int, make: Callable[[], T], write: Callable[[T, Path], None], progress: Progress
) -> Path | Unkept[T]:
    """The folder of what is kept under a name, made on the first call; the thing itself where it cannot be kept.

    Two processes that start together make it once (file lock). What is interrupted leaves nothing that looks finished
    (it is written beside its place and renamed), and what a killed process leaves behind is taken away at the next call. A
    copy that is not whole is made anew, which the progress line and the log say.

    Args:
        name: Names the content: a name and 12 to 16 hexadecimal digits of what it is made from.
        needs: Bytes that it takes on the disk, as well as that is known before.
        make: Makes it, in memory. What it raises is raised here.
        write: Writes it into an empty folder.
        progress: Told of a damaged copy, of waiting for another process, and where nothing can be kept.

    Returns:
        A folder is in use until the process ends, or, with ``kept_use.uses.end_with``, as long as what is read from it lives.

    Raises:
        BadInputError: ``CTXCORE_CACHE_MB`` is no size.
    """
    target, most = _place(name), most_bytes()
    if there := at_hand(name):
        return there
    if why := why_not(target.parent, needs - _size(target)):  # a damaged copy goes first, and leaves its room
        return _unkept(make(), why, progress)
    try:
        lock = _locked(target, progress)
    except _UNWRITABLE as error:
        return _unkept(make(), _said(target.parent, needs, error), progress)
    with lock:
        if _used(target):
            return target
        if target.exists():
            _tell(progress, f"The kept copy {target} is damaged: it is made anew")
        value = make()
        try:
            _put(value, target, write)
        except _UNWRITABLE as error:
            return _unkept(value, _said(target.parent, needs, error), progress)
        uses.begin(target)
    make_room(_kept(target.parent), most, _size, lambda gone: _log.info("%s makes room in the cache", gone))
    return target


def at_hand(name: str) -> Path | None:
    """The folder of what is kept under a name, in use from now on; None where there is none that is whole.

    For whom it costs time to say what :func:`keep` asks for.
    """
    target = _place(name)
    _sweep(target.parent)
    return target if _used(target) else None


def seal(folder: Path) -> None:
    """Write down size and checksum of every file in a folder, once all are written."""
    files = {file.name: _measured(file) for file in sorted(folder.iterdir())}
    (folder / SEAL).write_text(json.dumps({"format": FORMAT, "files": files}), encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Does a folder hold exactly what was sealed, to the bit? Hidden files, which file managers leave, do not count."""
    try:
        files: Any = json.loads((folder / SEAL).read_bytes())["files"]
        there = {file.name: file for file in folder.iterdir() if not file.name.startswith(".") and file.name != SEAL}
        if there.keys() != files.keys() or any(there[n].stat().st_size != files[n][0] for n in files):
            return False
        return all(_measured(there[name]) == files[name] for name in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False


def _place(name: str) -> Path:
    return cache_folder() / f"{name}-v{FORMAT}"


def _used(folder: Path) -> bool:
    """Is it whole? Then it is in use from now on; it is compared once that is so, since another process may remove it."""
    uses.begin(folder)
    if is_whole(folder):
        return True
    uses.end(folder)
    return False


def _kept(folder: Path) -> list[Path]:
    """The finished folders of this format that lie in the cache."""
    named = [(entry, _OURS.fullmatch(entry.name)) for entry in folder.iterdir()]
    return [entry for entry, ours in named if ours and not ours["begun"] and (folder / f"{entry.name}.lock").is_file()]


def _measured(file: Path) -> list[int]:
    """Size and CRC-32 of a file."""
    size, check, buffer = 0, 0, bytearray(_CHUNK)
    view = memoryview(buffer)
    with file.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            check = zlib.crc32(view[:count], check)
            size += count
    return [size, check]


def _put(value: T, target: Path, write: Callable[[T, Path], None]) -> None:
    """Written beside its place, sealed, and renamed: it has its final name only when it is complete. The lock is held."""
    work = target.with_name(f"{target.name}.work")
    for old in (work, target):
        _remove(old)
    work.mkdir()
    try:
        write(value, work)
        seal(work)
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _size(folder: Path) -> int:
    """Bytes of the files in a folder; 0 where there is none."""
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:
        return 0


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _locked(target: Path, progress: Progress) -> Any:
    """The lock of a name, once no other process holds it; who waits can stop where progress is told."""
    lock = FileLock(f"{target}.lock")
    while True:
        try:
            return lock.acquire(timeout=0.5)
        except Timeout:
            progress(0.01, "Waiting: another process prepares the same file")


def _sweep(folder: Path) -> None:
    """Take away what interrupted work left and copies of former formats, where no process is at work on them."""
    try:
        found = [(entry, _OURS.fullmatch(entry.name)) for entry in folder.iterdir()]
    except OSError:
        return
    for entry, ours in found:
        if ours is None or not (ours["begun"] or int(ours["format"]) < FORMAT):
            continue
        lock = folder / f"{ours['owner']}.lock"
        if not entry.is_dir() or not lock.is_file():  # each of ours has had one: another's folder is left alone
            continue
        try:
            with FileLock(lock, timeout=0):
                shutil.rmtree(entry, ignore_errors=True)
        except (Timeout, *_UNWRITABLE):
            continue


def _unkept(value: T, why: str, progress: Progress) -> Unkept[T]:
    found = Unkept(value, why)
    _tell(progress, found.note)
    return found


def _tell(progress: Progress, what: str) -> None:
    _log.warning("%s", what)
    progress(0.02, what)


def _said(folder: Path, needs: int, error: Exception) -> str:
    """Why writing failed, with the room that there is now."""
    if why := why_not(folder, needs):
        return why
    free = readable(shutil.disk_usage(folder).free)
    reason = getattr(error, "strerror", None) or str(error)
    return f"{folder} cannot be written ({reason}); {readable(needs)} are needed there, {free} are free"
