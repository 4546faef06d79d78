"""The row at the end of every page: the workspace as a file and back, and everything taken away."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import workspace
from ctxcore.export import has_image_engine, report
from ctxcore.pages import PAGES
from dashboard import cache, reports, state
from tests.app.conftest import figures_of, shown_text

Open = Callable[..., AppTest]
OTHER = replace(state.example("bank"), prompts=("She sat by the river", "She went to the"), candidates=("bank",), n=2)


def _row(app: AppTest) -> AppTest:
    next(t for t in app.toggle if t.key == "everything").set_value(True).run()
    assert not app.exception
    return app


def _give(app: AppTest, data: bytes, name: str = "mine.json") -> None:
    uploader = next(u for u in app.get("file_uploader") if u.key == "workspace_file")
    uploader.set_value([(name, data, "application/json")]).run()
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_every_page_ends_with_the_row(open_page: Open, page: str) -> None:
    app = _row(open_page(page))
    keys = {b.key for b in app.button} | {b.proto.id.rpartition("-")[2] for b in app.get("download_button")}
    assert {"make_html", "make_zip", "save_workspace"} <= keys


def test_a_file_opens_and_gives_the_same_figures(open_page: Open) -> None:
    app = _row(open_page(word="seal", s=["A seal swam by.", "The seal broke."]))
    before = figures_of(app)
    _give(app, workspace.to_json(OTHER))
    assert figures_of(app) == before  # nothing changes before the reader says so
    next(b for b in app.button if b.key == "open_it").click().run()
    assert app.session_state["workspace"] == OTHER
    assert app.text_area[0].value == "\n".join(OTHER.sentences)
    wanted = open_page(**dict(app.query_params.items()))
    assert figures_of(app.run()) == figures_of(
        wanted
    )  # the model that tells senses best stands on top once both are measured


def test_a_file_that_names_a_model_of_its_own_opens_nothing(open_page: Open) -> None:
    app = _row(open_page())
    _give(app, workspace.to_json(replace(OTHER, model="/some/folder", static="their-vectors.txt")))
    next(b for b in app.button if b.key == "open_it").click().run()
    assert not app.exception
    assert "This file asks for **/some/folder** and **their-vectors.txt**" in shown_text(app)
    now = app.session_state["workspace"]
    assert (now.model, now.static, now.word) == ("minilm-l6", "glove-6b-50d", "bank")
    assert cache.jobs().find("model", "/some/folder") is None
    assert cache.jobs().find("static", "their-vectors.txt") is None


def test_a_damaged_file_is_a_sentence_and_changes_nothing(open_page: Open) -> None:
    app = _row(open_page())
    _give(app, b'{"ctxcore_workspace": 1, "word": 7, "sentences": []}')
    assert "A workspace file holds what the dashboard saved" in shown_text(app)
    assert "open_it" not in {b.key for b in app.button}
    assert app.session_state["workspace"] == state.default()


def test_the_report_is_made_behind_the_page_once_asked_for(open_page: Open) -> None:
    app = _row(open_page(word="seal", s=["A seal swam by.", "The seal broke."]))
    key = reports.key_of("html", app.session_state["workspace"])
    assert cache.deliveries().find(key) is None  # nothing is prepared at each edit
    next(b for b in app.button if b.key == "make_html").click().run()
    assert not app.exception
    job = cache.deliveries().find(key)
    assert job is not None
    page = job.wait().decode()
    assert "“seal” in context" in page
    assert "24 sentences of the example text" in page
    app.run()
    assert "make_html" not in {b.key for b in app.button}
    labels = [b.label for b in app.get("download_button")]
    assert any(label.startswith("Report: download 4.") or label.startswith("Report: download 5") for label in labels)


def test_everything_is_a_zip_with_images_once_asked_for(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its figures the first three: that all are in it, those that take long too, is tested where reports are made."""
    listed = report.charts_of
    monkeypatch.setattr(report, "charts_of", lambda *asked: islice(listed(*asked), 3))
    app = _row(open_page(word="seal", s=["A seal swam by.", "The seal held."]))
    next(b for b in app.button if b.key == "make_zip").click().run()
    assert not app.exception
    job = cache.deliveries().find(reports.key_of("zip", app.session_state["workspace"]))
    assert job is not None
    with zipfile.ZipFile(io.BytesIO(job.wait())) as packed:
        names = set(packed.namelist())
        assert {"report.html", "workspace.json", "manifest.json", "data/01-fan.csv", "python/01-fan.py"} <= names
        assert not has_image_engine() or b"<svg" in packed.read("figures/01-fan.svg")[:200]
    app.run()
    assert any(b.label.startswith("Take everything: download") for b in app.get("download_button"))


def test_a_link_that_is_too_long_offers_the_file(open_page: Open) -> None:
    app = open_page()
    assert "Save the workspace" not in {b.label for b in app.get("download_button")}
    many = "\n".join(f"Runner number {i} ran a long way through the rain and the wind." for i in range(150))
    app.text_area[0].set_value(many).run()
    assert "Save the workspace" in {b.label for b in app.get("download_button")}
    kept = json.loads(workspace.to_json(app.session_state["workspace"]))
    assert len(kept["sentences"]) == 150


def test_a_report_that_was_asked_for_before_the_last_change_is_still_handed_over(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "make_report", lambda workspace, **rest: workspace)
    monkeypatch.setattr(report, "report_html", lambda made: " ".join(made.sentences).encode())
    app = _row(open_page(word="eel", s=["An eel swam by."]))
    next(b for b in app.button if b.key == "make_html").click().run()
    app.run()
    assert "Report: download 15 bytes" in {b.label for b in app.get("download_button")}
    app.text_area[0].set_value("An eel ate.").run()
    labels = {b.label for b in app.get("download_button")}
    assert "Report, as it was before your last change: download 15 bytes" in labels
    next(b for b in app.button if b.key == "make_html").click().run()
    app.run()
    labels = {b.label for b in app.get("download_button")}
    assert "Report: download 11 bytes" in labels
    assert not any("before your last change" in label for label in labels)


def test_no_room_for_a_report_is_a_sentence_and_the_button_stays(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache.deliveries(), "_most", 1)
    app = _row(open_page(word="eel", s=["The eel slept."]))
    next(b for b in app.button if b.key == "make_zip").click().run()
    assert not app.exception
    assert "Files that wait for their readers" in shown_text(app)
    assert not next(b for b in app.button if b.key == "make_zip").disabled
