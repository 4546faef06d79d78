"""A network with the weights of its folder: nothing in it that is not the file's, nothing of the file left out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForTextEncoding
from transformers.initialization import no_init_weights

from ctxcore.errors import MissingWeightsError
from ctxcore.models import folders, kinds
from ctxcore.models.cache_dir import readable
from ctxcore.models.folders import ModelFolder
from ctxcore.models.headers import Tensor
from ctxcore.models.inputs import must_read_text
from ctxcore.models.reasons import reading, refused, shown

_SPARE = 16 << 20
"""Numbers by which a network may surpass its file before it is built: enough to name what is wrong in a small one."""
_APART = ("pooler", "lm_head", "embed_out")
"""Parts that hidden states do not rest on: a checkpoint may lack them, or hold them where the network has none."""
_HEADS = frozenset(
    {"classifier", "cls", "embed_out", "lm_head", "predictions", "pre_classifier", "qa_outputs", "score"}
)
_BUFFERS = re.compile(
    r"(^|\.)(position_ids|token_type_ids|inv_freq|original_inv_freq|masked_bias|num_batches_tracked)$"
)
_MASK = re.compile(r"(^|\.)(attn|attention)\.bias$")
_NAMED_AFTER = re.compile(r"(.+\.(?:weight|bias)).+")
_SCALES = re.compile(r"scale|zero_point|qweight|qzeros|g_idx|absmax|quant|SCB", re.IGNORECASE)
_BELONGS = "Use the config.json that belongs to these weights, or fetch both anew."


def read(path: Path) -> tuple[Any, tuple[str, ...]]:
    """The network of a folder, float32, and the names of weights that its checkpoint lacks without harm.

    What the folder says is compared before anything is built (``folders.look_into``, the parameters that config.json
    implies), and names and shapes once more when the weights are in, in both directions. Only the files that were looked
    into are opened, whatever else config.json or the folder names. The comparing costs what headers cost, and no tensor is
    read twice. The network does not rest on the file any more: that may change, or go.

    Raises:
        MissingWeightsError: Weights of the network are not in the file.
        ModelError: Configuration and weights do not belong together, or one of them cannot be read.
    """
    found = folders.look_into(path)
    for name, tensor in found.tensors.items():
        if not tensor.floats and not _is_buffer(name, tensor):
            raise refused(path, f"quantised weights ({shown(name)} is {tensor.dtype})", kinds.FULL)
    config, plan = _planned(found)
    _fits(found, plan)
    network, info = _filled(found, config, type(plan))
    _compare(found, network, info)
    return network, tuple(sorted(info["missing_keys"]))


def _planned(found: ModelFolder) -> tuple[Any, Any]:
    """The configuration, and the network that it describes, without memory for its weights."""
    with reading(found.path, "config.json describes no network that can be built", _BELONGS):
        # Left unsaid, transformers would ask the console whether code from the folder may run.
        plainly = {"trust_remote_code": False, "attn_implementation": "eager"}
        config = AutoConfig.from_pretrained(found.path, dtype=torch.float32, **plainly)
        must_read_text(config)
        _countable(found, config)
        names = " ".join(config.architectures or ())
        kind = AutoModelForCausalLM if "ForCausalLM" in names or "LMHeadModel" in names else AutoModel
        kind = AutoModelForTextEncoding if "EncoderModel" in names else kind  # T5's encoder, saved without its decoder
        with (
            torch.device("meta"),
            no_init_weights(),
        ):  # nothing is drawn at random where there is no memory to draw into
            return config, kind.from_config(config, **plainly)


def _countable(found: ModelFolder, config: Any) -> None:
    """At least one layer and one head, in whichever words the family names them."""
    for what in ("num_hidden_layers", "num_attention_heads"):
        count = getattr(config, what, 1)
        if type(count) is int and count < 1:
            raise refused(found.path, f"config.json says {what} is {count}", _BELONGS)


def _fits(found: ModelFolder, plan: Any) -> None:
    """Before memory is taken: the network is no larger than its weights, nor these than the computer."""
    weights = sum(p.numel() for name, p in plan.named_parameters() if not _apart(name))
    buffers = sum(b.numel() for b in plan.buffers())
    if max(weights, buffers) > found.parameters + _SPARE:
        what = f"config.json describes {max(weights, buffers):,} numbers, the weights hold {found.parameters:,}"
        raise refused(found.path, what, _BELONGS)
    if found.memory > _memory():
        what = f"a model of {readable(found.memory)} as float32, on a computer with {readable(_memory())} of memory"
        raise refused(found.path, what, "Choose a smaller model.")


def _memory() -> float:
    """Bytes of memory that the computer has; without end where it does not tell."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def _filled(found: ModelFolder, config: Any, kind: Any) -> tuple[Any, dict[str, Any]]:
    """The network with the weights of exactly these files, and what transformers says of their names and shapes."""
    with reading(found.path, "its weights cannot be read", "Fetch the weights anew."), ExitStack() as opened:
        pointers = [opened.enter_context(safe_open(file, framework="pt")) for file in found.weights]
        named = [(pointer, name) for pointer in pointers for name in list(pointer.keys())]
        tensors = {name: pointer.get_slice(name) for pointer, name in named}
        network, info = kind.from_pretrained(
            None,
            config=config,
            state_dict=tensors,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # told in _compare, in words
            attn_implementation="eager",
        )
        _take_over(network)
        return network, dict(info)


