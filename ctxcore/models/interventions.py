"""What a token may attend to: descriptions that a model carries out in its forward pass. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from numbers import Integral

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.text import overlapping
from ctxcore.types import Mention, Span, Token, Word

Place = int | Word | Mention
"""A token by its position (special tokens counted), or all tokens of a word or mention."""


@dataclass(frozen=True)
class Attend:
    """Who may attend to whom, and which heads speak. Made by its class methods; equal descriptions are equal values.

    Attributes:
        reach: How many tokens away a token may attend to; None for all. 0 is attention off.
        first: How many tokens at the start may be attended to from anywhere, whatever the reach.
        silent: Heads whose output is zero before the output projection, ``(layer, head)``.
        blocked: Pairs of queries and keys: none of the queries may attend to any of the keys.
        zeroed: Tokens whose values are zero, and in which layers; None for all.
    """

    reach: int | None = None
    first: int = 0
    silent: frozenset[tuple[int, int]] = frozenset()
    blocked: tuple[tuple[tuple[int | Span, ...], tuple[int | Span, ...]], ...] = ()
    zeroed: tuple[tuple[tuple[int | Span, ...], tuple[int, ...] | None], ...] = ()

    @classmethod
    def full(cls) -> Attend:
        """As the model was trained."""
        return cls()

    @classmethod
    def self_only(cls) -> Attend:
        """Attention off: each token attends to itself alone, in every layer. Not a state that a model was trained in."""
        return cls(reach=0)

    @classmethod
    def window(cls, k: int, first: int = 0) -> Attend:
        """Each token attends to itself and to tokens at most ``k`` away; in a decoder only to those before it.

        It holds in every layer, so that after n layers word reaches word over n * k tokens. Special tokens count.

        Args:
            k: The reach.
            first: How many tokens at the start stay in reach of all. A decoder rests much of its attention on its start token
                and breaks down without it (Xiao et al. 2024): with 1, what a window takes away is context and not that rest.
        """
        if not all(isinstance(number, Integral) and number >= 0 for number in (k, first)):
            raise BadInputError("A window reaches 0 tokens or more.", f"{k}, {first}", "Give whole numbers from 0.")
        return cls(reach=int(k), first=int(first))

    @classmethod
    def without_heads(cls, heads: Iterable[tuple[int, int]]) -> Attend:
        """These heads are switched off: ``(layer, head)``, layers from 1 and heads from 0."""
        several = list(heads) if isinstance(heads, Iterable) and not isinstance(heads, str) else [heads]
        return cls(silent=frozenset(_pair(head) for head in several))

    @classmethod
    def block(cls, *, query: Place | Sequence[Place], keys: Place | Sequence[Place]) -> Attend:
        """The query may not attend to these keys, in any layer and head. What other tokens took from them still arrives.

        Args:
            query: A token's position, or a Word or Mention for all of its tokens; or several of these.
            keys: The same.
        """
        return cls(blocked=((_places(query), _places(keys)),))

    @classmethod
    def zero_values(cls, *, of: Place | Sequence[Place], layers: Iterable[int] | int | None = None) -> Attend:
        """The values of these tokens are zero, for every token that attends to them and for themselves (Mohebbi et al. 2023).

        Attention stays as it is, so that its rows still sum to 1; what they gather there is nothing. A token's own residual
        connection is left to it.

        Args:
            of: A token's position, or a Word or Mention for all of its tokens; or several of these.
            layers: Blocks, from 1; None for all.
        """
        numbers = [layers] if isinstance(layers, Integral) else layers
        if numbers is not None:
            numbers = list(numbers) if isinstance(numbers, Iterable) and not isinstance(numbers, str) else [numbers]
            if not numbers or not all(isinstance(n, Integral) and n >= 1 for n in numbers):
                raise BadInputError(
                    "Layers are whole numbers from 1.", repr(layers), "Give such as [1, 2], or none for all."
                )
        return cls(zeroed=((_places(of), None if numbers is None else tuple(int(n) for n in numbers)),))

    def without_value(self, tokens: Sequence[Token]) -> list[tuple[list[int], tuple[int, ...] | None]]:
        """Positions whose values are zero, with their layers; BadInputError where a place holds no token."""
        return [(_positions(places, tokens), layers) for places, layers in self.zeroed]

    def __bool__(self) -> bool:
        """Does it change anything?"""
        return self != Attend()

    def allowed(
        self, tokens: Sequence[Token], causal: bool = False, named: Callable[[Token], str] | None = None
    ) -> np.ndarray | None:
        """``[query, key]``, True where a token may attend to another; None where all may.

        Args:
            tokens: The tokens of the sentence.
            causal: The model itself allows no look at what follows.
            named: What a token is called in an error, beside its position; it may be nothing.

        Raises:
            BadInputError: A place holds no token, or a token is left with nothing to attend to.
        """
        if self.reach is None and not self.blocked:
            return None
        at = np.arange(len(tokens))
        found = np.ones((len(tokens), len(tokens)), dtype=bool)
        if self.reach is not None:
            found = (np.abs(at[:, None] - at) <= self.reach) | (at < self.first)
        for queries, keys in self.blocked:
            for query, key in product(_positions(queries, tokens), _positions(keys, tokens)):
                found[query, key] = False
        left = (found & (at[:, None] >= at) if causal else found).any(1)
        if not left.all():
            place = int(np.argmin(left))
            called = named(tokens[place]) if named else ""
            name = f" (\u201c{called}\u201d)" if called else ""
            raise BadInputError(
                "Every token must be left something to attend to.",
                f"all that token {place}{name} sees is blocked",
                "Leave it itself or another token.",
            )
        return found


def whole(number: int, rule: str) -> int:
    """A whole number from 0, of whichever type; BadInputError with the rule where it is none."""
    if not isinstance(number, Integral) or number < 0:
        raise BadInputError(rule, repr(number), "Give a whole number from 0.")
    return int(number)


def _pair(head: object) -> tuple[int, int]:
    numbers = list(head) if isinstance(head, Iterable) and not isinstance(head, str) else []
    if len(numbers) != 2 or not all(isinstance(n, Integral) for n in numbers):
        raise BadInputError("A head is a pair of whole numbers.", repr(head), "Give (layer, head), such as (1, 0).")
    layer, number = numbers
    return int(layer), int(number)


def _places(given: Place | Sequence[Place]) -> tuple[int | Span, ...]:
    """Positions as numbers, words and mentions as spans."""
    several = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    for place in several:
        if not isinstance(place, Word | Mention | Integral):
            raise BadInputError(
                "A place is a token's position, a Word or a Mention.", repr(place), "Take words from ctxcore.words_of."
            )
    return tuple((p.start, p.end) if isinstance(p, Word | Mention) else int(p) for p in several)


def _positions(places: Sequence[int | Span], tokens: Sequence[Token]) -> list[int]:
    found: list[int] = []
    for place in places:
        here = overlapping(tokens, place) if isinstance(place, tuple) else [place] * (0 <= place < len(tokens))
        if not here:
            raise BadInputError(
                f"The sentence has tokens 0 to {len(tokens) - 1}.",
                f"no token at {place}",
                "Count tokens with the special ones, or give a word of the sentence.",
            )
        found += here
    return found
