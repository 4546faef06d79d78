"""Panels of the word relations page: controls that become a question, and what is said of the answer."""

from __future__ import annotations

import streamlit as st

from ctxcore import AnalogyScore, BadInputError, CtxError, PairScore, WordAnalogy
from ctxcore.charts.relations import (
    AllPairs,
    AllPairsChart,
    Analogy,
    AnalogyChart,
    JudgedSpace,
    NearestChart,
    NearestWords,
    Plane,
    PlaneChart,
    SectionsChart,
    WordMapChart,
    WordsAround,
)
from ctxcore.models.catalogue import title_of
from ctxcore.studies.trained import Space, Training
from dashboard import cache, messages, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

EMBEDDED = "glove-6b-50d"
_K = 12
_RANKS = {"all": None, "100,000": 100_000, "30,000": 30_000, "10,000": 10_000, "3,000": 3_000}
TRAINING, _ASKED = "relations_training", "relations_scores"
_PUBLISHED = {
    "WordSim-353": "some models have reached the agreement between people (Hill, Reichart & Korhonen 2015)",
    "SimLex-999": "skip-gram word2vec on 1 billion words of Wikipedia: 0.37; two people with each other: 0.67; one person with "
    "the mean of the others: 0.78 (Hill, Reichart & Korhonen 2015)",
    "Google analogies": "GloVe with 300 features, trained on 42 billion tokens: 75 % (Pennington, Socher & Manning 2014)",
}
"""Comparable figures with their source. None of them is for the vectors with 50 features."""


def chosen() -> Space:
    """The static space that is looked at."""
    training, now = finished(), state.current().static
    spaces: dict[str, Space] = {now: now, EMBEDDED: EMBEDDED}
    if training:
        spaces[training.name] = training
    key = "relations_space"
    if state.recall(key) not in spaces:
        state.remember(key, now)
    name = st.selectbox(
        "Static space", list(spaces), key=key, persist_state="session", label_visibility="collapsed",
        format_func=lambda n: _title(spaces[n]),
        help="A space that you train under \u201cTrain\u201d stands here too.",
    )  # fmt: skip
    return spaces[name]


def _title(space: Space) -> str:
    if isinstance(space, Training):
        return space.name
    return "GloVe, 400,000 words (bundled)" if space == EMBEDDED else title_of(space)


def finished() -> Training | None:
    """What the space was trained on that was trained here, if it is ready and still kept."""
    training: Training | None = state.recall(TRAINING)
    return training if training and cache.is_trained(training) else None


def neighbours(space: Space) -> None:
    """The words nearest to one word."""
    controls, picture = _stage()
    with controls:
        st.text_input("Word", **state.text_field("near"))
        k = int(st.slider("How many", 5, 30, _K, key="near_k", persist_state="session"))
        rank = st.selectbox(
            "Only among the most frequent", list(_RANKS), key="near_rank", persist_state="session",
            help="Words of a space stand in order of frequency. Rare ones are often names and misspellings.",
        )  # fmt: skip
        inflections = st.toggle(
            "Show inflections", True, key="near_inflections", persist_state="session",
            help="Off, words with the same stem are hidden, as the Snowball stemmer for English cuts them: by spelling, so "
            "\u201cmice\u201d stays beside \u201cmouse\u201d.",
        )  # fmt: skip
        st.caption(
            "What static vectors do well: one glance at billions of words tells what is used alike. What they cannot: a word "
            "with several senses has one list for all of them, in every sentence."
        )
    with widgets.guarded(picture):
        word = needed(state.current().near, "A word")
        show(NearestChart(NearestWords(space, word, k, _RANKS[rank], inflections)))


def analogy(space: Space) -> None:
    """b - a + c, with and without the input words."""
    st.markdown(
        "As the **second** is to the **first**, so is **?** to the **third**: nearest to second \u2212 first + third."
    )
    labels = ("First", "Second", "Third")
    for box, (place, label) in enumerate(zip(st.columns(3, gap="small"), labels, strict=True)):
        place.text_input(label, **state.text_field("analogy", box))
    a, b, c = (needed(w, f"The {label.lower()} word") for w, label in zip(state.current().analogy, labels, strict=True))
    asked = Analogy(space, a, b, c)
    _analogy_point(store.get(asked))
    left, right = st.columns(2, gap="medium")
    for place, excluded, suffix in ((left, True, "-excluded"), (right, False, "-kept")):
        with place:
            chart = AnalogyChart(asked, excluded, suffix=suffix)
            st.markdown(f"**{chart.title()}**")
            show(chart)


