"""The idea: one static point, many contextual ones, and the claims with their figures."""

from __future__ import annotations

from functools import partial

import streamlit as st

import ctxcore
from ctxcore import Occurrences
from ctxcore.charts.chart import SECOND
from ctxcore.charts.selection import Selection
from ctxcore.charts.static_words import StaticVectors
from ctxcore.models.catalogue import title_of
from dashboard import claims_panel, examples, panels, state, store, widgets
from dashboard.messages import literal

_CASES = [
    ("ran: three senses", "Living things, programs and bosses part ways.", state.default()),
    ("bank: three senses", "Money, rivers and reserves.", state.example("bank")),
    (
        "Where it fails: no looking ahead",
        "A decoder reads \u201cran\u201d before it reads what follows: the three vectors stay one.",
        examples.LEFT_ONLY,
    ),
]


def page() -> None:
    """Controls on the left, the pinned point in the middle, the fan on the right, the ledger below."""
    st.title("Does a word mean the same in every sentence?", anchor=False)
    st.markdown(
        "A :orange[**static**] embedding gives a word one vector, whatever the sentence. A transformer gives it a "
        ":blue[**contextual**] vector: attention lets the words around it pull it elsewhere. Below, the same mentions in both."
    )
    widgets.try_this((label, hint, partial(state.adopt, case)) for label, hint, case in _CASES)
    stage = panels.stage("Static: one point", "Contextual: one point a mention")
    if stage is None:
        return
    workspace, selection = stage.workspace, stage.selection
    pair = panels.pair_picker(selection, stage.controls)
    with stage.controls:
        widgets.second_picker()
    with widgets.guarded(stage.fixed):
        _static(workspace, selection, pair)
    with widgets.guarded(stage.moving):
        _contextual(workspace, selection, stage.found, pair)
    with widgets.guarded(stage.moving):
        _beside(workspace, selection, pair)
    panels.show_notices(selection)
    with widgets.guarded(st.container()):
        claims_panel.show(workspace, selection, pair)


def _static(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> None:
    vectors = store.get(StaticVectors(workspace.static, selection.words))
    if pair:
        st.metric(
            "Distance between the two mentions", f"{ctxcore.measures.geometry.greatest_distance(vectors[list(pair)]):g}"
        )
    panels.pinned(workspace, selection)


def _contextual(
    workspace: state.Workspace, selection: Selection, found: Occurrences, pair: tuple[int, int] | None
) -> None:
    if pair:
        by_layer = ctxcore.measures.geometry.cosine(found.vectors[pair[0]], found.vectors[pair[1]])
        last, twin = st.columns(2)
        last.metric(f"Cosine of the two, last layer ({len(by_layer) - 1})", f"{by_layer[-1]:.2f}")
        twin.metric("at the word embedding (layer 0)", f"{by_layer[0]:.2f}")
    panels.fan(workspace, selection, highlight=pair or ())


def _beside(workspace: state.Workspace, selection: Selection, pair: tuple[int, int] | None) -> None:
    """The same mentions in a second model."""
    second = panels.beside(workspace)
    if second is None:
        return
    theirs, kept, found = second
    if pair and kept.spans == selection.spans:
        by_layer = ctxcore.measures.geometry.cosine(found.vectors[pair[0]], found.vectors[pair[1]])
        name = literal(title_of(theirs.model))
        st.markdown(
            f"Second model, **{name}**: cosine of the two **{by_layer[-1]:.2f}** at its last layer ({len(by_layer) - 1})."
        )
    panels.fan(theirs, kept, highlight=pair or () if kept.spans == selection.spans else (), suffix=SECOND)


widgets.run(page)
widgets.fold_out(
    [
        "A plane shows a part of the picture: the share of variance that it keeps is written below it.",
        "That vectors differ does not say that a model understands; \u201cOne word, many sentences\u201d measures how well the "
        "difference tells senses apart.",
        "GloVe and the transformer were trained on different texts. Part of any gap is simply better training; layer 0 of "
        "the same model is the fairer static twin.",
    ],
    [
        "GloVe: Pennington, Socher & Manning 2014.",
        "Attention: Vaswani et al. 2017.",
        "Contextual vectors compared: Ethayarajh 2019.",
    ],
)
