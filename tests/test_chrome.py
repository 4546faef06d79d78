"""The browser that draws pictures may end, hang or be killed: no caller waits for it, one more is tried, the next call works."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest

from ctxcore import ExportError, export
from ctxcore.export import chrome, report_page
from ctxcore.export.report import Report, Section
from ctxcore.pages import PAGES
from ctxcore.workspace import Workspace

FIGURE = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))


@pytest.fixture(autouse=True)
def _no_browser_is_left() -> Iterator[None]:
    chrome.stop()
    yield
    chrome.stop()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[[], list[int]]]:
    """Puts a program in the browser's place; gives a function for the process numbers of all that were started."""

    def put(does: str) -> Callable[[], list[int]]:
        started = tmp_path / "started"
        program = tmp_path / "chrome"
        program.write_text(f"#!/bin/sh\necho $$ >> {started}\n{does}\n")
        program.chmod(0o755)
        monkeypatch.setenv("BROWSER_PATH", str(program))
        monkeypatch.setattr(chrome.Chrome, "patience", 1.0)
        return lambda: [int(pid) for pid in started.read_text().split()]

    return put


def ended(pid: int) -> bool:
    """Does this process end within a few seconds? One that waits to be collected has ended."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def process() -> int:
    """The number of the browser that draws now."""
    shared = chrome._shared._chrome
    assert shared is not None
    return int(shared._process().pid)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("exit 0", "it ended by itself"),
        ("exit 7", "it ended by itself"),
        ("kill -9 $$", "it ended by itself"),
        ("exec sleep 1000", "it does not answer"),
        ("sleep 1000 & wait", "it does not answer"),
        ("while :; do echo garbage; sleep 0.2; done", "it does not answer"),
    ],
)
def test_a_browser_that_fails_is_tried_twice_and_left(
    fake: Callable[..., Callable[[], list[int]]], does: str, says: str
) -> None:
    started = fake(does)
    assert export.has_image_engine()
    with pytest.raises(ExportError, match=rf"Chrome was started twice and {says}.*camera button of the figure itself"):
        export.figure_image(FIGURE, "png")
    assert len(started()) == 2
    assert all(map(ended, started()))


def test_callers_who_wait_behind_a_dead_browser_are_told_with_the_first(
    fake: Callable[..., Callable[[], list[int]]],
) -> None:
    started = fake("exec sleep 1000")
    told: list[str] = []

    def ask() -> None:
        with pytest.raises(ExportError, match="does not answer") as caught:
            export.figure_image(FIGURE, "svg")
        told.append(str(caught.value))

    readers = [threading.Thread(target=ask) for _ in range(5)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(told) == 5
    assert len(started()) == 2


def test_the_next_picture_after_a_failure_is_drawn(
    fake: Callable[..., Callable[[], list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake("exit 1")
    with pytest.raises(ExportError):
        export.figure_image(FIGURE, "svg")
    monkeypatch.undo()  # the browser is mended
    first = export.figure_image(FIGURE, "svg")
    os.killpg(process(), signal.SIGKILL)
    assert export.figure_image(FIGURE, "svg") == first
    stopped = process()
    assert chrome._shared._chrome is not None
    chrome._shared._chrome.patience = 0.5
    os.killpg(stopped, signal.SIGSTOP)
    assert export.figure_image(FIGURE, "svg") == first
    assert process() != stopped
    assert ended(stopped)


class Driven:
    """What kaleido drives: it fails at every figure, and its browser answers, hangs, hangs up or has ended."""

    def __init__(self, state: str) -> None:
        self.state, self.subprocess = state, self

    def poll(self) -> int | None:
        return 1 if self.state == "ended" else None

    def kill(self) -> None:
        self.state = "ended"

    async def calc_fig(self, *_: object, **__: object) -> bytes:
        raise KeyError("no such trace")  # no error of kaleido's own

    async def send_command(self, _: str) -> None:
        if self.state == "hangs":
            await asyncio.sleep(1000)
        if self.state == "hangs up":
            raise RuntimeError("closed")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        ("answers", chrome._UndrawnError, "'no such trace'"),
        ("hangs", chrome._GoneError, "it does not answer"),
        ("hangs up", chrome._GoneError, "it ended by itself"),
        ("ended", chrome._GoneError, "it ended by itself"),
    ],
)
def test_an_error_is_the_figure_s_only_where_the_browser_answers_after_it(
    state: str, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chrome.Chrome, "patience", 0.3)
    monkeypatch.delattr(os, "killpg")
    drawing = chrome.Chrome()
    drawing._kaleido = Driven(state)
    with pytest.raises(error, match=says):
        drawing.draw({}, {})
    drawing.stop()
    drawing.thread.join(120)
    assert not drawing.thread.is_alive()


def test_a_figure_that_is_not_drawn_is_told_as_what_was_wrong_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "killpg")
    shared = chrome._shared
    shared._chrome = chrome.Chrome()
    shared._chrome._kaleido = Driven("answers")
    with pytest.raises(ExportError, match=r"as png.*Received: 'no such trace'.*camera button"):
        export.figure_image(FIGURE, "png")
    assert shared._chrome is None  # it is not used again


@pytest.mark.parametrize("kind", ["absent", "a folder", "no program"])
def test_what_cannot_be_started_is_no_engine(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "chrome"
    if kind == "a folder":
        place.mkdir()
    if kind == "no program":
        place.write_text("#!/bin/sh\n")
    monkeypatch.setenv("BROWSER_PATH", str(place))
    assert not export.has_image_engine()
    with pytest.raises(ExportError, match="camera button"):
        export.figure_image(FIGURE, "png")


def test_a_report_leaves_pictures_out_where_the_browser_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fail(figure: go.Figure, format: str) -> bytes:
        asked.append(format)
        raise ExportError("Chrome must draw the figure as svg.", "it ended by itself", "Use the camera button.")

    monkeypatch.setattr(export, "figure_image", fail)
    monkeypatch.setattr(export, "has_image_engine", lambda: True)
    monkeypatch.setattr(report_page, "document", lambda report: b"")
    sections = tuple(
        Section(PAGES["idea"], key, key, figure=FIGURE, exported=FIGURE, table=pd.DataFrame())
        for key in ("one", "two", "three")
    )
    made = Report(Workspace("ran", ("The dog ran.",)), (), (), (), sections, {})
    said: list[str] = []
    with zipfile.ZipFile(BytesIO(report_page.archive(made, True, lambda share, what: said.append(what)))) as packed:
        names = packed.namelist()
        note = packed.read("figures/pictures-left-out.txt").decode()
    assert asked == ["svg"]  # the others would fail too, each after its time
    assert [name for name in names if name.endswith(".svg")] == []
    assert len([name for name in names if name.startswith("figures/0")]) == 3
    assert note == (
        "No SVG from 01-one on. Chrome must draw the figure as svg. Received: it ended by itself. Use the camera button.\n"
    )
    assert "Pictures are left out: it ended by itself" in said


def test_the_browser_that_draws_reaches_no_other_host(fake: Callable[[str], object], tmp_path: Path) -> None:
    fake(f'echo "$@" > {tmp_path / "given"}; exit 0')
    with pytest.raises(ExportError):
        export.figure_image(FIGURE, "svg")
    assert "--proxy-server=127.0.0.1:9" in (tmp_path / "given").read_text().split()
