"""Texts of any size that readers give: files kept in the cache folder by their content, and paths that a reader opened here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import streamlit as st

from ctxcore import BadInputError, ExportError, WholeText
from ctxcore.corpus.read import Corpus
from ctxcore.corpus.texts import corpus_of, endings, state_of
from ctxcore.data.corpora import digest_of
from ctxcore.models import kept
from ctxcore.models.cache_dir import cache_folder
from ctxcore.models.kept_use import make_room, uses
from ctxcore.progress import silent
from dashboard import offered
from dashboard.settings import settings

_MOST_BYTES = 512 << 20
"""Of all files together: those that were asked for longest ago make room."""
_STEM = "text"
_DIGEST = re.compile("[0-9a-f]{64}")


def keep(name: str, data: bytes) -> WholeText:
    """Take a file in.

    Raises:
        ExportError: There is no room for it.
    """
    text = WholeText("file", name, digest_of(data))

    def write(content: bytes, folder: Path) -> None:
        (folder / f"{_STEM}{endings(name)}").write_bytes(content)

    there = kept.keep(_name(text), len(data), lambda: data, write, silent)
    if isinstance(there, kept.Unkept):
        raise ExportError(
            "A text that is given is kept on this machine while it is searched.",
            there.why,
            "Make room there, or have CTXCORE_CACHE set to another folder; then give the text again.",
        )
    make_room(cache_folder().glob(f"{_STEM}-*-v{kept.FORMAT}"), _MOST_BYTES, _size, _nothing)
    uses.end(there)  # it may make room for later ones
    return text


def permit(path: str) -> WholeText:
    """This reader opens a path of the machine. A link or a file that names it does not.

    Raises:
        CtxError: Many readers share this server, or no file is there.
    """
    _refuse_where_shared(path)
    text = WholeText("path", path, state_of(path))
    _permitted().add(path)
    return text


def corpus(text: WholeText) -> Corpus:
    """The sentences of a text, as a stream: what the engine asks.

    Raises:
        CtxError: It is not here, or no longer, or may not be opened.
    """
    with offered.without_paths_in_errors():
        if text.kind == "file":
            # What a link gives for a digest may be anything, and is a part of a path here.
            folder = kept.at_hand(_name(text)) if _DIGEST.fullmatch(text.digest) else None
            if folder is None:
                raise missing(text)
            uses.end(folder)
            return corpus_of(text, next(folder.glob(f"{_STEM}.*")))
        if text.kind == "path":
            _may_open(text)
        return corpus_of(text)


def missing(text: WholeText) -> BadInputError:
    """A file is not here any more."""
    return BadInputError(
        "A text is searched where it is kept.",
        f"{text.name}, which is not here or had to make room for others",
        "Upload it again, or choose the news.",
    )


def _may_open(text: WholeText) -> None:
    _refuse_where_shared(text.name)
    if text.name not in _permitted():
        raise BadInputError(
            "A link or a file opens no path of this computer by itself.",
            text.name,
            "Press \u201cOpen\u201d beside it, or choose the news.",
        )
    if state_of(text.name) != text.digest:
        raise BadInputError(
            "A text is searched as it was when it was opened.",
            f"{text.name}, which has changed since",
            "Press \u201cOpen\u201d once more.",
        )


def _refuse_where_shared(path: str) -> None:
    if settings().shared:
        raise BadInputError(
            "Many readers share this server, and it opens no path of it.",
            repr(path[:100]),
            "Upload a text, or choose the news.",
        )


def _name(text: WholeText) -> str:
    return f"{_STEM}-{endings(text.name).replace('.', '')}-{text.digest[:16]}"


def _size(folder: Path) -> int:
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:
        return 0


def _nothing(folder: Path) -> None:
    """Nobody is told which text made room."""


@st.cache_resource(show_spinner=False)
def _permitted() -> set[Any]:
    """Paths that somebody opened here."""
    return set()
