"""Telling words: against the formula worked out by hand, and what must not count."""

from __future__ import annotations

from math import log, sqrt

import pytest

from ctxcore.measures.telling_words import counted, telling_words


def test_by_hand() -> None:
    """Monroe et al. 2008: y + a in the group, 6 + 8.01 of 10 + 20.03; outside 2 + 8.01 of 10 + 20.03."""
    found = telling_words({"money": 6, "the": 4}, {"money": 2, "water": 4, "the": 4})
    inside, outside = 6 + 8.01, 2 + 8.01
    odds = log(inside / (10 + 20.03 - inside)) - log(outside / (10 + 20.03 - outside))
    assert found == [("money", pytest.approx(odds / sqrt(1 / inside + 1 / outside)))]


def test_a_word_of_every_group_and_one_of_none_do_not_count() -> None:
    assert telling_words({"the": 5}, {"the": 5}) == []
    assert telling_words({}, {"the": 5}) == telling_words({"the": 5}, {}) == []
    many, few = ({"bank": n, "x": 20} for n in (10, 1))
    assert telling_words(many, {"x": 30})[0][1] > telling_words(few, {"x": 30})[0][1]


def test_a_word_counts_once_a_text() -> None:
    assert counted([["a", "a", "b"], ["a"]]) == {"a": 2, "b": 1}
