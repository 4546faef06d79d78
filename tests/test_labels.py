"""What tokens are called: text of the sentence, whatever a vocabulary writes."""

from __future__ import annotations

import pytest

from ctxcore import ContextualModel, Token, words_of
from ctxcore.measures import attention as maps
from ctxcore.text.labels import token_labels, visible

SPELLED = "\u0120\u010a\u00e2\u00f0\u00e3"
"""Letters that a byte-level vocabulary writes for blanks, line ends and parts of marks."""


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("He said \u201cran\u201d \u2014 5 \u20ac", ["He", "said", "\u201c", "ran", "\u201d", "\u2014", "\u2423", "5", "\u20ac"]),
        ("the \u2013 dog", ["the", "\u2013", "dog"]),
        ("\u4e0b\u3002", ["\u2423", "\u4e0b", "##\u3002"]),
        ("Party \U0001f389 now", ["Party", *(f"\U0001f389 ({i} of 3)" for i in (1, 2, 3)), "now"]),
        ("Apollo 11", ["Apollo", "\u2423", "1", "##1"]),
        ("a\u200db", ["a\u200db"]),  # the joiner joins nothing here and is not read
        ("\u0915\u093f", ["\u0915", "##\u25cc\u093f"]),
    ],
)  # fmt: skip
def test_a_decoders_tokens_are_called_by_their_characters(
    decoder: ContextualModel, sentence: str, expected: list[str]
) -> None:
    tokens = decoder.tokens([sentence])[0]
    found = token_labels(tokens, sentence, words_of(sentence))
    assert found[0] == "<|endoftext|>"
    assert not set(SPELLED) & set("".join(found))
    assert [f.removeprefix("##") for f in found[1:]] == [e.removeprefix("##") for e in expected]


@pytest.mark.parametrize("name", ["encoder", "decoder"])
@pytest.mark.parametrize("by", ["word", "token"])
def test_no_row_of_a_map_is_spelled_in_bytes(name: str, by: str, request: pytest.FixtureRequest) -> None:
    sentence = "\u201cCaf\u00e9\u201d \u2014 \u0939\u093f \U0001f389 \u2713 1,5 \u20ac\u2026 \u4eca\u5929\u3002"
    model = request.getfixturevalue(name)
    shown = maps.units(model.tokens([sentence])[0], words_of(sentence), sentence, by=by)
    assert not set(SPELLED) & set("".join(shown.labels))
    assert all(label.strip() for label in shown.labels)
    if by == "word":
        assert [x for x in shown.labels if x == "\u2713" or x.startswith("\u2713 [")] != []
        assert sum("\u2713" in x for x in shown.labels) == 1


def test_an_unknown_token_says_so_behind_its_characters() -> None:
    tokens = (Token("[UNK]", 1, 0, 1, False), Token("<unk>", 1, 2, 5, False), Token("[UNK]", 1, 6, 11, False))
    assert token_labels(tokens, "\u4eca abc [UNK]") == ("\u4eca [UNK]", "abc <unk>", "[UNK]")  # the last was typed


def test_pieces_of_a_word_are_marked_where_words_are_given() -> None:
    tokens = (Token("run", 1, 0, 3, False), Token("##ning", 2, 3, 7, False))
    assert token_labels(tokens, "Running", words_of("Running")) == ("Run", "##ning")
    assert token_labels(tokens, "Running") == ("Run", "ning")


@pytest.mark.parametrize(
    ("characters", "said"),
    [("dog", "dog"), (" ", "\u2423"), ("\u3000", "\u2423"), ("\u200b", "U+200B"), ("\ufeff\u200e", "U+FEFF U+200E"),
     ("\u0301", "\u25cc\u0301"), ("\ufe0f", "\u25cc\ufe0f"), ("\x00", "U+0000"), ("a\u200d", "a\u200d")],
)  # fmt: skip
def test_what_leaves_no_ink_has_a_name(characters: str, said: str) -> None:
    assert visible(characters) == said
