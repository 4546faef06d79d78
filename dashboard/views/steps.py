"""Attention, step by step: three numbers a word worked by hand, and one head of a real model from its input to its output."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import BadInputError, HeadTrace
from ctxcore.charts.heads import TellingHead
from dashboard import cache, panels, recipes, state, store, widgets
from dashboard.messages import literal
from dashboard.state import ByHand

_MODES = {"hand": "By hand: three numbers a word", "real": "In a real model"}
_MODE = "steps_mode"
_HOLDS = 1e-5
"""Up to this a difference is rounding: the two ways add the same float32 numbers in another order."""
_SAME = 1e-6
_FIELD, _FIELD_GAP = 60, 4
"""Pixels of a field and between two: a row of five stands on a phone."""
_LARGEST = 100.0
_MOST = 0
"""Which token is looked at, until the reader chooses: the one that gets most."""
_LESSON, _ASKS = "I love AI", 1
_OPENED = {"minilm-l6": (4, 1), "smollm2-135m": (2, 2)}
"""In the lesson's sentence: heads in which "love" gives most to another word, and something to a third."""
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
    # Pandas first and whole: plotly asks for it by name, and a thread that loads a model may have opened it by half.
    importlib.import_module("ctxcore.tables")
    (_real if mode == "real" else _by_hand)()


def _open(sentence: str, at: int, head: tuple[int, int], model: str) -> None:
    """Show a head of a model; what is looked at is again the token that gets most."""
    state.remember(_MODE, "real")
    state.look_at(sentence, at, head, model)
    state.remember(_looks_key(model, sentence, at), _MOST)


# By hand.


def _by_hand() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Weights as given", anchor=False)
        st.markdown("The lesson\u2019s words and numbers. **Type others**: every step follows.")
        names = _fields()
        hand = state.by_hand()
        _check_weights(hand)
        _given(hand, names)
    with right:
        st.header("Weights from the vectors themselves", anchor=False)
        _worked_out(hand, names)


def _fields() -> list[str]:
    """A row a word: its name, its three numbers, its weight. The names, without white space around them."""
    names = [word.strip() or f"word {i + 1}" for i, word in enumerate(state.by_hand().words)]
    with st.container(gap="xsmall", key="by_hand"):
        with st.container(horizontal=True, gap=_FIELD_GAP):
            for text, width in (("word", 80), ("its vector", 3 * _FIELD + 2 * _FIELD_GAP), ("weight", _FIELD)):
                st.caption(text, width=width)
        for i, name in enumerate(names):
            with st.container(horizontal=True, gap=_FIELD_GAP):
                key, value, changed = state.by_hand_field(f"word_{i}")
                st.text_input(
                    f"word {i + 1}", value, 40, key=key, on_change=changed, width=80, label_visibility="collapsed"
                )
                for j in range(3):
                    _number(f"{_spoken(name)}, number {j + 1}", f"v_{i}_{j}")
                _number(f"weight of {_spoken(name)}", f"weight_{i}")
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            key, value, changed = state.by_hand_field("asks")
            st.selectbox(
                "Which word asks",
                range(3),
                format_func=_told_apart(names).__getitem__,
                key=state.keyed(key, value),
                on_change=changed,
                width=146,
            )
            st.button(
                "Back to the lesson\u2019s numbers",
                on_click=state.set_by_hand,
                args=(ByHand(),),
                disabled=state.by_hand() == ByHand(),
            )
    return names


def _number(label: str, name: str) -> None:
    key, value, changed = state.by_hand_field(name)
    st.number_input(
        label, -_LARGEST, _LARGEST, value, 0.1, "%.6g", key=key, on_change=changed, width=_FIELD,
        label_visibility="collapsed",
    )  # fmt: skip


def _spoken(name: str) -> str:
    """A name for a hidden label: it is read as markdown, but a screen reader says it to the letter, backslashes included."""
    return name if all(c.isalnum() or c in " \u2019'" for c in name) else literal(name)


def _told_apart(names: Sequence[str]) -> list[str]:
    """Names of which no two are alike: the second "love" is "love (2)"."""
    return [f"{n} ({names[:i].count(n) + 1})" if names[:i].count(n) else n for i, n in enumerate(list(names))]


def _check_weights(hand: ByHand) -> None:
    """Weights are shares: what is wrong with these, and what to do."""
    total = sum(hand.weights)
    if min(hand.weights) < 0:
        st.warning("A weight is a share and cannot be below 0: write 0 for a word that should not count.")
    elif abs(total - 1) <= _SAME:
        return
    elif total == 0:
        st.warning("The weights sum to 0, so there is nothing to share out: give one word a weight above 0.")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"The weights sum to {total:.6g}, not to 1. The sum below is of what you typed.", width="stretch"
            )
            shares = tuple(w / total for w in hand.weights)
            st.button("Normalise", on_click=state.set_by_hand, args=(replace(hand, weights=shares),))


