"""Unseen contexts: one sentence word by word, the share that tables have never seen, and held-out sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

import ctxcore
from ctxcore.charts import texts
from ctxcore.charts.chart import Chart
from ctxcore.charts.next_word import NextWord, predictor
from ctxcore.charts.texts import Said, SmoothedOf, TableOf, WordsOf, training_text
from ctxcore.data.corpora import LESSON, TrainingText
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError
from ctxcore.explained import number, small_table
from ctxcore.figures.lookup import PREDICTORS, coverage_figure, held_out_figure, word_by_word_figure
from ctxcore.measures import lookup
from ctxcore.progress import Progress
from ctxcore.text import check_length, parted, words_of
from ctxcore.types import Coverage, HeldOut, LastWord
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing

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
        asked = held_out(engine.model(self.model), table, smoothed, [self.sentence], progress)
        return replace(asked, training=said)


@dataclass(frozen=True)
class WordByWordChart(Chart[HeldOut]):
    """The probability that each predictor gave each word of a sentence."""

    of: WordByWord
    key: ClassVar[str] = "word-by-word"
    compared: ClassVar[bool] = True
    name: ClassVar[str] = "Word by word"

    def draw(self, answer: HeldOut) -> Drawing:
        return word_by_word_figure(answer, note=self.caption(answer))

    def table(self, answer: HeldOut) -> pd.DataFrame:
        return ctxcore.tables.held_out_table(answer)

    def alt(self, answer: HeldOut) -> str:
        last = answer.given(-1)
        table = number(last["table"]) if answer.seen[-1] else "no answer"
        return (
            "The probability that each predictor gave each word of the sentence. "
            f"\u201c{answer.words[-1]}\u201d, the last: lookup table {table}, smoothed table {number(last['smoothed'])}, "
            f"model {number(last['full'])}."
        )

    def remark(self, answer: HeldOut, engine: Engine) -> str:
        """Why the smoothed table outdoes the model on the last word, where it does."""
        return engine.get(WhySmall(self.of.model, self.of.sentence, self.of.text, self.of.n))

    def caption(self, answer: HeldOut) -> str:
        most = texts.MOST_SMOOTHED
        small = f", its first {most:,} words" if answer.trained_on > most else ""
        return (
            f"Lookup table: {answer.n}-grams from {answer.training}; smoothed table (Witten & Bell 1991): the same{small}. "
            f"The lookup table saw {int(answer.seen.sum())} of the {len(answer.words)} contexts. The model must give the word in its "
            "own letters and end it. It has read far more text than both tables, so it is also shown with the last word alone."
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
        chances = engine.get(WordByWord(self.model, self.sentence, self.text, self.n), progress).given(-1)
        last = engine.get(LastWordOf(self.model, self.sentence, self.text, self.n), progress)
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

    def draw(self, answer: Coverage) -> Drawing:
        return coverage_figure(answer, with_word=self.with_word, note=self.caption(answer))

    def table(self, answer: Coverage) -> pd.DataFrame:
        return ctxcore.tables.coverage_table(answer)

    def alt(self, answer: Coverage) -> str:
        return (
            "The share of held-out contexts never seen, as the training text grows. Trained on all "
            f"{answer.words[-1]:,} words: {', '.join(f'{self.never(answer, n):.0%} with n = {n}' for n in answer.ns)}."
        )

    def caption(self, answer: Coverage) -> str:
        return (
            f"The last {self.of.share:.0%} of the sentences are held out ({answer.asked:,} words); tables are trained on the first "
            "sentences of the rest. A sentence that stands in the text twice counts once."
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
        return f"Up to {self.most} sentences of the held-out part, each word asked of four predictors; about 50 words a second."

    def run(self, engine: Engine, progress: Progress) -> HeldOut:
        from ctxcore.studies.held_out import held_out

        model, words = engine.model(self.model), engine.get(WordsOf(self.text), progress)
        train, test = lookup.hold_out(words.words, self.share)
        progress(0.0, "Training both tables on the rest")
        kept = [words.words[i] for i in train]
        table, smoothed = lookup.LookupTable(kept, self.n), lookup.SmoothedModel(texts.beginning(kept), self.n)
        asked = [words.sentences[i] for i in test][: self.most]
        long = model.too_long(asked)
        guessed = held_out(model, table, smoothed, [s for i, s in enumerate(asked) if i not in long], progress)
        return replace(guessed, training=words.said)


@dataclass(frozen=True)
class HeldOutChart(Chart[HeldOut]):
    """How often each predictor guessed the word that came."""

    of: HeldOutSentences
    key: ClassVar[str] = "held-out"
    name: ClassVar[str] = "Held-out sentences"

    def draw(self, answer: HeldOut) -> Drawing:
        return held_out_figure(answer, note=self.caption(answer))

    def table(self, answer: HeldOut) -> pd.DataFrame:
        return ctxcore.tables.held_out_table(answer)

    def alt(self, answer: HeldOut) -> str:
        right = zip(answer.predictors, answer.right_first, strict=True)
        shares = ", ".join(f"{PREDICTORS[name][0]} {share:.1%}" for name, share in right)
        return f"How often each predictor\u2019s first guess was the word that came: {shares}."

    def caption(self, answer: HeldOut) -> str:
        return (
            f"{len(answer.words):,} words of {len(set(answer.sentence_index))} sentences; both tables trained on "
            f"{answer.trained_on:,} words (n = {answer.n}). A guess of the model is a likely token, continued until the word ends; "
            "the probability that it gives to punctuation counts against it."
        )


def tested_of(workspace: Workspace, engine: Engine) -> WordByWord:
    """The sentence that *Unseen contexts* asks word by word.

    Raises:
        BadInputError: It holds no word, is too long, or there is no training text.
        CtxError: The workspace's model cannot be opened.
    """
    check_length([workspace.tested])
    if not words_of(workspace.tested):
        raise BadInputError(
            "A sentence needs a word.", repr(workspace.tested[:60]), "Write one to ask the table about."
        )
    return WordByWord(predictor(workspace, engine), workspace.tested, training_text(workspace), workspace.n)


def coverage_of(workspace: Workspace) -> CoverageChart:
    """How much of the text is never seen, as the page counts it.

    Raises:
        BadInputError: There is no training text.
    """
    return CoverageChart(NeverSeen(training_text(workspace)), workspace.unseen.with_word)


def held_out_of(workspace: Workspace, engine: Engine) -> HeldOutChart:
    """The part of the text that is held out, as many sentences as the page asks.

    Raises:
        BadInputError: There is no training text.
        CtxError: The workspace's model cannot be opened.
    """
    model, text = predictor(workspace, engine), training_text(workspace)
    return HeldOutChart(HeldOutSentences(model, text, workspace.n, workspace.unseen.most))


def sentence_charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The sentence of *Unseen contexts*."""
    yield WordByWordChart(tested_of(workspace, engine))


def charts(workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    """The panels of *Unseen contexts*; they need no sentence."""
    yield coverage_of(workspace)
    yield held_out_of(workspace, engine)
