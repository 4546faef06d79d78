"""What capture costs: our forward pass against the bare model's on the same tokenised batch, fused attention."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from typing import Any

import torch

import ctxcore
from benchmarks.paired import Ratio, paired, report
from ctxcore.models.attend import Capture, capturing
from ctxcore.models.contextual import ContextualModel

_WORDS = "the old river ran slowly past a quiet town while people slept and nobody heard the water rise again".split()


def _batch(model: ContextualModel, words: int, sentences: int) -> list[Any]:
    texts = [" ".join(_WORDS[(i + k) % len(_WORDS)] for k in range(words)) for i in range(sentences)]
    return model.tokens(texts)


def _bare(model: ContextualModel, rows: list[Any], **ask: Any) -> Callable[[], object]:
    """The plain transformers model with the same weights and torch's own attention."""
    network = copy.deepcopy(model.network.base_model)
    network.set_attn_implementation("sdpa")
    ids = torch.tensor([[t.id for t in row] for row in rows])
    mask = torch.ones_like(ids)
    extra = {"use_cache": False} if model.kind == "decoder" else {}

    def run() -> object:
        with torch.inference_mode():
            return network(input_ids=ids, attention_mask=mask, **ask, **extra)

    return run


def _captured(
    model: ContextualModel, rows: list[Any], layers: frozenset[int] | None, hidden: bool
) -> Callable[[], object]:
    def run() -> object:
        with capturing(Capture(layers)):
            return model._below_head(rows, output_hidden_states=hidden)

    return run


def measure(name: str) -> list[Ratio]:
    model = ctxcore.load_model(name)
    ratios = []
    for words, sentences, plain, one in ((8, 1, 1.10, 1.15), (8, 32, 1.10, 1.08), (64, 8, 1.05, 1.08)):
        rows = _batch(model, words, sentences)
        raw = _bare(model, rows)
        label = f"{name}, {sentences} x {words} words"

        def ours(rows: list[Any] = rows) -> object:
            return model.hidden(rows)

        ratios.append(paired(f"{label}: hidden states", ours, raw, plain))
        ratios.append(
            paired(f"{label}: one layer's attention", _captured(model, rows, frozenset({1}), False), raw, one)
        )
        ratios.append(paired(f"{label}: all attention, hidden states", _captured(model, rows, None, True), raw, 1.20))
    return ratios


if __name__ == "__main__":
    torch.set_num_threads(1)
    report([r for name in (sys.argv[1:] or ["minilm-l6", "smollm2-135m"]) for r in measure(name)])
