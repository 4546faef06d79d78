"""Attention heads: all of them small, one large, their patterns, rollout, and one head on two sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.measures import attention as maps
from ctxcore.progress import Progress
from ctxcore.types import AlignedMaps, Attention, HeadMap, HeadMaps, HeadScores

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

MOST_ATTENTION = 256 << 20
"""Bytes of one sentence's attention: about 490 tokens of the embedded decoder."""
HEIGHT = 400
"""Of one head's map in pixels, where it has few rows."""
PATTERNS = {
    "previous": "the word before",
    "itself": "the word itself",
    "next": "the word after",
    "special": "special tokens",
    "same": "the same word elsewhere",
    "entropy": "spread (entropy)",
}
"""What a head may look at, and how a reader says it."""
Head = tuple[int, int]
"""Layer from 1, head from 0."""
Rows = Literal["word", "token"]


@dataclass(frozen=True)
class WholeAttention(Query[Attention]):
    """All attention weights of a sentence."""

    model: str
    sentence: str

    def run(self, engine: Engine, progress: Progress) -> Attention:
        return engine.model(self.model).attention(self.sentence)

    def size(self, engine: Engine) -> int:
        """Bytes of the weights.

        Raises:
            BadInputError: They would take more memory than a server for several readers can give.
        """
        model = engine.model(self.model)
        tokens = len(model.tokens([self.sentence])[0])
        size = model.layers * model.heads * tokens**2 * 4
        if size > MOST_ATTENTION:
            raise BadInputError(
                f"All heads of a sentence are kept up to {MOST_ATTENTION >> 20} MB.",
                f"{tokens} tokens, which take {size >> 20} MB in {model.layers} layers of {model.heads} heads",
                "Shorten the sentence, or choose a model with fewer heads.",
            )
        return size


@dataclass(frozen=True)
class TellingHead(Query[Head]):
    """The head in which a word gives most to one other word of its sentence."""

    model: str
    sentence: str
    at: int

    def run(self, engine: Engine, progress: Progress) -> Head:
        return maps.telling_head(engine.get(WholeAttention(self.model, self.sentence)), self.at)


@dataclass(frozen=True)
class RowSums(Query[float]):
    """How far the rows of a sentence's attention are from being shares: the greatest distance of a row's sum from 1."""

    model: str
    sentence: str

    def run(self, engine: Engine, progress: Progress) -> float:
        weights = engine.get(WholeAttention(self.model, self.sentence)).weights
        return float(np.abs(weights.sum(-1, dtype=np.float64) - 1).max())


@dataclass(frozen=True)
class AllHeads(Query[HeadMaps]):
    """Every head's map. Rows and columns are words or tokens, with or without the special ones."""

    model: str
    sentence: str
    rows: Rows = "word"
    special: bool = True

    def run(self, engine: Engine, progress: Progress) -> HeadMaps:
        found = engine.get(WholeAttention(self.model, self.sentence))
        units = maps.units(found.tokens, found.words, found.sentence, by=self.rows, special=self.special)
        small = np.stack([maps.reduced(maps.merge(weights, units)) for weights in found.weights])
        return HeadMaps(small, found.layers, found.heads, units)


@dataclass(frozen=True)
class AllHeadsChart(Chart[HeadMaps]):
    """Every head as a small map; the opened one is framed."""

    of: AllHeads
    opened: Head | None = None
    key: ClassVar[str] = "heads"
    name: ClassVar[str] = "All heads"

    def draw(self, answer: HeadMaps) -> Figure:
        height = 330 if len(answer.layers) > len(answer.heads) else 420
        return figures.maps_figure(
            answer.maps, answer.layers, answer.heads,
            opened=self.opened, units=len(answer.units), note=self.caption(answer), height=height,
        )  # fmt: skip

    def table(self, answer: HeadMaps) -> pd.DataFrame:
        return tables.maps_table(answer.maps, answer.layers, answer.heads, answer.units.labels)

    def alt(self, answer: HeadMaps) -> str:
        return f"Small attention maps of all {len(answer.layers)} layers and {len(answer.heads)} heads."

    def caption(self, answer: HeadMaps) -> str:
        hidden = " Special tokens are hidden and each row is scaled up to 1." if answer.units.left_out else ""
        return f"Each square is a head: rows ask, columns are looked at; darker is a greater share, on one scale for all.{hidden}"


@dataclass(frozen=True)
class OneHead(Query[HeadMap]):
    """One head's map, and which of its rows is word number ``at`` of the sentence."""

    model: str
    sentence: str
    at: int
    layer: int
    head: int
    rows: Rows = "word"
    special: bool = True

    def run(self, engine: Engine, progress: Progress) -> HeadMap:
        found = engine.get(WholeAttention(self.model, self.sentence))
        units = maps.units(found.tokens, found.words, found.sentence, by=self.rows, special=self.special)
        weights = found.weights[self.layer - 1, self.head]
        row = maps.row_of(found.words[self.at], found.tokens, units)
        return HeadMap(maps.merge(weights, units), units, self.layer, self.head, row, maps.left_out(weights, units))


