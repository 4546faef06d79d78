"""One word, many sentences: the same occurrences in both spaces, and what can be read from their vectors."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from ctxcore import Occurrences
from ctxcore.charts.selection import Selection
from ctxcore.charts.static_words import StaticVectors
from ctxcore.charts.words import FanChart, ProjectionChart, picture_of
from ctxcore.controls import WordsControls
from ctxcore.measures.geometry import distinct
from ctxcore.measures.projection import contradictions, faithfulness
from ctxcore.models.catalogue import title_of
from ctxcore.pages import PAGES
from ctxcore.text.labels import UNKNOWN
from dashboard import examples, panels, state, store, widgets
from dashboard.messages import literal
from dashboard.show import show

_PROJECTIONS = {
    "fan": "Fan (PCA of the last layer)",
    "pca": "PCA of one layer",
    "umap": "UMAP",
    "tsne": "t-SNE",
}
_PANELS = {
    "similarity": ("Similarity", panels.similarity),
    "layers": ("By layer", panels.layers),
    "neighbours": ("Neighbours and substitutes", panels.neighbours),
    "senses": ("Senses", panels.senses),
}
# Up to how many occurrences a single pair is worth a warning; below which rank agreement the whole picture is.
_FEW, _POOR = 30, 0.4
_EXAMPLES = [
    ("spring: three senses", "Season, coil and water.", state.example("spring")),
    (
        "Encoder beside decoder",
        "What decides stands behind the word. The encoder reads both sides and tells the three apart; the decoder has read "
        "\u201cIt ran\u201d alone, and its three vectors stay one.",
        replace(examples.LEFT_ONLY, model="minilm-l6", second="smollm2-135m"),
    ),
    (
        "Where it fails: light",
        "Four sentences whose nearest neighbours have the other sense: see \u201cSenses\u201d below.",
        replace(
            state.example_of(
                "light",
                "Feathers are light and float slowly to the ground.",
                "Although the box looked huge, it was surprisingly light.",
                "In winter the fox's fur is light and matches the snow.",
                "Add some white paint until the red becomes light and rosy.",
            ),
            words=WordsControls(panel="senses"),
        ),
    ),
]


def page() -> None:
    """Controls, the two spaces side by side, and four panels of measures."""
    st.title(PAGES["word"].question, anchor=False)
    st.markdown(
        "Each sentence adds an occurrence. In :orange[**static**] space they all meet in one point; in :blue[**contextual**] "
        "space each has its own. Watch which occurrences end up together."
    )
    widgets.try_this((label, hint, partial(state.try_example, example)) for label, hint, example in _EXAMPLES)
    spaces = panels.two_spaces("Static", "Contextual")
    if spaces is None:
        return
    selection = spaces.selection
    with spaces.controls:
        widgets.layer_picker(selection)
        widgets.second_picker()
    with widgets.errors_shown_in(spaces.static):
        _static(selection)
    with widgets.errors_shown_in(spaces.contextual):
        _contextual(selection, spaces.occurrences)
    panels.show_notices(selection)
    _unknown_pieces(spaces.occurrences)
    panel = st.segmented_control(
        "Details", list(_PANELS), format_func=lambda p: _PANELS[p][0], required=True, **state.control("words.panel")
    )
    _PANELS[panel][1](selection)


def _static(selection: Selection) -> None:
    vectors = store.get(StaticVectors(selection.workspace.static, selection.words))
    st.metric("Distinct vectors", f"{distinct(vectors)} of {len(vectors)}")
    panels.pinned(selection)


def _contextual(selection: Selection, occurrences: Occurrences) -> None:
    numbers, kind, depth = st.columns([1, 1.3, 0.7], vertical_alignment="bottom")
    vectors = occurrences.vectors[:, selection.layer]
    numbers.metric(f"Distinct vectors at layer {selection.layer}", f"{distinct(vectors)} of {len(vectors)}")
    kind.selectbox(
        "Projection", list(_PROJECTIONS), format_func=_PROJECTIONS.__getitem__, **state.control("words.projection")
    )
    depth.toggle("3-D", **state.control("words.in_space"))
    coordinates = _picture(picture_of(selection), selection.layer)
    widgets.exchange_bar(occurrences, selection.senses, selection.layer, selection.groups)
    if coordinates is not None:
        _quality(coordinates, occurrences, selection.layer)
    with widgets.errors_shown_in(st.container()):
        _second_model(selection)


def _second_model(selection: Selection) -> None:
    """The same picture of a second model, as deep in it as the chosen layer is in the first."""
    second = panels.second_model(selection)
    if second is None:
        return
    theirs, occurrences = second
    count = distinct(occurrences.vectors[:, theirs.layer])
    st.markdown(
        f"Second model, **{literal(title_of(theirs.workspace.model))}**, as deep, at layer {theirs.layer} of {theirs.layers}: "
        f"**{count}** distinct vector{'s' if count != 1 else ''}."
    )
    coordinates = _picture(picture_of(theirs).beside(), theirs.layer)
    if coordinates is not None:
        _quality(coordinates, occurrences, theirs.layer)


def _picture(chart: FanChart | ProjectionChart, layer: int) -> np.ndarray | None:
    """The chart; where it puts the occurrences at a layer ``[occurrence, axis]``, or None while it is on its way."""
    if isinstance(chart, FanChart):
        trails = show(chart)
        return None if trails is None else trails.fan.coordinates[:, layer, : chart.dimensions]
    points = show(chart)
    return None if points is None else points.projection.coordinates


def _quality(coordinates: np.ndarray, occurrences: Occurrences, layer: int) -> None:
    """How far the picture can be believed, and a warning where it contradicts the cosine."""
    vectors = occurrences.vectors[:, layer]
    quality = faithfulness(coordinates, vectors)
    if quality.trustworthiness is not None:
        st.caption(
            f"Projection quality (1 is best): trustworthiness {quality.trustworthiness:.2f}, share of the "
            f"{quality.k} nearest neighbours kept {quality.neighbour_overlap:.2f}, agreement of distances with cosines "
            f"{quality.rank_correlation:.2f}."
        )
        if (quality.rank_correlation or 0) < _POOR:
            st.warning(
                "Distances in this picture agree poorly with the cosines: read the similarity below and not the picture."
            )
    if len(occurrences) > _FEW:  # among thousands of pairs one always contradicts: that says nothing about the picture
        return
    for pair in contradictions(coordinates, vectors, most=1):
        first, second = (occurrences.sentence_index[i] + 1 for i in (pair.first, pair.second))
        looks, really = ("close", "apart") if pair.picture_rank < pair.cosine_rank else ("apart", "close")
        st.warning(
            f"The picture contradicts the cosine: the occurrences in sentences {first} and {second} look {looks} here, but by "
            f"cosine ({pair.cosine:.2f}) they are {really}."
        )


def _unknown_pieces(occurrences: Occurrences) -> None:
    """A word that the tokenizer does not know is read as one token for all unknown words: that is said."""
    unknown = sorted({w for w, ps in zip(occurrences.words, occurrences.pieces, strict=True) if set(ps) & UNKNOWN})
    if unknown:
        names = ", ".join(literal(w) for w in unknown)
        st.warning(
            f"This model\u2019s tokenizer does not know \u201c{names}\u201d: it reads the token it uses for anything unknown."
        )


widgets.render_page(page)
widgets.fold_out(
    [
        "A word\u2019s vector is the mean of its sub-word pieces where the tokenizer splits it.",
        "Layers differ in what they are good for; the last is not always the best. In a decoder an occurrence cannot know what "
        "follows it.",
        "Nearest-centroid accuracy on a few dozen sentences is an illustration and not a benchmark.",
    ],
    [
        "Self-similarity and anisotropy: Ethayarajh 2019.",
        "Centred cosine: Mu & Viswanath 2018.",
        "Trustworthiness: Venna & Kaski 2001.",
        "UMAP: McInnes, Healy & Melville 2018. t-SNE: van der Maaten & Hinton 2008.",
    ],
)
