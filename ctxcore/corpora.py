"""Training sentences to start with: a small set of ours, and the news corpus that ships inside gensim's test data."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from ctxcore.errors import MissingWeightsError
from ctxcore.text import sentences_of


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
