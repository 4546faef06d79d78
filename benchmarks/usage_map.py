"""A map of 100,000 usages in a real browser that draws with the processor alone: what is sent, frames while it is moved, and from the
end of a lasso or box to the lines. The vectors are drawn at random, as no model is measured here."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, WebSocket, sync_playwright

from benchmarks.page import answered
from benchmarks.paired import Ratio, report

_ROOT = Path(__file__).parents[1]
_MAP = ".st-key-usage-map .js-plotly-plot"
_SERVER = """
import sys, time
import numpy as np
from ctxcore.charts import usage_questions
from ctxcore.types import UsageVectors

def drawn(model, found, layer=None, most=None, seed=0, progress=None):
    for step in range(15):  # a run that takes a while
        progress(step / 15, "Reading")
        time.sleep(0.1)
    chance = np.random.default_rng(0)
    middles = chance.normal(0, 0.3, (3, model.features))
    count = len(found.rows)
    vectors = middles[np.arange(count) % 3] + chance.normal(0, 1, (count, model.features)).astype(np.float32)
    return UsageVectors(found, np.arange(count), vectors.astype(np.float16), model.layers, 0)

usage_questions.usage_vectors = drawn
sys.argv = ["streamlit", "run", "dashboard/app.py", "--server.headless=true", "--server.port", sys.argv[1]]
from streamlit.web.cli import main
main()
"""
_DRAG = """async ([count, way]) => {
  const figure = document.querySelector('.st-key-usage-map .js-plotly-plot');
  const box = figure.querySelector('.nsewdrag').getBoundingClientRect(), x = box.left + 200, y = box.top + 150;
  const send = (kind, step, to) => to.dispatchEvent(new MouseEvent(kind, { bubbles: true, cancelable: true, view: window,
    clientX: x + 4 * way * step, clientY: y + 3 * way * step, button: 0, buttons: 1 }));
  const frame = () => new Promise(requestAnimationFrame);
  send('mousedown', 0, figure.querySelector('.nsewdrag'));
  const gaps = [];
  let last = await frame();
  for (let step = 1; step <= count; step++) {
    send('mousemove', step, document.querySelector('.dragcover'));
    const now = await frame();
    gaps.push(now - last);
    last = now;
  }
  send('mouseup', count, document.querySelector('.dragcover'));
  return gaps.slice(1);
}"""
_LINES = """() => {
  window.lines = null;
  addEventListener('mouseup', () => {
    const began = performance.now();
    const seen = () => [...document.querySelectorAll('[data-testid=stMarkdown]')].some(one => /usages? chosen/.test(one.textContent)) &&
      document.querySelector('[data-testid=stDataFrame] canvas');
    const look = () => seen() ? window.lines = performance.now() - began : requestAnimationFrame(look);
    look();
  }, { once: true, capture: true });
}"""


@contextmanager
def _serving(cache: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "CTXCORE_CACHE": cache}
    server = subprocess.Popen([sys.executable, "-c", _SERVER, str(port)], cwd=_ROOT, env=environment)
    try:
        answered(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _text(cache: str, count: int) -> str:
    """A table with so many usages of a word, kept as an upload is: its digest."""
    os.environ["CTXCORE_CACHE"] = cache
    from dashboard import whole_texts

    rows = (f"{2000 + n % 3},the bank {n} lent" for n in range(count))
    return whole_texts.keep("many.csv", ("year,text\n" + "\n".join(rows)).encode()).digest


def _select(page: Page) -> float:
    """A box is drawn: seconds from its end to the lines."""
    page.locator(_MAP).hover()
    page.locator(f"{_MAP} .modebar-btn[data-title='Box Select']").click()
    box = page.locator(f"{_MAP} .nsewdrag").bounding_box()
    assert box is not None
    page.evaluate(_LINES)
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function("window.lines !== null", polling=50)
    found: float = page.evaluate("window.lines") / 1000
    return found


def measure(count: int, pictures: Path | None) -> list[Ratio]:
    with sync_playwright() as play, tempfile.TemporaryDirectory() as cache:
        digest = _text(cache, count)
        flags = ["--no-sandbox", "--disable-gpu", "--disable-sync", "--disable-dev-shm-usage"]
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        with _serving(cache) as address:
            page = browser.new_page(viewport={"width": 1440, "height": 1200})
            largest = 0

            def received(data: bytes | str) -> None:
                nonlocal largest
                largest = max(largest, len(data))

            def connected(socket: WebSocket) -> None:
                socket.on("framereceived", received)

            page.on("websocket", connected)
            link = (
                f"usages.source=file&usages.file=many.csv&usages.digest={digest}&usages.panel=map&usages.colour=column"
            )
            page.goto(f"{address}/usages?{link}&usages.word=bank")
            page.get_by_role("button", name="Read the vectors").wait_for(timeout=120_000)
            page.wait_for_timeout(3000)  # what is drawn after that is not of the press
            pressed = time.perf_counter()
            page.get_by_role("button", name="Read the vectors").click()
            page.get_by_role("progressbar").first.wait_for(timeout=120_000)
            begun = time.perf_counter() - pressed
            page.locator(_MAP).wait_for(timeout=120_000)
            page.wait_for_timeout(3000)
            gaps = [gap / 1000 for way in (1, -1, 1, -1) for gap in page.evaluate(_DRAG, [15, way])]
            if pictures:
                page.screenshot(path=pictures / "map.png")
            seconds = [_select(page)]
            for _ in range(4):
                page.locator(f"{_MAP} .nsewdrag").dblclick(position={"x": 5, "y": 5})
                page.get_by_text("usages chosen").wait_for(state="hidden")
                seconds.append(_select(page))
            if pictures:
                page.screenshot(path=pictures / "chosen.png")
        browser.close()
    made = []
    for what, values, limit in (
        ("largest message, in megabytes", [largest / 1e6] * 2, 1.5),
        ("from the press to progress, in seconds", [begun] * 2, 1.0),
        ("a frame of a drag, in seconds", gaps, 0.05),
        ("from the end of a box to its lines, in seconds", seconds, 0.5),
    ):
        low, median, high = statistics.quantiles(values, n=4)
        made.append(Ratio(what, median, low, high, median, limit))
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usages", type=int, default=100_000)
    parser.add_argument("--pictures", type=Path, help="a folder for screenshots")
    asked = parser.parse_args()
    report(measure(asked.usages, asked.pictures))
