"""Panels of the attention heads page: controls that become a question, and what is said of the answer."""

from __future__ import annotations

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import Agreement
from ctxcore.charts.attention import Focus
from ctxcore.charts.head_pairs import DifferenceChart, second_sentences
from ctxcore.charts.heads import (
    PATTERNS,
    AllHeadsChart,
    EntropyChart,
    HeadChart,
    RolloutChart,
    ScoresChart,
    occurring,
)
from ctxcore.charts.influence import EachHeadOffChart, HeadsOffChart, InfluenceChart, every_head
from ctxcore.measures import attention as maps
from dashboard import cache, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_CARDS = 6
_MEASURES = {
    "blocked": "attention blocked", "zeroed": "values zero", "removed": "deleted", "replaced": "replaced",
    "attention": "attention", "weighted": "what it moves", "rollout": "rollout",
}  # fmt: skip


def all_heads(focus: Focus) -> None:
    """Every head as a small map; a click opens one."""
    show(AllHeadsChart.of_focus(focus), on_point=state.read_click, again=f"_{state.clicks()}")


def opened_head(chart: HeadChart) -> None:
    """The opened head, large: exact values as a map, or ribbons between words."""
    show(chart)
    if chart.ribbons:
        widgets.hover_answers()


def head_patterns(focus: Focus) -> None:
    """Heads by what they do: the strongest of a pattern, and all of them."""
    chart = ScoresChart.of_focus(focus, store.engine())
    scores, pattern = store.get(chart.of), chart.pattern
    st.segmented_control(
        "Heads that attend to", occurring(scores), format_func=PATTERNS.__getitem__, required=True,
        **state.control("heads.pattern", pattern),
    )  # fmt: skip
    values = chart.values(scores)
    order = np.argsort(-np.nan_to_num(values, nan=-1), axis=None, kind="stable")[:_CARDS]
    with st.container(horizontal=True, gap="small"):
        for flat in order:
            layer, head = (int(n) for n in np.unravel_index(flat, values.shape))
            _card(scores.layers[layer], scores.heads[head], values[layer, head], scores.entropy[layer, head], pattern)
    for place, one in zip(st.columns(2, gap="medium"), (chart, EntropyChart.of_focus(focus)), strict=True):
        with place:
            st.markdown(f"**{one.title()}**")
            show(one)


def _card(layer: int, head: int, value: float, entropy: float, pattern: str) -> None:
    with st.container(border=True, width=168, gap="xsmall"):  # two stand side by side on a phone
        label = f"Layer {layer}, head {head}"
        st.button(
            label,
            key=f"open_{pattern}_{layer}_{head}",
            on_click=state.set_control,
            args=("head", (layer, head)),
            width="stretch",
        )
        st.markdown(f"**{value:.2f} bits**" if pattern == "entropy" else f"**{value:.0%}** on {PATTERNS[pattern]}")
        st.caption(f"entropy {entropy:.2f} bits")


def rollout_panel(focus: Focus) -> None:
    """Attention multiplied through the layers."""
    st.slider(
        "Share of the residual connection", 0.0, 1.0, step=0.05, **state.control("heads.residual"),
        help="Each block adds its output to what came in. 0.5 weighs both alike, as in the paper; 0 leaves attention alone.",
    )  # fmt: skip
    chart = RolloutChart.of_focus(focus)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{chart.title()}**")
        flow = show(chart)
    with right:
        st.markdown(f"**Where \u201c{literal(focus.target)}\u201d comes from, by rollout**")
        if flow is None or flow.row is None:
            st.info("This model\u2019s tokenizer leaves nothing of the word.")
            return
        shares = flow.weights[flow.row]
        order = np.argsort(-shares, kind="stable")[:12]
        table = {"from": [flow.units.labels[i] for i in order], "share": shares[order]}
        bar = st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1)
        st.dataframe(table, hide_index=True, column_config={"share": bar})
        st.caption("Choose the layer above: the rollout reaches from there down to the tokens.")


def two_sentences(focus: Focus) -> None:
    """One head in two sentences, and the difference between them, aligned at the target."""
    pick, word_box = st.columns([3, 1])
    offered, other = second_sentences(focus), focus.controls.other
    pick.selectbox(
        "Second sentence: choose one of your list, or type another",
        offered if other is None or other in offered else [other, *offered], accept_new_options=True,
        **state.control("heads.other", offered[0], other_at=None),
    )  # fmt: skip
    chart = DifferenceChart.of_focus(focus)
    pair = chart.of
    words = ctxcore.words_of(pair.second.sentence)
    word_box.selectbox(
        "aligned at", range(len(words)), format_func=lambda i: words[i].text,
        **state.control("heads.other_at", pair.second.at),
    )  # fmt: skip
    for place, head, suffix in zip(
        st.columns(2, gap="medium"), (pair.first, pair.second), ("-first", "-second"), strict=True
    ):
        with place:
            st.markdown(f"**{literal(head.sentence)}**")
            show(HeadChart(head, suffix=suffix))
    most = DifferenceChart.most(store.get(pair))
    st.markdown(f"**First minus second, aligned at \u201c{literal(focus.target)}\u201d**: at most {most:.2f} apart")
    show(chart)


