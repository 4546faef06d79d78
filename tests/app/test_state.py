"""The workspace: what the URL carries comes back, and what was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

import ctxcore
from dashboard import cache
from tests.app.conftest import Export, figures_of, plain, shown_text

Open = Callable[..., AppTest]
LINES = ["A seal swam by.", "The seal on the jar broke; a second seal held.", "No such animal."]


def test_the_default_needs_no_address(open_page: Open) -> None:
    assert open_page().query_params == {}


def test_the_address_carries_sentences_word_senses_and_left_out_mentions(
    open_page: Open, exports: dict[str, Export]
) -> None:
    query = {"word": "seal", "s": LINES, "sense": ["animal", "closure", ""], "out": ["2"], "model": "minilm-l6"}
    app = open_page(**query)
    assert app.text_area[0].value == "\n".join(LINES)
    table = exports["fan"].table
    assert table[table.layer == 6][["sentence", "start", "sense"]].to_numpy().tolist() == [
        [LINES[0], 2, "animal"],
        [LINES[1], 4, "closure"],
    ]
    assert app.query_params["s"] == LINES
    assert app.query_params["sense"] == ["animal", "closure", ""]
    assert app.query_params["out"] == "2"


def test_an_edited_workspace_reaches_the_address_and_a_second_visitor(open_page: Open) -> None:
    app = open_page()
    app.text_area[0].set_value("\n".join(LINES)).run()
    app.text_input[0].set_value("seal").run()
    again = open_page(**dict(app.query_params.items()))
    assert again.text_area[0].value == "\n".join(LINES)
    assert again.text_input[0].value == "seal"
    assert figures_of(again) == figures_of(app)


def test_labels_follow_their_sentence_when_lines_move(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page(word="seal", s=LINES[:2], sense=["animal", "closure", "closure"])
    app.text_area[0].set_value("\n".join([LINES[1], "A new seal came.", LINES[0]])).run()
    table = exports["fan"].table
    senses = dict(table[["sentence", "sense"]].drop_duplicates().to_numpy().tolist())
    assert senses == {LINES[1]: "closure", "A new seal came.": "", LINES[0]: "animal"}


def test_the_workspace_is_the_same_on_every_page(open_page: Open) -> None:
    app = open_page()
    app.text_area[0].set_value("\n".join(LINES)).run()
    app.text_input[0].set_value("seal").run()
    app.switch_page("views/word.py").run()
    assert app.text_area[0].value == "\n".join(LINES)
    assert app.text_input[0].value == "seal"
    assert app.metric[0].label == "Distinct vectors"
    app.switch_page("views/idea.py").run()
    assert app.text_area[0].value == "\n".join(LINES)
    assert app.text_input[0].value == "seal"


def test_a_link_that_does_not_parse_never_stops_the_page(open_page: Open) -> None:
    app = open_page(word="ran", s=["A dog ran"], out=["x", "-1", "99"], sense=["a", "b", "c", "d"], layer="\u00b2")
    assert len(figures_of(app)) == 2


def test_a_model_of_the_link_that_does_not_exist_is_named(open_page: Open) -> None:
    job = cache.model("no-such-model")
    with pytest.raises(ctxcore.ModelError):
        job.wait()
    cache.forget(job)
    app = open_page(word="ran", s=["A dog ran"], model="no-such-model")
    assert "This link asks for **no-such-model**" in shown_text(app)
    assert not app.error  # the embedded one stands in
    assert app.text_area[0].value == "A dog ran"


def test_too_many_sentences_for_a_link_are_said_so(open_page: Open) -> None:
    app = open_page()
    many = "\n".join(f"Runner number {i} ran a long way through the rain and the wind." for i in range(150))
    app.text_area[0].set_value(many).run()
    assert "too many for a link" in shown_text(app)
    assert "s" not in app.query_params


def test_examples_replace_the_workspace(open_page: Open) -> None:
    app = open_page()
    next(b for b in app.button if b.key == "example_bank").click().run()
    assert app.text_input[0].value == "bank"
    assert len(app.text_area[0].value.splitlines()) == 12


def test_an_example_is_looked_at_as_before_and_its_own_word_is_read(open_page: Open) -> None:
    looks = {"words.panel": "senses", "words.projection": "pca"}
    query = {"word": "ran", "s": ["A dog ran", "A car ran"], "layer": "3", "pair": "1.0", "bank": "spring", **looks}
    app = open_page("word", **query)
    assert app.selectbox(key="bank_picker").value == "spring"
    assert app.slider(key="layer_picker").value == 3
    app.button(key="example_bank").click().run()
    assert {key: app.query_params.get(key) for key in query if key not in ("word", "s")} == {
        "layer": None, "pair": None, "bank": None, **looks,
    }  # fmt: skip
    assert app.selectbox(key="bank_picker").value == "bank"
    app.selectbox(key="bank_picker").select("light").run()
    app.text_input[0].set_value("spring").run()
    assert "bank" not in app.query_params


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"word": "ran", "s": [" "]}, "At least one sentence is needed."),
        ({"word": "", "s": ["A dog ran"]}, "A target word is needed."),
        (
            {"word": "swam", "s": ["A dog ran", "orange"]},
            "None of your 2 sentences contains \u201cswam\u201d as a whole word",
        ),
        ({"word": "ran", "s": ["An orange"]}, "There it is only a part of \u201corange\u201d."),
        ({"word": "ran", "s": ["A dog ran"], "out": ["0"]}, "At least one occurrence must be drawn."),
    ],
)
def test_bad_input_says_the_rule_and_keeps_what_was_typed(open_page: Open, query: dict[str, object], says: str) -> None:
    app = open_page(**query)
    assert says in plain((app.error or app.info)[0].value)
    assert app.text_input[0].value == query["word"]
    app.text_input[0].set_value("ran").run()
    app.text_area[0].set_value("The dog ran home\nThe car ran well").run()
    assert not app.error
    assert len(figures_of(app)) == 4


def test_a_word_without_a_static_vector_keeps_the_contextual_picture(
    open_page: Open, exports: dict[str, Export]
) -> None:
    app = open_page(word="qickly", s=["He ran qickly", "She left qickly"])
    assert "Close spellings it knows: quickly" in plain(app.error[0].value)
    assert "fan" in exports
    assert "static" not in exports


def test_sentences_that_cannot_be_drawn_are_named(open_page: Open, exports: dict[str, Export]) -> None:
    long = "ran " + "very " * 600 + "far"
    app = open_page("word", word="ran", s=["A dog ran", "A cat sat", long, "A car ran"])
    notices = plain(app.warning[0].value)
    assert "not drawn: sentence 2" in notices
    assert "Longer than the 512 tokens this model reads, so not drawn and not cut: sentence 3 (604 tokens)" in notices
    assert set(exports["fan-layer"].table.sentence) == {"A dog ran", "A car ran"}


def test_scripts_symbols_and_split_words_are_read(open_page: Open, exports: dict[str, Export]) -> None:
    for word, sentences in {
        "银行": ["我去银行取钱", "银行在河边"],
        "🙂": ["I like 🙂 a lot", "🙂 is a face"],
        "שלום": ["אמרתי שלום", "שלום לכם"],
        "cafe\u0301": ["Le café ferme", "Un cafe\u0301 noir"],
        "antidisestablishmentarianism": [
            "They sang of antidisestablishmentarianism",
            "antidisestablishmentarianism won",
        ],
    }.items():
        app = open_page(word=word, s=sentences)
        assert set(exports["fan"].table.sentence) == set(sentences), word
        assert not app.exception


HOSTILE = ["<img src=x onerror=alert(1)> ran", "$x$ ran", ":red[x] ran", "![i](http://x) ran", "%{x} ran", "=1+1 ran"]


def test_typed_markup_is_shown_and_never_read(open_page: Open, exports: dict[str, Export]) -> None:
    app = open_page("word", word="ran", s=HOSTILE, sense=[s.removesuffix(" ran") for s in HOSTILE])
    text = str(figures_of(app))
    assert "<img" not in text
    assert "%{x} ran" not in text
    assert exports["fan-layer"].table.sentence.unique().tolist() == HOSTILE
    typed = open_page(word="![i](http://x) :red[y]", s=["plain"])
    assert "\\!\\[i\\]\\(http\\:\\/\\/x\\)" in typed.error[0].value


def test_substitutes_of_the_bank_go_with_the_word_and_own_ones_stay(open_page: Open) -> None:
    app = open_page()
    app.text_area[0].set_value("\n".join(LINES)).run()
    app.text_input[0].set_value("seal").run()
    assert "sprinted" not in app.query_params.get("sub", [])
    own = open_page(word="ran", s=["The dog ran home"], sub=["dashed"])
    own.text_input[0].set_value("dog").run()
    assert own.query_params["sub"] == "dashed"
