"""Controls that pages share: the sentence editor, pickers, the waiting line, a plot and its export bar."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

import ctxcore
from ctxcore import BadInputError, CtxError, NoSentencesError, Occurrences, SenseReading, Word
from ctxcore import workspace as workspace_file
from ctxcore.charts.texts import WordsOf
from ctxcore.data.corpora import LESSON, TrainingText
from ctxcore.export import vectors
from ctxcore.measures.geometry import SAME
from ctxcore.measures.senses import TIED
from ctxcore.models.catalogue import CATALOGUE
from ctxcore.models.names import split_limit
from dashboard import cache, downloads, failed, given_texts, mention_table, messages, state, store, upload
from dashboard.jobs import Job, spare_from_collection
from dashboard.kept import HOURS
from dashboard.messages import literal

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure


Width = Literal["stretch"] | int
DECODER = "smollm2-135m"
"""What is asked for a next word where the reader's model is an encoder."""
_PATIENCE = 0.4
"""Seconds before a progress line is shown for what is usually quick."""
_NO_OTHER = "no other model"
_LONGEST_NAME = 60
"""Characters of a model's name that are shown where a page speaks of it."""
_MOST_OFFERED = 20
"""Sentences of the list that are offered one by one."""


def editor() -> None:
    """The workspace's controls: target word, sentences, examples, upload, senses, models."""
    with st.container(key="editor_text"):  # narrow windows show this part before the pictures, the rest below them
        _text()
    model_picker()
    static_picker()


def _text() -> None:
    """Word, sentences, and where sentences come from."""
    sentences_key, word_key, changed = state.editor_keys()
    word_box, example_box = st.columns([1, 1], vertical_alignment="bottom")
    word_box.text_input("Word", state.shown(word_key), key=word_key, on_change=changed, max_chars=60)
    bank = list(ctxcore.sense_bank())
    with example_box.popover("Examples", width="stretch", icon=":material/menu_book:"):
        st.caption("Sentences of our own, each labelled with its sense.")
        with st.container(horizontal=True, gap="small"):
            for word in bank:
                st.button(
                    word, key=f"example_{word}", on_click=state.adopt, args=(state.example(word),), type="tertiary"
                )
    st.text_area(
        "Sentences, one a line",
        state.shown(sentences_key),
        key=sentences_key,
        on_change=changed,
        height=168,
        help="Type, paste, cut and move lines as in any text. Ctrl+Enter (or a click elsewhere) draws them.",
    )
    for notice in state.unread():
        st.warning(notice)
    with st.container(horizontal=True, gap="small"):
        # These do not report being opened: a click from an open one to another page would be lost to that report.
        with st.popover("Upload", icon=":material/upload_file:", key="upload"):
            upload.body()
        with st.popover("Senses and mentions", icon=":material/label:", key="mentions"):
            mention_table.body()


def model_picker(width: Width = "stretch") -> None:
    """Which contextual model: an embedded one, or one of the reader's own; the static space stays."""
    names = list(state.offered_models())
    now = state.current().model
    if now not in names:
        names.append(now)
    st.selectbox(
        "Contextual model",
        names,
        key=state.keyed("model_picker", now),
        format_func=title_of,
        on_change=state.read_model,
        width=width,
        help="\n\n".join(f"**{CATALOGUE[n].title}**: {CATALOGUE[n].description}." for n in names if n in CATALOGUE),
    )


def second_picker(width: Width = "stretch") -> None:
    """Which model is drawn beside the first; none unless the reader says so."""
    now = state.current().second
    names: list[str | None] = [None, *state.offered_models()]
    if now not in names:
        names.append(now)
    st.selectbox(
        "Beside it",
        names,
        key=state.keyed("second_picker", now),
        format_func=lambda name: _NO_OTHER if name is None else title_of(name),
        placeholder=_NO_OTHER,  # Streamlit shows it where None is chosen
        on_change=state.read_choice,
        args=("second", "second_picker"),
        width=width,
        help="A second model that draws the same figure. Nothing is computed with it while this is off.",
    )


def title_of(name: str) -> str:
    """A model's or space's name as a reader says it. It may be typed text: for places that show it to the letter."""
    if name in CATALOGUE:
        return CATALOGUE[name].title
    asked, limit = split_limit(name)
    words = "" if limit is None else f", at most {limit:,} word{'s' if limit != 1 else ''}"
    if asked.startswith("hub:"):
        id, _, revision = asked.removeprefix("hub:").partition("@")
        file = revision.partition("#")[2]
        return _short(f"{id} {file}".strip()) + words
    return _short(Path(asked).name or asked) + words


