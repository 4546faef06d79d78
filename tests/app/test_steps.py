"""Attention, step by step: the sum by hand follows what is typed, and every number of the real head is the model's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import HeadTrace
from ctxcore.charts.attention import TellingHead
from ctxcore.charts.steps import TracedHead
from ctxcore.figures.cells import three
from dashboard import store
from tests.app.conftest import Export, figures_of, plain, shown_text

Open = Callable[..., AppTest]
REAL = ("inputs", "qkv", "scores", "weighted")


def _real(open_page: Open, **query: Any) -> AppTest:
    return open_page("steps", **{"steps.real": "1", **query})


def _field(app: AppTest, name: str) -> Any:
    """A field of the numbers by hand (``words_1``); its key ends with how often it was set otherwise than by typing."""
    if name == "query":
        return app.selectbox(key="hand_query")
    kind = app.text_input if name.startswith("words") else app.number_input
    found = [f for f in kind if f.key and f.key.rpartition("_")[0] == f"hand_{name}"]
    assert len(found) == 1
    return found[0]


def _type(app: AppTest, **values: Any) -> AppTest:
    for name, value in values.items():
        _field(app, name).set_value(value)
    app.run()
    assert not app.exception, app.exception
    return app


def _press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label.startswith(label)).click().run()
    assert not app.exception, app.exception
    return app


def _sums(app: AppTest) -> list[str]:
    """The lines that say what the asking word becomes: as given, and worked out."""
    return [line for line in shown_text(app).split("\n") if line.startswith("New ")]


def _made_by(code: str) -> Any:
    """The figure that a reader gets from the exported Python."""
    namespace: dict[str, Any] = {}
    exec(compile(code.replace('figure.write_html("figure.html")', ""), "export.py", "exec"), namespace)
    return namespace["figure"]


def _chain(app: AppTest) -> list[str]:
    return [m.value for m in app.metric]


def _trace(model: str, sentence: str, layer: int, head: int) -> HeadTrace:
    return store.get(TracedHead(model, sentence, layer, head))


def _expected(trace: HeadTrace, query: int, key: int) -> list[str]:
    weight = float(trace.weights[query, key])
    return [
        three(float(trace.scores[query, key])),
        three(float(trace.scaled[query, key])),
        "not masked" if trace.mask[query, key] else "masked",
        three(weight),
        "< 0.001 %" if 0 < weight < 1e-5 else f"{three(100 * weight)} %",
    ]


def test_the_lesson_is_the_first_thing_seen(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("steps")
    assert (
        _sums(app)[0]
        == "New \u201clove\u201d = 0.3 \u00d7 I + 0.1 \u00d7 love + 0.6 \u00d7 AI = **[0.57, 0.35, 0.66]**"
    )
    assert exports["given"].table.iloc[3].filter(like="weighted").tolist() == pytest.approx([0.57, 0.35, 0.66])
    assert "three different learned projections" in shown_text(app)
    said = {f.label: f.value for f in app.number_input}
    assert [said[f"love, number {i}"] for i in (1, 2, 3)] == [0.6, 0.2, 0.9]
    assert [said[f"weight of {w}"] for w in ("I", "love", "AI")] == [0.3, 0.1, 0.6]
    assert not app.warning
    assert not [b for b in app.button if b.label == "Normalise"]
    assert next(b for b in app.button if b.label.startswith("Back")).disabled
    assert "steps.real" not in app.query_params


def test_the_weights_of_the_vectors_themselves_are_those_worked_by_hand(
    open_page: Open, exports: dict[str, Export]
) -> None:
    app = open_page("steps")
    # love . I = 0.06 + 0.06 + 0.45, love . love = 0.36 + 0.04 + 0.81, love . AI = 0.48 + 0.08 + 0.63
    scores = np.array([0.57, 1.21, 1.19])
    raised = np.exp(scores / 3**0.5)
    weights = raised / raised.sum()
    table = exports["worked-out"].table
    assert table["score"].tolist()[:3] == pytest.approx(scores, abs=1e-6)
    assert table["scaled"].tolist()[:3] == pytest.approx(scores / 3**0.5, abs=1e-6)
    assert table["weight"].tolist() == pytest.approx([*weights, 1], abs=1e-6)
    assert _sums(app)[1].startswith(
        "New \u201clove\u201d = 0.258 \u00d7 I + 0.373 \u00d7 love + 0.369 \u00d7 AI = **[0.545, "
    )


def test_a_typed_weight_changes_the_sum_and_a_wrong_total_is_said(open_page: Open, exports: dict[str, Export]) -> None:
    app = _type(open_page("steps"), weights_2=0.2)
    assert _sums(app)[0].endswith("= **[0.25, 0.19, 0.38]**")  # the picture shows what was typed
    assert exports["given"].table["weight"].tolist() == pytest.approx([0.3, 0.1, 0.2, 0.6])
    assert "The weights sum to 0.6, not to 1" in shown_text(app)
    _press(app, "Normalise")
    assert exports["given"].table["weight"].tolist() == pytest.approx([1 / 2, 1 / 6, 1 / 3, 1])
    assert not app.warning
    assert _field(app, "weights_0").value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("weights", "said"),
    [((0.0, 0.0, 0.0), "give one word a weight above 0"), ((0.7, -0.2, 0.5), "cannot be below 0")],
)
def test_weights_that_cannot_be_shares_are_said_with_what_to_do(
    open_page: Open, weights: tuple[float, ...], said: str
) -> None:
    app = _type(open_page("steps"), **{f"weights_{i}": w for i, w in enumerate(weights)})
    assert said in shown_text(app)
    assert not [b for b in app.button if b.label == "Normalise"]
    assert len(figures_of(app)) == 2


def test_a_typed_vector_changes_every_step(open_page: Open, exports: dict[str, Export]) -> None:
    unit = {
        "vectors_0_0": 1.0,
        "vectors_0_1": 0.0,
        "vectors_0_2": 0.0,
        "vectors_1_0": 0.0,
        "vectors_1_1": 2.0,
        "vectors_1_2": 0.0,
        "vectors_2_0": 0.0,
    }
    app = _type(open_page("steps"), **unit, vectors_2_1=1.0, vectors_2_2=1.0)
    table = exports["worked-out"].table
    assert table["score"].tolist()[:3] == [0, 4, 2]
    raised = np.exp(np.array([0, 4, 2]) / 3**0.5)
    first, second, third = raised / raised.sum()
    assert table["weight"].tolist()[:3] == pytest.approx([first, second, third], abs=1e-6)
    ends = table.iloc[3].filter(like="weighted").tolist()
    assert ends == pytest.approx([first, 2 * second + third, third], abs=1e-6)
    assert _sums(app)[0].endswith("= **[0.3, 0.8, 0.6]**")


def test_another_word_may_ask(open_page: Open, exports: dict[str, Export]) -> None:
    app = _type(open_page("steps"), query=2)
    assert exports["worked-out"].table["score"].tolist()[:3] == pytest.approx([0.55, 1.19, 1.29], abs=1e-6)
    assert all(line.startswith("New \u201cAI\u201d") for line in _sums(app))
    assert "The vector of \u201cAI\u201d is its query" in shown_text(app)


def test_typed_numbers_come_back_with_the_page_and_the_lesson_on_request(open_page: Open) -> None:
    app = _type(open_page("steps"), words_1="adore *it*", vectors_0_0=0.125, weights_0=0.25, query=0)
    before = _sums(app)
    assert "adore *it*" in before[0]
    app.switch_page("views/idea.py").run()
    app.switch_page("views/steps.py").run()
    assert _sums(app) == before
    assert [_field(app, n).value for n in ("words_1", "vectors_0_0", "weights_0", "query")] == [
        "adore *it*",
        0.125,
        0.25,
        0,
    ]
    # A second edit after coming back, and the choice of the other way and back, lose nothing either.
    _type(app, vectors_0_1=0.75)
    app.button_group(key="steps_real").set_value(True).run()
    app.button_group(key="steps_real").set_value(False).run()
    assert [_field(app, n).value for n in ("words_1", "vectors_0_0", "vectors_0_1")] == ["adore *it*", 0.125, 0.75]
    _press(app, "Back to the lesson")
    assert _sums(app)[0].endswith("**[0.57, 0.35, 0.66]**")
    assert _field(app, "words_1").value == "love"
    assert _field(app, "query").value == 1


def test_words_may_be_alike_or_empty(open_page: Open) -> None:
    app = _type(open_page("steps"), words_0="love", words_2=" ")
    assert _field(app, "query").options == ["love", "love (2)", "word 3"]
    assert _sums(app)[0].startswith("New \u201clove\u201d = 0.3 \u00d7 love + 0.1 \u00d7 love + 0.6 \u00d7 word 3")


def test_by_hand_the_exported_python_makes_the_same_figures(open_page: Open, exports: dict[str, Export]) -> None:
    _type(open_page("steps"), words_0="it's", weights_0=0.5, vectors_1_1=-0.333, query=0)
    for name in ("given", "worked-out"):
        assert _made_by(exports[name].code).to_json() == exports[name].figure.to_json(), name


def test_every_number_of_a_real_head_is_the_models(open_page: Open, exports: dict[str, Export]) -> None:
    app = _real(open_page, head="4.1")
    trace = _trace("minilm-l6", "I love AI", 4, 1)
    assert _chain(app) == _expected(trace, 2, 3)
    assert _chain(app)[3] == "0.928"
    assert app.header[0].value == "Layer 4, head 1: \u201clove\u201d gives 92.8 % of its attention to \u201cAI\u201d"
    heat = {t.name: np.asarray(t.z) for name in REAL for t in exports[name].figure.data}
    for name, part in (
        ("x", trace.inputs), ("query q", trace.q), ("key k", trace.k), ("value v", trace.v), ("q \u00b7 k", trace.scores),
        ("scaled", trace.scaled), ("softmax", trace.weights), ("weight \u00d7 v", trace.weights[2][:, None] * trace.v),
        ("output", trace.values[[2]]),
    ):  # fmt: skip
        assert np.array_equal(heat[name], part), name
    said = shown_text(app)
    assert f"own output for this head: **{trace.difference:.1e}**. :green[**Equal up to rounding.**]" in said
    assert "fused kernel" in said
    assert "the output of layer 3" in said
    numbers = [frame.value for frame in app.dataframe]
    assert numbers[1]["q \u00d7 k"].sum() == pytest.approx(float(trace.scores[2, 3]), rel=1e-5)
    assert numbers[2]["weight"].tolist() == trace.weights[2].tolist()
    assert numbers[3]["sum over all"].tolist() == trace.values[2].tolist()


def test_the_exported_python_makes_the_same_figures(open_page: Open, exports: dict[str, Export]) -> None:
    _real(open_page, model="smollm2-135m", focus='He said: "don\'t" love\u2019s $x$', at="2", head="3.1")
    for name in REAL:
        assert _made_by(exports[name].code).to_json() == exports[name].figure.to_json(), name


def test_head_word_model_and_sentence_change_what_is_followed(open_page: Open) -> None:
    app = _real(open_page, head="4.1")
    app.selectbox(key="head_layer").select(2).run()
    app.selectbox(key="head_number").select(8).run()
    assert _chain(app) == _expected(_trace("minilm-l6", "I love AI", 2, 8), 2, 3)
    app.selectbox(key="at_picker").select(2).run()
    assert _chain(app)[0] in [three(float(s)) for s in _trace("minilm-l6", "I love AI", 2, 8).scores[3]]
    app.selectbox(key="model_picker").select("smollm2-135m").run()
    layer, head = store.get(TellingHead("smollm2-135m", "I love AI", 2))
    assert app.header[0].value.startswith(f"Layer {layer}, head {head}: \u201cAI\u201d gives")
    app.text_input(key="editor_focus").set_value("Cats sleep").run()
    assert not app.exception
    assert "\u201cCats\u201d gives" in app.header[0].value


def test_the_decoder_masks_what_follows(open_page: Open) -> None:
    app = _real(open_page, model="smollm2-135m", head="4.1", at="1")
    trace = _trace("smollm2-135m", "I love AI", 4, 1)
    looks = next(s for s in app.selectbox if s.label == "Key token")
    looks.select_index(4).run()  # AI, which stands to the right
    assert _chain(app) == _expected(trace, 2, 3)
    assert _chain(app)[2:] == ["masked", "0", "0 %"]
    said = shown_text(app)
    assert "A decoder masks what follows" in said
    assert "normalised before the projections" in said
    assert "turned by their position" in said


def test_what_is_looked_at_first_is_a_word_and_any_token_may_be_chosen(open_page: Open) -> None:
    app = _real(open_page, model="smollm2-135m", head="19.8")
    trace = _trace("smollm2-135m", "I love AI", 19, 8)
    assert _chain(app) == _expected(trace, 2, 1)  # not the start token, which gets all
    assert "Special tokens take 100 % of the attention of \u201clove\u201d" in shown_text(app)
    next(s for s in app.selectbox if s.label == "Key token").select_index(1).run()
    assert _chain(app) == _expected(trace, 2, 0)
    assert "Special tokens take" not in shown_text(app)
    app.selectbox(key="head_number").select(2).run()  # the choice stays with the word
    assert _chain(app) == _expected(_trace("smollm2-135m", "I love AI", 19, 2), 2, 0)


@pytest.mark.parametrize("model", ["minilm-l6", "smollm2-135m"])
def test_the_head_that_is_opened_first_mixes_words(open_page: Open, model: str) -> None:
    app = _real(open_page, model=model)
    layer, head = (app.selectbox(key=key).value for key in ("head_layer", "head_number"))
    trace = _trace(model, "I love AI", layer, head)
    row = sorted(
        (float(w) for i, w in enumerate(trace.weights[2]) if i != 2 and not trace.tokens[i].special), reverse=True
    )
    assert three(row[0]) == _chain(app)[3]
    assert 0.3 < row[0] < 0.97  # most to another word, and something is left for the rest


def test_the_claims_of_the_try_buttons_are_true(open_page: Open) -> None:
    app = open_page("steps")
    _press(app, "love attends to AI")
    assert app.query_params["steps.real"] == "1"
    assert "\u201clove\u201d gives 92.8 % of its attention to \u201cAI\u201d" in app.header[0].value
    _press(app, "it: who was hungry?")
    assert "\u201cit\u201d gives 49.7 %" in app.header[0].value  # half
    assert app.header[0].value.endswith("\u201ccat\u201d")
    _press(app, "Where it fails")
    assert "Special tokens take 100 % of the attention" in shown_text(app)


def test_a_repeated_word_is_told_apart(open_page: Open) -> None:
    app = _real(open_page, focus="ran and ran and ran", at="2", head="3.3")
    looks = next(s for s in app.selectbox if s.label == "Key token")
    assert [o for o in looks.options[1:] if o.startswith("ran")] == ["ran", "ran (2)", "ran (3)"]
    looks.select_index(6).run()  # [CLS] ran and ran and ran
    assert _chain(app) == _expected(_trace("minilm-l6", "ran and ran and ran", 3, 3), 3, 5)


def test_the_pieces_of_a_word_ask_for_themselves(open_page: Open) -> None:
    sentence = "Unbelievably tokenised"
    app = _real(open_page, focus=sentence, at="1", head="2.2")
    trace = _trace("minilm-l6", sentence, 2, 2)
    pieces = [i for i, t in enumerate(trace.tokens) if t.start >= sentence.index("tokenised") and not t.special]
    piece = next(s for s in app.selectbox if s.label == "Piece")
    assert len(piece.options) == len(pieces) > 1
    assert piece.options[1].startswith("##")
    piece.select_index(1).run()
    assert not app.exception
    key = int(
        np.argmax(
            np.where(
                [i != pieces[1] and not t.special for i, t in enumerate(trace.tokens)], trace.weights[pieces[1]], -1
            )
        )
    )
    assert _chain(app) == _expected(trace, pieces[1], key)


@pytest.mark.parametrize("model", ["minilm-l6", "smollm2-135m"])
def test_one_word_is_a_sentence_too(open_page: Open, model: str) -> None:
    app = _real(open_page, focus="Stop", model=model)
    assert len(figures_of(app)) == 4
    assert "\u201cStop\u201d gives" in app.header[0].value


@pytest.mark.parametrize(
    ("sentence", "said"),
    [("", "sentence"), ("?!", "A sentence needs a word"), ("word " * 790, "tokens")],
)
def test_a_sentence_that_cannot_be_read_leaves_the_page_standing(open_page: Open, sentence: str, said: str) -> None:
    app = _real(open_page, head="4.1")
    app.text_input(key="editor_focus").set_value(sentence).run()
    assert not app.exception
    assert said in plain(app.error[0].value)
    app.text_input(key="editor_focus").set_value("I love AI").run()
    assert not app.error
    assert _chain(app)[3] == "0.928"


def test_a_long_sentence_is_drawn_without_names(open_page: Open, exports: dict[str, Export]) -> None:
    sentence = "The old cat saw a small dog near the big red house. " * 6
    app = _real(open_page, focus=sentence, at="50", head="2.3")
    assert not app.exception
    tokens = len(_trace("minilm-l6", " ".join(sentence.split()), 2, 3).tokens)
    assert tokens > 70
    assert next(t for t in exports["scores"].figure.data if t.name == "softmax").z.shape == (tokens, tokens)
    assert exports["scores"].figure.layout.yaxis.showticklabels is False


@pytest.mark.parametrize(
    "query",
    [
        {"head": "99.99"},
        {"head": "99.0"},
        {"head": "2.12"},
        {"head": "0.0"},
        {"head": "x"},
        {"at": "99"},
        {"at": "-1"},
        {"real": "7"},
        {"focus": "", "at": "3"},
    ],
)
def test_a_link_out_of_range_never_breaks_the_page(open_page: Open, query: dict[str, str]) -> None:
    app = open_page("steps", **{"real": "1", **query})
    assert not app.exception
    assert app.title[0].value == "How does a word take in its sentence?"
    if "head" in query and query["head"] != "x":
        assert "this model has layers 1 to 6 and heads 0 to 11" in shown_text(app)
        assert len(figures_of(app)) == 4


def test_a_model_that_does_not_exist_is_named_and_another_can_be_chosen(open_page: Open) -> None:
    app = _real(open_page, model="no-such-model")
    assert "This link asks for **no-such-model**" in shown_text(app)
    assert app.selectbox(key="model_picker").value == "minilm-l6"  # the embedded one stands in
    assert len(figures_of(app)) == 4
    app.selectbox(key="model_picker").select("smollm2-135m").run()
    assert not app.error
    assert app.query_params["model"] in ("smollm2-135m", ["smollm2-135m"])  # the reader has decided
    assert len(figures_of(app)) == 4


def test_the_link_opens_what_was_seen(open_page: Open) -> None:
    app = _real(open_page, head="4.1")
    app.selectbox(key="at_picker").select(2).run()
    again = open_page("steps", **dict(app.query_params.items()))
    assert again.header[0].value == app.header[0].value
    app.button_group(key="steps_real").set_value(False).run()
    assert "steps.real" not in app.query_params
