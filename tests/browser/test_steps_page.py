"""Attention, step by step: typing a number moves the picture, by keyboard too; it fits a phone, and a screen reader reads it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, barriers, settled, traces

pytestmark = pytest.mark.browser

_LINK = "Attention, step by step"
_GIVEN, _WORKED = ".st-key-given .js-plotly-plot", ".st-key-worked-out .js-plotly-plot"
_STEPS = [f".st-key-{name} .js-plotly-plot" for name in ("inputs", "qkv", "scores", "weighted")]
_SUM = """([figure, want]) => look.traces(figure).find(t => t.name === 'sum')?.z[0].every((x, i) => Math.abs(x - want[i]) < 1e-6)"""


@pytest.fixture
def steps(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    """Opens the page. By hand nothing is waited for that needs a model."""

    def make(**options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/steps")
        page.get_by_role("heading", level=1, name="How does a word take in its sentence?").wait_for()
        page.locator(_WORKED).wait_for()
        settled(page)
        return page

    return make


def _to_real(page: Page) -> None:
    page.get_by_role("radio", name="In a real model").click()
    page.locator(_STEPS[-1]).wait_for(timeout=FIRST_LOAD)
    settled(page)


def _wait_for_sum(page: Page, figure: str, *numbers: float) -> None:
    page.wait_for_function(_SUM, arg=[figure, list(numbers)])


def test_a_typed_weight_moves_the_picture(steps: Callable[..., Page]) -> None:
    page = steps()
    _wait_for_sum(page, _GIVEN, 0.57, 0.35, 0.66)
    worked = next(t for t in traces(page, _WORKED) if t["name"] == "sum")["z"]
    field = page.get_by_role("spinbutton", name="weight of AI", exact=True)
    field.fill("0.1")
    field.press("Enter")
    _wait_for_sum(page, _GIVEN, 0.17, 0.15, 0.31)
    expect(page.get_by_text("The weights sum to 0.5, not to 1.")).to_be_visible()
    settled(page)
    assert next(t for t in traces(page, _WORKED) if t["name"] == "sum")["z"] == worked
    page.get_by_role("button", name="Normalise").click()
    _wait_for_sum(page, _GIVEN, 0.34, 0.3, 0.62)
    expect(page.get_by_text("not to 1")).to_have_count(0)
    assert [
        page.get_by_role("spinbutton", name=f"weight of {w}", exact=True).input_value() for w in ("I", "love", "AI")
    ] == [
        "0.6",
        "0.2",
        "0.2",
    ]


def test_numbers_typed_one_after_the_other_are_all_kept(steps: Callable[..., Page]) -> None:
    page = steps()
    page.get_by_role("spinbutton", name="I, number 1", exact=True).focus()
    for number in ("1", "0", "0", "0.5"):  # faster than the page answers
        page.keyboard.press("Control+A")
        page.keyboard.type(number, delay=15)
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "word 2"
    page.keyboard.press("Control+A")
    page.keyboard.type("adore")
    page.keyboard.press("Tab")
    _wait_for_sum(page, _GIVEN, 0.5 + 0.06 + 0.48, 0.02 + 0.24, 0.09 + 0.42)
    settled(page)
    labels = [f"I, number {i}" for i in (1, 2, 3)] + ["weight of I", "adore, number 1"]
    assert [page.get_by_role("spinbutton", name=n, exact=True).input_value() for n in labels] == [
        "1",
        "0",
        "0",
        "0.5",
        "0.6",
    ]

    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Tab")
    settled(page)
    expect(page.get_by_role("spinbutton", name="adore, number 1", exact=True)).to_have_value(
        "0.6"
    )  # an emptied field is no number

    page.get_by_role("link", name="The idea").click()
    page.get_by_role("heading", level=1, name="Does a word mean").wait_for()
    page.get_by_role("link", name=_LINK).click()
    _wait_for_sum(page, _GIVEN, 0.5 + 0.06 + 0.48, 0.02 + 0.24, 0.09 + 0.42)
    settled(page)
    assert [page.get_by_role("spinbutton", name=n, exact=True).input_value() for n in labels] == [
        "1",
        "0",
        "0",
        "0.5",
        "0.6",
    ]
    expect(page.get_by_role("textbox", name="word 2")).to_have_value("adore")


def test_the_keyboard_opens_a_real_head_and_follows_it(steps: Callable[..., Page]) -> None:
    page = steps()
    page.get_by_role("radio", name="By hand").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(_STEPS[-1]).wait_for(timeout=FIRST_LOAD)
    settled(page)
    assert parse_qs(urlsplit(page.url).query)["steps.real"] == ["1"]
    expect(page.get_by_role("heading", level=2, name="Layer 4, head 1")).to_be_visible()
    page.get_by_role("combobox", name="Layer").focus()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Layer 3, head 1")).to_be_visible()
    settled(page)
    # Every fold of numbers is reached and opened without a pointer.
    fold = page.get_by_text("The numbers of step 3")
    page.locator("summary", has=fold).focus()
    page.keyboard.press("Enter")
    expect(page.locator("details", has=fold).get_by_test_id("stDataFrame")).to_be_visible()
    shares = [float(m) for m in page.get_by_test_id("stMetricValue").all_inner_texts()[3:4]]
    maps = {t["name"]: t["z"] for t in traces(page, _STEPS[2])}
    assert shares[0] == pytest.approx(max(maps["softmax"][2][i] for i in (1, 3)), rel=5e-3)


def test_the_point_of_both_ways_stands_above_the_fold(steps: Callable[..., Page]) -> None:
    page = steps()
    assert _bottom(page, _GIVEN) <= 900
    assert _bottom(page, _WORKED) <= 900
    _to_real(page)
    for number in page.get_by_test_id("stMetricValue").all():
        box = number.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
    assert _top(page, _STEPS[0]) < 750


def test_a_phone_keeps_the_grid_and_never_scrolls_sideways(steps: Callable[..., Page]) -> None:
    page = steps(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    rows = [
        {round(_y(page, f"[aria-label='{label}']")) for label in (f"word {i}", f"{w}, number 1", f"weight of {w}")}
        for i, w in enumerate(("I", "love", "AI"), start=1)
    ]
    assert all(max(row) - min(row) <= 2 for row in rows)
    _assert_no_sideways_scroll(page)
    _to_real(page)
    _assert_no_sideways_scroll(page)
    for figure in _STEPS:
        box = page.locator(figure).bounding_box()
        assert box is not None
        assert box["width"] > 300


def test_axe_finds_no_barrier(steps: Callable[..., Page]) -> None:
    page = steps(viewport={"width": 1440, "height": 3600})
    page.get_by_role("spinbutton", name="weight of AI", exact=True).fill("0.5")
    page.get_by_role("spinbutton", name="weight of AI", exact=True).press("Enter")
    page.get_by_role("button", name="Normalise").wait_for()
    settled(page)
    page.get_by_text("Limits and sources").click()
    found = {"by hand": barriers(page)}
    _to_real(page)
    for number in range(1, 5):
        page.get_by_text(f"The numbers of step {number}").click()
    settled(page)
    found["in a real model"] = barriers(page)
    assert {place: barriers for place, barriers in found.items() if barriers} == {}


def test_texts_of_figures_are_in_the_ink_of_a_dark_page(steps: Callable[..., Page]) -> None:
    page = steps(color_scheme="dark")
    _assert_ink(page, [_GIVEN, _WORKED])
    _to_real(page)
    _assert_ink(page, _STEPS)


def _assert_ink(page: Page, figures: list[str]) -> None:
    inks = page.evaluate(
        """figures => figures.flatMap(f => [...document.querySelectorAll(
             ['.annotation-text', '.xtick text', '.ytick text', 'text[class$=title]'].map(t => `${f} ${t}`).join(', '))]
             .filter(t => t.textContent)
             .map(t => [t.textContent, getComputedStyle(t).fill, getComputedStyle(document.querySelector('h1')).color]))""",
        figures,
    )
    assert len(inks) > 10
    assert [text for text, fill, ink in inks if fill != ink] == []


def _y(page: Page, selector: str) -> float:
    page.locator(selector).first.wait_for()  # the page before may still be on its way out
    found: float = page.evaluate("s => document.querySelector(s).getBoundingClientRect().y", selector)
    return found


def _top(page: Page, figure: str) -> float:
    return _y(page, figure)


def _bottom(page: Page, figure: str) -> float:
    found: float = page.evaluate("s => document.querySelector(s).getBoundingClientRect().bottom", figure)
    return found


def _assert_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        """() => [...document.querySelectorAll(
               '[data-testid=stAppViewContainer], [data-testid=stMain], [data-testid=stMainBlockContainer]')]
             .filter(e => e.scrollWidth > e.clientWidth).map(e => [e.dataset.testid, e.scrollWidth, e.clientWidth])"""
    )
    assert wide == []
