"""Next word in a real browser: a prompt of one's own, every panel, no barrier, and a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, settled, traces
from .test_opening import _assert_no_sideways_scroll, _violations

pytestmark = pytest.mark.browser

_LADDER = ".st-key-ladder .js-plotly-plot"


@pytest.fixture
def next_word(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make(**options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/next")
        page.locator(_LADDER).wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return make


def test_a_prompt_of_ones_own_moves_the_points(next_word: Callable[..., Page]) -> None:
    page = next_word()
    expect(page.get_by_text("51 times")).to_be_visible()
    before = traces(page, _LADDER)[0]["x"]
    assert before[-1] == pytest.approx(0.12, abs=0.005)
    field = page.get_by_role("textbox", name="First prompt")
    field.fill("The engine ran")
    field.press("Enter")
    page.wait_for_function("s => look.traces(s)[0]?.name === 'The engine ran'", arg=_LADDER)
    settled(page)
    assert traces(page, _LADDER)[0]["x"][-1] < before[-1]
    page.reload()
    page.locator(_LADDER).wait_for(timeout=FIRST_LOAD)
    settled(page)
    assert page.get_by_role("textbox", name="First prompt").input_value() == "The engine ran"


def test_every_panel_draws_and_axe_finds_no_barrier(next_word: Callable[..., Page]) -> None:
    page = next_word(viewport={"width": 1440, "height": 2000})
    found = {}
    for panel, shown in (
        ("Context swap", "How far apart are they?"),
        ("A growing window", "at the right the whole prompt"),
        ("Layer by layer", "read with the final norm"),
        ("Likeliest words", "Entropy in bits"),
        ("Generate", "of each generated token"),
    ):
        page.get_by_role("radio", name=panel).click()
        page.get_by_text(shown).first.wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        found[panel] = _violations(page)
    assert [f"{place}: {barrier}" for place, barriers in found.items() for barrier in barriers] == []


def test_a_phone_shows_the_ladder_without_sideways_scroll(next_word: Callable[..., Page]) -> None:
    page = next_word(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    _assert_no_sideways_scroll(page)
    box = page.locator(_LADDER).bounding_box()
    field = page.get_by_role("textbox", name="First prompt").bounding_box()
    assert box is not None
    assert field is not None
    assert box["width"] > 300
    assert box["y"] < field["y"]  # the picture comes first
