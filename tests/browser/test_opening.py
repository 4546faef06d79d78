"""What a newcomer sees: at once, above the fold, in the dark, on a phone, by keyboard and by a screen reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from .driving import (
    FAN,
    PANELS,
    PINNED,
    WORD_PAGE,
    barriers,
    choose_panel,
    contrast,
    editor,
    heads,
    open_export,
    open_word,
    settled,
    wait_for_mentions,
    wait_for_plots,
    word_field,
)

pytestmark = pytest.mark.browser

_LESSON = ["The dog ran quickly", "The program ran successfully"]
_ORDER = """
window.order = [];
new MutationObserver(() => {
  for (const [name, selector] of [['title', 'h1'], ['editor', 'textarea'], ['plot', '.js-plotly-plot']])
    if (!order.includes(name) && document.querySelector(selector)) order.push(name);
}).observe(document, {childList: true, subtree: true});
"""
"""Notes in which order parts of the page come to stand."""


def test_text_comes_before_the_plots_and_the_lesson_stands_above_the_fold(
    open_page: Callable[..., Page], url: str
) -> None:
    page = open_page()
    page.add_init_script(_ORDER)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Does a word mean the same in every sentence?")
    editor(page).wait_for()
    wait_for_plots(page)

    assert page.title() == "The idea \u00b7 Words in context"
    assert page.evaluate("order") == ["title", "editor", "plot"]
    expect(page.locator(".js-plotly-plot")).to_have_count(4, timeout=120_000)
    settled(page)

    numbers = page.get_by_test_id("stMetricValue")
    assert numbers.all_inner_texts() == ["identical"]
    for number in numbers.all():
        _assert_above_the_fold(_box(number))
    typed = editor(page)
    assert typed.input_value().splitlines()[:2] == _LESSON
    _assert_above_the_fold(_box(typed))
    room, scrolled = typed.evaluate("e => [e.clientHeight / parseFloat(getComputedStyle(e).lineHeight), e.scrollTop]")
    assert room >= 3
    assert scrolled == 0
    _assert_above_the_fold(_box(page.locator(PINNED)))
    _assert_above_the_fold(_plotting_area(page, FAN))
    said = page.get_by_text("(cosine 0.87) further apart than one sense")  # what answers "any two vectors differ"
    _assert_above_the_fold(_box(said))
    _assert_above_the_fold(_box(page.locator(".st-key-controls-pair-decoder .js-plotly-plot")))


def test_a_link_to_the_second_page_opens_it(open_page: Callable[..., Page], url: str) -> None:
    page = open_page()
    page.goto(f"{url}/word")
    wait_for_plots(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Where does one word go in many sentences?")
    assert sum(map(len, heads(page).values())) == 12
    assert editor(page).input_value().splitlines()[:2] == _LESSON


def test_every_text_can_be_read(visit: Callable[..., Page]) -> None:
    page = visit(color_scheme="dark", viewport={"width": 1440, "height": 1900})
    _assert_read(page, "dark")
    labels = [page.locator(f"{figure} .textpoint text").first for figure in (PINNED, FAN)]
    inks = [label.evaluate("e => getComputedStyle(e).fill") for label in labels]
    page.emulate_media(color_scheme="light")
    for label, ink in zip(labels, inks, strict=True):
        expect(label).not_to_have_css("fill", ink)  # drawn anew
    settled(page)
    _assert_read(page, "light")


def _assert_read(page: Page, scheme: str) -> None:
    texts = [*_TEXTS, *(f"{figure} {part}" for figure in (PINNED, FAN) for part in _PLOT_TEXTS)]
    inks = page.evaluate(_INKS, texts)
    page_color = next(below for selector, _, below in inks if selector == "h1")
    assert (contrast((255, 255, 255), page_color) > 10) == (scheme == "dark")
    assert {selector for selector, *_ in inks} >= {*_TEXTS, f"{FAN} .textpoint text", f"{FAN} .legendtext"}
    faint = {s: round(contrast(ink, below), 2) for s, ink, below in inks if contrast(ink, below) < 4.5}
    assert faint == {}


def test_a_phone_has_sentences_and_picture_on_top_and_never_scrolls_sideways(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    _assert_no_sideways_scroll(page)
    _assert_sentences_then_pictures(page)

    page.get_by_role("button", name="Expand sidebar").click()
    page.get_by_role("link", name=WORD_PAGE).click()
    page.locator(".st-key-words_panel").wait_for()
    settled(page)
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")  # it lay over the page
    assert page.title() == f"{WORD_PAGE} \u00b7 Words in context"
    _assert_no_sideways_scroll(page)
    _assert_sentences_then_pictures(page)


@pytest.mark.parametrize("width", [720, 768])  # a window of 1440 pixels at 200 %, and a tablet
def test_a_narrow_window_cuts_no_label(open_page: Callable[..., Page], url: str, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    page.goto(f"{url}/word")
    wait_for_plots(page)
    labels = page.locator("[data-testid=stMetricLabel] p, [data-testid=stWidgetLabel] p")
    cut = labels.evaluate_all("ps => ps.filter(p => p.scrollWidth > p.clientWidth + 1).map(p => p.innerText)")
    assert cut == []
    pinned, fan, typed = (_box(e) for e in (page.locator(PINNED), page.locator(FAN), editor(page)))
    assert typed["y"] < pinned["y"]
    assert pinned["x"] + pinned["width"] <= fan["x"]  # still side by side
    assert fan["width"] > 300


def test_the_keyboard_moves_the_layer_and_plays(visit: Callable[..., Page]) -> None:
    page = visit()
    layer = page.locator(f"{FAN} [role=slider]")
    layer.focus()
    for _ in range(3):  # held down: each move overtakes the one before
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    for key, text in (("ArrowLeft", "layer 5"), ("Home", "layer 0"), ("ArrowRight", "layer 1"), ("End", "layer 6")):
        page.keyboard.press(key)
        expect(layer).to_have_attribute("aria-valuetext", text)
        expect(layer).to_be_focused()
    # Both before the next frame: the move does not cut the playing short.
    page.evaluate(
        """fan => [['slider', 'Home'], ['button', 'Enter']].forEach(([role, key]) => document.querySelector(
            `${fan} [role=${role}]`).dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true})))""",
        FAN,
    )
    expect(layer).to_have_attribute("aria-valuetext", "layer 6")  # where it ends: those before are gone in a moment


def test_axe_finds_no_barrier(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 1440, "height": 2400})
    page.get_by_text("Limits and sources").click()
    found = {"the idea": barriers(page)}
    open_export(page, "fan", "PNG").wait_for()
    settled(page)
    found["export"] = barriers(page)
    page.keyboard.press("Escape")
    open_word(page)
    page.get_by_text("Limits and sources").click()
    for panel, figure in PANELS.items():
        choose_panel(page, panel, figure)
        found[panel] = barriers(page)

    assert [f"{place}: {barrier}" for place, barriers in found.items() for barrier in barriers] == []


def test_the_keyboard_reaches_every_control_and_draws(visit: Callable[..., Page]) -> None:
    page = visit()
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_FOCUSED))
        if reached[-1] == _CONTROLS[-1]:
            break
    assert [name for name in reached if name in _CONTROLS] == _CONTROLS  # all of them, in the order of reading
    page.keyboard.press("Enter")
    page.wait_for_function(f"({_FOCUSED})() === 'HTML'")  # the keyboard is inside, and Escape brings it back
    page.keyboard.press("Escape")
    page.wait_for_function(f"({_FOCUSED})() === '{_CONTROLS[-1]}'")

    editor(page).focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nA rumour ran through the whole town.")
    page.keyboard.press("Control+Enter")
    wait_for_mentions(page, 13)
    word_field(page).focus()
    assert word_field(page).input_value() == "ran"


_FOCUSED = """() => {
  const focused = document.activeElement, shown = focused.cloneNode(true);
  for (const icon of shown.querySelectorAll('[data-testid=stIconMaterial]')) icon.remove();
  const bar = focused.closest('[class*=st-key-export_]')?.className.match(/st-key-(export_\\w+)/)?.[1];
  const name = focused.getAttribute('aria-label') || focused.labels?.[0]?.innerText || shown.textContent;
  return (bar ? bar + ' ' : '') + name.trim();
}"""
"""The name of what has the keyboard, without its icons."""
_TEXTS = [
    "h1", "[data-testid=stMarkdown] p", "[data-testid=stMetricValue]", "[data-testid=stWidgetLabel] p",
    "[data-testid=stCaptionContainer] p", "textarea", "input",
    "[class*=st-key-export_] button", "nav a",
]  # fmt: skip
_PLOT_TEXTS = [".textpoint text", ".legendtext", ".xtitle", ".slider-label", ".updatemenu-item-text"]
_INKS = """selectors => {
  const pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
  const paint = layers => {
    for (const [color, alpha] of [['white', 1], ...layers]) {
      pen.globalAlpha = alpha;
      pen.fillStyle = color;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  return selectors.flatMap(selector => [...document.querySelectorAll(selector)].map(e => {
    const below = [];
    let alpha = 1;
    for (let up = e; up; up = up.parentElement) {
      below.unshift([getComputedStyle(up).backgroundColor, 1]);
      alpha *= getComputedStyle(up).opacity;
    }
    const style = getComputedStyle(e);
    return [selector, paint([...below, [e instanceof SVGElement ? style.fill : style.color, alpha]]), paint(below)];
  }));
}"""
"""Each text that a selector finds: the colour of its ink on the screen, and the colour behind it."""
_CONTROLS = [
    "The idea", WORD_PAGE, "Word", "Examples", "Sentences, one a line", "Upload", "Senses and occurrences",
    "export_static Export static", "export_fan Export fan",
]  # fmt: skip


def _box(element: Locator) -> dict[str, float]:
    box = element.bounding_box()
    assert box is not None
    return dict(box)


def _assert_above_the_fold(box: dict[str, float]) -> None:
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 1440
    assert box["y"] + box["height"] <= 900


def _plotting_area(page: Page, figure: str) -> dict[str, float]:
    """Where the axes of a figure are on the screen."""
    area: dict[str, float] = page.evaluate(
        """selector => {
          const figure = look.find(selector), box = figure.getBoundingClientRect(), size = figure._fullLayout._size;
          return {x: box.x + size.l, y: box.y + size.t, width: size.w, height: size.h};
        }""",
        figure,
    )
    assert area["width"] > 300
    assert area["height"] > 200
    return area


def _assert_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        """() => [...document.querySelectorAll(
               '[data-testid=stAppViewContainer], [data-testid=stMain], [data-testid=stMainBlockContainer]')]
             .filter(e => e.scrollWidth > e.clientWidth).map(e => [e.dataset.testid, e.scrollWidth, e.clientWidth])"""
    )
    assert wide == []


def _assert_sentences_then_pictures(page: Page) -> None:
    word, typed, fan, pinned, model = (
        _box(e)["y"]
        for e in (
            word_field(page),
            editor(page),
            page.locator(FAN),
            page.locator(PINNED),
            page.get_by_role("combobox").first,
        )
    )
    assert word < typed < fan < pinned < model
    assert typed < 844  # on the first screen
    assert fan < 2 * 844
    assert _box(page.locator(FAN))["width"] > 300
