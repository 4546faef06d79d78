"""Attention step by step: a few numbers worked by hand, and one head of a model from its inputs to its output."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.attention import Example, Focus, focus_of
from ctxcore.charts.chart import Chart, note_below
from ctxcore.controls import ByHand, StepsControls
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.figures.cells import three, token_names
from ctxcore.figures.hand import hand_figure
from ctxcore.figures.rows import inputs_figure, qkv_figure, weighted_figure
from ctxcore.figures.score_maps import WHOLE, scores_figure
from ctxcore.measures.attention_steps import attention_steps
from ctxcore.progress import Progress
from ctxcore.text import overlapping
from ctxcore.types import HandSum, HeadTrace
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

LOVE = Example("I love AI", 1, {"minilm-l6": (4, 1), "smollm2-135m": (2, 2)})
"""The lesson's sentence, and heads in which "love" gives most to another word, and something to a third."""


@dataclass(frozen=True)
class GivenWeights(Query[HandSum]):
    """The sum by hand with the weights that were typed."""

    hand: ByHand

    def run(self, engine: Engine, progress: Progress) -> HandSum:
        hand = self.hand
        return HandSum(hand.names, hand.query, np.array(hand.vectors), np.array(hand.weights))


@dataclass(frozen=True)
class GivenChart(Chart[HandSum]):
    """Each word's vector times its given weight, and their sum."""

    of: GivenWeights
    key: ClassVar[str] = "given"
    name: ClassVar[str] = "Weights as given"

    def draw(self, answer: HandSum) -> Drawing:
        return hand_figure(answer.words, answer.vectors, answer.weights, query=answer.query)

    def table(self, answer: HandSum) -> pd.DataFrame:
        return ctxcore.tables.hand_table(answer.words, answer.vectors, answer.weights)

    def alt(self, answer: HandSum) -> str:
        return f"Each word\u2019s vector times its weight, and their sum: {in_one_line(answer)}."

    def caption(self, answer: HandSum) -> str:
        return f"{in_one_line(answer)}."


@dataclass(frozen=True)
class WorkedWeights(Query[HandSum]):
    """The sum by hand with the weights that the vectors themselves give: each word's vector is its query, key and value."""

    hand: ByHand

    def run(self, engine: Engine, progress: Progress) -> HandSum:
        hand, vectors = self.hand, np.array(self.hand.vectors)
        steps = attention_steps(vectors[[hand.query]], vectors, vectors)
        return HandSum(hand.names, hand.query, vectors, steps.weights[0], steps.scores[0], steps.scaled[0])


@dataclass(frozen=True)
class WorkedChart(Chart[HandSum]):
    """From scores to weights, then the weighted sum."""

    of: WorkedWeights
    key: ClassVar[str] = "worked-out"
    name: ClassVar[str] = "Weights from the vectors themselves"

    def draw(self, answer: HandSum) -> Drawing:
        return hand_figure(
            answer.words, answer.vectors, answer.weights, query=answer.query, scores=answer.scores, scaled=answer.scaled
        )

    def table(self, answer: HandSum) -> pd.DataFrame:
        return ctxcore.tables.hand_table(answer.words, answer.vectors, answer.weights, answer.scores, answer.scaled)

    def alt(self, answer: HandSum) -> str:
        return f"Scores, scaled scores and softmax of each word, then the weighted sum: {in_one_line(answer)}."

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
class FollowedTokens:
    """The query token and the key token that are followed through a head: the reader's choices, and where there is none
    the page's own.

    Attributes:
        head: The head.
        query: The token that attends.
        key: The token that is attended to.
        pieces: All tokens of the query word.
        most: The other token that the query gives most to.
        mark: What a choice made here is known by (:meth:`choice`).
    """

    head: TracedHead
    query: int
    key: int
    pieces: tuple[int, ...]
    most: int
    mark: str

    @classmethod
    def of_focus(cls, focus: Focus, controls: StepsControls, engine: Engine) -> Self:
        """What the page follows. What was chosen for another sentence, word or model does not count.

        Raises:
            BadInputError: The tokenizer leaves nothing of the query word.
        """
        head = TracedHead(focus.model, focus.sentence, *focus.opened)
        trace, word = engine.get(head), focus.words[focus.at]
        pieces = tuple(overlapping(trace.tokens, (word.start, word.end)))
        if not pieces:
            raise BadInputError(
                "The query word must leave at least one token.",
                f"{word.text!r}, which this model\u2019s tokenizer drops",
                "Choose another word or another model.",
            )
        mark = f"{zlib.crc32(repr((focus.model, focus.sentence, focus.at)).encode()):08x}"
        query = _chosen(controls.piece, mark, pieces, pieces[0])
        most = most_attended(trace, query)
        return cls(head, query, _chosen(controls.key, mark, range(len(trace.tokens)), most), pieces, most, mark)

    def choice(self, token: int) -> str:
        """A token, as a control keeps that it was chosen here."""
        return f"{self.mark}.{token}"


