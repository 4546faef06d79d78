"""Running text whose lines were broken at a width, as in e-books, mail and licences: its lines put together again."""

from __future__ import annotations

from itertools import pairwise

import regex

_LEAST, _LONG, _SMALL = 8, 2 / 3, 0.4
"""Lines that are needed to tell, and what share of them must be long and go on with a small letter."""
_NARROWEST, _WIDEST = 40, 120
_LONGEST_WORD = 20
_WITHIN = 0.85
_ENDS = regex.compile(r"[\p{Sentence_Terminal}\u2026:][\p{Pe}\p{Pf}\p{Pi}\"'*_]*$")
_SMALL_LETTER = regex.compile(r"[\p{Ps}\p{Pi}\"'*_]*\p{Ll}")
_HYPHEN = regex.compile(r"\p{L}-$")


def unwrapped(text: str) -> str:
    """A text whose lines were broken at a width, with every sentence on one line; any other text as it is.

    The width is what 85 % of the lines keep. A line is long where the first word of the next would not have fit in. A text was
    broken at its width where that is 40 to 120 characters and, of the lines that end no sentence and have another line
    behind them (eight or more), two thirds are long and two fifths of those go on with a small letter. Then every long line
    is joined with the next. All other line ends stay: those of headings, lists, verse and of paragraphs.

    One sentence a line, of whatever length, is left alone, as are scripts without small letters.

    >>> unwrapped("One sentence a line\\nAnother one")
    'One sentence a line\\nAnother one'
    """
    lines = [line.strip() for line in text.splitlines()]
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[int(_WITHIN * (len(lengths) - 1))] if lengths else 0
    if not _NARROWEST <= width <= _WIDEST or not _is_wrapped(lines, width):
        return text
    return "".join(
        line + (_joint(line) if _is_long(line, following, width) else "\n")
        for line, following in pairwise([*lines, ""])
    )


def _is_wrapped(lines: list[str], width: int) -> bool:
    open_ends = [pair for pair in pairwise(lines) if all(pair) and not _ENDS.search(pair[0])]
    long = [following for line, following in open_ends if _is_long(line, following, width)]
    small = sum(bool(_SMALL_LETTER.match(following)) for following in long)
    return len(open_ends) >= _LEAST and len(long) >= _LONG * len(open_ends) and small >= _SMALL * len(long)


def _is_long(line: str, following: str, width: int) -> bool:
    """Would the first word of the next line not have fit in?"""
    return bool(line and following) and len(line) + 1 + min(len(following.split()[0]), _LONGEST_WORD) > width


def _joint(line: str) -> str:
    """A word that was parted at its hyphen ("well-known") is one again."""
    return "" if _HYPHEN.search(line) else " "
