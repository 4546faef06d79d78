"""Training a space on a text: what is trained, how far it is, taking it away, and what differs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

import ctxcore
from ctxcore import BadInputError, Training
from ctxcore.charts.relations import NearestChart, NearestWords
from ctxcore.data.corpora import digest_of
from ctxcore.studies.trained import NEWS, Space
from dashboard import cache, state, widgets
from dashboard.jobs import Job
from dashboard.messages import literal
from dashboard.relation_panels import EMBEDDED, TRAINING, needed
from dashboard.show import show

_TEXT = "relations_text"


def train(space: Space) -> None:
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
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("Neighbours of", width=280, **state.text_field("near"))
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
    corpus, digest = (file.name, digest_of(data)) if file else (NEWS, "")
    training = Training(corpus, digest, int(size), int(window), int(epochs), int(least), int(seed))
    right.markdown("&nbsp;")
    right.button("Train", on_click=_begin, args=(training, data), width="stretch")


def _begin(training: Training, data: bytes) -> None:
    state.remember(TRAINING, training)
    state.remember(_TEXT, data)


def _trained() -> None:
    training: Training | None = state.recall(TRAINING)
    if training is None:
        st.info("Nothing is trained yet. The news take a few seconds.")
        return
    job = cache.trained(training, _reader(training, state.recall(_TEXT) or b""))
    if not _watched(job):
        return
    state.remember(_TEXT, None)
    found = job.wait()
    st.markdown(f"**{len(found):,} words** have a vector. {literal(training.name[0].upper() + training.name[1:])}.")
    _take_away(found)
    _side_by_side(training)


def _reader(training: Training, data: bytes) -> Callable[[], Any]:
    """The sentences, read in the thread that trains."""

    def read() -> Any:
        if training.digest and not data:
            raise BadInputError(
                "Trained spaces are kept while there is room.", "one that has gone", "Upload and train again."
            )
        return training.sentences(data)

    return read


def _take_away(found: Any) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Vectors in word2vec format:", width="content")
        for label, ending, binary in (("text", "txt", False), ("binary", "bin", True)):
            st.download_button(
                label, partial(ctxcore.word2vec_bytes, found, binary), file_name=f"vectors.{ending}", on_click="ignore",
                key=f"vectors_{ending}", type="tertiary", help="gensim reads it with load_word2vec_format.",
            )  # fmt: skip


def _side_by_side(training: Training) -> None:
    """Neighbours of one word in both spaces."""
    word = needed(state.current().near, "A word")
    spaces: tuple[tuple[str, Space, str], ...] = (
        ("GloVe, trained on 6 billion words", EMBEDDED, "-embedded"),
        ("Trained here", training, "-trained"),
    )
    for place, (heading, space, suffix) in zip(st.columns(2, gap="medium"), spaces, strict=True):
        with widgets.guarded(place):
            st.markdown(f"**{heading}**")
            show(NearestChart(NearestWords(space, word, 8), height=300, suffix=suffix))
    st.caption(
        "A small text gives high cosines all over and neighbours that merely stood together. Both lists are the same in every "
        "sentence that the word stands in."
    )


def _watched(job: Job[Any]) -> bool:
    """Is it there? If not, its progress and a button that stops it; what failed is no longer asked for."""
    if job.done and job.error is not None and not job.stopped:
        state.remember(TRAINING, None)
    return widgets.wait_for(job, stop="stop_training")
