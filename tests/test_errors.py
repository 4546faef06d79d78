"""Errors: one base class, and a message that says rule, value and remedy."""

from __future__ import annotations

import pytest

from ctxcore import (
    BadInputError,
    CtxError,
    ExportError,
    FileFormatError,
    MissingWeightsError,
    ModelError,
    NoMentionError,
    NoSentencesError,
    NotADecoderError,
    TooLongError,
    TooManyCharactersError,
    UnknownWordError,
    UnsupportedModelError,
)

RAISED = [
    BadInputError("The rule.", "the value", "The remedy."),
    NoSentencesError(),
    NoMentionError("ran", ["one"]),
    UnknownWordError("qickly", "glove", ["quickly"]),
    UnknownWordError("qickly", "glove"),
    TooLongError(1, 602, 512, "the last words"),
    TooManyCharactersError(2, 30_000, 20_000),
    ModelError("The rule.", "the value", "The remedy."),
    MissingWeightsError("The rule.", "the value", "The remedy."),
    UnsupportedModelError("The rule.", "the value", "The remedy."),
    NotADecoderError("minilm-l6"),
    ExportError("The rule.", "the value", "The remedy."),
    FileFormatError("The rule.", "the value", "The remedy."),
]


@pytest.mark.parametrize("error", RAISED, ids=lambda e: type(e).__name__)
def test_a_message_is_rule_value_and_remedy(error: CtxError) -> None:
    assert str(error) == f"{error.rule} Received: {error.received}. {error.remedy}"
    assert error.rule.endswith(".")
    assert error.remedy.endswith(".")


def test_a_page_catches_one_type_and_can_tell_the_kinds_apart() -> None:
    assert all(isinstance(error, CtxError) for error in RAISED)
    assert {type(e) for e in RAISED if isinstance(e, BadInputError)} == {
        BadInputError, NoSentencesError, NoMentionError, FileFormatError, TooManyCharactersError,
    }  # fmt: skip
    assert {type(e) for e in RAISED if isinstance(e, ModelError)} == {
        ModelError, MissingWeightsError, UnsupportedModelError, NotADecoderError,
    }  # fmt: skip


def test_sentences_are_counted_in_words_that_fit() -> None:
    assert "1 sentence without it" in str(NoMentionError("ran", ["a"]))
    assert "2 sentences without it" in str(NoMentionError("ran", ["a", "b"]))
    assert TooLongError(1, 602, 512, "end").received == "sentence 2 has 602 tokens"


def test_what_holds_the_word_only_as_a_part_is_named() -> None:
    assert NoMentionError("won", ["a"], ["won\u2019t"]).received == (
        "1 sentence without it; it is only a part of \u201cwon\u2019t\u201d"
    )
    assert TooManyCharactersError(2, 30_000, 20_000).received == "sentence 3 has 30,000 characters"
