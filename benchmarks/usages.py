"""A whole text: the rate of the search, extraction against the bare passes on the same batches, memory, and growth.

Extraction and bare passes are compared by processor time, and with one thread of torch unless more are asked for: on a machine that
does other work, two threads wait for each other, and how long says nothing about the code.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import torch

import ctxcore
from benchmarks.paired import Ratio, paired, report
from ctxcore.corpus.extract import Extractor
from ctxcore.corpus.run import A_PART, usages
from ctxcore.corpus.search import search, words_asked
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.passes import batches, call

SEARCHED = 1_000_000
ONE_IN = 1000
LEAST_RATE = 300_000
MOST_MEMORY = 2048
"""Megabytes."""


def written(path: Path, count: int, every: int) -> Path:
    """A text of sentences of about 15 words, of which one in so many holds the word "zebra"; seeded."""
    chance = random.Random(7)
    parts = [s.rstrip(".").split() for word in ctxcore.sense_bank().values() for s in word.sentences]
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            words = [*chance.choice(parts), "and", *chance.choice(parts)][: chance.randint(11, 18)]
            words.insert(2, "zebra" if number % every == 0 else "other")
            stream.write(" ".join(words) + ".\n")
    return path


def memory() -> float:
    """Megabytes at the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def searched(folder: Path) -> bool:
    """The rate of the search over a million sentences, and the memory that it takes for ten times the text."""
    few = written(folder / "few.txt", SEARCHED // 10, ONE_IN)
    text = written(folder / "searched.txt", SEARCHED, ONE_IN)
    words = words_asked("zebra")
    sum(map(len, search(ctxcore.read_corpus(few), words)))
    before, start = memory(), time.perf_counter()
    found = sum(map(len, search(ctxcore.read_corpus(text), words)))
    rate = SEARCHED / (time.perf_counter() - start)
    print(
        f"search: {rate:,.0f} sentences a second (at least {LEAST_RATE:,}), {found:,} usages, memory +{memory() - before:.0f} MB"
    )
    return rate >= LEAST_RATE and found == SEARCHED // ONE_IN and memory() - before < 50


def tokenised(model: ContextualModel, texts: list[str]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The batches that the extraction makes, ready for the network."""
    found = []
    for start in range(0, len(texts), A_PART):
        rows = model.tokens(texts[start : start + A_PART])
        for indices in batches(range(len(rows)), [len(row) for row in rows], model.at_once):
            found.append(model._padded([rows[i] for i in indices]))
    return found


def bare(model: ContextualModel, ready: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    """The passes alone: nothing is read, tokenised, pooled or kept."""
    for ids, mask in ready:
        call(model.network.base_model, ids, mask, return_dict=True, output_hidden_states=False)


def extracted(folder: Path, count: int, rounds: int) -> tuple[Ratio, bool]:
    """End to end, file to finished store, against the bare passes; and the memory of it."""
    text = written(folder / f"{count}.txt", count, 1)
    opened = Extractor("minilm-l6").opened
    Extractor.opened = opened  # type: ignore[assignment]  # both sides begin with an open model
    ready = tokenised(opened, text.read_text(encoding="utf-8").splitlines())
    bare(opened, ready[:5])
    before, turn = memory(), iter(range(1000))
    ratio = paired(
        f"{count:,} sentences: file to store / bare passes",
        lambda: usages(text, "zebra", out=folder / f"store-{next(turn)}"),
        lambda: bare(opened, ready),
        1.25,
        rounds=rounds,
        first=0,
        clock=time.process_time,
    )
    tokens = sum(int(mask.sum()) for _, mask in ready) / count
    print(f"{tokens:.0f} tokens a sentence, {count / ratio.seconds:,.0f} sentences a second of processor time")
    print(f"memory at the most: {memory():.0f} MB, {memory() - before:.0f} of them since the model was open")
    return ratio, memory() <= MOST_MEMORY


def grown(folder: Path, most: int, seconds: float) -> None:
    """Processor time for ten times as many sentences, and again; the last is known."""
    for count in (1_000, 10_000, 100_000):
        if count < most:
            text = written(folder / f"grown-{count}.txt", count, 1)
            start = time.process_time()
            usages(text, "zebra", out=folder / f"grown-{count}")
            took = time.process_time() - start
        elif count == most:
            took = seconds
        else:
            break
        print(f"growth: {count:,} sentences in {took:.1f} s, {count / took:,.0f} a second, memory {memory():.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sentences", type=int, default=10_000, help="that are extracted (10,000; the limit is for 100,000)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of both sides in turn (3)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    parser.add_argument("--search-only", action="store_true", help="no extraction")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    pa.set_cpu_count(2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fast = searched(folder)
        if not fast:
            raise SystemExit("the search misses its limit")
        if asked.search_only:
            return
        ratio, small = extracted(folder, asked.sentences, asked.rounds)
        grown(folder, asked.sentences, ratio.seconds)
        if not small:
            raise SystemExit(f"memory is over {MOST_MEMORY} MB")
        report([ratio])


if __name__ == "__main__":
    main()
