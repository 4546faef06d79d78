"""Spoilt files of every kind give the right value or one of our errors, soon and in little memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests import mutations

COUNT = int(os.environ.get("CTXCORE_MUTANTS", "4"))
"""Of each kind; ``python -m tests.mutants 500`` tries more, and names each that fails."""


def test_a_spoilt_file_of_any_kind_is_read_right_or_refused_within_limits() -> None:
    # In a process of its own, which has no other threads: it forks for each case.
    found = subprocess.run(
        [sys.executable, "-m", "tests.mutants", str(COUNT)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        env={**os.environ, "CTXCORE_SEED": str(mutations.seed())},
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr[-2000:]
    assert f"seed {mutations.seed()} " in found.stdout
    counts = [int(n) for n in re.findall(r'"(?:right|refused)": (\d+)', found.stdout)]
    assert sum(counts) == 10 * COUNT
    assert len(counts) > 10  # some kinds had both
