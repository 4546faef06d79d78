"""Two groups of a column compared: is the word used otherwise in one than in the other?"""

from __future__ import annotations

import streamlit as st

from ctxcore.charts.usage_change import UsageChangeChart, compared, verdict
from ctxcore.charts.usage_questions import UsagesIn
from ctxcore.figures import theme
from ctxcore.types import FoundUsages, UsageChange
from dashboard import cache, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show
from dashboard.usage_panels import column_picker


def change(asked: UsagesIn, found: FoundUsages) -> None:
    """A column, two of its values, and how far the usages of the word lie apart in them."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        column_picker(asked, found)
        pair = compared(state.current(), asked, found)
        if pair is not None:
            column, *chosen = pair
            names = [one.name for one in found.columns[column] if one.usages]
            for label, field, value in zip(("Compare", "with"), ("first", "second"), chosen, strict=True):
                st.selectbox(
                    label,
                    names,
                    format_func=lambda name: name or "no value",
                    width=190,
                    **state.control(f"usages.{field}", value),
                )
    if pair is None:
        st.info(
            "Two parts of a text are compared, such as two years: give a table (CSV, JSON lines, Parquet) with a column that tells them, "
            "in at least two of whose values the word stands."
        )
        return
    if not widgets.wait_for(cache.model(state.current().model)):
        return
    chart = UsageChangeChart.of_workspace(state.current(), store.engine(), asked, found)
    assert chart is not None  # there is a pair
    answer = ask(chart.of, label="Compare")
    if answer is None:
        return
    holds, why = verdict(answer)
    said = {
        True: ":green[**is used otherwise**]",
        False: ":red[**is not found to be used otherwise**]",
        None: "**cannot be told** to be used otherwise",
    }[holds]
    st.markdown(f"\u201c{literal(answer.own.word)}\u201d {said}: {literal(why)}.")
    show(chart)
    _senses(answer)


def _senses(answer: UsageChange) -> None:
    """How the usages of each group spread over the senses, where there are several."""
    if answer.senses.count < 2:
        st.caption("All usages of both groups are one sense, so the divergence of senses is 0.")
        return
    st.markdown("**How the usages of each group spread over the senses**")
    columns = (", ".join(answer.first) or "no value", ", ".join(answer.second) or "no value")
    st.dataframe(
        {
            "sense": [
                f"{i + 1}: {', '.join(word for word, _ in words[:5])}" for i, words in enumerate(answer.senses.words)
            ],
            **{
                name: [theme.percent(share) for share in shares]
                for name, shares in zip(columns, answer.shares, strict=True)
            },
        },
        hide_index=True,
    )
