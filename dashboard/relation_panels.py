"""Panels of word relations: each is one call to the cache, one figure and its export bar."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import streamlit as st

import ctxcore
from ctxcore import AnalogyScore, BadInputError, CtxError, PairScore
from dashboard import cache, messages, state, widgets
from dashboard import relation_recipes as recipes
from dashboard.cache import Training
from dashboard.jobs import Job
from dashboard.messages import literal

EMBEDDED = "glove-6b-50d"
NEWS = "300 news articles"
_K = 12
_RANKS = {"all": None, "100,000": 100_000, "30,000": 30_000, "10,000": 10_000, "3,000": 3_000}
_TRAINING, _TEXT, _ASKED = "relations_training", "relations_text", "relations_scores"
_PUBLISHED = {
    "WordSim-353": "some models have reached the agreement between people (Hill, Reichart & Korhonen 2015)",
    "SimLex-999": "skip-gram word2vec on 1 billion words of Wikipedia: 0.37; two people with each other: 0.67; one person with "
    "the mean of the others: 0.78 (Hill, Reichart & Korhonen 2015)",
    "Google analogies": "GloVe with 300 features, trained on 42 billion tokens: 75 % (Pennington, Socher & Manning 2014)",
}
"""Comparable figures with their source. None of them is for the vectors with 50 features."""


def chosen() -> tuple[str, recipes.Space]:
    """The static space that is looked at: its name, and what code makes it."""
    training, now = finished(), state.current().static
    names = list(dict.fromkeys([now, EMBEDDED, *([training.name] if training else [])]))
    key = "relations_space"
    if state.recall(key) not in names:
        state.remember(key, now)
    name = st.selectbox(
        "Static space", names, key=key, persist_state="session", label_visibility="collapsed",
        format_func=lambda n: "GloVe, 400,000 words (embedded)" if n == EMBEDDED else widgets.title_of(n),
        help="A space that you train under \u201cTrain\u201d stands here too.",
    )  # fmt: skip
    return name, training if training and name == training.name else name


def finished() -> Training | None:
    """The space that was trained here, if it is ready and still kept."""
    training: Training | None = state.recall(_TRAINING)
    return training if training and cache.is_trained(training.name) else None


def neighbours(name: str, space: recipes.Space) -> None:
    """The words nearest to one word."""
    (key,), changed = state.relation_keys("near")
    controls, picture = _stage()
    with controls:
        st.text_input("Word", state.shown(key), key=key, on_change=changed, max_chars=60)
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
        word, found = cache.near(name, _needed(state.current().near, "A word"), k, _RANKS[rank], inflections)
        figure = ctxcore.figures.neighbours_figure(found, word, height=150 + 21 * len(found))
        widgets.plot(figure, "near", f"The {len(found)} words nearest to the vector of {word}.")
        code = recipes.near(space, word, k, _RANKS[rank], inflections, 150 + 21 * len(found))
        table = ctxcore.tables.neighbours_table(found)
        widgets.export_bar(
            figure, table, "near", f"Neighbours of {word}", code, space=name, asked=word, inflections=inflections
        )


def analogy(name: str, space: recipes.Space) -> None:
    """b - a + c, with and without the input words."""
    keys, changed = state.relation_keys("analogy")
    st.markdown(
        "As the **second** is to the **first**, so is **?** to the **third**: nearest to second \u2212 first + third."
    )
    labels = ("First", "Second", "Third")
    for place, label, key in zip(st.columns(3, gap="small"), labels, keys, strict=True):
        place.text_input(label, state.shown(key), key=key, on_change=changed, max_chars=60)
    a, b, c = (
        _needed(w, f"The {label.lower()} word") for w, label in zip(state.current().analogy, labels, strict=True)
    )
    found = cache.word_analogy(name, a, b, c, 8)
    _analogy_point(found)
    left, right = st.columns(2, gap="medium")
    for place, excluded, heading in ((left, True, "Input words excluded"), (right, False, "Every word may answer")):
        with place:
            st.markdown(f"**{heading}**")
            figure = ctxcore.figures.analogy_figure(found, excluded=excluded)
            key = "analogy-excluded" if excluded else "analogy-kept"
            widgets.plot(figure, key, f"{heading}: the words nearest to {b} minus {a} plus {c}.")
            code = recipes.analogy(space, (found.a, found.b, found.c), 8, excluded=excluded)
            table = ctxcore.tables.analogy_table(found, excluded=excluded)
            widgets.export_bar(figure, table, key, heading, code, space=name, analogy=[a, b, c])


def _analogy_point(found: ctxcore.WordAnalogy) -> None:
    """In one line: the answer, and what the exclusion did."""
    answer, first = found.excluded[0].word, found.kept[0].word
    if answer == first:
        st.markdown(f"The answer is **{literal(answer)}**, and no input word had to be excluded for it.")
        return
    st.markdown(
        f"The answer is **{literal(answer)}**. Were every word allowed, it would be the input word **{literal(first)}** itself: "
        "leaving the input words out is part of the trick (Linzen 2016)."
    )


def matrix(name: str, space: recipes.Space) -> None:
    """Cosines of all pairs of a list."""
    fields, picture = _stage()
    with fields:
        words = _list_field()
        st.caption(
            "What static vectors do well: words of one kind form blocks, found with no list of kinds. Near is not alike, "
            "though: opposites are near too."
        )
    with widgets.guarded(picture):
        shown, values = cache.word_matrix(name, words)
        note = (
            "Cosine of all pairs. Like words stand side by side: leaves of an average-linkage tree of cosine distances, in "
            "optimal order (Bar-Joseph et al. 2001)."
        )
        height = max(460, min(760, 200 + 20 * len(shown)))
        figure = ctxcore.figures.similarity_figure(values, shown, static=True, note=note, height=height)
        widgets.plot(figure, "word_matrix", "Cosine of all pairs of the words, like ones side by side.")
        code = recipes.matrix(space, words, note, height)
        table = ctxcore.tables.similarity_table({"cosine": values}, shown)
        widgets.export_bar(figure, table, "word-matrix", "Similarity of words", code, space=name, words=list(words))


def plane(name: str, space: recipes.Space) -> None:
    """Words placed by two sums of words."""
    keys, changed = state.relation_keys("axes")
    fields, picture = _stage()
    with fields:
        for label, key in zip(("Across", "Up"), keys, strict=True):
            st.text_input(
                label, state.shown(key), key=key, on_change=changed, max_chars=300,
                help="Words with + and \u2212 between them, such as: king \u2212 queen. A minus needs a blank before it.",
            )  # fmt: skip
        words = _list_field()
        st.caption(
            "Each word stands where its cosine with each axis puts it; at zero it has nothing of either. An axis shows what "
            "texts say of words (Bolukbasi et al. 2016), not what is so."
        )
    with widgets.guarded(picture):
        x, y = state.current().axes
        found = cache.word_plane(name, words, x, y)
        figure = ctxcore.figures.plane_figure(found)
        widgets.plot(figure, "plane", f"Words by their cosine with {found.axes[0]} across and {found.axes[1]} up.")
        code = recipes.plane(space, words, (x, y))
        widgets.export_bar(
            figure, ctxcore.tables.plane_table(found), "plane", "A plane of two axes", code, space=name, axes=[x, y]
        )


def word_map(name: str, space: recipes.Space) -> None:
    """A list and its neighbours in one plane."""
    fields, picture = _stage()
    with fields:
        words = _list_field()
        count = int(st.slider("Neighbours of each", 0, 8, 3, key="map_k", persist_state="session"))
        st.caption(
            "One joint fit for all: words and neighbours may be compared. A word\u2019s label gives way where there is no room."
        )
    with widgets.guarded(picture):
        found = cache.word_map(name, words, count)
        figure = ctxcore.figures.word_map_figure(found)
        widgets.plot(figure, "word_map", "The words and their neighbours in one plane.")
        code = recipes.word_map(space, words, count)
        table = ctxcore.tables.word_map_table(found)
        widgets.export_bar(figure, table, "word-map", "A map of words", code, space=name, words=list(words))


def scores(name: str, space: recipes.Space) -> None:
    """Pairs and analogies against people's judgement."""
    st.markdown(
        "Do cosines rank pairs of words as people do, and does **b \u2212 a + c** find the fourth word? Two lists of pairs and "
        "19,544 analogies, measured on this space when you ask; the analogies take about half a minute."
    )
    if state.recall(_ASKED) != name:
        st.button("Measure", on_click=state.remember, args=(_ASKED, name), icon=":material/straighten:")
        return
    job = cache.scores(name)
    if not _watched(job, "scores", _ASKED):
        return
    *pairs, analogies = job.wait()
    for place, score, (measure, published) in zip(st.columns(3), (*pairs, analogies), _PUBLISHED.items(), strict=True):
        place.metric(measure, _said(score))
        place.caption(f"{_counted(score)}  \n**For comparison:** {published}")
    for error in {e.received: e for e in (*pairs, analogies) if isinstance(e, CtxError)}.values():
        messages.show(error)
    st.caption(
        "Pairs: rank correlation (Spearman) of cosine and rating, over the whole vocabulary. Analogies: the input words left "
        "out, answers among the 300,000 most frequent words. Upper and lower case count alike; what holds an unknown word is "
        "left out and counted. Read and counted by gensim."
    )
    if isinstance(analogies, AnalogyScore):
        figure = ctxcore.figures.sections_figure(analogies)
        widgets.plot(figure, "sections", "Share of analogies answered right, by section.")
        table = ctxcore.tables.sections_table(analogies)
        widgets.export_bar(
            figure, table, "sections", "Analogies by section", recipes.sections(space), space=name,
            pairs={s.name: s.spearman for s in pairs if isinstance(s, PairScore)},
        )  # fmt: skip


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


