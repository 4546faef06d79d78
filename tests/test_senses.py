"""The nearest-centroid reader: leave-one-out by hand, truth, chance, and the sense bank."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ctxcore import Attend, BadInputError, BankWord, ContextualModel, StaticSpace, find, sense_bank
from ctxcore.explained_senses import apart
from ctxcore.measures.senses import ALONE, TIED, _named, drawn_accuracy, read_senses
from ctxcore.measures.tallies import by_guessing


def plane(*points: tuple[float, float]) -> np.ndarray:
    """Points of one layer: ``[occurrence, 1, 2]``."""
    return np.array(points, dtype=np.float32)[:, None]


EAST, NORTH, NORTHEAST, WEST = (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (-1.0, 0.0)


def test_the_nearest_centroid_worked_by_hand() -> None:
    """Centroids east and north; (4, 3) leans east by 0.8 - 0.6, (-1, 0) is at -1 and 0."""
    found = read_senses(plane(EAST, (5, 0), NORTH, (0, 7), (4, 3), WEST), ["e", "e", "n", "n", None, None])
    assert found.labels == ("e", "n")
    assert found.assigned.tolist() == [[0, 0, 1, 1, 0, 1]]
    assert found.margin[0] == pytest.approx([1, 1, 1, 1, 0.2, 1], abs=1e-6)
    assert found.accuracy == pytest.approx([1.0])
    assert (found.chance, found.counted) == (0.5, 4)


def test_a_labelled_mention_never_answers_for_itself() -> None:
    """Left out of its own centroid, the mislabelled third stands far from the others of its sense and is read wrongly."""
    found = read_senses(plane(NORTH, NORTH, EAST, EAST, EAST), ["n", "n", "n", "e", "e"])
    assert found.assigned.tolist() == [[1, 1, 0, 0, 0]]
    assert found.accuracy == pytest.approx([(2 / 3 + 1) / 2])


def test_leaving_out_takes_one_from_the_sum_of_unit_vectors() -> None:
    """For (1, 0): "a" without it is (3, 4)/5 -> cosine 0.6, "b" is (4, 3)/5 twice -> 0.8. For the others "b" is left out once."""
    found = read_senses(plane(EAST, (30, 40), (4, 3), (8, 6)), ["a", "a", "b", "b"])
    assert found.assigned.tolist() == [[1, 1, 1, 1]]
    assert found.margin[0, 0] == pytest.approx(0.2, abs=1e-6)
    assert found.margin[0, 1] == pytest.approx(0.96 - 0.6, abs=1e-6)
    assert found.accuracy == pytest.approx([0.5])


def test_the_only_example_of_a_sense_cannot_be_read() -> None:
    found = read_senses(plane(EAST, EAST, NORTH), ["e", "e", "n"])
    assert found.assigned.tolist() == [[0, 0, -1]]
    assert (found.chance, found.counted) == (1.0, 2)
    assert found.accuracy == pytest.approx([1.0])


def test_one_example_of_each_sense_leaves_nothing_to_count_but_reads_the_rest() -> None:
    found = read_senses(plane(EAST, NORTH, (3, 1), (1, 3)), ["e", "n", None, None])
    assert found.assigned.tolist() == [[-1, -1, 0, 1]]
    assert found.counted == 0
    assert np.isnan(found.accuracy).all()
    assert np.isnan(found.chance)


def test_the_margin_is_to_the_second_nearest_of_all_senses() -> None:
    """(4, 3) is at 0.8 to east, 0.6 to north and -0.8 to west."""
    found = read_senses(plane(EAST, NORTH, WEST, (4, 3)), ["e", "n", "w", None])
    assert found.assigned.tolist() == [[-1, -1, -1, 0]]
    assert found.margin[0, 3] == pytest.approx(0.2, abs=1e-6)


def test_with_the_truth_only_what_was_not_told_is_counted() -> None:
    points = plane(EAST, NORTH, (3, 1), (2, 1), (1, 3), WEST)
    labels, truth = ["e", "n", None, None, None, None], ["e", "n", "e", "n", "n", None]
    found = read_senses(points, labels, truth)
    assert found.assigned.tolist() == [[-1, -1, 0, 0, 1, 1]]
    assert found.accuracy == pytest.approx([(1 + 1 / 2) / 2])
    assert (found.chance, found.counted) == (0.5, 3)


def test_every_sense_weighs_alike_however_many_mentions_it_has() -> None:
    points = plane(EAST, NORTH, *[(3, 1)] * 9, (2, 1))
    found = read_senses(points, ["e", "n", *[None] * 10], ["e", "n", *["e"] * 9, "n"])
    assert found.accuracy == pytest.approx([0.5])  # 9 of 10 would be 0.9


@pytest.mark.parametrize(
    ("labels", "truth"),
    [
        (["a", "a", "b", "b"], None),
        (["a", "a", "a", "b", "b", "c", "c"], None),  # classes of unequal size round differently
        (["a", "b", "c", None, None, None], ["a", "b", "c", "a", "b", "c"]),
        (["a", "a", "b", None, None], ["a", "a", "b", "b", "b"]),
    ],
)
def test_vectors_that_are_all_alike_give_no_answer_and_count_as_chance(
    labels: list[str | None], truth: list[str | None] | None
) -> None:
    alike = np.random.default_rng(4).normal(size=(1, 3, 40)).astype(np.float32)
    vectors = np.repeat(alike, len(labels), axis=0) * np.linspace(0.3, 7, len(labels))[:, None, None].astype(np.float32)
    found = read_senses(vectors, labels, truth)
    assert found.accuracy.tolist() == [found.chance] * 3  # to the last bit: no verdict rests on one
    assert found.margin[found.assigned == TIED] == pytest.approx(0, abs=1e-9)
    assert set(found.assigned[0].tolist()) <= {ALONE, TIED}
    assert (found.assigned == TIED).any()


def test_a_mention_halfway_between_two_senses_is_no_answer_and_counts_as_a_guess() -> None:
    """Of the three "e" one is east, one on the diagonal, one north: 1, a guess of 1/2, 0. The one "n" is right."""
    points = plane(EAST, NORTH, (3, 1), NORTHEAST, (1, 3), (1, 4))
    found = read_senses(points, ["e", "n", *[None] * 4], ["e", "n", "e", "e", "e", "n"])
    assert found.assigned.tolist() == [[ALONE, ALONE, 0, TIED, 1, 1]]
    assert found.accuracy == pytest.approx([((1 + 1 / 2 + 0) / 3 + 1) / 2])


@pytest.mark.parametrize(("lean", "sense"), [(0.0, TIED), (3e-7, TIED), (1e-5, 0), (-1e-5, 1)])
def test_equal_is_what_rounding_could_have_parted(lean: float, sense: int) -> None:
    """At the diagonal the two cosines part by lean * sqrt(2)."""
    found = read_senses(np.array([[[1, 0]], [[0, 1]], [[1 + lean, 1 - lean]]]), ["e", "n", None])
    assert found.assigned[0, 2] == sense


def test_one_vector_names_no_sense_to_the_last_bit(decoder: ContextualModel) -> None:
    """A decoder has not read what follows, at no layer; with attention off it has read nothing, and knows no position."""
    behind = ["It ran quickly.", "It ran without error.", "It ran the town.", "It ran fast.", "It ran again."]
    ahead = ["The dog ran.", "Our new program ran.", "Then the mayor ran.", "A horse ran.", "All of the software ran."]
    for sentences, attend in ((behind, Attend.full()), (ahead, Attend.self_only())):
        vectors = decoder.vectors(sentences, find("ran", sentences), attend=attend).vectors
        found = read_senses(vectors, ["moved", "executed", "managed", "moved", "executed"])
        assert found.counted == 4
        assert found.accuracy.tolist() == [0.5] * len(found.accuracy)
        assert found.right.tolist() == [2.0] * len(found.accuracy)
        assert apart(found) is False


def test_an_independent_count_of_layer_0_agrees(encoder: ContextualModel) -> None:
    """There an encoder's vectors of a word differ by position alone: whole classes of them are equal, and so are many
    centroids. Positions are counted as text, sums are made in exact order."""
    word = sense_bank()["note"]
    mentions = find(word.word, word.sentences)
    read = encoder.encode(word.sentences)
    places = [
        next(i for i, t in enumerate(r.tokens) if t.start == m.start) for r, m in zip(read, mentions, strict=True)
    ]
    at = {place: read[places.index(place)].hidden[0, place].astype(np.float64) for place in set(places)}
    at = {place: vector / np.linalg.norm(vector) for place, vector in at.items()}
    told, labels = word.told(3), sorted(set(word.senses))
    classes = {s: sorted(p for p, t in zip(places, told, strict=True) if t == s) for s in labels}
    centres = {s: sum(at[p] for p in ps) / np.linalg.norm(sum(at[p] for p in ps)) for s, ps in classes.items()}
    right = 0.0
    for place, sense in ((p, s) for p, s, t in zip(places, word.senses, told, strict=True) if t is None):
        cosines = {s: float(at[place] @ centres[s]) for s in labels}
        best = max(cosines.values())
        nearest = {tuple(classes[s]): s for s in labels if cosines[s] > best - 1e-9}
        tied = [s for s in labels if tuple(classes[s]) in nearest]
        right += 1 / len(labels) if len(tied) > 1 else tied == [sense]
    found = read_senses(encoder.vectors(word.sentences, mentions).vectors, told, word.senses)
    assert (found.assigned[0][[t is None for t in told]] == TIED).any()
    assert found.right[0] == pytest.approx(right)


def test_layers_are_read_apart() -> None:
    vectors = np.concatenate([plane(EAST, EAST, NORTH, NORTH), plane(EAST, NORTH, EAST, NORTH)], axis=1)
    found = read_senses(vectors, ["e", "e", "n", "n"])
    assert found.assigned.tolist() == [[0, 0, 1, 1], [1, 1, 0, 0]]
    assert found.accuracy.tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["a", "a", None], "1 labelled"), ([None, None, None], "0 labelled"), (["a", "b", ""], None), (["a", "b"], "2 for 3")],
)  # fmt: skip
def test_two_senses_and_one_label_an_occurrence_are_needed(labels: list[str | None], message: str | None) -> None:
    points = plane(EAST, NORTH, NORTHEAST)
    if message is None:
        assert read_senses(points, labels).labels == ("a", "b")
        return
    with pytest.raises(BadInputError, match=message):
        read_senses(points, labels)


def test_one_truth_an_occurrence_is_needed() -> None:
    with pytest.raises(BadInputError, match="1 for 2"):
        read_senses(plane(EAST, NORTH), ["a", "b"], ["a"])


def reading_of(word: BankWord, vectors: np.ndarray, each: int) -> tuple[float, float]:
    """Accuracy at the last layer and chance, where a few sentences of each sense are told and the rest guessed."""
    told: dict[str, int] = {}
    labels: list[str | None] = []
    for sense in word.senses:
        told[sense] = told.get(sense, 0) + 1
        labels.append(sense if told[sense] <= each else None)
    found = read_senses(vectors, labels, word.senses)
    assert found.counted == len(word.senses) - each * len(set(word.senses))
    return float(found.accuracy[-1]), found.chance


def test_shuffled_labels_are_told_apart_in_at_most_one_run_of_twenty(
    encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,000 shuffles of real labels, with a few told, and leave-one-out: there a binomial test would let 84 pass."""
    monkeypatch.setattr("ctxcore.measures.senses.SHUFFLES", 99)
    word = sense_bank()["bat"]
    vectors = encoder.occurrences(word.word, word.sentences).vectors[:, -1:]
    random, passed = np.random.default_rng(7), np.zeros(3, int)
    for _ in range(1000):
        shuffled = BankWord("bat", (), word.sentences, tuple(random.permutation(word.senses).tolist()))
        few, each = read_senses(vectors, shuffled.told(3), shuffled.senses), read_senses(vectors, shuffled.senses)
        passed += [bool(apart(few)), bool(apart(each)), by_guessing(each.tally()) < 0.05]
    assert passed[0] <= 50
    assert 10 <= passed[1] <= 50
    assert passed[2] > 70  # why labels are shuffled
    assert apart(read_senses(vectors, word.told(3), word.senses)) is True
    assert apart(read_senses(vectors, word.senses)) is True


