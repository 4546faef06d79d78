"""Vectors of the usages that a search found, read by a model that is there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctxcore.errors import BadInputError
from ctxcore.progress import Progress, silent
from ctxcore.types.found import FoundUsages, UsageVectors

if TYPE_CHECKING:
    from ctxcore.models.contextual import ContextualModel

_STEP = 1024
"""Usages between two looks at how far it is, at the most."""


def usage_vectors(
    model: ContextualModel,
    found: FoundUsages,
    layer: int | None = None,
    most: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> UsageVectors:
    """The vectors of usages at one layer, each the mean over its tokens.

    Args:
        model: Reads the sentences.
        found: The usages.
        layer: From 0, the embedding output; None is the last. One that the model does not have counts as the last.
        most: Only so many usages, drawn at random, the same each time.
        seed: Of the drawing.
        progress: Called with the share done, the rate and the time left after each batch of the model.

    Raises:
        BadInputError: The model reads none of the sentences whole.
    """
    layer = model.layers if layer is None else min(layer, model.layers)
    rows = np.arange(len(found.rows))
    if most is not None and len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    vectors = np.empty((len(rows), model.features), np.float16)
    kept: list[np.ndarray] = []
    done, began = 0, time.monotonic()
    for start in range(0, len(rows), _STEP):
        part = rows[start : start + _STEP]

        def say(share: float, what: str, before: int = start, size: int = len(part)) -> None:
            progress(*_pace(before + share * size, len(rows), time.monotonic() - began))

        there, read = _read(model, found.rows.take(pa.array(part)), layer, say)
        vectors[done : done + len(read)] = read
        kept.append(part[there])
        done += len(read)
    if not done:
        raise BadInputError(
            f"The model reads at most {model.limit:,} tokens at once.",
            f"{len(rows):,} usages, all in longer sentences",
            "Cut the text into sentences, one a line, or choose a model that reads more.",
        )
    return UsageVectors(found, np.concatenate(kept), vectors[:done].copy(), layer, len(rows) - done)


def _read(model: ContextualModel, rows: pa.Table, layer: int, progress: Progress) -> tuple[np.ndarray, np.ndarray]:
    """Which rows the model reads whole, and their vectors ``[row, feature]``."""
    index: dict[str, int] = {}
    places = np.array([index.setdefault(sentence, len(index)) for sentence in rows["sentence"].to_pylist()])
    sentences = list(index)
    long = model.too_long(sentences)
    there = ~np.isin(places, list(long))
    spans = np.column_stack([places, rows["start"].to_numpy(), rows["end"].to_numpy()])[there]
    if not len(spans):
        return there, np.empty((0, model.features), np.float32)
    if long:
        readable = [sentence for i, sentence in enumerate(sentences) if i not in long]
        spans[:, 0] = np.searchsorted([i for i in range(len(sentences)) if i not in long], spans[:, 0])
        sentences = readable
    return there, model.span_vectors(sentences, spans, layer, progress)[:, 0]


def _pace(done: float, total: int, seconds: float) -> tuple[float, str]:
    """The share done, and in words how far it is, how fast, and how long it still takes."""
    rate = done / max(seconds, 1e-9)
    left = f", {(total - done) / rate:,.0f} s left" if rate > 1e-9 else ""
    return done / total, f"{done:,.0f} of {total:,} usages read, {rate:,.0f} a second{left}"
