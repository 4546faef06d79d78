"""Move the meaning: a state of one sentence in the run of another, layer by layer and word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.engine import Engine, Query, reading_hint
from ctxcore.errors import IncompleteError
from ctxcore.figures.moving import moved_vector_figure, moved_words_figure, patching_figure
from ctxcore.figures.theme import percent, probability
from ctxcore.measures.patching import handover, target_of
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types import MovedWords, PatchControl, PatchGrid
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

_FAR = 0.5
"""Below this share of the way a word is not named as where the meaning comes from."""
Cell = tuple[int, int]
"""Layer and word, both from 0."""


@dataclass(frozen=True)
class SameSense(Query[PatchControl]):
    """How far the mentions of a word in one sense lie apart: what any pair of sentences is set against."""

    model: str
    candidates: tuple[str, ...] = ()
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> PatchControl:
        from ctxcore.studies.patching import patch_control

        return patch_control(engine.model(self.model), self.candidates, progress)


@dataclass(frozen=True)
class MovedStates(Query[PatchGrid]):
    """Every state of ``source`` put into the run of ``sentence``, one at a time; of the next word where candidates are asked."""

    model: str
    sentence: str
    source: str
    word: str = ""
    candidates: tuple[str, ...] = ()
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        model = engine.model(self.model)
        tokens = len(model.tokens([self.sentence])[0])
        # A token of a row runs through half of the blocks in the mean, and in a decoder half of the tokens stand before it.
        return reading_hint(model.layers * tokens**2 * (model.layers // 6) // 16)

    def run(self, engine: Engine, progress: Progress) -> PatchGrid:
        from ctxcore.studies.patching import patch_grid

        target_of(self.sentence, self.source, self.word)  # what cannot be aligned is said before anything is measured
        control = engine.get(SameSense(self.model, self.candidates), progress)
        asked = self.sentence, self.source, self.word, self.candidates
        return patch_grid(engine.model(self.model), *asked, control, progress)


@dataclass(frozen=True)
class NextWithState(Query[MovedWords]):
    """What comes next with the state of one layer and word moved, and without."""

    model: str
    sentence: str
    source: str
    layer: int
    column: int
    word: str = ""
    candidates: tuple[str, ...] = ()

    def run(self, engine: Engine, progress: Progress) -> MovedWords:
        from ctxcore.studies.patching import moved_words

        asked = self.sentence, self.source, self.layer, self.column, self.word, self.candidates
        return moved_words(engine.model(self.model), *asked)


@dataclass(frozen=True)
class PatchingChart(Chart[PatchGrid]):
    """How much of the way from one sentence to the other each moved state goes, layer by word."""

    of: MovedStates
    opened: Cell | None = None
    key: ClassVar[str] = "moving"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "Where the meaning is moved"

    def draw(self, answer: PatchGrid) -> Drawing:
        return patching_figure(answer, self.opened, note=self.caption(answer))

    def table(self, answer: PatchGrid) -> pd.DataFrame:
        return ctxcore.tables.patching_table(answer)

    def alt(self, answer: PatchGrid) -> str:
        return f"How far each state of \u201c{answer.source}\u201d moves \u201c{answer.sentence}\u201d. {point(answer)}"

    def caption(self, answer: PatchGrid) -> str:
        what = (
            f"the log-odds of \u201c{answer.candidates[0]}\u201d against \u201c{answer.candidates[1]}\u201d"
            if answer.candidates
            else f"the standardised vector of \u201c{answer.target}\u201d at the last layer"
        )
        own, rest = _between(np.abs(answer.itself)), "" if answer.complete else f" ({_not_moved(answer)})"
        return (
            f"A cell is one state of \u201c{answer.source}\u201d put into \u201c{answer.sentence}\u201d: 0 leaves {what} as it is, 1 "
            f"makes it the other sentence\u2019s. Check: the sentence\u2019s own states give {own}, all of the other\u2019s together "
            f"{_between(answer.everything)}{rest}."
        )

    def remark(self, answer: PatchGrid, engine: Engine) -> str:
        """What the pair is set against."""
        return (
            f"The two sentences lie {answer.apart:.1f} {_unit(answer)}. {percent(answer.closer)} of {len(answer.control.apart)} "
            f"pairs of the sense bank in which a word has one sense lie closer (median {answer.control.usual:.1f})."
        )


@dataclass(frozen=True)
class MovedVectorChart(Chart[PatchGrid]):
    """Where the target\u2019s vector lands when one word\u2019s state is moved: along the way, and beside it."""

    of: MovedStates
    layer: int
    column: int
    key: ClassVar[str] = "moved-vector"
    name: ClassVar[str] = "The moved vector"

    def draw(self, answer: PatchGrid) -> Drawing:
        return moved_vector_figure(answer, self.layer, self.column, note=self.caption(answer))

    def table(self, answer: PatchGrid) -> pd.DataFrame:
        found = ctxcore.tables.patching_table(answer)
        return found[found["position"] == answer.columns[self.column].into[0]].reset_index(drop=True)

    def alt(self, answer: PatchGrid) -> str:
        return self.caption(answer)

    def caption(self, answer: PatchGrid) -> str:
        share, aside = answer.shares[self.layer, self.column], answer.aside[self.layer, self.column]
        return (
            f"With the state of {named(answer, self.column)} at layer {self.layer} moved, \u201c{answer.target}\u201d goes "
            f"{percent(float(share))} of the way and {percent(float(aside))} of its length aside. One axis holds the two sentences; "
            "the other is the distance from it, in whichever direction."
        )


@dataclass(frozen=True)
class MovedWordsChart(Chart[MovedWords]):
    """What comes next in the two sentences as they are, and with one state moved."""

    of: NextWithState
    key: ClassVar[str] = "moved-words"
    name: ClassVar[str] = "The next words with the state moved"

    def draw(self, answer: MovedWords) -> Drawing:
        return moved_words_figure(answer, note=self.caption(answer))

    def table(self, answer: MovedWords) -> pd.DataFrame:
        return ctxcore.tables.moved_words_table(answer)

    def alt(self, answer: MovedWords) -> str:
        given = ", ".join(probability(float(share)) for share in answer.shares[:, 0])
        return (
            f"Probability of the next words after \u201c{answer.sentence}\u201d, with a state moved, and after "
            f"\u201c{answer.source}\u201d. "
            f"\u201c{answer.words[0].strip()}\u201d gets {given}."
        )

    def caption(self, answer: MovedWords) -> str:
        return (
            f"The state of layer {answer.layer} is put in at \u201c{answer.word}\u201d of \u201c{answer.sentence}\u201d. Candidates "
            "first, then the likeliest tokens of each run."
        )


def moved_states(workspace: Workspace, engine: Engine) -> MovedStates:
    """What *Move the meaning* asks of a workspace: its two prompts, and in a decoder its first two candidates where it has two.

    Raises:
        IncompleteError: One of the sentences holds no word.
        CtxError: The model cannot be opened.
    """
    sentence, source = workspace.prompts if workspace.moving.direction == "in" else workspace.prompts[::-1]
    if not words_of(sentence) or not words_of(source):
        raise IncompleteError("Two sentences are needed.", "an empty field", "Write a sentence into both.")
    two = len(workspace.candidates) > 1 and "next words" in engine.model(workspace.model).uses
    asked = workspace.candidates[:2] if two else ()
    return MovedStates(workspace.model, sentence, source, workspace.moving.word, asked)


def opened_cell(grid: PatchGrid, chosen: Cell | None) -> Cell | None:
    """The cell that is open: the chosen one, else where the target takes over; None where there is little to move."""
    if grid.little:
        return None
    if chosen is not None:
        layer, column = chosen
        if layer < len(grid.shares) and column < len(grid.columns) and grid.columns[column].source:
            return chosen
    takes = handover(grid).takes
    return (0 if takes is None else takes), grid.at


def opened_chart(of: MovedStates, cell: Cell) -> Chart[Any]:
    """What the opened cell shows: the next words, or where the vector lands."""
    if of.candidates:
        return MovedWordsChart(NextWithState(of.model, of.sentence, of.source, *cell, of.word, of.candidates))
    return MovedVectorChart(of, *cell)


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The grid of *Move the meaning*, and its opened cell."""
    of = moved_states(workspace, engine)
    cell = opened_cell(engine.get(of), workspace.moving.cell)
    yield PatchingChart(of, cell)
    if cell is not None:
        yield opened_chart(of, cell)


