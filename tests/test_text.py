"""Words, mentions and what is done with their spans."""

from __future__ import annotations

import os
import unicodedata
from itertools import pairwise
from time import process_time

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ctxcore import BadInputError, ContextualModel, Mention, NoMentionError, NoSentencesError, find, words_of
from ctxcore.measures import lookup
from ctxcore.text import (
    clean,
    cue,
    folded,
    in_place,
    lines_of,
    near_misses,
    no_mention,
    overlapping,
    sentences_of,
    snippet,
)
from ctxcore.text.labels import token_labels
from ctxcore.types import Span, Token
from tests.counting import calls

EXAMPLES = int(os.environ.get("CTXCORE_EXAMPLES", "150"))
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # with a non-joiner between its two parts
CAFE_APART = unicodedata.normalize("NFD", "The café closed")
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # man, joiner, woman, joiner, girl: one emoji on the screen


def spans(word: str, sentence: str) -> list[Span]:
    return [(m.start, m.end) for m in find(word, [sentence])]


def caseless(text: str) -> str:
    """Unicode's canonical caseless form (The Unicode Standard, D145) of what is read, apostrophes and the two i made alike."""
    alike = clean(text.replace("\u2019", "'")).replace("\u200d", "" if "\U0001f468" not in text else "\u200d")
    same = unicodedata.normalize("NFD", unicodedata.normalize("NFD", alike).casefold())
    return same.replace("i\u0307", "i").replace("\u0131", "i")


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


def test_an_empty_token_inside_a_span_shares_nothing_with_it(decoder: ContextualModel) -> None:
    """The decoder writes "Apollo 11" as the name, a blank and two digits; the blank's vector is no part of the name's."""
    for sentence, name in (
        ("Apollo 11 landed.", "Apollo 11"),
        ("My iPhone 5 rang", "iPhone 5"),
        ("Of 3 4 is next", "3 4"),
    ):
        tokens = decoder.tokens([sentence])[0]
        span = spans(name, sentence)[0]
        kept = overlapping(tokens, span)
        inside = [i for i, t in enumerate(tokens) if not t.special and span[0] <= t.start and t.end <= span[1]]
        assert [i for i in inside if tokens[i].start < tokens[i].end] == kept
        assert len(kept) < len(inside)
        states = decoder.encode([sentence])[0].hidden[10, kept].mean(axis=0)
        assert decoder.occurrences(name, [sentence]).vectors[0, 10] == pytest.approx(states, rel=1e-4, abs=1e-4)


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
        ("Her l'ran home", "home"),
    ],
)
def test_the_cue_is_the_nearest_content_word(sentence: str, expected: str) -> None:
    assert cue(sentence, spans("ran", sentence)[0]) == expected


