"""Unseen contexts: what a lookup table knows of sentences it never saw, beside a smoothed table and the model."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import HeldOut, LastWord, Prediction
from ctxcore.charts.information import held_out_bits_of
from ctxcore.charts.listing import second_of
from ctxcore.charts.texts import Said, TableOf
from ctxcore.charts.unseen import LastWordOf, WordByWordChart, coverage_of, held_out_of, tested_of
from ctxcore.explained import number
from ctxcore.figures.lookup import PREDICTORS
from ctxcore.measures.information import more_right
from ctxcore.pages import PAGES
from dashboard import cache, state, store, upload, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_MOST_LISTED = 200
_EXAMPLES = [
    (
        "never seen: The cat ran swiftly",
        "All four words stand in the training sentences, and \u201ccat ran\u201d in none.",
        ("ours", "The cat ran swiftly", 3),
    ),
    (
        "a table of the news",
        "A table of real text, asked of a sentence that it never saw.",
        ("news", "The minister said the fire would spread to the south", 3),
    ),
    (
        "Where it fails: memorised",
        "A sentence that the table was trained on, it predicts better than the model.",
        ("ours", "The dog ran quickly", 3),
    ),
]
_CORPORA = {"ours": "Example text", "news": "News", "file": "Your text"}


def page() -> None:
    """What the table is trained on, one sentence word by word, and three panels."""
    st.title(PAGES["unseen"].question, anchor=False)
    st.markdown(
        "A :orange[**lookup table**] answers with what it counted. Compare it with a smoothed table and the :blue[**model**] on each "
        "word of your sentence; all see only the words before it."
    )
    widgets.try_this((label, hint, partial(state.set_training, *case)) for label, hint, case in _EXAMPLES)
    with st.container(key="stage"):
        left, right = st.columns([1, 2.3], gap="medium")
    with left:
        _text()
    workspace = state.current()
    with right:
        st.text_input("Sentence, word by word", **state.text_field("tested"))
        name = _ready(workspace)
        if name is not None:
            with widgets.errors_shown_in(st.container()):
                _sentence(WordByWordChart(tested_of(workspace, store.engine())))
            with widgets.errors_shown_in(st.container()):
                theirs = second_of(workspace, store.engine())
                if widgets.second_decoder(name) and theirs:
                    _sentence(WordByWordChart(tested_of(theirs, store.engine())).beside())
    if name is None:
        return
    panel = st.segmented_control(
        "Details", list(_PANELS), format_func=lambda p: _PANELS[p][0], required=True, **state.control("unseen.panel")
    )
    with widgets.errors_shown_in(st.container()):
        _PANELS[panel][1](workspace)


def _ready(workspace: state.Workspace) -> str | None:
    """The model that is asked, once it is there and the training text is read."""
    name = widgets.say_decoder(workspace.model)
    if name is None or not widgets.wait_for(cache.model(name), cache.static(workspace.static)):
        return None
    return name if ask(Said(widgets.training_text(workspace))) is not None else None


def _text() -> None:
    """What the table is trained on, and its n-gram size."""
    workspace = state.current()
    which, n = st.columns([2.6, 1], vertical_alignment="bottom")
    which.segmented_control(
        "The table is trained on", list(_CORPORA), format_func=_CORPORA.__getitem__, required=True, width="stretch",
        **state.control("corpus"),
    )  # fmt: skip
    with n:
        widgets.n_picker()
    if workspace.corpus == "ours":
        lesson = "\n".join(ctxcore.lesson_sentences())
        st.text_area(
            "Training sentences, one a line", height=260, **state.text_field("training", otherwise=lesson),
            help="Change them and see what the table knows then. Ctrl+Enter (or a click elsewhere) trains it again.",
        )  # fmt: skip
        for notice in state.unread("training"):
            st.warning(notice)
    elif workspace.corpus == "news":
        st.caption(
            "Short articles of an Australian broadcaster, 60,000 words (Lee, Pincombe & Welsh 2005), as gensim ships them for "
            "its tests. They are cut into sentences at line ends and after full stops; these are the first."
        )
        if cache.static(workspace.static).done:  # the table needs pandas, which is opened behind the page
            st.dataframe({"sentence": ctxcore.news_sentences()[:_MOST_LISTED]}, hide_index=True, height=300)
    else:
        _upload()
    widgets.second_picker()


def _upload() -> None:
    """A text of the reader's own."""
    # In a box that opens: Streamlit's upload area is a barrier to screen readers while it is on the page.
    with st.popover("Upload a text", icon=":material/upload_file:", key="table_upload"):
        key, changed = state.training_file_key()
        upload.field("A .txt file in UTF-8", ["txt"], key=key, changed=changed)
    file = state.current().training_file
    if file:
        st.caption(f"{literal(file[0])}: neither a link nor a saved workspace carries the text.")


