"""Where sentences end, in every script, and where a stop ends none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxcore.text import clean, sentences_of


@pytest.mark.parametrize(
    "sentences",
    [
        ["\u4eca\u5929\u4e0b\u96e8\u3002", "\u6211\u4eec\u5728\u5bb6\uff01", "\u4f60\u5462\uff1f"],
        ["\u300c\u884c\u304f\u3002\u300d", "\u300c\u6765\u308b\u3002\u300d"],
        ["\u96e8\uff61", "\u5bb6\uff01\uff1f", "\u4f60"],
    ],
)
def test_full_width_marks_need_no_blank(sentences: list[str]) -> None:
    assert sentences_of("".join(sentences)) == sentences
    assert sentences_of("\u3000".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["\u0935\u0939 \u0926\u094c\u0921\u093c\u093e\u0964", "\u0935\u0939 \u0917\u093f\u0930\u093e\u0964"],  # Hindi
        ["\u0647\u0644 \u0631\u0643\u0636\u061f", "\u0646\u0639\u0645."],  # Arabic
        ["\u0648\u06c1 \u062f\u0648\u0691\u0627\u06d4", "\u06c1\u0627\u06ba"],  # Urdu
        ["\u0532\u0561\u0580\u0587\u0589", "\u0548\u0579\u0589"],  # Armenian
        ["\u1230\u120b\u121d\u1362", "\u12a0\u12ce\u1362"],  # Amharic
        ["\u1000\u104b", "\u1001\u104b"],  # Burmese
        ["He ran\u2026", "She fell\u2026 then got up...", "And left."],
        ["Really?!", "Yes\u203c", "\u201cGo.\u201d", "(It ran.)", "Then."],
        ["He ran.", "\u201cSo what?\u201d", "\u00abNon.\u00bb", "Oui."],
    ],
)
def test_a_sentence_ends_at_the_marks_of_its_script(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences
    assert sentences_of(" \n".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentence",
    [
        "Use it, e.g. the dog, i.e. this one.",
        "J. Smith and J. R. R. Tolkien ran.",
        "The U.S. Army came.",
        "Dr. No met Mrs. He and Prof. The.",
        "They ran, jumped, etc. and slept.",
        "See No. 5 and Fig. 2, pp. 3 f.",
        "1. The dog ran.",
        "At 5 p.m. Friday it rained (cf. Smith).",
        "\u201cGo away.\u201d he said.",
        "Das ist z. B. ein Hund, d.h. ein Tier.",
        "He ran\u2026 and fell.",
        "It costs 3.50 at example.com today",
        "Read cf. Jones, vs. The Times.",
        "On Jan. 5 it ran.",
    ],
)
def test_an_abbreviation_ends_no_sentence(sentence: str) -> None:
    assert sentences_of(sentence) == [sentence]
    assert sentences_of(f"{sentence} And so on." if sentence.endswith(".") else sentence)[0] == sentence


@pytest.mark.parametrize(
    "sentences",
    [
        ["He lives in the U.S.", "It is large."],
        ["It was plan B.", "They failed."],
        ["He said no.", "Then he ran."],
        ["Cats, dogs, etc.", "Birds too."],
        ["It took 5.", "Nobody saw."],
        ["The firm is Smith Inc.", "Its owner ran."],
        ["At 5 p.m.", "The dog ran."],
        ["it rained.", "we stayed in."],
    ],
)
def test_what_looks_like_one_ends_a_sentence_where_another_begins(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences


@given(
    st.text(
        st.characters(exclude_categories=["Cs"]) | st.sampled_from(".!?\u2026 \n\u3002\u201d)AaDr1\u00ad\u200d"),
        max_size=40,
    )
)
def test_nothing_is_lost_and_every_sentence_is_clean(text: str) -> None:
    found = sentences_of(text)
    assert all(s and clean(s) == s for s in found)
    lines = [clean(line) for line in text.splitlines()]
    assert "".join("".join(found).split()) == "".join("".join(lines).split())
