"""Is a difference more than what one sense shows anyway? Shares, intervals and verdicts of a pair against known pairs."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ctxcore.measures.geometry import SAME, unit
from ctxcore.types import Below, ControlPairs, ShiftControls
from ctxcore.types.result import LEVEL

BAND = (5, 50, 95)
"""Percentiles that a band is drawn from."""
ENOUGH = 20
"""Sentences below which nothing is judged: with fewer, one odd sentence is a twentieth of the pairs."""
_DRAWS = 400
_ALIKE = 0.005
"""Areas that differ by less are equal: the layer among them is chosen by how far the two kinds of pairs lie apart."""


def corrected_cosines(vectors: np.ndarray, pairs: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Cosines of pairs raw, centred and standardised, ``[correction, layer, pair]``.

    Args:
        vectors: ``[occurrence, layer, feature]``.
        pairs: ``[pair, 2]``, indices of occurrences.
        mean: ``[layer, feature]``: subtracted for the second and third (Mu & Viswanath 2018).
        spread: ``[layer, feature]``: standard deviation that each feature is divided by for the third, so that a few features with
            huge values do not decide alone (Timkey & van Schijndel 2021, "All bark and no bite").
    """
    found = np.zeros((3, vectors.shape[1], len(pairs)))
    for layer in range(vectors.shape[1]):
        points = vectors[:, layer].astype(np.float64)
        less = points - mean[layer]
        for way, moved in enumerate((points, less, less / np.where(spread[layer] > SAME, spread[layer], 1.0))):
            directions = unit(moved)
            found[way, layer] = np.einsum("pf,pf->p", directions[pairs[:, 0]], directions[pairs[:, 1]])
    return np.clip(found, -1.0, 1.0)


def band(pairs: ControlPairs, correction: int = 0) -> np.ndarray:
    """:data:`BAND` percentiles of the cosines ``[percentile, layer]``; NaN where there are no pairs."""
    cosines = pairs.cosines[correction]
    if not cosines.shape[1]:
        return np.full((len(BAND), cosines.shape[0]), np.nan)
    return np.asarray(np.percentile(cosines, BAND, axis=1))


@lru_cache(maxsize=16)  # a page words one pair in several places
def below(pairs: ControlPairs, value: float, layer: int, correction: int = 0, seed: int = 0) -> Below:
    """The share of pairs whose cosine at a layer is no greater than a value, with a 95 % interval.

    The interval is a bootstrap over sentences (over words where each word has its own sentences): units are drawn with
    replacement, and a pair counts as often as its two units were drawn, so that many pairs of one odd sentence count as what they
    are. NaN where there are no pairs.
    """
    if not len(pairs):
        return Below(float("nan"), float("nan"), float("nan"), 0, pairs.sentences)
    low = pairs.cosines[correction, layer] <= value + SAME
    first, second = (np.unique(np.concatenate([pairs.first, pairs.second]), return_inverse=True)[1]).reshape(2, -1)
    count = int(max(first.max(), second.max())) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=_DRAWS).astype(np.float64)
    as_low, total = (_drawn_pairs(drawn, first, second, counted) for counted in (low, np.ones(len(low))))
    shares = as_low[total > 0] / total[total > 0]
    ends = np.percentile(shares, (2.5, 97.5))
    return Below(float(low.mean()), float(ends[0]), float(ends[1]), len(pairs), pairs.sentences)


def _drawn_pairs(drawn: np.ndarray, first: np.ndarray, second: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """How many of the counted pairs there are where each unit is drawn so often ``[draw, unit]``: ``[draw]``.

    A pair of two units counts as often as the one times the other, a pair within one as often as it.
    """
    grid = np.zeros((drawn.shape[1], drawn.shape[1]))
    np.add.at(grid, (first, second), counted)
    within = np.diagonal(grid).copy()
    np.fill_diagonal(grid, 0)
    return np.asarray(((drawn @ grid) * drawn).sum(1) + drawn @ within)


def further_apart(share: Below) -> bool | None:
    """Is a pair further apart than one sense makes two occurrences, given what share of same-sense pairs lies as low?

    True where even the upper end of the interval is at most :data:`LEVEL`, False where the share itself is greater; None between
    the two, and where there are fewer than :data:`ENOUGH` sentences.
    """
    if share.sentences < ENOUGH or not share.pairs:
        return None
    if share.share > LEVEL:
        return False
    return True if share.high <= LEVEL else None


def area(same: np.ndarray, two: np.ndarray) -> float:
    """Area under the curve: how often a same-sense pair is closer than a pair of two senses, ties counting half. NaN without pairs.

    Args:
        same: ``[pair]`` cosines.
        two: ``[pair]`` cosines.
    """
    if not len(same) or not len(two):
        return float("nan")
    ordered = np.sort(two)
    lower, upper = (np.searchsorted(ordered, same + d, side="left") for d in (-SAME, SAME))
    return float((lower + upper).mean() / 2 / len(two))


@lru_cache(maxsize=16)
def areas(controls: ShiftControls, correction: int = 0) -> np.ndarray:
    """:func:`area` at each layer ``[layer]``."""
    same, two = controls.same.cosines[correction], controls.two.cosines[correction]
    return np.array([area(a, b) for a, b in zip(same, two, strict=True)])


def best_layer(controls: ShiftControls) -> int:
    """The layer whose raw cosines tell one sense from two best, in the control sentences alone: the pair has no part in the choice.

    Of several that do so alike it is the one where the two kinds of pairs lie furthest apart for their spread. The last layer where
    the sentences have no two senses.
    """
    found = areas(controls)
    if np.isnan(found).any():
        return len(found) - 1
    same, two = controls.same.cosines[0], controls.two.cosines[0]
    apart = (same.mean(1) - two.mean(1)) / np.sqrt(same.var(1) + two.var(1) + SAME**2)
    return int(np.where(found >= found.max() - _ALIKE, apart, -np.inf).argmax())


def own_sentence_found(targets: np.ndarray, others: np.ndarray) -> int:
    """For how many occurrences of a word are the other words of their own sentence the nearest, of those of all the sentences?

    Both are taken at length 1 and less their mean over the sentences, since what all share tells none from another.

    Args:
        targets: ``[sentence, feature]``, the word's vector in each.
        others: ``[sentence, feature]``, the mean of the unit vectors of the other words of each.
    """
    words, sentences = (unit(part - part.mean(0)) for part in (unit(targets), np.asarray(others, np.float64)))
    near = words @ sentences.T
    own = np.diagonal(near).copy()
    np.fill_diagonal(near, -np.inf)
    return int((own > near.max(1) + SAME).sum())
