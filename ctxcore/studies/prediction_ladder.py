"""The prediction ladder: what a lookup table, a fixed vector and attention each expect next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ctxcore import text
from ctxcore.errors import BadInputError
from ctxcore.measures.lookup import LookupTable
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.interventions import Attend
from ctxcore.progress import Progress, silent
from ctxcore.types import Ladder, WindowCurves

LEVELS = ("table", "last word", "no attention", "window", "full")
_LISTED = 10


def ladder(
    model: ContextualModel,
    prompts: Sequence[str],
    candidates: Sequence[str],
    table: LookupTable,
    window: int = 2,
    progress: Progress = silent,
) -> Ladder:
    """What comes next after each prompt, on five context levels.

    *table*: memorised transitions. *last word*: the model is shown the last word alone. *no attention*: the whole prompt, but
    every token sees itself only (not a state the model was trained in). *window*: the model is shown the last ``window`` words
    alone, as far as a table of ``window`` + 1 words looks back. *full*: the whole prompt, as trained.

    Args:
        model: A decoder.
        prompts: The texts.
        candidates: Words whose probability is asked.
        table: Memorised transitions.
        window: Words that are shown on the level of that name.
        progress: Called before the model is asked; an error that it raises ends the work.

    Raises:
        NotADecoderError: The model does not predict a next word.
        BadInputError: A prompt without a word.
    """
    full = Attend.full()
    asked = (
        ([last_words(p, 1) for p in prompts], full),
        (list(prompts), Attend.self_only()),
        ([last_words(p, window) for p in prompts], full),
        (list(prompts), full),
    )
    progress(0.0, "Asking the model")
    said = model.next_words(
        [one for texts, _ in asked for one in texts],
        candidates,
        _LISTED,
        [attend for texts, attend in asked for _ in texts],
    )
    found = [said[start : start + len(prompts)] for start in range(0, len(said), len(prompts))]
    answers = tuple(tuple(table.ask(p, c) for c in candidates) for p in prompts)
    size = (len(prompts), len(LEVELS), len(candidates))
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
        for level, predictions in enumerate(found, start=1):
            one = predictions[i]
            entropy[i, level] = one.entropy
            for c, candidate in enumerate(candidates):
                probability[i, level, c], rank[i, level, c] = one.candidates[candidate], one.rank[candidate]
        top.append((tuple(listed), *(predictions[i].top for predictions in found)))
    return Ladder(
        tuple(prompts), tuple(candidates), LEVELS, probability, rank, tuple(top), entropy, answers,
        np.array([[predictions[i].shares for predictions in found] for i in range(len(prompts))]), window, table.n,
        tuple(len(found[-1][0].tokens[c]) for c in candidates) if prompts else (),
    )  # fmt: skip


def joined(ladders: Sequence[Ladder]) -> Ladder:
    """One of all prompts, from one of each: of the same candidates, window, table and model."""
    first = ladders[0]
    if len(ladders) == 1:
        return first
    return replace(
        first,
        prompts=tuple(p for one in ladders for p in one.prompts),
        probability=np.concatenate([one.probability for one in ladders]),
        rank=np.concatenate([one.rank for one in ladders]),
        top=tuple(t for one in ladders for t in one.top),
        entropy=np.concatenate([one.entropy for one in ladders]),
        answers=tuple(a for one in ladders for a in one.answers),
        shares=np.concatenate([one.shares for one in ladders]),
    )


def window_curve(
    model: ContextualModel, prompt: str, candidates: Sequence[str], most: int = 12
) -> tuple[list[int], np.ndarray]:
    """P(candidate) as more of the prompt is shown, word by word from its end.

    Returns:
        Numbers of words from 1, and ``[number, candidate]``. The last number shows the whole prompt, or ``most`` words.
    """
    shown = list(range(1, max(1, min(most, len(text.words_of(prompt)))) + 1))
    found = model.next_words([last_words(prompt, k) for k in shown], candidates, 0)
    return shown, np.array([[one.candidates[c] for c in candidates] for one in found])


def window_curves(
    model: ContextualModel,
    prompts: Sequence[str],
    candidates: Sequence[str],
    most: int = 12,
    progress: Progress = silent,
) -> WindowCurves:
    """The same for several prompts: a shorter one stays as it is once all of it is shown."""
    curves = []
    for done, prompt in enumerate(prompts):
        progress(done / len(prompts), f"Growing a window, {done + 1} of {len(prompts)}")
        curves.append(window_curve(model, prompt, candidates, most))
    shown = max((numbers for numbers, _ in curves), key=len)
    rows = [np.pad(curve, ((0, len(shown) - len(curve)), (0, 0)), mode="edge") for _, curve in curves]
    return WindowCurves(tuple(prompts), tuple(candidates), tuple(shown), np.array(rows))


def last_words(prompt: str, k: int) -> str:
    """The end of a prompt from its k-th last word on; the whole prompt where it has no more words than that.

    Raises:
        BadInputError: A prompt without a word, or k below 1.
    """
    words = text.words_of(prompt)
    if not words:
        raise BadInputError("A prompt needs a word.", repr(prompt), "Write the beginning of a sentence.")
    if k < 1:
        raise BadInputError("At least one word is shown.", f"{k} words", "Choose 1 or more.")
    return prompt if k >= len(words) else prompt[words[-k].start :]
