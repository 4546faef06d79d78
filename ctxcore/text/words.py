"""Words of a sentence with character spans, occurrences of a target, and words aligned with sub-word tokens.

All of it reads a sentence as :mod:`ctxcore.text.white_space` says, and gives spans of the sentence as it was written. Where words
begin and end is said in :mod:`ctxcore.text.finding`, where sentences do in :mod:`ctxcore.text.sentences`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import regex

from ctxcore.errors import BadInputError, NoMentionError, NoSentencesError
from ctxcore.text.finding import hits, word_cuts
from ctxcore.text.white_space import clean, cleaned, original
from ctxcore.types import Mention, Span, Token, Word

_WORDLIKE = regex.compile(r"[\p{L}\p{N}\p{RI}\p{Extended_Pictographic}]")
_NAMEABLE = regex.compile(r"[\p{L}\p{N}\p{S}\p{Pc}\p{Extended_Pictographic}]")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_LONGEST_TARGET = 1000
"""Characters. A target is searched for at every place, so that time grows with its length."""
_LONGEST_SHOWN = 40


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

    Boundaries are those of Unicode Standard Annex 29 with the exceptions of :func:`ctxcore.text.finding.word_cuts`. It knows no
    dictionary: where a script puts no blank between words, each character is a word of its own (Thai, Lao, Khmer, Burmese,
    Chinese, Japanese but for runs of katakana).

    >>> [w.text for w in words_of("Don't stop, she ran!")]
    ["Don't", 'stop', 'she', 'ran']
    """
    text, starts = cleaned(sentence)
    spans = (original(starts, a, b) for a, b in pairwise(word_cuts(text)) if _WORDLIKE.search(text, a, b))
    return tuple(Word(sentence[a:b], a, b) for a, b in spans)


def has_unspaced(text: str) -> bool:
    """Does it hold a script that puts no blank between words, so that :func:`words_of` gives characters for words?"""
    return bool(_UNSPACED.search(text))


def find(word: str, sentences: Iterable[str]) -> list[Mention]:
    """Every occurrence of a word: as a whole word, in any case, in any Unicode normal form.

    What is not seen does not hinder it (:mod:`ctxcore.text.white_space`): a soft hyphen, a no-break space in "New York". A word
    begins and ends where :func:`ctxcore.text.finding.word_cuts` says, and at an apostrophe: "bank" stands in "the bank's door",
    "we" in "we'll", "homme" in "l'homme". It does not stand in what is one word with it: no "won" in "won't", no "ran" in
    "ran_out", no "com" in "example.com" (:func:`near_misses` names these). Letters are compared as
    :func:`ctxcore.text.finding.hits` says: "strasse" is "Straße", "coeur" is "cœur", "istanbul" is "İstanbul"; "cafe" is not "café".

    Args:
        word: The target, which may hold spaces ("New York"); 1,000 characters at most.
        sentences: Where to look: a list, or anything that gives texts in order.

    Returns:
        Occurrences in reading order, with spans of the sentences as they were given. Sentences without the word give none:
        that is not an error here.

    Raises:
        BadInputError: The target is empty, too long, or holds no letter, digit or symbol; or what is given is no list of
            texts, such as one plain string.
        NoSentencesError: There is no sentence.
    """
    given = listed(sentences)
    if not given:
        raise NoSentencesError
    target = read_target(word)
    return [Mention(i, a, b) for i, sentence in enumerate(given) for a, b in _spans(target, sentence)]


def near_misses(word: str, sentences: Iterable[str], most: int = 3) -> list[str]:
    """What holds the letters of a target only as a part of something else, as it stands in the sentences: for a message.

    >>> near_misses("won", ["She won't.", "A wonder!"])
    ["won't", 'wonder']
    """
    target = read_target(word)
    found: dict[str, None] = {}
    for sentence in listed(sentences):
        text, _ = cleaned(sentence)
        parts = [hit for hit in hits(target, text) if not hit.whole]
        cuts = word_cuts(text) if parts else []
        for start, end, _ in parts:
            around = cuts[bisect_right(cuts, start) - 1], cuts[bisect_left(cuts, end)]
            shown = text[slice(*around)]
            found[snippet(shown, (start - around[0], end - around[0]), _LONGEST_SHOWN)] = None
            if len(found) == most:
                return list(found)
    return list(found)


def no_mention(word: str, sentences: Sequence[str]) -> BadInputError:
    """The error that says why a target has no occurrence: it cannot be looked for, or stands nowhere as a word."""
    try:
        return NoMentionError(word, sentences, near_misses(word, sentences))
    except BadInputError as error:
        return error


def overlapping(tokens: Iterable[Token], span: Span) -> list[int]:
    """Positions of the tokens that share at least one character with a span; special and empty tokens never do."""
    start, end = span
    return [i for i, t in enumerate(tokens) if not t.special and max(start, t.start) < min(end, t.end)]


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


def parted(sentence: str) -> tuple[str, str]:
    """What stands before the last word of a sentence that has one, and that word."""
    last = words_of(sentence)[-1]
    return sentence[: last.start].rstrip(), last.text


def read_target(word: str) -> str:
    """A target as it is looked for; BadInputError where it cannot be."""
    target = clean(listed([word], "target word")[0])
    if len(target) > _LONGEST_TARGET:
        raise BadInputError(
            f"A target word has at most {_LONGEST_TARGET:,} characters.",
            f"{len(target):,} characters",
            "Write the word alone.",
        )
    if not _NAMEABLE.search(target):
        raise BadInputError(
            "A target word is needed.", repr(word[:60]), "Write the word to look at, such as \u201cran\u201d."
        )
    return target


def _spans(target: str, sentence: str) -> Iterator[Span]:
    """Where a target stands in a sentence as a word; occurrences do not overlap."""
    text, starts = cleaned(sentence)
    last = 0
    for start, end, whole in hits(target, text):
        if whole and start >= last:
            yield original(starts, start, end)
            last = end


_FUNCTION_WORDS = frozenset(
    "a an the this that these those his her its their our my your he she it they we you i who which what there here "
    "and or but so if then than as at by for from in into of off on onto out over to up with without within under "
    "after before until since about against between through during was were is are be been being am had has have "
    "do does did not no very too also just only more most some any all each every both few many much own other "
    "can could will would shall should may might must one two three".split()
)


def is_function_word(word: str) -> bool:
    """Is it one of the small words of English that stand in any sentence, such as "the" or "of"?"""
    return word.casefold() in _FUNCTION_WORDS


def cue(sentence: str, span: Span) -> str:
    """The content word nearest to a span: a short name for a mention ("dog" for "The dog ran quickly").

    What stands before wins over what stands after at the same distance. Without a content word it is the nearest word, or
    the span itself.
    """
    words, starts = _kept_words(sentence)
    after, before = bisect_left(starts, span[1]), bisect_left(starts, span[0]) - 1
    if before >= 0 and words[before].end > span[0]:  # the span lies in this word
        before -= 1
    nearest = words[before] if before >= 0 else words[after] if after < len(words) else None
    while before >= 0 or after < len(words):
        for place in (before, after):
            if 0 <= place < len(words) and words[place].text.casefold() not in _FUNCTION_WORDS:
                return words[place].text
        before, after = before - 1, after + 1
    return sentence[slice(*span)] if nearest is None else nearest.text


@lru_cache(maxsize=4)
def _kept_words(sentence: str) -> tuple[tuple[Word, ...], list[int]]:
    """Words and where they begin: all occurrences in one sentence are named one after the other."""
    words = words_of(sentence)
    return words, [word.start for word in words]
