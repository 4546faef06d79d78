"""Where words begin and end, and where a target stands as one: what :func:`ctxcore.find` and :func:`ctxcore.words_of` rest on.

All functions here read clean text (:func:`ctxcore.text.white_space.clean`) and take time in proportion to its length.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import regex

from ctxcore.text.white_space import clean

_BOUNDARY = regex.compile(r"\b", flags=regex.WORD | regex.UNICODE | regex.VERSION1)
_EXTENDS = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]"  # what never parts from the character before it (UAX 29, WB4)
_UNIT = regex.compile(rf"\x20|[\s\S]{_EXTENDS}{{0,30}}")
_LONGEST_UNIT = 31
_FLAG = regex.compile(rf"(\p{{RI}})({_EXTENDS}*+)(\p{{RI}})?")
_PARTS = regex.compile(
    rf"(?:[:\ufe13\ufe55\uff1a]|(?<![lL])[\u00b7\u0387]|[\u00b7\u0387](?![lL])"
    r"|(?<=\p{L}\p{M}*[\p{Ll}\p{Lo}]\p{M}*)[.\u2024\ufe52\uff0e](?=[\p{Lu}\p{Lt}\p{Lo}]))"
    rf"{_EXTENDS}*|\x20(?={_EXTENDS})"
)
"""What Unicode takes for a part of a word, and a reader does not: marks between letters, a blank with an accent behind it."""
_ENDS_AT = regex.compile(r"['\u2019\uff07](?!(?i:t)(?![\p{L}\p{M}\p{N}'\u2019\uff07]))")
_BEGINS_AT = regex.compile(
    r"['\u2019\uff07](?:(?<!\p{L}\p{M}*['\u2019\uff07])|(?!(?i:s|t|d|m|re|ve|ll)(?![\p{L}\p{M}\p{N}'\u2019\uff07])))"
)
_ALIKE = str.maketrans({"\u2019": "'"} | dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
_LIGATURES = str.maketrans({"\u0153": "oe", "\u00e6": "ae"})
_JOINERS = str.maketrans(dict.fromkeys((0x200C, 0x200D)))
_DOTS = regex.compile(r"[\u0130\u0131]|[iI]\u0307")
"""Letters that only a language with a dotted and a dotless i writes."""
_STREAM_SAFE = "\u034f"


class Hit(NamedTuple):
    """Where the letters of a target stand in a text: ``whole`` where they begin and end as a word does."""

    start: int
    end: int
    whole: bool


def word_cuts(text: str) -> list[int]:
    """Positions of the word boundaries of a clean text, its ends included: those of Unicode Standard Annex 29 and a few more.

    A colon and a middle dot part words (but not the dot of Catalan "l·l"), and so does a full stop behind a small letter and
    before a capital, as in "He ran.Then she left": behind and before letters of scripts without capitals, too. "e.g",
    "example.com" and "3.5" stay whole.
    """
    cuts = {0, len(text), *(m.start() for m in _BOUNDARY.finditer(_FLAG.sub(_plain_flag, text)))}
    for mark in _PARTS.finditer(text):
        cuts.update(mark.span())
    return sorted(cuts)


def folded(word: str) -> str:
    """A word without its case: what two spellings of it have in common.

    Unicode's full case folding in one normal form (NFC), of the text as it is read (:mod:`ctxcore.text.white_space`), with straight
    apostrophes, full-width and half-width letters made plain, and without variation selectors and the joiners of Arabic and
    Indic letters.
    """
    if word.isascii() and word.isprintable() and " " not in word:
        return word.casefold()
    return unicodedata.normalize("NFC", "".join(map(_fold, _UNIT.findall(clean(word)))))


def hits(word: str, text: str) -> list[Hit]:
    """Where the letters of a clean target stand in a clean text, in order; they may overlap.

    Compared as :func:`folded` says; the ligatures of "cœur" and "Cæsar" are two letters each, and "ß" is "ss". Where the
    target or the text has a dotted capital or a dotless small i, the case of Turkish and its kin counts too: "İstanbul" is
    "istanbul" and "Isparta" is "ısparta".
    """
    found = list(_hits(word, text, False))
    if _DOTS.search(word) or _DOTS.search(text):
        found = sorted({*found, *_hits(word, text, True)})
    return found


def _hits(word: str, text: str, turkic: bool) -> Iterator[Hit]:
    target = search_key(word, turkic)
    units = _UNIT.findall(text)
    keys = [key_of(u, turkic) for u in units]
    searched = "".join(keys)
    found = searched.find(target)
    if found == -1:
        return
    places = list(accumulate(map(len, units), initial=0))  # where each unit begins in the text
    at = list(accumulate(map(len, keys), initial=0))  # and in what is searched
    cuts = word_cuts(text)
    begins, ends = ({*cuts, *more} for more in _apostrophes(text))
    while found != -1:
        first, last = bisect_right(at, found) - 1, bisect_left(at, found + len(target))
        start, end = places[first], places[last]
        whole = at[first] == found and at[last] == found + len(target) and start in begins and end in ends
        yield Hit(start, end, whole)
        found = searched.find(target, found + (len(target) if whole else 1))


def search_key(word: str, turkic: bool) -> str:
    """What a clean target is compared by, in the case of most languages or in that of Turkish and its kin."""
    return "".join(key_of(unit, turkic) for unit in _UNIT.findall(word))


def _apostrophes(text: str) -> tuple[set[int], set[int]]:
    """Where a word begins behind an apostrophe, and where one ends before it.

    In "the bank's door" stands "bank", in "we'll" "we", in "l'homme" "homme". What an apostrophe cuts off is no word where
    it is an English ending, and what stands before "'t" is none: there is no "ll" in "we'll" and no "won" in "won't".
    """
    return {m.end() for m in _BEGINS_AT.finditer(text)}, {m.start() for m in _ENDS_AT.finditer(text)}


def _plain_flag(match: regex.Match[str]) -> str:
    """A flag as a sign with an accent, which has the same boundaries: the library counts back to the first of a row of flags."""
    return f"\u00a7{match[2]}" + ("\u0301" if match[3] else "")


@lru_cache(maxsize=1 << 14)
def _fold(unit: str) -> str:
    """One character with what belongs to it: without case, decomposed; see :func:`folded`."""
    if any(unicodedata.east_asian_width(c) in "FH" for c in unit):
        unit = "".join(unicodedata.normalize("NFKC", c) if unicodedata.east_asian_width(c) in "FH" else c for c in unit)
    found = unicodedata.normalize("NFD", unicodedata.normalize("NFD", unit).casefold()).translate(_ALIKE)
    if unit[0].isalpha():
        found = found.translate(_JOINERS)
    # A row of thousands of accents is cut where no other program would sort it (UAX 15, stream-safe text): sorting takes the square.
    return found + _STREAM_SAFE if len(unit) == _LONGEST_UNIT else found


@lru_cache(maxsize=1 << 14)
def key_of(unit: str, turkic: bool) -> str:
    """What a unit is compared by."""
    if turkic:
        unit = unicodedata.normalize("NFC", unit).replace("I", "\u0131").replace("\u0130", "i").replace("i\u0307", "i")
    return _fold(unit).translate(_LIGATURES)
