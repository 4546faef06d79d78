"""Senses of the whole bank: word by word the reader of single words, and the means that the product shows."""

from __future__ import annotations

import numpy as np
import pytest

import ctxcore
from ctxcore import BadInputError, BankAccuracy, ContextualModel, StoppedError, find, sense_bank
from ctxcore.measures.senses import read_senses


@pytest.fixture(scope="module")
def found(encoder: ContextualModel) -> BankAccuracy:
    return ctxcore.bank_accuracy(encoder)


def test_every_word_is_what_the_reader_of_one_word_says(found: BankAccuracy, encoder: ContextualModel) -> None:
    assert found.words == tuple(sense_bank())
    for i, word in enumerate(sense_bank().values()):
        first = [sum(1 for s in word.senses[:k] if s == sense) for k, sense in enumerate(word.senses)]
        labels = [s if before < 3 else None for s, before in zip(word.senses, first, strict=True)]
        vectors = encoder.vectors(word.sentences, find(word.word, word.sentences)).vectors
        own = read_senses(vectors, labels, word.senses)
        np.testing.assert_allclose(found.accuracy[i], own.accuracy, atol=1e-12)
        assert (found.chance[i], found.counted[i], found.senses[i]) == (own.chance, own.counted, len(own.labels))


def test_the_encoder_reads_most_senses_and_its_static_twin_hardly_any(found: BankAccuracy) -> None:
    assert found.by_layer[-1] == pytest.approx(0.857, abs=0.01)
    assert found.by_layer[0] == pytest.approx(0.377, abs=0.01)
    assert found.static == pytest.approx(0.365, abs=0.001)
    assert found.accuracy.shape == (len(sense_bank()), 7)
    assert found.told == 3


def test_the_means_weigh_every_word_alike() -> None:
    """Two words, two layers, by hand."""
    accuracy, chance = np.array([[0.5, 1.0], [0.25, 0.5]]), np.array([0.5, 0.25])
    found = BankAccuracy(("a", "b"), (2, 4), accuracy, chance, (40, 4), 1)
    assert found.by_layer.tolist() == [0.375, 0.75]
    assert found.static == 0.375
    table = ctxcore.tables.bank_table(found)
    assert table.to_numpy().tolist() == [
        ["a", 2, 40, 0, 0.5, 0.5], ["a", 2, 40, 1, 1.0, 0.5], ["b", 4, 4, 0, 0.25, 0.25], ["b", 4, 4, 1, 0.5, 0.25],
    ]  # fmt: skip


def test_the_figure_draws_the_mean_both_baselines_and_every_word(found: BankAccuracy) -> None:
    figure = ctxcore.figures.bank_figure(found)
    each, static, twin, mean = figure.data
    assert np.asarray(mean.y) == pytest.approx(found.by_layer, abs=1e-6)
    assert np.asarray(static.y) == pytest.approx([found.static] * 7, abs=1e-6)
    assert np.asarray(twin.y) == pytest.approx([found.by_layer[0]] * 7, abs=1e-6)
    drawn = np.asarray(each.y).reshape(len(found.words), 8)
    assert drawn[:, :7] == pytest.approx(found.accuracy, abs=1e-6)
    assert np.isnan(drawn[:, 7]).all()  # a line never runs from one word into the next


def test_it_says_how_far_it_is_and_can_be_stopped(encoder: ContextualModel) -> None:
    said: list[tuple[float, str]] = []

    def stop(share: float, what: str) -> None:
        said.append((share, what))
        if len(said) == 2:
            raise StoppedError(what)

    with pytest.raises(StoppedError):
        ctxcore.bank_accuracy(encoder, progress=stop)
    first, second = list(sense_bank())[:2]
    assert said == [
        (0.0, f"Reading the sentences with \u201c{first}\u201d"),
        (1 / len(sense_bank()), f"Reading the sentences with \u201c{second}\u201d"),
    ]


@pytest.mark.parametrize("told", [0, 9])
def test_some_are_told_and_some_are_left(encoder: ContextualModel, told: int) -> None:
    with pytest.raises(BadInputError, match=f"{told} told"):
        ctxcore.bank_accuracy(encoder, told)


def test_what_is_told_are_the_first_sentences_of_each_sense() -> None:
    word = ctxcore.BankWord("w", (), ("1", "2", "3", "4", "5"), ("a", "a", "b", "a", "b"))
    assert word.told(1) == ("a", None, "b", None, None)
    assert word.told(2) == ("a", "a", "b", None, "b")
