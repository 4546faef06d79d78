"""A run with a model that needs no network, in a process of its own: what a test kills."""

from __future__ import annotations

import sys

from ctxcore.corpus import extract, run
from tests.stub_model import StubModel

if __name__ == "__main__":
    corpus, out = sys.argv[1:]
    run.A_PART = 50
    extract.Extractor.opened = StubModel()  # type: ignore[assignment]
    run.usages(
        corpus,
        ["bank", ("run", "ran")],
        out=out,
        layers="all",
        columns=["year"],
        progress=lambda *said: print(*said, flush=True),
    )
