"""Unseen contexts in a real browser: a sentence and a text of one's own, a measurement that is stopped, no barrier, a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .driving import FIRST_LOAD, barriers, settled, traces
from .test_opening import _assert_no_sideways_scroll

pytestmark = pytest.mark.browser

_WORDS = ".st-key-word-by-word .js-plotly-plot"


@pytest.fixture
def unseen(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make(query: str = "", **options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/unseen{query}")
        page.locator(_WORDS).wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return make


def test_a_sentence_and_training_of_ones_own(unseen: Callable[..., Page]) -> None:
    page = unseen()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("never seen")
    training = page.get_by_role("textbox", name="Training sentences, one a line")
    training.fill(training.input_value() + "\nThe cat ran swiftly")
    training.press("Control+Enter")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("1")
    field = page.get_by_role("textbox", name="Sentence, word by word")
    field.fill("The cat ran home")
    field.press("Enter")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("0")
    settled(page)
    page.reload()
    page.locator(_WORDS).wait_for(timeout=FIRST_LOAD)
    settled(page)
    assert field.input_value() == "The cat ran home"
    assert training.input_value().endswith("The cat ran swiftly")


def test_an_uploaded_text_trains_the_table_and_a_large_one_is_refused(
    unseen: Callable[..., Page], tmp_path: Path
) -> None:
    page = unseen()
    page.get_by_role("radio", name="Your text").click()
    page.get_by_text("A text is needed to train the table on").wait_for()
    mine, large = tmp_path / "mine.txt", tmp_path / "large.txt"
    mine.write_text("The cat ran swiftly. The cat ran home.", encoding="utf-8")
    with large.open("wb") as file:
        file.truncate(200 << 20)
    page.get_by_role("button", name="Upload a text").click()
    choose = page.get_by_test_id("stPopoverBody").locator("input[type=file]")
    choose.set_input_files(str(large))
    expect(page.get_by_text("21.0MB or smaller")).to_be_visible()
    page.get_by_role("button", name="Remove large.txt").click()
    settled(page)
    choose.set_input_files(str(mine))
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("0.5")


def test_a_measurement_can_be_stopped_and_started_again(unseen: Callable[..., Page]) -> None:
    page = unseen("?corpus=news")
    page.get_by_role("radio", name="Held-out sentences").click()
    page.get_by_role("button", name="Measure").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for(timeout=FIRST_LOAD)
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=FIRST_LOAD)
    page.get_by_role("button", name="Stop").click()


def test_every_panel_draws_and_axe_finds_no_barrier(unseen: Callable[..., Page]) -> None:
    page = unseen(viewport={"width": 1440, "height": 2000})
    assert len(traces(page, _WORDS)) == 4
    found = {}
    for panel, shown in (
        ("Share never seen", "has no answer for"),
        ("Search the table", "contexts of 2 words"),
        ("Held-out sentences", "words a second"),
    ):
        page.get_by_role("radio", name=panel).click()
        if (
            panel == "Held-out sentences"
            and page.get_by_role("button", name="Measure")
            .or_(page.locator(".st-key-held-out"))
            .first.get_attribute("data-testid")
            == "stBaseButton-primary"
        ):
            page.get_by_role("button", name="Measure").click()
        page.get_by_text(shown).first.wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        found[panel] = barriers(page)
    assert [f"{place}: {barrier}" for place, barriers in found.items() for barrier in barriers] == []


def test_a_phone_shows_the_words_without_sideways_scroll(unseen: Callable[..., Page]) -> None:
    page = unseen(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    _assert_no_sideways_scroll(page)
    box = page.locator(_WORDS).bounding_box()
    assert box is not None
    assert box["width"] > 300
