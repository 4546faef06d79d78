"""Workspaces that are too long for a link: the server keeps them, and the address carries a name for them."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict

from ctxcore.workspace import Workspace, to_json

HOURS = 12
"""How long one is kept after its page was last drawn."""
_MOST_BYTES = 64 << 20
"""Of all of them: some 500 with 2,000 sentences each."""
_MOST = 5000


class Kept:
    """Workspaces by names that nobody can guess. A name stands for one value for ever: an edited workspace has another."""

    def __init__(self, most_bytes: int = _MOST_BYTES, most: int = _MOST) -> None:
        self._lock = threading.Lock()
        self._most_bytes, self._most = most_bytes, most
        self._found: OrderedDict[str, tuple[Workspace, int, float]] = OrderedDict()
        self._names: dict[Workspace, str] = {}

    def put(self, workspace: Workspace) -> str:
        """The name of this workspace, kept from now on for some hours, while there is room for it."""
        with self._lock:
            name = self._names.get(workspace)
            size = len(to_json(workspace)) if name is None else self._found[name][1]
            name = name or secrets.token_urlsafe(16)
            self._names[workspace] = name
            self._found[name] = workspace, size, time.monotonic()
            self._found.move_to_end(name)
            self._drop()
            return name

    def get(self, name: str) -> Workspace | None:
        """What is kept under a name; None where it is not, or no longer."""
        with self._lock:
            self._drop()
            found = self._found.get(name)
            return None if found is None else found[0]

    def _drop(self) -> None:
        """Let go of what was not looked at for longest; the last one stays whatever its size."""
        old = time.monotonic() - HOURS * 3600
        total = sum(size for _, size, _ in self._found.values())
        while self._found:
            workspace, size, seen = next(iter(self._found.values()))
            full = len(self._found) > 1 and (total > self._most_bytes or len(self._found) > self._most)
            if not full and seen >= old:
                return
            del self._names[workspace], self._found[next(iter(self._found))]
            total -= size


kept = Kept()
"""One for all readers of this server."""
