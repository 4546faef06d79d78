"""Work behind the page: jobs in threads, how far they are, and which of their results are kept."""

from __future__ import annotations

import gc
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, Generic, TypeVar, cast

from ctxcore import CtxError, StoppedError
from ctxcore.progress import Progress
from dashboard import memory
from dashboard.collector import freeze_gc, release_memory
from dashboard.job_errors import TakesTooLongError, UnforeseenError
from dashboard.settings import settings
from dashboard.turns import HEAVY, Turns, step_back

T = TypeVar("T")

QUEUED = ("answer", "training", "report")
"""Kinds of work that are bounded in time and end when nobody waits for them."""
_MOST_WAITING = 32
"""Jobs of a kind that nobody began: a page makes one for each measurement that it offers."""
_MOST_FAILED = 16
"""Jobs of a kind that failed or were stopped: a page that waits for one still learns why."""

_log = logging.getLogger(__name__)


class Job(Generic[T]):
    """Something that is made behind the page. Its turn is asked for when somebody waits for it, or when its progress line is on
    screen.

    Several readers may wait for one job. Who stops it stops waiting for it; the work itself ends with the last who waits.

    Attributes:
        kind: What it is: ``model``, ``static``, ``answer``, ``training`` or ``report``.
        sort: What is as long as it.
        long: Is it known to take long before it begins?
        shared: Does it go on when nobody waits for it, since the next reader will?
        readers: Who waits for it.
        share: How much is done, 0 to 1.
        what: What is going on.
        value: The result, once done.
        error: What went wrong instead, always as one of our errors.
        stopped: Was it stopped before there was a value?
        abandoned: Did nobody wait for it any more, or will it end so where it next says how far it is?
    """

    def __init__(
        self,
        work: Callable[[Progress], T],
        turns: Turns | None = None,
        begins: Callable[[Job[T]], None] | None = None,
        ends: Callable[[Job[T]], None] | None = None,
        *,
        kind: str = "answer",
        sort: Hashable = None,
        long: bool = False,
    ) -> None:
        """``turns``: where it waits; None begins at once. ``begins`` is called when it is asked for, ``ends`` when it is over."""
        self.kind, self.sort, self.long = kind, sort, long
        self.shared = kind in ("model", "static")
        self.readers: frozenset[str] = frozenset()
        self._guard = threading.Lock()
        self.share = 0.0
        self.what = "Starting"
        self.value: T | None = None
        self.error: CtxError | None = None
        self.stopped = False
        self.abandoned = False
        self._done = threading.Event()
        self._begun = threading.Lock()
        self._started = threading.Lock()
        self._stopping = threading.Event()
        self._work = work
        self._turns = turns
        self._begins = begins
        self._ends = ends
        self._looked: set[str] = set()
        self._left: set[str] = set()
        self._blocked = 0
        self._until = math.inf
        self._cpu = self._resumed = 0.0

    @property
    def done(self) -> bool:
        """Is there a value or an error?"""
        return self._done.is_set()

    @property
    def begun(self) -> bool:
        """Does it wait for its turn, or is it under way, or over?"""
        return self._begun.locked()

    @property
    def lasts(self) -> bool:
        """Does it go on whoever waits: for the next reader, or for other work that cannot go on without it?"""
        return self.shared or self._blocked > 0

    @property
    def said(self) -> str:
        """How far it is, in one line: its place in the queue before its turn."""
        if self.begun and not self._started.locked() and self._turns is not None:
            before = self._turns.before(self)
            return f"Waiting for its turn, {before} before you" if before else "Waiting for its turn"
        return self.what

    def look(self, reader: str) -> None:
        """This reader's page draws its progress line. With the second time it is asked for: by then the page is on screen."""
        self.join(reader)
        if reader in self._looked:
            self.begin()
        self._looked.add(reader)

    def stop(self, reader: str | None = None) -> None:
        """This reader waits no longer; None is all of them. With nobody left the work ends where it next says how far it is."""
        if reader is not None:
            self._left.add(reader)
            self._without(reader)
            if self.readers:
                return
        self._stopping.set()
        if self.begun and self._started.acquire(blocking=False):  # it had no turn yet
            self._fail(StoppedError(self.what))
            self._end(0.0)

    def leave(self, *readers: str) -> None:
        """The pages of these readers have no place for it any more. What nobody waits for ends, and begins anew."""
        with self._guard:
            self.readers -= set(readers)
            if self.readers or self.lasts or self.done:
                return
            self.abandoned = True
        self.stop()

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
        with self._guard:
            self.readers |= {reader}

    def _without(self, reader: str) -> None:
        with self._guard:
            self.readers -= {reader}

    def begin(self, reader: str | None = None) -> None:
        """Ask for its turn, once."""
        if reader is not None:
            self.join(reader)
        self._ask(now=False)

    def soon(self, seconds: float, reader: str | None = None) -> None:
        """Begin, and wait a moment: what is quick needs no progress line."""
        self.begin(reader)
        self._wait(seconds)

    def wait(self) -> T:
        """The value, once it is there; the error, if that came instead. It begins whoever has a turn: its caller may have one."""
        self._blocked += 1
        try:
            if not self.done:
                self._ask(now=True)
                self._wait()
        finally:
            self._blocked -= 1
        if self.error is not None:
            raise self.error
        return cast(T, self.value)

    def _wait(self, seconds: float | None = None) -> None:
        with nullcontext() if self._turns is None else self._turns.in_line():
            self._done.wait(seconds)

    def _ask(self, now: bool) -> None:
        first = self._begun.acquire(blocking=False)
        if first and self._begins is not None:
            self._begins(self)
        if self._turns is None:
            self.start()
        elif (first or now) and not self._started.locked():
            self._turns.ask(self, now)

    def start(self) -> None:
        """It is its turn: work in a thread of its own, once."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._run, daemon=True).start()

    def _report(self, share: float, what: str) -> None:
        if self._stopping.is_set():
            raise StoppedError(self.what)
        if time.monotonic() > self._until:
            raise TakesTooLongError(self.what, settings().longest)
        self.share, self.what = share, what
        if self._turns is None:
            return
        if self._turns.outgrew(self, time.thread_time() - self._cpu):
            step_back()
        if self._turns.lane(self) in HEAVY:
            self._turns.give_way(time.monotonic() - self._resumed)
        self._resumed = time.monotonic()

    def _run(self) -> None:
        self._cpu, self._resumed = time.thread_time(), time.monotonic()
        long = self._turns is not None and self._turns.lane(self) in HEAVY
        if long:
            step_back()
        if self.kind in QUEUED:
            self._until = time.monotonic() + settings().longest
        try:
            if self.kind in QUEUED:
                memory.make_room()
            self.value = self._work(self._report)
            if self.kind not in QUEUED:
                gc.collect()
                freeze_gc()
        # Whatever a library raises here would reach a page raw, and what is no Exception (a panic of one written in Rust) would
        # leave a job that is done with nothing.
        except BaseException as error:
            self._fail(error)
        finally:
            self._end(time.thread_time() - self._cpu if self.error is None else 0.0)

    def _fail(self, error: BaseException) -> None:
        """Kept and raised where the page waits: a thread has nobody to raise to."""
        self.stopped = isinstance(error, StoppedError) and not isinstance(error, TakesTooLongError)
        if not isinstance(error, CtxError):
            _log.error("work behind the page failed: %s", self.what, exc_info=error)
            error = UnforeseenError(error)
        self.error = error

    def _end(self, seconds: float) -> None:
        del self._work
        try:
            if self._turns is not None:
                self._turns.over(self, seconds)
            if self._ends is not None:
                self._ends(self)
        finally:
            self._done.set()


class Jobs:
    """Jobs by kind and name. The oldest of a kind goes when there are too many that succeeded, failed, or never began."""

    def __init__(self, most: Mapping[str, int], turns: Turns | None = None) -> None:
        """``most``: how many results of each kind are kept; ``turns``: where their work waits."""
        self._turns = turns
        self._lock = threading.Lock()
        self._most = most
        self._kinds: dict[str, OrderedDict[Any, Job[Any]]] = {kind: OrderedDict() for kind in most}

    def get(
        self, kind: str, name: Any, work: Callable[[Progress], T], sort: Hashable = None, long: bool = False
    ) -> Job[T]:
        """The job of that kind and name; the first who asks gives the work. One that nobody waited for any more is begun anew."""
        with self._lock:
            jobs = self._kinds[kind]
            found = jobs.get(name)
            if found is None or found.abandoned:
                begins, ends = partial(self._keep, kind, name), partial(self._make_room, kind)
                found = jobs[name] = Job(work, self._turns, begins, ends, kind=kind, sort=sort, long=long)
            jobs.move_to_end(name)
            _drop(jobs, lambda job: not job.begun, _MOST_WAITING)
            return found

    def _keep(self, kind: str, name: Any, job: Job[Any]) -> None:
        """It begins: it is kept again if it had to go while it waited for the reader's press."""
        with self._lock:
            there = self._kinds[kind].get(name)
            if there is None or not there.begun:
                self._kinds[kind][name] = job

    def _make_room(self, kind: str, over: Job[Any]) -> None:
        """Called when one is over. What failed pushes out nothing that succeeded, and nobody asks why what nobody waited for ended."""
        if over.abandoned and over.value is None:
            self.forget(over)
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
