"""The prediction ladder: what a lookup table, a fixed vector and attention each expect next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore import text
from ctxcore.errors import BadInputError
from ctxcore.interventions import Attend
from ctxcore.measures.lookup import LookupTable
from ctxcore.models.contextual import ContextualModel
from ctxcore.types import Ladder

RUNGS = ("table", "last word", "no attention", "window", "full")
_LISTED = 10


def ladder(
    model: ContextualModel, prompts: Sequence[str], candidates: Sequence[str], table: LookupTable, window: int = 2
) -> Ladder:
    """What comes next after each prompt, on five rungs.

    *table*: memorised transitions. *last word*: the model is shown the last word alone. *no attention*: the whole prompt, but
    every token sees itself only (not a state the model was trained in). *window*: every token sees the start token and
    ``window`` tokens back, in every layer. *full*: as trained.

    Args:
        model: A decoder.
        prompts: The texts.
        candidates: Words whose probability is asked.
        table: Memorised transitions.
        window: Reach in tokens.

    Raises:
        NotADecoderError: The model does not predict a next word.
        BadInputError: A prompt without a word.
    """
    last = [_last_word(p) for p in prompts]
    ways = (Attend.full(), Attend.self_only(), Attend.window(window, first=1), Attend.full())
    asked = (last, prompts, prompts, prompts)
    found = [model.next_words(list(p), candidates, _LISTED, a) for p, a in zip(asked, ways, strict=True)]
    answers = tuple(tuple(table.ask(p, c) for c in candidates) for p in prompts)
    size = (len(prompts), len(RUNGS), len(candidates))
    probability, rank = np.full(size, np.nan), np.zeros(size, dtype=int)
    entropy = np.full(size[:2], np.nan)
    top = []
    for i, prompt in enumerate(prompts):
        listed = table.next_words(prompt, _LISTED)
        shares = [s for _, s in table.next_words(prompt, None)]
        if shares:
            entropy[i, 0] = -float(sum(s * np.log2(s) for s in shares)) + 0.0
        for c, answer in enumerate(answers[i]):
            if answer.share is not None:
                probability[i, 0, c] = answer.share
                rank[i, 0, c] = 1 + sum(s > answer.share for s in shares) if answer.count else 0
        for rung, predictions in enumerate(found, start=1):
            one = predictions[i]
            entropy[i, rung] = one.entropy
            for c, candidate in enumerate(candidates):
                probability[i, rung, c], rank[i, rung, c] = one.candidates[candidate], one.rank[candidate]
        top.append((tuple(listed), *(predictions[i].top for predictions in found)))
    return Ladder(
        tuple(prompts), tuple(candidates), RUNGS, probability, rank, tuple(top), entropy, answers,
        np.array([[predictions[i].shares for predictions in found] for i in range(len(prompts))]), window, table.n,
    )  # fmt: skip


def window_curve(
    model: ContextualModel, prompt: str, candidates: Sequence[str], most: int = 12
) -> tuple[list[int], np.ndarray]:
    """P(candidate) as a window grows: reaches in tokens from 0, and ``[reach, candidate]``.

    The widest reach sees the whole prompt, or ``most`` tokens. The start token stays in reach of all.
    """
    count = len(model.tokens([prompt])[0])
    reaches = list(range(min(most, count - 1) + 1))
    found = [model.next_words([prompt], candidates, 0, Attend.window(k, first=1))[0] for k in reaches]
    return reaches, np.array([[one.candidates[c] for c in candidates] for one in found])


def _last_word(prompt: str) -> str:
    words = text.words_of(prompt)
    if not words:
        raise BadInputError("A prompt needs a word.", repr(prompt), "Write the beginning of a sentence.")
    return words[-1].text
