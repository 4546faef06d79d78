"""A few real browsers among the readers: what only they can meet is the page's own script, and pictures that are really drawn."""

from __future__ import annotations

import random
import shutil
import time

from playwright.sync_api import Error, Page, sync_playwright

from benchmarks.load.reader import Done
from benchmarks.load.tab import PATIENCE
from dashboard.examples import default

_EDITOR, _MOST = "Sentences, one a line", 27
_DRAWN = """([plot, count]) => {
  const figure = document.querySelector(plot);
  const heads = (figure?._fullData || []).filter(t => t.mode === 'markers+text');
  return heads.reduce((sum, t) => sum + t.x.length, 0) === count;
}"""
_FAN = ":is(.st-key-fan, .st-key-fan-layer) .js-plotly-plot"


def read(address: str, number: int, until: float, think: tuple[float, float]) -> list[Done]:
    """One browser that edits its sentences until a moment, and waits each time for the figure that has them all."""
    done: list[Done] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-sync"]
        )
        page = browser.new_page()
        page.on("pageerror", lambda error: done.append(Done("browser", time.perf_counter(), failed=str(error))))
        page.set_default_timeout(1000 * PATIENCE)
        _timed(done, "browser opens", lambda: _open(page, address))
        lines = list(default().sentences)
        chance = random.Random(number)
        while time.perf_counter() < until and not done[-1].lost:
            page.wait_for_timeout(1000 * chance.uniform(*think))
            lines = [
                *(lines if len(lines) < _MOST else default().sentences),
                f"The horse ran {chance.randrange(1000)} times.",
            ]
            _timed(done, "browser", lambda lines=lines: _edit(page, lines))  # type: ignore[misc]
        browser.close()
    return done


def _timed(done: list[Done], what: str, do: object) -> None:
    one = Done(what, time.perf_counter())
    try:
        do()  # type: ignore[operator]
    except Error as error:
        one.lost = f"{what}: {error.message.splitlines()[0]}"
    one.seconds = time.perf_counter() - one.at
    done.append(one)


def _open(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(_DRAWN, arg=[_FAN, len(default().sentences)])


def _edit(page: Page, lines: list[str]) -> None:
    editor = page.get_by_role("textbox", name=_EDITOR)
    editor.fill("\n".join(lines))
    editor.press("Control+Enter")
    page.wait_for_function(_DRAWN, arg=[_FAN, len(lines)])
