"""What is kept between runs: models as resources, results as data; all bounded, all keyed by value.

Models load behind the page (:mod:`dashboard.jobs`), so that text and controls stand at once. A page asks, gets a job, and shows
the progress of what is not there yet.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

import ctxcore
from ctxcore import BadInputError, ModelError
from ctxcore.models import catalogue, folders
from ctxcore.models.names import split_limit
from ctxcore.progress import Progress
from ctxcore.studies.trained import Space, Training
from dashboard import journal, offered
from dashboard.collector import release_memory
from dashboard.deliveries import Deliveries
from dashboard.given_texts import given
from dashboard.jobs import Job, Jobs
from dashboard.settings import settings
from dashboard.turns import HEAVY, Turns

if TYPE_CHECKING:
    from ctxcore.models.contextual import ContextualModel
    from ctxcore.models.hub import HubModel
    from ctxcore.models.static import StaticSpace

T = TypeVar("T")
_MOST_JOBS = {"static": 2, "answer": 32, "training": 2}


@st.cache_resource(show_spinner=False)
def turns() -> Turns:
    """The queue of all work behind the pages."""
    return Turns(
        {"opening": settings().models, **dict.fromkeys(("short", *HEAVY), settings().heavy)},
        settings().heavy_each,
        _is_here,
    )


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """All work behind the pages."""
    return Jobs({"model": settings().models, **_MOST_JOBS}, turns())


def model(name: str) -> Job[ContextualModel]:
    """The contextual model, loading behind the page."""
    return jobs().get("model", name, _noted("model", name, _load_model))


def static(name: str) -> Job[StaticSpace]:
    """The static space, loading behind the page."""
    return jobs().get("static", name, _noted("static", name, _load_static))


def _noted(kind: str, name: str, load: Callable[[str, Progress], T]) -> Callable[[Progress], T]:
    def work(progress: Progress) -> T:
        with journal.noting("load", **{kind: journal.known(kind, name)}):
            return load(name, progress)

    return work


def forget(job: Job[Any]) -> None:
    """Let go of a job, such as one that failed: the next time it is asked for it starts anew."""
    jobs().forget(job)
    deliveries().forget(job)


@st.cache_resource(show_spinner=False)
def deliveries() -> Deliveries:
    """The reports that readers asked for."""
    return Deliveries(settings().reports_mb << 20, _is_here, turns())


def _is_here(reader: str) -> bool:
    """Is this session still connected? Outside of a server there is only one."""
    return not st.runtime.exists() or st.runtime.get_instance().is_active_session(reader)


def trained(training: Training) -> Job[StaticSpace]:
    """A space that is trained behind the page. It begins when the reader asks for it."""

    def work(progress: Progress) -> StaticSpace:
        with journal.noting("train"):
            return training.train(given().sentences(training.text), progress)

    return jobs().get("training", training, work, long=True)


def training(asked: Training) -> Job[StaticSpace] | None:
    """The training of a space, where one has begun and is kept."""
    job = jobs().find("training", asked)
    return job if job is not None and job.begun else None


def space(name: Space) -> Job[StaticSpace]:
    """A static space: a bundled one, one of the reader's own, or one that is trained here.

    Raises:
        BadInputError: It was not trained here, or had to make room for others.
    """
    if isinstance(name, str):
        return static(name)
    job = training(name)
    if job is None:
        raise BadInputError(
            "A space is trained before it is used.",
            f"{name.name}, which is not here",
            "Train it on \u201cWord relations\u201d.",
        )
    return job


@st.cache_data(max_entries=32, ttl=300, show_spinner="Asking the hub")
def look_up(name: str) -> HubModel:
    """What a hub model has, by the hub's own word. Asked only where the reader wants to know."""
    from ctxcore.models import hub

    offered.must_be_open_here("model", name)
    return hub.look_up(name)


def own(kind: str, name: str) -> Job[Any]:
    """Something that the reader chose on the page of models: the one place from which a folder or download is opened.

    It is read anew where its files have changed since. It stops when nobody waits for it any more.
    """
    offered.must_be_open_here(kind, name)
    _permitted().add((kind, name))
    job = jobs().find(kind, name)
    if job is not None and (
        job.error is not None or (job.done and _fingerprint(kind, name) != _fingerprints().get((kind, name)))
    ):
        jobs().forget(job)
        release_memory()
    job = model(name) if kind == "model" else static(name)
    job.shared = job.done
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
        release_memory()


@st.cache_resource(show_spinner=False)
def _permitted() -> set[tuple[str, str]]:
    """Kind and name of what somebody chose on the page of models. A link adds nothing to it."""
    return set()


@st.cache_resource(show_spinner=False)
def _fingerprints() -> dict[tuple[str, str], str]:
    """The fingerprint of the files that each of the readers' own names was last read from."""
    return {}


def _fingerprint(kind: str, name: str) -> str:
    return folders.fingerprint(split_limit(offered.place_of(kind, name))[0])


def files(kind: str, name: str) -> str:
    """Which files a name of a reader's own stands for, as it was loaded; empty for what cannot change. Part of every key."""
    if name in catalogue.CATALOGUE or not _is_permitted(kind, name):
        return ""
    return _fingerprints().get((kind, name)) or _fingerprint(kind, name)


def _is_permitted(kind: str, name: str) -> bool:
    return offered.is_offered(kind, name) or (not settings().shared and (kind, name) in _permitted())


def _may_open(kind: str, name: str) -> None:
    """Bundled models, what the owner offers, and what was chosen on the page of models; a link alone opens and fetches nothing."""
    offered.must_be_open_here(kind, name)
    if _is_permitted(kind, name):
        return
    raise ModelError(
        "A link opens no folder and fetches nothing by itself.",
        repr(name),
        "Open it under \u201cModels and data\u201d, or choose one of: " + ", ".join(catalogue.CATALOGUE) + ".",
    )


def _load_model(name: str, progress: Progress) -> Any:
    _may_open("model", name)
    progress(0.01, "Opening the transformer libraries")
    version = _fingerprint("model", name)  # as loading begins: what is replaced just as it ends is read anew next time
    place = offered.place_of("model", name)
    with offered.without_paths_in_errors():
        found = ctxcore.load_model(
            place, progress, settings().threads, device=settings().device, dtype=settings().dtype
        )
    found.read_at_most(settings().tokens)
    _fingerprints()["model", name] = version
    return offered.known_as(name, place, found)


def _load_static(name: str, progress: Progress) -> Any:
    _may_open("static", name)
    progress(0.1, "Opening the static vectors")
    version = _fingerprint("static", name)
    place = offered.place_of("static", name)
    with offered.without_paths_in_errors():
        space = ctxcore.load_static(place, progress=progress)
    _fingerprints()["static", name] = version
    progress(0.96, "Opening the plotting libraries")  # here, behind the page, and not when the first figure is drawn
    for library in (
        "dashboard.ready_figure",
        "ctxcore.tables",
        "ctxcore.export",
        "scipy.stats",
        "scipy.spatial.distance",
    ):
        importlib.import_module(library)
    return offered.known_as(name, place, space)
