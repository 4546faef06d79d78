"""What a word's probability is held against: the same word after beginnings that have nothing to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ctxcore.charts.texts import SmoothedOf
from ctxcore.charts.unseen import LastWordOf
from ctxcore.data.frames import UNRELATED
from ctxcore.engine import Engine, Query
from ctxcore.measures import lookup
from ctxcore.progress import Progress
from ctxcore.text import folded, parted
from ctxcore.types import Elsewhere


@dataclass(frozen=True)
class LastWordElsewhere(Query[Elsewhere]):
    """The same word after unrelated beginnings: any word has some probability anywhere, and this is how much."""

    of: LastWordOf
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Elsewhere:
        prefix, word = parted(self.of.sentence)
        smoothed = engine.get(SmoothedOf(self.of.text, self.of.n), progress)
        after = engine.model(self.of.model).next_words(UNRELATED, [word], 0)
        starts = (lookup.START,) * (smoothed.n - 1)
        shares = [smoothed.probability(starts + lookup.words_in(p), folded(word)) for p in (prefix, *UNRELATED)]
        return Elsewhere(word, np.array([one.candidates[word] for one in after]), np.array(shares[1:]), shares[0])