def _sentence(chart: WordByWordChart) -> None:
    """One sentence asked word by word, and in three numbers its last word."""
    asked = chart.of
    words = ask(asked, suffix=chart.suffix)
    if words is None:
        return
    last = ask(LastWordOf(asked.model, asked.sentence, asked.text, asked.n), suffix=chart.suffix)
    if last is not None:
        _last_word(words, last)
    show(chart)


def _last_word(words: HeldOut, last: LastWord) -> None:
    """What each predictor gave the last word."""
    name = f"\u201c{literal(last.word)}\u201d"
    st.markdown(
        f"**{name} after \u201c{literal(last.prefix)}\u201d**" if last.prefix else f"**{name} as a first word**"
    )
    given = words.given(-1)
    with st.container(horizontal=True, gap="small"):  # on a phone too: the chart is to be seen soon
        st.metric("Lookup table", number(given["table"]) if words.seen[-1] else "never seen", width="stretch")
        st.metric("Smoothed table", number(given["smoothed"]), width="stretch")
        rank = f"Model, rank {last.model.rank[last.word]:,}"
        st.metric(rank, number(given["full"]), help=_place(last.model, last.word), width="stretch")


def _place(asked: Prediction, word: str) -> str:
    """What the rank counts."""
    pieces = len(asked.tokens[word])
    said = f"Its place among all {len(asked.shares):,} tokens after these words."
    if pieces > 1:
        said += f" The word is read as {pieces} tokens: their product takes the place of the first of them."
    return said


def _coverage(workspace: state.Workspace) -> None:
    """The share of held-out contexts that tables of growing size never saw."""
    chart = coverage_of(workspace)
    coverage = ask(chart.of)
    if coverage is None:
        return
    st.toggle(
        "Count the word too: a context counts as seen only where this word followed it",
        **state.control("unseen.with_word"),
    )
    st.markdown(
        f"Trained on {coverage.words[-1]:,} words, a table with n = {workspace.n} has no answer for "
        f"**{chart.never(coverage, workspace.n):.0%}** of {coverage.asked:,} words of sentences from the same text. The longer the "
        "context, the less more text helps: to know every context, the table would need every sentence."
    )
    show(chart)


def _held_out(workspace: state.Workspace) -> None:
    """First guesses, first five and perplexity on sentences that no table was trained on."""
    left, right = st.columns([1, 2.6], gap="medium", vertical_alignment="bottom")
    left.slider("Held-out sentences asked", 10, 200, step=10, **state.control("unseen.most"))
    chart = held_out_of(workspace, store.engine())
    with right:
        guessed = ask(chart.of)
    if guessed is None:
        return
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        show(chart)
        st.caption(f"Measured at {len(guessed.words) / guessed.seconds:,.0f} words a second.")
    with right:
        _perplexities(guessed)


def _bits(workspace: state.Workspace) -> None:
    """One number for the whole text, beside contexts that are spoilt on purpose."""
    st.markdown(
        "How much does the context matter, in one number? What all the words before add to the word before alone, in bits a word "
        "(+1: twice as likely), and what is left of it when they are **shuffled**, or are **another sentence\u2019s**."
    )
    show(held_out_bits_of(workspace, store.engine()))


