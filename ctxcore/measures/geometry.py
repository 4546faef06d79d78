"""Angles and distances between vectors, word by word and layer by layer.

Sums run in float64: a mean of thousands of float32 cosines would lose the digits that the product shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.types import Background, Occurrences, SelfSimilarity

SAME = 1e-6
"""Cosines that differ by less are equal: sums of float32 numbers in another order round so far apart."""
_PAIRS = 4000
"""Random pairs behind an anisotropy estimate: its standard error is then below 0.005 for the embedded models."""


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors ``[..., feature]`` at length 1, in float64; a zero vector stays zero."""
    wide = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)


def cosine(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine similarity along the last axis, -1 to 1; broadcasts over the others. 0 where a vector is zero."""
    return np.clip((unit(first) * unit(second)).sum(-1), -1.0, 1.0)


def cosine_matrix(vectors: np.ndarray, mean: np.ndarray | None = None) -> np.ndarray:
    """Cosine of all pairs ``[n, n]`` of vectors ``[n, feature]``.

    Args:
        vectors: The points.
        mean: ``[feature]``, what is subtracted first: the centred cosine, which takes away the direction that all
            words of a model share (Mu & Viswanath 2018). None gives the raw cosine.
    """
    points = np.asarray(vectors, dtype=np.float64) if mean is None else np.asarray(vectors, np.float64) - mean
    directions = unit(points)
    return np.asarray(np.clip(directions @ directions.T, -1.0, 1.0))


def distinct(vectors: np.ndarray) -> int:
    """How many different vectors ``[vector, feature]`` there are; those that differ by rounding alone are one."""
    return len({np.round(v, 4).tobytes() for v in np.asarray(vectors, np.float32) + 0.0})


def greatest_distance(vectors: np.ndarray) -> float:
    """Greatest Euclidean distance between any two of the vectors ``[n, feature]``; exactly 0 where all are equal."""
    points = np.asarray(vectors, dtype=np.float64)
    return max((float(np.linalg.norm(points - p, axis=-1).max()) for p in points), default=0.0)


def self_similarity(vectors: np.ndarray, sentence_index: Sequence[int] | None = None) -> np.ndarray:
    """Mean cosine over the pairs of a word's mentions in different sentences ``[layer]`` (Ethayarajh 2019, definition 1).

    Args:
        vectors: ``[occurrence, layer, feature]``, two occurrences at least.
        sentence_index: The sentence of each; None where no two share one. Two in one sentence are no pair: they share their context.

    Raises:
        BadInputError: There is one occurrence alone, or all stand in one sentence.
    """
    sentences = np.arange(len(vectors)) if sentence_index is None else np.asarray(sentence_index)
    if len(set(sentences.tolist())) < 2:
        raise BadInputError(
            "Self-similarity compares occurrences in different sentences.",
            f"{len(vectors)} in one sentence",
            "Add a second sentence with the word.",
        )
    return _across(vectors, sentences)


def intra_sentence_similarity(hidden: np.ndarray) -> np.ndarray:
    """Mean cosine of a sentence's tokens with their own mean ``[layer]`` (Ethayarajh 2019, definition 2).

    Args:
        hidden: ``[layer, token, feature]``.
    """
    return np.asarray(cosine(hidden, np.asarray(hidden, np.float64).mean(1, keepdims=True)).mean(-1))


def from_static_twin(vectors: np.ndarray) -> np.ndarray:
    """Cosine of each mention at each layer with itself at layer 0, the static twin: ``[occurrence, layer]``."""
    return cosine(vectors, np.asarray(vectors)[:, :1])


def anisotropy(
    vectors: np.ndarray, words: tuple[str, ...], sentence_index: tuple[int, ...], seed: int = 0
) -> np.ndarray:
    """Mean cosine of random pairs of different words from different sentences ``[layer]`` (Ethayarajh 2019).

    Where it is far above 0 all vectors crowd into a narrow cone and a raw cosine says little.
    """
    first, second = _random_pairs(words, sentence_index, seed)
    directions = unit(vectors).astype(np.float32)
    return np.array([
        np.einsum("pf,pf->p", directions[first, layer], directions[second, layer]).mean(dtype=np.float64)
        for layer in range(directions.shape[1])
    ])  # fmt: skip


def background(occurrences: Occurrences, seed: int = 0) -> Background:
    """What words have in common in a model, whichever words they are: the baselines of every raw cosine.

    Args:
        occurrences: All words of many sentences.
        seed: Chooses the random pairs.
    """
    folded = tuple(w.casefold() for w in occurrences.words)
    groups: dict[str, list[int]] = {}
    for i, word in enumerate(folded):
        groups.setdefault(word, []).append(i)
    sentences = np.array(occurrences.sentence_index)
    recurring = [members for members in groups.values() if len(set(sentences[members].tolist())) > 1]
    if not recurring:
        raise BadInputError(
            "A background needs words that recur in another sentence.", "none does", "Give more sentences."
        )
    same = np.mean([_across(occurrences.vectors[m], sentences[m]) for m in recurring], axis=0)
    random = anisotropy(occurrences.vectors, folded, occurrences.sentence_index, seed)
    mean = occurrences.vectors.mean(0, dtype=np.float64)
    return Background(
        mean, random, same, len(_random_pairs(folded, occurrences.sentence_index, seed)[0]), len(recurring)
    )


def _across(vectors: np.ndarray, sentences: np.ndarray) -> np.ndarray:
    """Mean cosine ``[layer]`` over the pairs of a word's mentions that stand in different sentences, of which there is one."""
    directions = unit(vectors)
    by_sentence = np.stack([directions[sentences == s].sum(0) for s in np.unique(sentences)])
    total = (directions.sum(0) ** 2).sum(-1) - (by_sentence**2).sum(-1).sum(0)  # both ways of every pair
    within = np.unique(sentences, return_counts=True)[1]
    return np.clip(total / (len(vectors) ** 2 - (within**2).sum()), -1.0, 1.0)


def compare_self_similarity(
    vectors: np.ndarray, against: Background, sentence_index: Sequence[int] | None = None
) -> SelfSimilarity:
    """:func:`self_similarity` of a word by layer beside its baselines. ``vectors`` ``[occurrence, layer, feature]``."""
    word = self_similarity(vectors, sentence_index)
    return SelfSimilarity(
        word, against.same_words, against.random_words, word - against.random_words, against.pairs, against.recurring
    )


def _random_pairs(words: tuple[str, ...], sentence_index: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of random pairs: different words, different sentences."""
    ids = np.unique(np.array(words), return_inverse=True)[1]
    sentences = np.array(sentence_index)
    first, second = np.random.default_rng(seed).integers(0, len(ids), size=(2, 4 * _PAIRS))
    kept = (ids[first] != ids[second]) & (sentences[first] != sentences[second])
    if not kept.any():
        raise BadInputError("A baseline needs different words in different sentences.", "none", "Give more sentences.")
    return first[kept][:_PAIRS], second[kept][:_PAIRS]
