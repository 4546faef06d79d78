"""Attention, step by step: three numbers a word worked by hand, and one head of a real model from its input to its output."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import streamlit as st

import ctxcore
from ctxcore import BadInputError, HeadTrace
from ctxcore.charts.attention import Example, focus_of, sentence_of, word_at
from ctxcore.charts.chart import SECOND
from ctxcore.charts.listing import second_of
from ctxcore.charts.steps import TracedHead, most_looked_at
from ctxcore.figures.cells import token_names
from ctxcore.models.catalogue import title_of
from dashboard import cache, state, step_panels, store, widgets
from dashboard.messages import literal
from dashboard.step_panels import Followed
from dashboard.steps_by_hand import by_hand, told_apart

_MODES = {"hand": "By hand: three numbers a word", "real": "In a real model"}
_MODE = "steps_mode"
_MOST = 0
"""Which token is looked at, until the reader chooses: the one that gets most."""
_EXAMPLE = Example("I love AI", 1, {"minilm-l6": (4, 1), "smollm2-135m": (2, 2)})
"""The lesson's sentence, and heads in which "love" gives most to another word, and something to a third."""
_CAT = "The cat chased the mouse because it was hungry."
_CASES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "love looks at AI",
        "Layer 4, head 1 of the encoder: \u201clove\u201d gives most of its attention to \u201cAI\u201d, as in the lesson.",
        {"sentence": "I love AI", "at": 1, "head": (4, 1), "model": "minilm-l6"},
    ),
    (
        "it: who was hungry?",
        "Layer 4, head 8 of the decoder: \u201cit\u201d gives half of its attention to \u201ccat\u201d; what follows is masked.",
        {"sentence": _CAT, "at": 6, "head": (4, 8), "model": "smollm2-135m"},
    ),
    (
        "Where it fails: nothing is taken in",
        "Layer 19, head 8 of the decoder: \u201clove\u201d gives all to the start token and takes nothing from its sentence.",
        {"sentence": "I love AI", "at": 1, "head": (19, 8), "model": "smollm2-135m"},
    ),
]


def page() -> None:
    """The choice between the two ways, and the chosen one."""
    st.title("How does a word take in its sentence?", anchor=False)
    st.markdown(
        "Attention gives the asking word a share of every word\u2019s vector. Follow one number at a time: a **score** becomes a "
        "**weight**, the weight takes its part of a **value**, and the parts add up to the word\u2019s new vector."
    )
    if state.recall(_MODE) is None:
        state.remember(_MODE, "real" if state.number_in_url("real", 0, 1, 0) else "hand")
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        mode = st.segmented_control(
            "Worked out",
            list(_MODES),
            format_func=_MODES.__getitem__,
            required=True,
            key=_MODE,
            label_visibility="collapsed",
            persist_state="session",
        )
        widgets.try_this((label, hint, partial(_open, **case)) for label, hint, case in _CASES)
    state.note_in_url("real", "1" if mode == "real" else None)
    (_real if mode == "real" else by_hand)()


def _open(sentence: str, at: int, head: tuple[int, int], model: str) -> None:
    """Show a head of a model; what is looked at is again the token that gets most."""
    state.remember(_MODE, "real")
    state.look_at(sentence, at, head, model)
    state.remember(_looks_key(model, sentence, at), _MOST)


def _real() -> None:
    words = widgets.sentence_field(_EXAMPLE)
    sentence, at = sentence_of(state.current(), _EXAMPLE)[0], word_at(state.current(), _EXAMPLE)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.word_picker(words, at, "Asking word", width=150)
        widgets.model_picker(width=230)
        name = state.current().model
        if not widgets.wait_for(cache.model(name)):
            return
        focus = focus_of(state.current(), store.engine(), _EXAMPLE)
        widgets.head_picker(focus, width=84)
        traced = TracedHead(name, sentence, *focus.opened)
        trace = store.get(traced)
        asks = _piece(trace, at)
        followed = Followed(traced, asks, _looked_at(trace, asks, _looks_key(name, sentence, at)))
        widgets.second_picker(width=210)
    for step in (step_panels.point, step_panels.inputs, step_panels.projections, step_panels.scores):
        step(followed)
    with widgets.guarded(st.container()):
        _beside(followed, at)
    step_panels.weighted(followed)
    step_panels.verdict(followed)


