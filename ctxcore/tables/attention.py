"""Tables of attention: maps, heads, what moves a word, one head step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ctxcore.measures.attention import measures
from ctxcore.text.labels import token_labels
from ctxcore.types import (
    HeadScores,
    HeadShifts,
    HeadTrace,
    Influence,
)


def maps_table(maps: np.ndarray, layers: Sequence[int], heads: Sequence[int], labels: Sequence[str]) -> pd.DataFrame:
    """One row a cell of every head's map ``[layer, head, row, column]``; a reduced map is named by its first words."""
    size = maps.shape[-1]
    names = np.array([labels[i * len(labels) // size] for i in range(size)], dtype=object)
    layer, head, row, column = (part.reshape(-1) for part in np.indices(maps.shape, dtype=np.int16))
    return pd.DataFrame({
        "layer": np.array(layers)[layer], "head": np.array(heads)[head], "row": row, "query": names[row],
        "column": column, "key": names[column], "share": maps.reshape(-1),
    })  # fmt: skip


def map_table(weights: np.ndarray, rows: Sequence[str], columns: Sequence[str], value: str = "share") -> pd.DataFrame:
    """One row a cell of a map ``[row, column]``."""
    row, column = (part.reshape(-1).tolist() for part in np.indices(weights.shape))
    return pd.DataFrame({
        "row": row, "query": [rows[i] for i in row], "column": column, "key": [columns[i] for i in column],
        value: np.asarray(weights).reshape(-1),
    })  # fmt: skip


def head_scores_table(scores: HeadScores) -> pd.DataFrame:
    """One row a head: the share of each pattern, and the entropy of its rows in bits."""
    layer, head = (part.reshape(-1) for part in np.indices(scores.entropy.shape))
    table = pd.DataFrame({"layer": np.array(scores.layers)[layer], "head": np.array(scores.heads)[head]})
    for pattern, shares in scores.shares.items():
        table[pattern] = shares.reshape(-1)
    table["entropy"] = scores.entropy.reshape(-1)
    return table


def grid_table(values: np.ndarray, layers: Sequence[int], heads: Sequence[int], name: str) -> pd.DataFrame:
    """One row a head with one number ``[layer, head]``."""
    layer, head = (part.reshape(-1) for part in np.indices(values.shape))
    return pd.DataFrame({"layer": np.array(layers)[layer], "head": np.array(heads)[head], name: values.reshape(-1)})


def influence_table(found: Influence, layer: int) -> pd.DataFrame:
    """One row a word: how far the target moves without it, and the attention, what it moves and the rollout on it."""
    return pd.DataFrame({
        "word": [w.text for w in found.words], "start": [w.start for w in found.words], "layer": layer, **measures(found, layer)
    })  # fmt: skip


def head_shifts_table(found: HeadShifts, layer: int) -> pd.DataFrame:
    """One row a set of heads that were ablated together."""
    table = pd.DataFrame({
        "ablated_heads": [" ".join(f"{a}.{b}" for a, b in heads) for heads in found.sets], "layer": layer,
        "shift": found.shift[:, layer],
    })  # fmt: skip
    if found.next_word is not None:
        table["next_word_bits"] = found.next_word
    return table


def hand_table(
    words: Sequence[str],
    vectors: np.ndarray,
    weights: np.ndarray,
    scores: np.ndarray | None = None,
    scaled: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row a word: its scores where there are any, its weight, its vector ``[word, number]`` and their product; then the sum."""
    vectors, weights = np.asarray(vectors, np.float64), np.asarray(weights, np.float64)
    weighted = weights[:, None] * vectors
    table = pd.DataFrame({"word": list(words)})
    for name, column in (("score", scores), ("scaled", scaled), ("weight", weights)):
        if column is not None:
            table[name] = column
    for i in range(vectors.shape[1]):
        table[f"v_{i + 1}"] = vectors[:, i]
    for i in range(vectors.shape[1]):
        table[f"weighted_{i + 1}"] = weighted[:, i]
    total = {f"weighted_{i + 1}": x for i, x in enumerate(weighted.sum(0))}
    return pd.concat([table, pd.DataFrame([{"word": "(sum)", "weight": weights.sum(), **total}])], ignore_index=True)


def inputs_table(trace: HeadTrace) -> pd.DataFrame:
    """One row a token: the vector that enters the block, a column a feature."""
    return pd.concat([_tokens(trace), _features(trace.inputs)], axis=1)


def qkv_table(trace: HeadTrace) -> pd.DataFrame:
    """One row a token and part (q, k or v), a column a feature."""
    parts = {"q": trace.q, "k": trace.k, "v": trace.v}
    found = [pd.concat([_tokens(trace).assign(part=n), _features(p)], axis=1) for n, p in parts.items()]
    return pd.concat(found, ignore_index=True)


def scores_table(trace: HeadTrace, query: int | None = None) -> pd.DataFrame:
    """One row a pair of tokens, or only those of one query: score, scaled score, is it unmasked, weight."""
    rows = np.arange(len(trace.tokens)) if query is None else np.array([query])
    texts = np.array(token_labels(trace.tokens, trace.sentence, trace.words), dtype=object)
    queries, keys = np.repeat(rows, len(texts)), np.tile(np.arange(len(texts)), len(rows))
    return pd.DataFrame({
        "query": queries, "query_token": texts[queries], "key": keys, "key_token": texts[keys],
        "score": trace.scores[rows].reshape(-1), "scaled": trace.scaled[rows].reshape(-1),
        "unmasked": trace.mask[rows].reshape(-1), "weight": trace.weights[rows].reshape(-1),
    })  # fmt: skip


def weighted_table(trace: HeadTrace, query: int) -> pd.DataFrame:
    """One row a key: its weight and its weighted value; then their sum and what the model itself went on with."""
    weights = trace.weights[query]
    keys = pd.concat([_tokens(trace).assign(weight=weights), _features(weights[:, None] * trace.v)], axis=1)
    ends = _features(np.stack([trace.values[query], trace.own[query]]))
    ends.insert(0, "token", ["(sum)", "(the model\u2019s own)"])
    return pd.concat([keys, ends], ignore_index=True)


def _tokens(trace: HeadTrace) -> pd.DataFrame:
    return pd.DataFrame(
        {"position": np.arange(len(trace.tokens)), "token": token_labels(trace.tokens, trace.sentence, trace.words)}
    )


def _features(values: np.ndarray) -> pd.DataFrame:
    """A column a feature, counted from 0 as in the arrays."""
    return pd.DataFrame(values, columns=[f"feature_{i}" for i in range(values.shape[1])])
