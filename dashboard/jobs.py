"""Work behind the page: jobs in threads, how far they are, and which of their results are kept."""

from __future__ import annotations

import ctypes
import gc
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast

from ctxcore import CtxError, StoppedError
from ctxcore.models.reasons import reason
from ctxcore.progress import Progress
from dashboard.offered import without_paths

T = TypeVar("T")

_PATIENCE = 90.0
"""Seconds that a reader may be away before what only that reader waits for is stopped. Browsers slow hidden pages down."""

_MOST_WAITING = 32
"""Jobs of a kind that nobody began: a page makes one for each measurement that it offers."""
_MOST_FAILED = 16
"""Jobs of a kind that failed or were stopped: a page that waits for one still learns why."""

_log = logging.getLogger(__name__)


class UnforeseenError(CtxError):
    """Work failed for a reason that nobody foresaw: what was raised, in one line. The log holds the rest."""

    def __init__(self, error: BaseException) -> None:
        why = without_paths(reason(error))
        super().__init__(
            "This could not be computed, for a reason that nobody foresaw.",
            f"{type(error).__name__}: {why}" if why else type(error).__name__,
            "Try again, or choose something else; what you typed is kept. The log of the server says where it happened.",
        )


class Job(Generic[T]):
    """Something that is made behind the page. It begins when somebody waits for it, or when its progress line is on screen.

    Several readers may wait for one job. Who stops it stops waiting for it; the work itself ends with the last who waits.

    Attributes:
        share: How much is done, 0 to 1.
        what: What is going on.
        value: The result, once done.
        error: What went wrong instead, always as one of our errors.
        stopped: Was it stopped before there was a value?
        seen: When its progress line was last drawn for anybody, by a clock that never goes back.
        for_one: Is it stopped when nobody looks at its progress line any more?
    """

    def __init__(
        self,
        work: Callable[[Progress], T],
        begins: Callable[[Job[T]], None] | None = None,
        ends: Callable[[], None] | None = None,
    ) -> None:
        """``begins`` is called when the work begins, ``ends`` when it is over."""
        self.seen = time.monotonic()
        self.for_one = False
        self.share = 0.0
        self.what = "Starting"
        self.value: T | None = None
        self.error: CtxError | None = None
        self.stopped = False
        self._done = threading.Event()
        self._begun = threading.Lock()
        self._stopping = threading.Event()
        self._work = work
        self._begins = begins
        self._ends = ends
        self._readers: dict[str, float] = {}
        self._left: set[str] = set()

    @property
    def done(self) -> bool:
        """Is there a value or an error?"""
        return self._done.is_set()

    @property
    def begun(self) -> bool:
        """Is it under way, or over?"""
        return self._begun.locked()

    def look(self, reader: str) -> None:
        """This reader's page draws its progress line. With the second time the work begins: by then the page is on screen."""
        self._left.discard(reader)
        if reader in self._readers:
            self.begin()
        self.seen = self._readers[reader] = time.monotonic()

    def stop(self, reader: str | None = None) -> None:
        """This reader waits no longer; None is all of them. With nobody left the work ends where it next says how far it is."""
        if reader is not None:
            self._left.add(reader)
            self._readers.pop(reader, None)
            if any(time.monotonic() - seen <= _PATIENCE for seen in list(self._readers.values())):
                return
        self._stopping.set()

    @property
    def ending(self) -> bool:
        """Has nobody waited for it any more, so that it is stopped, or will be where it next says how far it is?"""
        return self.stopped or self._stopping.is_set()

    def stopped_for(self, reader: str) -> bool:
        """Did this reader stop waiting for what is not there, or has all of it been stopped?"""
        return self.stopped or (reader in self._left and not self.done)

    def left_by(self, reader: str) -> bool:
        """Did this reader stop waiting for it?"""
        return reader in self._left

    def join(self, reader: str) -> None:
        """This reader waits for it after all."""
        self._left.discard(reader)

    def begin(self) -> None:
        """Start the work in a thread of its own, once."""
        self.seen = time.monotonic()
        if self._begun.acquire(blocking=False):
            if self._begins is not None:
                self._begins(self)
            threading.Thread(target=self._run, daemon=True).start()

    def soon(self, seconds: float) -> None:
        """Begin, and wait a moment: what is quick needs no progress line."""
        self.begin()
        self._done.wait(seconds)

    def wait(self) -> T:
        """The value, once it is there; the error, if that came instead."""
        self.begin()
        self._done.wait()
        if self.error is not None:
            raise self.error
        return cast(T, self.value)

    def _report(self, share: float, what: str) -> None:
        if self._stopping.is_set() or (self.for_one and time.monotonic() - self.seen > _PATIENCE):
            raise StoppedError(self.what)
        self.share, self.what = share, what

    def _run(self) -> None:
        try:
            self.value = self._work(self._report)
            gc.collect()
            freeze_gc()
        except StoppedError as error:
            self.stopped, self.error = True, error
        except CtxError as error:  # kept and raised where the page waits: a thread has nobody to raise to
            self.error = error
        # Whatever a library raises here would reach a page raw, and what is no Exception (a panic of one written in Rust) would
        # leave a job that is done with nothing.
        except BaseException as error:
            _log.exception("work behind the page failed")
            self.error = UnforeseenError(error)
        finally:
            del self._work
            try:
                if self._ends is not None:
                    self._ends()
            finally:
                self._done.set()


