"""Text fields of the workspace: what was typed stands to the letter until the value is another one by other means."""

from __future__ import annotations

import json
import zlib

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from dashboard import state

    state.on_page_change("page" if not st.toggle("away", key="away") else "other")
    if st.session_state["away"]:
        return
    for name, boxes in (("word", 1), ("substitutes", 1), ("focus", 1), ("prompts", 2)):
        for box in range(boxes):
            st.text_input(f"{name} {box}", **state.text_field(name, box, "as offered"))
    st.text_area("sentences", **state.text_field("sentences"))
    st.button(
        "adopt",
        key="adopt",
        on_click=state.set_workspace,
        args=(state.labelled("cat", {"cat": "x", "y" * 30_000: ""}),),
    )
    st.caption("\n".join(state.unread()))
    st.json(f"[{state.arrived()}]")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_page).run()


def _shown(app: AppTest) -> dict[str, str]:
    return {str(field.key): str(field.value) for field in (*app.text_input, *app.text_area)}


def _sums(app: AppTest) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = json.loads(app.json[0].value)[1]
    return found


def test_typed_text_stands_to_the_letter_on_every_page_until_the_value_is_another(app: AppTest) -> None:
    app.text_input(key="editor_prompts_2").set_value(" A  cat ").run()
    app.text_input(key="editor_substitutes").set_value("one ,two,").run()
    assert app.session_state["workspace"].prompts == ("The dog ran", "A cat")
    assert app.session_state["workspace"].substitutes == ("one", "two")
    for away in (True, False):
        app.toggle(key="away").set_value(away).run()
    typed = _shown(app)
    assert typed["editor_prompts_2"] == " A  cat "
    assert typed["editor_substitutes"] == "one ,two,"
    app.button(key="adopt").click().run()
    assert _shown(app)["editor_prompts_2"] == "The program ran"
    assert _shown(app)["editor_substitutes"] == ""


def test_what_is_too_long_stays_in_its_field_and_is_named(app: AppTest) -> None:
    app.button(key="adopt").click().run()
    assert app.session_state["workspace"].sentences == ("cat",)
    assert _shown(app)["editor_sentences"] == "cat\n" + "y" * 30_000
    assert "sentence 2 (30,000 characters)" in app.caption[0].value


def test_a_field_on_screen_follows_what_another_field_brings(app: AppTest) -> None:
    assert "sprinted" in _shown(app)["editor_substitutes"]
    app.text_input(key="editor_word").set_value("bank").run()
    assert "lender" in _shown(app)["editor_substitutes"]
    app.text_input(key="editor_substitutes").set_value("mine").run()
    app.text_input(key="editor_word").set_value("ran").run()
    assert _shown(app)["editor_substitutes"] == "mine"


def test_the_browser_is_told_what_was_typed_and_what_the_workspace_alone_fills_in(app: AppTest) -> None:
    assert _shown(app)["editor_focus"] == "as offered"
    assert _sums(app)["editor_focus"] == [None, None]  # the page fills it
    app.text_input(key="editor_focus").set_value("It  ran").run()
    assert _sums(app)["editor_focus"] == [zlib.crc32(b"It  ran"), zlib.crc32(b"It ran")]
    assert _sums(app)["editor_prompts_1"] == [zlib.crc32(b"The dog ran")] * 2
    app.button(key="adopt").click().run()
    assert _shown(app)["editor_focus"] == "as offered"
