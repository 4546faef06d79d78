"""The senses of a word in a text: hand-made clouds, the sense bank, and words with one sense."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import linregress
from sklearn.cluster import SpectralClustering
from sklearn.metrics import adjusted_rand_score

import ctxcore
from ctxcore import BadInputError, senses_of
from ctxcore.corpus import senses
from ctxcore.corpus.context_slope import MOST, ContextSlope, context_slope, read
from ctxcore.corpus.one_sense import ONE_SENSE, apart_for, one_sense_slope, slope_for, usages_in
from ctxcore.measures.modularity import modularity, neighbour_graph, spectral_groups

TRIANGLES = np.array([[i // 3 == j // 3 and i != j for j in range(6)] for i in range(6)], float)
TRIANGLES[2, 3] = TRIANGLES[3, 2] = 1  # two triangles, and one edge between them


def clouds(*sizes: int, wide: float = 0.2, seed: int = 0) -> np.ndarray:
    """Points around an axis of its own for each cloud, 20 features."""
    chance = np.random.default_rng(seed)
    return np.concatenate([np.eye(20)[k] + wide * chance.standard_normal((n, 20)) for k, n in enumerate(sizes)])


def given(vectors: np.ndarray, words: tuple[str, ...] = ()) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Vectors with a sentence each, of words that no other has but for those that are given, and where its word stands."""
    beside = words or ("",) * len(vectors)
    texts = [f"bank {word} a{n} b{n} c{n} d{n} e{n} f{n}" for n, word in enumerate(beside)]
    return vectors, texts, np.tile([0, 4], (len(vectors), 1))


def test_modularity_by_hand() -> None:
    """Of 14 half edges 6 lie within each triangle: 12/14 - 2 * (7/14)^2 (Newman 2006)."""
    assert modularity(TRIANGLES, np.array([0, 0, 0, 1, 1, 1])) == pytest.approx(12 / 14 - 0.5)
    assert modularity(TRIANGLES, np.zeros(6, int)) == pytest.approx(0)
    assert modularity(TRIANGLES, np.array([0, 1, 0, 1, 0, 1])) < 0


@pytest.mark.filterwarnings("ignore:Graph is not fully connected")
def test_groups_are_those_of_another_implementation() -> None:
    graph = neighbour_graph(senses._around(clouds(20, 15, 10)), 7)
    assert (graph == graph.T).all()
    assert set(np.unique(graph)) == {0, 0.5, 1}
    assert graph.sum() == pytest.approx(45 * 7)
    theirs = SpectralClustering(3, affinity="precomputed", random_state=0).fit_predict(graph)
    two, three = spectral_groups(graph, (2, 3))
    assert adjusted_rand_score(theirs, three) == 1
    assert len(set(two.tolist())) == 2
    assert modularity(graph, three) > modularity(graph, two)
    assert adjusted_rand_score([0, 0, 0, 1, 1, 1], spectral_groups(TRIANGLES, [2])[0]) == 1


def test_two_clouds_are_two_senses_with_words_and_examples() -> None:
    words = ("river",) * 12 + ("money",) * 20
    found = senses_of(*given(clouds(12, 20), words))
    assert found.count == 2
    assert found.labels.tolist() == [1] * 12 + [0] * 20  # the larger is the first
    assert found.sizes == (20, 12)
    assert [of[0][0] for of in found.words] == ["money", "river"]
    assert found.words[0][0][1] > 1
    assert all(row >= 12 for row in found.examples[0])
    assert all(row < 12 for row in found.examples[1])
    around = senses._around(clouds(12, 20))
    centre = around[12:].mean(0)
    assert found.examples[0][0] == 12 + int(np.argmax(around[12:] @ centre))
    assert 0.5 < found.quality <= 1
    assert found.evidence.read == 32
    assert found.evidence.spread > found.evidence.needed
    assert np.argmax(found.evidence.scores) == 0
    assert "2 groups" in found.evidence.why