def _beside(followed: Followed, at: int) -> None:
    """The same step in a second model, in the head in which the word gives most to one other."""
    name = widgets.second_model(followed.head.model)
    if name is None:
        return
    workspace = second_of(state.current(), store.engine())
    assert workspace is not None
    sentence, (layer, head) = followed.head.sentence, focus_of(workspace, store.engine(), _EXAMPLE).opened
    traced = TracedHead(name, sentence, layer, head)
    trace = store.get(traced)
    pieces = ctxcore.text.overlapping(trace.tokens, (trace.words[at].start, trace.words[at].end))
    if not pieces:
        st.caption(f"The tokenizer of {literal(title_of(name))} leaves nothing of the asking word.")
        return
    theirs = Followed(traced, pieces[0], most_looked_at(trace, pieces[0]))
    asks, looks = theirs.said
    st.markdown(
        f"Second model, **{literal(title_of(name))}**: in layer {layer}, head {head}, {asks} gives "
        f"{step_panels.percent(theirs.weight)} of its attention to {looks}."
    )
    step_panels.maps(theirs, SECOND)


def _piece(trace: HeadTrace, at: int) -> int:
    """The token that asks: the first piece of the word, or the one that the reader chose."""
    word = trace.words[at]
    pieces = ctxcore.text.overlapping(trace.tokens, (word.start, word.end))
    if not pieces:
        raise BadInputError(
            "The asking word must leave at least one token.",
            f"{word.text!r}, which this model\u2019s tokenizer drops",
            "Choose another word or another model.",
        )
    if len(pieces) == 1:
        return pieces[0]
    names = token_names(trace)
    return st.selectbox(
        "Piece",
        pieces,
        format_func=lambda p: f"{names[p]} (token {p})",
        key=f"piece_{_digest(trace.sentence, trace.tokens[0].id, at)}",
        width=130,
        help="The tokenizer splits this word; each piece asks for itself.",
    )


def _looked_at(trace: HeadTrace, query: int, key: str) -> int:
    """The token that is looked at: the one that gets most among the others, or the one that the reader chose."""
    names = told_apart(token_names(trace))
    most = most_looked_at(trace, query)
    where = "most" if trace.tokens[most].special else "most in the sentence"
    chosen: int = st.selectbox(
        "Looks at",
        range(len(names) + 1),  # 0 stands for whichever gets most
        format_func=lambda n: names[n - 1] if n else f"{names[most]} ({where})",
        key=state.keyed(key, min(state.recall(key, _MOST), len(names))),
        width=240,
        help="Of the sentence\u2019s other tokens, the one that gets most is followed until you choose another.",
    )
    return chosen - 1 if chosen else most


def _looks_key(model: str, sentence: str, at: int) -> str:
    return f"looks_at_{_digest(model, sentence, at)}"


def _digest(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode()).hexdigest()[:12]


widgets.run(page)
widgets.fold_out(
    [
        "This is one head of many. The heads of a layer are joined, projected once more and added to what entered; a "
        "feed-forward part follows. \u201cAttention heads\u201d shows them all.",
        "A weight says how much of a value is taken, not how much it matters: a short value changes little, whatever its weight.",
        "By hand the word\u2019s own vector serves as query, key and value. With the lesson\u2019s numbers that does not give the "
        "lesson\u2019s weights: those were chosen to explain.",
        "Some decoders let several heads share keys and values; each head is shown with the ones that it uses.",
    ],
    [
        "Scaled dot-product attention: Vaswani et al. 2017.",
        "Rotary position: Su et al. 2021.",
        "Weights and influence: Jain & Wallace 2019.",
        "Attention sinks: Xiao et al. 2024.",
    ],
)
