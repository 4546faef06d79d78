"""Models and data in a real browser: a folder of one's own by typing, no barrier, a phone, and a link that opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests import tiny_models

from .driving import FIRST_LOAD, settled, wait_for_plots
from .test_opening import _assert_no_sideways_scroll, _violations

pytestmark = pytest.mark.browser


@pytest.fixture
def models(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make(query: str = "", **options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/models{query}")
        page.locator(".st-key-card_model").wait_for(timeout=FIRST_LOAD)
        page.locator(".st-key-card_static").wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "my-bert"
    tiny_models.save(made, "bert")
    return made


def type_folder(page: Page, path: object) -> None:
    field = page.get_by_role("textbox", name="Folder or GGUF file")
    field.fill(str(path))
    field.press("Enter")
    settled(page)


def test_a_folder_of_ones_own_opens_by_typing_and_every_page_draws_it(
    models: Callable[..., Page], folder: Path
) -> None:
    page = models()
    box = page.locator(".st-key-card_model").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900  # what is at work stands above the fold
    type_folder(page, folder)
    expect(page.locator(".st-key-plan_model")).to_contain_text("Family bert")
    page.get_by_role("button", name="Open it").click()
    card = page.locator(".st-key-card_model").first  # while it is redrawn, the former may stand below
    expect(card).to_contain_text("my-bert is at work", timeout=FIRST_LOAD)
    settled(page)
    page.get_by_role("link", name="The idea").click()
    wait_for_plots(page)
    expect(page.get_by_role("combobox", name="Contextual model")).to_have_value("my-bert")
    page.reload()  # a new session: the address asks, nothing is opened before the reader says so
    wait_for_plots(page)
    expect(page.locator(".st-key-asked_by_link")).to_contain_text("my-bert")
    page.get_by_role("link", name="Inspect it under Models and data").click()
    page.get_by_role("button", name="Inspect what the link asks for").click()
    page.get_by_role("button", name="Open it").click()
    expect(card).to_contain_text("my-bert is at work", timeout=FIRST_LOAD)
    card.get_by_role("button", name="Unload").click()
    expect(card).to_contain_text("MiniLM-L6 (encoder) is at work", timeout=FIRST_LOAD)


def test_a_folder_that_fails_says_why_and_the_former_stays(models: Callable[..., Page], tmp_path: Path) -> None:
    tiny_models.save(tmp_path / "theirs", "mpnet")
    page = models()
    type_folder(page, tmp_path / "theirs")
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Choose another family", timeout=FIRST_LOAD)
    expect(page.locator(".st-key-card_model")).to_contain_text("MiniLM-L6 (encoder) is at work")


def test_what_was_typed_is_there_after_another_page(models: Callable[..., Page], tmp_path: Path) -> None:
    page = models()
    type_folder(page, tmp_path / "none")
    page.get_by_role("radio", name="gensim-data").click()
    words = page.get_by_role("spinbutton", name="Words to read")
    words.fill("1234")
    words.press("Enter")
    settled(page)
    page.get_by_role("link", name="Word relations").click()
    page.get_by_role("heading", level=1, name="What does one vector").wait_for()
    settled(page)
    page.go_back()
    page.locator(".st-key-card_model").wait_for()
    expect(page.get_by_role("textbox", name="Folder or GGUF file")).to_have_value(str(tmp_path / "none"))
    expect(page.get_by_role("radio", name="gensim-data")).to_be_checked()
    expect(words).to_have_value("1234")


def test_axe_finds_no_barrier(models: Callable[..., Page], folder: Path) -> None:
    page = models(f"?model={quote('hub:someone/tiny@main')}", viewport={"width": 1440, "height": 2000})
    found = {"a link's wish": _violations(page)}
    type_folder(page, folder)
    page.get_by_role("button", name="Open it").wait_for()
    found["a plan"] = _violations(page)
    page.get_by_role("radio", name="Hugging Face").click()
    page.get_by_role("radio", name="gensim-data").click()
    settled(page)
    page.get_by_role("textbox", name="Hugging Face id").fill("no such name")
    page.get_by_role("textbox", name="Hugging Face id").press("Enter")
    page.get_by_test_id("stAlert").wait_for()
    settled(page)
    found["an error"] = _violations(page)
    assert [f"{place}: {barrier}" for place, barriers in found.items() for barrier in barriers] == []


def test_a_phone_shows_it_without_sideways_scroll(models: Callable[..., Page], folder: Path) -> None:
    page = models(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    _assert_no_sideways_scroll(page)
    type_folder(page, folder)
    _assert_no_sideways_scroll(page)
    type_folder(page, "~/" + "a-very-long-name-without-a-blank" * 6)
    page.get_by_test_id("stAlert").wait_for()
    _assert_no_sideways_scroll(page)
