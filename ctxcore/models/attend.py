"""The one attention function: every model runs through it; it keeps what a request asks for and leaves out what it forbids.

transformers hands this function the query, key and value of each head, after rotary embedding, for every family that uses
its attention interface. Without a request the function is torch's fused kernel, so plain encoding costs what the bare model
costs. A request travels by context variable: two threads that use one model never see each other's capture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, eager_mask, sdpa_mask

from ctxcore.errors import BadInputError, UnsupportedModelError

IMPLEMENTATION = "ctxcore"


@dataclass(frozen=True, eq=False)
class Steps:
    """What one block computed with, before anything is worked out from it. All of one batch.

    Attributes:
        query: ``[batch, head, query, d_head]``, after rotary embedding where the family has it.
        key: ``[batch, head, key, d_head]``, the same; grouped heads repeated.
        value: ``[batch, head, key, d_head]``, grouped heads repeated.
        added: What is added to the scaled scores, ``[batch or 1, 1 or head, query, key]``; None where nothing is.
        position_bias: What a family adds to the scaled scores by position, or None.
        scaling: Factor on the scores.
        softcap: The scaled scores stay within this, or None.
        output: ``[batch, query, head, d_head]``: what the block went on with.
    """

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    added: torch.Tensor | None
    position_bias: torch.Tensor | None
    scaling: float
    softcap: float | None
    output: torch.Tensor


@dataclass
class Capture:
    """What one forward pass keeps and changes. Filled while it runs, read by the one who asked.

    Attributes:
        layers: Blocks to keep, from 0; None keeps all.
        heads: Heads to keep, from 0; None keeps all.
        allowed: ``[batch, query, key]``, False where a query may not attend to a key, in every block; None allows all.
        silent: Block -> ``[batch, head]``, True where a head's output is zero before the output projection.
        valueless: Block -> ``[batch, key]``, True where a token's value is zero for all who attend to it.
        whole: Keep what the kept blocks computed with, in place of their weights.
        weights: Block -> attention weights ``[batch, head, query, key]`` of the kept heads.
        steps: Block -> what it computed with, where ``whole`` is asked.
        keep: Called with a kept block and its weights, in place of storing them: for one who has a place for them.
        calls: Attention calls so far. Blocks are counted, since not every family says which block is running.
        modules: Who called, in order.
    """

    layers: frozenset[int] | None = None
    heads: tuple[int, ...] | None = None
    allowed: torch.Tensor | None = None
    silent: Mapping[int, torch.Tensor] = field(default_factory=dict)
    valueless: Mapping[int, torch.Tensor] = field(default_factory=dict)
    whole: bool = False
    weights: dict[int, torch.Tensor] = field(default_factory=dict)
    steps: dict[int, Steps] = field(default_factory=dict)
    keep: Callable[[int, torch.Tensor], None] | None = None
    calls: int = 0
    modules: list[torch.nn.Module] = field(default_factory=list)

    def wants(self, block: int) -> bool:
        """Is this block's attention to be kept?"""
        return self.layers is None or block in self.layers

    def begin(self, module: torch.nn.Module) -> int:
        """Which block it is that calls."""
        self.modules.append(module)
        self.calls += 1
        return self.calls - 1

    def allowed_of(self, keys: int) -> torch.Tensor | None:
        """Who may attend to the latest keys: a family with a sliding window holds no others behind kept ones."""
        return None if self.allowed is None else self.allowed[..., -keys:]

    def take(self, block: int, weights: torch.Tensor) -> None:
        """Weights of all heads of a block that is to be kept."""
        chosen = weights if self.heads is None else weights[:, list(self.heads)]
        if self.keep is None:
            self.weights[block] = chosen
        else:
            self.keep(block, chosen)

    def take_steps(self, block: int, steps: Steps) -> None:
        """What a block that is to be kept whole computed with."""
        self.steps[block] = steps

    def valued(self, block: int, value: torch.Tensor) -> torch.Tensor:
        """A block's values ``[batch, head, key, d_head]``, zero where they are to be; behind kept keys there may be only the latest."""
        if block not in self.valueless:
            return value
        return value.masked_fill(self.valueless[block][:, None, -value.shape[2] :, None], 0.0)

    def silenced(self, block: int, output: torch.Tensor) -> torch.Tensor:
        """A block's output ``[batch, query, head, d_head]`` without its silent heads."""
        if block not in self.silent:
            return output
        return output.masked_fill(self.silent[block][:, None, :, None], 0.0)

    def move(self, device: torch.device) -> None:
        """What it changes goes to where the network is."""
        self.allowed = None if self.allowed is None else self.allowed.to(device)
        self.silent = {block: heads.to(device) for block, heads in self.silent.items()}
        self.valueless = {block: keys.to(device) for block, keys in self.valueless.items()}


_Asked = TypeVar("_Asked", bound=Capture | None)
_capture: ContextVar[Capture | None] = ContextVar("ctxcore_capture", default=None)


