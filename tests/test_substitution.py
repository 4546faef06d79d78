"""Substitutes: each is put in the word's place and read there."""

from __future__ import annotations

import numpy as np
import pytest

from ctxcore import BadInputError, ContextualModel, NoSentencesError, Substitutes, find, substitutes
from ctxcore.measures.geometry import cosine

SENTENCES = ["The program ran successfully.", "The mayor ran the city.", "The dog ran quickly.", "Ran home, she did."]
WORDS = ["executed", "governed", "sprinted", "managed", "worked"]


def ask(model: ContextualModel, sentences: list[str], words: list[str]) -> Substitutes:
    return substitutes(model, sentences, find("ran", sentences), words)


def test_the_word_itself_changes_nothing(encoder: ContextualModel, decoder: ContextualModel) -> None:
    for model in (encoder, decoder):
        found = ask(model, SENTENCES, ["ran", "sprinted"])
        assert found.words == ("ran", "sprinted")
        assert found.similarity.shape == (4, 2, model.layers + 1)
        np.testing.assert_allclose(found.similarity[:, 0], 1, atol=1e-12)
        assert found.similarity[:, 1, 1:].max() < 0.999


def test_the_order_of_words_and_sentences_does_not_matter(encoder: ContextualModel) -> None:
    forwards = ask(encoder, SENTENCES, WORDS).similarity
    backwards = ask(encoder, SENTENCES[::-1], WORDS[::-1]).similarity
    np.testing.assert_allclose(forwards, backwards[::-1, ::-1], atol=1e-5)


def test_a_similarity_is_the_cosine_of_the_two_vectors(encoder: ContextualModel) -> None:
    found = ask(encoder, SENTENCES, WORDS)
    ran = encoder.occurrences("ran", SENTENCES[:1]).vectors[0]
    sprinted = encoder.occurrences("sprinted", ["The program sprinted successfully."]).vectors[0]
    np.testing.assert_allclose(found.similarity[0, 2], cosine(ran, sprinted), atol=1e-5)


def test_a_substitute_at_the_beginning_takes_the_capital(decoder: ContextualModel) -> None:
    """The decoder's tokens tell upper from lower case."""
    found = ask(decoder, SENTENCES, ["sprinted"])
    capital = decoder.occurrences("sprinted", ["Sprinted home, she did."]).vectors[0]
    ran = decoder.occurrences("ran", SENTENCES[3:]).vectors[0]
    np.testing.assert_allclose(found.similarity[3, 0], cosine(ran, capital), atol=1e-5)


def test_the_ranking_follows_the_sentence(encoder: ContextualModel) -> None:
    program, mayor, dog, _ = ask(encoder, SENTENCES, WORDS).similarity[:, :, -1]
    executed, governed, sprinted, managed, _ = range(5)
    assert program[executed] > program[governed] + 0.2
    assert mayor[governed] > mayor[executed] + 0.1
    assert dog[sprinted] == dog.max()
    assert program[managed] < program[executed]


def test_without_words_or_mentions_there_is_nothing_to_put_in_place(encoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match="At least one substitute"):
        ask(encoder, SENTENCES, [])
    with pytest.raises(NoSentencesError):
        substitutes(encoder, SENTENCES, [], WORDS)
