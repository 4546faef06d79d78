"""Names of models and vectors as a reader writes them, and the paths that they stand for.

The one rule of how a name becomes a path: it is text (:func:`as_text`), ``~`` is the home folder (:func:`local_path`), and
what this computer cannot look up is refused (:func:`place`) or is not there (:func:`exists`). Loads nothing, and no name
makes it raise another error than ours.
"""

from __future__ import annotations

import os
from pathlib import Path

from ctxcore.errors import BadInputError, CtxError, ModelError
from ctxcore.models.catalogue import CATALOGUE
from ctxcore.models.reasons import reason, shown

_LONGEST = 4096
"""Letters of a name; no system has longer paths."""
_LONGEST_SHOWN = 60
"""Letters of a name that are shown where a page speaks of it."""


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
    """The path that a name stands for, whether or not something is there.

    ``~`` is the home folder and ``~name`` that of a user who is known here; of anybody else it is part of the name.

    Raises:
        BadInputError: It is no name: see :func:`as_text`.
    """
    return Path(os.path.expanduser(as_text(name)))


def place(name: str | Path) -> Path:
    """As :func:`local_path`, for a path that this computer can look up, whether or not something is there.

    Raises:
        BadInputError: It is no name.
        ModelError: No file of this computer can have this name, or it may not be looked for.
    """
    path = local_path(name)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except (OSError, ValueError) as error:
        raise ModelError(
            "A path must be one that this computer can look up.",
            f"{shown(name)}: {reason(error)}",
            "Check how it is written, and who may read it.",
        ) from error
    return path


def exists(name: str | Path) -> bool:
    """Is something there? No, too, where nothing can be."""
    try:
        return place(name).exists()
    except CtxError:
        return False


def split_limit(name: str) -> tuple[str, int | None]:
    """A name without its ``@<limit>``, and the limit. A file whose own name ends so is meant as it is."""
    asked, at, limit = name.rpartition("@")
    if at and asked and limit.isdecimal() and len(limit) < 10 and not exists(name):
        return asked, int(limit)
    return name, None


def looks_like_path(name: str) -> bool:
    """Is this meant as a path, whether or not something is there?"""
    return name.startswith(("~", ".", "/", "\\")) or Path(name).suffix != "" or len(Path(name).parts) > 1


def title_of(name: str) -> str:
    """A model's or space's name as a reader says it. It may be typed text: for places that show it to the letter."""
    if name in CATALOGUE:
        return CATALOGUE[name].title
    asked, limit = split_limit(name)
    words = "" if limit is None else f", at most {limit:,} word{'s' if limit != 1 else ''}"
    if asked.startswith("hub:"):
        id, _, revision = asked.removeprefix("hub:").partition("@")
        file = revision.partition("#")[2]
        return _short(f"{id} {file}".strip()) + words
    return _short(Path(asked).name or asked) + words


def _short(name: str) -> str:
    """The end of a name that is too long to be read, since that is what tells it from others."""
    return name if len(name) <= _LONGEST_SHOWN else f"\u2026{name[1 - _LONGEST_SHOWN :]}"