def _chosen(choice: str, mark: str, tokens: Sequence[int], otherwise: int) -> int:
    """The token that a control says, if it was chosen here and is one of these."""
    return next((token for token in tokens if choice == f"{mark}.{token}"), otherwise)


@dataclass(frozen=True)
class _Step(Chart[HeadTrace]):
    """One step of a head, and the two tokens that are followed through it: positions in the sentence, from 0."""

    of: TracedHead
    query_token: int
    key_token: int

    @classmethod
    def of_tokens(cls, followed: FollowedTokens) -> Self:
        """What the page shows."""
        return cls(followed.head, followed.query, followed.key)

    def title(self) -> str:
        return f"{self.name}: layer {self.of.layer}, head {self.of.head}"

    def caption(self, answer: HeadTrace) -> str:
        return note_below(self.draw(answer))

    def pair(self, answer: HeadTrace) -> str:
        """How much of its attention the one token gives to the other."""
        names = token_names(answer)
        query, key = names[self.query_token], names[self.key_token]
        return f"\u201c{query}\u201d gives {percent(float(answer.weights[self.query_token, self.key_token]))} to \u201c{key}\u201d"


@dataclass(frozen=True)
class InputsChart(_Step):
    """What enters the layer; the rows of the query token and of the key token are framed."""

    key: ClassVar[str] = "inputs"
    name: ClassVar[str] = "Input vectors"

    def draw(self, answer: HeadTrace) -> Drawing:
        return inputs_figure(answer, self.query_token, self.key_token)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        return ctxcore.tables.inputs_table(answer)

    def alt(self, answer: HeadTrace) -> str:
        return "The vectors that enter the layer, one row a token."


@dataclass(frozen=True)
class ProjectionsChart(_Step):
    """Query, key and value of every token."""

    key: ClassVar[str] = "qkv"
    name: ClassVar[str] = "Query, key and value"

    def draw(self, answer: HeadTrace) -> Drawing:
        return qkv_figure(answer, self.query_token, self.key_token)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        return ctxcore.tables.qkv_table(answer)

    def alt(self, answer: HeadTrace) -> str:
        return "Query, key and value of every token, one row a token."


@dataclass(frozen=True)
class ScoreMapsChart(_Step):
    """Four maps of queries by keys: scores, scaled scores, mask, softmax."""

    key: ClassVar[str] = "scores"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "From scores to weights"

    def draw(self, answer: HeadTrace) -> Drawing:
        return scores_figure(answer, self.query_token, self.key_token)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        whole = len(answer.tokens) <= WHOLE
        return ctxcore.tables.scores_table(answer, None if whole else self.query_token)

    def alt(self, answer: HeadTrace) -> str:
        return f"Four maps of queries by keys: scores, scaled scores, mask, softmax; {self.pair(answer)}."


@dataclass(frozen=True)
class WeightedChart(_Step):
    """What the query token takes of each value, and the sum: the head's output for it."""

    key: ClassVar[str] = "weighted"
    name: ClassVar[str] = "Weighted values and their sum"

    def draw(self, answer: HeadTrace) -> Drawing:
        return weighted_figure(answer, self.query_token, self.key_token)

    def table(self, answer: HeadTrace) -> pd.DataFrame:
        return ctxcore.tables.weighted_table(answer, self.query_token)

    def alt(self, answer: HeadTrace) -> str:
        return f"Each token\u2019s value times its weight, and their sum, the head\u2019s output; {self.pair(answer)}."


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
    return f"New \u201c{name(answer.words[answer.query])}\u201d = {parts} = {total.format(numbers)}"


def percent(share: float) -> str:
    """A share as a reader says it; one that would be written as 0 is told apart from none.

    >>> percent(0.928), percent(0.0), percent(1e-7)
    ('92.8 %', '0 %', '< 0.001 %')
    """
    return "< 0.001 %" if 0 < share < 1e-5 else f"{three(100 * share)} %"


def most_attended(trace: HeadTrace, query: int) -> int:
    """The other token of the sentence that gets most; a special one where no other is left by the mask; itself where none is."""
    others = [k for k in np.flatnonzero(trace.mask[query]).tolist() if k != query]
    best = [k for k in others if not trace.tokens[k].special] or others or [query]
    return max(best, key=lambda k: float(trace.weights[query, k]))


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """All figures of *Attention, step by step*: the sums by hand, then the steps of a head."""
    yield GivenChart(GivenWeights(workspace.hand))
    yield WorkedChart(WorkedWeights(workspace.hand))
    followed = FollowedTokens.of_focus(focus_of(workspace, engine, LOVE), workspace.steps, engine)
    for step in (InputsChart, ProjectionsChart, ScoreMapsChart, WeightedChart):
        yield step.of_tokens(followed)
