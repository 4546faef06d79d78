"""One word in many sentences: its contextual vectors, their trails, how alike they are, and what could stand in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart, note_below
from ctxcore.data.bank import background_sentences
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.figures import alts
from ctxcore.measures import geometry, projection
from ctxcore.measures.projection import Method
from ctxcore.progress import Progress
from ctxcore.text import cue, overlapping, snippet, words_of
from ctxcore.types import (
    Background,
    Mention,
    MentionPoints,
    MentionTrails,
    Occurrences,
    PlacedSubstitutes,
    SelfSimilarity,
)

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

STAGE = 500
"""Height of the fan and of a projection in pixels."""
ENOUGH_WORDS = 8
"""From how many words on it is said how finely a tokenizer splits them."""
MentionSpan = tuple[int, int, int]
"""A mention as plain numbers: sentence index, start, end."""
Labels = tuple[str | None, ...]
"""A sense or group of each mention; empty where none has one."""


@dataclass(frozen=True)
class Vectors(Query[Occurrences]):
    """Contextual vectors of mentions in all layers: many long sentences take a minute."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Occurrences:
        progress(0.0, "Reading the sentences")
        return engine.model(self.model).vectors(self.sentences, [Mention(*span) for span in self.spans], progress)


@dataclass(frozen=True)
class TooLong(Query[Mapping[int, int]]):
    """Index -> tokens of each sentence that the model cannot read whole."""

    model: str
    sentences: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> Mapping[int, int]:
        return engine.model(self.model).too_long(self.sentences)


@dataclass(frozen=True)
class TokensPerWord(Query[float | None]):
    """Into how many tokens the tokenizer splits a word on average; None where there are too few words to tell."""

    model: str
    sentences: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> float | None:
        rows = engine.model(self.model).tokenizer.unchecked(self.sentences)
        words = [words_of(sentence) for sentence in self.sentences]
        count = sum(map(len, words))
        pieces = sum(
            len(overlapping(row, (word.start, word.end)))
            for row, of_sentence in zip(rows, words, strict=True)
            for word in of_sentence
        )
        return pieces / count if count >= ENOUGH_WORDS else None


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
class Trails(Query[MentionTrails]):
    """The way of each mention through the layers, in one plane or space for all."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]

    def run(self, engine: Engine, progress: Progress) -> MentionTrails:
        mentions = engine.get(Vectors(self.model, self.sentences, self.spans), progress)
        return MentionTrails(projection.fan(mentions.vectors), mentions)


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

    def draw(self, answer: MentionTrails) -> Figure:
        return figures.fan_figure(
            answer.fan, answer.mentions, senses=self.senses or None, highlight=self.highlight,
            layer=self.layer, dimensions=self.dimensions, height=STAGE,
        )  # fmt: skip

    def table(self, answer: MentionTrails) -> pd.DataFrame:
        return tables.fan_table(answer.fan, answer.mentions, _each(self.senses, answer.mentions), self.groups)

    def title(self) -> str:
        return f"The fan of \u201c{self.word}\u201d"

    def alt(self, answer: MentionTrails) -> str:
        return alts.fan_alt(answer.mentions, self.senses)

    def caption(self, answer: MentionTrails) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class Points(Query[MentionPoints]):
    """Mentions at one layer in a plane or in space."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    layer: int
    method: Method = "pca"
    dimensions: int = 2

    def run(self, engine: Engine, progress: Progress) -> MentionPoints:
        mentions = engine.get(Vectors(self.model, self.sentences, self.spans), progress)
        return MentionPoints(
            projection.project(mentions.vectors[:, self.layer], self.method, self.dimensions), mentions
        )


