"""A new word is answered before a sentence with it was typed; and words that a model was not trained on are told apart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import state
from tests.app.conftest import Export, plain, shown_text

Open = Callable[..., AppTest]


def _typed(app: AppTest, word: str) -> AppTest:
    return app.text_input(key="editor_word").set_value(word).run()


@pytest.mark.parametrize("page", ["idea", "word"])
def test_a_new_word_keeps_its_static_point_and_is_offered_sentences(
    open_page: Open, exports: dict[str, Export], page: str
) -> None:
    app = open_page(page)
    exports.clear()
    _typed(app, "cold")
    assert not app.error
    assert app.info[0].value.startswith("None of your 12 sentences contains \u201ccold\u201d as a whole word.")
    assert set(exports) == {"static"}
    assert "0 occurrences, 1 point" in exports["static"].figure.data[-1].text[0]
    offered = list(app.dataframe[0].value["sentence"])
    assert offered[0] == "Cold air crept in where the window had lost its seal."
    assert all("cold" in sentence.lower() for sentence in offered)
    app.button(key="offer_Replace sentences").click().run()
    assert app.text_area[0].value.splitlines() == offered
    assert len(exports["fan-layer" if page == "word" else "fan"].figure.data[-1].x) == len(offered)


def test_what_is_offered_can_stand_behind_ones_own(open_page: Open) -> None:
    app = _typed(open_page(), "cold")
    mine = app.text_area[0].value.splitlines()
    offered = list(app.dataframe[0].value["sentence"])
    app.button(key="offer_Append sentences").click().run()
    assert app.text_area[0].value.splitlines() == [*mine, *offered]
    assert "None of your" not in shown_text(app)


def test_a_word_of_the_bank_brings_its_senses(open_page: Open, exports: dict[str, Export]) -> None:
    app = _typed(open_page(), "Crane")
    app.button(key="offer_Replace sentences").click().run()
    drawn = {trace.name for trace in exports["fan"].figure.data if trace.mode == "markers+text"}
    assert drawn == {label for _, label in state.bank_senses("crane", tuple(app.text_area[0].value.splitlines()))}


def test_a_word_that_nobody_knows_is_said_to_be_unknown_and_nothing_is_offered(open_page: Open) -> None:
    text = shown_text(_typed(open_page(), "zxqwvk"))
    assert "has one vector for each word it was trained on" in text
    assert "Neither our sense bank nor the news corpus has a sentence with it." in text


def test_sentences_in_another_language_are_read_with_a_warning_that_has_its_figure(open_page: Open) -> None:
    german = [
        "Der Hund lief schnell \u00fcber die nasse Stra\u00dfe.",
        "Das Programm lief gestern ohne einen Fehler durch.",
    ]
    app = open_page(word="lief", s=german)
    warning = next(plain(w.value) for w in app.warning if "trained on English" in w.value)
    assert "into 1.9 tokens on average" in warning
    assert not any("trained on English" in w.value for w in open_page().warning)
