"""How words relate in a static space: neighbours, analogies, planes of one's own axes, and a joint map."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.measures import algebra
from ctxcore.measures.geometry import cosine
from ctxcore.measures.projection import project
from ctxcore.types import Neighbour, WordAnalogy, WordMap, WordPlane

if TYPE_CHECKING:
    from ctxcore.models.static import StaticSpace

MOST_WORDS = 100
_SPARE = 60
"""So many more neighbours are asked for where inflections are hidden: no English word has as many."""


def word_list(space: StaticSpace, words: Sequence[str], least: int = 2) -> tuple[str, ...]:
    """Vocabulary entries of a list of words, each once.

    Raises:
        BadInputError: Fewer words than ``least``, or more than 100.
        UnknownWordError: One of them is not known.
    """
    if len(words) > MOST_WORDS:
        raise BadInputError(f"A list has {MOST_WORDS} words at most.", f"{len(words)} words", "Leave some out.")
    entries = tuple(dict.fromkeys(space.entry(w) for w in words))
    if len(entries) < least:
        few = {0: "an empty list", 1: "one word"}.get(len(entries), f"{len(entries)} words")
        raise BadInputError(f"At least {least} different words are needed.", few, "Add words, separated by commas.")
    return entries


def near(
    space: StaticSpace, word: str, k: int = 10, *, frequent: int | None = None, inflections: bool = True
) -> list[Neighbour]:
    """The k words nearest to a word by cosine, itself left out.

    Args:
        space: The word vectors, sorted by frequency.
        word: Any word of it.
        k: How many neighbours.
        frequent: Only the so many most frequent words count; None for all.
        inflections: Also words with the same stem ("dogs" beside "dog"), as the Snowball stemmer for English cuts
            them (Porter 2001). It goes by spelling: it takes "universal" and "university" for one word, and "mice" and
            "mouse" for two.
    """
    if k < 1 or (frequent is not None and frequent < 1):
        raise BadInputError("At least one neighbour is asked for.", f"k = {k} of {frequent}", "Choose 1 or more.")
    entry = space.entry(word)
    asked = k if inflections else k + _SPARE
    found = space.keyed_vectors.most_similar(entry, topn=asked, restrict_vocab=frequent)
    stem = stem_of(entry)
    kept = [Neighbour(w, float(s)) for w, s in found if inflections or stem_of(w) != stem]
    return kept[:k]


@lru_cache(maxsize=4096)
def stem_of(word: str) -> str:
    """A word without its endings, as the Snowball stemmer for English cuts it.

    >>> stem_of("dogs"), stem_of("running")
    ('dog', 'run')
    """
    from nltk.stem.snowball import SnowballStemmer

    return str(SnowballStemmer("english").stem(word))


def word_analogy(space: StaticSpace, a: str, b: str, c: str, k: int = 8) -> WordAnalogy:
    """What stands to c as b stands to a (Mikolov et al. 2013, 3CosAdd), with and without the input words left out."""
    entries = space.entry(a), space.entry(b), space.entry(c)
    target = algebra.combine(np.stack([space.vector(w) for w in entries]), (-1, 1, 1))
    found = space.nearest(target.astype(np.float32), k + len(entries))
    excluded = tuple(n for n in found if n.word not in entries)[:k]
    return WordAnalogy(*entries, excluded, tuple(found[:k]))


def direction(space: StaticSpace, expression: str) -> np.ndarray:
    """The direction ``[feature]`` that a sum of words names, such as ``king - queen``.

    Raises:
        BadInputError: It is malformed, or its words cancel.
        UnknownWordError: A word is not known.
    """
    terms = algebra.parse(expression)
    return algebra.combine(np.stack([space.vector(t.word) for t in terms]), [t.sign for t in terms])


def word_plane(space: StaticSpace, words: Sequence[str], x: str, y: str) -> WordPlane:
    """Words placed by their cosine with two directions, each a sum of words (after Bolukbasi et al. 2016)."""
    entries = word_list(space, words, least=1)
    axes = np.stack([direction(space, x), direction(space, y)])  # [axis, feature]
    coordinates = algebra.place(np.stack([space.vector(w) for w in entries]), axes).astype(np.float32)
    names = algebra.written(algebra.parse(x)), algebra.written(algebra.parse(y))
    return WordPlane(entries, names, coordinates, float(cosine(*axes)))


def word_map(space: StaticSpace, words: Sequence[str], neighbours: int = 3) -> WordMap:
    """Words and the nearest neighbours of each in a plane: one PCA of all their unit vectors."""
    entries = word_list(space, words)
    around = [n.word for w in entries for n in near(space, w, neighbours)] if neighbours else []
    everything = tuple(dict.fromkeys([*entries, *around]))
    return WordMap(everything, len(entries), project(np.stack([space.vector(w) for w in everything])))
