"""How much the context of a word matters, in bits: beyond the last word, and beyond a context that is spoilt on purpose."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import permutations
from math import factorial

import numpy as np

from ctxcore import text
from ctxcore.data.bank import background_sentences
from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.measures.information import bits_gained, interval_by_group
from ctxcore.models import decoding
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.passes import Row
from ctxcore.progress import Progress, silent
from ctxcore.studies.held_out import own_positions
from ctxcore.studies.prediction_ladder import last_words
from ctxcore.types import HeldOut, HeldOutInformation, PromptInformation

CONTEXTS = ("whole", "shuffled", "exchanged")
_TRIES = 20
"""Draws of an order before that of few words is taken as it is."""
_ALL = 120
"""Orders that are all listed before some are drawn."""
_AT_ONCE = 16
"""Contexts between two looks whether the work is to be stopped."""


def pcxmi(
    model: ContextualModel,
    prompts: Sequence[str],
    candidates: Sequence[str],
    orders: int = 19,
    others: int = 39,
    seed: int = 0,
    progress: Progress = silent,
) -> PromptInformation:
    """How much each prompt tells of each candidate beyond its last word, in bits: P-CXMI (Fernandes et al. 2023).

    log2 P(candidate | whole prompt) - log2 P(candidate | last word alone). Any context changes a prediction, so the same is
    measured of contexts as long that should tell nothing: the prompt's own words before the last one in other orders (what is
    left there is what the words tell in any order), and the words of other sentences before the same last word. Punctuation and
    blanks between words stay where they are. The other sentences are those of our sense bank that do not hold the last word.

    Args:
        model: A decoder.
        prompts: The texts.
        candidates: Words whose probability is asked.
        orders: The greatest number of other orders of a prompt; a short one has fewer.
        others: Number of unrelated contexts.
        seed: Of the orders and of the sentences.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        NotADecoderError: The model does not predict a next word.
        BadInputError: A prompt without a word.
        TooLongError: A prompt with a candidate is longer than the model reads.
    """
    candidates = list(dict.fromkeys(candidates))
    ends = [last_words(prompt, 1) for prompt in prompts]
    shuffles = [_orders(prompt, orders, np.random.default_rng(seed)) for prompt in prompts]
    foreign = [_others(prompt, others, np.random.default_rng(seed)) for prompt in prompts]
    logs: dict[str, np.ndarray] = {}
    asked = list(dict.fromkeys(["", *prompts, *ends, *(t for part in (*shuffles, *foreign) for t in part)]))
    for begin in range(0, len(asked), _AT_ONCE):
        progress(begin / len(asked), f"{begin} of {len(asked)} contexts read")
        for one in model.next_words(asked[begin : begin + _AT_ONCE], candidates, 0):
            logs[one.prefix] = np.log([one.candidates[c] for c in candidates])

    def gained(texts: Sequence[str], end: str) -> np.ndarray:
        return np.array([bits_gained(logs[t], logs[end]) for t in texts]).reshape(len(texts), len(candidates))

    return PromptInformation(
        tuple(prompts),
        tuple(candidates),
        np.exp([logs[end] for end in ends]),
        np.concatenate([gained([prompt], end) for prompt, end in zip(prompts, ends, strict=True)]),
        np.concatenate([gained([""], end) for end in ends]),
        tuple(shuffles),
        tuple(gained(part, end) for part, end in zip(shuffles, ends, strict=True)),
        tuple(foreign),
        tuple(gained(part, end) for part, end in zip(foreign, ends, strict=True)),
    )


def cxmi(
    model: ContextualModel, found: HeldOut, most: int = 60, seed: int = 0, progress: Progress = silent
) -> HeldOutInformation:
    """How much all words before a held-out word tell of it beyond the last one, in bits: CXMI (Fernandes et al. 2021).

    The mean over words of log2 P(word | all words before) - log2 P(word | the word before alone). Both are in *found*. The same
    words are asked again behind two contexts that are spoilt on purpose, with the word before left in its place: the other words
    in another order, and as many words of another held-out sentence. Words with fewer than two others before the last one cannot
    be put in another order, and are not asked. Intervals: bootstrap over sentences.

    Args:
        model: The decoder that *found* was measured with.
        found: What :func:`ctxcore.held_out` gave.
        most: How many of the words are asked again, drawn by *seed*.
        seed: Of words, orders, sentences and the bootstrap.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        NoSentencesError: No word has so many words before it.
        BadInputError: *found* does not hold its sentences.
    """
    begun = time.perf_counter()
    if len(found.places) != len(found.words):
        raise BadInputError("Held-out words are asked again in their sentences.", "none kept", "Measure held_out anew.")
    draw = np.random.default_rng(seed)
    eligible = [n for n, place in enumerate(found.places) if place > 2]
    if not eligible:
        raise NoSentencesError("no held-out word with three words before it")
    drawn = sorted(draw.choice(eligible, min(most, len(eligible)), replace=False).tolist())
    rows: list[Row] = []
    asked: list[tuple[int, list[int]]] = []
    kept = []
    for n in drawn:
        both = [_spoilt(found, n, how, draw) for how in CONTEXTS]
        placed = [_placed(model, context, found.words[n]) for context in both]
        own = [tuple(row[p].id for p in positions) for row, positions in placed]
        # A word that is read as other tokens behind other words is another question, and a context that is as it was none.
        if own[0] and len(set(own)) == 1 and len(set(both)) == len(both):
            kept.append(n)
            for row, positions in placed[1:]:
                asked.append((len(rows), positions))
                rows.append(row)
    if not kept:
        raise NoSentencesError("no held-out word that can be asked behind other words")
    scored = decoding.word_scores(model, rows, asked, 1, progress)["logs"].reshape(len(kept), len(CONTEXTS) - 1)
    full, last = (found.logs[found.predictors.index(name)][kept] for name in ("full", "last word"))
    bits = bits_gained(np.stack([full, *scored.T]), last)
    index = tuple(found.sentence_index[n] for n in kept)
    return HeldOutInformation(
        CONTEXTS,
        tuple(found.words[n] for n in kept),
        index,
        bits,
        bits.mean(1),
        interval_by_group(bits, index, seed=seed),
        interval_by_group(bits[:1] - bits, index, seed=seed),
        len(eligible),
        time.perf_counter() - begun,
        found.training,
    )


def with_words(sentence: str, words: Sequence[str]) -> str:
    """A sentence with its first words replaced by these, and all that stands between them as it was."""
    parts, end = [], 0
    for old, new in zip(text.words_of(sentence), words, strict=False):
        parts += [sentence[end : old.start], new]
        end = old.end
    return "".join(parts) + sentence[end:]


def _orders(prompt: str, most: int, draw: np.random.Generator) -> tuple[str, ...]:
    """A prompt with the words before its last one in other orders, all different."""
    words = [word.text for word in text.words_of(prompt)][:-1]
    if factorial(min(len(words), 6)) <= _ALL:
        every = dict.fromkeys(permutations(words))
        every.pop(tuple(words))
        found = list(every)
        picked = [found[i] for i in draw.permutation(len(found))[:most]]
    else:
        drawn = (tuple(words[i] for i in draw.permutation(len(words))) for _ in range(_TRIES * most))
        picked = [one for one in dict.fromkeys(drawn) if one != tuple(words)][:most]
    return tuple(with_words(prompt, one) for one in picked)


def _others(prompt: str, most: int, draw: np.random.Generator) -> tuple[str, ...]:
    """A prompt with the words before its last one replaced by the first ones of other sentences, all different."""
    words = [word.text for word in text.words_of(prompt)]
    if len(words) < 2:
        return ()
    last = words[-1].casefold()
    foreign = [[w.text for w in text.words_of(s)] for s in background_sentences()]
    foreign = [one for one in foreign if last not in map(str.casefold, one)]
    starts = draw.permutation(len(foreign))
    found = dict.fromkeys(with_words(prompt, _run(foreign, int(i), len(words) - 1)) for i in starts)
    found.pop(prompt, None)
    return tuple(found)[:most]


def _run(sentences: Sequence[Sequence[str]], start: int, length: int) -> list[str]:
    """So many words, from the beginning of one sentence on through those after it."""
    found: list[str] = []
    for offset in range(start, start + length + len(sentences)):
        found += sentences[offset % len(sentences)][: length - len(found)]
    return found


def _spoilt(found: HeldOut, n: int, how: str, draw: np.random.Generator) -> str:
    """The sentence of a held-out word up to and with it, its context as it is, shuffled, or exchanged."""
    sentence, place = found.sentences[found.sentence_index[n]], found.places[n]
    words = text.words_of(sentence)
    asked, before = sentence[: words[place].end], [word.text for word in words[: place - 1]]
    if how == "shuffled":
        tries = ([before[i] for i in draw.permutation(len(before))] for _ in range(_TRIES))
        return with_words(asked, next((one for one in tries if one != before), before))
    if how == "exchanged":
        rest = [
            [w.text for w in text.words_of(s)] for i, s in enumerate(found.sentences) if i != found.sentence_index[n]
        ]
        rest = [one for one in rest if one]
        return with_words(asked, _run(rest, int(draw.integers(len(rest))), len(before)) if rest else before)
    return asked


def _placed(model: ContextualModel, context: str, word: str) -> tuple[Row, list[int]]:
    """The tokens of a text that ends in a word, and the positions of that word's."""
    row = model.tokenizer.unchecked([context])[0]
    return row, own_positions(row, (len(context) - len(word), len(context))) if len(row) <= model.limit else []
