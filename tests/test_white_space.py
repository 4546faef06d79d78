"""What of a text is read, where it stood, and that models, search and files read the same."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxcore import BadInputError, Mention, TooManyCharactersError, find, reading, words_of
from ctxcore.models.contextual import ContextualModel
from ctxcore.text import check_length, clean, cleaned, lines_of, most_characters
from ctxcore.text.white_space import original

EXAMPLES = int(os.environ.get("CTXCORE_EXAMPLES", "150"))
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # with a non-joiner between its two parts
CHILLU = "\u0d05\u0d35\u0d28\u0d4d\u200d"  # Malayalam: the joiner makes the last letter another one
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
KSA = "\u0915\u094d\u200d\u0937"

STRANGE = (
    "aB1 .,'\u2019\u00e9\u0301\u0316\u00ad\u200b\u200c\u200d\u200e\u2060\u2066\u2069\u202e\ufeff\ufe0f\ufe0e\u00a0\u3000\t\n\r"
    "\x00\x07\x1c\u2028\u2029\u0645\u06cc\u0915\u094d\u0d4e\u0600\u180b\u1820\u845b\U000e0100\U0001f468\U0001f469\U0001f3fd"
    "\u2640\u2764\U0001f1e9\U0001f1ea\U0001f3f4\U000e0067\U000e007f3\u20e3\uff41\u0130\u0131\u1100\u1161\u11a8\uac00\u0e01\u4eca"
)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TEXT = st.text(STRANGE, max_size=24) | ANY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The dog ran", "The dog ran"),
        ("  The \t dog\u00a0ran\n", "The dog ran"),
        ("The\u3000dog\u2028ran\u2029", "The dog ran"),
        ("The\x0bdog\x0cran\x85off\x1ethen", "The dog ran off then"),
        ("dog\u200bran", "dogran"),
        ("The \u200b\ufeff dog", "The dog"),
        ("ra\u00adn\u2060 \u2068o\u2069ff\u200e, \u202athen\u202c", "ran off, then"),
        ("ran\ufe0f a\u200db\u200cc r\x00a\x07n", "ran abc ran"),
        ("\ufeff\u200b \u2060", ""),
        ("", ""),
        (PERSIAN, PERSIAN),
        (f"{PERSIAN[:2]}\u200c {PERSIAN[3:]}", f"{PERSIAN[:2]} {PERSIAN[3:]}"),
        (f"{CHILLU} {KSA}", f"{CHILLU} {KSA}"),
        (f"{FAMILY} {FAMILY}\u200d", f"{FAMILY} {FAMILY}"),
        ("\U0001f469\U0001f3fd\u200d\U0001f680", "\U0001f469\U0001f3fd\u200d\U0001f680"),
        ("\u2764\ufe0f\u200d\U0001f525 \u2764\ufe0e", "\u2764\ufe0f\u200d\U0001f525 \u2764\ufe0e"),
        ("3\ufe0f\u20e3 3\ufe0f", "3\ufe0f\u20e3 3"),
        (f"{ENGLAND} {ENGLAND[:-1]}", f"{ENGLAND} {ENGLAND[0]}"),
        ("\u845b\U000e0100 a\U000e0100", "\u845b\U000e0100 a"),
        ("\u1820\u180b a\u180b", "\u1820\u180b a"),
        ("\U0001f468\u2060\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("\u0600 12", "\u0600 12"),  # a number sign that is seen, though Unicode calls it a format character
    ],
)  # fmt: skip
def test_white_space_is_one_blank_and_what_is_not_seen_is_not_read(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(TEXT)
@settings(max_examples=4 * EXAMPLES)
def test_what_is_clean_stays_and_every_character_is_where_it_was(text: str) -> None:
    found, starts = cleaned(text)
    assert clean(text) == found
    assert clean(found) == found
    assert found == found.strip()
    assert "  " not in found
    assert not any(c.isspace() and c != " " for c in found)
    assert len(starts) == len(found) + 1
    assert starts[-1] == len(text)
    assert list(starts) == sorted(set(starts))
    for place, character in enumerate(found):
        here = text[starts[place]]
        assert here == character or (character == " " and here.isspace())
        assert original(starts, place, place + 1) == (starts[place], starts[place] + 1)
    assert "".join(found.split(" ")) == "".join(text[i] for i in starts[:-1] if not text[i].isspace())


def test_offsets_change_nothing_of_what_is_read_around_any_strange_character() -> None:
    specials = [c for c in map(chr, range(0x3400)) if not c.isprintable()] + list(
        "\u3164\ufeff\ufff9\U000e0001\U000e0100"
    )
    for c in specials:
        for text in (c, f"a{c}", f"{c}a", f"a{c}b", f"a {c} b", f"a{c}{c}b", f"a\t{c}b"):
            assert clean(text) == cleaned(text)[0], ascii(text)


def test_lines_part_at_line_ends_alone() -> None:
    assert lines_of("a\u2028b\n\r\n \u200b\n c\u00a0 d\re") == ["a b", "c d", "e"]
    assert reading.read_lines("\ufeffa\u00a0 b\r\n\u200b\r\nc\u00ad".encode(), "x.txt") == ["a b", "c"]
    table = reading.read_table('s\n"a\u00a0b\nc"\n\u200b\n'.encode(), "x.csv")
    assert reading.column(table, "s") == ["a b c"]


@pytest.mark.parametrize(
    ("sentence", "span"),
    [
        ("The dog ran\u200e, then", (8, 11)),
        ("The dog ra\u00adn", (8, 12)),
        ("\ufeffThe dog\u00a0ran", (9, 12)),
        ("The  dog \u2068ran\u2069.", (10, 13)),
        ("The dog ran\ufe0f", (8, 11)),
        ("The dog\t\t\tr\u2060a\u200dn\x00", (10, 15)),
    ],
)
def test_a_word_is_found_through_what_is_not_seen(sentence: str, span: tuple[int, int]) -> None:
    assert find("ran", [sentence]) == [Mention(0, *span)]
    assert find("\u200bra\u00adn ", [sentence]) == [Mention(0, *span)]
    assert [(w.start, w.end) for w in words_of(sentence)][2] == span


@pytest.mark.parametrize("name", ["encoder", "decoder"])
@pytest.mark.parametrize(
    "strange", ["The\u00a0dog\u3000ran ", "\ufeffThe  dog r\u00adan\u200e\n", "\tThe\u2028dog ran\u200b"]
)
def test_a_model_reads_the_clean_text_and_names_the_readers_own_places(
    name: str, strange: str, request: pytest.FixtureRequest
) -> None:
    model: ContextualModel = request.getfixturevalue(name)
    plain = "The dog ran"
    theirs, ours = model.tokens([plain, strange])
    assert [t.id for t in ours] == [t.id for t in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert clean(strange[mine.start : mine.end]) == plain[other.start : other.end]
    found = [model.occurrences("ran", [s]).vectors for s in (plain, strange)]
    assert np.array_equal(*found)
    assert model.attention(strange, [1], [0]).weights == pytest.approx(
        model.attention(plain, [1], [0]).weights, abs=1e-6
    )


def test_invisible_characters_change_no_prediction(decoder: ContextualModel) -> None:
    asked = ["The dog ran", "The dog ran\u00a0", "The\u00a0dog ran\n", "\ufeffThe dog r\u00adan"]
    found = decoder.next_words(asked, ["quickly", "quick\u00adly\u200b "])
    assert [f.prefix for f in found] == asked
    for one in found:
        for share in one.candidates.values():
            assert share == pytest.approx(found[0].candidates["quickly"], rel=1e-4)
        assert one.entropy == pytest.approx(found[0].entropy, rel=1e-4)
    scores = [decoder.log_probability(s).total for s in ("The dog ran", "The\u2003dog ran\u200b")]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


@given(st.lists(TEXT, min_size=1, max_size=8))
@settings(max_examples=EXAMPLES)
def test_tokens_stand_where_their_characters_do(
    encoder: ContextualModel, decoder: ContextualModel, sentences: list[str]
) -> None:
    for model in (encoder, decoder):
        rows = model.tokenizer.unchecked(sentences)
        again = model.tokenizer.unchecked([clean(s) for s in sentences])
        for sentence, row, plain in zip(sentences, rows, again, strict=True):
            assert [t.id for t in row] == [t.id for t in plain]
            starts = cleaned(sentence)[1]
            own = [(t.start, t.end) for t in row if not t.special]
            assert own == [original(starts, t.start, t.end) for t in plain if not t.special]
            assert all(0 <= a <= b <= len(sentence) for a, b in own)
            assert [a for a, _ in own] == sorted(a for a, _ in own)


def test_a_sentence_longer_than_any_that_is_read_is_named(
    encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert most_characters() == 20_000
    check_length(["a" * 20_000])
    with pytest.raises(TooManyCharactersError) as caught:
        encoder.tokens(["The dog ran", "a" * 20_001])
    assert (caught.value.sentence_index, caught.value.characters, caught.value.limit) == (1, 20_001, 20_000)
    assert caught.value.received == "sentence 2 has 20,001 characters"
    monkeypatch.setenv("CTXCORE_MOST_CHARACTERS", "10")
    with pytest.raises(TooManyCharactersError, match="at most 10 characters"):
        encoder.too_long(["The dog ran"])
    with pytest.raises(TooManyCharactersError, match="sentence 4 has 11"):
        check_length(["a", "b" * 11], numbers=[0, 3])
    with pytest.raises(TooManyCharactersError, match="sentence 3 has 11"):
        encoder.vectors(["x" * 11, "none", "The dog ran"], [Mention(2, 8, 11)])  # only what is asked for is read
    assert len(encoder.tokens(["The dog"])) == 1


@pytest.mark.parametrize("setting", ["0", "-1", "many", "1e4", "9" * 40, "\u00b2"])
def test_a_limit_that_is_no_number_is_refused(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_MOST_CHARACTERS", setting)
    with pytest.raises(BadInputError, match="CTXCORE_MOST_CHARACTERS is a whole number"):
        check_length(["a"])
