"""Move the meaning: a state of one sentence put into the run of another, layer by layer and word by word."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ctxcore.charts.listing import second_of
from ctxcore.charts.moving import PatchingChart, moved_states, named, opened_cell, opened_chart, point
from ctxcore.measures.patching import shared_words, target_of
from ctxcore.pages import PAGES
from dashboard import cache, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_EXAMPLES: list[tuple[str, str, tuple[str, str, tuple[str, ...], str]]] = [
    (
        "ran: dog or program",
        "The vector of \u201cran\u201d in the encoder: at which layer does it take over from the noun?",
        ("The dog ran", "The program ran", ("quickly", "successfully"), "minilm-l6"),
    ),
    (
        "quickly or successfully",
        "The same two in the decoder, by what comes next.",
        ("The dog ran", "The program ran", ("quickly", "successfully"), "smollm2-135m"),
    ),
    (
        "Where it fails: dog or horse",
        "The two sentences hardly differ: what a state moves then is noise, and the page says so.",
        ("The dog ran", "The horse ran", ("quickly", "successfully"), "smollm2-135m"),
    ),
]
_DIRECTIONS = {"in": "Put in: is it enough?", "out": "Take out: is it needed?"}


def page() -> None:
    """Two sentences, the grid of moved states beside the opened cell."""
    st.title(PAGES["moving"].question, anchor=False)
    st.markdown(
        "**One state** of the second sentence, at one layer and word, is put into the run of the first. How far does it alone move "
        "the shared word? Each cell is one such move; **click one to open it**."
    )
    widgets.try_this((label, hint, partial(state.set_moving, *case)) for label, hint, case in _EXAMPLES)
    _fields()
    workspace = state.current()
    if not widgets.wait_for(cache.model(workspace.model)):
        return
    of = moved_states(workspace, store.engine())
    said = st.container()
    grid = ask(of)
    if grid is None:
        return
    said.markdown(f"**{literal(point(grid, workspace.moving.direction == 'out'))}**")
    cell = opened_cell(grid, workspace.moving.cell)
    # Where no cell can be opened the grid has the page to itself.
    left, right = (st.container(), None) if cell is None else st.columns([1.5, 1], gap="medium")
    with left:
        click = partial(state.read_click, field="moving.cell")
        show(PatchingChart(of, cell), on_point=click, again=f"_{state.clicks()}")
    if cell is not None and right is not None:
        with right, widgets.errors_shown_in(st.container()):
            st.markdown(f"**The state of {literal(named(grid, cell[1]))} at layer {cell[0]}**")
            show(opened_chart(of, cell))
    with widgets.errors_shown_in(st.container()):
        theirs = second_of(workspace, store.engine())
        if widgets.second_model(workspace.model) and theirs:
            asked = moved_states(theirs, store.engine())
            if (answer := ask(asked, suffix="-beside")) is not None:
                show(PatchingChart(asked, opened_cell(answer, theirs.moving.cell)).beside())


def _fields() -> None:
    """Two sentences, what they share, candidates, direction, models."""
    first, second, candidates = st.columns([1, 1, 1], gap="small", vertical_alignment="bottom")
    first.text_input("First sentence", **state.text_field("prompts", 0))
    second.text_input("Second sentence", **state.text_field("prompts", 1))
    candidates.text_input(
        "Candidates, separated by commas", max_chars=600, **state.text_field("candidates"),
        help="In a decoder the first two are asked what comes next. Where there are not two, and in an encoder, the shared word\u2019s "
        "vector is watched.",
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        _shared()
        st.segmented_control(
            "Direction", list(_DIRECTIONS), format_func=_DIRECTIONS.__getitem__, required=True, **state.control("moving.direction"),
            help="The second sentence\u2019s states put into the first, or the first\u2019s into the second.",
        )  # fmt: skip
        widgets.model_picker(width=230)
        widgets.second_picker(width=210)


def _shared() -> None:
    """Which word the two are aligned at."""
    prompts = state.current().prompts
    both = shared_words(*prompts)
    if both and prompts[0] != prompts[1]:
        now = target_of(*prompts, state.current().moving.word)[0].text
        st.selectbox("Shared word", both, width=150, **state.control("moving.word", now))


widgets.render_page(page)
widgets.fold_out(
    [
        "A run with a moved state is one that the model never made: its layers above may never have seen such a mixture.",
        "A position is not a word\u2019s meaning. A state at \u201cran\u201d holds whatever the layers above read there, of the whole "
        "sentence; and what two states carry together neither need carry alone, nor need shares add up to 1.",
        "Put in says that a state is enough, taken out that it is needed; the two can differ where the same is held in two places.",
        "One pair of sentences is one case. How large its difference is, is set against pairs of the sense bank in which a word has "
        "one sense; below their median no share is shown. Two more pairs tell more than two more digits.",
        "A vector\u2019s share is the part along the way to the other vector; what goes aside is shown when a cell is open. Words of "
        "unequal numbers of tokens cannot be moved.",
    ],
    [
        "Activation patching: Vig et al. 2020; Meng et al. 2022.",
        "Doing it well: Zhang & Nanda 2024.",
        "Standardised vectors: Timkey & van Schijndel 2021.",
    ],
)
