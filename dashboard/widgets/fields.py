"""The fields in which a reader writes: word, sentences, the one sentence that is looked at, substitutes."""

from __future__ import annotations

import streamlit as st

import ctxcore
from ctxcore import Word
from ctxcore.charts.attention import Example, sentence_of
from dashboard import mention_table, state, upload
from dashboard.messages import literal
from dashboard.widgets.pickers import model_picker, static_picker

_MOST_OFFERED = 20
"""Sentences of the list that are offered one by one."""


def editor() -> None:
    """The workspace's controls: target word, sentences, examples, upload, senses, models."""
    with st.container(key="editor_text"):  # narrow windows show this part before the pictures, the rest below them
        _text()
    model_picker()
    static_picker()


def _text() -> None:
    """Word, sentences, and where sentences come from."""
    word_box, example_box = st.columns([1, 1], vertical_alignment="bottom")
    word_box.text_input("Word", **state.text_field("word"))
    bank = list(ctxcore.sense_bank())
    with example_box.popover("Examples", width="stretch", icon=":material/menu_book:"):
        st.caption("Sentences of our own, each labelled with its sense.")
        with st.container(horizontal=True, gap="small"):
            for word in bank:
                st.button(
                    word,
                    key=f"example_{word}",
                    on_click=state.try_example,
                    args=(state.example(word),),
                    type="tertiary",
                )
    st.text_area(
        "Sentences, one a line",
        height=168,
        help="Type, paste, cut and move lines as in any text. Ctrl+Enter (or a click elsewhere) draws them.",
        **state.text_field("sentences"),
    )
    for notice in state.unread():
        st.warning(notice)
    with st.container(horizontal=True, gap="small"):
        # These do not report being opened: a click from an open one to another page would be lost to that report.
        with st.popover("Upload", icon=":material/upload_file:", key="upload"):
            upload.body()
        with st.popover("Senses and occurrences", icon=":material/label:", key="mentions"):
            mention_table.body()


def sentence_field(example: Example) -> tuple[Word, ...]:
    """The one sentence whose attention is looked at; its words.

    Raises:
        NoSentencesError: The field is empty.
        BadInputError: The sentence holds no word.
    """
    field, mine = st.columns([4, 1], vertical_alignment="bottom")
    field.text_input("Sentence", **state.text_field("focus", otherwise=example.sentence))
    with mine.popover("From my list", width="stretch", icon=":material/list:"):
        st.caption("Sentences of the first two pages.")
        for number, line in enumerate(state.current().sentences[:_MOST_OFFERED]):
            short = ctxcore.text.snippet(line, (0, 1), 60)
            st.button(literal(short), key=f"mine_{number}", on_click=state.set_focus, args=(line,), type="tertiary")
    sentence, words = sentence_of(state.current(), example)
    if ctxcore.text.has_unspaced(sentence):
        st.caption("A script without blanks between words: each of its characters counts as a word here.")
    return words


def substitutes_field() -> tuple[str, ...]:
    """Words that could stand in the target's place; the workspace keeps them."""
    st.text_input("Substitutes, separated by commas", max_chars=400, **state.text_field("substitutes"))
    return state.current().substitutes
