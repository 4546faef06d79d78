"""In which order words stand, so that like ones come side by side."""

from __future__ import annotations

import numpy as np

from ctxcore.measures.geometry import cosine_matrix


def cluster_order(vectors: np.ndarray) -> list[int]:
    """Order of vectors ``[point, feature]`` along the leaves of a tree: average linkage of cosine distances.

    The tree is turned so that neighbouring leaves are as near as it allows (Bar-Joseph, Gifford & Jaakkola 2001).
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(vectors) < 3:
        return list(range(len(vectors)))
    distances = np.maximum(1 - cosine_matrix(vectors), 0)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), method="average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]
