"""A static space against people's judgement: pairs of words, and analogies by section."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

import ctxcore
from ctxcore.charts.chart import Chart, note_below
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.figures.relations import sections_figure
from ctxcore.progress import Progress
from ctxcore.studies.trained import Space
from ctxcore.types import AnalogyScore, PairScore, SpaceScores

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

S = TypeVar("S", PairScore, AnalogyScore)


@dataclass(frozen=True)
class JudgedSpace(Query[SpaceScores]):
    """Pairs and analogies against people's judgement; what cannot be measured is there as its error."""

    static: Space
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        return "The 19,544 analogies take about half a minute."

    def run(self, engine: Engine, progress: Progress) -> SpaceScores:
        from ctxcore.studies.evaluation import PAIRS, analogy_score, pair_score

        space = engine.static(self.static)
        progress(0.0, "Pairs of words")
        pairs = tuple(_or_error(partial(pair_score, space, name)) for name in PAIRS)
        return SpaceScores(pairs, _or_error(partial(analogy_score, space, progress=progress)))


@dataclass(frozen=True)
class SectionsChart(Chart[SpaceScores]):
    """Share of analogies answered right, by section."""

    of: JudgedSpace
    key: ClassVar[str] = "sections"
    name: ClassVar[str] = "Analogies by section"

    def draw(self, answer: SpaceScores) -> Drawing:
        return sections_figure(self.measured(answer))

    def table(self, answer: SpaceScores) -> pd.DataFrame:
        return ctxcore.tables.sections_table(self.measured(answer))

    def alt(self, answer: SpaceScores) -> str:
        total = self.measured(answer).total
        return f"Share of analogies answered right, by section: {total.share:.1%} of {total.asked:,} in all."

    def caption(self, answer: SpaceScores) -> str:
        return note_below(self.draw(answer))

    @staticmethod
    def measured(answer: SpaceScores) -> AnalogyScore:
        """The analogies.

        Raises:
            BadInputError: They could not be measured.
        """
        if isinstance(answer.analogies, AnalogyScore):
            return answer.analogies
        raise answer.analogies


def _or_error(measure: Callable[[], S]) -> S | BadInputError:
    try:
        return measure()
    except BadInputError as error:
        return error
