"""The parts of a block: what attention and the feed-forward block add to the residual stream, head by head.

A head's output passes through its own rows of the output projection before it is added: ``W_O`` cut into ``[head, d_head, feature]``.
What is found here is found by name and shape and refused where it is not plainly so; what is worked out with it is checked against
the model's own numbers by those who use it (:mod:`ctxcore.studies.contributions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ctxcore.errors import UnsupportedModelError
from ctxcore.models.attend import Capture, Steps
from ctxcore.models.interventions import Attend
from ctxcore.models.passes import Row, Transformer, call, settled

_OUTPUTS = ("o_proj", "out_proj", "out_lin", "c_proj", "dense", "output.dense")
"""What families call the output projection, inside the attention module; the last in BERT's, beside it."""
_INPUTS = {
    "q_proj", "k_proj", "v_proj", "q_lin", "k_lin", "v_lin", "query", "key", "value", "c_attn", "query_key_value", "q_norm", "k_norm",
}  # fmt: skip
"""What may stand in an attention module before the heads: queries, keys, values and their norms."""
_AFTER = {"output", "LayerNorm", "self"}
"""And what may stand in it after the output projection, where the residual connection is a part of it."""


@dataclass(frozen=True, eq=False)
class Projection:
    """The output projection of one block's attention, cut into heads.

    Attributes:
        weight: ``[head, d_head, feature]``: what a head gives of a value ``v`` is ``v @ weight[head]``.
        bias: ``[feature]``, added once for all heads; zeros where the family has none.
    """

    weight: torch.Tensor
    bias: torch.Tensor

    def lengths(self, value: torch.Tensor) -> torch.Tensor:
        """Lengths of values ``[head, key, d_head]`` after the projection, ``[head, key]``."""
        return torch.stack([(v.double() @ w.double()).norm(dim=-1) for v, w in zip(value, self.weight, strict=True)])

    def by_head(self, output: torch.Tensor) -> torch.Tensor:
        """What each head adds ``[head, feature]`` of its output ``[head, d_head]``, without the bias."""
        return torch.einsum("hd,hdf->hf", output.double(), self.weight.double())


def projection_of(model: Transformer, attention: torch.nn.Module) -> Projection:
    """The output projection that belongs to an attention module of a model.

    Raises:
        UnsupportedModelError: The family has none that can be cut into heads, or something else stands between the heads and it.
    """
    holder, found = attention, _named(attention)
    if found is None:  # BERT's stands beside the module that attends
        holder = _parent(model.network, attention)
        found = _named(holder)
    if found is None:
        raise no_parts(model, "whose attention has no output projection of a known name")
    where, linear = found
    strange = _with_parameters(attention) - _INPUTS - _AFTER - {where.partition(".")[0]}
    if strange:
        raise no_parts(model, f"whose attention has {', '.join(sorted(strange))} besides")
    weight = linear.weight if type(linear).__name__ == "Conv1D" else linear.weight.T  # [in, out]
    if weight.shape[1] != model.features or weight.shape[0] % model.heads:
        raise no_parts(model, f"whose output projection makes {weight.shape[1]} numbers of {weight.shape[0]}")
    queries = next((getattr(attention, n) for n in ("q_proj", "q_lin", "query") if hasattr(attention, n)), None)
    if queries is not None and queries.weight.shape[0] != weight.shape[0]:  # a gate goes with the queries
        raise no_parts(model, "whose queries are not as long as what the heads give")
    bias = torch.zeros(model.features) if linear.bias is None else linear.bias
    return Projection(settled(weight.detach()).reshape(model.heads, -1, model.features), settled(bias.detach()))


def _named(module: torch.nn.Module) -> tuple[str, Any] | None:
    for name in _OUTPUTS:
        part: Any = module
        for step in name.split("."):
            part = getattr(part, step, None)
        if isinstance(part, torch.nn.Linear) or type(part).__name__ == "Conv1D":
            return name, part
    return None


def _parent(network: torch.nn.Module, module: torch.nn.Module) -> torch.nn.Module:
    name = next(name for name, part in network.named_modules() if part is module)
    return network.get_submodule(name.rpartition(".")[0])


def _with_parameters(module: torch.nn.Module) -> set[str]:
    named = {name.partition(".")[0] for name, _ in module.named_parameters()}
    return {name for name in named if "bias" not in name}


def no_parts(model: Transformer, why: str) -> UnsupportedModelError:
    """Why a model's blocks cannot be taken apart."""
    return UnsupportedModelError(
        "A head is taken out of its block through its share of the output projection.",
        f"{model.id}, {why}",
        "Choose a model of another family, such as BERT, GPT-2 or LLaMA.",
    )


class _Lengths(Capture):
    """A pass that keeps of each block how long its values are after the output projection."""

    def __init__(self, model: Transformer, blocks: frozenset[int]) -> None:
        super().__init__(blocks, whole=True)
        self.model, self.lengths = model, dict[int, torch.Tensor]()

    def take_steps(self, block: int, steps: Steps) -> None:
        projection = projection_of(self.model, self.modules[block])
        self.lengths[block] = projection.lengths(settled(steps.value[0])).float()


