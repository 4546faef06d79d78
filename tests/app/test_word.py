"""One word, many sentences: every panel, and the code that makes each figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import Export, figures_of, shown_text

Open = Callable[..., AppTest]
PANELS = ("similarity", "layers", "neighbours", "senses")


def _panel(app: AppTest, name: str) -> AppTest:
    next(g for g in app.get("button_group") if g.key == "words_panel").set_value(name).run()
    assert not app.exception, app.exception
    return app


def _made_by(code: str) -> Any:
    """The figure that a reader gets from the exported Python."""
    namespace: dict[str, Any] = {}
    exec(compile(code.replace('figure.write_html("figure.html")', ""), "export.py", "exec"), namespace)
    return namespace["figure"]


def test_one_static_vector_and_twelve_contextual_ones(open_page: Open) -> None:
    app = open_page("word")
    assert [(m.label, m.value) for m in app.metric] == [
        ("Distinct vectors", "1 of 12"),
        ("Distinct vectors at layer 6", "12 of 12"),
    ]


@pytest.mark.parametrize(("picture", "space"), [("pca", False), ("pca", True), ("fan", True), ("tsne", False)])
def test_other_pictures_export_their_own_code(
    open_page: Open, exports: dict[str, Export], picture: str, space: bool
) -> None:
    app = open_page("word")
    exports.clear()
    app.selectbox(key="words_projection").select(picture)
    app.toggle(key="words_in_space").set_value(space)
    app.run()
    assert not app.exception, app.exception
    export = exports["fan-layer" if picture == "fan" else "projection"]
    assert _made_by(export.code).to_json() == export.figure.to_json()
    assert any(trace.type == ("scatter3d" if space else "scatter") for trace in export.figure.data)


def test_the_centred_cosine_exports_its_background(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("word")
    next(g for g in app.get("button_group") if g.key == "words_centred").set_value(True).run()
    export = exports["similarity"]
    assert _made_by(export.code).to_json() == export.figure.to_json()
    raw = _made_by(export.code.replace("centred=True", "centred=False"))
    difference = np.asarray(raw.data[0].z) - np.asarray(export.figure.data[0].z)
    assert difference.max() > 0.01
    assert list(export.table) == ["first", "second", "centred cosine"]


def test_the_layer_moves_the_points_in_the_same_basis(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("word")
    last = exports["fan-layer"].figure
    app.slider(key="layer_picker").set_value(0).run()
    first = exports["fan-layer"].figure
    assert first.frames[6].data[0].x.tolist() == last.frames[6].data[0].x.tolist()
    heads = [next(t for t in f.data if t.mode == "markers+text") for f in (first, last)]
    assert np.ptp(heads[0].x) < 0.3 * np.ptp(heads[1].x)
    assert first.layout.xaxis.range == last.layout.xaxis.range
    assert app.query_params["layer"] == "0"


def test_changing_the_model_shows_its_last_layer(open_page: Open) -> None:
    app = open_page("word")
    app.slider(key="layer_picker").set_value(2).run()
    app.selectbox(key="model_picker").select("smollm2-135m").run()
    assert not app.exception
    assert app.slider(key="layer_picker").value == 30
    assert app.slider(key="layer_picker").max == 30
    assert "layer" not in app.query_params


def test_a_layer_out_of_range_in_the_link_falls_back(open_page: Open) -> None:
    app = open_page("word", word="ran", s=["A dog ran", "A car ran"], layer="99")
    assert app.slider(key="layer_picker").value == 6
    assert "Layer 99 was asked for; this model has layers 0 to 6." in shown_text(app)


def test_static_similarity_is_one_everywhere(open_page: Open, exports: dict[str, Export]) -> None:
    open_page("word")
    assert exports["static-similarity"].table["cosine"].round(12).eq(1.0).all()
    assert exports["similarity"].table["raw cosine"].min() < 0.6


def test_mentions_of_one_sense_stand_side_by_side(open_page: Open, exports: dict[str, Export]) -> None:
    open_page("word")
    labels = exports["similarity"].figure.layout.xaxis.ticktext
    assert labels[:4] == ("1 dog", "4 children", "7 late", "10 stream")


def test_substitutes_are_the_readers_and_ranked_per_sentence(open_page: Open, exports: dict[str, Export]) -> None:
    app = _panel(open_page("word"), "neighbours")
    app.text_input(key="editor_substitutes").set_value("managed, executed , managed,").run()
    figure = exports["substitutes"].figure
    assert list(figure.layout.xaxis.ticktext) == ["managed", "executed"]
    best = np.asarray(figure.data[0].z).argmax(1)
    assert len(set(best.tolist())) == 2  # not the same substitute in every sentence
    assert app.query_params["sub"] == ["managed", "executed"]


def test_senses_of_the_reader_and_of_the_bank(open_page: Open, exports: dict[str, Export]) -> None:
    app = _panel(open_page("word"), "senses")
    assert exports["senses"].table["named_right"].iloc[-1] == pytest.approx(11 / 12)
    bank = exports["bank-senses"].table
    assert bank[bank.layer == 6].right.tolist() == [15, 5, 12]
    said = shown_text(app)
    assert (
        "**tells them apart**] here, at the last layer: **11 of 12 right (62 to 100 %), a guess 33 %; shuffled" in said
    )
    assert "**tells them apart**] here, at the last layer: **15 of 18 right (59 to 96 %), a guess 33 %**." in said
    assert "you look at" not in said
    app.slider(key="layer_picker").set_value(2).run()
    assert "At layer 2, which you look at: " in shown_text(app)


def test_a_case_where_the_vectors_do_not_tell_senses_apart(open_page: Open) -> None:
    app = open_page("word")
    next(b for b in app.button if b.label.startswith("Where it fails")).click().run()
    assert not app.exception
    assert (
        ":gray[**cannot be said to tell them apart**] here, at the last layer: **0 of 4 right (0 to 60 %), a guess 50 %; "
        "shuffled labels have as many in 100 % of cases**."
    ) in shown_text(app)


def test_a_single_mention_says_what_the_panels_need(open_page: Open) -> None:
    app = open_page("word", word="ran", s=["The dog ran quickly"])
    _panel(app, "layers")
    assert "Add a second sentence with the word" in app.error[0].value.replace("\\", "")
    assert len(figures_of(app)) == 2
