"""The claims: worded and judged from results alone, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from ctxcore import ContextualModel, Elsewhere, Engine, Ladder, LastWord, LookupAnswer, Neighbour, Prediction, claims
from ctxcore.charts.next_word import ContextLevels
from ctxcore.claims.harmless import HarmlessChanges
from ctxcore.claims.next_word_rows import of_next_word
from ctxcore.measures.prediction import swap
from ctxcore.progress import silent
from tests.samples import sense_controls, sense_reading
from tests.test_controls import controls_of


def _ladder(prompts: tuple[str, str], full: list[list[float]], off: list[list[float]]) -> Ladder:
    probability = np.full((2, 5, 2), 0.1)
    probability[:, -1] = full
    shares = np.zeros((2, 4, 3))
    shares[:, 1] = off
    return Ladder(
        prompts, ("quickly", "slowly"), ("table", "last word", "no attention", "window", "full"), probability,
        np.ones((2, 5, 2), int), (), np.zeros((2, 5)), (), shares, 2, 3,
    )  # fmt: skip


ELSEWHERE = Elsewhere("swiftly", np.array([1e-6, 3e-5]), np.array([0.008, 0.001]), 0.007)


def _last(share: float | None = None, chance: float = 0.1, pieces: tuple[str, ...] = ("swiftly",)) -> LastWord:
    answer = LookupAnswer(("cat", "ran"), "swiftly", 0 if share is None else 2, 1 if share else 0)
    found = Prediction("The cat ran", (), {"swiftly": chance}, {"swiftly": 48}, {"swiftly": pieces}, 1.0, np.zeros(3))
    return LastWord("The cat ran", "swiftly", answer, found, "ours")


@pytest.mark.parametrize(("distance", "holds"), [(0.0, True), (1e-9, False)])
def test_one_static_vector_means_no_distance_at_all(distance: float, holds: bool) -> None:
    found = claims.one_static_vector(distance, 7)
    assert found.holds is holds
    assert found.figure == f"distance {distance:g}"
    assert "all 7 occurrences" in found.measured


def test_a_word_without_a_vector_cannot_tell() -> None:
    assert claims.no_static_vector("zzz").holds is None
    assert claims.no_static_vector("zzz").figure == "none for zzz"


@pytest.mark.parametrize(
    ("cosines", "answer", "holds"),
    [((0.8, 0.9, 0.4), "queen", True), ((0.8, 0.3, 0.4), "queen", False), ((0.8, 0.9, 0.4), "monarch", False)],
)
def test_relations_need_both_pairs_and_the_queen(cosines: tuple[float, float, float], answer: str, holds: bool) -> None:
    assert claims.static_relations(*cosines, Neighbour(answer, 0.85)).holds is holds


SAME, TWO = [[1.0] * 40, [0.9, 0.95] * 20], [[1.0] * 40, [0.5, 0.6] * 20]


@pytest.mark.parametrize(
    ("last", "off", "apart", "sentence"),
    [
        (0.7, 1.0, True, True),  # lower than every pair of one sense, and attention does all of it
        (0.7, 0.8, True, False),  # two thirds of the distance is there without attention
        (0.92, 1.0, False, None),  # two vectors, but inside what one sense shows: nothing to explain
        (1.0, 1.0, False, None),
    ],
)
def test_two_vectors_count_where_one_sense_does_not_part_them(
    last: float, off: float, apart: bool, sentence: bool | None
) -> None:
    found = controls_of([1.0, last], SAME, TWO, [1.0, off])
    assert claims.one_vector_per_sentence(found).holds is apart
    assert claims.only_the_sentence(found).holds is sentence
    assert claims.one_vector_per_sentence(found).figure.startswith(f"cosine {last:.3f}; as low: ")
    assert "40 pairs of one sense in 40 sentences" in claims.one_vector_per_sentence(found).control


def test_too_few_cases_cannot_tell() -> None:
    found = controls_of([1.0, 0.7], SAME, TWO, sentences=19)
    assert claims.one_vector_per_sentence(found).holds is claims.only_the_sentence(found).holds is None
    assert claims.no_pair_of_sentences("ran").holds is None


def test_what_must_hold_is_named_apart_and_is_no_finding() -> None:
    found = [
        claims.rows_are_shares(0),
        claims.one_static_vector(0.0, 7),
        claims.static_relations(0.8, 0.9, 0.4, Neighbour("king", 1)),
    ]
    assert [c.verdict for c in found] == ["true by construction", "true by construction", "not supported"]
    assert (
        claims.counted(found) == "0 of 1 statements are supported; 2 more must hold by construction and are no findings"
    )
    assert claims.rows_are_shares(0.1).verdict == "not supported"


@pytest.mark.parametrize(
    ("own", "off", "holds"), [(15, 5, True), (10, 6, True), (9, 6, None), (7, 6, None), (10, 10, None), (1, 6, False)]
)
def test_senses_told_apart_are_more_than_a_guesser_names(own: int, off: int, holds: bool | None) -> None:
    """Of 18 with three senses a guesser names 10 in 4 % of cases and 9 in 11 %; he names more than 1 in 99 %."""
    found = claims.tells_senses_apart("ran", sense_controls(own, off))
    assert found.holds is holds
    assert found.figure.startswith(f"{own} of 18 right (")
    assert found.figure.endswith(", a guess 33 %")
    assert claims.not_in_the_bank("zzz").holds is None


def test_the_sense_claim_says_what_its_controls_show() -> None:
    said = claims.tells_senses_apart("ran", sense_controls()).control
    assert said == (
        "Attention does it: with attention off 5 of 18 (10 to 53 %) are right. The sentence\u2019s other words, without this one, do "
        "about as well, 12 of 18 (41 to 87 %): what attention gathers is the topic as much as the word\u2019s sense. Static vectors "
        "are not helpless either: the mean of those of the other words gets 11 of 18 (36 to 83 %)."
    )
    weak = claims.tells_senses_apart("ran", sense_controls(10, 8, 6, 8)).control
    assert "With attention off 8 of 18 (22 to 69 %) are right: too few are asked to say that attention does it." in weak
    assert "other words, without this one, get 6 of 18 (13 to 59 %). " in weak
    assert "Static vectors do no better than a guess may: " in weak
    assert "Attention does not do it" in claims.tells_senses_apart("ran", sense_controls(10, 12)).control
    best = claims.tells_senses_apart("ran", sense_controls(18, 6, 9)).control
    assert "do worse, 9 of 18 (26 to 74 %): the word\u2019s vector holds more than the topic." in best
    assert (
        "do better, 18 of 18 (81 to 100 %): what" in claims.tells_senses_apart("r", sense_controls(12, 5, 18)).control
    )


def test_a_good_figure_on_the_bank_is_no_word_about_equal_vectors() -> None:
    apart = claims.tells_senses_apart("ran", sense_controls())
    assert (apart.holds, apart.on) == (True, "our sense bank")
    labelled = claims.tells_senses_apart("ran", sense_controls(), 3, ["a", "b", None])
    assert labelled.holds is False
    assert labelled.figure.endswith("; your 3 occurrences have one vector")
    assert claims.tells_senses_apart("ran", sense_controls(), 3, ["a", None, "a"]).holds is None
    assert claims.tells_senses_apart("ran", sense_controls(), 3).holds is None


def test_own_labels_are_judged_by_their_count() -> None:
    assert claims.tells_labels_apart("ran", sense_reading(6, 10)).holds is True
    assert claims.tells_labels_apart("ran", sense_reading(18, 7)).holds is None  # at the last layer, not at the best
    assert claims.tells_labels_apart("ran", sense_reading(6, tied=True)).holds is False  # one vector for all: no answer
    assert claims.tells_labels_apart("ran", sense_reading(6, 2, asked=2, senses=2)).holds is None
    assert claims.tells_labels_apart("ran", sense_reading(0, asked=0)).holds is None


def test_vectors_are_all_alike_only_where_the_places_differ() -> None:
    one = np.array([[3.0, 4], [6, 8], [0.3, 0.4]])
    assert claims.all_alike(one, ["a", "b", "a"]) is True
    assert claims.all_alike(one, ["a", "a", "a"]) is False  # one sentence, three times
    assert claims.all_alike(one[:1], ["a"]) is False
    assert claims.all_alike(np.array([[3.0, 4], [4, 3]]), ["a", "b"]) is False


def test_what_does_not_depend_on_the_reader_is_marked() -> None:
    assert claims.static_relations(0.8, 0.9, 0.4, Neighbour("queen", 0.85)).on == "a fixed example"
    assert claims.one_static_vector(0.0, 7).on == claims.rows_are_shares(0).on == "your sentences"
    same, full = [[0.2, 0.3, 0.5]] * 2, [[0.4, 0.01], [0.2, 0.02]]
    lesson, own = _ladder(("The dog ran", "The program ran"), full, same), _ladder(("A", "B"), full, same)
    for judge in (claims.context_decides, claims.no_attention_no_difference):
        assert (judge(lesson).on, judge(own).on) == ("a fixed example", "your prompts")
    tested = [
        claims.table_must_have_seen(_last(), ELSEWHERE, s, 3).on for s in ("The cat ran swiftly", "He ran swiftly")
    ]
    assert tested == ["a fixed example", "your test sentence"]


def test_a_rank_of_several_tokens_says_so() -> None:
    split = _last(pieces=("swift", "ly"))
    assert "The word is 2 tokens" in claims.table_must_have_seen(split, ELSEWHERE, "", 3).measured
    assert "tokens" not in claims.table_must_have_seen(_last(), ELSEWHERE, "", 3).measured


def test_shares_and_the_sum_of_the_lesson() -> None:
    assert claims.rows_are_shares(2e-7).holds is True
    assert claims.rows_are_shares(1e-3).holds is False
    assert claims.weights_make_a_vector(6e-8).figure == "[0.57, 0.35, 0.66]; in the model, the same to within 6e-08"
    assert claims.weights_make_a_vector(6e-8).holds is True
    assert claims.weights_make_a_vector(1e-2).holds is False


def test_context_decides_where_each_word_is_twice_as_likely() -> None:
    same = [[0.2, 0.3, 0.5]] * 2
    found = _ladder(("The dog ran", "The man ran"), [[0.4, 0.01], [0.2, 0.02]], same)
    assert claims.context_decides(found).holds is True
    assert claims.context_decides(found).figure == "quickly: 0.4 / 0.2; slowly: 0.01 / 0.02"
    assert claims.context_decides(_ladder(("a", "b"), [[0.4, 0.01], [0.2, 0.019]], same)).holds is False


def test_without_attention_only_equal_endings_can_tell() -> None:
    same, other = [[0.2, 0.3, 0.5]] * 2, [[0.2, 0.3, 0.5], [0.2, 0.2, 0.6]]
    full = [[0.4, 0.01], [0.2, 0.02]]
    assert claims.no_attention_no_difference(_ladder(("The dog ran", "A cat ran"), full, same)).holds is True
    assert claims.no_attention_no_difference(_ladder(("The dog ran", "A cat ran"), full, other)).holds is False
    assert claims.no_attention_no_difference(_ladder(("The dog ran", "A cat slept"), full, other)).holds is None


@pytest.mark.parametrize(
    ("share", "chance", "holds", "said"),
    [
        (None, 0.0013, True, "never seen"),
        (0.0, 0.0013, True, "0"),
        (0.5, 0.0013, None, "0.5"),
        (None, 2e-5, False, "never seen"),
    ],
)
def test_the_model_must_give_the_word_more_than_after_unrelated_beginnings(
    share: float | None, chance: float, holds: bool | None, said: str
) -> None:
    claim = claims.table_must_have_seen(_last(share, chance), ELSEWHERE, "The cat ran swiftly.", 3)
    assert claim.holds is holds
    assert claim.figure == f"table: {said}; model: {chance:.2g}, rank 48; elsewhere 3e-05 at most"
    assert "\u201cswiftly\u201d after \u201cThe cat ran\u201d" in claim.measured
    assert "A smoothed table gives it 0.007 here, 0.008 at most elsewhere and so says nothing" in claim.control


@pytest.mark.parametrize(("most", "says", "holds"), [(0.1, "yes", True), (0.8, "no", False)])
def test_context_is_learned_where_two_prompts_part_more_than_harmless_changes_do(
    most: float, says: str, holds: bool
) -> None:
    """Jensen-Shannon of (1/2, 1/2, 0) and (0, 1/2, 1/2) is half a bit."""
    found = _ladder(("The dog ran", "The cat ran"), [[0.4, 0.1], [0.2, 0.2]], [[0.2, 0.3, 0.5]] * 2)
    found.shares[:, 0] = [0.2, 0.3, 0.5]
    found.shares[:, 3] = [[0.5, 0.5, 0], [0, 0.5, 0.5]]
    levels = ContextLevels("m", found.prompts, ("quickly",))
    answers = {levels: found, HarmlessChanges("m", found.prompts): (("the dog ran", 0.01), ("A dog ran", most))}
    learns = of_next_word(levels, None, cast("Engine", SimpleNamespace(get=answers.__getitem__)))[0]()
    assert learns.holds is holds
    assert learns.attention.figure == f"{says}: 0.500 bits apart"
    assert f"bring up to {most:.3f} (\u201cA dog ran\u201d)" in learns.attention.sentence


def test_harmless_changes_are_measured_against_their_own_prompt(decoder: ContextualModel) -> None:
    engine = cast("Engine", SimpleNamespace(model=lambda name: decoder))
    found = dict(HarmlessChanges("any", ("The dog ran", "It ran")).run(engine, silent))
    assert list(found) == ["the dog ran", "A dog ran", "Then the dog ran", "it ran", "Then it ran"]
    dog, a_dog = decoder.next_words(["The dog ran", "A dog ran"], [], 0)
    assert found["A dog ran"] == pytest.approx(swap(dog.shares, a_dog.shares).divergence, abs=1e-6)
    assert found["A dog ran"] == pytest.approx(0.081, abs=0.001)
