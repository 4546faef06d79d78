"""Panels of *Usages*: how often, and the map with the lines of the points that are chosen in it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ctxcore.charts.usage_questions import UsagesIn, column_of, columns_of
from ctxcore.charts.usages import UsageCountsChart, UsageMapChart
from ctxcore.figures.usages import MOST_WITH_TEXT, point_groups
from ctxcore.types import FoundUsages, UsageMap
from dashboard import cache, state, store, usage_exports, usage_senses, widgets
from dashboard.dots import inside
from dashboard.messages import literal
from dashboard.show import ask, show
from dashboard.usage_table import show_lines

_MOST_LISTED = 100
"""Lines that are listed of the points that were chosen."""
_MOST_GROUPS = 4
"""Groups that are named beside the number of those that were chosen."""
_COLOURS = {"senses": "the senses", "column": "a column", "form": "the form", "none": "nothing"}


def counts(asked: UsagesIn, found: FoundUsages) -> None:
    """How often the word stands in each part of the text."""
    column_picker(asked, found)
    show(UsageCountsChart.of_workspace(state.current(), asked))
    if not found.columns:
        st.caption("A table (CSV, JSON lines, Parquet) with a column such as a year is counted by that column.")


def usage_map(asked: UsagesIn, found: FoundUsages) -> None:
    """All usages as points; choose some and read them."""
    workspace = state.current()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        offered = [name for name in _COLOURS if name != "column" or found.columns]
        colour = workspace.usages.colour if workspace.usages.colour in offered else "none"
        st.selectbox(
            "Coloured by",
            offered,
            format_func=_COLOURS.__getitem__,
            width=180,
            **state.control("usages.colour", colour),
        )
        if colour == "column":
            column_picker(asked, found)
    if not widgets.wait_for(cache.model(workspace.model)):
        return
    chart = UsageMapChart.of_workspace(workspace, store.engine(), asked)
    drawn = ask(chart.of, label="Read the vectors")
    if drawn is None:
        return
    if len(drawn.rows) > 1:
        st.markdown(
            f":orange[**Static**]: one point for all {len(drawn.rows):,}, as {_vectors(found)} the same in every sentence. "
            f":blue[**Contextual**]: as below; the mean cosine of two usages is **{drawn.cosine:.2f}**."
        )
    _drawn(chart, drawn)
    usage_exports.row(chart.of.of.of, usage_senses.known(asked))


def _vectors(found: FoundUsages) -> str:
    return (
        "the word\u2019s vector is"
        if len(found.forms) == 1
        else f"each of {len(found.forms)} forms has a vector that is"
    )


@st.fragment
def _drawn(chart: UsageMapChart, drawn: UsageMap) -> None:
    """The map and the lines of what is chosen in it: drawn anew alone, so that they follow at once."""
    show(chart, on_point=lambda key: None, areas=True)
    rows = _chosen(chart.id, drawn)
    if not len(rows):
        st.caption(
            "Click a point, or draw a box or a lasso around several (buttons above the map), to read their lines here."
        )
        return
    more = f"; the first {_MOST_LISTED} are listed" if len(rows) > _MOST_LISTED else ""
    st.markdown(f"**{len(rows):,} usage{'s' if len(rows) > 1 else ''}** chosen{_by_group(drawn, rows)}{more}:")
    show_lines(drawn.found, drawn.rows[rows[:_MOST_LISTED]], "usages_chosen")


def _by_group(drawn: UsageMap, rows: np.ndarray) -> str:
    """How many of the chosen usages each group has: an area holds those of groups, too, that the legend hides."""
    if not drawn.names:
        return ""
    counts = np.bincount(drawn.groups[rows], minlength=len(drawn.names))
    first = [i for i in np.argsort(-counts, kind="stable")[:_MOST_GROUPS].tolist() if counts[i]]
    rest = len(rows) - int(counts[first].sum())
    parts = [f"{literal(drawn.names[i] or 'no value')} {counts[i]:,}" for i in first]
    return f" ({'; '.join(parts)}{f'; others {rest:,}' if rest else ''})"


def _chosen(key: str, drawn: UsageMap) -> np.ndarray:
    """Which usages of the map the reader chose: by the places of points in their traces, or where the browser has no points of
    plotly's (dots.py), by the areas."""
    selection = (st.session_state.get(key) or {}).get("selection", {})
    if len(drawn.rows) > MOST_WITH_TEXT:
        areas = [*selection.get("box", []), *selection.get("lasso", [])]
        there = [inside(drawn.coordinates, area) for area in areas if len(area["x"]) > 1]
        return np.flatnonzero(np.any(there, axis=0)) if there else np.array([], np.int64)
    points = selection.get("points", [])
    groups = point_groups(drawn)
    found = [
        groups[point["curve_number"]].members[point["point_index"]]
        for point in points
        if point["curve_number"] < len(groups) and point["point_index"] < len(groups[point["curve_number"]].members)
    ]
    return np.unique(np.array(found, np.int64))


def column_picker(asked: UsagesIn, found: FoundUsages) -> None:
    """Which column is looked at; nothing where the text has none."""
    offered = [name for name in columns_of(asked.text) if name in found.columns]
    if offered:
        now = column_of(state.current(), asked.text)
        st.selectbox("Column", offered, width=230, **state.control("usages.by", now if now in offered else offered[0]))
