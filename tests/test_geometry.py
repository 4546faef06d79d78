"""Angles and distances: hand-worked numbers in the plane, and brute force over all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctxcore import BadInputError, ContextualModel, Occurrences, StaticSpace
from ctxcore.measures import geometry

RANDOM = np.random.default_rng(3).normal(0.4, 1, size=(9, 4, 6)).astype(np.float32)  # [occurrence, layer, feature]


def pair_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The textbook formula, one pair at a time."""
    return float(a.astype(float) @ b.astype(float) / np.linalg.norm(a.astype(float)) / np.linalg.norm(b.astype(float)))


def occurrences(vectors: np.ndarray, words: list[str], sentences: list[int]) -> Occurrences:
    spans = tuple((0, len(w)) for w in words)
    return Occurrences(vectors, tuple(sentences), spans, tuple(words), ("x",) * len(words), (("x",),) * len(words))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 0], [0, 2], 0.0),
        ([3, 4], [6, 8], 1.0),
        ([1, 0], [-5, 0], -1.0),
        ([3, 4], [4, 3], 0.96),
        ([1, 0], [1, 1], 0.7071067811865476),
        ([0, 0], [1, 0], 0.0),
    ],
)
def test_cosine_in_the_plane(first: list[float], second: list[float], expected: float) -> None:
    assert geometry.cosine(np.array(first), np.array(second)) == pytest.approx(expected, abs=1e-15)


def test_a_vector_keeps_its_direction_at_length_one_and_zero_stays_zero() -> None:
    assert geometry.unit(np.array([[3, 4], [0, 0], [0, -2]])).tolist() == [[0.6, 0.8], [0, 0], [0, -1]]


def test_a_cosine_never_leaves_its_range() -> None:
    many = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    assert np.abs(geometry.cosine(many, many * 3)).max() <= 1
    assert np.abs(geometry.cosine_matrix(np.concatenate([many, -many]))).max() <= 1


def test_the_matrix_holds_every_pair() -> None:
    points = np.array([[1, 0], [0, 2], [3, 4]])
    assert geometry.cosine_matrix(points) == pytest.approx(np.array([[1, 0, 0.6], [0, 1, 0.8], [0.6, 0.8, 1]]))


def test_the_centred_cosine_is_taken_from_the_mean() -> None:
    """(11, 10) and (10, 11) look alike from the origin; seen from their shared (10, 10) they are at right angles."""
    points, mean = np.array([[11, 10], [10, 11], [9, 10]]), np.array([10, 10])
    assert geometry.cosine_matrix(points)[0, 1] == pytest.approx(220 / 221)
    assert geometry.cosine_matrix(points, mean) == pytest.approx(np.array([[1, 0, -1], [0, 1, 0], [-1, 0, 1]]))


def test_the_greatest_distance_is_the_farthest_pair() -> None:
    assert geometry.greatest_distance(np.array([[0, 0], [3, 4], [1, 1], [-3, -4]])) == 10
    assert geometry.greatest_distance(np.array([[5.0, 5.0]])) == 0
    assert geometry.greatest_distance(np.empty((0, 2))) == 0


def test_one_static_vector_a_word_is_exactly_no_distance(static: StaticSpace) -> None:
    assert geometry.greatest_distance(np.stack([static.vector("ran"), static.vector("Ran")])) == 0.0
    assert geometry.greatest_distance(np.stack([static.vector("ran"), static.vector("run")])) > 1


def test_self_similarity_is_the_mean_over_all_pairs() -> None:
    expected = [
        np.mean([pair_cosine(RANDOM[a, layer], RANDOM[b, layer]) for a, b in combinations(range(9), 2)])
        for layer in range(4)
    ]
    assert geometry.self_similarity(RANDOM) == pytest.approx(np.array(expected), abs=1e-12)


