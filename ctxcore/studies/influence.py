"""What moved a word's vector: words that are blocked, removed or replaced, and heads that are switched off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore import text
from ctxcore.errors import BadInputError, UnsupportedModelError
from ctxcore.measures import attention as maps
from ctxcore.measures.attention_steps import softmax
from ctxcore.measures.geometry import cosine
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.interventions import Attend
from ctxcore.progress import Progress, silent
from ctxcore.studies.value_weighted import weighted_attention
from ctxcore.types import HeadShifts, Influence, Mention, Word


def influence(
    model: ContextualModel,
    sentence: str,
    target: Mention | Word,
    neutral: str | None = None,
    words: Sequence[Word] | None = None,
    progress: Progress = silent,
) -> Influence:
    """How far a word's vector moves without each of the other words, beside attention and rollout.

    Four ways to be without a word, each measured at every layer: *blocked*, the target may not attend to it while all other
    tokens may, so that what they took from it still arrives; *zeroed*, the values of the word are zero for all tokens in every
    layer, so that nobody takes anything from it while attention stays as it is; *removed* from the sentence; *replaced* by a
    neutral word. In a decoder a word that follows the target moves nothing.

    Zeroing follows Mohebbi et al. 2023, who zero values in one layer at a time and look at its output
    (:func:`ctxcore.value_zeroing`); here they are zero in all layers at once, so that the fourth way stands beside the other
    three: at each layer, how far the target has moved by then.

    Args:
        model: Any contextual model.
        sentence: The text.
        target: The word whose vector is watched.
        neutral: What replaces a word; the tokenizer's mask token where it has one and nothing is given, else "something".
        words: Which words to leave out, one at a time; all but the target where None.
        progress: Called with the share done.

    Raises:
        BadInputError: The target is the only word.
    """
    others = [
        w
        for w in (text.words_of(sentence) if words is None else words)
        if w.end <= target.start or target.end <= w.start
    ]
    if not others:
        raise BadInputError(
            "Other words must stand beside the target.", "a sentence of one word", "Add a word to the sentence."
        )
    neutral = neutral or model.tokenizer.mask_token or "something"
    own = Word(sentence[target.start : target.end], target.start, target.end)
    sentences, mentions, attends = [sentence], [Mention(0, own.start, own.end)], [Attend.full()]

    def ask(changed: str, start: int, attend: Attend) -> None:
        mentions.append(Mention(len(sentences), start, start + own.end - own.start))
        sentences.append(changed)
        attends.append(attend)

    for word in others:
        ask(sentence, own.start, Attend.block(query=own, keys=word))
    for word in others:
        ask(sentence, own.start, Attend.zero_values(of=word))
    for word in others:
        changed, gone = _without(sentence, word)
        ask(changed, own.start - (gone if word.end <= own.start else 0), Attend.full())
    for word in others:
        changed, (start, end) = text.in_place(sentence, (word.start, word.end), neutral)
        moved = end - start - (word.end - word.start) if word.end <= own.start else 0
        ask(changed, own.start + moved, Attend.full())
    vectors = model.vectors(sentences, mentions, progress, attends).vectors  # [1 + 4 * word, layer, feature]
    shifts = np.maximum(0.0, 1 - cosine(vectors[0], vectors[1:])).reshape(4, len(others), model.layers + 1)
    looked, flowed, weighted = _looked_at(model, sentence, own, others)
    named = dict(zip(("blocked", "zeroed", "removed", "replaced"), shifts.astype(np.float32), strict=True))
    return Influence(sentence, own, tuple(others), named, looked, flowed, neutral, weighted)


def head_shifts(
    model: ContextualModel,
    sentence: str,
    target: Mention | Word,
    sets: Sequence[Sequence[tuple[int, int]]],
    progress: Progress = silent,
) -> HeadShifts:
    """What switching sets of heads off does to a word's vector and, in a decoder, to the next word.

    Args:
        model: Any contextual model.
        sentence: The text.
        target: The word whose vector is watched.
        sets: Heads that are off together, ``(layer, head)`` each; one pass a set.
        progress: Called with the share done.
    """
    attends = [Attend.full(), *(Attend.without_heads(heads) for heads in sets)]
    mentions = [Mention(i, target.start, target.end) for i in range(len(attends))]
    decodes = model.kind == "decoder"

    def first_half(share: float, what: str) -> None:
        progress(share / 2 if decodes else share, what)

    vectors = model.vectors([sentence] * len(attends), mentions, first_half, attends).vectors
    shift = np.maximum(0.0, 1 - cosine(vectors[0], vectors[1:])).astype(np.float32)
    changed = None
    if decodes:
        logits = model.next_logits(sentence, attends, lambda share, what: progress(0.5 + share / 2, what))
        full = softmax(logits[0].astype(np.float64))
        changed = np.array(
            [maps.jensen_shannon(full, softmax(row.astype(np.float64))) for row in logits[1:]], np.float32
        )
    own = Word(sentence[target.start : target.end], target.start, target.end)
    return HeadShifts(sentence, own, tuple(tuple(heads) for heads in sets), shift, changed)


def _without(sentence: str, word: Word) -> tuple[str, int]:
    """The sentence without a word and one blank beside it, and by how much what follows moves.

    What stood beside the word never grows together: a blank is left, or put, between two words.
    """
    before, after = sentence[: word.start], sentence[word.end :]
    if (not before or before[-1].isspace()) and after[:1].isspace():
        after = after[1:]
    elif before[-1:].isspace():
        before = before[:-1]
    elif before[-1:].isalnum() and after[:1].isalnum():
        before += " "
    changed = before + after
    return changed, len(sentence) - len(changed)


def _looked_at(
    model: ContextualModel, sentence: str, target: Word, others: Sequence[Word]
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Attention, rollout and what attention moves, from the target to the other words: ``[word, layer]`` with 0 in layer 0."""
    found = model.attention(sentence)
    rows = text.overlapping(found.tokens, (target.start, target.end))
    pieces = [text.overlapping(found.tokens, (w.start, w.end)) for w in others]
    counts = np.arange(1, model.layers + 1)[:, None, None]

    def by_word(weights: np.ndarray) -> np.ndarray:  # of [layer, query, key]
        given = np.stack([weights[:, rows][..., keys].sum(-1).mean(-1) for keys in pieces])
        return np.pad(given, ((0, 0), (1, 0))).astype(np.float32)

    so_far = np.cumsum(found.weights.mean(1, dtype=np.float64), axis=0) / counts
    try:
        norms = weighted_attention(model, sentence, attention=found).norms.sum(1, dtype=np.float64)
    except UnsupportedModelError:
        return by_word(so_far), by_word(maps.rollout(found.weights)), None
    moved = np.cumsum(norms / norms.sum(-1, keepdims=True), axis=0) / counts
    return by_word(so_far), by_word(maps.rollout(found.weights)), by_word(moved)
