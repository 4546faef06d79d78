"""Tables of words in sentences: occurrences, similarity, neighbours, senses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ctxcore.measures import controls
from ctxcore.measures.senses import TIED
from ctxcore.measures.tallies import interval
from ctxcore.types import (
    CORRECTIONS,
    BankAccuracy,
    ControlPairs,
    Fan,
    Neighbour,
    Occurrences,
    Projection,
    SelfSimilarity,
    SenseControls,
    SenseReading,
    ShiftControls,
    Substitutes,
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
        "less_random_pairs": measured.less_random,
        "same_words": measured.same_words,
        "random_words": measured.random_words,
    })  # fmt: skip


def controls_table(found: ShiftControls) -> pd.DataFrame:
    """One row a layer and correction: the pair, and for each kind of pairs the band, how many of them lie as low, and the area under
    the curve of one sense against two."""
    rows = []
    for number, correction in enumerate(CORRECTIONS):
        bands = {name: controls.band(pairs, number) for name, pairs in _kinds(found)}
        areas = controls.areas(found, number)
        for layer, cosine in enumerate(found.pair[number].tolist()):
            row: dict[str, object] = {"layer": layer, "correction": correction, "pair": cosine}
            for name, pairs in _kinds(found):
                below = controls.below(pairs, cosine, layer, number)
                row |= {
                    f"{name}_{p}": float(value) for p, value in zip(controls.BAND, bands[name][:, layer], strict=True)
                }
                row |= {f"{name}_below": below.share, f"{name}_below_low": below.low, f"{name}_below_high": below.high}
                row |= {f"{name}_pairs": below.pairs, f"{name}_sentences": below.sentences}
            row["area_under_curve"] = float(areas[layer])
            row["pair_without_attention"] = float(found.alone[layer]) if correction == "raw" else float("nan")
            rows.append(row)
    return pd.DataFrame(rows)


def _kinds(found: ShiftControls) -> tuple[tuple[str, ControlPairs], ...]:
    return (("one_sense", found.same), ("two_senses", found.two), ("different_words", found.random))


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
    """One row a layer: the share named right, how many of how many, and the 95 % interval of that count."""
    tallies = [reading.tally(layer) for layer in range(len(reading.accuracy))]
    low, high = np.array([interval(tally) for tally in tallies]).T
    return pd.DataFrame({
        "layer": np.arange(len(tallies)), "named_right": reading.accuracy, "right": reading.right, "asked": reading.counted,
        "low": low, "high": high, "static_answer": reading.chance,
    })  # fmt: skip


_READERS = ("own_vector", "attention_off", "other_words", "static_words")


def sense_controls_table(found: SenseControls) -> pd.DataFrame:
    """One row a reader and layer, in the order of :class:`ctxcore.SenseControls`, with the columns of :func:`senses_table`."""
    each = [senses_table(reading) for reading in found.readers]
    return pd.concat([table.assign(read_from=name) for name, table in zip(_READERS, each, strict=True)])[
        ["read_from", *each[0].columns]
    ].reset_index(drop=True)


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


def bank_table(found: BankAccuracy) -> pd.DataFrame:
    """One row a word, reader and layer: see :func:`sense_controls_table`."""
    each = [
        sense_controls_table(of).assign(word=word, senses=len(of.own.labels))
        for word, of in zip(found.words, found.readings, strict=True)
    ]
    columns = [c for c in each[0].columns if c not in ("word", "senses")]
    return pd.concat(each)[["word", "senses", *columns]].reset_index(drop=True)


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
