"""What the reader sees when something does not work, and how typed text is shown to the letter."""

from __future__ import annotations

import re

import streamlit as st

from ctxcore import CtxError, IncompleteError, UnknownWordError
from dashboard.offered import without_paths

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_SHORTCODE = re.compile(r":(?=[\w+-]+:)")


def literal(text: str) -> str:
    """Text for a place that reads markdown, shown as typed: no emphasis, colour, formula, link, image or emoji code."""
    return _PUNCTUATION.sub(r"\\\1", _SHORTCODE.sub(":\u200b", text))


def show(error: CtxError) -> None:
    """An error as its three parts. What the reader typed stays in the editor."""
    rule, received, remedy = (literal(without_paths(text)) for text in (error.rule, error.received, error.remedy))
    end = "" if error.received.endswith((".", "!", "?", "\u2026")) else "."
    box = st.info if isinstance(error, IncompleteError) else st.error
    box(f"{rule} Given: {received}{end}  \n**{remedy}**")
    if isinstance(error, UnknownWordError) and not error.suggestions:
        st.caption("Words with capitals are looked up in lower case too.")