def test_self_similarity_worked_by_hand() -> None:
    """East, north and northeast: (0 + 0.7071 + 0.7071) / 3."""
    vectors = np.array([[[2, 0]], [[0, 1]], [[1, 1]]])
    assert geometry.self_similarity(vectors) == pytest.approx([np.sqrt(2) / 3])


def test_two_mentions_in_one_sentence_are_no_pair() -> None:
    """East and north in one sentence, northeast in another: the right angle between the first two does not count."""
    vectors = np.array([[[2, 0]], [[0, 1]], [[1, 1]]])
    assert geometry.self_similarity(vectors, (4, 4, 7)) == pytest.approx([np.sqrt(0.5)])
    with pytest.raises(BadInputError, match="3 in one sentence"):
        geometry.self_similarity(vectors, (4, 4, 4))
    with pytest.raises(BadInputError, match="1 in one sentence"):
        geometry.self_similarity(RANDOM[:1])


def test_intra_sentence_similarity_is_taken_with_the_mean() -> None:
    """East and north around (1, 1) / 2: both at 45 degrees to it."""
    hidden = np.array([[[1, 0], [0, 1]], [[1, 0], [3, 0]]])
    assert geometry.intra_sentence_similarity(hidden) == pytest.approx([np.sqrt(0.5), 1])


def test_distance_from_the_static_twin() -> None:
    vectors = np.array([[[1, 0], [0, 1], [1, 1]], [[0, 2], [0, 1], [0, -1]]])
    assert geometry.from_static_twin(vectors) == pytest.approx(np.array([[1, 0, np.sqrt(0.5)], [1, 1, -1]]))


WORDS = ("a", "b", "c", "a", "d", "b", "e", "f", "a")
SENTENCES = (0, 0, 1, 1, 2, 2, 3, 3, 4)


def test_anisotropy_is_the_mean_over_pairs_of_other_words_in_other_sentences() -> None:
    pairs = [
        (i, j) for i, j in combinations(range(9), 2) if WORDS[i] != WORDS[j] and SENTENCES[i] != SENTENCES[j]
    ]  # fmt: skip
    expected = [np.mean([pair_cosine(RANDOM[i, n], RANDOM[j, n]) for i, j in pairs]) for n in range(4)]
    assert geometry.anisotropy(RANDOM, WORDS, SENTENCES) == pytest.approx(np.array(expected), abs=0.03)


def test_anisotropy_leaves_out_the_same_word() -> None:
    """The two "a" look the same; all other pairs are at right angles."""
    vectors = np.array([[[1, 0]], [[1, 0]], [[0, 1]]])
    assert geometry.anisotropy(vectors, ("a", "a", "b"), (0, 1, 2)).tolist() == [0]


def test_anisotropy_leaves_out_the_same_sentence() -> None:
    """The two of sentence 0 look opposite ways; all other pairs are at right angles."""
    vectors = np.array([[[1, 0]], [[-1, 0]], [[0, 1]]])
    assert geometry.anisotropy(vectors, ("a", "b", "c"), (0, 0, 1)).tolist() == [0]


def test_anisotropy_is_the_same_for_a_seed_and_another_for_another() -> None:
    first, again, other = (geometry.anisotropy(RANDOM, WORDS, SENTENCES, seed) for seed in (0, 0, 1))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_anisotropy_needs_other_words_in_other_sentences() -> None:
    with pytest.raises(BadInputError, match="different words in different sentences"):
        geometry.anisotropy(RANDOM[:2], ("a", "b"), (0, 0))
    with pytest.raises(BadInputError, match="different words in different sentences"):
        geometry.anisotropy(RANDOM[:2], ("a", "a"), (0, 1))


