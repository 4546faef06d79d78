"""One word, many sentences: every panel draws, and the layer, the picture and the third dimension change what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from .driving import FAN, FIRST_LOAD, choose_panel, heads, settled, traces, wait_for_plots

pytestmark = pytest.mark.browser

_PROJECTION = ".st-key-projection .js-plotly-plot"
_SIMILARITY = ".st-key-similarity .js-plotly-plot"
_SUBSTITUTES = ".st-key-substitutes .js-plotly-plot"


@pytest.fixture
def word(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    def make() -> Page:
        page = open_page()
        page.goto(f"{url}/word")
        page.locator(_SIMILARITY).wait_for(timeout=FIRST_LOAD)
        wait_for_plots(page)
        return page

    return make


def test_every_panel_draws_its_measures(word: Callable[..., Page]) -> None:
    page = word()
    assert page.get_by_test_id("stMetricValue").all_inner_texts() == ["1 of 12", "12 of 12"]

    static, contextual = _matrix(page, "static-similarity"), _matrix(page, "similarity")
    assert static == pytest.approx(np.ones((12, 12)), abs=1e-6)
    assert contextual.shape == (12, 12)
    assert contextual == pytest.approx(contextual.T, abs=1e-6)
    assert np.diag(contextual) == pytest.approx(np.ones(12), abs=1e-6)
    assert contextual.min() < 0.75
    # Mentions of one sense stand side by side and are nearer to each other than to the rest.
    apart, same = ~np.eye(12, dtype=bool), np.kron(np.eye(3, dtype=bool), np.ones((4, 4), bool))
    assert contextual[apart & same].mean() > contextual[apart & ~same].mean() + 0.05
    page.get_by_role("radio", name="centred").click()
    page.wait_for_function(
        "([f, old]) => look.traces(f)[0]?.z[0][1] < old", arg=[_SIMILARITY, contextual[0, 1]], timeout=FIRST_LOAD
    )
    settled(page)
    assert (_matrix(page, "similarity") < contextual - 1e-4)[apart].all()  # less of what all words share
    expect(
        page.get_by_text("the mean over all words of a fixed sample of our sense bank is subtracted")
    ).to_be_visible()

    choose_panel(page, "By layer", "self-similarity")
    lines = {t["name"]: t for t in traces(page, ".st-key-self-similarity .js-plotly-plot")}
    assert {len(t["x"]) for t in lines.values()} == {7}
    assert set(lines["static vector"]["y"]) == {1}
    own = lines["“ran” in these sentences"]["y"]
    assert own[0] == pytest.approx(1, abs=0.05)
    assert own[6] == pytest.approx(contextual[apart].mean(), abs=1e-4)

    choose_panel(page, "Neighbours and substitutes", "substitutes")
    bars = traces(page, ".st-key-neighbours .js-plotly-plot")[0]
    assert len(bars["x"]) == 10
    assert _matrix(page, "substitutes").shape == (12, 6)
    field = page.get_by_role("textbox", name="Substitutes, separated by commas")
    assert field.input_value() == "sprinted, hurried, executed, operated, managed, governed"
    field.fill("sprinted, led")
    field.press("Enter")
    page.wait_for_function("f => look.traces(f)[0]?.z[0].length === 2", arg=_SUBSTITUTES)
    settled(page)
    expect(page.get_by_role("figure", name="How near each substitute comes")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["sub"] == ["sprinted", "led"]

    choose_panel(page, "Senses", "bank-senses")
    expect(page.locator(".st-key-senses .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("The contextual vector tells them apart here")).to_have_count(2)
    told = page.get_by_test_id("stDataFrame").locator("[role=row]")
    expect(told).to_have_count(13)
    assert told.nth(1).locator("[role=gridcell]").all_text_contents()[:2] == ["The dog ran quickly", "moved along"]


def test_the_layer_is_chosen_by_keyboard(word: Callable[..., Page]) -> None:
    page = word()
    last = _matrix(page, "similarity")
    slider = page.locator(".st-key-layer_picker").get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("([f, old]) => (look.traces(f)[0]?.z[0][1] ?? old) !== old", arg=[_SIMILARITY, last[0, 1]])
    settled(page)
    assert slider.input_value() == "5"
    fifth = _matrix(page, "similarity")
    assert np.abs(fifth - last).max() > 0.01
    expect(page.get_by_text("Layer 5; raw cosine.")).to_be_visible()
    assert page.locator(".st-key-fan-layer .slider-label").first.text_content() == "layer 5"
    assert parse_qs(urlsplit(page.url).query)["layer"] == ["5"]

    page.keyboard.press("Home")
    page.wait_for_function("([f, old]) => (look.traces(f)[0]?.z[0][1] ?? old) !== old", arg=[_SIMILARITY, fifth[0, 1]])
    settled(page)
    assert slider.input_value() == "0"
    assert _matrix(page, "similarity").min() > 0.9  # at the word embedding all mentions are nearly one

    page.reload()
    page.locator(_SIMILARITY).wait_for(timeout=FIRST_LOAD)
    settled(page)
    assert page.locator(".st-key-layer_picker").get_by_role("slider").input_value() == "0"


def test_pictures_in_the_plane_and_in_space(word: Callable[..., Page]) -> None:
    page = word()
    _picture(page, "PCA of one layer")
    page.locator(_PROJECTION).wait_for()
    settled(page)
    pca = heads(page, _PROJECTION)
    assert {n: len(p) for n, p in pca.items()} == {"moved along": 4, "executed": 4, "managed": 4}
    expect(page.get_by_text("PCA of layer 6 (unit vectors)")).to_be_visible()

    _picture(page, "t-SNE")
    page.wait_for_function("([f, old]) => look.heads(f)[0]?.x[0] !== old", arg=[_PROJECTION, pca["moved along"][0][0]])
    settled(page)
    tsne = heads(page, _PROJECTION)
    assert {n: len(p) for n, p in tsne.items()} == {n: len(p) for n, p in pca.items()}
    expect(page.get_by_text("t-SNE of layer 6, cosine distances")).to_be_visible()

    _picture(page, "Fan (PCA of the last layer)")
    page.locator(FAN).wait_for()
    settled(page)
    page.get_by_text("3-D", exact=True).click()
    page.wait_for_function("f => look.heads(f)[0]?.type === 'scatter3d'", arg=FAN)
    settled(page)
    drawn = traces(page, FAN)
    assert {t["type"] for t in drawn} == {"scatter3d"}
    in_space = [t for t in drawn if t["mode"] == "markers+text"]
    assert [len(t["z"]) for t in in_space] == [4, 4, 4]
    assert np.ptp(np.concatenate([t["z"] for t in in_space])) > 0.05
    assert page.locator(f"{FAN} canvas").count() >= 1


def _picture(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Projection").click()
    page.get_by_role("option", name=name, exact=True).click()


def _matrix(page: Page, figure: str) -> np.ndarray:
    return np.array(traces(page, f".st-key-{figure} .js-plotly-plot")[0]["z"], float)
