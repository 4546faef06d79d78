"""``python -m benchmarks.load.hostile``: a real server gets what no reader means, over its own socket, thousands of times.

Half of it goes to a shared server and half to one for its owner alone. Each input has a reader of its own: a link is opened, a text is
typed into one of a page's fields, a file is given to an upload and what is then offered is pressed. It has failed where the page
shows an exception, the log names one, or the connection breaks. It is slow where the page is not at rest after five seconds and
does not show within them how far it is beside a button that stops it, and heavy where the server's memory grew by more than 500 MB
meanwhile. What was slow, heavy or failed beside others is repeated alone, on a server that has just begun, and counts if it is so again.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.load.server import Server, free_port
from benchmarks.load.spoilt import SHARES, Input, input_of
from benchmarks.load.tab import LostError, Shown, Tab
from ctxcore.pages import PAGES

SECONDS, MEMORY = 5.0, 500 << 20
"""Of one input, at most."""
_PATIENCE, _WHILE = 60.0, 1.5
"""Seconds until what is not answered counts as lost, and that long work is looked at before its reader leaves."""
_LOOKS = 0.5
"""Seconds between two looks at the server's memory."""
_TRACE = re.compile(r'  File "|Traceback|ERROR|CRITICAL')
"""What a log holds of an exception."""
_COLOURS, _TOLD = re.compile(r"\x1b\[[0-9;]*m|[\u2500-\u257f]"), 700
"""What a log has beside words; characters of it that are printed, of which the last say most."""
_PRESSED = ("Open it", "Replace sentences", "Append sentences")
_UPLOADERS = {
    "workspace": "workspace_file",
    "sentences": "None",
    "usages": "usages_file_given",
    "space text": "space_file",
}
"""Keys of uploaders; one has none, and one has another each time."""


@dataclass
class Found:
    """What became of one input.

    Attributes:
        input: Which.
        seconds: Of its longest step, from sending to a page at rest.
        end: ``drawn``, ``refused`` (an error or a note says so), ``at work`` (how far it is, and a button that stops it), or why
            it could not be sent: ``no field``, ``not sent``.
        raw: The exception that the page or the log shows; what broke.
        bytes: Of memory that the server took on top.
        processor: Seconds that the server took meanwhile, for others, too.
    """

    input: Input
    seconds: float = 0.0
    end: str = ""
    raw: str = ""
    bytes: int = 0
    processor: float = 0.0
    steps: list[float] = field(default_factory=list)

    @property
    def wrong(self) -> str:
        """``failed``, ``slow``, ``heavy`` or nothing."""
        return "failed" if self.raw else "slow" if self.seconds > SECONDS else "heavy" if self.bytes > MEMORY else ""

    def __str__(self) -> str:
        one = self.input
        where = one.upload or "link" if one.kind != "text" else "text"
        what = (
            self.raw or f"{self.end}, {self.seconds:.1f} s, {self.processor:.1f} s of processor, {self.bytes >> 20} MB"
        )
        return (
            f"{one.kind}:{one.number} ({one.page} {one.query[:60]!r} {where} {(one.name or one.text)[:40]!r}): {what}"
        )


