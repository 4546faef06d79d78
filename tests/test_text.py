"""Words, mentions and what is done with their spans."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctxcore import BadInputError, Mention, NoSentencesError, find, words_of
from ctxcore.text import cue, in_place, overlapping, snippet
from ctxcore.types import Span, Token

CAFE_APART = unicodedata.normalize("NFD", "The café closed")
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # man, joiner, woman, joiner, girl: one emoji on the screen


def spans(word: str, sentence: str) -> list[Span]:
    return [(m.start, m.end) for m in find(word, [sentence])]


def folded(text: str) -> str:
    """Unicode's canonical caseless form (The Unicode Standard, D145), white space and apostrophes made alike."""
    alike = " ".join(text.replace("\u2019", "'").split())
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", alike).casefold())


@pytest.mark.parametrize(
    ("word", "sentence", "expected"),
    [
        ("ran", "The dog ran quickly", [(8, 11)]),
        ("ran", "An orange, a veteran, a crank and Randy", []),
        ("ran", "It ran, Ran and RAN", [(3, 6), (8, 11), (16, 19)]),
        ("RAN", "It ran", [(3, 6)]),
        ("  ran ", "It ran", [(3, 6)]),
        ("ran", "", []),
        ("ran", "a ran_out b", []),
        ("ran", "a ran-down bank", [(2, 5)]),
        ("bank", "the bank's door", [(4, 8)]),
        ("bank", "the bank\u2019s door", [(4, 8)]),
        ("bank's", "the bank's door", [(4, 10)]),
        ("ran", "\u201cran\u201d and \u2018ran\u2019", [(1, 4), (11, 14)]),
        ("New York", "In New York, new york; New Yorkers", [(3, 11), (13, 21)]),
        ("ran ran", "ran ran ran", [(0, 7)]),
        ("3.5", "a 3.5 and 13.5", [(2, 5)]),
        ("C++", "I use C++ daily", [(6, 9)]),
    ],
)
def test_whole_words_are_found_in_any_case(word: str, sentence: str, expected: list[Span]) -> None:
    assert spans(word, sentence) == expected


@pytest.mark.parametrize(
    ("word", "sentence", "expected"),
    [
        ("caf\u00e9", CAFE_APART, [(4, 9)]),
        ("cafe\u0301", "The caf\u00e9 closed", [(4, 8)]),
        ("CAF\u00c9", CAFE_APART, [(4, 9)]),
        ("cafe", CAFE_APART, []),
        ("cafe", "The caf\u00e9 closed", []),
        ("stra\u00dfe", "Die Stra\u00dfe, STRASSE", [(4, 10), (12, 19)]),
        ("strasse", "Die Stra\u00dfe", [(4, 10)]),
        ("s", "\u00df", []),
        ("\u03bb\u03cc\u03b3\u03bf\u03c2", "\u039f \u039b\u038c\u0393\u039f\u03a3", [(2, 7)]),
        ("kiz", "bir k\u0131z", []),
        ("\u94f6\u884c", "\u6211\u53bb\u94f6\u884c", [(2, 4)]),
        ("\u94f6\u884c", "\u94f6\u884c\u5728\u6cb3\u8fb9\uff0c\u6211\u53bb\u94f6\u884c", [(0, 2), (8, 10)]),
        ("\u05d1\u05e0\u05e7", "\u05d4\u05dc\u05db\u05ea\u05d9 \u05d0\u05dc \u05d1\u05e0\u05e7 \u05d2\u05d3\u05d5\u05dc", [(9, 12)]),
        ("\U0001f600", "I \U0001f600 you \U0001f600\U0001f600", [(2, 3), (8, 9), (9, 10)]),
        (FAMILY, f"my {FAMILY} ran", [(3, 8)]),
        ("\U0001f468", f"my {FAMILY} ran", []),
        ("\U0001f44d", "\U0001f44d\U0001f3fd \U0001f44d", [(3, 4)]),
    ],
)  # fmt: skip
def test_every_script_is_found_and_no_character_is_cut(word: str, sentence: str, expected: list[Span]) -> None:
    assert spans(word, sentence) == expected


def test_mentions_name_their_sentence_in_reading_order() -> None:
    assert find("ran", ["He ran", "none", "ran and ran"]) == [Mention(0, 3, 6), Mention(2, 0, 3), Mention(2, 8, 11)]


@pytest.mark.parametrize("word", ["", "  ", "\n"])
def test_an_empty_target_is_refused(word: str) -> None:
    with pytest.raises(BadInputError, match="A target word is needed") as caught:
        find(word, ["He ran"])
    assert caught.value.received == repr(word)


def test_no_sentence_is_refused() -> None:
    with pytest.raises(NoSentencesError):
        find("ran", [])


def test_a_string_in_place_of_a_list_is_refused() -> None:
    with pytest.raises(BadInputError, match=r"\[sentence\]"):
        find("ran", "He ran")


