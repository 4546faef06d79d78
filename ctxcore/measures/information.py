"""How much a context tells of a word, in bits, and how far a mean over sentences can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.types import HeldOut

_DRAWS = 2000


def bits_gained(with_context: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Pointwise conditional cross-mutual information, P-CXMI (Fernandes et al. 2023): how much likelier a context makes a word.

    Its mean over words is the conditional cross-mutual information, CXMI (Fernandes et al. 2021).

    Args:
        with_context: Natural logarithms of the words' probability given the context ``[...]``.
        without: The same without it.

    Returns:
        Bits ``[...]``: 1 is twice as likely, -1 half as likely.
    """
    return np.asarray((np.asarray(with_context, np.float64) - np.asarray(without, np.float64)) / np.log(2))


def interval_by_group(
    values: np.ndarray, groups: Sequence[int], share: float = 0.95, draws: int = _DRAWS, seed: int = 0
) -> np.ndarray:
    """Where the mean would lie had other groups been drawn: the bootstrap over groups (Efron 1979), expanded (Hesterberg 2015).

    Words of one sentence depend on each other, so sentences are drawn and not words. Percentiles of few groups are too narrow;
    they are taken as far out as Student\u2019s t is farther out than the normal distribution.

    Args:
        values: ``[..., value]``.
        groups: The group of each value, such as its sentence.
        share: Of the means that lie inside.
        draws: How often as many groups are drawn, with replacement.
        seed: Of the draws.

    Returns:
        ``[..., 2]``: both ends; minus and plus infinity where there is one group.

    Raises:
        BadInputError: There is no value, or not a group for each.
    """
    values = np.asarray(values, np.float64)
    names, number = np.unique(np.asarray(groups), return_inverse=True)
    if not len(names) or values.shape[-1] != len(number):
        raise BadInputError(
            "Each value has a group.", f"{values.shape[-1]} values, {len(number)} groups", "Give one group a value."
        )
    if len(names) == 1:
        return np.stack([np.full(values.shape[:-1], -np.inf), np.full(values.shape[:-1], np.inf)], axis=-1)
    member = (number[:, None] == np.arange(len(names))).astype(np.float64)  # [value, group]
    sums, sizes = values @ member, member.sum(0)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    means = (sums @ drawn.T) / (sizes @ drawn.T)  # [..., draw]
    tail = _tail(len(names), share)
    ends = np.quantile(means, [tail, 1 - tail], axis=-1)
    return np.asarray(np.moveaxis(ends, 0, -1))


def more_right(found: HeldOut) -> np.ndarray:
    """How many more first guesses are right with all words before than with the last alone: 95 % of the share, over sentences ``[2]``."""
    last, full = (found.first[found.predictors.index(name)] for name in ("last word", "full"))
    return interval_by_group(full.astype(np.float64) - last, found.sentence_index)


def _tail(groups: int, share: float) -> float:
    """The share of means that is cut off at each end."""
    from scipy import special

    far = special.stdtrit(groups - 1, (1 + share) / 2) * np.sqrt(groups / (groups - 1))
    return float(special.ndtr(-far))
