"""What is kept between runs: models as resources, results as data; all bounded, all keyed by value.

Models load behind the page (:mod:`dashboard.jobs`), so that text and controls stand at once. A page asks, gets a job, and shows
the progress of what is not there yet.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import (
    AnalogyScore,
    Background,
    BadInputError,
    BankAccuracy,
    CtxError,
    Fan,
    HeadTrace,
    Mention,
    ModelError,
    Neighbour,
    Occurrences,
    PairScore,
    Projection,
    SenseReading,
    Substitutes,
    TrainingWords,
    WordAnalogy,
    WordMap,
    WordPlane,
)
from ctxcore.models import catalogue, folders
from ctxcore.models.names import split_limit
from ctxcore.workspace import Workspace
from dashboard.deliveries import Deliveries
from dashboard.jobs import Job, Jobs, Progress, free

if TYPE_CHECKING:
    from ctxcore.models.hub import HubModel

_MOST_MODELS = max(1, int(os.environ.get("CTXCORE_MOST_MODELS", "2")))
"""Contextual models in memory; one that comes on top lets the oldest go. No page works with more than two at once."""
_MOST_JOBS = {
    "model": _MOST_MODELS, "static": 2, "background": 4, "answer": 32,
    "training": 2, "scores": 8, "bank": 4, "vectors": 64, "substitutes": 16,
}  # fmt: skip
_MOST_VECTORS = 256 << 20
"""Bytes of contextual vectors that are kept: 400 mentions in all layers of the embedded decoder take 29 MB."""
_MOST_REPORTS = max(64, int(os.environ.get("CTXCORE_REPORTS_MB", "512"))) << 20
"""Bytes of reports that are being made or wait for their readers, all together."""
_TRAINED_HERE = "trained here on"
"""How the names of spaces begin that were trained on this page."""
_ENOUGH_WORDS = 8
"""From how many words on it is said how finely a tokenizer splits them."""
Span = tuple[int, int, int]
"""A mention as plain numbers: sentence index, start, end."""


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """All work behind the pages."""
    return Jobs(_MOST_JOBS, {"vectors": _MOST_VECTORS})


def model(name: str) -> Job:
    """The contextual model, loading behind the page."""
    return jobs().get("model", name, lambda progress: _load_model(name, progress))


def static(name: str) -> Job:
    """The static space, loading behind the page."""
    return jobs().get("static", name, lambda progress: _load_static(name, progress))


def background(name: str) -> Job:
    """The baselines of a model, computed behind the page."""
    return jobs().get("background", (name, files("model", name)), lambda progress: _background(name, progress))


def forget(job: Job) -> None:
    """Let go of a job, such as one that failed: the next time it is asked for it starts anew."""
    jobs().forget(job)
    deliveries().forget(job)


@st.cache_data(max_entries=32, show_spinner=False)
def too_long(model_name: str, sentences: tuple[str, ...]) -> dict[int, int]:
    """Index -> tokens of each sentence that the model cannot read whole."""
    found: dict[int, int] = model(model_name).wait().too_long(sentences)
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def tokens_per_word(model_name: str, sentences: tuple[str, ...]) -> float | None:
    """Into how many tokens the tokenizer splits a word on average; None where there are too few words to tell."""
    rows = model(model_name).wait().tokenizer.unchecked(sentences)
    words = [ctxcore.words_of(sentence) for sentence in sentences]
    count = sum(map(len, words))
    pieces = sum(
        len(ctxcore.text.overlapping(row, (word.start, word.end)))
        for row, found in zip(rows, words, strict=True)
        for word in found
    )
    return pieces / count if count >= _ENOUGH_WORDS else None


def vectors(model_name: str, sentences: tuple[str, ...], spans: tuple[Span, ...]) -> Job:
    """Contextual vectors of mentions, read behind the page: many long sentences take a minute."""

    def work(progress: Progress) -> Occurrences:
        progress(0.0, "Reading the sentences")
        found: Occurrences = model(model_name).wait().vectors(list(sentences), [Mention(*s) for s in spans], progress)
        found.vectors.setflags(write=False)  # one object for all who look
        return found

    return jobs().get("vectors", (model_name, files("model", model_name), sentences, spans), work)


def occurrences(model_name: str, sentences: tuple[str, ...], spans: tuple[Span, ...]) -> Occurrences:
    """Contextual vectors of mentions. Not to be changed. A page that draws many waits for :func:`vectors` first."""
    found: Occurrences = vectors(model_name, sentences, spans).wait()
    return found


@st.cache_data(max_entries=32, show_spinner=False)
def fan(model_name: str, sentences: tuple[str, ...], spans: tuple[Span, ...]) -> Fan:
    """The trails of mentions."""
    return ctxcore.measures.projection.fan(occurrences(model_name, sentences, spans).vectors)


@st.cache_data(max_entries=32, show_spinner=False)
def projected(
    model_name: str, sentences: tuple[str, ...], spans: tuple[Span, ...], layer: int, method: Any, dimensions: int
) -> Projection:
    """Mentions at one layer in a plane or in space."""
    vectors = occurrences(model_name, sentences, spans).vectors[:, layer]
    return ctxcore.measures.projection.project(vectors, method, dimensions)


@st.cache_data(max_entries=64, show_spinner=False)
def pinned(static_name: str, word: str, k: int = 10) -> tuple[str, Projection, list[Neighbour]]:
    """A word's vocabulary entry, its neighbours in static space and all of them in a plane."""
    space = static(static_name).wait()
    near = space.neighbours(word, k)
    vectors = np.stack([space.vector(word), *(space.vector(n.word) for n in near)])
    return space.entry(word), ctxcore.measures.projection.project(vectors), near


