"""What a reader waits for, in a real browser: text and controls beside a bare Streamlit app, from an edit to the new plot, and what that
costs the server."""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.paired import Ratio, report

_BARE = 'import streamlit as st\nst.title("x")\nst.text_input("Word")\nst.text_area("Sentences, one a line")\n'
_ROOT = Path(__file__).parents[1]


@contextmanager
def _serving(script: str) -> Iterator[tuple[str, psutil.Process]]:
    """The app on a free port of this machine, from a cold start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        answered(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}/", psutil.Process(server.pid)
    finally:
        server.kill()
        server.wait()


def answered(address: str) -> None:
    """Waits until a server answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except (urllib.error.URLError, OSError):
            continue
    raise TimeoutError(address)


def _first_paint(browser: Browser, script: str) -> float:
    """Seconds from the visit to the text field, at a server's first session."""
    with _serving(script) as (address, _):
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(address)
        page.get_by_role("textbox", name="Sentences, one a line").wait_for()
        seconds = time.perf_counter() - start
        page.close()
    return seconds


_WATCH = """label => {
  let pressed = 0;
  window.first = window.last = null;
  addEventListener('keydown', e => { if (e.key === 'Enter' && !pressed) pressed = performance.now(); }, { capture: true });
  window.watching?.disconnect();
  window.watching = new MutationObserver(changes => {
    if (!changes.some(c => c.target.closest?.('.js-plotly-plot'))) return;
    last = performance.now() - pressed;
    if (first === null && [...document.querySelectorAll('.js-plotly-plot text')].some(t => t.textContent.includes(label))) first = last;
  });
  watching.observe(document.body, { subtree: true, childList: true });
}"""
"""The page's own clock: asked from outside, the asking takes as long as the page."""


def _edits(page: Page, server: psutil.Process, count: int = 15) -> tuple[list[float], list[float], list[float]]:
    """From the key to the first new plot and to the last, and of the server's processor for all of it: each in seconds."""
    editor = page.get_by_role("textbox", name="Sentences, one a line")
    first, last, processor = [], [], []
    for number in range(count):
        editor.fill(f"{editor.input_value()}\nThe number {number} horse ran away.")
        page.evaluate(_WATCH, f"{13 + number} occurrences, 1 point")
        before = sum(server.cpu_times()[:2])
        editor.press("Control+Enter")
        page.wait_for_function("first !== null", polling=100)
        page.wait_for_timeout(1500)  # what is drawn after that is not of this edit
        processor.append(sum(server.cpu_times()[:2]) - before)
        first.append(page.evaluate("first") / 1000)
        last.append(page.evaluate("last") / 1000)
    return first, last, processor


def measure() -> list[Ratio]:
    with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(_BARE)
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-sync"]
        )
        ratios = []
        first, plain = [], []
        for _ in range(5):
            first.append(_first_paint(browser, "dashboard/app.py"))
            plain.append(_first_paint(browser, str(bare)))
        low, median, high = statistics.quantiles([a / b for a, b in zip(first, plain, strict=True)], n=4)
        ratios.append(
            Ratio("first page: text and controls / bare app", median, low, high, statistics.median(first), 1.30)
        )
        with _serving("dashboard/app.py") as (address, server):
            page = browser.new_page()
            page.goto(address)
            page.get_by_text("12 occurrences, 1 point").wait_for(timeout=120_000)
            page.locator(".js-plotly-plot").nth(1).wait_for(timeout=120_000)
            for name, limit, seconds in zip(
                (
                    "from an edit to the first new plot, in seconds",
                    "from an edit to the last new plot, in seconds",
                    "processor time of the server for an edit, in seconds",
                ),
                (0.20, 0.20, 0.12),
                _edits(page, server),
                strict=True,
            ):
                low, median, high = statistics.quantiles(seconds, n=4)
                ratios.append(Ratio(name, median, low, high, median, limit))
        browser.close()
    return ratios


if __name__ == "__main__":
    report(measure())
