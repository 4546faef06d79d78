"""Results about attention: weights, one head step by step, patterns of heads, and what switching off does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.types.result import LEVEL, Result
from ctxcore.types.text import Token, Word

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Attention(Result):
    """Attention weights of one sentence.

    Attributes:
        sentence: The text as given.
        weights: ``[layer, head, query, key]``; each row ``[..., query, :]`` sums to 1.
        layers: Block number (from 1) of each entry of the layer axis.
        heads: Head number (from 0) of each entry of the head axis.
        tokens: Tokens in order, special tokens included: the query and key axes.
        words: Words of the sentence with spans.
    """

    sentence: str
    weights: np.ndarray
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a layer, head, query and key: their numbers and texts, and the ``weight``."""
        import pandas as pd

        layer, head, query, key = (index.reshape(-1) for index in np.indices(self.weights.shape))
        texts = np.array([token.text for token in self.tokens], dtype=object)
        return pd.DataFrame({
            "layer": np.array(self.layers)[layer], "head": np.array(self.heads)[head], "query_index": query, "key_index": key,
            "query": texts[query], "key": texts[key], "weight": self.weights.reshape(-1),
        })  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class AttentionSteps(Result):
    """One head's attention, step by step (Vaswani et al. 2017, eq. 1).

    Attributes:
        q: Queries ``[query, d_head]``.
        k: Keys ``[key, d_head]``.
        v: Values ``[key, d_head]``.
        scores: ``q @ k.T``, ``[query, key]``.
        scaling: What the scores are multiplied by, 1/sqrt(d_head) in most families.
        scaled: ``scores * scaling`` ``[query, key]``; within the softcap and with the position bias where a family has them.
        mask: ``[query, key]``, True where the query may attend to the key.
        weights: Softmax of ``scaled`` over the keys that the mask leaves, ``[query, key]``; each row sums to 1.
        values: ``weights @ v``, ``[query, d_head]``: the head's output.
    """

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    scores: np.ndarray
    scaling: float
    scaled: np.ndarray
    mask: np.ndarray
    weights: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class HeadTrace(AttentionSteps):
    """The steps of one head of a model on one sentence; queries and keys are its tokens.

    Attributes:
        sentence: The text as given.
        layer: Block number, from 1.
        head: Head number, from 0.
        tokens: Tokens in order, special tokens included.
        words: Words of the sentence with spans.
        inputs: Hidden states that enter the block ``[token, feature]``.
        own: The model's own output of this head ``[token, d_head]``, from its fused kernel; where the head is switched off,
            what it gave before.
        difference: Greatest absolute difference between ``values`` and ``own``.
        rotary: Queries and keys were turned by their position (Su et al. 2021).
        norm_first: The block normalises ``inputs`` before it makes queries, keys and values.
    """

    sentence: str
    layer: int
    head: int
    tokens: tuple[Token, ...]
    words: tuple[Word, ...]
    inputs: np.ndarray
    own: np.ndarray
    difference: float
    rotary: bool
    norm_first: bool


@dataclass(frozen=True, eq=False, repr=False)
class HandSum(Result):
    """A weighted sum of a few short vectors, worked by hand.

    Attributes:
        words: What each word is called.
        query: Which of them takes in the others, from 0.
        vectors: Their vectors ``[word, number]``, in float64 as they were typed.
        weights: What the query word gives to each ``[word]``.
        scores: Dot product of its query with each key ``[word]``; None where the weights were given.
        scaled: The scaled scores ``[word]``.
    """

    words: tuple[str, ...]
    query: int
    vectors: np.ndarray
    weights: np.ndarray
    scores: np.ndarray | None = None
    scaled: np.ndarray | None = None

    @property
    def total(self) -> np.ndarray:
        """What they add up to: the new vector ``[number]``."""
        return np.asarray(self.weights, np.float64) @ self.vectors


@dataclass(frozen=True)
class Units:
    """What the rows and columns of an attention map stand for: words or tokens, with or without special tokens.

    Attributes:
        labels: The text of each unit.
        members: Token positions of each unit, in order.
        special: Is it a token that the tokenizer added?
        left_out: Token positions that belong to no unit: hidden special tokens.
    """

    labels: tuple[str, ...]
    members: tuple[tuple[int, ...], ...]
    special: tuple[bool, ...]
    left_out: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, repr=False)
