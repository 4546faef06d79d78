"""Panels of the word relations page: controls that become a question, and what is said of the answer."""

from __future__ import annotations

import streamlit as st

from ctxcore import AnalogyScore, CtxError, PairScore, WordAnalogy
from ctxcore.charts.relations import (
    AllPairsChart,
    AnalogyChart,
    NearestChart,
    PlaneChart,
    WordMapChart,
    space_of,
    training_of,
)
from ctxcore.charts.space_scores import JudgedSpace, SectionsChart
from ctxcore.models.catalogue import title_of
from ctxcore.workspace import Workspace
from dashboard import messages, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_RANKS = (0, 100_000, 30_000, 10_000, 3_000)
"""Words of a space stand in order of frequency; 0 is all of them."""
_PUBLISHED = {
    "WordSim-353": "some models have reached the agreement between people (Hill, Reichart & Korhonen 2015)",
    "SimLex-999": "skip-gram word2vec on 1 billion words of Wikipedia: 0.37; two people with each other: 0.67; one person with "
    "the mean of the others: 0.78 (Hill, Reichart & Korhonen 2015)",
    "Google analogies": "GloVe with 300 features, trained on 42 billion tokens: 75 % (Pennington, Socher & Manning 2014)",
}
"""Comparable figures with their source. None of them is for the vectors with 50 features."""


def space_picker(workspace: Workspace) -> None:
    """Which static space: the workspace's, the bundled one where that is another, or the one that is trained here."""
    look = workspace.space
    names = {"workspace": title_of(workspace.static)}
    if workspace.static == Workspace.static:
        names["workspace"] = "GloVe, 400,000 words (bundled)"
    else:
        names["bundled"] = "GloVe, 400,000 words (bundled)"
    if look.trained or look.source == "trained":
        names["trained"] = training_of(workspace).name
    st.selectbox(
        "Static space", list(names), format_func=names.__getitem__, label_visibility="collapsed",
        help="A space that you train under \u201cTrain\u201d stands here too.",
        **state.control("space.source", look.source if look.source in names else "workspace"),
    )  # fmt: skip


def neighbours() -> None:
    """The words nearest to one word."""
    controls, picture = _two_columns()
    with controls:
        st.text_input("Word", **state.text_field("near"))
        st.slider("How many", 5, 30, **state.control("space.k"))
        st.selectbox(
            "Only among the most frequent", sorted({*_RANKS, state.current().space.frequent}, key=lambda n: (n > 0, -n)),
            format_func=lambda n: f"{n:,}" if n else "all", **state.control("space.frequent"),
            help="Words of a space stand in order of frequency. Rare ones are often names and misspellings.",
        )  # fmt: skip
        st.toggle(
            "Show inflections", **state.control("space.inflections"),
            help="Off, words with the same stem are hidden, as the Snowball stemmer for English cuts them: by spelling, so "
            "\u201cmice\u201d stays beside \u201cmouse\u201d.",
        )  # fmt: skip
        st.caption(
            "What static vectors do well: one glance at billions of words tells what is used alike. What they cannot: a word "
            "with several senses has one list for all of them, in every sentence."
        )
    with widgets.errors_shown_in(picture):
        show(NearestChart.of_workspace(state.current()))


def analogy() -> None:
    """b - a + c, with and without the input words."""
    st.markdown(
        "As the **second** is to the **first**, so is **?** to the **third**: nearest to second \u2212 first + third."
    )
    labels = ("First", "Second", "Third")
    for box, (place, label) in enumerate(zip(st.columns(3, gap="small"), labels, strict=True)):
        place.text_input(label, **state.text_field("analogy", box))
    both = AnalogyChart.both(state.current())
    _analogy_point(store.get(both[0].of))
    for place, chart in zip(st.columns(2, gap="medium"), both, strict=True):
        with place:
            st.markdown(f"**{chart.title()}**")
            show(chart)


