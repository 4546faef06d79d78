"""Attention heads: all of them small, one large, their patterns, and rollout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.attention import WEIGHTED, Focus, Head, Rows, WholeAttention, focus_of
from ctxcore.charts.chart import Chart
from ctxcore.engine import Engine, Query
from ctxcore.figures.heads import grid_figure, head_figure, maps_figure, ribbons_figure
from ctxcore.figures.layers import entropy_figure
from ctxcore.measures import attention as maps
from ctxcore.progress import Progress
from ctxcore.types import HeadMap, HeadMaps, HeadScores
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

MOST_RIBBONS = 72
"""Rows; a head with more is drawn as its map."""
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
"""What a head may attend to, and how a reader says it."""


@dataclass(frozen=True)
class AllHeads(Query[HeadMaps]):
    """Every head's map. Rows and columns are words or tokens, with or without the special ones."""

    model: str
    sentence: str
    rows: Rows = "word"
    special: bool = True
    weighted: bool = False

    def run(self, engine: Engine, progress: Progress) -> HeadMaps:
        found = engine.get(WholeAttention(self.model, self.sentence, self.weighted))
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
    compared: ClassVar[bool] = True

    @classmethod
    def of_focus(cls, focus: Focus) -> Self:
        """What the page shows."""
        look = focus.controls
        return cls(AllHeads(focus.model, focus.sentence, focus.rows, look.special, look.weighted), focus.opened)

    def draw(self, answer: HeadMaps) -> Drawing:
        height = 330 if len(answer.layers) > len(answer.heads) else 420
        return maps_figure(
            answer.maps, answer.layers, answer.heads,
            opened=self.opened, units=len(answer.units), note=self.caption(answer), height=height,
        )  # fmt: skip

    def table(self, answer: HeadMaps) -> pd.DataFrame:
        return ctxcore.tables.maps_table(answer.maps, answer.layers, answer.heads, answer.units.labels)

    def alt(self, answer: HeadMaps) -> str:
        what = "Small weighted" if self.of.weighted else "Small"
        return f"{what} attention maps of all {len(answer.layers)} layers and {len(answer.heads)} heads."

    def caption(self, answer: HeadMaps) -> str:
        hidden = " Special tokens are hidden and each row is scaled up to 1." if answer.units.left_out else ""
        weighted = f" {WEIGHTED}" if self.of.weighted else ""
        return (
            "Each square is a head: rows are queries (they attend), columns are keys (they are attended to); darker is a greater "
            f"share, on one scale for all.{weighted}{hidden}"
        )

    def remark(self, answer: HeadMaps, engine: Engine) -> str:
        """How much special tokens get of attention and of what it moves: why the two views differ."""
        if not self.of.weighted:
            return ""
        both = (engine.get(Scores(self.of.model, self.of.sentence, weighted)) for weighted in (False, True))
        attended, moved = (float(scores.shares["special"].mean()) for scores in both)
        return (
            f"Special tokens take {attended:.0%} of the attention here and {moved:.0%} of what it moves (mean of all heads): a "
            "separator whose value is short can get all attention and move nothing."
        )


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
    weighted: bool = False

    def run(self, engine: Engine, progress: Progress) -> HeadMap:
        found = engine.get(WholeAttention(self.model, self.sentence, self.weighted))
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
    compared: ClassVar[bool] = True

    @classmethod
    def of_focus(cls, focus: Focus, engine: Engine) -> Self:
        """What the page shows: ribbons where they were chosen and are not too many."""
        head = head_of(focus)
        rows = len(engine.get(AllHeads(focus.model, focus.sentence, head.rows, head.special, head.weighted)).units)
        return cls(head, focus.controls.drawn == "ribbons" and rows <= MOST_RIBBONS)

    def draw(self, answer: HeadMap) -> Drawing:
        count = len(answer.units)
        build = ribbons_figure if self.ribbons else head_figure
        height = max(HEIGHT, 15 * count if self.ribbons else min(160 + 17 * count, 2 * HEIGHT))
        return build(answer.weights, answer.units.labels, row=answer.row, note=self.caption(answer), height=height)

    def table(self, answer: HeadMap) -> pd.DataFrame:
        return ctxcore.tables.map_table(answer.weights, answer.units.labels, answer.units.labels)

    def title(self) -> str:
        return f"Layer {self.of.layer}, head {self.of.head}"

    def alt(self, answer: HeadMap) -> str:
        how = "ribbons between words" if self.ribbons else "a map"
        what = "Weighted attention" if self.of.weighted else "Attention"
        return f"{what} of layer {answer.layer}, head {answer.head} as {how}{_most(answer)}."

    def caption(self, answer: HeadMap) -> str:
        sides = "Queries (left) attend to keys (right). " if self.ribbons else ""
        said = f"{sides}{WEIGHTED if self.of.weighted else 'Each row is a share and sums to 1.'}"
        if not answer.units.left_out:
            return said
        return f"{said} Special tokens are hidden: they take {answer.hidden:.0%} of it; the rest is scaled up to 1."


