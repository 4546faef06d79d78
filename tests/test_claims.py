"""The claims: worded and judged from results alone, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctxcore import Ladder, LookupAnswer, Neighbour, Prediction, claims
from tests.samples import sense_controls, sense_reading


def _ladder(prompts: tuple[str, str], full: list[list[float]], off: list[list[float]]) -> Ladder:
    probability = np.full((2, 5, 2), 0.1)
    probability[:, -1] = full
    shares = np.zeros((2, 4, 3))
    shares[:, 1] = off
    return Ladder(
        prompts, ("quickly", "slowly"), ("table", "last word", "no attention", "window", "full"), probability,
        np.ones((2, 5, 2), int), (), np.zeros((2, 5)), (), shares, 2, 3,
    )  # fmt: skip


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


def test_context_must_move_the_vector_and_more_than_position_does() -> None:
    assert claims.one_vector_per_sentence(np.array([1.0, 0.73])).figure == "cosine 0.730"
    assert claims.one_vector_per_sentence(np.array([1.0, 0.73])).holds is True
    assert claims.one_vector_per_sentence(np.array([1.0, 1.0])).holds is False
    assert claims.only_the_sentence(np.array([1.0, 0.73])).holds is True
    assert claims.only_the_sentence(np.array([0.73, 0.725])).holds is False


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
    said = claims.tells_senses_apart("ran", sense_controls()).measured
    assert said.endswith(
        "15 of 18 right (59 to 96 %), a guess 33 %. Attention does it: with attention off it is 5 (10 to 53 %). The sentence\u2019s "
        "other words, without this one, give 12 (41 to 87 %), as well as 18 sentences can tell: what it gathers is the topic as "
        "much as the word\u2019s sense. The mean of their static vectors gives 11 (36 to 83 %): not helpless."
    )
    weak = claims.tells_senses_apart("ran", sense_controls(10, 8, 6, 8)).measured
    assert "too few to say that attention does it" in weak
    assert "other words, without this one, give 6 (13 to 59 %). " in weak
    assert weak.endswith("gives 8 (22 to 69 %), which a guess may give.")
    assert "Attention does not do it" in claims.tells_senses_apart("ran", sense_controls(10, 12)).measured
    best = claims.tells_senses_apart("ran", sense_controls(18, 6, 9)).measured
    assert "give 9 (26 to 74 %): fewer, so that the word\u2019s vector holds more than the topic." in best
    assert (
        "give 18 (81 to 100 %), more: what it gathers"
        in claims.tells_senses_apart("r", sense_controls(12, 5, 18)).measured
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
    answer, found = (
        LookupAnswer(("cat", "ran"), "x", 0, 0),
        Prediction("", (), {"swiftly": 0.1}, {"swiftly": 4}, {}, 1.0, np.zeros(3)),
    )
    tested = [
        claims.table_must_have_seen(s, answer, found, 3, "ours").on for s in ("The cat ran swiftly", "He ran swiftly")
    ]
    assert tested == ["a fixed example", "your test sentence"]


def test_a_rank_of_several_tokens_says_so() -> None:
    answer = LookupAnswer(("cat", "ran"), "swiftly", 0, 0)
    found = Prediction("", (), {"swiftly": 0.1}, {"swiftly": 4}, {"swiftly": ("swift", "ly")}, 1.0, np.zeros(3))
    assert (
        "The word is 2 tokens" in claims.table_must_have_seen("The cat ran swiftly", answer, found, 3, "ours").measured
    )
    alone = replace(found, tokens={"swiftly": ("swiftly",)})
    assert "tokens" not in claims.table_must_have_seen("The cat ran swiftly", answer, alone, 3, "ours").measured


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


@pytest.mark.parametrize(("share", "holds", "said"), [(None, True, "never seen"), (0.0, True, "0"), (0.5, None, "0.5")])
def test_the_table_cannot_tell_where_it_has_the_answer(share: float | None, holds: bool | None, said: str) -> None:
    answer = LookupAnswer(("cat", "ran"), "swiftly", 0 if share is None else 2, 1 if share else 0)
    found = Prediction("The cat ran", (), {"swiftly": 0.0013}, {"swiftly": 48}, {}, 1.0, np.zeros(3))
    claim = claims.table_must_have_seen("The cat ran swiftly.", answer, found, 3, "ours")
    assert claim.holds is holds
    assert claim.figure == f"table: {said}; model: 0.0013, rank 48"
    assert "“swiftly” after “The cat ran”" in claim.measured
