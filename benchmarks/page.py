"""What a reader waits for, in a real browser: text and controls beside a bare Streamlit app, and from an edit to the new plot."""

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

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.paired import Ratio, report

_BARE = 'import streamlit as st\nst.title("x")\nst.text_input("Word")\nst.text_area("Sentences, one a line")\n'
_ROOT = Path(__file__).parents[1]


@contextmanager
def _serving(script: str) -> Iterator[str]:
    """The app on a free port of this machine, from a cold start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _answered(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.kill()
        server.wait()


def _answered(address: str) -> None:
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
    with _serving(script) as address:
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(address)
        page.get_by_role("textbox", name="Sentences, one a line").wait_for()
        seconds = time.perf_counter() - start
        page.close()
    return seconds


def _edits(page: Page, count: int = 15) -> list[float]:
    """Seconds from Ctrl+Enter to the figure with one mention more."""
    editor = page.get_by_role("textbox", name="Sentences, one a line")
    seconds = []
    for number in range(count):
        editor.fill(f"{editor.input_value()}\nThe number {number} horse ran away.")
        start = time.perf_counter()
        editor.press("Control+Enter")
        page.get_by_text(f"{13 + number} occurrences, 1 point").wait_for()
        seconds.append(time.perf_counter() - start)
    return seconds


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
        with _serving("dashboard/app.py") as address:
            page = browser.new_page()
            page.goto(address)
            page.get_by_text("12 occurrences, 1 point").wait_for(timeout=120_000)
            page.locator(".js-plotly-plot").nth(1).wait_for(timeout=120_000)
            seconds = _edits(page)
            low, median, high = statistics.quantiles(seconds, n=4)
            ratios.append(Ratio("from an edit to the new plot, in seconds", median, low, high, median, 0.30))
        browser.close()
    return ratios


if __name__ == "__main__":
    report(measure())
