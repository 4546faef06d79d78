"""The claims of the lessons on a page: each with its figure for the current sentences and models, and whether it holds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ctxcore import CtxError
from ctxcore.charts.selection import Selection
from ctxcore.claims import YOURS, Claim, counted, said_of
from ctxcore.claims.measured import NextWordClaims, next_word_claims, shift_claims, word_claims
from ctxcore.engine import Query
from dashboard import cache, store, widgets
from dashboard.jobs import Job
from dashboard.messages import literal
from dashboard.show import soon

_MARKS = {True: ("green", "check_circle"), False: ("red", "cancel"), None: ("gray", "help")}
"""Colour and icon of a verdict."""


def show(selection: Selection) -> None:
    """All claims, live."""
    st.header("Statements about attention, tested", anchor=False)
    claims, trouble, waiting = measured(selection)
    for start in range(0, len(claims), 2):
        for place, claim in zip(st.columns(2, gap="small"), claims[start : start + 2], strict=False):
            with place.container(border=True, height="stretch"):
                st.markdown(f"**{literal(claim.says)}**  \n{literal(claim.figure)}  \n{_verdict(claim)}")
                st.caption(f"Measured on **{claim.on}**. {literal(claim.measured)} {literal(claim.control)}")
    for said in trouble:
        st.caption(literal(said))
    if waiting:  # a decoder is opened last: nothing above waits for it
        widgets.wait_for(waiting)


def summary(selection: Selection) -> None:
    """How many claims hold, and which do not; the first page has them all. What is measured there is not measured again."""
    claims, trouble, waiting = measured(selection)
    if claims:
        fixed = sum(claim.on != YOURS for claim in claims)
        st.markdown(
            f"**{counted(claims)}.** {fixed} of all are measured on fixed examples, your prompts or our bank, as each says."
        )
    for claim in claims:
        if claim.holds is not True:
            st.markdown(f"{_verdict(claim)}: {literal(claim.says)} ({literal(claim.figure)})")
    for said in trouble:
        st.caption(literal(said))
    st.page_link(
        "views/idea.py",
        label="Every statement with its figure, on \u201cThe idea\u201d",
        icon=":material/arrow_forward:",
    )
    if waiting:
        widgets.wait_for(waiting)


def measured(selection: Selection) -> tuple[list[Claim], list[str], Job[Any] | None]:
    """The claims; why others are not measured; and what those that come are waiting for."""
    claims: list[Claim] = []
    trouble: list[str] = []
    workspace = selection.workspace
    waiting = [_add(asked, claims, trouble) for asked in (shift_claims(selection), word_claims(selection))]
    if waiting[0] or waiting[1]:
        return claims, trouble, waiting[0] or waiting[1]
    name = widgets.decoder_of(workspace.model)
    if workspace.second is not None and name not in (workspace.model, workspace.second):
        return (
            claims,
            [
                *trouble,
                "Two models are drawn, and a third is not opened for the statements about the next word.",
            ],
            None,
        )
    job = cache.model(name)
    if not job.done or job.error is not None:
        return claims, trouble, job
    try:
        asked = next_word_claims(workspace, name, widgets.training_text(workspace))
    except CtxError as error:  # said in full where the text is given
        return claims, [*trouble, _unmeasured(error)], None
    return claims, trouble, _add(asked, claims, trouble)


def _add(asked: Query[Any], claims: list[Claim], trouble: list[str]) -> Job[Any] | None:
    """Take over what is measured; what to wait for, where it is still on its way."""
    try:
        waiting = soon(asked)
    except CtxError as error:
        trouble.append(_unmeasured(error))
        return None
    if waiting is None:
        answer = store.get(asked)
        claims += answer.claims
        about = " about the next word" if isinstance(asked, NextWordClaims) else ""
        trouble += [_unmeasured(error, about) for error in answer.unmeasured]
    return waiting


def _unmeasured(error: CtxError, about: str = "") -> str:
    return f"Not all statements{about} are measured. {error.rule} {error.remedy}"


def verdict(holds: bool | None, by_construction: bool = False) -> str:
    """In words and a colour: does a claim hold?"""
    color, icon = ("gray", "balance") if by_construction and holds else _MARKS[holds]
    return f":{color}[:material/{icon}: **{said_of(holds, by_construction)}**]"


def _verdict(claim: Claim) -> str:
    return verdict(claim.holds, claim.by_construction)