def train(name: str, space: recipes.Space) -> None:
    """Train a space on a text, take it away, and see what differs."""
    controls, result = st.columns([1, 1.9], gap="medium")
    with controls:
        st.markdown(
            "**A vector depends on the corpus, and still never on the sentence.** Train word2vec on a text and compare."
        )
        # In a box that opens: Streamlit's upload area is a barrier to screen readers while it is on the page.
        with st.popover("Upload a text", icon=":material/upload_file:", key="training_upload"):
            file = st.file_uploader("A .txt file in UTF-8 (20 MB at most)", type=["txt"], key="training_file")
        said = f"{literal(file.name)} is read." if file else "Without one, 300 short Australian news articles are read."
        st.caption(said)
        with widgets.guarded(st.container()):
            _settings(file)
    with widgets.guarded(result):
        _compared_word()
        _trained()


def _compared_word() -> None:
    """Whose neighbours are compared. It stands there from the start: a field that came with the result might come empty."""
    (key,), changed = state.relation_keys("near")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("Neighbours of", state.shown(key), key=key, on_change=changed, max_chars=60, width=280)
        st.button(
            "bank", on_click=state.change, kwargs={"near": "bank"}, key="near_bank",
            help="Money in most texts; in the news articles also the West Bank.",
        )  # fmt: skip