class Jobs:
    """Jobs by kind and name. The oldest of a kind goes when there are too many that succeeded, failed, or never began."""

    def __init__(self, most: Mapping[str, int]) -> None:
        """``most``: how many results of each kind are kept."""
        self._lock = threading.Lock()
        self._most = most
        self._kinds: dict[str, OrderedDict[Any, Job[Any]]] = {kind: OrderedDict() for kind in most}

    def get(self, kind: str, name: Any, work: Callable[[Progress], T]) -> Job[T]:
        """The job of that kind and name; the first who asks gives the work."""
        with self._lock:
            jobs = self._kinds[kind]
            found = jobs.get(name)
            if found is None:
                found = jobs[name] = Job(work, partial(self._keep, kind, name), partial(self._make_room, kind))
            jobs.move_to_end(name)
            _drop(jobs, lambda job: not job.begun, _MOST_WAITING)
            return found

    def _keep(self, kind: str, name: Any, job: Job[Any]) -> None:
        """It begins: it is kept again if it had to go while it waited for the reader's press."""
        with self._lock:
            there = self._kinds[kind].get(name)
            if there is None or not there.begun:
                self._kinds[kind][name] = job

    def _make_room(self, kind: str) -> None:
        """Called when one is over. What failed pushes out nothing that succeeded."""
        with self._lock:
            jobs = self._kinds[kind]
            gone = _drop(jobs, lambda job: job.value is not None, self._most[kind])
            gone += _drop(jobs, lambda job: job.error is not None, _MOST_FAILED)
        if any(job.value is not None for job in gone) and kind in ("model", "static"):
            del gone
            release_memory()

    def forget(self, job: Job[Any]) -> None:
        """Let go of one: the next time it is asked for it starts anew."""
        with self._lock:
            for jobs in self._kinds.values():
                for name in [n for n, j in jobs.items() if j is job]:
                    del jobs[name]

    def counts(self) -> dict[str, int]:
        """How many jobs of each kind are under way."""
        with self._lock:
            return {kind: sum(j.begun and not j.done for j in jobs.values()) for kind, jobs in self._kinds.items()}

    def there(self, kind: str) -> list[tuple[Any, Job[Any]]]:
        """Names and jobs of a kind that have a value, the oldest first."""
        with self._lock:
            return [(name, job) for name, job in self._kinds[kind].items() if job.value is not None]

    def find(self, kind: str, name: Any) -> Job[Any] | None:
        """A job, if it is there; it does not count as asked for."""
        with self._lock:
            return self._kinds[kind].get(name)


def _drop(jobs: OrderedDict[Any, Job[Any]], which: Callable[[Job[Any]], bool], most: int) -> list[Job[Any]]:
    """Take out the oldest of such jobs, so that no more than so many stay."""
    found = [name for name, job in jobs.items() if which(job)]
    return [jobs.pop(name) for name in found[: max(0, len(found) - most)]]


def freeze_gc() -> None:
    """Take all that lives now out of the garbage collector's sight.

    Streamlit collects after every script run. Each time it would walk all of torch, holding every other thread: reruns took
    three times as long, and loading behind a page that shows its progress took four times as long.
    """
    gc.freeze()


def release_memory() -> None:
    """Give back the memory of what was let go: what was spared from the collector is shown to it once more."""
    gc.unfreeze()
    gc.collect()
    freeze_gc()
    # glibc keeps what was freed: 230 MB after ten swaps of the bundled decoder, given back by this.
    if (trim := getattr(_c_library(), "malloc_trim", None)) is not None:
        trim(0)


def _c_library() -> Any:
    """The C library of this process; None on a system whose own cannot be opened so."""
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
