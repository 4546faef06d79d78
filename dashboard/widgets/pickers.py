"""Selects that pages share: models, spaces, a word of a sentence, a head, a layer, an n-gram size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import streamlit as st

import ctxcore
from ctxcore import Word
from ctxcore.charts import texts
from ctxcore.charts.attention import Focus
from ctxcore.charts.next_word import WhyNoNextWord, predictor, why_no_next_word
from ctxcore.charts.texts import WordsOf
from ctxcore.data.corpora import TrainingText
from ctxcore.models.catalogue import CATALOGUE, title_of
from dashboard import cache, state, store
from dashboard.given_texts import given
from dashboard.messages import literal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
from dashboard.widgets.waiting import wait_for

Width = Literal["stretch"] | int
_NO_OTHER = "no other model"


def model_picker(width: Width = "stretch") -> None:
    """Which contextual model: an embedded one, or one of the reader's own; the static space stays."""
    names = list(state.offered_models())
    now = state.current().model
    if now not in names:
        names.append(now)
    st.selectbox(
        "Contextual model",
        names,
        key=state.keyed("model_picker", now),
        format_func=title_of,
        on_change=state.read_model,
        width=width,
        help="\n\n".join(f"**{CATALOGUE[n].title}**: {CATALOGUE[n].description}." for n in names if n in CATALOGUE),
    )


def second_picker(width: Width = "stretch") -> None:
    """Which model is drawn beside the first; none unless the reader says so."""
    now = state.current().second
    names: list[str | None] = [None, *state.offered_models()]
    if now not in names:
        names.append(now)
    st.selectbox(
        "Beside it",
        names,
        key=state.keyed("second_picker", now),
        format_func=lambda name: _NO_OTHER if name is None else title_of(name),
        placeholder=_NO_OTHER,  # Streamlit shows it where None is chosen
        on_change=state.read_choice,
        args=("second", "second_picker"),
        width=width,
        help="A second model that draws the same figure. Nothing is computed with it while this is off.",
    )


def static_picker() -> None:
    """Which static space, where the reader has opened one of their own."""
    mine = state.own("static")
    if not mine:
        return
    st.selectbox(
        "Static vectors",
        [name for name, entry in CATALOGUE.items() if entry.kind == "static"] + list(mine),
        key=state.keyed("static_picker", state.current().static),
        format_func=title_of,
        on_change=state.read_choice,
        args=("static", "static_picker"),
    )


def word_picker(words: Sequence[Word], at: int, label: str = "Word", width: Width = "stretch") -> None:
    """Which word of the sentence; one that stands there several times is told apart by its number."""
    shown = [w.text for w in words]
    names = [
        f"{text} ({shown[: i + 1].count(text)} of {shown.count(text)})" if shown.count(text) > 1 else text
        for i, text in enumerate(shown)
    ]
    st.selectbox(
        label,
        range(len(words)),
        format_func=names.__getitem__,
        key=state.keyed("focus_word", at),
        on_change=state.read_choice,
        args=("at", "focus_word"),
        width=width,
    )


def head_picker(focus: Focus, width: Width = "stretch") -> None:
    """Which head is opened; another one than was chosen is said so."""
    layer, head = focus.opened
    keys = state.keyed("head_layer", layer), state.keyed("head_number", head)
    for label, numbers, key in (("Layer", range(1, focus.layers + 1), keys[0]), ("Head", range(focus.heads), keys[1])):
        st.selectbox(label, numbers, key=key, on_change=state.read_head, args=keys, width=width)
    chosen = state.current().head
    if chosen is not None and chosen != focus.opened:
        st.caption(
            f"Layer {chosen[0]}, head {chosen[1]} was asked for; this model has layers 1 to {focus.layers} and heads 0 to "
            f"{focus.heads - 1}."
        )


def layer_picker(layers: int, label: str = "Layer") -> int:
    """Which layer the pictures show; the last one unless the reader says otherwise."""
    key = "layer"
    asked = state.recall(key)
    if asked is not None and asked > layers:
        state.remember(key, layers)
    if asked is None:
        state.remember(key, state.number_in_url(key, 0, layers, layers))
    chosen: int = st.slider(
        label, 0, layers, key=key, persist_state="session", help="0 is the word embedding; n is the output of block n."
    )
    state.note_in_url(key, str(chosen) if chosen != layers else None)
    return chosen


def training_text(workspace: state.Workspace) -> TrainingText:
    """What lookup tables are trained on.

    Raises:
        BadInputError: The reader's text is not there, or no longer.
    """
    text = texts.training_text(workspace)
    if text.kind == "file" and not (given().has(text) or store.engine().has(WordsOf(text))):
        raise texts.text_is_missing(text)
    return text


def n_picker() -> int:
    """The n-gram size: how many words an entry of the lookup table has."""
    chosen: int = st.selectbox(
        "n-gram size", [2, 3, 4, 5], **state.control("n"),
        help="n: an entry of the lookup table is the last n \u2212 1 words, and the word that followed.",
    )  # fmt: skip
    return chosen


def decoder_of(chosen: str) -> str:
    """The reader's model, or the embedded decoder where that one does not predict a next word. One of the reader's own must be there."""
    return predictor(replace(state.current(), model=chosen), store.engine())


def say_decoder(chosen: str) -> str | None:
    """The same, and on the page why; None while a model of the reader's own is on its way."""
    known = chosen in CATALOGUE or store.engine().has(WhyNoNextWord(chosen))
    if not known and not wait_for(cache.model(chosen)):
        return None
    name = decoder_of(chosen)
    if name != chosen:
        st.caption(f"{_no_next_word(chosen)}: {CATALOGUE[name].title} is used here.")
    return name


def second_decoder(first: str) -> str | None:
    """The second model, where it predicts a next word; None otherwise, and on the page why."""
    name = second_model(first)
    if name is not None and decoder_of(name) != name:
        st.caption(f"{_no_next_word(name)}: nothing is drawn beside.")
        return None
    return name


def _no_next_word(name: str) -> str:
    """Why a model predicts no next word."""
    return f"{literal(title_of(name))} {why_no_next_word(name, store.engine())}, so it predicts no next word"


def second_model(first: str) -> str | None:
    """The model to draw beside the first once it is there; None where there is none, and on the page why.

    A link opens no model: one that is not on offer here is named, and not opened.

    Raises:
        CtxError: It could not be opened.
    """
    name = state.current().second
    if name is None:
        return None
    if name == first:
        st.caption(f"{literal(title_of(name))} stands here already: choose another to stand beside it.")
        return None
    if name not in state.offered_models():
        st.caption(
            f"{literal(title_of(name))} is not open here, so nothing is drawn beside. Open it under \u201cModels and data\u201d."
        )
        return None
    return name if wait_for(cache.model(name)) else None


def titled(figure: Figure, model: str) -> tuple[Figure, str]:
    """The figure with its model's name above it where two models stand together, and that name; else as it was, and nothing."""
    if state.current().second is None:
        return figure, ""
    return ctxcore.figures.titled(figure, title_of(model)), title_of(model)
