"""Unseen contexts: what a lookup table knows of sentences it never saw, beside a smoothed one and the model."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import BadInputError, HeldOut, Prediction
from ctxcore.explained import small_table
from ctxcore.figures.lookup import READERS
from dashboard import cache, next_recipes, panels, recipes, state, widgets
from dashboard.corpus import Corpus
from dashboard.messages import literal

_SHARE = 0.2
"""Of the sentences that differ, held out of the tables."""
_NS = (2, 3, 4, 5)
_SIZES = 9
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
        key, _, changed = state.table_keys()
        st.text_input("Sentence, word by word", state.shown(key), key=key, on_change=changed, max_chars=1000)
        name = widgets.say_decoder(workspace.model)
        words = None if name is None else _ready(workspace, name)
        if name is not None and words is not None:
            with widgets.guarded(st.container()):
                _sentence(name, workspace, words)
            with widgets.guarded(st.container()):
                second = widgets.second_decoder(name)
                if second is not None:
                    _sentence(second, workspace, words, panels.BESIDE)
    if name is None or words is None:
        return
    panel = st.segmented_control(
        "Look closer",
        list(_PANELS),
        format_func=_PANELS.__getitem__,
        default="never",
        required=True,
        key="unseen_panel",
    )
    with widgets.guarded(st.container()):
        {"never": _never, "held": _held, "search": _search}[panel](name, workspace.n, words)


def _ready(workspace: state.Workspace, name: str) -> Corpus | None:
    """The training text, once it, both tables and the model are there."""
    if not widgets.wait_for(cache.model(name), cache.static(workspace.static)):
        return None
    words = widgets.training_text(workspace)
    if words is None:
        return None
    tables = cache.table(words, workspace.n), cache.smoothed(words, workspace.n)
    return words if widgets.wait_for(*tables, stop="tables_stop") else None


def _text() -> None:
    """What the table is trained on, and its n."""
    workspace = state.current()
    which, n = st.columns([2.4, 1], vertical_alignment="bottom")
    key = state.keyed("table_corpus", workspace.corpus)
    which.segmented_control(
        "The table is trained on", list(_CORPORA), format_func=_CORPORA.__getitem__, key=key, required=True,
        on_change=state.read_choice, args=("corpus", key), width="stretch",
    )  # fmt: skip
    with n:
        widgets.n_picker()
    if workspace.corpus == "ours":
        _, training_key, changed = state.table_keys()
        st.text_area(
            "Training sentences, one a line", state.shown(training_key), key=training_key, on_change=changed, height=260,
            help="Change them and see what the table knows then. Ctrl+Enter (or a click elsewhere) trains it anew.",
        )  # fmt: skip
        for notice in state.unread(training_key):
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
    """A text of the reader's own. It stays in this session; a link does not carry it."""
    # In a box that opens: Streamlit's upload area is a barrier to screen readers while it is on the page.
    with st.popover("Upload a text", icon=":material/upload_file:", key="table_upload"):
        file = st.file_uploader("A .txt file in UTF-8 (20 MB at most)", type=["txt"], key="table_file")
    if file is not None:
        data, name = file.getvalue(), file.name
        digest = hashlib.sha1(data).hexdigest()
        code = f'ctxcore.reading.read_text(open({name!r}, "rb").read(), {name!r})'
        cache.text(digest, name, code, lambda: tuple(ctxcore.reading.read_text(data, name)))
        state.keep_training_file(digest, name)
    given = state.training_file()
    if given:
        st.caption(f"{literal(given[1])}: it stays in this session, and a link to this page does not carry it.")


def _sentence(name: str, workspace: state.Workspace, words: Corpus, beside: str = "") -> None:
    """One sentence asked word by word, and in three numbers its last word."""
    sentence, n = workspace.tested, workspace.n
    ctxcore.text.check_length([sentence])
    if not ctxcore.words_of(sentence):
        raise BadInputError("A sentence needs a word.", repr(sentence[:60]), "Write one to ask the table about.")
    job = cache.word_by_word(name, sentence, words, n)
    if not widgets.wait_for(job, stop=f"word_by_word_stop{beside}"):
        return
    found = job.wait()
    _last_word(name, sentence, found, words, n)
    seen, count = int(found.seen.sum()), len(found.words)
    small = (
        "" if len(cache.beginning(words.words)) == len(words.words) else f", its first {cache.MOST_SMOOTHED:,} words"
    )
    note = (
        f"Runs of {n} words from {words.said}; the smoothed table (Witten & Bell 1991) from the same{small}. "
        f"The table saw {seen} of the {count} contexts. The model must give the word in its own letters and end it; it has "
        "read far more text than both tables, which is why it is also shown with the last word alone."
    )
    figure, whose = widgets.titled(ctxcore.figures.word_by_word_figure(found, note=note), name)
    alt = "The probability that each reader gave each word of the sentence."
    widgets.plot(figure, f"word_by_word{beside}", f"{whose}: {alt}" if whose else alt)
    most = len(cache.beginning(words.words))
    code = recipes.titled(next_recipes.word_by_word(name, words.code, sentence, n, most, note), whose)
    about = {"decoder": name, "sentence": sentence, "table_n": n, "training": words.title}
    table = ctxcore.tables.held_out_table(found)
    widgets.export_bar(figure, table, f"word_by_word{beside}", "Word by word", code, **about)