def influence_panel(focus: Focus) -> None:
    """Every other word left out in four ways, beside attention, what it moves, and rollout."""
    chart = InfluenceChart.of_focus(focus)
    model = cache.model(focus.model).wait()
    left, right = st.columns([1, 2], gap="medium")
    left.text_input(
        "Neutral word", placeholder=model.tokenizer.mask_token or "something", **state.text_field("heads.neutral"),
        help="What stands in a word\u2019s place when it is replaced; the model\u2019s mask token where it has one.",
    )  # fmt: skip
    right.slider("Layer whose vectors are compared", 1, model.layers, **state.control("heads.layer", chart.layer))
    influence = ask(chart.of)
    if influence is None:
        return
    seen = maps.seen(influence)
    if not seen:
        st.info(
            f"Nothing stands before \u201c{literal(focus.target)}\u201d, and a decoder sees only the left: no word can move it."
        )
        return
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        show(chart)
    with right:
        _agreement(chart.layer, maps.agreement(influence, chart.layer))


def _agreement(layer: int, found: dict[str, dict[str, Agreement | None]]) -> None:
    """Does attention say which words moved the target? Said only where chance alone would seldom agree so much."""
    st.markdown("**Does attention explain it?**")
    said = [_compared(name, found[name]["blocked"], layer) for name in ("attention", "weighted") if name in found]
    st.markdown("  \n".join(said))
    rows = {"rank correlation": [_MEASURES[name] for name in found]}
    rows |= {_MEASURES[name]: [_rho(found[other].get(name)) for other in found] for name in list(found)[:4]}
    st.dataframe(rows, hide_index=True)
    st.caption("\\* Of random orders at most 5 % agree so much; without it, chance may have done it.")


def _compared(name: str, one: Agreement | None, layer: int) -> str:
    what = "Attention" if name == "attention" else "What attention moves"
    if one is None:
        return f"{what}: too few words, or all alike; three words that differ are needed to compare two rankings."
    verdict = {
        True: ":green[**ranks the words alike**]", False: ":red[**is not shown to rank the words alike**]",
        None: ":gray[**too few words to tell**]",
    }[one.holds]  # fmt: skip
    return (
        f"{what} up to layer {layer}: {verdict}. Its rank correlation with how far blocking each of the {one.count} words moves the "
        f"target is **{one.rho:+.2f}**; of random orders {_percent(one.chance)} agree as much."
    )


def _rho(one: Agreement | None) -> str:
    return "" if one is None else f"{one.rho:+.2f}{' *' if one.holds else ''}"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else f"{share:.1%}" if share >= 0.001 else "under 0.1 %"


def ablation(focus: Focus) -> None:
    """Chosen heads ablated beside random ones; then every head alone."""
    chart = HeadsOffChart.of_focus(focus)
    st.multiselect(
        "Heads to ablate, as layer.head", every_head(focus.layers, focus.heads), format_func="{0[0]}.{0[1]}".format,
        max_selections=36, **state.control("heads.off", list(chart.of.heads)),
    )  # fmt: skip
    if not chart.of.heads:
        st.info("Choose a head to ablate.")
        return
    left, right = st.columns(2, gap="medium")
    with left, widgets.errors_shown_in(st.container()):
        _against_random(focus, chart)
    with right, widgets.errors_shown_in(st.container()):
        _each_alone(EachHeadOffChart.of_focus(focus, store.engine()))


def _against_random(focus: Focus, chart: HeadsOffChart) -> None:
    asked = chart.of
    st.markdown(f"**These heads ablated, against {asked.draws} random sets of the same size**")
    shifts = ask(asked)
    if shifts is None:
        return
    last = shifts.shift[:, -1]
    less = float((last[1:] < last[0]).mean())
    st.markdown(
        f"\u201c{literal(focus.target)}\u201d moves by **{last[0]:.4f}** (1 \u2212 cosine, last layer); with random heads ablated by "
        f"{np.median(last[1:]):.4f} (median). It moves more than with {less:.0%} of the random sets."
    )
    show(chart)


def _each_alone(chart: EachHeadOffChart) -> None:
    st.markdown("**Each head ablated alone**")
    shifts = ask(chart.of)
    if shifts is None:
        return
    if shifts.next_word is not None:
        st.segmented_control(
            "Moves", [False, True], format_func=("the word", "the next word").__getitem__, required=True,
            **state.control("heads.next_word"),
        )  # fmt: skip
    show(chart)
