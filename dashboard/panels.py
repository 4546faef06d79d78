"""Panels that pages share: controls that become a question, and what is said of the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import Fan, NoMentionError, Occurrences, UnknownWordError
from ctxcore.charts.selection import Selection, select
from ctxcore.charts.senses import BankSenses, BankSensesChart, OwnSenses, OwnSensesChart
from ctxcore.charts.static_words import (
    PinnedChart,
    StaticCosines,
    StaticNeighboursChart,
    StaticPoint,
    StaticSimilarityChart,
    StaticVectors,
)
from ctxcore.charts.words import (
    Baselines,
    Cosines,
    FanChart,
    SelfSimilarityByLayer,
    SelfSimilarityChart,
    SimilarityChart,
    SubstitutesChart,
    SubstitutesInPlace,
    Trails,
    by_sense,
    mention_labels,
)
from ctxcore.claims import TOLD
from ctxcore.measures.geometry import SAME
from ctxcore.text import near_misses, snippet
from dashboard import cache, messages, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_MOST_RANKED = 24


@dataclass(frozen=True)
class Stage:
    """Three columns: controls, static space, contextual space; and what is drawn in them."""

    workspace: state.Workspace
    selection: Selection
    found: Occurrences
    controls: st.delta_generator.DeltaGenerator
    fixed: st.delta_generator.DeltaGenerator
    moving: st.delta_generator.DeltaGenerator


def stage(fixed_title: str, moving_title: str) -> Stage | None:
    """Controls and the two spaces side by side; None while the models are on their way, or while no sentence has the word.

    Raises what ``select`` raises, but for a word that stands in no sentence yet: sentences with it are offered then.
    """
    workspace = state.current()
    with st.container(key="stage"):
        controls, fixed, moving = st.columns([1.05, 1, 1.75], gap="medium")
    with controls:
        widgets.editor()
    with fixed:
        st.header(f":orange[{fixed_title}]", anchor=False)
        ready = widgets.wait_for(cache.static(workspace.static))
    with moving:
        st.header(f":blue[{moving_title}]", anchor=False)
        ready = widgets.wait_for(cache.model(workspace.model)) and ready
    if not ready:
        return None
    try:
        selection = select(workspace, store.engine())
    except NoMentionError:
        _new_word(workspace, fixed, moving)
        return None
    with moving:
        found = ask(selection.vectors(workspace.model))
    return None if found is None else Stage(workspace, selection, found, controls, fixed, moving)


def _new_word(
    workspace: state.Workspace, fixed: st.delta_generator.DeltaGenerator, moving: st.delta_generator.DeltaGenerator
) -> None:
    """A word was typed before a sentence with it: its static vector is there all the same, and sentences are offered."""
    with fixed:
        try:
            show(PinnedChart(StaticPoint(workspace.static, workspace.word), 0, 0))
        except UnknownWordError as error:
            messages.show(error)
    with moving, st.container(key="new_word"):
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
        for label, kept in (("Replace my sentences", ()), ("Append to mine", workspace.sentences)):
            both = tuple(dict.fromkeys([*kept, *offered]))[: state.MOST_SENTENCES]
            labels = tuple((workspace.senses if kept else ()) + senses)
            st.button(label, key=f"offer_{label}", on_click=state.change, kwargs={"sentences": both, "senses": labels})


def show_notices(selection: Selection) -> None:
    """What is not drawn is said, once, above the pictures."""
    if selection.notices:
        st.warning("  \n".join(map(literal, selection.notices)))


def pair_picker(selection: Selection, place: st.delta_generator.DeltaGenerator) -> tuple[int, int] | None:
    """The two mentions that numbers compare; None where there is only one."""
    if len(selection.spans) < 2:
        return None
    names = [f"{i + 1}. {snippet(selection.sentences[s], (a, b), 40)}" for i, (s, a, b) in enumerate(selection.spans)]
    chosen = []
    for label, key, otherwise in (("Compare", "compare_first", 0), ("with", "compare_second", 1)):
        now = state.recall(key)
        at = now if now in range(len(names)) else otherwise
        # Keyed, so that the browser is told: a number that stays would go on showing the sentence that stood there before.
        chosen.append(
            place.selectbox(label, range(len(names)), format_func=names.__getitem__, key=state.keyed(key, at))
        )
    return chosen[0], chosen[1]


def distinct(vectors: np.ndarray) -> int:
    """How many different vectors there are; those that differ by rounding alone are one."""
    return len({np.round(v, 4).tobytes() for v in np.asarray(vectors, np.float32) + 0.0})


def beside(workspace: state.Workspace) -> tuple[state.Workspace, Selection, Occurrences] | None:
    """The second model's workspace, mentions and vectors; None while there is none, or while it is on its way."""
    name = widgets.second_model(workspace.model)
    if name is None:
        return None
    theirs = replace(workspace, model=name)
    selection = select(theirs, store.engine())
    found = ask(selection.vectors(name))
    return None if found is None else (theirs, selection, found)


def pinned(workspace: state.Workspace, selection: Selection) -> None:
    """The static point in which all mentions meet."""
    vectors = store.get(StaticVectors(workspace.static, selection.words))
    here = [span for span, vector in zip(selection.spans, vectors, strict=True) if np.array_equal(vector, vectors[0])]
    point = StaticPoint(workspace.static, selection.words[0])
    show(PinnedChart(point, len(here), len({s for s, _, _ in here})))
    if rest := len(selection.spans) - len(here):
        st.caption(f"{rest} more are written in another form, which has a vector of its own.")


