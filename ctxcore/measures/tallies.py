"""How sure is a share of right answers? Intervals and tests of counts.

Each test errs on the safe side: a count that is not whole (an answer that counts as a guess) is rounded against the claim.
"""

from __future__ import annotations

import math

from ctxcore.types import Tally
from ctxcore.types.result import LEVEL

_ROUNDING = 1e-9


def interval(tally: Tally) -> tuple[float, float]:
    """The 95 % interval of the share right (Clopper & Pearson 1934); 0 to 1 where nothing was asked."""
    from scipy import special  # here and below: it takes long to open, and no page waits for it with its first text

    low, high = _least(tally), math.ceil(tally.right - _ROUNDING)
    tail = LEVEL / 2
    return (
        float(special.betaincinv(low, tally.asked - low + 1, tail)) if low else 0.0,
        float(special.betaincinv(high + 1, tally.asked - high, 1 - tail)) if high < tally.asked else 1.0,
    )


def by_guessing(tally: Tally) -> float:
    """Probability that one who guesses gets as many right or more (one-sided binomial test); 1 where nothing was asked."""
    from scipy import special

    low = _least(tally)
    return float(special.bdtrc(low - 1, tally.asked, tally.guess)) if low else 1.0


def beats_guessing(tally: Tally) -> bool:
    """Are so many right by guessing in less than 5 % of cases?"""
    return by_guessing(tally) < LEVEL


def beats(first: Tally, second: Tally) -> bool:
    """Has the first more right than the second, beyond what chance brings in 5 % of cases (Fisher's exact test, one-sided)?

    The two may be asked the same: where their answers go together the test is stricter than it says.
    """
    from scipy.stats import hypergeom

    low, high = _least(first), math.ceil(second.right - _ROUNDING)
    p = hypergeom.sf(low - 1, first.asked + second.asked, low + high, first.asked)
    return bool(p < LEVEL)


def _least(tally: Tally) -> int:
    """Right answers, those that count in part rounded down."""
    return math.floor(tally.right + _ROUNDING)
