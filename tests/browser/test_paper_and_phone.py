"""What a page is on paper, and on a phone: nothing is cut, hidden behind an edge or written over."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdf
import pytest
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, editor, settled

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
BEYOND = """selector => [...document.querySelectorAll(selector)].map(e => [e.textContent, e.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth)).map(([text]) => text)"""


def _open(page: Page, url: str, path: str) -> None:
    page.goto(f"{url}/{path}")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=FIRST_LOAD)
    settled(page)


def _sheets(page: Page, sideways: bool) -> list[str]:
    """The text of each sheet of A4, without blanks. What lies beyond the paper is not written."""
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4", landscape=sideways))).pages
    return ["".join(sheet.extract_text().split()) for sheet in sheets]


def test_a_figure_stands_whole_on_one_sheet(open_page: Callable[..., Page], url: str) -> None:
    page, last = open_page(), "P(successfully)"
    _open(page, url, "next")
    figure = page.locator(".stPlotlyChart").filter(has=page.locator("text", has_text=last)).first
    labels = figure.locator(".legendtext, .xtick text, .xtitle, .x2title, .textpoint text").all_text_contents()
    assert last in labels
    words = {"".join(label.split()) for label in labels if label[0].isalpha()}
    for sideways in (False, True):
        sheets = _sheets(page, sideways)
        assert any(all(word in sheet for word in words) for sheet in sheets), sheets
        assert "Try:" not in "".join(sheets)  # nothing to press
    assert page.locator(".main-svg[viewBox]").count() == 0  # on the screen again


def test_all_sentences_stand_on_paper(visit: Callable[..., Page]) -> None:
    page = visit()
    lines = editor(page).input_value().split("\n")
    assert len(lines) == 12
    for sideways in (False, True):
        text = "".join(_sheets(page, sideways))
        assert [line for line in lines if "".join(line.split()) not in text] == []


@pytest.mark.parametrize("path", ["relations", "heads"])
def test_every_choice_of_a_row_is_seen_on_a_phone(open_page: Callable[..., Page], url: str, path: str) -> None:
    page = open_page(**PHONE)
    _open(page, url, path)
    assert page.locator("[role=radiogroup] button").count() >= 2
    assert page.evaluate(BEYOND, "[role=radiogroup] button") == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_numbers_of_a_matrix_never_run_into_each_other(visit: Callable[..., Page]) -> None:
    page = visit(**PHONE)
    page.goto(page.url.split("?")[0].rstrip("/") + "/word")
    labels = page.locator(".st-key-similarity .heatmap-label")
    page.wait_for_function("document.querySelectorAll('.st-key-similarity .heatmap-label').length === 144")
    expect(labels.first).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator(".st-key-similarity .heatmap-label").first).to_be_visible()
