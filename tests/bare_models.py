"""The embedded models in plain transformers with eager attention: what ctxcore must agree with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer


@dataclass(frozen=True, eq=False)
class BareResult:
    """One sentence: ``hidden`` [layer, token, feature], ``weights`` [layer, head, query, key], ``tokens`` as text."""

    hidden: np.ndarray
    weights: np.ndarray
    tokens: tuple[str, ...]


class BareModel:
    """Nothing of ctxcore is in here. A decoder's document boundary and leading space are written out as text."""

    def __init__(self, folder: Path, start: str = "") -> None:
        self.network = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="right")
        self.start = start

    def __call__(self, sentences: Sequence[str]) -> list[BareResult]:
        """All sentences in one padded batch; the padding is cut off again."""
        batch = self.tokenizer([self.start + s for s in sentences], padding=True, return_tensors="pt")
        with torch.inference_mode():
            output = self.network(**batch, output_hidden_states=True, output_attentions=True)
        hidden = torch.stack(output.hidden_states).numpy()
        weights = torch.stack(output.attentions).numpy()
        lengths = batch["attention_mask"].sum(1).tolist()
        texts = [self.tokenizer.convert_ids_to_tokens(row) for row in batch["input_ids"].tolist()]
        return [
            BareResult(hidden[:, i, :n], weights[:, i, :, :n, :n], tuple(texts[i][:n])) for i, n in enumerate(lengths)
        ]