@dataclass(frozen=True)
class HeadChart(Chart[HeadMap]):
    """One head, large: exact values as a map, or ribbons between words."""

    of: OneHead
    ribbons: bool = False
    key: ClassVar[str] = "head"

    def draw(self, answer: HeadMap) -> Figure:
        count = len(answer.units)
        build = figures.ribbons_figure if self.ribbons else figures.head_figure
        height = max(HEIGHT, 15 * count if self.ribbons else min(160 + 17 * count, 2 * HEIGHT))
        return build(answer.weights, answer.units.labels, row=answer.row, note=self.caption(answer), height=height)

    def table(self, answer: HeadMap) -> pd.DataFrame:
        return tables.map_table(answer.weights, answer.units.labels, answer.units.labels)

    def title(self) -> str:
        return f"Layer {self.of.layer}, head {self.of.head}"

    def alt(self, answer: HeadMap) -> str:
        how = "ribbons between words" if self.ribbons else "a map"
        return f"Attention of layer {answer.layer}, head {answer.head} as {how}."

    def caption(self, answer: HeadMap) -> str:
        if not answer.units.left_out:
            return "Each row is a share and sums to 1."
        return (
            f"Each row is a share and sums to 1. Special tokens are hidden: they take {answer.hidden:.0%} of the attention; "
            "the rest is scaled up to 1."
        )


@dataclass(frozen=True)
class Scores(Query[HeadScores]):
    """How far each head follows each of a few patterns."""

    model: str
    sentence: str

    def run(self, engine: Engine, progress: Progress) -> HeadScores:
        return maps.head_scores(engine.get(WholeAttention(self.model, self.sentence)))


@dataclass(frozen=True)
class ScoresChart(Chart[HeadScores]):
    """One pattern's share in every head, or the entropy of every head's rows."""

    of: Scores
    pattern: str
    opened: Head | None = None
    key: ClassVar[str] = "head-scores"

    def values(self, answer: HeadScores) -> np.ndarray:
        """``[layer, head]``."""
        return answer.entropy if self.pattern == "entropy" else answer.shares[self.pattern]

    def draw(self, answer: HeadScores) -> Figure:
        entropy = self.pattern == "entropy"
        return figures.grid_figure(
            self.values(answer), answer.layers, answer.heads, what="bits" if entropy else "share",
            most=None if entropy else 1.0, opened=self.opened, note=self.caption(answer),
        )  # fmt: skip

    def table(self, answer: HeadScores) -> pd.DataFrame:
        return tables.head_scores_table(answer)

    def title(self) -> str:
        return f"Heads by {PATTERNS[self.pattern]}"

    def alt(self, answer: HeadScores) -> str:
        return f"Every head\u2019s score for: {PATTERNS[self.pattern]}."

    def caption(self, answer: HeadScores) -> str:
        over = (
            "words that stand in this sentence more than once"
            if self.pattern == "same"
            else "words and marks of this sentence"
        )
        counted = {
            "entropy": "0 bits is one word alone, log2(n) is n words alike.",
            "special": "the share on tokens that the tokenizer added, such as [CLS], [SEP] or a start token.",
        }.get(self.pattern, f"the share on {PATTERNS[self.pattern]}.")
        return f"Mean over the {over}: {counted} One sentence is an illustration; try others."


@dataclass(frozen=True)
class Rollout(Query[HeadMap]):
    """Attention multiplied through the layers up to one, and which row is the word."""

    model: str
    sentence: str
    at: int
    layer: int
    residual: float = 0.5
    rows: Rows = "word"
    special: bool = True

    def run(self, engine: Engine, progress: Progress) -> HeadMap:
        found = engine.get(WholeAttention(self.model, self.sentence))
        units = maps.units(found.tokens, found.words, found.sentence, by=self.rows, special=self.special)
        flow = maps.rollout(found.weights[: self.layer], self.residual)[-1]
        row = maps.row_of(found.words[self.at], found.tokens, units)
        return HeadMap(maps.merge(flow, units), units, self.layer, None, row, maps.left_out(flow, units))


@dataclass(frozen=True)
class RolloutChart(Chart[HeadMap]):
    """Attention multiplied through the layers, as a map."""

    of: Rollout
    key: ClassVar[str] = "rollout"

    def draw(self, answer: HeadMap) -> Figure:
        return figures.head_figure(
            answer.weights, answer.units.labels,
            row=answer.row, note=self.caption(answer), height=HEIGHT, answers="it comes from",
        )  # fmt: skip

    def table(self, answer: HeadMap) -> pd.DataFrame:
        return tables.map_table(answer.weights, answer.units.labels, answer.units.labels)

    def title(self) -> str:
        return f"Rollout up to layer {self.of.layer}"

    def alt(self, answer: HeadMap) -> str:
        return "Attention rollout as a map."

    def caption(self, answer: HeadMap) -> str:
        return (
            f"Rollout (Abnar & Zuidema 2020) of layers 1 to {self.of.layer}, mean over heads: how much of each row\u2019s vector "
            "came from each token by attention alone; values and feed-forward layers are left out."
        )


@dataclass(frozen=True)
class TwoSentences(Query[AlignedMaps]):
    """One head on two sentences, laid on each other at a word of each."""

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
                "Two maps are laid on each other at a word of each.",
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

    def draw(self, answer: AlignedMaps) -> Figure:
        return figures.difference_figure(
            answer.difference, answer.offsets, answer.labels, note=self.caption(answer), height=HEIGHT
        )

    def table(self, answer: AlignedMaps) -> pd.DataFrame:
        return tables.map_table(answer.difference, answer.labels, answer.labels, "difference")

    def alt(self, answer: AlignedMaps) -> str:
        return f"The difference between the two maps, aligned at the target word: at most {self.most(answer):.2f}."

    def caption(self, answer: AlignedMaps) -> str:
        head = f"Layer {answer.first.layer}, head {answer.first.head}."
        return f"{head} Blue: more in the first sentence; purple: more in the second."

    @staticmethod
    def most(answer: AlignedMaps) -> float:
        """The greatest difference."""
        return float(np.nanmax(np.abs(answer.difference)))