@pytest.mark.parametrize(
    ("word", "sentence", "expected"),
    [
        ("ran", "He ran.Then she left.", ["ran"]),
        ("then", "He ran.Then she left.", ["Then"]),
        ("ran", "he ran:then ran\u00b7x, ran\uff1ax", ["ran", "ran", "ran"]),
        ("\u05e8\u05e5", "\u05d4\u05d5\u05d0 \u05e8\u05e5.\u05d0\u05d6", ["\u05e8\u05e5"]),
        ("бежал", "Он бежал.Потом", ["бежал"]),
        ("e", "e.g. this, i.e. that", []),
        ("com", "see example.com, a.com and U.S.Com", []),
        ("s", "in the U.S.A. it is, the U.S. too", []),
        ("lecci", "col\u00b7lecci\u00f3, col\u00b7lecci", []),
        ("won", "She won't, WON\u2019T", []),
        ("can", "I can't, can'ts", ["can"]),
        ("we", "we'll, we're, we\u2019ve", ["we", "we", "we"]),
        ("ll", "we'll and ll", ["ll"]),
        ("s", "the bank's s", ["s"]),
        ("homme", "l'homme, l\u2019Homme", ["homme", "Homme"]),
        ("acqua", "dell'acqua", ["acqua"]),
        ("istanbul", "\u0130stanbul, ISTANBUL, i\u0307stanbul", ["\u0130stanbul", "ISTANBUL", "i\u0307stanbul"]),
        ("\u0130STANBUL", "istanbul", ["istanbul"]),
        ("\u0131sparta", "Isparta, \u0131sparta, isparta", ["Isparta", "\u0131sparta"]),
        ("i", "\u0131 I i \u0130", ["I", "i", "\u0130"]),
        ("ran", "\uff52\uff41\uff4e \uff32\uff21\uff2e", ["\uff52\uff41\uff4e", "\uff32\uff21\uff2e"]),
        ("\u30ac\u30b9", "\uff76\uff9e\uff7d", ["\uff76\uff9e\uff7d"]),
        ("coeur", "le c\u0153ur, CŒUR", ["c\u0153ur", "CŒUR"]),
        ("c\u0153ur", "coeur", ["coeur"]),
        ("encyclopaedia", "Encyclop\u00e6dia", ["Encyclop\u00e6dia"]),
        ("masse", "Ma\u00dfe und Masse", ["Ma\u00dfe", "Masse"]),
        ("o", "c\u0153ur", []),
        ("\u2764", "I \u2764\ufe0f you", ["\u2764\ufe0f"]),
        (PERSIAN.replace("\u200c", ""), f"{PERSIAN}.", [PERSIAN]),
        ("\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1e9\U0001f1ea \U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", ["\U0001f1e9\U0001f1ea"]),
        ("\u1100", "\uac00 \u1100\u1161", []),
        ("i i", "\u0130 i i \u0131", ["\u0130 i"]),
        ("\uac00", "\u1100\u1161 \uac01", ["\u1100\u1161"]),
        ("a" * 31 + "\u0301" * 70, "a" * 31 + "\u0301" * 70 + " a", ["a" * 31 + "\u0301" * 70]),
    ],
)  # fmt: skip
def test_what_an_occurrence_is(word: str, sentence: str, expected: list[str]) -> None:
    assert [sentence[a:b] for a, b in spans(word, sentence)] == expected


@pytest.mark.parametrize(
    ("word", "sentences", "expected"),
    [
        ("won", ["She won't go.", "It WON\u2019T.", "She won't."], ["won't", "WON\u2019T"]),
        ("ran", ["He ran.then left", "An orange", "a veteran, a crank"], ["ran.then", "orange", "veteran"]),
        ("com", ["see example.com now"], ["example.com"]),
        ("New York", ["New\u00a0Yorkers"], ["New Yorkers"]),
        ("cafe", ["the caf\u00e9"], ["caf\u00e9"]),
        ("ran", ["He ran.", "none"], []),
        ("ran", ["x" * 50 + "ran" + "y" * 50], ["\u2026" + "x" * 18 + "ran" + "y" * 18 + "\u2026"]),
    ],
)
def test_what_holds_a_word_only_as_a_part_is_named(word: str, sentences: list[str], expected: list[str]) -> None:
    assert near_misses(word, sentences) == expected
    assert near_misses(word, sentences, most=1) == expected[:1]


def test_the_error_says_why_there_is_no_mention(encoder: ContextualModel) -> None:
    with pytest.raises(NoMentionError, match="it is only a part of \u201cwon't\u201d") as caught:
        encoder.occurrences("won", ["She won't go"])
    assert caught.value.near == ("won't",)
    for word in (".", "?", "-", "\u2026", "\u202e", "\u200b", " "):
        error = no_mention(word, ["He ran."])
        assert not isinstance(error, NoMentionError)
        assert error.rule == "A target word is needed."


@pytest.mark.parametrize("word", [None, 5, float("nan"), b"ran", ["ran"], "\ud83d", "a" * 1001])
def test_a_target_that_is_no_text_is_refused(word: str) -> None:
    with pytest.raises(BadInputError):
        find(word, ["He ran"])


@pytest.mark.parametrize("given", [None, {"ran": 1}, b"ran", 7, ["He ran", None], ["\ud800"], {"ran"}])
def test_what_is_no_list_of_texts_is_refused(given: list[str]) -> None:
    for ask in (find, near_misses):
        with pytest.raises(BadInputError):
            ask("ran", given)


def test_sentences_come_from_whatever_gives_texts_in_order() -> None:
    expected = [Mention(1, 3, 6)]
    texts = ["none", "He ran"]
    assert find("ran", pd.Series(texts, index=[7, 3])) == expected
    assert find("ran", np.array(texts)) == expected
    assert find("ran", (t for t in texts)) == expected


