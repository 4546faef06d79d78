"""High-dimensional vectors in a plane, and how far the picture can be believed."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import cosine_matrix, unit
from ctxcore.types import Contradiction, Faithfulness, Fan, Projection

Method = Literal["pca", "umap", "tsne"]
AXES = 3
_NOTHING = 1e-9
"""Variance below this is rounding: unit vectors have a total variance of at most 1."""


def fan(vectors: np.ndarray) -> Fan:
    """Trails of mentions through the layers, in one plane for all.

    Unit vectors; from each layer the mean over the mentions is subtracted (what they all share); a PCA is fitted on the
    last layer, and every layer is projected into it. The trails start close to one point, the word embedding that all
    mentions share, and open into senses. Axes point so that their largest coordinate is positive: the same input gives the
    same picture.

    Args:
        vectors: ``[mention, layer, feature]``, one mention at least.
    """
    if np.ndim(vectors) != 3 or not len(vectors):
        raise BadInputError(
            "Mentions by layers by features are needed.", f"shape {np.shape(vectors)}", "Pass Occurrences.vectors."
        )
    directions = unit(vectors)
    shared = directions.mean(0)  # [layer, feature]
    rest = directions - shared
    axes, variances = _principal_axes(rest[:, -1])
    coordinates = np.zeros((*vectors.shape[:2], AXES))
    coordinates[..., : len(axes)] = rest @ axes.T
    by_layer = (coordinates**2).mean(0) / np.maximum((rest**2).mean(0).sum(-1), _NOTHING)[:, None]
    total = (rest[:, -1] ** 2).mean(0).sum()
    explained = np.zeros(AXES)
    explained[: len(axes)] = variances / max(total, _NOTHING)
    return Fan(coordinates.astype(np.float32), explained, by_layer, np.linalg.norm(shared, axis=-1), len(axes))


def project(vectors: np.ndarray, method: Method = "pca", dimensions: int = 2, seed: int = 0) -> Projection:
    """Unit vectors ``[point, feature]`` in a plane or in space, in one joint fit.

    PCA is the default: linear, with a stated share of variance. UMAP (McInnes et al. 2018) and t-SNE (van der Maaten &
    Hinton 2008) keep neighbourhoods and not distances; both are seeded and work on cosine distances.

    Raises:
        BadInputError: Too few points for the method.
    """
    directions = unit(vectors)
    least = {"pca": 1, "umap": 5, "tsne": 4}.get(method)
    if least is None:
        raise BadInputError("The method is pca, umap or tsne.", repr(method), "Choose one of them.")
    if len(directions) < least:
        raise BadInputError(
            f"{method} needs at least {least} points.", f"{len(directions)}", "Add sentences, or choose pca."
        )
    if method == "pca":
        coordinates, explained = _pca(directions, dimensions)
    else:
        coordinates, explained = _by_neighbours(directions, method, dimensions, seed), None
    return Projection(coordinates.astype(np.float32), method, explained, faithfulness(coordinates, vectors), seed)


def faithfulness(coordinates: np.ndarray, vectors: np.ndarray) -> Faithfulness:
    """How far a picture ``[point, axis]`` of vectors ``[point, feature]`` can be believed.

    k, the number of neighbours that is looked at, grows with the number of points: a third of the others, at most 10.
    """
    from scipy.spatial.distance import pdist, squareform
    from scipy.stats import spearmanr

    count = len(coordinates)
    k = max(1, min(10, (count - 1) // 3))
    if count < 4:
        return Faithfulness(None, None, None, k)
    cosine_distance = np.maximum(1 - cosine_matrix(vectors), 0)
    np.fill_diagonal(cosine_distance, 0)
    picture = pdist(coordinates)
    pairs = squareform(cosine_distance, checks=False)
    if np.ptp(pairs) < _NOTHING or np.ptp(picture) < _NOTHING:  # all alike: nothing to rank
        return Faithfulness(None, None, None, k)
    real, shown = _nearest(cosine_distance, k), _nearest(squareform(picture), k)
    overlap = np.mean([len(set(a) & set(b)) / k for a, b in zip(real, shown, strict=True)])
    return Faithfulness(
        _trustworthiness(cosine_distance, shown), float(overlap), float(spearmanr(picture, pairs).statistic), k
    )


def contradictions(coordinates: np.ndarray, vectors: np.ndarray, most: int = 3) -> tuple[Contradiction, ...]:
    """Pairs that lie close together in the picture although their cosine is among the lowest, or the reverse.

    Pairs are ranked by distance in the picture and by cosine distance, from 0 (closest pair) to 1 (farthest); a pair counts
    where the two differ by more than a half. The worst come first.
    """
    count = len(coordinates)
    pairs = list(combinations(range(count), 2))
    if len(pairs) < 6:  # with three points or fewer, ranks say nothing
        return ()
    cosines = cosine_matrix(vectors)
    picture = [float(np.linalg.norm(np.subtract(coordinates[a], coordinates[b]))) for a, b in pairs]
    shown = _ranks(np.array(picture))
    real = _ranks(np.array([-cosines[a, b] for a, b in pairs]))
    worst = np.argsort(-np.abs(shown - real), kind="stable")[:most]
    return tuple(
        Contradiction(pairs[i][0], pairs[i][1], float(cosines[pairs[i]]), float(real[i]), float(shown[i]))
        for i in worst
        if abs(shown[i] - real[i]) > 0.5
    )


def _principal_axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Axes ``[axis, feature]`` of greatest variance of centred points, with their variances; at most three, none empty."""
    _, singular, axes = np.linalg.svd(points, full_matrices=False)
    variances = singular**2 / len(points)
    kept = int((variances[:AXES] > _NOTHING).sum())
    axes = axes[:kept]
    reach = points @ axes.T  # the sign of an axis is arbitrary: let its farthest point lie on the positive side
    far = np.abs(reach).argmax(0)
    return axes * np.sign(reach[far, np.arange(kept)])[:, None], variances[:kept]


