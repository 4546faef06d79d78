"""What is kept between runs: models as resources, results as data; all bounded, all keyed by value.

Models load behind the page (:mod:`dashboard.jobs`), so that text and controls stand at once. A page asks, gets a job, and shows
the progress of what is not there yet.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

import ctxcore
from ctxcore import (
    Background,
    BadInputError,
    Coverage,
    GeneratedToken,
    HeldOut,
    Ladder,
    Lens,
    ModelError,
    Prediction,
    StoppedError,
)
from ctxcore.models import catalogue, folders
from ctxcore.models.names import split_limit
from ctxcore.studies.trained import Space, Training
from ctxcore.workspace import Workspace
from dashboard import corpus
from dashboard.corpus import Corpus
from dashboard.deliveries import Deliveries
from dashboard.jobs import Job, Jobs, Progress, free

if TYPE_CHECKING:
    from ctxcore.measures.lookup import SmoothedModel
    from ctxcore.models.hub import HubModel

_MOST_MODELS = max(1, int(os.environ.get("CTXCORE_MOST_MODELS", "2")))
"""Contextual models in memory; one that comes on top lets the oldest go. No page works with more than two at once."""
_MOST_JOBS = {
    "model": _MOST_MODELS, "static": 2, "answer": 32,
    "text": 3, "table": 4, "smoothed": 3, "coverage": 8, "held out": 8, "continuation": 16,
    "training": 2, "ladder": 16, "word by word": 32,
}  # fmt: skip
_MOST_REPORTS = max(64, int(os.environ.get("CTXCORE_REPORTS_MB", "512"))) << 20
"""Bytes of reports that are being made or wait for their readers, all together."""
MOST_SMOOTHED = 200_000
"""Words that the smoothed table is trained on at most: NLTK counts them in about six seconds."""


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """All work behind the pages."""
    return Jobs(_MOST_JOBS)


def model(name: str) -> Job:
    """The contextual model, loading behind the page."""
    return jobs().get("model", name, lambda progress: _load_model(name, progress))


def static(name: str) -> Job:
    """The static space, loading behind the page."""
    return jobs().get("static", name, lambda progress: _load_static(name, progress))


def forget(job: Job) -> None:
    """Let go of a job, such as one that failed: the next time it is asked for it starts anew."""
    jobs().forget(job)
    deliveries().forget(job)


def text(key: str, title: str, code: str, sentences: Callable[[], tuple[str, ...]]) -> Job:
    """The training text of that key, read behind the page."""
    return jobs().get("text", key, lambda progress: corpus.read(key, title, code, sentences(), progress))


def kept_text(key: str) -> Job | None:
    """A training text that was read before; None where it had to make room for others."""
    return jobs().find("text", key)


def table(words: Corpus, n: int) -> Job:
    """The lookup table over a training text."""
    return jobs().get(
        "table", (words.key, n), lambda progress: ctxcore.measures.lookup.LookupTable(words.words, n, progress)
    )


def smoothed(words: Corpus, n: int) -> Job:
    """The smoothed table over a training text, or over its beginning where it is large."""

    def work(progress: Progress) -> SmoothedModel:
        progress(0.1, "Counting runs of words for the smoothed table")
        return ctxcore.measures.lookup.SmoothedModel(beginning(words.words), n)

    return jobs().get("smoothed", (words.key, n), work)


def beginning(words: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The first sentences, up to as many words as the smoothed model can count in a few seconds."""
    ends = np.cumsum([len(s) for s in words])
    return list(words[: max(1, int(np.searchsorted(ends, MOST_SMOOTHED, side="right")))])


def coverage(words: Corpus, ns: tuple[int, ...], sizes: int, share: float) -> Job:
    """What tables of growing size have never seen of the part that is held out."""

    def work(progress: Progress) -> Coverage:
        train, test = ctxcore.measures.lookup.hold_out(words.words, share)
        steps = np.unique(np.geomspace(max(1, len(train) / 100), len(train), sizes).round().astype(int)).tolist()
        kept, asked = ([words.words[i] for i in part] for part in (train, test))
        return ctxcore.measures.lookup.coverage(kept, asked, steps, ns, progress)

    return jobs().get("coverage", (words.key, ns, sizes, share), work)


def held_out(name: str, words: Corpus, n: int, share: float, most: int) -> Job:
    """Held-out sentences asked of tables that were not trained on them, and of the model."""

    def work(progress: Progress) -> HeldOut:
        reader, lookup = model(name).wait(), ctxcore.measures.lookup
        train, test = lookup.hold_out(words.words, share)
        progress(0.0, "Training both tables on the rest")
        kept = [words.words[i] for i in train]
        tables = lookup.LookupTable(kept, n), lookup.SmoothedModel(beginning(kept), n)
        asked = [words.sentences[i] for i in test][:most]
        short = [s for i, s in enumerate(asked) if i not in reader.too_long(asked)]
        return ctxcore.held_out(reader, *tables, short, progress)

    return jobs().get("held out", (name, files("model", name), words.key, n, share, most), work)


