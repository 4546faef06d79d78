"""The data behind the figures, as tables with one fact a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ctxcore.measures.senses import TIED
from ctxcore.text.labels import token_labels
from ctxcore.types import (
    AnalogyScore,
    BankAccuracy,
    Coverage,
    Fan,
    GeneratedToken,
    HeadScores,
    HeadShifts,
    HeadTrace,
    HeldOut,
    Influence,
    Ladder,
    Lens,
    Neighbour,
    Occurrences,
    Projection,
    SelfSimilarity,
    SenseReading,
    Substitutes,
    WordAnalogy,
    WordMap,
    WordPlane,
)


def fan_table(
    fan: Fan, occurrences: Occurrences, senses: Sequence[str | None], groups: Sequence[str | None] = ()
) -> pd.DataFrame:
    """One row a mention and layer: where it stands. The column ``group`` is there where a mention has one."""
    mentions, layers, _ = fan.coordinates.shape
    table = _mentions(occurrences, senses, groups).loc[np.repeat(np.arange(mentions), layers)].reset_index(drop=True)
    table["layer"] = np.tile(np.arange(layers), mentions)
    for axis, name in enumerate("xyz"):
        table[name] = fan.coordinates[..., axis].reshape(-1)
    return table


def projection_table(
    projection: Projection, occurrences: Occurrences, senses: Sequence[str | None], groups: Sequence[str | None] = ()
) -> pd.DataFrame:
    """One row a mention: where it stands. The column ``group`` is there where a mention has one."""
    table = _mentions(occurrences, senses, groups)
    for axis in range(projection.coordinates.shape[1]):
        table["xyz"[axis]] = projection.coordinates[:, axis]
    return table


def pinned_table(word: str, projection: Projection, neighbours: Sequence[Neighbour]) -> pd.DataFrame:
    """The word and its static neighbours: cosine and place in the picture."""
    return pd.DataFrame({
        "word": [word, *(n.word for n in neighbours)],
        "cosine": [1.0, *(n.similarity for n in neighbours)],
        "x": projection.coordinates[:, 0],
        "y": projection.coordinates[:, 1],
    })  # fmt: skip


def similarity_table(matrices: dict[str, np.ndarray], labels: Sequence[str]) -> pd.DataFrame:
    """One row a pair, one column a matrix ``[n, n]``."""
    first, second = (indices.tolist() for indices in np.triu_indices(len(labels)))
    table = pd.DataFrame({"first": [labels[i] for i in first], "second": [labels[j] for j in second]})
    for name, matrix in matrices.items():
        table[name] = matrix[first, second]
    return table


def self_similarity_table(measured: SelfSimilarity) -> pd.DataFrame:
    """One row a layer."""
    return pd.DataFrame({
        "layer": np.arange(len(measured.word)),
        "self_similarity": measured.word,
        "less_random_pairs": measured.corrected,
        "same_words": measured.same_words,
        "random_words": measured.random_words,
    })  # fmt: skip


def neighbours_table(neighbours: Sequence[Neighbour]) -> pd.DataFrame:
    """One row a neighbour."""
    return pd.DataFrame({"word": [n.word for n in neighbours], "cosine": [n.similarity for n in neighbours]})


def substitutes_table(found: Substitutes, occurrences: Occurrences, layer: int) -> pd.DataFrame:
    """One row a mention and substitute."""
    count = len(found.words)
    table = _mentions(occurrences, [None] * len(occurrences)).drop(columns="sense")
    table = table.loc[np.repeat(np.arange(len(occurrences)), count)].reset_index(drop=True)
    table["substitute"] = list(found.words) * len(occurrences)
    table["layer"] = layer
    table["cosine"] = found.similarity[..., layer].reshape(-1)
    return table


def senses_table(reading: SenseReading) -> pd.DataFrame:
    """One row a layer."""
    return pd.DataFrame({
        "layer": np.arange(len(reading.accuracy)), "named_right": reading.accuracy, "static_answer": reading.chance,
    })  # fmt: skip


def reading_table(
    reading: SenseReading, occurrences: Occurrences, senses: Sequence[str | None], layer: int
) -> pd.DataFrame:
    """One row a mention: the sense that was told and the one that was read at a layer."""
    table = _mentions(occurrences, senses)[["sentence", "sense"]].rename(columns={"sense": "told"})
    table[f"read at layer {layer}"] = [
        reading.labels[k] if k >= 0 else "equally near" if k == TIED else "" for k in reading.assigned[layer]
    ]
    table["margin"] = reading.margin[layer]
    return table


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
    """One row a word: how far the target moves without it, and the attention and rollout on it."""
    return pd.DataFrame({
        "word": [w.text for w in found.words], "start": [w.start for w in found.words], "layer": layer,
        **{way: shift[:, layer] for way, shift in found.shifts.items()},
        "attention": found.attention[:, layer], "rollout": found.rollout[:, layer],
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


def ladder_table(found: Ladder) -> pd.DataFrame:
    """One row a prompt, context level and candidate; no probability where the table never saw the context.

    A candidate of several tokens is ranked by their product, in the place of its first token.
    """
    rows = [
        {
            "prompt": prompt,
            "context_level": level,
            "candidate": candidate,
            "probability": found.probability[p, r, c],
            "rank": int(found.rank[p, r, c]) or None,
            "entropy_bits": found.entropy[p, r],
            "context_seen": found.answers[p][c].seen if level == "table" else None,
            "followed": found.answers[p][c].count if level == "table" else None,
            "ended": found.answers[p][c].ended if level == "table" else None,
        }
        for p, prompt in enumerate(found.prompts)
        for r, level in enumerate(found.levels)
        for c, candidate in enumerate(found.candidates)
    ]
    return pd.DataFrame(rows)


def window_table(
    shown: Sequence[int], probability: np.ndarray, prompts: Sequence[str], candidates: Sequence[str]
) -> pd.DataFrame:
    """One row a prompt, number of shown words and candidate."""
    p, k, c = (part.reshape(-1).tolist() for part in np.indices(probability.shape))
    return pd.DataFrame({
        "prompt": [prompts[i] for i in p], "words_shown": [shown[i] for i in k],
        "candidate": [candidates[i] for i in c], "probability": probability.reshape(-1),
    })  # fmt: skip


def lens_table(found: Sequence[Lens]) -> pd.DataFrame:
    """One row a prompt and layer: each candidate's probability, the likeliest token and the distance from the last layer."""
    rows = [
        {
            "prompt": one.prefix,
            "layer": layer,
            "likeliest": one.top[layer][0][0],
            "divergence_bits": float(one.divergence[layer]),
            **{f"P({c})": float(p[layer]) for c, p in one.candidates.items()},
        }
        for one in found
        for layer in range(len(one.divergence))
    ]
    return pd.DataFrame(rows)


