"""The claims of the lessons, each with its figure for the current sentences and models, and whether it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import CtxError, UnknownWordError, claims, sense_bank
from ctxcore.charts.attention import RowSums
from ctxcore.charts.next_word import Rungs
from ctxcore.charts.selection import Selection
from ctxcore.charts.senses import BankSenses, OwnSenses
from ctxcore.charts.static_words import PairCosines, StaticVectors, SumOfWords
from ctxcore.charts.steps import TracedHead
from ctxcore.charts.unseen import LastWordOf
from ctxcore.claims import Claim
from ctxcore.data.corpora import TrainingText
from dashboard import cache, state, store, widgets
from dashboard.jobs import Job
from dashboard.messages import literal
from dashboard.show import soon

_VERDICTS = {
    True: ":green[:material/check_circle: **holds**]",
    False: ":red[:material/cancel: **does not hold**]",
    None: ":gray[:material/help: **cannot tell**]",
}


def show(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> None:
    """The ledger, live."""
    st.header("What the lesson claims, measured", anchor=False)
    rows, trouble, waiting = measured(workspace, selection, pair)
    for start in range(0, len(rows), 2):
        for place, row in zip(st.columns(2, gap="small"), rows[start : start + 2], strict=False):
            with place.container(border=True, height="stretch"):
                st.markdown(f"**{literal(row.says)}**  \n{literal(row.figure)}  \n{_VERDICTS[row.holds]}")
                st.caption(f"Measured on **{row.on}**. {literal(row.measured)}")
    if trouble:
        st.caption(literal(trouble))
    if waiting:  # a decoder is opened last: nothing above waits for it
        widgets.wait_for(waiting)


def summary(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> None:
    """How many claims hold, and which do not; the first page has them all. What is measured there is not measured again."""
    rows, trouble, waiting = measured(workspace, selection, pair)
    count = sum(row.holds is True for row in rows)
    fixed = sum(row.on != claims.YOURS for row in rows)
    st.markdown(
        f"**{count} of {len(rows)} claims hold** for these sentences and models; {fixed} of them are measured on fixed examples, "
        "your prompts or our bank, as each says."
    )
    for row in rows:
        if row.holds is not True:
            st.markdown(f"{_VERDICTS[row.holds]}: {literal(row.says)} ({literal(row.figure)})")
    if trouble:
        st.caption(literal(trouble))
    st.page_link(
        "views/idea.py", label="Every claim with its figure, on \u201cThe idea\u201d", icon=":material/arrow_forward:"
    )
    if waiting:
        widgets.wait_for(waiting)


def measured(
    workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None
) -> tuple[list[Claim], str, Job[Any] | None]:
    """The claims; why those about the next word are not measured, if so; and the decoder that is still on its way."""
    rows = _rows(workspace, selection, pair)
    name = widgets.decoder_of(workspace.model)
    if workspace.second is not None and name not in (workspace.model, workspace.second):
        return rows, "Two models are drawn, and a third is not opened for the claims about the next word.", None
    job = cache.model(name)
    if not job.done or job.error is not None:
        return rows, "", job
    try:
        text = widgets.training_text(workspace)
        asked = rungs(workspace, name, text), last_word(workspace, name, text)
        for query in asked:
            if query is not None and (pending := soon(query)) is not None:
                return rows, "", pending
        return rows + _next_word(workspace, *asked), "", None
    except CtxError as error:  # said in full where it is typed
        return rows, f"The claims about the next word are not measured. {error.rule} {error.remedy}", None


def verdict(holds: bool | None) -> str:
    """In words and a colour: does a claim hold?"""
    return _VERDICTS[holds]


def _rows(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> list[Claim]:
    first = selection.sentences[selection.spans[0][0]]
    rows = [_one_static_vector(workspace, selection), _static_relations(workspace)]
    if pair:
        cosines = _pair_cosines(workspace, selection, pair)
        rows += [claims.one_vector_per_sentence(cosines), claims.only_the_sentence(cosines)]
    rows.append(_senses(workspace, selection))
    rows.append(claims.rows_are_shares(store.get(RowSums(workspace.model, first))))
    rows.append(claims.weights_make_a_vector(store.get(TracedHead(workspace.model, first, 1, 0)).difference))
    return rows


def _one_static_vector(workspace: state.Workspace, selection: Selection) -> Claim:
    try:
        vectors = store.get(StaticVectors(workspace.static, selection.words))
    except UnknownWordError as error:  # said in full beside the picture
        return claims.no_static_vector(error.word)
    return claims.one_static_vector(ctxcore.measures.geometry.greatest_distance(vectors), len(selection.spans))


def _static_relations(workspace: state.Workspace) -> Claim:
    answer = store.get(SumOfWords(workspace.static, ("king", "woman"), ("man",)))[0]
    royal, pets, across = store.get(PairCosines(workspace.static, claims.PAIRS))
    return claims.static_relations(royal, pets, across, answer)


def one_vector(workspace: state.Workspace, selection: Selection) -> int:
    """How many mentions share one vector at the last layer although they stand in different places; 0 where they differ."""
    vectors = store.get(selection.vectors(workspace.model)).vectors[:, -1]
    places = [(selection.sentences[s], a, b) for s, a, b in selection.spans]
    return len(places) if claims.all_alike(vectors, places) else 0


def _senses(workspace: state.Workspace, selection: Selection) -> Claim:
    word = workspace.word.casefold()
    if word not in sense_bank():
        if len({sense for sense in selection.senses if sense}) > 1:
            own = store.get(OwnSenses(workspace.model, selection.sentences, selection.spans, selection.senses))
            if own.counted:
                return claims.tells_labels_apart(workspace.word, own)
        return claims.not_in_the_bank(workspace.word)
    reading = store.get(BankSenses(workspace.model, word, claims.TOLD))
    return claims.tells_senses_apart(word, reading, one_vector(workspace, selection), selection.senses)


def rungs(workspace: state.Workspace, name: str, text: TrainingText) -> Rungs | None:
    """What is asked of a decoder about both prompts of "Next word"; None where there are no two or no candidate."""
    prompts, candidates = tuple(p for p in workspace.prompts if p), workspace.candidates[:2]
    if len(set(prompts)) < 2 or not candidates:
        return None
    return Rungs(name, prompts, candidates, text, workspace.n, claims.WINDOW)


def last_word(workspace: state.Workspace, name: str, text: TrainingText) -> LastWordOf | None:
    """What is asked of a table and a decoder about the tested sentence; None where it holds no word."""
    return LastWordOf(name, workspace.tested, text, workspace.n) if ctxcore.words_of(workspace.tested) else None


def _next_word(workspace: state.Workspace, ladder: Rungs | None, last: LastWordOf | None) -> list[Claim]:
    """What attention buys for the next word: the claims of the second lesson, on the prompts of "Next word"."""
    rows = []
    if ladder is not None:
        found = store.get(ladder)
        rows += [claims.context_decides(found), claims.no_attention_no_difference(found)]
    if last is not None:
        said = store.get(last)
        rows.append(claims.table_must_have_seen(workspace.tested, said.table, said.model, workspace.n, said.training))
    return rows


def _pair_cosines(workspace: state.Workspace, selection: Selection, pair: tuple[int, int]) -> np.ndarray:
    vectors = store.get(selection.vectors(workspace.model)).vectors
    return ctxcore.measures.geometry.cosine(vectors[pair[0]], vectors[pair[1]])
