"""Controls: shares, intervals and layers worked by hand; which sentences a pair is held against; verdicts that fail where they must."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctxcore import (
    Attend,
    BadInputError,
    ContextualModel,
    ControlPairs,
    ShiftControls,
    sense_bank,
    shift_controls,
)
from ctxcore.data.frames import control_sentences, frame_of, frames
from ctxcore.measures import controls as measures
from ctxcore.measures.geometry import cosine
from ctxcore.types import Below, Mention

DOG, PROGRAM = "The dog ran quickly", "The program ran successfully"


def pairs_of(by_layer: list[list[float]], said: str = "one sense", sentences: int = 40) -> ControlPairs:
    """Pairs with these cosines ``[layer][pair]``, none of which share a sentence."""
    raw = np.array(by_layer, np.float32)
    units = np.arange(raw.shape[1] if raw.ndim == 2 else 0)
    cosines = np.stack([raw, raw - 0.1, raw - 0.2]).reshape(3, len(by_layer), len(units))
    return ControlPairs(said, cosines, 2 * units, 2 * units + 1, sentences)


def controls_of(
    pair: list[float],
    same: list[list[float]],
    two: list[list[float]],
    alone: list[float] | None = None,
    sentences: int = 40,
) -> ShiftControls:
    """Controls with these raw cosines by layer."""
    of = np.array(pair, np.float32)
    found = pairs_of(same, sentences=sentences)
    return ShiftControls(
        "ran", np.stack([of, of - 0.1, of - 0.2]), np.ones(len(pair)) if alone is None else np.array(alone), found,
        pairs_of(two, "two senses"), found, (), np.zeros((3, len(pair), 0)), "frame", "the frame \u201cThe \u2026 ran\u201d",
    )  # fmt: skip


def test_the_area_counts_how_often_one_sense_is_closer_and_ties_half() -> None:
    """Of 0.9 and 0.8 against 0.7 and 0.8: three times closer, once alike."""
    assert measures.area(np.array([0.9, 0.8]), np.array([0.7, 0.8])) == pytest.approx(3.5 / 4)
    assert measures.area(np.ones(5), np.ones(7)) == 0.5
    assert np.isnan(measures.area(np.ones(3), np.zeros(0)))


def test_cosines_raw_centred_and_standardised_by_hand() -> None:
    """East and northeast; about (1, 0) the one is nothing and the other north; with east-west divided by 2, 63 degrees in place of 45."""
    vectors = np.array([[[2.0, 0]], [[3, 1]], [[1, 2]]])
    found = measures.corrected_cosines(vectors, np.array([[0, 1], [1, 2]]), np.array([[1.0, 0]]), np.array([[2.0, 1]]))
    assert found[0, 0] == pytest.approx([3 / np.sqrt(10), 5 / np.sqrt(50)])
    assert found[1, 0] == pytest.approx([2 / np.sqrt(5), 1 / np.sqrt(5)])
    assert found[2, 0] == pytest.approx([1 / np.sqrt(2), 1 / np.sqrt(2)])


def test_the_share_below_has_an_interval_that_an_odd_sentence_widens() -> None:
    alone = measures.below(pairs_of([[0.1] * 10 + [0.9] * 90]), 0.5, 0)
    assert (alone.share, alone.pairs, alone.sentences) == (0.1, 100, 40)
    assert 0 < alone.low < 0.1 < alone.high < 0.3
    first, second = np.array(list(combinations(range(15), 2))).T
    odd = np.where(first == 0, 0.1, 0.9)[None, None].repeat(
        3, 0
    )  # all pairs of the first sentence, a share of 14 in 105
    of_one = measures.below(ControlPairs("", odd, first, second, 15), 0.5, 0)
    assert of_one.share == pytest.approx(14 / 105)
    assert of_one.low == 0  # without that sentence there is none
    assert of_one.high > 0.3
    assert measures.below(pairs_of([[0.5, 0.9]]), 0.5, 0).share == 0.5  # as low counts as low
    assert of_one.said.startswith(f"13 % [0 to {100 * of_one.high:.0f} %] of 105 pairs in 15")
    none = measures.below(
        pairs_of([[0.9] * 30]), 0.5, 0
    )  # however sentences are drawn there is none: that is no interval
    assert none.said == "none of 30 pairs in 40 sentences"
    assert np.isnan(measures.below(pairs_of([[]]), 0.5, 0).share)


@pytest.mark.parametrize(
    ("below", "verdict"),
    [
        (Below(0.0, 0.0, 0.05, 100, 20), True), (Below(0.01, 0.0, 0.06, 100, 40), None), (Below(0.06, 0.0, 0.2, 100, 40), False),
        (Below(0.0, 0.0, 0.0, 100, 19), None), (Below(float("nan"), 0, 0, 0, 40), None),
    ],
)  # fmt: skip
def test_further_apart_needs_the_whole_interval_and_enough_sentences(below: Below, verdict: bool | None) -> None:
    assert measures.further_apart(below) is verdict


def test_the_best_layer_is_chosen_without_the_pair() -> None:
    same, two = [[0.9, 0.8], [0.95, 0.94], [0.9, 0.7]], [[0.85, 0.7], [0.5, 0.4], [0.6, 0.2]]
    assert [measures.areas(controls_of(p, same, two)).tolist() for p in ([1, 1, 1], [0, 0.99, 0])] == [[0.75, 1, 1]] * 2
    assert (
        measures.best_layer(controls_of([1, 1, 1], same, two)) == 1
    )  # of two without an error the one that parts them further
    assert measures.best_layer(controls_of([1, 1, 1], same, [[], [], []])) == 2  # no senses: the last


def test_a_frame_is_found_by_the_words_around_its_gaps_and_leaves_out_what_the_reader_put_into_them() -> None:
    assert frame_of("Ran", "the cat RAN away.", PROGRAM) is frame_of("ran", DOG, PROGRAM)
    assert frame_of("ran", "The dog ran", "The program ran") is not None
    for other in ("The big dog ran quickly", "The dog ran", "A dog ran quickly"):
        assert frame_of("ran", other, PROGRAM) is None
    found = control_sentences("ran", DOG, PROGRAM)
    assert found.source == "frame"
    assert not any(
        filler in s.split() for s in found.sentences for filler in ("dog", "quickly", "program", "successfully")
    )
    assert {"The horse ran swiftly", "The script ran correctly"} <= set(found.sentences)
    assert [s[start:end] for s, (_, start, end) in zip(found.sentences, found.targets, strict=True)] == ["ran"] * 42


@pytest.mark.parametrize("frame", frames(), ids=lambda f: f.pattern)
def test_every_frame_holds_enough_of_two_senses_and_each_filler_once(frame: object) -> None:
    assert frame.word in sense_bank()  # type: ignore[attr-defined]
    assert set(frame.senses) <= set(sense_bank()[frame.word].senses)  # type: ignore[attr-defined]
    fillers = [frame.fillers(s) for s in frame.sentences]  # type: ignore[attr-defined]
    assert len({f[0] for f in fillers}) == len(fillers) >= measures.ENOUGH + 4
    assert min(frame.senses.count(sense) for sense in set(frame.senses)) >= 12  # type: ignore[attr-defined]


def test_what_fits_no_frame_is_held_against_the_bank() -> None:
    own = sense_bank()["ran"].sentences
    found = control_sentences("ran", own[1], own[10].upper())
    assert (found.source, len(found.sentences)) == ("word", 25)
    assert not {own[1], own[10]} & set(found.sentences)
    the = control_sentences("The", DOG, PROGRAM)
    assert (the.source, set(the.words)) == ("function", {"the"})
    assert set(control_sentences("myself", DOG, PROGRAM).words) == set(sense_bank())
    other = control_sentences("without", DOG, PROGRAM)  # too rare to be held against itself
    assert other.source == "function"
    assert len(set(other.words)) > 10


def test_the_study_reads_the_pair_its_shared_words_and_the_controls(encoder: ContextualModel) -> None:
    found = shift_controls(encoder, (DOG, PROGRAM), ((8, 11), (12, 15)))
    vectors = encoder.occurrences("ran", [DOG, PROGRAM]).vectors
    assert found.pair[0] == pytest.approx(cosine(vectors[0], vectors[1]), abs=1e-5)
    off = encoder.vectors([DOG, PROGRAM], [Mention(0, 8, 11), Mention(1, 12, 15)], attend=Attend.self_only()).vectors
    assert found.alone == pytest.approx(cosine(off[0], off[1]), abs=1e-5)
    the = encoder.occurrences("the", [DOG, PROGRAM]).vectors
    assert found.shared == ("The",)
    assert found.shared_cosines[0, :, 0] == pytest.approx(cosine(the[0], the[1]), abs=1e-5)
    sentences = control_sentences("ran", DOG, PROGRAM).sentences
    ran = encoder.occurrences("ran", sentences).vectors
    expected = [cosine(ran[i], ran[j]) for i, j in combinations(range(42), 2) if (i < 21) == (j < 21)]
    assert found.same.cosines[0] == pytest.approx(np.array(expected).T, abs=1e-5)
    assert (len(found.same), len(found.two), found.same.sentences) == (420, 441, 42)


def test_the_first_page_shows_the_layer_where_the_lesson_is_clean(
    decoder: ContextualModel, encoder: ContextualModel
) -> None:
    spans = ((8, 11), (12, 15))
    clean, weak = (shift_controls(model, (DOG, PROGRAM), spans) for model in (decoder, encoder))
    best, layer = measures.best_layer(clean), measures.best_layer(weak)
    assert measures.areas(clean)[best] > 0.99 > measures.areas(weak)[layer] > measures.areas(weak)[-1]
    at = [(clean, best, True), (weak, layer, True), (weak, -1, False)]
    assert [measures.further_apart(measures.below(f.same, float(f.pair[0, n]), n)) for f, n, _ in at] == [
        w for *_, w in at
    ]
    alike = shift_controls(decoder, (DOG, "The horse ran swiftly"), ((8, 11), (10, 13)))
    at_best = measures.best_layer(alike)
    assert measures.further_apart(measures.below(alike.same, float(alike.pair[0, at_best]), at_best)) is False


def test_pairs_of_one_sense_pass_in_at_most_one_of_twenty(encoder: ContextualModel) -> None:
    """Each held against its word's other pairs, the sentences of the two left out."""
    passed = []
    for entry in sense_bank().values():
        directions = encoder.occurrences(entry.word, entry.sentences).vectors[:, -1]
        pairs = np.array(
            [p for p in combinations(range(len(directions)), 2) if entry.senses[p[0]] == entry.senses[p[1]]]
        )
        cosines = cosine(directions[pairs[:, 0]], directions[pairs[:, 1]])
        for pair, value in list(zip(pairs, cosines, strict=True))[::6]:
            kept = ~np.isin(pairs, pair).any(1)
            control = ControlPairs("", cosines[None, None, kept], *pairs[kept].T, len(directions) - 2)
            passed.append(measures.further_apart(measures.below(control, float(value), 0)) is True)
    assert len(passed) > 250
    assert 0 < np.mean(passed) <= 0.05


