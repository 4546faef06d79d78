"""The idea: one static point, many contextual ones, and the claims with their figures."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from ctxcore import Occurrences
from ctxcore.charts.selection import Selection
from ctxcore.charts.static_words import StaticVectors
from ctxcore.charts.words import Baselines, FanChart
from ctxcore.measures.geometry import SAME, cosine, greatest_distance
from ctxcore.models.catalogue import title_of
from ctxcore.pages import PAGES
from dashboard import claims_panel, examples, panels, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_EXAMPLES = [
    ("ran: three senses", "Living things, programs and bosses part ways.", state.default()),
    ("bank: three senses", "Money, rivers and reserves.", state.example("bank")),
    (
        "Where it fails: no looking ahead",
        "A decoder reads \u201cran\u201d before it reads what follows: the three vectors stay one.",
        examples.LEFT_ONLY,
    ),
]


_CONTEXTUAL = (
    "Each trail is one occurrence: its vector at layer 0, the word embedding, and after each layer of the model. PCA lays them "
    "in the plane that keeps most of their spread."
)
_COSINE = "Cosine: how far two vectors point the same way. 1 is the same direction, 0 is a right angle."


def page() -> None:
    """Controls on the left, the pinned point in the middle, the fan on the right, the ledger below."""
    st.title(PAGES["idea"].question, anchor=False)
    st.markdown(
        "A :orange[**static**] embedding gives a word one vector (a list of numbers), whatever the sentence. A transformer gives "
        "it a :blue[**contextual**] vector: layer by layer, attention lets the words around it pull it elsewhere. Below, the same "
        "occurrences in both."
    )
    widgets.try_this((label, hint, partial(state.try_example, example)) for label, hint, example in _EXAMPLES)
    spaces = panels.two_spaces("Static: one point", "Contextual: one point per occurrence", _CONTEXTUAL)
    if spaces is None:
        return
    selection = spaces.selection
    panels.pair_picker(selection, spaces.controls)
    with spaces.controls:
        widgets.second_picker()
    with widgets.errors_shown_in(spaces.static):
        _static(selection)
    with widgets.errors_shown_in(spaces.contextual):
        scale = _contextual(selection, spaces.occurrences)
    with widgets.errors_shown_in(spaces.contextual):
        _second_model(selection)
    panels.show_notices(selection)
    with widgets.errors_shown_in(st.container()):
        claims_panel.show(selection)
    _unrelated(selection, scale)


def _static(selection: Selection) -> None:
    vectors = store.get(StaticVectors(selection.workspace.static, selection.words))
    if selection.pair:
        apart = greatest_distance(vectors[list(selection.pair)])
        st.metric("The two static vectors", "identical" if apart == 0 else f"{apart:.2f} apart")
    panels.pinned(selection)


def _contextual(selection: Selection, occurrences: Occurrences) -> st.delta_generator.DeltaGenerator:
    """The numbers of the pair and the fan; the place of what the numbers are measured by."""
    scale = st.empty()
    if selection.pair:
        numbers = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
        by_layer = _cosines(selection, occurrences)
        last, first = (_in_words(float(by_layer[layer])) for layer in (-1, 0))
        numbers.metric(f"The two, layer {len(by_layer) - 1} (last)", last, width="content", help=_COSINE)
        numbers.metric("layer 0 (word embedding)", first, width="content")
        scale = numbers.container(width=210).empty()
    show(FanChart.of_pair(selection))
    return scale


def _cosines(selection: Selection, occurrences: Occurrences) -> np.ndarray:
    """Of the compared pair, layer by layer."""
    assert selection.pair is not None
    first, second = selection.pair
    return cosine(occurrences.vectors[first], occurrences.vectors[second])


def _in_words(value: float) -> str:
    return "identical" if value >= 1 - SAME else f"cosine {value:.2f}"


def _unrelated(selection: Selection, scale: st.delta_generator.DeltaGenerator) -> None:
    """What a cosine is to be held against. It is measured here in the usual model alone: a larger one takes too long for that."""
    baselines = Baselines(selection.workspace.model)
    if selection.pair and (baselines.model == state.Workspace.model or store.engine().has(baselines)):
        measured = ask(baselines)
        if measured is not None:
            scale.caption(f"Identical: 1.00. Unrelated words: {measured.random_words[-1]:.2f} on average.")


def _second_model(selection: Selection) -> None:
    """The same occurrences in a second model."""
    second = panels.second_model(selection)
    if second is None:
        return
    theirs, occurrences = second
    if theirs.pair and theirs.spans == selection.spans:
        by_layer = _cosines(theirs, occurrences)
        name = literal(title_of(theirs.workspace.model))
        st.markdown(
            f"Second model, **{name}**: cosine of the two **{by_layer[-1]:.2f}** at its last layer ({len(by_layer) - 1})."
        )
    show(FanChart.of_pair(theirs).beside())


widgets.render_page(page)
widgets.fold_out(
    [
        "A plane shows a part of the picture: the share of variance that it keeps is written below it.",
        "That vectors differ does not say that a model understands; \u201cOne word, many sentences\u201d measures how well the "
        "difference tells senses apart.",
        "GloVe and the transformer were trained on different texts. Part of any gap is simply better training; the same model\u2019s "
        "input embedding (layer 0) is the fairer static vector.",
    ],
    [
        "GloVe: Pennington, Socher & Manning 2014.",
        "Attention: Vaswani et al. 2017.",
        "Contextual vectors compared: Ethayarajh 2019.",
    ],
)
