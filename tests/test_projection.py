"""The fan and the projections: against scikit-learn and scipy, by brute force, and the same picture twice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from ctxcore import BadInputError, ContextualModel
from ctxcore.measures.geometry import cosine, unit
from ctxcore.measures.projection import Method, contradictions, faithfulness, fan, project

VECTORS = np.random.default_rng(5).normal(0.3, 1, size=(12, 4, 8)).astype(np.float32)  # [mention, layer, feature]
POINTS = VECTORS[:, -1]
EAST, NORTH, WEST = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]


def one_layer(*points: list[float]) -> np.ndarray:
    return np.array(points, dtype=np.float32)[:, None]


def test_the_last_layer_of_the_fan_is_scikit_learns_pca() -> None:
    found = fan(VECTORS)
    expected = PCA(3).fit(unit(POINTS))
    coordinates = expected.transform(unit(POINTS))
    assert np.abs(found.coordinates[:, -1]) == pytest.approx(np.abs(coordinates), abs=1e-6)
    assert found.explained == pytest.approx(expected.explained_variance_ratio_)
    assert found.rank == 3
    assert found.coordinates.dtype == np.float32


def test_all_layers_are_shown_in_the_plane_of_the_last() -> None:
    found = fan(VECTORS)
    axes = PCA(3).fit(unit(POINTS)).components_
    for layer in range(4):
        directions = unit(VECTORS[:, layer])
        expected = (directions - directions.mean(0)) @ axes.T
        assert np.abs(found.coordinates[:, layer]) == pytest.approx(np.abs(expected), abs=1e-6)


def test_the_mentions_of_each_layer_lie_around_the_origin() -> None:
    assert fan(VECTORS).coordinates.mean(0) == pytest.approx(np.zeros((4, 3)), abs=1e-6)


def test_the_share_of_each_layer_is_of_its_own_variance() -> None:
    found = fan(VECTORS)
    for layer in range(4):
        total = unit(VECTORS[:, layer]).var(0).sum()
        assert found.explained_by_layer[layer] == pytest.approx(found.coordinates[:, layer].var(0) / total, rel=1e-4)
    assert found.explained_by_layer[-1] == pytest.approx(found.explained, rel=1e-4)


def test_what_was_removed_is_the_length_of_the_shared_mean() -> None:
    """East and north share (1, 1) / 2, of length 0.7071; east and west share nothing."""
    assert fan(one_layer(EAST, [0, 3, 0])).removed == pytest.approx([np.sqrt(0.5)])
    assert fan(one_layer(EAST, [-2, 0, 0])).removed == pytest.approx([0])


def test_the_fan_worked_by_hand() -> None:
    """Around their mean, east and west are at +1 and -1 of one axis. The first layer, where both look north, is a point."""
    found = fan(np.array([[NORTH, [5, 0, 0]], [NORTH, WEST]], dtype=np.float32))
    assert found.coordinates[..., 0].tolist() == [[0, 1], [0, -1]]
    assert not found.coordinates[..., 1:].any()
    assert found.explained == pytest.approx([1, 0, 0])
    assert found.rank == 1
    assert found.removed == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("points", "rank"),
    [
        ([EAST], 0),
        ([EAST, EAST, EAST], 0),
        ([EAST, NORTH], 1),
        ([EAST, WEST, EAST, NORTH[::-1]], 2),
        ([EAST, NORTH, EAST, NORTH], 1),
        ([EAST, NORTH, WEST], 2),
        ([EAST, NORTH, WEST, [0.0, 0.0, 1.0]], 3),
    ],
)
def test_the_rank_counts_axes_that_carry_variance(points: list[list[float]], rank: int) -> None:
    found = fan(one_layer(*points))
    assert found.rank == rank
    assert np.isfinite(found.coordinates).all()
    assert not found.coordinates[..., rank:].any()
    assert found.explained.sum() == pytest.approx(1 if rank else 0)
    assert np.count_nonzero(found.explained) == rank


def test_the_farthest_point_of_each_axis_lies_on_its_positive_side() -> None:
    for seed in range(6):
        last = fan(np.random.default_rng(seed).normal(size=(7, 2, 5))).coordinates[:, -1]
        assert np.all(last.max(0) >= -last.min(0))


def test_the_same_input_gives_the_same_bytes() -> None:
    first, second = fan(VECTORS), fan(VECTORS.copy())
    for name in ("coordinates", "explained", "explained_by_layer", "removed"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_length_does_not_matter_to_the_fan() -> None:
    scaled = VECTORS * np.linspace(1, 50, 12, dtype=np.float32)[:, None, None]
    assert fan(scaled).coordinates == pytest.approx(fan(VECTORS).coordinates, abs=1e-6)


@pytest.mark.parametrize("shape", [(4, 5), (0, 3, 5)])
def test_a_fan_needs_mentions_by_layers_by_features(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInputError, match=r"shape \("):
        fan(np.ones(shape))


def test_the_fan_of_ran_opens_into_senses(encoder: ContextualModel) -> None:
    moved = [f"The {who} ran across the field." for who in ("dog", "horse", "boy")]
    executed = [f"The {what} ran without errors." for what in ("program", "script", "software")]
    found = fan(encoder.occurrences("ran", [*moved, *executed]).vectors)
    axis = found.coordinates[:, :, 0]
    assert max(axis[:3, -1]) < min(axis[3:, -1]) or min(axis[:3, -1]) > max(axis[3:, -1])
    assert np.abs(axis[:, 0]).max() < 0.1 * np.abs(axis[:, -1]).max()


def test_pca_is_scikit_learns_and_says_what_it_keeps() -> None:
    found = project(POINTS, "pca", 3)
    expected = PCA(3).fit(unit(POINTS))
    assert np.abs(found.coordinates) == pytest.approx(np.abs(expected.transform(unit(POINTS))), abs=1e-5)
    assert found.explained == pytest.approx(expected.explained_variance_ratio_)
    assert found.method == "pca"
    assert found.coordinates.dtype == np.float32


@pytest.mark.parametrize("points", [[EAST], [EAST, EAST, EAST]])
def test_points_that_do_not_differ_are_one_point(points: list[list[float]]) -> None:
    found = project(np.array(points))
    assert not found.coordinates.any()
    assert found.explained == (0.0, 0.0)
    assert found.faithfulness.trustworthiness is None


def test_two_points_lie_on_one_axis() -> None:
    found = project(np.array([EAST, NORTH]))
    assert np.abs(found.coordinates) == pytest.approx(np.array([[np.sqrt(0.5), 0], [np.sqrt(0.5), 0]]))
    assert found.explained == pytest.approx((1.0, 0.0))


@pytest.mark.parametrize(("method", "least"), [("umap", 5), ("tsne", 4)])
def test_too_few_points_for_a_method_are_refused(method: Method, least: int) -> None:
    with pytest.raises(BadInputError, match=f"{method} needs at least {least} points. Received: {least - 1}."):
        project(POINTS[: least - 1], method)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(BadInputError, match="'mds'"):
        project(POINTS, "mds")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["umap", "tsne"])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_seed_gives_the_same_picture_twice(method: Method, dimensions: int) -> None:
    first, second = (project(POINTS, method, dimensions, seed=4) for _ in range(2))
    assert first.coordinates.shape == (12, dimensions)
    assert first.coordinates.tobytes() == second.coordinates.tobytes()
    assert (first.explained, first.seed) == (None, 4)
    assert not np.allclose(project(POINTS, method, dimensions, seed=5).coordinates, first.coordinates)


@pytest.mark.parametrize(("method", "count"), [("umap", 5), ("tsne", 4)])
def test_the_least_number_of_points_is_drawn(method: Method, count: int) -> None:
    assert np.isfinite(project(POINTS[:count], method).coordinates).all()


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_neighbours_by_cosine_stay_together_whatever_their_length(method: Method) -> None:
    generator = np.random.default_rng(1)
    groups = [np.eye(6)[i] + 0.05 * generator.normal(size=(8, 6)) for i in (0, 1)]
    lengths = generator.uniform(1, 90, size=(16, 1))
    found = project(np.concatenate(groups) * lengths, method)
    near = np.linalg.norm(found.coordinates[:, None] - found.coordinates[None], axis=-1) + np.diag([np.inf] * 16)
    assert [i < 8 for i in near.argmin(1)] == [i < 8 for i in range(16)]


def distances(vectors: np.ndarray) -> np.ndarray:
    """Cosine distances of all pairs, one at a time."""
    return np.array([[0 if i is j else 1 - float(cosine(i, j)) for j in vectors] for i in vectors])


@pytest.mark.parametrize(("count", "k"), [(4, 1), (7, 2), (12, 3), (40, 10)])
def test_faithfulness_is_scikit_learns_and_scipys(count: int, k: int) -> None:
    vectors = np.random.default_rng(count).normal(size=(count, 8))
    picture = np.random.default_rng(count + 1).normal(size=(count, 2))
    real = distances(vectors)
    found = faithfulness(picture, vectors)
    assert found.k == k
    assert found.trustworthiness == pytest.approx(trustworthiness(real, picture, n_neighbors=k, metric="precomputed"))
    pairs = list(combinations(range(count), 2))
    shown = [np.linalg.norm(picture[i] - picture[j]) for i, j in pairs]
    assert found.rank_correlation == pytest.approx(spearmanr(shown, [real[pair] for pair in pairs]).statistic)
    assert found.neighbour_overlap == pytest.approx(overlap(real, picture, k))


def overlap(real: np.ndarray, picture: np.ndarray, k: int) -> float:
    """Mean share of common neighbours, by sorting the others of each point."""
    shares = []
    for i in range(len(picture)):
        others = [j for j in range(len(picture)) if j != i]
        by_cosine = set(sorted(others, key=lambda j: real[i, j])[:k])
        by_eye = set(sorted(others, key=lambda j: float(np.linalg.norm(picture[i] - picture[j])))[:k])
        shares.append(len(by_cosine & by_eye) / k)
    return float(np.mean(shares))


def test_a_true_picture_is_fully_trusted() -> None:
    angles = np.array([0.1, 0.25, 0.5, 0.8, 1.2, 1.7])
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = faithfulness(circle, circle * 7)
    assert (found.trustworthiness, found.neighbour_overlap) == (1.0, 1.0)
    assert found.rank_correlation == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("picture", "vectors"),
    [
        (POINTS[:3, :2], POINTS[:3]),
        (np.zeros((6, 2)), POINTS[:6]),
        (POINTS[:6, :2], np.ones((6, 8))),
    ],
    ids=["three points", "one place", "one vector"],
)
def test_nothing_is_said_where_there_is_nothing_to_rank(picture: np.ndarray, vectors: np.ndarray) -> None:
    found = faithfulness(picture, vectors)
    assert (found.trustworthiness, found.neighbour_overlap, found.rank_correlation) == (None, None, None)


def test_a_pair_that_the_picture_shows_close_against_the_cosine_is_named() -> None:
    """By angle: 01 20, 12 50, 02 70, 23 110, 13 160, 03 180. In the picture: 03 1, 13 4, 01 5, 12 15, 23 19, 02 20."""
    angles = np.radians([0, 20, 70, 180])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    picture = np.array([[0, 0], [5, 0], [20, 0], [1, 0]])
    found = contradictions(picture, vectors)
    assert (found[0].first, found[0].second) == (0, 3)
    assert found[0].cosine == pytest.approx(-1)
    assert (found[0].cosine_rank, found[0].picture_rank) == (1.0, 0.0)
    others = {(c.first, c.second): (c.cosine_rank, c.picture_rank) for c in found[1:]}
    assert others == {(0, 2): pytest.approx((0.4, 1.0)), (1, 3): pytest.approx((0.8, 0.2))}


def test_at_most_the_asked_number_of_pairs_is_named() -> None:
    angles = np.radians([0, 20, 70, 180])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert len(contradictions(np.array([[0, 0], [5, 0], [20, 0], [1, 0]]), vectors, most=1)) == 1


def test_a_true_picture_contradicts_nothing() -> None:
    angles = np.radians([0, 20, 70, 180])
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert contradictions(circle, circle) == ()


def test_three_points_contradict_nothing() -> None:
    assert contradictions(np.array([[0, 0], [9, 0], [1, 0]]), np.array([EAST, EAST, WEST])) == ()
