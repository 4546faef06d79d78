"""A chart on a page: asked, drawn, said and taken away. The only drawing of charts in the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from ctxcore.charts import Chart
from ctxcore.engine import Query
from dashboard import cache, state, store, widgets
from dashboard.jobs import Job

R = TypeVar("R")
_AT_ONCE = 6000
"""Tokens to read above which a measurement waits for a press of its button: below it takes a few seconds at most."""


def ask(query: Query[R], tokens: int = 0, *, hint: str = "", label: str = "Measure", suffix: str = "") -> R | None:
    """The answer; None while it is on its way, and its progress stands in its place.

    Args:
        query: What is asked.
        tokens: How many have to be read for it: where they are many, the reader presses a button first.
        hint: What it takes, where the reader presses a button in any case.
        label: What stands on that button.
        suffix: What tells its controls from those of another of its kind on the page.

    Raises:
        CtxError: It cannot be answered.
    """
    engine = store.engine()
    if not query.slow or engine.has(query):
        return engine.get(query)
    job, key = store.job(query), f"{type(query).__name__}{suffix}"
    if tokens > _AT_ONCE and not hint:
        hint = f"This reads {tokens:,} tokens, which takes a while; the page shows how far it is."
    if hint and not job.begun:
        st.caption(hint)
        # In a callback: the script may start over before it comes to this button, and the press would be lost.
        st.button(label, key=f"measure_{key}", on_click=job.begin, type="primary")
        return None
    if job.ending:  # what is of use when stopped early is there in a moment
        widgets.soon_there(job)
    if not widgets.wait_for(job, stop=f"stop_{key}"):
        return None
    answer: R = job.wait()
    store.settle(job, query)
    return answer


def soon(query: Query[Any]) -> Job[Any] | None:
    """None where the answer is there, at the latest after a moment; else what to wait for.

    Raises:
        CtxError: It cannot be answered.
    """
    if store.engine().has(query):
        return None
    job = store.job(query)
    if not widgets.soon_there(job):
        return job
    if job.error is not None:
        cache.forget(job)
    job.wait()
    store.settle(job, query)
    return None


def show(
    chart: Chart[R],
    suffix: str = "",
    *,
    headed: bool = False,
    on_point: Callable[[str], None] | None = None,
    again: str = "",
) -> R | None:
    """The chart with its caption and its exports; its answer, or None while that is on its way.

    Args:
        chart: What is shown.
        suffix: What tells it from another of its kind on the page.
        headed: Does the model\'s name stand above it where a second model is chosen?
        on_point: Called with the plot\'s key when the reader clicks a point.
        again: A part of the plot\'s key that changes when the browser is to forget what was clicked.
    """
    answer = ask(chart.of, suffix=suffix)
    if answer is None:
        return None
    if headed and state.current().second is not None:
        chart = replace(chart, heading=widgets.title_of(chart.of.model))  # type: ignore[attr-defined]
    figure, alt = chart.drawn(answer), chart.alt(answer)
    name = f"{chart.key}{suffix}"
    widgets.plot(figure, f"{name}{again}", f"{chart.heading}: {alt}" if chart.heading else alt, on_point=on_point)
    widgets.export_button(chart, answer, name)
    return answer
