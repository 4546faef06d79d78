"""The engine that all sessions share, and the questions that it answers behind the page."""

from __future__ import annotations

from typing import Any, TypeVar

import streamlit as st

from ctxcore.engine import Engine, Query
from dashboard import cache, journal, memory, state, whole_texts
from dashboard.collector import release_memory
from dashboard.given_texts import given
from dashboard.jobs import Job
from dashboard.settings import settings

R = TypeVar("R")
_QUICK_FOR = 120.0
"""Seconds that an answer stays which takes a moment and which nobody asks for any more: most sentences are edited once more."""


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The one engine. Its models are those that readers opened: no question opens another."""
    made = Engine(
        model=lambda name: cache.model(name).wait(),
        static=lambda name: cache.space(name).wait(),
        text=given().sentences,
        files=cache.files,
        most_bytes=settings().answers_mb << 20,
        told=journal.answered,
        corpus=whole_texts.corpus,
        quick_for=_QUICK_FOR,
    )
    memory.watch(made, release_memory)
    return made


def get(query: Query[R]) -> R:
    """The answer, measured now if need be. A run of the page that was superseded ends while it waits for its turn."""
    return engine().get(query, state.end_if_superseded)


def job(query: Query[Any], long: bool = False) -> Job[Any]:
    """The same behind the page. What another reader stopped early is measured anew. ``long``: it is known to take long."""

    def ask() -> Job[Any]:
        key = engine().key(query)
        return cache.jobs().get("answer", key, lambda progress: engine().get(query, progress), query.sort(), long)

    found = ask()
    if found.value is not None and query.answered(found.value) != query and not found.left_by(state.reader()):
        cache.forget(found)
        return ask()
    return found


def settle(done: Job[Any], query: Query[Any]) -> None:
    """Its answer is the engine's now, which bounds what is kept; or what it is put together from is."""
    if engine().has(query) or not (query.is_kept() or query.is_slow(engine())):
        cache.forget(done)
