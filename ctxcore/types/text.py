"""Places in a text: mentions, words and tokens."""

from __future__ import annotations

from dataclasses import dataclass

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
