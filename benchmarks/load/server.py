"""The server that is measured: started here on a free port, and what its processes take."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


class Server:
    """A dashboard on a port of this machine.

    Attributes:
        address: Of it.
        pid: Its process; None where it runs elsewhere, and what it takes is not known.
    """

    def __init__(self, port: int, log: Path, **environment: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._port, self._log, self._environment = port, log, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._gone = 0.0

    @property
    def pid(self) -> int | None:
        """Of its process."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless=true"]
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(
                [*command, f"--server.port={self._port}", "--server.address=127.0.0.1"],
                cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **self._environment}, stdout=sink, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        answers(self.address)

    def kill(self) -> None:
        """As a power cut would end it: with no word."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it and all that it started."""
        self._end(signal.SIGTERM)
        self._end(signal.SIGKILL)

    def _end(self, kind: int) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, kind)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)

    def alive(self) -> bool:
        """Does its process go on?"""
        return self._process is not None and self._process.poll() is None

    def seconds(self) -> float:
        """Of processor time so far, of it and of all that it started."""
        total = 0.0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total

    def memory(self) -> int:
        """Bytes in memory, of it and of all that it started; shared pages count once, where the system says so."""
        total = 0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_full_info().pss if sys.platform == "linux" else process.memory_info().rss
        return total

    def _processes(self) -> list[psutil.Process]:
        if self.pid is None:
            return []
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            return [process, *process.children(recursive=True)]
        return []


def answers(address: str, patience: float = 120.0) -> None:
    """Wait until a server says that it is healthy.

    Raises:
        TimeoutError: It does not.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
            return
        time.sleep(0.1)
    raise TimeoutError(address)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(address: str | None, log: Path) -> Iterator[Server]:
    """The server at an address, or one of our own that ends with this."""
    server = Server(free_port(), log)
    if address is not None:
        server.address = address
        yield server
        return
    try:
        server.start()
        yield server
    finally:
        server.stop()
