"""The memory of the whole server: before it runs out, kept answers go, and after that no more heavy work begins."""

from __future__ import annotations

import threading
import time

import psutil

from ctxcore import CtxError
from dashboard import store
from dashboard.collector import release_memory
from dashboard.settings import settings

_PAUSE = 2.0
"""Seconds in which heavy work is refused without another search for room: each holds all other threads for a moment."""
_lock = threading.Lock()
_looked = -_PAUSE


class NoMemoryError(CtxError):
    """The server is full: heavy work is not begun."""


def make_room() -> None:
    """To be called before heavy work begins, in the thread that would do it: what the server keeps goes where that is needed.

    Up to ``CTXCORE_PROCESS_MB`` it does nothing, in less than a millisecond. Above, answers that were asked for longest ago are
    let go, as many bytes as there are too many, then all of them: who asks for one again waits for it again. Any number of
    threads may call it.

    Raises:
        NoMemoryError: The server has more all the same. Light work, which does not ask here, goes on.
    """
    global _looked
    most = settings().process_mb << 20
    if resident() <= most:
        return
    with _lock:
        if time.monotonic() - _looked >= _PAUSE:
            _let_go_down_to(most)
            _looked = time.monotonic()
        there = resident()
    if there > most:
        raise NoMemoryError(
            f"Heavy work begins while the server has no more than {most >> 20:,} MB in memory (CTXCORE_PROCESS_MB).",
            f"{there >> 20:,} MB, after all kept answers were let go",
            "Try again when others are done, or ask for less: fewer or shorter sentences. What is quick goes on.",
        )


def _let_go_down_to(most: int) -> None:
    engine = store.engine()
    for kept in (max(0, engine.kept_bytes - (resident() - most)), 0):
        engine.let_go(kept)
        release_memory()
        if resident() <= most:
            return


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(psutil.Process().memory_info().rss)
