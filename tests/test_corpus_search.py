"""Where words stand in a corpus: exactly where find finds them, whatever a text is made of."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctxcore import BadInputError, find
from ctxcore.corpus.search import candidates_of, pattern_of, usages_in, words_asked
from ctxcore.text import clean
from ctxcore.text.candidates import candidates

WORDS = [
    "ran",
    "strasse",
    "café",
    "cœur",
    "istanbul",
    "İzmir",
    "ısı",
    "New York",
    "office",
    "việt",
    "한국",
    "don't",
    "мир",
    "ΣΊΣΥΦΟΣ",
    "ﬁx",
    "東京",
]
ODD = "\u00ad\u200b\u200d\u0301\u0307\u0323\u0302\u00a0\t \u2019'\ufe0f\u017f\u212a\u0130\u0131\uff32\uff41\uff4eßẞœŒﬁﬃﬅ\x00\x1c.-"


def sentences_around(word: str) -> st.SearchStrategy[str]:
    """The word in other cases and forms, in pieces, with what is odd between its letters."""
    forms = [
        word,
        word.upper(),
        word.title(),
        word.casefold(),
        *(unicodedata.normalize(f, word) for f in ("NFD", "NFKC")),
    ]
    pieces = st.sampled_from([*forms, *word, *word.upper(), *ODD, " ", "x"])
    return st.lists(pieces, min_size=1, max_size=8).map("".join)


@given(
    st.sampled_from(WORDS).flatmap(
        lambda word: st.tuples(st.just(word), st.lists(sentences_around(word), min_size=1, max_size=6))
    )
)
@example(("strasse", ["Die Straße.", "STRAẞE", "straſſe", "stra\u00adsse"]))
@example(("istanbul", ["İstanbul", "ISTANBUL", "ıstanbul", "i\u0307stanbul"]))
@example(("việt", ["vie\u0323\u0302t", "vie\u0302\u0323t", "viẹ\u0302t", "viê\u0323t", "VIỆT"]))
@example(("한국", ["\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국", "하\u11ab국"]))
@example(("New York", ["new\u00a0york", "New\t York", "NEW\u00ad YORK"]))
@example(("ran", ["ＲＡＮ", "r\u200ban", "RAN!"]))
def test_a_search_finds_what_find_finds(case: tuple[str, list[str]]) -> None:
    word, given_sentences = case
    texts = [clean(sentence) for sentence in given_sentences]
    batch = pa.RecordBatch.from_pydict({"sentence": given_sentences, "row": range(len(texts))})
    words = words_asked(word)
    found = usages_in(candidates_of(batch, pattern_of(words)), words)
    expected = [(m.sentence_index, m.start, m.end) for m in find(word, texts)]
    assert list(zip(*(found[name].to_pylist() for name in ("row", "start", "end")), strict=True)) == expected
    assert found["sentence"].to_pylist() == [texts[i] for i, _, _ in expected]
    assert found["form"].to_pylist() == [texts[i][start:end] for i, start, end in expected]


@given(st.text(min_size=1, max_size=6), st.text(max_size=20), st.text(max_size=20))
def test_whatever_the_word_no_sentence_with_it_is_passed_over(word: str, before: str, after: str) -> None:
    try:
        pattern = candidates([word])
    except BadInputError:
        return
    for sentence in (
        f"{before} {word} {after}",
        f"{before}{word.upper()}{after}",
        f"{unicodedata.normalize('NFD', word)}{after}",
    ):
        assert pc.match_substring_regex(pa.array([sentence]), pattern)[0].as_py() or not find(word, [sentence])


def test_the_pattern_tells_most_sentences_apart() -> None:
    """It would be right, and of no use, if it took every sentence."""
    texts = [
        "The dog ran.",
        "A runner sat.",
        "It rained on Thérèse’s “café”.",
        "Er sah İzmir.",
        "She can't, nor can Ann.",
    ]
    assert pc.match_substring_regex(pa.array(texts), candidates(["ran"])).to_pylist() == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert pc.match_substring_regex(pa.array(texts), candidates(["cafe"])).to_pylist() == [False] * 5


def test_inflections_count_for_their_word_and_no_place_twice() -> None:
    words = words_asked(["bank", ("run", "ran", "RAN", "runs")])
    batch = pa.RecordBatch.from_pydict(
        {"sentence": ["He ran to the bank, then  runs.", "No.", "Running is a bank run"], "row": [1, 2, 3]}
    )
    found = usages_in(candidates_of(batch, pattern_of(words)), words)
    assert found.select(["row", "word", "form", "start"]).to_pylist() == [
        {"row": 1, "word": "run", "form": "ran", "start": 3},
        {"row": 1, "word": "bank", "form": "bank", "start": 14},
        {"row": 1, "word": "run", "form": "runs", "start": 25},
        {"row": 3, "word": "bank", "form": "bank", "start": 13},
        {"row": 3, "word": "run", "form": "run", "start": 18},
    ]


@pytest.mark.parametrize(
    ("words", "said"), [([], "none"), (["?"], "?"), (["run", ("run", "ran")], "run, run"), ([()], "none")]
)
def test_words_that_cannot_be_asked_for(words: list[str], said: str) -> None:
    with pytest.raises(BadInputError) as error:
        words_asked(words)
    assert said in error.value.received