def _given(hand: ByHand, names: list[str]) -> None:
    vectors, weights = np.array(hand.vectors), np.array(hand.weights)
    _sentence(names, hand.asks, vectors, weights)
    figure = ctxcore.figures.hand_figure(names, vectors, weights, asks=hand.asks)
    widgets.plot(figure, "given", "Each word\u2019s vector times its weight, and their sum: the new vector.")
    table = ctxcore.tables.hand_table(names, vectors, weights)
    code = recipes.by_hand(hand, names, computed=False)
    widgets.export_bar(figure, table, "given", "Weights as given", code, by_hand=vars(hand))


def _worked_out(hand: ByHand, names: list[str]) -> None:
    vectors, asks = np.array(hand.vectors), hand.asks
    steps = ctxcore.attention_steps(vectors[[asks]], vectors, vectors)
    weights, scores, scaled = steps.weights[0], steps.scores[0], steps.scaled[0]
    st.markdown(
        f"\u201c{literal(names[asks])}\u201d asks with its own vector (q), every word answers with its own (k) and gives its own "
        "(v). In a real model q, k and v are three different learned projections."
    )
    _sentence(names, asks, vectors, weights)
    figure = ctxcore.figures.hand_figure(names, vectors, weights, asks=asks, scores=scores, scaled=scaled)
    widgets.plot(figure, "worked_out", "Scores, scaled scores and softmax of each word, then the weighted sum.")
    table = ctxcore.tables.hand_table(names, vectors, weights, scores, scaled)
    code = recipes.by_hand(hand, names, computed=True)
    widgets.export_bar(figure, table, "worked-out", "Weights from the vectors themselves", code, by_hand=vars(hand))


def _sentence(names: list[str], asks: int, vectors: np.ndarray, weights: np.ndarray) -> None:
    """The whole sum in one line."""
    three = ctxcore.figures.cells.three
    parts = " + ".join(f"{three(w)} \u00d7 {literal(n)}" for w, n in zip(weights.tolist(), names, strict=True))
    total = ", ".join(three(x) for x in (np.asarray(weights, np.float64) @ vectors).tolist())
    st.markdown(f"New \u201c{literal(names[asks])}\u201d = {parts} = **[{total}]**")


# In a real model.


def _real() -> None:
    sentence, words = widgets.sentence_field(_LESSON)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        at = widgets.word_picker(words, _ASKS, "Asking word", width=150)
        widgets.model_picker(width=230)
        name = state.current().model
        if not widgets.wait_for(cache.model(name)):
            return
        model = cache.model(name).wait()
        start = _start(name, sentence, at, model.layers, model.heads)
        layer, head = widgets.head_picker(model.layers, model.heads, start, width=84)
        trace = cache.trace(name, sentence, layer, head)
        query = _piece(trace, at)
        key = _looked_at(trace, query, _looks_key(name, sentence, at))
        widgets.second_picker(width=210)
    look = _Look(name, trace, query, key)
    look.point()
    look.inputs()
    look.projections()
    look.scores()
    with widgets.guarded(st.container()):
        _beside(look, at)
    look.weighted()
    look.verdict()


def _beside(look: _Look, at: int) -> None:
    """The same step in a second model, in the head in which the word gives most to one other."""
    name = widgets.second_model(look.model)
    if name is None:
        return
    sentence = look.trace.sentence
    lesson = sentence == _LESSON and at == _ASKS
    layer, head = _OPENED[name] if lesson and name in _OPENED else store.get(TellingHead(name, sentence, at))
    trace = cache.trace(name, sentence, layer, head)
    pieces = ctxcore.text.overlapping(trace.tokens, (trace.words[at].start, trace.words[at].end))
    if not pieces:
        st.caption(f"The tokenizer of {literal(widgets.title_of(name))} leaves nothing of the asking word.")
        return
    theirs = _Look(name, trace, pieces[0], _most_looked_at(trace, pieces[0]))
    weight = float(trace.weights[theirs.query, theirs.key])
    st.markdown(
        f"Beside it, **{literal(widgets.title_of(name))}**: in layer {layer}, head {head}, {theirs.asks} gives "
        f"{_percent(weight)} of its attention to {theirs.looks}."
    )
    theirs.maps(panels.BESIDE)


