"""Senses named by the nearest centroid: of the reader's own mentions, of a word of the sense bank, of the whole bank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart, note_below
from ctxcore.charts.selection import Labels, MentionSpan, Selection, Vectors, select
from ctxcore.data.bank import TOLD, sense_bank
from ctxcore.engine import Engine, Query
from ctxcore.figures import alts
from ctxcore.measures.senses import read_senses
from ctxcore.progress import Progress
from ctxcore.text import find
from ctxcore.types import BankAccuracy, SenseReading
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure


@dataclass(frozen=True)
class OwnSenses(Query[SenseReading]):
    """Each labelled mention read by the centroids of the others, the rest by all."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    senses: Labels

    def run(self, engine: Engine, progress: Progress) -> SenseReading:
        vectors = engine.get(Vectors(self.model, self.sentences, self.spans), progress).vectors
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

    def draw(self, answer: SenseReading) -> Figure:
        return figures.senses_figure(answer, note=self.caption(answer))

    def table(self, answer: SenseReading) -> pd.DataFrame:
        return tables.senses_table(answer)

    def alt(self, answer: SenseReading) -> str:
        return f"Your labels. {alts.senses_alt(answer)}"

    def caption(self, answer: SenseReading) -> str:
        return f"Leave-one-out on {answer.counted} labelled occurrences, macro-averaged over senses."


@dataclass(frozen=True)
class BankSenses(Query[SenseReading]):
    """The bank's sentences with a word: the first ``told`` of each sense are told, the senses of the others named."""

    model: str
    word: str
    told: int
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> SenseReading:
        entry = sense_bank()[self.word]
        spans = tuple((m.sentence_index, m.start, m.end) for m in find(entry.word, entry.sentences))
        vectors = engine.get(Vectors(self.model, entry.sentences, spans), progress).vectors
        return read_senses(vectors, entry.told(self.told), entry.senses)


@dataclass(frozen=True)
class BankSensesChart(Chart[SenseReading]):
    """Share of new sentences of the bank whose sense is named right, by layer."""

    of: BankSenses
    key: ClassVar[str] = "bank-senses"

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows: the chosen word of the bank, else the target, else the first."""
        bank = sense_bank()
        words = [word for word in (workspace.bank, workspace.word.casefold()) if word in bank]
        return cls(BankSenses(workspace.model, words[0] if words else next(iter(bank)), TOLD))

    def draw(self, answer: SenseReading) -> Figure:
        return figures.senses_figure(answer, note=self.caption(answer))

    def table(self, answer: SenseReading) -> pd.DataFrame:
        return tables.senses_table(answer)

    def title(self) -> str:
        return f"Senses of {self.of.word}"

    def alt(self, answer: SenseReading) -> str:
        return f"New sentences of our bank. {alts.senses_alt(answer)}"

    def caption(self, answer: SenseReading) -> str:
        return (
            f"Trained on {self.of.told} sentences of each of {len(answer.labels)} senses of \u201c{self.of.word}\u201d, tested on "
            f"{answer.counted} others; macro-averaged over senses."
        )


@dataclass(frozen=True)
class WholeBank(Query[BankAccuracy]):
    """The same for every word of the bank."""

    model: str
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
            "take a few seconds with an encoder of six layers and up to a minute with a larger model."
        )

    def run(self, engine: Engine, progress: Progress) -> BankAccuracy:
        from ctxcore.studies.sense_accuracy import bank_accuracy

        return bank_accuracy(engine.model(self.model), self.told, progress)


@dataclass(frozen=True)
class WholeBankChart(Chart[BankAccuracy]):
    """Share of the whole bank's sentences whose sense is named right, by layer."""

    of: WholeBank
    key: ClassVar[str] = "whole-bank"
    name: ClassVar[str] = "Word-sense accuracy on the whole bank"

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Self:
        """What the page shows."""
        return cls(WholeBank(workspace.model, TOLD))

    def draw(self, answer: BankAccuracy) -> Figure:
        return figures.bank_figure(answer)

    def table(self, answer: BankAccuracy) -> pd.DataFrame:
        return tables.bank_table(answer)

    def alt(self, answer: BankAccuracy) -> str:
        return f"Our whole bank. {alts.bank_alt(answer)}"

    def caption(self, answer: BankAccuracy) -> str:
        return note_below(self.draw(answer))


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """Senses on *One word, many sentences*."""
    own = OwnSensesChart.of_selection(select(workspace, engine))
    if own is not None:
        yield own
    yield BankSensesChart.of_workspace(workspace)


def whole_bank(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The figure of *Side by side*."""
    yield WholeBankChart.of_workspace(workspace)
