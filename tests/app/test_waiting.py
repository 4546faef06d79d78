"""Slow work never holds a page: it shows how far it is, and can be stopped and started again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1 import AppTest

from ctxcore import ContextualModel
from ctxcore.charts import selection
from ctxcore.charts.selection import Vectors
from ctxcore.engine import Engine, Query
from ctxcore.progress import silent
from dashboard import cache, state, widgets
from dashboard.widgets import waiting
from tests.app.conftest import figures_of, shown_text

Open = Callable[..., AppTest]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Vectors are read only once this is set; pages wait for no more than a moment."""
    opened = threading.Event()
    real = ContextualModel.vectors

    def vectors(
        self: ContextualModel, sentences: Any, mentions: Any, progress: Any = None, *rest: Any, **named: Any
    ) -> Any:
        while not opened.wait(0.02):
            (progress or silent)(0.3, "3 of 10 sentences read")
        return real(self, sentences, mentions, progress or silent, *rest, **named)

    monkeypatch.setattr(ContextualModel, "vectors", vectors)
    monkeypatch.setattr(Vectors, "slow", True)  # however short the texts
    monkeypatch.setattr(selection, "_ONE_BY_ONE", 0)  # and however few
    monkeypatch.setattr(widgets.waiting, "_PATIENCE", 0.1)
    return opened


@pytest.mark.parametrize("page", ["idea", "word", "side"])
def test_reading_many_sentences_shows_how_far_it_is_and_can_be_stopped(
    open_page: Open, slow: threading.Event, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    app = open_page(page, word="ran", s=[f"On {page} the dog ran.", "The car ran."])
    assert any("3 of 10 sentences read" in p.proto.text for p in app.get("progress"))
    app.button(key="stop_Vectors").click().run()
    while "Stopped." not in shown_text(app):  # it ends where it next says how far it is
        app.run()
    slow.set()
    monkeypatch.setattr(widgets.waiting, "_PATIENCE", 120)
    next(b for b in app.button if b.label == "Start again").click().run()
    assert not app.exception
    assert "2 occurrences" in shown_text(app) or "2 vectors" in shown_text(app) or len(figures_of(app)) >= 2


def _asks_for_another() -> None:
    """A page that waits for one question, and after an edit for another."""
    import streamlit as st

    from dashboard import cache, widgets

    with widgets.drawing():
        name = st.text_input("question", "first")
        job = cache.jobs().get("answer", ("waiting test", name), st.session_state["gate"], "waiting test")
        widgets.wait_for(job, stop="stop_it")


def test_a_question_that_the_page_asks_no_more_ends_and_one_that_it_goes_on_asking_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(widgets.waiting, "_PATIENCE", 0.01)
    gate = threading.Event()

    def work(progress: Any) -> str:
        while not gate.wait(0.01):
            progress(0.5, "half")
        return "done"

    app = AppTest.from_function(_asks_for_another, default_timeout=60)
    app.session_state["gate"] = work
    app.run()
    first = cache.jobs().find("answer", ("waiting test", "first"))
    assert first is not None
    app.run()
    assert not first.ending
    app.text_input[0].set_value("second").run()
    assert first.ending
    second = cache.jobs().find("answer", ("waiting test", "second"))
    assert second is not None
    assert not second.ending
    gate.set()
    assert second.wait() == "done"


def test_a_run_that_was_superseded_ends_before_it_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    class Superseded(BaseException):
        """As Streamlit's own, which no handler of ours catches."""

    def end() -> None:
        raise Superseded

    theirs = SafeSessionState(SessionState(), end)  # calls it wherever the state of a session is used
    monkeypatch.setattr("streamlit.runtime.state.session_state_proxy.get_session_state", lambda: theirs)
    monkeypatch.setattr(state, "get_script_run_ctx", lambda **named: object())
    engine, measured = Engine(), []

    @dataclass(frozen=True)
    class Measured(Query[int]):
        number: int

        def run(self, engine: Engine, progress: Any) -> int:
            measured.append(self.number)
            return self.number

    asked = Measured(1)
    somebody = engine._alone(engine.key(asked), lambda share, what: None)
    with somebody, pytest.raises(Superseded):
        engine.get(asked, state.end_if_superseded)
    assert measured == []
    assert engine.get(asked) == 1  # and its lock is free


def test_figures_follow_the_text_of_a_new_reader_after_a_moment_and_then_at_once(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(waiting, "_TEXT_FIRST", 300.0)
    monkeypatch.setattr(waiting, "_pause", waited.append)
    monkeypatch.setattr(waiting, "_PATIENCE", 120)
    app = open_page()
    assert len(waited) == len(figures_of(app)) >= 3
    assert 200 < waited[-1] <= waited[0] <= 300  # what is left since the page was drawn first
    app.session_state[waiting._FIRST_DRAWN] -= 300
    waited.clear()
    app.run()
    assert waited == [0.0] * len(figures_of(app))
