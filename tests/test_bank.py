"""The sense bank: enough of everything, and every sentence holds its word exactly once."""

from __future__ import annotations

from collections import Counter

import pytest

from ctxcore import BankWord, background_sentences, find, sense_bank

WORDS = sorted(sense_bank())


def test_there_are_a_dozen_words_by_their_form() -> None:
    assert len(WORDS) >= 12
    assert {"ran", "bank"} <= set(WORDS)
    assert all(word == entry.word for word, entry in sense_bank().items())


@pytest.mark.parametrize("word", WORDS)
def test_a_word_has_two_to_four_senses_of_eight_sentences_or_more(word: str) -> None:
    counts = Counter(sense_bank()[word].senses)
    assert 2 <= len(counts) <= 4
    assert min(counts.values()) >= 8
    assert len(sense_bank()[word].senses) == len(sense_bank()[word].sentences)


@pytest.mark.parametrize("word", WORDS)
def test_every_sentence_mentions_its_word_exactly_once(word: str) -> None:
    sentences = sense_bank()[word].sentences
    assert [m.sentence_index for m in find(word, sentences)] == list(range(len(sentences)))


def test_no_sentence_stands_twice() -> None:
    sentences = [s.casefold().strip(" .") for entry in sense_bank().values() for s in entry.sentences]
    assert [s for s, count in Counter(sentences).items() if count > 1] == []
    assert all(s == s.strip() and "  " not in s for entry in sense_bank().values() for s in entry.sentences)


@pytest.mark.parametrize("word", WORDS)
def test_the_substitutes_are_several_other_words(word: str) -> None:
    substitutes = sense_bank()[word].substitutes
    assert len(substitutes) >= len(set(sense_bank()[word].senses))
    assert len({s.casefold() for s in substitutes} | {word}) == len(substitutes) + 1


def test_a_sample_holds_so_many_of_every_sense_with_their_labels() -> None:
    entry = BankWord("w", (), ("a1", "a2", "a3", "b1", "b2"), ("a", "a", "a", "b", "b"))
    sentences, senses = entry.sample(2)
    assert sorted(zip(sentences, senses, strict=True)) == [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")]
    assert Counter(entry.sample(9)[1]) == {"a": 3, "b": 2}


def test_the_background_is_a_fixed_sample_of_every_sense_of_every_word() -> None:
    senses = sum(len(set(entry.senses)) for entry in sense_bank().values())
    found = background_sentences(2)
    assert len(found) == len(set(found)) == 2 * senses
    assert all(set(entry.sample(2)[0]) <= set(found) for entry in sense_bank().values())
    assert background_sentences(2) == found
