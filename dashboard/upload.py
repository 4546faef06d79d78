"""Sentences from a file of the reader's: lines of a text, or a column of a table with a sense and a group beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile

import ctxcore
from ctxcore import CtxError
from ctxcore.reading import Columns, Labelled, Row, most_upload
from ctxcore.text import snippet
from dashboard import messages, state
from dashboard.messages import literal

if TYPE_CHECKING:
    from pandas import DataFrame
    from streamlit.runtime.uploaded_file_manager import UploadedFile

_PREVIEW, _WIDTH = 5, 160
_WIDE, _NARROW = 190, 118
"""Pixels of a select: three stand in one row, and two on a phone."""


def field(
    label: str, types: list[str], key: str | None = None, changed: Callable[[], None] | None = None
) -> UploadedFile | None:
    """Where a file is given; its label says how large it may be, and what is larger is not sent.

    ``changed`` is called when one is given or taken back: ``st.session_state[key]`` is the file, or None.
    """
    most = most_upload() >> 20
    # Browsers count in millions of bytes: one more leaves room for as many as are read.
    label = f"{label} ({most:,} MB at most)"
    file: UploadedFile | None = st.file_uploader(
        label, type=types, max_upload_size=most + 1, key=key,
        on_change=partial(_if_there, key, changed) if key and changed else None,
    )  # fmt: skip
    return file


def _if_there(key: str, changed: Callable[[], None]) -> None:
    """A browser that comes back to a server that has begun anew names a file that went with the former: nothing was given then."""
    if not isinstance(st.session_state.get(key), DeletedFile):
        changed()


def body() -> None:
    """The file, which of its columns hold what, and what becomes of the sentences."""
    file = field("A .txt file, one sentence a line, or a .csv file", ["txt", "csv", "tsv"])
    if file is None:
        return
    try:
        rows, said = _rows(file)
        ctxcore.text.check_length([row.sentence for row in rows])
    except CtxError as error:
        messages.show(error)
        return
    st.caption(said)
    _offer(label_mentions(rows, state.current().word))
    _preview(rows[:_PREVIEW])


def _rows(file: UploadedFile) -> tuple[tuple[Row, ...], str]:
    """The sentences that are taken, and how many there are."""
    data, name = file.getvalue(), file.name
    if not name.lower().endswith((".csv", ".tsv")):
        lines = _lines(data, name)
        most = state.most_sentences()
        more = f"; the first {most:,} are taken" if len(lines) > most else ""
        return tuple(map(Row, lines[:most])), f"{_counted(len(lines))}{more}."
    table, length = _table(data, name)
    names = st.checkbox("The first row names the columns", table.attrs["names"], key=f"upload_names_{file.file_id}")
    if names != table.attrs["names"]:
        table, length = _table(data, name, names)
    columns = _columns(table, f"{file.file_id}_{names}")
    found = ctxcore.reading.labelled_rows(table, columns)
    rows = tuple(found[: state.most_sentences()])
    cut = len(found) > len(rows) or length > len(table)
    more = f", the first of a table of {length:,} rows" if cut else ""
    return rows, f"{_counted(len(rows))}{more}."


@lru_cache(maxsize=2)
def _lines(data: bytes, name: str) -> list[str]:
    """Read once, not at every run of the page."""
    return ctxcore.reading.read_lines(data, name)


@lru_cache(maxsize=2)
def _table(data: bytes, name: str, names: bool | None = None) -> tuple[DataFrame, int]:
    """The first rows, and how many there are; read once, not at every run of the page."""
    table = ctxcore.reading.read_table(data, name, names)
    return table.head(2 * state.most_sentences()).copy(), len(table)  # sentences may be missing in some


@lru_cache(maxsize=8)
def label_mentions(rows: tuple[Row, ...], word: str) -> Labelled:
    """The rows as the workspace keeps them."""
    return ctxcore.reading.label_mentions(rows, word)


def _columns(table: DataFrame, file: str) -> Columns:
    """Which column holds what: guessed by its name until the reader says otherwise."""
    names, guess = list(table.columns), ctxcore.reading.guess_columns(table)
    row = st.container(horizontal=True, gap="small")
    text = row.selectbox(
        "Column with the sentences", names, names.index(guess.text), key=f"upload_text_{file}", width=_WIDE
    )
    rest = [None, *(name for name in names if name != text)]
    chosen = {
        label: row.selectbox(
            label,
            rest,
            rest.index(guessed) if guessed in rest else 0,
            key=f"upload_{label}_{file}",
            format_func=lambda name: "none" if name is None else name,
            placeholder="none",  # Streamlit shows it where None is chosen
            help=hint,
            width=_NARROW,
        )
        for label, guessed, hint in (
            ("Sense", guess.sense, "Labels every occurrence of the word in the row\u2019s sentence."),
            (
                "Group",
                guess.group,
                "A year, an author, a source: kept beside the sentence and in what you export.",
            ),
        )
    }
    return Columns(text, chosen["Sense"], chosen["Group"])


def _offer(found: Labelled) -> None:
    """What the sentences bring, and the two buttons that take them."""
    word, count = literal(state.current().word), len(found.sentences)
    if count:
        where = "all" if found.found == count else f"{found.found:,}" if found.found else "none"
        st.caption(f"\u201c{word}\u201d stands in {where} of them.")
    if found.disputed:
        st.caption(
            f"{found.disputed:,} sentence{'s stand' if found.disputed > 1 else ' stands'} in several rows with different "
            "senses or groups; the first row counts."
        )
    with st.container(horizontal=True, key="upload_take"):  # style.css: in view however little room there is
        for label, append in (("Replace sentences", False), ("Append sentences", True)):
            st.button(label, on_click=_take, args=(found, append), disabled=not count)


def _take(found: Labelled, append: bool) -> None:
    """The sentences become the workspace's. What was said of a sentence that stays is kept where the file says nothing else."""
    now = state.current()
    sentences = ((*now.sentences, *found.sentences) if append else found.sentences)[: state.most_sentences()]
    there = set(sentences)
    senses = {place: sense for place, sense in (*now.senses, *found.senses) if place[0] in there}
    groups = {sentence: group for sentence, group in (*now.groups, *found.groups) if sentence in there}
    state.change(sentences=sentences, senses=tuple(senses.items()), groups=tuple(groups.items()))


def _preview(rows: tuple[Row, ...]) -> None:
    shown = {"sentence": [snippet(row.sentence, (0, 1), _WIDTH) for row in rows]}
    for name in ("sense", "group"):
        if any(getattr(row, name) for row in rows):
            shown[name] = [getattr(row, name)[:_WIDTH] for row in rows]
    st.dataframe(shown, hide_index=True, height="content")


def _counted(count: int) -> str:
    return f"{count:,} sentence{'s' if count != 1 else ''}"
