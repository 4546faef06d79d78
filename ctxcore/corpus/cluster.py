"""The same extraction on many workers, by Ray Data. Nothing else is distributed: files are read and written where the run was started.

A part of a store is a row of the dataset, with its usages and later its vectors packed in one cell. So the parts are those of the
plain loop, whatever comes back first, and no reading task waits for a CPU that a worker holds.
"""

from __future__ import annotations

import importlib
import logging
import os
import socket
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ctxcore.corpus.extract import Extractor
from ctxcore.errors import BadInputError, ClusterError, CtxError

_WINDOW = 256 << 20
"""Bytes of usages that are handed over at once; for the next ones workers start anew, which takes seconds of many minutes."""
_CPU = 0.5
"""Of a CPU that a worker takes for itself. Workers that take all leave none for a task of Ray's own, which then waits for ever."""
_TRIES = 3
"""Workers that may die at one part."""
_ANSWER = 5.0
"""Seconds that a cluster may take to answer: Ray itself asks a closed door for minutes."""
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
"""How a conversation in HTTP/2 begins (RFC 9113, 3.4), which is what Ray speaks: the other side answers with a frame of the same kind."""
_PART = pa.schema([("part", pa.int64()), ("usages", pa.large_binary())])


@dataclass(frozen=True)
class Cluster:
    """Where workers run, and how many.

    Attributes:
        address: ``HOST:PORT`` or ``ray://HOST:PORT``; None is what ``RAY_ADDRESS`` says, or else this machine alone.
        gpus: Workers that have a GPU each; 0 for workers on CPUs.
        workers: How many on CPUs; None is one for each CPU.
    """

    address: str | None = None
    gpus: int = 0
    workers: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("gpus", 0), ("workers", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise BadInputError(f"{name} is a whole number from {least} on.", repr(value), f"Write {name}=2.")
        if self.gpus and self.workers not in (None, self.gpus):
            raise BadInputError("A worker has a GPU each.", f"{self.workers} for {self.gpus}", "Leave workers out.")


class Tries:
    """Counts how often each part was begun, in a place that outlives workers: Ray itself would try for ever."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def begin(self, part: int) -> int:
        """How often it was begun, this time included."""
        self._counts[part] += 1
        return self._counts[part]


class Worker:
    """What Ray runs: an :class:`Extractor` that gets and gives rows of packed parts."""

    def __init__(self, extractor: Extractor, tries: Any) -> None:
        self._extractor, self._tries = extractor, tries

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Packed parts with their vectors."""
        ray = importlib.import_module("ray")
        done = []
        for number, found in _unpacked(rows):
            if ray.get(self._tries.begin.remote(number)) > _TRIES:
                raise ClusterError(
                    "A worker lives until its part is done.",
                    f"{_TRIES} workers that died at one part, the first usage of which stands in {found['file'][0]}, row {found['row'][0]}",
                    "Give each more memory: fewer workers, a smaller model or fewer layers. What was finished is kept.",
                )
            done.append(_packed(number, self._extractor(found)))
        return pa.concat_tables(done)


def extracted(
    extractor: Extractor, found: Callable[[int], pa.RecordBatch], numbers: Sequence[int], asked: Cluster
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Number and rows of each part with its vectors, in the order in which they come back, each once.

    Args:
        extractor: What each worker does.
        found: Gives the usages of a part.
        numbers: The parts.
        asked: Where.

    Raises:
        ClusterError: Ray is not installed, the cluster does not answer or has none of what is asked for, or workers die again and again.
        CtxError: Whatever an extractor says.
    """
    with _connected(asked.address) as ray, _said():
        workers, takes = _workers(ray, asked)
        tries = ray.remote(Tries).options(num_cpus=0).remote()
        pool = ray.data.ActorPoolStrategy(size=workers)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.raise_original_map_exception = True
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what goes wrong is raised
        for window in _windows(numbers, found):
            waiting = {number for table in window for number in table["part"].to_pylist()}
            done = ray.data.from_arrow(window).map_batches(
                Worker, fn_constructor_args=(extractor, tries), batch_size=1, batch_format="pyarrow", compute=pool, **takes,
            )  # fmt: skip
            for rows in done.iter_batches(batch_size=None, batch_format="pyarrow"):
                for number, part in _unpacked(rows):
                    waiting.remove(number)  # KeyError: it came twice, which Ray says that it does not
                    yield number, part
            if waiting:
                raise ClusterError(
                    "Every part that workers get comes back.",
                    f"{len(waiting)} that did not",
                    "Give the same command again.",
                )


def _windows(numbers: Iterable[int], found: Callable[[int], pa.RecordBatch]) -> Iterator[list[pa.Table]]:
    """Packed parts, so many that they are no burden."""
    window: list[pa.Table] = []
    for number in numbers:
        window.append(_packed(number, found(number)))
        if sum(table.nbytes for table in window) >= _WINDOW:
            yield window
            window = []
    if window:
        yield window


def _packed(number: int, part: pa.RecordBatch) -> pa.Table:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, part.schema) as stream:
        stream.write_batch(part)
    return pa.table([[number], pa.array([sink.getvalue().to_pybytes()], pa.large_binary())], schema=_PART)


def _unpacked(rows: pa.Table) -> Iterator[tuple[int, pa.RecordBatch]]:
    for number, data in zip(rows["part"].to_pylist(), rows["usages"], strict=True):
        with pa.ipc.open_stream(data.as_buffer()) as stream:
            yield number, stream.read_next_batch()


def _workers(ray: Any, asked: Cluster) -> tuple[int, dict[str, float]]:
    """How many, and what each takes. ClusterError where the cluster has nothing of the kind: Ray would wait for it for ever."""
    kind = "GPU" if asked.gpus else "CPU"
    there = int(ray.cluster_resources().get(kind, 0))
    if not there:
        raise ClusterError(
            f"Workers need a {kind} each.",
            f"a cluster without any {kind}",
            "Leave --gpus out, or start a node with it.",
        )
    if asked.gpus:
        return asked.gpus, {"num_cpus": _CPU, "num_gpus": 1}
    return asked.workers or there, {"num_cpus": _CPU}


@contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Ray, connected to a cluster, or to one of its own on this machine, which ends with the work."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # it warns where neither is chosen
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError as error:
        raise ClusterError(
            "Workers on a cluster are run by Ray.", f"no Ray here ({error})", "Install it: pip install 'ctxcore[ray]'."
        ) from error
    if ray.is_initialized() and not address:  # by who called us
        yield ray
        return
    address = address or os.environ.get("RAY_ADDRESS") or None
    if address:
        _must_answer(address)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    # A folder of its own: what another run left in the common one is taken for a cluster, and asked for minutes.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        here: dict[str, Any] = {} if address else {"include_dashboard": False, "_temp_dir": folder}
        try:
            ray.init(address or "local", **here, **quiet)
        except (OSError, RuntimeError, ValueError) as error:
            raise ClusterError(
                "Ray starts, or joins a cluster of its own version.", _first(error), "Look into Ray's own logs."
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _must_answer(address: str) -> None:
    """ClusterError within seconds, where nobody who could be Ray answers."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ClusterError(
            "The address of a cluster is HOST:PORT, or ray://HOST:PORT.",
            repr(address),
            "Write the address that `ray start --head` says.",
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _ANSWER) as to:
            to.settimeout(_ANSWER)
            if os.environ.get("RAY_USE_TLS", "0") in ("", "0"):
                to.sendall(_HELLO)
                if to.recv(9)[3:4] != b"\4":
                    raise ConnectionError("who answers is not Ray")
    except OSError as error:
        raise ClusterError(
            "The cluster must answer.",
            f"{address}, where nothing does ({_first(error)})",
            "Start it (`ray start --head`), or leave the address out for this machine alone.",
        ) from error


@contextmanager
def _said() -> Iterator[None]:
    """What Ray says, in words of ours; what an extractor said on a worker, as it said it."""
    try:
        yield
    except Exception as error:
        said = getattr(error, "cause", error)
        if isinstance(said, CtxError) and said is not error:
            raise said from None
        if isinstance(said, CtxError) or not type(error).__module__.startswith("ray."):
            raise
        raise ClusterError(
            "Workers of a cluster do as they are told.",
            _first(said),
            "What was finished is kept: see that every node has this version of ctxcore and memory for the model, then run again.",
        ) from error


def _first(error: BaseException) -> str:
    """The last line of what an error says: the first ones are a traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300]
