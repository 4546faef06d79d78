"""Attention, step by step: three numbers a word worked by hand, and one head of a real model from its input to its output."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from ctxcore import HeadTrace
from ctxcore.charts.attention import focus_of, word_at
from ctxcore.charts.listing import second_of
from ctxcore.charts.steps import LOVE, FollowedTokens, ScoreMapsChart, percent
from ctxcore.figures.cells import token_names
from ctxcore.models.catalogue import title_of
from ctxcore.pages import PAGES
from dashboard import cache, state, step_panels, store, widgets
from dashboard.messages import literal
from dashboard.show import show
from dashboard.step_panels import Followed
from dashboard.steps_by_hand import by_hand, told_apart

_MODES = {False: "By hand: three numbers a word", True: "In a real model"}
_CAT = "The cat chased the mouse because it was hungry."
_EXAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "love attends to AI",
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
    st.title(PAGES["steps"].question, anchor=False)
    st.markdown(
        "A word (the **query**) attends to every word (the **keys**). Follow one number: a **score** becomes a **weight**, the "
        "weight takes its part of a **value**, and the parts add up to the word\u2019s new vector."
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        real = st.segmented_control(
            "Worked out", list(_MODES), format_func=_MODES.__getitem__, required=True, label_visibility="collapsed",
            **state.control("steps.real"),
        )  # fmt: skip
        widgets.try_this((label, hint, partial(_open, **case)) for label, hint, case in _EXAMPLES)
    (_real if real else by_hand)()


def _open(sentence: str, at: int, head: tuple[int, int], model: str) -> None:
    """Show a head of a model; the key token is again the one that gets most."""
    for name, value in {"steps.real": True, "steps.piece": "", "steps.key": ""}.items():
        state.set_control(name, value)
    state.set_focus(sentence, at, head, model)


def _real() -> None:
    point = st.container()  # before the controls: on a phone they fill the first screen
    words = widgets.sentence_field(LOVE)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.word_picker(words, word_at(state.current(), LOVE), "Query word", width=150)
        widgets.model_picker(width=230)
        workspace, engine = state.current(), store.engine()
        if not widgets.wait_for(cache.model(workspace.model)):
            return
        focus = focus_of(workspace, engine, LOVE)
        widgets.head_picker(focus, width=84)
        tokens = FollowedTokens.of_focus(focus, workspace.steps, engine)
        followed = Followed(tokens, engine.get(tokens.head))
        _token_pickers(tokens, followed.trace)
        widgets.second_picker(width=210)
    with point:
        step_panels.point(followed)
    for step in (step_panels.inputs, step_panels.projections, step_panels.scores):
        step(followed)
    with widgets.errors_shown_in(st.container()):
        _second_model(workspace)
    step_panels.weighted(followed)
    step_panels.verdict(followed)


def _second_model(workspace: state.Workspace) -> None:
    """The same step in a second model, in the head in which the word gives most to one other."""
    name = widgets.second_model(workspace.model)
    if name is None:
        return
    theirs = second_of(workspace, store.engine())
    assert theirs is not None
    tokens = FollowedTokens.of_focus(focus_of(theirs, store.engine(), LOVE), theirs.steps, store.engine())
    followed = Followed(tokens, store.get(tokens.head))
    query, key = followed.said
    st.markdown(
        f"Second model, **{literal(title_of(name))}**: in layer {tokens.head.layer}, head {tokens.head.head}, {query} gives "
        f"{percent(followed.weight)} of its attention to {key}."
    )
    show(ScoreMapsChart.of_tokens(tokens).beside())


def _token_pickers(tokens: FollowedTokens, trace: HeadTrace) -> None:
    """Which piece of a split word is the query, and which token is the key."""
    names = token_names(trace)
    if len(tokens.pieces) > 1:
        pieces = {tokens.choice(token): f"{names[token]} (token {token})" for token in tokens.pieces}
        st.selectbox(
            "Piece", list(pieces), format_func=pieces.__getitem__, width=130,
            help="The tokenizer splits this word; each piece is a query of its own.",
            **state.control("steps.piece", tokens.choice(tokens.query), key=""),
        )  # fmt: skip
    where = "most" if trace.tokens[tokens.most].special else "most in the sentence"
    keys = {"": f"{names[tokens.most]} ({where})"}
    keys |= {tokens.choice(token): name for token, name in enumerate(told_apart(names))}
    chosen = tokens.choice(tokens.key)
    st.selectbox(
        "Key token", list(keys), format_func=keys.__getitem__, width=240,
        help="The token that is attended to. Of the sentence\u2019s other tokens, the one that gets most is followed until you "
        "choose another.",
        **state.control("steps.key", chosen if chosen == state.current().steps.key else ""),
    )  # fmt: skip


widgets.render_page(page)
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
