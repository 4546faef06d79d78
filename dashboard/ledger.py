"""The claims of the lessons, each with its figure for the current sentences and models, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import UnknownWordError, sense_bank
from dashboard import cache, state
from dashboard.messages import literal
from dashboard.selection import Selection

_SAME = 1e-6
_TOLD = 3
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
    rows = _rows(workspace, selection, pair)
    for start in range(0, len(rows), 2):
        for place, row in zip(st.columns(2, gap="small"), rows[start : start + 2], strict=False):
            with place.container(border=True, height="stretch"):
                st.markdown(f"**{row.claim}**  \n{row.figure}  \n{_VERDICTS[row.holds]}")
                st.caption(row.measured)


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
        bool(cosines[-1] < 1 - _SAME),
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
    reading = cache.bank_reading(workspace.model, word, _TOLD)
    return Row(
        "A contextual vector tells senses apart.",
        f"Told {_TOLD} sentences of each of {len(reading.labels)} senses of \u201c{literal(word)}\u201d, it names the sense of "
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


def _pair_cosines(workspace: state.Workspace, selection: Selection, pair: tuple[int, int]):  # type: ignore[no-untyped-def]
    vectors = cache.occurrences(workspace.model, selection.sentences, selection.spans).vectors
    return ctxcore.measures.geometry.cosine(vectors[pair[0]], vectors[pair[1]])
