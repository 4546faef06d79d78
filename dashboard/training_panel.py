"""Training a space on a text: what is trained, how far it is, taking it away, and what differs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

import ctxcore
from ctxcore import Training
from ctxcore.charts.relations import NearestChart, training_of
from ctxcore.text import clean
from ctxcore.workspace import Workspace
from dashboard import cache, state, typed, upload, widgets
from dashboard.given_texts import given
from dashboard.messages import literal
from dashboard.show import show

if TYPE_CHECKING:
    from ctxcore.models.static import StaticSpace

_FILE, _PRESSED = "space_file", "training_pressed"
_SETTINGS = (
    ("Features", "size", 2, 300), ("Window", "window", 1, 20), ("Epochs", "epochs", 1, 100),
    ("Minimum count", "min_count", 1, 1000), ("Seed", "seed", 0, 9999),
)  # fmt: skip


def train() -> None:
    """Train a space on a text, take it away, and see what differs."""
    controls, result = st.columns([1, 1.9], gap="medium")
    with controls:
        st.markdown(
            "**A vector depends on the corpus, and still never on the sentence.** Train word2vec on a text and compare."
        )
        # In a box that opens: Streamlit's upload area is a barrier to screen readers while it is on the page.
        with st.popover("Upload a text", icon=":material/upload_file:", key="training_upload"):
            upload.field("A .txt file in UTF-8", ["txt"], key=_FILE, changed=_take)
        _settings(training_of(state.current()))
    with widgets.errors_shown_in(result):
        _compared_word()
        _trained(state.current())


def offer(training: Training) -> bool:
    """Is the space that was chosen there? If not, how far it is, or a button that begins to train it.

    Raises:
        CtxError: It could not be trained.
    """
    there = _is_there(training)
    if there is not None:
        return there
    st.info(f"The chosen space is not in memory here: one {literal(training.name)}. Train it, or choose another above.")
    _train_button(training)
    return False


def _take() -> None:
    """The reader gave a text, or took it back."""
    file = st.session_state.get(_FILE)
    text = given().keep(clean(file.name)[-255:], file.getvalue()) if file else None
    _set(file=text.name if text else "", digest=text.digest if text else "")


def _set(**values: Any) -> None:
    for name, value in ({"trained": False} | values).items():
        state.set_control(f"space.{name}", value)


def _compared_word() -> None:
    """Whose neighbours are compared. It stands there from the start: a field that came with the result might come empty."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("Neighbours of", width=280, **state.text_field("near"))
        st.button(
            "bank", on_click=state.change, kwargs={"near": "bank"}, key="near_bank",
            help="Money in most texts; in the news articles also the West Bank.",
        )  # fmt: skip


def _settings(training: Training) -> None:
    if training.digest:
        st.caption(f"{literal(training.corpus)} is read.")
        if not st.session_state.get(_FILE):  # else the upload itself takes it back
            st.button(
                "Read the news articles instead", on_click=_set, kwargs={"file": "", "digest": ""}, type="tertiary"
            )
    else:
        st.caption("Without one, 300 short Australian news articles are read.")
    left, right = st.columns(2, gap="small")
    for place, (label, name, low, high) in zip((left, right, left, right, left), _SETTINGS, strict=True):
        place.number_input(label, low, high, **typed.number(f"space.{name}", {"space.trained": False}))
    right.markdown("&nbsp;")
    with right:
        _train_button(training, width="stretch")


def _train_button(training: Training, width: Literal["content", "stretch"] = "content") -> None:
    here = not training.digest or given().has(training.text)
    st.button("Train", on_click=_begin, args=(training,), disabled=not here, width=width)
    if not here:
        st.caption(f"{literal(training.corpus)} is not here, or had to make room for others: upload it again.")


def _begin(training: Training) -> None:
    """The reader pressed the button. What was stopped is begun anew."""
    job = cache.trained(training)
    job.join(state.reader())
    if job.ending:
        cache.forget(job)
    st.session_state[_PRESSED] = training
    _set(trained=True)


def _is_there(training: Training) -> bool | None:
    """Is it there? If not, how far it is; None where neither this reader nor another had it trained."""
    pressed = st.session_state.get(_PRESSED) == training
    job = cache.trained(training) if pressed else cache.training(training)
    if job is None:
        return None
    if job.done and job.error is not None and not job.stopped:
        st.session_state[_PRESSED] = None  # what failed is no longer asked for
        _set()
    return widgets.wait_for(job, stop="stop_training")


def _trained(workspace: Workspace) -> None:
    """How far the training is, and what came of it."""
    training = training_of(workspace)
    there = _is_there(training) if workspace.space.trained else None
    if there is None:
        st.info("With this text and these settings nothing is trained yet. The news take a few seconds.")
    if not there:
        return
    space = cache.space(training).wait()
    st.markdown(f"**{len(space):,} words** have a vector. {literal(training.name[0].upper() + training.name[1:])}.")
    _take_away(space)
    _side_by_side(workspace)


def _take_away(space: StaticSpace) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Vectors in word2vec format:", width="content")
        for label, ending, binary in (("text", "txt", False), ("binary", "bin", True)):
            st.download_button(
                label, partial(ctxcore.word2vec_bytes, space, binary), file_name=f"vectors.{ending}", on_click="ignore",
                key=f"vectors_{ending}", type="tertiary", help="gensim reads it with load_word2vec_format.",
            )  # fmt: skip


def _side_by_side(workspace: Workspace) -> None:
    """Neighbours of one word in both spaces."""
    if not widgets.wait_for(cache.static(Workspace.static)):
        return
    headings = "GloVe, trained on 6 billion words", "Trained here"
    for place, heading, chart in zip(
        st.columns(2, gap="medium"), headings, NearestChart.compared_spaces(workspace), strict=True
    ):
        with widgets.errors_shown_in(place):
            st.markdown(f"**{heading}**")
            show(chart)
    st.caption(
        "A small text gives high cosines all over and neighbours that merely stood together. Both lists are the same in every "
        "sentence that the word stands in."
    )
