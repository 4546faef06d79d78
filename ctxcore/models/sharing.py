"""Forward passes of many threads, one after the other.

A pass is thousands of short steps, between which its thread lets go of the interpreter and asks for it again. Two passes at once take
about as long as one after the other. Of eight at once each takes a hundred times as long: every step waits for all other threads
(measured on two cores with 20 readers: no answer for a minute). So in a process that serves many, passes take turns, first come,
first served.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """So many at a time, first come, first served: who lets go hands over to who waits, and cannot take it again before."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for a place and have it here."""
        self._take()
        try:
            yield
        finally:
            self._hand_over()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def _hand_over(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


_MOST = 3
"""However many cores there are: all passes still share one interpreter. More than one place was not measured."""
_lines: dict[bool, Line] = {}
"""By whether they are of work that stands aside; none where passes take no turns."""
_here = threading.local()


def take_turns(places: int) -> None:
    """From now on so many passes of this process run at a time, one to three, and one of work that stands aside."""
    _lines.update({False: Line(min(max(1, places), _MOST)), True: Line(1)})


def stand_aside() -> None:
    """What this thread does from now on takes long, and other passes do not wait for it."""
    _here.aside = True


@contextmanager
def turn() -> Iterator[None]:
    """A forward pass of this thread runs here. One within another waits for nothing."""
    line = _lines.get(getattr(_here, "aside", False))
    if line is None or getattr(_here, "within", False):
        yield
        return
    with line.place():
        _here.within = True
        try:
            yield
        finally:
            _here.within = False
