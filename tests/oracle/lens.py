"""What TransformerLens gives for the tiny networks: patching, direct logit attribution and lengths of what attention moves.

Run by ``make oracle``. ctxcore is not imported here: TransformerLens opens the folder by its own bridge.
"""

from __future__ import annotations

import logging
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformer_lens import patching
from transformer_lens.model_bridge import TransformerBridge

from tests import tiny_models
from tests.oracle import values
from tests.oracle.networks import CANDIDATES, FAMILIES, PAIR, SENTENCE, TARGET, ids, save

FIRST, SECOND = (tiny_models.VOCABULARY[word] for word in CANDIDATES)


def difference(logits: torch.Tensor) -> torch.Tensor:
    """Logit of the first candidate less that of the second, behind the last token."""
    return logits[0, -1, FIRST] - logits[0, -1, SECOND]


def of_words(bridge: Any, family: str) -> dict[str, Any]:
    """Activation patching of the residual stream, layer by token, by TransformerLens's own function; the last layer by a hook."""
    own, source = (torch.tensor([ids(sentence, family)]) for sentence in PAIR)
    own_logits, (source_logits, cache) = bridge(own), bridge.run_with_cache(source)
    grid = patching.get_act_patch_resid_pre(bridge, own, cache, difference)
    name = f"blocks.{bridge.cfg.n_layers - 1}.hook_resid_post"
    last = [
        difference(bridge.run_with_hooks(own, fwd_hooks=[(name, partial(put, cache=cache, position=p))]))
        for p in range(own.shape[1])
    ]
    return {
        "own": difference(own_logits).item(),
        "source": difference(source_logits).item(),
        "grid": [*grid.tolist(), [value.item() for value in last]],
    }


def of_vectors(bridge: Any, family: str) -> list[Any]:
    """The same of the target's last hidden state, as transformers has it: the share of the way from one run's to the other's."""
    own, source = (torch.tensor([ids(sentence, family)]) for sentence in PAIR)
    at, end = ids(PAIR[0], family).index(tiny_models.VOCABULARY[TARGET]), bridge.cfg.n_layers - 1
    last = f"blocks.{end}.hook_resid_post" if family == "bert" else "ln_final.hook_out"
    (_, cache), (_, plain) = bridge.run_with_cache(source), bridge.run_with_cache(own)
    first, way = plain[last][0, at], cache[last][0, at] - plain[last][0, at]
    grid = []
    for layer in range(end + 1):
        row = []
        for position in range(own.shape[1]):
            read: list[torch.Tensor] = []
            hooks = [
                (f"blocks.{layer}.hook_resid_pre", partial(put, cache=cache, position=position)),
                (last, lambda state, hook, read=read: read.append(state[0, at].clone())),
            ]
            bridge.run_with_hooks(own, fwd_hooks=hooks)
            row.append((((read[0] - first) @ way) / (way @ way)).item())
        grid.append(row)
    return grid


def put(state: torch.Tensor, hook: Any, cache: Any, position: int) -> torch.Tensor:
    """The other run's state at one position."""
    state[:, position] = cache[hook.name][:, position]
    return state


def attributed(folder: str, family: str) -> dict[str, Any]:
    """Direct logit attribution of each head, each feed-forward block and the embedding, after the first sentence of the pair."""
    bridge = TransformerBridge.boot_transformers(folder, device="cpu")
    # Its final norm is folded into the output matrix; the values' biases stay with the heads.
    bridge.enable_compatibility_mode(
        disable_warnings=True, center_writing_weights=False, center_unembed=False, fold_value_biases=False
    )
    bridge.set_use_attn_result(True)
    logits, cache = bridge.run_with_cache(torch.tensor([ids(PAIR[0], family)]))

    def logit_attrs(stack: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = cache.logit_attrs(stack, tokens=FIRST, incorrect_tokens=SECOND, pos_slice=-1)
        return found[:, 0]

    heads = logit_attrs(cache.stack_head_results(layer=-1, pos_slice=-1))
    forward = logit_attrs(cache.decompose_resid(layer=-1, mode="mlp", pos_slice=-1, incl_embeds=False))
    embedding = logit_attrs(cache.decompose_resid(layer=0, pos_slice=-1, incl_embeds=True))
    return {
        "own": difference(logits).item(),
        "heads": heads.reshape(bridge.cfg.n_layers, bridge.cfg.n_heads).tolist(),
        "feed_forward": forward.tolist(),
        "embedding": embedding.sum().item(),
    }


def moved(bridge: Any, family: str) -> list[Any]:
    """Lengths of ``alpha W_O v`` ``[layer, head, query, key]`` of the sentence."""
    _, cache = bridge.run_with_cache(torch.tensor([ids(SENTENCE, family)]))
    found = []
    for layer in range(bridge.cfg.n_layers):
        pattern, value = cache[f"blocks.{layer}.attn.hook_pattern"][0], cache[f"blocks.{layer}.attn.hook_v"][0]
        output = bridge.blocks[layer].attn.W_O  # [head, d_head, feature]
        value = value.reshape(value.shape[0], -1, output.shape[1]).transpose(0, 1)
        value = value.repeat_interleave(output.shape[0] // value.shape[0], 0)  # [head, key, d_head]
        vectors = pattern[..., None] * (value @ output)[:, None]
        found.append(vectors.norm(dim=-1).tolist())
    return found


def main() -> None:
    """All families."""
    found = {}
    for family in FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            save(Path(folder), family)
            bridge = TransformerBridge.boot_transformers(folder, device="cpu")
            found[family] = {"norms": moved(bridge, family), "vectors": of_vectors(bridge, family)}
            if family != "bert":
                found[family] |= {"words": of_words(bridge, family), "attribution": attributed(folder, family)}
    values.write("transformer_lens", ("transformer-lens", "transformers", "torch"), found)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    with torch.inference_mode():
        main()
