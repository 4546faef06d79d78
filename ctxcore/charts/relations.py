"""Word relations in a static space: neighbours, analogies, all pairs, a plane of two directions, a map, and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart, note_below
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.measures.clustering import cluster_order
from ctxcore.measures.geometry import cosine_matrix
from ctxcore.progress import Progress
from ctxcore.studies import relations
from ctxcore.studies.trained import Space, Training
from ctxcore.types import AnalogyScore, NearWords, PairScore, SpaceScores, WordAnalogy, WordMap, WordMatrix, WordPlane

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

S = TypeVar("S", PairScore, AnalogyScore)


@dataclass(frozen=True)
class NearestWords(Query[NearWords]):
    """The ``k`` words nearest to a word, among the so many most frequent, with or without its inflections."""

    static: Space
    word: str
    k: int = 12
    frequent: int | None = None
    inflections: bool = True

    def run(self, engine: Engine, progress: Progress) -> NearWords:
        space = engine.static(self.static)
        near = relations.near(space, self.word, self.k, frequent=self.frequent, inflections=self.inflections)
        return NearWords(space.entry(self.word), tuple(near))


@dataclass(frozen=True)
class NearestChart(Chart[NearWords]):
    """The words nearest to a word as bars; higher where there are more, unless a height is given."""

    of: NearestWords
    height: int | None = None
    key: ClassVar[str] = "near"

    def draw(self, answer: NearWords) -> Figure:
        height = self.height or 150 + 21 * len(answer.near)
        return figures.neighbours_figure(answer.near, answer.word, height=height)

    def table(self, answer: NearWords) -> pd.DataFrame:
        return tables.neighbours_table(answer.near)

    def title(self) -> str:
        where = f", {self.of.static.name}" if isinstance(self.of.static, Training) else ""
        return f"Neighbours of {self.of.word}{where}"

    def alt(self, answer: NearWords) -> str:
        return f"The {len(answer.near)} words nearest to the vector of {answer.word}."

    def caption(self, answer: NearWords) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class Analogy(Query[WordAnalogy]):
    """What stands to ``c`` as ``b`` stands to ``a``."""

    static: Space
    a: str
    b: str
    c: str
    k: int = 8

    def run(self, engine: Engine, progress: Progress) -> WordAnalogy:
        return relations.word_analogy(engine.static(self.static), self.a, self.b, self.c, self.k)


@dataclass(frozen=True)
class AnalogyChart(Chart[WordAnalogy]):
    """The words nearest to b - a + c, with or without the three input words."""

    of: Analogy
    excluded: bool = True
    key: ClassVar[str] = "analogy"

    def draw(self, answer: WordAnalogy) -> Figure:
        return figures.analogy_figure(answer, excluded=self.excluded)

    def table(self, answer: WordAnalogy) -> pd.DataFrame:
        return tables.analogy_table(answer, excluded=self.excluded)

    def title(self) -> str:
        return "Input words excluded" if self.excluded else "Every word may answer"

    def alt(self, answer: WordAnalogy) -> str:
        return f"{self.title()}: the words nearest to {answer.b} minus {answer.a} plus {answer.c}."

    def caption(self, answer: WordAnalogy) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class AllPairs(Query[WordMatrix]):
    """Cosines of all pairs of a list of words, like ones side by side."""

    static: Space
    words: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> WordMatrix:
        space = engine.static(self.static)
        entries = relations.word_list(space, self.words)
        vectors = np.stack([space.vector(word) for word in entries])
        order = cluster_order(vectors)
        return WordMatrix(tuple(entries[i] for i in order), cosine_matrix(vectors[order]))


@dataclass(frozen=True)
class AllPairsChart(Chart[WordMatrix]):
    """Cosines of all pairs as a heatmap."""

    of: AllPairs
    key: ClassVar[str] = "word-matrix"
    name: ClassVar[str] = "Similarity of words"

    def draw(self, answer: WordMatrix) -> Figure:
        height = max(460, min(760, 200 + 20 * len(answer.words)))
        return figures.similarity_figure(
            answer.cosines, answer.words, static=True, note=self.caption(answer), height=height
        )

    def table(self, answer: WordMatrix) -> pd.DataFrame:
        return tables.similarity_table({"cosine": answer.cosines}, answer.words)

    def alt(self, answer: WordMatrix) -> str:
        return "Cosine of all pairs of the words, like ones side by side."

    def caption(self, answer: WordMatrix) -> str:
        return (
            "Cosine of all pairs. Like words stand side by side: leaves of an average-linkage tree of cosine distances, in "
            "optimal order (Bar-Joseph et al. 2001)."
        )


@dataclass(frozen=True)
class Plane(Query[WordPlane]):
    """Words placed by two directions, each a sum of words such as ``king - queen``."""

    static: Space
    words: tuple[str, ...]
    x: str
    y: str

    def run(self, engine: Engine, progress: Progress) -> WordPlane:
        return relations.word_plane(engine.static(self.static), self.words, self.x, self.y)


@dataclass(frozen=True)
class PlaneChart(Chart[WordPlane]):
    """Words where their cosines with two directions put them."""

    of: Plane
    key: ClassVar[str] = "plane"
    name: ClassVar[str] = "A plane of two axes"

    def draw(self, answer: WordPlane) -> Figure:
        return figures.plane_figure(answer)

    def table(self, answer: WordPlane) -> pd.DataFrame:
        return tables.plane_table(answer)

    def alt(self, answer: WordPlane) -> str:
        return f"Words by their cosine with {answer.axes[0]} across and {answer.axes[1]} up."

    def caption(self, answer: WordPlane) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class WordsAround(Query[WordMap]):
    """Words and so many neighbours of each, placed by one joint fit."""

    static: Space
    words: tuple[str, ...]
    neighbours: int = 3

    def run(self, engine: Engine, progress: Progress) -> WordMap:
        return relations.word_map(engine.static(self.static), self.words, self.neighbours)


@dataclass(frozen=True)
class WordMapChart(Chart[WordMap]):
    """Words and their neighbours in one plane."""

    of: WordsAround
    key: ClassVar[str] = "word-map"
    name: ClassVar[str] = "A map of words"

    def draw(self, answer: WordMap) -> Figure:
        return figures.word_map_figure(answer)

    def table(self, answer: WordMap) -> pd.DataFrame:
        return tables.word_map_table(answer)

    def alt(self, answer: WordMap) -> str:
        return "The words and their neighbours in one plane."

    def caption(self, answer: WordMap) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class JudgedSpace(Query[SpaceScores]):
    """Pairs and analogies against people's judgement; what cannot be measured is there as its error."""

    static: Space
    slow: ClassVar[bool] = True

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

    def draw(self, answer: SpaceScores) -> Figure:
        return figures.sections_figure(self.measured(answer))

    def table(self, answer: SpaceScores) -> pd.DataFrame:
        return tables.sections_table(self.measured(answer))

    def alt(self, answer: SpaceScores) -> str:
        return "Share of analogies answered right, by section."

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
