"""Usages: one word in a whole text, counted, line by line, and as a map."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from ctxcore.charts.usage_questions import UsagesIn, asked_of
from ctxcore.controls import UsagesControls
from ctxcore.pages import PAGES
from ctxcore.types import FoundUsages
from dashboard import state, store, usage_change_panel, usage_lines, usage_panels, usage_senses, usage_text, widgets
from dashboard.messages import literal
from dashboard.show import ask

_EXAMPLES: list[tuple[str, str, UsagesControls]] = [
    (
        "bank in the news",
        "Money, and the West Bank: two groups on the map.",
        UsagesControls(),
    ),
    (
        "test, with its inflections",
        "Cricket matches and tests of blood or missiles; \u201ctested\u201d and \u201ctesting\u201d count, too.",
        UsagesControls(words=("test",), inflections=True, panel="map", colour="form"),
    ),
    (
        "Where it fails: government",
        "One sense in 145 usages, and groups all the same: topics (the budget, Afghanistan) and no senses. Read their lines.",
        UsagesControls(words=("government",), panel="senses"),
    ),
]
_PANELS = {
    "lines": ("Lines", usage_lines.lines),
    "counts": ("How often", usage_panels.counts),
    "map": ("Map", usage_panels.usage_map),
    "senses": ("Senses", usage_senses.senses),
    "change": ("Change", usage_change_panel.change),
}


def page() -> None:
    """A text and a word; how often, line by line, and as points."""
    st.title(PAGES["usages"].question, anchor=False)
    st.markdown(
        "Every sentence with the word, from a text of any size. A :orange[**static**] vector makes one point of them all; each "
        "usage has a :blue[**contextual**] vector of its own. Read the lines, then see which of them lie together."
    )
    widgets.try_this((label, hint, partial(_try, look)) for label, hint, look in _EXAMPLES)
    with st.container(key="stage"):
        controls, result = st.columns([1, 2.9], gap="medium")
    with controls:
        with st.container(key="editor_text"):
            st.text_input(
                "Word", **state.text_field("usages.words"),
                help="Other forms of it may follow, with commas between: run, ran. All count as the one word.",
            )  # fmt: skip
            st.toggle("Its English inflections, too", **state.control("usages.inflections"))
        usage_text.picker()
        widgets.model_picker()
    with widgets.errors_shown_in(result):
        asked = asked_of(state.current(), store.engine())
        found = ask(asked)
        if found is not None:
            _found(asked, found)


def _found(asked: UsagesIn, found: FoundUsages) -> None:
    whole = found.whole
    with st.container(horizontal=True, gap="small"):
        st.metric("Usages", f"{whole.usages:,}", width="stretch")
        st.metric("Sentences with it", f"{whole.holding:,}", width="stretch")
        st.metric(f"Share of {whole.sentences:,} sentences", f"{100 * whole.share:.3g} %", width="stretch")
    if len(found.forms) > 1:
        forms = ", ".join(f"{literal(one.name)} {one.usages:,}" for one in found.forms[:12])
        st.caption(f"Forms: {forms}.")
    if found.sampled:
        st.caption(
            f"All are counted. Below stand {len(found.rows):,} of them, drawn at random; `ctxcore usages` on the command line "
            "keeps all."
        )
    panel = st.segmented_control(
        "Look at", list(_PANELS), format_func=lambda name: _PANELS[name][0], required=True, label_visibility="collapsed",
        **state.control("usages.panel", state.current().usages.panel if state.current().usages.panel in _PANELS else "lines"),
    )  # fmt: skip
    with widgets.errors_shown_in(st.container()):
        _PANELS[panel][1](asked, found)


def _try(look: UsagesControls) -> None:
    state.change(usages=replace(look))


widgets.render_page(page)
widgets.fold_out(
    [
        "A line is as long as the text has it: a file with one sentence a line is best. What the model cannot read whole is counted and "
        "listed, and has no vector.",
        "The map is the shadow of many dimensions on two: the axes say how much they keep. Distances in it are not the real ones.",
        "A cluster may be a topic, and a difference between two groups one of topics: words of like frequency stand beside for that. A "
        "column that is chosen after looking at several is a second look.",
        "Inflections are English, by rules of spelling and a list of common irregular words. Other words of the same spelling count, too.",
    ],
    [
        "Keyword in context: Luhn 1960.",
        "Groups: Shi & Malik 2000; Newman 2006. Silhouette: Rousseeuw 1987. Telling words: Monroe, Colaresi & Quinn 2008.",
        "Change: Kutuzov & Giulianelli 2020; Periti & Tahmasebi 2024.",
        "Intervals: Clopper & Pearson 1934.",
        "News: Lee, Pincombe & Welsh 2005.",
    ],
)
