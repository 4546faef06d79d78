"""Names of models and vectors as a reader writes them. Loads nothing."""

from __future__ import annotations

from pathlib import Path


def split_limit(name: str) -> tuple[str, int | None]:
    """A name without its ``@<limit>``, and the limit. A file whose own name ends so is meant as it is."""
    asked, at, limit = name.rpartition("@")
    if at and asked and limit.isdecimal() and len(limit) < 10 and not Path(name).expanduser().exists():
        return asked, int(limit)
    return name, None


def looks_like_path(name: str) -> bool:
    """Is this meant as a path, whether or not something is there?"""
    return name.startswith(("~", ".", "/", "\\")) or Path(name).suffix != "" or len(Path(name).parts) > 1
