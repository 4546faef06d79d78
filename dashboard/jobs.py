"""Work behind the page: jobs in threads, how far they are, and which of their results are kept."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ctxcore import StoppedError

_PATIENCE = 90.0
"""Seconds that a reader may be away before what only that reader waits for is stopped. Browsers slow hidden pages down."""


class Job:
    """Something that is made behind the page. It begins when somebody waits for it, or when its progress line is on screen.

    Attributes:
        share: How much is done, 0 to 1.
        what: What is going on.
        value: The result, once done.
        error: What went wrong instead.
        stopped: Did the reader stop it before there was a value?
        on_screen: Has its progress line been drawn?
        seen: When that line was last drawn, by a clock that never goes back.
        for_one: Is it stopped when nobody looks at its progress line any more?
    """

    def __init__(
        self, work: Callable[[Callable[[float, str], None]], Any], then: Callable[[], None] | None = None
    ) -> None:
        self.on_screen = False
        self.seen = time.monotonic()
        self.for_one = False
        self.share = 0.0
        self.what = "Starting"
        self.value: Any = None
        self.error: Exception | None = None
        self.stopped = False
        self._done = threading.Event()
        self._begun = threading.Lock()
        self._stopping = threading.Event()
        self._work = work
        self._then = then

    @property
    def done(self) -> bool:
        """Is there a value or an error?"""
        return self._done.is_set()

    @property
    def begun(self) -> bool:
        """Is it under way, or over?"""
        return self._begun.locked()

    def stop(self) -> None:
        """End the work where it next says how far it is."""
        self._stopping.set()

    def begin(self) -> None:
        """Start the work in a thread of its own, once."""
        self.seen = time.monotonic()
        if self._begun.acquire(blocking=False):
            threading.Thread(target=self._run, daemon=True).start()

    def soon(self, seconds: float) -> None:
        """Begin, and wait a moment: what is quick needs no progress line."""
        self.begin()
        self._done.wait(seconds)

    def wait(self) -> Any:
        """The value, once it is there; the error, if that came instead."""
        self.begin()
        self._done.wait()
        if self.error is not None:
            raise self.error
        return self.value

    def _report(self, share: float, what: str) -> None:
        if self._stopping.is_set() or (self.for_one and time.monotonic() - self.seen > _PATIENCE):
            raise StoppedError(self.what)
        self.share, self.what = share, what

    def _run(self) -> None:
        try:
            self.value = self._work(self._report)
            gc.collect()
            spare_from_collection()
            if self._then is not None:
                self._then()
        except StoppedError as error:
            self.stopped, self.error = True, error
        except Exception as error:  # kept and raised where the page waits: a thread has nobody to raise to
            self.error = error
        finally:
            del self._work
            self._done.set()


class Jobs:
    """Jobs by kind and name; the oldest of a kind goes when there are too many."""

    def __init__(self, most: Mapping[str, int]) -> None:
        """``most``: how many results of each kind are kept."""
        self._lock = threading.Lock()
        self._most = most
        self._kinds: dict[str, OrderedDict[Any, Job]] = {kind: OrderedDict() for kind in most}

    def get(self, kind: str, name: Any, work: Callable[[Callable[[float, str], None]], Any]) -> Job:
        """The job of that kind and name; the first who asks gives the work."""
        with self._lock:
            jobs = self._kinds[kind]
            found = jobs.get(name)
            if found is None:
                found = jobs[name] = Job(work, partial(self._let_oldest_go, kind))
            jobs.move_to_end(name)
            return found

    def _let_oldest_go(self, kind: str) -> None:
        """Called when one more is there. Only what has succeeded counts: what cannot be loaded pushes nothing out."""
        with self._lock:
            jobs = self._kinds[kind]
            kept = [n for n, job in jobs.items() if job.value is not None]
            gone = [jobs.pop(oldest) for oldest in kept[: max(0, len(kept) - self._most[kind])]]
        if gone and kind in ("model", "static"):
            del gone
            free()

    def forget(self, job: Job) -> None:
        """Let go of one: the next time it is asked for it starts anew."""
        with self._lock:
            for jobs in self._kinds.values():
                for name in [n for n, j in jobs.items() if j is job]:
                    del jobs[name]

    def there(self, kind: str) -> list[tuple[Any, Job]]:
        """Names and jobs of a kind that have a value, the oldest first."""
        with self._lock:
            return [(name, job) for name, job in self._kinds[kind].items() if job.value is not None]

    def find(self, kind: str, name: Any) -> Job | None:
        """A job, if it is there; it does not count as asked for."""
        with self._lock:
            return self._kinds[kind].get(name)

    def forget_results(self, model_name: str, kinds: Iterable[str]) -> None:
        """Let go of what was computed with a model: jobs of these kinds whose name is the model's or begins with it."""
        with self._lock:
            for kind in kinds:
                jobs = self._kinds[kind]
                for key in [k for k in jobs if k == model_name or (isinstance(k, tuple) and k[0] == model_name)]:
                    del jobs[key]


def spare_from_collection() -> None:
    """Take all that lives now out of the garbage collector's sight.

    Streamlit collects after every script run. Each time it would walk all of torch, holding every other thread: reruns took
    three times as long, and loading behind a page that shows its progress took four times as long.
    """
    gc.freeze()


def free() -> None:
    """Give back the memory of what was let go: what was spared from the collector is shown to it once more."""
    gc.unfreeze()
    gc.collect()
    spare_from_collection()
    # glibc keeps what was freed: 230 MB after ten swaps of the embedded decoder, given back by this.
    if (trim := getattr(_c_library(), "malloc_trim", None)) is not None:
        trim(0)


def _c_library() -> Any:
    """The C library of this process; None on a system whose own cannot be opened so."""
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
