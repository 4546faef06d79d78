"""Attention heads: all of them small, one opened, and what they do to a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from ctxcore import Word
from ctxcore.charts.heads import AllHeads, TellingHead
from ctxcore.text import cue
from dashboard import cache, head_panels, panels, state, store, widgets
from dashboard.head_panels import Focus

_SENTENCE = "The cat chased the mouse because it was hungry."
_AT = 6
_MOST_RIBBONS = 72
_OPENED = {"minilm-l6": (6, 11), "smollm2-135m": (4, 8)}
"""In our own sentence: the heads that give most of "it" to "cat"."""
_CASES = [
    (
        "it: who was hungry?",
        "One head of the last layer gives half of \u201cit\u201d to \u201ccat\u201d. Under \u201cTwo sentences\u201d: does it look "
        "elsewhere when the mouse is slow?",
        (_SENTENCE, _AT, (6, 11), "minilm-l6"),
    ),
    (
        "A head for the word before",
        "Layer 1, head 2 of the encoder looks one word back, whatever the words are.",
        ("Old maps hide what new roads show.", 4, (1, 2), "minilm-l6"),
    ),
    (
        "Where it fails: a head that looks nowhere",
        "In the decoder nearly all attention of this head goes to the start token: it says nothing about the words.",
        (_SENTENCE, _AT, (19, 8), "smollm2-135m"),
    ),
]
_PANELS = {
    "cards": ("Head cards", head_panels.cards),
    "moved": ("Which words moved it?", head_panels.what_moved),
    "off": ("Switch heads off", head_panels.switched_off),
    "rollout": ("Rollout", head_panels.rollout),
    "two": ("Two sentences", head_panels.two_sentences),
}


def page() -> None:
    """Controls in one row, all heads beside the opened one, and five panels of measures."""
    st.title("Which heads look where, and does it matter?", anchor=False)
    st.markdown(
        "Every layer has several heads, and each decides anew which words a word looks at. Each square below is one head; "
        "**click one to open it**, then test whether the words it looks at really moved the word."
    )
    widgets.try_this((label, hint, partial(state.look_at, *case)) for label, hint, case in _CASES)
    sentence, words = widgets.sentence_field(_SENTENCE)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        at = widgets.word_picker(words, _first_word(sentence, words), width=180)
        widgets.model_picker(width=230)
        widgets.second_picker(width=210)
        name = state.current().model
        if not widgets.wait_for(cache.model(name)):
            return
        model = cache.model(name).wait()
        layer, head = widgets.head_picker(model.layers, model.heads, _start(name, sentence, at), width=100)
        by = st.segmented_control("Rows", ["word", "token"], required=True, **state.control("heads.rows"))
        special = st.toggle("special tokens", help=_special(), **state.control("heads.special"))
    focus = Focus(name, sentence, words, at, (layer, head), by, special)
    ribbons = _stage(focus)
    with widgets.guarded(st.container()):
        _beside(focus, ribbons)
    panel = st.segmented_control(
        "Look closer",
        list(_PANELS),
        format_func=lambda p: _PANELS[p][0],
        required=True,
        **state.control("heads.panel"),
    )
    with widgets.guarded(st.container()):
        _PANELS[panel][1](focus)


def _first_word(sentence: str, words: Sequence[Word]) -> int:
    """The word that is looked at first: in a sentence of the reader's own the target word, else its first content word."""
    if sentence == _SENTENCE:
        return _AT
    texts = [word.text.casefold() for word in words]
    target = state.current().word.casefold()
    return texts.index(target if target in texts else cue(sentence, (0, 0)).casefold())


def _start(name: str, sentence: str, at: int) -> tuple[int, int]:
    """The head that is opened first."""
    ours = sentence == _SENTENCE and at == _AT and name in _OPENED
    return _OPENED[name] if ours else store.get(TellingHead(name, sentence, at))


def _stage(focus: Focus) -> bool:
    """All heads beside the opened one; is that one drawn as ribbons?"""
    deep = cache.model(focus.model).wait().layers > 16  # a deep model's maps run across: they need the room
    left, right = st.columns([2.1, 1] if deep else [1.15, 1], gap="medium")
    with left:
        st.header("All heads", anchor=False)
        every = st.container(key="maps")
    with right:  # first: it is what a change of head is watched for
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.header("Layer {}, head {}".format(*focus.opened), anchor=False, width="content")
            drawn = st.segmented_control(
                "Drawn as",
                ["map", "ribbons"],
                required=True,
                **state.control("heads.drawn"),
                label_visibility="collapsed",
            )
        with widgets.guarded(st.container()):
            ribbons = drawn == "ribbons" and _rows(focus) <= _MOST_RIBBONS
            if ribbons != (drawn == "ribbons"):
                st.caption(f"Ribbons are drawn for up to {_MOST_RIBBONS} rows; here is the map.")
            head_panels.opened_head(focus, ribbons)
    with widgets.guarded(every):
        head_panels.all_heads(focus)
    return bool(drawn == "ribbons")


def _beside(focus: Focus, ribbons: bool) -> None:
    """All heads of a second model, and the one in which the same word gives most to one other word."""
    name = widgets.second_model(focus.model)
    if name is None:
        return
    layer, head = _start(name, focus.sentence, focus.at)
    theirs = replace(focus, model=name, opened=(layer, head))
    deep = cache.model(name).wait().layers > 16
    left, right = st.columns([2.1, 1] if deep else [1.15, 1], gap="medium")
    with left, widgets.guarded(st.container()):
        st.header("Beside it: all heads", anchor=False)
        head_panels.all_heads(theirs, panels.BESIDE)
    with right, widgets.guarded(st.container()):
        st.header(f"Layer {layer}, head {head}", anchor=False)
        st.caption("One telling head of this model. To open others, make it the contextual model above.")
        head_panels.opened_head(theirs, ribbons and _rows(theirs) <= _MOST_RIBBONS, panels.BESIDE)


def _rows(focus: Focus) -> int:
    return len(store.get(AllHeads(focus.model, focus.sentence, focus.rows, focus.special)).units)


def _special() -> str:
    return (
        "Tokens that the tokenizer adds, such as [CLS], [SEP] or a start token. Much attention rests on them. Hidden, each row "
        "is scaled up to 1 again, and the page says how much they took."
    )


widgets.run(page)
widgets.fold_out(
    [
        "That a head looks at a word does not say that the word mattered: Jain & Wallace 2019 found attention and influence "
        "apart, Wiegreffe & Pinter 2019 answered. Measure it under \u201cWhich words moved it?\u201d.",
        "A blocked, shortened or silenced model is in a state that it was never trained in.",
        "Scores and shifts on one sentence are an illustration and not a finding about the model.",
    ],
    [
        "Attention: Vaswani et al. 2017.",
        "Heads and their patterns: Clark et al. 2019; pruning heads: Michel, Levy & Neubig 2019.",
        "Rollout: Abnar & Zuidema 2020.",
        "Attention sinks: Xiao et al. 2024.",
    ],
)
