"""Answers by question: the latest asked for, within a number of bytes, and what takes a moment for a few minutes only."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary


@dataclass
class _Kept:
    """An answer.

    Attributes:
        value: The answer.
        parts: Bytes of each part of it, by the part's identity.
        quick: Is it measured in a moment?
        asked: When it was last asked for.
    """

    value: Any
    parts: dict[int, int]
    quick: bool
    asked: float


class Answers:
    """Safe between threads.

    Args:
        most_bytes: How much is kept. What is larger than all of it is not.
        quick_for: Seconds that an answer stays which is measured in a moment and which nobody asks for; None: as long as any other.
            A class that edits its sentences would otherwise fill all that may be kept with what no one comes back to.
    """

    def __init__(self, most_bytes: int, quick_for: float | None = None) -> None:
        self.most_bytes = most_bytes
        self._quick_for = quick_for
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._held: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._shared: Counter[int] = Counter()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Bytes of all answers that are kept; an array that several of them hold counts once."""
        with self._lock:
            return self._bytes

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def find(self, key: Hashable) -> tuple[Any] | None:
        """The answer, which may be None itself; None where there is none. One that is not kept is there while somebody holds it."""
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                kept.asked = time.monotonic()
                self._kept.move_to_end(key)
                return (kept.value,)
            held = self._held.get(key)
            return None if held is None else (held,)

    def keep(self, key: Hashable, value: Any, parts: dict[int, int], quick: bool) -> None:
        """Keep an answer; the oldest make room. ``parts``: bytes of each part of it, by the part's identity."""
        now = time.monotonic()
        with self._lock:
            self._drop_old(now)
            self._drop_until(lambda: self._new(parts) + self._bytes <= self.most_bytes)
            if self._new(parts) + self._bytes <= self.most_bytes:
                self._bytes += self._new(parts)
                self._shared.update(parts.keys())
                self._kept[key] = _Kept(value, parts, quick, now)

    def hold(self, key: Hashable, value: Any) -> None:
        """Give this answer to whoever asks while somebody holds it."""
        with self._lock, suppress(TypeError):  # a number or a tuple cannot be held so, and takes nothing
            self._held[key] = value

    def make_room(self, size: int) -> None:
        """Let the answers go that were asked for longest ago, until there is room for so many bytes."""
        with self._lock:
            self._drop_until(lambda: size + self._bytes <= self.most_bytes)

    def let_go(self, most_bytes: int = 0) -> None:
        """Keep no more than so many bytes: the answers that were asked for longest ago go."""
        with self._lock:
            self._drop_until(lambda: self._bytes <= most_bytes)

    def _new(self, parts: dict[int, int]) -> int:
        """Bytes that no kept answer holds yet."""
        return sum(size for part, size in parts.items() if part not in self._shared)

    def _drop_old(self, now: float) -> None:
        if self._quick_for is None:
            return
        old = []
        for key, kept in self._kept.items():  # the first was asked for longest ago
            if now - kept.asked <= self._quick_for:
                break
            if kept.quick:
                old.append(key)
        for key in old:
            self._forget(self._kept.pop(key))

    def _drop_until(self, fits: Callable[[], bool]) -> None:
        while self._kept and not fits():
            self._forget(self._kept.popitem(last=False)[1])

    def _forget(self, kept: _Kept) -> None:
        self._shared.subtract(kept.parts.keys())
        gone = [part for part in kept.parts if not self._shared[part]]
        for part in gone:
            del self._shared[part]
        self._bytes -= sum(kept.parts[part] for part in gone)