def _analogy_point(answer: WordAnalogy) -> None:
    """In one line: the answer, and what the exclusion did."""
    if not answer.excluded:
        return
    word, first = answer.excluded[0].word, answer.kept[0].word
    if word == first:
        st.markdown(f"The answer is **{literal(word)}**, and no input word had to be excluded for it.")
        return
    st.markdown(
        f"The answer is **{literal(word)}**. Were every word allowed, it would be the input word **{literal(first)}** itself: "
        "leaving the input words out is required for this result (Linzen 2016)."
    )


def matrix() -> None:
    """Cosines of all pairs of a list."""
    fields, picture = _two_columns()
    with fields:
        _list_field()
        st.caption(
            "What static vectors do well: words of one kind form blocks, found with no list of kinds. Near is not alike, "
            "though: opposites are near too."
        )
    with widgets.errors_shown_in(picture):
        show(AllPairsChart.of_workspace(state.current()))


def plane() -> None:
    """Words placed by two sums of words."""
    fields, picture = _two_columns()
    with fields:
        for box, label in enumerate(("Across", "Up")):
            st.text_input(
                label, **state.text_field("axes", box),
                help="Words with + and \u2212 between them, such as: king \u2212 queen. A minus needs a blank before it.",
            )  # fmt: skip
        _list_field()
        st.caption(
            "Each word stands where its cosine with each axis puts it; at zero it has nothing of either. An axis shows what "
            "texts say of words (Bolukbasi et al. 2016), not what is so."
        )
    with widgets.errors_shown_in(picture):
        show(PlaneChart.of_workspace(state.current()))


def word_map() -> None:
    """A list and its neighbours in one plane."""
    fields, picture = _two_columns()
    with fields:
        _list_field()
        st.slider("Neighbours of each", 0, 8, **state.control("space.around"))
        st.caption(
            "One joint fit for all: words and neighbours may be compared. A word\u2019s label gives way where there is no room."
        )
    with widgets.errors_shown_in(picture):
        show(WordMapChart.of_workspace(state.current()))


def scores() -> None:
    """Pairs and analogies against people's judgement."""
    st.markdown(
        "Do cosines rank pairs of words as people do, and does **b \u2212 a + c** find the fourth word? Two lists of pairs and "
        "19,544 analogies, measured on this space when you ask."
    )
    chart = SectionsChart(JudgedSpace(space_of(state.current())))
    answer = ask(chart.of)
    if answer is None:
        return
    scores = (*answer.pairs, answer.analogies)
    for place, score, (measure, published) in zip(st.columns(3), scores, _PUBLISHED.items(), strict=True):
        place.metric(measure, _value(score))
        place.caption(f"{_counted(score)}  \n**For comparison:** {published}")
    for error in {e.received: e for e in scores if isinstance(e, CtxError)}.values():
        messages.show(error)
    st.caption(
        "Pairs: rank correlation (Spearman) of cosine and rating, over the whole vocabulary. Analogies: the input words left "
        "out, answers among the 300,000 most frequent words. Upper and lower case count alike; what holds an unknown word is "
        "left out and counted. Read and counted by gensim."
    )
    if isinstance(answer.analogies, AnalogyScore):
        show(chart)


def _value(score: PairScore | AnalogyScore | CtxError) -> str:
    if isinstance(score, PairScore):
        return f"{score.spearman:.3f}"
    if isinstance(score, AnalogyScore):
        return f"{score.total.share:.1%}"
    return "\u2013"


def _counted(score: PairScore | AnalogyScore | CtxError) -> str:
    """What the score rests on."""
    if isinstance(score, PairScore):
        return f"Spearman, {score.left_out:,} of {score.pairs:,} pairs left out."
    if isinstance(score, AnalogyScore):
        total = score.total
        whole = total.asked + total.left_out
        return (
            f"of {total.asked:,} questions right, {total.left_out:,} left out; {total.right / whole:.1%} of all {whole:,}, were "
            "those counted as wrong."
        )
    return "Too few known words."


def _two_columns() -> list[st.delta_generator.DeltaGenerator]:
    """Controls beside their picture; on a phone the picture comes first."""
    with st.container(key="stage"):
        return st.columns([1, 2.2], gap="medium")


def _list_field() -> None:
    st.text_area("Words, separated by commas", max_chars=4000, height=140, **state.text_field("relations"))