@st.cache_data(max_entries=64, show_spinner=False)
def static_vectors(static_name: str, words: tuple[str, ...]) -> np.ndarray:
    """The static vector of each mention's word ``[mention, feature]``."""
    space = static(static_name).wait()
    return np.stack([space.vector(w) for w in words])


@st.cache_data(max_entries=64, show_spinner=False)
def similarities(static_name: str, pairs: tuple[tuple[str, str], ...]) -> list[float]:
    """Cosine of pairs of words in static space."""
    space = static(static_name).wait()
    return [space.similarity(a, b) for a, b in pairs]


@st.cache_data(max_entries=64, show_spinner=False)
def analogy(static_name: str, positive: tuple[str, ...], negative: tuple[str, ...]) -> list[Neighbour]:
    """Words nearest to positive minus negative."""
    found: list[Neighbour] = static(static_name).wait().analogy(positive, negative, k=1)
    return found


def substitutes(model_name: str, sentences: tuple[str, ...], spans: tuple[Span, ...], words: tuple[str, ...]) -> Job:
    """Each substitute in the place of each mention, read behind the page."""

    def work(progress: Progress) -> Substitutes:
        return ctxcore.substitutes(model(model_name).wait(), sentences, [Mention(*s) for s in spans], words, progress)

    return jobs().get("substitutes", (model_name, files("model", model_name), sentences, spans, words), work)


@st.cache_data(max_entries=16, show_spinner=False)
def bank_reading(model_name: str, word: str, told: int) -> SenseReading:
    """Senses of the bank's sentences of a word, the first few of each sense told."""
    found = ctxcore.sense_bank()[word]
    spans = tuple((m.sentence_index, m.start, m.end) for m in ctxcore.find(word, found.sentences))
    return ctxcore.measures.senses.read_senses(
        occurrences(model_name, found.sentences, spans).vectors, found.told(told), found.senses
    )


def bank_accuracy(name: str, told: int) -> Job:
    """Senses of all words of the bank, read behind the page."""

    def work(progress: Progress) -> BankAccuracy:
        return ctxcore.bank_accuracy(model(name).wait(), told, progress)

    return jobs().get("bank", (name, files("model", name), told), work)


@st.cache_data(max_entries=8, show_spinner=False)
def trace(model_name: str, sentence: str, layer: int, head: int) -> HeadTrace:
    """One head, step by step."""
    found: HeadTrace = model(model_name).wait().trace(sentence, layer, head)
    return found


@dataclass(frozen=True)
class Training:
    """What a space is trained on and how; it names the space.

    Attributes:
        corpus: Name of the text.
        digest: Of its bytes; empty for the packaged one.
        size: Features.
        window: Words to each side.
        epochs: Passes over the text.
        min_count: How often a word must stand there.
        seed: For all that is drawn.
    """

    corpus: str
    digest: str = ""
    size: int = 50
    window: int = 5
    epochs: int = 20
    min_count: int = 5
    seed: int = 0

    @property
    def name(self) -> str:
        """Unique: two texts of one name differ in their digest."""
        mark = f" {self.digest[:8]}" if self.digest else ""
        return (
            f"{_TRAINED_HERE} {self.corpus}{mark} ({self.size} features, window {self.window}, {self.epochs} epochs, "
            f"from {self.min_count} times on, seed {self.seed})"
        )


@st.cache_resource(show_spinner=False)
def deliveries() -> Deliveries:
    """The reports that readers asked for."""
    return Deliveries(_MOST_REPORTS, _is_here)


def _is_here(reader: str) -> bool:
    """Is this session still connected? Outside of a server there is only one."""
    return not st.runtime.exists() or st.runtime.get_instance().is_active_session(reader)


def report_key(form: str, workspace: Workspace, digest: str) -> tuple[Any, ...]:
    """What a report is about: equal keys are equal reports. ``digest`` is that of a text that the reader gave, else empty."""
    names = (workspace.model, workspace.second or workspace.model)
    return form, workspace, digest, tuple(files("model", n) for n in names), files("static", workspace.static)


