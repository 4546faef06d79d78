"""Which words tell one group of texts from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

_PRIOR = 0.01
"""What a word that stands nowhere else counts beforehand."""


def telling_words(inside: Mapping[str, int], outside: Mapping[str, int], most: int = 10) -> list[tuple[str, float]]:
    """Words that stand in a group more often than in the others, the most telling first, with how many deviations that is.

    Log-odds ratio with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, "Fightin\u2019 Words", equations 16, 20 and
    22). The prior is the words of all groups, so that a rare word needs more to count; only words with a positive score are given.

    Args:
        inside: How often each word stands in the group.
        outside: The same for all other groups together.
        most: So many at the most.
    """
    words = sorted(inside)
    if not words or not outside or len({*inside, *outside}) < 2:
        return []
    a, b = (np.array([counts.get(word, 0) for word in words], np.float64) for counts in (inside, outside))
    prior = a + b + _PRIOR
    total = sum(inside.values()) + sum(outside.values()) + _PRIOR * len({*inside, *outside})
    n, m = sum(inside.values()), sum(outside.values())
    odds = [np.log((y + prior) / (count + total - y - prior)) for y, count in ((a, n), (b, m))]
    scores = (odds[0] - odds[1]) / np.sqrt(1 / (a + prior) + 1 / (b + prior))
    order = np.argsort(-scores, kind="stable")[:most]  # of equals the first in the alphabet
    return [(words[i], float(scores[i])) for i in order if scores[i] > 0]


def counted(texts: Sequence[Sequence[str]]) -> Counter[str]:
    """In how many texts, each a list of words, each word stands."""
    return Counter(word for text in texts for word in set(text))
