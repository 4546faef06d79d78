"""Word relations: what one vector a word knows of its neighbours, analogies and axes, and what it cannot know."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ctxcore.charts.relations import space_of
from ctxcore.pages import PAGES
from ctxcore.studies.trained import Space
from dashboard import cache, relation_panels, state, training_panel, widgets

_PANELS = {
    "near": ("Neighbours", relation_panels.neighbours),
    "analogy": ("Analogy", relation_panels.analogy),
    "matrix": ("Matrix", relation_panels.matrix),
    "plane": ("Axes", relation_panels.plane),
    "map": ("Map", relation_panels.word_map),
    "scores": ("Scores", relation_panels.scores),
    "train": ("Train", training_panel.train),
}
_CAPITALS = (
    "france",
    "paris",
    "italy",
    "rome",
    "germany",
    "berlin",
    "japan",
    "tokyo",
    "spain",
    "madrid",
    "poland",
    "warsaw",
)
_EXAMPLES: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "capitals",
        "The same step leads from each country to its capital: paris \u2212 france + italy is nearest to rome.",
        "plane",
        {"relations": _CAPITALS, "axes": ("paris - france", "tokyo + japan - paris - france"), "analogy": ("france", "paris", "italy")},
    ),
    (
        "king and queen",
        "Who leans to woman, who to man, and who to a throne; no sentence was needed.",
        "plane",
        {"relations": state.Workspace.relations, "axes": state.Workspace.axes, "analogy": state.Workspace.analogy},
    ),
    (
        "Where it fails: python",
        "A snake, a language and a comedy troupe in one list. And as a bird flies, a fish \u2026 sails (under Analogy).",
        "near",
        {"near": "python", "analogy": ("bird", "fly", "fish")},
    ),
]  # fmt: skip


def page() -> None:
    """A space, and seven panels."""
    st.title(PAGES["relations"].question, anchor=False)
    st.markdown(
        "A :orange[**static vector**] holds how a word is used over a whole corpus: look for what it gets right with no sentence "
        "at all, and for words with several senses, where one vector must serve them all."
    )
    widgets.try_this((label, hint, partial(_open, panel, words)) for label, hint, panel, words in _EXAMPLES)
    tabs, picker = st.columns([2.2, 1], gap="small", vertical_alignment="center")
    with tabs:
        panel = st.segmented_control(
            "Look at", list(_PANELS), format_func=lambda p: _PANELS[p][0], required=True, label_visibility="collapsed",
            **state.control("space.panel"),
        )  # fmt: skip
    with picker:
        relation_panels.space_picker(state.current())
    space = space_of(state.current())
    if panel != "train" and not _there(space):
        return
    with widgets.errors_shown_in(st.container()):
        _PANELS[panel][1]()


def _there(space: Space) -> bool:
    """Is the space in memory? If not, what is said of it stands in its place."""
    return widgets.wait_for(cache.space(space)) if isinstance(space, str) else training_panel.offer(space)


def _open(panel: str, words: dict[str, Any]) -> None:
    state.set_control("space.panel", panel)
    state.change(**words)


widgets.render_page(page)
widgets.fold_out(
    [
        "A static vector is the mean of all uses of a word: the commonest sense drowns the others, and no sentence can bring "
        "them back. The page \u201cOne word, many sentences\u201d shows what attention does about that.",
        "Near is not alike: opposites such as \u201chot\u201d and \u201ccold\u201d (cosine 0.80) stand in the same sentences and "
        "come out nearer than \u201chot\u201d and \u201cwarm\u201d (0.75).",
        "Analogies owe part of their fame to leaving the input words out, and to which questions are asked; a right answer in "
        "one section says little of another.",
        "An axis such as \u201cwoman \u2212 man\u201d repeats what the texts say, prejudice included.",
        "A plane is a shadow: the share of variance that it keeps is stated, the rest cannot be seen.",
        "The stemmer that hides inflections goes by English spelling.",
    ],
    [
        "GloVe: Pennington, Socher & Manning 2014.",
        "word2vec and 3CosAdd: Mikolov et al. 2013.",
        "What analogies owe to the exclusion: Linzen 2016; Rogers, Drozd & Li 2017.",
        "WordSim-353: Finkelstein et al. 2002. SimLex-999: Hill, Reichart & Korhonen 2015.",
        "Axes of words: Bolukbasi et al. 2016.",
        "Order of leaves: Bar-Joseph, Gifford & Jaakkola 2001. Stemmer: Porter 2001 (Snowball).",
        "News corpus: Lee, Pincombe & Welsh 2005, as gensim ships it.",
    ],
)