def value_lengths(model: Transformer, row: Row, attend: Attend, blocks: frozenset[int]) -> dict[int, torch.Tensor]:
    """How long each token's value is after the output projection: block (from 0) -> ``[head, key]``."""
    capture = _Lengths(model, blocks)
    model._below_head([row], [attend], capture, output_hidden_states=False)
    return capture.lengths


@dataclass(frozen=True, eq=False)
class LastPosition:
    """What a decoder computed at the last position of one text.

    Attributes:
        hidden: What enters each block, and the final vector after its norm, ``[layer, feature]``.
        outputs: Of each block's heads before the output projection ``[head, d_head]``.
        attentions: The module of each block that attends.
        logits: ``[vocabulary]``.
    """

    hidden: torch.Tensor
    outputs: list[torch.Tensor]
    attentions: list[torch.nn.Module]
    logits: torch.Tensor


class _Outputs(Capture):
    """A pass that keeps of each block what its heads gave at the last position."""

    def __init__(self) -> None:
        super().__init__(whole=True)
        self.outputs: list[torch.Tensor] = []

    def take_steps(self, block: int, steps: Steps) -> None:
        self.outputs.append(settled(steps.output[0, -1]))


def last_position(model: Transformer, row: Row) -> LastPosition:
    """One pass over a text, and all that is needed to take its last position apart."""
    capture, ids = _Outputs(), torch.tensor([[token.id for token in row]])
    asked = {"use_cache": False, "output_hidden_states": True, "logits_to_keep": 1}
    said = call(model.network, ids, torch.ones_like(ids), capture, **asked)
    hidden = torch.stack([settled(state[0, -1]) for state in said.hidden_states])
    return LastPosition(hidden, capture.outputs, capture.modules, settled(said.logits[0, -1]))


Linear = Callable[[torch.Tensor], torch.Tensor]


def frozen(norm: Any, at: torch.Tensor) -> tuple[Linear, torch.Tensor]:
    """A norm as the linear map that it is once its scale stays what it was at one vector: the map, and what it adds (its bias).

    Args:
        norm: A layer norm (Ba et al. 2016), or one by the root mean square (Zhang & Sennrich 2019).
        at: ``[feature]``, in float64.
    """
    centres = isinstance(norm, torch.nn.LayerNorm)
    eps = float(getattr(norm, "eps", getattr(norm, "variance_epsilon", 0.0)))
    first = next(norm.parameters())
    with torch.inference_mode():
        bias = settled(norm(torch.zeros(1, len(at), device=first.device, dtype=first.dtype))[0]).double()
        if centres:
            gain = settled(norm.weight).double()
        else:  # of a vector of ones only the gain is left, whether a family adds one to it or not
            ones = torch.ones(1, len(at), device=first.device, dtype=first.dtype)
            gain = (settled(norm(ones)[0]).double() - bias) * (1 + eps) ** 0.5
    centred = at - at.mean() if centres else at
    scale = gain / (centred.pow(2).mean() + eps).sqrt()
    return (lambda part: (part - part.mean(-1, keepdim=True) if centres else part) * scale), bias


@dataclass(frozen=True, eq=False)
class Added:
    """What one block adds to the residual stream at the last position; all ``[.., feature]`` in float64.

    Attributes:
        heads: ``[head, feature]``.
        bias: ``[feature]``: of the output projection, and of a norm that follows it.
        feed_forward: ``[feature]``.
    """

    heads: torch.Tensor
    bias: torch.Tensor
    feed_forward: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        """All of it ``[feature]``."""
        return self.heads.sum(0) + self.bias + self.feed_forward


def added(model: Transformer, attention: torch.nn.Module, enters: torch.Tensor, outputs: torch.Tensor) -> Added:
    """What a decoder's block adds at one position.

    Args:
        model: A decoder.
        attention: The module of the block that attends.
        enters: What enters the block ``[feature]``.
        outputs: Of its heads, before the output projection ``[head, d_head]``.

    Raises:
        UnsupportedModelError: The block is of another build than one that adds attention, then a feed-forward block.
    """
    block: Any = _parent(model.network, attention)
    projection = projection_of(model, attention)
    heads, bias = projection.by_head(outputs), projection.bias.double()
    twice = hasattr(block, "pre_feedforward_layernorm")  # norms stand behind both halves too, as in Gemma 2
    if twice:
        linear, beside = frozen(block.post_attention_layernorm, heads.sum(0) + bias)
        heads, bias = linear(heads), linear(bias) + beside
    names = ("pre_feedforward_layernorm",) if twice else ("post_attention_layernorm", "ln_2")
    norm = next((getattr(block, name) for name in names if hasattr(block, name)), None)
    if norm is None or not hasattr(block, "mlp"):
        raise no_parts(model, "whose blocks are not attention, a norm and a feed-forward block")
    parallel = bool(getattr(model.network.config, "use_parallel_residual", False))
    state = enters.double() if parallel else enters.double() + heads.sum(0) + bias
    first = next(block.parameters())
    with torch.inference_mode():
        made = block.mlp(norm(state.to(first.device, first.dtype)[None, None]))
        if twice:
            made = block.post_feedforward_layernorm(made)
    return Added(heads, bias, settled(made[0, 0]).double())
