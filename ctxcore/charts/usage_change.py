"""Is a word used otherwise in one part of a text than in another? Asked beside chance and beside words of like frequency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pyarrow as pa

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.charts.usage_questions import OneSenseSlope, UsagesIn, VectorsOfUsages, asked_of, column_of, drawn_of
from ctxcore.corpus.change import MOST, TwoGroups, change_of, like, values_of
from ctxcore.corpus.context_slope import ContextSlope
from ctxcore.corpus.control_words import control_words
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.figures.usage_change import MEASURES, usage_change_figure
from ctxcore.progress import Progress, part
from ctxcore.types import FoundUsages, UsageChange, UsageVectors
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

CONTROLS = 8
"""Words that are read beside; those that are not as frequent in both groups are left out."""
LEAST_CONTROLS = 3
"""Without so many of them there is no verdict."""


@dataclass(frozen=True)
class ControlWords(Query[tuple[str, ...]]):
    """Words that are about as frequent in a text as one word."""

    of: UsagesIn
    count: int = CONTROLS
    slow: ClassVar[bool] = True
    part: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> tuple[str, ...]:
        return control_words(engine.corpus(self.of.text), self.of.words, self.count, progress=progress)


@dataclass(frozen=True)
class ChangeOfUsages(Query[UsageChange]):
    """Three measures of how far two groups of usages lie apart, with permutation tests, and the same of control words."""

    of: VectorsOfUsages
    column: str
    first: str
    second: str
    controls: int = CONTROLS
    seed: int = 0
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        said = self.of.hint(engine)
        return f"{said} {self.controls} words of like frequency are read beside." if said else ""

    def run(self, engine: Engine, progress: Progress) -> UsageChange:
        """The groups hold usages of the word, at most some thousands each, drawn at random.

        Raises:
            BadInputError: The values are one and the same, or a group is empty.
        """
        values = values_of(self.first, self.second)
        read = engine.get(self.of, part(progress, 0, 0.2))
        own, needed = self._two(read), engine.get(OneSenseSlope(self.of.model), progress)
        if not all(own.sizes):
            raise BadInputError(
                "Each group holds usages of the word.",
                f"{own.sizes[0]:,} where {self.column} is {self.first!r}, {own.sizes[1]:,} where it is {self.second!r}",
                "Choose values with usages in both.",
            )
        names = engine.get(ControlWords(self.of.of, self.controls), part(progress, 0.2, 0.25))
        beside = []
        for number, name in enumerate(names):
            step = part(progress, 0.25 + 0.65 * number / len(names), 0.25 + 0.65 * (number + 1) / len(names))
            asked = UsagesIn(self.of.of.text, (name,), 2 * MOST)
            other = self._two(engine.get(VectorsOfUsages(asked, self.of.model, self.of.layer, self.of.most), step))
            if like(other.sizes, own.sizes):
                beside.append(other)
        progress(0.9, "Drawing groups at random")
        slope = ContextSlope(engine.model(self.of.model), needed)
        return change_of(own, beside, self.column, values, self.seed, slope=slope)

    def _two(self, read: UsageVectors) -> TwoGroups:
        """The usages of both groups, a sample of each where there are many."""
        values = read.found.values(self.column)
        of = np.array([values[row] for row in read.rows.tolist()])
        chance = np.random.default_rng(self.seed)
        parts = [np.sort(chance.permutation(np.flatnonzero(of == value))[:MOST]) for value in (self.first, self.second)]
        rows = np.concatenate(parts)
        table = read.found.rows.take(pa.array(read.rows[rows]))
        return TwoGroups(
            read.found.words[0],
            read.vectors[rows].astype(np.float32),
            table["sentence"].to_pylist(),
            np.column_stack([table["start"].to_numpy(), table["end"].to_numpy()]),
            np.repeat([False, True], [len(one) for one in parts]),
        )


@dataclass(frozen=True)
class UsageChangeChart(Chart[UsageChange]):
    """How far two groups of usages lie apart, by three measures, beside words of like frequency."""

    of: ChangeOfUsages
    key: ClassVar[str] = "usage-change"

    @classmethod
    def of_workspace(cls, workspace: Workspace, engine: Engine, asked: UsagesIn, found: FoundUsages) -> Self | None:
        """What the page shows; None where the text has no column with two values."""
        pair = compared(workspace, asked, found)
        if pair is None:
            return None
        return cls(ChangeOfUsages(drawn_of(workspace, engine, asked).of, *pair))

    def draw(self, answer: UsageChange) -> Drawing:
        return usage_change_figure(answer, note=self.caption(answer))

    def table(self, answer: UsageChange) -> pd.DataFrame:
        return ctxcore.tables.usage_change_table(answer)

    def title(self) -> str:
        return f"Change of {self.of.of.of.words[0]}: {self.of.first}, {self.of.second}"

    def alt(self, answer: UsageChange) -> str:
        values = (
            f"{name} {value:.3f} (p = {p:.3f})"
            for name, value, p in zip(MEASURES, answer.own.values, answer.p, strict=True)
        )
        return f"{', '.join(values)}, beside {len(answer.controls)} control words."

    def caption(self, answer: UsageChange) -> str:
        first, second = answer.own.sizes
        tested = (
            "p: how often groups of these sizes drawn at random lie as far apart (999 draws)."
            if answer.enough
            else f"Fewer than {answer.least} usages in a group: nothing is tested."
        )
        return (
            f"{first:,} usages where {self.of.column} is {self.of.first or 'empty'}, {second:,} where it is {self.of.second or 'empty'}. "
            f"APD: mean cosine distance of a usage of one group and one of the other; PRT: distance of the two mean vectors; JSD: "
            f"divergence of the senses in bits. Grey: {len(answer.controls)} words about as frequent in both groups. {tested}"
        )


def compared(workspace: Workspace, asked: UsagesIn, found: FoundUsages) -> tuple[str, str, str] | None:
    """The column and its two values that are compared: the chosen ones, else the two with most usages."""
    column, look = column_of(workspace, asked.text), workspace.usages
    names = [one.name for one in found.columns.get(column, ()) if one.usages]
    if len(names) < 2:
        return None
    usual = sorted(names[:2])  # the earlier year first
    first = look.first if look.first in names else next(name for name in usual if name != look.second)
    second = (
        look.second
        if look.second in names and look.second != first
        else next(n for n in (*usual, *names) if n != first)
    )
    return column, first, second


def verdict(found: UsageChange) -> tuple[bool | None, str]:
    """Is the word used otherwise? None where it cannot be told; and why, in a sentence with its figures."""
    if not found.enough:
        return None, f"each group needs {found.least} usages, and one has {min(found.own.sizes)}"
    count = len(found.controls)
    if count < LEAST_CONTROLS:
        return (
            None,
            f"only {count} other words are as frequent in both groups, and {LEAST_CONTROLS} are needed to hold it against",
        )
    small = [name for name, p in zip(MEASURES, found.p, strict=True) if p <= 0.05]
    beyond = [name for name, holds in zip(MEASURES, found.differs, strict=True) if holds]
    if beyond:
        return (
            True,
            f"{_more(beyond)} than chance gives (p \u2264 0.05), and than of all {count} words of like frequency",
        )
    if small:
        return None, (
            f"{_more(small)} than chance gives, but not than of each of the {count} words of like frequency: "
            "the groups differ, perhaps in their topics, and this word with them"
        )
    return False, f"none of the three is more than chance gives (p \u2264 0.05; smallest p {min(found.p):.2f})"


def _more(measures: list[str]) -> str:
    return f"{' and '.join(measures)} {'are' if len(measures) > 1 else 'is'} more"


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The comparison of *Usages*, where the text has a column to compare by."""
    asked = asked_of(workspace, engine)
    if column_of(workspace, asked.text):
        chart = UsageChangeChart.of_workspace(workspace, engine, asked, engine.get(asked))
        if chart is not None:
            yield chart
