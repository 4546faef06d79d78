"""Usages in a real browser: a text of one's own, a word, a measurement that goes on over a reload, and lines of chosen points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, barriers, settled

pytestmark = pytest.mark.browser

_MAP = ".st-key-usage-map .js-plotly-plot"
_COUNT = 1400
"""Usages: the model reads them for a few seconds."""


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
    page.goto(f"{url}/usages?usages.word=river&usages.panel=map")
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
