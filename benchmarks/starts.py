"""Second starts: the converted decoder against the GGUF file, the mapped static vectors against gensim's binary reader."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from gensim.models import KeyedVectors
from transformers import AutoModelForCausalLM, AutoTokenizer

import ctxcore
from benchmarks.paired import Ratio, paired, report
from ctxcore.models.catalogue import weights_path


def _from_gguf() -> object:
    file = weights_path("smollm2-135m")
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    return AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name)


def measure(folder: Path) -> list[Ratio]:
    ctxcore.load_model("smollm2-135m")  # converts, if need be, and opens the libraries
    start = time.perf_counter()
    ctxcore.load_model("smollm2-135m")
    seconds = time.perf_counter() - start
    binary = folder / "glove.bin"
    ctxcore.load_static().keyed_vectors.save_word2vec_format(str(binary), binary=True)
    return [
        Ratio("decoder, second start in seconds", seconds, seconds, seconds, seconds, 2.0),
        paired("decoder: converted / GGUF", lambda: ctxcore.load_model("smollm2-135m"), _from_gguf, 0.05, rounds=2),
        paired(
            "GloVe: mapped / gensim binary",
            ctxcore.load_static,
            lambda: KeyedVectors.load_word2vec_format(str(binary), binary=True),
            0.15,
            rounds=5,
        ),
    ]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        report(measure(Path(folder)))
