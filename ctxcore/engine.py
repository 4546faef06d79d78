"""A question is answered once. :class:`Query` says what is asked, :class:`Engine` answers it and keeps the answer.

A query is a frozen value: two that are equal ask the same, and its fields are all that its answer depends on. The engine adds
which files a name of the reader's own stands for, so that a file that changes makes old answers unreachable.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

import numpy as np

from ctxcore.answers import Answers
from ctxcore.progress import Progress, silent

if TYPE_CHECKING:
    from ctxcore.corpus.read import Corpus
    from ctxcore.corpus.texts import WholeText
    from ctxcore.data.corpora import TrainingText
    from ctxcore.models.contextual import ContextualModel
    from ctxcore.models.static import StaticSpace
    from ctxcore.studies.trained import Space

R = TypeVar("R")
Told = Callable[["Query[Any]", float, bool, BaseException | None], None]
_MOST_BYTES = 512 << 20
_AT_ONCE = 6000
"""Tokens that are read without asking first."""
MOMENT = 2e10
"""Multiplications that take about half a second on one core."""
_QUICK = 0.5
"""Seconds of processor time of what is measured in a moment."""
_A_TOKEN = 4
"""Characters of a token of English."""
_WAITS = 0.2
"""Seconds between two looks whether the same question, asked by somebody else, is answered."""


class Query(Generic[R]):
    """What is asked. A subclass is a frozen dataclass whose fields are hashable.

    Attributes:
        slow: Does it take longer than a moment however short its texts are? See :meth:`is_slow`.
        part: Is it asked for another question alone? Nobody is told of it where it is kept.
    """

    slow: ClassVar[bool] = False
    part: ClassVar[bool] = False

    def is_slow(self, engine: Engine) -> bool:
        """Is it measured behind a page, with its progress shown? What takes under half a second is not: it goes by the texts."""
        return self.slow or work_of(self, engine) > MOMENT

    def sort(self) -> Hashable:
        """What questions have in common that take about as long: their kind, their models and the size of their texts."""
        return type(self).__name__, tuple(sorted(names_in(self))), _characters(self).bit_length()

    def run(self, engine: Engine, progress: Progress) -> R:
        """The answer. It asks the engine for models and for the answers that it builds on."""
        raise NotImplementedError

    def hint(self, engine: Engine) -> str:
        """What it takes, where that is so much that a reader is asked first; empty where it is measured at once."""
        return ""

    def is_kept(self) -> bool:
        """Is its answer kept? Not where it is put together in no time from others that are."""
        return True

    def size(self, engine: Engine) -> int:
        """Bytes that the answer will take, where that is much and known before: older answers make room first.

        Raises:
            CtxError: It would take more than may be kept.
        """
        return 0

    def answered(self, answer: R) -> Query[R]:
        """The question that this is the whole answer of: a smaller one where it was stopped early and is of use all the same."""
        return self


class Engine:
    """Answers queries, each once, and keeps the answers, the latest asked for, within a number of bytes. Safe between threads.

    Args:
        model: Opens a contextual model by its name; :func:`ctxcore.load_model` where None.
        static: Opens a static space by its name, or trains it; :func:`ctxcore.load_static` where None.
        text: Gives the sentences of a training text; :func:`ctxcore.training_sentences` where None.
        corpus: Opens a text of any size; :func:`ctxcore.corpus.texts.corpus_of` where None.
        files: What tells one state of a name's files from another; where None, the fingerprint of a folder or file.
        most_bytes: How much is kept. What is larger than all of it is answered and not kept.
        told: Told of each answer: the query, the seconds that it took, whether it was kept from before, and what went wrong.
        quick_for: Seconds that an answer is kept which is measured in a moment and which nobody asks for; None: as long as any other.
    """

    def __init__(
        self,
        model: Callable[[str], ContextualModel] | None = None,
        static: Callable[[Space], StaticSpace] | None = None,
        text: Callable[[TrainingText], Sequence[str]] | None = None,
        files: Callable[[str, str], str] | None = None,
        most_bytes: int = _MOST_BYTES,
        told: Told | None = None,
        corpus: Callable[[WholeText], Corpus] | None = None,
        quick_for: float | None = None,
    ) -> None:
        self._told = told or (lambda query, seconds, kept, error: None)
        self._answers = Answers(most_bytes, quick_for)
        self._open: dict[str, Callable[[Any], Any]] = {"model": model or _model, "static": static or _static}
        self._text = text or _sentences
        self._corpus = corpus or _corpus
        self._files = files or _fingerprint
        self._asked: dict[Hashable, list[Any]] = {}
        self._lock = threading.Lock()

    def model(self, name: str) -> ContextualModel:
        """The contextual model of that name."""
        return cast("ContextualModel", self._open["model"](name))

    def static(self, name: Space) -> StaticSpace:
        """The static space of that name, or the one that was trained so."""
        return cast("StaticSpace", self._open["static"](name))

    def sentences(self, text: TrainingText) -> Sequence[str]:
        """The sentences of that training text."""
        return self._text(text)

    def corpus(self, text: WholeText) -> Corpus:
        """The sentences of a text of any size, as a stream."""
        return self._corpus(text)

    def get(self, query: Query[R], progress: Progress = silent) -> R:
        """The answer, from memory or measured now. Its arrays are not to be changed, and cannot be.

        Asked by two at once it is measured by one, and the other waits. A failure is not kept.

        Raises:
            CtxError: What the query's ``run`` raises.
        """
        began = time.monotonic()
        try:
            answer, kept = self._answer(query, progress)
        except BaseException as error:
            self._told(query, time.monotonic() - began, False, error)
            raise
        if not (kept and query.part):
            self._told(query, time.monotonic() - began, kept, None)
        return answer

    def _answer(self, query: Query[R], progress: Progress) -> tuple[R, bool]:
        """The answer, and whether it was kept from before."""
        key = self.key(query)
        with self._alone(key, progress):
            if (found := self._answers.find(key)) is not None:
                return cast(R, found[0]), True
            if size := query.size(self):
                self._answers.make_room(size)
            began = time.thread_time()
            answer = query.run(self, progress)
            quick = not query.slow and time.thread_time() - began < _QUICK
            parts = freeze(answer)
            if query.is_kept():
                self._answers.keep(self.key(query.answered(answer)), answer, parts, quick)
            else:
                self._answers.hold(key, answer)
            return answer, False

    def has(self, query: Query[Any]) -> bool:
        """Is the answer kept?"""
        return self.key(query) in self._answers

    def key(self, query: Query[Any]) -> Hashable:
        """What tells this question from others: the query, and the state of the files that it rests on."""
        return query, tuple(self._files(kind, name) for kind, name in sorted(names_in(query)))

    @property
    def most_bytes(self) -> int:
        """How much is kept at the most."""
        return self._answers.most_bytes

    @property
    def kept_bytes(self) -> int:
        """Bytes of all answers that are kept; an array that several of them hold counts once."""
        return self._answers.bytes

    def let_go(self, most_bytes: int = 0) -> None:
        """Keep no more than so many bytes: the answers that were asked for longest ago go. Asked again they are measured again."""
        self._answers.let_go(most_bytes)

    @contextmanager
    def _alone(self, key: Hashable, progress: Progress) -> Iterator[None]:
        """One at a time for one question. Who waits says so, and can be stopped meanwhile."""
        with self._lock:
            turn = self._asked.setdefault(key, [threading.Lock(), 0])
            turn[1] += 1
        held = False
        try:
            if not (held := turn[0].acquire(blocking=False)):
                while not (held := turn[0].acquire(timeout=_WAITS)):
                    progress(0.0, "Waiting for the same measurement")
                # Who does not want it any more leaves before it is measured.
                progress(0.0, "Waiting for the same measurement")
            yield
        finally:
            if held:
                turn[0].release()
            with self._lock:
                turn[1] -= 1
                if not turn[1]:
                    del self._asked[key]


def reading_hint(tokens: int) -> str:
    """The hint of a question for which so many tokens are read; empty where that takes a few seconds at most."""
    if tokens <= _AT_ONCE:
        return ""
    return f"This reads {tokens:,} tokens, which takes a while; the page shows how far it is."


@lru_cache(maxsize=1)
def default_engine() -> Engine:
    """The engine of a script or notebook that has none of its own."""
    return Engine()


def freeze(answer: Any) -> dict[int, int]:
    """Make all arrays of an answer read-only, since it is shared; the bytes of each part of it, by the part's identity."""
    owners: dict[int, int] = {}
    parts = [answer]
    while parts:
        part = parts.pop()
        if isinstance(part, str | bytes):
            owners[id(part)] = 50 + len(part)
            continue
        if isinstance(part, np.ndarray):
            part.setflags(write=False)
            owner = part if part.base is None else part.base
            owners[id(owner)] = int(getattr(owner, "nbytes", part.nbytes))
            continue
        owners[id(part)] = int(getattr(part, "nbytes", 64))
        if isinstance(part, tuple | list | set | frozenset):
            parts.extend(part)
        elif isinstance(part, Mapping):
            parts.extend(part.keys())
            parts.extend(part.values())
        elif names := _held(part.__class__):
            parts.extend(getattr(part, name) for name in names)
    return owners