@dataclass(frozen=True)
class ProjectionChart(Chart[MentionPoints]):
    """A word's mentions at one layer, a point each."""

    of: Points
    word: str
    senses: Labels = ()
    groups: Labels = ()
    key: ClassVar[str] = "projection"
    compared: ClassVar[bool] = True

    def draw(self, answer: MentionPoints) -> Figure:
        return figures.projection_figure(
            answer.projection, answer.mentions, layer=self.of.layer, senses=self.senses or None, height=STAGE
        )

    def table(self, answer: MentionPoints) -> pd.DataFrame:
        senses = _each(self.senses, answer.mentions)
        return tables.projection_table(answer.projection, answer.mentions, senses, self.groups)

    def title(self) -> str:
        return f"\u201c{self.word}\u201d in context"

    def alt(self, answer: MentionPoints) -> str:
        return alts.projection_alt(answer.mentions, self.of.layer, self.senses)

    def caption(self, answer: MentionPoints) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class Cosines(Query[np.ndarray]):
    """Cosines of all pairs of mentions at one layer ``[mention, mention]``; centred: less the mean of many words."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    layer: int
    centred: bool = False

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        vectors = engine.get(Vectors(self.model, self.sentences, self.spans), progress).vectors[:, self.layer]
        mean = engine.get(Baselines(self.model), progress).mean[self.layer] if self.centred else None
        return geometry.cosine_matrix(vectors, mean)


@dataclass(frozen=True)
class SimilarityChart(Chart[np.ndarray]):
    """Cosines of all pairs of mentions. Those of one sense stand side by side: senses that the vectors tell apart are blocks."""

    of: Cosines
    senses: Labels = ()
    key: ClassVar[str] = "similarity"
    name: ClassVar[str] = "Contextual similarity"

    def draw(self, answer: np.ndarray) -> Figure:
        return figures.similarity_figure(self._ordered(answer), self._labels(), note=self.caption(answer))

    def table(self, answer: np.ndarray) -> pd.DataFrame:
        return tables.similarity_table({f"{self._kind} cosine": self._ordered(answer)}, self._labels())

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
class SelfSimilarityByLayer(Query[SelfSimilarity]):
    """How alike a word's mentions are in each layer, beside pairs of any words."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> SelfSimilarity:
        """Mean cosines by layer.

        Raises:
            BadInputError: There is one mention alone.
        """
        if len(self.spans) < 2:
            raise BadInputError(
                "Self-similarity compares mentions.", "one mention", "Add a second sentence with the word."
            )
        vectors = engine.get(Vectors(self.model, self.sentences, self.spans), progress).vectors
        return geometry.compare_self_similarity(vectors, engine.get(Baselines(self.model), progress))


@dataclass(frozen=True)
class SelfSimilarityChart(Chart[SelfSimilarity]):
    """Self-similarity by layer beside its baselines."""

    of: SelfSimilarityByLayer
    word: str
    key: ClassVar[str] = "self-similarity"
    name: ClassVar[str] = "Self-similarity by layer"

    def draw(self, answer: SelfSimilarity) -> Figure:
        return figures.self_similarity_figure(answer, self.word)

    def table(self, answer: SelfSimilarity) -> pd.DataFrame:
        return tables.self_similarity_table(answer)

    def alt(self, answer: SelfSimilarity) -> str:
        return alts.self_similarity_alt(answer)

    def caption(self, answer: SelfSimilarity) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class SubstitutesInPlace(Query[PlacedSubstitutes]):
    """How little each of the words changes the vector in the place of each mention."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    words: tuple[str, ...]
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> PlacedSubstitutes:
        from ctxcore.studies.substitution import substitutes

        mentions = [Mention(*span) for span in self.spans]
        ranked = substitutes(engine.model(self.model), self.sentences, mentions, self.words, progress)
        return PlacedSubstitutes(ranked, engine.get(Vectors(self.model, self.sentences, self.spans)))


@dataclass(frozen=True)
class SubstitutesChart(Chart[PlacedSubstitutes]):
    """Substitutes ranked in each sentence, at one layer."""

    of: SubstitutesInPlace
    layer: int
    key: ClassVar[str] = "substitutes"
    name: ClassVar[str] = "Substitutes"

    def draw(self, answer: PlacedSubstitutes) -> Figure:
        labels = [snippet(self.of.sentences[s], (start, end), 38) for s, start, end in self.of.spans]
        similarity = answer.substitutes.similarity[..., self.layer]
        height = 160 + 26 * len(labels)
        return figures.substitutes_figure(similarity, self.of.words, labels, layer=self.layer, height=height)

    def table(self, answer: PlacedSubstitutes) -> pd.DataFrame:
        return tables.substitutes_table(answer.substitutes, answer.mentions, self.layer)

    def alt(self, answer: PlacedSubstitutes) -> str:
        return "How near each substitute comes to the word in each sentence."

    def caption(self, answer: PlacedSubstitutes) -> str:
        return note_below(self.draw(answer))


def by_sense(senses: Labels, count: int) -> list[int]:
    """Mentions with those of one sense side by side, senses in the order in which they come first."""
    first = list(dict.fromkeys(senses))
    return sorted(range(count), key=lambda i: first.index(senses[i])) if senses else list(range(count))


def mention_labels(sentences: tuple[str, ...], spans: tuple[MentionSpan, ...], senses: Labels) -> list[str]:
    """A short name of each mention, the number of its sentence and a telling word, in the order of their senses."""
    places = (spans[i] for i in by_sense(senses, len(spans)))
    return [f"{s + 1} {cue(sentences[s], (start, end))}" for s, start, end in places]


def _each(labels: Labels, mentions: Occurrences) -> Labels:
    """A label of each mention, None where there are no labels."""
    return labels or (None,) * len(mentions)