def _take_over(network: Any) -> None:
    """Give a network numbers of its own.

    Those that stand in the file as float32 are the mapped file itself: whoever wrote into it later would change what a
    loaded model computes, and whoever cut it would end the whole process with the next sentence that is read.
    """
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data.clone()


def _compare(found: ModelFolder, network: Any, info: Mapping[str, Any]) -> None:
    """Refuses a network with a weight that is not the file's, or a file with a tensor that the network has no place for."""
    needed = sorted(key for key in info["missing_keys"] if not _apart(key))
    surplus = sorted(_misplaced(found, network, info["unexpected_keys"]))
    scales = [key for key in surplus if _SCALES.search(key)]
    if scales:
        raise refused(found.path, f"quantised weights ({shown(scales[0])} beside them)", kinds.FULL)
    for key, theirs, ours in sorted(info["mismatched_keys"]):
        sizes = f"{_axes(theirs)} in the weights and {_axes(ours)} by config.json"
        raise refused(found.path, f"{key} is {sizes}", _BELONGS)
    if needed:
        also = f"; {len(surplus)} without a place, {shown(surplus[0])} among them" if surplus else ""
        raise MissingWeightsError(
            "Every weight of the network must come from its checkpoint; transformers fills gaps at random.",
            f"{shown(found.path)}: {len(needed)} weights absent, {needed[0]} among them{also}",
            "Choose a complete checkpoint.",
        )
    if surplus:
        what = (
            f"{len(surplus)} weights that the network of config.json has no place for, {shown(surplus[0])} among them"
        )
        raise refused(found.path, what, _BELONGS)


def _misplaced(found: ModelFolder, network: Any, unexpected: Iterable[str]) -> list[str]:
    """Of the tensors that a network has no place for those that its hidden states, or its predictions, should rest on.

    Left over without harm are buffers that older checkpoints kept, and heads of other tasks. A head stands outside the
    network that it builds on: where the checkpoint names that network by a prefix (``bert.``), what has no prefix is a
    head; where it does not, heads are known by name. What lies in a part that the network has is never one: a layer more
    than config.json says, a bias that this family has not, the scale of a weight that was rounded.

    Misplaced whatever transformers says of them are a second tensor for one weight (with and without the prefix), of which
    one was read, and a tensor named after a weight (``weight_scale``), which its number would have to be worked out with.
    """
    base = network.base_model
    prefix = f"{base.base_model_prefix}."
    parts = {name.partition(".")[0] for name in (*network.state_dict(), *base.state_dict())} - {prefix[:-1]}
    prefixed = any(name.startswith(prefix) for name in found.tensors)

    def harmless(key: str) -> bool:
        first = key.removeprefix(prefix).partition(".")[0]
        tensor = found.tensors.get(key)
        if _BUFFERS.search(key) or (tensor is not None and _is_buffer(key, tensor)) or "pooler" in key:
            return True
        return first not in parts and (first in _HEADS or (prefixed and not key.startswith(prefix)))

    own = {name.removeprefix(prefix) for name in network.state_dict()}
    twice = [name for name in found.tensors if name.startswith(prefix) and name.removeprefix(prefix) in found.tensors]
    named_after = [
        name for name in found.tensors if (stem := _NAMED_AFTER.match(name)) and stem[1].removeprefix(prefix) in own
    ]
    return [*{*(key for key in unexpected if not harmless(key)), *twice, *named_after}]


def _is_buffer(name: str, tensor: Tensor) -> bool:
    """Positions, or the triangle of a causal mask, which networks make by themselves."""
    triangle = len(tensor.shape) == 4 and tensor.shape[:2] == (1, 1) and _MASK.search(name)
    return _BUFFERS.search(name) is not None or bool(triangle)


def _apart(name: str) -> bool:
    return any(part in name for part in _APART)


def _axes(shape: Iterable[int]) -> str:
    return " \u00d7 ".join(f"{size:,}" for size in shape) or "one number"
