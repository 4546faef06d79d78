"""What the next word costs: the ladder with twenty candidates, a text counted, the curve of the news, held-out words a second."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

import torch

import ctxcore
from benchmarks.paired import Ratio, report
from ctxcore.measures import lookup

_MEGABYTE = 1 << 20
_CANDIDATES = (
    "quickly", "successfully", "swiftly", "away", "home", "fast", "down", "out", "smoothly", "slowly", "off", "into",
    "through", "without a single error", "for mayor", "across the field", "as usual", "overnight", "again", "on and on",
)  # fmt: skip


def _seconds(what: str, work: Callable[[], object], limit: float, rounds: int) -> Ratio:
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    low, median, high = statistics.quantiles(times, n=4)
    return Ratio(f"{what}, in seconds", median, low, high, median, limit)


def _text() -> str:
    """A megabyte of the news' own words in another order, so that runs of words are many."""
    chance, words = random.Random(1), " ".join(ctxcore.news_sentences()).split()
    parts: list[str] = []
    size = 0
    while size < _MEGABYTE:
        part = " ".join(chance.choices(words, k=18)).replace(".", "") + "."
        parts.append(part)
        size += len(part) + 1
    return " ".join(parts)


def measure() -> list[Ratio]:
    model = ctxcore.load_model("smollm2-135m")
    table = lookup.LookupTable(lookup.split(ctxcore.lesson_sentences()), 3)
    prompts = ["The dog ran", "The program ran"]
    text, news = _text(), lookup.split(ctxcore.news_sentences())
    train, test = ([news[i] for i in part] for part in lookup.hold_out(news))
    sizes = [len(train) * k // 9 for k in range(1, 10)]
    found = [
        _seconds(
            "two prompts, 20 candidates, five levels",
            lambda: ctxcore.ladder(model, prompts, _CANDIDATES, table),
            1.5,
            9,
        ),
        _seconds("a text of 1 MB cut, split and counted", lambda: _counted(text), 2.0, 5),
        _seconds(
            "share never seen, news, four n, nine sizes",
            lambda: lookup.coverage(train, test, sizes, (2, 3, 4, 5)),
            5.0,
            5,
        ),
    ]
    tables = lookup.LookupTable(train, 3), lookup.SmoothedModel(train, 3)
    sentences = [s for s in ctxcore.news_sentences() if ctxcore.words_of(s)]
    asked = ctxcore.held_out(model, *tables, [sentences[i] for i in lookup.hold_out(news)[1][:20]])
    print(f"held out: {len(asked.words)} words, {len(asked.words) / asked.seconds:.0f} a second")
    return found


def _counted(text: str) -> lookup.LookupTable:
    return lookup.LookupTable(lookup.split(ctxcore.text.sentences_of(text)), 4)


if __name__ == "__main__":
    torch.set_num_threads(1)
    report(measure())
