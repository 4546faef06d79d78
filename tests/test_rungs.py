"""The prediction ladder: each rung against what it claims to be, and two distributions compared by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import distance
from scipy.special import softmax

import ctxcore
from ctxcore import Attend, BadInputError, ContextualModel, NotADecoderError, ladder, window_curve
from ctxcore.measures.lookup import LookupTable, split
from ctxcore.measures.prediction import swap, tempered
from ctxcore.rungs import RUNGS

PROMPTS = ["The dog ran", "The program ran"]
CANDIDATES = ["quickly", "successfully"]


@pytest.fixture(scope="module")
def table() -> LookupTable:
    return LookupTable(split(ctxcore.lesson_sentences()), 3)


def test_each_rung_is_what_it_says(decoder: ContextualModel, table: LookupTable) -> None:
    found = ladder(decoder, PROMPTS, CANDIDATES, table, 1)
    assert found.rungs == RUNGS
    for p, prompt in enumerate(PROMPTS):
        rungs = (
            (["ran"], Attend.full()),
            ([prompt], Attend.self_only()),
            ([prompt], Attend.window(1, first=1)),
            ([prompt], Attend.full()),
        )
        for r, (asked, attend) in enumerate(rungs, start=1):
            one = decoder.next_words(asked, CANDIDATES, attend=attend)[0]
            assert found.probability[p, r].tolist() == pytest.approx([one.candidates[c] for c in CANDIDATES], rel=1e-5)
            assert found.rank[p, r].tolist() == [one.rank[c] for c in CANDIDATES]
            assert found.entropy[p, r] == pytest.approx(one.entropy, rel=1e-5)
            np.testing.assert_allclose(found.shares[p, r - 1], one.shares, atol=1e-6)
    assert found.probability[:, 0].tolist() == [[0.5, 0.0], [0.0, 1.0]]  # two of our sentences begin "The dog ran"
    assert found.entropy[:, 0].tolist() == [1.0, 0.0]
    assert [a.seen for answers in found.answers for a in answers] == [2, 2, 1, 1]


def test_the_lessons_claim_in_figures(decoder: ContextualModel, table: LookupTable) -> None:
    found = ladder(decoder, PROMPTS, CANDIDATES, table)
    full = found.probability[:, -1]
    assert full[0, 0] > 20 * full[1, 0]
    assert full[1, 1] > 100 * full[0, 1]
    for rung in ("last word", "no attention"):
        one = swap(*found.shares[:, RUNGS.index(rung) - 1])
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


def test_a_window_that_sees_all_is_full_attention(decoder: ContextualModel) -> None:
    reaches, curve = window_curve(decoder, "The dog ran", CANDIDATES)
    assert reaches == [0, 1, 2, 3]
    full = decoder.next_words(["The dog ran"], CANDIDATES)[0].candidates
    assert curve[-1].tolist() == pytest.approx([full[c] for c in CANDIDATES], rel=1e-4)
    narrow = decoder.next_words(["The dog ran"], CANDIDATES, attend=Attend.window(0, first=1))[0].candidates
    assert curve[0].tolist() == pytest.approx([narrow[c] for c in CANDIDATES], rel=1e-5)


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
