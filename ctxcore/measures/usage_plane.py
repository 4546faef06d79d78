"""Very many vectors in the plane of their greatest variance, worked out block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ctxcore.measures.geometry import unit

_BLOCK = 8192


def plane(vectors: np.ndarray) -> tuple[np.ndarray, tuple[float, float], float]:
    """PCA of unit vectors ``[point, feature]``, exact, so that there is nothing to be drawn and no seed.

    Each axis points so that the point farthest from the middle lies on its positive side: the same input gives the same picture.

    Returns:
        Coordinates ``[point, 2]``, the share of variance of each axis, and the mean cosine of two points (NaN where there is one).
    """
    count, size = vectors.shape
    total, squares = np.zeros(size), np.zeros((size, size))
    for block in _directions(vectors):
        total += block.sum(0)
        squares += block.T @ block
    mean = total / count
    spread = squares / count - np.outer(mean, mean)
    variances, axes = np.linalg.eigh(spread)
    whole = float(np.trace(spread))
    coordinates = np.zeros((count, 2), np.float32)
    if whole > 1e-9:  # else all are one point, and what is left is rounding
        chosen = axes[:, [-1, -2]] if size > 1 else np.column_stack([axes[:, -1], np.zeros(size)])
        place = 0
        for block in _directions(vectors):
            coordinates[place : place + len(block)] = (block - mean) @ chosen
            place += len(block)
        far = np.abs(coordinates).argmax(0)
        coordinates *= np.where(coordinates[far, [0, 1]] < 0, -1, 1).astype(np.float32)
    shares = [float(max(0.0, variances[-i])) / whole if whole > 1e-9 and size >= i else 0.0 for i in (1, 2)]
    cosine = (float(total @ total) - np.trace(squares)) / (count * (count - 1)) if count > 1 else float("nan")
    return coordinates, (shares[0], shares[1]), float(cosine)


def _directions(vectors: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(vectors), _BLOCK):
        yield np.asarray(unit(vectors[start : start + _BLOCK].astype(np.float32)), np.float64)
