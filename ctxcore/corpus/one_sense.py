"""What a word with one sense looks like to a model: how far its usages lie apart, and how much they follow their sentences."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ctxcore.corpus.context_slope import ContextSlope, context_slope, read
from ctxcore.corpus.senses import APART, near_copies_left_out
from ctxcore.data.corpora import news_sentences
from ctxcore.models.contextual import ContextualModel
from ctxcore.text import find

ONE_SENSE = tuple(
    "afghanistan arafat sydney taliban qaeda hamas september gaza islamic spokesman pakistan india terrorist africa terrorism december "
    "kandahar queensland aircraft adelaide".split()
)
"""The twenty words of the news in most sentences, of those with one sense in WordNet 3.0, a noun's or an adjective's, that are no
function word and no inflected form of another word."""
EXCEED = 0.1
"""Share of them that may exceed it."""
_MOST = 40
"""Sentences of a word that are read."""
KNOWN = {("minilm-l6", 6): APART}
"""Distances measured before, by model and layer."""
SLOPES = {"minilm-l6": 0.1036}
"""Slopes measured before, by model."""


@lru_cache(maxsize=64)
def apart_for(model: str, layer: int) -> float:
    """The distance for a model by name; it is loaded where its figure is not known, and reads about 550 sentences of the news.

    Raises:
        CtxError: What :func:`ctxcore.load_model` says.
        MissingWeightsError: This gensim was installed without the news.
    """
    from ctxcore.models.loading import load_model

    return KNOWN.get((model, layer)) or one_sense_distance(load_model(model), layer)


def one_sense_distance(model: ContextualModel, layer: int) -> float:
    """Mean cosine distance of two usages that one word in ten of :data:`ONE_SENSE` exceeds.

    Args:
        model: Any contextual model.
        layer: From 0.
    """
    news = list(dict.fromkeys(news_sentences()))
    return _exceeded([usage_distance(*usages_in(model, layer, word, news)) for word in ONE_SENSE])


def slope_for(name: str, model: ContextualModel) -> ContextSlope:
    """What decides between one sense and more for a model; where its figure is not known, about 550 sentences of the news are read.

    Args:
        name: What the model is called by.
        model: It.
    """
    return ContextSlope(model, SLOPES.get(name) or one_sense_slope(model))


def one_sense_slope(model: ContextualModel) -> float:
    """The slope of a word's vectors on their sentences (:func:`context_slope`) that one word in ten of :data:`ONE_SENSE` exceeds."""
    news = list(dict.fromkeys(news_sentences()))
    return _exceeded([usage_slope(model, *places_in(word, news)) for word in ONE_SENSE])


def _exceeded(values: list[float]) -> float:
    """Midway between the greatest that :data:`EXCEED` of them exceed and the next."""
    found = sorted(values)
    place = len(found) - 1 - round(EXCEED * len(found))
    return (found[place] + found[place + 1]) / 2


def places_in(word: str, sentences: list[str], most: int = _MOST) -> tuple[list[str], np.ndarray]:
    """Sentences with a word and its span in each, one usage a sentence, the first so many."""
    first = {mention.sentence_index: mention for mention in reversed(find(word, sentences))}
    chosen = [first[place] for place in sorted(first)][:most]
    texts = [sentences[mention.sentence_index] for mention in chosen]
    return texts, np.array([[mention.start, mention.end] for mention in chosen])


def usages_in(
    model: ContextualModel, layer: int, word: str, sentences: list[str], most: int = _MOST
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Vectors ``[usage, feature]``, texts and spans of a word, one usage a sentence, the first so many."""
    texts, spans = places_in(word, sentences, most)
    places = np.column_stack([np.arange(len(texts)), spans])
    return model.span_vectors(texts, places, layer)[:, 0], texts, spans


def usage_distance(vectors: np.ndarray, texts: list[str], spans: np.ndarray) -> float:
    """The mean cosine distance of two usages, near copies of a sentence counted once."""
    from ctxcore.corpus.senses import senses_of

    return senses_of(vectors, texts, spans, most=1).evidence.spread


def usage_slope(model: ContextualModel, texts: list[str], spans: np.ndarray) -> float:
    """The slope of a word's vectors on their sentences, near copies of a sentence counted once."""
    rows = near_copies_left_out(texts)
    return context_slope(*read(model, [texts[row] for row in rows.tolist()], spans[rows]))