def test_function_words_pass_in_at_most_one_of_twenty(encoder: ContextualModel) -> None:
    the = control_sentences("a", "", " ")
    vectors = encoder.vectors(the.sentences, [Mention(*place) for place in the.targets]).vectors[:, -1]
    pairs = np.array(list(combinations(range(len(vectors)), 2)))
    cosines = cosine(vectors[pairs[:, 0]], vectors[pairs[:, 1]])
    passed = []
    for pair, value in list(zip(pairs, cosines, strict=True))[::3]:
        kept = ~np.isin(pairs, pair).any(1)
        control = ControlPairs("", cosines[None, None, kept], *pairs[kept].T, len(vectors) - 2)
        passed.append(measures.further_apart(measures.below(control, float(value), 0)) is True)
    assert len(passed) > 300
    assert 0 < np.mean(passed) <= 0.05


def test_a_words_own_sentence_is_found_by_its_other_words_and_not_by_vectors_that_are_all_alike() -> None:
    others = np.eye(3)
    assert measures.own_sentence_found(np.eye(3) + 5, others) == 3  # what all share is taken off
    assert measures.own_sentence_found(np.eye(3)[[1, 0, 2]], others) == 1
    assert measures.own_sentence_found(np.ones((3, 3)), others) == 0


@pytest.mark.parametrize(
    ("sentences", "spans", "said"),
    [
        ((DOG, f" {DOG}"), ((8, 11), (9, 12)), "same sentence twice"),
        ((DOG, PROGRAM), ((4, 7), (12, 15)), "'dog' / 'ran'"),
    ],
)
def test_what_is_no_pair_is_refused(tiny: object, sentences: tuple[str, str], spans: object, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        shift_controls(tiny(), sentences, spans)  # type: ignore[operator, arg-type]
