"""Is a pair of occurrences further apart than one sense makes it? The pair by layer, over what it is held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.charts.next_word import predictor
from ctxcore.charts.selection import Selection, select
from ctxcore.data.frames import ControlSentences, control_sentences
from ctxcore.engine import Engine, Query, reading_hint
from ctxcore.figures.controls import controls_figure
from ctxcore.measures import controls as measures
from ctxcore.models.catalogue import title_of
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types import CORRECTIONS, ControlReading, ShiftControls
from ctxcore.types.text import Span
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

SMALL = 265
"""Pixels of the figure of the first page."""


@dataclass(frozen=True)
class ReadControls(Query[ControlReading]):
    """What a model makes of the sentences that pairs are held against: read once for all pairs that share them."""

    model: str
    control: ControlSentences
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> ControlReading:
        from ctxcore.studies.controls import read_controls

        return read_controls(engine.model(self.model), self.control, progress)


@dataclass(frozen=True)
class PairControls(Query[ShiftControls]):
    """Two occurrences of a word in two sentences, and the pairs that they are held against."""

    model: str
    sentences: tuple[str, str]
    spans: tuple[Span, Span]
    slow: ClassVar[bool] = True

    @classmethod
    def of_selection(cls, selection: Selection, model: str | None = None) -> Self | None:
        """Those that numbers compare; None where there is one alone, or where both stand in one and the same sentence."""
        if selection.pair is None:
            return None
        (first, *one), (second, *other) = (selection.spans[i] for i in selection.pair)
        sentences = selection.sentences[first], selection.sentences[second]
        words = {selection.words[i].casefold() for i in selection.pair}
        if sentences[0].strip() == sentences[1].strip() or len(words) > 1:
            return None
        return cls(model or selection.workspace.model, sentences, ((one[0], one[1]), (other[0], other[1])))

    @property
    def word(self) -> str:
        """The word, as the first sentence has it."""
        return self.sentences[0][slice(*self.spans[0])]

    def hint(self, engine: Engine) -> str:
        read = control_sentences(self.word, *self.sentences).sentences
        # A deeper model takes longer for each word.
        return reading_hint(sum(len(words_of(s)) for s in read) * max(1, engine.model(self.model).layers // 6))

    def run(self, engine: Engine, progress: Progress) -> ShiftControls:
        from ctxcore.studies.controls import shift_controls

        def read(control: ControlSentences) -> ControlReading:
            return engine.get(ReadControls(self.model, control), progress)

        return shift_controls(engine.model(self.model), self.sentences, self.spans, progress, read)


@dataclass(frozen=True)
class ControlsChart(Chart[ShiftControls]):
    """A pair's cosine by layer over the bands of pairs of one sense and of two; the layer that tells them best is marked."""

    of: PairControls
    small: bool = False
    key: ClassVar[str] = "controls"
    compared: ClassVar[bool] = True

    @classmethod
    def of_selection(cls, selection: Selection, model: str | None = None, small: bool = False) -> Self | None:
        """What pages show of the compared pair, in the workspace's model or in another; None where there is no such pair."""
        asked = PairControls.of_selection(selection, model)
        if asked is None:
            return None
        return cls(asked, small, suffix=_suffix(asked.model, selection, small))

    def draw(self, answer: ShiftControls) -> Drawing:
        return controls_figure(
            answer,
            measures.best_layer(answer),
            note=self.caption(answer),
            height=SMALL if self.small else 480,
            small=self.small,
        )

    def table(self, answer: ShiftControls) -> pd.DataFrame:
        return ctxcore.tables.controls_table(answer)

    def title(self) -> str:
        return f"Further apart than one sense? {title_of(self.of.model) if self.small else ''}".rstrip()

    def alt(self, answer: ShiftControls) -> str:
        layer = measures.best_layer(answer)
        low, middle, high = measures.band(answer.same)[:, layer]
        return (
            f"Cosine of \u201c{answer.word}\u201d in two sentences by layer. At layer {layer} it is {answer.pair[0, layer]:.2f}; pairs of "
            f"one sense have {middle:.2f} there, 90 % of them {low:.2f} to {high:.2f}. The two are {verdict_of(answer)}"
        )

    def caption(self, answer: ShiftControls) -> str:
        layer, last = measures.best_layer(answer), answer.pair.shape[1] - 1
        area = measures.areas(answer)[layer]
        if self.small:
            below = measures.below(answer.same, float(answer.pair[0, layer]), layer)
            told = "" if np.isnan(area) else f" Layer {layer} tells the senses best: area under the curve {area:.2f}."
            return f"{answer.said[0].upper()}{answer.said[1:]}: at layer {layer} as low lie {below.said} of one sense.{told}"
        said = f"Held against {answer.said}. "
        if not np.isnan(area):
            others = ", ".join(f"{name} {measures.areas(answer, i)[layer]:.2f}" for i, name in enumerate(CORRECTIONS))
            said += (
                f"In them layer {layer} tells one sense from two best (area under the curve by cosine: {others}); the pair has no part "
                "in that choice. "
            )
        said += f"There {_lies(answer, layer)}. "
        if last != layer:
            said += f"At the last layer, {last}: {_lies(answer, last)}. "
        if "[" not in said:
            return said.rstrip()
        return said + (
            "Brackets: 95 % interval, sentences (or words, where each has its own) drawn anew with replacement, since pairs that "
            "share one are not independent."
        )


