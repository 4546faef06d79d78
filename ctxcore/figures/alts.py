"""What figures show, in words with their numbers, for a reader who does not see them. All is computed from what is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures.theme import percent
from ctxcore.figures.trails import beginnings
from ctxcore.measures.geometry import SAME, cosine_matrix, self_similarity
from ctxcore.types import Neighbour, Occurrences, SelfSimilarity, SenseReading


def fan_alt(occurrences: Occurrences, senses: Sequence[str | None] | None = None) -> str:
    """Where trails begin, how far they part, and whether they part by sense."""
    count, layers = len(occurrences), occurrences.vectors.shape[1]
    if count == 1:
        return f"The trail of one occurrence through {layers - 1} layers: nothing to compare it with."
    start = beginnings(occurrences)
    apart = self_similarity(occurrences.vectors[:, -1:])[0]
    said = [
        f"Trails of {count} occurrences through {layers - 1} layers.",
        "They begin at one point" if start.one else f"Each begins at its own point (mean cosine {start.cosine:.2f})",
    ]
    if apart >= 1 - SAME:
        return f"{' '.join(said)} and end in one: at the last layer all have the same vector."
    said[-1] += f" and reach a mean cosine of {apart:.2f} at the last layer."
    within, between = _by_sense(occurrences.vectors[:, -1], list(senses or ()))
    if within is not None and between is not None:
        said.append(f"There occurrences of one sense have {within:.2f}, of different senses {between:.2f}.")
    return " ".join(said)


def _by_sense(vectors: np.ndarray, senses: Sequence[str | None]) -> tuple[float | None, float | None]:
    """Mean cosine of the pairs of one sense and of the pairs of two, over the labelled mentions; None where there is no pair."""
    rows = [i for i, sense in enumerate(senses) if sense]
    if not rows:
        return None, None
    names = np.array([str(senses[i]) for i in rows])
    cosines = cosine_matrix(vectors[rows])
    alike = names[:, None] == names[None]
    pairs = np.triu(np.ones_like(alike), 1).astype(bool)
    found = [cosines[pairs & part] for part in (alike, ~alike)]
    within, between = (float(c.mean()) if c.size else None for c in found)
    return within, between


def projection_alt(vectors: np.ndarray, layer: int, senses: Sequence[str | None] | None = None) -> str:
    """How many points there are, how alike their vectors ``[occurrence, feature]`` at that layer, and whether by sense."""
    count = len(vectors)
    if count == 1:
        return f"One occurrence at layer {layer}, one point."
    said = (
        f"{count} occurrences at layer {layer}, one point each; mean cosine {self_similarity(vectors[:, None])[0]:.2f}"
    )
    within, between = _by_sense(vectors, list(senses or ()))
    if within is None or between is None:
        return f"{said}."
    return f"{said}, within a sense {within:.2f}, between senses {between:.2f}."


def similarity_alt(matrix: np.ndarray) -> str:
    """From lowest to highest cosine of two occurrences, and the mean."""
    pairs = np.asarray(matrix, np.float64)[np.triu_indices(len(matrix), 1)]
    if not pairs.size:
        return "Cosine matrix of one occurrence: only its own 1."
    if np.ptp(pairs) <= SAME:
        return f"Cosine of all pairs of {len(matrix)} occurrences: {pairs[0]:.2f} everywhere."
    return f"Cosine of all pairs of {len(matrix)} occurrences: from {pairs.min():.2f} to {pairs.max():.2f}, mean {pairs.mean():.2f}."


def self_similarity_alt(measured: SelfSimilarity) -> str:
    """The word and its two baselines at both ends."""
    lines = (
        ("the word", measured.word), ("other words across sentences", measured.same_words),
        ("random pairs of words", measured.random_words),
    )  # fmt: skip
    said = "; ".join(f"{name} {values[0]:.2f} and {values[-1]:.2f}" for name, values in lines)
    return f"Mean cosine at layer 0 and at layer {len(measured.word) - 1}: {said}."


def senses_alt(reading: SenseReading) -> str:
    """Accuracy at both ends beside the static answer."""
    first, last = (percent(float(reading.accuracy[i])) for i in (0, -1))
    return (
        f"Accuracy on {reading.counted} occurrences, nearest centroid: {first} at layer 0, {last} at layer "
        f"{len(reading.accuracy) - 1}; a static vector {percent(reading.chance)}."
    )


def readers_alt(by_layer: np.ndarray, chance: float) -> str:
    """Accuracy ``[reader, layer]`` of the readers of :class:`ctxcore.SenseControls`: the first at both ends, the others at the last."""
    first, own, off, others, bag = (percent(float(x)) for x in (by_layer[0, 0], *by_layer[:, -1]))
    return (
        f"Accuracy of the word\u2019s own vector: {first} at layer 0, {own} at layer {by_layer.shape[1] - 1}; there with attention "
        f"off {off}, the sentence\u2019s other words {others}, the mean of their static vectors {bag}, chance {percent(chance)}."
    )


def neighbours_alt(neighbours: Sequence[Neighbour]) -> str:
    """The nearest few words with their cosines."""
    named = ", ".join(f"{n.word} ({n.similarity:.2f})" for n in neighbours[:3])
    return f"Nearest to the static vector: {named}."
