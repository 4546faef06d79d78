"""One head's attention worked out step by step from its queries, keys and values, in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.types import AttentionSteps


def attention_steps(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    *,
    scaling: float | None = None,
    mask: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    softcap: float | None = None,
) -> AttentionSteps:
    """softmax(q k^T * scaling) v, every step kept (Vaswani et al. 2017, eq. 1).

    Args:
        q: Queries ``[query, d_head]``.
        k: Keys ``[key, d_head]``.
        v: Values ``[key, d_head]``.
        scaling: Factor on the scores; 1/sqrt(d_head) where None.
        mask: ``[query, key]``, True where the query may attend to the key; None allows all.
        bias: Added to the scaled scores ``[query, key]``.
        softcap: The scaled scores are squashed into (-softcap, softcap) first.

    Raises:
        BadInputError: Shapes that do not fit, or a query that may attend to no key.

    >>> steps = attention_steps(np.zeros((1, 2)), np.zeros((2, 2)), np.array([[1.0, 0.0], [0.0, 3.0]]))
    >>> steps.weights.tolist(), steps.values.tolist()
    ([[0.5, 0.5]], [[0.5, 1.5]])
    """
    wide = [np.asarray(part, np.float64) for part in (q, k, v)]
    _check_shapes(wide, mask, bias, softcap)
    scale = wide[0].shape[1] ** -0.5 if scaling is None else scaling
    scores = wide[0] @ wide[1].T
    scaled = scores * scale
    if softcap is not None:
        scaled = softcap * np.tanh(scaled / softcap)
    if bias is not None:
        scaled = scaled + bias
    allowed = np.ones(scores.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    if not allowed.any(1).all():
        raise BadInputError(
            "Every query must be left a key to attend to.", "a row without one", "Allow a key in each row."
        )
    weights = softmax(np.where(allowed, scaled, -np.inf))
    return AttentionSteps(
        q=wide[0].astype(np.float32),
        k=wide[1].astype(np.float32),
        v=wide[2].astype(np.float32),
        scores=scores.astype(np.float32),
        scaling=float(scale),
        scaled=scaled.astype(np.float32),
        mask=allowed,
        weights=weights.astype(np.float32),
        values=(weights @ wide[2]).astype(np.float32),
    )


def _check_shapes(
    wide: Sequence[np.ndarray], mask: np.ndarray | None, bias: np.ndarray | None, softcap: float | None
) -> None:
    """Refuse queries, keys and values (in this order), a mask or a bias that do not fit each other."""
    if any(part.ndim != 2 for part in wide) or wide[0].shape[1] != wide[1].shape[1] or len(wide[1]) != len(wide[2]):
        raise BadInputError(
            "Queries and keys must be equally long, and every key needs a value.",
            ", ".join(f"{name} {list(part.shape)}" for name, part in zip("qkv", wide, strict=True)),
            "Give q [query, d_head], k [key, d_head] and v [key, d_head].",
        )
    expected = (len(wide[0]), len(wide[1]))
    for name, part in (("mask", mask), ("bias", bias)):
        if part is not None and np.shape(part) != expected:
            raise BadInputError(
                f"The {name} says something of each query and key, {list(expected)} here.",
                f"a {name} of shape {list(np.shape(part))}",
                "Give one row a query and one column a key.",
            )
    if wide[0].shape[1] == 0 or (softcap is not None and softcap <= 0):
        raise BadInputError(
            "Queries have at least one number, and a softcap lies above 0.",
            f"{wide[0].shape[1]} numbers, softcap {softcap}",
            "Give longer vectors, or no softcap.",
        )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Shares along the last axis: exp of each score over the sum of all; a score of minus infinity gives exactly 0."""
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Natural logarithm of :func:`softmax`, in float64; no share is too small for it."""
    shifted = np.asarray(scores, np.float64) - np.max(scores, axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))
