"""Everything taken away and brought back: the report opened from disk, and a saved workspace opened by another reader."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .driving import LOOK, Watch, heads, settled, wait_for_mentions

pytestmark = pytest.mark.browser

_QUERY = "?word=seal&s=A+seal+swam+by.&s=The+seal+on+the+jar+broke.&s=A+second+seal+held.&sense=animal&sense=closure&sense=closure"
_PATIENT = 300_000
"""Milliseconds until everything is measured: also what a page asks about first."""
_FEWEST = 35
"""Figures of a report at least."""
_LOOKED_AT = {"exclude": [["figure:not(#figure-fan) .svg-container"]]}
"""What axe-core is asked about: of the drawings one, since the pages are asked about all of them."""
_RIGHTMOST = """() => [...document.querySelectorAll('figure .js-plotly-plot')].map(figure => {
  const texts = [...figure.querySelectorAll('text')].filter(
    text => text.textContent.trim() && !text.closest('.slider-container, .updatemenu-container'));
  const right = text => text.getBoundingClientRect().right;
  return texts.reduce((a, b) => right(b) > right(a) ? b : a).textContent;
})"""
"""The label of each figure that reaches furthest to the right."""


def _row(page: Page) -> None:
    page.get_by_text("Save and share").click()
    page.get_by_role("button", name="Save the workspace").wait_for()
    settled(page)


def _take(page: Page, button: str, folder: Path) -> Path:
    page.get_by_role("button", name=button).wait_for(timeout=_PATIENT)
    with page.expect_download() as started:
        page.get_by_role("button", name=button).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_the_report_opens_from_disk_with_no_network(
    visit: Callable[..., Page], chromium: Browser, tmp_path: Path
) -> None:
    page = visit()
    shown = heads(page)
    _row(page)
    page.get_by_role("button", name="Report", exact=True).click()
    path = _take(page, "Report: download", tmp_path)
    assert path.name == "words-in-context.html"
    offline = chromium.new_context(viewport={"width": 1200, "height": 900}, color_scheme="dark")
    offline.add_init_script(LOOK)
    offline.set_offline(True)
    watch = Watch(offline)
    alone = offline.new_page()
    alone.goto(path.as_uri())
    alone.wait_for_function(
        "[...document.querySelectorAll('figure')].every(figure => figure.querySelector('.main-svg'))"
    )
    assert alone.title() == "“ran” in context"
    assert heads(alone, "#figure-fan") == shown
    expect(alone.locator("#claims .claims").first.locator(".yes")).to_have_count(6)
    tick, printed = alone.locator("#figure-self-similarity .xtick text").first, {}
    for scheme, ink in (("dark", "rgb(230, 234, 240)"), ("light", "rgb(42, 51, 66)")):
        alone.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(tick).to_have_css("fill", ink)
        printed[scheme] = _print(alone) if scheme == "light" else _written(alone, page_ranges="1-3")
        expect(tick).to_have_css("fill", ink)  # as before
        if scheme == "light":  # the dark page has the same tables
            alone.evaluate(
                "[...document.querySelectorAll('details')].slice(0, 6).forEach(d => d.open = true)"
            )  # one is as all
        options = {"resultTypes": ["violations"]} | ({} if scheme == "light" else {"runOnly": ["color-contrast"]})
        barriers = Axe().run(alone, context=_LOOKED_AT, options=options).response["violations"]
        assert [(b["id"], b["nodes"][0]["target"]) for b in barriers] == []
    alone.set_viewport_size({"width": 390, "height": 844})
    alone.wait_for_function("document.documentElement.scrollWidth <= 390")
    offline.close()
    assert watch.errors == []
    assert watch.requests == [path.as_uri()]
    assert printed["dark"] == printed["light"][: len(printed["dark"])] != []  # paper is white


def _print(page: Page) -> list[bytes]:
    """What stands on the pages upright. Nothing of a figure may be cut, nor sideways: what lies beyond the paper is not written."""
    last = page.evaluate(_RIGHTMOST)
    assert len(last) == page.locator("figure").count() >= _FEWEST
    for sideways in (True, False):
        pages = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4", landscape=sideways))).pages
        text = "".join("".join(sheet.extract_text().split()) for sheet in pages)
        assert [label for label in last if "".join(label.split()) not in text] == []
    return _contents(pages)


def _written(page: Page, **how: Any) -> list[bytes]:
    return _contents(pypdf.PdfReader(io.BytesIO(page.pdf(format="A4", **how))).pages)


def _contents(pages: Sequence[pypdf.PageObject]) -> list[bytes]:
    return [contents.get_data() for sheet in pages if (contents := sheet.get_contents()) is not None]


def test_a_saved_workspace_gives_another_reader_the_same_figures(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit(_QUERY)
    wait_for_mentions(page, 3)
    shown = heads(page)
    _row(page)
    path = _take(page, "Save the workspace", tmp_path)
    assert path.name == "workspace.json"
    assert json.loads(path.read_text(encoding="utf-8"))["word"] == "seal"

    other = visit()
    assert heads(other) != shown
    _row(other)
    other.get_by_role("button", name="Open a workspace").click()
    body = other.get_by_test_id("stPopoverBody")
    body.locator("input[type=file]").set_input_files(path)
    expect(body.get_by_text("“seal” in 3 sentences.")).to_be_visible()
    body.get_by_role("button", name="Open it").click()
    wait_for_mentions(other, 3)
    settled(other)
    assert heads(other) == shown
    assert "word=seal" in other.url
