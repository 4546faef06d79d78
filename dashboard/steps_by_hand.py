"""Attention worked by hand: words and numbers to type, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import streamlit as st

from ctxcore import ByHand, HandSum
from ctxcore.charts.steps import GivenChart, GivenWeights, WorkedChart, WorkedWeights, in_one_line
from dashboard import state, store
from dashboard.messages import literal
from dashboard.show import show
from dashboard.typed import part

_SAME = 1e-6
"""Weights whose sum is so near to 1 are shares."""
_FIELD, _FIELD_GAP = 60, 4
"""Pixels of a field and between two: a row of five stands on a phone."""
_LARGEST = 100.0


def by_hand() -> None:
    """The weights as given beside those that the vectors themselves give."""
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Weights as given", anchor=False)
        hand = state.current().hand
        given = GivenChart(GivenWeights(hand))
        _sentence(store.get(given.of))  # before the fields: on a phone they fill the first screen
        st.markdown("The lesson\u2019s words and numbers. **Type others**: every step follows.")
        _fields(hand)
        _check_weights(hand)
        show(given)
    with right:
        st.header("Weights from the vectors themselves", anchor=False)
        st.markdown(
            f"The vector of \u201c{literal(hand.names[hand.query])}\u201d is its query (q); every word\u2019s vector is its key (k) and "
            "its value (v) too. In a real model q, k and v are three different learned projections."
        )
        worked = WorkedChart(WorkedWeights(hand))
        _sentence(store.get(worked.of))
        show(worked)


def _fields(hand: ByHand) -> None:
    """A row a word: its name, its three numbers, its weight."""
    with st.container(gap="xsmall", key="by_hand"):
        with st.container(horizontal=True, gap=_FIELD_GAP):
            for text, width in (("word", 80), ("its vector", 3 * _FIELD + 2 * _FIELD_GAP), ("weight", _FIELD)):
                st.caption(text, width=width)
        for i, name in enumerate(hand.names):
            with st.container(horizontal=True, gap=_FIELD_GAP):
                st.text_input(
                    f"word {i + 1}", max_chars=40, width=80, label_visibility="collapsed", **part("hand.words", i)
                )
                for j in range(3):
                    _number(f"{_spoken(name)}, number {j + 1}", "hand.vectors", i, j)
                _number(f"weight of {_spoken(name)}", "hand.weights", i)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            st.selectbox(
                "Query word (it attends)", range(3), format_func=told_apart(hand.names).__getitem__, width=180,
                **state.control("hand.query"),
            )  # fmt: skip
            st.button(
                "Back to the lesson\u2019s numbers", on_click=_set, args=(ByHand(),),
                disabled=hand == ByHand(),
            )  # fmt: skip


def _set(hand: ByHand) -> None:
    for field in fields(hand):
        state.set_control(f"hand.{field.name}", getattr(hand, field.name))


def _number(label: str, name: str, *at: int) -> None:
    st.number_input(
        label,
        -_LARGEST,
        _LARGEST,
        step=0.1,
        format="%.6g",
        width=_FIELD,
        label_visibility="collapsed",
        **part(name, *at),
    )


def _spoken(name: str) -> str:
    """A name for a hidden label: it is read as markdown, but a screen reader says it to the letter, backslashes included."""
    return name if all(c.isalnum() or c in " \u2019'" for c in name) else literal(name)


def told_apart(names: Sequence[str]) -> list[str]:
    """Names of which no two are alike: the second "love" is "love (2)"."""
    return [f"{n} ({names[:i].count(n) + 1})" if names[:i].count(n) else n for i, n in enumerate(list(names))]


def _check_weights(hand: ByHand) -> None:
    """Weights are shares: what is wrong with these, and what to do."""
    total = sum(hand.weights)
    if min(hand.weights) < 0:
        st.warning("A weight is a share and cannot be below 0: write 0 for a word that should not count.")
    elif abs(total - 1) <= _SAME:
        return
    elif total == 0:
        st.warning("The weights sum to 0, so there is nothing to share out: give one word a weight above 0.")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"The weights sum to {total:.6g}, not to 1. The sum is of what you typed.", width="stretch")
            shares = tuple(w / total for w in hand.weights)
            st.button("Normalise", on_click=_set, args=(replace(hand, weights=shares),))


def _sentence(answer: HandSum) -> None:
    """The whole sum in one line."""
    st.markdown(in_one_line(answer, literal, "**[{}]**"))
