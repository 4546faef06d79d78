"""The fields in which a reader writes: how a value of the workspace stands in them, and what was typed, to the letter.

A field of the workspace stands in as many text fields as its codec says (:attr:`ctxcore.codecs.Codec.boxes`). What was typed is
kept beside what it was read as: it stands in its field for as long as the workspace has that value, on every page.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from ctxcore.workspace import Workspace
from dashboard.links import LEAVES

Texts = tuple[str, ...]
_TYPED = "typed"
_FIELDS = {name: leaf for name, leaf in LEAVES.items() if leaf.codec.boxes}


def key_of(name: str, box: int = 0) -> str:
    """Key of one text field. browser.js knows them by how they begin."""
    return f"editor_{name.replace('.', '_')}" + (f"_{box + 1}" if _FIELDS[name].codec.boxes > 1 else "")


def texts_in(workspace: Workspace, name: str) -> Texts | None:
    """What stands in the text fields of this value: what was typed, else what the workspace says; None where it leaves that open."""
    leaf = _FIELDS[name]
    typed, read_as = _typed().get(name, (None, None))
    return typed if typed is not None and read_as == leaf.of(workspace) else leaf.codec.in_boxes(leaf.of(workspace))


def bound(workspace: Workspace, name: str, box: int = 0, otherwise: str = "") -> dict[str, Any]:
    """Key, text and length of a text field. Drawn with them it shows what the workspace says.

    Text is given to a field as its default and not through the session, unless something else than typing in it changed the
    value. On a slow machine a page can be drawn a second time before the browser has built its fields; one filled through the
    session then stays empty, and reports that as typed.
    """
    key, texts, codec = key_of(name, box), texts_in(workspace, name), _FIELDS[name].codec
    text = otherwise if texts is None else texts[box]
    if key in st.session_state and st.session_state[key] != text:
        st.session_state[key] = text
    return {"key": key, "value": text, **({} if codec.joined else {"max_chars": codec.longest})}


def read(workspace: Workspace, name: str) -> Any:
    """The value, of what stands in its text fields; those that are not on screen stand as they were."""
    codec = _FIELDS[name].codec
    before = texts_in(workspace, name) or ("",) * codec.boxes
    texts = tuple(st.session_state.get(key_of(name, box), text) for box, text in enumerate(before))
    value = codec.typed(texts)
    st.session_state[_TYPED] = _typed() | {name: (texts, value)}
    return value


def fill(values: Mapping[str, Any], read_as: Workspace) -> None:
    """Fill all fields anew. These values stand in theirs in full, though the workspace has no more of them than is read."""
    st.session_state[_TYPED] = {
        name: (_FIELDS[name].codec.in_boxes(value), _FIELDS[name].of(read_as)) for name, value in values.items()
    }


def begin_page() -> None:
    """On another page every text field begins anew with its default."""
    for name, leaf in _FIELDS.items():
        for box in range(leaf.codec.boxes):
            st.session_state.pop(key_of(name, box), None)


def checksums(workspace: Workspace) -> dict[str, tuple[int | None, int | None]]:
    """Of each text field two: of what stands in it, and of what the workspace alone fills it with; None where a page fills it."""
    found: dict[str, tuple[int | None, int | None]] = {}
    for name, leaf in _FIELDS.items():
        typed, filled = texts_in(workspace, name), leaf.codec.in_boxes(leaf.of(workspace))
        for box in range(leaf.codec.boxes):
            found[key_of(name, box)] = _sum(typed, box), _sum(filled, box)
    return found


def _sum(texts: Texts | None, box: int) -> int | None:
    return None if texts is None else zlib.crc32(texts[box].encode())


def _typed() -> dict[str, tuple[Texts | None, Any]]:
    """What was typed, and the value that was read of it, by the fields' names."""
    found: dict[str, tuple[Texts | None, Any]] = st.session_state.get(_TYPED, {})
    return found
