"""Panels of the attention heads page: each is one call to the cache, one figure and its export bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import HeadShifts, Units, Word
from ctxcore.text import overlapping
from dashboard import cache, head_recipes, recipes, state, widgets
from dashboard.head_recipes import View
from dashboard.jobs import Job
from dashboard.messages import literal

OPENED = 400
"""Height of the opened head in pixels."""
_PATTERNS = {
    "previous": "the word before",
    "itself": "the word itself",
    "next": "the word after",
    "special": "special tokens",
    "same": "the same word elsewhere",
    "entropy": "spread (entropy)",
}
_CONTRAST = "The cat chased the mouse because it was slow."
_CARDS = 6
_ALIKE = 0.5
_DRAWS = 20
"""Random sets of heads behind a control."""
_NEAREST = 24
"""Up to how many words are left out in turn."""
_AT_ONCE = 6000
"""Tokens to read above which a measurement waits for a button: below it takes a few seconds at most."""


@dataclass(frozen=True)
class Look:
    """What the reader looks at.

    Attributes:
        view: Model, sentence and what rows stand for.
        words: Words of the sentence.
        at: Which of them is the target.
        layer: The opened head's layer.
        head: The opened head.
        beside: What keys and files of a second model's figures end in; empty for the first model.
    """

    view: View
    words: tuple[Word, ...]
    at: int
    layer: int
    head: int
    beside: str = ""

    @property
    def word(self) -> str:
        """The target, for a place that reads markdown."""
        return literal(self.words[self.at].text)

    @property
    def units(self) -> Units:
        """What rows and columns stand for."""
        return cache.units(self.view.model, self.view.sentence, self.view.by, self.view.special)

    def about(self) -> dict[str, object]:
        """What the figures rest on, for their manifest."""
        return {
            "drawn_with": self.view.model,
            "sentence": self.view.sentence,
            "target": self.words[self.at].text,
            "layer": self.layer,
            "head": self.head,
            "rows": self.view.by,
            "special_tokens": "shown" if self.view.special else "hidden, rows renormalised",
        }


def row_of(model: str, sentence: str, word: Word, units: Units) -> int | None:
    """The row of a word: of its first piece, where rows are tokens."""
    pieces = overlapping(cache.attention(model, sentence).tokens, (word.start, word.end))
    return next((i for i, members in enumerate(units.members) if pieces and pieces[0] in members), None)


def all_heads(look: Look) -> None:
    """Every head as a small map; a click opens one."""
    view, found = look.view, cache.attention(look.view.model, look.view.sentence)
    maps = cache.small_maps(view.model, view.sentence, view.by, view.special)
    opened = (look.layer, look.head)
    note = "Each square is a head: rows ask, columns are looked at; darker is a greater share, on one scale for all."
    if look.units.left_out:
        note += " Special tokens are hidden and each row is scaled up to 1."
    height = 330 if len(found.layers) > len(found.heads) else 420
    figure = ctxcore.figures.maps_figure(
        maps, found.layers, found.heads, opened=opened, units=len(look.units), note=note, height=height
    )
    figure, whose = widgets.titled(figure, view.model)
    alt = f"Small attention maps of all {maps.shape[0]} layers and {maps.shape[1]} heads."
    widgets.plot(
        figure,
        "maps" + (look.beside or f"_{state.clicks()}"),
        f"{whose}: {alt}" if whose else alt,
        on_point=None if look.beside else state.read_click,
    )
    code = recipes.titled(head_recipes.maps(view, opened=opened, note=note, height=height), whose)
    labels = look.units.labels
    widgets.export_bar(
        figure,
        lambda: ctxcore.tables.maps_table(maps, found.layers, found.heads, labels),
        f"heads{look.beside}",
        "All heads",
        code,
        **look.about(),
    )


def opened_head(look: Look, ribbons: bool) -> None:
    """The opened head, large: exact values as a map, or ribbons between words."""
    view, units = look.view, look.units
    weights, hidden = cache.head_map(view.model, view.sentence, view.by, view.special, look.layer, look.head)
    row = row_of(view.model, view.sentence, look.words[look.at], units)
    note = "Each row is a share and sums to 1."
    if units.left_out:
        note += f" Special tokens are hidden: they take {hidden:.0%} of the attention; the rest is scaled up to 1."
    height = max(OPENED, 15 * len(units) if ribbons else min(160 + 17 * len(units), 2 * OPENED))
    build = ctxcore.figures.ribbons_figure if ribbons else ctxcore.figures.head_figure
    figure = build(weights, units.labels, row=row, note=note, height=height)
    how = "ribbons between words" if ribbons else "a map"
    figure, whose = widgets.titled(figure, view.model)
    alt = f"Attention of layer {look.layer}, head {look.head} as {how}."
    widgets.plot(figure, f"opened{look.beside}", f"{whose}: {alt}" if whose else alt)
    if ribbons:
        widgets.hover_answers()
    code = head_recipes.head(view, layer=look.layer, head=look.head, row=row, note=note, height=height, ribbons=ribbons)
    code = recipes.titled(code, whose)

    def table() -> Any:
        return ctxcore.tables.map_table(weights, units.labels, units.labels)

    name = ("ribbons" if ribbons else "head") + look.beside
    widgets.export_bar(figure, table, name, f"Layer {look.layer}, head {look.head}", code, **look.about())


def cards(look: Look) -> None:
    """Heads by what they do: the strongest of a pattern, and all of them."""
    scores = cache.head_scores(look.view.model, look.view.sentence)
    there = [p for p in _PATTERNS if p == "entropy" or _some(scores.shares[p])]
    pattern = st.segmented_control(
        "Heads that look at", there, format_func=_PATTERNS.__getitem__, default=there[0], required=True, key="pattern"
    )
    values = scores.entropy if pattern == "entropy" else scores.shares[pattern]
    order = np.argsort(-np.nan_to_num(values, nan=-1), axis=None, kind="stable")[:_CARDS]
    left, right = st.columns([1.25, 1], gap="medium")
    with left, st.container(horizontal=True, gap="small"):
        for flat in order:
            layer, head = (int(n) for n in np.unravel_index(flat, values.shape))
            _card(scores.layers[layer], scores.heads[head], values[layer, head], scores.entropy[layer, head], pattern)
    with right:
        what = "bits" if pattern == "entropy" else "share"
        over = (
            "words that stand in this sentence more than once"
            if pattern == "same"
            else "words and marks of this sentence"
        )
        note = f"Mean over the {over}: {_what_is_counted(pattern)} One sentence is an illustration; try others."
        opened = (look.layer, look.head)
        most = None if pattern == "entropy" else 1.0
        figure = ctxcore.figures.grid_figure(
            values, scores.layers, scores.heads, what=what, most=most, opened=opened, note=note
        )
        widgets.plot(figure, "scores", f"Every head\u2019s score for: {_PATTERNS[pattern]}.")
        code = head_recipes.scores(look.view, pattern=pattern, what=what, opened=opened, note=note)
        table = ctxcore.tables.head_scores_table(scores)
        widgets.export_bar(figure, table, "head-scores", f"Heads by {_PATTERNS[pattern]}", code, **look.about())


def _card(layer: int, head: int, value: float, entropy: float, pattern: str) -> None:
    with st.container(border=True, width=168, gap="xsmall"):  # two stand side by side on a phone
        label = f"Layer {layer}, head {head}"
        st.button(
            label, key=f"open_{pattern}_{layer}_{head}", on_click=state.open_head, args=(layer, head), width="stretch"
        )
        st.markdown(f"**{value:.2f} bits**" if pattern == "entropy" else f"**{value:.0%}** on {_PATTERNS[pattern]}")
        st.caption(f"entropy {entropy:.2f} bits")


def _what_is_counted(pattern: str) -> str:
    if pattern == "entropy":
        return "0 bits is one word alone, log2(n) is n words alike."
    if pattern == "special":
        return "the share on tokens that the tokenizer added, such as [CLS], [SEP] or a start token."
    return f"the share on {_PATTERNS[pattern]}."


def flow(look: Look) -> None:
    """Attention multiplied through the layers."""
    view, units = look.view, look.units
    residual = st.slider(
        "Share of the residual connection", 0.0, 1.0, 0.5, 0.05, key="residual", persist_state="session",
        help="Each block adds its output to what came in. 0.5 weighs both alike, as in the paper; 0 leaves attention alone.",
    )  # fmt: skip
    reached = cache.rollout(view.model, view.sentence, residual, look.layer)
    weights = ctxcore.measures.attention.merge(reached, units)
    row = row_of(view.model, view.sentence, look.words[look.at], units)
    note = (
        f"Rollout (Abnar & Zuidema 2020) of layers 1 to {look.layer}, mean over heads: how much of each row\u2019s vector came "
        "from each token by attention alone; values and feed-forward layers are left out."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Rollout up to layer {look.layer}**")
        figure = ctxcore.figures.head_figure(
            weights, units.labels, row=row, note=note, height=OPENED, answers="it comes from"
        )
        widgets.plot(figure, "rollout", "Attention rollout as a map.")
        code = head_recipes.rollout(view, layer=look.layer, residual=residual, row=row, note=note, height=OPENED)
        table = ctxcore.tables.map_table(weights, units.labels, units.labels)
        widgets.export_bar(figure, table, "rollout", "Attention rollout", code, **look.about(), residual=residual)
    with right:
        st.markdown(f"**Where \u201c{look.word}\u201d comes from, by rollout**")
        if row is None:
            st.info("This model\u2019s tokenizer leaves nothing of the word.")
            return
        order = np.argsort(-weights[row], kind="stable")[:12]
        table = {"from": [units.labels[i] for i in order], "share": weights[row][order]}
        bar = st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1)
        st.dataframe(table, hide_index=True, column_config={"share": bar})
        st.caption("Choose the layer above: the rollout reaches from there down to the tokens.")


def two_sentences(look: Look) -> None:
    """One head in two sentences, and the difference laid on each other at the target."""
    view = look.view
    name = look.words[look.at].text.casefold()
    mine = [s for s in dict.fromkeys((_CONTRAST, *state.current().sentences)) if s != view.sentence]
    offered = sorted(mine, key=lambda s: name not in _words(s))  # those with the word first
    pick, word_box = st.columns([3, 1])
    other = pick.selectbox(
        "Second sentence: choose one of your list, or type another",
        offered,
        key=f"second_{name}",
        accept_new_options=True,
    )
    words = ctxcore.words_of(other or "")
    if not words:
        st.info("The second sentence needs a word.")
        return
    first = _words(other).index(name) if name in _words(other) else 0
    second = word_box.selectbox(
        "laid on at",
        range(len(words)),
        index=first,
        format_func=lambda i: words[i].text,
        key=f"second_word_{name}_{other}",
    )
    theirs = cache.units(view.model, other, view.by, view.special)
    rows = (
        row_of(view.model, view.sentence, look.words[look.at], look.units),
        row_of(view.model, other, words[second], theirs),
    )
    if rows[0] is None or rows[1] is None:
        st.info("This model\u2019s tokenizer leaves nothing of the word.")
        return
    at = (rows[0], rows[1])
    maps = []
    for place, sentence, units, row, key in zip(
        st.columns(2, gap="medium"), (view.sentence, other), (look.units, theirs), at, ("first", "second"), strict=True
    ):
        weights, _ = cache.head_map(view.model, sentence, view.by, view.special, look.layer, look.head)
        maps.append(weights)
        with place:
            _one_of_two(look, sentence, weights, units, row, key)
    _difference(look, other, maps, (look.units, theirs), at)


def _one_of_two(look: Look, sentence: str, weights: np.ndarray, units: Units, row: int, key: str) -> None:
    st.markdown(f"**{literal(sentence)}**")
    note = f"Layer {look.layer}, head {look.head}."
    figure = ctxcore.figures.head_figure(weights, units.labels, row=row, note=note, height=350)
    widgets.plot(figure, f"pair_{key}", f"The opened head on the {key} sentence.")
    code = head_recipes.head(
        View(look.view.model, sentence, look.view.by, look.view.special),
        layer=look.layer, head=look.head, row=row, note=note, height=350, ribbons=False,
    )  # fmt: skip
    table = ctxcore.tables.map_table(weights, units.labels, units.labels)
    about = {**look.about(), "sentence": sentence}
    widgets.export_bar(figure, table, f"head-{key}", f"The {key} sentence", code, **about)


def _difference(
    look: Look, other: str, maps: list[np.ndarray], units: tuple[Units, Units], at: tuple[int, int]
) -> None:
    difference, offsets = ctxcore.measures.attention.aligned_difference(maps[0], maps[1], *at)
    labels = [f"{units[0].labels[at[0] + o]} / {units[1].labels[at[1] + o]}" for o in offsets]
    most = float(np.nanmax(np.abs(difference)))
    st.markdown(f"**First minus second, laid on each other at \u201c{look.word}\u201d**: at most {most:.2f} apart")
    note = f"Layer {look.layer}, head {look.head}. Blue: more in the first sentence; purple: more in the second."
    figure = ctxcore.figures.difference_figure(difference, offsets, labels, note=note, height=400)
    widgets.plot(figure, "difference", "The difference between the two maps, aligned at the target word.")
    code = head_recipes.difference(look.view, other, at, layer=look.layer, head=look.head, note=note, height=400)
    table = ctxcore.tables.map_table(difference, labels, labels, "difference")
    widgets.export_bar(figure, table, "difference", "Two sentences", code, **look.about(), second_sentence=other)


def _layer_below(look: Look, key: str) -> int:
    """Up to which layer; the last one unless the reader says otherwise."""
    last = cache.model(look.view.model).wait().layers
    return int(
        st.slider("Layer whose vectors are compared", 1, last, last, key=f"{key}_{last}", persist_state="session")
    )


def what_moved(look: Look) -> None:
    """Every other word left out in three ways, beside attention and rollout."""
    view, at = look.view, look.at
    others = tuple(sorted(sorted((i for i in range(len(look.words)) if i != at), key=lambda i: abs(i - at))[:_NEAREST]))
    mask = cache.model(view.model).wait().tokenizer.mask_token
    left, right = st.columns([1, 2], gap="medium")
    typed = left.text_input(
        "Neutral word", key="neutral", placeholder=mask or "something", max_chars=40, persist_state="session",
        help="What stands in a word\u2019s place when it is replaced; the model\u2019s mask token where it has one.",
    )  # fmt: skip
    neutral = typed.strip() or None
    with right:
        layer = _layer_below(look, "influence_layer")
    job = cache.influence(view.model, view.sentence, at, neutral, others)
    tokens = len(cache.attention(view.model, view.sentence).tokens)
    if not _go(job, 3 * len(others) * tokens, "measure_words") or not widgets.wait_for(job, stop="stop_words"):
        return
    found = job.wait()
    seen = ctxcore.measures.attention.seen(found)
    if not seen:
        st.info(
            f"Nothing stands before \u201c{look.word}\u201d, and a decoder sees only the left: no word can move it."
        )
        return
    note = (
        f"Layer {layer}; attention is the mean over all heads up to it. Not attending cuts the direct path alone: what other "
        "words took from it still arrives. Taken out or "
        "replaced, it is gone for all."
    )
    if len(others) < len(look.words) - 1:
        note += f" The {len(others)} words nearest to the target."
    if len(seen) < len(others):
        note += " Words after the target are not drawn: a decoder sees only the left."
    left, right = st.columns([2.1, 1], gap="medium")
    with left:
        figure = ctxcore.figures.influence_figure(found, layer, order=seen, note=note)
        widgets.plot(figure, "influence", "How far the target moves without each word, beside attention and rollout.")
        code = head_recipes.influence(view, at, others, neutral, layer=layer, order=seen, note=note)
        table = ctxcore.tables.influence_table(found, layer)
        widgets.export_bar(figure, table, "influence", "Which words moved it", code, **look.about())
    with right:
        _agreement(layer, ctxcore.measures.attention.agreement(found, layer), len(seen))


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


def switched_off(look: Look) -> None:
    """Chosen heads off beside random ones; then every head alone."""
    model = cache.model(look.view.model).wait()
    everyone = [(a, b) for a in range(1, model.layers + 1) for b in range(model.heads)]
    names = {pair: f"{pair[0]}.{pair[1]}" for pair in everyone}
    chosen = st.multiselect(
        "Heads to switch off, as layer.head", everyone, default=[(look.layer, look.head)], format_func=names.__getitem__,
        key=f"off_{look.view.model}_{look.layer}_{look.head}", max_selections=36,
    )  # fmt: skip
    if not chosen:
        st.info("Choose a head to switch off.")
        return
    left, right = st.columns(2, gap="medium")
    with left, widgets.guarded(st.container()):
        _against_random(look, everyone, chosen)
    with right, widgets.guarded(st.container()):
        _each_alone(look, everyone, model.layers, model.heads)


def _against_random(look: Look, everyone: Sequence[tuple[int, int]], chosen: Sequence[tuple[int, int]]) -> None:
    st.markdown(f"**These heads off, against {_DRAWS} random draws of as many**")
    draw = np.random.default_rng(0)
    rest = [pair for pair in everyone if pair not in chosen]
    drawn = [tuple(rest[i] for i in sorted(draw.choice(len(rest), len(chosen), replace=False))) for _ in range(_DRAWS)]
    sets = (tuple(chosen), *drawn)
    job = cache.head_shifts(look.view.model, look.view.sentence, look.at, sets)
    if not widgets.wait_for(job, stop="stop_draws"):
        return
    found: HeadShifts = job.wait()
    last = found.shift[:, -1]
    less = float((last[1:] < last[0]).mean())
    st.markdown(
        f"\u201c{look.word}\u201d moves by **{last[0]:.4f}** (1 \u2212 cosine, last layer); with random heads off by "
        f"{np.median(last[1:]):.4f} (median). It moves more than in {less:.0%} of the draws."
    )
    note = f"A head that is off gives zero before the output projection. Control: {_DRAWS} draws, seed 0, from all other heads."
    layer = found.shift.shape[1] - 1
    figure = ctxcore.figures.control_figure(found, layer, note=note)
    widgets.plot(figure, "control", "How far the target moves without the chosen heads, and without random ones.")
    code = head_recipes.head_shifts(look.view, look.at, sets, layer=layer, note=note)
    table = ctxcore.tables.head_shifts_table(found, layer)
    widgets.export_bar(figure, table, "heads-off", "Heads switched off", code, **look.about(), seed=0)


def _each_alone(look: Look, everyone: Sequence[tuple[int, int]], layers: int, heads: int) -> None:
    st.markdown("**Every head switched off alone**")
    sets = tuple((pair,) for pair in everyone)
    job = cache.head_shifts(look.view.model, look.view.sentence, look.at, sets)
    tokens = len(cache.attention(look.view.model, look.view.sentence).tokens)
    # A decoder's pass costs about ten times the encoder's.
    cost = len(sets) * tokens * (layers // 6)
    if not _go(job, cost, "measure_heads") or not widgets.wait_for(job, stop="stop_heads"):
        return
    found: HeadShifts = job.wait()
    next_word = False
    if found.next_word is not None:
        asked = st.segmented_control(
            "Moves", ["the word", "the next word"], default="the word", required=True, key="moves"
        )
        next_word = asked == "the next word"
    values = (found.next_word if next_word else found.shift[:, -1]).reshape(layers, heads)
    what = "bits" if next_word else "1 \u2212 cosine"
    note = (
        "Jensen\u2013Shannon divergence of the next-token distributions after the sentence."
        if next_word
        else f"How far \u201c{look.words[look.at].text}\u201d moves at the last layer when one head is off."
    )
    opened = (look.layer, look.head)
    numbers = range(1, layers + 1), range(heads)
    figure = ctxcore.figures.grid_figure(values, *numbers, what=what, opened=opened, note=note)
    widgets.plot(figure, "each_alone", "What each head does when it alone is switched off.")
    code = head_recipes.every_head(
        look.view, look.at, layer=layers, what=what, next_word=next_word, opened=opened, note=note
    )
    table = ctxcore.tables.grid_table(values, *numbers, "next_word_bits" if next_word else "shift")
    widgets.export_bar(figure, table, "each-head-off", "Every head off alone", code, **look.about())


def _go(job: Job, tokens: int, key: str) -> bool:
    """May the measurement begin, or has it? A long one waits for the reader."""
    if job.begun or tokens <= _AT_ONCE:
        return True
    st.caption(f"This reads {tokens:,} tokens, which takes a while; the page shows how far it is.")
    st.button("Measure", key=key, on_click=job.begin)
    return False


def _some(shares: np.ndarray) -> bool:
    """Can this pattern occur here at all? In a decoder nothing looks at the word after."""
    return bool(np.nan_to_num(shares).max() > 0)


def _words(sentence: str) -> list[str]:
    return [w.text.casefold() for w in ctxcore.words_of(sentence)]
