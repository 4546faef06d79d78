"""Attention heads: one head on two sentences, aligned at a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.attention import HUNGRY, WEIGHTED, Focus, focus_of
from ctxcore.charts.chart import Chart
from ctxcore.charts.heads import HEIGHT, HeadChart, OneHead, head_of
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.figures.heads import difference_figure
from ctxcore.measures import attention as maps
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types import AlignedMaps
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

_CONTRAST = "The cat chased the mouse because it was slow."
"""What our own sentence is compared with first."""


@dataclass(frozen=True)
class TwoSentences(Query[AlignedMaps]):
    """One head on two sentences, aligned at a word of each."""

    first: OneHead
    second: OneHead

    def run(self, engine: Engine, progress: Progress) -> AlignedMaps:
        """First minus second where both have a row.

        Raises:
            BadInputError: The tokenizer leaves nothing of one of the words.
        """
        one, two = engine.get(self.first), engine.get(self.second)
        if one.row is None or two.row is None:
            raise BadInputError(
                "Two maps are aligned at a word of each.",
                "a word of which this model\u2019s tokenizer leaves nothing",
                "Choose another word.",
            )
        difference, offsets = maps.aligned_difference(one.weights, two.weights, one.row, two.row)
        labels = [f"{one.units.labels[one.row + o]} / {two.units.labels[two.row + o]}" for o in offsets]
        return AlignedMaps(one, two, difference, offsets, tuple(labels))


@dataclass(frozen=True)
class DifferenceChart(Chart[AlignedMaps]):
    """The difference between a head's maps of two sentences."""

    of: TwoSentences
    key: ClassVar[str] = "difference"
    name: ClassVar[str] = "Two sentences"

    @classmethod
    def of_focus(cls, focus: Focus) -> Self:
        """What the page shows: the second sentence that was chosen or the first on offer, aligned at the same word where it has it.

        Raises:
            BadInputError: The second sentence holds no word.
        """
        other = focus.controls.other
        sentence = second_sentences(focus)[0] if other is None else other
        words = [word.text.casefold() for word in words_of(sentence)]
        if not words:
            raise BadInputError(
                "The second sentence needs a word.", repr(sentence[:60]), "Write one, or choose another."
            )
        at, same = focus.controls.other_at, focus.target.casefold()
        if at is None or at >= len(words):
            at = words.index(same) if same in words else 0
        return cls(TwoSentences(head_of(focus), replace(head_of(focus), sentence=sentence, at=at)))

    def draw(self, answer: AlignedMaps) -> Drawing:
        return difference_figure(
            answer.difference, answer.offsets, answer.labels, note=self.caption(answer), height=HEIGHT
        )

    def table(self, answer: AlignedMaps) -> pd.DataFrame:
        return ctxcore.tables.map_table(answer.difference, answer.labels, answer.labels, "difference")

    def alt(self, answer: AlignedMaps) -> str:
        return f"The difference between the two maps, aligned at the target word: at most {self.most(answer):.2f}."

    def caption(self, answer: AlignedMaps) -> str:
        head = f"Layer {answer.first.layer}, head {answer.first.head}."
        weighted = f" {WEIGHTED}" if self.of.first.weighted else ""
        return f"{head} Blue: more in the first sentence; purple: more in the second.{weighted}"

    @staticmethod
    def most(answer: AlignedMaps) -> float:
        """The greatest difference."""
        return float(np.nanmax(np.abs(answer.difference)))


def second_sentences(focus: Focus) -> list[str]:
    """Sentences that this one may be compared with, those with the same word first."""
    others = [s for s in dict.fromkeys((_CONTRAST, *focus.sentences, HUNGRY.sentence)) if s != focus.sentence]
    same = focus.target.casefold()
    return sorted(others, key=lambda s: same not in [word.text.casefold() for word in words_of(s)])


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The maps of two sentences, of *Attention heads*: of the first model alone."""
    if workspace.model == workspace.second:
        return
    pair = DifferenceChart.of_focus(focus_of(workspace, engine))
    yield HeadChart(pair.of.first, suffix="-first")
    yield HeadChart(pair.of.second, suffix="-second")
    yield pair
