"""Two groups of a column compared: is the word used otherwise in one than in the other?"""

from __future__ import annotations

import streamlit as st

from ctxcore.charts.usage_change import UsageChangeChart, compared, verdict
from ctxcore.charts.usage_questions import UsagesIn, column_of
from ctxcore.corpus.change import LEAST
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
        _wanted(asked, found)
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


def _wanted(asked: UsagesIn, found: FoundUsages) -> None:
    """What text can be compared, where this one cannot: with an example of its columns."""
    column = column_of(state.current(), asked.text)
    if column in found.columns:
        why = (
            f"In the column “{literal(column)}” the word stands beside one value alone. Choose another column or word."
        )
    else:
        what = "The news have" if asked.text.kind == "news" else "This text has"
        why = f"{what} no column that tells its parts: choose “Your text” and upload a table."
    st.info(f"Two parts of a text are compared, such as two years, two authors, two newspapers. {why}")
    st.markdown(
        "**A table that can be compared** (CSV, JSON lines or Parquet): a sentence in each row, and beside it a column that tells the "
        "part it belongs to. Any names will do, and there may be more columns."
    )
    word = found.words[0]
    st.code(
        f"year,newspaper,text\n1999,Herald,It is the word {word} in a sentence of 1999.\n"
        f"1999,Times,Each row has one sentence with {word} or without.\n2009,Herald,So {word} stands in a later year.",
        language=None,
        wrap_lines=True,
    )
    st.caption(
        f"A verdict needs {LEAST} usages of the word in each part, and other words that are as frequent in both. You are told how far the "
        "usages of the two parts lie apart, whether chance does the same, and whether such words do."
    )


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
