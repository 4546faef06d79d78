"""Two contextual models in memory at most: what a third pushes out is really gone, however often it happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ctxcore.models import catalogue

_SWAPS = """
import json, logging, sys
logging.disable(logging.CRITICAL)
from ctxcore.charts.selection import Vectors
from dashboard import cache, store

def resident():  # MB
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * 4096 / 1e6

sentences = ("The dog ran quickly through the wet grass", "The program ran successfully")
folders, seen, most = sys.argv[1:], [], 0
for number in range(13):
    name = folders[number % 3]
    cache.own("model", name).wait()
    store.get(Vectors(name, sentences, ((0, 8, 11), (1, 12, 15))))
    most = max(most, len(cache.in_memory("model")))
    seen.append(resident())
for name in [name for name, _ in cache.in_memory("model")]:  # holding no model here
    cache.let_go("model", name)
print(json.dumps({"seen": seen, "most": most, "left": len(cache.in_memory("model")), "after": resident()}))
"""


def test_ten_swaps_leave_memory_as_it_was(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.symlink_to(catalogue.weights_path("minilm-l6"), target_is_directory=True)
    done = subprocess.run(
        [sys.executable, "-c", _SWAPS, *map(str, folders)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    found = json.loads(done.stdout.splitlines()[-1])
    third, last = found["seen"][2], found["seen"][-1]
    assert last <= 1.1 * third, found
    assert found["most"] == 2
    assert found["left"] == 0
    assert found["after"] <= last - 50, found  # both models and their weights
