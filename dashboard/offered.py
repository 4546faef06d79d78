"""What a server offers beside the bundled models, and that a shared one opens nothing else.

Its owner lists paths, names of the hub and names of gensim-data in ``CTXCORE_OFFERED``. Readers know each by a name and never
by its path.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ctxcore import CATALOGUE, BadInputError, CtxError, ModelError
from ctxcore.models.cache_dir import cache_folder
from ctxcore.models.gensim_data import DOWNLOADS
from ctxcore.models.kinds import is_gguf
from ctxcore.models.names import local_path, split_limit
from dashboard.settings import settings

_NAME = re.compile(r"[\w .-]{1,60}")
_PATH = re.compile(r"(?<![\w:/.~])(?:~|/|[A-Za-z]:\\)[^\s'\"\u2018-\u201f,;:()]*[/\\]([^\s'\"\u2018-\u201f,;:()]*)")
"""A path from a root or a home; what stands in the middle of an address or a word is none."""


@lru_cache(maxsize=1)
def _offers() -> dict[str, tuple[str, str]]:
    """Kind and place of all that the owner lists, by the name that readers know."""
    found: dict[str, tuple[str, str]] = {}
    for entry in settings().offered:
        name, equals, place = entry.partition("=")
        if not equals or not _NAME.fullmatch(name):
            name, place = "", entry
        kind, usual = _kind(place.strip())
        name = name.strip() or usual
        if name in found or name in CATALOGUE:
            raise BadInputError(
                "Each name in CTXCORE_OFFERED is there once and is none of the bundled ones.",
                name,
                "Write another name before it, as in my-bert=/srv/models/bert.",
            )
        found[name] = kind, place.strip()
    return found


def _kind(place: str) -> tuple[str, str]:
    """``model`` or ``static``, and what it is called where the owner gives no name."""
    if place.startswith("hub:"):
        return "model", place
    if split_limit(place)[0] in DOWNLOADS:
        return "static", place
    path = local_path(split_limit(place)[0])
    return "model" if path.is_dir() or is_gguf(path.name) or not path.suffix else "static", path.name


def names(kind: str) -> tuple[str, ...]:
    """What the owner lists, of one kind.

    Raises:
        BadInputError: ``CTXCORE_OFFERED`` cannot be so.
    """
    return tuple(name for name, (of, _) in _offers().items() if of == kind)


def place_of(kind: str, name: str) -> str:
    """What is opened under a name: a path, or a name of the library's own."""
    of, place = _offers().get(name, ("", name))
    return place if of == kind else name


def is_offered(kind: str, name: str) -> bool:
    """Is it bundled, or on the owner's list?"""
    return name in CATALOGUE or name in names(kind)


def must_be_open_here(kind: str, name: str) -> None:
    """Passes where a reader may have this opened: on a shared server only what its owner offers.

    Raises:
        ModelError: It is not offered.
    """
    if settings().shared and not is_offered(kind, name):
        raise ModelError(
            "Many readers share this server, and it opens only what its owner offers.",
            repr(name[:100]),
            "Choose one of those under \u201cModels and data\u201d, or open your own on your own computer.",
        )


@contextmanager
def without_paths_in_errors() -> Iterator[None]:
    """What goes wrong inside names no path of a shared server."""
    try:
        yield
    except CtxError as error:
        error.rule, error.received, error.remedy = map(without_paths, (error.rule, error.received, error.remedy))
        error.args = tuple(map(without_paths, error.args))
        raise


def without_paths(text: str) -> str:
    """A text that names no path of a shared server: only the last part of each is left; the same text elsewhere."""
    if not settings().shared:
        return text
    for path, name in _known_paths():
        text = text.replace(path, name)
    return _PATH.sub("\u2026/\\1", text)


@lru_cache(maxsize=1)
def _known_paths() -> tuple[tuple[str, str], ...]:
    """Paths that may stand in an error, the longest first, and what is shown instead. They may hold blanks."""
    found = {str(local_path(split_limit(place)[0])): name for name, (_, place) in _offers().items()}
    found[str(cache_folder())] = "the cache folder"
    found |= dict.fromkeys((sys.prefix, os.getcwd(), tempfile.gettempdir(), str(Path.home())), "…")
    return tuple(sorted(((path, name) for path, name in found.items() if len(path) > 1), key=lambda p: -len(p[0])))


def known_as(name: str, place: str, loaded: Any) -> Any:
    """A model or space that was opened at a place, as readers know it."""
    origin = loaded.origin
    if place != name:
        loaded.id = name
        loaded.origin = origin = replace(origin, place=place)
    if settings().shared:
        loaded.origin = replace(origin, source=without_paths(origin.source), note=without_paths(origin.note))
    return loaded
