"""The concordance: every line with the word in the middle, in pages, sorted by what stands beside it or by a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from ctxcore.charts.usage_questions import UsageOrder, UsagesIn, columns_of
from ctxcore.types import FoundUsages
from dashboard import downloads, failed, state
from dashboard.show import ask

if TYPE_CHECKING:
    from pandas import DataFrame

LINES = 50
"""Lines of a page."""
_WIDTH = 90
"""Characters to each side: more is cut."""
_ORDERS = {"text": "Order of the text", "left": "Words to the left", "right": "Words to the right", "form": "Form"}


def lines(asked: UsagesIn, found: FoundUsages) -> None:
    """A page of the concordance, and the controls that sort and turn it."""
    look = state.current().usages
    orders = [*_ORDERS, *(name for name in columns_of(asked.text) if name in found.columns)]
    by = look.order if look.order in orders else "text"
    pages = -(-len(found.rows) // LINES)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.selectbox(
            "Sorted by",
            orders,
            format_func=lambda name: _ORDERS.get(name, name),
            width=230,
            **state.control("usages.order", by),
        )
        page = 1
        if pages > 1:
            # Of another word or order it begins anew.
            key = f"usages_page_{hash((asked, by))}"
            page = int(st.number_input(f"Page, of {pages:,}", 1, pages, key=key, persist_state="session", width=150))
    order = ask(UsageOrder(asked, by), suffix="-lines")
    if order is None:
        return
    show_lines(found, order[(page - 1) * LINES : page * LINES], "usages_lines")
    first, last = (page - 1) * LINES + 1, min(page * LINES, len(found.rows))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="usages_lines_row"):
        st.caption(f"Lines {first:,} to {last:,} of {len(found.rows):,}.", width="content")
        _take_away(found, order)


def show_lines(found: FoundUsages, rows: np.ndarray, key: str, extra: dict[str, list[str]] | None = None) -> None:
    """Some lines, the word in the middle column."""
    table = line_table(found, rows, _WIDTH, extra)
    wide: dict[str, Any] = {
        "left": st.column_config.TextColumn("left", alignment="right", width="large"),
        found.words[0]: st.column_config.TextColumn(alignment="center", width="small"),
        "right": st.column_config.TextColumn("right", width="large"),
    }
    st.dataframe(table, hide_index=True, height="content", column_config=wide, key=key)


def line_table(
    found: FoundUsages, rows: np.ndarray, width: int | None = None, extra: dict[str, list[str]] | None = None
) -> DataFrame:
    """Lines as a table: what stands left, the word, what stands right, then what is known of each."""
    import pandas as pd

    part = found.rows.take(pa.array(rows)).to_pydict()
    spans = list(zip(part["sentence"], part["start"], part["end"], strict=True))
    columns: dict[str, list[Any]] = {
        "left": [_cut_left(sentence[:start], width) for sentence, start, _ in spans],
        found.words[0]: [sentence[start:end] for sentence, start, end in spans],
        "right": [_cut_right(sentence[end:], width) for sentence, _, end in spans],
        **(extra or {}),
    }
    for name in found.columns:
        columns[name if name not in columns else f"{name} (column)"] = part[name]
    columns.setdefault("row", part["row"])
    return pd.DataFrame(columns)


def _cut_left(text: str, width: int | None) -> str:
    return text.rstrip() if width is None or len(text) <= width else f"\u2026{text[-width:].rstrip()}"


def _cut_right(text: str, width: int | None) -> str:
    return text.lstrip() if width is None or len(text) <= width else f"{text[:width].lstrip()}\u2026"


def _take_away(found: FoundUsages, order: np.ndarray) -> None:
    def make() -> bytes:
        from ctxcore.export.files import table_csv

        return table_csv(line_table(found, order))

    st.download_button(
        "All lines as CSV", downloads.held(failed.told("usages_lines", make), "text/csv", "lines.csv"), file_name="lines.csv",
        mime="text/csv", key="usages_lines_csv", on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip
    failed.say("usages_lines")
