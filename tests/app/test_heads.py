"""Attention heads: every figure's numbers are the model's, every panel draws, and bad input never breaks the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from ctxcore.controls import HeadsControls
from ctxcore.measures import attention as maps
from ctxcore.workspace import to_json
from dashboard import state
from tests.app.conftest import Export, shown_text
from tests.app.test_word import _made_by

Open = Callable[..., AppTest]
SENTENCE = "The cat chased the mouse because it was hungry."
PANELS = ("cards", "moved", "off", "rollout", "two")


def _choose(app: AppTest, key: str, value: Any) -> AppTest:
    next(g for g in app.get("button_group") if g.key == key).set_value(value).run()
    assert not app.exception, app.exception
    return app


def _select(app: AppTest, key: str, value: Any) -> AppTest:
    app.selectbox(key=key).select(value).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def heads(open_page: Open) -> Callable[..., AppTest]:
    def start(**query: Any) -> AppTest:
        return open_page("heads", **query)

    return start


def test_it_opens_on_the_head_that_gives_it_to_cat(heads: Callable[..., AppTest], exports: dict[str, Export]) -> None:
    app = heads()
    assert [h.value for h in app.header] == ["All heads", "Layer 6, head 11"]
    _choose(app, "heads_drawn", "map")
    model = ctxcore.load_model("minilm-l6")
    found = model.attention(SENTENCE, [6], [11])
    expected = maps.merge(found.weights[0, 0], maps.units(found.tokens, found.words))
    np.testing.assert_allclose(exports["head"].figure.data[0].z, expected, atol=1e-6)
    table = exports["head"].table
    row = table[(table["query"] == "it") & (table["key"] == "cat")]
    assert row["share"].item() == pytest.approx(0.52, abs=0.01)
    assert table.groupby("row")["share"].sum().to_numpy() == pytest.approx(1, abs=1e-6)


def test_every_head_is_drawn_with_its_exact_shares_behind(
    heads: Callable[..., AppTest], exports: dict[str, Export], encoder: Any
) -> None:
    heads()
    table = exports["heads"].table
    found = encoder.attention(SENTENCE)
    expected = maps.merge(found.weights, maps.units(found.tokens, found.words))
    assert len(table) == expected.size
    np.testing.assert_allclose(table["share"].to_numpy(), expected.ravel(), atol=1e-7)
    assert table.iloc[-1][["layer", "head", "query", "key"]].tolist() == [6, 11, "[SEP]", "[SEP]"]


@pytest.mark.parametrize("by", ["word", "token"])
def test_rows_read_as_the_characters_they_stand_for(
    heads: Callable[..., AppTest], exports: dict[str, Export], by: str
) -> None:
    app = heads(model="smollm2-135m", focus="He said \u201cran\u201d \u2014 5 \u20ac", head="2.2")
    if by == "token":
        _choose(app, "heads_rows", "token")
    _choose(app, "heads_drawn", "map")
    expected = ["<|endoftext|>", "He", "said", "\u201c", "ran", "\u201d", "\u2014", "\u2423", "5", "\u20ac"]
    assert list(exports["head"].figure.layout.yaxis.ticktext) == ["&lt;|endoftext|&gt;", *expected[1:]]
    assert exports["head"].table["query"].drop_duplicates().tolist() == expected
    assert _made_by(exports["head"].code).to_json() == exports["head"].figure.to_json()


def test_hidden_special_tokens_are_said_and_the_rest_is_scaled_up(
    heads: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = heads()
    _choose(app, "heads_drawn", "map")
    app.toggle(key="heads_special").set_value(False).run()
    table = exports["head"].table
    assert "[CLS]" not in set(table["query"])
    assert table.groupby("row")["share"].sum().to_numpy() == pytest.approx(1, abs=1e-6)
    assert "Special tokens are hidden: they take " in shown_text(app)
    _choose(app, "heads_rows", "token")
    assert set(exports["head"].table["query"]) >= {"cat", "hungry", "."}


def test_the_controls_open_another_head_and_the_link_carries_it(heads: Callable[..., AppTest]) -> None:
    app = heads()
    _select(app, "head_layer", 2)
    _select(app, "head_number", 3)
    assert app.header[1].value == "Layer 2, head 3"
    assert app.query_params["head"] == "2.3"
    _select(app, "model_picker", "smollm2-135m")
    assert app.header[1].value == "Layer 4, head 8"  # the other model's head does not stay open
    assert "head" not in app.query_params


def test_a_card_opens_its_head(heads: Callable[..., AppTest]) -> None:
    app = heads(focus="Old maps hide what new roads show.")
    card = next(b for b in app.button if (b.key or "").startswith("open_previous_"))
    assert card.label == "Layer 1, head 2"
    card.click().run()
    assert app.header[1].value == "Layer 1, head 2"
    assert app.query_params["head"] == "1.2"


def test_the_exported_python_makes_the_same_figures_of_a_decoder(
    heads: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = heads(focus="I love AI", at="1", model="smollm2-135m")
    _choose(app, "heads_panel", "moved")
    assert len(exports) >= 3
    for name, export in exports.items():
        assert _made_by(export.code).to_json() == export.figure.to_json(), name
        assert len(export.table) > 0


def test_which_words_moved_it_and_whether_attention_says_so(
    heads: Callable[..., AppTest], exports: dict[str, Export], encoder: Any
) -> None:
    app = _choose(heads(), "heads_panel", "moved")
    words = ctxcore.words_of(SENTENCE)
    found = ctxcore.influence(encoder, SENTENCE, words[6])
    table = exports["influence"].table
    assert table["word"].tolist() == [w.text for i, w in enumerate(words) if i != 6]
    np.testing.assert_allclose(table["blocked"], found.shifts["blocked"][:, 6], atol=1e-6)
    np.testing.assert_allclose(table["zeroed"], found.shifts["zeroed"][:, 6], atol=1e-6)
    np.testing.assert_allclose(table["weighted"], found.weighted[:, 6], atol=1e-6)
    one = maps.agreement(found, 6)["weighted"]["blocked"]
    assert one is not None
    assert f"{one.rho:+.2f}" in shown_text(app)
    assert ("ranks the words alike" in shown_text(app)) == any(
        a is not None and a.chance <= 0.05 for a in (one, maps.agreement(found, 6)["attention"]["blocked"])
    )
    app.text_input(key="editor_heads_neutral").set_value("thing").run()
    assert not app.exception
    assert (exports["influence"].table["replaced"] - table["replaced"]).abs().max() > 1e-3


def test_all_views_are_weighted_by_what_attention_moves(
    heads: Callable[..., AppTest], exports: dict[str, Export], encoder: Any
) -> None:
    app = heads()
    for key, value in {"heads_weighted": True, "heads_rows": "token", "heads_drawn": "map"}.items():
        _choose(app, key, value)
    weighted = ctxcore.weighted_attention(encoder, SENTENCE)
    shares = ctxcore.moved_shares(weighted).weights
    assert shares[5, 11].ravel() == pytest.approx(exports["head"].table["share"].to_numpy(), abs=1e-6)
    small = exports["heads"].table["share"].to_numpy()
    np.testing.assert_allclose(small.reshape(shares.shape), shares, atol=1e-6)
    special = exports["head-scores"].table["special"].to_numpy()
    attended = ctxcore.measures.attention.head_scores(weighted).shares["special"]
    assert special.mean() < attended.mean() / 2
    assert f"{attended.mean():.0%} of the attention here and {special.mean():.0%} of what it moves" in shown_text(app)


def test_heads_that_are_off_stand_beside_random_ones(
    heads: Callable[..., AppTest], exports: dict[str, Export], encoder: Any
) -> None:
    _choose(heads(), "heads_panel", "off")
    table = exports["heads-off"].table
    assert len(table) == 21
    assert table["ablated_heads"][0] == "6.11"
    alone = ctxcore.head_shifts(encoder, SENTENCE, ctxcore.words_of(SENTENCE)[6], [[(6, 11)]])
    assert table["shift"][0] == pytest.approx(float(alone.shift[0, -1]), abs=1e-6)
    every = exports["each-head-off"].table
    assert len(every) == 72
    same = every[(every["layer"] == 6) & (every["head"] == 11)]["shift"].item()
    assert same == pytest.approx(float(alone.shift[0, -1]), abs=1e-6)


def test_two_sentences_are_laid_on_each_other_at_the_word(
    heads: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    _choose(heads(), "heads_panel", "two")
    figure = exports["difference"].figure
    names = list(figure.layout.yaxis.ticktext)
    assert names[7] == "it / it"
    assert names[-3] == "hungry / slow"
    first, second = (exports[f"head-{key}"].table["share"].to_numpy() for key in ("first", "second"))
    np.testing.assert_allclose(np.asarray(figure.data[0].z).ravel(), first - second, atol=1e-6)


def test_the_first_word_of_a_decoder_has_nothing_that_could_move_it(heads: Callable[..., AppTest]) -> None:
    app = _choose(heads(focus="I love AI", at="0", model="smollm2-135m"), "heads_panel", "moved")
    assert "a decoder sees only the left: no word can move it" in shown_text(app)


def test_a_sentence_of_ones_own_is_looked_at_from_its_content_word_through_the_open_head(
    heads: Callable[..., AppTest],
) -> None:
    app = heads(head="2.5")
    for sentence, word in (
        ("the tired man walked the old dog in the rain", "tired"),  # no target: its first content word
        ("Nobody knows why the horse ran away", "ran"),  # the target word of the workspace
    ):
        app.text_input(key="editor_focus").set_value(sentence).run()
        assert app.selectbox(key="at_picker").format_func(app.selectbox(key="at_picker").value) == word
        assert "Layer 2, head 5" in [h.value for h in app.header]


def test_the_head_that_is_open_stays_open_though_it_was_not_chosen(heads: Callable[..., AppTest]) -> None:
    app = heads()
    app.text_input(key="editor_focus").set_value("Old friends meet again in the small town.").run()
    assert "Layer 6, head 11" in [h.value for h in app.header]


def test_a_repeated_word_is_chosen_by_its_number(heads: Callable[..., AppTest]) -> None:
    app = heads(focus="the dog saw the cat", at="3")
    options = app.selectbox(key="at_picker").options
    assert options == ["the (1 of 2)", "dog", "saw", "the (2 of 2)", "cat"]
    assert app.selectbox(key="at_picker").value == 3


@pytest.mark.parametrize("model", ["minilm-l6", "smollm2-135m"])
def test_a_sentence_of_one_word_breaks_no_panel(heads: Callable[..., AppTest], model: str) -> None:
    app = heads(focus="Hello", model=model)
    for panel in PANELS:
        _choose(app, "heads_panel", panel)
        if panel == "moved":
            assert "Other words must stand beside the target" in shown_text(app) + str([e.value for e in app.error])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"focus": ""}, "At least one sentence is needed"),
        ({"focus": "?!"}, "A sentence needs a word"),
        ({"focus": "word " * 600}, "at most"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_field_stays(
    heads: Callable[..., AppTest], query: dict[str, str], said: str
) -> None:
    app = heads(**query)
    assert said.casefold() in shown_text(app).casefold()
    assert app.text_input(key="editor_focus").value == query["focus"].strip()


@pytest.mark.parametrize("head", ["99.3", "2.77", "0.0", "-1.2", "x.y", "3"])
def test_a_head_out_of_range_in_the_link_falls_back(heads: Callable[..., AppTest], head: str) -> None:
    app = heads(head=head, at="99")
    assert app.header[1].value.startswith("Layer ")
    if head in ("99.3", "2.77", "0.0"):
        assert "was asked for; this model has layers 1 to 6 and heads 0 to 11" in shown_text(app)


def test_the_readers_sentence_goes_along_to_the_other_attention_page(open_page: Open) -> None:
    app = open_page("heads")
    app.text_input(key="editor_focus").set_value("My own  sentence here").run()
    assert app.query_params["focus"] == "My own sentence here"
    app.switch_page("views/steps.py").run()
    app.switch_page("views/heads.py").run()
    assert app.text_input(key="editor_focus").value == "My own  sentence here"


def test_a_long_sentence_is_drawn_reduced_and_says_so(
    heads: Callable[..., AppTest], exports: dict[str, Export]
) -> None:
    app = heads(focus="word and " * 60)
    assert not app.exception
    assert "Drawn reduced: 122 rows and columns in 64" in shown_text(app)
    assert len(exports["heads"].table) == 72 * 64 * 64


PANEL_CONTROLS = {
    "cards": ({"heads_pattern": "entropy"}, "head-scores"),
    "moved": ({"editor_heads_neutral": "thing", "heads_layer": 3}, "influence"),
    "off": ({"heads_off": [(1, 2), (2, 3)], "heads_next_word": True}, "each-head-off"),
    "rollout": ({"heads_residual": 0.35}, "rollout"),
    "two": ({"heads_other": "The cat chased the mouse because it was slow.", "heads_other_at": 1}, "difference"),
}
"""Controls of each panel, and a figure that shows them."""


@pytest.mark.parametrize("panel", PANEL_CONTROLS)
def test_a_link_carries_every_control_to_the_same_figures(
    heads: Callable[..., AppTest], exports: dict[str, Export], panel: str
) -> None:
    chosen, figure = PANEL_CONTROLS[panel]
    app = heads(focus="It ran", model="smollm2-135m" if panel == "off" else "minilm-l6")
    before = exports["head"].figure
    for key, value in {"heads_rows": "token", "heads_drawn": "map", "heads_panel": panel}.items():
        _choose(app, key, value)
    app.toggle(key="heads_special").set_value(False).run()
    for key, value in chosen.items():
        kinds = ("button_group", "slider", "selectbox", "multiselect", "text_input")
        control = next(w for kind in kinds for w in app.get(kind) if w.key == key)
        control.set_value(value).run()
        assert not app.exception, app.exception
    shown = ("heads", "head", figure)
    first = {name: (exports[name].figure.to_json(), exports[name].code) for name in shown}
    assert first["head"][0] != before.to_json()
    exports.clear()
    again = heads(**{key: app.query_params[key] for key in app.query_params})
    assert {name: (exports[name].figure.to_json(), exports[name].code) for name in shown} == first
    assert again.query_params == app.query_params


def test_a_text_control_on_screen_shows_what_an_opened_file_says(heads: Callable[..., AppTest]) -> None:
    app = _choose(heads(focus="It ran and ran"), "heads_panel", "moved")
    app.text_input(key="editor_heads_neutral").set_value("thing").run()
    given = state.labelled("ran", {"It ran": "x"}, heads=HeadsControls(panel="moved", neutral="stone"))
    app.toggle(key="everything").set_value(True).run()
    uploader = next(u for u in app.get("file_uploader") if u.key == "workspace_file")
    uploader.set_value([("mine.json", to_json(given), "application/json")]).run()
    app.button(key="open_it").click().run()
    assert not app.exception, app.exception
    assert app.text_input(key="editor_heads_neutral").value == "stone"