def _short(name: str) -> str:
    """The end of a name that is too long to be read, since that is what tells it from others."""
    return name if len(name) <= _LONGEST_NAME else f"\u2026{name[1 - _LONGEST_NAME :]}"


def static_picker() -> None:
    """Which static space, where the reader has opened one of their own."""
    mine = state.own("static")
    if not mine:
        return
    st.selectbox(
        "Static vectors",
        [name for name, entry in CATALOGUE.items() if entry.kind == "static"] + list(mine),
        key=state.keyed("static_picker", state.current().static),
        format_func=title_of,
        on_change=state.read_choice,
        args=("static", "static_picker"),
    )


def sentence_field(otherwise: str) -> tuple[str, tuple[Word, ...]]:
    """The one sentence whose attention is looked at, and its words.

    Raises:
        NoSentencesError: The field is empty.
        BadInputError: The sentence holds no word.
    """
    key, changed = state.focus_key()
    field, mine = st.columns([4, 1], vertical_alignment="bottom")
    field.text_input("Sentence", state.shown(key, otherwise), key=key, on_change=changed, max_chars=4000)
    with mine.popover("From my list", width="stretch", icon=":material/list:"):
        st.caption("Sentences of the first two pages.")
        for number, line in enumerate(state.current().sentences[:_MOST_OFFERED]):
            short = ctxcore.text.snippet(line, (0, 1), 60)
            st.button(literal(short), key=f"mine_{number}", on_click=state.look_at, args=(line,), type="tertiary")
    focus = state.current().focus
    sentence = otherwise if focus is None else focus
    if not sentence:
        raise NoSentencesError("an empty field")
    ctxcore.text.check_length([sentence])
    words = ctxcore.words_of(sentence)
    if not words:
        raise BadInputError("A sentence needs a word.", repr(sentence[:60]), "Write one.")
    if ctxcore.text.has_unspaced(sentence):
        st.caption("A script without blanks between words: each of its characters counts as a word here.")
    return sentence, words


def word_picker(words: Sequence[Word], otherwise: int, label: str = "Word", width: Width = "stretch") -> int:
    """Which word of the sentence; one that stands there several times is told apart by its number."""
    texts = [w.text for w in words]
    names = [
        f"{text} ({texts[: i + 1].count(text)} of {texts.count(text)})" if texts.count(text) > 1 else text
        for i, text in enumerate(texts)
    ]
    asked = state.current().at
    at = asked if asked is not None and asked < len(words) else min(otherwise, len(words) - 1)
    chosen: int = st.selectbox(
        label,
        range(len(words)),
        format_func=names.__getitem__,
        key=state.keyed("focus_word", at),
        on_change=state.read_choice,
        args=("at", "focus_word"),
        width=width,
    )
    return chosen


def head_picker(layers: int, heads: int, otherwise: tuple[int, int], width: Width = "stretch") -> tuple[int, int]:
    """Which head is opened, ``(layer, head)``; another one than asked for is said so."""
    asked = state.current().head
    there = asked is not None and 1 <= asked[0] <= layers and 0 <= asked[1] < heads
    layer, head = asked if asked is not None and there else otherwise
    keys = state.keyed("head_layer", layer), state.keyed("head_number", head)
    for label, numbers, key in (("Layer", range(1, layers + 1), keys[0]), ("Head", range(heads), keys[1])):
        st.selectbox(label, numbers, key=key, on_change=state.read_head, args=keys, width=width)
    if asked is not None and not there:
        st.caption(
            f"Layer {asked[0]}, head {asked[1]} was asked for; this model has layers 1 to {layers} and heads 0 to {heads - 1}."
        )
    return layer, head


def layer_picker(layers: int, label: str = "Layer") -> int:
    """Which layer the pictures show; the last one unless the reader says otherwise."""
    key = "layer"
    asked = state.recall(key)
    if asked is not None and asked > layers:
        state.remember(key, layers)
    if asked is None:
        state.remember(key, state.number_in_url(key, 0, layers, layers))
    chosen: int = st.slider(
        label, 0, layers, key=key, persist_state="session", help="0 is the word embedding; n is the output of block n."
    )
    state.note_in_url(key, str(chosen) if chosen != layers else None)
    return chosen


def wait_for(*jobs: Job[Any], stop: str | None = None) -> bool:
    """Are all there? If not, a progress line stands in their place and the page comes back when they are.

    With ``stop``, the key of a button, they begin at once and the reader can stop them: for that reader alone where others
    wait for the same.

    Raises:
        CtxError: One of them failed.
    """
    for job in jobs:
        if stop and job.stopped_for(state.reader()):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption("Stopped.", width="content")
                st.button("Start again", key=f"again_{stop}", on_click=_again, args=(job,))
            return False
        if stop:
            job.soon(_PATIENCE)
        if job.done and job.error is not None:
            if stop and job.stopped:
                return wait_for(job, stop=stop)
            cache.forget(job)
            raise job.error
    pending = [job for job in jobs if not job.done]
    if pending:
        _progress(pending, stop)
    return not pending


