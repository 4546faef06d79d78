"""Next word: what a table, a fixed vector and attention each expect, and what each layer would say."""

from __future__ import annotations

from functools import partial

import streamlit as st

import ctxcore
from ctxcore import Ladder
from ctxcore.charts.information import PromptBitsChart
from ctxcore.charts.listing import second_of
from ctxcore.charts.next_word import (
    ContextLevels,
    ContinuationChart,
    LadderChart,
    LensChart,
    WindowChart,
    levels_of,
)
from ctxcore.explained import last_word_levels
from ctxcore.figures.theme import probability
from ctxcore.measures.prediction import contrast, likeliest, swaps
from ctxcore.pages import PAGES
from dashboard import cache, state, store, widgets
from dashboard.messages import literal
from dashboard.parts_panel import parts
from dashboard.show import ask, show

_SAME = 1e-5
"""Prompts of unequal length are read in passes of another shape, which round differently."""
_LISTED = 8
"""Likeliest words of each context level."""
_EXAMPLES: list[tuple[str, str, tuple[str, str, tuple[str, ...]]]] = [
    (
        "ran: dog or program",
        "One word at the end of both; only attention tells them apart.",
        ("The dog ran", "The program ran", ("quickly", "successfully")),
    ),
    (
        "never seen: the cat ran",
        "The table has no entry for \u201ccat ran\u201d; the model predicts all the same.",
        ("The cat ran", "The dog ran", ("swiftly", "quickly")),
    ),
    (
        "Where it fails: ignores \u201cnot\u201d",
        "The whole prompt is read, and \u201cbird\u201d is no less likely after \u201cnot\u201d (compare Ettinger 2020).",
        ("A robin is a kind of", "A robin is not a kind of", ("bird", "fish", "tree")),
    ),
]


def page() -> None:
    """Two prompts, five context levels, and what can be measured of them below."""
    st.title(PAGES["next"].question, anchor=False)
    st.markdown(
        "Two beginnings that end in the same word: a :orange[**lookup table**] knows what it has seen, the **last word alone** "
        "cannot tell them apart, **attention** can. Each row below sees more."
    )
    widgets.try_this((label, hint, partial(state.set_prompts, *case)) for label, hint, case in _EXAMPLES)
    with st.container(key="levels"):
        drawn = _levels()
    if drawn is None:
        return
    panel = st.segmented_control(
        "Details", list(_PANELS), format_func=lambda p: _PANELS[p][0], required=True, **state.control("next.panel")
    )
    with widgets.errors_shown_in(st.container()):
        _PANELS[panel][1](*drawn)


def _levels() -> tuple[ContextLevels, Ladder] | None:
    """Fields and the chart of all context levels; what is asked and its answer, or None while that is on its way."""
    with st.container():
        _fields()
    workspace = state.current()
    name = widgets.say_decoder(workspace.model)
    if name is None or not widgets.wait_for(cache.model(name), cache.static(workspace.static)):
        return None
    levels = levels_of(workspace, store.engine())
    answer = ask(levels)
    if answer is None:
        return None
    _point(answer)
    show(LadderChart(levels))
    with widgets.errors_shown_in(st.container()):
        theirs = second_of(workspace, store.engine())
        if widgets.second_decoder(name) and theirs:
            show(LadderChart(levels_of(theirs, store.engine())).beside())
    return levels, answer


def _fields() -> None:
    """Prompts, candidates, and how much context the table and the window have."""
    widths = [1.05, 1.05, 1.05, 0.7, 0.5, 1.05]
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
    reach.slider(
        "Window, in words", 2, 12, **state.control("next.window"),
        help="On one context level the model is shown only this many of the last words.",
    )  # fmt: skip


def _point(answer: Ladder) -> None:
    """In one line: what attention makes of the first candidate."""
    if len(answer.prompts) < 2:
        word, full = answer.candidates[0], probability(float(answer.probability[0, -1, 0]))
        st.markdown(f"Full attention gives \u201c{literal(word)}\u201d **{full}**.")
        return
    found = contrast(answer)
    times = f"{found.times:,.0f}" if found.times >= 10 else f"{found.times:.1f}"
    same = "the two are identical" if found.apart <= _SAME else f"they still differ by up to {found.apart:.1g}"
    more, less = (literal(answer.prompts[p]) for p in (found.likelier, 1 - found.likelier))
    st.markdown(
        f"After \u201c{more}\u201d full attention makes \u201c{literal(found.candidate)}\u201d **{times} times** as "
        f"likely as after \u201c{less}\u201d. With attention off {same}."
    )


def _swap(levels: ContextLevels, answer: Ladder) -> None:
    if len(answer.prompts) < 2:
        st.info("Two prompts that differ are compared; write a second one.")
        return
    model, apart = store.engine().model(levels.model), swaps(answer)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How far apart are they?**")
        st.dataframe(
            {
                "context level": ctxcore.figures.level_names(answer)[1:],
                "Jensen\u2013Shannon divergence (bits)": [s.divergence for s in apart],
                "greatest difference": [s.greatest for s in apart],
            },
            hide_index=True,
        )
        first, second = answer.prompts
        st.caption(last_word_levels(first, second, model))
    with right:
        st.markdown("**Which tokens differ most?**")
        rows = apart[-1].moved
        st.dataframe(
            {
                "next": [model.tokenizer.text_of(i) for i, _, _ in rows],
                first: [p for _, p, _ in rows],
                second: [q for _, _, q in rows],
            },
            hide_index=True,
        )
        st.caption("With full attention.")