def _settings(file: Any) -> None:
    left, right = st.columns(2, gap="small")
    size = left.number_input("Features", 2, 300, 50, key="training_size", persist_state="session")
    window = right.number_input("Window", 1, 20, 5, key="training_window", persist_state="session")
    epochs = left.number_input("Epochs", 1, 100, 20, key="training_epochs", persist_state="session")
    least = right.number_input("Least count", 1, 1000, 5, key="training_least", persist_state="session")
    seed = left.number_input("Seed", 0, 9999, 0, key="training_seed", persist_state="session")
    data = file.getvalue() if file else b""
    if len(data) > ctxcore.reading.LIMIT:
        raise BadInputError("A file may have 20 MB.", f"{len(data) >> 20} MB", "Give a part of it.")
    corpus, digest = (file.name, hashlib.sha256(data).hexdigest()) if file else (NEWS, "")
    training = Training(corpus, digest, int(size), int(window), int(epochs), int(least), int(seed))
    right.markdown("&nbsp;")
    right.button("Train", on_click=_begin, args=(training, data), width="stretch")


def _begin(training: Training, data: bytes) -> None:
    state.remember(_TRAINING, training)
    state.remember(_TEXT, data)


def _trained() -> None:
    training: Training | None = state.recall(_TRAINING)
    if training is None:
        st.info("Nothing is trained yet. The news take a few seconds.")
        return
    job = cache.trained(training, _reader(training, state.recall(_TEXT) or b""))
    if not _watched(job, "training", _TRAINING):
        return
    state.remember(_TEXT, None)
    found = job.wait()
    st.markdown(f"**{len(found):,} words** have a vector. {literal(training.name[0].upper() + training.name[1:])}.")
    _take_away(found)
    _side_by_side(training)


