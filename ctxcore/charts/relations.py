"""Word relations in a static space: neighbours, analogies, all pairs, a plane of two directions, and a map."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.chart import Chart, note_below
from ctxcore.charts.space_scores import JudgedSpace, SectionsChart
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.figures.bars import neighbours_figure
from ctxcore.figures.matrix import similarity_figure
from ctxcore.figures.relations import analogy_figure, plane_figure, word_map_figure
from ctxcore.measures.clustering import cluster_order
from ctxcore.measures.geometry import cosine_matrix
from ctxcore.progress import Progress
from ctxcore.studies import relations
from ctxcore.studies.trained import NEWS, Space, Training
from ctxcore.types import (
    NearWords,
    Neighbour,
    WordAnalogy,
    WordMap,
    WordMatrix,
    WordPlane,
)
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing


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
        _must_be_there({"A": self.word})
        near = relations.near(space, self.word, self.k, frequent=self.frequent, inflections=self.inflections)
        return NearWords(space.entry(self.word), tuple(near))


@dataclass(frozen=True)
class NearestChart(Chart[NearWords]):
    """The words nearest to a word as bars; higher where there are more, unless a height is given."""

    of: NearestWords
    height: int | None = None
    key: ClassVar[str] = "near"

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows of the word."""
        look = workspace.space
        return cls(NearestWords(space_of(workspace), workspace.near, look.k, look.frequent or None, look.inflections))

    @classmethod
    def compared_spaces(cls, workspace: Workspace) -> tuple[Self, Self]:
        """The word in the bundled space, and in the one that was trained for this workspace."""
        spaces = (Workspace.static, "-bundled"), (training_of(workspace), "-trained")
        first, second = (cls(NearestWords(one, workspace.near, 8), height=300, suffix=suffix) for one, suffix in spaces)
        return first, second

    def draw(self, answer: NearWords) -> Drawing:
        height = self.height or 150 + 21 * len(answer.near)
        return neighbours_figure(answer.near, answer.word, height=height)

    def table(self, answer: NearWords) -> pd.DataFrame:
        return ctxcore.tables.neighbours_table(answer.near)

    def title(self) -> str:
        where = f", {self.of.static.name}" if isinstance(self.of.static, Training) else ""
        return f"Neighbours of {self.of.word}{where}"

    def alt(self, answer: NearWords) -> str:
        return f"The {len(answer.near)} words nearest to the vector of {answer.word}{_first(answer.near)}."

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
        _must_be_there({"The first": self.a, "The second": self.b, "The third": self.c})
        return relations.word_analogy(engine.static(self.static), self.a, self.b, self.c, self.k)


@dataclass(frozen=True)
class AnalogyChart(Chart[WordAnalogy]):
    """The words nearest to b - a + c, with or without the three input words."""

    of: Analogy
    excluded: bool = True
    key: ClassVar[str] = "analogy"

    @classmethod
    def both(cls, workspace: Workspace) -> tuple[Self, Self]:
        """What the page shows: without the input words, and with them."""
        asked = Analogy(space_of(workspace), *workspace.analogy)
        return cls(asked, True, suffix="-excluded"), cls(asked, False, suffix="-kept")

    def draw(self, answer: WordAnalogy) -> Drawing:
        return analogy_figure(answer, excluded=self.excluded)

    def table(self, answer: WordAnalogy) -> pd.DataFrame:
        return ctxcore.tables.analogy_table(answer, excluded=self.excluded)

    def title(self) -> str:
        return "Input words excluded" if self.excluded else "Every word may answer"

    def alt(self, answer: WordAnalogy) -> str:
        first = _first(answer.excluded if self.excluded else answer.kept)
        return f"{self.title()}: the words nearest to {answer.b} minus {answer.a} plus {answer.c}{first}."

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

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows of the list."""
        return cls(AllPairs(space_of(workspace), workspace.relations))

    def draw(self, answer: WordMatrix) -> Drawing:
        height = max(460, min(760, 200 + 20 * len(answer.words)))
        return similarity_figure(answer.cosines, answer.words, static=True, note=self.caption(answer), height=height)

    def table(self, answer: WordMatrix) -> pd.DataFrame:
        return ctxcore.tables.similarity_table({"cosine": answer.cosines}, answer.words)

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

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows of the list."""
        return cls(Plane(space_of(workspace), workspace.relations, *workspace.axes))

    def draw(self, answer: WordPlane) -> Drawing:
        return plane_figure(answer)

    def table(self, answer: WordPlane) -> pd.DataFrame:
        return ctxcore.tables.plane_table(answer)

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

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows of the list."""
        return cls(WordsAround(space_of(workspace), workspace.relations, workspace.space.around))

    def draw(self, answer: WordMap) -> Drawing:
        return word_map_figure(answer)

    def table(self, answer: WordMap) -> pd.DataFrame:
        return ctxcore.tables.word_map_table(answer)

    def alt(self, answer: WordMap) -> str:
        return "The words and their neighbours in one plane."

    def caption(self, answer: WordMap) -> str:
        return note_below(self.draw(answer))


def training_of(workspace: Workspace) -> Training:
    """What the space of *Word relations* is trained on, and how."""
    look = workspace.space
    name = re.split(r"[/\\]", look.file)[-1]  # a file that is opened names no place on this machine
    corpus, digest = (name, look.digest) if name and look.digest else (NEWS, "")
    return Training(corpus, digest, look.size, look.window, look.epochs, look.min_count, look.seed)


def space_of(workspace: Workspace) -> Space:
    """The space that *Word relations* looks at."""
    source = workspace.space.source
    if source == "trained":
        return training_of(workspace)
    return Workspace.static if source == "bundled" else workspace.static


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """All figures of *Word relations*, panel by panel."""
    yield NearestChart.of_workspace(workspace)
    yield from AnalogyChart.both(workspace)
    yield AllPairsChart.of_workspace(workspace)
    yield PlaneChart.of_workspace(workspace)
    yield WordMapChart.of_workspace(workspace)
    yield SectionsChart(JudgedSpace(space_of(workspace)))
    if workspace.space.trained:
        yield from NearestChart.compared_spaces(workspace)


def _first(words: Sequence[Neighbour]) -> str:
    return f", {words[0].word} first with a cosine of {words[0].similarity:.2f}" if words else ""


def _must_be_there(words: dict[str, str]) -> None:
    """Words that a question cannot do without, by what they are called.

    Raises:
        BadInputError: One is empty.
    """
    for name, word in words.items():
        if not word:
            raise BadInputError(f"{name} word is needed.", "an empty field", "Write one.")
