"""The tiny networks that the oracles and the tests are asked about: weights drawn by numpy, alike wherever they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

from tests import tiny_models

PAIR = ("the dog ran", "a program ran")
"""States of the second are put into the first; the target stands in both."""
CANDIDATES = ("quickly", "successfully")
TARGET = "ran"
SENTENCE = "the dog ran home slowly"
FAMILIES = ("gpt2", "llama", "bert")


def network(family: str) -> Any:
    """A network with its output head, in evaluation mode."""
    config = tiny_models.network(family).config
    auto = AutoModelForMaskedLM if family == "bert" else AutoModelForCausalLM
    made = auto.from_config(config, attn_implementation="eager").eval()
    made.config.architectures = [type(made).__name__]
    draw = np.random.default_rng(12)
    with torch.no_grad():
        for name, weights in sorted(made.named_parameters()):
            values = 0.3 * draw.standard_normal(weights.shape)
            if "norm" in name.lower() or ".ln_" in name:
                values = values + (1.0 if name.endswith("weight") else 0.0)
            weights.copy_(torch.tensor(values.astype(np.float32)))
    return made


def save(folder: Path, family: str) -> None:
    """Network and tokenizer in a folder, as both a library and an oracle read them."""
    network(family).save_pretrained(folder)
    tiny_models.tokenizer().save_pretrained(folder)


def ids(sentence: str, family: str) -> list[int]:
    """Tokens as ctxcore reads them: behind a start token, and before an end token where the model is an encoder."""
    found = [tiny_models.VOCABULARY[word] for word in sentence.split()]
    return [2, *found, *([3] if family == "bert" else [])]