def report(
    form: str, workspace: Workspace, text: Callable[[Progress], TrainingWords] | None, digest: str, reader: str
) -> Job:
    """Everything about a workspace as one file (``html`` or ``zip``), made behind the page, and kept until it is taken.

    Args:
        form: Of the file.
        workspace: What it is about.
        text: Gives the training text; None where it is not there, which the file then says.
        digest: Of a text that the reader gave, else empty.
        reader: Who asked for it.

    Raises:
        BadInputError: There is no room for it before others have taken theirs.
    """

    def work(progress: Progress) -> bytes:
        from ctxcore.export import report as reports

        words = None if text is None else text(progress)
        drawn = 0.95 if form == "html" else 0.6
        made = reports.make_report(
            workspace,
            progress=lambda share, what: progress(drawn * share, what),
            open_model=lambda name: model(name).wait(),
            open_static=lambda name: static(name).wait(),
            baselines=lambda name: background(name).wait(),
            training=None if words is None else reports.Training(words.words, words.said),
        )
        if form == "html":
            return reports.report_html(made)
        return reports.report_zip(made, progress=lambda share, what: progress(drawn + (1 - drawn) * share, what))

    return deliveries().ask(report_key(form, workspace, digest), reader, work)


def trained(asked: Training, read: Callable[[], Sequence[str]]) -> Job:
    """A space that is trained behind the page."""

    def work(progress: Progress) -> Any:
        return ctxcore.train_static(
            read(), seed=asked.seed, size=asked.size, window=asked.window, epochs=asked.epochs,
            min_count=asked.min_count, progress=progress, id=asked.name,
        )  # fmt: skip

    return jobs().get("training", asked.name, work)


def is_trained(name: str) -> bool:
    """Is this space there, trained and still kept?"""
    job = jobs().find("training", name)
    return job is not None and job.value is not None


def space(name: str) -> Job:
    """A static space: an embedded one, one of the reader's own, or one that was trained here."""

    def gone(progress: Progress) -> Any:
        raise BadInputError(
            "Trained spaces are kept while there is room for them.", f"{name}, which has gone", "Train it again."
        )

    return jobs().get("training", name, gone) if name.startswith(_TRAINED_HERE) else static(name)


@st.cache_data(max_entries=64, show_spinner=False)
def near(name: str, word: str, k: int, frequent: int | None, inflections: bool) -> tuple[str, list[Neighbour]]:
    """A word's vocabulary entry and its neighbours."""
    found = space(name).wait()
    return found.entry(word), ctxcore.near(found, word, k, frequent=frequent, inflections=inflections)


@st.cache_data(max_entries=64, show_spinner=False)
def word_analogy(name: str, a: str, b: str, c: str, k: int) -> WordAnalogy:
    """What stands to c as b to a."""
    return ctxcore.word_analogy(space(name).wait(), a, b, c, k)


