"""Files that are made when their button is pressed, and stay until the browser has fetched them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from streamlit import runtime

_MOST = 256 << 20
"""Bytes that are held at a time: some fifty figures with the library that draws them."""
_LONGEST = 60.0
"""Seconds that a file is held: a browser asks for it at once. What it has begun to fetch it gets, however long that takes."""


def held(make: Callable[[], bytes], mime: str, name: str) -> Callable[[], bytes]:
    """The same for a download button's ``data``, whose file stays for a while.

    Streamlit lets a file that was made on demand go when any two readers' pages have been drawn, which on a busy server is
    before the browser asks for it: the download then ends as "not found". Here the file belongs to nobody's page. ``mime`` and
    ``name`` must be those of the button: together with the content they are the file's address.
    """

    def call() -> bytes:
        data = make()
        if runtime.exists():
            _shelf.put(data, mime, name)
        return data

    return call


class _Shelf:
    """The files that were made last, each on a place of its own; a place that is given away lets go of what lay there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: deque[tuple[str, int, float]] = deque()
        self._free: list[str] = []

    def put(self, data: bytes, mime: str, name: str) -> None:
        files = runtime.get_instance().media_file_mgr
        now = time.monotonic()
        with self._lock:
            place = self._free.pop() if self._free else f"held {len(self._held)}"
            # Called where no page is drawn, so the file is noted for no reader, and no reader's next page lets go of it.
            files.add(data, mime, place, file_name=name, is_for_static_download=True)
            self._held.append((place, len(data), now))
            while len(self._held) > 1 and (
                sum(size for _, size, _ in self._held) > _MOST or now - self._held[0][2] > _LONGEST
            ):
                self._free.append(self._held.popleft()[0])
                files.add(b"", "text/plain", self._free[-1], is_for_static_download=True)


_shelf = _Shelf()