def _unit(grid: PatchGrid) -> str:
    """What the distance of two runs is counted in."""
    return "nats apart" if grid.candidates else "apart in standardised vectors"


def point(grid: PatchGrid, out: bool = False) -> str:
    """In one or two sentences: which word, at which layers, moves the meaning; or that there is little to move.

    Args:
        grid: The measurement.
        out: Is it told as what is taken out of ``grid.sentence``, and not as what is put in?
    """
    if grid.little:
        return (
            f"Little to move: the two sentences lie {grid.apart:.1f} {_unit(grid)}, closer than the usual pair in which a word has one "
            f"sense ({grid.control.usual:.1f}). Shares of so little would be noise, and none are drawn."
        )
    found, target = handover(grid), f"\u201c{grid.target}\u201d"
    if found.column is None or found.until < 0:
        return f"At no layer does another word\u2019s state move {target} more than its own does."
    share, own, word = grid.shares[:, found.column], grid.shares[:, grid.at], grid.columns[found.column]
    layers = "at layer 0" if found.until == 0 else f"up to layer {found.until}"
    values = [f"{percent(float(share[n]))} of the way at layer {n}" for n in dict.fromkeys((0, found.until))]
    said = (
        f"{target} needs \u201c{word.text}\u201d: {layers} the state of that word, with \u201c{word.other}\u201d put in its place, "
        f"takes most away ({', '.join(values)})."
        if out
        else f"{target} takes its meaning from \u201c{word.other}\u201d: {layers} the state of that word alone moves most "
        f"({', '.join(values)})."
    )
    if share[0] < _FAR:
        said = f"No other word alone carries {target} far: most does \u201c{word.other}\u201d, {layers} ({', '.join(values)})."
    if found.takes is None:
        return said
    below = len(own) - 2  # at the last layer nothing runs any more
    more = f" and {percent(float(own[below]))} at layer {below}" if found.takes < below else ""
    there = percent(float(own[found.takes]))
    return f"{said} From layer {found.takes} on {target} itself carries it: {there} there{more}."


def named(grid: PatchGrid, column: int) -> str:
    """Whose state is moved at a column."""
    one = grid.columns[column]
    return (
        f"\u201c{one.text}\u201d"
        if one.text == one.other
        else f"\u201c{one.other}\u201d (in place of \u201c{one.text}\u201d)"
    )


def _between(values: np.ndarray) -> str:
    low, high = (f"{float(v):.2f}" for v in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _not_moved(grid: PatchGrid) -> str:
    """What has no partner, so that all together need not give 1."""
    words = [column.text for column in grid.columns if not column.other] + list(grid.unaligned)
    alone = ", ".join(f"\u201c{word}\u201d" for word in words[:6])
    unequal = [
        f"\u201c{column.text}\u201d has {column.why}" for column in grid.columns if column.other and not column.source
    ]
    said = [f"nothing stands in the place of {alone}"] if alone else []
    return f"it need not be 1: {'; '.join([*said, *unequal[:3]])}"
