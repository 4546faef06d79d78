"""Unseen contexts: one sentence word by word, the share that tables have never seen, and held-out sentences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts import texts
from ctxcore.charts.chart import Chart
from ctxcore.charts.next_word import NextWord
from ctxcore.charts.texts import Said, SmoothedOf, TableOf, WordsOf
from ctxcore.data.corpora import LESSON, TrainingText
from ctxcore.engine import Engine, Query
from ctxcore.explained import small_table
from ctxcore.measures import lookup
from ctxcore.progress import Progress
from ctxcore.text import parted
from ctxcore.types import Coverage, HeldOut, LastWord

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

SHARE = 0.2
"""Of the sentences that differ, held out of the tables."""


@dataclass(frozen=True)
class LastWordOf(Query[LastWord]):
    """What a table and a model say of the last word of a sentence that has one."""

    model: str
    sentence: str
    text: TrainingText = LESSON
    n: int = 3
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> LastWord:
        prefix, word = parted(self.sentence)
        said, table = engine.get(Said(self.text), progress), engine.get(TableOf(self.text, self.n), progress)
        expected = engine.get(NextWord(self.model, prefix, word), progress)
        return LastWord(prefix, word, table.ask(prefix, word), expected, said)


@dataclass(frozen=True)
class WordByWord(Query[HeldOut]):
    """One sentence asked word by word of both tables and of the model."""

    model: str
    sentence: str
    text: TrainingText = LESSON
    n: int = 3
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> HeldOut:
        from ctxcore.studies.held_out import held_out

        said, table = engine.get(Said(self.text), progress), engine.get(TableOf(self.text, self.n), progress)
        smoothed = engine.get(SmoothedOf(self.text, self.n), progress)
        found = held_out(engine.model(self.model), table, smoothed, [self.sentence], progress)
        return replace(found, training=said)


@dataclass(frozen=True)
class WordByWordChart(Chart[HeldOut]):
    """The probability that each reader gave each word of a sentence."""

    of: WordByWord
    key: ClassVar[str] = "word_by_word"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "Word by word"

    def draw(self, answer: HeldOut) -> Figure:
        return figures.word_by_word_figure(answer, note=self.caption(answer))

    def table(self, answer: HeldOut) -> pd.DataFrame:
        return tables.held_out_table(answer)

    def alt(self, answer: HeldOut) -> str:
        return "The probability that each reader gave each word of the sentence."

    def caption(self, answer: HeldOut) -> str:
        most = texts.MOST_SMOOTHED
        small = f", its first {most:,} words" if answer.trained_on > most else ""
        return (
            f"Runs of {answer.n} words from {answer.training}; the smoothed table (Witten & Bell 1991) from the same{small}. "
            f"The table saw {int(answer.seen.sum())} of the {len(answer.words)} contexts. The model must give the word in its own "
            "letters and end it; it has read far more text than both tables, which is why it is also shown with the last word "
            "alone."
        )


@dataclass(frozen=True)
class WhySmall(Query[str]):
    """Why the smoothed table gives the last word of a sentence more than the model does; empty where it does not."""

    model: str
    sentence: str
    text: TrainingText = LESSON
    n: int = 3
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> str:
        found = engine.get(WordByWord(self.model, self.sentence, self.text, self.n), progress)
        last = engine.get(LastWordOf(self.model, self.sentence, self.text, self.n), progress)
        chances = dict(zip(found.readers, np.exp(found.logs[:, -1]).tolist(), strict=True))
        if chances["smoothed"] <= chances["full"]:
            return ""
        words = texts.beginning(engine.get(WordsOf(self.text), progress).words)
        model = replace(last.model, candidates={last.word: chances["full"]})
        guess = engine.model(self.model).tokenizer.text_of(int(model.shares.argmax()))
        return small_table(last.word, chances["smoothed"], last.table, words, model, guess) or ""


@dataclass(frozen=True)
class NeverSeen(Query[Coverage]):
    """What tables of growing size have never seen of the part of a text that is held out."""

    text: TrainingText = LESSON
    ns: tuple[int, ...] = (2, 3, 4, 5)
    sizes: int = 9
    share: float = SHARE
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Coverage:
        words = engine.get(WordsOf(self.text), progress).words
        train, test = lookup.hold_out(words, self.share)
        steps = np.geomspace(max(1, len(train) / 100), len(train), self.sizes)
        kept, asked = [words[i] for i in train], [words[i] for i in test]
        return lookup.coverage(kept, asked, np.unique(steps.round().astype(int)).tolist(), self.ns, progress)


@dataclass(frozen=True)
class CoverageChart(Chart[Coverage]):
    """The share of held-out contexts never seen, against the size of the training text.

    Attributes:
        with_word: Does a context count as seen only where this word followed it?
    """

    of: NeverSeen
    with_word: bool = False
    key: ClassVar[str] = "coverage"
    name: ClassVar[str] = "Share never seen"

    def draw(self, answer: Coverage) -> Figure:
        return figures.coverage_figure(answer, with_word=self.with_word, note=self.caption(answer))

    def table(self, answer: Coverage) -> pd.DataFrame:
        return tables.coverage_table(answer)

    def alt(self, answer: Coverage) -> str:
        return "The share of held-out contexts never seen, as the training text grows."

    def caption(self, answer: Coverage) -> str:
        return (
            f"The last {self.of.share:.0%} of the sentences that differ are held out ({answer.asked:,} words); tables are trained on "
            "the first sentences of the rest. A sentence that stands in the text twice counts once."
        )

    def never(self, answer: Coverage, n: int) -> float:
        """The share that a table of that n never saw, trained on all of the rest."""
        shares = answer.unseen_steps if self.with_word else answer.unseen_contexts
        return float(shares[answer.ns.index(n), -1])


@dataclass(frozen=True)
class HeldOutSentences(Query[HeldOut]):
    """Held-out sentences asked of tables that were not trained on them, and of the model."""

    model: str
    text: TrainingText = LESSON
    n: int = 3
    most: int = 40
    share: float = SHARE
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        return f"Up to {self.most} sentences of the held-out part, each word asked of four readers; about 50 words a second."

    def run(self, engine: Engine, progress: Progress) -> HeldOut:
        from ctxcore.studies.held_out import held_out

        model, words = engine.model(self.model), engine.get(WordsOf(self.text), progress)
        train, test = lookup.hold_out(words.words, self.share)
        progress(0.0, "Training both tables on the rest")
        kept = [words.words[i] for i in train]
        table, smoothed = lookup.LookupTable(kept, self.n), lookup.SmoothedModel(texts.beginning(kept), self.n)
        asked = [words.sentences[i] for i in test][: self.most]
        long = model.too_long(asked)
        found = held_out(model, table, smoothed, [s for i, s in enumerate(asked) if i not in long], progress)
        return replace(found, training=words.said)


@dataclass(frozen=True)
class HeldOutChart(Chart[HeldOut]):
    """How often each reader guessed the word that came."""

    of: HeldOutSentences
    key: ClassVar[str] = "held_out"
    name: ClassVar[str] = "Held-out sentences"

    def draw(self, answer: HeldOut) -> Figure:
        return figures.held_out_figure(answer, note=self.caption(answer))

    def table(self, answer: HeldOut) -> pd.DataFrame:
        return tables.held_out_table(answer)

    def alt(self, answer: HeldOut) -> str:
        return "How often each reader guessed the word that came."

    def caption(self, answer: HeldOut) -> str:
        return (
            f"{len(answer.words):,} words of {len(set(answer.sentence_index))} sentences; both tables trained on "
            f"{answer.trained_on:,} words (n = {answer.n}). A guess of the model is a likely token that grows into a word; what it "
            "gives to punctuation counts against it."
        )
