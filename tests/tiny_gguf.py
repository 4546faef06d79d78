"""Tiny GGUF files, written on the spot: a LLaMA-type decoder, and any network of transformers that the format can hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFWriter, TokenType
from transformers.integrations.ggml import GGUF_CONFIG_MAPPING
from transformers.modeling_gguf_pytorch_utils import TensorProcessor, get_gguf_hf_weights_map

LETTERS = [chr(c) for c in range(33, 127)] + ["\u0120"]
MERGES = ["t h", "th e", "\u0120 the", "r a", "ra n", "\u0120 ran"]
TOKENS = ["<|endoftext|>", *LETTERS, *(m.replace(" ", "") for m in MERGES)]
Tensors = dict[str, np.ndarray]


def write(
    file: Path,
    layers: int = 2,
    features: int = 32,
    heads: int = 4,
    change: Callable[[Tensors], Any] = lambda tensors: None,
    **settings: Any,
) -> Path:
    """Random, seeded weights; a byte-pair tokenizer of letters and a few words.

    ``change`` may change the tensors by their names; settings are written ``rope__freq_base`` for ``rope.freq_base``,
    and None leaves one out.
    """
    made = tensors(layers, features, heads)
    change(made)
    usual = {
        "block_count": layers, "context_length": 64, "embedding_length": features, "feed_forward_length": 48,
        "attention.head_count": heads, "attention.head_count_kv": 2, "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 10_000.0, "rope.dimension_count": features // heads, "vocab_size": len(TOKENS),
    }  # fmt: skip
    return pack(file, "llama", usual | {name.replace("__", "."): value for name, value in settings.items()}, made)


def tensors(layers: int = 2, features: int = 32, heads: int = 4) -> Tensors:
    """The decoder's tensors by their names, the outermost axis first."""
    draw = np.random.default_rng(5)
    small = features // heads * 2
    shapes = {"token_embd": (len(TOKENS), features), "output": (len(TOKENS), features)}
    for n in range(layers):
        shapes |= {
            f"blk.{n}.attn_q": (features, features), f"blk.{n}.attn_k": (small, features),
            f"blk.{n}.attn_v": (small, features), f"blk.{n}.attn_output": (features, features),
            f"blk.{n}.ffn_gate": (48, features), f"blk.{n}.ffn_up": (48, features), f"blk.{n}.ffn_down": (features, 48),
        }  # fmt: skip
    norms = ["output_norm", *(f"blk.{n}.{norm}" for n in range(layers) for norm in ("attn_norm", "ffn_norm"))]
    made = {f"{name}.weight": np.ones(features, np.float32) for name in norms}
    return made | {f"{name}.weight": draw.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def of_network(
    file: Path, architecture: str, network: Any, change: Callable[[Tensors], Any] = lambda tensors: None
) -> Tensors:
    """A network with an output head as a file; its tensors as they stand there, which is as transformers has them."""
    names = {theirs: name for name, theirs in get_gguf_hf_weights_map(network, TensorProcessor()).items()}
    tied = set(network.all_tied_weights_keys)
    made = {names[n]: t.detach().numpy().copy() for n, t in network.state_dict().items() if n not in tied}
    change(made)
    config, settings = network.config, {}
    rope = getattr(config, "rope_parameters", None) or {}
    theta = rope.get("full_attention", rope).get("rope_theta")
    for setting, name in GGUF_CONFIG_MAPPING[architecture].items():
        value = theta if name == "rope_theta" else getattr(config, name or "", None)
        if value is not None:
            settings[setting] = value
    pack(file, architecture, settings, made)
    return made


def pack(file: Path, architecture: str, settings: dict[str, Any], made: Tensors) -> Path:
    """One file."""
    out = GGUFWriter(str(file), architecture)
    for name, value in settings.items():
        key = f"{architecture}.{name}"
        if value is None:
            continue
        if isinstance(value, str):
            out.add_string(key, value)
        elif isinstance(value, float):
            out.add_float32(key, value)
        else:
            out.add_uint32(key, value)
    out.add_tokenizer_model("gpt2")
    out.add_token_list(TOKENS)
    out.add_token_types([TokenType.CONTROL, *[TokenType.NORMAL] * (len(TOKENS) - 1)])
    out.add_token_merges(MERGES)
    for add in (out.add_bos_token_id, out.add_eos_token_id, out.add_unk_token_id, out.add_pad_token_id):
        add(0)
    for name, tensor in made.items():
        out.add_tensor(name, tensor)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return file
