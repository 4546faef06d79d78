"""Whose work goes on: so much at a time, readers in turn, and nothing that nobody waits for any more.

Work is of four lanes. *Opening* a model or a file of vectors waits for no measurement, since others wait for it. A *short*
question waits for other short ones alone. What takes *long* waits for a place, readers in turn, then first come: a kind of question is
long from the moment that one of it has taken more than a few seconds of the processor's time. What was *pressed* for and is known to
take long waits likewise, for places of its own: two reports take a minute, in which a page would wait for a part of itself.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, Protocol

from ctxcore.models import sharing

Lane = Literal["opening", "short", "long", "pressed"]
HEAVY: tuple[Lane, ...] = ("long", "pressed")
"""Lanes of what steps back behind all else, and of which each reader has so many at a time."""

_LONG = 2.0
"""Seconds of the processor from which on a question is a long one."""
_ABSENT = 2.0
"""Seconds that a reader may be gone before what only that reader waits for ends: a line that breaks is joined again in one."""
_LOOKS = 0.5
"""Seconds between two looks whether somebody still waits."""
_GIVES_WAY = 2.0
"""Seconds that long work waits at a time while pages are drawn."""
_MOST_SORTS = 1000
_PRIORITY = 10
"""How far what is long steps behind all else that wants the processor, from 0 to 19."""


class Work(Protocol):
    """What takes a turn.

    Attributes:
        kind: What it is, for the server's owner.
        sort: What is as long as it.
        long: Is it known to take long before it begins?
        readers: Who waits for it; nobody, where no reader asked for it.
    """

    kind: str
    sort: Hashable
    long: bool
    readers: frozenset[str]

    @property
    def lasts(self) -> bool:
        """Does it go on when nobody waits for it?"""

    def start(self) -> None:
        """It is its turn."""

    def leave(self, *readers: str) -> None:
        """These wait for it no more."""


class Turns:
    """The queue of all work behind the pages."""

    def __init__(self, at_once: Mapping[Lane, int], each: int, here: Callable[[str], bool]) -> None:
        """``at_once``: pieces of work of each lane; ``each``: those of one reader in a long lane; ``here``: is a reader connected?"""
        self._at_once, self._each, self._here = at_once, each, here
        self._lock = threading.Lock()
        self._waiting: list[Work] = []
        self._working: list[Work] = []
        self._served: dict[str, int] = {}
        self._count = 0
        self._places: dict[int, int] = {}
        self._took: OrderedDict[Hashable, float] = OrderedDict()
        self._gone: dict[str, float] = {}
        self._watched = False
        self._quiet = threading.Condition()
        self._ahead = 0
        self._here_ahead = threading.local()

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """What this thread does here goes before long work: a page is drawn."""
        self._count_ahead(1)
        self._here_ahead.there = True
        try:
            yield
        finally:
            self._here_ahead.there = False
            self._count_ahead(-1)

    @contextmanager
    def in_line(self) -> Iterator[None]:
        """This thread waits here for other work, which gives way to it no longer."""
        there = getattr(self._here_ahead, "there", False)
        self._count_ahead(-there)
        try:
            yield
        finally:
            self._count_ahead(there)

    def _count_ahead(self, more: int) -> None:
        with self._quiet:
            self._ahead += more
            self._quiet.notify_all()

    def give_way(self, seconds: float) -> None:
        """Long work that went on for so many seconds lets pages be drawn first, for as long at most: it always goes on."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._ahead, min(seconds, _GIVES_WAY))

    def ask(self, work: Work, now: bool = False) -> None:
        """It waits for its turn; ``now``, it begins whoever waits, since somebody's own turn depends on it."""
        with self._lock:
            if work in self._working or (work in self._waiting and not now):
                return
            if work not in self._waiting:
                self._waiting.append(work)
            begun = [work] if now else []
            if now:
                self._begin(work)
            begun += self._next()
            if not self._watched:
                self._watched = True
                threading.Thread(target=self._watch, daemon=True).start()
        for one in begun:
            one.start()

    def over(self, work: Work, seconds: float) -> None:
        """It ended, or waits no longer. ``seconds``: of the processor, 0 where it is not known how long it would take."""
        with self._lock:
            for these in (self._waiting, self._working):
                if work in these:
                    these.remove(work)
            if seconds:
                self._note(work.sort, seconds)
            begun = self._next()
        for one in begun:
            one.start()

    def outgrew(self, work: Work, seconds: float) -> bool:
        """It has taken so many seconds of the processor; is it a long one from now on?"""
        if seconds <= _LONG or self.lane(work) != "short":
            return False
        with self._lock:
            self._note(work.sort, seconds)
            self._places.clear()
            begun = self._next()
        for one in begun:
            one.start()
        return True

    def before(self, work: Work) -> int:
        """How many of its lane are worked on or come before it."""
        with self._lock:
            if not self._places:
                for lane in self._at_once:
                    count = self._at_work(lane)
                    for place, one in enumerate(self._in_turn(lane)):
                        self._places[id(one)] = count + place
            return self._places.get(id(work), 0)

    def lane(self, work: Work) -> Lane:
        """Which lane it belongs to, as far as is known by now."""
        if work.kind in ("model", "static"):
            return "opening"
        if work.long:
            return "pressed"
        return "long" if self._took.get(work.sort, 0.0) > _LONG else "short"

    def counts(self) -> dict[str, dict[str, int]]:
        """How much of each kind is worked on (``working``) and waits for its turn (``waiting``)."""
        with self._lock:
            parts = {"working": self._working, "waiting": self._waiting}
            return {name: dict(Counter(work.kind for work in these)) for name, these in parts.items()}

    def look_round(self) -> bool:
        """End what nobody waits for any more; is there any work left?"""
        with self._lock:
            these = [*self._working, *self._waiting]
            readers = {reader for work in these for reader in work.readers}
            now = time.monotonic()
            self._gone = {reader: self._gone.get(reader, now) for reader in readers if not self._here(reader)}
            away = {reader for reader, since in self._gone.items() if now - since >= _ABSENT}
            self._served = {reader: turn for reader, turn in self._served.items() if reader in readers}
            left = [work for work in these if work.readers and not work.lasts and work.readers <= away]
            self._watched = bool(these)
        for work in left:  # somebody may have come meanwhile
            work.leave(*away)
        return bool(these)

    def _watch(self) -> None:
        pause = threading.Event()
        while self.look_round():
            pause.wait(_LOOKS)

    def _next(self) -> list[Work]:
        """What begins now, counted as begun. With the lock."""
        self._places.clear()
        begun: list[Work] = []
        for lane, most in self._at_once.items():
            while self._at_work(lane) < most:
                free = [work for work in self._waiting if self.lane(work) == lane and self._may(work, lane)]
                if not free:
                    break
                one = min(free, key=lambda work: self._last(work, self._served))
                self._begin(one)
                begun.append(one)
        return begun

    def _begin(self, work: Work) -> None:
        self._waiting.remove(work)
        self._working.append(work)
        self._count += 1
        self._served.update(dict.fromkeys(work.readers, self._count))

    def _in_turn(self, lane: Lane) -> list[Work]:
        """What waits in a lane, in the order in which it will begin."""
        left = [work for work in self._waiting if self.lane(work) == lane]
        served, count, order = dict(self._served), self._count, []
        while left:
            one = min(left, key=lambda work: self._last(work, served))
            left.remove(one)
            order.append(one)
            count += 1
            served.update(dict.fromkeys(one.readers, count))
        return order

    def _at_work(self, lane: Lane) -> int:
        return sum(self.lane(work) == lane for work in self._working)

    def _may(self, work: Work, lane: Lane) -> bool:
        """Has one of its readers less work in that lane than each may have?"""
        if lane not in HEAVY or not work.readers:
            return True
        busy = Counter(reader for one in self._working if self.lane(one) == lane for reader in one.readers)
        return any(busy[reader] < self._each for reader in work.readers)

    def _last(self, work: Work, served: Mapping[str, int]) -> int:
        """The turn at which one of its readers was served longest ago."""
        return min((served.get(reader, 0) for reader in work.readers), default=0)

    def _note(self, sort: Hashable, seconds: float) -> None:
        self._took[sort] = seconds
        self._took.move_to_end(sort)
        if len(self._took) > _MOST_SORTS:
            self._took.popitem(last=False)


def step_back() -> None:
    """This thread lets others have the processor first, where the system knows priorities of threads, and the model too."""
    sharing.stand_aside()
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _PRIORITY)
