"""Which words could stand in a word's place? Each substitute is put there and read by the model."""

from __future__ import annotations

from collections.abc import Sequence

from ctxcore import text
from ctxcore.errors import BadInputError
from ctxcore.measures.geometry import cosine
from ctxcore.models.contextual import ContextualModel
from ctxcore.progress import Progress, silent
from ctxcore.types import Mention, Substitutes


def substitutes(
    model: ContextualModel,
    sentences: Sequence[str],
    mentions: Sequence[Mention],
    words: Sequence[str],
    progress: Progress = silent,
) -> Substitutes:
    """Put each substitute in the place of each mention and compare the two contextual vectors (McCarthy & Navigli 2007's task).

    A static space ranks substitutes once for all sentences; here the ranking is each sentence's own.

    Args:
        model: Any contextual model.
        sentences: The sentences.
        mentions: Where the word stands in them.
        words: The substitutes.
        progress: Called with the share done.
    """
    if not words:
        raise BadInputError("At least one substitute is needed.", "none", "Write words that could stand in its place.")
    texts: list[str] = []
    places: list[Mention] = []
    for mention in mentions:
        sentence, span = sentences[mention.sentence_index], (mention.start, mention.end)
        for word in (sentence[mention.start : mention.end], *words):
            changed, (start, end) = text.in_place(sentence, span, word)
            places.append(Mention(len(texts), start, end))
            texts.append(changed)
    read = model.vectors(texts, places, progress).vectors
    read = read.reshape(
        len(mentions), len(words) + 1, *read.shape[1:]
    )  # [occurrence, itself + substitute, layer, feature]
    return Substitutes(tuple(words), cosine(read[:, :1], read[:, 1:]))
