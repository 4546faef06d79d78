"""Every question that a model answers, on two short sentences, as numbers: what two devices or number formats are held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

import ctxcore
from ctxcore import Attend, Mention
from ctxcore.measures.lookup import LookupTable
from ctxcore.models.contextual import ContextualModel

FIRST, SECOND = "the dog ran quickly", "the program ran successfully"
_RAN = Mention(0, 8, 11)
_DOG = Mention(0, 4, 7)
_PAIR = ("home", "bank")
_TABLE = [tuple(FIRST.split()), tuple(SECOND.split())]


def answers(model: ContextualModel) -> dict[str, np.ndarray]:
    """One row of numbers a question ``[number]``, or the vectors of one ``[vector, feature]``."""
    ways = [
        Attend.full(), Attend.window(1), Attend.without_heads([(1, 0), (2, 1)]), Attend.zero_values(of=_DOG),
        Attend.block(query=_RAN, keys=_DOG), Attend.self_only(),
    ]  # fmt: skip
    ran = [Mention(i, 8, 11) for i in range(len(ways))]
    asked: dict[str, Callable[[], Any]] = {
        "vectors": lambda: _rows(model.occurrences("ran", [FIRST, SECOND]).vectors),
        "vectors, ways to attend": lambda: _rows(model.vectors([FIRST] * len(ways), ran, attend=ways).vectors),
        "encode": lambda: np.concatenate([_rows(e.hidden) for e in model.encode([FIRST, SECOND])]),
        "attention": lambda: model.attention(FIRST, attend=ways[2]).weights,
        "trace": lambda: model.trace(FIRST, 2, 1),
        "weighted attention": lambda: ctxcore.weighted_attention(model, FIRST),
        "influence": lambda: ctxcore.influence(model, FIRST, _RAN),
        "head shifts": lambda: ctxcore.head_shifts(model, FIRST, _RAN, [[(1, 0)], [(2, 1)]]),
        "value zeroing": lambda: ctxcore.value_zeroing(model, FIRST),
        "patching": lambda: ctxcore.patch_grid(model, FIRST, SECOND, "ran").shares.ravel(),
    }
    if "next words" in model.uses:
        table = LookupTable(_TABLE, 3)
        asked |= {
            "next logits": lambda: model.next_logits(FIRST, ways),
            "next words": lambda: [p.shares for p in model.next_words([FIRST, SECOND, "the"], (*_PAIR, "river bank"))],
            "generate": lambda: [token.probability for token in model.generate(FIRST, 1)],
            "log probability": lambda: model.log_probability(FIRST),
            "lens": lambda: model.lens("the dog", _PAIR),
            "ladder": lambda: ctxcore.ladder(model, ["the dog ran", "the program ran"], _PAIR, table).shares,
            "contributions": lambda: ctxcore.contributions(model, FIRST, _PAIR),
            "patching, next word": lambda: ctxcore.patch_grid(
                model, "the dog", "the program", "", _PAIR
            ).shares.ravel(),
            "moved words": lambda: ctxcore.moved_words(model, "the dog", "the program", 1, 1, candidates=_PAIR, k=0),
        }
    return {name: np.atleast_1d(np.nan_to_num(_numbers(ask()))) for name, ask in asked.items()}


def cosine(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The lowest cosine between two vectors of a question; of what is no vector, all its numbers are one."""
    a, b = (part.astype(np.float64) for part in (ours, theirs))
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return float(np.min(np.where(lengths > 0, (a * b).sum(-1) / np.where(lengths > 0, lengths, 1), 1)))


def _rows(vectors: np.ndarray) -> np.ndarray:
    return vectors.reshape(-1, vectors.shape[-1])


def _numbers(found: Any) -> np.ndarray:
    """All numbers of a result, one after another; vectors as they are."""
    if isinstance(found, np.ndarray):
        return found if found.ndim == 2 else found.ravel()
    if isinstance(found, dict):
        found = list(found.values())
    if is_dataclass(found):
        found = [part for part in (getattr(found, f.name) for f in fields(found)) if _counts(part)]
    if isinstance(found, list | tuple):
        return np.concatenate([_numbers(part).ravel() for part in found]) if found else np.zeros(1)
    return np.array([float(found)])


def _counts(part: Any) -> bool:
    """Is it a measured number, or some? Positions and names are not compared."""
    if isinstance(part, dict):
        return bool(part) and all(_counts(value) for value in part.values())
    return (isinstance(part, np.ndarray) and part.dtype.kind == "f") or isinstance(part, float)
