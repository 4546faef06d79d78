"""What inseq gives for a tiny network: value zeroing (Mohebbi et al. 2023). Run by ``make oracle``; ctxcore is not imported here.

inseq 0.7.1 looks for the values by their name in the model's code and for a block's output in a tuple. Of transformers 5, and of
GPT-2 in any version that it may be installed with, neither is so: it runs on LLaMA with transformers 4.53.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import inseq
import numpy as np

from tests.oracle import values
from tests.oracle.networks import SENTENCE, ids, save


def zeroed(folder: str) -> list[list[list[float | None]]]:
    """``[layer, moved, zeroed]``: shares of each moved token's row, from the third token on; None for what stands right of it."""
    model = inseq.load_model(folder, "value_zeroing", device="cpu")
    first = SENTENCE.split()[0]  # read with both special tokens: three are the prefix, and the rest is asked
    found = model.attribute(first, generated_texts=SENTENCE, show_progress=False).sequence_attributions[0]
    scores = found.target_attributions.numpy().transpose(2, 1, 0)[..., : len(ids(SENTENCE, "llama"))]
    return [[[None if np.isnan(x) else float(x) for x in row] for row in layer] for layer in scores]


def main() -> None:
    """LLaMA."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder), "llama")
        found = {"llama": {"value_zeroing": zeroed(folder)}}
    values.write("inseq", ("inseq", "transformers", "torch"), found)


if __name__ == "__main__":
    main()