def _pca(directions: np.ndarray, dimensions: int) -> tuple[np.ndarray, tuple[float, ...]]:
    from sklearn.decomposition import PCA

    kept = min(dimensions, *directions.shape)
    fitted = PCA(kept, svd_solver="covariance_eigh" if len(directions) > directions.shape[1] else "full")
    coordinates = np.zeros((len(directions), dimensions))
    if len(directions) > 1 and np.ptp(directions, axis=0).max() > _NOTHING:
        coordinates[:, :kept] = fitted.fit_transform(directions)
        return coordinates, (*fitted.explained_variance_ratio_.tolist(), *[0.0] * (dimensions - kept))
    return coordinates, (0.0,) * dimensions


def _by_neighbours(directions: np.ndarray, method: str, dimensions: int, seed: int) -> np.ndarray:
    count = len(directions)
    if method == "umap":
        from umap import UMAP

        # One job: UMAP gives the same picture twice only when seeded and run on one thread.
        fitted: Any = UMAP(
            n_components=dimensions,
            n_neighbors=min(15, count - 1),
            metric="cosine",
            random_state=seed,
            n_jobs=1,
            init="pca",
        )
    else:
        from sklearn.manifold import TSNE

        perplexity = max(1.0, min(30.0, (count - 1) / 3))
        fitted = TSNE(dimensions, perplexity=perplexity, metric="cosine", init="random", random_state=seed)
    with threadpool_limits(
        1
    ):  # a few points on many threads: they wait for each other a hundred times as long as they work
        return np.asarray(fitted.fit_transform(directions.astype(np.float32)), dtype=np.float64)


def _trustworthiness(distances: np.ndarray, shown: np.ndarray) -> float:
    """Venna & Kaski 2001: 1 minus the penalty for points that the picture alone makes neighbours."""
    count, k = shown.shape
    order = np.argsort(distances + np.diag([-1.0] * count), axis=1, kind="stable")  # self first
    rank = np.empty_like(order)
    rank[np.arange(count)[:, None], order] = np.arange(count)
    intruders = np.maximum(rank[np.arange(count)[:, None], shown] - k, 0).sum()
    return float(1 - intruders * 2 / (count * k * (2 * count - 3 * k - 1)))


def _nearest(distances: np.ndarray, k: int) -> np.ndarray:
    """Indices ``[point, k]`` of each point's nearest others."""
    return np.argsort(distances + np.diag([np.inf] * len(distances)), axis=1, kind="stable")[:, :k]


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0 (least) to 1 (greatest); ties share their mean."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(values) - 1) / (len(values) - 1))
