"""A tiny LLaMA-type decoder as one GGUF file, written on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType

LETTERS = [chr(c) for c in range(33, 127)] + ["\u0120"]
MERGES = ["t h", "th e", "\u0120 the", "r a", "ra n", "\u0120 ran"]
TOKENS = ["<|endoftext|>", *LETTERS, *(m.replace(" ", "") for m in MERGES)]


def write(file: Path, layers: int = 2, features: int = 32, heads: int = 4) -> Path:
    """Random, seeded weights; a byte-pair tokenizer of letters and a few words."""
    draw = np.random.default_rng(5)
    out = GGUFWriter(str(file), "llama")
    out.add_block_count(layers)
    out.add_context_length(64)
    out.add_embedding_length(features)
    out.add_feed_forward_length(48)
    out.add_head_count(heads)
    out.add_head_count_kv(2)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_rope_freq_base(10_000.0)
    out.add_rope_dimension_count(features // heads)
    out.add_vocab_size(len(TOKENS))
    out.add_tokenizer_model("gpt2")
    out.add_token_list(TOKENS)
    out.add_token_types([TokenType.CONTROL, *[TokenType.NORMAL] * (len(TOKENS) - 1)])
    out.add_token_merges(MERGES)
    for add in (out.add_bos_token_id, out.add_eos_token_id, out.add_unk_token_id, out.add_pad_token_id):
        add(0)
    small = features // heads * 2
    shapes = {"token_embd": (len(TOKENS), features), "output": (len(TOKENS), features)}
    for n in range(layers):
        shapes |= {
            f"blk.{n}.attn_q": (features, features), f"blk.{n}.attn_k": (small, features),
            f"blk.{n}.attn_v": (small, features), f"blk.{n}.attn_output": (features, features),
            f"blk.{n}.ffn_gate": (48, features), f"blk.{n}.ffn_up": (48, features), f"blk.{n}.ffn_down": (features, 48),
        }  # fmt: skip
        for norm in ("attn_norm", "ffn_norm"):
            out.add_tensor(f"blk.{n}.{norm}.weight", np.ones(features, np.float32))
    out.add_tensor("output_norm.weight", np.ones(features, np.float32))
    for name, shape in shapes.items():
        out.add_tensor(f"{name}.weight", draw.normal(0, 0.3, shape).astype(np.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return file