@pytest.mark.parametrize("labels", [[*"aabbccc"], [*"aaaabbc"]])
def test_shuffling_counts_what_the_reader_counts(labels: list[str]) -> None:
    """The number right of every labelling, worked out from products of two, is that of the reader of one."""
    points = np.random.default_rng(3).normal(size=(7, 1, 3))
    points[1] = points[0]
    directions = points[:, 0] / np.linalg.norm(points[:, 0], axis=-1, keepdims=True)
    names = sorted(set(labels))
    orders = [list(o) for o in itertools.islice(itertools.permutations(range(7)), 0, 5040, 61)]
    told = np.array([[names.index(labels[i]) for i in order] for order in orders])
    each = [read_senses(points, [names[t] for t in row]).right[0] for row in told]
    assert _named(directions @ directions.T, told, np.bincount(told[0])) == pytest.approx(each)
    assert len(set(each)) > 3


def test_an_unequal_share_of_senses_is_no_skill() -> None:
    """Seven "e" of nine: one who always says so has seven right, and seven are no sign of more."""
    points = plane(*[EAST] * 7, NORTH, EAST, EAST, NORTH)
    found = read_senses(points, [None] * 9 + ["e", "n"], [*"eeeeeeenn", "e", "n"])
    assert (found.right.tolist(), found.counted, found.guess, found.chance) == ([8.0], 9, 7 / 9, 0.5)
    assert by_guessing(found.tally()) == pytest.approx(9 * (7 / 9) ** 8 * (2 / 9) + (7 / 9) ** 9)
    assert apart(found) is None