def soon_there(job: Job[Any]) -> bool:
    """Begin what is usually quick; is it there after a moment?"""
    job.soon(_PATIENCE)
    return job.done


def _again(job: Job[Any]) -> None:
    """Wait for it after all: it may still go on for another reader."""
    if job.ending:
        cache.forget(job)
    else:
        job.join(state.reader())


@st.fragment(run_every=0.4)
def _progress(pending: list[Job[Any]], stop: str | None = None) -> None:
    """Comes back every 0.4 s. The heavy work begins with the second coming: by then the page is on screen."""
    reader = state.reader()
    if all(job.done or (stop and job.stopped_for(reader)) for job in pending):
        st.rerun()
    for job in pending:
        job.look(reader)
    spare_from_collection()
    job = next((j for j in pending if not j.done), pending[0])
    st.progress(min(1.0, job.share), text=literal(f"{job.what}\u2026"))
    if stop:
        st.button("Stop", key=stop, on_click=_stop, args=(pending,))


def _stop(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        job.stop(state.reader())


def try_this(cases: Iterable[tuple[str, str, Callable[[], None]]]) -> None:
    """Buttons that lead to a telling case: label, what to look for, what the press does."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="try_this"):
        st.markdown("**Try:**", width="content")
        for label, hint, press in cases:
            st.button(label, key=f"try_{label}", help=hint, on_click=press)


def plot(figure: Figure, key: str, alt: str, on_point: Callable[[str], None] | None = None) -> None:
    """A figure; its note stands below as text that wraps with the window.

    ``on_point`` is called with the key when the reader clicks a point; a table or a select beside the figure does the same.
    """
    bare, note = ctxcore.figures.theme.part_note(figure)
    clicks: dict[str, Any] = (
        {} if on_point is None else {"on_select": partial(on_point, key), "selection_mode": "points"}
    )
    st.plotly_chart(bare, key=key, config=ctxcore.export.MODEBAR, alt=alt, **clicks)
    if note:
        st.caption(literal(html.unescape(note)))


def hover_answers() -> None:
    """Lets figures on this page answer when a reader points at one of their words."""
    # Our own fixed script, with no typed text in it.
    st.html(f"<script>{ctxcore.export.hover_script()}</script>", unsafe_allow_javascript=True)


def export_bar(
    figure: Figure,
    table: DataFrame | Callable[[], DataFrame],
    name: str,
    title: str,
    code: str | Callable[[], str],
    **about_it: object,
) -> None:
    """Take the figure away: every format is made only when its button is pressed.

    Table and code may be functions that make them, where they are large. ``about_it`` goes into the manifest, beside the workspace.
    """
    about = ctxcore.export.manifest(**state.as_dict(), title=title, **about_it)
    image = ctxcore.export.has_image_engine()
    why = (
        None
        if image
        else "Needs Chrome or Chromium, which is not installed here. The figure\u2019s own camera button saves SVG without it."
    )
    rows: Callable[[], DataFrame] = table if callable(table) else lambda: table
    offers: list[tuple[str, Callable[[], bytes], str, str | None]] = [
        ("HTML", partial(ctxcore.export.figure_html, figure, title, about), "text/html", "Interactive; opens with no network."),
        ("SVG", partial(ctxcore.export.figure_image, figure, "svg"), "image/svg+xml", why),
        ("PNG", partial(ctxcore.export.figure_image, figure, "png"), "image/png", why),
        ("PDF", partial(ctxcore.export.figure_image, figure, "pdf"), "application/pdf", why),
        ("CSV", lambda: ctxcore.export.table_csv(rows()), "text/csv", "The numbers behind the figure."),
        ("JSON", lambda: ctxcore.export.table_json(rows(), about), "application/json", "The numbers, with models, versions and sentences."),
        ("Python", lambda: (code() if callable(code) else code).encode(), "text/x-python", "The ctxcore code that makes this figure."),
    ]  # fmt: skip
    if why:
        st.caption(f"SVG, PNG and PDF: {why[0].lower()}{why[1:]}")
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"export_{name}"):
        st.caption("Take it away:", width="content")
        for label, make, mime, hint in offers:
            ending = {"Python": "py"}.get(label, label.lower())
            st.download_button(
                f"{label} *{name}*",  # style.css: the name of the figure is read out and not drawn
                downloads.held(failed.told(name, make), mime, f"{name}.{ending}"),
                file_name=f"{name}.{ending}",
                mime=mime,
                key=f"{name}_{ending}",
                on_click="ignore",
                type="tertiary",
                help=hint,
                disabled=label in ("SVG", "PNG", "PDF") and not image,
            )
    failed.say(name)


def exchange_bar(
    found: Occurrences, senses: Sequence[str | None], layer: int, groups: Sequence[str | None] = ()
) -> None:
    """The vectors themselves, for other tools."""
    about = ctxcore.export.manifest(**state.as_dict(), title="Contextual vectors")
    projector = "For projector.tensorflow.org, \u201cLoad\u201d: {} of the mentions at the layer that is shown."
    offers: list[tuple[str, Callable[[], bytes], str, str]] = [
        ("Vectors TSV", lambda: vectors.projector_tsv(found, senses, layer, groups)[0], "vectors.tsv", projector.format("vectors")),
        ("Metadata TSV", lambda: vectors.projector_tsv(found, senses, layer, groups)[1], "metadata.tsv", projector.format("labels")),
        ("Parquet", lambda: vectors.vectors_parquet(found, senses, about, groups), "vectors.parquet", "One row a mention and layer."),
        ("NPZ", lambda: vectors.vectors_npz(found, senses, about, groups), "vectors.npz", "NumPy arrays of all layers, with labels."),
    ]  # fmt: skip
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="exchange"):
        st.caption("The vectors, for other tools:", width="content")
        for label, make, name, hint in offers:
            mime = "text/tab-separated-values" if name.endswith("tsv") else "application/octet-stream"
            st.download_button(
                label,
                downloads.held(failed.told("exchange", make), mime, name),
                file_name=name,
                mime=mime,
                key=f"exchange_{name}",
                on_click="ignore",
                type="tertiary",
                help=hint,
            )
    failed.say("exchange")


def fold_out(limits: Sequence[str], sources: Sequence[str]) -> None:
    """What the page does not show, and where its methods come from."""
    with st.expander("What this does not show, and sources"):
        st.markdown("\n".join(f"- {line}" for line in limits))
        st.markdown("**Sources.** " + " ".join(sources))


def training_text(workspace: state.Workspace) -> TrainingText:
    """What lookup tables are trained on.

    Raises:
        BadInputError: The reader's text is not there, or no longer.
    """
    if workspace.corpus == "file":
        given = state.training_file()
        if given is None or not (given_texts.given().has(given) or store.engine().has(WordsOf(given))):
            raise given_texts.missing(given)
        return given
    if workspace.corpus == "news":
        return TrainingText("news")
    return LESSON if workspace.training is None else TrainingText("own", workspace.training)


def n_picker() -> int:
    """How many words an entry of the lookup table has."""
    key = state.keyed("table_n", state.current().n)
    chosen: int = st.selectbox(
        "Table\u2019s n", [2, 3, 4, 5], key=key, on_change=state.read_choice, args=("n", key),
        help="An entry is a run of n words: the last n \u2212 1 words of the prompt, and the one that followed.",
    )  # fmt: skip
    return chosen


def decoder_of(chosen: str) -> str:
    """The reader's model, or the embedded decoder where that one does not predict a next word. One of the reader's own must be there."""
    entry = CATALOGUE.get(chosen)
    predicts = entry.kind == "decoder" if entry else "next words" in cache.abilities(chosen)[1]
    return chosen if predicts else DECODER


def say_decoder(chosen: str) -> str | None:
    """The same, and on the page why; None while a model of the reader's own is on its way."""
    if chosen not in CATALOGUE and not cache.was_opened(chosen) and not wait_for(cache.model(chosen)):
        return None
    name = decoder_of(chosen)
    if name != chosen:
        st.caption(f"{_no_next_word(chosen)}: {CATALOGUE[name].title} is asked here.")
    return name


def second_decoder(first: str) -> str | None:
    """The second model, where it predicts a next word; None otherwise, and on the page why."""
    name = second_model(first)
    if name is not None and decoder_of(name) != name:
        st.caption(f"{_no_next_word(name)}: nothing is drawn beside.")
        return None
    return name


def _no_next_word(name: str) -> str:
    """Why a model predicts no next word."""
    decoder = name not in CATALOGUE and cache.abilities(name)[0] == "decoder"
    why = "has no output head of its own" if decoder else "reads both sides of a word"
    return f"{literal(title_of(name))} {why}, so it predicts no next word"


def substitutes_field() -> tuple[str, ...]:
    """Words that could stand in the target's place; the workspace keeps them."""
    key, changed = state.substitutes_key()
    st.text_input("Substitutes, separated by commas", state.shown(key), key=key, on_change=changed, max_chars=400)
    return state.current().substitutes


def verdict(reading: SenseReading, layer: int) -> None:
    """In words: does the contextual vector tell the senses apart here?"""
    right, static = reading.accuracy[layer], reading.chance
    if math.isnan(right):
        st.info("Label two mentions of each sense at least: one alone has no other to be read by.")
        return
    what = ":green[**tells them apart**]" if right > static + SAME else ":red[**does not tell them apart**]"
    st.markdown(f"Layer {layer} names **{right:.0%}** right; a static vector {static:.0%}. It {what} here.")
    tied = int((reading.assigned[layer] == TIED).sum())
    if tied:
        st.caption(f"{tied} of the vectors are as near to one sense as to another: no answer, which counts as a guess.")


def second_model(first: str) -> str | None:
    """The model to draw beside the first once it is there; None where there is none, and on the page why.

    A link opens no model: one that is not on offer here is named, and not opened.

    Raises:
        CtxError: It could not be opened.
    """
    name = state.current().second
    if name is None:
        return None
    if name == first:
        st.caption(f"{literal(title_of(name))} stands here already: choose another to stand beside it.")
        return None
    if name not in state.offered_models():
        st.caption(
            f"{literal(title_of(name))} is not open here, so nothing is drawn beside. Open it under \u201cModels and data\u201d."
        )
        return None
    return name if wait_for(cache.model(name)) else None


def titled(figure: Figure, model: str) -> tuple[Figure, str]:
    """The figure with its model's name above it where two models stand together, and that name; else as it was, and nothing."""
    if state.current().second is None:
        return figure, ""
    return ctxcore.figures.titled(figure, title_of(model)), title_of(model)


def finish() -> None:
    """The end of every page: the URL takes over the workspace."""
    if not state.write_url():
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="too_long_for_a_link"):
            st.caption(
                "These sentences are too many for a link: the server keeps them for this address, for "
                f"{HOURS} hours or until it is started anew. A file keeps them for good:",
                width="content",
            )
            save_button("save_instead")


