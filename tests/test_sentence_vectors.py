"""Vectors of a text are read and kept sentence by sentence."""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np
import pytest

from ctxcore import ContextualModel, TooLongError
from ctxcore.charts import selection
from ctxcore.charts.selection import TokensPerWord, Vectors
from ctxcore.charts.words import SelfSimilarityByLayer, Trails
from ctxcore.engine import Engine, default_engine
from ctxcore.text import find, overlapping, words_of

MODEL = "minilm-l6"
TEXT = ("The dog ran home.", "Ran and ran: the clock.", "No such word.", "The old program ran.")


def asked(sentences: tuple[str, ...], kind: Any = Vectors) -> Any:
    return kind(MODEL, sentences, tuple((m.sentence_index, m.start, m.end) for m in find("ran", sentences)))


@pytest.fixture
def read(encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The sentences that the model is asked for, call by call."""
    calls: list[tuple[str, ...]] = []
    vectors = type(encoder).vectors

    def counted(self: ContextualModel, sentences: Any, *rest: Any, **named: Any) -> Any:
        calls.append(tuple(sentences))
        return vectors(self, sentences, *rest, **named)

    monkeypatch.setattr(type(encoder), "vectors", counted)
    return calls


def test_after_an_edit_the_new_sentence_alone_is_read(encoder: ContextualModel, read: list[tuple[str, ...]]) -> None:
    engine = Engine(model=lambda name: encoder)
    first = engine.get(asked(TEXT))
    assert read == [(TEXT[0],), (TEXT[1],), (TEXT[3],)]
    assert first.sentence_index == (0, 1, 1, 3)
    assert first.words == ("ran", "Ran", "ran", "ran")
    expected = encoder.vectors(TEXT, find("ran", TEXT))
    np.testing.assert_allclose(first.vectors, expected.vectors, atol=2e-6)
    assert (first.spans, first.pieces, first.sentences) == (expected.spans, expected.pieces, expected.sentences)
    read.clear()
    moved = ("A mill ran dry.", TEXT[1], TEXT[0], TEXT[0])
    second = engine.get(asked(moved))
    assert read == [("A mill ran dry.",)]
    np.testing.assert_array_equal(
        second.vectors[[3, 4]], first.vectors[[0, 0]]
    )  # to the last bit, and in their new places
    np.testing.assert_array_equal(second.vectors[[1, 2]], first.vectors[[1, 2]])


def test_an_edit_keeps_the_vectors_of_the_new_sentence_and_none_of_the_others_again(encoder: ContextualModel) -> None:
    engine = Engine(model=lambda name: encoder)
    engine.get(asked(TEXT))
    engine.get(asked(TEXT, Trails))
    before = engine.kept_bytes
    edited = ("A mill ran dry.", *TEXT[1:])
    engine.get(asked(edited))
    engine.get(asked(edited, Trails))
    a_vector = (encoder.layers + 1) * encoder.features * 4
    assert a_vector <= engine.kept_bytes - before < 2.5 * a_vector  # of four occurrences


def test_only_what_is_not_read_yet_takes_time(encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(model=lambda name: encoder)
    monkeypatch.setattr(selection, "MOMENT", 3 * 2.5 * selection.work_of(asked(TEXT).parts()[0], engine))
    query = asked(TEXT)
    assert query.is_slow(engine)
    assert asked(TEXT, Trails).is_slow(engine)
    engine.get(asked(TEXT[:2]))
    assert not query.is_slow(engine)
    assert not asked(TEXT, Trails).is_slow(engine)
    assert asked(TEXT, SelfSimilarityByLayer).is_slow(engine)  # for what else it asks


def test_many_sentences_are_read_together(
    encoder: ContextualModel, read: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "_ONE_BY_ONE", 2)
    engine = Engine(model=lambda name: encoder)
    engine.get(asked(TEXT))
    assert read == [TEXT]


def test_an_error_names_the_sentence_by_its_place(encoder: ContextualModel) -> None:
    engine = Engine(model=lambda name: encoder)
    with pytest.raises(TooLongError, match="sentence 2") as caught:
        engine.get(asked((TEXT[0], "ran " * 600)))
    assert "sentence 1 " not in str(caught.value)


def test_parts_that_are_kept_tell_nobody(encoder: ContextualModel) -> None:
    told: list[tuple[str, bool]] = []
    engine = Engine(
        model=lambda name: encoder, told=lambda query, s, kept, e: told.append((type(query).__name__, kept))
    )
    engine.get(asked(TEXT[:2]))
    engine.get(asked((*TEXT[:2], "It ran.")))
    assert told == [
        *[("SentenceVectors", False)] * 2, ("Vectors", False), ("SentenceVectors", False), ("Vectors", False)
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["minilm-l6", "smollm2-135m"])
def test_tokens_a_word_are_counted_in_time_with_the_sentence(name: str) -> None:
    engine = default_engine()
    sentences = (
        "The caf\u00e9s un\u00advoweled \U0001f468\u200d\U0001f469 [MASK] e\u0301e\u0301 don't <|endoftext|> \u4eca\u5929 ran.",
        "Unbelievably, antidisestablishmentarianism ran \u200b\u0301 on.",
    )
    model = engine.model(name)
    words = [words_of(sentence) for sentence in sentences]
    tokens = [model.tokens([sentence])[0] for sentence in sentences]
    pieces = [len(overlapping(row, (w.start, w.end))) for row, found in zip(tokens, words, strict=True) for w in found]
    assert engine.get(TokensPerWord(name, sentences)) == sum(pieces) / len(pieces) > 1
    begun = process_time()
    assert engine.get(TokensPerWord(name, ("a b " * 5_000,))) == 1.0
    assert process_time() - begun < 3  # word by word with all tokens it was 15 s; a bound, not a measure
