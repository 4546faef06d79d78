"""Which sentences can hold a word at all, as one regular expression: a first look that is as fast as a machine reads.

:func:`ctxcore.find` reads a sentence character by character. Of a million sentences a thousand may hold the word: the others are told
apart here, by a pattern for an engine that compiles it (RE2, which pyarrow has), and only what it matches goes to ``find``.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

import regex

from ctxcore.text.finding import key_of, search_key
from ctxcore.text.words import read_target

_UNSEEN = regex.compile(
    r"[[\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\p{White_Space}\x1c-\x1f]]+", flags=regex.V1
)
_BLANKS = r"[\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+"
_SELF = (range(0x3400, 0xA000), range(0xD800, 0xF900), range(0x20000, 0x2F800), range(0x2FA20, sys.maxunicode + 1))
"""Ideographs, halves of characters and private ones, which are compared as they are."""
_DOTTED = "iI\u0130\u0131"
_DOT = "\u0307"
_MOST_WAYS = 64
"""In which a run of letters may be written with ligatures and composed letters; past it each of those counts wherever it stands."""


def candidates(words: Iterable[str]) -> str:
    """A pattern for RE2 that matches in every sentence in which :func:`ctxcore.find` finds one of the words, and in few others.

    A letter stands for all that are compared as equal to it, ligatures and composed letters included. A sentence that holds what is
    not seen (a soft hyphen may stand inside the word) is a candidate, too.

    Raises:
        BadInputError: A word cannot be looked for.
    """
    found: dict[str, None] = {}
    for word in words:
        target = read_target(word)
        plain, turkic = search_key(target, False), search_key(target, True)
        found |= dict.fromkeys(_patterns(plain, False))
        if set(plain + turkic) & set(_DOTTED):
            found |= dict.fromkeys([*_patterns(turkic, True), _class(_DOT)])
    return "|".join([*found, _unseen()])


def _patterns(key: str, turkic: bool) -> list[str]:
    """A key as it may be written, then letters that make a sentence a candidate wherever they stand."""
    joined, written, loose = _joined(key), "", ""
    for start, end in _runs(joined):
        before: dict[int, list[str]] = {start: [""]}
        for at in range(start, end):  # from each way to write what stands before, those to write one letter more
            for stop, letters in [(at + 1, ""), *joined[at].items()]:
                part = _class(letters) if letters else _letter(key[at], turkic)
                before[stop] = [*before.get(stop, ()), *(way + part for way in before[at])][: _MOST_WAYS + 1]
        if len(before[end]) > _MOST_WAYS:
            before[end] = ["".join(_letter(letter, turkic) for letter in key[start:end])]
            loose += "".join(letters for at in range(start, end) for letters in joined[at].values())
        written += before[end][0] if len(before[end]) == 1 else f"(?:{'|'.join(before[end])})"
    for first, second in pairwise(key):
        if unicodedata.combining(first) and unicodedata.combining(second):  # several accents may stand in another order
            loose += first + second
    return [written, _class(loose)] if loose else [written]


def _joined(key: str) -> list[dict[int, str]]:
    """For each place of a key: where what can be written as one character from there on ends, with those characters."""
    alike = _alike()
    longest = max(map(len, alike))
    return [
        {end: alike[key[at:end]] for end in range(at + 2, min(len(key), at + longest) + 1) if key[at:end] in alike}
        for at in range(len(key))
    ]


def _runs(joined: list[dict[int, str]]) -> list[tuple[int, int]]:
    """The parts of a key of which none is written as one character with a part of another."""
    runs: list[tuple[int, int]] = []
    start, end = 0, 0
    for at, stops in enumerate(joined):
        if at == end:
            start = at
        end = max([end, at + 1, *stops])
        if at + 1 == end:
            runs.append((start, end))
    return runs


def _letter(letter: str, turkic: bool) -> str:
    if letter == " ":
        return _BLANKS
    return _class(_DOTTED if turkic and letter in _DOTTED else letter + _alike().get(letter, ""))


def _class(letters: str) -> str:
    return "[" + "".join(rf"\x{{{ord(letter):x}}}" for letter in letters) + "]"


@lru_cache(maxsize=1)
def _unseen() -> str:
    """What :mod:`ctxcore.text.white_space` does not read, but for white space."""
    runs = _UNSEEN.finditer("".join(chr(n) for n in range(sys.maxunicode + 1) if not 0xD800 <= n < 0xE000))
    return "[" + "".join(rf"\x{{{ord(run[0][0]):x}}}-\x{{{ord(run[0][-1]):x}}}" for run in runs) + "]"


@lru_cache(maxsize=1)
def _alike() -> dict[str, str]:
    """What a letter, or a few of them, may also be written as by one character: key -> characters."""
    found: dict[str, str] = {}
    start = 0
    for skipped in _SELF:
        for letter in map(chr, range(start, skipped.start)):
            if (key := key_of(letter, False)) != letter:
                found[key] = found.get(key, "") + letter
        start = skipped.stop
    return found
