"""A word in a whole text: how often it stands there, and the map of all its usages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.charts.usage_questions import (
    MapOfUsages,
    SensesOfUsages,
    UsagesIn,
    asked_of,
    column_of,
    drawn_of,
    senses_asked,
)
from ctxcore.engine import Engine
from ctxcore.figures import theme
from ctxcore.figures.usages import (
    MOST_BARS,
    MOST_WITH_TEXT,
    point_groups,
    usage_counts_figure,
    usage_map_figure,
    usage_senses_figure,
)
from ctxcore.types import FoundUsages, SensedUsages, UsageMap
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

_NAME = 30


@dataclass(frozen=True)
class UsageCountsChart(Chart[FoundUsages]):
    """How often the word stands in each part of the text, or each of its forms where the text has no columns."""

    of: UsagesIn
    by: str = ""
    key: ClassVar[str] = "usage-counts"

    @classmethod
    def of_workspace(cls, workspace: Workspace, asked: UsagesIn) -> Self:
        """What the page shows: by the column that is looked at."""
        return cls(asked, column_of(workspace, asked.text))

    def draw(self, answer: FoundUsages) -> Drawing:
        return usage_counts_figure(answer, self.by, note=self.caption(answer))

    def table(self, answer: FoundUsages) -> pd.DataFrame:
        return ctxcore.tables.usage_counts_table(answer, self.by)

    def title(self) -> str:
        return f"How often: {self.of.words[0]}" + (f", by {self.by}" if self.by else "")

    def alt(self, answer: FoundUsages) -> str:
        first = answer.columns.get(self.by, answer.forms)[0]
        return f"{said(answer)} Most often in {first.name or 'rows with no value'}: {first.usages:,} usages."

    def caption(self, answer: FoundUsages) -> str:
        if self.by not in answer.columns:
            return f"{said(answer)} Each form as it is written, without regard to case."
        more = len(answer.columns[self.by]) - MOST_BARS
        rest = f" The {MOST_BARS} values with most usages have a bar each; {more:,} others are one." if more > 0 else ""
        return f"{said(answer)} Share of the sentences of each {_short(self.by)} in which it stands; bars: 95 % interval.{rest}"


@dataclass(frozen=True)
class UsageMapChart(Chart[UsageMap]):
    """All usages of the word as points: near ones have like vectors."""

    of: MapOfUsages
    key: ClassVar[str] = "usage-map"

    @classmethod
    def of_workspace(cls, workspace: Workspace, engine: Engine, asked: UsagesIn) -> Self:
        """What the page shows: coloured as the reader chose."""
        colour = workspace.usages.colour
        by = {"column": column_of(workspace, asked.text), "form": "form"}.get(colour, "")
        senses, split = colour == "senses", workspace.usages.split
        return cls(MapOfUsages(drawn_of(workspace, engine, asked), by, senses, senses and split))

    def draw(self, answer: UsageMap) -> Drawing:
        return usage_map_figure(answer, note=self.caption(answer))

    def table(self, answer: UsageMap) -> pd.DataFrame:
        return ctxcore.tables.usage_map_table(answer)

    def title(self) -> str:
        return f"Map of usages: {self.of.of.of.of.words[0]}"

    def alt(self, answer: UsageMap) -> str:
        by = f", coloured by {answer.by}: " + ", ".join(
            f"{group.name} ({len(group.members):,})" for group in point_groups(answer)[:4]
        )
        return f"{len(answer.rows):,} usages as points{by if answer.names else ''}."

    def caption(self, answer: UsageMap) -> str:
        shown, kept = f"{len(answer.rows):,}", theme.percent(sum(answer.explained))
        if len(answer.rows) + answer.left_out < answer.found.whole.usages:
            shown += f" of {answer.found.whole.usages:,}, drawn at random,"
        out = (
            f" {answer.left_out:,} more stand in sentences that the model does not read whole."
            if answer.left_out
            else ""
        )
        hover = " Point at one to read its line." if len(answer.rows) <= MOST_WITH_TEXT else ""
        more = len(answer.names) - len(theme.SENSES)
        grey = f" The {len(theme.SENSES)} commonest values have a colour each; all others are grey." if more > 0 else ""
        return (
            f"{shown} usages, PCA of their vectors at layer {answer.layer} (unit length); the plane keeps {kept} of the "
            f"variance.{hover}{grey}{out}"
        )


@dataclass(frozen=True)
class UsageSensesChart(Chart[SensedUsages]):
    """The senses of the word: how many usages each has, and the words that tell it."""

    of: SensesOfUsages
    key: ClassVar[str] = "usage-senses"

    @classmethod
    def of_workspace(cls, workspace: Workspace, engine: Engine, asked: UsagesIn) -> Self:
        """What the page shows."""
        return cls(senses_asked(workspace, engine, asked))

    def draw(self, answer: SensedUsages) -> Drawing:
        return usage_senses_figure(answer, note=self.caption(answer))

    def table(self, answer: SensedUsages) -> pd.DataFrame:
        return ctxcore.tables.usage_senses_table(answer)

    def title(self) -> str:
        return f"Senses of {self.of.of.of.words[0]}"

    def alt(self, answer: SensedUsages) -> str:
        sizes = zip(answer.names, answer.senses.sizes, strict=True)
        return "; ".join(f"{name}: {size:,} usages" for name, size in sizes) + "."

    def caption(self, answer: SensedUsages) -> str:
        senses = answer.senses
        how = f"Clusters of {len(answer.rows):,} usages by their vectors at layer {answer.layer}, in all dimensions. "
        if senses.count == 1:
            return f"{how}{senses.evidence.why}"
        return (
            f"{how}{senses.evidence.why} The words beside each stand there more often than in the other senses (log-odds, Monroe et al. "
            "2008). A cluster may be a topic and no sense: read its lines."
        )


def said(found: FoundUsages) -> str:
    """How often the word stands in the text, in one sentence."""
    whole = found.whole
    times = f"{whole.usages:,} usage{'s' if whole.usages != 1 else ''}"
    share = 100 * whole.share
    return (
        f"\u201c{found.words[0]}\u201d in {found.title}: {times} in {whole.holding:,} of {whole.sentences:,} sentences "
        f"({share:.{1 if share >= 1 else 2}f} %)."
    )


def _short(name: str) -> str:
    return f"\u201c{theme.short(name, _NAME)}\u201d"


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """Figures of *Usages*."""
    asked = asked_of(workspace, engine)
    yield UsageCountsChart.of_workspace(workspace, asked)
    yield UsageMapChart.of_workspace(workspace, engine, asked)
    yield UsageSensesChart.of_workspace(workspace, engine, asked)
