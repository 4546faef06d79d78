"""Results about the parts of a block: what attention moves, what zeroed values change, what each part gives to the next word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.types.attention import Attention
from ctxcore.types.result import Result
from ctxcore.types.text import Word

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class WeightedAttention(Attention):
    """Attention weights, and how long what they weigh is (Kobayashi et al. 2020).

    Attributes:
        lengths: ``[layer, head, key]``: the length of each token's value after the head's share of the output projection.
    """

    lengths: np.ndarray

    @property
    def norms(self) -> np.ndarray:
        """``[layer, head, query, key]``: weight times length, how long a vector moves from key to query."""
        return np.asarray(self.weights * self.lengths[:, :, None])

    def to_frame(self) -> pd.DataFrame:
        """One row a layer, head, query and key: as of attention, with the ``norm`` beside the ``weight``."""
        return super().to_frame().assign(norm=self.norms.reshape(-1))


@dataclass(frozen=True, eq=False, repr=False)
class ValueZeroing(Result):
    """How far words move when the values of others are zero in one layer (Mohebbi et al. 2023).

    Attributes:
        sentence: The text.
        words: Rows and columns, in order.
        scores: ``[layer, moved, zeroed]``, layers from 1: 1 minus the cosine between a word's output of the layer as it was and
            with the other's values zero in this layer alone.
    """

    sentence: str
    words: tuple[Word, ...]
    scores: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Contributions(Result):
    """What each part of a decoder adds to the difference of two candidates' logits after a prompt (Elhage et al. 2021).

    Each number is in logits, the first candidate's minus the second's: above 0 speaks for the first. The norm before the output
    is taken as the linear map that it is with its scale held at its value in this run.

    Attributes:
        prompt: The text.
        candidates: The two words.
        tokens: The first token of each, which is all that counts.
        heads: ``[layer, head]``, layers from 1.
        feed_forward: ``[layer]``.
        bias: ``[layer]``: the bias of the output projection, and of a norm behind it; 0 where the family has none.
        embedding: Of the last token's embedding.
        constant: Of the biases of the last norm and of the output head, whatever the prompt is.
        own: The difference that the model itself gives, before a softcap where it has one.
        softcap: It squashes its logits afterwards.
    """

    prompt: str
    candidates: tuple[str, str]
    tokens: tuple[str, str]
    heads: np.ndarray
    feed_forward: np.ndarray
    bias: np.ndarray
    embedding: float
    constant: float
    own: float
    softcap: bool = False

    @property
    def total(self) -> float:
        """What all parts add up to."""
        parts = [self.heads, self.feed_forward, self.bias]
        return float(sum(part.sum(dtype=np.float64) for part in parts) + self.embedding + self.constant)

    def minus(self, other: Contributions) -> Contributions:
        """The same parts after this prompt less those after another: what is the same for both is gone."""
        return Contributions(
            f"{self.prompt} \u2212 {other.prompt}", self.candidates, self.tokens, self.heads - other.heads,
            self.feed_forward - other.feed_forward, self.bias - other.bias, self.embedding - other.embedding,
            self.constant - other.constant, self.own - other.own, self.softcap,
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """One row a part: ``part``, ``layer`` (0 for the embedding), ``head`` where it is one, and ``logits``."""
        import pandas as pd

        rows: list[tuple[str, int | None, int | None, float]] = [("embedding", 0, None, self.embedding)]
        for layer, (heads, bias, forward) in enumerate(zip(self.heads, self.bias, self.feed_forward, strict=True), 1):
            rows += [("head", layer, head, float(value)) for head, value in enumerate(heads)]
            rows += [("attention bias", layer, None, float(bias)), ("feed-forward", layer, None, float(forward))]
        rows.append(("constant", None, None, self.constant))
        table = pd.DataFrame(rows, columns=["part", "layer", "head", "logits"])
        return table.astype({"layer": "Int64", "head": "Int64"})