def test_the_count_adds_a_guess_for_no_answer() -> None:
    points = plane(EAST, NORTH, (3, 1), NORTHEAST, (1, 3), (1, 4))
    found = read_senses(points, ["e", "n", *[None] * 4], ["e", "n", "e", "e", "e", "n"])
    assert (found.right.tolist(), found.counted, found.guess) == ([2.5], 4, 0.75)
    assert read_senses(plane(EAST, NORTH), ["e", "n"]).tally().asked == 0


def test_draws_of_the_told_mentions_are_the_same_for_the_same_seed() -> None:
    """All of a sense are alike but one, which stands with the other sense: told or not, it decides."""
    points, senses = np.array([EAST, EAST, NORTH, NORTH, NORTH, NORTH]), [*"eeennn"]
    found = drawn_accuracy(points, senses, told=1, count=50)
    assert set(found.round(6).tolist()) <= {0.0, 0.25, 0.5, 0.75}
    # The odd one told: "e" and "n" are one point, no answer to any. Else: one of two "e" right, all "n".
    assert set(found.round(6).tolist()) == {0.5, 0.75}
    assert 0.2 < (found == 0.5).mean() < 0.5  # a third of the draws
    assert drawn_accuracy(points, senses, 1, 50).tolist() == found.tolist()
    assert drawn_accuracy(points, senses, 1, 50, seed=1).tolist() != found.tolist()


def test_a_static_vector_gives_one_answer_for_all(static: StaticSpace) -> None:
    word = sense_bank()["bank"]
    vectors = np.repeat(static.vector("bank")[None, None], len(word.senses), axis=0)
    accuracy, chance = reading_of(word, vectors, each=3)
    assert accuracy == pytest.approx(chance)
    assert chance == pytest.approx(1 / 3)
