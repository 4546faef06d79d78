"""Back and forward, reloads at bad moments, and downloads on a busy server: nothing that was typed or asked for is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from .driving import (
    FAN,
    download,
    editor,
    open_export,
    open_idea,
    open_word,
    settled,
    wait_for_mentions,
    wait_for_plots,
    word_field,
    write,
)

pytestmark = pytest.mark.browser

OWN = ["A seal swam by.", "The seal on the jar broke."]
MANY = [f"Runner number {i} ran a long way through the rain and the wind." for i in range(150)]


def test_one_press_of_back_is_one_page_and_keeps_what_was_typed_since(visit: Callable[..., Page]) -> None:
    page = visit()
    before = page.evaluate("history.length")
    write(page, *OWN, word="seal")
    wait_for_mentions(page, 2)
    settled(page)
    assert page.evaluate("history.length") == before  # edits are no steps
    open_word(page)
    assert page.evaluate("history.length") == before + 1
    write(page, *OWN, "A third seal came.")
    wait_for_mentions(page, 3)
    settled(page)
    page.go_back()
    page.get_by_role("heading", level=1, name="Does a word mean").wait_for()
    wait_for_mentions(page, 3)
    assert editor(page).input_value().splitlines()[-1] == "A third seal came."
    assert word_field(page).input_value() == "seal"
    settled(page)
    assert parse_qs(urlsplit(page.url).query)["s"] == [*OWN, "A third seal came."]
    page.go_forward()
    page.get_by_role("heading", level=1, name="Where does one word go").wait_for()
    wait_for_mentions(page, 3)
    assert urlsplit(page.url).path == "/word"


def test_text_that_was_not_sent_comes_back_and_is_drawn(visit: Callable[..., Page]) -> None:
    page = visit()
    editor(page).press("Control+End")
    editor(page).press_sequentially("\nAt last she <b>ran</b> $x$.")
    typed = editor(page).input_value()
    page.reload()
    wait_for_mentions(page, 13)
    assert editor(page).input_value() == typed
    settled(page)
    assert parse_qs(urlsplit(page.url).query)["s"][-1] == "At last she <b>ran</b> $x$."
    expect(page.get_by_test_id("stMain").locator("b", has_text="ran")).to_have_count(0)


_LOSES_THE_FIRST = """document.addEventListener('focusout', event => {
  if (event.isTrusted || window.lostOne) return;
  window.lostOne = true;
  event.stopImmediatePropagation();
}, true)"""
"""As a page that is still being drawn: what is put back first is not sent."""


def test_text_that_was_put_back_too_early_is_put_back_again(visit: Callable[..., Page]) -> None:
    page = visit()
    page.add_init_script(_LOSES_THE_FIRST)
    editor(page).press("Control+End")
    editor(page).press_sequentially("\nAt last she ran.")
    page.reload()
    wait_for_mentions(page, 13)
    assert page.evaluate("window.lostOne")
    page.wait_for_function("sessionStorage.getItem('ctx-drafts') === '{}'")


def test_a_reload_at_the_moment_of_sending_loses_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    write(page, *OWN, word="seal")
    wait_for_mentions(page, 2)
    settled(page)
    editor(page).fill("\n".join([*OWN, "A seal ate.", "Seal it."]))
    editor(page).press("Control+Enter")
    page.reload()
    wait_for_mentions(page, 4)
    assert editor(page).input_value().splitlines()[2:] == ["A seal ate.", "Seal it."]
    assert word_field(page).input_value() == "seal"


def test_what_has_arrived_or_was_replaced_is_not_put_back(visit: Callable[..., Page], url: str) -> None:
    page = visit()
    write(page, *OWN, word="seal")
    wait_for_mentions(page, 2)
    settled(page)
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("button", name="bank", exact=True).click()
    page.wait_for_function("f => look.heads(f).some(t => t.name === 'money institution')", arg=FAN)
    settled(page)
    page.wait_for_function("Object.keys(JSON.parse(sessionStorage.getItem('ctx-drafts') || '{}')).length === 0")
    page.reload()
    wait_for_plots(page)
    assert word_field(page).input_value() == "bank"
    editor(page).press_sequentially("not sent ")  # and then another link is opened in this tab
    open_idea(page, url, "?word=ran&s=The+dog+ran.&s=The+car+ran.")
    wait_for_mentions(page, 2)
    settled(page)
    assert editor(page).input_value() == "The dog ran.\nThe car ran."


_PUT = """([key, text]) => {
  const field = document.querySelector(`.st-key-${key} textarea`);
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, text);
  field.dispatchEvent(new Event('input', {bubbles: true}));
  return JSON.parse(sessionStorage.getItem('ctx-drafts'))[key].text === text;
}"""
"""As a paste does it: not letter by letter. Is it a draft then?"""
_ARRIVED = "sessionStorage.getItem('ctx-drafts') === '{}'"


def test_the_browser_knows_each_text_that_has_arrived(visit: Callable[..., Page]) -> None:
    """Of a text that the server counts otherwise, the draft would stay while the field holds it."""
    page = visit()
    texts = [
        "She ran.",
        "Caf\u00e9 ran \u20ac5\nIt \U0001f3c3 ran.",
        "\u4ed6 ran \x7f~",
        "",
        "a" * 1_000_000,
        "ran " * 250_000,
    ]
    for text in texts:
        assert page.evaluate(_PUT, ["editor_sentences", text])
        editor(page).press("Control+Enter")
        page.wait_for_function(_ARRIVED)
    said = page.get_by_role("alert").filter(has_text="A sentence is read up to 20,000 characters")
    expect(said).to_contain_text("sentence 1 (999,999 characters)")
    assert editor(page).evaluate("e => e.value.length") == 1_000_000  # not read, and not lost


def test_another_tab_knows_nothing_of_a_draft(visit: Callable[..., Page], url: str) -> None:
    page = visit()
    editor(page).press_sequentially("not sent ")
    other = page.context.new_page()
    open_idea(other, url)
    assert "not sent" not in editor(other).input_value()
    assert other.evaluate("sessionStorage.getItem('ctx-drafts')") in (None, "{}")


def test_sentences_that_fit_no_link_survive_a_reload_and_their_loss_is_said_at_the_top(
    visit: Callable[..., Page], url: str
) -> None:
    page = visit()
    write(page, *MANY)
    wait_for_mentions(page, 150, timeout=90_000)
    settled(page)
    address = page.url
    assert len(address) < 200
    page.reload()
    wait_for_mentions(page, 150, timeout=90_000)
    assert editor(page).input_value().splitlines() == MANY
    open_word(page)
    assert editor(page).input_value().splitlines() == MANY
    # As after a new start of the server: what the address names is not kept there.
    page.evaluate(
        'sessionStorage[\'ctx-copy\'] = sessionStorage[\'ctx-copy\'].replace(/"name":"[^"]*"/, \'"name":"gone"\')'
    )
    page.goto(f"{url}/?kept=gone")
    wait_for_mentions(page, 150, timeout=90_000)
    assert editor(page).input_value().splitlines() == MANY
    open_idea(page, url, "?kept=somethingelse")
    wait_for_mentions(page, 12)
    notice = page.get_by_role("alert").filter(has_text="has them no longer")
    expect(notice).to_be_visible()
    assert (notice.bounding_box() or {})["y"] < (page.get_by_role("heading", level=1).bounding_box() or {})["y"]
    page.get_by_role("button", name="Close this notice").click()
    expect(notice).to_have_count(0)


_BUSY = "setInterval(() => document.querySelector('.st-key-everything input')?.click(), 300)"
"""A reader whose page is drawn anew all the time."""


def test_every_download_arrives_while_another_page_is_drawn(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit()
    visit().evaluate(_BUSY)
    for name in ("HTML", "CSV", "JSON"):
        assert download(page, name, tmp_path).stat().st_size > 1000


def test_a_link_that_is_left_out_before_it_is_read_is_said(visit: Callable[..., Page]) -> None:
    page = visit("?word=ran" + "&s=The+dog+ran." * 1100)
    expect(page.get_by_role("alert").filter(has_text="This link was not read")).to_be_visible()
    page.get_by_role("button", name="Close this notice").click()
    settled(page)
    expect(page.get_by_role("alert").filter(has_text="This link was not read")).to_have_count(0)


_FAILS = """() => {
  const box = document.querySelector('.st-key-download_fan [data-testid=stDownloadButton]');
  const error = Object.assign(document.createElement('div'), {textContent: 'Failed'});
  error.dataset.testid = 'stDownloadButtonError';
  box.append(error);
  setTimeout(() => error.remove(), 1000);
}"""
"""What a button shows whose file could not be had, such as when its page is drawn anew at that moment."""


def test_a_download_that_fails_is_asked_for_once_more(visit: Callable[..., Page]) -> None:
    page = visit()
    open_export(page, "fan", "HTML").wait_for()
    with page.expect_download() as again:
        page.evaluate(_FAILS)
    assert again.value.suggested_filename == "fan.html"
