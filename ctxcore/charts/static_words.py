"""What one vector a word says: the point in which all mentions meet, its neighbours, and cosines of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.chart import Chart, note_below
from ctxcore.charts.selection import Selection, by_sense, mention_labels, select
from ctxcore.engine import Engine, Query
from ctxcore.errors import NoMentionError
from ctxcore.figures import alts
from ctxcore.figures.bars import neighbours_figure
from ctxcore.figures.matrix import similarity_figure
from ctxcore.figures.points import pinned_figure
from ctxcore.measures import geometry, projection
from ctxcore.progress import Progress
from ctxcore.types import Neighbour, PinnedPoint
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

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

    @classmethod
    def of_selection(cls, selection: Selection, engine: Engine) -> Self:
        """What the pages show: how many mentions meet in the first one's vector. A word of another form has its own.

        Raises:
            UnknownWordError: A mention has no static vector.
        """
        static, words = selection.workspace.static, selection.words
        vectors = engine.get(StaticVectors(static, words))
        here = [span for span, v in zip(selection.spans, vectors, strict=True) if np.array_equal(v, vectors[0])]
        return cls(StaticPoint(static, words[0]), len(here), len({sentence for sentence, _, _ in here}))

    @classmethod
    def of_word(cls, workspace: Workspace) -> Self:
        """A word that was typed before a sentence with it: its static vector is there all the same."""
        return cls(StaticPoint(workspace.static, workspace.word), 0, 0)

    def draw(self, answer: PinnedPoint) -> Drawing:
        return pinned_figure(
            answer.word, answer.projection, answer.neighbours, self.mentions, self.sentences, height=HEIGHT
        )

    def table(self, answer: PinnedPoint) -> pd.DataFrame:
        return ctxcore.tables.pinned_table(answer.word, answer.projection, answer.neighbours)

    def alt(self, answer: PinnedPoint) -> str:
        near = alts.neighbours_alt(answer.neighbours)
        return f"One point in static space for {self.mentions} occurrences, among {len(answer.neighbours)} neighbours. {near}"

    def caption(self, answer: PinnedPoint) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class StaticNeighboursChart(Chart[PinnedPoint]):
    """The words nearest to the static vector, as bars: one list for all sentences."""

    of: StaticPoint
    key: ClassVar[str] = "neighbours"
    name: ClassVar[str] = "Static neighbours"

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """What the page shows: the neighbours of the first mention."""
        return cls(StaticPoint(selection.workspace.static, selection.words[0]))

    def draw(self, answer: PinnedPoint) -> Drawing:
        return neighbours_figure(answer.neighbours, answer.word)

    def table(self, answer: PinnedPoint) -> pd.DataFrame:
        return ctxcore.tables.neighbours_table(answer.neighbours)

    def alt(self, answer: PinnedPoint) -> str:
        return alts.neighbours_alt(answer.neighbours)

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

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """What the page shows: mentions in the order of their senses."""
        senses, words = selection.senses, selection.words
        ordered = tuple(words[i] for i in by_sense(senses, len(words)))
        labels = mention_labels(selection.sentences, selection.spans, senses)
        return cls(StaticCosines(selection.workspace.static, ordered), tuple(labels))

    def draw(self, answer: np.ndarray) -> Drawing:
        return similarity_figure(answer, self.labels, static=True, note=self.caption(answer))

    def table(self, answer: np.ndarray) -> pd.DataFrame:
        return ctxcore.tables.similarity_table({"cosine": answer}, self.labels)

    def alt(self, answer: np.ndarray) -> str:
        return f"Static space. {alts.similarity_alt(answer)}"

    def caption(self, answer: np.ndarray) -> str:
        return "Cosine of the static vectors of each pair of occurrences."


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


def point(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The static picture of *The idea* and *One word, many sentences*."""
    try:
        yield PinnedChart.of_selection(select(workspace, engine), engine)
    except NoMentionError:
        yield PinnedChart.of_word(workspace)


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """What *One word, many sentences* measures of static vectors."""
    selection = select(workspace, engine)
    yield StaticSimilarityChart.of_selection(selection)
    yield StaticNeighboursChart.of_selection(selection)
