"""Models and static spaces that a reader opens: what a link asks for, what is inspected, opened, or failed to open.

``kind`` is ``model`` or ``static`` throughout. What follows for the workspace is in :mod:`dashboard.state`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from ctxcore import CATALOGUE, CtxError
from ctxcore.workspace import Workspace
from dashboard import offered

_OWN, _ASKED, _ORIGIN = "own_models", "asked_by_link", "asker"
_INSPECTED, _OPENING, _FAILED = "looked_at", "opening", "failed_to_open"


def opened_by_reader(kind: str) -> tuple[str, ...]:
    """Names that this reader opened in this session."""
    names: tuple[str, ...] = _get(_OWN, kind, ())
    return names


def offered_models() -> tuple[str, ...]:
    """Contextual models that this reader may have opened: see :func:`offered_here`."""
    return offered_here("model")


def offered_here(kind: str) -> tuple[str, ...]:
    """Those that are bundled, those that the server's owner lists, and those that this reader opened on the page of models."""
    bundled = (name for name, entry in CATALOGUE.items() if (entry.kind == "static") == (kind == "static"))
    return tuple(dict.fromkeys((*bundled, *offered.names(kind), *opened_by_reader(kind))))


def asked_by_link() -> dict[str, str]:
    """What a link asked for that is not bundled, by kind. Nothing of it is opened before the reader says so."""
    asked: dict[str, str] = st.session_state.get(_ASKED, {})
    return asked


def origin() -> str:
    """What asked for it: a ``link`` or a ``file``."""
    return str(st.session_state.get(_ORIGIN, "link"))


def set_origin(origin: str) -> None:
    """A ``link`` or a ``file`` is read."""
    st.session_state[_ORIGIN] = origin


def dismiss_link() -> None:
    """The reader does not want what the link asked for."""
    st.session_state[_ASKED] = {}


def decided(kind: str) -> None:
    """The reader chose: what a link asked for in its place is no longer waiting."""
    st.session_state[_ASKED] = {k: n for k, n in asked_by_link().items() if k != kind}


def without_unknown(workspace: Workspace) -> Workspace:
    """A link's or file's workspace with models that are offered here; what else it names waits."""
    asked = {kind: getattr(workspace, kind) for kind in ("model", "static")}
    unknown = {kind: n for kind, n in asked.items() if n not in CATALOGUE and n not in offered_here(kind)}
    st.session_state[_ASKED] = unknown
    return replace(workspace, **{kind: getattr(Workspace, kind) for kind in unknown})


def inspect_model(kind: str, name: str) -> None:
    """The reader wants to know what a name stands for, before it is opened."""
    _set(_INSPECTED, kind, name)
    _set(_FAILED, kind, None)


def inspected(kind: str) -> str:
    """The name that was inspected last; empty where there is none."""
    return str(_get(_INSPECTED, kind, ""))


def begin_opening(kind: str, name: str) -> None:
    """The reader confirmed that this is to be opened."""
    inspect_model(kind, "")
    decided(kind)
    _set(_OPENING, kind, name)


def opening(kind: str) -> str:
    """The name that is being opened; empty where there is none."""
    return str(_get(_OPENING, kind, ""))


def end_opening(kind: str, error: CtxError | None = None) -> None:
    """It is there, or could not be opened."""
    _set(_OPENING, kind, "")
    if error is not None:
        _set(_FAILED, kind, error)


def why_not_opened(kind: str) -> CtxError | None:
    """Why the last attempt failed, until the reader tries another."""
    error: CtxError | None = _get(_FAILED, kind, None)
    return error


def offer(kind: str, name: str) -> None:
    """Every page offers it from now on."""
    _set(_OWN, kind, tuple(dict.fromkeys((*opened_by_reader(kind), name))))


def withdraw(kind: str, name: str) -> None:
    """It is offered no more."""
    _set(_OWN, kind, tuple(other for other in opened_by_reader(kind) if other != name))


def _get(key: str, kind: str, otherwise: Any) -> Any:
    return st.session_state.get(key, {}).get(kind, otherwise)


def _set(key: str, kind: str, value: Any) -> None:
    st.session_state[key] = st.session_state.get(key, {}) | {kind: value}
