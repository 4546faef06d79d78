"""The idea: one static point, many contextual ones, and the claims with their figures."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ctxcore.charts.selection import Selection
from ctxcore.charts.static_words import StaticVectors
from ctxcore.charts.words import FanChart
from ctxcore.measures.geometry import greatest_distance
from ctxcore.pages import PAGES
from dashboard import claims_panel, examples, pair_panel, panels, state, store, widgets
from dashboard.show import show

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


def page() -> None:
    """Controls on the left, the pinned point and the fan in the middle, what the pair is held against on the right, the ledger below."""
    st.title(PAGES["idea"].question, anchor=False)
    st.markdown(
        "A :orange[**static**] embedding gives a word one vector (a list of numbers), whatever the sentence. A transformer gives "
        "it a :blue[**contextual**] vector: layer by layer, attention lets the words around it pull it elsewhere."
    )
    widgets.try_this((label, hint, partial(state.try_example, example)) for label, hint, example in _EXAMPLES)
    spaces = panels.two_spaces("Static: one point", "Contextual: many", _CONTEXTUAL, "Is that far apart?")
    if spaces is None:
        return
    selection = spaces.selection
    panels.pair_picker(selection, spaces.controls)
    with spaces.controls:
        widgets.second_picker()
    with widgets.errors_shown_in(spaces.static):
        _static(selection)
    with widgets.errors_shown_in(spaces.contextual):
        show(FanChart.of_pair(selection))
    theirs = None
    with widgets.errors_shown_in(spaces.contextual):
        theirs = panels.second_model(selection)
        if theirs is not None:
            show(FanChart.of_pair(theirs[0]).beside())
    panels.show_notices(selection)
    pair_panel.show_pair(selection, None if theirs is None else theirs[0], spaces.against)
    with widgets.errors_shown_in(st.container()):
        claims_panel.show(selection)


def _static(selection: Selection) -> None:
    vectors = store.get(StaticVectors(selection.workspace.static, selection.words))
    if selection.pair:
        apart = greatest_distance(vectors[list(selection.pair)])
        st.metric("The two static vectors", "identical" if apart == 0 else f"{apart:.2f} apart")
    panels.pinned(selection)


widgets.render_page(page)
widgets.fold_out(
    [
        "A plane shows a part of the picture: the share of variance that it keeps is written below it.",
        "Any two vectors differ. \u201cIs that far apart?\u201d holds the two against pairs of one sense; that they are further apart does "
        "not say that a model understands.",
        "Frames are short sentences that we wrote, alike but for one or two words. In the reader\u2019s own sentences senses are told "
        "less well: there the two are held against our sense bank.",
        "GloVe and the transformer were trained on different texts. Part of any gap is simply better training; the same model\u2019s "
        "input embedding (layer 0) is the fairer static vector.",
    ],
    [
        "GloVe: Pennington, Socher & Manning 2014.",
        "Attention: Vaswani et al. 2017.",
        "Contextual vectors compared: Ethayarajh 2019. Standardised cosine: Timkey & van Schijndel 2021.",
    ],
)
