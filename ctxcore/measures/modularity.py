"""Groups in a graph of nearest neighbours: how many there are, and how well they hold together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def neighbour_graph(directions: np.ndarray, neighbours: int) -> np.ndarray:
    """Weights ``[point, point]`` of a graph: 1 where each of two is among the nearest of the other by cosine, 1/2 where one is.

    Args:
        directions: ``[point, feature]`` unit vectors.
        neighbours: Of each point; fewer than there are points.
    """
    cosines = directions @ directions.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :neighbours]
    graph = np.zeros(cosines.shape)
    np.put_along_axis(graph, nearest, 0.5, axis=1)
    return np.asarray(graph + graph.T)


def modularity(graph: np.ndarray, groups: np.ndarray) -> float:
    """How much more of the weight lies within groups than chance would put there, 1 at the most (Newman 2006, equation 4).

    Args:
        graph: Weights ``[point, point]``, symmetric.
        groups: ``[point]`` the group of each, whole numbers from 0.
    """
    member = np.eye(int(groups.max()) + 1)[groups]  # [point, group]
    shares = member.T @ graph @ member / graph.sum()
    return float(np.trace(shares) - (shares.sum(0) ** 2).sum())


def spectral_groups(graph: np.ndarray, counts: Iterable[int], seed: int = 0) -> list[np.ndarray]:
    """Groups ``[point]`` that cut few edges, for each number of them (normalised cuts, Shi & Malik 2000).

    Args:
        graph: Weights ``[point, point]``, symmetric, no point without a neighbour.
        counts: How many groups, each at least 2.
        seed: Of the k-means over the eigenvectors.
    """
    from sklearn.cluster import KMeans

    counts, root = list(counts), np.sqrt(graph.sum(1))
    values, vectors = np.linalg.eigh(graph / root[:, None] / root)
    places = vectors[:, np.argsort(-values, kind="stable")] / root[:, None]
    return [
        np.asarray(KMeans(count, n_init=10, random_state=seed).fit_predict(places[:, :count]), np.int64)
        for count in counts
    ]
