"""Two sides in turn (A B A B ...) in one run: the machine's moods fall on both, and their ratio stays."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Median of side A over side B, round by round, with the quartiles."""

    what: str
    median: float
    low: float
    high: float
    seconds: float
    limit: float

    @property
    def kept(self) -> bool:
        return self.median <= self.limit

    def __str__(self) -> str:
        verdict = "kept" if self.kept else "MISSED"
        return (
            f"{self.what:<58} {self.median:5.2f} x  (quartiles {self.low:.2f} to {self.high:.2f}; "
            f"{1000 * self.seconds:8.1f} ms)  limit {self.limit:.2f}  {verdict}"
        )


def paired(
    what: str,
    a: Callable[[], object],
    b: Callable[[], object],
    limit: float,
    rounds: int = 25,
    first: int = 2,
    clock: Callable[[], float] = time.perf_counter,
) -> Ratio:
    """Ratio of A to B: at most ``limit`` is asked. So many first rounds do not count; ``time.process_time`` is fair on a busy machine."""
    for _ in range(first):
        a(), b()
    times = [(_timed(a, clock), _timed(b, clock)) for _ in range(rounds)]
    ratios = [first / second for first, second in times]
    low, median, high = statistics.quantiles(ratios, n=4) if rounds > 1 else 3 * ratios
    return Ratio(what, median, low, high, statistics.median(first for first, _ in times), limit)


def report(ratios: list[Ratio]) -> None:
    """Print all and end with an error where one missed its limit."""
    for ratio in ratios:
        print(ratio, flush=True)
    if not all(r.kept for r in ratios):
        sys.exit(1)


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start