def word_by_word(name: str, sentence: str, words: Corpus, n: int) -> Job:
    """One sentence asked word by word of both tables and of the model, behind the page."""

    def work(progress: Progress) -> HeldOut:
        tables = table(words, n).wait(), smoothed(words, n).wait()
        return ctxcore.held_out(model(name).wait(), *tables, [sentence], progress)

    return jobs().get("word by word", (name, files("model", name), sentence, words.key, n), work)


@st.cache_data(max_entries=32, show_spinner=False)
def predicted(name: str, prefix: str, word: str) -> Prediction:
    """What the model expects after a prefix, and what it gives one word."""
    found: Prediction = model(name).wait().next_words([prefix], [word], 0)[0]
    return found


def rungs(name: str, prompts: tuple[str, ...], candidates: tuple[str, ...], words: Corpus, n: int, window: int) -> Job:
    """What each rung expects after each prompt, asked behind the page: long prompts with many candidates take a while."""

    def work(progress: Progress) -> Ladder:
        return ctxcore.ladder(model(name).wait(), prompts, candidates, table(words, n).wait(), window, progress)

    return jobs().get("ladder", (name, files("model", name), prompts, candidates, words.key, n, window), work)


def continuation(name: str, prompt: str, most: int, temperature: float, seed: int) -> Job:
    """A continuation of a prompt; stopped early, it is what was there by then."""

    def work(progress: Progress) -> tuple[GeneratedToken, ...]:
        found: list[GeneratedToken] = []
        try:
            for one in model(name).wait().generate(prompt, most, temperature, seed):
                found.append(one)
                progress(len(found) / most, "".join(t.text for t in found).strip() or "\u2026")
        except StoppedError:
            pass  # a shorter continuation is a continuation
        return tuple(found)

    key = (name, files("model", name), prompt, most, temperature, seed)
    return jobs().get("continuation", key, work)


@st.cache_data(max_entries=32, show_spinner=False)
def window_curve(name: str, prompt: str, candidates: tuple[str, ...]) -> tuple[list[int], np.ndarray]:
    """P(candidate) as a window grows."""
    return ctxcore.window_curve(model(name).wait(), prompt, candidates)


@st.cache_data(max_entries=32, show_spinner=False)
def lens(name: str, prompt: str, candidates: tuple[str, ...]) -> Lens:
    """What each layer would say comes next."""
    found: Lens = model(name).wait().lens(prompt, candidates)
    return found


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
    form: str,
    workspace: Workspace,
    text: Job | None,
    digest: str,
    reader: str,
    baselines: Callable[[str], Background],
) -> Job:
    """Everything about a workspace as one file (``html`` or ``zip``), made behind the page, and kept until it is taken.

    Args:
        form: Of the file.
        workspace: What it is about.
        text: The training text; None where it is not there, which the file then says.
        digest: Of a text that the reader gave, else empty.
        reader: Who asked for it.
        baselines: Gives those of a model by its name.

    Raises:
        BadInputError: There is no room for it before others have taken theirs.
    """

    def work(progress: Progress) -> bytes:
        from ctxcore.export import report as reports

        words = None if text is None else text.wait()
        drawn = 0.95 if form == "html" else 0.6
        made = reports.make_report(
            workspace,
            progress=lambda share, what: progress(drawn * share, what),
            open_model=lambda name: model(name).wait(),
            open_static=lambda name: static(name).wait(),
            baselines=baselines,
            training=None if words is None else reports.Training(words.words, words.said),
        )
        if form == "html":
            return reports.report_html(made)
        return reports.report_zip(made, progress=lambda share, what: progress(drawn + (1 - drawn) * share, what))

    return deliveries().ask(report_key(form, workspace, digest), reader, work)


def trained(asked: Training, read: Callable[[], Sequence[str]]) -> Job:
    """A space that is trained behind the page."""
    return jobs().get("training", asked, lambda progress: asked.train(read(), progress))


def is_trained(asked: Training) -> bool:
    """Is this space there, trained and still kept?"""
    job = jobs().find("training", asked)
    return job is not None and job.value is not None


def space(name: Space) -> Job:
    """A static space: an embedded one, one of the reader's own, or one that was trained here."""
    if isinstance(name, str):
        return static(name)

    def gone(progress: Progress) -> Any:
        raise BadInputError(
            "Trained spaces are kept while there is room for them.", f"{name.name}, which has gone", "Train it again."
        )

    return jobs().get("training", name, gone)


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
    if name in catalogue.CATALOGUE:
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
