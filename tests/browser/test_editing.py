"""Own sentences: they are drawn as they are typed, kept in the address, and never lost, whatever is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from .driving import (
    FAN,
    PINNED,
    WORD_PAGE,
    editor,
    heads,
    open_word,
    settled,
    traces,
    wait_for_mentions,
    wait_for_plots,
    word_field,
    write,
)

pytestmark = pytest.mark.browser

_OWN = ["The spring in the mattress broke.", "In spring the birds return.", "They drank from a spring in the hills."]


def test_typing_changes_the_plots(visit: Callable[..., Page]) -> None:
    page = visit()
    before = heads(page)
    typed = editor(page)
    text = typed.input_value() + "\nA rumour ran through the whole town."
    typed.fill(text)
    typed.press("Control+Enter")
    wait_for_mentions(page, 13)
    settled(page)

    after = heads(page)
    assert {n: len(p) for n, p in before.items()} == {"moved along": 4, "executed": 4, "managed": 4}
    assert {n: len(p) for n, p in after.items()} == {"moved along": 4, "executed": 4, "managed": 4, "not labelled": 1}
    assert after["executed"] != before["executed"]  # the mean over all mentions is another one
    assert "13 occurrences, 1 point" in _pinned_text(page)
    expect(page.get_by_role("figure", name="One point in static space for 13 occurrences")).to_be_visible()

    write(page, *(s.replace(" ran ", " walked ") for s in text.splitlines()[:5]), word="walked")
    wait_for_mentions(page, 5)
    settled(page)
    assert "walked" in _pinned_text(page)
    assert "5 occurrences, 1 point" in _pinned_text(page)
    assert traces(page, PINNED)[1]["x"] != []


def test_the_lists_of_what_is_compared_say_what_stands_there_now(visit: Callable[..., Page]) -> None:
    page = visit()
    typed = editor(page)
    typed.fill("A horse ran home\nThe motor ran well")  # the chosen numbers stay 1 and 2
    typed.press("Control+Enter")
    wait_for_mentions(page, 2)
    settled(page)
    expect(page.get_by_role("combobox", name="Compare", exact=True)).to_have_value("1. A horse ran home")
    expect(page.get_by_role("combobox", name="with", exact=True)).to_have_value("2. The motor ran well")


def test_the_address_brings_the_workspace_back_and_pages_share_it(visit: Callable[..., Page]) -> None:
    page = visit()
    write(page, *_OWN, word="spring")
    wait_for_mentions(page, 3)
    settled(page)
    before = heads(page)
    query = parse_qs(urlsplit(page.url).query)
    assert query["word"] == ["spring"]
    assert query["s"] == _OWN

    page.reload()
    wait_for_plots(page)
    assert editor(page).input_value().splitlines() == _OWN
    assert word_field(page).input_value() == "spring"
    assert heads(page) == before

    open_word(page)
    assert _drawn(page) == 3
    assert word_field(page).input_value() == "spring"
    assert editor(page).input_value().splitlines() == _OWN
    # Any other control makes the page run again, which must not empty the editor.
    page.get_by_text("3-D", exact=True).click()
    page.wait_for_function("f => look.heads(f)[0]?.type === 'scatter3d'", arg=FAN)
    assert editor(page).input_value().splitlines() == _OWN

    page.get_by_role("link", name="The idea").click()
    page.get_by_role("heading", level=1, name="Does a word mean").wait_for()
    wait_for_plots(page)
    assert editor(page).input_value().splitlines() == _OWN
    assert heads(page) == before


def test_sentences_typed_on_the_second_page_are_those_of_the_first(visit: Callable[..., Page]) -> None:
    page = visit()
    open_word(page)
    write(page, *_OWN, word="spring")
    wait_for_mentions(page, 3)
    settled(page)
    page.get_by_role("link", name="The idea").click()
    page.get_by_role("heading", level=1, name="Does a word mean").wait_for()
    wait_for_plots(page)

    assert editor(page).input_value().splitlines() == _OWN
    assert word_field(page).input_value() == "spring"
    assert _drawn(page) == 3


def test_bad_input_is_explained_and_nothing_typed_is_lost(visit: Callable[..., Page]) -> None:
    page = visit()
    typed = editor(page)
    good = typed.input_value()

    write(page, "")
    expect(_message(page, "At least one sentence is needed.")).to_contain_text("Given: an empty editor")
    expect(page.locator(FAN)).to_have_count(0)
    typed.fill(good)
    typed.press("Control+Enter")
    wait_for_mentions(page, 12)
    expect(_message(page, "At least one sentence")).to_have_count(0)

    without = "Nothing here.\nNor here, and not a runner."
    write(page, without)
    new = page.locator(".st-key-new_word")
    expect(new).to_contain_text("None of your 2 sentences contains “ran” as a whole word.")
    expect(page.locator(FAN)).to_have_count(0)
    assert typed.input_value() == without
    assert word_field(page).input_value() == "ran"

    some = "The dog ran quickly\nNothing here.\nThe program ran successfully"
    write(page, some)
    wait_for_mentions(page, 2)
    expect(_message(page, "Without “ran” as a whole word, so not drawn: sentence 2.")).to_have_count(1)
    assert typed.input_value() == some


def test_a_word_without_a_static_vector_is_still_drawn_in_context(visit: Callable[..., Page]) -> None:
    page = visit()
    sentences = ["The flibbertyx ate a leaf.", "We repaired the flibbertyx in the workshop."]
    write(page, *sentences, word="flibbertyx")
    wait_for_mentions(page, 2)
    settled(page)

    said = _message(page, "The static space glove-6b-50d has one vector for each word it was trained on").first
    expect(said).to_contain_text("Given: flibbertyx")
    expect(page.locator(PINNED)).to_have_count(0)
    assert editor(page).input_value().splitlines() == sentences
    # The claims that need no static vector of the word are still measured.
    expect(
        page.get_by_text("In these two sentences the word has two vectors, further apart than one sense makes them.")
    ).to_be_visible()


def test_a_sentence_that_is_too_long_is_counted_and_not_drawn(visit: Callable[..., Page]) -> None:
    page = visit()
    short = ["The dog ran quickly", "The program ran successfully"]
    long = "The river ran " + "on and " * 298 + "away."
    assert len(long.split()) == 600
    write(page, *short, long)
    wait_for_mentions(page, 2)

    # 600 words, the full stop, and the two tokens that begin and end what the model reads.
    said = _message(page, "Longer than the 512 tokens this model reads, so not drawn and not cut")
    expect(said).to_contain_text("sentence 3 (603 tokens)")
    assert editor(page).input_value().splitlines() == [*short, long]

    write(page, long)
    expect(_message(page, "At least one occurrence must be drawn.")).to_have_count(1)
    assert editor(page).input_value() == long

    write(page, *short, "The river ran away.")
    wait_for_mentions(page, 3)
    expect(said).to_have_count(0)


def test_senses_and_mentions_are_edited_in_their_table(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("button", name="Senses and occurrences").click()
    grid = page.get_by_test_id("stPopoverBody").get_by_test_id("stDataFrame")
    grid.wait_for()
    rows = grid.locator("[role=row]")
    expect(grid.locator("[aria-rowcount]")).to_have_attribute("aria-rowcount", "13")  # rows out of sight are not drawn
    assert _cells(rows.nth(1)) == ["true", "moved along", "The dog ran quickly"]
    assert _cells(rows.nth(2)) == ["true", "executed", "The program ran successfully"]

    _click_cell(grid, 1, 1)
    page.keyboard.press("Enter")
    cell = page.locator(".gdg-input")
    expect(cell).to_be_focused()
    cell.fill("hurried")
    cell.press("Enter")
    page.wait_for_function("f => look.heads(f).some(t => t.name === 'hurried')", arg=FAN)
    settled(page)
    assert {n: len(p) for n, p in heads(page).items()} == {"hurried": 1, "executed": 4, "managed": 4, "moved along": 3}
    legend = page.locator(".st-key-fan .legendtext").all_text_contents()
    assert legend == ["word embedding (layer 0)", "hurried", "executed", "managed", "moved along"]

    page.keyboard.press("ArrowLeft")  # Enter went one row down
    page.keyboard.press("Space")
    wait_for_mentions(page, 11)
    settled(page)
    assert {n: len(p) for n, p in heads(page).items()} == {"hurried": 1, "executed": 3, "managed": 4, "moved along": 3}
    assert "11 occurrences, 1 point" in _pinned_text(page)
    assert _cells(rows.nth(2)) == ["false", "executed", "The program ran successfully"]
    query = parse_qs(urlsplit(page.url).query, keep_blank_values=True)
    assert query["out"] == ["1"]
    assert query["sense"][:2] == ["hurried", "executed"]

    page.keyboard.press("Space")
    wait_for_mentions(page, 12)
    # The labels hold where the table is not on the screen.
    page.keyboard.press("Escape")
    page.get_by_test_id("stPopoverBody").wait_for(state="hidden")
    settled(page)
    open_word(page)
    page.wait_for_function("f => look.heads(f).some(t => t.name === 'hurried')", arg=FAN)
    assert _drawn(page) == 12


def test_a_page_is_reached_while_a_pop_over_is_open(visit: Callable[..., Page]) -> None:
    page = visit()
    for name in ("Examples", "Upload", "Senses and occurrences"):
        page.get_by_role("button", name=name).click()
        page.get_by_test_id("stPopoverBody").wait_for()
        settled(page)
        page.get_by_role("link", name=WORD_PAGE).click()
        page.locator(".st-key-words_panel").wait_for()
        settled(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Where does one word go in many sentences?")
        page.get_by_role("link", name="The idea").click()
        page.get_by_role("heading", level=1, name="Does a word mean").wait_for()
        wait_for_plots(page)


def test_an_example_replaces_word_and_sentences(visit: Callable[..., Page]) -> None:
    page = visit()
    page.get_by_role("button", name="Examples").click()
    page.get_by_role("button", name="bank", exact=True).click()
    page.wait_for_function("f => look.heads(f).some(t => t.name === 'money institution')", arg=FAN)
    settled(page)

    assert word_field(page).input_value() == "bank"
    assert all("bank" in line.lower() for line in editor(page).input_value().splitlines())
    assert _drawn(page) == len(editor(page).input_value().splitlines())


def test_the_decoder_draws_a_frame_for_each_of_its_layers(visit: Callable[..., Page]) -> None:
    page = visit()
    encoder = heads(page)
    model = page.get_by_role("combobox", name="Contextual model")
    model.click()
    page.get_by_role("option", name="SmolLM2-135M (decoder)").click()
    typed = editor(page)  # meanwhile the page is at hand
    typed.press("Control+End")
    typed.press_sequentially("\nIt ran.")
    text = typed.input_value()
    # On a machine's first time its weights are converted.
    page.wait_for_function("f => look.find(f)?._transitionData?._frames.length === 31", arg=FAN, timeout=120_000)
    settled(page)

    assert model.input_value() == "SmolLM2-135M (decoder)"
    assert {n: len(p) for n, p in heads(page).items()} == {n: len(p) for n, p in encoder.items()}
    assert heads(page) != encoder
    assert page.locator(".st-key-fan .slider-label").first.text_content() == "layer 30"
    expect(page.get_by_text("SmolLM2-135M (decoder): at layer")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["model"] == ["smollm2-135m"]
    assert typed.input_value() == text
    typed.press("Control+Enter")
    wait_for_mentions(page, 13)

    page.get_by_role("button", name="Where it fails: no looking ahead").click()
    wait_for_mentions(page, 3)
    settled(page)
    # It reads from the left, and left of the word all three are the same: nothing parts them.
    assert page.get_by_test_id("stMetricValue").all_inner_texts() == ["identical"]


def _drawn(page: Page) -> int:
    return sum(map(len, heads(page).values()))


def _pinned_text(page: Page) -> str:
    return str(page.locator(PINNED).text_content())


def _message(page: Page, text: str) -> Locator:
    return page.get_by_role("alert").filter(has_text=text)


def _cells(row: Locator) -> list[str]:
    return row.locator("[role=gridcell]").all_text_contents()


def _click_cell(grid: Locator, row: int, column: int) -> None:
    """The table is painted on a canvas: its cells are told by their place. Row 0 is that of the names."""
    grid.locator(".dvn-scroller").click(position={"x": (25, 110, 400)[column], "y": 35 * row + 17})
