"""Attention heads: all of them small, one opened, and what they do to a word."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ctxcore.charts.attention import HUNGRY, Focus, WholeAttention, focus_of, sentence_of, word_at
from ctxcore.charts.heads import MOST_RIBBONS, AllHeadsChart, HeadChart
from ctxcore.charts.listing import second_of
from ctxcore.pages import PAGES
from dashboard import cache, head_panels, state, store, widgets
from dashboard.show import ask, show

_EXAMPLES = [
    (
        "it: who was hungry?",
        "One head of the last layer gives half of \u201cit\u201d to \u201ccat\u201d. Under \u201cTwo sentences\u201d: does it "
        "attend elsewhere when the mouse is slow?",
        (HUNGRY.sentence, HUNGRY.at, (6, 11), "minilm-l6"),
    ),
    (
        "A head for the word before",
        "Layer 1, head 2 of the encoder attends one word back, whatever the words are.",
        ("Old maps hide what new roads show.", 4, (1, 2), "minilm-l6"),
    ),
    (
        "Where it fails: an attention sink",
        "In the decoder nearly all attention of this head goes to the start token: it says nothing about the words.",
        (HUNGRY.sentence, HUNGRY.at, (19, 8), "smollm2-135m"),
    ),
]
_PANELS = {
    "cards": ("Head cards", head_panels.head_patterns),
    "moved": ("Which words moved it?", head_panels.influence_panel),
    "off": ("Head ablation", head_panels.ablation),
    "rollout": ("Rollout", head_panels.rollout_panel),
    "two": ("Two sentences", head_panels.two_sentences),
}


def page() -> None:
    """Controls in one row, all heads beside the opened one, and five panels of measures."""
    st.title(PAGES["heads"].question, anchor=False)
    st.markdown(
        "Every layer has several heads, and each decides anew which words a word attends to. Each square below is one head; "
        "**click one to open it**, then test whether the words it attends to really moved the word."
    )
    widgets.try_this((label, hint, partial(state.set_focus, *case)) for label, hint, case in _EXAMPLES)
    words = widgets.sentence_field(HUNGRY)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.word_picker(words, word_at(state.current(), HUNGRY), width=180)
        widgets.model_picker(width=230)
        widgets.second_picker(width=210)
        workspace = state.current()
        if not widgets.wait_for(cache.model(workspace.model)):
            return
        if (
            ask(WholeAttention(workspace.model, sentence_of(workspace, HUNGRY)[0])) is None
        ):  # a long sentence takes a while
            return
        focus = focus_of(workspace, store.engine())
        widgets.head_picker(focus, width=100)
        st.segmented_control("Rows", ["word", "token"], required=True, **state.control("heads.rows"))
        st.toggle("special tokens", help=_special(), **state.control("heads.special"))
    chart = HeadChart.of_focus(focus, store.engine())
    _stage(focus, chart)
    with widgets.errors_shown_in(st.container()):
        _compared(workspace)
    panel = st.segmented_control(
        "Details",
        list(_PANELS),
        format_func=lambda p: _PANELS[p][0],
        required=True,
        **state.control("heads.panel"),
    )
    with widgets.errors_shown_in(st.container()):
        _PANELS[panel][1](focus)


def _columns(layers: int) -> list[st.delta_generator.DeltaGenerator]:
    """All heads beside the opened one. A deep model's maps run across: they need the room."""
    return st.columns([2.1, 1] if layers > 16 else [1.15, 1], gap="medium")


def _stage(focus: Focus, chart: HeadChart) -> None:
    """All heads beside the opened one."""
    left, right = _columns(focus.layers)
    with left:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.header("All heads", anchor=False, width="content")
            st.segmented_control(
                "Shown", [False, True], format_func=("attention", "weighted by what it moves").__getitem__, required=True,
                help=_weighted(), label_visibility="collapsed", **state.control("heads.weighted"),
            )  # fmt: skip
        every = st.container(key="maps")
    with right:  # first: it is what a change of head is watched for
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.header("Layer {}, head {}".format(*focus.opened), anchor=False, width="content")
            drawn = st.segmented_control(
                "Drawn as",
                ["map", "ribbons"],
                required=True,
                label_visibility="collapsed",
                **state.control("heads.drawn"),
            )
        with widgets.errors_shown_in(st.container()):
            if drawn == "ribbons" and not chart.ribbons:
                st.caption(f"Ribbons are drawn for up to {MOST_RIBBONS} rows; here is the map.")
            head_panels.opened_head(chart)
    with widgets.errors_shown_in(every):
        head_panels.all_heads(focus)


def _compared(workspace: state.Workspace) -> None:
    """All heads of a second model, and the one in which the same word gives most to one other word."""
    if widgets.second_model(workspace.model) is None:
        return
    theirs = second_of(workspace, store.engine())
    assert theirs is not None
    focus = focus_of(theirs, store.engine())
    left, right = _columns(focus.layers)
    with left, widgets.errors_shown_in(st.container()):
        st.header("Second model: all heads", anchor=False)
        show(AllHeadsChart.of_focus(focus).beside())
    with right, widgets.errors_shown_in(st.container()):
        st.header("Layer {}, head {}".format(*focus.opened), anchor=False)
        st.caption("One telling head of this model. To open others, make it the contextual model above.")
        head_panels.opened_head(HeadChart.of_focus(focus, store.engine()).beside())


def _special() -> str:
    return (
        "Tokens that the tokenizer adds, such as [CLS], [SEP] or a start token. Much attention rests on them. Hidden, each row "
        "is scaled up to 1 again, and the page says how much they took."
    )


def _weighted() -> str:
    return (
        "Attention is how much a head looks. Weighted, each share is multiplied by the length of the value that it moves, after the "
        "output projection: a separator whose value is short can get all attention and move nothing."
    )


widgets.render_page(page)
widgets.fold_out(
    [
        "That a head attends to a word does not say that the word mattered: Jain & Wallace 2019 found attention and influence "
        "apart, Wiegreffe & Pinter 2019 answered. Measure it under \u201cWhich words moved it?\u201d.",
        "Weighted attention leaves out the residual connection, the norms and that vectors can cancel out; the feed-forward block "
        "comes after it.",
        "A blocked, shortened or silenced model is in a state that it was never trained in.",
        "Scores and shifts on one sentence are an illustration and not a finding about the model.",
    ],
    [
        "Attention: Vaswani et al. 2017.",
        "Heads and their patterns: Clark et al. 2019; pruning heads: Michel, Levy & Neubig 2019.",
        "Weighted by what it moves: Kobayashi et al. 2020; values set to zero: Mohebbi et al. 2023.",
        "Rollout: Abnar & Zuidema 2020.",
        "Attention sinks: Xiao et al. 2024.",
    ],
)
