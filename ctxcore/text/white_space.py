"""What of a text is read: one blank where white space stands, and no character that is neither seen nor shapes another.

One rule for every way in (editor, link, file, prompt, library), so that the same sentence has the same words, occurrences and
numbers wherever it came from:

* A sentence is one line.
* Every run of white space is read as one blank: blanks, no-break and ideographic ones, tabs, line ends, form feeds, line and
  paragraph separators. None is read at either end.
* What is not seen is not read: control characters, and what Unicode calls default ignorable, such as the soft hyphen, the zero
  width space, the word joiner, marks of writing direction and the byte order mark. A zero width space is no blank: "dog" and
  "ran" with nothing else between them are one word to whoever sees them.
* What is not seen but shapes what is seen is read: a variation selector directly behind a character that has variants (an
  emoji, a Chinese character, a mathematical sign, a Mongolian letter), tags behind a black flag, a zero width joiner between
  two emoji, joiner and non-joiner behind a letter of the Arabic or Indic scripts (the non-joiner between two of them only).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import cast

import regex

from ctxcore.errors import TooManyCharactersError
from ctxcore.limits import limit

_BLANK = r"\p{White_Space}\x1c-\x1f"  # what str.isspace takes for a blank
_RUN = regex.compile(
    rf"[{_BLANK}\p{{Cc}}\p{{Default_Ignorable_Code_Point}}\ufff9-\ufffb]{{2,}}"
    rf"|[{_BLANK}\p{{Cc}}\p{{Default_Ignorable_Code_Point}}\ufff9-\ufffb--\x20]|\A\x20|\x20\Z",
    flags=regex.V1,
)
"""Where something else is read than what stands there: anything but a single blank inside the text."""
_UNSEEN = regex.compile(rf"[[\p{{Cc}}\p{{Default_Ignorable_Code_Point}}\ufff9-\ufffb]--[{_BLANK}]]+", flags=regex.V1)
_SHAPING = regex.compile(r"[\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
_SELECTED = regex.compile(
    r"(?<=[\p{Han}\p{Sm}\p{scx=Myanmar}\p{scx=Phags_Pa}\p{scx=Manichaean}[\p{Emoji}--[0-9#*]]])"
    r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    r"|(?<=[0-9#*])\ufe0f(?=\u20e3)"
    r"|(?<=\p{Mongolian})[\u180b-\u180d\u180f]"
    r"|(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f",
    flags=regex.V1,
)
"""A variation selector, or the tags of a flag, behind what it applies to."""
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_MOST_SHAPING = 40
"""Tags, selectors and joiners that are looked at behind one character; a flag has six."""
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Emoji_Modifier}]")
_SHAPED = regex.compile(
    r"[[\p{L}\p{M}]&&["
    r"\p{scx=Arabic}\p{scx=Syriac}\p{scx=Mandaic}\p{scx=Nko}\p{scx=Adlam}\p{scx=Hanifi_Rohingya}\p{scx=Mongolian}"
    r"\p{scx=Phags_Pa}\p{scx=Manichaean}\p{scx=Devanagari}\p{scx=Bengali}\p{scx=Gurmukhi}\p{scx=Gujarati}\p{scx=Oriya}"
    r"\p{scx=Tamil}\p{scx=Telugu}\p{scx=Kannada}\p{scx=Malayalam}\p{scx=Sinhala}\p{scx=Myanmar}\p{scx=Khmer}"
    r"\p{scx=Tibetan}\p{scx=Balinese}\p{scx=Javanese}\p{scx=Sundanese}\p{scx=Newa}\p{scx=Grantha}\p{scx=Brahmi}"
    r"]]",
    flags=regex.V1,
)
"""A letter or mark that takes another shape beside its neighbour."""
_LINE_END = regex.compile(r"\r\n|\r|\n")


def clean(text: str) -> str:
    """A text as it is read; the rule stands at the head of this module. What was cleaned stays as it is.

    >>> clean("  The dog\\u00a0ran\\u200b off\\n")
    'The dog ran off'
    """
    if _is_clean(text):
        return text
    if _SHAPING.search(text):
        return cast(str, _RUN.sub(_read, text))
    return " ".join(_UNSEEN.sub("", text).split())  # the same without offsets, ten times as fast


def cleaned(text: str) -> tuple[str, Sequence[int]]:
    """A text as it is read, and where each of its characters stands in the original.

    Returns:
        The clean text, and one offset for each of its characters and one for its end. A span ``(a, b)`` of the clean text
        that is not empty is ``(starts[a], starts[b - 1] + 1)`` of the original: see :func:`original`.
    """
    if _is_clean(text):
        return text, range(len(text) + 1)
    parts: list[str] = []
    starts: list[int] = []
    at = 0
    for run in _RUN.finditer(text):
        parts.append(text[at : run.start()])
        starts.extend(range(at, run.start()))
        for place in _read_of(text, run.start(), run.end()):
            parts.append(" " if text[place].isspace() else text[place])
            starts.append(place)
        at = run.end()
    parts.append(text[at:])
    starts.extend(range(at, len(text) + 1))
    return "".join(parts), starts


def original(starts: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """A span of a clean text as a span of the text that it was made of; an empty one stays empty."""
    return (starts[start], starts[end - 1] + 1) if start < end else (starts[start], starts[start])


def lines_of(text: str) -> list[str]:
    """The lines of a text, each clean; empty ones are left out. Only a line end parts lines, no separator inside one.

    >>> lines_of("It rained.\\r\\n\\n  We stayed\\u2028in. ")
    ['It rained.', 'We stayed in.']
    """
    return [line for part in _LINE_END.split(text) if part and (line := clean(part))]


def most_characters() -> int:
    """The greatest length of a sentence in characters: ``CTXCORE_MOST_CHARACTERS``, or 20,000.

    Raises:
        BadInputError: The setting is no whole number from 1 on.
    """
    return limit("CTXCORE_MOST_CHARACTERS")


def check_length(sentences: Iterable[str], numbers: Sequence[int] | None = None) -> None:
    """TooManyCharactersError for the first sentence that is longer than :func:`most_characters`.

    ``numbers`` says which place each sentence has in the reader's own list, from 0.
    """
    most = most_characters()
    for place, sentence in enumerate(sentences):
        if len(sentence) > most:
            raise TooManyCharactersError(numbers[place] if numbers else place, len(sentence), most)


def _is_clean(text: str) -> bool:
    """Is it read as it stands? Told at once of plain English, where the pattern alone takes a fifth of what tokenising takes."""
    if text.isascii() and text.isprintable():  # no white space but blanks, and nothing unseen
        return "  " not in text and text[:1] != " " and text[-1:] != " "
    return not _RUN.search(text)


def _read(run: regex.Match[str]) -> str:
    """What is read of a run of white space and unseen characters. A megabyte may hold a million runs of one character."""
    text, (start, end) = run.string, run.span()
    if end - start == 1:
        return _read_one(text[max(0, start - 1) : start], text[start], text[end : end + 1])
    return "".join(" " if text[i].isspace() else text[i] for i in _read_of(text, start, end))


@lru_cache(maxsize=4096)
def _read_one(before: str, one: str, after: str) -> str:
    around, start = before + one + after, len(before)
    return "".join(" " if around[i].isspace() else around[i] for i in _read_of(around, start, start + 1))


def _read_of(text: str, start: int, end: int) -> list[int]:
    """Which characters are read of a run of white space and unseen characters: what shapes the one before it, one blank."""
    if start == 0:
        return []
    blank = next((i for i in range(start, end) if text[i].isspace()), None)
    run = range(start, end if blank is None else blank)
    shaping = list(islice((i for i in run if _SHAPING.match(text[i])), _MOST_SHAPING))
    after = text[end : end + 1] if blank is None else ""
    kept = _shapes(text[start - 1], "".join(text[i] for i in shaping), after) if shaping else ()
    found = [shaping[i] for i in kept]
    return found if blank is None or end == len(text) else [*found, blank]


@lru_cache(maxsize=4096)
def _shapes(before: str, run: str, after: str) -> tuple[int, ...]:
    """Of selectors, tags and joiners behind one character, those that apply to it: a selector or tags, then one joiner."""
    match = _SELECTED.match(before + run + after, 1)
    count = len(match.group()) if match else 0
    joiner = next((i for i in range(count, len(run)) if run[i] in (_ZWNJ, _ZWJ)), None)
    kept = tuple(range(count))
    return kept if joiner is None or not _joins(before, run[joiner], after) else (*kept, joiner)


def _joins(before: str, joiner: str, after: str) -> bool:
    """Does a joiner or non-joiner change what is seen here?"""
    if joiner == _ZWJ and _EMOJI.match(before):
        return bool(_EMOJI.match(after))
    return bool(_SHAPED.match(before)) and (joiner == _ZWJ or bool(_SHAPED.match(after)))