@dataclass(frozen=True)
class Scores(Query[HeadScores]):
    """How far each head follows each of a few patterns."""

    model: str
    sentence: str
    weighted: bool = False

    def run(self, engine: Engine, progress: Progress) -> HeadScores:
        return maps.head_scores(engine.get(WholeAttention(self.model, self.sentence, self.weighted)))


@dataclass(frozen=True)
class ScoresChart(Chart[HeadScores]):
    """One pattern's share in every head, or the entropy of every head's rows."""

    of: Scores
    pattern: str
    opened: Head | None = None
    key: ClassVar[str] = "head-scores"

    @classmethod
    def of_focus(cls, focus: Focus, engine: Engine) -> Self:
        """What the page shows: the pattern that was chosen, or the first that occurs here."""
        scores = Scores(focus.model, focus.sentence, focus.controls.weighted)
        patterns = occurring(engine.get(scores))
        asked = focus.controls.pattern
        return cls(scores, asked if asked in patterns else patterns[0], focus.opened)

    def values(self, answer: HeadScores) -> np.ndarray:
        """``[layer, head]``."""
        return answer.entropy if self.pattern == "entropy" else answer.shares[self.pattern]

    def draw(self, answer: HeadScores) -> Drawing:
        entropy = self.pattern == "entropy"
        return grid_figure(
            self.values(answer), answer.layers, answer.heads, what="bits" if entropy else "share",
            most=None if entropy else 1.0, opened=self.opened, note=self.caption(answer),
        )  # fmt: skip

    def table(self, answer: HeadScores) -> pd.DataFrame:
        return ctxcore.tables.head_scores_table(answer)

    def title(self) -> str:
        return f"Heads by {PATTERNS[self.pattern]}"

    def alt(self, answer: HeadScores) -> str:
        values = self.values(answer)
        layer, head = np.unravel_index(int(np.nan_to_num(values).argmax()), values.shape)
        most = f"layer {answer.layers[layer]}, head {answer.heads[head]} with {values[layer, head]:.2f}"
        return f"Every head\u2019s score for {PATTERNS[self.pattern]}; the greatest: {most}."

    def caption(self, answer: HeadScores) -> str:
        repeated = "words that stand in this sentence more than once"
        over = repeated if self.pattern == "same" else "words and marks of this sentence"
        counted = {
            "entropy": "0 bits is one word alone, log2(n) is n words alike.",
            "special": "the share on tokens that the tokenizer added, such as [CLS], [SEP] or a start token.",
        }.get(self.pattern, f"the share on {PATTERNS[self.pattern]}.")
        what = " Attention is weighted by what it moves." if self.of.weighted else ""
        return f"Mean over the {over}: {counted}{what} One sentence is an illustration; try others."


