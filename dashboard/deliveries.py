"""Files that are made for one reader and kept until that reader has taken them, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from ctxcore import BadInputError
from ctxcore.progress import Progress
from dashboard.jobs import Job
from dashboard.turns import Turns

_EXPECTED = 16 << 20
"""Bytes that are reserved for a file while it is made: a report has about 5 MB, with all data it is a few times that."""


class _Parcel:
    """One file. ``readers`` have asked for it and not taken it yet."""

    def __init__(self, job: Job[bytes]) -> None:
        self.job = job
        self.readers: set[str] = set()

    @property
    def size(self) -> int:
        """Bytes it takes, or is expected to take."""
        if self.job.done:
            return len(self.job.value or b"")
        return _EXPECTED


class Deliveries:
    """Files by what they are about. What a reader asked for stays until that reader has taken it, asked anew, or gone.

    What was taken stays too, and goes when there is no room for what others ask for.
    """

    def __init__(self, most: int, is_here: Callable[[str], bool], turns: Turns | None = None) -> None:
        """``most``: bytes of all files together. ``is_here``: is a reader still connected? ``turns``: where their making waits."""
        self._turns = turns
        self._most = most
        self._is_here = is_here
        self._lock = threading.Lock()
        self._parcels: OrderedDict[Any, _Parcel] = OrderedDict()
        self._gone: deque[Any] = deque(maxlen=256)

    def ask(self, key: Any, reader: str, work: Callable[[Progress], bytes]) -> Job[bytes]:
        """The file of this key, begun; the first who asks gives the work.

        Raises:
            BadInputError: There is no room for it: it would push out what others have not taken yet.
        """
        with self._lock:
            parcel = self._parcels.get(key)
            if parcel is not None and (parcel.job.error is not None or parcel.job.ending):
                parcel = None
            if parcel is None:
                self._make_room(key)
                parcel = self._parcels[key] = _Parcel(
                    Job(work, self._turns, ends=self._ended, kind="report", long=True)
                )
            parcel.readers.add(reader)
            self._parcels.move_to_end(key)
        parcel.job.begin(reader)
        return parcel.job

    def find(self, key: Any) -> Job[bytes] | None:
        """The file of this key, if somebody asked for it and it is still there."""
        with self._lock:
            parcel = self._parcels.get(key)
            return None if parcel is None else parcel.job

    def waits(self, key: Any, reader: str) -> bool:
        """Has this reader asked for it and not taken it yet?"""
        with self._lock:
            parcel = self._parcels.get(key)
            return parcel is not None and reader in parcel.readers

    def made_room(self, key: Any) -> bool:
        """Was it there, and had to go for others after it was taken?"""
        with self._lock:
            return key in self._gone and key not in self._parcels

    def taken(self, key: Any, reader: str) -> None:
        """This reader has it, or does not want it any more."""
        with self._lock:
            if parcel := self._parcels.get(key):
                parcel.readers.discard(reader)

    def forget(self, job: Job[bytes]) -> None:
        """Let go of one that failed or was stopped."""
        with self._lock:
            for key in [k for k, parcel in self._parcels.items() if parcel.job is job]:
                del self._parcels[key]

    def _ended(self, job: Job[bytes]) -> None:
        if job.abandoned:
            self.forget(job)

    def _make_room(self, key: Any) -> None:
        """Drop what nobody waits for, the oldest first, until one more fits."""
        self._parcels.pop(key, None)
        for parcel in self._parcels.values():
            parcel.readers = {reader for reader in parcel.readers if self._is_here(reader)}
        for old, parcel in list(self._parcels.items()):
            if self._full() and not parcel.readers and parcel.job.done:
                del self._parcels[old]
                self._gone.append(old)
        if self._full():
            raise BadInputError(
                f"Files that wait for their readers take up to {self._most >> 20} MB.",
                f"{len(self._parcels)} that are being made or have not been taken yet",
                "Take what you asked for, or ask again in a few minutes, when others have taken theirs.",
            )

    def _full(self) -> bool:
        return sum(parcel.size for parcel in self._parcels.values()) + _EXPECTED > self._most
