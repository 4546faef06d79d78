"""Fields that are typed in one after the other, faster than the page is drawn.

A field whose value is put into the session loses what is being typed in it when the page is drawn anew. These are given what they
begin with as their default; where their value comes to be set otherwise (by a button, a link, an opened file), they get a new key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from ctxcore.text import clean
from dashboard import state
from dashboard.links import LEAVES

_FIELDS = "typed_fields"


def typed(name: str, get: Callable[[], Any], put: Callable[[Any], None]) -> dict[str, Any]:
    """Key, beginning and callback of a field.

    Args:
        name: The field's; its key begins with it.
        get: Gives its value.
        put: Called with what was typed.
    """
    value = get()
    times, before = _fields().get(name, (0, value))
    times += before != value
    _fields()[name] = times, value
    key = f"{name}_{times}"
    return {"key": key, "value": value, "on_change": _read, "args": (name, key, get, put)}


def part(name: str, *at: int) -> dict[str, Any]:
    """A field for one part of a tuple that the workspace holds, such as one number of a vector (``hand.vectors``, 0, 2)."""
    leaf = LEAVES[name]

    def get() -> Any:
        return _at(leaf.of(state.current()), at)

    def put(value: Any) -> None:
        new = clean(value) if isinstance(value, str) else value
        state.set_control(name, _with(leaf.of(state.current()), at, new))

    return typed("_".join([name.replace(".", "_"), *map(str, at)]), get, put)


def number(name: str, also: Mapping[str, Any]) -> dict[str, Any]:
    """A field for a whole number of the workspace.

    Args:
        name: Of the workspace's field.
        also: Fields that get another value when it changes.
    """

    def put(value: Any) -> None:
        for field, new in {name: int(value), **also}.items():
            state.set_control(field, new)

    return typed(name.replace(".", "_"), lambda: LEAVES[name].of(state.current()), put)


def _fields() -> dict[str, tuple[int, Any]]:
    """How often each field got a new key, and its value as it was drawn or typed last."""
    fields: dict[str, tuple[int, Any]] = st.session_state.setdefault(_FIELDS, {})
    return fields


def _read(name: str, key: str, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
    put(st.session_state[key])
    _fields()[name] = _fields()[name][0], get()


def _at(value: Any, at: Sequence[int]) -> Any:
    for i in at:
        value = value[i]
    return value


def _with(values: Any, at: Sequence[int], value: Any) -> Any:
    """A tuple, or one of tuples, with another value in a place."""
    if not at:
        return value
    return tuple(_with(old, at[1:], value) if i == at[0] else old for i, old in enumerate(values))
