"""One word in many sentences: the trails of its contextual vectors, their pictures, and how alike they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.chart import Chart, note_below
from ctxcore.charts.selection import Labels, OfMentions, Selection, by_sense, mention_labels, select
from ctxcore.data.bank import background_sentences
from ctxcore.engine import Engine, Query
from ctxcore.figures import alts
from ctxcore.figures.fan import fan_figure
from ctxcore.figures.layers import self_similarity_figure
from ctxcore.figures.matrix import similarity_figure
from ctxcore.figures.points import projection_figure
from ctxcore.measures import geometry, projection
from ctxcore.measures.projection import Method
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types import (
    Background,
    Mention,
    MentionPoints,
    MentionTrails,
    Occurrences,
    SelfSimilarity,
)
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

FAN_HEIGHT = 500
"""Of the fan and of a projection in pixels."""


@dataclass(frozen=True)
class Baselines(Query[Background]):
    """What any words have in common in a model: all words of a fixed sample of the sense bank."""

    model: str
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Background:
        sentences = background_sentences()
        words = [Mention(i, w.start, w.end) for i, s in enumerate(sentences) for w in words_of(s)]
        return geometry.background(engine.model(self.model).vectors(sentences, words, progress))


@dataclass(frozen=True)
class Trails(OfMentions[MentionTrails]):
    """The way of each mention through the layers, in one plane or space for all."""

    def run(self, engine: Engine, progress: Progress) -> MentionTrails:
        mentions = self.read(engine, progress)
        return MentionTrails(projection.fan(mentions.vectors), mentions.with_layers((0,)))


@dataclass(frozen=True)
class FanChart(Chart[MentionTrails]):
    """The trails of a word's mentions through the layers; the slider begins at ``layer``, at the last one where None."""

    of: Trails
    word: str
    senses: Labels = ()
    groups: Labels = ()
    layer: int | None = None
    dimensions: int = 2
    highlight: tuple[int, ...] = ()
    key: ClassVar[str] = "fan"
    compared: ClassVar[bool] = True

    @classmethod
    def of_pair(cls, selection: Selection) -> Self:
        """What *The idea* shows: the two mentions that are compared are drawn heavier."""
        trails, word = Trails(*selection.places), selection.workspace.word
        return cls(trails, word, selection.senses, selection.groups, highlight=selection.pair or ())

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """What *One word, many sentences* shows: the chosen layer, in the plane or in space."""
        trails, word = Trails(*selection.places), selection.workspace.word
        dimensions = 3 if selection.workspace.words.in_space else 2
        return cls(trails, word, selection.senses, selection.groups, selection.layer, dimensions, suffix="-layer")

    def draw(self, answer: MentionTrails) -> Drawing:
        return fan_figure(
            answer.fan, answer.mentions, senses=self.senses or None, highlight=self.highlight,
            layer=self.layer, dimensions=self.dimensions, height=FAN_HEIGHT,
        )  # fmt: skip

    def table(self, answer: MentionTrails) -> pd.DataFrame:
        return ctxcore.tables.fan_table(answer.fan, answer.mentions, _each(self.senses, answer.mentions), self.groups)

    def title(self) -> str:
        return f"The fan of \u201c{self.word}\u201d"

    def alt(self, answer: MentionTrails) -> str:
        return alts.fan_alt(answer.mentions, self.senses)

    def caption(self, answer: MentionTrails) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class Points(OfMentions[MentionPoints]):
    """Mentions at one layer in a plane or in space."""

    layer: int
    method: Method = "pca"
    dimensions: int = 2

    def run(self, engine: Engine, progress: Progress) -> MentionPoints:
        mentions = self.read(engine, progress)
        return MentionPoints(
            projection.project(mentions.vectors[:, self.layer], self.method, self.dimensions),
            mentions.with_layers((self.layer,)),
        )


@dataclass(frozen=True)
class ArrangedPoints(Points):
    """The same where neighbours are kept near each other step by step: UMAP and t-SNE take seconds."""

    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> MentionPoints:
        progress(0.0, "Arranging the points; the first UMAP takes about 10 s")
        return super().run(engine, progress)


