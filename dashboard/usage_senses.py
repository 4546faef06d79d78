"""The senses of the usages: what tells them, their nearest lines, and a sample that goes to *One word, many sentences*."""

from __future__ import annotations

import numpy as np
import streamlit as st

import ctxcore
from ctxcore.charts.usage_questions import UsagesIn, senses_asked
from ctxcore.charts.usages import UsageSensesChart
from ctxcore.corpus.senses import GROUPED
from ctxcore.text import folded
from ctxcore.types import FoundUsages, SensedUsages
from dashboard import cache, state, store, usage_exports, widgets
from dashboard.messages import literal
from dashboard.show import ask, show
from dashboard.usage_table import show_lines

EACH = 12
"""Sentences of a sense that are sent."""
_BEFORE, _ALL = "usages_sentences_before", "All senses"


def known(asked: UsagesIn) -> SensedUsages | None:
    """The senses, where they have been looked for; nothing is measured."""
    workspace = state.current()
    if not cache.model(workspace.model).done:
        return None
    query = senses_asked(workspace, store.engine(), asked)
    return store.get(query) if store.engine().has(query) else None


def of_rows(sensed: SensedUsages, count: int) -> list[str]:
    """The sense of each of so many rows by its name; empty where it has no vector."""
    names, found = sensed.names, [""] * count
    for row, label in zip(sensed.rows.tolist(), sensed.senses.labels.tolist(), strict=True):
        found[row] = names[label]
    return found


def senses(asked: UsagesIn, found: FoundUsages) -> None:
    """How many senses, what tells each, and its lines."""
    workspace = state.current()
    if not widgets.wait_for(cache.model(workspace.model)):
        return
    chart = UsageSensesChart.of_workspace(workspace, store.engine(), asked)
    sensed = ask(chart.of, label="Look for senses")
    if sensed is None:
        return
    _verdict(sensed)
    left, right = st.columns([1, 1.5], gap="medium")
    with left:
        show(chart)
    with right:
        _examples(found, sensed)
    usage_exports.row(chart.of.of, sensed)


def _verdict(sensed: SensedUsages) -> None:
    measured, split = sensed.senses, state.current().usages.split
    if measured.count == 1:
        st.markdown(f"**One sense.** {literal(measured.evidence.why)}")
    else:
        possible = (
            "Whether they are senses or topics was not tested." if split else "One sense for all was a possible answer."
        )
        st.markdown(
            f"**{measured.count} groups of usages**, as far apart as a silhouette of **{measured.quality:.2f}** says (1: far apart, 0: "
            f"they run into each other). {possible}"
        )
    if split or (measured.count == 1 and max(measured.evidence.scores, default=0) > GROUPED):
        st.toggle(
            "Show the groups all the same", **state.control("usages.split"),
            help="Without the question whether a word with one sense would have such groups, too.",
        )  # fmt: skip


def _examples(found: FoundUsages, sensed: SensedUsages) -> None:
    """The lines nearest to the middle of a sense."""
    names = sensed.names
    chosen = 0
    if len(names) > 1:
        chosen = st.selectbox(
            "Lines nearest to the middle of", range(len(names)), format_func=names.__getitem__,
            key=f"usages_sense_{len(names)}", persist_state="session",
        )  # fmt: skip
    show_lines(found, sensed.rows[list(sensed.senses.examples[chosen])], "usages_examples", side=200)
    _send(found, sensed, names)


def _send(found: FoundUsages, sensed: SensedUsages, names: tuple[str, ...]) -> None:
    """A sample goes to the other page with a press; what was there can be had back."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Take a sample to \u201cOne word, many sentences\u201d", key="usages_send", on_click=_take, args=(found, sensed, names),
            help=f"Up to {EACH} sentences of each sense, drawn at random and labelled, take the place of the sentences there.",
        )  # fmt: skip
        if _BEFORE in st.session_state:
            st.page_link("views/word.py", label="See them", icon=":material/arrow_forward:")
            st.button("Put back what was there", key="usages_undo", on_click=_put_back, type="tertiary")


def sample(found: FoundUsages, sensed: SensedUsages, names: tuple[str, ...], each: int = EACH) -> dict[str, object]:
    """Fields of a workspace: the word in its commonest form, so many sentences of each sense with it, each labelled."""
    word = found.forms[0].name
    of_word = np.array([folded(form) == word for form in found.rows["form"].take(sensed.rows).to_pylist()])
    chance = np.random.default_rng(0)
    sentences: list[str] = []
    labels: dict[tuple[str, int], str] = {}
    for sense, name in enumerate(names):
        there = np.flatnonzero(of_word & (sensed.senses.labels == sense))
        drawn = np.sort(chance.permutation(there)[:each])
        for row in sensed.rows[drawn].tolist():
            sentence, start = (found.rows[part][row].as_py() for part in ("sentence", "start"))
            mentions = [mention.start for mention in ctxcore.find(word, [sentence])]
            sentences.append(sentence)
            if start in mentions:
                labels[sentence, mentions.index(start)] = name
    return {"word": word, "sentences": tuple(dict.fromkeys(sentences)), "senses": tuple(labels.items())}


def _take(found: FoundUsages, sensed: SensedUsages, names: tuple[str, ...]) -> None:
    now = state.current()
    st.session_state.setdefault(
        _BEFORE, {part: getattr(now, part) for part in ("word", "sentences", "senses", "left_out", "groups")}
    )
    state.change(**sample(found, sensed, names), left_out=(), groups=())


def _put_back() -> None:
    state.change(**st.session_state.pop(_BEFORE))