def test_three_clouds_are_three() -> None:
    found = senses_of(*given(clouds(30, 20, 10)))
    assert adjusted_rand_score([0] * 30 + [1] * 20 + [2] * 10, found.labels) == 1
    assert senses_of(*given(clouds(30, 20, 10)), most=2).count == 2


def test_one_cloud_is_one_sense() -> None:
    near = senses_of(*given(clouds(40, wide=0.05)))
    assert near.count == 1
    assert np.isnan(near.quality)
    assert near.words == ((),)
    assert near.evidence.spread < senses.APART
    assert "one sense" in near.evidence.why
    # two clouds that are well told apart, but as near as usages of one sense
    close = np.repeat([[1.0, 0.1, 0], [1.0, -0.1, 0]], 15, axis=0) + np.random.default_rng(0).normal(0, 0.01, (30, 3))
    assert senses_of(*given(close)).count == 1
    assert senses_of(*given(close), apart=-1).count == 2
    # far apart on all sides, but in no groups
    wide = senses_of(*given(np.random.default_rng(1).standard_normal((30, 200))))
    assert wide.count == 1
    assert wide.evidence.spread > 0.9
    assert "fall into no groups" in wide.evidence.why


@pytest.mark.parametrize("count", [1, 2, 3, senses.LEAST - 1, senses.LEAST, 40])
def test_few_usages_and_equal_vectors_are_one_sense(count: int) -> None:
    for vectors in (np.ones((count, 5)), np.zeros((count, 5)), np.full((count, 5), 0.1, np.float32)):
        found = senses_of(*given(vectors))
        assert (found.count, found.labels.tolist(), found.evidence.spread) == (1, [0] * count, pytest.approx(0, abs=2))
        assert np.isfinite(found.evidence.spread)
        assert len(found.examples[0]) == min(count, 8)


def test_copies_of_a_sentence_count_once() -> None:
    vectors, texts, spans = given(clouds(12, 12))
    copied = senses_of(vectors, ["bank " + "the same words again"] * 12 + texts[12:], spans)
    assert copied.evidence.read == 13
    assert "are too few" not in copied.evidence.why
    few = senses_of(vectors, ["bank the same", *["bank the same again and again"] * 23], spans)
    assert few.count == 1
    assert few.evidence.read == 2
    assert "2 different sentences are too few" in few.evidence.why


def test_many_usages_are_decided_on_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senses, "MOST_READ", 60)
    vectors = clouds(300, 200)
    found = senses_of(*given(vectors), seed=3)
    assert found.evidence.read == 60
    assert found.labels.tolist() == [0] * 300 + [1] * 200
    assert found.evidence == senses_of(*given(vectors), seed=3).evidence


def test_what_does_not_fit_is_refused() -> None:
    vectors, texts, spans = given(clouds(5))
    for bad in ((vectors[:0], [], spans[:0]), (vectors, texts[:4], spans), (vectors * np.nan, texts, spans)):
        with pytest.raises(BadInputError, match="One vector of finite numbers"):
            senses_of(*bad)


class TwoLayers:
    """Stands for a model: usages and sentences have the vectors that it was given."""

    layers = 7

    def __init__(self, usages: np.ndarray, sentences: np.ndarray) -> None:
        self.usages, self.sentences, self.asked = usages, sentences, 0

    def span_vectors(self, texts: list[str], places: np.ndarray, layers: list[int]) -> np.ndarray:
        assert layers == [3, 7]
        rows = np.array([int(text.split()[-1][1:]) for text in texts])
        self.asked = len(rows)
        whole = np.array([[n, 0, len(text)] for n, text in enumerate(texts)])
        assert places.tolist() == [*([n, 0, 4] for n in range(len(texts))), *whole.tolist()]
        found = np.zeros((2 * len(rows), 2, self.usages.shape[1]))
        found[: len(rows), 0], found[len(rows) :, 1] = self.usages[rows], self.sentences[rows]
        return found


