"""Controls of two pages are set, the address is opened in another browser, and the figures are the same there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.driving import FIRST_LOAD, open_idea, open_word, settled

HEAD, SIMILARITY, TRAILS = (f".st-key-{key} .js-plotly-plot" for key in ("head", "similarity", "fan-layer"))


def _traces(page: Page, figure: str) -> list[Any]:
    page.locator(figure).first.wait_for(timeout=FIRST_LOAD)
    settled(page)
    expect(page.locator(figure)).to_have_count(1)  # while it is drawn anew the old one stands beside it
    found: list[Any] = page.evaluate("f => look.traces(f)", figure)
    return found


def _heads(page: Page) -> None:
    page.get_by_role("link", name="Attention heads").click()
    page.locator(HEAD).wait_for(timeout=FIRST_LOAD)
    settled(page)


def test_five_controls_are_the_same_in_another_browser(open_page: Callable[..., Page], url: str) -> None:
    first = open_page()
    open_idea(first, url)
    open_word(first)
    first.get_by_text("3-D", exact=True).click()
    first.wait_for_function("f => look.heads(f)[0]?.type === 'scatter3d'", arg=TRAILS)
    settled(first)
    first.get_by_role("radio", name="centred", exact=True).click()
    expect(first.get_by_text("centred cosine: the mean over all words")).to_be_visible(timeout=FIRST_LOAD)
    similarity, trails = _traces(first, SIMILARITY), _traces(first, TRAILS)
    _heads(first)
    for name in ("map", "token"):
        first.get_by_role("radio", name=name, exact=True).click()
        settled(first)
    first.locator(".st-key-heads_special").get_by_text("special tokens").click()
    expect(first.get_by_text("Special tokens are hidden").first).to_be_visible()
    head = _traces(first, HEAD)
    assert head[0]["type"] == "heatmap"

    second = open_page()
    second.goto(first.url)
    assert _traces(second, HEAD) == head
    for name in ("map", "token"):
        expect(second.get_by_role("radio", name=name, exact=True)).to_be_checked()
    open_word(second)
    assert _traces(second, SIMILARITY) == similarity
    assert _traces(second, TRAILS) == trails
