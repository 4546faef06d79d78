"""Next word: what a table, a fixed vector and attention each expect, and what each layer would say."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import BadInputError, Ladder
from ctxcore.charts.chart import SECOND
from ctxcore.charts.next_word import (
    DRAWN,
    Continuation,
    ContinuationChart,
    GrowingWindow,
    LadderChart,
    LayerByLayer,
    LensChart,
    Rungs,
    WindowChart,
)
from ctxcore.explained import short_window
from ctxcore.models.decoding import continuation
from dashboard import cache, state, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_SAME = 1e-5
"""Prompts of unequal length are read in passes of another shape, which round differently."""
_CASES: list[tuple[str, str, tuple[str, str, tuple[str, ...]]]] = [
    (
        "ran: dog or program",
        "One word at the end of both; only attention tells them apart.",
        ("The dog ran", "The program ran", ("quickly", "successfully")),
    ),
    (
        "never seen: the cat ran",
        "The table has no entry for \u201ccat ran\u201d; the model goes on all the same.",
        ("The cat ran", "The dog ran", ("swiftly", "quickly")),
    ),
    (
        "Where it fails: not goes unheard",
        "The whole prompt is read, and \u201cbird\u201d is no less likely after \u201cnot\u201d (compare Ettinger 2020).",
        ("A robin is a kind of", "A robin is not a kind of", ("bird", "fish", "tree")),
    ),
]
_PANELS = {
    "swap": "Context swap",
    "window": "A growing window",
    "lens": "Layer by layer",
    "top": "Likeliest words",
    "on": "Go on",
}


def page() -> None:
    """Two prompts, five rungs, and four panels."""
    st.title("What does attention buy for the next word?", anchor=False)
    st.markdown(
        "Two beginnings that end in the same word. A :orange[**lookup table**] knows what it has seen; a reader of the "
        "**last word alone** cannot tell them apart; **attention** can. Follow each word down the rungs."
    )
    widgets.try_this((label, hint, partial(state.go_on_from, *case)) for label, hint, case in _CASES)
    with st.container(key="rungs"):
        drawn = _rungs()
    if drawn is None:
        return
    asked, found = drawn
    panel = st.segmented_control(
        "Details", list(_PANELS), format_func=_PANELS.__getitem__, default="swap", required=True, key="next_panel"
    )
    with widgets.guarded(st.container()):
        {"swap": _swap, "window": _window, "lens": _lens, "top": _top, "on": _go_on}[panel](asked, found)


def _rungs() -> tuple[Rungs, Ladder] | None:
    """Fields and the chart of all rungs; what is asked and its answer, or None while that is on its way."""
    with st.container():
        window = _fields()
    workspace = state.current()
    name = widgets.say_decoder(workspace.model)
    if name is None or not widgets.wait_for(cache.model(name), cache.static(workspace.static)):
        return None
    prompts, candidates = _asked(workspace)
    asked = Rungs(name, prompts, candidates, widgets.training_text(workspace), workspace.n, window)
    found = ask(asked)
    if found is None:
        return None
    _point(found)
    _ladder(asked)
    why = short_window(found)
    if why:
        st.caption(literal(why))
    _several_tokens(name, found)
    with widgets.guarded(st.container()):
        second = widgets.second_decoder(name)
        if second is not None:
            _ladder(replace(asked, model=second), SECOND)
    return asked, found


def _ladder(asked: Rungs, suffix: str = "") -> None:
    if show(LadderChart(asked, suffix=suffix)) is not None and len(asked.candidates) > DRAWN:
        st.caption(f"The first {DRAWN} candidates are drawn; the table of all is in the CSV.")


def _several_tokens(name: str, found: Ladder) -> None:
    """What probability and rank mean for candidates that the model reads as several tokens."""
    model = cache.model(name).wait()
    split = [c for c in found.candidates if len(continuation(model, found.prompts[0], c)) > 1]
    if split:
        names = ", ".join(f"\u201c{literal(c)}\u201d" for c in split)
        st.caption(
            f"Read as several tokens: {names}. The probability is the product over all of them; the rank is the place of that "
            "product among all tokens, in the place of the first."
        )


def _fields() -> int:
    """Prompts, candidates and the reach of the window."""
    widths = [1.1, 1.1, 1.1, 0.7, 0.4, 0.85]
    first, second, words, reach, n, other = st.columns(widths, gap="small", vertical_alignment="bottom")
    first.text_input("First prompt", **state.text_field("prompts", 0))
    second.text_input("Second prompt", **state.text_field("prompts", 1))
    words.text_input(
        "Candidates, separated by commas", max_chars=600, **state.text_field("candidates"),
        help="Words that could come next. Of several tokens, all are counted; that the word ends there is not.",
    )  # fmt: skip
    with n:
        widgets.n_picker()
    with other:
        widgets.second_picker()
    with reach:
        return int(
            st.slider(
                "Window, in words", 2, 12, 2, key="window_words", persist_state="session",
                help="On this rung the model is shown so many of the last words alone.",
            )
        )  # fmt: skip


def _asked(workspace: state.Workspace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    prompts = tuple(dict.fromkeys(p for p in workspace.prompts if p))
    if not prompts:
        raise BadInputError("A prompt is needed.", "two empty fields", "Write the beginning of a sentence.")
    if not workspace.candidates:
        raise BadInputError("A candidate is needed.", "an empty field", "Write a word that could come next.")
    ctxcore.text.check_length(prompts)
    return prompts, workspace.candidates


def _point(found: Ladder) -> None:
    """In one line: what attention makes of the first candidate."""
    word, full = found.candidates[0], found.probability[:, -1, 0]
    if len(found.prompts) < 2:
        st.markdown(
            f"Full attention gives \u201c{literal(word)}\u201d **{ctxcore.figures.theme.probability(full[0])}**."
        )
        return
    more, less = (0, 1) if full[0] >= full[1] else (1, 0)
    times = full[more] / full[less] if full[less] > 0 else float("inf")
    said = f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
    off = float(np.abs(found.shares[0, 1] - found.shares[1, 1]).max())
    same = "the two are identical" if off <= _SAME else f"they still differ by up to {off:.1g}"
    st.markdown(
        f"After \u201c{literal(found.prompts[more])}\u201d full attention makes \u201c{literal(word)}\u201d **{said} times** as "
        f"likely as after \u201c{literal(found.prompts[less])}\u201d. With attention off {same}."
    )


def _swap(asked: Rungs, found: Ladder) -> None:
    if len(found.prompts) < 2:
        st.info("Two prompts that differ are compared; write a second one.")
        return
    swaps = [ctxcore.measures.prediction.swap(*found.shares[:, r]) for r in range(found.shares.shape[1])]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How far apart are the two predictions?**")
        st.dataframe(
            {
                "rung": ctxcore.figures.rung_names(found)[1:],
                "Jensen\u2013Shannon divergence (bits)": [s.divergence for s in swaps],
                "greatest difference": [s.greatest for s in swaps],
            },
            hide_index=True,
        )
        st.caption(_unequal(asked.model, found.prompts))
    with right:
        st.markdown("**What full attention moves most**")
        tell = cache.model(asked.model).wait().tokenizer.text_of
        rows = swaps[-1].moved
        st.dataframe(
            {
                "next": [tell(i) for i, _, _ in rows],
                found.prompts[0]: [p for _, p, _ in rows],
                found.prompts[1]: [q for _, _, q in rows],
            },
            hide_index=True,
        )


def _unequal(name: str, prompts: tuple[str, ...]) -> str:
    words = [ctxcore.words_of(p) for p in prompts]
    if words[0][-1].text != words[1][-1].text:
        return "The prompts end in different words: rungs that read the last word alone differ too."
    lengths = {len(row) for row in cache.model(name).wait().tokens(list(prompts))}
    if len(lengths) > 1 and not cache.model(name).wait().rotary:
        return "The prompts are of unequal length, and this model knows how far along it is even with attention off."
    return "The prompts end in the same word: what reads it alone cannot differ, and does not."


def _window(asked: Rungs, found: Ladder) -> None:
    show(WindowChart(GrowingWindow(asked.model, asked.prompts, asked.candidates[:DRAWN])))


def _lens(asked: Rungs, found: Ladder) -> None:
    chart = LensChart(LayerByLayer(asked.model, asked.prompts, asked.candidates[:DRAWN]))
    lenses = show(chart)
    if lenses is not None:
        st.dataframe(chart.table(lenses), hide_index=True, height=260)


def _top(asked: Rungs, found: Ladder) -> None:
    temperature = st.slider(
        "Temperature", 0.1, 2.0, 1.0, 0.1, key="temperature", persist_state="session",
        help="Below 1 the likely grow likelier, above 1 all come nearer. Of the full rung alone.",
    )  # fmt: skip
    tell, names = cache.model(asked.model).wait().tokenizer.text_of, ctxcore.figures.rung_names(found)
    for place, (p, prompt) in zip(st.columns(len(found.prompts), gap="medium"), enumerate(found.prompts), strict=True):
        with place:
            st.markdown(f"**{literal(prompt)} \u2026**")
            columns: dict[str, list[Any]] = {}
            for r, rung in enumerate(names[:-1]):
                columns[rung] = _listed(found.top[p][r])
            warm = ctxcore.measures.prediction.tempered(found.shares[p, -1], temperature)
            order = np.argsort(-warm, kind="stable")[:8]
            columns[names[-1]] = _listed(tuple((tell(int(i)), float(warm[i])) for i in order))
            st.dataframe(columns, hide_index=True)
            entropy = [f"{rung} {found.entropy[p, r]:.2f}" for r, rung in enumerate(names) if found.entropy[p, r] >= 0]
            st.caption(f"Entropy in bits: {', '.join(entropy)}.")


def _go_on(asked: Rungs, found: Ladder) -> None:
    """A continuation of one of the prompts, which can be stopped."""
    which, heat, dice = st.columns([1.6, 1, 0.6], gap="medium", vertical_alignment="bottom")
    prompt = which.selectbox("Go on from", found.prompts, key="on_prompt")
    temperature = heat.slider(
        "Temperature", 0.0, 2.0, 0.0, 0.1, key="on_temperature", persist_state="session",
        help="0 takes the likeliest token each time. Above, tokens are drawn: the higher, the more surprising.",
    )  # fmt: skip
    seed = dice.number_input("Seed", 0, 9999, 0, key="on_seed", persist_state="session", disabled=temperature == 0)
    question = Continuation(asked.model, prompt, temperature=temperature, seed=int(seed) if temperature else 0)
    answer = ask(question)
    if answer is None:
        return
    if not answer.tokens:
        st.info("The model ends the text here.")
        return
    gap = " " if answer.text[:1].isspace() else ""
    st.markdown(f"{literal(prompt)}{gap}**{literal(' '.join(answer.text.split()))}**")
    show(ContinuationChart(question.answered(answer)))


def _listed(words: tuple[tuple[str, float], ...]) -> list[str]:
    """Eight lines of a word and its probability."""
    lines = [f"{word.strip() or repr(word)}  {ctxcore.figures.theme.probability(share)}" for word, share in words[:8]]
    return lines + [""] * (8 - len(lines)) if lines else ["never seen", *[""] * 7]


widgets.run(page)
widgets.fold_out(
    [
        "A model with attention off is in a state that it was never trained in: its words there are no language.",
        "The table knows the sentences it was trained on. A table of the whole web would have more entries and the same gaps: a "
        "sentence that was never written has none. \u201cUnseen contexts\u201d measures it.",
        "A small model is often wrong about the world. Attention lets it read the whole prompt; it does not make it right.",
        "A candidate\u2019s probability counts all of its tokens, and not that the word ends there.",
    ],
    [
        "Attention: Vaswani et al. 2017.",
        "Negation that models overhear: Ettinger 2020; Kassner & Sch\u00fctze 2020.",
        "Logit lens: nostalgebraist 2020.",
        "Start token as a rest for attention: Xiao et al. 2024.",
        "Jensen\u2013Shannon divergence: Lin 1991.",
    ],
)
