"""Side by side in a real browser: every row and the whole bank, no barrier, a phone; and two models on one page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from .driving import FAN, FIRST_LOAD, barriers, open_word, settled, traces
from .test_opening import _assert_no_sideways_scroll

pytestmark = pytest.mark.browser

_POINT = "yes: accuracy 83%"
_BANK = ".st-key-whole-bank .js-plotly-plot"
_BESIDE = ".st-key-fan-layer-beside .js-plotly-plot"


@pytest.fixture
def side(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make(**options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/side")
        page.get_by_text("statements are supported").wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return make


def _read_the_bank(page: Page) -> None:
    button, figure = page.get_by_role("button", name="Read the whole bank"), page.locator(_BANK)
    button.or_(figure).wait_for()  # a button may be drawn later than the text below it
    if button.is_visible():  # else another test's reader has had it read
        button.click()
    figure.wait_for(timeout=FIRST_LOAD)
    settled(page)


def test_every_part_draws_and_axe_finds_no_barrier(side: Callable[..., Page]) -> None:
    page = side(viewport={"width": 1440, "height": 2000})
    for figure in ("yes: distance 0", "no: cosine 0.80 at layer 4", "yes: 12 of 12 found", "yes: accuracy 83%"):
        expect(page.get_by_text(figure, exact=True)).to_be_visible()
    expect(page.get_by_text("6 of 6 statements are supported")).to_be_visible()
    _read_the_bank(page)
    lines = {t["name"]: t["y"] for t in traces(page, _BANK)}
    assert lines["its own vector"][-1] == pytest.approx(0.857, abs=0.01)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    assert barriers(page) == []


def test_the_point_stands_above_the_fold_and_a_cell_leads_to_its_page(side: Callable[..., Page]) -> None:
    page = side()
    last = page.get_by_text(_POINT, exact=True).element_handle()
    page.wait_for_function("e => e.getBoundingClientRect().bottom < 900", arg=last)
    page.get_by_role("main").get_by_role("link", name="Attention heads").click()
    page.get_by_role("heading", level=1, name="Which heads look where").wait_for()


def test_the_point_is_not_below_the_fold_until_the_browser_has_our_style(
    open_page: Callable[..., Page], url: str
) -> None:
    """Streamlit fetches what reads styles and scripts when the first of them comes: the page is drawn meanwhile."""
    page = open_page()
    held: list[Route] = []
    page.route(re.compile(r"/static/js/Html\.\w+\.js"), lambda route: held.append(route))
    page.goto(f"{url}/side")
    point, title = page.get_by_text(_POINT, exact=True), page.get_by_role("heading", level=1)
    point.wait_for(timeout=FIRST_LOAD)
    box, before = point.bounding_box(), title.bounding_box()
    assert box
    assert before
    assert box["y"] + box["height"] < 900
    held[0].continue_()
    page.wait_for_function("e => e.getBoundingClientRect().top < 80", arg=title.element_handle())
    after = title.bounding_box()
    assert after
    assert before["y"] - after["y"] < 70  # the air that style.css takes away, and no more


def test_where_it_fails_is_shown_as_failing(side: Callable[..., Page]) -> None:
    page = side()
    page.get_by_role("button", name="Where it fails").click()
    page.get_by_text("3 of 6 statements are supported").wait_for(timeout=FIRST_LOAD)
    settled(page)
    expect(page.get_by_text("no: 1 vector for 3 occurrences", exact=True)).to_be_visible()  # the static one
    expect(page.get_by_text("not supported", exact=True).nth(4)).to_be_visible()  # five at least


def test_a_phone_shows_every_row_without_sideways_scroll(side: Callable[..., Page]) -> None:
    page = side(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    _read_the_bank(page)
    _assert_no_sideways_scroll(page)
    box = page.locator(_BANK).bounding_box()
    assert box is not None
    assert box["width"] > 300


def test_an_encoder_and_a_decoder_stand_on_one_page(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 1440, "height": 2000})
    open_word(page)
    expect(page.locator(_BESIDE)).to_have_count(0)
    page.get_by_role("button", name="Encoder beside decoder").click()
    page.locator(_BESIDE).wait_for(timeout=FIRST_LOAD)
    settled(page)
    titles = [page.locator(f"{f} .gtitle").text_content() for f in (FAN, _BESIDE)]
    assert titles == ["MiniLM-L6 (encoder)", "SmolLM2-135M (decoder)"]
    assert parse_qs(urlsplit(page.url).query)["second"] == ["smollm2-135m"]
    page.mouse.move(0, 0)  # away from the button, whose hint lies outside of the page's landmarks
    page.get_by_role("tooltip").wait_for(state="detached")
    assert barriers(page) == []
    page.reload()
    page.locator(_BESIDE).wait_for(timeout=FIRST_LOAD)
    settled(page)
    page.get_by_role("combobox", name="Compare with a second model").click()
    page.get_by_role("option", name="none", exact=True).click()
    page.locator(_BESIDE).wait_for(state="detached")
    settled(page)
    assert not page.locator(FAN).get_by_text(titles[0]).count()
    assert "second" not in parse_qs(urlsplit(page.url).query)
