"""Attention weighted by what it moves: each weight times the length of the value after the output projection; and values set to zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctxcore import text
from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import cosine
from ctxcore.models.arguments import chosen, one_text
from ctxcore.models.block_parts import value_lengths
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.interventions import Attend
from ctxcore.progress import Progress, silent
from ctxcore.types import Attention, Mention, ValueZeroing, WeightedAttention, Word

_FULL = Attend.full()


def weighted_attention(
    model: ContextualModel,
    sentence: str,
    layers: Sequence[int] | None = None,
    heads: Sequence[int] | None = None,
    attend: Attend = _FULL,
    attention: Attention | None = None,
) -> WeightedAttention:
    """Attention weights with the length of what they move: ``||alpha[q, k] W_O v[k]||`` (Kobayashi et al. 2020).

    A head gives a token ``sum over k of alpha[q, k] * W_O v[k]``: a token with a short value moves little however much attention
    it gets. The value's own bias is part of ``v``; that of the output projection, which no token brings, is left out, and so are
    the residual connection and the norms (Kobayashi et al. 2021 add them). Only lengths are kept, ``[layer, head, key]``.

    Args:
        model: Any contextual model.
        sentence: The text.
        layers: Blocks, from 1; None for all.
        heads: Heads, from 0; None for all.
        attend: Who may attend to whom.
        attention: The weights of the same sentence, layers and heads, where they are known; else they are asked of the model.

    Raises:
        BadInputError: A layer or head that the model does not have, or a sentence that is no text.
        UnsupportedModelError: The family has no output projection that can be cut into heads.
    """
    sentence = one_text(sentence)
    blocks = chosen(layers, range(1, model.layers + 1), "layer")
    numbers = chosen(heads, range(model.heads), "head")
    row, way = model.tokens([sentence])[0], model.ways(attend, 1)[0]
    found = value_lengths(model, row, way, frozenset(b - 1 for b in blocks))
    lengths = np.stack([found[b - 1][list(numbers)].numpy() for b in blocks])
    known = attention or model.attention(sentence, blocks, numbers, attend)
    return WeightedAttention(**vars(known), lengths=lengths)


def moved_shares(found: WeightedAttention) -> Attention:
    """The same with each row ``[layer, head, query, :]`` as shares of its sum: of all that a head moves to a token, what each brings.

    Where pieces of a word are put together, lengths are added up and not vectors: what cancels out counts.
    """
    norms = found.weights * found.lengths[:, :, None]
    total = norms.sum(-1, keepdims=True, dtype=np.float64).astype(np.float32)
    np.divide(norms, total, out=norms, where=total > 0)
    known = {name: part for name, part in vars(found).items() if name != "lengths"}
    return replace(Attention(**known), weights=norms)


def value_zeroing(
    model: ContextualModel,
    sentence: str,
    words: Sequence[Word | Mention] | None = None,
    progress: Progress = silent,
) -> ValueZeroing:
    """How far each word's output of a layer moves when another word's values are zero in that layer alone (Mohebbi et al. 2023).

    What enters the layer is as it was. As in the paper, a score is 1 minus the cosine between the two outputs of the layer, and
    the attention weights stay as they are. A word is all of its tokens: their values are zeroed together, and its vector is their
    mean (the paper scores tokens). :func:`ctxcore.influence` zeroes a word in all layers together, as it blocks and removes.

    Args:
        model: Any contextual model; only tokens that see a word can be moved by it.
        sentence: The text.
        words: The words, as rows and columns; all of the sentence where None.
        progress: Called with the share done.

    Raises:
        BadInputError: There is no word.
    """
    sentence = one_text(sentence)
    asked = list(text.words_of(sentence) if words is None else words)
    if not asked:
        raise BadInputError("Values are zeroed word by word.", "a sentence without a word", "Write a word.")
    ways = [Attend.full()]
    ways += [Attend.zero_values(of=w, layers=layer) for w in asked for layer in range(1, model.layers + 1)]
    mentions = [Mention(i, w.start, w.end) for i in range(len(ways)) for w in asked]
    vectors = model.vectors([sentence] * len(ways), mentions, progress, ways).vectors
    vectors = vectors.reshape(len(ways), len(asked), model.layers + 1, -1)
    plain, zeroed = vectors[0], vectors[1:].reshape(len(asked), model.layers, *vectors.shape[1:])
    scores = np.stack(
        [
            np.maximum(0.0, 1 - cosine(plain[None, :, layer], zeroed[:, layer - 1, :, layer]))
            for layer in range(1, model.layers + 1)
        ]
    )  # [layer, zeroed, moved]
    named = tuple(Word(sentence[w.start : w.end], w.start, w.end) for w in asked)
    return ValueZeroing(sentence, named, scores.swapaxes(1, 2).astype(np.float32))
