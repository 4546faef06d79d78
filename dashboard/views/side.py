"""Side by side: the comparison of embeddings and attention, every cell measured on the reader's sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from ctxcore import BankAccuracy, Query
from ctxcore.charts.controls import PairControls
from ctxcore.charts.next_word_controls import LastWordElsewhere
from ctxcore.charts.selection import select
from ctxcore.charts.senses import WholeBankChart
from ctxcore.claims import comparison
from ctxcore.claims.comparison import Cell, Compared, Row
from ctxcore.claims.harmless import HarmlessChanges
from ctxcore.claims.measured import next_word_claims
from ctxcore.claims.next_word_rows import of_next_word
from ctxcore.explained_senses import guessed, shown_by
from ctxcore.measures import tallies
from ctxcore.pages import PAGES
from dashboard import cache, claims_panel, examples, panels, state, store, widgets
from dashboard.messages import literal
from dashboard.show import ask, show, soon

_EXAMPLES = [
    (
        "ran: three senses",
        "The lesson\u2019s own sentences. Every row comes out as it says but the first: there the place explains as much as the word.",
        state.default(),
    ),
    ("spring: three senses", "Season, coil and water.", state.example("spring")),
    (
        "Where it fails: no looking ahead",
        "A decoder that reads \u201cIt ran \u2026\u201d has not read what follows: its vectors are as fixed as the static ones.",
        examples.LEFT_ONLY,
    ),
]


def page() -> None:
    """Controls in one row, the comparison row by row, the whole bank, and how many claims hold."""
    st.title(PAGES["side"].question, anchor=False)
    st.markdown(
        "The lesson\u2019s comparison, measured on your sentences. Read each row from left to right: what one :orange[**static**] vector "
        "per word can answer, what :blue[**attention**] answers, and whether it is as the lesson says."
    )
    widgets.try_this((label, hint, partial(state.try_example, example)) for label, hint, example in _EXAMPLES)
    workspace = state.current()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        widgets.model_picker(width=250)
        compared = st.container(horizontal=True, gap="small", vertical_alignment="bottom", width="stretch")
    if not widgets.wait_for(cache.static(workspace.static), cache.model(workspace.model)):
        return
    selection = select(workspace, store.engine())
    if ask(selection.vectors()) is None:
        return
    panels.pair_picker(selection, compared)
    with compared:
        st.page_link("views/word.py", label="Change the sentences", icon=":material/edit:")
    panels.show_notices(selection)
    controls = PairControls.of_selection(selection)
    if controls is None or not (waiting := soon(controls)):
        _table(comparison.of_vectors(Compared(selection, store.engine())))
    else:
        widgets.wait_for(waiting)
    with widgets.errors_shown_in(st.container()):
        _next_word(workspace)
    with widgets.errors_shown_in(st.container()):
        _bank(workspace)
    st.header("The statements, counted", anchor=False)
    with widgets.errors_shown_in(st.container()):
        claims_panel.summary(selection)


def _table(rows: Sequence[Callable[[], Row]]) -> None:
    for make in rows:
        with st.container(border=True), widgets.errors_shown_in(st.container()):
            line = make()
            question, static, attention = st.columns([0.75, 1.6, 1.75], gap="medium")
            question.markdown(f"**{line.question}**  \n{claims_panel.verdict(line.holds)}")
            with static:
                _cell(line.static, "orange", "Static", line.question)
            with attention:
                _cell(line.attention, "blue", "Attention", line.question)


def _cell(cell: Cell, color: str, who: str, question: str) -> None:
    with st.container(gap=None):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f":{color}[**{cell.who or who}:**] **{literal(cell.figure)}**", width="content")
            page = PAGES[cell.page]
            st.page_link(f"views/{page.name}.py", label=page.title, icon=":material/arrow_forward:", width="content")
        st.caption(literal(cell.sentence))


def _next_word(workspace: state.Workspace) -> None:
    """The rows that a decoder answers: it is opened last, so that nothing above waits for it."""
    name = widgets.say_decoder(workspace.model)
    if name is None or not widgets.wait_for(cache.model(name)):
        return
    text = widgets.training_text(workspace)
    about = next_word_claims(workspace, name, text)
    asked: list[tuple[Query[Any], ...]] = [
        () if about.ladder is None else (about.ladder, HarmlessChanges(name, about.ladder.prompts)),
        () if about.last is None else (about.last, LastWordElsewhere(about.last)),
    ]
    rows = of_next_word(about.ladder, about.last, store.engine())
    for queries, row in zip(asked, rows, strict=True):
        with widgets.errors_shown_in(st.container()):
            if all(ask(query) is not None for query in queries):
                _table([row])


def _bank(workspace: state.Workspace) -> None:
    """Senses told apart on all words of the bank."""
    chart = WholeBankChart.of_workspace(workspace)
    st.header(f"Word-sense accuracy on {chart.of.tested} test sentences", anchor=False)
    accuracy = ask(chart.of, label="Read the whole bank")
    if accuracy is None:
        return
    _bank_verdict(accuracy)
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        show(chart)
    with right:
        percent = {
            name: st.column_config.NumberColumn(format="percent") for name in ("from", "to", "attention off", "a guess")
        }
        st.dataframe(_by_word(accuracy), hide_index=True, height=400, column_config=percent)


def _bank_verdict(bank: BankAccuracy) -> None:
    own, off = bank.tallies[:2]
    apart = tallies.beats_guessing(own) and own.right > off.right
    what = ":green[**tells senses apart**]" if apart else ":gray[**cannot be said to tell senses apart**]"
    st.markdown(
        f"Over all words the contextual vector {what} at its last layer, the one that is judged: **{guessed(own)}**. "
        + literal(shown_by(bank.tallies))
    )


def _by_word(bank: BankAccuracy) -> dict[str, list[object]]:
    """One row a word: what is right at the last layer, the interval of it, and the same with attention off."""
    own = [word.own.tally() for word in bank.readings]
    ends = [tallies.interval(tally) for tally in own]
    return {
        "word": list(bank.words),
        "senses": list(bank.senses),
        "right": [f"{tally.right:.4g} of {tally.asked}" for tally in own],
        "from": [round(low, 2) for low, _ in ends],
        "to": [round(high, 2) for _, high in ends],
        "attention off": [round(word.off.tally().share, 2) for word in bank.readings],
        "a guess": [round(tally.guess, 2) for tally in own],
    }


widgets.render_page(page)
widgets.fold_out(
    [
        "A row that holds on your sentences is an illustration; the whole bank says how often, on sentences that we wrote.",
        "Attention is not all that differs: a transformer also has feed-forward layers, positions and more training. Rows about senses "
        "and about the next word show the same model with attention off, a state that it was never trained in.",
        "Different vectors are not yet understanding. A word read all alone is a sentence of one word, and not the word\u2019s meaning.",
        "One head that looks elsewhere is an example and was chosen for telling most in the first sentence. Whether a head looks by "
        "position is judged on the few other words of two sentences; the heads have their page.",
    ],
    [
        "Attention: Vaswani et al. 2017. GloVe: Pennington, Socher & Manning 2014.",
        "Contextual vectors compared: Ethayarajh 2019. Senses by nearest centroid: Peters et al. 2018; Wiedemann et al. 2019.",
        "Jensen\u2013Shannon divergence: Lin 1991. Intervals: Clopper & Pearson 1934; counts compared by Fisher\u2019s exact test.",
    ],
)