@dataclass(frozen=True)
class EntropyChart(Chart[HeadScores]):
    """The entropy of each head, layer by layer."""

    of: Scores
    opened: Head | None = None
    key: ClassVar[str] = "entropy-by-layer"
    name: ClassVar[str] = "Entropy of each head by layer"

    @classmethod
    def of_focus(cls, focus: Focus) -> Self:
        """What the page shows."""
        return cls(Scores(focus.model, focus.sentence, focus.controls.weighted), focus.opened)

    def draw(self, answer: HeadScores) -> Drawing:
        return entropy_figure(answer, opened=self.opened, note=self.caption(answer))

    def table(self, answer: HeadScores) -> pd.DataFrame:
        return ctxcore.tables.grid_table(answer.entropy, answer.layers, answer.heads, "entropy_bits")

    def alt(self, answer: HeadScores) -> str:
        median = np.median(answer.entropy, axis=1)
        least, most = int(median.argmin()), int(median.argmax())
        return (
            f"Entropy of each head by layer; the median is least in layer {answer.layers[least]} ({median[least]:.2f} bits) and "
            f"greatest in layer {answer.layers[most]} ({median[most]:.2f} bits)."
        )

    def caption(self, answer: HeadScores) -> str:
        return (
            "Mean entropy of a head\u2019s rows over the words and marks of this sentence: 0 bits is all on one token, more is "
            "spread wider. The ring is the opened head."
        )


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

    @classmethod
    def of_focus(cls, focus: Focus) -> Self:
        """What the page shows: up to the layer of the opened head."""
        return cls(
            Rollout(
                focus.model, focus.sentence, focus.at, focus.opened[0], focus.controls.residual,
                focus.rows, focus.controls.special,
            )
        )  # fmt: skip

    def draw(self, answer: HeadMap) -> Drawing:
        return head_figure(
            answer.weights, answer.units.labels,
            row=answer.row, note=self.caption(answer), height=HEIGHT, right="it comes from",
        )  # fmt: skip

    def table(self, answer: HeadMap) -> pd.DataFrame:
        return ctxcore.tables.map_table(answer.weights, answer.units.labels, answer.units.labels)

    def title(self) -> str:
        return f"Rollout up to layer {self.of.layer}"

    def alt(self, answer: HeadMap) -> str:
        return f"Attention rollout up to layer {self.of.layer} as a map{_most(answer)}."

    def caption(self, answer: HeadMap) -> str:
        return (
            f"Rollout (Abnar & Zuidema 2020) of layers 1 to {self.of.layer}, mean over heads: how much of each row\u2019s vector "
            "came from each token by attention alone; values and feed-forward layers are left out."
        )


def _most(answer: HeadMap) -> str:
    """What the framed row gives most to; nothing where the tokenizer leaves no row of the word."""
    if answer.row is None:
        return ""
    shares, labels = np.nan_to_num(answer.weights[answer.row]), answer.units.labels
    most, row = int(shares.argmax()), labels[answer.row]
    return f"; the greatest share of \u201c{row}\u201d, {shares[most]:.0%}, is \u201c{labels[most]}\u201d"


def head_of(focus: Focus) -> OneHead:
    """The opened head's map."""
    look = focus.controls
    return OneHead(
        focus.model, focus.sentence, focus.at, *focus.opened,
        rows=focus.rows, special=look.special, weighted=look.weighted,
    )  # fmt: skip


def occurring(scores: HeadScores) -> list[str]:
    """The patterns that can occur in this sentence: in a decoder nothing attends to the word after."""
    return [p for p in PATTERNS if p == "entropy" or bool(np.nan_to_num(scores.shares[p]).max() > 0)]


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The maps of one sentence, of *Attention heads*."""
    focus = focus_of(workspace, engine)
    yield AllHeadsChart.of_focus(focus)
    yield HeadChart.of_focus(focus, engine)
    yield ScoresChart.of_focus(focus, engine)
    yield EntropyChart.of_focus(focus)
    yield RolloutChart.of_focus(focus)