class Victim:
    """A server under watch, and the readers that send to it."""

    def __init__(self, folder: Path, shared: bool) -> None:
        self.name = "shared" if shared else "own"
        self._log, self._folder, self._seen = folder / f"{self.name}.txt", folder, 0
        own = {"CTXCORE_SHARED": "1"} if shared else {}
        self._server = Server(free_port(), self._log, CTXCORE_CACHE=str(folder / "cache"), HF_HUB_OFFLINE="1", **own)
        self._level = 0
        self._peaks: dict[int, int] = {}

    @asynccontextmanager
    async def up(self) -> Any:
        """Started, every page seen once with every bundled model; ended when this is left."""
        await asyncio.to_thread(self._server.start)
        watch = asyncio.create_task(self._watch())
        try:
            for model in ("minilm-l6", "smollm2-135m"):
                for page in PAGES:
                    tab = Tab(self._server.address)
                    await tab.open(page, f"model={model}")
                    await tab.settled(600)
                    await tab.close()
            self._trace()
            yield self
        finally:
            watch.cancel()
            await asyncio.to_thread(self._server.stop)

    async def send(self, inputs: Iterator[Input], found: list[Found]) -> None:
        """One after the other, until none is left."""
        for one in inputs:
            found.append(await self.one(one))

    async def one(self, one: Input) -> Found:
        """Send an input, and judge what comes of it."""
        found, tab, token = Found(one), Tab(self._server.address), id(one)
        level, before = self._level, self._server.seconds()
        self._peaks[token] = level
        try:
            await getattr(self, f"_{one.kind}")(tab, one, found)
            said = [*tab.all("alert")]
            found.end = found.end or ("at work" if tab.works else "refused" if said else "drawn")
            found.raw = "; ".join(f"{s.value.type}: {s.value.message}" for s in tab.all("exception"))[:80]
        except LostError as error:
            found.raw = str(error)
        finally:
            with suppress(LostError):
                await tab.close()
            found.seconds, found.bytes = max(found.steps, default=0.0), self._peaks.pop(token) - level
            found.processor = self._server.seconds() - before
            found.input = replace(
                one, query=one.query[:60], text=one.text[:40], data=b""
            )  # ten thousand whole ones are gigabytes
        if trace := self._trace():
            found.raw = f"{found.raw} {trace}".strip()
        if not await asyncio.to_thread(self._server.alive):
            found.raw = "the server ended"
            await asyncio.to_thread(self._server.start)
        return found

    async def _step(self, tab: Tab, found: Found, do: Callable[[], Awaitable[None]]) -> None:
        """Send something, and wait until the page is at rest, or has said for a while how far it is."""
        began = time.perf_counter()
        await do()
        await tab.settled(_PATIENCE, lambda: tab.rests or (time.perf_counter() - began > _WHILE and tab.works))
        found.steps.append(time.perf_counter() - began)

    async def _link(self, tab: Tab, one: Input, found: Found) -> None:
        await self._step(tab, found, lambda: tab.open(one.page, one.query))

    async def _text(self, tab: Tab, one: Input, found: Found) -> None:
        await self._visit(tab, one)
        fields = [*tab.all("text_input"), *tab.all("text_area")]
        if not fields:
            found.end = "no field"
            return
        there = fields[int(one.at * len(fields))]
        await self._step(tab, found, lambda: tab.set(there, wait=False, string_value=one.text))

    async def _file(self, tab: Tab, one: Input, found: Found) -> None:
        await self._visit(tab, one)
        if one.upload in ("vectors", "model"):
            await self._path(tab, one, found)
            return
        if one.upload == "workspace":
            await tab.set(tab.get("checkbox", "everything"), bool_value=True)
        if one.upload == "table text":  # no link says so
            row = tab.get("button_group", "corpus_picker")
            await tab.set(row, string_array_value=[row.value.options[-1].content])
        there = _uploader(tab, one.upload)
        try:
            await self._step(tab, found, lambda: tab.upload(there, one.name, one.data, one.sent))
        except LostError as error:
            if "HTTP Error 4" not in str(error):
                raise
            found.end = "not sent"
            return
        button = next((s for s in tab.all("button") if s.value.label in _PRESSED and not s.value.disabled), None)
        if button is not None and not any(tab.all("exception")):
            await self._step(tab, found, lambda: tab.set(button, wait=False, trigger_value=True))

    async def _path(self, tab: Tab, one: Input, found: Found) -> None:
        """A file of the server's, which its owner alone can name."""
        key, kind = {"vectors": ("own_file", "static"), "model": ("own_folder", "model")}[one.upload]
        there = tab.find("text_input", key)
        if there is None:
            found.end = "no field"
            return
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            path = Path(place, "v" + "".join(c for c in one.name if c.isalnum() or c in " .-")[-50:])
            path.write_bytes(one.data)
            await self._step(tab, found, lambda: tab.set(there, wait=False, string_value=str(path)))
            if button := tab.find("button", f"open_{kind}"):
                await self._step(tab, found, lambda: tab.set(button, wait=False, trigger_value=True))

    async def _visit(self, tab: Tab, one: Input) -> None:
        await tab.open(one.page, one.query)
        await tab.settled(_PATIENCE, lambda: tab.rests or tab.works)

    async def _watch(self) -> None:
        while True:
            self._level = await asyncio.to_thread(self._server.memory)
            for token, peak in self._peaks.items():
                self._peaks[token] = max(peak, self._level)
            await asyncio.sleep(_LOOKS)

    def _trace(self) -> str:
        """What the log holds of exceptions since the last look. Of several inputs at once, it may be another's."""
        with self._log.open("rb") as log:
            log.seek(self._seen)
            text = log.read().decode("utf-8", "replace")
            self._seen = log.tell()
        return " ".join(_COLOURS.sub("", text).split())[-_TOLD:] if _TRACE.search(text) else ""