def _reader(training: Training, data: bytes) -> Callable[[], Any]:
    """The sentences, read in the thread that trains."""
    if not training.digest:
        return ctxcore.news_sentences
    if hashlib.sha256(data).hexdigest() != training.digest:
        raise BadInputError(
            "Trained spaces are kept while there is room.", "one that has gone", "Upload and train again."
        )
    return lambda: ctxcore.reading.read_text(data, training.corpus)


def _take_away(found: Any) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Vectors in word2vec format:", width="content")
        for label, ending, binary in (("text", "txt", False), ("binary", "bin", True)):
            st.download_button(
                label, lambda b=binary: ctxcore.word2vec_bytes(found, b), file_name=f"vectors.{ending}", on_click="ignore",
                key=f"vectors_{ending}", type="tertiary", help="gensim reads it with load_word2vec_format.",
            )  # fmt: skip


def _side_by_side(training: Training) -> None:
    """Neighbours of one word in both spaces."""
    word = _needed(state.current().near, "A word")
    places = st.columns(2, gap="medium")
    spaces: tuple[tuple[str, str, recipes.Space], ...] = (
        ("GloVe, trained on 6 billion words", EMBEDDED, EMBEDDED),
        ("Trained here", training.name, training),
    )
    for place, (heading, name, space) in zip(places, spaces, strict=True):
        with widgets.guarded(place):
            st.markdown(f"**{heading}**")
            entry, found = cache.near(name, word, 8, None, True)
            figure = ctxcore.figures.neighbours_figure(found, entry, height=300)
            key = "near-embedded" if name == EMBEDDED else "near-trained"
            widgets.plot(figure, key, f"{heading}: the words nearest to {entry}.")
            code = recipes.near(space, entry, 8, None, True, 300)
            widgets.export_bar(figure, ctxcore.tables.neighbours_table(found), key, heading, code, space=name)
    st.caption(
        "A small text gives high cosines all over and neighbours that merely stood together. Both lists are the same in every "
        "sentence that the word stands in."
    )


def _stage() -> list[st.delta_generator.DeltaGenerator]:
    """Controls beside their picture; on a phone the picture comes first."""
    with st.container(key="stage"):
        return st.columns([1, 2.2], gap="medium")


def _watched(job: Job, kind: str, asked_key: str) -> bool:
    """Is it there? If not, its progress and a button that stops it; what failed is no longer asked for."""
    if job.done and job.error is not None and not job.stopped:
        state.remember(asked_key, None)
    return widgets.wait_for(job, stop=f"stop_{kind}")


def _list_field() -> tuple[str, ...]:
    (key,), changed = state.relation_keys("relations")
    st.text_area("Words, separated by commas", state.shown(key), key=key, on_change=changed, max_chars=4000, height=140)
    return state.current().relations


def _needed(word: str, what: str) -> str:
    if not word:
        raise BadInputError(f"{what} is needed.", "an empty field", "Write one.")
    return word
