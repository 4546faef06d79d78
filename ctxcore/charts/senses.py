"""Senses named by the nearest centroid: of the reader's own mentions, of a word of the sense bank, of the whole bank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ctxcore import figures, tables
from ctxcore.charts.chart import Chart, note_below
from ctxcore.charts.words import Labels, MentionSpan, Vectors
from ctxcore.data.bank import sense_bank
from ctxcore.engine import Engine, Query
from ctxcore.figures import alts
from ctxcore.measures.senses import read_senses
from ctxcore.progress import Progress
from ctxcore.text import find
from ctxcore.types import BankAccuracy, SenseReading

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
    """Share of labelled mentions whose sense is named right, by layer."""

    of: OwnSenses
    key: ClassVar[str] = "senses"
    name: ClassVar[str] = "Senses by layer"

    def draw(self, answer: SenseReading) -> Figure:
        return figures.senses_figure(answer, note=self.caption(answer))

    def table(self, answer: SenseReading) -> pd.DataFrame:
        return tables.senses_table(answer)

    def alt(self, answer: SenseReading) -> str:
        return f"Your labels. {alts.senses_alt(answer)}"

    def caption(self, answer: SenseReading) -> str:
        return f"Leave-one-out on {answer.counted} labelled mentions, every sense weighted alike."


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
            f"Told {self.of.told} sentences of each of {len(answer.labels)} senses of \u201c{self.of.word}\u201d; named the "
            f"sense of {answer.counted} new ones. Every sense weighted alike."
        )


@dataclass(frozen=True)
class WholeBank(Query[BankAccuracy]):
    """The same for every word of the bank."""

    model: str
    told: int
    slow: ClassVar[bool] = True

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
    name: ClassVar[str] = "Senses told apart on the whole bank"

    def draw(self, answer: BankAccuracy) -> Figure:
        return figures.bank_figure(answer)

    def table(self, answer: BankAccuracy) -> pd.DataFrame:
        return tables.bank_table(answer)

    def alt(self, answer: BankAccuracy) -> str:
        return "Share of the bank\u2019s sentences whose sense is named right, by layer."

    def caption(self, answer: BankAccuracy) -> str:
        return note_below(self.draw(answer))
