"""The prediction ladder: each context level against what it claims to be, and two distributions compared by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import distance
from scipy.special import softmax

import ctxcore
from ctxcore import (
    Attend,
    BadInputError,
    ContextualModel,
    Contrast,
    Ladder,
    NotADecoderError,
    ladder,
    window_curve,
    window_curves,
)
from ctxcore.measures.lookup import LookupTable, split
from ctxcore.measures.prediction import contrast, likeliest, swap, swaps, tempered
from ctxcore.studies.prediction_ladder import LEVELS, joined, last_words

PROMPTS = ["The dog ran", "The program ran"]
CANDIDATES = ["quickly", "successfully"]


@pytest.fixture(scope="module")
def table() -> LookupTable:
    return LookupTable(split(ctxcore.lesson_sentences()), 3)


def test_each_level_is_what_it_says(decoder: ContextualModel, table: LookupTable) -> None:
    found = ladder(decoder, PROMPTS, CANDIDATES, table, 2)
    assert found.levels == LEVELS
    assert (found.window, found.n) == (2, 3)
    levels = (
        (["ran", "ran"], Attend.full()),
        (PROMPTS, Attend.self_only()),
        (["dog ran", "program ran"], Attend.full()),
        (PROMPTS, Attend.full()),
    )
    expected = [decoder.next_words(asked, CANDIDATES, attend=attend) for asked, attend in levels]
    for p in range(len(PROMPTS)):
        for r, predictions in enumerate(expected, start=1):
            one = predictions[p]
            assert found.probability[p, r].tolist() == pytest.approx([one.candidates[c] for c in CANDIDATES], rel=5e-5)
            assert found.rank[p, r].tolist() == [one.rank[c] for c in CANDIDATES]
            assert found.entropy[p, r] == pytest.approx(one.entropy, rel=1e-5)
            np.testing.assert_allclose(
                found.shares[p, r - 1], one.shares, atol=5e-6
            )  # by itself, and in a batch of all levels
    assert found.probability[:, 0].tolist() == [[0.5, 0.0], [0.0, 1.0]]  # two of our sentences begin "The dog ran"
    assert found.entropy[:, 0].tolist() == [1.0, 0.0]
    assert [a.seen for answers in found.answers for a in answers] == [2, 2, 1, 1]


def ladder_of(first: list[list[float]], second: list[list[float]], full: list[list[float]]) -> Ladder:
    """Two prompts over three tokens, two context levels above the table; ``full`` is that of two candidates."""
    probability = np.array(full)[:, None]
    return Ladder(
        ("one", "two"), ("a", "b"), ("table", "no attention", "full"), probability, np.ones_like(probability, int), (),
        np.ones((2, 3)), (), np.array([first, second]), 2, 3,
    )  # fmt: skip


OFF, FULL = [0.2, 0.3, 0.5], [0.7, 0.2, 0.1]


def test_two_prompts_are_compared_on_each_level_and_by_one_candidate() -> None:
    found = ladder_of([OFF, FULL], [[0.2, 0.25, 0.55], [0.1, 0.1, 0.8]], [[0.02, 0.3], [0.1, 0.0]])
    off, full = swaps(found)
    assert (off.greatest, full.greatest) == (pytest.approx(0.05), pytest.approx(0.7))
    first = contrast(found)
    assert (first.candidate, first.likelier) == ("a", 1)
    assert (first.times, first.apart) == (pytest.approx(5), pytest.approx(0.05))
    assert contrast(found, 1) == Contrast("b", 0, float("inf"), first.apart)


def test_the_likeliest_tokens_at_a_temperature() -> None:
    assert likeliest(np.array(FULL), 1.0, 2) == [(0, pytest.approx(0.7)), (1, pytest.approx(0.2))]
    squared = [0.49 / 0.54, 0.04 / 0.54, 0.01 / 0.54]
    assert [p for _, p in likeliest(np.array(FULL), 0.5)] == pytest.approx(squared)


def test_the_lessons_claim_in_figures(decoder: ContextualModel, table: LookupTable) -> None:
    found = ladder(decoder, PROMPTS, CANDIDATES, table)
    full = found.probability[:, -1]
    assert full[0, 0] > 20 * full[1, 0]
    assert full[1, 1] > 100 * full[0, 1]
    for level in ("last word", "no attention"):
        one = swap(*found.shares[:, LEVELS.index(level) - 1])
        assert one.greatest <= 1e-6
        assert one.divergence == pytest.approx(0, abs=1e-9)
    apart = swap(*found.shares[:, -1])
    assert apart.divergence == pytest.approx(
        distance.jensenshannon(*found.shares[:, -1].astype(float), base=2) ** 2, abs=1e-4
    )
    assert decoder.tokenizer.text_of(apart.moved[0][0]) == " for"


def test_what_the_table_never_saw_is_no_number(decoder: ContextualModel, table: LookupTable) -> None:
    found = ladder(decoder, ["The cat ran"], ["swiftly"], table)
    assert np.isnan(found.probability[0, 0, 0])
    assert np.isnan(found.entropy[0, 0])
    assert found.top[0][0] == ()
    assert 0 < found.probability[0, -1, 0] < 0.01
    assert 10 < found.rank[0, -1, 0] < 200


@pytest.mark.parametrize(
    ("k", "shown"),
    [(1, "home, once!?\u201d"), (2, "ran home, once!?\u201d"), (4, "the dog ran home, once!?\u201d")],
)
def test_a_window_of_words_keeps_the_punctuation_behind_them(k: int, shown: str) -> None:
    """What stands before the first of them is not shown, its opening quotation mark neither."""
    prompt = "She said: \u201cthe dog ran home, once!?\u201d"
    assert last_words(prompt, k + 1) == shown
    assert last_words("didn't (they)", 1) == "they)"


def test_a_window_as_wide_as_the_prompt_is_the_prompt_itself() -> None:
    prompt = "  \u201cThe dog, ran ... "
    for k in (3, 4, 99):
        assert last_words(prompt, k) == prompt
    assert last_words(prompt, 2) == "dog, ran ... "
    assert last_words("...ran", 1) == "...ran"
    assert last_words("Собака бежала. ", 1) == "бежала. "


def test_a_window_without_a_word_is_refused() -> None:
    for k in (0, -1):
        with pytest.raises(BadInputError, match=f"At least one word is shown. Received: {k} words"):
            last_words("The dog ran", k)
    for nothing in ("", "?!", "  "):
        with pytest.raises(BadInputError, match="A prompt needs a word"):
            last_words(nothing, 1)


def test_a_window_of_one_word_is_the_last_word_and_one_of_all_is_the_prompt(
    decoder: ContextualModel, table: LookupTable
) -> None:
    prompts = ["The dog ran", "So, the program ran"]
    for window, level, other in ((1, "last word", "full"), (4, "full", "last word")):
        found = ladder(decoder, prompts, CANDIDATES, table, window)
        narrow, same, different = (LEVELS.index(name) for name in ("window", level, other))
        np.testing.assert_array_equal(found.shares[:, narrow - 1], found.shares[:, same - 1])
        np.testing.assert_array_equal(found.probability[:, narrow], found.probability[:, same])
        np.testing.assert_array_equal(found.rank[:, narrow], found.rank[:, same])
        np.testing.assert_array_equal(found.entropy[:, narrow], found.entropy[:, same])
        assert [t[narrow] for t in found.top] == [t[same] for t in found.top]
        assert np.abs(found.shares[:, narrow - 1] - found.shares[:, different - 1]).max() > 0.05
    with pytest.raises(BadInputError, match="At least one word is shown"):
        ladder(decoder, prompts, CANDIDATES, table, 0)


def test_the_last_number_of_words_shows_the_whole_prompt(decoder: ContextualModel) -> None:
    prompt = "\u201cWell, the old dog ran"
    shown, curve = window_curve(decoder, prompt, CANDIDATES)
    assert shown == [1, 2, 3, 4, 5]
    assert curve.shape == (5, 2)
    texts = ["ran", "dog ran", "old dog ran", "the old dog ran", prompt]
    for row, one in zip(curve, decoder.next_words(texts, CANDIDATES), strict=True):
        assert row.tolist() == pytest.approx([one.candidates[c] for c in CANDIDATES], rel=5e-5)
    without_quote = decoder.next_words([prompt[1:]], CANDIDATES)[0].candidates["quickly"]
    assert curve[-1, 0] != pytest.approx(without_quote, rel=1e-3)


def test_a_long_prompt_is_shown_up_to_the_number_asked(decoder: ContextualModel) -> None:
    shown, curve = window_curve(decoder, "The dog ran", CANDIDATES, most=2)
    assert shown == [1, 2]
    every = window_curve(decoder, "The dog ran", CANDIDATES)
    assert every[0] == [1, 2, 3]
    np.testing.assert_allclose(curve, every[1][:2], rtol=5e-5)
    with pytest.raises(BadInputError):
        window_curve(decoder, "?!", CANDIDATES)


def test_an_encoder_and_a_prompt_without_a_word_are_refused(
    encoder: ContextualModel, decoder: ContextualModel, table: LookupTable
) -> None:
    with pytest.raises(NotADecoderError):
        ladder(encoder, PROMPTS, CANDIDATES, table)
    with pytest.raises(BadInputError, match="A prompt needs a word"):
        ladder(decoder, ["?!"], CANDIDATES, table)


def test_a_swap_lists_what_differs_most() -> None:
    found = swap(np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.3, 0.2, 0.4]), 3)
    assert found.moved == ((0, 0.5, 0.1), (3, 0.0, 0.4))
    assert found.greatest == pytest.approx(0.4)
    assert swap(np.array([1.0, 0.0]), np.array([0.0, 1.0])).divergence == pytest.approx(1)
    assert swap(np.array([0.4, 0.6]), np.array([0.4, 0.6])).moved == ()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 1.7])
def test_a_temperature_divides_the_logits(temperature: float) -> None:
    logits = np.random.default_rng(0).normal(size=(2, 9))
    np.testing.assert_allclose(tempered(softmax(logits, axis=-1), temperature), softmax(logits / temperature, axis=-1))


def test_a_share_of_nought_stays_nought_and_no_temperature_is_refused() -> None:
    assert tempered(np.array([0.0, 0.25, 0.75]), 0.5).tolist() == pytest.approx([0, 0.1, 0.9])
    with pytest.raises(BadInputError, match="above 0"):
        tempered(np.array([1.0]), 0)


def test_windows_of_several_prompts_stand_on_one_axis(decoder: ContextualModel) -> None:
    prompts = ["The dog ran", "In the old park the dog ran", "ran"]
    found = window_curves(decoder, prompts, CANDIDATES)
    assert found.shown == tuple(range(1, 8))
    assert found.probability.shape == (3, 7, 2)
    for row, prompt in zip(found.probability, prompts, strict=True):
        numbers, curve = window_curve(decoder, prompt, CANDIDATES)
        np.testing.assert_allclose(row[: len(numbers)], curve, rtol=1e-6)
        np.testing.assert_array_equal(
            row[len(numbers) :], np.broadcast_to(row[len(numbers) - 1], (7 - len(numbers), 2))
        )


def test_one_of_each_prompt_makes_one_of_all(decoder: ContextualModel, table: LookupTable) -> None:
    together = ladder(decoder, PROMPTS, CANDIDATES, table)
    parted = joined([ladder(decoder, [prompt], CANDIDATES, table) for prompt in PROMPTS])
    assert (parted.prompts, parted.answers, parted.pieces) == (together.prompts, together.answers, together.pieces)
    np.testing.assert_array_equal(parted.rank, together.rank)
    np.testing.assert_allclose(parted.probability, together.probability, rtol=1e-4)
    np.testing.assert_allclose(parted.entropy, together.entropy, rtol=1e-4)
    np.testing.assert_allclose(parted.shares, together.shares, atol=5e-6)
    assert [[len(level) for level in of] for of in parted.top] == [[len(level) for level in of] for of in together.top]


def test_each_prefix_has_its_own_way_to_attend(decoder: ContextualModel) -> None:
    prefixes = ["The dog ran", "The old program ran", "The dog ran"]
    ways = [Attend.full(), Attend.window(1), Attend.self_only()]
    for candidates in (
        ["quickly"],
        ["quickly", "antidisestablishment"],
    ):  # of one token, and of several behind kept keys
        found = decoder.next_words(prefixes, candidates, attend=ways)
        for one, prefix, way in zip(found, prefixes, ways, strict=True):
            alone = decoder.next_words([prefix], candidates, attend=way)[0]
            np.testing.assert_allclose(one.shares, alone.shares, atol=5e-6)
            assert one.candidates == pytest.approx(alone.candidates, rel=1e-4)
        assert np.abs(found[0].shares - found[2].shares).max() > 0.05
    with pytest.raises(BadInputError, match="3 for 2"):
        decoder.next_words(prefixes[:2], [], attend=ways)