def test_the_slope_by_hand() -> None:
    """Cosines of usages .6, 0, .8 on cosines of sentences 1, 0, 0: (2/3 * .6 - 1/3 * .8) / (6/9) = .2."""
    usages, sentences = np.array([[2.0, 0], [0.6, 0.8], [0, 3]]), np.array([[1.0, 0], [5, 0], [0, 1]])
    assert context_slope(usages, sentences) == pytest.approx(0.2)
    chance = np.random.default_rng(0)
    usages, sentences = chance.standard_normal((2, 12, 5))
    x, y = (1 - pdist(points, "cosine") for points in (sentences, usages))
    assert context_slope(usages, sentences) == pytest.approx(linregress(x, y).slope)
    assert context_slope(usages, np.ones((12, 5))) == context_slope(usages[:1], sentences[:1]) == 0


def test_the_slope_decides_in_place_of_the_distance() -> None:
    """Two clouds that are as near as usages of one sense, and sentences that are in two groups as well."""
    close = np.repeat([[1.0, 0.1, 0], [1.0, -0.1, 0]], 15, axis=0) + np.random.default_rng(0).normal(0, 0.01, (30, 3))
    apart = np.repeat([[1.0, 0, 0], [0, 1, 0]], 15, axis=0)
    follows = TwoLayers(close, apart)
    exact = context_slope(close, apart)
    more = senses_of(*given(close), slope=ContextSlope(follows, exact - 1e-6))  # type: ignore[arg-type]
    assert (more.count, more.evidence.slope) == (2, pytest.approx(exact))
    assert f"a slope of {exact:.3f}" in more.evidence.why
    one = senses_of(*given(close), slope=ContextSlope(follows, exact + 1e-6))  # type: ignore[arg-type]
    assert (one.count, one.evidence.needed) == (1, pytest.approx(exact + 1e-6))
    assert "taken for topics" in one.evidence.why
    many = np.tile(close, (10, 1))
    asked = TwoLayers(many, np.tile(apart, (10, 1)))
    assert senses_of(*given(many), slope=ContextSlope(asked, 0.0)).count > 1  # type: ignore[arg-type]
    assert asked.asked == MOST < 300


def test_a_model_gives_the_usage_in_its_middle_and_the_sentence_at_its_end() -> None:
    model = ctxcore.load_model("minilm-l6")
    texts, spans = ["A bank.", "bank"], np.array([[2, 6], [0, 4]])
    usages, sentences = read(model, texts, spans)
    there = model.span_vectors(texts, np.array([[0, 2, 6], [1, 0, 4], [0, 0, 1], [0, 6, 7]]))
    assert usages == pytest.approx(there[:2, 3])
    assert sentences[1] == pytest.approx(there[1, 6])
    assert sentences[0] == pytest.approx(there[[0, 2, 3], 6].mean(0), abs=1e-5)


def test_words_of_the_bank_and_words_with_one_sense() -> None:
    """Of these the distance takes seal, crane and club for one sense; the figure that is kept is the one of the rule."""
    model, bank = ctxcore.load_model("minilm-l6"), ctxcore.sense_bank()
    slope = slope_for("minilm-l6", model)
    assert one_sense_slope(model) == pytest.approx(slope.needed, abs=1e-3)
    for word, least in (("bank", 0.8), ("cell", 0.7), ("match", 0.8), ("seal", 0.7), ("crane", 0.9), ("club", 0.6)):
        found = senses_of(*usages_in(model, 6, word, list(bank[word].sentences)), slope=slope)
        assert found.count == len(set(bank[word].senses))
        assert adjusted_rand_score(bank[word].senses, found.labels) > least
    assert apart_for("minilm-l6", 6) == senses.APART
    news = list(dict.fromkeys(ctxcore.news_sentences()))
    for word in ("gaza", ONE_SENSE[-1], "airport"):
        given_usages = usages_in(model, 6, word, news)
        assert senses_of(*given_usages, slope=slope).count == senses_of(*given_usages).count == 1
