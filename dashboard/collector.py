"""What the garbage collector is shown, and memory that is given back."""

from __future__ import annotations

import ctypes
import gc
from typing import Any

_PLACES = -8
"""``M_ARENA_MAX`` of glibc's ``mallopt``."""


def freeze_gc() -> None:
    """Take all that lives now out of the garbage collector's sight.

    Each time it would walk all of torch, holding every other thread.
    """
    gc.freeze()


def share_memory() -> None:
    """Let all threads take memory from two places, before the first is begun.

    glibc gives each thread a place of its own, eight to a core, and each keeps what was freed there: 440 MB of a server with twenty
    readers after four minutes, 90 MB from two places.
    """
    if (option := getattr(_c_library(), "mallopt", None)) is not None:
        option(_PLACES, 2)


def release_memory() -> None:
    """Give back the memory of what was let go: what was spared from the collector is shown to it once more."""
    gc.unfreeze()
    gc.collect()
    freeze_gc()
    # glibc keeps what was freed: 230 MB after ten swaps of the bundled decoder, given back by this.
    if (trim := getattr(_c_library(), "malloc_trim", None)) is not None:
        trim(0)


def _c_library() -> Any:
    """The C library of this process; None on a system whose own cannot be opened so."""
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