class HeadMaps(Result):
    """Every head's map, small.

    Attributes:
        maps: ``[layer, head, row, column]`` shares; at most 64 rows, each cell the greatest of those it stands for.
        layers: Block numbers, from 1.
        heads: Head numbers, from 0.
        units: What rows and columns stand for before they were reduced.
    """

    maps: np.ndarray
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    units: Units


@dataclass(frozen=True, repr=False)
class HeadMap(Result):
    """One head's map.

    Attributes:
        weights: ``[row, column]`` shares; each row sums to 1.
        units: What rows and columns stand for.
        layer: Block, from 1.
        head: Head, from 0; None where all heads are in it.
        row: The target word's row; None where the tokenizer leaves nothing of it.
        hidden: Mean share, 0 to 1, of attention on tokens that are left out.
    """

    weights: np.ndarray
    units: Units
    layer: int
    head: int | None
    row: int | None
    hidden: float


@dataclass(frozen=True, repr=False)
class AlignedMaps(Result):
    """One head on two sentences, aligned at a word.

    Attributes:
        first: The head on the first sentence.
        second: And on the second.
        difference: First minus second ``[offset, offset]``, where both sentences have a row.
        offsets: Of its rows and columns, in rows from the word.
        labels: What each stands for in both sentences.
    """

    first: HeadMap
    second: HeadMap
    difference: np.ndarray
    offsets: range
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class HeadScores(Result):
    """Where each head looks, on average over the queries. Shares of attention 0 to 1, ``[layer, head]``; NaN where none can be.

    Attributes:
        layers: Block number (from 1) of each entry of the layer axis.
        heads: Head number (from 0) of each entry of the head axis.
        shares: Pattern -> share. ``previous``, ``itself`` and ``next`` are the unit before, the query and the one after;
            ``special`` the tokens that the tokenizer added; ``same`` other mentions of the same word.
        entropy: Mean entropy of the rows in bits.
    """

    layers: tuple[int, ...]
    heads: tuple[int, ...]
    shares: dict[str, np.ndarray]
    entropy: np.ndarray


@dataclass(frozen=True)
class Agreement:
    """Do two measures rank the same words alike?

    Attributes:
        rho: Spearman's rank correlation, -1 to 1.
        chance: The share of random orders that would agree as much or more: a permutation test of one side.
        count: How many words.
    """

    rho: float
    chance: float
    count: int

    @property
    def holds(self) -> bool | None:
        """True where chance alone gives so much in 5 % of orders at most; None for so few words that no order could be that rare."""
        if self.count <= 3:
            return None
        return self.chance <= LEVEL


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Result):
    """Which words of a sentence moved a target word's vector.

    Attributes:
        sentence: The text.
        target: The target word.
        words: The other words, in order.
        shifts: How it was measured -> ``[word, layer]``: 1 minus the cosine between the target's vector as it was and without
            that word. ``blocked``: the target may not attend to it, in any layer; ``zeroed``: its values are zero for all tokens,
            in every layer; ``removed``: it is taken out of the sentence; ``replaced``: the neutral word stands in its place.
        attention: ``[word, layer]``: the weight of the target on the word, mean over all heads up to that layer; 0 in layer 0.
        rollout: ``[word, layer]``: the same multiplied through the layers up to that one (Abnar & Zuidema 2020).
        neutral: What stood in a word's place.
        weighted: ``[word, layer]``: the share of the word in all that attention moves to the target, weights times the lengths of
            values added up over heads (Kobayashi et al. 2020), mean of the layers up to that one; None where the family has no
            output projection that can be cut into heads.
    """

    sentence: str
    target: Word
    words: tuple[Word, ...]
    shifts: dict[str, np.ndarray]
    attention: np.ndarray
    rollout: np.ndarray
    neutral: str
    weighted: np.ndarray | None = None


@dataclass(frozen=True, eq=False, repr=False)
class HeadShifts(Result):
    """What switching heads off does to a target word's vector, and to the next word.

    Attributes:
        sentence: The text.
        target: The target word.
        sets: The heads that were switched off together, ``(layer, head)``, layers from 1 and heads from 0.
        shift: ``[set, layer]``: 1 minus the cosine between the target's vector as it was and without these heads.
        next_word: ``[set]``: Jensen-Shannon divergence in bits (0 to 1) between the next-token distributions after the
            sentence with and without these heads; None for an encoder.
    """

    sentence: str
    target: Word
    sets: tuple[tuple[tuple[int, int], ...], ...]
    shift: np.ndarray
    next_word: np.ndarray | None
