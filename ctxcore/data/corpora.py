"""Texts that tables are trained on: a small set of ours, the news corpus inside gensim's test data, and a reader's own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from ctxcore.data.bank import sense_bank
from ctxcore.errors import BadInputError, MissingWeightsError
from ctxcore.reading import read_text
from ctxcore.text import find, sentences_of

_READABLE = 160
"""Characters of a sentence that is offered: longer ones fill an editor before they show anything."""


@dataclass(frozen=True)
class TrainingText:
    """What lookup tables are trained on: a part of every question about them.

    Attributes:
        kind: Our lesson sentences, the news corpus, sentences of the reader's own, or a file.
        sentences: Those of the reader's own.
        name: Of the file.
        digest: Of its bytes (:func:`digest_of`): two files of one name are two texts.
    """

    kind: Literal["lesson", "news", "own", "file"] = "lesson"
    sentences: tuple[str, ...] = ()
    name: str = ""
    digest: str = ""

    @property
    def title(self) -> str:
        """Whose sentences they are, as in "24 sentences of the example text"."""
        return {"lesson": "the example text", "news": "the news corpus", "own": "yours"}.get(self.kind, self.name)


LESSON = TrainingText()
"""Our small training set."""


def training_sentences(text: TrainingText) -> Sequence[str]:
    """The sentences of a training text. A file is read from the working folder.

    Raises:
        BadInputError: The file is not there, or another than the one that is meant.
        FileFormatError: It is no text.
        MissingWeightsError: The news corpus is not installed.
    """
    if text.kind == "file":
        return _read(text)
    return text.sentences if text.kind == "own" else {"lesson": lesson_sentences, "news": news_sentences}[text.kind]()


def _read(text: TrainingText) -> list[str]:
    place = Path(text.name)
    if not place.is_file():
        raise BadInputError(
            "A training text that was a file is read from the working folder.",
            f"no file {text.name!r} there",
            "Put the file there, or run this where it lies.",
        )
    data = place.read_bytes()
    if digest_of(data) != text.digest:
        raise BadInputError(
            "What is trained is trained on the very text that is meant.",
            f"{text.name!r} with other bytes",
            "Put the file there as it was, or name the digest of this one.",
        )
    return read_text(data, text.name)


def digest_of(data: bytes) -> str:
    """What tells the bytes of one file from those of another."""
    return hashlib.sha256(data).hexdigest()


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
