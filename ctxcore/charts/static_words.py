"""What one vector a word says: the point in which all mentions meet, its neighbours, and cosines of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart, note_below
from ctxcore.engine import Engine, Query
from ctxcore.figures import alts
from ctxcore.measures import geometry, projection
from ctxcore.progress import Progress
from ctxcore.types import Neighbour, PinnedPoint

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

HEIGHT = 370
"""Of the pinned point in pixels: lower than the fan beside it, since it needs no slider."""


@dataclass(frozen=True)
class StaticPoint(Query[PinnedPoint]):
    """A word's vocabulary entry, its neighbours in static space and all of them in a plane."""

    static: str
    word: str
    k: int = 10

    def run(self, engine: Engine, progress: Progress) -> PinnedPoint:
        space = engine.static(self.static)
        near = space.neighbours(self.word, self.k)
        vectors = np.stack([space.vector(self.word), *(space.vector(n.word) for n in near)])
        return PinnedPoint(space.entry(self.word), tuple(near), projection.project(vectors))


@dataclass(frozen=True)
class PinnedChart(Chart[PinnedPoint]):
    """The static point in which so many mentions in so many sentences meet."""

    of: StaticPoint
    mentions: int
    sentences: int
    key: ClassVar[str] = "static"
    name: ClassVar[str] = "One static point"

    def draw(self, answer: PinnedPoint) -> Figure:
        return figures.pinned_figure(
            answer.word, answer.projection, answer.neighbours, self.mentions, self.sentences, height=HEIGHT
        )

    def table(self, answer: PinnedPoint) -> pd.DataFrame:
        return tables.pinned_table(answer.word, answer.projection, answer.neighbours)

    def alt(self, answer: PinnedPoint) -> str:
        return f"One point in static space for {self.mentions} mentions, among {len(answer.neighbours)} neighbours."

    def caption(self, answer: PinnedPoint) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class StaticNeighboursChart(Chart[PinnedPoint]):
    """The words nearest to the static vector, as bars: one list for all sentences."""

    of: StaticPoint
    key: ClassVar[str] = "neighbours"
    name: ClassVar[str] = "Static neighbours"

    def draw(self, answer: PinnedPoint) -> Figure:
        return figures.neighbours_figure(answer.neighbours, answer.word)

    def table(self, answer: PinnedPoint) -> pd.DataFrame:
        return tables.neighbours_table(answer.neighbours)

    def alt(self, answer: PinnedPoint) -> str:
        return "The words nearest to the static vector."

    def caption(self, answer: PinnedPoint) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class StaticVectors(Query[np.ndarray]):
    """The static vector of each of the words ``[word, feature]``."""

    static: str
    words: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        space = engine.static(self.static)
        return np.stack([space.vector(word) for word in self.words])


@dataclass(frozen=True)
class StaticCosines(Query[np.ndarray]):
    """Cosines of all pairs of words ``[word, word]``."""

    static: str
    words: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        return geometry.cosine_matrix(engine.get(StaticVectors(self.static, self.words)))


@dataclass(frozen=True)
class StaticSimilarityChart(Chart[np.ndarray]):
    """Cosines of the static vectors of all pairs of mentions, which bear the labels."""

    of: StaticCosines
    labels: tuple[str, ...]
    key: ClassVar[str] = "static-similarity"
    name: ClassVar[str] = "Static similarity"

    def draw(self, answer: np.ndarray) -> Figure:
        return figures.similarity_figure(answer, self.labels, static=True, note=self.caption(answer))

    def table(self, answer: np.ndarray) -> pd.DataFrame:
        return tables.similarity_table({"cosine": answer}, self.labels)

    def alt(self, answer: np.ndarray) -> str:
        return f"Static space. {alts.similarity_alt(answer)}"

    def caption(self, answer: np.ndarray) -> str:
        return "Cosine of the static vectors of each pair of mentions."


@dataclass(frozen=True)
class PairCosines(Query[tuple[float, ...]]):
    """The cosine of each pair of words."""

    static: str
    pairs: tuple[tuple[str, str], ...]

    def run(self, engine: Engine, progress: Progress) -> tuple[float, ...]:
        space = engine.static(self.static)
        return tuple(space.similarity(a, b) for a, b in self.pairs)


@dataclass(frozen=True)
class SumOfWords(Query[tuple[Neighbour, ...]]):
    """The words nearest to the positive ones less the negative ones."""

    static: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    k: int = 1

    def run(self, engine: Engine, progress: Progress) -> tuple[Neighbour, ...]:
        return tuple(engine.static(self.static).analogy(self.positive, self.negative, k=self.k))
