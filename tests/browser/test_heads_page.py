"""Attention heads in a real browser: a click opens a head, pointing at a word leaves its ribbons, the keyboard does the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, TimeoutError, expect

from .driving import FIRST_LOAD, barriers, download, settled, traces
from .test_opening import _assert_no_sideways_scroll

pytestmark = pytest.mark.browser

_MAPS = ".st-key-maps .js-plotly-plot"
_OPENED = ".st-key-head .js-plotly-plot"
_SENTENCE = "The cat chased the mouse because it was hungry."
_PANELS = {
    "Which words moved it?": "influence",
    "Head ablation": "each-head-off",
    "Rollout": "rollout",
    "Two sentences": "difference",
}
"""What the page looks closer at, and a figure of each."""
_AT = """([selector, layer, head]) => {
  const figure = document.querySelector(selector), trace = figure._fullData.find(t => t.name === 'heads');
  const data = Array.from(trace.customdata), i = data.findIndex(d => d[0] === layer && d[1] === head);
  const box = figure.getBoundingClientRect(), {xaxis, yaxis} = figure._fullLayout, size = figure._fullLayout._size;
  const xs = look.plain(trace.x), ys = look.plain(trace.y);
  return [box.x + xaxis._offset + xaxis.d2p(xs[i]), box.y + yaxis._offset + yaxis.d2p(ys[i])];
}"""
"""Where on the screen the small map of a head is."""
_RIBBONS = """s => {
  const figure = document.querySelector(s), groups = [...figure.querySelectorAll('.scatterlayer > .trace')];
  const of = name => groups[figure._fullData.findIndex(t => t.name === name)];
  const path = of('chosen').querySelector('.fills path').getAttribute('d');
  const leaves = path.split('M').filter(p => p).map(p => figure._fullLayout.yaxis.p2d(Number(p.split(/[,L]/)[1])));
  const opacity = name => Number(getComputedStyle(of(name)).opacity);
  return {opacity: {all: opacity('all'), chosen: opacity('chosen')}, leaves};
}"""
"""How strongly the ribbons are drawn, and from which heights those of the chosen word leave."""
_SHARES = """([s, row]) => {
  const figure = document.querySelector(s), {starts} = figure.layout.meta, all = figure._fullData.find(t => t.name === 'all');
  return Array.from(all.y).slice(starts[row], starts[row + 1]).filter(y => y === null || Number.isNaN(y));
}"""
"""One entry for each ribbon of a row: they are parted by gaps."""


@pytest.fixture
def heads(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make(query: str = "", **options: object) -> Page:
        page = open_page(**options)
        page.goto(f"{url}/heads{query}")
        page.wait_for_function(
            "([a, b]) => [a, b].every(s => look.find(s)) || look.find('[data-testid=stException]')",
            arg=[_MAPS, _OPENED],
            timeout=FIRST_LOAD,
        )
        settled(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return make


def _point_at(page: Page, figure: str, row: int) -> None:
    """Move to a word on the left."""
    x, y = page.evaluate(
        """([s, row]) => {
          const f = document.querySelector(s), box = f.getBoundingClientRect(), {xaxis, yaxis} = f._fullLayout;
          return [box.x + xaxis._offset + xaxis.d2p(0), box.y + yaxis._offset + yaxis.d2p(row)];
        }""",
        [figure, row],
    )
    page.mouse.move(x + 60, y + 40)
    page.mouse.move(x, y)


def _title(page: Page, layer: int, head: int) -> None:
    expect(page.get_by_role("heading", level=2, name=f"Layer {layer}, head {head}", exact=True)).to_be_visible()
    settled(page)


def _press(page: Page, layer: int, head: int) -> None:
    """Click a head of the maps until it opens: they are drawn anew after each, and a click on those that go is lost."""
    heading = page.get_by_role("heading", level=2, name=f"Layer {layer}, head {head}", exact=True)
    for left in (3, 2, 1, 0):
        settled(page)
        page.mouse.move(*page.evaluate(_AT, [_MAPS, layer, head]))
        page.wait_for_function("s => look.find(s)._hoverdata?.length", arg=_MAPS)
        page.mouse.click(*page.evaluate(_AT, [_MAPS, layer, head]))
        with suppress(TimeoutError if left else ()):
            heading.wait_for(timeout=8000)
            return


def test_a_click_opens_a_head_again_and_again(heads: Callable[..., Page]) -> None:
    page = heads()
    _title(page, 6, 11)
    for layer, head in ((1, 2), (4, 7), (1, 2)):  # the same map a second time, too
        _press(page, layer, head)
        _title(page, layer, head)
        assert parse_qs(urlsplit(page.url).query)["head"] == [f"{layer}.{head}"]
    page.get_by_role("radio", name="map", exact=True).click()
    page.wait_for_function("s => look.traces(s)[0]?.type === 'heatmap'", arg=_OPENED)
    shares = np.array(traces(page, _OPENED)[0]["z"], float)
    assert shares.sum(1) == pytest.approx(1, abs=1e-5)
    before = np.diag(shares, -1)[1:-1]  # this head looks at the word before
    assert (before > 0.99).all()
    page.reload()
    page.locator(_OPENED).wait_for(timeout=FIRST_LOAD)
    _title(page, 1, 2)


def test_pointing_at_a_word_leaves_only_its_ribbons(heads: Callable[..., Page]) -> None:
    page = heads()
    at_rest = page.evaluate(_RIBBONS, _OPENED)
    assert at_rest["opacity"] == {"all": pytest.approx(0.12), "chosen": pytest.approx(0.9)}
    assert at_rest["leaves"] == pytest.approx([7] * len(at_rest["leaves"]), abs=0.43)  # "it", behind [CLS]
    assert page.locator(f"{_OPENED} .textpoint text").count() == 24
    _point_at(page, _OPENED, 3)
    page.wait_for_function(
        f"s => ({_RIBBONS})(s).leaves.every(y => Math.abs(y - 3) < 0.43) && ({_RIBBONS})(s).opacity.all < 0.1",
        arg=_OPENED,
    )
    there = page.evaluate(_RIBBONS, _OPENED)
    assert there["opacity"]["chosen"] == pytest.approx(0.9)
    shares = page.evaluate(_SHARES, [_OPENED, 3])
    assert len(there["leaves"]) == len(shares) >= 2
    page.mouse.move(10, 10)
    page.wait_for_function(f"s => ({_RIBBONS})(s).leaves.every(y => Math.abs(y - 7) < 0.43)", arg=_OPENED)
    assert page.evaluate(_RIBBONS, _OPENED) == at_rest


def test_the_keyboard_opens_a_head_and_chooses_a_word(heads: Callable[..., Page]) -> None:
    page = heads()
    for name, keys in (("Layer", "2"), ("Head", "8")):
        page.get_by_role("combobox", name=name).focus()
        page.keyboard.type(keys)
        page.keyboard.press("Enter")
        settled(page)
    _title(page, 2, 8)
    page.get_by_role("combobox", name="Word").focus()
    page.keyboard.type("mouse")
    page.keyboard.press("Enter")
    page.wait_for_function(f"s => ({_RIBBONS})(s).leaves.every(y => Math.abs(y - 5) < 0.43)", arg=_OPENED)
    settled(page)
    assert parse_qs(urlsplit(page.url).query)["at"] == ["4"]


def test_a_sentence_of_ones_own_is_read_and_taken_away(heads: Callable[..., Page], tmp_path: Path) -> None:
    page = heads()
    field = page.get_by_role("textbox", name="Sentence")
    field.fill("A storm closed the old bridge.")
    field.press("Enter")
    page.wait_for_function("s => look.traces(s).some(t => t.text?.includes('bridge'))", arg=_OPENED)
    settled(page)
    table = pd.read_csv(download(page, "CSV", tmp_path, "head"))
    assert table.groupby("row")["share"].sum().to_numpy() == pytest.approx(1, abs=1e-5)
    assert list(dict.fromkeys(table["query"])) == [
        "[CLS]",
        "A",
        "storm",
        "closed",
        "the",
        "old",
        "bridge",
        ".",
        "[SEP]",
    ]


def test_a_ribbons_file_answers_without_a_network(heads: Callable[..., Page], tmp_path: Path) -> None:
    page = heads()
    path = download(page, "HTML", tmp_path, "head")
    browser = page.context.browser
    assert browser is not None
    alone = browser.new_context()
    alone.set_offline(True)
    page = alone.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelector('.js-plotly-plot')?._fullData")
    _point_at(page, "#figure", 2)
    page.wait_for_function(f"s => ({_RIBBONS})(s).leaves.every(y => Math.abs(y - 2) < 0.43)", arg="#figure")
    alone.close()


def test_every_panel_draws_and_axe_finds_no_barrier(heads: Callable[..., Page]) -> None:
    page = heads(viewport={"width": 1440, "height": 2200})
    page.get_by_text("Limits and sources").click()
    found = {"cards": barriers(page)}
    for panel, figure in _PANELS.items():
        page.get_by_role("radio", name=panel).click()
        page.locator(f".st-key-{figure} .js-plotly-plot").wait_for(timeout=FIRST_LOAD)
        settled(page)
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        found[panel] = barriers(page)
    assert [f"{place}: {barrier}" for place, barriers in found.items() for barrier in barriers] == []


def test_a_phone_shows_the_heads_without_sideways_scroll(heads: Callable[..., Page]) -> None:
    page = heads(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    _assert_no_sideways_scroll(page)
    for figure in (_MAPS, _OPENED):
        box = page.locator(figure).bounding_box()
        assert box is not None
        assert box["width"] > 300


def test_the_point_stands_above_the_fold(heads: Callable[..., Page]) -> None:
    page = heads()
    for figure in (_MAPS, _OPENED):
        box = page.locator(figure).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
