"""Training texts as questions: which one a workspace names, its words, and the tables that are trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ctxcore.data.corpora import LESSON, TrainingText
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.measures import lookup
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types import TrainingWords
from ctxcore.workspace import Workspace

MOST_SMOOTHED = 200_000
"""Words that the smoothed table is trained on at most: NLTK counts them in about six seconds."""


@dataclass(frozen=True)
class WordsOf(Query[TrainingWords]):
    """The words of each sentence of a training text."""

    text: TrainingText = LESSON
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> TrainingWords:
        """Sentences without a word are left out.

        Raises:
            NoSentencesError: None of them holds a word.
        """
        sentences = engine.sentences(self.text)
        words = lookup.split(sentences, progress)
        if not words:
            raise NoSentencesError("no training sentence with a word")
        if len(words) < len(sentences):
            sentences = [s for s in sentences if words_of(s)]
        return TrainingWords(self.text.title, tuple(sentences), tuple(words))


@dataclass(frozen=True)
class Said(Query[str]):
    """What a training text is and how much of it there is."""

    text: TrainingText = LESSON
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> str:
        return engine.get(WordsOf(self.text), progress).said


@dataclass(frozen=True)
class TableOf(Query[lookup.LookupTable]):
    """The lookup table over a training text."""

    text: TrainingText = LESSON
    n: int = 3
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> lookup.LookupTable:
        return lookup.LookupTable(engine.get(WordsOf(self.text), progress).words, self.n, progress)


@dataclass(frozen=True)
class SmoothedOf(Query[lookup.SmoothedModel]):
    """The smoothed table over a training text, or over its beginning where it is large."""

    text: TrainingText = LESSON
    n: int = 3
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> lookup.SmoothedModel:
        words = engine.get(WordsOf(self.text), progress).words
        progress(0.1, "Counting runs of words for the smoothed table")
        return lookup.SmoothedModel(beginning(words), self.n)


def training_text(workspace: Workspace) -> TrainingText:
    """What lookup tables of a workspace are trained on.

    Raises:
        BadInputError: It is a file of the reader's own, and none was given.
    """
    if workspace.corpus == "news":
        return TrainingText("news")
    if workspace.corpus == "ours":
        return LESSON if workspace.training is None else TrainingText("own", workspace.training)
    if workspace.training_file is None:
        raise text_is_missing()
    name, digest = workspace.training_file
    return TrainingText("file", name=name, digest=digest)


def text_is_missing(text: TrainingText | None = None) -> BadInputError:
    """There is nothing to train a table on: the reader gave no text, or the one that is meant is not there any more."""
    return BadInputError(
        "A text is needed to train the table on.",
        "none" if text is None else f"{text.name}, which is not here or had to make room for others",
        "Upload it on \u201cUnseen contexts\u201d, or choose the example text or the news.",
    )


def beginning(sentences: Sequence[lookup.Words]) -> list[lookup.Words]:
    """The first sentences, up to as many words as the smoothed table counts in a few seconds; one at least."""
    ends = np.cumsum([len(s) for s in sentences])
    return list(sentences[: max(1, int(np.searchsorted(ends, MOST_SMOOTHED, side="right")))])