def _last_word(name: str, sentence: str, found: HeldOut, training: Corpus, n: int) -> None:
    """What each reader gave the last word, and why where the table outdoes the model."""
    words = ctxcore.words_of(sentence)
    prefix, last = sentence[: words[-1].start].rstrip(), words[-1].text
    logs = dict(zip(found.readers, np.exp(found.logs[:, -1]).tolist(), strict=True))
    st.markdown(
        f"**\u201c{literal(last)}\u201d after \u201c{literal(prefix)}\u201d**"
        if prefix
        else f"**\u201c{literal(last)}\u201d as a first word**"
    )
    table, smoothed, full = st.columns(3)
    table.metric("Lookup table", _written(logs["table"]) if found.seen[-1] else "never seen")
    smoothed.metric("Smoothed table", _written(logs["smoothed"]))
    asked = cache.predicted(name, prefix, last)
    full.metric(f"Model, rank {asked.rank[last]:,}", _written(logs["full"]), help=_place(asked, last))
    why = small_table(
        last, logs["smoothed"], cache.table(training, n).wait().ask(prefix, last), cache.beginning(training.words),
        replace(asked, candidates={last: logs["full"]}), cache.model(name).wait().tokenizer.text_of(int(asked.shares.argmax())),
    )  # fmt: skip
    if why:
        st.caption(literal(why))


def _place(asked: Prediction, word: str) -> str:
    """What the rank counts."""
    pieces = len(asked.tokens[word])
    said = f"Its place among all {len(asked.shares):,} tokens after these words."
    if pieces > 1:
        said += f" The word is read as {pieces} tokens: their product takes the place of the first of them."
    return said


def _never(name: str, n: int, words: Corpus) -> None:
    """The share of held-out contexts that tables of growing size never saw."""
    job = cache.coverage(words, _NS, _SIZES, _SHARE)
    if not widgets.wait_for(job, stop="never_stop"):
        return
    found = job.wait()
    with_word = st.toggle(
        "Count the word too: a context counts as seen only where this word followed it", key="with_word"
    )
    at = found.ns.index(n)
    share = (found.unseen_steps if with_word else found.unseen_contexts)[at, -1]
    st.markdown(
        f"Trained on {found.words[-1]:,} words, a table with n = {n} has no answer for **{share:.0%}** of {found.asked:,} words of "
        "sentences from the same text. More text brings the curve down ever more slowly: to know every context, the table "
        "would need every sentence."
    )
    note = (
        f"The last {_SHARE:.0%} of the sentences that differ are held out ({found.asked:,} words); tables are trained on the "
        "first sentences of the rest. A sentence that stands in the text twice counts once."
    )
    figure = ctxcore.figures.coverage_figure(found, with_word=with_word, note=note)
    widgets.plot(figure, "coverage", "The share of held-out contexts never seen, as the training text grows.")
    code = next_recipes.coverage(words.code, found.sizes, found.ns, _SHARE, with_word, note)
    table = ctxcore.tables.coverage_table(found)
    widgets.export_bar(figure, table, "coverage", "Share never seen", code, training=words.title, held_out=_SHARE)


def _held(name: str, n: int, words: Corpus) -> None:
    """First guesses, first five and perplexity on sentences that no table was trained on."""
    left, right = st.columns([1, 2.6], gap="medium", vertical_alignment="bottom")
    most = left.select_slider("Held-out sentences asked", [10, 20, 40, 100, 200], 40, key="held_most")
    with right:
        job = cache.held_out(name, words, n, _SHARE, int(most))
        hint = f"Up to {most} sentences of the held-out part, each word asked of four readers; about 50 words a second."
        if not widgets.on_demand(job, "held", "Measure", hint):
            return
    found: HeldOut = job.wait()
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        note = (
            f"{len(found.words):,} words of {len(set(found.sentence_index))} sentences, measured at "
            f"{len(found.words) / found.seconds:,.0f} words a second; both tables trained on {found.trained_on:,} words (n = {n}). A "
            "guess of the model is a likely token that grows into a word; what it gives to punctuation counts against it."
        )
        figure = ctxcore.figures.held_out_figure(found, note=note)
        widgets.plot(figure, "held_out", "How often each reader guessed the word that came.")
        code = next_recipes.held_out(name, words.code, n, _SHARE, int(most), _beginning_of_rest(words), note)
        table = ctxcore.tables.held_out_table(found)
        about = {"decoder": name, "table_n": n, "training": words.title, "held_out": _SHARE}
        widgets.export_bar(figure, table, "held_out", "Held-out sentences", code, **about)
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


def _beginning_of_rest(words: Corpus) -> int:
    """How many of the sentences that are not held out train the smoothed table."""
    train, _ = ctxcore.measures.lookup.hold_out(words.words, _SHARE)
    return len(cache.beginning([words.words[i] for i in train]))


def _search(name: str, n: int, words: Corpus) -> None:
    """The entries of the table that hold a word."""
    table = cache.table(words, n).wait()
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
