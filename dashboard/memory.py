"""The memory of the whole server: before it runs out, kept answers go, and after that no more heavy work begins.

It knows nothing of jobs and pages, so that whoever begins heavy work can ask it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psutil

from ctxcore import CtxError
from ctxcore.engine import Engine
from dashboard.settings import settings

_PAUSE = 2.0
"""Seconds in which heavy work is refused without another search for room: each holds all other threads for a moment."""
_lock = threading.Lock()
_looked = -_PAUSE
_watched: list[tuple[Engine, Callable[[], None]]] = []


class NoMemoryError(CtxError):
    """The server is full: heavy work is not begun."""


def watch(engine: Engine, release: Callable[[], None]) -> None:
    """From now on this is the engine whose answers go; ``release`` gives back to the system what was let go."""
    _watched[:] = [(engine, release)]


def make_room() -> None:
    """To be called before heavy work begins, in the thread that would do it: what is kept goes where that is needed.

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
            for engine, release in _watched:
                _let_go_down_to(most, engine, release)
            _looked = time.monotonic()
        there = resident()
    if there > most:
        raise NoMemoryError(
            f"Heavy work begins while the server has no more than {most >> 20:,} MB in memory (CTXCORE_PROCESS_MB).",
            f"{there >> 20:,} MB, after all kept answers were let go",
            "Try again when others are done, or ask for less: fewer or shorter sentences. What is quick goes on.",
        )


def _let_go_down_to(most: int, engine: Engine, release: Callable[[], None]) -> None:
    for kept in (max(0, engine.kept_bytes - (resident() - most)), 0):
        engine.let_go(kept)
        release()
        if resident() <= most:
            return


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(psutil.Process().memory_info().rss)