def test_a_background_gathers_the_baselines_in_any_case() -> None:
    found = geometry.background(occurrences(RANDOM, [*WORDS[:-1], "A"], list(SENTENCES)))
    recurring = [geometry.self_similarity(RANDOM[[0, 3, 8]]), geometry.self_similarity(RANDOM[[1, 5]])]
    assert found.same_words == pytest.approx(np.mean(recurring, axis=0))
    assert found.random_words == pytest.approx(geometry.anisotropy(RANDOM, WORDS, SENTENCES))
    assert found.mean == pytest.approx(RANDOM.mean(0), abs=1e-6)
    assert (found.recurring, found.pairs) == (2, 4000)
    assert found.mean.dtype == np.float64


def test_the_same_word_is_compared_across_sentences_alone() -> None:
    """ "a" stands twice in sentence 0 and once in 1: its pairs across are (6, 8) and (4, 3) with (3, 4), (1 + 0.96) / 2; the pair
    within would be 0.96. "b" recurs within sentence 1 alone and is no pair. "c" is at right angles to itself."""
    vectors = np.array([[[6, 8]], [[4, 3]], [[3, 4]], [[1, 0]], [[1, 0]], [[1, 0]], [[0, 1]]])
    words, sentences = ["a", "A", "a", "b", "b", "c", "c"], [0, 0, 1, 1, 1, 0, 2]
    found = geometry.background(occurrences(vectors, words, sentences))
    assert found.same_words == pytest.approx([(0.98 + 0) / 2])
    assert found.recurring == 2


@pytest.mark.parametrize("seed", range(4))
def test_pairs_across_sentences_are_those_of_a_loop(seed: int) -> None:
    draw = np.random.default_rng(seed)
    vectors = draw.normal(0.3, 1, size=(24, 2, 5)).astype(np.float32)
    words, sentences = [str(w) for w in draw.integers(0, 4, 24)], draw.integers(0, 5, 24).tolist()
    by_word = []
    for word in sorted(set(words)):
        places = [i for i in range(24) if words[i] == word]
        pairs = [(i, j) for i, j in combinations(places, 2) if sentences[i] != sentences[j]]
        if pairs:
            by_word.append([np.mean([pair_cosine(vectors[i, n], vectors[j, n]) for i, j in pairs]) for n in range(2)])
    found = geometry.background(occurrences(vectors, words, sentences))
    assert found.same_words == pytest.approx(np.mean(by_word, axis=0), abs=1e-7)
    assert found.recurring == len(by_word)


def test_a_word_that_recurs_within_one_sentence_alone_is_no_background() -> None:
    with pytest.raises(BadInputError, match="another sentence"):
        geometry.background(occurrences(RANDOM[:3], ["a", "a", "b"], [0, 0, 1]))


def test_a_background_needs_words_that_recur() -> None:
    with pytest.raises(BadInputError, match="recur"):
        geometry.background(occurrences(RANDOM[:3], ["a", "b", "c"], [0, 1, 2]))


def test_the_adjusted_self_similarity_is_the_raw_minus_the_random_pairs() -> None:
    against = geometry.background(occurrences(RANDOM, list(WORDS), list(SENTENCES)))
    found = geometry.compare_self_similarity(RANDOM[:3], against)
    assert found.word == pytest.approx(geometry.self_similarity(RANDOM[:3]))
    assert found.less_random == pytest.approx(found.word - against.random_words)
    assert np.array_equal(found.same_words, against.same_words)
    assert (found.pairs, found.recurring) == (4000, 2)


def test_a_word_in_one_meaning_is_more_alike_than_random_words(encoder: ContextualModel) -> None:
    from ctxcore import background_sentences, words_of
    from ctxcore.types import Mention

    sentences = background_sentences(1)
    mentions = [Mention(i, w.start, w.end) for i, s in enumerate(sentences) for w in words_of(s)]
    against = geometry.background(encoder.vectors(sentences, mentions))
    word = encoder.occurrences("ran", ["The dog ran quickly.", "A horse ran fast.", "The boy ran home."]).vectors
    found = geometry.compare_self_similarity(word, against)
    assert np.all(found.less_random > 0.3)
    assert np.all(found.same_words > found.random_words)