def _analogy_point(found: WordAnalogy) -> None:
    """In one line: the answer, and what the exclusion did."""
    answer, first = found.excluded[0].word, found.kept[0].word
    if answer == first:
        st.markdown(f"The answer is **{literal(answer)}**, and no input word had to be excluded for it.")
        return
    st.markdown(
        f"The answer is **{literal(answer)}**. Were every word allowed, it would be the input word **{literal(first)}** itself: "
        "leaving the input words out is part of the trick (Linzen 2016)."
    )


def matrix(space: Space) -> None:
    """Cosines of all pairs of a list."""
    fields, picture = _stage()
    with fields:
        words = _list_field()
        st.caption(
            "What static vectors do well: words of one kind form blocks, found with no list of kinds. Near is not alike, "
            "though: opposites are near too."
        )
    with widgets.guarded(picture):
        show(AllPairsChart(AllPairs(space, words)))


def plane(space: Space) -> None:
    """Words placed by two sums of words."""
    fields, picture = _stage()
    with fields:
        for box, label in enumerate(("Across", "Up")):
            st.text_input(
                label, **state.text_field("axes", box),
                help="Words with + and \u2212 between them, such as: king \u2212 queen. A minus needs a blank before it.",
            )  # fmt: skip
        words = _list_field()
        st.caption(
            "Each word stands where its cosine with each axis puts it; at zero it has nothing of either. An axis shows what "
            "texts say of words (Bolukbasi et al. 2016), not what is so."
        )
    with widgets.guarded(picture):
        show(PlaneChart(Plane(space, words, *state.current().axes)))


def word_map(space: Space) -> None:
    """A list and its neighbours in one plane."""
    fields, picture = _stage()
    with fields:
        words = _list_field()
        count = int(st.slider("Neighbours of each", 0, 8, 3, key="map_k", persist_state="session"))
        st.caption(
            "One joint fit for all: words and neighbours may be compared. A word\u2019s label gives way where there is no room."
        )
    with widgets.guarded(picture):
        show(WordMapChart(WordsAround(space, words, count)))


def scores(space: Space) -> None:
    """Pairs and analogies against people's judgement."""
    st.markdown(
        "Do cosines rank pairs of words as people do, and does **b \u2212 a + c** find the fourth word? Two lists of pairs and "
        "19,544 analogies, measured on this space when you ask; the analogies take about half a minute."
    )
    if state.recall(_ASKED) != space:
        st.button("Measure", on_click=state.remember, args=(_ASKED, space), icon=":material/straighten:")
        return
    try:
        found = ask(JudgedSpace(space))
    except CtxError:
        state.remember(_ASKED, None)  # what failed is no longer asked for
        raise
    if found is None:
        return
    scores = (*found.pairs, found.analogies)
    for place, score, (measure, published) in zip(st.columns(3), scores, _PUBLISHED.items(), strict=True):
        place.metric(measure, _said(score))
        place.caption(f"{_counted(score)}  \n**For comparison:** {published}")
    for error in {e.received: e for e in scores if isinstance(e, CtxError)}.values():
        messages.show(error)
    st.caption(
        "Pairs: rank correlation (Spearman) of cosine and rating, over the whole vocabulary. Analogies: the input words left "
        "out, answers among the 300,000 most frequent words. Upper and lower case count alike; what holds an unknown word is "
        "left out and counted. Read and counted by gensim."
    )
    if isinstance(found.analogies, AnalogyScore):
        show(SectionsChart(JudgedSpace(space)))


def _said(score: PairScore | AnalogyScore | CtxError) -> str:
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


def _stage() -> list[st.delta_generator.DeltaGenerator]:
    """Controls beside their picture; on a phone the picture comes first."""
    with st.container(key="stage"):
        return st.columns([1, 2.2], gap="medium")


def _list_field() -> tuple[str, ...]:
    st.text_area("Words, separated by commas", max_chars=4000, height=140, **state.text_field("relations"))
    return state.current().relations


def needed(word: str, what: str) -> str:
    """A word that a panel cannot do without.

    Raises:
        BadInputError: The field is empty.
    """
    if not word:
        raise BadInputError(f"{what} is needed.", "an empty field", "Write one.")
    return word
