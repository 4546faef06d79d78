"""Two sentences aligned at a word, and what a grid of moved states says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctxcore.errors import BadInputError, IncompleteError
from ctxcore.measures.attention import units
from ctxcore.text import clean, folded, words_of
from ctxcore.types import AlignedWord, PatchGrid, Token, Word

MOST_WORDS = 40


def shared_words(sentence: str, source: str) -> list[str]:
    """Words that stand in both sentences, in any case, in the order of the first and as they stand there; each once."""
    theirs = {folded(word.text) for word in words_of(source)}
    return list({folded(w.text): w.text for w in words_of(sentence) if folded(w.text) in theirs}.values())


def target_of(sentence: str, source: str, word: str = "") -> tuple[Word, Word]:
    """The word that two sentences are aligned at, in each of them: its last mention.

    Args:
        sentence: What states are put into.
        source: Where they come from.
        word: The word; the last that stands in both where it is empty or does not.

    Raises:
        BadInputError: The sentences have more than :data:`MOST_WORDS` words.
        IncompleteError: They are equal, or have no word in common: two prompts that were typed for another page may.
    """
    for one in (sentence, source):
        if (count := len(words_of(one))) > MOST_WORDS:
            raise BadInputError(
                f"States are moved between sentences of at most {MOST_WORDS} words.",
                f"{count} words",
                "Shorten the sentence.",
            )
    if clean(sentence) == clean(source):
        raise IncompleteError(
            "States are moved between two sentences that differ.",
            f"\u201c{sentence}\u201d twice",
            "Change a word of one.",
        )
    both = shared_words(sentence, source)
    if not both:
        raise IncompleteError(
            "The two sentences must have a word in common: they are aligned at it.",
            f"\u201c{sentence}\u201d and \u201c{source}\u201d",
            "Write the same word into both.",
        )
    keys = [folded(one) for one in both]
    key = folded(word) if folded(word) in keys else keys[-1]
    found = [[w for w in words_of(one) if folded(w.text) == key][-1] for one in (sentence, source)]
    return found[0], found[1]


@dataclass(frozen=True)
class _Part:
    text: str
    tokens: tuple[int, ...]
    special: bool


def aligned(
    sentence: tuple[str, Sequence[Token]], source: tuple[str, Sequence[Token]], target: tuple[Word, Word]
) -> tuple[tuple[AlignedWord, ...], int, tuple[str, ...]]:
    """Two sentences word by word, counted from a word of both.

    Words left of it are aligned from it leftwards, words right of it rightwards; tokens that the tokenizer added with each other.
    Words of as many tokens are moved token by token, others not at all.

    Args:
        sentence: What states are put into, and its tokens.
        source: Where they come from, and its tokens.
        target: The word in each.

    Returns:
        The words of the first, which of them is the target, and words of the other that nothing is aligned with.

    Raises:
        BadInputError: The tokenizer leaves nothing of the target, or splits it differently in the two.
    """
    mine, theirs = _parts(*sentence), _parts(*source)
    a, b = _place(mine, sentence[1], target[0]), _place(theirs, source[1], target[1])
    if len(mine[a].tokens) != len(theirs[b].tokens):
        pieces = [
            " + ".join(tokens[p].text for p in part.tokens)
            for (_, tokens), part in ((sentence, mine[a]), (source, theirs[b]))
        ]
        raise BadInputError(
            "The word that two sentences are aligned at must be split into as many tokens in both.",
            f"\u201c{target[0].text}\u201d as {pieces[0]} and as {pieces[1]}",
            "Write it alike in both, or choose another word.",
        )
    partner = {i: b + i - a for i, part in enumerate(mine) if not part.special}
    lead = [[i for i, p in enumerate(parts[:at]) if p.special] for parts, at in ((mine, a), (theirs, b))]
    tail = [[i for i, p in enumerate(parts) if p.special and i > at] for parts, at in ((mine, a), (theirs, b))]
    partner |= dict(zip(*lead, strict=False)) | dict(zip(*tail, strict=False))
    columns = [_column(part, theirs, partner.get(i)) for i, part in enumerate(mine)]
    used = {partner[i] for i in partner if columns[i].other}
    return tuple(columns), a, tuple(part.text for i, part in enumerate(theirs) if i not in used)


def _parts(text: str, tokens: Sequence[Token]) -> list[_Part]:
    """Words, marks and special tokens of a sentence in order."""
    found = units(tokens, words_of(text), text)
    return [_Part(*part) for part in zip(found.labels, found.members, found.special, strict=True)]


def _place(parts: Sequence[_Part], tokens: Sequence[Token], word: Word) -> int:
    for place, part in enumerate(parts):
        if not part.special and any(
            max(word.start, tokens[p].start) < min(word.end, tokens[p].end) for p in part.tokens
        ):
            return place
    raise BadInputError(
        "The word that two sentences are aligned at must leave a token.",
        f"\u201c{word.text}\u201d",
        "Choose another word.",
    )


def _column(part: _Part, theirs: Sequence[_Part], at: int | None) -> AlignedWord:
    if at is None or not 0 <= at < len(theirs) or theirs[at].special != part.special:
        return AlignedWord(part.text, "", part.tokens, (), "nothing stands there in the other sentence", part.special)
    other = theirs[at]
    if len(other.tokens) != len(part.tokens):
        why = f"{len(part.tokens)} tokens against {len(other.tokens)} of \u201c{other.text}\u201d"
        return AlignedWord(part.text, other.text, part.tokens, (), why, part.special)
    return AlignedWord(part.text, other.text, part.tokens, other.tokens, "", part.special)


@dataclass(frozen=True)
class Handover:
    """Where a word takes its meaning from.

    Attributes:
        column: The word, besides the target, whose state moves most where it is put in below; None where none moves anything.
        until: The last layer, from 0 on, at which its state alone moves more than the target's own; -1 where there is none.
        takes: The first layer from which on the target's own state moves more than any other word's; None where there is none.
    """

    column: int | None
    until: int
    takes: int | None


def handover(grid: PatchGrid) -> Handover:
    """Which word the target takes its meaning from, and at which layers; see :class:`Handover`."""
    shares = np.nan_to_num(grid.shares)
    others = [i for i, column in enumerate(grid.columns) if i != grid.at and column.source and not column.special]
    own = shares[:, grid.at]
    if not others:
        return Handover(None, -1, 0)
    best = max(others, key=lambda i: float(shares[0, i]))
    ahead = shares[:, best] > own
    until = int(np.argmin(ahead)) - 1 if not ahead.all() else len(ahead) - 1
    behind = np.flatnonzero(own <= shares[:, others].max(1))
    takes = 0 if not len(behind) else int(behind[-1]) + 1
    return Handover(best if shares[0, best] > 0 else None, until, takes if takes < len(own) else None)
