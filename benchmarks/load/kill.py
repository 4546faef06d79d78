"""``python -m benchmarks.load.kill``: the server is killed at random moments under load and started anew on its port and cache.

The cache begins empty, so that the first moments fall into the unpacking of the decoder's weights. Whatever a page shows after a
start is held against the library: a file that was left half written and used would show there. What stood in a reader's address
when the server died has to be there after the reload.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.load.__main__ import judge
from benchmarks.load.reader import MIXES, Reader
from benchmarks.load.server import Server, free_port
from ctxcore.models.kept import is_whole

_MIX = MIXES["heavy"]


async def kill(
    server: Server, readers: list[Reader], moments: int, within: float, place: Path, seed: int
) -> list[bool]:
    """Kill it so often; for each moment, was something half written then?"""
    chance, halves, ends = random.Random(seed), [], asyncio.Event()
    reading = [asyncio.create_task(_read(reader, ends)) for reader in readers]
    for _ in range(moments):
        await asyncio.sleep(chance.uniform(1, within))
        server.kill()
        halves.append(any(file.suffix in (".work", ".part") for file in place.rglob("*")))
        await asyncio.to_thread(server.start)
    ends.set()
    await asyncio.gather(*reading)
    for reader in readers:  # whoever waited for the last one
        await reader.act("edit")
        await reader.tab.close()
    return halves


async def _read(reader: Reader, ends: asyncio.Event) -> None:
    await reader.open()
    while not ends.is_set() or reader.done[-1].lost:
        if reader.done[-1].lost:
            await asyncio.sleep(0.5)
            await reader.come_back()
            continue
        await asyncio.sleep(reader.random.uniform(0.5, 3))
        await reader.act(reader.random.choices(list(_MIX), list(_MIX.values()))[0])


def main() -> int:
    """Exit status 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--within", type=float, default=25, metavar="SECONDS", help="of a start each is killed")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        server = Server(
            free_port(), place / "log.txt", CTXCORE_CACHE=str(place / "cache"), CTXCORE_KEPT=str(place / "kept")
        )
        readers = [Reader(server.address, options.seed + n, _MIX, (0, 0)) for n in range(options.readers)]
        try:
            server.start()
            halves = asyncio.run(kill(server, readers, options.moments, options.within, place, options.seed))
        finally:
            server.stop()
        kept = [folder for folder in (place / "cache").iterdir() if folder.is_dir() and folder.suffix != ".work"]
        damaged = [folder.name for folder in kept if not is_whole(folder)]
    done, wrong = judge(readers)
    failed = [one.failed for one in done if one.failed]
    lost = [one.lost for one in done if "no answer" in one.lost or "404" in one.lost]
    reloads = [one for one in done if one.what == "reload" and one.answer is not None]
    print(f"killed {len(halves)} times, {sum(halves)} of them with something half written; kept whole: {len(kept)}")
    print(f"{sum(one.answer is not None for one in done)} answers, {len(reloads)} of them after a reload")
    for name, found in (("wrong", wrong), ("failed", failed), ("lost", lost), ("damaged", damaged)):
        print(f"{name:<10}{len(found):>5}", *found[:8], sep="\n    ")
    return 1 if wrong or failed or lost or damaged or not reloads else 0


if __name__ == "__main__":
    sys.exit(main())
