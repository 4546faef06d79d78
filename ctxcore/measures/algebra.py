"""Word algebra: a typed sum of words as terms, the direction that it names, and where words stand along directions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import regex

from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import cosine, unit
from ctxcore.types import Term

MOST_TERMS = 12
_PIECE = regex.compile(r"\+|(?<!\S)[-\u2212\u2013]|[^\s+]+")
"""A plus, a minus that nothing stands directly before, or a word: the hyphen of "mother-in-law" is part of it."""
_SIGNS = {"+": 1, "-": -1, "\u2212": -1, "\u2013": -1}
_EXAMPLE = "For example: king - queen. A minus needs a blank before it."
_NOTHING = 1e-6


def parse(expression: str) -> tuple[Term, ...]:
    """The terms of a sum of words, such as ``king - man + woman``.

    >>> [(t.sign, t.word) for t in parse("king - man + mother-in-law")]
    [(1, 'king'), (-1, 'man'), (1, 'mother-in-law')]

    Raises:
        BadInputError: No word, a sign without a word, two words without a sign, or too many words; it says where.
    """
    terms: list[Term] = []
    sign: int | None = 1
    open_sign = 0  # where a sign stands that still waits for its word; 0 for none
    for found in _PIECE.finditer(expression):
        piece, at = found.group(), found.start()
        if piece in _SIGNS and (open_sign or sign is None or not terms):
            if open_sign:
                raise _malformed(
                    "A sign stands between two words.", f"\u201c{piece}\u201d at character {at + 1}, after a sign"
                )
            sign, open_sign = _SIGNS[piece], at + 1
        elif sign is None:
            raise _malformed(
                "Two words have a plus or a minus between them.", f"\u201c{piece[:40]}\u201d at character {at + 1}"
            )
        else:
            terms.append(Term(sign, piece, at))
            sign, open_sign = None, 0
    if open_sign:
        raise _malformed("A sign is followed by a word.", f"nothing after the sign at character {open_sign}")
    if not terms:
        raise _malformed("An axis is a sum of words.", "an empty field")
    if len(terms) > MOST_TERMS:
        raise BadInputError(f"A sum has {MOST_TERMS} words at most.", f"{len(terms)} words", "Leave some out.")
    return tuple(terms)


def written(terms: Sequence[Term]) -> str:
    """Terms as a reader would write them.

    >>> written(parse("king -man+ woman"))
    'king \u2212 man + woman'
    """
    parts = [f"{'+' if t.sign > 0 else chr(0x2212)} {t.word}" for t in terms]
    return " ".join(parts).removeprefix("+ ")


def combine(vectors: np.ndarray, signs: Sequence[int]) -> np.ndarray:
    """The sum of unit vectors ``[term, feature]`` with their signs: ``[feature]``, at length 1.

    Words enter at length 1, as in 3CosAdd (Mikolov et al. 2013): a frequent word has no more say than a rare one.

    Raises:
        BadInputError: The words cancel, so that the sum has no direction.
    """
    total = (unit(vectors) * np.asarray(signs, np.float64)[:, None]).sum(0)  # [feature]
    if np.linalg.norm(total) < _NOTHING:
        raise BadInputError(
            "The words of a sum must leave a direction.",
            "words that cancel to zero",
            "Let plus and minus stand before different words.",
        )
    return unit(total)


def place(vectors: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Cosine ``[word, axis]`` of words ``[word, feature]`` with directions ``[axis, feature]``, -1 to 1."""
    return cosine(np.asarray(vectors)[:, None], np.asarray(axes)[None])


def _malformed(rule: str, received: str) -> BadInputError:
    return BadInputError(rule, received, _EXAMPLE)
