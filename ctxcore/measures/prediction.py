"""Next-token distributions after two prompts compared, and one sharpened or flattened."""

from __future__ import annotations

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.measures.attention import jensen_shannon
from ctxcore.types import Contrast, Ladder, Swap


def swap(first: np.ndarray, second: np.ndarray, k: int = 10) -> Swap:
    """How far apart two distributions over the same tokens are.

    Args:
        first: ``[vocabulary]`` shares after one prompt.
        second: The same after the other.
        k: How many of the tokens that differ most to list; fewer where fewer differ.
    """
    p, q = np.asarray(first, np.float64), np.asarray(second, np.float64)
    apart = np.abs(p - q)
    order = np.argsort(-apart, kind="stable")[:k]
    moved = tuple((int(i), float(p[i]), float(q[i])) for i in order if apart[i] > 0)
    return Swap(float(jensen_shannon(p, q)), float(apart.max()), moved)


def swaps(ladder: Ladder) -> list[Swap]:
    """How far apart the first two prompts are on each context level above the table."""
    return [swap(*ladder.shares[:2, level]) for level in range(ladder.shares.shape[1])]


def contrast(ladder: Ladder, candidate: int = 0) -> Contrast:
    """What full attention makes of a candidate after the first prompt, compared with the second."""
    one, two = (float(p) for p in ladder.probability[:2, -1, candidate])
    more, less = max(one, two), min(one, two)
    off = ladder.shares[:2, ladder.levels.index("no attention") - 1]
    times = more / less if less > 0 else float("inf")
    return Contrast(ladder.candidates[candidate], int(two > one), times, float(np.abs(off[0] - off[1]).max()))


def likeliest(shares: np.ndarray, temperature: float = 1.0, k: int = 8) -> list[tuple[int, float]]:
    """The likeliest tokens of a distribution ``[vocabulary]`` at a temperature, with their probability."""
    warm = tempered(shares, temperature)
    return [(int(i), float(warm[i])) for i in np.argsort(-warm, kind="stable")[:k]]


def tempered(shares: np.ndarray, temperature: float) -> np.ndarray:
    """Shares ``[..., vocabulary]`` at a temperature: below 1 the likely grow likelier, above 1 all come nearer.

    Each share is raised to 1/temperature and the row divided by its sum, which is softmax(logits / temperature).
    """
    if temperature <= 0:
        raise BadInputError("A temperature lies above 0.", f"{temperature:g}", "1 leaves the model as it is.")
    with np.errstate(divide="ignore"):
        logs = np.log(np.asarray(shares, np.float64)) / temperature
    raised = np.exp(logs - logs.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))
