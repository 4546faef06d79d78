"""Pages driven without a browser. Models are loaded once for all of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from ctxcore.charts import Chart, script
from ctxcore.charts.words import Baselines
from dashboard import cache, store, widgets
from dashboard.widgets import waiting

APP = Path(__file__).parents[2] / "dashboard" / "main.py"


@dataclass
class Export:
    """What one export button was given, and made of it when a test looks."""

    chart: Chart[Any]
    answer: Any

    @cached_property
    def figure(self) -> go.Figure:
        return self.chart.drawn(self.answer).figure()

    @cached_property
    def table(self) -> pd.DataFrame:
        return self.chart.table(self.answer)

    @property
    def title(self) -> str:
        return self.chart.full_title()

    @property
    def code(self) -> str:
        return script(self.chart)


@pytest.fixture(scope="session", autouse=True)
def _loaded() -> None:
    """Models load behind the page; without a browser nothing asks again, so they are there beforehand."""
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    cache.static("glove-6b-50d").wait()
    for name in ("minilm-l6", "smollm2-135m"):
        cache.model(name).wait()
    store.get(Baselines("minilm-l6"))


@pytest.fixture(autouse=True)
def _loud() -> Iterator[None]:
    """An error in a page is shown whole, so that the test says what it was."""
    before = st.get_option("client.showErrorDetails")
    st.config.set_option("client.showErrorDetails", "full")
    yield
    st.config.set_option("client.showErrorDetails", before)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measurements run behind the page; without a browser nothing asks again, so the page waits for them."""
    monkeypatch.setattr(widgets.waiting, "_PATIENCE", 120)


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> dict[str, Export]:
    """What each figure of the page can be taken away as, by its name."""
    found: dict[str, Export] = {}
    real = widgets.export_button

    def keep(chart: Chart[Any], answer: Any) -> None:
        found[chart.id] = Export(chart, answer)
        real(chart, answer)

    monkeypatch.setattr(widgets, "export_button", keep)
    return found


@pytest.fixture(autouse=True)
def _figures_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser is there that would have to draw the text first."""
    monkeypatch.setattr(waiting, "_TEXT_FIRST", 0.0)


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """A page, drawn once; query parameters by name."""

    def start(page: str = "idea", **query: Any) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=120)
        for key, value in query.items():
            app.query_params[key] = value
        if page != "idea":
            app._page_hash = calc_hash(page)  # by its address, as a link opens it: the first page is not drawn before
        app.run()
        assert not app.exception, app.exception
        return app

    return start


def figures_of(app: AppTest) -> list[dict[str, Any]]:
    """The figures on the page, as the browser gets them."""
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def shown_text(app: AppTest) -> str:
    """All that the page says outside figures."""
    kinds = ("title", "subheader", "markdown", "caption", "error", "warning", "info")
    return plain("\n".join(str(e.value) for kind in kinds for e in app.get(kind) if hasattr(e, "value")))


def plain(text: str) -> str:
    """Text as the reader sees it: without the backslashes that make it literal."""
    return text.replace("\\", "")
