"""Training sentences to start with: a small set of ours, and the news corpus that ships inside gensim's test data."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from ctxcore.data.bank import sense_bank
from ctxcore.errors import MissingWeightsError
from ctxcore.text import find, sentences_of

_READABLE = 160
"""Characters of a sentence that is offered: longer ones fill an editor before they show anything."""


@lru_cache(maxsize=1)
def lesson_sentences() -> tuple[str, ...]:
    """A small training set of our own. It holds the lesson's two sentences and not "The cat ran swiftly"."""
    text = files("ctxcore").joinpath("data/training.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def news_sentences() -> tuple[str, ...]:
    """Sentences of 300 short Australian news articles (Lee, Pincombe & Welsh 2005), as gensim ships them for its tests.

    Raises:
        MissingWeightsError: This gensim was installed without its test data.
    """
    place = files("gensim").joinpath("test/test_data/lee_background.cor")
    if not place.is_file():
        raise MissingWeightsError(
            "The news corpus ships inside gensim\u2019s test data.",
            "a gensim without it",
            "Install gensim from its wheel, or upload a text of your own.",
        )
    return tuple(sentences_of(place.read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def sentences_with(word: str, most: int = 12) -> tuple[str, ...]:
    """Sentences that a word stands in: of the sense bank, then of our training set, then short ones of the news.

    Args:
        word: The word, in any case; the same rule as :func:`ctxcore.find`.
        most: How many at most.

    Returns:
        Distinct sentences, those of the news from the shortest on; none where no text has the word.

    Raises:
        BadInputError: The word is empty or holds no letter, digit or symbol.
    """
    bank = [sentence for entry in sense_bank().values() for sentence in entry.sentences]
    try:
        news = sorted((s for s in news_sentences() if len(s) <= _READABLE), key=len)
    except MissingWeightsError:  # a gensim without its test data has fewer sentences to offer, and no fault
        news = []
    sentences = list(dict.fromkeys([*bank, *lesson_sentences(), *news]))
    found = dict.fromkeys(mention.sentence_index for mention in find(word, sentences))
    return tuple(sentences[i] for i in list(found)[:most])
