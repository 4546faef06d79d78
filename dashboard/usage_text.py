"""Which text a word is looked for in: the news, a file that is given, or a path of this machine; and which columns of a table."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ctxcore import CtxError, WholeText
from ctxcore.charts.usage_questions import MOST_COLUMNS, ColumnsOf, sentences_of_table
from ctxcore.text import clean
from dashboard import messages, state, store, upload, whole_texts
from dashboard.messages import literal
from dashboard.settings import settings

_SOURCES = {"news": "News", "file": "Your text", "path": "Path"}
_TYPES = ["txt", "csv", "tsv", "jsonl", "ndjson", "parquet", "pq", "gz"]
_FILE, _PATH, _WRONG = "usages_file_given", "usages_path_typed", "usages_not_taken"
_ANEW: dict[str, Any] = {"column": "", "columns": None, "by": "", "first": "", "second": "", "order": "text"}
"""What was chosen of the columns of another text."""


def picker() -> None:
    """Where the text comes from, and which of its columns hold what."""
    look = state.current().usages
    names = [name for name in _SOURCES if name != "path" or not settings().shared]
    st.segmented_control(
        "Text", names, format_func=_SOURCES.__getitem__, required=True, width="stretch",
        **state.control("usages.source", look.source if look.source in names else "news", **_ANEW),
    )  # fmt: skip
    if look.source == "file":
        _upload()
    elif look.source == "path" and "path" in names:
        _path()
    else:
        st.caption(
            "300 short Australian news articles of 2000 and 2001, cut into sentences (Lee, Pincombe & Welsh 2005)."
        )
    error: CtxError | None = st.session_state.get(_WRONG)
    if error is not None:
        messages.show(error)
    columns()


def _upload() -> None:
    # In a box that opens: Streamlit's upload area is a barrier to screen readers while it is on the page.
    with st.popover("Upload a text", icon=":material/upload_file:", key="usages_upload"):
        upload.field(
            "Text with one sentence a line, or a table: CSV, JSON lines, Parquet", _TYPES, key=_FILE, changed=_take
        )
    look = state.current().usages
    if look.file:
        st.caption(f"**{literal(look.file)}** is searched. A link carries its name, and not the text.")


def _take() -> None:
    """The reader gave a text. One that is taken out of the upload again stays."""
    file = st.session_state.get(_FILE)
    st.session_state[_WRONG] = None
    if file is None:
        return
    try:
        text = whole_texts.keep(clean(file.name)[-255:], file.getvalue())
    except CtxError as error:
        st.session_state[_WRONG] = error
        return
    _set(source="file", file=text.name, digest=text.digest, **_ANEW)


def _path() -> None:
    look = state.current().usages
    st.text_input(
        "A file, a folder or a pattern on this computer", key=_PATH, persist_state="session", placeholder="/data/letters/*.csv",
        value=look.path, max_chars=1000,
    )  # fmt: skip
    st.button("Open", key="usages_open", on_click=_open)
    if look.path:
        st.caption(f"**{literal(look.path)}**")


def _open() -> None:
    st.session_state[_WRONG] = None
    try:
        text = whole_texts.permit(str(st.session_state[_PATH]).strip())
    except CtxError as error:
        st.session_state[_WRONG] = error
        return
    _set(source="path", path=text.name, state=text.digest, **_ANEW)


def _set(**values: object) -> None:
    for name, value in values.items():
        state.set_control(f"usages.{name}", value)


def columns() -> None:
    """Which column of a table has the sentences, and which come along; nothing where the text is none."""
    look = state.current().usages
    file = (look.file, look.digest) if look.source == "file" else (look.path, look.state)
    if look.source == "news" or not file[0]:
        return
    bare = WholeText("file" if look.source == "file" else "path", *file)
    try:
        every, texts = store.get(ColumnsOf(bare))
    except CtxError:
        return  # said where the text is searched
    if not every:
        return
    try:
        guess = sentences_of_table(bare, store.engine())
    except CtxError:
        guess = ""
    chosen = look.column if look.column in every else guess
    options = list(dict.fromkeys([*([] if chosen else [""]), *(texts or every), *([chosen] if chosen else [])]))
    st.selectbox(
        "Column with the sentences", options, format_func=lambda name: name or "choose one",
        **state.control("usages.column", chosen),
    )  # fmt: skip
    others = [name for name in every if name != chosen]
    kept = others[:MOST_COLUMNS] if look.columns is None else [name for name in look.columns if name in others]
    st.multiselect(
        "Columns that come along", others, help="A year, an author, a source: to count, to sort, to colour and to compare by.",
        **state.control("usages.columns", kept),
    )  # fmt: skip
