"""What moved a word: words that are deleted, and heads that are ablated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.attention import Focus, Head, WholeAttention, focus_of
from ctxcore.charts.chart import Chart
from ctxcore.engine import Engine, Query, reading_hint
from ctxcore.figures.ablation import control_figure, influence_figure
from ctxcore.figures.heads import grid_figure
from ctxcore.measures import attention as maps
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types import HeadShifts, Influence
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing


_NEAREST = 24
"""Up to how many words are left out in turn."""


@dataclass(frozen=True)
class WordInfluence(Query[Influence]):
    """How far word number ``at`` moves without each of the words ``others``."""

    model: str
    sentence: str
    at: int
    others: tuple[int, ...]
    neutral: str | None = None
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        return reading_hint(4 * len(self.others) * _tokens(engine, self.model, self.sentence))

    def run(self, engine: Engine, progress: Progress) -> Influence:
        from ctxcore.studies.influence import influence

        words = words_of(self.sentence)
        others = [words[i] for i in self.others]
        return influence(engine.model(self.model), self.sentence, words[self.at], self.neutral, others, progress)


@dataclass(frozen=True)
class InfluenceChart(Chart[Influence]):
    """How far the target moves without each word, beside attention, what it moves, and rollout, at one layer."""

    of: WordInfluence
    layer: int
    key: ClassVar[str] = "influence"
    name: ClassVar[str] = "Which words moved it"

    @classmethod
    def of_focus(cls, focus: Focus) -> Self:
        """What the page shows: the nearest words left out in turn, at the chosen layer or the last."""
        others = sorted((i for i in range(len(focus.words)) if i != focus.at), key=lambda i: abs(i - focus.at))
        asked = focus.controls.layer
        return cls(
            WordInfluence(
                focus.model, focus.sentence, focus.at, tuple(sorted(others[:_NEAREST])), focus.controls.neutral or None
            ),
            asked if asked is not None and asked <= focus.layers else focus.layers,
        )

    def draw(self, answer: Influence) -> Drawing:
        return influence_figure(answer, self.layer, order=maps.seen(answer), note=self.caption(answer))

    def table(self, answer: Influence) -> pd.DataFrame:
        return ctxcore.tables.influence_table(answer, self.layer)

    def alt(self, answer: Influence) -> str:
        moved = answer.shifts["blocked"][:, self.layer]
        most = int(np.nan_to_num(moved).argmax())
        return (
            f"How far \u201c{answer.target.text}\u201d moves without each word, beside attention and rollout; most, by "
            f"{moved[most]:.3f}, with attention to \u201c{answer.words[most].text}\u201d blocked."
        )

    def caption(self, answer: Influence) -> str:
        said = (
            f"Layer {self.layer}; attention and what it moves are means up to it. Blocked attention cuts the direct path alone: "
            "what other words took from it still arrives. With its values set to zero nobody takes anything from it; deleted or "
            "replaced, it is gone for all."
        )
        if len(self.of.others) < len(words_of(self.of.sentence)) - 1:
            said += f" The {len(self.of.others)} words nearest to the target."
        if len(maps.seen(answer)) < len(self.of.others):
            said += " Words after the target are not drawn: a decoder sees only the left."
        return said


@dataclass(frozen=True)
class HeadsOff(Query[HeadShifts]):
    """What ablating heads together does to word number ``at``, beside random sets of the same size, of other heads."""

    model: str
    sentence: str
    at: int
    heads: tuple[Head, ...]
    draws: int = 20
    seed: int = 0
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> HeadShifts:
        from ctxcore.studies.influence import head_shifts

        model, draw = engine.model(self.model), np.random.default_rng(self.seed)
        rest = [h for h in every_head(model.layers, model.heads) if h not in self.heads]
        control = [
            tuple(rest[i] for i in sorted(draw.choice(len(rest), len(self.heads), replace=False)))
            for _ in range(self.draws)
        ]
        return head_shifts(model, self.sentence, words_of(self.sentence)[self.at], [self.heads, *control], progress)


@dataclass(frozen=True)
class HeadsOffChart(Chart[HeadShifts]):
    """How far the target moves without the chosen heads, and without random ones."""

    of: HeadsOff
    key: ClassVar[str] = "heads-off"
    name: ClassVar[str] = "Head ablation"

    @classmethod
    def of_focus(cls, focus: Focus) -> Self:
        """What the page shows: the chosen heads ablated, or the opened one."""
        chosen, there = focus.controls.off, every_head(focus.layers, focus.heads)
        if chosen is None or set(chosen) - set(there):
            chosen = (focus.opened,)
        return cls(HeadsOff(focus.model, focus.sentence, focus.at, chosen))

    def draw(self, answer: HeadShifts) -> Drawing:
        return control_figure(answer, answer.shift.shape[1] - 1, note=self.caption(answer))

    def table(self, answer: HeadShifts) -> pd.DataFrame:
        return ctxcore.tables.head_shifts_table(answer, answer.shift.shape[1] - 1)

    def alt(self, answer: HeadShifts) -> str:
        shift = answer.shift[:, -1]
        return (
            f"Without the chosen heads the target moves by {shift[0]:.4f}, without random sets of the same size by "
            f"{np.median(shift[1:]):.4f} (median)."
        )

    def caption(self, answer: HeadShifts) -> str:
        return (
            "An ablated head gives zero before the output projection. "
            f"Control: {self.of.draws} random sets of the same size, seed {self.of.seed}, from all other heads."
        )


@dataclass(frozen=True)
class EachHeadOff(Query[HeadShifts]):
    """What ablating each head alone does to word number ``at``."""

    model: str
    sentence: str
    at: int
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        model = engine.model(self.model)
        # A decoder's pass costs about ten times the encoder's.
        each = _tokens(engine, self.model, self.sentence) * (model.layers // 6)
        return reading_hint(model.layers * model.heads * each)

    def run(self, engine: Engine, progress: Progress) -> HeadShifts:
        from ctxcore.studies.influence import head_shifts

        model = engine.model(self.model)
        sets = [(head,) for head in every_head(model.layers, model.heads)]
        return head_shifts(model, self.sentence, words_of(self.sentence)[self.at], sets, progress)


@dataclass(frozen=True)
class EachHeadOffChart(Chart[HeadShifts]):
    """What each head does when it alone is ablated: to the word, or to the next word."""

    of: EachHeadOff
    opened: Head | None = None
    next_word: bool = False
    key: ClassVar[str] = "each-head-off"
    name: ClassVar[str] = "Each head ablated alone"

    @classmethod
    def of_focus(cls, focus: Focus, engine: Engine) -> Self:
        """What the page shows: what moves is the word, or in a decoder the next word where that was chosen."""
        predicts = "next words" in engine.model(focus.model).uses
        asked = EachHeadOff(focus.model, focus.sentence, focus.at)
        return cls(asked, focus.opened, focus.controls.next_word and predicts)

    def draw(self, answer: HeadShifts) -> Drawing:
        what = "bits" if self.next_word else "1 \u2212 cosine"
        values, layers, heads = self._grid(answer)
        return grid_figure(values, layers, heads, what=what, opened=self.opened, note=self.caption(answer))

    def table(self, answer: HeadShifts) -> pd.DataFrame:
        return ctxcore.tables.grid_table(*self._grid(answer), "next_word_bits" if self.next_word else "shift")

    def alt(self, answer: HeadShifts) -> str:
        values, layers, heads = self._grid(answer)
        layer, head = np.unravel_index(int(np.nan_to_num(values).argmax()), values.shape)
        return (
            f"What each head does when it alone is ablated: most does layer {layers[layer]}, head {heads[head]}, with "
            f"{values.max():.3f}."
        )

    def caption(self, answer: HeadShifts) -> str:
        if self.next_word:
            return "Jensen\u2013Shannon divergence of the next-token distributions after the sentence."
        return f"How far \u201c{answer.target.text}\u201d moves at the last layer when one head is ablated."

    def _grid(self, answer: HeadShifts) -> tuple[np.ndarray, range, range]:
        """Values ``[layer, head]`` and the numbers of both."""
        layers, heads = answer.sets[-1][0]
        values = answer.shift[:, -1] if not self.next_word or answer.next_word is None else answer.next_word
        return values.reshape(layers, heads + 1), range(1, layers + 1), range(heads + 1)


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """What moves a word, of *Attention heads*."""
    focus = focus_of(workspace, engine)
    yield InfluenceChart.of_focus(focus)
    off = HeadsOffChart.of_focus(focus)
    if off.of.heads:
        yield off
        yield EachHeadOffChart.of_focus(focus, engine)


def _tokens(engine: Engine, model: str, sentence: str) -> int:
    return len(engine.get(WholeAttention(model, sentence)).tokens)


def every_head(layers: int, heads: int) -> list[Head]:
    """All heads of a model, layer by layer."""
    return [(layer, head) for layer in range(1, layers + 1) for head in range(heads)]
