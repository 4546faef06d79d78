"""Panels that pages share: each is one call to the cache, one figure and its export bar."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import BadInputError, Occurrences
from ctxcore.text import cue, snippet
from dashboard import cache, recipes, state, widgets
from dashboard.selection import Selection, select

STAGE = 500
"""Height of the fan in pixels; the pinned point beside it is lower, since it needs no slider."""
BESIDE = "-beside"
"""What keys and files of a second model's figure end in."""
_PINNED = 370
_TOLD = 3
_MOST_RANKED = 24


@dataclass(frozen=True)
class Stage:
    """Three columns: controls, static space, contextual space; and what is drawn in them."""

    workspace: state.Workspace
    selection: Selection
    controls: st.delta_generator.DeltaGenerator
    fixed: st.delta_generator.DeltaGenerator
    moving: st.delta_generator.DeltaGenerator


def stage(fixed_title: str, moving_title: str) -> Stage | None:
    """Controls and the two spaces side by side; None while the models are on their way. Raises what ``select`` raises."""
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
    selection = select(workspace, workspace.model)
    with moving:
        ready = widgets.wait_for(
            cache.vectors(workspace.model, selection.sentences, selection.spans), stop="vectors_stop"
        )
    return Stage(workspace, selection, controls, fixed, moving) if ready else None


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
    selection = select(theirs, name)
    job = cache.vectors(name, selection.sentences, selection.spans)
    return (theirs, selection, job.wait()) if widgets.wait_for(job, stop="vectors_stop_beside") else None


def pinned(workspace: state.Workspace, selection: Selection) -> None:
    """The static point in which all mentions meet."""
    entry, shadow, near = cache.pinned(workspace.static, selection.words[0])
    mentions, sentences = len(selection.spans), len({s for s, _, _ in selection.spans})
    figure = ctxcore.figures.pinned_figure(entry, shadow, near, mentions, sentences, height=_PINNED)
    widgets.plot(
        figure, "pinned", f"All {mentions} mentions lie on one point in static space, among {len(near)} neighbours."
    )
    code = recipes.pinned(workspace, entry, mentions, sentences, _PINNED)
    widgets.export_bar(figure, ctxcore.tables.pinned_table(entry, shadow, near), "static", "One static point", code)


def fan(
    workspace: state.Workspace,
    selection: Selection,
    found: Occurrences,
    *,
    layer: int | None = None,
    dimensions: int = 2,
    highlight: tuple[int, ...] = (),
    beside: str = "",
) -> None:
    """The trails of the mentions through the layers. ``beside`` is what keys and files of a second fan end in."""
    trails = cache.fan(workspace.model, selection.sentences, selection.spans)
    figure = ctxcore.figures.fan_figure(
        trails, found, senses=selection.senses, highlight=highlight, layer=layer, dimensions=dimensions, height=STAGE
    )
    figure, whose = widgets.titled(figure, workspace.model)
    alt = "Trails of the mentions through the layers: they start at one point and open into groups."
    widgets.plot(figure, f"fan{beside}", f"{whose}: {alt}" if whose else alt)
    code = recipes.fan(workspace, selection, layer=layer, dimensions=dimensions, highlight=highlight, height=STAGE)
    title = f"The fan of \u201c{workspace.word}\u201d"
    table = ctxcore.tables.fan_table(trails, found, selection.senses)
    about = {"drawn_with": workspace.model} if whose else {}
    widgets.export_bar(figure, table, f"fan{beside}", title, recipes.titled(code, whose), **about)


