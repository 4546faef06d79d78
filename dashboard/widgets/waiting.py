"""What is made behind the page: its progress line, and the buttons that stop it and start it again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from dashboard import cache, state
from dashboard.collector import freeze_gc
from dashboard.jobs import QUEUED, Job
from dashboard.messages import literal

_PATIENCE = 1.0
"""Seconds that a page as it is drawn waits in all for what is usually quick: beyond them it shows a progress line, and is drawn once
more when the answer is there."""
_AT_LEAST = 0.1
"""Seconds that it waits for each, however long it has waited for others."""
_PRESSED = 0.2
"""How much of that it waits for what is known to take long: the reader has pressed for it, and is to see that it has begun."""
_LEFT = "patience"
"""In the session: how much of the patience is left."""
_TEXT_FIRST = 0.4
"""Seconds from the first drawing of a session in which no figure is sent: reading plotly holds up a browser, and the text that it
has got by then is not drawn until it has done so. The figure itself comes no later for it."""
_pause = time.sleep
_FIRST_DRAWN = "first_drawn"
"""In the session: when it was drawn first."""
_WAITS = "waits_for"
"""In the session: questions that the page asked before, and asks now."""


def wait_for(*jobs: Job[Any], stop: str | None = None, again: Callable[[], None] | None = None) -> bool:
    """Are all there? If not, a progress line stands in their place and the page comes back when they are.

    With ``stop``, the key of a button, they begin at once and the reader can stop them: for that reader alone where others
    wait for the same. ``again`` is called when the reader starts it once more, where it would wait to be asked for.

    Raises:
        CtxError: One of them failed.
    """
    for job in jobs:
        if job.abandoned and not job.left_by(state.reader()):  # others left just as this reader came: it is asked anew
            cache.forget(job)
            st.rerun()
        if stop and job.stopped_for(state.reader()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption("Stopped.", width="content")
                st.button("Start again", key=f"again_{stop}", on_click=_again, args=(job, again))
            return False
        _note(job)
        if stop:
            _wait_a_moment(job)
        if job.done and job.error is not None:
            if stop and job.stopped:
                return wait_for(job, stop=stop, again=again)
            cache.forget(job)
            raise job.error
    pending = [job for job in jobs if not job.done]
    if pending:
        _progress(pending, stop)
    return not pending


@contextmanager
def drawing() -> Iterator[None]:
    """The whole page is drawn here, before long work. Questions that it asked before and asks no more lose this reader then."""
    waits = st.session_state.setdefault(_WAITS, {"before": set(), "now": set()})
    waits["before"] |= waits["now"]  # of a run that did not come to its end, too
    waits["now"] = set()
    st.session_state[_LEFT] = _PATIENCE
    st.session_state.setdefault(_FIRST_DRAWN, time.monotonic())
    with cache.turns().ahead():
        yield
    for job in waits["before"] - waits["now"]:
        job.leave(state.reader())
    waits["before"] = set()
    waits["now"] = {job for job in waits["now"] if not job.done}


def after_the_text() -> None:
    """Before a figure is sent: let the browser of a new reader draw the text."""
    _pause(max(0.0, st.session_state.get(_FIRST_DRAWN, 0.0) + _TEXT_FIRST - time.monotonic()))


def _note(job: Job[Any]) -> None:
    # A training, a report or a download is pressed, and goes on behind other pages.
    if job.kind == "answer" and not job.done:
        st.session_state.setdefault(_WAITS, {"before": set(), "now": set()})["now"].add(job)


def soon_there(job: Job[Any]) -> bool:
    """Begin what is usually quick; is it there after a moment?"""
    _note(job)
    _wait_a_moment(job)
    return job.done


def _wait_a_moment(job: Job[Any]) -> None:
    began, left = time.monotonic(), st.session_state.get(_LEFT, _PATIENCE)
    job.soon(left * _PRESSED if job.long else left, state.reader())
    st.session_state[_LEFT] = max(_AT_LEAST, left - (time.monotonic() - began))


def _again(job: Job[Any], again: Callable[[], None] | None) -> None:
    """Wait for it after all: it may still go on for another reader."""
    if job.ending:
        cache.forget(job)
    else:
        job.join(state.reader())
    if again is not None:
        again()


@st.fragment(run_every=0.4)
def _progress(pending: list[Job[Any]], stop: str | None = None) -> None:
    """Drawn anew every 0.4 s. The work begins when it is drawn for the second time: by then the page is on screen."""
    reader = state.reader()
    if all(job.done or (stop and job.stopped_for(reader)) for job in pending):
        st.rerun()
    for job in pending:
        job.look(reader)
    if any(job.kind not in QUEUED for job in pending):
        freeze_gc()
    job = next((j for j in pending if not j.done), pending[0])
    st.progress(min(1.0, job.share), text=literal(f"{job.said}\u2026"))
    if stop:
        st.button("Stop", key=stop, on_click=_stop, args=(pending,))


def _stop(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.stop(state.reader())


def progress_line(job: Job[Any]) -> None:
    """The progress line of something that the page does not depend on; the page is drawn anew when it is done."""
    _progress([job])
