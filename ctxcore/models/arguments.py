"""What a model is asked with, checked before any work: texts, words in them, ways to attend, layers and heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, TypeGuard

from ctxcore import text
from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.models.interventions import Attend
from ctxcore.types import Mention

_PAIRED = 'Give [("The dog ran", "ran"), ...].'
Attends = Attend | Sequence[Attend]
"""One for all sentences, or one for each."""
Pair = tuple[str, str | tuple[int, int]]
"""A sentence, and a word in it: as a string, or as its span of characters."""


def texts(given: Iterable[str], what: str = "sentence") -> list[str]:
    """At least one text; see :func:`ctxcore.text.listed`."""
    found = text.listed(given, what)
    if not found:
        raise NoSentencesError
    return found


def read_pairs(pairs: Iterable[Pair]) -> tuple[list[str], list[Mention]]:
    """Sentences and mentions of (sentence, word) pairs, one of each a pair; of a word given as text its first occurrence."""
    if isinstance(pairs, str | Mapping) or not isinstance(pairs, Iterable):
        raise BadInputError("A list of (sentence, word) pairs is needed.", repr(pairs)[:60], _PAIRED)
    given = list(pairs)
    for number, pair in enumerate(given, 1):
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise BadInputError("A pair is a sentence and a word.", f"pair {number} is {repr(pair)[:60]}", _PAIRED)
    sentences = texts([sentence for sentence, _ in given])
    words = [word for _, word in given]
    return sentences, [_mention(number, *pair) for number, pair in enumerate(zip(sentences, words, strict=True))]


def _mention(number: int, sentence: str, word: str | tuple[int, int]) -> Mention:
    """Where the word of a pair stands; BadInputError, with the pair's number from 1, where it does not."""
    if not isinstance(word, str):
        span: list[Any] = list(word) if isinstance(word, Sequence) else []
        if (
            len(span) != 2
            or not all(isinstance(n, Integral) for n in span)
            or not 0 <= span[0] < span[1] <= len(sentence)
        ):
            raise BadInputError(
                f"A span is (start, end), two whole numbers inside its sentence of {len(sentence)} characters.",
                f"{repr(word)[:60]} in pair {number + 1}",
                "Count characters from 0; the end is the character after the word.",
            )
        return Mention(number, int(span[0]), int(span[1]))
    for found in text.find(word, [sentence])[:1]:
        return Mention(number, found.start, found.end)
    near = text.near_misses(word, [sentence])
    raise BadInputError(
        "The word of a pair must stand in its sentence as a whole word, in any case.",
        f"{word!r} in pair {number + 1}, {text.snippet(sentence, (0, 0), 60)!r}"
        + (f" (only as a part of {', '.join(near)})" if near else ""),
        "Write the form that stands there, or give its span (start, end).",
    )


def one_text(given: str, what: str = "sentence") -> str:
    """One text."""
    if isinstance(given, list | tuple):
        raise BadInputError(f"One {what} is asked for.", f"a list of {len(given)}", "Ask for one after the other.")
    return text.listed([given], what)[0]


def several(attend: Attends) -> TypeGuard[Sequence[Attend]]:
    """Is it a list of ways to attend, and not one?"""
    return isinstance(attend, Sequence) and not isinstance(attend, str)


def one_way(attend: object) -> Attend:
    """One way to attend."""
    if not isinstance(attend, Attend):
        raise BadInputError("A way to attend is made by Attend.", repr(attend), "Give Attend.full(), or leave it out.")
    return attend


def chosen(asked: int | Sequence[int] | None, offered: range, what: str) -> tuple[int, ...]:
    """The asked numbers, or all; BadInputError for one that does not exist."""
    if asked is None:
        return tuple(offered)
    numbers = list(asked) if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]
    wrong = [n for n in numbers if not isinstance(n, Integral) or n not in offered]
    if wrong or not numbers:
        raise BadInputError(
            f"This model has {what}s {offered.start} to {offered.stop - 1}.",
            f"{what} {wrong[0]!r}" if wrong else f"no {what}",
            f"Choose a {what} in that range.",
        )
    return tuple(int(n) for n in numbers)
