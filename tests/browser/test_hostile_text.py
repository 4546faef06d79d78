"""Text that means something to HTML, markdown, formulas, plotly or a spreadsheet: shown as typed, and never run."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from .driving import (
    FAN,
    LOOK,
    PANELS,
    PINNED,
    Watch,
    choose_panel,
    download,
    editor,
    heads,
    open_word,
    plain,
    settled,
    wait_for_mentions,
    word_field,
    write,
)

pytestmark = pytest.mark.browser

_SENTENCES = [
    "<img src=x onerror=alert(1)> ran",
    "$x$ ran",
    ":red[x] ran",
    "![i](http://x) ran",
    "%{x} ran",
    "=1+1 ran",
]
_SENSES = ["<b>fat</b>", "$y$", ":red[z]", "%{y}", "<img src=x onerror=alert(2)>", "=2+2"]
_WORDS = ["<img src=x onerror=alert(1)>", "$x$", ":red[x]", "![i](http://x)", "%{x}", "=1+1"]


def test_sentences_and_senses_are_shown_as_typed(visit: Callable[..., Page], chromium: Browser, tmp_path: Path) -> None:
    page = visit(f"?{urlencode({'word': 'ran', 's': _SENTENCES, 'sense': _SENSES}, doseq=True)}")
    assert editor(page).input_value().splitlines() == _SENTENCES

    # The legend and what a pointer finds.
    legend = page.locator(".st-key-fan .legendtext").all_text_contents()
    assert [plain(t) for t in legend] == ["word embedding (layer 0)", *_SENSES]
    assert _hovered(page) == [f"{s}sentence {n}" for n, s in enumerate(_SENTENCES, 1)]

    # The lists of the mentions to compare.
    first = page.get_by_role("combobox", name="Compare", exact=True)
    assert first.input_value() == f"1. {_SENTENCES[0]}"
    first.click()
    options = page.get_by_role("option")
    expect(options).to_have_count(6)
    assert options.all_inner_texts() == [f"{n}. {s}" for n, s in enumerate(_SENTENCES, 1)]
    page.keyboard.press("Escape")

    # The table of mentions.
    page.get_by_role("button", name="Senses and occurrences").click()
    rows = page.get_by_test_id("stPopoverBody").locator("[role=row]")
    expect(rows).to_have_count(7)
    told = [row.locator("[role=gridcell]").all_text_contents() for row in rows.all()[1:]]
    assert told == [["true", sense, sentence] for sense, sentence in zip(_SENSES, _SENTENCES, strict=True)]
    page.keyboard.press("Escape")
    page.get_by_test_id("stPopoverBody").wait_for(state="hidden")
    settled(page)
    _assert_nothing_ran(page)

    # The second page: axes of the heatmap, ranked substitutes, read senses.
    open_word(page)
    for panel, figure in PANELS.items():
        choose_panel(page, panel, figure)
        _assert_nothing_ran(page)

    # A table taken away: a spreadsheet would run what begins with such a sign.
    path = download(page, "CSV", tmp_path, "fan-layer")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = {row[name] for row in csv.DictReader(file) for name in ("sentence", "word", "sense")}
    assert cells >= {"'=1+1 ran", "'=2+2", _SENTENCES[0], _SENSES[0]}
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    rows = json.loads(download(page, "JSON", tmp_path, "fan-layer").read_bytes())["data"]
    assert {row["sentence"] for row in rows} == set(_SENTENCES)  # no spreadsheet reads it: as typed

    # A page taken away.
    path = download(page, "HTML", tmp_path, "fan-layer")
    offline = chromium.new_context()
    offline.add_init_script(LOOK)
    watch = Watch(offline)
    alone = offline.new_page()
    alone.goto(path.as_uri())
    alone.wait_for_function("look.traces('#figure').length > 0")
    assert [plain(t) for t in alone.locator(".legendtext").all_text_contents()][1:] == _SENSES
    assert alone.locator("img[src], b").count() == 0
    offline.close()
    assert watch.errors == watch.dialogs == []
    assert watch.requests == [path.as_uri()]


def test_a_target_word_is_shown_as_typed(visit: Callable[..., Page]) -> None:
    page = visit()
    for word in _WORDS:
        # In the sentences, but in no static space: that is said with the word.
        write(page, *_SENTENCES, word=word)
        said = page.get_by_role("alert").filter(has_text=f"Given: {word}.").first
        expect(said).to_contain_text("The static space glove-6b-50d has one vector for each word")
        wait_for_mentions(page, 1)
        assert word_field(page).input_value() == word
        _assert_nothing_ran(page)

        # In none of them.
        write(page, "Nothing here.")
        said = page.locator(".st-key-new_word")
        expect(said).to_contain_text(f"Your sentence does not contain “{word}” as a whole word.")
        _assert_nothing_ran(page)


def test_a_link_with_a_model_that_is_not_on_offer_says_so(open_page: Callable[..., Page], url: str) -> None:
    page = open_page()
    name = "<img src=x onerror=alert(3)>"
    page.goto(f"{url}/?{urlencode({'word': 'ran', 's': _SENTENCES[:2], 'model': name, 'static': name}, doseq=True)}")
    expect(page.locator(".st-key-asked_by_link")).to_contain_text(name, timeout=60_000)
    expect(editor(page)).to_have_value("\n".join(_SENTENCES[:2]), timeout=60_000)
    settled(page)
    _assert_nothing_ran(page)


def _hovered(page: Page) -> list[str]:
    """What each head of the fan says under the pointer, in the order of the sentences."""
    said = set()
    heads_in_page = page.locator(f"{FAN} .scatterlayer .trace:has(.textpoint) .point")
    assert heads_in_page.count() == sum(map(len, heads(page).values()))
    for point in heads_in_page.all():
        box = point.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_function(
            "([f, said]) => { const h = look.find(f + ' .hovertext'); return h && !said.includes(h.textContent); }",
            arg=[FAN, list(said)],
        )
        said.add(str(page.locator(f"{FAN} .hovertext").text_content()))
    page.mouse.move(1, 1)
    return sorted((plain(t) for t in said), key=lambda t: t[-1])


def _assert_nothing_ran(page: Page) -> None:
    """No picture was made of what was typed, no formula, no colour, and nothing was asked for."""
    settled(page)
    assert page.locator("img[src='x'], img[onerror], img[src^='http://x'], image[href='x']").count() == 0
    assert page.locator(".katex, mjx-container").count() == 0
    assert page.locator(".js-plotly-plot b, .js-plotly-plot img").count() == 0
    coloured = page.locator(".stMarkdownColoredText").all_inner_texts()
    assert [t for t in coloured if t in ("x", "z")] == []
    watch = page.watch  # type: ignore[attr-defined]
    assert watch.dialogs == []
    assert watch.foreign == []
    assert [r for r in watch.requests if urlsplit(r).path in ("/x", "/word/x")] == []
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator(PINNED).count() <= 1
