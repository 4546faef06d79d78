"""Panels of the attention heads page: controls that become a question, and what is said of the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import Word
from ctxcore.charts.heads import (
    PATTERNS,
    AllHeads,
    AllHeadsChart,
    DifferenceChart,
    Head,
    HeadChart,
    OneHead,
    Rollout,
    RolloutChart,
    Rows,
    Scores,
    ScoresChart,
    TwoSentences,
    WholeAttention,
)
from ctxcore.charts.influence import (
    EachHeadOff,
    EachHeadOffChart,
    HeadsOff,
    HeadsOffChart,
    InfluenceChart,
    WordInfluence,
    every_head,
)
from ctxcore.measures import attention as maps
from dashboard import cache, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_CONTRAST = "The cat chased the mouse because it was slow."
_CARDS = 6
_ALIKE = 0.5
_NEAREST = 24
"""Up to how many words are left out in turn."""


@dataclass(frozen=True)
class Focus:
    """What the reader looks at.

    Attributes:
        model: Name of the contextual model.
        sentence: The sentence.
        words: Its words.
        at: Which of them is the target.
        opened: The opened head.
        rows: Are rows and columns words or tokens?
        special: Are special tokens shown?
    """

    model: str
    sentence: str
    words: tuple[Word, ...]
    at: int
    opened: Head
    rows: Rows
    special: bool

    @property
    def word(self) -> str:
        """The target, for a place that reads markdown."""
        return literal(self.words[self.at].text)

    @property
    def head(self) -> OneHead:
        """The opened head\'s map."""
        return OneHead(self.model, self.sentence, self.at, *self.opened, self.rows, self.special)

    @property
    def tokens(self) -> int:
        """How many tokens the sentence has."""
        return len(store.get(WholeAttention(self.model, self.sentence)).tokens)


def all_heads(focus: Focus, suffix: str = "") -> None:
    """Every head as a small map; a click opens one."""
    chart = AllHeadsChart(AllHeads(focus.model, focus.sentence, focus.rows, focus.special), focus.opened)
    if suffix:
        show(chart, suffix, headed=True)
    else:
        show(chart, headed=True, on_point=state.read_click, again=f"_{state.clicks()}")


def opened_head(focus: Focus, ribbons: bool, suffix: str = "") -> None:
    """The opened head, large: exact values as a map, or ribbons between words."""
    show(HeadChart(focus.head, ribbons), suffix, headed=True)
    if ribbons:
        widgets.hover_answers()


def cards(focus: Focus) -> None:
    """Heads by what they do: the strongest of a pattern, and all of them."""
    scores = store.get(Scores(focus.model, focus.sentence))
    there = [p for p in PATTERNS if p == "entropy" or _occurs(scores.shares[p])]
    if state.current().heads.pattern not in (*there, None):
        state.set_control("heads.pattern", None)  # it does not occur in this sentence
    pattern = st.segmented_control(
        "Heads that look at",
        there,
        format_func=PATTERNS.__getitem__,
        required=True,
        **state.control("heads.pattern", there[0]),
    )
    chart = ScoresChart(Scores(focus.model, focus.sentence), pattern, focus.opened)
    values = chart.values(scores)
    order = np.argsort(-np.nan_to_num(values, nan=-1), axis=None, kind="stable")[:_CARDS]
    left, right = st.columns([1.25, 1], gap="medium")
    with left, st.container(horizontal=True, gap="small"):
        for flat in order:
            layer, head = (int(n) for n in np.unravel_index(flat, values.shape))
            _card(scores.layers[layer], scores.heads[head], values[layer, head], scores.entropy[layer, head], pattern)
    with right:
        show(chart)


