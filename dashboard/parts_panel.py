"""Next word: which head, feed-forward block or embedding says it; a head opens on *Attention heads*."""

from __future__ import annotations

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import Contributions
from ctxcore.charts.contributions import ContributionsChart
from ctxcore.charts.next_word import ContextLevels
from dashboard import state
from dashboard.messages import literal
from dashboard.show import ask, show

_OPENED = "opened_part"
_LISTED = 6


def parts(levels: ContextLevels) -> None:
    """The parts after one prompt, and what is left of them when the other prompt's are taken away."""
    charts = ContributionsChart.of_levels(levels, state.current())
    asked = charts[0].of
    first, second = map(literal, asked.candidates)
    st.markdown(
        f"Every head and feed-forward block adds its part to the logits of \u201c{first}\u201d and \u201c{second}\u201d. "
        "Click a head to see where it looks."
        + (" The first two candidates are set against each other." if len(levels.candidates) > 2 else "")
    )
    if len(asked.prompts) > 1:
        st.segmented_control(
            "After", range(len(asked.prompts)), format_func=lambda i: literal(asked.prompts[i]), required=True,
            **state.control("next.prompt", charts[0].prompt, "parts"),
        )  # fmt: skip
    answer = ask(asked)
    if answer is None:
        return
    for place, chart in zip(st.columns(len(charts), gap="medium"), charts, strict=True):
        with place:
            st.markdown(f"**{literal(_headed(chart))}**")
            show(chart, on_point=_read_click, again=f"_{state.clicks()}")
    _strongest(charts[-1], answer)
    if opened := st.session_state.pop(_OPENED, None):
        state.set_focus(asked.prompts[charts[0].prompt], _last(asked.prompts[charts[0].prompt]), opened, asked.model)
        st.switch_page("views/heads.py")


def _headed(chart: ContributionsChart) -> str:
    prompts = chart.of.prompts
    if chart.against is None:
        return f"After \u201c{prompts[chart.prompt]}\u201d"
    return f"\u201c{prompts[chart.prompt]}\u201d less \u201c{prompts[chart.against]}\u201d: what the context does"


def _last(prompt: str) -> int:
    return max(0, len(ctxcore.words_of(prompt)) - 1)


def _strongest(chart: ContributionsChart, answer: tuple[Contributions, ...]) -> None:
    """The heads that give most, as buttons: for who clicks no cell."""
    heads = chart.shown(answer).heads
    order = np.argsort(-np.abs(heads), axis=None, kind="stable")[:_LISTED]
    st.caption("Open a head:" if chart.against is None else "Open a head that tells the two prompts apart:")
    with st.container(horizontal=True, gap="small"):
        for flat in order:
            layer, head = (int(n) for n in np.unravel_index(flat, heads.shape))
            label = f"layer {layer + 1}, head {head} ({heads[layer, head]:+.2f})"
            st.button(label, key=f"part_{layer + 1}_{head}", on_click=_open, args=((layer + 1, head),), type="tertiary")


def _open(head: tuple[int, int]) -> None:
    st.session_state[_OPENED] = head


def _read_click(key: str) -> None:
    if head := state.clicked_pair(key):
        _open(head)