@contextmanager
def capturing(capture: _Asked) -> Iterator[_Asked]:
    """Within this context, forward passes of this thread fill ``capture``; None asks for nothing."""
    token = _capture.set(capture)
    try:
        yield capture
    finally:
        _capture.reset(token)


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    softcap: float | None = None,
    position_bias: torch.Tensor | None = None,
    **extra: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """One attention call of one block.

    Args:
        module: The attention module that calls.
        query: ``[batch, head, query, d_head]``.
        key: ``[batch, key/value head, key, d_head]``; fewer heads than the query where they are grouped.
        value: As ``key``.
        attention_mask: Additive or boolean mask that broadcasts to ``[batch, head, query, key]``, or None.
        scaling: Factor on the scores; 1/sqrt(d_head) where None.
        dropout: Passed by transformers; models here are in evaluation mode, where it is 0.
        softcap: Scores are squashed into (-softcap, softcap) where given.
        position_bias: Added to the scores, ``[.., head, query, key]``.
        **extra: What else a family passes on; attention sinks are refused.

    Returns:
        Output ``[batch, query, head, d_head]`` and the weights of a captured call (else None).
    """
    if extra.get("s_aux") is not None:
        raise UnsupportedModelError(
            "Each attention row must be a share of the tokens that sums to 1.",
            "a family with learned attention sinks",
            "Choose a model of another family, such as BERT or LLaMA.",
        )
    capture = _capture.get()
    if capture is None and softcap is None:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, position_bias=position_bias, **extra
        )
    mask = _additive(module, query, key, attention_mask)
    if capture is None:
        return _by_hand(query, key, value, mask, scaling, softcap, position_bias)
    block = capture.begin(module)
    value = capture.valued(block, value)
    mask = _restricted(mask, capture.allowed_of(key.shape[2]), query.dtype)
    kept = capture.wants(block)
    if softcap is None and (not kept or capture.whole):
        given = {**extra, "position_bias": position_bias, "is_causal": False}
        output, _ = sdpa_attention_forward(module, query, key, value, mask, dropout, scaling, **given)
    else:
        output, weights = _by_hand(query, key, value, mask, scaling, softcap, position_bias)
        if kept and not capture.whole:
            capture.take(block, weights)
    if kept and capture.whole:
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        keys, values = _repeated(key, query), _repeated(value, query)
        capture.take_steps(block, Steps(query, keys, values, mask, position_bias, scale, softcap, output))
    return capture.silenced(block, output), capture.weights.get(block)


def _by_hand(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scaling: float | None,
    softcap: float | None,
    position_bias: torch.Tensor | None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(q k^T * scaling + mask) v with the weights in the open (Vaswani et al. 2017, eq. 1)."""
    key, value = _repeated(key, query), _repeated(value, query)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query, key.transpose(2, 3)) * scale  # [batch, head, query, key]
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if position_bias is not None:
        scores = scores + position_bias
    if mask is not None:
        scores = scores + mask
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32)  # kept so: a row in half precision does not sum to 1
    return torch.matmul(weights.to(query.dtype), value).transpose(1, 2).contiguous(), weights


def _repeated(part: torch.Tensor, query: torch.Tensor) -> torch.Tensor:
    """Keys or values with one entry a query head: where they are grouped, each serves several."""
    groups = query.shape[1] // part.shape[1]
    return part.repeat_interleave(groups, dim=1) if groups > 1 else part


def _restricted(mask: torch.Tensor | None, allowed: torch.Tensor | None, dtype: torch.dtype) -> torch.Tensor | None:
    """The mask with what a request forbids; ``allowed`` is ``[batch, query, key]``."""
    if allowed is None:
        return mask
    base = torch.zeros((), dtype=dtype, device=allowed.device) if mask is None else mask
    if mask is not None:  # a family may look less far than its causal mask, through a sliding window
        open_keys = mask > torch.finfo(dtype).min / 2
        if bool((open_keys.any(-1) & ~(open_keys & allowed[:, None]).any(-1)).any()):
            raise BadInputError(
                "Every token must be left something to attend to.",
                "all that one of them sees is blocked",
                "Leave it itself or another token that this model lets it see.",
            )
    # Put in place of the mask and not added to it: twice the lowest number is minus infinity, and a row of those is no share.
    return torch.where(allowed[:, None], base, torch.finfo(dtype).min)


def _additive(
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor | None:
    """The mask as a number to add to the scores.

    The fused kernel is given no mask for a plain causal batch and a boolean one otherwise. A softcapped family takes the
    path by hand even when nothing is captured, so both forms arrive here.
    """
    lowest = torch.finfo(query.dtype).min
    if mask is None:
        if not getattr(module, "is_causal", False) or query.shape[2] == 1:
            return None
        queries, keys = query.shape[2], key.shape[2]
        mask = torch.ones(queries, keys, dtype=torch.bool, device=query.device).tril(keys - queries)
    if mask.dtype == torch.bool:
        return torch.where(mask, torch.zeros((), dtype=query.dtype, device=query.device), lowest)
    return mask


def _mask(*args: Any, **kwargs: Any) -> torch.Tensor | None:
    """The mask that the coming calls need: written out where weights are captured, the kernel's own otherwise."""
    return sdpa_mask(*args, **kwargs) if _capture.get() is None else eager_mask(*args, **kwargs)


AttentionInterface.register(IMPLEMENTATION, attend)
AttentionMaskInterface.register(IMPLEMENTATION, _mask)