def _uploader(tab: Tab, upload: str) -> Shown:
    """Where such a file goes."""
    for shown in tab.all("file_uploader"):
        if shown.key == _UPLOADERS.get(upload, shown.key) or (upload == "table text" and shown.key != "workspace_file"):
            return shown
    raise LostError(f"the page shows no upload for {upload}: {[s.key for s in tab.all('file_uploader')]}")


async def _all(
    victim: Victim, names: Sequence[tuple[str, int]], seed: int, tabs: int
) -> tuple[list[Found], list[Found]]:
    """Send all, so many at once; what was found, and of what was wrong what is so alone, too."""
    found: list[Found] = []
    queue = (input_of(*name, seed) for name in names)
    async with victim.up():
        await asyncio.gather(*(victim.send(queue, found) for _ in range(tabs)), _told(victim, found, len(names)))
    suspects = [one for one in found if one.wrong]
    print(f"{victim.name}: {len(found)} sent, {len(suspects)} to be repeated", *suspects, sep="\n  ", flush=True)
    if not suspects:
        return found, []
    async with victim.up():
        again = [await victim.one(input_of(one.input.kind, one.input.number, seed)) for one in suspects]
    return found, again


async def _told(victim: Victim, found: list[Found], count: int) -> None:
    began = time.perf_counter()
    while len(found) < count:
        await asyncio.sleep(min(60, 1 + count / 100))
        rate = len(found) / (time.perf_counter() - began)
        print(f"{victim.name}: {len(found)} of {count}, {rate:.1f} a second", flush=True)


def _names(count: int) -> list[tuple[str, int]]:
    """Kind and number of each, all kinds by turns."""
    numbers = [(n / share, kind, n) for kind, share in SHARES.items() for n in range(round(count * share))]
    return [(kind, n) for _, kind, n in sorted(numbers)]


async def hostile(options: argparse.Namespace, folder: Path) -> int:
    """Both servers at once; the number of inputs that were wrong alone, too."""
    named = [(kind, int(number)) for kind, number in (one.split(":") for one in options.only or ())]
    half = {shared: [one for one in _names(options.inputs) if one[1] % 2 == shared] for shared in (True, False)}
    done = await asyncio.gather(
        *(_all(Victim(folder, shared), named or half[shared], options.seed, options.tabs) for shared in half)
    )
    found, again = [one for part, _ in done for one in part], [one for _, part in done for one in part]
    for kind in SHARES:
        of = [one for one in found if one.input.kind == kind]
        ends = ", ".join(f"{count:,} {end}" for end, count in Counter(one.end for one in of).most_common())
        print(f"{kind}: {len(of):,} sent: {ends}")
    slow = sorted(found, key=lambda one: -one.seconds)
    print("slowest, beside others:", *slow[:8], sep="\n  ")
    print(f"middle {slow[len(slow) // 2].seconds:.2f} s, 99th of a hundred {slow[len(slow) // 100].seconds:.2f} s; "
          f"most memory {max(one.bytes for one in found) >> 20} MB, seed {options.seed}")  # fmt: skip
    wrong = [one for one in again if one.wrong]
    print(f"wrong alone: {len(wrong)}", *(f"{one.wrong} {one}" for one in wrong), sep="\n  ")
    return len(wrong)


def main() -> int:
    """Exit status 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tabs", type=int, default=4, help="readers at a time, of each server")
    parser.add_argument("--only", nargs="+", metavar="KIND:NUMBER", help="these alone, to both servers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return 1 if asyncio.run(hostile(options, Path(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
