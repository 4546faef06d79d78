"""Text that enters the dashboard is read by one rule, wherever it enters; what is too long for it is named."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import pytest
from streamlit.testing.v1 import AppTest

from ctxcore import workspace
from tests.app.conftest import shown_text

Open = Callable[..., AppTest]
TYPED = "\ufeffThe dog\u00a0ran\u200e off. \n\u200b\n The\u2028pro\u00adgram  ran\tonce."
READ = ["The dog ran off.", "The program ran once."]


def test_the_same_text_is_the_same_in_editor_link_and_file(open_page: Open) -> None:
    app = open_page()
    app.text_area[0].set_value(TYPED).run()
    app.text_input[0].set_value(" r\u00adan\u00a0").run()
    assert app.query_params["s"] == READ
    assert app.query_params.get("word", "ran") in ("ran", ["ran"])
    assert app.text_area[0].value == TYPED  # what was typed stands as it was typed
    link = open_page(word="r\u00adan ", s=TYPED.split("\n"))
    assert link.text_area[0].value == "\n".join(READ)
    file = workspace.from_json(workspace.to_json(workspace.Workspace(" ran\u200b", tuple(TYPED.split("\n")))))
    assert (file.word, list(file.sentences)) == ("ran", READ)


def test_prompts_are_read_as_sentences_are(open_page: Open) -> None:
    typed = open_page("next")
    fields = {field.label: field for field in typed.text_input}
    fields["First prompt"].set_value("\u200bThe  cat\u00a0ran \n").run()
    assert typed.query_params["prompt"][0] == "The cat ran"
    link = open_page("next", prompt=["The\u00a0 cat ran\u200e ", "The program ran"])
    assert {field.label: field.value for field in link.text_input}["First prompt"] == "The cat ran"


def test_a_megabyte_in_one_line_is_named_and_not_computed(open_page: Open) -> None:
    app = open_page()
    start = process_time()
    app.text_area[0].set_value("The dog ran.\n" + "ran " * 250_000).run()
    took = process_time() - start
    assert "so not read: sentence 2 (999,999 characters)" in shown_text(app)
    assert app.query_params["s"] in ("The dog ran.", ["The dog ran."])
    assert took < 10  # a bound against minutes


@pytest.mark.parametrize("word", [".", "\u2026", "-", "\u202e"])
def test_a_word_that_is_none_is_said_so(open_page: Open, word: str) -> None:
    app = open_page(word=word, s=["He ran."])
    assert not app.exception
    assert "A target word is needed." in shown_text(app)


def test_what_holds_the_word_only_as_a_part_is_named(open_page: Open) -> None:
    assert "There it is only a part of \u201cwon" in shown_text(open_page(word="won", s=["She won.", "He won't."]))
    assert "it is only a part of \u201cwon" in shown_text(open_page(word="won", s=["He won't."]))
