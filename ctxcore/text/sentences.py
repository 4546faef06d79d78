"""Where sentences end in a running text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import regex

from ctxcore.text.white_space import clean

_END = regex.compile(r"(?P<mark>[\p{Sentence_Terminal}\u2026]++)(?P<close>[\p{Pe}\p{Pf}\p{Pi}\"']*+)(?P<blank>\x20?)")
_NEEDS_NO_BLANK = regex.compile(r"[\u3002\uff01\uff1f\uff61\ufe12\ufe15\ufe16]$")
_ELLIPSIS = regex.compile(r".*(?:\u2026|\.\.)$")
_SMALL = regex.compile(r"[\p{Ps}\p{Pi}\"']*+\p{Ll}")
_DIGIT = regex.compile(r"\p{Nd}")
_NEXT_WORD = regex.compile(r"[\p{Ps}\p{Pi}\"']*+(\p{L}{1,12}+)")
_INITIALS = regex.compile(r"(?:\p{L}\p{M}*\.)*\p{L}\p{M}*")
_STOPS = frozenset(".\u2024\ufe52\uff0e")
_LONGEST = 12
"""Characters of the longest abbreviation, with what may stand before it."""
_TITLES = frozenset(
    "Mr Mrs Ms Mx Messrs Dr Drs Prof St Ste Mt Ft Gen Col Maj Capt Cpt Cmdr Lt Sgt Cpl Adm Rev Fr Hon Gov Pres Sen Rep "
    "Supt Mme Mlle Mgr Hr Sig Sra".split()
)
_GO_ON = frozenset("e.g i.e eg ie viz cf vs ca approx bzw vgl z.b d.h u.a s.o s.u p.ej p.ex resp".split())
_WITH_NUMBER = frozenset(
    "no nos nr fig figs eq eqs sec ch vol vols p pp par art jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_MAY_END = frozenset("etc usw al inc ltd co corp bros jr sr dept est ed eds trans".split())
_FIRST_WORDS = frozenset(
    "A An The This That These Those He She It We They You I His Her Its Their Our My Your There Here What Who Where When "
    "Why How If In On At By For From After Before But And Or So Then No Not One Some All Many Most Yet As".split()
)


def marks_beyond(text: str, most: int) -> bool:
    """Has a text more than so many marks that may end a sentence? Cheaper than to read it, which looks around each."""
    return next(islice(_END.finditer(text), most, None), None) is not None


def sentences_of(text: str) -> list[str]:
    """Sentences of a running text, each clean (:mod:`ctxcore.text.white_space`).

    A sentence ends at a line end or separator, and behind a mark that ends sentences in any script (``. ! ?``, the Arabic question mark,
    the danda and so on), with what closes a quotation or bracket behind it, where a blank follows; the full-width marks of
    Chinese and Japanese need no blank. It goes on

    * behind an ellipsis, or a full stop with a closing quotation mark or bracket, where a small letter follows;
    * behind the stop of a title (Dr.), of "e.g." and its like, of "No." and its like before a digit, of "etc." and its like
      before a small letter, of a number at its beginning ("1. The dog ran");
    * behind a single letter and its stop (J. Smith, the U.S. Army), but for one of the words that begin most sentences ("He
      lives in the U.S. It is large.").

    Scripts that end a sentence with a blank alone (Thai) are not cut.

    >>> sentences_of("It rained. We stayed in!\\nThen Dr. No came.")
    ['It rained.', 'We stayed in!', 'Then Dr. No came.']
    """
    return [sentence for line in text.splitlines() for sentence in _cut(clean(line))]


def _cut(line: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(line):
        if end.end() < len(line) and _is_end(line, begin, end):
            yield line[begin : end.end()].rstrip()
            begin = end.end()
    if begin < len(line):
        yield line[begin:]


def _is_end(line: str, begin: int, end: regex.Match[str]) -> bool:
    """Does the sentence end at these marks?"""
    mark = end["mark"]
    if not end["blank"]:
        return bool(_NEEDS_NO_BLANK.search(mark))
    small = bool(_SMALL.match(line, end.end()))
    if mark in _STOPS:
        return not small if end["close"] else not _is_short(line, begin, end, small)
    return not (small and _ELLIPSIS.match(mark))


def _is_short(line: str, begin: int, end: regex.Match[str], small: bool) -> bool:
    """Does this full stop end an abbreviation, and not a sentence?"""
    word = (
        line[max(begin, end.start() - _LONGEST) : end.start()]
        .rpartition(" ")[2]
        .lstrip("([{\"'\u2018\u201c\u00ab\u201e")
    )
    plain = word.casefold()
    if word in _TITLES or plain in _GO_ON:
        return True
    if plain in _WITH_NUMBER or plain.isdecimal():
        return bool(_DIGIT.match(line, end.end())) or (plain.isdecimal() and begin + len(word) == end.start())
    if plain in _MAY_END:
        return small
    following = _NEXT_WORD.match(line, end.end())
    return bool(_INITIALS.fullmatch(word)) and not (following and following[1] in _FIRST_WORDS)
