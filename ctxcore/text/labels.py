"""What a token is called wherever one is shown: the characters of the sentence that it stands for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import regex

from ctxcore.types import Span, Token, Word

BLANK = "\u2423"
"""An open box: what a token of white space alone is called."""
UNKNOWN = frozenset({"[UNK]", "<unk>"})
"""Vocabulary entries that stand for anything unknown."""
_UNSEEN = regex.compile(r"[\p{C}\p{Z}]*")
_LEANING = regex.compile(r"\p{M}")


def token_labels(tokens: Sequence[Token], sentence: str, words: Sequence[Word] = ()) -> tuple[str, ...]:
    r"""A label for each token: text of the sentence, never the vocabulary's spelling of it.

    A special token keeps its name. A token of white space alone is "\u2423". Of several tokens that stand for the same
    characters (the bytes of an emoji) each says which it is: "\U0001f389 (1 of 3)". Characters that leave no ink are named
    by number ("U+200D"), an accent that stands alone leans on a dotted circle. A token that the model reads as unknown says
    so behind its characters.

    Args:
        tokens: Tokens of the sentence, special tokens included.
        sentence: The text.
        words: Words of the sentence: a piece that goes on with one of them has two hashes before it. Without, none has.
    """
    inside = {place for word in words for place in range(word.start + 1, word.end)}
    own = [None if t.special or t.start == t.end else (t.start, t.end) for t in tokens]
    count, met = Counter(span for span in own if span), Counter[Span]()
    found = []
    for token, span in zip(tokens, own, strict=True):
        if span is None:
            found.append(token.text if token.special else BLANK)
            continue
        met[span] += 1
        text = visible(sentence[span[0] : span[1]])
        text = f"##{text}" if span[0] in inside else text
        if token.text in UNKNOWN and token.text != sentence[span[0] : span[1]]:
            text += f" {token.text}"
        found.append(f"{text} ({met[span]} of {count[span]})" if count[span] > 1 else text)
    return tuple(found)


def visible(characters: str) -> str:
    """Characters as they can be seen.

    >>> visible("dog"), visible("\\u200d"), visible("\\u0301"), visible("\\t")
    ('dog', 'U+200D', '\u25cc\u0301', '\u2423')
    """
    if characters.isspace():
        return BLANK
    if _UNSEEN.fullmatch(characters):
        return " ".join(f"U+{ord(c):04X}" for c in characters if not c.isspace())
    return ("\u25cc" if _LEANING.match(characters) else "") + characters
