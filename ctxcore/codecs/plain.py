"""What JSON gives, read and checked: lines, names, lists, whole numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unicodedata import category

from ctxcore.text import clean, most_characters

DIGITS = 9
"""Of a whole number in a link."""


def read_line(value: Any) -> str:
    """One line of text, read as everywhere (:mod:`ctxcore.text.white_space`)."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character") from None
    if len(value) > most_characters():
        raise ValueError(f"has {len(value):,} characters; up to {most_characters():,} are read")
    return clean(value)


def read_name(value: Any) -> str:
    """A name to the letter: two blanks in it are two. What no name holds is not cleaned away but refused."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    if any(category(letter) in ("Cc", "Cs") for letter in value):
        raise ValueError("holds a character that no name has")
    return value


def lines(most: int | None = None, least: int = 0) -> Callable[[Any], tuple[str, ...]]:
    """A reader of a list of lines. Where no least number is asked, empty ones are left out."""

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list of texts")
        if most is not None and not least <= len(value) <= most:
            raise ValueError(f"has {len(value):,} entries; {'up to ' if least < most else ''}{most:,} are read")
        for number, text in enumerate(value, 1):
            if isinstance(text, str) and len(text) > most_characters():
                raise ValueError(
                    f"has {len(text):,} characters in entry {number}; up to {most_characters():,} are read"
                )
        found = tuple(map(read_line, value))
        return found if least else tuple(one for one in found if one)

    return read


def names(most: int) -> Callable[[Any], tuple[str, ...]]:
    """A reader of a list of names, each to the letter and once."""

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"must be a list of up to {most} names")
        return tuple(dict.fromkeys(map(read_name, value)))

    return read


def count(low: int, high: int = 10**DIGITS) -> Callable[[Any], int]:
    """A reader of whole numbers."""

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:  # True is an int too
            raise ValueError(f"must be a whole number from {low} to {high:,}")
        return value

    return read


def is_number(text: str) -> bool:
    """Is this a whole number of a length that a link would have? Python refuses to read thousands of digits."""
    return text.isdecimal() and len(text) <= DIGITS
