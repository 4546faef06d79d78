"""Word relations in a real browser: every panel, training with a stop, the scores, no barrier, and a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, settled, traces
from .test_opening import _assert_no_sideways_scroll, _violations

pytestmark = pytest.mark.browser

PANELS = {
    "Neighbours": "near",
    "Analogy": "analogy-excluded",
    "Matrix": "word-matrix",
    "Axes": "plane",
    "Map": "word-map",
}


@pytest.fixture
def relations(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make(query: str = "", **options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/relations{query}")
        page.locator(_figure("near")).wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return make


def _figure(key: str) -> str:
    return f".st-key-{key} .js-plotly-plot"


def _turn_to(page: Page, panel: str) -> None:
    page.get_by_role("radio", name=panel, exact=True).click()
    if panel in PANELS:
        page.locator(_figure(PANELS[panel])).last.wait_for(timeout=FIRST_LOAD)
    settled(page)


def test_typed_axes_move_the_words_and_come_back_after_a_reload(relations: Callable[..., Page]) -> None:
    page = relations()
    _turn_to(page, "Axes")
    before = traces(page, _figure("plane"))[0]["x"]
    field = page.get_by_role("textbox", name="Across")
    field.fill("man - woman")
    field.press("Enter")
    page.wait_for_function(
        "([f, x]) => Math.sign(look.traces(f)[0]?.x?.[0] ?? x) !== Math.sign(x)", arg=[_figure("plane"), before[0]]
    )
    settled(page)
    assert traces(page, _figure("plane"))[0]["x"] == pytest.approx([-x for x in before], abs=1e-6)
    field.fill("man - - woman")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="character 7, after a sign")).to_be_visible()
    field.fill("dog - cat")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="after a sign")).to_have_count(0)
    settled(page)
    _turn_to(page, "Map")
    _turn_to(page, "Axes")
    expect(page.get_by_role("textbox", name="Across")).to_have_value("dog - cat")
    page.reload()
    page.locator(_figure("plane")).wait_for(timeout=FIRST_LOAD)  # the address has the panel too
    expect(page.get_by_role("textbox", name="Across")).to_have_value("dog - cat")


def test_a_text_is_trained_on_stopped_and_taken_away(relations: Callable[..., Page], tmp_path: Path) -> None:
    lines = "The cat chased the mouse. A dog chased the cat.\n"
    page = relations()
    _give_and_train(page, "long.txt", lines * 60_000)
    page.get_by_text("Training: epoch").wait_for(timeout=FIRST_LOAD)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start again").click()
    page.get_by_text("Training: epoch").wait_for(timeout=FIRST_LOAD)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()

    page = relations("?near=cat")
    _give_and_train(page, "short.txt", lines * 50)
    page.locator(_figure("near-trained")).wait_for(timeout=FIRST_LOAD)
    settled(page)
    expect(page.get_by_text("6 words", exact=False).first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="binary", exact=True).click()
    started.value.save_as(tmp_path / "vectors.bin")
    back = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    assert set(back.index_to_key) == {"the", "cat", "chased", "mouse", "a", "dog"}
    shown = traces(page, _figure("near-trained"))[0]["x"]
    assert shown[-1] == pytest.approx(back.most_similar("cat", topn=1)[0][1], abs=1e-5)
    assert np.isfinite(back.vectors).all()


def _give_and_train(page: Page, name: str, text: str) -> None:
    _turn_to(page, "Train")
    page.get_by_role("button", name="Upload a text").click()
    given = page.get_by_test_id("stPopoverBody").locator("input[type=file]")
    given.set_input_files({"name": name, "mimeType": "text/plain", "buffer": text.encode()})
    expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    expect(page.get_by_text(f"{name} is read.")).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Train", exact=True).click()


def test_scores_report_section_by_section_and_stop(relations: Callable[..., Page]) -> None:
    page = relations()
    _turn_to(page, "Scores")
    measure = page.get_by_role("button", name="Measure")
    measure.click()
    # The longest section: a shorter one may be over before the page asks again.
    page.get_by_text("Analogies: capital-world").wait_for(timeout=FIRST_LOAD)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Start again").click()
    page.get_by_text("Analogies: ").wait_for(timeout=FIRST_LOAD)  # from the first section on
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    expect(page.locator(_figure("sections"))).to_have_count(0)


def test_every_panel_draws_and_axe_finds_no_barrier(relations: Callable[..., Page]) -> None:
    page = relations(viewport={"width": 1440, "height": 900})
    found = {}
    for panel in (*PANELS, "Scores", "Train"):
        _turn_to(page, panel)
        if panel in PANELS:  # above the fold
            box = page.locator(_figure(PANELS[panel])).bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 900, panel
        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
        found[panel] = _violations(page)
    assert [f"{place}: {barrier}" for place, barriers in found.items() for barrier in barriers] == []


def test_a_phone_shows_every_panel_without_sideways_scroll(relations: Callable[..., Page]) -> None:
    page = relations(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for panel in (*PANELS, "Scores", "Train"):
        _turn_to(page, panel)
        _assert_no_sideways_scroll(page)
        if panel in PANELS:
            box = page.locator(_figure(PANELS[panel])).bounding_box()
            assert box is not None
            assert box["width"] > 300, panel
        if panel == "Neighbours":
            field = page.get_by_role("textbox", name="Word").bounding_box()
            assert field is not None
            assert field["y"] < box["y"] < 844  # the word, and its picture on the first screen
