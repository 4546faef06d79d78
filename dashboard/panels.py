"""Panels that pages share: each is one call to the cache, one figure and its export bar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import BadInputError, NoMentionError, Occurrences, UnknownWordError
from ctxcore.figures import alts
from ctxcore.measures.geometry import SAME
from ctxcore.text import cue, near_misses, snippet
from dashboard import cache, messages, recipes, state, widgets
from dashboard.messages import literal
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
        return Stage(workspace, select(workspace, workspace.model), controls, fixed, moving)
    except NoMentionError:
        _new_word(workspace, fixed, moving)
        return None


def _new_word(
    workspace: state.Workspace, fixed: st.delta_generator.DeltaGenerator, moving: st.delta_generator.DeltaGenerator
) -> None:
    """A word was typed before a sentence with it: its static vector is there all the same, and sentences are offered."""
    with fixed:
        try:
            _pinned(workspace, workspace.word, 0, 0)
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
    return theirs, selection, cache.occurrences(name, selection.sentences, selection.spans)


def pinned(workspace: state.Workspace, selection: Selection) -> None:
    """The static point in which all mentions meet."""
    vectors = cache.static_vectors(workspace.static, selection.words)
    here = [span for span, vector in zip(selection.spans, vectors, strict=True) if np.array_equal(vector, vectors[0])]
    _pinned(workspace, selection.words[0], len(here), len({s for s, _, _ in here}))
    if rest := len(selection.spans) - len(here):
        st.caption(f"{rest} more are written in another form, which has a vector of its own.")


def _pinned(workspace: state.Workspace, word: str, mentions: int, sentences: int) -> None:
    entry, shadow, near = cache.pinned(workspace.static, word)
    figure = ctxcore.figures.pinned_figure(entry, shadow, near, mentions, sentences, height=_PINNED)
    widgets.plot(figure, "pinned", f"One point in static space for {mentions} mentions, among {len(near)} neighbours.")
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
    alt = alts.fan_alt(found, selection.senses)
    widgets.plot(figure, f"fan{beside}", f"{whose}: {alt}" if whose else alt)
    code = recipes.fan(workspace, selection, layer=layer, dimensions=dimensions, highlight=highlight, height=STAGE)
    title = f"The fan of \u201c{workspace.word}\u201d"
    table = partial(ctxcore.tables.fan_table, trails, found, selection.senses, selection.groups)
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
    matrix = ctxcore.measures.geometry.cosine_matrix(cache.static_vectors(workspace.static, tuple(words)))
    alike = bool((matrix >= 1 - SAME).all())
    st.markdown(f":orange[**Static**]: {'every pair is the same' if alike else 'one vector for each form of the word'}")
    note = "Cosine of the static vectors of each pair of mentions."
    figure = ctxcore.figures.similarity_figure(matrix, labels, static=True, note=note)
    widgets.plot(figure, "static_similarity", f"Static space. {alts.similarity_alt(matrix)}")
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
        "Contextual cosine",
        ["raw", "centred"],
        default="raw",
        required=True,
        key="cosine_kind",
        help="Centred: the mean vector of many words is subtracted from both first (Mu & Viswanath 2018). In many models any "
        "two words reach a high raw cosine.",
    )
    centred = kind == "centred"
    note = f"Layer {layer}; raw cosine."
    mean = None
    if centred:
        job = cache.background(workspace.model)
        if not widgets.wait_for(job, stop="stop_background"):
            return
        mean = job.wait().mean[layer]
        note = f"Layer {layer}; centred cosine: the mean over all words of a fixed sample of our sense bank is subtracted first."
    matrix = ctxcore.measures.geometry.cosine_matrix(found.vectors[order, layer], mean)
    figure = ctxcore.figures.similarity_figure(matrix, labels, note=note)
    widgets.plot(figure, "similarity", f"Contextual space, layer {layer}, {kind}. {alts.similarity_alt(matrix)}")
    code = recipes.similarity(workspace, selection, order, labels, note, layer=layer, centred=centred)
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
    widgets.plot(figure, "self_similarity", alts.self_similarity_alt(measured))
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
    ranked = cache.substitutes(workspace.model, selection.sentences, kept, words)
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
    widgets.plot(figure, "own_senses", f"Your labels. {alts.senses_alt(reading)}")
    code = recipes.own_senses(workspace, selection, note)
    widgets.export_bar(figure, ctxcore.tables.senses_table(reading), "senses", "Senses by layer", code)
    table = ctxcore.tables.reading_table(reading, found, selection.senses, layer)
    # A whole sentence would be sent once for each of its mentions.
    table["sentence"] = [snippet(selection.sentences[s], (a, b), 160) for s, a, b in selection.spans]
    st.dataframe(table, hide_index=True, column_config={"margin": st.column_config.NumberColumn(format="%.3f")})


def _bank_senses(workspace: state.Workspace, layer: int) -> None:
    names = list(ctxcore.sense_bank())
    folded = workspace.word.casefold()
    start = names.index(folded) if folded in names else 0
    word = st.selectbox("Word of our sense bank", names, index=start, key=f"bank_{folded}")
    reading = cache.bank_reading(workspace.model, word, _TOLD)
    widgets.verdict(reading, layer)
    note = (
        f"Told {_TOLD} sentences of each of {len(reading.labels)} senses of \u201c{word}\u201d; named the sense of "
        f"{reading.counted} new ones. Every sense weighted alike."
    )
    figure = ctxcore.figures.senses_figure(reading, note=note)
    widgets.plot(figure, "bank_senses", f"New sentences of our bank. {alts.senses_alt(reading)}")
    code = recipes.bank_senses(workspace, word, _TOLD, note)
    widgets.export_bar(figure, ctxcore.tables.senses_table(reading), "bank-senses", f"Senses of {word}", code)


def _by_sense(selection: Selection) -> list[int]:
    """Mentions with those of one sense side by side: senses that the vectors tell apart show as blocks."""
    order = list(dict.fromkeys(selection.senses))
    return sorted(range(len(selection.senses)), key=lambda i: order.index(selection.senses[i]))