@st.cache_data(max_entries=32, show_spinner=False)
def word_matrix(name: str, words: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """Words in the order in which like ones stand side by side, and the cosines of all pairs ``[word, word]``."""
    found = space(name).wait()
    entries = ctxcore.word_list(found, words)
    vectors = np.stack([found.vector(w) for w in entries])
    order = ctxcore.measures.clustering.cluster_order(vectors)
    return tuple(entries[i] for i in order), ctxcore.measures.geometry.cosine_matrix(vectors[order])


@st.cache_data(max_entries=32, show_spinner=False)
def word_plane(name: str, words: tuple[str, ...], x: str, y: str) -> WordPlane:
    """Words placed by two sums of words."""
    return ctxcore.word_plane(space(name).wait(), words, x, y)


@st.cache_data(max_entries=32, show_spinner=False)
def word_map(name: str, words: tuple[str, ...], neighbours: int) -> WordMap:
    """Words and their neighbours in a plane."""
    return ctxcore.word_map(space(name).wait(), words, neighbours)


def scores(name: str) -> Job:
    """Pairs and analogies, measured behind the page; what cannot be measured is there as its error."""

    def work(progress: Progress) -> list[PairScore | AnalogyScore | CtxError]:
        found, asked = space(name).wait(), ctxcore.evaluation
        progress(0.0, "Pairs of words")
        measures: list[Callable[[], PairScore | AnalogyScore]] = [
            *(partial(asked.pair_score, found, pairs) for pairs in asked.PAIRS),
            partial(asked.analogy_score, found, progress=progress),
        ]
        return [_tried(measure) for measure in measures]

    return jobs().get("scores", (name, files("static", name)), work)


def _tried(measure: Callable[[], PairScore | AnalogyScore]) -> PairScore | AnalogyScore | CtxError:
    try:
        return measure()
    except BadInputError as error:
        return error


@st.cache_data(max_entries=32, ttl=300, show_spinner="Asking the hub")
def look_up(name: str) -> HubModel:
    """What a hub model has, by the hub's own word. Asked only where the reader wants to know."""
    from ctxcore.models import hub

    return hub.look_up(name)


def own(kind: str, name: str) -> Job:
    """Something that the reader chose on the page of models: the one place from which a folder or download is opened.

    It is read anew where its files have changed since. It stops when nobody looks at its progress any more.
    """
    _permitted().add((kind, name))
    job = jobs().find(kind, name)
    if job is not None and (job.error is not None or (job.done and _print(name) != _prints().get((kind, name)))):
        jobs().forget(job)
        free()
    job = model(name) if kind == "model" else static(name)
    job.for_one = not job.done
    return job


def in_memory(kind: str) -> list[tuple[str, Any]]:
    """Names and values of the models (``model``) or static spaces (``static``) that are loaded, the oldest first."""
    return [(name, job.value) for name, job in jobs().there(kind)]


def let_go(kind: str, name: str) -> None:
    """Take a model or static space out of memory."""
    job = jobs().find(kind, name)
    if job is not None:
        jobs().forget(job)
        del job
        free()


@st.cache_resource(show_spinner=False)
def _permitted() -> set[tuple[str, str]]:
    """Kind and name of what somebody chose on the page of models. A link adds nothing to it."""
    return set()


@st.cache_resource(show_spinner=False)
def _prints() -> dict[tuple[str, str], str]:
    """The fingerprint of the files that each of the readers' own names was last read from."""
    return {}


def _print(name: str) -> str:
    return folders.fingerprint(split_limit(name)[0])


def files(kind: str, name: str) -> str:
    """Which files a name of a reader's own stands for, as it was loaded; empty for what cannot change. Part of every key."""
    if name in catalogue.CATALOGUE or name.startswith(_TRAINED_HERE):
        return ""
    return _prints().get((kind, name)) or _print(name)


def _may_open(kind: str, name: str) -> None:
    """The embedded models, and what was chosen on the page of models; a link alone opens no folder and fetches nothing."""
    if name in catalogue.CATALOGUE or (kind, name) in _permitted():
        return
    raise ModelError(
        "A link opens no folder and fetches nothing by itself.",
        repr(name),
        "Open it under \u201cModels and data\u201d, or choose one of: " + ", ".join(catalogue.CATALOGUE) + ".",
    )


def _note_print(kind: str, name: str, now: str) -> None:
    """Files that have changed under a name that was used before: what was computed from the old ones is thrown away.

    ``now`` is what they were when loading began: those that are replaced just as it ends are read anew next time.

    Jobs need no throwing away: which files a name stands for is part of their key.
    """
    prints = _prints()
    if prints.get((kind, name), now) != now:
        st.cache_data.clear()
    prints[kind, name] = now


def abilities(name: str) -> tuple[str, frozenset[str]]:
    """Kind and uses of a model; once it was opened it need not be in memory to tell."""
    known = _abilities().get(name)
    if known is None:
        found = model(name).wait()
        known = found.kind, found.uses
    return known


def was_opened(name: str) -> bool:
    """Are its abilities known?"""
    return name in _abilities()


@st.cache_resource(show_spinner=False)
def _abilities() -> dict[str, tuple[str, frozenset[str]]]:
    return {}


def _load_model(name: str, progress: Progress) -> Any:
    _may_open("model", name)
    progress(0.01, "Opening the transformer libraries")
    import torch  # here and not above: it takes seconds, and the page stands first

    # Several sessions share the machine: one thread each is faster for all of them.
    torch.set_num_threads(int(os.environ.get("CTXCORE_THREADS", "1")))
    version = _print(name)
    found = ctxcore.load_model(name, progress)
    _note_print("model", name, version)
    _abilities()[name] = found.kind, found.uses
    return found


def _load_static(name: str, progress: Progress) -> Any:
    _may_open("static", name)
    progress(0.1, "Opening the static vectors")
    version = _print(name)
    space = ctxcore.load_static(name, progress=progress)
    _note_print("static", name, version)
    progress(0.96, "Opening the plotting libraries")  # here, behind the page, and not when the first figure is drawn
    for library in ("ctxcore.figures", "ctxcore.tables", "ctxcore.export", "scipy.stats", "scipy.spatial.distance"):
        importlib.import_module(library)
    return space


def _background(name: str, progress: Progress) -> Background:
    reader = model(name).wait()
    sentences = ctxcore.background_sentences()
    words = [Mention(i, w.start, w.end) for i, s in enumerate(sentences) for w in ctxcore.words_of(s)]
    return ctxcore.measures.geometry.background(reader.vectors(sentences, words, progress))
