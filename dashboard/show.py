"""A chart on a page: asked, drawn, said and taken away. The only drawing of charts in the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from ctxcore.charts import Chart
from ctxcore.engine import Query
from dashboard import cache, state, store, widgets
from dashboard.jobs import Job
from dashboard.messages import literal
from dashboard.pictures import picture

R = TypeVar("R")


def ask(query: Query[R], *, label: str = "Measure", suffix: str = "") -> R | None:
    """The answer; None while it is on its way, and its progress stands in its place.

    Args:
        query: What is asked. What takes long (its ``hint``) waits for a press of a button.
        label: What stands on that button.
        suffix: What tells its controls from those of another of its kind on the page.

    Raises:
        CtxError: It cannot be answered.
    """
    engine = store.engine()
    if engine.has(query) or not query.is_slow(engine):
        return store.get(query)
    job, key = store.job(query), f"{type(query).__name__}{suffix}"
    if not job.begun and (hint := query.hint(engine)):
        job.long = True
        st.caption(hint)
        # In a callback: the script may start over before it comes to this button, and the press would be lost.
        st.button(label, key=f"measure_{key}", on_click=job.begin, args=(state.reader(),), type="primary")
        return None
    if job.ending:  # what is of use when stopped early is there in a moment
        widgets.soon_there(job)

    def again() -> None:
        store.job(query, job.long).begin(state.reader())

    if not widgets.wait_for(job, stop=f"stop_{key}", again=again):
        return None
    answer: R = job.wait()
    store.settle(job, query)
    return answer


def soon(query: Query[Any]) -> Job[Any] | None:
    """None where the answer is there, at the latest after a moment; else what to wait for.

    Raises:
        CtxError: It cannot be answered.
    """
    if store.engine().has(query) or not query.is_slow(store.engine()):
        store.get(query)
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
    *,
    on_point: Callable[[str], None] | None = None,
    areas: bool = False,
    again: str = "",
) -> R | None:
    """The chart with its caption and its exports; its answer, or None while that is on its way.

    Args:
        chart: What is shown. Its model's name stands above it where a second model is chosen and has one too.
        on_point: Called with the plot\'s key when the reader clicks a point.
        areas: Can points be chosen by a box or a lasso, too?
        again: A part of the plot\'s key that changes when the browser is to forget what was clicked.
    """
    answer = ask(chart.of, suffix=chart.suffix)
    if answer is None:
        return None
    chart = chart.headed(state.current().second)
    widgets.plot(picture(chart, answer, store.engine()), f"{chart.id}{again}", on_point=on_point, areas=areas)
    widgets.export_button(chart, answer)
    if remark := chart.remark(answer, store.engine()):
        st.caption(literal(remark))
    return answer