def fan(
    workspace: state.Workspace,
    selection: Selection,
    *,
    layer: int | None = None,
    dimensions: int = 2,
    highlight: tuple[int, ...] = (),
    suffix: str = "",
) -> Fan | None:
    """The trails of the mentions through the layers. ``suffix`` is what keys and files of a second fan end in."""
    trails = Trails(workspace.model, selection.sentences, selection.spans)
    chart = FanChart(
        trails,
        workspace.word,
        selection.senses,
        selection.groups,
        layer=layer,
        dimensions=dimensions,
        highlight=highlight,
        suffix=suffix,
    )
    found = show(chart)
    return None if found is None else found.fan


def similarity(workspace: state.Workspace, selection: Selection, layer: int) -> None:
    """Cosine of all pairs in both spaces."""
    left, right = st.columns(2, gap="medium")
    with left:
        _static_similarity(workspace, selection)
    with right:
        _contextual_similarity(workspace, selection, layer)


def _static_similarity(workspace: state.Workspace, selection: Selection) -> None:
    words = tuple(selection.words[i] for i in by_sense(selection.senses, len(selection.words)))
    asked = StaticCosines(workspace.static, words)
    alike = bool((store.get(asked) >= 1 - SAME).all())
    st.markdown(f":orange[**Static**]: {'every pair is the same' if alike else 'one vector for each form of the word'}")
    labels = mention_labels(selection.sentences, selection.spans, selection.senses)
    show(StaticSimilarityChart(asked, tuple(labels)))


def _contextual_similarity(workspace: state.Workspace, selection: Selection, layer: int) -> None:
    kind = st.segmented_control(
        "Contextual cosine",
        ["raw", "centred"],
        default="raw",
        required=True,
        key="cosine_kind",
        help="Centred: the mean vector of many words is subtracted from both first (Mu & Viswanath 2018). In many models any "
        "two words reach a high raw cosine.",
    )
    centred = kind == "centred"
    if centred and ask(Baselines(workspace.model)) is None:
        return
    cosines = Cosines(workspace.model, selection.sentences, selection.spans, layer, centred)
    show(SimilarityChart(cosines, selection.senses))


def layers(workspace: state.Workspace, selection: Selection, layer: int) -> None:
    """Self-similarity by layer beside its baselines."""
    asked = SelfSimilarityByLayer(workspace.model, selection.sentences, selection.spans)
    measured = ask(asked)
    if measured is None:
        return
    st.markdown(
        f"At layer {layer} two mentions have a mean cosine of **{measured.word[layer]:.2f}**; random pairs of different "
        f"words reach **{measured.random_words[layer]:.2f}**. The rest, **{measured.corrected[layer]:.2f}**, is this word\u2019s own."
    )
    show(SelfSimilarityChart(asked, workspace.word))


def neighbours(workspace: state.Workspace, selection: Selection, layer: int) -> None:
    """One list of static neighbours for all sentences; substitutes ranked in each."""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        st.markdown(":orange[**Static**]: one list for all sentences")
        show(StaticNeighboursChart(StaticPoint(workspace.static, selection.words[0])))
    with right:
        st.markdown(":blue[**Contextual**]: which substitute fits depends on the sentence")
        words = widgets.substitutes_field()
        if words:
            _ranked(workspace, selection, words, layer)
        else:
            st.info("Write words that could stand in the place of the target, such as synonyms of its senses.")


def _ranked(workspace: state.Workspace, selection: Selection, words: tuple[str, ...], layer: int) -> None:
    ranked = selection.spans[:_MOST_RANKED]
    show(SubstitutesChart(SubstitutesInPlace(workspace.model, selection.sentences, ranked, words), layer))
    if len(selection.spans) > _MOST_RANKED:
        st.caption(f"The first {_MOST_RANKED} mentions are ranked.")


def sense_reader(workspace: state.Workspace, selection: Selection, layer: int) -> None:
    """Senses named by the nearest centroid: the reader's sentences, and the bank's."""
    left, right = st.columns(2, gap="medium")
    with left:
        _own_senses(workspace, selection, layer)
    with right:
        _bank_senses(workspace, layer)


def _own_senses(workspace: state.Workspace, selection: Selection, layer: int) -> None:
    st.markdown("**Your labels.** Each labelled mention is read by the centroids of the others, the rest by all.")
    if len({s for s in selection.senses if s}) < 2:
        st.info(
            "Label mentions of two senses under \u201cSenses and mentions\u201d; the unlabelled ones are read here."
        )
        return
    asked = OwnSenses(workspace.model, selection.sentences, selection.spans, selection.senses)
    reading = store.get(asked)
    widgets.verdict(reading, layer)
    show(OwnSensesChart(asked))
    found = store.get(selection.vectors(workspace.model))
    table = ctxcore.tables.reading_table(reading, found, selection.senses, layer)
    # A whole sentence would be sent once for each of its mentions.
    table["sentence"] = [snippet(selection.sentences[s], (a, b), 160) for s, a, b in selection.spans]
    st.dataframe(table, hide_index=True, column_config={"margin": st.column_config.NumberColumn(format="%.3f")})


def _bank_senses(workspace: state.Workspace, layer: int) -> None:
    names = list(ctxcore.sense_bank())
    folded = workspace.word.casefold()
    start = names.index(folded) if folded in names else 0
    word = st.selectbox("Word of our sense bank", names, index=start, key=f"bank_{folded}")
    asked = BankSenses(workspace.model, word, TOLD)
    reading = ask(asked)
    if reading is None:
        return
    widgets.verdict(reading, layer)
    show(BankSensesChart(asked))
