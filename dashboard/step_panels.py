"""Steps of one head of a real model: what is said of each, its figure, and its numbers in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import HeadTrace
from ctxcore.charts.steps import FollowedTokens, InputsChart, ProjectionsChart, ScoreMapsChart, WeightedChart, percent
from ctxcore.figures import cells
from ctxcore.figures.score_maps import scale_name
from dashboard.messages import literal
from dashboard.show import show

_HOLDS = 1e-5
"""Up to this a difference is rounding: the two ways add the same float32 numbers in another order."""


@dataclass(frozen=True)
class Followed:
    """What the reader follows through all steps.

    Attributes:
        tokens: The head and the two tokens.
        trace: Every step of the head.
    """

    tokens: FollowedTokens
    trace: HeadTrace

    @property
    def names(self) -> tuple[str, str]:
        """What the query token and the key token are called."""
        names = cells.token_names(self.trace)
        return names[self.tokens.query], names[self.tokens.key]

    @property
    def said(self) -> tuple[str, str]:
        """Both names in quotation marks, for a place that reads markdown."""
        query, key = (f"\u201c{literal(name)}\u201d" for name in self.names)
        return query, key

    @property
    def weight(self) -> float:
        """The share of its attention that the query gives to the key."""
        return float(self.trace.weights[self.tokens.query, self.tokens.key])


def point(followed: Followed) -> None:
    """The followed cell through all steps."""
    trace, weight, at = followed.trace, followed.weight, (followed.tokens.query, followed.tokens.key)
    query, key = followed.said
    st.header(
        f"Layer {trace.layer}, head {trace.head}: {query} gives {percent(weight)} of its attention to {key}",
        anchor=False,
    )
    steps = [
        ("score q \u00b7 k", three(trace.scores[at])),
        (f"\u2192 {scale_name(trace)}", three(trace.scaled[at])),
        ("\u2192 mask", "not masked" if trace.mask[at] else "masked"),
        ("\u2192 softmax", three(weight)),
        (f"\u2192 adds, of the value of {key}", percent(weight)),
    ]
    with st.container(horizontal=True, gap="medium", key="chain"):
        for label, value in steps:
            st.metric(label, value, width="content")
    special = [i for i, t in enumerate(trace.tokens) if t.special and i != followed.tokens.key]
    share = float(trace.weights[followed.tokens.query, special].sum()) if special else 0.0
    if share > 0.5:
        st.info(
            f"Special tokens take {percent(share)} of the attention of {query} here: this head takes little from the words of "
            "the sentence."
        )


def inputs(followed: Followed) -> None:
    """What enters the block."""
    trace, (query, key) = followed.trace, followed.names
    st.subheader("1. Input vectors x", anchor=False)
    source = "the word embeddings" if trace.layer == 1 else f"the output of layer {trace.layer - 1}"
    first = " They are normalised before the projections." if trace.norm_first else ""
    st.markdown(f"What enters layer {trace.layer}: {source}, one vector a token.{first}")
    show(InputsChart.of_tokens(followed.tokens))
    _numbers(
        "step 1",
        {f"x of {query}": trace.inputs[followed.tokens.query], f"x of {key} ": trace.inputs[followed.tokens.key]},
    )


def projections(followed: Followed) -> None:
    """Query, key and value."""
    trace, (query, key) = followed.trace, followed.names
    st.subheader("2. Query, key and value", anchor=False)
    of = "x, normalised" if trace.norm_first else "x"
    turned = " Query and key are shown after being turned by their position (Su et al. 2021)." if trace.rotary else ""
    st.markdown(
        f"`q = W_q x`, `k = W_k x`, `v = W_v x` (of {of}; plus a bias where the model has one): three learned projections, "
        f"others in every head.{turned}"
    )
    show(ProjectionsChart.of_tokens(followed.tokens))
    q, k = trace.q[followed.tokens.query], trace.k[followed.tokens.key]
    _numbers(
        "step 2",
        {f"q of {query}": q, f"k of {key}": k, "q \u00d7 k": q * k},
        f"The last column adds up to the score, {three(trace.scores[followed.tokens.query, followed.tokens.key])}.",
    )


def scores(followed: Followed) -> None:
    """From scores to weights."""
    trace = followed.trace
    st.subheader("3. Score, scale, mask, softmax", anchor=False)
    masked = (
        "Here no token is masked: every query attends to every key." if trace.mask.all() else "Grey cells are masked."
    )
    if not trace.mask.all() and np.array_equal(trace.mask, np.tri(len(trace.mask), dtype=bool)):
        masked = "A decoder masks what follows: no token attends to its right."
    st.markdown(
        f"`score = q \u00b7 k`, {literal(scale_name(trace))}, then `softmax = exp(score) / sum of exp(score)` over the keys "
        f"that the mask leaves; each row sums to 1. {masked}"
    )
    changed = not np.allclose(trace.scaled, trace.scores * trace.scaling, rtol=1e-4, atol=1e-4)
    if changed:
        st.caption("This model also adds a position bias or squashes the scaled scores; they are shown after that.")
    show(ScoreMapsChart.of_tokens(followed.tokens))
    row = ctxcore.tables.scores_table(trace, followed.tokens.query).drop(columns=["query", "query_token"])
    _numbers("step 3", row)


def weighted(followed: Followed) -> None:
    """Weighted values and their sum."""
    trace, (query, key) = followed.trace, followed.said
    st.subheader("4. Weighted values and their sum", anchor=False)
    st.markdown(
        f"`output = sum of weight \u00d7 v` over all keys: what this head gives to {query}. {key} adds "
        f"{three(followed.weight)} of its value."
    )
    show(WeightedChart.of_tokens(followed.tokens))
    v = trace.v[followed.tokens.key]
    columns = {
        f"v of {followed.names[1]}": v,
        "weight \u00d7 v": trace.weights[followed.tokens.query, followed.tokens.key] * v,
        "sum over all": trace.values[followed.tokens.query],
    }
    _numbers("step 4", columns)


def verdict(followed: Followed) -> None:
    """Is this what the model itself computed?"""
    difference = followed.trace.difference
    st.subheader("5. Check against the model", anchor=False)
    verdict = ":green[**Equal up to rounding.**]" if difference <= _HOLDS else ":red[**Not equal.**]"
    st.markdown(f"Greatest difference from the model\u2019s own output for this head: **{difference:.1e}**. {verdict}")
    st.caption(
        "Compared, for every token, with what the fused kernel put out inside the model\u2019s own forward pass. Up to "
        f"{_HOLDS:.0e} it is rounding of float32 numbers."
    )


def three(value: float) -> str:
    """A number with three significant digits."""
    return cells.three(float(value))


def _numbers(step: str, columns: Any, hint: str = "") -> None:
    """The numbers of the two tokens that are followed, in full."""
    if isinstance(columns, dict):
        columns = {"feature": np.arange(len(next(iter(columns.values())))), **columns}
    numbers = [n for n in columns if n not in ("feature", "key", "key_token", "unmasked")]
    with st.expander(f"The numbers of {step}"):
        if hint:
            st.caption(hint)
        st.dataframe(
            columns, hide_index=True, column_config={n: st.column_config.NumberColumn(format="%.9g") for n in numbers}
        )