def similarity(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    """Cosine of all pairs in both spaces."""
    order = _by_sense(selection)
    labels = [f"{s + 1} {cue(selection.sentences[s], (a, b))}" for s, a, b in (selection.spans[i] for i in order)]
    left, right = st.columns(2, gap="medium")
    with left:
        _static_similarity(workspace, [selection.words[i] for i in order], labels)
    with right:
        _contextual_similarity(workspace, selection, found, layer, order, labels)


def _static_similarity(workspace: state.Workspace, words: list[str], labels: list[str]) -> None:
    st.markdown(":orange[**Static**]: every pair is the same")
    matrix = ctxcore.measures.geometry.cosine_matrix(cache.static_vectors(workspace.static, tuple(words)))
    note = "Cosine of the static vectors of each pair of mentions."
    figure = ctxcore.figures.similarity_figure(matrix, labels, static=True, note=note)
    widgets.plot(figure, "static_similarity", "Cosine of all pairs of mentions in static space: 1 everywhere.")
    code = recipes.static_similarity(workspace, words, labels, note)
    table = ctxcore.tables.similarity_table({"cosine": matrix}, labels)
    widgets.export_bar(figure, table, "static-similarity", "Static similarity", code)


def _contextual_similarity(
    workspace: state.Workspace,
    selection: Selection,
    found: Occurrences,
    layer: int,
    order: list[int],
    labels: list[str],
) -> None:
    kind = st.segmented_control(
        ":blue[**Contextual**] cosine",
        ["raw", "corrected"],
        default="raw",
        required=True,
        key="cosine_kind",
        help="Corrected: the mean vector of many words is subtracted first (Mu & Viswanath 2018). In many models any two "
        "words reach a high raw cosine.",
    )
    corrected = kind == "corrected"
    note = f"Layer {layer}; raw cosine."
    mean = None
    if corrected:
        job = cache.background(workspace.model)
        if not widgets.wait_for(job, stop="stop_background"):
            return
        mean = job.wait().mean[layer]
        note = f"Layer {layer}; the mean over all words of a fixed sample of our sense bank is subtracted first."
    matrix = ctxcore.measures.geometry.cosine_matrix(found.vectors[order, layer], mean)
    figure = ctxcore.figures.similarity_figure(matrix, labels, note=note)
    widgets.plot(figure, "similarity", "Cosine of all pairs of mentions in contextual space.")
    code = recipes.similarity(workspace, selection, order, labels, note, layer=layer, corrected=corrected)
    table = ctxcore.tables.similarity_table({f"{kind} cosine": matrix}, labels)
    widgets.export_bar(figure, table, "similarity", "Contextual similarity", code)


def layers(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    """Self-similarity by layer beside its baselines."""
    if len(found) < 2:
        raise BadInputError("Self-similarity compares mentions.", "one mention", "Add a second sentence with the word.")
    job = cache.background(workspace.model)
    if not widgets.wait_for(job, stop="stop_background"):
        return
    measured = ctxcore.measures.geometry.compare_self_similarity(found.vectors, job.wait())
    st.markdown(
        f"At layer {layer} two mentions have a mean cosine of **{measured.word[layer]:.2f}**; random pairs of different "
        f"words reach **{measured.random_words[layer]:.2f}**. The rest, **{measured.corrected[layer]:.2f}**, is this word\u2019s own."
    )
    figure = ctxcore.figures.self_similarity_figure(measured, workspace.word)
    widgets.plot(
        figure, "self_similarity", "Self-similarity of the word by layer, raw and corrected, and two baselines."
    )
    code = recipes.self_similarity(workspace, selection)
    widgets.export_bar(
        figure, ctxcore.tables.self_similarity_table(measured), "self-similarity", "Self-similarity by layer", code
    )


def neighbours(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    """One list of static neighbours for all sentences; substitutes ranked in each."""
    left, right = st.columns([1, 1.6], gap="medium")
    with left:
        st.markdown(":orange[**Static**]: one list for all sentences")
        entry, _, near = cache.pinned(workspace.static, selection.words[0])
        figure = ctxcore.figures.neighbours_figure(near, entry)
        widgets.plot(figure, "neighbours", "The words nearest to the static vector.")
        code = recipes.neighbours(workspace, entry)
        widgets.export_bar(figure, ctxcore.tables.neighbours_table(near), "neighbours", "Static neighbours", code)
    with right:
        st.markdown(":blue[**Contextual**]: which substitute fits depends on the sentence")
        words = widgets.substitutes_field()
        if words:
            _ranked(workspace, selection, words, layer)
        else:
            st.info("Write words that could stand in the place of the target, such as synonyms of its senses.")


def _ranked(workspace: state.Workspace, selection: Selection, words: tuple[str, ...], layer: int) -> None:
    kept = selection.spans[:_MOST_RANKED]
    job = cache.substitutes(workspace.model, selection.sentences, kept, words)
    if not widgets.wait_for(job, stop="substitutes_stop"):
        return
    ranked = job.wait()
    labels = [snippet(selection.sentences[s], (a, b), 38) for s, a, b in kept]
    height = 160 + 26 * len(kept)
    figure = ctxcore.figures.substitutes_figure(
        ranked.similarity[..., layer], words, labels, layer=layer, height=height
    )
    widgets.plot(figure, "substitutes", "How near each substitute comes to the word in each sentence.")
    if len(selection.spans) > _MOST_RANKED:
        st.caption(f"The first {_MOST_RANKED} mentions are ranked.")
    code = recipes.substitutes(workspace, selection, words, labels, layer=layer, height=height)
    shown = cache.occurrences(workspace.model, selection.sentences, kept)
    widgets.export_bar(
        figure, ctxcore.tables.substitutes_table(ranked, shown, layer), "substitutes", "Substitutes", code
    )


def sense_reader(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    """Senses named by the nearest centroid: the reader's sentences, and the bank's."""
    left, right = st.columns(2, gap="medium")
    with left:
        _own_senses(workspace, selection, found, layer)
    with right:
        _bank_senses(workspace, layer)


def _own_senses(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    st.markdown("**Your labels.** Each labelled mention is read by the centroids of the others, the rest by all.")
    if len({s for s in selection.senses if s}) < 2:
        st.info(
            "Label mentions of two senses under \u201cSenses and mentions\u201d; the unlabelled ones are read here."
        )
        return
    reading = ctxcore.measures.senses.read_senses(found.vectors, selection.senses)
    widgets.verdict(reading, layer)
    note = f"Leave-one-out on {reading.counted} labelled mentions, every sense weighted alike."
    figure = ctxcore.figures.senses_figure(reading, note=note)
    widgets.plot(figure, "own_senses", "Share of labelled mentions whose sense is named right, by layer.")
    code = recipes.own_senses(workspace, selection, note)
    widgets.export_bar(figure, ctxcore.tables.senses_table(reading), "senses", "Senses by layer", code)
    table = ctxcore.tables.reading_table(reading, found, selection.senses, layer)
    st.dataframe(table, hide_index=True, column_config={"margin": st.column_config.NumberColumn(format="%.3f")})


def _bank_senses(workspace: state.Workspace, layer: int) -> None:
    names = list(ctxcore.sense_bank())
    folded = workspace.word.casefold()
    start = names.index(folded) if folded in names else 0
    word = st.selectbox("**Our sense bank.** Word", names, index=start, key=f"bank_{folded}")
    reading = cache.bank_reading(workspace.model, word, _TOLD)
    widgets.verdict(reading, layer)
    note = (
        f"Told {_TOLD} sentences of each of {len(reading.labels)} senses of \u201c{word}\u201d; named the sense of "
        f"{reading.counted} new ones. Every sense weighted alike."
    )
    figure = ctxcore.figures.senses_figure(reading, note=note)
    widgets.plot(figure, "bank_senses", "Share of new sentences of the bank whose sense is named right, by layer.")
    code = recipes.bank_senses(workspace, word, _TOLD, note)
    widgets.export_bar(figure, ctxcore.tables.senses_table(reading), "bank-senses", f"Senses of {word}", code)


def _by_sense(selection: Selection) -> list[int]:
    """Mentions with those of one sense side by side: senses that the vectors tell apart show as blocks."""
    order = list(dict.fromkeys(selection.senses))
    return sorted(range(len(selection.senses)), key=lambda i: order.index(selection.senses[i]))
