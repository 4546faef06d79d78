"""Where prepared files are kept, and whether there is room for them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

from ctxcore.models.names import local_path


def cache_folder() -> Path:
    """Where converted and downloaded weights are kept: ``CTXCORE_CACHE`` or the user's cache folder."""
    asked = os.environ.get("CTXCORE_CACHE")
    return local_path(asked or platformdirs.user_cache_dir("ctxcore", appauthor=False))


def why_not(folder: Path, needs: int) -> str:
    """Why ``needs`` bytes cannot be kept in a folder, which is made if need be; empty where they can.

    The sentence names the folder, what is needed and what is free.
    """
    needed = f"{readable(needs)} are needed"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"{folder} cannot be made or written ({error.strerror or error}); {needed} there"
    if free < needs:
        return f"{folder} has {readable(free)} free; {needed}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written; {needed} there, {readable(free)} are free"
    return ""


def readable(count: float) -> str:
    """A number of bytes as a reader says it: 91 MB, 3.6 GB."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if count < 10 * size else f"{count / size:.0f} {unit}"
    return f"{count:.0f} bytes"