def test_words_end_where_a_reader_ends_them() -> None:
    sentence = "He ran.Then at 10:30, e.g. in col\u00b7lecci\u00f3:x, U.S.A. \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7"
    assert [w.text for w in words_of(sentence)] == [
        "He", "ran", "Then", "at", "10", "30", "e.g", "in", "col\u00b7lecci\u00f3", "x", "U.S.A",
        "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7",
    ]  # fmt: skip
    assert lookup.words_in("R\u00adan\u200e off, \uff32AN") == ("ran", "off", "ran")


ODD = (
    "\u0d4e\u0600\uff9e\u3099\u200d\u200c\ufe0f\u00ad\u0301\u0345\U0001f1e9\U0001f468\U0001f3fd\u1100\u1161\u0e01\u0e33\u0915"
    "\u094d\u05d0\"_1.:'aS\u00df\u0130\u0131 "
)


@given(st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"]), max_size=16))
@settings(max_examples=4 * EXAMPLES)
@example("\u0d4ea x")
@example("a \uff9e")
@example("\u0600a\U0001f1e9\U0001f1ea\U0001f1eb")
def test_every_word_is_found_again_in_its_sentence(sentence: str) -> None:
    for word in words_of(sentence):
        assert (word.start, word.end) in spans(word.text, sentence)


def test_every_kind_of_character_is_found_again() -> None:
    for number in range(0, 0x20000, max(1, 37 * 150 // EXAMPLES)):
        letter = chr(number)
        if unicodedata.category(letter) != "Cs":
            test_every_word_is_found_again_in_its_sentence.hypothesis.inner_test(
                f"x {letter} {letter}a a{letter} 1{letter}1"
            )


LONG_TEXTS = [
    "a", ".", "ran ", "U.S. ", "He ran.Then ", "won't've'", "\U0001f1e9\U0001f1ea", "\U0001f1e9\u0301", "\u0301\u0316",
    "\u1100\u1161\u11a8", "\u1100", "\U0001f468\u200d", "\u200d", "?\u201d ", "\u00a0", "\r\n", "\U000e0067", "\u4eca\u3002",
]  # fmt: skip


def labels(text: str) -> tuple[str, ...]:
    """Of one token a character."""
    return token_labels([Token(c, 1, i, i + 1, False) for i, c in enumerate(text)], text, words_of(text))


TASKS = (
    clean, words_of, sentences_of, lines_of, folded, labels, lambda t: spans("ran", t), lambda t: spans("a" + t[:50], t),
    lambda t: near_misses("an", [t]), lambda t: cue(t, (len(t) // 2, len(t) // 2 + 3)),
    lambda t: snippet(t, (len(t) // 2, len(t) // 2 + 3)),
)  # fmt: skip


@pytest.mark.parametrize(
    "pattern",
    [*LONG_TEXTS, "\t", "\u0d4e\u0d15", "\u202ea\u202c", "\u200f", "the ", "a" * 300 + " ", "\u2764\ufe0f", "\\ud800"],
    ids=ascii,
)
def test_work_grows_with_the_length_and_no_faster(pattern: str) -> None:
    """Four times the text are four times the calls; work that grows with the square has sixteen times as many."""
    short, long = ((pattern * length)[:length] for length in (500, 2_000))
    for task in TASKS:
        task(short + "x")  # what is known of single characters is kept
        assert calls(lambda task=task: task(long)) < 5 * calls(lambda task=task: task(short)) + 50


@pytest.mark.parametrize("pattern", LONG_TEXTS, ids=ascii)
def test_time_grows_with_the_length_and_no_faster(pattern: str) -> None:
    """40,000 characters take a tenth of a second; where time took the square it would be minutes (a bound, not a measure)."""
    text = (pattern * 40_000)[:40_000]
    start = process_time()
    for task in (words_of, sentences_of, folded, lambda t: spans("ran", t), lambda t: spans("a" + t[:900], t)):
        task(text)
    cue(text, (20_000, 20_003))
    snippet(text, (20_000, 20_003))
    assert process_time() - start < 4


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
        assert caseless(sentences[m.sentence_index][m.start : m.end]) == caseless(word)
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