def _start(name: str, sentence: str, at: int, layers: int, heads: int) -> tuple[int, int]:
    """The head that is opened first. All attention of a sentence is worked out for it: not where the reader chose a head."""
    chosen = state.current().head
    if chosen is not None and 1 <= chosen[0] <= layers and 0 <= chosen[1] < heads:
        return chosen
    if sentence == _LESSON and at == _ASKS and name in _OPENED:
        return _OPENED[name]
    return store.get(TellingHead(name, sentence, at))


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
    names = ctxcore.figures.cells.token_names(trace)
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
    names = _told_apart(ctxcore.figures.cells.token_names(trace))
    most = _most_looked_at(trace, query)
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


def _most_looked_at(trace: HeadTrace, query: int) -> int:
    """The other token of the sentence that gets most; a special one where it may look at no other; itself where at none."""
    others = [k for k in np.flatnonzero(trace.mask[query]).tolist() if k != query]
    best = [k for k in others if not trace.tokens[k].special] or others or [query]
    return max(best, key=lambda k: float(trace.weights[query, k]))


def _looks_key(model: str, sentence: str, at: int) -> str:
    return f"looks_at_{_digest(model, sentence, at)}"


def _digest(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode()).hexdigest()[:12]


class _Look:
    """One token that asks, one that is looked at, and every step between them."""

    def __init__(self, model: str, trace: HeadTrace, query: int, key: int) -> None:
        self.model, self.trace, self.query, self.key = model, trace, query, key
        names = ctxcore.figures.cells.token_names(trace)
        self.asks, self.looks = (f"\u201c{literal(names[i])}\u201d" for i in (query, key))
        self.plain = names[query], names[key]

    def point(self) -> None:
        """The followed cell through all steps."""
        trace, three, at = self.trace, ctxcore.figures.cells.three, (self.query, self.key)
        weight = float(trace.weights[at])
        st.header(
            f"Layer {trace.layer}, head {trace.head}: {self.asks} gives {_percent(weight)} of its attention to {self.looks}",
            anchor=False,
        )
        steps = [
            ("score q \u00b7 k", three(float(trace.scores[at]))),
            (f"\u2192 {ctxcore.figures.score_maps.scale_name(trace)}", three(float(trace.scaled[at]))),
            ("\u2192 mask", "may look" if trace.mask[at] else "may not look"),
            ("\u2192 softmax", three(weight)),
            (f"\u2192 adds, of the value of {self.looks}", _percent(weight)),
        ]
        with st.container(horizontal=True, gap="medium", key="chain"):
            for label, value in steps:
                st.metric(label, value, width="content")
        special = [i for i, t in enumerate(trace.tokens) if t.special and i != self.key]
        share = float(trace.weights[self.query, special].sum()) if special else 0.0
        if share > 0.5:
            st.info(
                f"Special tokens take {_percent(share)} of the attention of {self.asks} here: this head takes little from the "
                "words of the sentence."
            )

    def inputs(self) -> None:
        """What enters the block."""
        trace, query, key = self.trace, self.query, self.key
        st.subheader("1. Input vectors x", anchor=False)
        source = "the word embeddings" if trace.layer == 1 else f"the output of layer {trace.layer - 1}"
        first = " They are normalised before the projections." if trace.norm_first else ""
        st.markdown(f"What enters layer {trace.layer}: {source}, one vector a token.{first}")
        self._figure("inputs", "inputs_figure", "Input vectors", "The vectors that enter the layer, one row a token.",
                     partial(ctxcore.tables.inputs_table, trace))  # fmt: skip
        self._numbers(
            "step 1", {f"x of {self.plain[0]}": trace.inputs[query], f"x of {self.plain[1]} ": trace.inputs[key]}
        )

    def projections(self) -> None:
        """Query, key and value."""
        trace, query, key = self.trace, self.query, self.key
        st.subheader("2. Query, key and value", anchor=False)
        of = "x, normalised" if trace.norm_first else "x"
        turned = (
            " Query and key are shown after being turned by their position (Su et al. 2021)." if trace.rotary else ""
        )
        st.markdown(
            f"`q = W_q x`, `k = W_k x`, `v = W_v x` (of {of}; plus a bias where the model has one): three learned projections, "
            f"others in every head.{turned}"
        )
        self._figure("qkv", "qkv_figure", "Query, key and value", "Query, key and value of every token, one row a token.",
                     partial(ctxcore.tables.qkv_table, trace))  # fmt: skip
        q, k = trace.q[query], trace.k[key]
        self._numbers(
            "step 2",
            {f"q of {self.plain[0]}": q, f"k of {self.plain[1]}": k, "q \u00d7 k": q * k},
            f"The last column adds up to the score, {_three(trace.scores[query, key])}.",
        )

    def scores(self) -> None:
        """From scores to weights."""
        trace = self.trace
        st.subheader("3. Score, scale, mask, softmax", anchor=False)
        allowed = "Here every token may look at every other." if trace.mask.all() else "Grey cells are masked."
        if not trace.mask.all() and np.array_equal(trace.mask, np.tri(len(trace.mask), dtype=bool)):
            allowed = "A decoder masks what follows: no token looks to its right."
        st.markdown(
            f"`score = q \u00b7 k`, {literal(ctxcore.figures.score_maps.scale_name(trace))}, then "
            f"`softmax = exp(score) / sum of exp(score)` over the keys that the mask leaves; each row sums to 1. {allowed}"
        )
        changed = not np.allclose(trace.scaled, trace.scores * trace.scaling, rtol=1e-4, atol=1e-4)
        if changed:
            st.caption("This model also adds a position bias or squashes the scaled scores; they are shown after that.")
        self.maps()
        row = ctxcore.tables.scores_table(trace, self.query).drop(columns=["query", "query_token"])
        self._numbers("step 3", row)

    def maps(self, beside: str = "") -> None:
        """Scores, scaled scores, mask and softmax of all tokens."""
        whole = len(self.trace.tokens) <= 256
        self._figure(f"scores{beside}", "scores_figure", "From scores to weights",
                     "Four maps of queries by keys: scores, scaled scores, mask, softmax.",
                     partial(ctxcore.tables.scores_table, self.trace, None if whole else self.query), named=True)  # fmt: skip

    def weighted(self) -> None:
        """Weighted values and their sum."""
        trace, query, key = self.trace, self.query, self.key
        weight = float(trace.weights[query, key])
        st.subheader("4. Weighted values and their sum", anchor=False)
        st.markdown(
            f"`output = sum of weight \u00d7 v` over all keys: what this head gives to {self.asks}. {self.looks} adds "
            f"{_three(weight)} of its value."
        )
        self._figure("weighted", "weighted_figure", "Weighted values and their sum",
                     "Each token\u2019s value times its weight, and their sum, the head\u2019s output.",
                     partial(ctxcore.tables.weighted_table, trace, query))  # fmt: skip
        v = trace.v[key]
        columns = {
            f"v of {self.plain[1]}": v,
            "weight \u00d7 v": trace.weights[query, key] * v,
            "sum over all": trace.values[query],
        }
        self._numbers("step 4", columns)

    def verdict(self) -> None:
        """Is this what the model itself computed?"""
        trace = self.trace
        st.subheader("5. Does it hold?", anchor=False)
        verdict = ":green[**It holds.**]" if trace.difference <= _HOLDS else ":red[**It does not hold.**]"
        st.markdown(
            f"Greatest difference from the model\u2019s own output for this head: **{trace.difference:.1e}**. {verdict}"
        )
        st.caption(
            "Compared, for every token, with what the fused kernel put out inside the model\u2019s own forward pass. Up to "
            f"{_HOLDS:.0e} it is rounding of float32 numbers."
        )

    def _figure(
        self, key: str, builder: str, title: str, alt: str, table: Callable[[], Any], named: bool = False
    ) -> None:
        """One step; ``named`` is the one that may stand there for two models."""
        trace, whose = self.trace, ""
        figure = getattr(ctxcore.figures, builder)(trace, self.query, self.key)
        if named:
            figure, whose = widgets.titled(figure, self.model)
        widgets.plot(figure, key, f"{whose}: {alt}" if whose else alt)
        code = recipes.titled(recipes.traced(self.model, trace, builder, self.query, self.key), whose)
        widgets.export_bar(
            figure, table, key, f"{title}: layer {trace.layer}, head {trace.head}", code,
            sentence=trace.sentence, layer=trace.layer, head=trace.head, query=self.query, key=self.key,
        )  # fmt: skip

    def _numbers(self, step: str, columns: Any, hint: str = "") -> None:
        """The numbers of the two tokens that are followed, in full."""
        if isinstance(columns, dict):
            columns = {"feature": np.arange(len(next(iter(columns.values())))), **columns}
        numbers = [n for n in columns if n not in ("feature", "key", "key_token", "allowed")]
        with st.expander(f"The numbers of {step}"):
            if hint:
                st.caption(hint)
            st.dataframe(
                columns,
                hide_index=True,
                column_config={n: st.column_config.NumberColumn(format="%.9g") for n in numbers},
            )


def _three(value: float) -> str:
    return ctxcore.figures.cells.three(float(value))


def _percent(share: float) -> str:
    return "< 0.001 %" if 0 < share < 1e-5 else f"{_three(100 * share)} %"


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
