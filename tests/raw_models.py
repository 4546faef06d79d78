"""The embedded models' forward passes written out in numpy float64, from the numbers in their weight files alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf


@dataclass(frozen=True, eq=False)
class RawResult:
    """One sentence: ``hidden`` [layer, token, feature]; all others [block, head, token, ..] with blocks from 0."""

    hidden: np.ndarray
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    values: np.ndarray


class RawModel:
    """Neither ctxcore nor torch is in here: what a sentence's tokens become is worked out from matrices."""

    def __init__(self, folder: Path) -> None:
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = load_file(folder / "model.safetensors")
        self.heads = self.config["num_attention_heads"]
        self.put: dict[tuple[int, int], np.ndarray] = {}
        """Layer and position -> the state that is there in place of the one that was worked out; not at the last layer."""

    def __call__(
        self,
        ids: Sequence[int],
        allowed: np.ndarray | None = None,
        silent: Iterable[tuple[int, int]] = (),
        valueless: Iterable[tuple[int, int]] = (),
    ) -> RawResult:
        """``allowed`` [query, key] holds in every block; ``silent`` heads are (layer from 1, head from 0), and ``valueless``
        tokens, whose values are zero, (layer from 1, position)."""
        run = _bert if self.config["model_type"] == "bert" else _llama
        allowed = np.ones((len(ids), len(ids)), dtype=bool) if allowed is None else allowed
        self.valueless = frozenset(valueless)
        return run(self, list(ids), allowed, frozenset(silent))

    def valued(self, v: np.ndarray, block: int) -> np.ndarray:
        """Values ``[head, token, d_head]`` of a block, without those that are to be zero."""
        none = [(block + 1, position) in self.valueless for position in range(v.shape[1])]
        return np.where(np.array(none)[:, None], 0, v)

    def entering(self, hidden: Sequence[np.ndarray]) -> np.ndarray:
        """What the next block reads ``[token, feature]``."""
        x = hidden[-1].copy()
        for (layer, position), state in self.put.items():
            if layer == len(hidden) - 1:
                x[position] = state
        return x

    def part(self, name: str, rows: Any = slice(None)) -> np.ndarray:
        """A matrix or vector of the weight file, or some of its rows."""
        return self.weights[name][rows].astype(np.float64)

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        """``[token, out]`` from ``[token, in]``."""
        product = x @ self.part(f"{name}.weight").T
        return product + self.part(f"{name}.bias") if f"{name}.bias" in self.weights else product

    def by_head(self, x: np.ndarray, name: str, heads: int) -> np.ndarray:
        """``[head, token, d_head]`` from ``[token, in]``."""
        return self.linear(x, name).reshape(len(x), heads, -1).transpose(1, 0, 2)


def _bert(model: RawModel, ids: list[int], allowed: np.ndarray, silent: frozenset[tuple[int, int]]) -> RawResult:
    """Norms stand behind each half of a block; positions are learned vectors (Devlin et al. 2019)."""

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + model.config["layer_norm_eps"])
        return scaled * model.part(f"{name}.weight") + model.part(f"{name}.bias")

    summed = model.part("embeddings.word_embeddings.weight", ids)
    summed += model.part("embeddings.position_embeddings.weight", slice(len(ids)))
    summed += model.part("embeddings.token_type_embeddings.weight", 0)
    hidden, kept = [norm(summed, "embeddings.LayerNorm")], []
    for block in range(model.config["num_hidden_layers"]):
        x, at = model.entering(hidden), f"encoder.layer.{block}."
        q, k, v = (model.by_head(x, f"{at}attention.self.{part}", model.heads) for part in ("query", "key", "value"))
        kept.append(_heads(q, k, model.valued(v, block), allowed))
        spoken = _joined(kept[-1]["values"], block, silent)
        x = norm(x + model.linear(spoken, f"{at}attention.output.dense"), f"{at}attention.output.LayerNorm")
        inner = model.linear(x, f"{at}intermediate.dense")
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2  # GELU
        hidden.append(norm(x + model.linear(inner, f"{at}output.dense"), f"{at}output.LayerNorm"))
    return _result(hidden, kept)


def _llama(model: RawModel, ids: list[int], allowed: np.ndarray, silent: frozenset[tuple[int, int]]) -> RawResult:
    """Norms stand before each half of a block; queries and keys are turned by their position (Touvron et al. 2023)."""
    grouped, base = model.config["num_key_value_heads"], model.config["rope_parameters"]["rope_theta"]
    causal = allowed & np.tril(np.ones_like(allowed))

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        mean_square = (x**2).mean(-1, keepdims=True)
        return x / np.sqrt(mean_square + model.config["rms_norm_eps"]) * model.part(f"{name}.weight")

    def turned(x: np.ndarray) -> np.ndarray:
        """Feature i and feature i + d/2 are a point in a plane that is turned by position * base^(-2i/d)."""
        half = x.shape[-1] // 2
        angle = np.arange(len(ids))[:, None] * base ** (-np.arange(half) / half)
        point = (x[..., :half] + 1j * x[..., half:]) * np.exp(1j * angle)
        return np.concatenate([point.real, point.imag], axis=-1)

    hidden, kept = [model.part("model.embed_tokens.weight", ids)], []
    for block in range(model.config["num_hidden_layers"]):
        x, at = model.entering(hidden), f"model.layers.{block}."
        entering = norm(x, f"{at}input_layernorm")
        q = turned(model.by_head(entering, f"{at}self_attn.q_proj", model.heads))
        k = turned(model.by_head(entering, f"{at}self_attn.k_proj", grouped))
        v = model.by_head(entering, f"{at}self_attn.v_proj", grouped)
        serves = [head * grouped // model.heads for head in range(model.heads)]
        kept.append(_heads(q, k[serves], model.valued(v[serves], block), causal))
        x = x + model.linear(_joined(kept[-1]["values"], block, silent), f"{at}self_attn.o_proj")
        entering = norm(x, f"{at}post_attention_layernorm")
        gate = model.linear(entering, f"{at}mlp.gate_proj")
        inner = gate / (1 + np.exp(-gate)) * model.linear(entering, f"{at}mlp.up_proj")  # SwiGLU
        hidden.append(x + model.linear(inner, f"{at}mlp.down_proj"))
    hidden[-1] = norm(hidden[-1], "model.norm")
    return _result(hidden, kept)


def _heads(q: np.ndarray, k: np.ndarray, v: np.ndarray, allowed: np.ndarray) -> dict[str, np.ndarray]:
    """All heads of a block ``[head, token, ..]``; keys that are not allowed are left out of the sum."""
    scores = q @ k.transpose(0, 2, 1)
    scaled = scores / np.sqrt(q.shape[-1])
    raised = np.where(allowed, np.exp(scaled - scaled.max(-1, keepdims=True)), 0)
    weights = raised / raised.sum(-1, keepdims=True)
    return {"q": q, "k": k, "v": v, "scores": scores, "weights": weights, "values": weights @ v}


def _joined(values: np.ndarray, block: int, silent: frozenset[tuple[int, int]]) -> np.ndarray:
    """Heads side by side ``[token, head * d_head]``, those that are silent as zeros."""
    spoken = [np.zeros_like(v) if (block + 1, head) in silent else v for head, v in enumerate(values)]
    return np.concatenate(spoken, axis=-1)


def _result(hidden: list[np.ndarray], kept: list[dict[str, np.ndarray]]) -> RawResult:
    return RawResult(np.stack(hidden), **{name: np.stack([block[name] for block in kept]) for name in kept[0]})