def _bits(levels: ContextLevels, answer: Ladder) -> None:
    """One number for each prompt and candidate, beside other contexts as long."""
    st.markdown(
        "How much does the context matter? The blue number is what the prompt adds to its last word alone, in bits: **+1 makes the "
        "candidate twice as likely, +3 eight times**. Other words would change the prediction too (grey): these very words matter "
        "where the blue point lies outside the grey ones."
    )
    show(PromptBitsChart.of_levels(levels))


def _window(levels: ContextLevels, answer: Ladder) -> None:
    show(WindowChart.of_levels(levels))


def _lens(levels: ContextLevels, answer: Ladder) -> None:
    chart = LensChart.of_levels(levels)
    lenses = show(chart)
    if lenses is not None:
        st.dataframe(chart.table(lenses), hide_index=True, height=260)


def _parts(levels: ContextLevels, answer: Ladder) -> None:
    parts(levels)


def _top(levels: ContextLevels, answer: Ladder) -> None:
    temperature = st.slider(
        "Temperature", 0.1, 2.0, step=0.1, **state.control("next.temperature"),
        help="Below 1 the likely grow likelier, above 1 all come nearer. It changes full attention alone.",
    )  # fmt: skip
    tell, names = store.engine().model(levels.model).tokenizer.text_of, ctxcore.figures.level_names(answer)
    places = st.columns(len(answer.prompts), gap="medium")
    for p, (place, prompt) in enumerate(zip(places, answer.prompts, strict=True)):
        with place:
            st.markdown(f"**{literal(prompt)} \u2026**")
            full = tuple((tell(i), share) for i, share in likeliest(answer.shares[p, -1], temperature, _LISTED))
            lists = (*answer.top[p][:-1], full)
            st.dataframe(dict(zip(names, map(_lines, lists), strict=True)), hide_index=True)
            entropy = [
                f"{name} {answer.entropy[p, i]:.2f}" for i, name in enumerate(names) if answer.entropy[p, i] >= 0
            ]
            st.caption(f"Entropy in bits: {', '.join(entropy)}.")


def _generate(levels: ContextLevels, answer: Ladder) -> None:
    """A continuation of one of the prompts, which can be stopped."""
    which, heat, dice = st.columns([1.6, 1, 0.6], gap="medium", vertical_alignment="bottom")
    chart = ContinuationChart.of_workspace(state.current(), levels)
    which.selectbox(
        "Generate from", range(len(levels.prompts)), format_func=levels.prompts.__getitem__,
        **state.control("next.prompt", levels.prompts.index(chart.of.prompt)),
    )  # fmt: skip
    sampling = heat.slider(
        "Temperature", 0.0, 2.0, step=0.1, **state.control("next.sampling"),
        help="0 takes the likeliest token each time. Above, tokens are drawn: the higher, the more surprising.",
    )  # fmt: skip
    dice.number_input("Seed", 0, 9999, **state.control("next.seed"), disabled=sampling == 0)
    text = ask(chart.of)
    if text is None:
        return
    if not text.tokens:
        st.info("The model ends the text here.")
        return
    gap = " " if text.text[:1].isspace() else ""
    st.markdown(f"{literal(chart.of.prompt)}{gap}**{literal(' '.join(text.text.split()))}**")
    show(ContinuationChart(chart.of.answered(text)))


def _lines(words: tuple[tuple[str, float], ...]) -> list[str]:
    """A line for each word and its probability, as many for every context level."""
    lines = [f"{word.strip() or repr(word)}  {probability(share)}" for word, share in words[:_LISTED]]
    return (lines or ["never seen"]) + [""] * (_LISTED - max(1, len(lines)))


_PANELS = {
    "swap": ("Context swap", _swap),
    "bits": ("Context in bits", _bits),
    "window": ("A growing window", _window),
    "lens": ("Layer by layer", _lens),
    "parts": ("Which head says it?", _parts),
    "top": ("Likeliest words", _top),
    "generate": ("Generate", _generate),
}


widgets.render_page(page)
widgets.fold_out(
    [
        "A model with attention off is in a state that it was never trained in: its predictions there are not English.",
        "The table knows the sentences it was trained on. A table of the whole web would have more entries and the same gaps: a "
        "sentence that was never written has none. \u201cUnseen contexts\u201d measures it.",
        "A small model is often wrong about the world. Attention lets it read the whole prompt; it does not make it right.",
        "Which head says it: only what a part gives directly is counted. What it does through later heads and feed-forward blocks is in "
        "theirs, and what is the same after both prompts says nothing about context.",
        "A candidate\u2019s probability counts all of its tokens, and not that the word ends there.",
    ],
    [
        "Attention: Vaswani et al. 2017.",
        "Negation that models ignore: Ettinger 2020; Kassner & Sch\u00fctze 2020.",
        "Logit lens: nostalgebraist 2020.",
        "Context in bits (P-CXMI): Fernandes et al. 2021, 2023.",
        "Direct contributions to the logits: Elhage et al. 2021.",
        "Start token as a rest for attention: Xiao et al. 2024.",
        "Jensen\u2013Shannon divergence: Lin 1991.",
    ],
)
