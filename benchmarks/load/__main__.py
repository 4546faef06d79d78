"""``python -m benchmarks.load``: so many readers at once, and whether each gets the right answer in time."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from benchmarks.load import browsers
from benchmarks.load.answers import Library
from benchmarks.load.reader import MIXES, Done, Reader
from benchmarks.load.report import Result, table
from benchmarks.load.server import Server, serving

_HEAVY = ("report", "everything", "moved", "train", "patch", "downloads")
_EACH = 10
"""Downloads of each kind, by each reader."""


@dataclass
class Taken:
    """What the server took, second by second: the moment, seconds of processor time so far, bytes of memory."""

    moments: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)

    async def watch(self, server: Server) -> None:
        """Look once a second, until it is cancelled."""
        while server.pid is not None:
            self.look(server)
            await asyncio.sleep(1)

    def look(self, server: Server) -> None:
        """Now."""
        self.moments.append(time.perf_counter())
        self.seconds.append(server.seconds())
        self.bytes.append(server.memory())


async def load(options: argparse.Namespace, server: Server, taken: Taken) -> tuple[list[Reader], list[Done], float]:
    """Let all readers in, let them read, press what is heavy; the readers, what browsers did, and when all were in."""
    mix = MIXES[options.mix]
    readers = [Reader(server.address, options.seed + n, mix, tuple(options.think)) for n in range(options.readers)]
    watch = asyncio.create_task(taken.watch(server))
    await asyncio.gather(
        *(_late(reader.open(), options.open_within * n / len(readers)) for n, reader in enumerate(readers))
    )
    began = time.perf_counter()
    reading = [reader.read(began + 60 * options.minutes) for reader in readers]
    heavy = [
        Reader(server.address, options.seed + 1000 + n, mix, tuple(options.think)) for n in range(options.pressing)
    ]
    pressing = [_press(reader, options.heavy) for reader in heavy] if options.heavy else []
    end = began + 60 * options.minutes
    seen = [asyncio.to_thread(browsers.read, server.address, n, end, options.think) for n in range(options.browsers)]
    found, *_ = await asyncio.gather(asyncio.gather(*seen), *reading, *pressing)
    taken.look(server)
    watch.cancel()
    await asyncio.gather(*(reader.tab.close() for reader in (*readers, *heavy)), return_exceptions=True)
    return [*readers, *heavy], [one for done in found for one in done], began


async def _late(work: object, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await work  # type: ignore[misc]


async def _press(reader: Reader, kind: str) -> None:
    await reader.open()
    if kind == "downloads":
        await reader.downloads(_EACH)
    else:
        await reader.heavy(kind)


def idle(server: Server, patience: float = 60.0) -> float:
    """Seconds until the server does nothing any more, once its last reader has left."""
    start, before = time.perf_counter(), server.seconds()
    while time.perf_counter() - start < patience:
        time.sleep(1)
        now = server.seconds()
        if now - before < 0.05:
            return time.perf_counter() - start - 1
        before = now
    return patience


def judge(readers: Sequence[Reader]) -> tuple[list[Done], list[str]]:
    """Everything that was done, and what was wrong with the answers."""
    library, wrong = Library(), []
    done = [one for reader in readers for one in reader.done]
    for one in done:
        if one.answer is not None and not one.failed:
            found = library.wrong(one.answer)
            wrong += [f"{one.what} on {one.answer.page}: {found[0]}"] if found else []
    return done, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 where a limit is missed."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(options.log) if options.log else Path(folder) / "log.txt"
        with serving(options.address, log) as server:
            if not options.cold:
                asyncio.run(_warm(server))
            taken, mine = Taken(), psutil.Process().cpu_times()
            readers, seen, began = asyncio.run(load(options, server, taken))
            after = psutil.Process().cpu_times()
            until_idle = idle(server) if server.pid is not None else None
    done, wrong = judge(readers)
    client = after.user + after.system - mine.user - mine.system
    first = [reader.tab.first_figure for reader in readers[: options.readers] if reader.tab.first_figure is not None]
    revived = sum(reader.tab.revived for reader in readers)
    result = Result.of(options, [*done, *seen], wrong, first, revived, taken, began, until_idle, client)
    print(table(result), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(asdict(result), indent=1))
    return 1 if result.missed else 0


async def _warm(server: Server) -> None:
    """One reader has been everywhere: models and libraries are there."""
    reader = Reader(server.address, 0, MIXES["all"], (0, 0))
    await reader.open()
    for page in ("word", "heads", "next", "relations", "unseen", "idea"):
        await reader.go(page)
    await reader.tab.close()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--think", type=float, nargs=2, default=(5, 10), metavar="SECONDS")
    parser.add_argument("--open-within", type=float, default=10, metavar="SECONDS")
    parser.add_argument("--mix", choices=tuple(MIXES), default="all", help="edit: sentences of the page alone")
    parser.add_argument("--heavy", choices=_HEAVY, help="a heavy button that others press all at once")
    parser.add_argument("--pressing", type=int, default=20, help="how many press it")
    parser.add_argument("--browsers", type=int, default=0, help="real ones beside the readers, which edit sentences")
    parser.add_argument("--address", help="of a server that runs already; its memory and processor time are not known")
    parser.add_argument("--cold", action="store_true", help="nobody has been there before")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", help="where the server's log is to stand")
    parser.add_argument("--json", help="where the figures are to stand")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