def verdict_of(answer: ShiftControls) -> str:
    """In words, with the cosines: is the pair further apart than one sense makes it, at the layer that tells senses best and at the
    last?"""
    layer, last = measures.best_layer(answer), answer.pair.shape[1] - 1
    found = {
        at: measures.further_apart(measures.below(answer.same, float(answer.pair[0, at]), at)) for at in (layer, last)
    }
    said = f"at layer {layer} (cosine {answer.pair[0, layer]:.2f}) {_VERDICT[found[layer]]}"
    if last != layer:
        rest = "too" if found[last] == found[layer] else _VERDICT[found[last]]
        said += f"; at the last, {last} ({answer.pair[0, last]:.2f}), {rest}"
    return f"{said}."


_VERDICT = {
    True: "further apart than one sense",
    False: "no further apart than one sense",
    None: "too few cases to tell",
}


def _lies(answer: ShiftControls, layer: int) -> str:
    value = float(answer.pair[0, layer])
    below = measures.below(answer.same, value, layer)
    return f"the two have cosine {value:.2f}, and {below.said} of one sense lie as low"


def _suffix(model: str, selection: Selection, small: bool) -> str:
    other = "" if model == selection.workspace.model else "-decoder"
    return ("-pair" if small else "") + other


def pair(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """What *The idea* shows of the compared pair: in the workspace's model, and in a decoder."""
    selection = select(workspace, engine)
    for model in pair_models(workspace, engine):
        chart = ControlsChart.of_selection(selection, model, small=True)
        if chart is not None:
            yield chart


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """What *One word, many sentences* shows of it."""
    chart = ControlsChart.of_selection(select(workspace, engine))
    if chart is not None:
        yield chart


def pair_models(workspace: Workspace, engine: Engine) -> tuple[str, ...]:
    """Models that the first page shows the pair in: the workspace's, and the one that predicts next words for it, unless that
    would be a third."""
    decoder = predictor(workspace, engine)
    if workspace.second is not None and decoder != workspace.second:
        return (workspace.model,)
    return tuple(dict.fromkeys((workspace.model, decoder)))


def strongest(answers: dict[str, ShiftControls]) -> str:
    """The model whose best layer tells one sense from two best in the control sentences; the first of equal ones."""

    def told(name: str) -> float:
        found = answers[name]
        area = measures.areas(found)[measures.best_layer(found)]
        return -1.0 if np.isnan(area) else float(area)

    return max(answers, key=told)
