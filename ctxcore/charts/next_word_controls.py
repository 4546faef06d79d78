"""What statements about the next word are held against: a word elsewhere, and a prompt in other words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ctxcore.charts.texts import SmoothedOf
from ctxcore.charts.unseen import LastWordOf
from ctxcore.data.frames import UNRELATED
from ctxcore.engine import Engine, Query
from ctxcore.measures import lookup, prediction
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


@dataclass(frozen=True)
class Reworded(Query[np.ndarray]):
    """How far prompts predict something else for being worded otherwise: bits between each and itself with "Then" before it, with
    another article, and begun with a small letter ``[wording]``. What two prompts differ by must be more to be about their meaning.
    """

    model: str
    prompts: tuple[str, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        pairs = [(prompt, other) for prompt in self.prompts for other in reworded(prompt)]
        shares = engine.model(self.model).next_words([text for pair in pairs for text in pair], [], 0)
        return np.array([
            prediction.swap(one.shares, other.shares).divergence for one, other in zip(shares[::2], shares[1::2], strict=True)
        ])  # fmt: skip


def reworded(prompt: str) -> list[str]:
    """A prompt in other words that mean the same, each of which differs from it."""
    small = prompt[:1].lower() + prompt[1:]
    first, _, rest = prompt.partition(" ")
    article = {"The": "A", "the": "a", "A": "The", "a": "the"}.get(first)
    found = [f"Then {small}", small, *([f"{article} {rest}"] if article and rest else [])]
    return [other for other in found if other != prompt]