def _perplexities(guessed: HeldOut) -> None:
    """How surprised each predictor was, and by what it thought impossible."""
    st.markdown("**How surprised is each predictor?**")
    st.dataframe(
        {
            "predictor": [PREDICTORS[name][0] for name in guessed.predictors],
            "gave 0 to": [f"{share:.1%}" for share in guessed.impossible],
            "perplexity, all words": [_perplexity(p) for p in guessed.perplexity],
            "words in training": [_perplexity(p) for p in guessed.perplexity_known],
        },
        hide_index=True,
    )
    st.caption(
        "Perplexity: as if it chose among so many equally likely words; lower is better. One word with probability 0 makes it "
        f"infinite. {guessed.known.mean():.0%} of the words stand in the training sentences; on these the smoothed table can be "
        "compared."
    )
    last, full = (guessed.right_first[guessed.predictors.index(name)] for name in ("last word", "full"))
    low, high = more_right(guessed)
    said = ":green[**adds**]" if low > 0 else ":red[**costs**]" if high < 0 else "**cannot be told to add**"
    st.markdown(
        f"Attention to all the words before {said} right guesses here: the first guess is right for **{full:.1%}** of the words, "
        f"and for {last:.1%} when the same model is shown the last word alone"
        + (
            f" (95 % of the difference, over sentences: {low:+.1%} to {high:+.1%})."
            if np.isfinite(low)
            else ": one sentence."
        )
    )


def _search(workspace: state.Workspace) -> None:
    """The entries of the table that hold a word. The word changes no figure, so neither link nor file has it."""
    n = workspace.n
    table = ask(TableOf(widgets.training_text(workspace), n))
    if table is None:
        return
    asked = st.text_input(
        "Entries with the word", key="table_search", persist_state="session", max_chars=60, placeholder="all"
    )
    rows = [
        (" ".join(context), follower, count, count / sum(followers.values()))
        for context, followers in table.entries(asked, _MOST_LISTED)
        for follower, count in followers.items()
    ]
    st.caption(
        f"{table.contexts:,} contexts of {n - 1} word{'s' if n > 2 else ''} from {table.words:,} words"
        + (f"; the first {_MOST_LISTED} are listed." if len(rows) >= _MOST_LISTED else ".")
    )
    if not rows:
        st.info("No entry holds this word: it is not in the training text.")
        return
    context, follower, count, share = zip(*rows, strict=True)
    columns = {"context": context, "followed by": follower, "times": count, "share": share}
    st.dataframe(columns, hide_index=True, height=320)


def _perplexity(value: float) -> str:
    if np.isnan(value):
        return "n/a"
    return "\u221e" if np.isinf(value) else f"{value:,.0f}"


_PANELS = {
    "coverage": ("Share never seen", _coverage),
    "held-out": ("Held-out sentences", _held_out),
    "bits": ("Context in bits", _bits),
    "search": ("Search the table", _search),
}

widgets.render_page(page)
widgets.fold_out(
    [
        "The model was trained on some two trillion tokens, the tables on what stands here: that it knows more is no wonder. What "
        "attention adds is the difference between the model with all words and the same model with the last word alone.",
        "Sentences of one text are alike: a table trained on its first part has an easier test than with a text of another kind.",
        "A first word is read behind a blank, which the model rarely met at the start of a text: its probabilities there are low.",
        "The model may have read these news. It must give capitals and the end of each word, and gains nothing from punctuation.",
    ],
    [
        "n-gram tables: Shannon 1951.",
        "Context in bits (CXMI): Fernandes et al. 2021. Bootstrap: Efron 1979.",
        "Smoothing: Witten & Bell 1991; Chen & Goodman 1999.",
        "News: Lee, Pincombe & Welsh 2005.",
        "Training of SmolLM2: Allal et al. 2025.",
    ],
)
