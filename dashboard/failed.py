"""Downloads that are made when their button is pressed: what goes wrong with one is said on the page.

Streamlit runs what makes the file outside of the page's script, and shows no more than that it failed.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ctxcore import CtxError
from dashboard import messages

_FAILED = "failed_downloads"


def told(name: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
    """The same, and an error is kept for :func:`say` until a download of this reader works."""
    errors: dict[str, CtxError] = st.session_state.setdefault(_FAILED, {})

    def making() -> bytes:
        errors.pop(name, None)
        try:
            data = make()
        except CtxError as error:
            errors[name] = error
            raise
        errors.clear()
        return data

    return making


def say(name: str) -> None:
    """What went wrong with the last download of this name, where it failed."""
    error = st.session_state.get(_FAILED, {}).get(name)
    if error is not None:
        messages.show(error)


def watch() -> None:
    """What browser.js presses when a download has failed, so that the page is drawn anew. Once on each page."""
    st.button("What went wrong?", key="download_failed")  # style.css: never seen