def test_words_carry_their_spans() -> None:
    sentence = "Don't stop, she ran! \U0001f600 3.5 \u94f6\u884c"
    found = words_of(sentence)
    assert [w.text for w in found] == ["Don't", "stop", "she", "ran", "\U0001f600", "3.5", "\u94f6", "\u884c"]
    assert [(w.start, w.end) for w in found[:4]] == [(0, 5), (6, 10), (12, 15), (16, 19)]
    assert all(sentence[w.start : w.end] == w.text for w in found)


def test_a_sentence_of_punctuation_has_no_words() -> None:
    assert words_of(" ... !? \u2014 ") == ()


def test_tokens_that_share_a_character_with_a_span_are_chosen_and_special_ones_never() -> None:
    places = [(0, 3, False), (3, 5, False), (5, 8, False), (8, 8, False), (4, 6, True)]
    tokens = [Token("", 0, start, end, special) for start, end, special in places]
    assert overlapping(tokens, (4, 8)) == [1, 2]
    assert overlapping(tokens, (3, 5)) == [1]
    assert overlapping(tokens, (8, 9)) == []


@pytest.mark.parametrize(
    ("sentence", "span", "word", "expected"),
    [
        ("The dog ran off", (8, 11), "sprinted", ("The dog sprinted off", (8, 16))),
        ("Ran home", (0, 3), "sprinted", ("Sprinted home", (0, 8))),
        ("\u00c4rzte kamen", (0, 5), "\u00fcbel", ("\u00dcbel kamen", (0, 4))),
        ("He ran", (3, 6), "Bob", ("He Bob", (3, 6))),
    ],
)
def test_a_substitute_takes_the_place_and_the_initial_capital(
    sentence: str, span: Span, word: str, expected: tuple[str, Span]
) -> None:
    changed, place = in_place(sentence, span, word)
    assert (changed, place) == expected


LONG = "The very long sentence in which the dog ran quickly over the hill and away"


def test_a_short_sentence_is_its_own_snippet() -> None:
    assert snippet("The dog ran", (8, 11), 11) == "The dog ran"


def test_a_snippet_keeps_whole_words_around_the_span() -> None:
    assert snippet(LONG, (40, 43), 32) == "\u2026the dog ran quickly over\u2026"


def test_a_snippet_at_the_beginning_has_no_ellipsis_in_front() -> None:
    assert snippet(LONG, (0, 3), 20) == "The very\u2026"


def test_a_snippet_at_the_end_has_no_ellipsis_behind() -> None:
    assert snippet(LONG, (70, 74), 24) == "\u2026hill and away"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The dog ran quickly", "dog"),
        ("It ran to the big fence", "big"),
        ("He ran", "He"),
        ("ran", "ran"),
        ("Engines ran dogs", "Engines"),
        ("For she ran home", "home"),
    ],
)
def test_the_cue_is_the_nearest_content_word(sentence: str, expected: str) -> None:
    assert cue(sentence, spans("ran", sentence)[0]) == expected


LETTERS = (
    "aAbrRnN sS\u00df\u0130\u0131\u00e9e\u0301\u0308\u94f6\u884c\u05d1\u05e0\U0001f600\U0001f468\u200d'\u2019-.,_1"
)
TEXT = st.text(LETTERS, max_size=12)


@given(st.text(LETTERS, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=3), st.booleans())
@example("e\u0301", ["\u00e9 e\u0301 e"], True)
@example("ran", ["ran's ran", "orange"], False)
def test_mentions_equal_the_target_lie_inside_and_never_overlap(word: str, around: list[str], joined: bool) -> None:
    if not any(c.isalnum() or c in "_\U0001f600\U0001f468" for c in word):
        return  # nothing but marks: refused, see above
    sentences = [f" {word} ".join(around)] if joined else [*around, word]
    found = find(word, sentences)
    for m in found:
        assert folded(sentences[m.sentence_index][m.start : m.end]) == folded(word.strip())
        assert 0 <= m.start < m.end <= len(sentences[m.sentence_index])
    for a, b in pairwise(found):
        assert (a.sentence_index, a.end) <= (b.sentence_index, b.start)


@given(st.text("abcdeXYZ\u00e9\u05d1", min_size=1, max_size=6), st.lists(st.sampled_from(["q", "the", ",", "7"])))
def test_a_word_among_others_is_never_missed(word: str, around: list[str]) -> None:
    sentence = f" {word.swapcase()} ".join(["q", *around, "q"])
    assert len(find(word, [sentence])) == len(around) + 1


@given(st.lists(TEXT, max_size=4))
def test_words_are_in_order_and_are_the_text_at_their_spans(parts: list[str]) -> None:
    sentence = " ".join(parts)
    found = words_of(sentence)
    assert all(sentence[w.start : w.end] == w.text and w.text.strip() for w in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_spaces_and_apostrophes_are_matched_as_a_reader_sees_them() -> None:
    assert find("New York", ["new  york", "New\u00a0York"]) == [Mention(0, 0, 9), Mention(1, 0, 8)]
    assert find("don't", ["I don\u2019t."]) == [Mention(0, 2, 7)]


@pytest.mark.parametrize("word", [".", "  ", "?!", "\u2014"])
def test_a_target_without_letter_digit_or_symbol_is_refused(word: str) -> None:
    with pytest.raises(BadInputError, match="target word"):
        find(word, ["What?! No."])
