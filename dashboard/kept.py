"""Workspaces that are too long for a link: the server keeps them, and the address carries a name for them.

Several servers of one address share a folder (``CTXCORE_KEPT``): what one keeps the others have too, and each after a new start.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

from ctxcore import CtxError
from ctxcore.workspace import Workspace, from_json, to_json
from dashboard.settings import settings

HOURS = 12
"""How long one is kept after its page was last drawn."""
_MOST_BYTES = 64 << 20
"""Of all of them: some 500 with 2,000 sentences each."""
_MOST = 5000
NAME = re.compile(r"[\w-]{1,60}", re.ASCII)
"""How a name is written: nothing else becomes the name of a file, or is put into a script."""


class Folder:
    """The same on disk, a file each, for servers that share it. A disk that fails keeps nothing, and stops nobody."""

    def __init__(self, path: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._path, self._most = path, most_bytes

    def put(self, name: str, workspace: Workspace) -> None:
        """Write it whole or not at all; one that is there counts as looked at now."""
        file = self._path / f"{name}.json"
        with suppress(OSError):
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if file.exists():
                os.utime(file)
                return
            part = file.with_suffix(f".{secrets.token_hex(4)}.part")
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
                sink.write(to_json(workspace))
            part.replace(file)
            self._drop()

    def get(self, name: str) -> Workspace | None:
        """What another server wrote under this name; None where there is nothing that can be read."""
        if not NAME.fullmatch(name):
            return None
        file = self._path / f"{name}.json"
        with suppress(OSError, CtxError):
            if file.stat().st_mtime >= time.time() - HOURS * 3600:
                return from_json(file.read_bytes())
        return None

    def _drop(self) -> None:
        """Remove what was not looked at for longest, and what a server left half written as it died."""
        old, total = time.time() - HOURS * 3600, 0
        for state, file in sorted(((f.stat(), f) for f in self._path.iterdir()), key=lambda one: -one[0].st_mtime):
            half = file.suffix == ".part" and state.st_mtime < time.time() - 60
            total += state.st_size
            if half or state.st_mtime < old or (total > self._most and total > state.st_size):
                file.unlink(missing_ok=True)


class Kept:
    """Workspaces by names that nobody can guess. A name stands for one value for ever: an edited workspace has another."""

    def __init__(self, most_bytes: int = _MOST_BYTES, most: int = _MOST, folder: Folder | None = None) -> None:
        self._lock = threading.Lock()
        self._folder = folder
        self._most_bytes, self._most = most_bytes, most
        self._found: OrderedDict[str, tuple[Workspace, int, float]] = OrderedDict()
        self._names: dict[Workspace, str] = {}

    def put(self, workspace: Workspace) -> str:
        """The name of this workspace, kept from now on for some hours, while there is room for it."""
        with self._lock:
            name = self._names.get(workspace)
            size = len(to_json(workspace)) if name is None else self._found[name][1]
            name = name or secrets.token_urlsafe(16)
            self._hold(name, workspace, size)
        if self._folder is not None:
            self._folder.put(name, workspace)
        return name

    def get(self, name: str) -> Workspace | None:
        """What is kept under a name; None where it is not, or no longer."""
        with self._lock:
            self._drop()
            if name in self._found:
                return self._found[name][0]
        workspace = None if self._folder is None else self._folder.get(name)
        if workspace is not None:
            with self._lock:
                if workspace not in self._names:
                    self._hold(name, workspace, len(to_json(workspace)))
        return workspace

    def _hold(self, name: str, workspace: Workspace, size: int) -> None:
        self._names[workspace] = name
        self._found[name] = workspace, size, time.monotonic()
        self._found.move_to_end(name)
        self._drop()

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


kept = Kept(folder=Folder(Path(settings().kept).expanduser()) if settings().kept else None)
"""One for all readers of this server."""
LASTS = f"{HOURS} hours" + ("" if settings().kept else " or until it is started anew")
"""As a reader is told it."""