@lru_cache(maxsize=256)
def _held(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass; of one that counts itself none, since it holds no arrays."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) and not hasattr(kind, "nbytes") else ()


def names_in(value: Any) -> set[tuple[str, str]]:
    """Kind and name of the models and static spaces that a query names, in itself or in a query that it holds."""
    found: set[tuple[str, str]] = set()
    for f in fields(value):
        part = getattr(value, f.name)
        if f.name in ("model", "static") and isinstance(part, str):
            found.add((f.name, part))
        elif is_dataclass(part):
            found |= names_in(part)
    return found


def texts_in(value: Any) -> Iterator[str]:
    """All texts that a query holds, in itself or in a query that it holds; names of models are none."""
    if isinstance(value, str):
        yield value
    parts = value if isinstance(value, tuple) else ()
    if is_dataclass(value):
        parts = tuple(getattr(value, f.name) for f in fields(value) if f.name not in ("model", "static"))
    for part in parts:
        yield from texts_in(part)


def _characters(query: Query[Any]) -> int:
    return sum(map(len, texts_in(query)))


def work_of(query: Query[Any], engine: Engine) -> float:
    """Multiplications of one pass of its models over its texts, roughly."""
    tokens = _characters(query) / _A_TOKEN
    models = [engine.model(name) for kind, name in names_in(query) if kind == "model"]
    return sum(tokens * 12 * model.layers * model.features**2 for model in models)


def _fingerprint(kind: str, name: str) -> str:
    from ctxcore.models import catalogue, folders, names

    return "" if name in catalogue.CATALOGUE else folders.fingerprint(names.split_limit(name)[0])


def _sentences(text: TrainingText) -> Sequence[str]:
    from ctxcore.data.corpora import training_sentences

    return training_sentences(text)


def _corpus(text: WholeText) -> Corpus:
    from ctxcore.corpus.texts import corpus_of

    return corpus_of(text)


def _model(name: str) -> ContextualModel:
    return _opened_model(name, _fingerprint("model", name))


def _static(name: Space) -> StaticSpace:
    return _opened_static(name, _fingerprint("static", name) if isinstance(name, str) else "")


@lru_cache(maxsize=2)
def _opened_model(name: str, files: str) -> ContextualModel:
    from ctxcore.models.loading import load_model

    return load_model(name)


@lru_cache(maxsize=2)
def _opened_static(name: Space, files: str) -> StaticSpace:
    from ctxcore.models.static import load_static

    return load_static(name) if isinstance(name, str) else name.train()
