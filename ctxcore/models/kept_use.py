"""Which kept folders are in use, in this process or another, and which go when all together are too large."""

from __future__ import annotations

import os
import shutil
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ctxcore.limits import limit

try:
    import fcntl
except ImportError:  # Windows, where what is open can be neither renamed nor removed
    fcntl = None  # type: ignore[assignment]

SEAL = "seal.json"
"""The file of a kept folder that says what belongs to it."""


def most_bytes() -> int:
    """The greatest size of all kept folders together: ``CTXCORE_CACHE_MB`` millions of bytes, or 10,000.

    Raises:
        BadInputError: The setting is no whole number from 1 on.
    """
    return limit("CTXCORE_CACHE_MB") * 1_000_000


class Uses:
    """The kept folders that this process uses. Each is locked for all processes as long as one of its users lives."""

    def __init__(self) -> None:
        self._guard = threading.RLock()  # a user may be let go, and its use end, in the middle of another's beginning
        self._count: Counter[Path] = Counter()
        self._open: dict[Path, int] = {}

    def begin(self, folder: Path) -> None:
        """From now on it is in use, and was used last."""
        with self._guard, suppress(OSError):  # a cache that may only be read is as good; nothing is removed from it
            self._count[folder] += 1
            lock = os.open(folder / SEAL, os.O_RDONLY)
            if folder in self._open:  # it may have been made anew since
                os.close(self._open.pop(folder))
            self._open[folder] = lock
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            os.utime(folder)  # when it was last used; no file in it changes, since others may be reading them

    def end_with(self, owner: object, folder: Path) -> None:
        """What was begun once ends when the owner is let go; without an owner it ends with the process."""
        weakref.finalize(owner, self.end, folder).atexit = False

    def end(self, folder: Path) -> None:
        """One user less."""
        with self._guard:
            self._count[folder] -= 1
            if self._count[folder] <= 0 and folder in self._open:
                os.close(self._open.pop(folder))


uses = Uses()


def make_room(folders: Iterable[Path], most: int, size: Callable[[Path], int], log: Callable[[Path], None]) -> None:
    """Remove those that were used least recently until all together have no more than ``most`` bytes; never one in use."""
    sizes = {folder: size(folder) for folder in folders}
    left = sum(sizes.values())
    for folder in sorted(sizes, key=_last_used):
        if left <= most:
            return
        if _removed(folder):
            left -= sizes[folder]
            log(folder)


def _last_used(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _removed(folder: Path) -> bool:
    """Take a folder away at one stroke, unless somebody uses it; was it?"""
    gone = folder.with_name(f"{folder.name}.work")  # what begun work is called: swept up if this process is killed
    try:
        with (folder / SEAL).open("rb") as stream:
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(folder, gone)
    except OSError:
        return False
    shutil.rmtree(gone, ignore_errors=True)
    return True
