"""One word in many sentences, all layers: batches by length against unsorted batches, one by one, and the bare model."""

from __future__ import annotations

import random
import resource
import sys

import numpy as np
import torch

import ctxcore
from benchmarks.paired import Ratio, paired, report
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.passes import TOKENS_A_BATCH, batches


def sentences(count: int) -> list[str]:
    """Sentences of the sense bank with the word "ran" put into clauses of many lengths; seeded."""
    chance = random.Random(7)
    tails = [s.rstrip(".") for word in ctxcore.sense_bank().values() for s in word.sentences]
    return [
        f"She ran number {i} and {' and '.join(chance.sample(tails, chance.choice([1, 1, 1, 2, 2, 3, 5])))}."
        for i in range(count)
    ]


def _raw(model: ContextualModel, texts: list[str]) -> None:
    """The bare forward passes on the same batches: no hidden states kept, nothing pooled."""
    rows = model.tokens(texts)
    for indices in batches(range(len(texts)), [len(r) for r in rows], TOKENS_A_BATCH):
        model._below_head([rows[i] for i in indices], output_hidden_states=False)


def _unsorted(model: ContextualModel, texts: list[str], size: int) -> None:
    """As a first version would do it: batches in the given order, hidden states of every token kept until pooled."""
    for start in range(0, len(texts), size):
        rows = model.tokens(texts[start : start + size])
        hidden = model.hidden(rows)
        np.stack([states[:, 1].numpy() for states in hidden], axis=1)


def measure(count: int) -> list[Ratio]:
    model = ctxcore.load_model("minilm-l6")
    texts = sentences(count)
    few = texts[: count // 10]

    def ours() -> object:
        return model.occurrences("ran", texts)

    def ours_few() -> object:
        return model.occurrences("ran", few)

    return [
        paired(f"{count} sentences: ours / bare, same batches", ours, lambda: _raw(model, texts), 1.20, rounds=3),
        paired(f"{count} sentences: ours / unsorted 32", ours, lambda: _unsorted(model, texts, 32), 1 / 1.25, rounds=3),
        paired(
            f"{len(few)} sentences: ours / one by one", ours_few, lambda: _unsorted(model, few, 1), 1 / 3.5, rounds=3
        ),
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    ratios = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    report(ratios)
