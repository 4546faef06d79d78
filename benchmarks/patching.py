"""What a grid of moved states costs: every layer of twelve words, beside the same number of whole runs in batches."""

from __future__ import annotations

import sys

import torch

import ctxcore
from benchmarks.paired import Ratio, paired, report
from ctxcore.types import PatchControl

_FIRST = "The old dog that lived next to our house suddenly ran"
_SECOND = "The new program that came with our printer at night ran"


def measure(name: str) -> Ratio:
    """The grid against whole runs of as many rows: a row that is patched at layer l runs through the blocks above alone."""
    model = ctxcore.load_model(name)
    candidates = ("quickly", "successfully") if model.kind == "decoder" else ()
    control = PatchControl(torch.ones(1).numpy(), torch.ones(model.features).double().numpy(), candidates)
    row = model.tokens([_FIRST])[0]

    def grid() -> object:
        return ctxcore.patch_grid(model, _FIRST, _SECOND, "ran", candidates, control)

    def whole() -> object:
        return [model.hidden([row] * model.layers) for _ in row]

    return paired(
        f"{name}: a grid of {len(row)} columns x {model.layers} layers, and whole runs", grid, whole, 0.9, rounds=5
    )


if __name__ == "__main__":
    report([measure(name) for name in (sys.argv[1:] or ["minilm-l6", "smollm2-135m"])])
