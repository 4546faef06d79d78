"""The claims of the lessons, each with its figure for the current sentences and models, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import CtxError, Ladder, UnknownWordError, sense_bank
from ctxcore.text import snippet
from dashboard import cache, state, widgets
from dashboard.corpus import Corpus
from dashboard.messages import literal
from dashboard.selection import Selection

SAME = 1e-6
"""Cosines that differ by less are equal: rounding."""
ROUNDING = 1e-5
"""Prompts of unequal length are read in passes of another shape, which round differently."""
TOLD = 3
"""Sentences of each sense that the reader of senses is told."""
WINDOW = 2
"""Words that the rung of that name is shown."""
_TWICE = 2
_LESSON_SAYS = (0.57, 0.35, 0.66)
_VERDICTS = {
    True: ":green[:material/check_circle: **holds**]",
    False: ":red[:material/cancel: **does not hold**]",
    None: ":gray[:material/help: **cannot tell**]",
}


@dataclass(frozen=True)
class Row:
    """One claim.

    Attributes:
        claim: What the lesson says.
        measured: How it is measured here.
        figure: What came out.
        holds: True, False, or None where these sentences cannot tell.
    """

    claim: str
    measured: str
    figure: str
    holds: bool | None


def show(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> None:
    """The ledger, live."""
    st.header("What the lesson claims, measured on your sentences", anchor=False)
    rows, trouble, waiting = measured(workspace, selection, pair)
    for start in range(0, len(rows), 2):
        for place, row in zip(st.columns(2, gap="small"), rows[start : start + 2], strict=False):
            with place.container(border=True, height="stretch"):
                st.markdown(f"**{row.claim}**  \n{row.figure}  \n{_VERDICTS[row.holds]}")
                st.caption(row.measured)
    if trouble:
        st.caption(literal(trouble))
    if waiting:  # a decoder is opened last: nothing above waits for it
        widgets.wait_for(waiting)


def summary(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> None:
    """How many claims hold, and which do not; the first page has them all. What is measured there is not measured again."""
    rows, trouble, waiting = measured(workspace, selection, pair)
    count = sum(row.holds is True for row in rows)
    st.markdown(f"**{count} of {len(rows)} claims hold** for these sentences and models.")
    for row in rows:
        if row.holds is not True:
            st.markdown(f"{_VERDICTS[row.holds]}: {row.claim} ({row.figure})")
    if trouble:
        st.caption(literal(trouble))
    st.page_link(
        "views/idea.py", label="Every claim with its figure, on \u201cThe idea\u201d", icon=":material/arrow_forward:"
    )
    if waiting:
        widgets.wait_for(waiting)


def measured(
    workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None
) -> tuple[list[Row], str, cache.Job | None]:
    """The claims; why those about the next word are not measured, if so; and the decoder that is still on its way."""
    rows = _rows(workspace, selection, pair)
    job = cache.model(widgets.decoder_of(workspace.model))
    if not job.done or job.error is not None:
        return rows, "", job
    try:
        return rows + _next_word(workspace, widgets.decoder_of(workspace.model)), "", None
    except CtxError as error:  # said in full where it is typed
        return rows, f"The claims about the next word are not measured. {error.rule} {error.remedy}", None


def verdict(holds: bool | None) -> str:
    """In words and a colour: does a claim hold?"""
    return _VERDICTS[holds]


def _rows(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> list[Row]:
    rows = [_one_static_vector(workspace, selection), _static_relations(workspace)]
    if pair:
        rows += [_one_vector_per_sentence(workspace, selection, pair), _only_the_sentence(workspace, selection, pair)]
    rows.append(_senses(workspace))
    rows += [_rows_are_shares(workspace, selection), _weights_make_a_vector(workspace, selection)]
    return rows


def _one_static_vector(workspace: state.Workspace, selection: Selection) -> Row:
    claim = "A static embedding gives a word one vector in every sentence."
    try:
        vectors = cache.static_vectors(workspace.static, selection.words)
    except UnknownWordError as error:  # said in full beside the picture
        return Row(
            claim, "It has a vector only for words that it was trained on.", f"none for {literal(error.word)}", None
        )
    distance = ctxcore.measures.geometry.greatest_distance(vectors)
    return Row(
        claim,
        f"Greatest distance between the static vectors of all {len(selection.spans)} mentions.",
        f"distance {distance:g}",
        distance == 0,
    )


def _static_relations(workspace: state.Workspace) -> Row:
    kin, pets, mixed = cache.similarities(workspace.static, (("king", "queen"), ("cat", "dog"), ("king", "cat")))
    answer = cache.analogy(workspace.static, ("king", "woman"), ("man",))[0]
    return Row(
        "Static vectors know how words relate across the language.",
        "Cosine of related words against unrelated ones; king \u2212 man + woman.",
        f"king/queen {kin:.2f}, cat/dog {pets:.2f}, king/cat {mixed:.2f}; answer: {literal(answer.word)} ({answer.similarity:.2f})",
        min(kin, pets) > mixed and answer.word == "queen",
    )


def _one_vector_per_sentence(workspace: state.Workspace, selection: Selection, pair: tuple[int, int]) -> Row:
    cosines = _pair_cosines(workspace, selection, pair)
    return Row(
        "Attention gives the word one vector per sentence.",
        "Cosine of the two compared mentions at the last layer; 1 means the same direction.",
        f"cosine {cosines[-1]:.3f}",
        bool(cosines[-1] < 1 - SAME),
    )


def _only_the_sentence(workspace: state.Workspace, selection: Selection, pair: tuple[int, int]) -> Row:
    cosines = _pair_cosines(workspace, selection, pair)
    return Row(
        "The difference comes from the sentence, not from better word vectors.",
        "The same two mentions in the same model: cosine at layer 0, its own static twin, against the last layer. "
        "Layer 0 also holds the position, so it need not be exactly 1.",
        f"layer 0: {cosines[0]:.3f}, last layer: {cosines[-1]:.3f}",
        bool(cosines[0] - cosines[-1] > 0.01),
    )


def _senses(workspace: state.Workspace) -> Row:
    word = workspace.word.casefold()
    if word not in sense_bank():
        return Row(
            "A contextual vector tells senses apart.",
            "Measured on the words of our sense bank; on the next page you can label your own sentences.",
            f"\u201c{literal(workspace.word)}\u201d is not in the bank",
            None,
        )
    reading = cache.bank_reading(workspace.model, word, TOLD)
    return Row(
        "A contextual vector tells senses apart.",
        f"Told {TOLD} sentences of each of {len(reading.labels)} senses of \u201c{literal(word)}\u201d, it names the sense of "
        f"{reading.counted} others by the nearest centroid. A static vector has one answer for all.",
        f"contextual {100 * reading.accuracy[-1]:.0f} %, layer 0 {100 * reading.accuracy[0]:.0f} %, static {100 * reading.chance:.0f} %",
        bool(reading.accuracy[-1] > max(reading.chance, reading.accuracy[0])),
    )


def _rows_are_shares(workspace: state.Workspace, selection: Selection) -> Row:
    off = cache.attention_sums(workspace.model, selection.sentences[selection.spans[0][0]])
    return Row(
        "Each row of attention is a share: the weights of a word sum to 1.",
        "Greatest distance from 1 over all rows, heads and layers of the first sentence.",
        f"off by at most {off:.0e}",
        off <= 1e-6,
    )


def _weights_make_a_vector(workspace: state.Workspace, selection: Selection) -> Row:
    lesson = state.ByHand()
    by_hand = np.asarray(lesson.weights) @ np.asarray(lesson.vectors)
    traced = cache.trace(workspace.model, selection.sentences[selection.spans[0][0]], 1, 0)
    numbers = ", ".join(f"{n:.2f}" for n in by_hand)
    return Row(
        "The weights combine the values of all words into a new vector.",
        "The lesson\u2019s three words summed with its weights; and in the model, head 0 of layer 1 on the first sentence: its "
        "output worked out step by step against what the model itself went on with. Both can be taken apart on "
        "\u201cAttention, step by step\u201d.",
        f"[{numbers}]; in the model, off by at most {traced.difference:.0e}",
        bool(np.allclose(by_hand, _LESSON_SAYS, atol=1e-9) and traced.difference <= 1e-5),
    )


def _next_word(workspace: state.Workspace, name: str) -> list[Row]:
    """What attention buys for the next word: the claims of the second lesson, on the prompts of "Next word"."""
    words = widgets.training_text(workspace)
    if words is None:
        return []
    prompts, candidates = tuple(p for p in workspace.prompts if p), workspace.candidates[:2]
    rows = []
    if len(set(prompts)) == 2 and candidates:
        found = cache.ladder(name, prompts, candidates, words, words.key, workspace.n, WINDOW)
        rows += [_context_decides(found), _no_attention_no_difference(found)]
    if ctxcore.words_of(workspace.tested):
        rows.append(_table_must_have_seen(workspace, name, words))
    return rows


def _context_decides(found: Ladder) -> Row:
    full = found.probability[:, -1]  # [prompt, candidate]
    shares = "; ".join(f"{literal(c)}: {full[0, i]:.2g} / {full[1, i]:.2g}" for i, c in enumerate(found.candidates))
    first, second = (f"\u201c{_ending(p)}\u201d" for p in found.prompts)
    return Row(
        "The context decides which word comes next.",
        f"Probability after {first} / after {second}. It holds where each word is at least {_TWICE} times as likely after one "
        "prompt as after the other.",
        shares,
        bool((full.max(0) >= _TWICE * full.min(0)).all()),
    )


def _no_attention_no_difference(found: Ladder) -> Row:
    ends = {ctxcore.words_of(p)[-1].text for p in found.prompts}
    off = float(np.abs(found.shares[0, 1] - found.shares[1, 1]).max())
    return Row(
        "Without attention the prediction cannot tell the two prompts apart.",
        "The same model, every token allowed to see itself alone: greatest difference between the two predictions over the "
        f"whole vocabulary (up to {ROUNDING:.0e} is rounding). Only prompts that end in the same word can tell.",
        f"they differ by at most {off:.1g}" if off else "they are identical",
        off <= ROUNDING if len(ends) == 1 else None,
    )


def _table_must_have_seen(workspace: state.Workspace, name: str, words: Corpus) -> Row:
    sentence, last = workspace.tested, ctxcore.words_of(workspace.tested)[-1]
    prefix = sentence[: last.start].rstrip()
    answer = cache.table(words, workspace.n).wait().ask(prefix, last.text)
    found = cache.predicted(name, prefix, last.text)
    table = "never seen" if answer.share is None else f"{answer.share:.3g}"
    return Row(
        "A lookup table must have seen the sentence; a model need not.",
        f"\u201c{literal(last.text)}\u201d after \u201c{_ending(prefix)}\u201d: a table of runs of {workspace.n} words from "
        f"{literal(words.said)}, and the model. Where the table has the answer, it cannot tell.",
        f"table: {table}; model: {found.candidates[last.text]:.2g}, rank {found.rank[last.text]:,}",
        None if answer.share else bool(found.candidates[last.text] > 0),
    )


def _ending(text: str) -> str:
    """The end of a text, for a sentence about it."""
    return literal(snippet(text, (len(text), len(text))))


def _pair_cosines(workspace: state.Workspace, selection: Selection, pair: tuple[int, int]):  # type: ignore[no-untyped-def]
    vectors = cache.occurrences(workspace.model, selection.sentences, selection.spans).vectors
    return ctxcore.measures.geometry.cosine(vectors[pair[0]], vectors[pair[1]])
