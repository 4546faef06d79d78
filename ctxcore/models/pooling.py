"""From the vectors of tokens to those of spans: the mean over the tokens that overlap each."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from numbers import Integral

import numpy as np
import torch

from ctxcore import text
from ctxcore.errors import BadInputError
from ctxcore.types import Mention, Token

Piece = tuple[Hashable, Sequence[int]]
"""A span: the text that it stands in, and the positions of its tokens there."""


class Pooling:
    """Fills the vectors of many spans, batch by batch of the texts that they stand in.

    Attributes:
        vectors: ``[span, layer, feature]``.
    """

    def __init__(self, spans: Sequence[Piece], layers: int, features: int) -> None:
        self._spans = spans
        self._of: dict[Hashable, list[int]] = {}
        for number, (where, _) in enumerate(spans):
            self._of.setdefault(where, []).append(number)
        self.vectors = np.empty((len(spans), layers, features), dtype=np.float32)

    def positions(self, batch: Sequence[Hashable], width: int) -> torch.Tensor:
        """Where in a batch of so many tokens a row the tokens of its spans stand, counted through all rows."""
        return torch.tensor([place * width + p for place, n in self._in(batch) for p in self._spans[n][1]])

    def take(self, batch: Sequence[Hashable], layers: Sequence[torch.Tensor]) -> None:
        """The mean of each span of a batch, from the states at :meth:`positions`, ``[position, feature]`` of each layer."""
        numbers = [n for _, n in self._in(batch)]
        sizes = [len(self._spans[n][1]) for n in numbers]
        starts = list(accumulate(sizes[:-1], initial=0))
        counts = np.array(sizes, dtype=np.float32)[:, None]
        for layer, states in enumerate(layers):
            self.vectors[numbers, layer] = np.add.reduceat(states.numpy(), starts, axis=0) / counts

    def _in(self, batch: Sequence[Hashable]) -> list[tuple[int, int]]:
        """Row and number of each span that stands in a batch."""
        return [(place, n) for place, where in enumerate(batch) for n in self._of[where]]


def within(mention: Mention, sentences: Sequence[str]) -> Mention:
    """The mention, if its span lies inside its sentence."""
    if not isinstance(mention, Mention) or not all(isinstance(n, Integral) for n in vars(mention).values()):
        raise BadInputError(
            "A mention is a Mention of three whole numbers.", repr(mention), "Take mentions from ctxcore.find."
        )
    if not 0 <= mention.sentence_index < len(sentences):
        raise BadInputError(
            "A mention names a sentence of the list.",
            f"sentence {mention.sentence_index} of {len(sentences)}",
            "Count sentences from 0.",
        )
    if not 0 <= mention.start < mention.end <= len(sentences[mention.sentence_index]):
        raise BadInputError(
            "A mention is a span of characters inside its sentence.",
            f"{mention.start} to {mention.end} of {len(sentences[mention.sentence_index])} characters",
            "Take mentions from ctxcore.find.",
        )
    return mention


def pieces_of(mention: Mention, rows: Mapping[int, Sequence[Token]], sentences: Sequence[str]) -> list[int]:
    """Positions of the tokens that overlap a mention, of which there must be one."""
    found = text.overlapping(rows[mention.sentence_index], (mention.start, mention.end))
    if not found:
        span = sentences[mention.sentence_index][mention.start : mention.end]
        raise BadInputError(
            "A mention must leave at least one token.",
            f"{span!r}, which this model's tokenizer drops",
            "Choose another word or another model.",
        )
    return found
