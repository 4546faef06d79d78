"""Panels that *The idea* and *One word, many sentences* share: controls that become a question, and what is said of the answer."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import ctxcore
from ctxcore import NoMentionError, Occurrences, UnknownWordError
from ctxcore.charts.controls import ControlsChart
from ctxcore.charts.listing import second_of
from ctxcore.charts.selection import Selection, select
from ctxcore.charts.senses import BankSensesChart, OwnSensesChart
from ctxcore.charts.static_words import PinnedChart, StaticNeighboursChart, StaticSimilarityChart
from ctxcore.charts.substitutes import MOST_RANKED, SubstitutesChart
from ctxcore.charts.words import Baselines, SelfSimilarityChart, SimilarityChart
from ctxcore.measures.geometry import SAME
from ctxcore.text import near_misses, snippet
from dashboard import cache, messages, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show


@dataclass(frozen=True)
class Spaces:
    """Columns: controls, static space, contextual space, and on the first page what the pair is held against; and what is drawn in
    them."""

    selection: Selection
    occurrences: Occurrences
    controls: st.delta_generator.DeltaGenerator
    static: st.delta_generator.DeltaGenerator
    contextual: st.delta_generator.DeltaGenerator
    against: st.delta_generator.DeltaGenerator


def two_spaces(
    static_title: str, contextual_title: str, hint: str | None = None, against: str | None = None
) -> Spaces | None:
    """Controls and the two spaces side by side; None while the models are on their way, or while no sentence has the word.

    ``hint`` explains the contextual picture; ``against`` is the title of a column for what it is held against.
    Raises what ``select`` raises, but for a word that stands in no sentence yet: sentences with it are offered then.
    """
    workspace = state.current()
    with st.container(key="stage"):
        widths = [1.05, 1, 1.75] if against is None else [0.9, 0.95, 1.25, 1]
        controls, static, contextual, *more = st.columns(widths, gap="medium")
    with controls:
        widgets.editor()
    with static:
        st.header(f":orange[{static_title}]", anchor=False)
        ready = widgets.wait_for(cache.static(workspace.static))
    with contextual:
        st.header(f":blue[{contextual_title}]", anchor=False, help=hint)
        ready = widgets.wait_for(cache.model(workspace.model)) and ready
    if not ready:
        return None
    try:
        selection = select(workspace, store.engine())
    except NoMentionError:
        _new_word(workspace, static, contextual)
        return None
    with contextual:
        occurrences = ask(selection.vectors())
    if occurrences is None:
        return None
    for column in more:
        column.header(against or "", anchor=False)
    return Spaces(selection, occurrences, controls, static, contextual, more[0] if more else contextual)


def _new_word(
    workspace: state.Workspace,
    static: st.delta_generator.DeltaGenerator,
    contextual: st.delta_generator.DeltaGenerator,
) -> None:
    """A word was typed before a sentence with it: its static vector is there all the same, and sentences are offered."""
    with static:
        try:
            show(PinnedChart.of_word(workspace))
        except UnknownWordError as error:
            messages.show(error)
    with contextual, st.container(key="new_word"):
        count, word = len(workspace.sentences), literal(workspace.word)
        near = near_misses(workspace.word, workspace.sentences)
        quoted = ", ".join(f"\u201c{literal(text)}\u201d" for text in near)
        part = f" There it is only a part of {quoted}." if near else ""
        whose = f"None of your {count:,} sentences contains" if count > 1 else "Your sentence does not contain"
        st.info(
            f"{whose} \u201c{word}\u201d as a whole word.{part} A contextual vector needs a sentence: write one with it."
        )
        _offer(workspace, ctxcore.sentences_with(workspace.word))


def _offer(workspace: state.Workspace, offered: tuple[str, ...]) -> None:
    """Sentences with the word, and buttons that take them."""
    if not offered:
        st.caption("Neither our sense bank nor the news corpus has a sentence with it.")
        return
    senses = state.bank_senses(workspace.word, offered)
    st.markdown("Or take these, from our sense bank and the news:")
    st.dataframe({"sentence": offered}, hide_index=True, height="content", key="offered")
    with st.container(horizontal=True, gap="small"):
        for label, kept in (("Replace sentences", ()), ("Append sentences", workspace.sentences)):
            both = tuple(dict.fromkeys([*kept, *offered]))[: state.most_sentences()]
            labels = tuple((workspace.senses if kept else ()) + senses)
            st.button(label, key=f"offer_{label}", on_click=state.change, kwargs={"sentences": both, "senses": labels})


def show_notices(selection: Selection) -> None:
    """What is not drawn is said, once, above the pictures."""
    if selection.notices:
        st.warning("  \n".join(map(literal, selection.notices)))


def pair_picker(selection: Selection, place: st.delta_generator.DeltaGenerator) -> None:
    """The two occurrences that numbers compare; nothing where there is only one."""
    if selection.pair is None:
        return
    names = [f"{i + 1}. {snippet(selection.sentences[s], (a, b), 40)}" for i, (s, a, b) in enumerate(selection.spans)]
    controls = state.part_controls("pair", selection.pair, ("first", "second"))
    for label, control in zip(("Compare", "with"), controls, strict=True):
        # Keyed, so that the browser is told: a number that stays would go on showing the sentence that stood there before.
        place.selectbox(label, range(len(names)), format_func=names.__getitem__, **control)


def second_model(selection: Selection) -> tuple[Selection, Occurrences] | None:
    """The same occurrences in the second model, as deep; None while there is none, or while it is on its way."""
    if widgets.second_model(selection.workspace.model) is None:
        return None
    theirs = second_of(selection.workspace, store.engine())
    assert theirs is not None
    second = select(theirs, store.engine())
    occurrences = ask(second.vectors())
    return None if occurrences is None else (second, occurrences)


def pinned(selection: Selection) -> None:
    """The static point in which all occurrences meet."""
    chart = PinnedChart.of_selection(selection, store.engine())
    show(chart)
    if rest := len(selection.spans) - chart.mentions:
        st.caption(f"{rest} more are written in another form, which has a vector of its own.")


def similarity(selection: Selection) -> None:
    """Cosine of all pairs in both spaces."""
    left, right = st.columns(2, gap="medium")
    with widgets.errors_shown_in(left):
        _static_similarity(selection)
    with widgets.errors_shown_in(right):
        _contextual_similarity(selection)


def _static_similarity(selection: Selection) -> None:
    chart = StaticSimilarityChart.of_selection(selection)
    alike = bool((store.get(chart.of) >= 1 - SAME).all())
    st.markdown(f":orange[**Static**]: {'every pair is the same' if alike else 'one vector for each form of the word'}")
    show(chart)


def _contextual_similarity(selection: Selection) -> None:
    st.segmented_control(
        "Contextual cosine", [False, True], format_func=("raw", "centred").__getitem__, required=True,
        help="Centred: the mean vector of many words is subtracted from both first (Mu & Viswanath 2018). In many models any "
        "two words reach a high raw cosine.", **state.control("words.centred"),
    )  # fmt: skip
    chart = SimilarityChart.of_selection(selection)
    if not chart.of.centred or ask(Baselines(chart.of.model)) is not None:
        show(chart)


def layers(selection: Selection) -> None:
    """Self-similarity by layer beside its baselines."""
    chart, layer = SelfSimilarityChart.of_selection(selection), selection.layer
    measured = ask(chart.of)
    if measured is None:
        return
    st.markdown(
        f"At layer {layer} two occurrences have a mean cosine of **{measured.word[layer]:.2f}**; random pairs of different "
        f"words reach **{measured.random_words[layer]:.2f}**. The rest, **{measured.less_random[layer]:.2f}**, is this word\u2019s own."
    )
    show(chart)
    controls = ControlsChart.of_selection(selection)
    if controls is not None:
        st.markdown(
            "**Further apart than one sense?** The two compared occurrences, held against pairs whose senses are known."
        )
        show(controls)
        second = second_model(selection)
        theirs = None if second is None else ControlsChart.of_selection(second[0])
        if theirs is not None:
            show(theirs.beside())


def neighbours(selection: Selection) -> None:
    """One list of static neighbours for all sentences; substitutes ranked in each."""
    left, right = st.columns([1, 1.6], gap="medium")
    with widgets.errors_shown_in(left):
        st.markdown(":orange[**Static**]: one list for all sentences")
        show(StaticNeighboursChart.of_selection(selection))
    with widgets.errors_shown_in(right):
        st.markdown(":blue[**Contextual**]: which substitute fits depends on the sentence")
        if not widgets.substitutes_field():
            st.info("Write words that could stand in the place of the target, such as synonyms of its senses.")
            return
        show(SubstitutesChart.of_selection(selection))
        if len(selection.spans) > MOST_RANKED:
            st.caption(f"The first {MOST_RANKED} occurrences are ranked.")


def senses(selection: Selection) -> None:
    """Senses named by the nearest centroid: the reader's sentences, and the bank's."""
    left, right = st.columns(2, gap="medium")
    with left:
        _own_senses(selection)
    with right:
        _bank_senses(selection)


def _own_senses(selection: Selection) -> None:
    st.markdown("**Your labels.** Each labelled occurrence is read by the centroids of the others, the rest by all.")
    chart = OwnSensesChart.of_selection(selection)
    if chart is None:
        st.info(
            "Label occurrences of two senses under \u201cSenses and occurrences\u201d; the unlabelled ones are read here."
        )
        return
    reading = store.get(chart.of)
    widgets.verdict(reading, selection.layer)
    show(chart)
    occurrences = store.get(selection.vectors())
    table = ctxcore.tables.reading_table(reading, occurrences, selection.senses, selection.layer)
    # A whole sentence would be sent once for each of its mentions.
    table["sentence"] = [snippet(selection.sentences[s], (a, b), 160) for s, a, b in selection.spans]
    st.dataframe(table, hide_index=True, column_config={"margin": st.column_config.NumberColumn(format="%.3f")})


def _bank_senses(selection: Selection) -> None:
    chart = BankSensesChart.of_workspace(selection.workspace)
    st.selectbox("Word of our sense bank", list(ctxcore.sense_bank()), **state.control("bank", chart.of.word))
    found = ask(chart.of)
    if found is not None:
        widgets.verdict(found.own, selection.layer, found.off)
        show(chart)
