"""Senses named by the nearest centroid: of the reader's own mentions, of a word of the sense bank, of the whole bank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import ctxcore
from ctxcore.charts.chart import Chart
from ctxcore.charts.selection import Labels, OfMentions, Selection, select
from ctxcore.data.bank import TOLD, sense_bank
from ctxcore.engine import Engine, Query
from ctxcore.explained_senses import guessed, shown_by, shuffled, spread
from ctxcore.figures import alts
from ctxcore.figures.layers import bank_figure, sense_controls_figure, senses_figure
from ctxcore.measures.senses import read_senses
from ctxcore.progress import Progress
from ctxcore.types import BankAccuracy, SenseControls, SenseReading
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

_BARS = "Bars: 95 % interval of the number right (Clopper & Pearson 1934)."


@dataclass(frozen=True)
class OwnSenses(OfMentions[SenseReading]):
    """Each labelled mention read by the centroids of the others, the rest by all."""

    senses: Labels

    def run(self, engine: Engine, progress: Progress) -> SenseReading:
        vectors = self.read(engine, progress).vectors
        return read_senses(vectors, self.senses)


@dataclass(frozen=True)
class OwnSensesChart(Chart[SenseReading]):
    """Accuracy on the labelled mentions, by layer."""

    of: OwnSenses
    key: ClassVar[str] = "senses"
    name: ClassVar[str] = "Senses by layer"

    @classmethod
    def of_selection(cls, selection: Selection) -> Self | None:
        """What the page shows; None where no two senses are labelled."""
        if len({sense for sense in selection.senses if sense}) < 2:
            return None
        return cls(OwnSenses(*selection.places, selection.senses))

    def draw(self, answer: SenseReading) -> Drawing:
        return senses_figure(answer, note=self.caption(answer))

    def table(self, answer: SenseReading) -> pd.DataFrame:
        return ctxcore.tables.senses_table(answer)

    def alt(self, answer: SenseReading) -> str:
        return f"Your labels. {alts.senses_alt(answer)}"

    def caption(self, answer: SenseReading) -> str:
        return (
            f"Leave-one-out on {answer.counted} labelled occurrences, macro-averaged over senses. Last layer: "
            f"{shuffled(answer)}. {_BARS}"
        )


@dataclass(frozen=True)
class BankSenses(Query[SenseControls]):
    """The bank's sentences with a word: the first ``told`` of each sense are told, the senses of the others named.

    Read from the word's own vector, and from controls: attention off, the sentence's other words, their static vectors.
    """

    model: str
    static: str
    word: str
    told: int
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> SenseControls:
        from ctxcore.studies.sense_accuracy import sense_controls

        model, static = engine.model(self.model), engine.static(self.static)
        return sense_controls(model, static, sense_bank()[self.word], self.told, progress)


@dataclass(frozen=True)
class BankSensesChart(Chart[SenseControls]):
    """Share of new sentences of the bank whose sense is named right, by layer, beside controls."""

    of: BankSenses
    key: ClassVar[str] = "bank-senses"

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows: the chosen word of the bank, else the target, else the first."""
        bank = sense_bank()
        words = [word for word in (workspace.bank, workspace.word.casefold()) if word in bank]
        return cls(BankSenses(workspace.model, workspace.static, words[0] if words else next(iter(bank)), TOLD))

    def draw(self, answer: SenseControls) -> Drawing:
        return sense_controls_figure(answer, note=self.caption(answer))

    def table(self, answer: SenseControls) -> pd.DataFrame:
        return ctxcore.tables.sense_controls_table(answer)

    def title(self) -> str:
        return f"Senses of {self.of.word}"

    def alt(self, answer: SenseControls) -> str:
        said = alts.readers_alt(answer.accuracy, answer.own.chance)
        return f"New sentences of our bank with \u201c{self.of.word}\u201d. {said}"

    def caption(self, answer: SenseControls) -> str:
        return (
            f"Told {self.of.told} sentences of each of {len(answer.own.labels)} senses of \u201c{self.of.word}\u201d, tested on "
            f"{answer.own.counted} others. Last layer: {guessed(answer.own.tally())}{spread(answer.draws)}. "
            f"{shown_by(answer.tallies)} {_BARS}"
        )


@dataclass(frozen=True)
class WholeBank(Query[BankAccuracy]):
    """The same for every word of the bank."""

    model: str
    static: str
    told: int
    slow: ClassVar[bool] = True

    @property
    def tested(self) -> int:
        """Sentences whose sense is to be named: all but the told ones of each sense."""
        return sum(word.told(self.told).count(None) for word in sense_bank().values())

    def hint(self, engine: Engine) -> str:
        bank = sense_bank().values()
        return (
            f"One word is an illustration. All {len(bank)} words of the bank, {sum(len(word.sentences) for word in bank)} sentences, "
            "are read twice, with attention and without: ten seconds with an encoder of six layers, up to two minutes with a larger model."
        )

    def run(self, engine: Engine, progress: Progress) -> BankAccuracy:
        from ctxcore.studies.sense_accuracy import bank_accuracy

        return bank_accuracy(engine.model(self.model), engine.static(self.static), self.told, progress)


@dataclass(frozen=True)
class WholeBankChart(Chart[BankAccuracy]):
    """Share of the whole bank's sentences whose sense is named right, by layer, beside controls."""

    of: WholeBank
    key: ClassVar[str] = "whole-bank"
    name: ClassVar[str] = "Word-sense accuracy on the whole bank"

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows."""
        return cls(WholeBank(workspace.model, workspace.static, TOLD))

    def draw(self, answer: BankAccuracy) -> Drawing:
        return bank_figure(answer, note=self.caption(answer))

    def table(self, answer: BankAccuracy) -> pd.DataFrame:
        return ctxcore.tables.bank_table(answer)

    def alt(self, answer: BankAccuracy) -> str:
        return f"Our whole bank, {len(answer.words)} words. {alts.readers_alt(answer.by_layer, answer.static)}"

    def caption(self, answer: BankAccuracy) -> str:
        own, off, others, bag = (f"{100 * share:.0f} %" for share in answer.by_layer[:, -1])
        return (
            f"{len(answer.words)} ambiguous words of our sense bank, {sum(answer.senses)} senses. Told {answer.told} sentences of each "
            f"sense, tested on {sum(answer.counted)} others; macro-averaged over the senses of a word, then over the words. Last layer: "
            f"its own vector {own}{spread(answer.draws)}, attention off {off}, the other words {others}, their static vectors {bag}, "
            f"chance {100 * answer.static:.0f} %. {_BARS}"
        )


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """Senses on *One word, many sentences*."""
    own = OwnSensesChart.of_selection(select(workspace, engine))
    if own is not None:
        yield own
    yield BankSensesChart.of_workspace(workspace)


def whole_bank(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The figure of *Side by side*."""
    yield WholeBankChart.of_workspace(workspace)
