"""Attention step by step: a few numbers worked by hand, and one head of a model from its inputs to its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart, note_below
from ctxcore.engine import Engine, Query
from ctxcore.figures.cells import three
from ctxcore.figures.score_maps import WHOLE
from ctxcore.measures.attention_steps import attention_steps
from ctxcore.progress import Progress
from ctxcore.types import ByHand, HandSum, HeadTrace

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class GivenWeights(Query[HandSum]):
    """The sum by hand with the weights that were typed."""

    hand: ByHand

    def run(self, engine: Engine, progress: Progress) -> HandSum:
        hand = self.hand
        return HandSum(hand.names, hand.asks, np.array(hand.vectors), np.array(hand.weights))


@dataclass(frozen=True)
class GivenChart(Chart[HandSum]):
    """Each word's vector times its given weight, and their sum."""

    of: GivenWeights
    key: ClassVar[str] = "given"
    name: ClassVar[str] = "Weights as given"

    def draw(self, answer: HandSum) -> Figure:
        return figures.hand_figure(answer.words, answer.vectors, answer.weights, asks=answer.asks)

    def table(self, answer: HandSum) -> pd.DataFrame:
        return tables.hand_table(answer.words, answer.vectors, answer.weights)

    def alt(self, answer: HandSum) -> str:
        return "Each word\u2019s vector times its weight, and their sum: the new vector."

    def caption(self, answer: HandSum) -> str:
        return f"{in_one_line(answer)}."


@dataclass(frozen=True)
class WorkedWeights(Query[HandSum]):
    """The sum by hand with the weights that the vectors themselves give: each word's vector is its query, key and value."""

    hand: ByHand

    def run(self, engine: Engine, progress: Progress) -> HandSum:
        hand, vectors = self.hand, np.array(self.hand.vectors)
        steps = attention_steps(vectors[[hand.asks]], vectors, vectors)
        return HandSum(hand.names, hand.asks, vectors, steps.weights[0], steps.scores[0], steps.scaled[0])


@dataclass(frozen=True)
class WorkedChart(Chart[HandSum]):
    """From scores to weights, then the weighted sum."""

    of: WorkedWeights
    key: ClassVar[str] = "worked-out"
    name: ClassVar[str] = "Weights from the vectors themselves"

    def draw(self, answer: HandSum) -> Figure:
        return figures.hand_figure(
            answer.words, answer.vectors, answer.weights, asks=answer.asks, scores=answer.scores, scaled=answer.scaled
        )

    def table(self, answer: HandSum) -> pd.DataFrame:
        return tables.hand_table(answer.words, answer.vectors, answer.weights, answer.scores, answer.scaled)

    def alt(self, answer: HandSum) -> str:
        return "Scores, scaled scores and softmax of each word, then the weighted sum."

    def caption(self, answer: HandSum) -> str:
        return f"{in_one_line(answer)}."


@dataclass(frozen=True)
class TracedHead(Query[HeadTrace]):
    """Every step of one head on a sentence."""

    model: str
    sentence: str
    layer: int
    head: int

    def run(self, engine: Engine, progress: Progress) -> HeadTrace:
        return engine.model(self.model).trace(self.sentence, self.layer, self.head)


@dataclass(frozen=True)
class _Step(Chart[HeadTrace]):
    """One step of a head: which token asks, and which one is looked at."""

    of: TracedHead
    asks: int
    looks: int

    def title(self) -> str:
        return f"{self.name}: layer {self.of.layer}, head {self.of.head}"

    def caption(self, answer: HeadTrace) -> str:
        return note_below(self.draw(answer))


@dataclass(frozen=True)
class InputsChart(_Step):
    """What enters the layer; the rows of the token that asks and of the one that is looked at are framed."""

    key: ClassVar[str] = "inputs"
    name: ClassVar[str] = "Input vectors"

    def draw(self, answer: HeadTrace) -> Figure:
        return figures.inputs_figure(answer, self.asks, self.looks)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        return tables.inputs_table(answer)

    def alt(self, answer: HeadTrace) -> str:
        return "The vectors that enter the layer, one row a token."


@dataclass(frozen=True)
class ProjectionsChart(_Step):
    """Query, key and value of every token."""

    key: ClassVar[str] = "qkv"
    name: ClassVar[str] = "Query, key and value"

    def draw(self, answer: HeadTrace) -> Figure:
        return figures.qkv_figure(answer, self.asks, self.looks)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        return tables.qkv_table(answer)

    def alt(self, answer: HeadTrace) -> str:
        return "Query, key and value of every token, one row a token."


@dataclass(frozen=True)
class ScoreMapsChart(_Step):
    """Four maps of queries by keys: scores, scaled scores, mask, softmax."""

    key: ClassVar[str] = "scores"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "From scores to weights"

    def draw(self, answer: HeadTrace) -> Figure:
        return figures.scores_figure(answer, self.asks, self.looks)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        whole = len(answer.tokens) <= WHOLE
        return tables.scores_table(answer, None if whole else self.asks)

    def alt(self, answer: HeadTrace) -> str:
        return "Four maps of queries by keys: scores, scaled scores, mask, softmax."


@dataclass(frozen=True)
class WeightedChart(_Step):
    """What the asking token takes of each value, and the sum: the head's output for it."""

    key: ClassVar[str] = "weighted"
    name: ClassVar[str] = "Weighted values and their sum"

    def draw(self, answer: HeadTrace) -> Figure:
        return figures.weighted_figure(answer, self.asks, self.looks)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        return tables.weighted_table(answer, self.asks)

    def alt(self, answer: HeadTrace) -> str:
        return "Each token\u2019s value times its weight, and their sum, the head\u2019s output."


def in_one_line(answer: HandSum, name: Callable[[str], str] = str, total: str = "[{}]") -> str:
    """The whole sum by hand, as one line.

    Args:
        answer: The sum.
        name: How a word is written.
        total: What stands around the numbers of the new vector.
    """
    parts = " + ".join(
        f"{three(weight)} \u00d7 {name(word)}"
        for weight, word in zip(answer.weights.tolist(), answer.words, strict=True)
    )
    numbers = ", ".join(three(x) for x in answer.total.tolist())
    return f"New \u201c{name(answer.words[answer.asks])}\u201d = {parts} = {total.format(numbers)}"


def most_looked_at(trace: HeadTrace, asks: int) -> int:
    """The other token of the sentence that gets most; a special one where it may look at no other; itself where at none."""
    others = [k for k in np.flatnonzero(trace.mask[asks]).tolist() if k != asks]
    best = [k for k in others if not trace.tokens[k].special] or others or [asks]
    return max(best, key=lambda k: float(trace.weights[asks, k]))
