"""What a model is asked with, checked before any work: texts, ways to attend, layers and heads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import TypeGuard

from ctxcore import text
from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.models.interventions import Attend

Attends = Attend | Sequence[Attend]
"""One for all sentences, or one for each."""


def texts(given: Iterable[str], what: str = "sentence") -> list[str]:
    """At least one text; see :func:`ctxcore.text.listed`."""
    found = text.listed(given, what)
    if not found:
        raise NoSentencesError
    return found


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


def chosen(asked: Sequence[int] | None, offered: range, what: str) -> tuple[int, ...]:
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
