"""Names of models and vectors as a reader writes them. Loads nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ctxcore.errors import BadInputError


def named(name: str | os.PathLike[str]) -> str:
    """A name or path as text.

    Raises:
        BadInputError: It is neither, or holds what no name can (nothing at all, a NUL, half a character).
    """
    found = os.fspath(name) if isinstance(name, os.PathLike) else name
    if (
        not isinstance(found, str)
        or not found.strip()
        or "\0" in found
        or any("\ud800" <= c <= "\udfff" for c in found)
    ):
        raise BadInputError(
            "A model is asked for by its name or its path.",
            repr(name),
            "Give one of the catalogue\u2019s names, or a path, as text.",
        )
    return found


def split_limit(name: str) -> tuple[str, int | None]:
    """A name without its ``@<limit>``, and the limit. A file whose own name ends so is meant as it is."""
    asked, at, limit = name.rpartition("@")
    if at and asked and limit.isdecimal() and len(limit) < 10 and not Path(name).expanduser().exists():
        return asked, int(limit)
    return name, None


def looks_like_path(name: str) -> bool:
    """Is this meant as a path, whether or not something is there?"""
    return name.startswith(("~", ".", "/", "\\")) or Path(name).suffix != "" or len(Path(name).parts) > 1
