"""Second starts: the converted decoder against the GGUF file, the mapped static vectors against gensim's binary reader.

The decoder's second start includes the check of its seal, all 538 MB of it, whose own time is a row too: CRC-32 takes 0.16 s on
a quiet core (AMD EPYC), BLAKE2b 0.62 s, SHA-256 0.35 s and, without the processor's instructions for it, 1.03 s.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from gensim.models import KeyedVectors
from transformers import AutoModelForCausalLM, AutoTokenizer

import ctxcore
from benchmarks.paired import Ratio, paired, report
from ctxcore.models import gguf
from ctxcore.models.catalogue import weights_path
from ctxcore.models.kept import is_whole
from ctxcore.progress import silent


def _from_gguf() -> object:
    file = weights_path("smollm2-135m")
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    return AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name)


def measure(folder: Path) -> list[Ratio]:
    ctxcore.load_model("smollm2-135m")  # converts, if need be, and opens the libraries
    start = time.perf_counter()
    ctxcore.load_model("smollm2-135m")
    seconds = time.perf_counter() - start
    kept = gguf.converted("smollm2-135m", weights_path("smollm2-135m"), silent)
    start = time.perf_counter()
    assert is_whole(kept)
    checked = time.perf_counter() - start
    binary = folder / "glove.bin"
    ctxcore.load_static().keyed_vectors.save_word2vec_format(str(binary), binary=True)
    return [
        Ratio("decoder, second start in seconds", seconds, seconds, seconds, seconds, 2.0),
        Ratio("decoder, of that the check of its seal in seconds", checked, checked, checked, checked, 0.3),
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
