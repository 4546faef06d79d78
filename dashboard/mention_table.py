"""The table of occurrences: which are drawn, and which sense each has.

It is sent to the browser while its pop-over is closed too: one that reports being opened loses the click that leads from it
to another page. So it is kept small whatever the sentences are.
"""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from ctxcore.text import snippet
from dashboard import cache, state

MOST_ROWS = 400
"""As many as are drawn."""
_WIDTH = 110
"""Letters of a sentence that are sent to the browser: what stands around the occurrence."""


def body() -> None:
    """Every mention: draw it or not, and which sense it has."""
    workspace = state.current()
    found = state.marks(workspace)
    st.caption(
        "Untick an occurrence to leave it out. A sense colours it and trains the classifier; without one the sense is guessed."
    )
    if not found:
        st.caption("No occurrence yet.")
        return
    if not cache.static(workspace.static).done:  # the table needs pandas, which is opened behind the page
        st.caption("The table comes with the models.")
        return
    if len(found) > MOST_ROWS:
        st.caption(
            f"The first {MOST_ROWS} of {len(found):,} are listed. Senses of all come with a .csv file: see Upload."
        )
    key = "marks_" + hashlib.sha1(repr((workspace.word, workspace.sentences)).encode()).hexdigest()[:12]
    st.data_editor(
        rows(found[:MOST_ROWS]),
        key=key,
        hide_index=True,
        width=640,
        height=min(290, 40 + 35 * len(found)),
        disabled=["group", "sentence"],
        column_config={
            "use": st.column_config.CheckboxColumn("draw", width=50),
            "sense": st.column_config.TextColumn("sense", width=130, max_chars=40),
            "group": st.column_config.TextColumn("group", width=80),
            "sentence": st.column_config.TextColumn("occurrence in", width="large"),
        },
        on_change=state.read_marks,
        args=(key,),
    )


def rows(found: list[state.Mark]) -> dict[str, list[Any]]:
    """One row a mention, with what stands around it: a whole sentence would be sent once for each of its mentions."""
    around = [snippet(m.place[0], (m.mention.start, m.mention.end), _WIDTH) for m in found]
    table: dict[str, list[Any]] = {"use": [m.used for m in found], "sense": [m.sense or "" for m in found]}
    if any(m.group for m in found):
        table["group"] = [m.group or "" for m in found]
    return table | {
        "sentence": [
            f"{text}  (occurrence {m.place[1] + 1})" if m.place[1] else text
            for m, text in zip(found, around, strict=True)
        ]
    }
