"""One head's attention worked out anew, step by step, from what a model computed with."""

from __future__ import annotations

import numpy as np
import torch

from ctxcore.measures.attention_steps import attention_steps
from ctxcore.models.attend import Steps
from ctxcore.types import AttentionSteps


def worked_out(kept: Steps, head: int) -> tuple[AttentionSteps, np.ndarray]:
    """One head of the batch's first text worked out anew, and what the model went on with ``[query, d_head]``."""
    q, k, v = (part[0, head].numpy() for part in (kept.query, kept.key, kept.value))
    shape = (len(q), len(k))
    added, bias = _of_head(kept.added, head, shape), _of_head(kept.position_bias, head, shape)
    mask = None if added is None else added > torch.finfo(kept.query.dtype).min / 2
    steps = attention_steps(q, k, v, scaling=kept.scaling, mask=mask, bias=bias, softcap=kept.softcap)
    return steps, kept.output[0, :, head].numpy()


def _of_head(part: torch.Tensor | None, head: int, shape: tuple[int, int]) -> np.ndarray | None:
    """One head's ``[query, key]`` of what may be shared by all heads, or by all queries."""
    return None if part is None else np.broadcast_to(part[0, head if part.shape[1] > 1 else 0].numpy(), shape)
