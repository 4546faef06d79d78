"""Words of a sentence with character spans, mentions of a target, and words aligned with sub-word tokens.

Word boundaries are those of Unicode Standard Annex 29. An apostrophe also ends a word here, so that the possessive
"the bank's door" mentions "bank".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import regex

from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.types import Mention, Span, Token, Word

_BOUNDARY = regex.compile(r"\b", flags=regex.WORD | regex.UNICODE | regex.VERSION1)
_GRAPHEME = regex.compile(r"\X")
_WORDLIKE = regex.compile(r"[\p{L}\p{N}\p{Extended_Pictographic}]")
_NAMEABLE = regex.compile(r"[\w\p{S}\p{Extended_Pictographic}]")
_AFTER_SENTENCE = regex.compile(r"(?<=[.!?][\"\u201d\u2019')]*)\s+(?=\S)")
_APOSTROPHES = frozenset("'\u2019")


def listed(given: Iterable[str], what: str = "sentence") -> list[str]:
    """Texts as a list of plain strings, from anything that gives them in order: tuple, generator, array, column of a table.

    What would be read as something else than it is meant is refused: one string (its letters), a mapping or a table (its
    keys), a set (which has no order to count by), an element that is no text (None, nan, a number, bytes), and half a
    character (a lone surrogate), which no file and no tokenizer can hold. No text at all is not an error here.

    Args:
        given: The texts. A generator is used up.
        what: What one of them is called in a message.

    Raises:
        BadInputError: It is none of this; the message counts from 1.
    """
    if isinstance(given, str):
        raise BadInputError(f"A list of {what}s is needed.", "one string", f"Put it in a list: [{what}].")
    unordered = isinstance(given, bytes | bytearray | Mapping | set | frozenset) or getattr(given, "ndim", 1) != 1
    if unordered or not isinstance(given, Iterable):
        raise BadInputError(
            f"A list of {what}s is needed.",
            _shown(given),
            f"Give a list, a tuple, a one-dimensional array or one column of a table, with one text a {what}.",
        )
    return [_plain(text, f"{what} {number}") for number, text in enumerate(given, 1)]


def _plain(text: object, name: str) -> str:
    """A text as a plain string; BadInputError, with its name, where it is not one."""
    if not isinstance(text, str):
        remedy = "Leave out what is missing, and decode bytes, before you ask."
        raise BadInputError("Only text can be read.", f"{name} is {_shown(text)}", remedy)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInputError(
            "Text is made of whole characters.",
            f"{name} holds half of one, U+{ord(text[error.start]):04X}, as character {error.start + 1}",
            "Read the file again in its own encoding, or leave that character out.",
        ) from None
    return str.__str__(text)  # of numpy's own kind of string, or an enumeration, only the text is kept


def _shown(value: object) -> str:
    """A value and its type in a few words."""
    if value is None:
        return "None"
    shown = " ".join(repr(value).split())
    return (shown if len(shown) < 60 else shown[:50] + "\u2026") + f" (type {type(value).__name__})"


def words_of(sentence: str) -> tuple[Word, ...]:
    """Words of a sentence in order; punctuation and white space are left out.

    >>> [w.text for w in words_of("Don't stop, she ran!")]
    ["Don't", 'stop', 'she', 'ran']
    """
    cuts = _cuts(sentence)
    return tuple(Word(sentence[a:b], a, b) for a, b in pairwise(cuts) if _WORDLIKE.search(sentence, a, b))


def sentences_of(text: str) -> list[str]:
    """Sentences of a running text: cut at line ends, and after a full stop, question or exclamation mark with a blank.

    >>> sentences_of("It rained. We stayed in!\\nThen the sun came.")
    ['It rained.', 'We stayed in!', 'Then the sun came.']
    """
    parts = (part for line in text.splitlines() for part in _AFTER_SENTENCE.split(line))
    return [part.strip() for part in parts if part.strip()]


def find(word: str, sentences: Sequence[str]) -> list[Mention]:
    """Every mention of a word: whole words only, in any case, in any Unicode normal form.

    Args:
        word: The target, which may hold spaces ("New York").
        sentences: Where to look.

    Returns:
        Mentions in reading order. Sentences without the word give none: that is not an error here.

    Raises:
        BadInputError: The target is empty or holds no letter, digit or symbol.
        NoSentencesError: There is no sentence, or a plain string was given in place of a list.
    """
    if isinstance(sentences, str):
        raise BadInputError("A list of sentences is needed.", "one string", "Put it in a list: [sentence].")
    if not sentences:
        raise NoSentencesError
    target = "".join(_fold(g) for g in _GRAPHEME.findall(" ".join(word.split())))
    if not _NAMEABLE.search(target):
        raise BadInputError(
            "A target word is needed.", repr(word), "Write the word to look at, such as \u201cran\u201d."
        )
    return [Mention(i, a, b) for i, s in enumerate(sentences) for a, b in _spans(target, s)]


def overlapping(tokens: Iterable[Token], span: Span) -> list[int]:
    """Positions of the tokens that share at least one character with a span; special tokens never do."""
    start, end = span
    return [i for i, t in enumerate(tokens) if not t.special and t.start < end and start < t.end]


def in_place(sentence: str, span: Span, substitute: str) -> tuple[str, Span]:
    """The sentence with a substitute in the place of a span, and where the substitute stands in it.

    A substitute takes over an initial capital, so that only the word changes and not the look of the sentence.
    """
    start, end = span
    if sentence[start:end][:1].isupper() and substitute[:1].islower():
        substitute = substitute[:1].upper() + substitute[1:]
    return sentence[:start] + substitute + sentence[end:], (start, start + len(substitute))


def snippet(sentence: str, span: Span, width: int = 32) -> str:
    """The sentence, or the words around a span where the sentence is longer than ``width`` characters."""
    if len(sentence) <= width:
        return sentence
    start, end = span
    room = max(0, width - (end - start)) // 2
    left, right = max(0, start - room), min(len(sentence), end + room)
    if left:  # begin at a word, not inside one
        left = min(start, sentence.find(" ", left, start) + 1 or left)
    if right < len(sentence):
        cut = sentence.rfind(" ", end, right)
        right = cut if cut > 0 else right
    return ("\u2026" if left else "") + sentence[left:right].strip() + ("\u2026" if right < len(sentence) else "")


def folded(word: str) -> str:
    """A word without its case, in one Unicode normal form, apostrophes straight: what two spellings of it have in common."""
    if word.isascii():
        return word.casefold()
    plain = word.replace("\u2019", "'")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", plain).casefold())


def _cuts(sentence: str) -> list[int]:
    """Positions of word boundaries, the ends of the sentence included."""
    return sorted({0, len(sentence), *(m.start() for m in _BOUNDARY.finditer(sentence))})


def _fold(grapheme: str) -> str:
    """One user-perceived character without its case, in one normal form, apostrophes straight."""
    return " " if grapheme.isspace() else folded(grapheme)


def _spans(target: str, sentence: str) -> Iterable[Span]:
    """Where a folded target stands in a sentence, by grapheme clusters: a letter is never parted from its accent."""
    graphemes = [(m.start(), m.end(), _fold(m.group())) for m in _GRAPHEME.finditer(sentence)]
    for number in range(len(graphemes) - 1, 0, -1):  # white space of any length is one space
        if graphemes[number][2] == graphemes[number - 1][2] == " ":
            graphemes[number] = (*graphemes[number][:2], "")
    folded = "".join(g for _, _, g in graphemes)
    at: dict[int, int] = {}  # folded position -> grapheme that starts there
    position = 0
    for number, (_, _, text) in enumerate(graphemes):
        at[position] = number
        position += len(text)
    at[position] = len(graphemes)
    cuts = set(_cuts(sentence))
    found = folded.find(target)
    while found != -1:
        first, last = at.get(found), at.get(found + len(target))
        if first is not None and last is not None:
            start, end = graphemes[first][0], graphemes[last - 1][1]
            if _ends_word(sentence, start, cuts, -1) and _ends_word(sentence, end, cuts, 0):
                yield start, end
                found += len(target) - 1  # mentions do not overlap
        found = folded.find(target, found + 1)


def _ends_word(sentence: str, position: int, cuts: set[int], neighbour: int) -> bool:
    """Is this a word boundary, or does an apostrophe stand there?"""
    beside = sentence[position + neighbour : position + neighbour + 1] if position + neighbour >= 0 else ""
    return position in cuts or beside in _APOSTROPHES


_FUNCTION_WORDS = frozenset(
    "a an the this that these those his her its their our my your he she it they we you i who which what there here "
    "and or but so if then than as at by for from in into of off on onto out over to up with without within under "
    "after before until since about against between through during was were is are be been being am had has have "
    "do does did not no very too also just only more most some any all each every both few many much own other "
    "can could will would shall should may might must one two three".split()
)


def cue(sentence: str, span: Span) -> str:
    """The content word nearest to a span: a short name for a mention ("dog" for "The dog ran quickly").

    What stands before wins over what stands after at the same distance. Without a content word it is the nearest word, or
    the span itself.
    """
    words = [w for w in words_of(sentence) if w.end <= span[0] or w.start >= span[1]]
    if not words:
        return sentence[span[0] : span[1]]
    content = [w for w in words if w.text.casefold() not in _FUNCTION_WORDS] or words
    before = sum(w.end <= span[0] for w in words)

    def steps(word: Word) -> float:
        place = words.index(word)
        return before - place - 0.5 if place < before else place - before + 0.6

    return min(content, key=steps).text
