"""The sentences that lookup tables are trained on: ours, the news, or a text that the reader gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ctxcore
from ctxcore.measures import lookup


@dataclass(frozen=True, eq=False)
class Corpus:
    """A training text.

    Attributes:
        key: Two equal keys are equal texts.
        title: Whose sentences they are.
        code: The Python that gives the sentences.
        sentences: Those that hold a word.
        words: The words of each.
    """

    key: str
    title: str
    code: str
    sentences: tuple[str, ...]
    words: tuple[lookup.Words, ...]

    @property
    def said(self) -> str:
        """What it is and how much of it there is."""
        count = len(self.sentences)
        return f"{count:,} sentence{'s' if count != 1 else ''} of {self.title} ({sum(map(len, self.words)):,} words)"


def read(key: str, title: str, code: str, sentences: tuple[str, ...], progress: Callable[[float, str], None]) -> Corpus:
    """The words of each sentence.

    Raises:
        NoSentencesError: None of them holds a word.
    """
    words = lookup.split(sentences, progress)
    if not words:
        raise ctxcore.NoSentencesError("no training sentence with a word")
    if len(words) < len(sentences):
        sentences = tuple(s for s in sentences if ctxcore.words_of(s))
    return Corpus(key, title, code, sentences, tuple(words))
