"""Unseen contexts: what a lookup table knows of sentences it never saw, beside a smoothed one and the model."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import BadInputError, HeldOut, Prediction
from ctxcore.charts.chart import SECOND
from ctxcore.charts.texts import Said, TableOf
from ctxcore.charts.unseen import (
    CoverageChart,
    HeldOutChart,
    HeldOutSentences,
    LastWordOf,
    NeverSeen,
    WhySmall,
    WordByWord,
    WordByWordChart,
)
from ctxcore.data.corpora import TrainingText
from ctxcore.figures.lookup import READERS
from dashboard import cache, state, widgets
from dashboard.messages import literal
from dashboard.show import ask, show

_MOST_LISTED = 200
_CASES = [
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
        "Where it fails: known by heart",
        "What the table saw it knows better than the model, which spreads its bets.",
        ("ours", "The dog ran quickly", 3),
    ),
]
_PANELS = {"never": "Share never seen", "held": "Held-out sentences", "search": "Search the table"}
_CORPORA = {"ours": "Ours", "news": "News", "file": "Your text"}


def page() -> None:
    """What the table is trained on, one sentence word by word, and three panels."""
    st.title("What does a table know of a sentence it never saw?", anchor=False)
    st.markdown(
        "A :orange[**lookup table**] answers with what it counted. Type a sentence: under each word stands what the table, its "
        "smoothed sister and the :blue[**model**] gave it, knowing only the words before. Watch where the table has nothing."
    )
    widgets.try_this((label, hint, partial(state.train_on, *case)) for label, hint, case in _CASES)
    with st.container(key="stage"):
        left, right = st.columns([1, 2.3], gap="medium")
    with left:
        _text()
    workspace = state.current()
    with right:
        st.text_input("Sentence, word by word", **state.text_field("tested"))
        name = widgets.say_decoder(workspace.model)
        text = None if name is None else _ready(workspace, name)
        if name is not None and text is not None:
            with widgets.guarded(st.container()):
                _sentence(WordByWord(name, workspace.tested, text, workspace.n))
            with widgets.guarded(st.container()):
                second = widgets.second_decoder(name)
                if second is not None:
                    _sentence(WordByWord(second, workspace.tested, text, workspace.n), SECOND)
    if name is None or text is None:
        return
    panel = st.segmented_control(
        "Details",
        list(_PANELS),
        format_func=_PANELS.__getitem__,
        default="never",
        required=True,
        key="unseen_panel",
    )
    with widgets.guarded(st.container()):
        {"never": _never, "held": _held, "search": _search}[panel](name, workspace.n, text)


def _ready(workspace: state.Workspace, name: str) -> TrainingText | None:
    """The training text, once it is read and the model is there."""
    if not widgets.wait_for(cache.model(name), cache.static(workspace.static)):
        return None
    text = widgets.training_text(workspace)
    return None if ask(Said(text)) is None else text


def _text() -> None:
    """What the table is trained on, and its n."""
    workspace = state.current()
    which, n = st.columns([2.4, 1], vertical_alignment="bottom")
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
            help="Change them and see what the table knows then. Ctrl+Enter (or a click elsewhere) trains it anew.",
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
        st.file_uploader("A .txt file in UTF-8 (20 MB at most)", type=["txt"], key=key, on_change=changed)
    file = state.current().training_file
    if file:
        st.caption(f"{literal(file[0])}: neither a link nor a saved workspace carries the text.")


def _sentence(asked: WordByWord, suffix: str = "") -> None:
    """One sentence asked word by word, and in three numbers its last word."""
    ctxcore.text.check_length([asked.sentence])
    if not ctxcore.words_of(asked.sentence):
        raise BadInputError("A sentence needs a word.", repr(asked.sentence[:60]), "Write one to ask the table about.")
    found = ask(asked, suffix=suffix)
    if found is not None:
        _last_word(asked, found, suffix)
        show(WordByWordChart(asked, suffix=suffix))


def _last_word(asked: WordByWord, found: HeldOut, suffix: str) -> None:
    """What each reader gave the last word, and why where the table outdoes the model."""
    last = ask(LastWordOf(asked.model, asked.sentence, asked.text, asked.n), suffix=suffix)
    why = ask(WhySmall(asked.model, asked.sentence, asked.text, asked.n), suffix=suffix)
    if last is None or why is None:
        return
    said = f"\u201c{literal(last.word)}\u201d"
    st.markdown(
        f"**{said} after \u201c{literal(last.prefix)}\u201d**" if last.prefix else f"**{said} as a first word**"
    )
    logs = dict(zip(found.readers, np.exp(found.logs[:, -1]).tolist(), strict=True))
    table, smoothed, full = st.columns(3)
    table.metric("Lookup table", _written(logs["table"]) if found.seen[-1] else "never seen")
    smoothed.metric("Smoothed table", _written(logs["smoothed"]))
    place = _place(last.model, last.word)
    full.metric(f"Model, rank {last.model.rank[last.word]:,}", _written(logs["full"]), help=place)
    if why:
        st.caption(literal(why))


def _place(asked: Prediction, word: str) -> str:
    """What the rank counts."""
    pieces = len(asked.tokens[word])
    said = f"Its place among all {len(asked.shares):,} tokens after these words."
    if pieces > 1:
        said += f" The word is read as {pieces} tokens: their product takes the place of the first of them."
    return said


def _never(name: str, n: int, text: TrainingText) -> None:
    """The share of held-out contexts that tables of growing size never saw."""
    asked = NeverSeen(text)
    found = ask(asked)
    if found is None:
        return
    with_word = st.toggle(
        "Count the word too: a context counts as seen only where this word followed it", key="with_word"
    )
    chart = CoverageChart(asked, with_word)
    st.markdown(
        f"Trained on {found.words[-1]:,} words, a table with n = {n} has no answer for **{chart.never(found, n):.0%}** of "
        f"{found.asked:,} words of sentences from the same text. More text brings the curve down ever more slowly: to know every "
        "context, the table would need every sentence."
    )
    show(chart)


def _held(name: str, n: int, text: TrainingText) -> None:
    """First guesses, first five and perplexity on sentences that no table was trained on."""
    left, right = st.columns([1, 2.6], gap="medium", vertical_alignment="bottom")
    most = left.select_slider("Held-out sentences asked", [10, 20, 40, 100, 200], 40, key="held_most")
    asked = HeldOutSentences(name, text, n, int(most))
    with right:
        found = ask(asked)
    if found is None:
        return
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        show(HeldOutChart(asked))
        st.caption(f"Measured at {len(found.words) / found.seconds:,.0f} words a second.")
    with right:
        _perplexities(found)


def _perplexities(found: HeldOut) -> None:
    """How surprised each reader was, and by what it thought impossible."""
    st.markdown("**How surprised is each reader?**")
    st.dataframe(
        {
            "reader": [READERS[r][0] for r in found.readers],
            "gave 0 to": [f"{share:.1%}" for share in found.impossible],
            "perplexity, all words": [_perplexity(p) for p in found.perplexity],
            "words in training": [_perplexity(p) for p in found.perplexity_known],
        },
        hide_index=True,
    )
    known = found.known.mean()
    st.caption(
        "Perplexity: as if the reader chose among so many equally likely words; lower is better. One word that was given 0 makes "
        f"it infinite. {known:.0%} of the words stand in the training sentences; on these the smoothed table can be compared."
    )
    last, full = found.first[2].mean(), found.first[3].mean()
    said = ":green[**buys**]" if full > last else ":red[**does not buy**]"
    st.markdown(
        f"Attention to all the words before {said} better guesses here: first guess right **{full:.1%}** against {last:.1%} for the "
        "same model shown the last word alone."
    )


def _search(name: str, n: int, text: TrainingText) -> None:
    """The entries of the table that hold a word."""
    table = ask(TableOf(text, n))
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
        st.info("No entry holds this word: the table was never told of it.")
        return
    context, follower, count, share = zip(*rows, strict=True)
    columns = {"context": context, "followed by": follower, "times": count, "share": share}
    st.dataframe(columns, hide_index=True, height=320)


def _perplexity(value: float) -> str:
    if np.isnan(value):
        return "n/a"
    return "\u221e" if np.isinf(value) else f"{value:,.0f}"


def _written(value: float) -> str:
    """A probability in three digits."""
    return "0" if value == 0 else f"{value:.3g}" if value >= 1e-4 else f"{value:.1e}"


widgets.run(page)
widgets.fold_out(
    [
        "The model was trained on some two trillion tokens, the tables on what stands here: that it knows more is no wonder. What "
        "attention adds is the difference between the model with all words and the same model with the last word alone.",
        "Sentences of one text are alike: a table trained on its first part has an easier test than with a text of another kind.",
        "A first word is read behind a blank, which the model rarely met at the start of a text: its figures for first words are low.",
        "The model may have read these news; it must give capitals and the end of each word, and gets nothing for punctuation.",
    ],
    [
        "n-gram tables: Shannon 1951.",
        "Smoothing: Witten & Bell 1991; Chen & Goodman 1999.",
        "News: Lee, Pincombe & Welsh 2005.",
        "Training of SmolLM2: Allal et al. 2025.",
    ],
)
