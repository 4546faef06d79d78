"""Usages in a real browser: a text of one's own, a word, a measurement that goes on over a reload, and lines of chosen points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, barriers, settled

pytestmark = pytest.mark.browser

_MAP = ".st-key-usage-map .js-plotly-plot"
_COUNT = 1600
"""Usages: the model reads them for a few seconds, and our own script draws their dots (dots.js)."""
_DOT = """() => {
  const figure = document.querySelector('.st-key-usage-map .js-plotly-plot'), canvas = figure.querySelector('.ctx-dots');
  const { xaxis, yaxis } = figure._fullLayout, box = figure.getBoundingClientRect();
  const places = figure._fullData.filter(t => t.meta === 'dots').map(t => t.customdata);
  const dots = places.flatMap(all => Array.from(all.slice(0, all.length / 2), (x, i) => [x, all[all.length / 2 + i]]));
  const [x, y] = dots.reduce((high, dot) => dot[1] > high[1] ? dot : high);  // the uppermost
  const right = xaxis.d2p(x), down = yaxis.d2p(y);
  const pixel = canvas.getContext('2d').getImageData(Math.round(right), Math.round(down), 1, 1).data;
  const above = canvas.getContext('2d').getImageData(0, 0, canvas.width, Math.round(down) - 8).data.some(part => part > 0);
  return { count: dots.length, at: [box.left + xaxis._offset + right, box.top + yaxis._offset + down], pixel: [...pixel], above };
}"""
"""All points that the map holds, where the uppermost is on the page, the pixel there, and whether anything is drawn above it."""


def _text(folder: Path) -> Path:
    file = folder / "mine.csv"
    ends = ("lent {} dollars to the firm at a low rate.", "of the river was {} metres high and covered with grass.")
    rows = (f"{1999 + 2 * (n % 2)},The bank {ends[n % 2].format(n)}" for n in range(_COUNT))
    file.write_text("year,text\n" + "\n".join(rows), encoding="utf-8")
    return file


def test_a_text_is_given_a_word_looked_for_and_points_are_read(
    open_page: Callable[..., Page], url: str, tmp_path: Path
) -> None:
    page = open_page()
    page.goto(f"{url}/usages?usages.word=river&usages.panel=map&usages.colour=none")
    page.get_by_text("Limits and sources").wait_for(timeout=FIRST_LOAD)
    page.get_by_role("radio", name="Your text").click()
    page.get_by_text("A text is needed to search in").wait_for()
    page.get_by_role("button", name="Upload a text").click()
    page.get_by_test_id("stPopoverBody").locator("input[type=file]").set_input_files(str(_text(tmp_path)))
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{_COUNT // 2:,}")
    page.keyboard.press("Escape")
    word = page.get_by_role("textbox", name="Word")
    word.fill("bank")
    word.press("Enter")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{_COUNT:,}")
    settled(page)

    page.get_by_role("button", name="Read the vectors").click(timeout=FIRST_LOAD)
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=FIRST_LOAD)
    page.reload()  # what is read goes on, and is found again: nothing is to be pressed once more
    page.locator(_MAP).wait_for(timeout=FIRST_LOAD)
    settled(page)
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{_COUNT:,}")

    dot = page.evaluate(_DOT)
    assert dot["count"] == _COUNT
    assert not dot["above"]
    red, green, blue, opacity = dot["pixel"]
    assert opacity > 100
    np.testing.assert_allclose([red, green, blue], [0x1F, 0x77, 0xC8], atol=3)  # all are of one colour
    page.mouse.click(*dot["at"])
    page.get_by_text("1 usage chosen:").wait_for()
    settled(page)

    page.locator(_MAP).hover()
    page.locator(f"{_MAP} .modebar-btn[data-title='Box Select']").click()
    box = page.locator(f"{_MAP} .nsewdrag").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=3)
    page.mouse.up()
    page.get_by_text(f"{_COUNT:,} usages chosen; the first 100 are listed").wait_for()
    settled(page)
    assert barriers(page) == []
