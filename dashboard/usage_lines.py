"""The concordance: every line with the word in the middle, in pages, sorted by what stands beside it or by a column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ctxcore.charts.usage_questions import UsageOrder, UsagesIn, columns_of
from ctxcore.types import FoundUsages
from dashboard import downloads, failed, state, usage_senses
from dashboard.show import ask
from dashboard.usage_table import line_table, show_lines

LINES = 50
"""Lines of a page."""
_ORDERS = {
    "text": "Order of the text",
    "left": "Words to the left",
    "right": "Words to the right",
    "form": "Form",
    "senses": "Sense",
}


def lines(asked: UsagesIn, found: FoundUsages) -> None:
    """A page of the concordance, and the controls that sort and turn it."""
    look = state.current().usages
    sensed = usage_senses.known(asked)
    names = usage_senses.of_rows(sensed, len(found.rows)) if sensed is not None else []
    known = [name for name in _ORDERS if name != "senses" or names]
    own = [name for name in columns_of(asked.text) if name in found.columns and name not in _ORDERS]
    orders = [*known, *own]
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
    order = ask(UsageOrder(asked, "text" if by == "senses" else by), suffix="-lines")
    if order is None:
        return
    if by == "senses":
        order = np.array(sorted(range(len(names)), key=lambda row: names[row] or "\uffff"), np.int32)
    shown = order[(page - 1) * LINES : page * LINES]
    show_lines(found, shown, "usages_lines", names)
    first, last = (page - 1) * LINES + 1, min(page * LINES, len(found.rows))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="usages_lines_row"):
        st.caption(f"Lines {first:,} to {last:,} of {len(found.rows):,}.", width="content")
        _take_away(found, order, names)


def _take_away(found: FoundUsages, order: np.ndarray, senses: Sequence[str]) -> None:
    def make() -> bytes:
        from ctxcore.export.files import table_csv

        return table_csv(line_table(found, order, senses=senses))

    st.download_button(
        "All lines as CSV", downloads.held(failed.told("usages_lines", make), "text/csv", "lines.csv"), file_name="lines.csv",
        mime="text/csv", key="usages_lines_csv", on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip
    failed.say("usages_lines")