@dataclass(frozen=True)
class ProjectionChart(Chart[MentionPoints]):
    """A word's mentions at one layer, a point each."""

    of: Points
    word: str
    senses: Labels = ()
    groups: Labels = ()
    key: ClassVar[str] = "projection"
    compared: ClassVar[bool] = True

    @classmethod
    def of_selection(cls, selection: Selection, method: Method) -> Self:
        """What the page shows: the chosen layer, in the plane or in space."""
        dimensions = 3 if selection.workspace.words.in_space else 2
        kind = Points if method == "pca" else ArrangedPoints
        points = kind(*selection.places, selection.layer, method, dimensions)
        return cls(points, selection.workspace.word, selection.senses, selection.groups)

    def draw(self, answer: MentionPoints) -> Drawing:
        return projection_figure(
            answer.projection, answer.mentions, layer=self.of.layer, senses=self.senses or None, height=FAN_HEIGHT
        )

    def table(self, answer: MentionPoints) -> pd.DataFrame:
        senses = _each(self.senses, answer.mentions)
        return ctxcore.tables.projection_table(answer.projection, answer.mentions, senses, self.groups)

    def title(self) -> str:
        return f"\u201c{self.word}\u201d in context"

    def alt(self, answer: MentionPoints) -> str:
        return alts.projection_alt(answer.mentions.vectors[:, 0], self.of.layer, self.senses)

    def caption(self, answer: MentionPoints) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class Cosines(OfMentions[np.ndarray]):
    """Cosines of all pairs of mentions at one layer ``[mention, mention]``; centred: less the mean of many words."""

    layer: int
    centred: bool = False

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        vectors = self.read(engine, progress).vectors[:, self.layer]
        mean = engine.get(Baselines(self.model), progress).mean[self.layer] if self.centred else None
        return geometry.cosine_matrix(vectors, mean)


@dataclass(frozen=True)
class SimilarityChart(Chart[np.ndarray]):
    """Cosines of all pairs of mentions. Those of one sense stand side by side: senses that the vectors tell apart are blocks."""

    of: Cosines
    senses: Labels = ()
    key: ClassVar[str] = "similarity"
    name: ClassVar[str] = "Contextual similarity"

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """What the page shows: the chosen layer, raw or centred."""
        centred = selection.workspace.words.centred
        return cls(Cosines(*selection.places, selection.layer, centred), selection.senses)

    def draw(self, answer: np.ndarray) -> Drawing:
        return similarity_figure(self._ordered(answer), self._labels(), note=self.caption(answer))

    def table(self, answer: np.ndarray) -> pd.DataFrame:
        return ctxcore.tables.similarity_table({f"{self._kind} cosine": self._ordered(answer)}, self._labels())

    def alt(self, answer: np.ndarray) -> str:
        return f"Contextual space, layer {self.of.layer}, {self._kind}. {alts.similarity_alt(answer)}"

    def caption(self, answer: np.ndarray) -> str:
        if not self.of.centred:
            return f"Layer {self.of.layer}; raw cosine."
        return (
            f"Layer {self.of.layer}; centred cosine: the mean over all words of a fixed sample of our sense bank is "
            "subtracted first."
        )

    @property
    def _kind(self) -> str:
        return "centred" if self.of.centred else "raw"

    def _ordered(self, matrix: np.ndarray) -> np.ndarray:
        order = by_sense(self.senses, len(matrix))
        return matrix[np.ix_(order, order)]

    def _labels(self) -> list[str]:
        return mention_labels(self.of.sentences, self.of.spans, self.senses)


@dataclass(frozen=True)
class SelfSimilarityByLayer(OfMentions[SelfSimilarity]):
    """How alike a word's mentions are in each layer, beside pairs of any words."""

    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> SelfSimilarity:
        """Mean cosines by layer.

        Raises:
            BadInputError: All mentions stand in one sentence.
        """
        found = self.read(engine, progress)
        baselines = engine.get(Baselines(self.model), progress)
        return geometry.compare_self_similarity(found.vectors, baselines, found.sentence_index)


@dataclass(frozen=True)
class SelfSimilarityChart(Chart[SelfSimilarity]):
    """Self-similarity by layer beside its baselines."""

    of: SelfSimilarityByLayer
    word: str
    key: ClassVar[str] = "self-similarity"
    name: ClassVar[str] = "Self-similarity by layer"

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """What the page shows."""
        return cls(SelfSimilarityByLayer(*selection.places), selection.workspace.word)

    def draw(self, answer: SelfSimilarity) -> Drawing:
        return self_similarity_figure(answer, self.word)

    def table(self, answer: SelfSimilarity) -> pd.DataFrame:
        return ctxcore.tables.self_similarity_table(answer)

    def alt(self, answer: SelfSimilarity) -> str:
        return alts.self_similarity_alt(answer)

    def caption(self, answer: SelfSimilarity) -> str:
        return note_below(self.draw(answer))


def picture_of(selection: Selection) -> FanChart | ProjectionChart:
    """The contextual picture of *One word, many sentences*."""
    method = selection.workspace.words.projection
    return FanChart.of_selection(selection) if method == "fan" else ProjectionChart.of_selection(selection, method)


def pair(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The contextual picture of *The idea*."""
    yield FanChart.of_pair(select(workspace, engine))


def picture(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The contextual picture of *One word, many sentences*."""
    yield picture_of(select(workspace, engine))


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """What *One word, many sentences* measures of contextual vectors."""
    selection = select(workspace, engine)
    yield SimilarityChart.of_selection(selection)
    if len({sentence for sentence, _, _ in selection.spans}) > 1:
        yield SelfSimilarityChart.of_selection(selection)


def _each(labels: Labels, mentions: Occurrences) -> Labels:
    """A label of each mention, None where there are no labels."""
    return labels or (None,) * len(mentions)
