"""Links and fields that hold what no reader means: one calm sentence each, the page stands, and nothing is lost unsaid."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.settings import settings
from tests.app.conftest import Export, figures_of, plain, shown_text

Open = Callable[..., AppTest]
MANY = [f"Runner number {i} ran a long way through the rain and the wind." for i in range(300)]


@pytest.mark.parametrize("name", ["~zz/x@5", "x" * 300, "hub:" + "y" * 500])
def test_a_second_model_of_any_name_leaves_every_figure(open_page: Open, name: str) -> None:
    app = open_page("word", word="ran", s=["The dog ran.", "The car ran."], second=name)
    assert not app.error
    assert "is not open here, so nothing is compared" in shown_text(app)
    assert len(figures_of(app)) >= 2
    assert app.selectbox(key="second_picker").value == name


@pytest.mark.parametrize("word", [".", "\u2026", "\u202e", "\u200b"])
def test_what_is_no_word_is_a_calm_note_in_a_link_and_in_the_field(open_page: Open, word: str) -> None:
    app = open_page(word=word, s=["a."])
    assert "A target word is needed." in plain(app.info[0].value)
    assert not app.error
    assert app.text_area[0].value == "a."
    app.text_input[0].set_value("a").run()
    assert not app.info
    assert len(figures_of(app)) == 2
    app.text_input[0].set_value(word).run()
    assert "A target word is needed." in plain(app.info[0].value)
    assert not app.exception


def test_what_a_link_says_in_vain_is_named_until_the_reader_has_seen_it(
    open_page: Open, exports: dict[str, Export]
) -> None:
    app = open_page("heads", word="ran", s=["The dog ran."], focus="ran " * 25_000, n="7", layer="\u00b2")
    said = plain(app.warning[0].value)
    assert "The sentence to look at" in said
    assert "at most 4,000 characters are read, and it has 100,000" in said
    assert "The n-gram size, “7”" in said
    assert len(figures_of(app)) >= 2  # of the sentence that the page begins with
    assert all(len(export.code) < 5000 for export in exports.values())
    app.switch_page("views/idea.py").run()
    assert "at most 4,000 characters are read" in shown_text(app)
    app.button(key="dismiss_notices").click().run()
    assert "at most 4,000 characters are read" not in shown_text(app)


def test_a_sentence_of_a_million_letters_is_not_read_and_stays_in_the_editor(
    open_page: Open, exports: dict[str, Export]
) -> None:
    app = open_page()
    text = "The dog ran.\n" + "ran " * 250_000 + "\nThe car ran."
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert "A sentence is read up to 20,000 characters, so not read: sentence 2 (999,999 characters)." in shown_text(
        app
    )
    assert app.session_state["workspace"].sentences == ("The dog ran.", "The car ran.")
    assert app.text_area[0].value == text
    assert set(exports["fan"].table.sentence) == {"The dog ran.", "The car ran."}


def test_sentences_that_fit_no_link_are_kept_under_a_name(open_page: Open) -> None:
    app = open_page(word="ran", s=["A dog ran."], model="some-model")
    app.text_area[0].set_value("\n".join(MANY)).run()
    assert set(app.query_params) == {"kept"}
    again = open_page("heads", kept=app.query_params["kept"])
    assert again.session_state["workspace"].sentences == tuple(MANY)
    assert "This link asks for **some-model**" in shown_text(again)  # a reload asks again
    assert again.query_params["kept"] == app.query_params["kept"]
    app.text_area[0].set_value("A dog ran home.").run()
    assert "kept" not in app.query_params
    assert again.run().session_state["workspace"].sentences == tuple(MANY)


def test_a_mistyped_setting_of_the_server_is_said_in_place_of_the_page(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.cache_clear()
    with monkeypatch.context() as mistyped:
        mistyped.setenv("CTXCORE_HEAVY", "two")
        app = open_page()
        assert "CTXCORE_HEAVY is a whole number from 1 on. Received: 'two'" in plain(app.error[0].value)
        assert not figures_of(app)
    assert len(figures_of(app.run())) == 4


def test_a_name_that_is_kept_no_longer_is_said_above_the_page(open_page: Open) -> None:
    app = open_page(kept="gone")
    assert "it has them no longer" in plain(app.warning[0].value)
    assert app.query_params == {}
    assert len(figures_of(app)) == 4


def test_long_words_of_another_script_count_as_they_stand_in_an_address(open_page: Open) -> None:
    app = open_page()
    app.text_area[0].set_value("\n".join(f"第{n}个人ran了很远很远的路" for n in range(60))).run()
    assert set(app.query_params) == {"kept"}  # 1,000 characters, and 9 in the address for most of them