def continuation_table(tokens: Sequence[GeneratedToken]) -> pd.DataFrame:
    """One row a token."""
    return pd.DataFrame({
        "token": [one.text for one in tokens], "id": [one.id for one in tokens],
        "probability": [one.probability for one in tokens], "rank": [one.rank for one in tokens],
        "entropy_bits": [one.entropy for one in tokens], "likeliest": [one.top[0][0] if one.top else "" for one in tokens],
    })  # fmt: skip


def coverage_table(found: Coverage) -> pd.DataFrame:
    """One row an n and size of the training text."""
    n, size = (part.reshape(-1) for part in np.indices(found.unseen_contexts.shape))
    return pd.DataFrame({
        "n": np.array(found.ns)[n], "training_sentences": np.array(found.sizes)[size],
        "training_words": np.array(found.words)[size], "context_never_seen": found.unseen_contexts.reshape(-1),
        "with_its_word_never_seen": found.unseen_steps.reshape(-1),
    })  # fmt: skip


def held_out_table(found: HeldOut) -> pd.DataFrame:
    """One row a word: where it stands, whether its context was seen, and what each predictor gave it."""
    table = pd.DataFrame({
        "sentence": list(found.sentence_index), "word": list(found.words), "context_seen": found.seen, "in_training": found.known,
    })  # fmt: skip
    for r, predictor in enumerate(found.predictors):
        name = predictor.replace(" ", "_")
        table[f"{name}_probability"] = np.exp(found.logs[r])
        table[f"{name}_first"] = found.first[r]
        table[f"{name}_five"] = found.five[r]
    return table


def _mentions(
    occurrences: Occurrences, senses: Sequence[str | None], groups: Sequence[str | None] = ()
) -> pd.DataFrame:
    grouped = {"group": [group or "" for group in groups]} if any(groups) else {}
    return pd.DataFrame({
        "sentence": [occurrences.sentences[i] for i in occurrences.sentence_index],
        "word": list(occurrences.words),
        "start": [start for start, _ in occurrences.spans],
        "end": [end for _, end in occurrences.spans],
        "sense": [s or "" for s in senses],
        **grouped,
    })  # fmt: skip


def analogy_table(found: WordAnalogy, *, excluded: bool) -> pd.DataFrame:
    """One row a word near to b - a + c, and whether it is one of the three."""
    shown, inputs = found.excluded if excluded else found.kept, (found.a, found.b, found.c)
    return neighbours_table(shown).assign(input=[n.word in inputs for n in shown])


def plane_table(plane: WordPlane) -> pd.DataFrame:
    """One row a word: its cosine with each axis."""
    return pd.DataFrame({
        "word": list(plane.words), "x_axis": plane.axes[0], "x": plane.coordinates[:, 0], "y_axis": plane.axes[1],
        "y": plane.coordinates[:, 1],
    })  # fmt: skip


def word_map_table(found: WordMap) -> pd.DataFrame:
    """One row a word: where it stands, and whether it was asked for."""
    return pd.DataFrame({
        "word": list(found.words), "asked": [i < found.asked for i in range(len(found.words))],
        "x": found.projection.coordinates[:, 0], "y": found.projection.coordinates[:, 1],
    })  # fmt: skip


def sections_table(found: AnalogyScore) -> pd.DataFrame:
    """One row a section of the analogies, and one for all."""
    rows = [
        {"section": s.section, "right": s.right, "asked": s.asked, "left_out": s.left_out, "share": s.share}
        for s in (*found.sections, found.total)
    ]
    return pd.DataFrame(rows)


def bank_table(found: BankAccuracy) -> pd.DataFrame:
    """One row a word and layer: the share of its sentences whose sense is named right."""
    words, layers = found.accuracy.shape
    word = np.repeat(np.arange(words), layers)
    return pd.DataFrame({
        "word": np.array(found.words, dtype=object)[word], "senses": np.array(found.senses)[word],
        "named": np.array(found.counted)[word], "layer": np.tile(np.arange(layers), words),
        "named_right": found.accuracy.reshape(-1), "static_answer": found.chance[word],
    })  # fmt: skip
