"""Selects that pages share: models, spaces, a word of a sentence, a head, a layer, an n-gram size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from ctxcore import Word
from ctxcore.charts import texts
from ctxcore.charts.attention import Focus
from ctxcore.charts.next_word import WhyNoNextWord, predictor, why_no_next_word
from ctxcore.charts.selection import Selection
from ctxcore.charts.texts import WordsOf
from ctxcore.data.corpora import TrainingText
from ctxcore.models.catalogue import CATALOGUE, title_of
from dashboard import cache, opening, state, store
from dashboard.given_texts import given
from dashboard.messages import literal
from dashboard.settings import settings
from dashboard.widgets.waiting import wait_for

Width = Literal["stretch"] | int
_NO_OTHER = "none"


def model_picker(width: Width = "stretch") -> None:
    """Which contextual model: a bundled one, or one of the reader's own; the static space stays."""
    names = list(opening.offered_models())
    now = state.current().model
    if now not in names:
        names.append(now)
    st.selectbox(
        "Contextual model",
        names,
        format_func=title_of,
        width=width,
        help="\n\n".join(f"**{CATALOGUE[n].title}**: {CATALOGUE[n].description}." for n in names if n in CATALOGUE),
        **state.model_control(),
    )


def second_picker(width: Width = "stretch") -> None:
    """Which model is drawn beside the first; none unless the reader says so."""
    now = state.current().second
    names: list[str | None] = [None, *opening.offered_models()]
    if now not in names:
        names.append(now)
    st.selectbox(
        "Compare with a second model",
        names,
        format_func=lambda name: _NO_OTHER if name is None else title_of(name),
        placeholder=_NO_OTHER,  # Streamlit shows it where None is chosen
        width=width,
        help="A second model that draws the same figure. Nothing is computed for it while this says none.",
        **state.control("second"),
    )


def static_picker() -> None:
    """Which static space, where there is a choice."""
    names = opening.offered_here("static")
    if len(names) == 1:
        return
    st.selectbox(
        "Static vectors",
        names,
        format_func=title_of,
        **state.control("static"),
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
        width=width,
        **state.control("at", at),
    )


def head_picker(focus: Focus, width: Width = "stretch") -> None:
    """Which head is opened; another one than was chosen is said so."""
    layer, head = state.part_controls("head", focus.opened, ("layer", "number"))
    st.selectbox("Layer", range(1, focus.layers + 1), width=width, **layer)
    st.selectbox("Head", range(focus.heads), width=width, **head)
    chosen = state.current().head
    if chosen is not None and chosen != focus.opened:
        st.caption(
            f"Layer {chosen[0]}, head {chosen[1]} was asked for; this model has layers 1 to {focus.layers} and heads 0 to "
            f"{focus.heads - 1}."
        )


def layer_picker(selection: Selection) -> None:
    """Which layer the pictures show; another one than was chosen is said so."""
    st.slider(
        "Layer", 0, selection.layers, help="0 is the word embedding; n is the output of block n.",
        **state.control("layer", selection.layer),
    )  # fmt: skip
    chosen = selection.workspace.layer
    if chosen is not None and chosen != selection.layer:
        st.caption(f"Layer {chosen} was asked for; this model has layers 0 to {selection.layers}.")


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
    """The reader's model, or the bundled decoder where that one does not predict a next word. One of the reader's own must be there."""
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
        st.caption(f"{_no_next_word(name)}: nothing is compared.")
        return None
    return name


def _no_next_word(name: str) -> str:
    """Why a model predicts no next word."""
    return f"{literal(title_of(name))} {why_no_next_word(name, store.engine())}, so it predicts no next word"


def second_model(first: str) -> str | None:
    """The model to draw beside the first once it is there; None where there is none, and on the page why.

    A link opens no model: one that is not offered here is named, and not opened.

    Raises:
        CtxError: It could not be opened.
    """
    name = state.current().second
    if name is None:
        return None
    if name == first:
        st.caption(f"{literal(title_of(name))} stands here already: choose another to compare it with.")
        return None
    if name not in opening.offered_models():
        how = "Choose one that this server offers" if settings().shared else "Open it under \u201cModels and data\u201d"
        st.caption(f"{literal(title_of(name))} is not open here, so nothing is compared. {how}.")
        return None
    return name if wait_for(cache.model(name)) else None
