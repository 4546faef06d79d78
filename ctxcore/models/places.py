"""Where prepared files are kept, and how long work says how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and what is going on. What it raises ends the work: that is how one stops it."""


def silent(share: float, what: str) -> None:
    """The progress callback of someone who did not ask."""


def cache_folder() -> Path:
    """Where converted and downloaded weights are kept: ``CTXCORE_CACHE`` or the user's cache folder."""
    return Path(os.environ.get("CTXCORE_CACHE") or platformdirs.user_cache_dir("ctxcore", appauthor=False))


def readable(count: float) -> str:
    """A number of bytes as a reader says it: 91 MB, 3.6 GB."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if count < 10 * size else f"{count / size:.0f} {unit}"
    return f"{count:.0f} bytes"
