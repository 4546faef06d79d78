"""Two models at once: the page's figure a second time, each titled with its model, and nothing computed while it is off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import ContextualModel
from dashboard import cache
from tests.app.conftest import Export, figures_of, shown_text
from tests.app.test_word import _made_by

Open = Callable[..., AppTest]
ENCODER, DECODER = "minilm-l6", "smollm2-135m"
TITLES = {ENCODER: "MiniLM-L6 (encoder)", DECODER: "SmolLM2-135M (decoder)"}
PAIRS = {
    "idea": ("fan", "fan-beside"),
    "word": ("fan-layer", "fan-layer-beside"),
    "heads": ("heads", "heads-beside", "head", "head-beside"),
    "steps": ("scores", "scores-beside"),
}


@pytest.mark.parametrize("page", PAIRS)
def test_both_models_draw_and_each_figure_names_its_own(open_page: Open, exports: dict[str, Export], page: str) -> None:
    app = open_page(page, second=DECODER)
    if page == "steps":
        app.button_group(key="steps_real").set_value(True).run()
    assert app.selectbox(key="second_picker").value == DECODER
    for name in PAIRS[page]:
        export = exports[name]
        asked = DECODER if name.endswith("beside") else ENCODER
        assert export.figure.layout.title.text == TITLES[asked]
        assert f"load_model('{asked}')" in export.code or f"model='{asked}'" in export.code
        assert _made_by(export.code).to_json() == export.figure.to_json(), name


@pytest.mark.parametrize("page", [*PAIRS, "next", "unseen"])
def test_off_nothing_is_drawn_or_computed_with_another(
    open_page: Open, exports: dict[str, Export], page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = cache.model
    monkeypatch.setattr(cache, "model", lambda name: asked.append(name) or real(name))
    app = open_page(page, word="ran", s=["The dog ran far", "The cat ran up"], focus="The cat ran up a tree.")
    if page == "steps":
        app.button_group(key="steps_real").set_value(True).run()
    assert app.selectbox(key="second_picker").value is None
    assert app.selectbox(key="second_picker").proto.placeholder == "none"
    assert not [name for name in exports if name.endswith("beside")]
    assert all(export.figure.layout.title.text in ("", None) for export in exports.values())
    if page in ("word", "heads", "steps"):
        assert DECODER not in asked


def test_the_decoder_is_blind_to_what_follows_and_the_encoder_is_not(
    open_page: Open, exports: dict[str, Export], encoder: ContextualModel
) -> None:
    app = open_page("word")
    next(b for b in app.button if b.label == "Encoder beside decoder").click().run()
    assert not app.exception
    assert [(m.label, m.value) for m in app.metric] == [
        ("Distinct vectors", "1 of 3"),
        ("Distinct vectors at layer 6", "3 of 3"),
    ]
    assert "**, as deep, at layer 30 of 30: **1** distinct vector." in shown_text(app)
    ours, theirs = exports["fan-layer"].table, exports["fan-layer-beside"].table
    assert np.ptp(ours[ours.layer == 6].x) > 0.5
    assert np.ptp(theirs[theirs.layer == 30].x) < 1e-3
    assert app.query_params["second"] == DECODER
    again = open_page("word", **{k: app.query_params[k] for k in app.query_params})
    assert len(figures_of(again)) == len(figures_of(app))


def test_other_pictures_and_layers_are_drawn_twice(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("word", second=DECODER)
    app.selectbox(key="words_projection").select("pca").run()
    app.slider(key="layer_picker").set_value(3).run()
    assert not app.exception
    assert "as deep, at layer 15 of 30" in shown_text(app)
    for name, layer in (("projection", 3), ("projection-beside", 15)):
        assert f"layer={layer}," in exports[name].code
        assert _made_by(exports[name].code).to_json() == exports[name].figure.to_json()


def test_the_first_page_says_the_second_models_cosine(open_page: Open, decoder: ContextualModel) -> None:
    from ctxcore.measures.geometry import cosine

    found = decoder.occurrences("ran", ["The dog ran quickly", "The program ran successfully"]).vectors[:, -1]
    app = open_page("idea", second=DECODER)
    assert f"at the last, 30 ({cosine(*found):.2f})" in shown_text(app)


def test_a_model_that_predicts_no_next_word_is_said_so(open_page: Open, exports: dict[str, Export]) -> None:
    text = shown_text(open_page("next", model=DECODER, second=ENCODER))
    assert "MiniLM-L6 (encoder) reads both sides of a word, so it predicts no next word: nothing is compared." in text
    assert exports["ladder"].figure.layout.title.text == TITLES[DECODER]
    assert "ladder-beside" not in exports
    text = shown_text(open_page("next", second=DECODER))  # the encoder's place is the decoder's already
    assert "SmolLM2-135M (decoder) stands here already: choose another to compare it with." in text


@pytest.mark.parametrize(("page", "figure"), [("next", "ladder"), ("unseen", "word-by-word")])
def test_two_decoders_stand_beside_each_other(
    open_page: Open, exports: dict[str, Export], monkeypatch: pytest.MonkeyPatch, page: str, figure: str
) -> None:
    """A second decoder is stood for by the embedded one under another name."""
    from dashboard import opening, widgets

    real = cache.model
    monkeypatch.setattr(cache, "model", lambda name: real(DECODER if name == "twin" else name))
    monkeypatch.setattr(opening, "opened_by_reader", lambda kind: ("twin",) if kind == "model" else ())
    monkeypatch.setattr(widgets.fields, "static_picker", lambda: None)
    open_page(page, model=DECODER, second="twin")
    first, second = exports[figure], exports[f"{figure}-beside"]
    assert (first.figure.layout.title.text, second.figure.layout.title.text) == (TITLES[DECODER], "twin")
    assert second.table.equals(first.table)
    assert "model='twin'" in second.code


def test_a_link_opens_no_second_model(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("word", word="ran", s=["A dog ran", "A car ran"], second="~/some-folder")
    assert "some-folder is not open here, so nothing is compared" in shown_text(app)
    assert cache.jobs().find("model", "~/some-folder") is None
    assert "fan-layer-beside" not in exports
    assert app.query_params["second"] == "~/some-folder"
    app.selectbox(key="second_picker").select(None).run()
    assert "second" not in app.query_params
    assert not app.exception