def save_button(key: str) -> None:
    """The workspace as a file, which "Open a workspace" at the end of every page opens again."""
    name, mime = "workspace.json", "application/json"
    st.download_button(
        "Save the workspace", downloads.held(partial(workspace_file.to_json, state.current()), mime, name), file_name=name,
        mime=mime, key=key, on_click="ignore", icon=":material/save:",
        help="Sentences, senses, models and all other choices, as one small file.",
    )  # fmt: skip


@contextmanager
def guarded(place: st.delta_generator.DeltaGenerator) -> Iterator[None]:
    """Draw into a place; an error becomes a message there and the rest of the page goes on."""
    with place:
        try:
            yield
        except CtxError as error:
            messages.show(error)


def run(page: Callable[[], None]) -> None:
    """Draw a page; an error becomes a message and the page stays usable."""
    state.current()  # the first time, it is what reads the link
    above = st.container()
    told = bool(state.notices())
    with above:
        _notices()
    _asked_by_link()
    with guarded(st.container()):
        page()
    failed.watch()
    if not told:  # what only the page's own controls could not read
        with above:
            _notices()
    finish()


def watch(job: Job[Any]) -> None:
    """The progress line of something that the page does not depend on; the page is drawn anew when it is done."""
    _progress([job])


def _notices() -> None:
    """What a link or a file held that was not read, above the page until the reader has seen it."""
    if state.notices():
        with st.container(key="notices"):
            st.warning("  \n".join(map(literal, state.notices())))
            st.button("Close this notice", key="dismiss_notices", on_click=state.dismiss_notices, type="tertiary")


def _asked_by_link() -> None:
    """A link that names what is not embedded: nothing is opened before the reader has said so."""
    asked = state.asked_by_link()
    if not asked:
        return
    with st.container(border=True, key="asked_by_link"):
        names, asker = " and ".join(f"**{literal(name)}**" for name in asked.values()), state.asker()
        st.markdown(
            f"This {asker} asks for {names}. A {asker} opens no folder and fetches nothing by itself: until you say so, the "
            "embedded one stands in."
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if state.page() == "models":
                st.markdown("Look at it below, under \u201cOpen your own\u201d.", width="content")
            else:
                st.page_link(
                    "views/models.py", label="Look at it under Models and data", icon=":material/arrow_forward:"
                )
            st.button("Do without", key="dismiss_link", on_click=state.dismiss_link)