def _card(layer: int, head: int, value: float, entropy: float, pattern: str) -> None:
    with st.container(border=True, width=168, gap="xsmall"):  # two stand side by side on a phone
        label = f"Layer {layer}, head {head}"
        st.button(
            label, key=f"open_{pattern}_{layer}_{head}", on_click=state.open_head, args=(layer, head), width="stretch"
        )
        st.markdown(f"**{value:.2f} bits**" if pattern == "entropy" else f"**{value:.0%}** on {PATTERNS[pattern]}")
        st.caption(f"entropy {entropy:.2f} bits")


def rollout(focus: Focus) -> None:
    """Attention multiplied through the layers."""
    residual = st.slider(
        "Share of the residual connection", 0.0, 1.0, step=0.05, **state.control("heads.residual"),
        help="Each block adds its output to what came in. 0.5 weighs both alike, as in the paper; 0 leaves attention alone.",
    )  # fmt: skip
    chart = RolloutChart(
        Rollout(focus.model, focus.sentence, focus.at, focus.opened[0], residual, focus.rows, focus.special)
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{chart.title()}**")
        flow = show(chart)
    with right:
        st.markdown(f"**Where \u201c{focus.word}\u201d comes from, by rollout**")
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
    """One head in two sentences, and the difference laid on each other at the target."""
    name = focus.words[focus.at].text.casefold()
    mine = [s for s in dict.fromkeys((_CONTRAST, *state.current().sentences)) if s != focus.sentence]
    offered = sorted(mine, key=lambda s: name not in _words(s))  # those with the word first
    pick, word_box = st.columns([3, 1])
    asked = state.current().heads
    if asked.other is not None and asked.other not in offered:
        offered = [asked.other, *offered]
    other = pick.selectbox(
        "Second sentence: choose one of your list, or type another", offered, accept_new_options=True,
        **state.control("heads.other", offered[0], other_at=None),
    )  # fmt: skip
    words = ctxcore.words_of(other or "")
    if not words:
        st.info("The second sentence needs a word.")
        return
    if asked.other_at is not None and asked.other_at >= len(words):
        state.set_control("heads.other_at", None)
    second = word_box.selectbox(
        "laid on at", range(len(words)), format_func=lambda i: words[i].text,
        **state.control("heads.other_at", _words(other).index(name) if name in _words(other) else 0),
    )  # fmt: skip
    pair = TwoSentences(focus.head, replace(focus.head, sentence=other, at=second))
    found = store.get(pair)
    for place, head, key in zip(
        st.columns(2, gap="medium"), (pair.first, pair.second), ("first", "second"), strict=True
    ):
        with place:
            st.markdown(f"**{literal(head.sentence)}**")
            show(HeadChart(head), f"-{key}")
    most = DifferenceChart.most(found)
    st.markdown(f"**First minus second, laid on each other at \u201c{focus.word}\u201d**: at most {most:.2f} apart")
    show(DifferenceChart(pair))


def what_moved(focus: Focus) -> None:
    """Every other word left out in three ways, beside attention and rollout."""
    near = sorted((i for i in range(len(focus.words)) if i != focus.at), key=lambda i: abs(i - focus.at))[:_NEAREST]
    model = cache.model(focus.model).wait()
    left, right = st.columns([1, 2], gap="medium")
    left.text_input(
        "Neutral word", placeholder=model.tokenizer.mask_token or "something", max_chars=40, **state.text_control("heads.neutral"),
        help="What stands in a word\u2019s place when it is replaced; the model\u2019s mask token where it has one.",
    )  # fmt: skip
    if (state.current().heads.layer or 1) > model.layers:
        state.set_control("heads.layer", None)
    layer = right.slider(
        "Layer whose vectors are compared", 1, model.layers, **state.control("heads.layer", model.layers)
    )
    asked = WordInfluence(
        focus.model, focus.sentence, focus.at, tuple(sorted(near)), state.current().heads.neutral or None
    )
    found = ask(asked, 3 * len(near) * focus.tokens)
    if found is None:
        return
    seen = maps.seen(found)
    if not seen:
        st.info(
            f"Nothing stands before \u201c{focus.word}\u201d, and a decoder sees only the left: no word can move it."
        )
        return
    left, right = st.columns([2.1, 1], gap="medium")
    with left:
        show(InfluenceChart(asked, layer))
    with right:
        _agreement(layer, maps.agreement(found, layer), len(seen))


def _agreement(layer: int, found: dict[str, dict[str, float | None]], count: int) -> None:
    """Does attention say which words moved the target?"""
    st.markdown("**Does attention explain it?**")
    rho = found["attention"]["blocked"]
    if rho is None:
        st.info("Too few words, or all alike: three words that differ are needed to compare two rankings.")
        return
    said = ":green[**ranks the words alike**]" if rho >= _ALIKE else ":red[**does not rank the words alike**]"
    st.markdown(
        f"Attention up to layer {layer} {said}: its rank correlation with how far blocking each of the {count} words moves the "
        f"target is **{rho:+.2f}** (1: the same order, 0: none, \u22121: reversed; from {_ALIKE} we say alike)."
    )
    ways = {"blocked": "may not attend", "removed": "taken out", "replaced": "replaced"}
    rows = {"rank correlation of": list(found)}
    rows |= {
        said: ["n/a" if (r := found[name][way]) is None else f"{r:+.2f}" for name in found]
        for way, said in ways.items()
    }
    st.dataframe(rows, hide_index=True)


def switched_off(focus: Focus) -> None:
    """Chosen heads off beside random ones; then every head alone."""
    model = cache.model(focus.model).wait()
    everyone = every_head(model.layers, model.heads)
    if set(state.current().heads.off or ()) - set(everyone):
        state.set_control("heads.off", None)
    chosen = st.multiselect(
        "Heads to switch off, as layer.head", everyone, format_func="{0[0]}.{0[1]}".format, max_selections=36,
        **state.control("heads.off", [focus.opened]),
    )  # fmt: skip
    if not chosen:
        st.info("Choose a head to switch off.")
        return
    left, right = st.columns(2, gap="medium")
    with left, widgets.guarded(st.container()):
        _against_random(focus, tuple(chosen))
    with right, widgets.guarded(st.container()):
        _each_alone(focus, model.layers)


def _against_random(focus: Focus, chosen: tuple[Head, ...]) -> None:
    asked = HeadsOff(focus.model, focus.sentence, focus.at, chosen)
    st.markdown(f"**These heads off, against {asked.draws} random draws of as many**")
    found = ask(asked)
    if found is None:
        return
    last = found.shift[:, -1]
    less = float((last[1:] < last[0]).mean())
    st.markdown(
        f"\u201c{focus.word}\u201d moves by **{last[0]:.4f}** (1 \u2212 cosine, last layer); with random heads off by "
        f"{np.median(last[1:]):.4f} (median). It moves more than in {less:.0%} of the draws."
    )
    show(HeadsOffChart(asked))


def _each_alone(focus: Focus, layers: int) -> None:
    st.markdown("**Every head switched off alone**")
    asked = EachHeadOff(focus.model, focus.sentence, focus.at)
    heads = cache.model(focus.model).wait().heads
    # A decoder\'s pass costs about ten times the encoder\'s.
    found = ask(asked, layers * heads * focus.tokens * (layers // 6))
    if found is None:
        return
    next_word = False
    if found.next_word is not None:
        next_word = st.segmented_control(
            "Moves", [False, True], format_func=("the word", "the next word").__getitem__, required=True,
            **state.control("heads.next_word"),
        )  # fmt: skip
    show(EachHeadOffChart(asked, focus.opened, next_word))


def _occurs(shares: np.ndarray) -> bool:
    """Can this pattern occur here at all? In a decoder nothing looks at the word after."""
    return bool(np.nan_to_num(shares).max() > 0)


def _words(sentence: str) -> list[str]:
    return [w.text.casefold() for w in ctxcore.words_of(sentence)]
