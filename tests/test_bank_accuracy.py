"""Senses of the whole bank: word by word the reader of single words, and the means that the product shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import ctxcore
from ctxcore import (
    Attend,
    BadInputError,
    BankAccuracy,
    BankWord,
    ContextualModel,
    SenseControls,
    StaticSpace,
    StoppedError,
    find,
    sense_bank,
)
from ctxcore.measures.senses import read_senses
from ctxcore.measures.tallies import interval
from ctxcore.progress import silent
from ctxcore.studies import sense_accuracy
from tests.samples import sense_controls, sense_reading


@pytest.fixture(scope="module")
def found(encoder: ContextualModel, static: StaticSpace) -> BankAccuracy:
    return ctxcore.bank_accuracy(encoder, static)


def test_every_word_is_what_the_reader_of_one_word_says(found: BankAccuracy, encoder: ContextualModel) -> None:
    assert found.words == tuple(sense_bank())
    for i, word in list(enumerate(sense_bank().values()))[::6]:
        first = [sum(1 for s in word.senses[:k] if s == sense) for k, sense in enumerate(word.senses)]
        labels = [s if before < 3 else None for s, before in zip(word.senses, first, strict=True)]
        vectors = encoder.vectors(word.sentences, find(word.word, word.sentences)).vectors
        own = read_senses(vectors, labels, word.senses)
        np.testing.assert_allclose(found.accuracy[0, i], own.accuracy, atol=1e-12)
        assert (found.chance[i], found.counted[i], found.senses[i]) == (own.chance, own.counted, len(own.labels))


def test_attention_reads_most_senses_and_so_do_the_other_words(found: BankAccuracy) -> None:
    """An independent measurement of the raw model (mean of the other tokens, mean of the other words' GloVe vectors) gave 0.857,
    0.375, 0.859 and 0.728 at the last layer, and 0.377 at layer 0, where ties had been decided by rounding."""
    assert found.by_layer[:, -1] == pytest.approx([0.857, 0.375, 0.859, 0.721], abs=0.0006)
    assert found.by_layer[:2, 0] == pytest.approx([0.374, 0.374], abs=0.0006)
    assert found.static == pytest.approx(0.365, abs=0.0006)
    assert found.accuracy.shape == (4, len(sense_bank()), 7)
    assert [round(tally.right) for tally in found.tallies] == [235, 100, 234, 196]
    assert {(tally.asked, round(tally.guess, 3)) for tally in found.tallies} == {(276, 0.348)}
    assert interval(found.tallies[0]) == pytest.approx((0.804, 0.891), abs=0.001)
    assert (found.draws.min(1)[:2].round(2).tolist(), found.draws.max(1)[:2].round(2).tolist()) == (
        [0.86, 0.28], [0.93, 0.39],
    )  # fmt: skip
    ran = found.readings[found.words.index("ran")]
    assert [tally.right for tally in ran.tallies] == [15, 5, 12, 11]


def test_the_controls_are_made_of_the_other_words(tiny: Callable[..., ContextualModel], static: StaticSpace) -> None:
    """By hand from the hidden states of a sentence, and from three static vectors."""
    model = tiny()
    sentences = ("the dog ran quickly", "the program ran", "a cat ran", "the dog ran")
    word = BankWord("ran", (), sentences, ("a", "b", "a", "b"))
    mentions = find("ran", sentences)
    own, others = sense_accuracy._pooled(model, word, mentions, Attend.self_only(), silent)
    read = model.encode(sentences[:1], attend=Attend.self_only())[0]
    assert [t.text for t in read.tokens if not t.special] == ["the", "dog", "ran", "quickly"]
    at = [i for i, token in enumerate(read.tokens) if not token.special]
    np.testing.assert_allclose(own[0], read.hidden[:, at[2]], atol=1e-6)
    np.testing.assert_allclose(others[0], read.hidden[:, [at[0], at[1], at[3]]].mean(1), atol=1e-6)
    bag = sense_accuracy._bag(static, word, mentions)
    np.testing.assert_allclose(
        bag[0], (static.vector("the") + static.vector("dog") + static.vector("quickly")) / 3, atol=1e-6
    )
    unknown = BankWord("ran", (), ("qzxv ran qqxz",), ("a",))
    assert not sense_accuracy._bag(static, unknown, find("ran", unknown.sentences)).any()


def test_the_means_weigh_every_word_alike_and_the_counts_every_sentence() -> None:
    """Two words by hand: 15 of 18 with three senses, 12 of 12 with two."""
    own, off = sense_reading(6, 12, 12, asked=12, senses=2), sense_reading(3, 6, 6, asked=12, senses=2)
    second = SenseControls(own, off, own, sense_reading(8, asked=12, senses=2), np.full((4, 3), 0.5))
    found = BankAccuracy(("a", "b"), (sense_controls(), second), 3)
    assert found.by_layer[0].tolist() == pytest.approx([(6 / 18 + 6 / 12) / 2, (9 / 18 + 1) / 2, (15 / 18 + 1) / 2])
    assert found.static == pytest.approx((1 / 3 + 1 / 2) / 2)
    own_tally, off_tally, _, _ = found.tallies
    assert (own_tally.right, off_tally.right, own_tally.asked, own_tally.guess) == (27, 11, 30, pytest.approx(12 / 30))
    assert found.draws[0].tolist() == pytest.approx([0.625, 0.75, 0.7])
    table = ctxcore.tables.bank_table(found)
    assert len(table) == 20  # a word: three readers of three layers, and one of one
    last = table[(table.word == "b") & (table.read_from == "own_vector") & (table.layer == 2)]
    assert last[["senses", "right", "asked", "named_right"]].to_numpy().tolist() == [[2, 12, 12, 1.0]]


def test_the_figure_draws_the_means_chance_and_every_word(found: BankAccuracy) -> None:
    each, static, bag, others, off, own = ctxcore.figures.bank_figure(found).data
    for line, by_layer in zip((own, off, others, bag), found.by_layer, strict=True):
        assert np.asarray(line.y) == pytest.approx(by_layer, abs=1e-6)
    assert np.asarray(static.y) == pytest.approx([found.static] * 7, abs=1e-6)
    drawn = np.asarray(each.y).reshape(len(found.words), 8)
    assert drawn[:, :7] == pytest.approx(found.accuracy[0], abs=1e-6)
    assert np.isnan(drawn[:, 7]).all()  # a line never runs from one word into the next


def test_it_says_how_far_it_is_and_can_be_stopped(encoder: ContextualModel, static: StaticSpace) -> None:
    said: list[tuple[float, str]] = []

    def stop(share: float, what: str) -> None:
        said.append((share, what))
        if len(said) == 2:
            raise StoppedError(what)

    with pytest.raises(StoppedError):
        ctxcore.bank_accuracy(encoder, static, progress=stop)
    first, second = list(sense_bank())[:2]
    assert said == [
        (0.0, f"Reading the sentences with \u201c{first}\u201d"),
        (1 / len(sense_bank()), f"Reading the sentences with \u201c{second}\u201d"),
    ]


@pytest.mark.parametrize("told", [0, 9])
def test_some_are_told_and_some_are_left(encoder: ContextualModel, static: StaticSpace, told: int) -> None:
    with pytest.raises(BadInputError, match=f"{told} told"):
        ctxcore.bank_accuracy(encoder, static, told)


def test_what_is_told_are_the_first_sentences_of_each_sense() -> None:
    word = ctxcore.BankWord("w", (), ("1", "2", "3", "4", "5"), ("a", "a", "b", "a", "b"))
    assert word.told(1) == ("a", None, "b", None, None)
    assert word.told(2) == ("a", "a", "b", None, "b")
