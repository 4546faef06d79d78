"""Intervals and tests of counts: against scipy's own, and by hand."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest, fisher_exact

from ctxcore import Tally
from ctxcore.measures import tallies


@pytest.mark.parametrize("right", [0, 1, 6, 9, 10, 15, 17, 18])
def test_the_interval_and_the_test_are_those_of_scipy(right: int) -> None:
    tally, other = Tally(right, 18, 1 / 3), binomtest(right, 18, 1 / 3, alternative="greater")
    interval = binomtest(right, 18).proportion_ci(method="exact")
    assert tallies.interval(tally) == pytest.approx((interval.low, interval.high), abs=1e-12)
    assert tallies.by_guessing(tally) == pytest.approx(other.pvalue, abs=1e-12)
    assert tallies.beats_guessing(tally) is (right >= 10)
    for second in (0, 5, 9, 12):
        p = fisher_exact([[right, 18 - right], [second, 18 - second]], alternative="greater").pvalue
        assert tallies.beats(tally, Tally(second, 18, 1 / 3)) is bool(p < 0.05)


def test_two_coins_by_hand() -> None:
    """Two right of two at even odds: a quarter by guessing; the interval reaches down to the root of 0.025."""
    both = Tally(2, 2, 0.5)
    assert tallies.by_guessing(both) == pytest.approx(0.25)
    assert tallies.interval(both) == (pytest.approx(math.sqrt(0.025)), 1.0)
    assert tallies.interval(Tally(0, 0, 0.5)) == (0.0, 1.0)
    assert tallies.by_guessing(Tally(0, 0, 0.5)) == 1.0
    assert math.isnan(Tally(0, 0, 0.5).share)


def test_what_counts_in_part_is_rounded_against_the_claim() -> None:
    third = sum([1 / 3] * 18)  # 6, but for rounding
    assert tallies.by_guessing(Tally(third, 18, 1 / 3)) == pytest.approx(tallies.by_guessing(Tally(6, 18, 1 / 3)))
    assert tallies.interval(Tally(third, 18, 1 / 3)) == tallies.interval(Tally(6, 18, 1 / 3))
    assert not tallies.beats_guessing(Tally(9.9, 18, 1 / 3))
    assert tallies.interval(Tally(9.5, 18, 1 / 3)) == (
        tallies.interval(Tally(9, 18, 1 / 3))[0], tallies.interval(Tally(10, 18, 1 / 3))[1],
    )  # fmt: skip
