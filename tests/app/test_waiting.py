"""Slow work never holds a page: it shows how far it is, and can be stopped and started again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import ContextualModel
from ctxcore.charts.selection import Vectors
from ctxcore.progress import silent
from dashboard import widgets
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
