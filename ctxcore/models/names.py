"""Names of models and vectors as a reader writes them. Loads nothing, and no name makes it raise another error than ours."""

from __future__ import annotations

import os
from pathlib import Path

from ctxcore.errors import BadInputError

_LONGEST = 4096
"""Letters of a name; no system has longer paths."""


def as_text(name: object) -> str:
    """A name or a path (anything with ``__fspath__``) as text.

    Raises:
        BadInputError: It is neither, is empty or too long, or holds a character that no name has.
    """
    rule, remedy = "A name or a path is text.", "Give the name, or the path, as text or as a pathlib.Path."
    text = os.fspath(name) if isinstance(name, os.PathLike) else name
    if not isinstance(text, str):
        raise BadInputError(rule, f"{type(name).__name__} {name!r:.100}", remedy)
    if not text.strip():
        raise BadInputError(rule, "an empty one", remedy)
    if len(text) > _LONGEST:
        raise BadInputError(rule, f"{len(text):,} letters, which begin {text[:40]!r}", remedy)
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadInputError(rule, f"{text[:100]!r}, with a character that no name has", remedy)
    return text


def local_path(name: str | Path) -> Path:
    """The path that a name stands for. A ``~`` of a user who is not known here is part of the name."""
    try:
        return Path(os.path.expanduser(name))
    except ValueError:  # a NUL, which no user's name has
        return Path(name)


def split_limit(name: str) -> tuple[str, int | None]:
    """A name without its ``@<limit>``, and the limit. A file whose own name ends so is meant as it is."""
    asked, at, limit = name.rpartition("@")
    if at and asked and limit.isdecimal() and len(limit) < 10 and not os.path.exists(local_path(name)):
        return asked, int(limit)
    return name, None


def looks_like_path(name: str) -> bool:
    """Is this meant as a path, whether or not something is there?"""
    return name.startswith(("~", ".", "/", "\\")) or Path(name).suffix != "" or len(Path(name).parts) > 1
