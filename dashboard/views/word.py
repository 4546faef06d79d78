"""One word, many sentences: the same mentions in both spaces, and what can be read from their vectors."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import Occurrences
from ctxcore.charts.chart import SECOND
from ctxcore.charts.selection import Selection
from ctxcore.charts.static_words import StaticVectors
from ctxcore.charts.words import Points, ProjectionChart
from ctxcore.measures.projection import Method
from ctxcore.models.catalogue import title_of
from ctxcore.text.labels import UNKNOWN
from dashboard import examples, panels, state, store, widgets
from dashboard.messages import literal
from dashboard.show import show

Picture = Method | Literal["fan"]
_PICTURES: dict[Picture, str] = {
    "fan": "Fan (PCA of the last layer)",
    "pca": "PCA of one layer",
    "umap": "UMAP",
    "tsne": "t-SNE",
}
_PANELS = {
    "similarity": ("Similarity", panels.similarity),
    "layers": ("By layer", panels.layers),
    "neighbours": ("Neighbours and substitutes", panels.neighbours),
    "senses": ("Senses", panels.sense_reader),
}
# Up to how many mentions a single pair is worth a warning; below which rank agreement the whole picture is.
_FEW, _POOR = 30, 0.4
_CASES = [
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
        state.example_of(
            "light",
            "Feathers are light and float slowly to the ground.",
            "Although the box looked huge, it was surprisingly light.",
            "In winter the fox's fur is light and matches the snow.",
            "Add some white paint until the red becomes light and rosy.",
        ),
    ),
]


def page() -> None:
    """Controls, the two spaces side by side, and four panels of measures."""
    st.title("Where does one word go in many sentences?", anchor=False)
    st.markdown(
        "Each sentence adds a mention. In :orange[**static**] space they all meet in one point; in :blue[**contextual**] "
        "space each has its own. Watch which mentions end up together."
    )
    widgets.try_this((label, hint, partial(state.adopt, case)) for label, hint, case in _CASES)
    stage = panels.stage("Static", "Contextual")
    if stage is None:
        return
    workspace, selection, found = stage.workspace, stage.selection, stage.found
    with stage.controls:
        layer = widgets.layer_picker(found.vectors.shape[1] - 1)
        widgets.second_picker()
    with widgets.guarded(stage.fixed):
        _static(workspace, selection)
    with widgets.guarded(stage.moving):
        _contextual(workspace, selection, found, layer)
    panels.show_notices(selection)
    _unknown_pieces(found)
    panel = st.segmented_control(
        "Details",
        list(_PANELS),
        format_func=lambda p: _PANELS[p][0],
        default="similarity",
        required=True,
        key="panel",
    )
    _PANELS[panel][1](workspace, selection, layer)


def _static(workspace: state.Workspace, selection: Selection) -> None:
    vectors = store.get(StaticVectors(workspace.static, selection.words))
    count = len(selection.spans)
    st.metric(f"{count} mention{'s' if count != 1 else ''}, different vectors", panels.distinct(vectors))
    panels.pinned(workspace, selection)


def _contextual(workspace: state.Workspace, selection: Selection, found: Occurrences, layer: int) -> None:
    numbers, kind, depth = st.columns([1, 1.3, 0.7], vertical_alignment="bottom")
    numbers.metric(f"different vectors at layer {layer}", panels.distinct(found.vectors[:, layer]))
    picture = kind.selectbox("Picture", list(_PICTURES), format_func=_PICTURES.__getitem__, key="picture")
    dimensions = 3 if depth.toggle("3-D", key="space") else 2
    _picture(workspace, selection, found, layer, picture, dimensions)
    with widgets.guarded(st.container()):
        _beside(workspace, layer / (found.vectors.shape[1] - 1), picture, dimensions)


def _beside(workspace: state.Workspace, depth: float, picture: Picture, dimensions: int) -> None:
    """The same picture of a second model, as deep in it as the chosen layer is in the first."""
    second = panels.beside(workspace)
    if second is None:
        return
    theirs, kept, found = second
    last = found.vectors.shape[1] - 1
    layer = round(depth * last)
    count = panels.distinct(found.vectors[:, layer])
    st.markdown(
        f"Second model, **{literal(title_of(theirs.model))}**, as deep, at layer {layer} of {last}: "
        f"**{count}** different vector{'s' if count != 1 else ''}."
    )
    _picture(theirs, kept, found, layer, picture, dimensions, SECOND)


def _picture(
    workspace: state.Workspace,
    selection: Selection,
    found: Occurrences,
    layer: int,
    picture: Picture,
    dimensions: int,
    suffix: str = "",
) -> None:
    if picture == "fan":
        trails = panels.fan(workspace, selection, layer=layer, dimensions=dimensions, suffix=suffix)
        shown = None if trails is None else trails.coordinates[:, layer, :dimensions]
    else:
        points = Points(workspace.model, selection.sentences, selection.spans, layer, picture, dimensions)
        with st.spinner("Computing; the first UMAP of a session takes about 10 s.", show_time=True):
            shown = store.get(points).projection.coordinates
        show(ProjectionChart(points, workspace.word, selection.senses, selection.groups, suffix=suffix))
    if not suffix:
        widgets.exchange_bar(found, selection.senses, layer, selection.groups)
    if shown is not None:
        _trust(shown, found, layer)


def _trust(shown: np.ndarray, found: Occurrences, layer: int) -> None:
    """How far the picture can be believed, and a warning where it contradicts the cosine."""
    vectors = found.vectors[:, layer]
    trust = ctxcore.measures.projection.faithfulness(shown, vectors)
    if trust.trustworthiness is not None:
        st.caption(
            f"How far to trust this picture (1 is best): trustworthiness {trust.trustworthiness:.2f}, share of the "
            f"{trust.k} nearest neighbours kept {trust.neighbour_overlap:.2f}, agreement of distances with cosines "
            f"{trust.rank_correlation:.2f}."
        )
        if (trust.rank_correlation or 0) < _POOR:
            st.warning(
                "Distances in this picture agree poorly with the cosines: read the similarity below and not the picture."
            )
    if len(found) > _FEW:  # among thousands of pairs one always contradicts: that says nothing about the picture
        return
    for pair in ctxcore.measures.projection.contradictions(shown, vectors, most=1):
        first, second = (found.sentence_index[i] + 1 for i in (pair.first, pair.second))
        looks, really = ("close", "apart") if pair.picture_rank < pair.cosine_rank else ("apart", "close")
        st.warning(
            f"The picture contradicts the cosine: the mentions in sentences {first} and {second} look {looks} here, but by "
            f"cosine ({pair.cosine:.2f}) they are {really}."
        )


def _unknown_pieces(found: Occurrences) -> None:
    """A word that the tokenizer does not know is read as one token for all unknown words: that is said."""
    unknown = sorted({w for w, ps in zip(found.words, found.pieces, strict=True) if set(ps) & UNKNOWN})
    if unknown:
        names = ", ".join(literal(w) for w in unknown)
        st.warning(
            f"This model\u2019s tokenizer does not know \u201c{names}\u201d: it reads the token it uses for anything unknown."
        )


widgets.run(page)
widgets.fold_out(
    [
        "A word\u2019s vector is the mean of its sub-word pieces where the tokenizer splits it.",
        "Layers differ in what they are good for; the last is not always the best. In a decoder a mention cannot know what "
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
