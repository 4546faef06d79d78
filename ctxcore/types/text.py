"""Places in a text: mentions, words and tokens."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from sys import getsizeof

from ctxcore.types.result import Result

Span = tuple[int, int]
"""Character start and end in the sentence, end exclusive."""


@dataclass(frozen=True, order=True)
class Mention:
    """One place where a word stands: characters ``[start, end)`` of sentence ``sentence_index``."""

    sentence_index: int
    start: int
    end: int


@dataclass(frozen=True)
class Word:
    """A word of a sentence with its character span."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Token:
    """A token as the model reads it.

    Attributes:
        text: The vocabulary entry, as the tokenizer writes it (``##ing``, ``Ġdog``).
        id: Its index in the vocabulary.
        start: First character it stands for in the sentence, without leading white space.
        end: One past the last character. Special tokens have an empty span.
        special: Added by the tokenizer or as a start token; not part of the sentence.
    """

    text: str
    id: int
    start: int
    end: int
    special: bool


@dataclass(frozen=True, eq=False, repr=False)
class TrainingWords(Result):
    """A training text as tables read it.

    Attributes:
        title: Whose sentences they are.
        sentences: Those that hold a word.
        words: The words of each, folded.
    """

    title: str
    sentences: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]

    @property
    def said(self) -> str:
        """What it is and how much of it there is."""
        count = len(self.sentences)
        return f"{count:,} sentence{'s' if count != 1 else ''} of {self.title} ({sum(map(len, self.words)):,} words)"

    @property
    def nbytes(self) -> int:
        """Bytes that it takes; a word that stands there often is one object."""
        parts = {id(word): word for row in self.words for word in row}.values()
        return sum(map(getsizeof, chain(self.sentences, self.words, parts)))
