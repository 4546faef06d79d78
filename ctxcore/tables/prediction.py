"""Tables of the next word: context levels, layers, lookup tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ctxcore.types import (
    Coverage,
    GeneratedToken,
    HeldOut,
    HeldOutInformation,
    Ladder,
    Lens,
    PromptInformation,
)


def ladder_table(found: Ladder) -> pd.DataFrame:
    """One row a prompt, context level and candidate; no probability where the table never saw the context.

    A candidate of several tokens is ranked by their product, in the place of its first token.
    """
    rows = [
        {
            "prompt": prompt,
            "context_level": level,
            "candidate": candidate,
            "probability": found.probability[p, r, c],
            "rank": int(found.rank[p, r, c]) or None,
            "entropy_bits": found.entropy[p, r],
            "context_seen": found.answers[p][c].seen if level == "table" else None,
            "followed": found.answers[p][c].count if level == "table" else None,
            "ended": found.answers[p][c].ended if level == "table" else None,
        }
        for p, prompt in enumerate(found.prompts)
        for r, level in enumerate(found.levels)
        for c, candidate in enumerate(found.candidates)
    ]
    return pd.DataFrame(rows)


def window_table(
    shown: Sequence[int], probability: np.ndarray, prompts: Sequence[str], candidates: Sequence[str]
) -> pd.DataFrame:
    """One row a prompt, number of shown words and candidate."""
    p, k, c = (part.reshape(-1).tolist() for part in np.indices(probability.shape))
    return pd.DataFrame({
        "prompt": [prompts[i] for i in p], "words_shown": [shown[i] for i in k],
        "candidate": [candidates[i] for i in c], "probability": probability.reshape(-1),
    })  # fmt: skip


def lens_table(found: Sequence[Lens]) -> pd.DataFrame:
    """One row a prompt and layer: each candidate's probability, the likeliest token and the distance from the last layer."""
    rows = [
        {
            "prompt": one.prefix,
            "layer": layer,
            "likeliest": one.top[layer][0][0],
            "divergence_bits": float(one.divergence[layer]),
            **{f"P({c})": float(p[layer]) for c, p in one.candidates.items()},
        }
        for one in found
        for layer in range(len(one.divergence))
    ]
    return pd.DataFrame(rows)


def continuation_table(tokens: Sequence[GeneratedToken]) -> pd.DataFrame:
    """One row a token."""
    return pd.DataFrame({
        "token": [one.text for one in tokens], "id": [one.id for one in tokens],
        "probability": [one.probability for one in tokens], "rank": [one.rank for one in tokens],
        "entropy_bits": [one.entropy for one in tokens], "likeliest": [one.top[0][0] if one.top else "" for one in tokens],
    })  # fmt: skip


def coverage_table(found: Coverage) -> pd.DataFrame:
    """One row an n and size of the training text."""
    n, size = (part.reshape(-1) for part in np.indices(found.unseen_contexts.shape))
    return pd.DataFrame({
        "n": np.array(found.ns)[n], "training_sentences": np.array(found.sizes)[size],
        "training_words": np.array(found.words)[size], "context_never_seen": found.unseen_contexts.reshape(-1),
        "with_its_word_never_seen": found.unseen_steps.reshape(-1),
    })  # fmt: skip


def held_out_table(found: HeldOut) -> pd.DataFrame:
    """One row a word: where it stands, whether its context was seen, and what each predictor gave it."""
    table = pd.DataFrame({
        "sentence": list(found.sentence_index), "word": list(found.words), "context_seen": found.seen, "in_training": found.known,
    })  # fmt: skip
    for r, predictor in enumerate(found.predictors):
        name = predictor.replace(" ", "_")
        table[f"{name}_probability"] = np.exp(found.logs[r])
        table[f"{name}_first"] = found.first[r]
        table[f"{name}_five"] = found.five[r]
    return table


def prompt_information_table(found: PromptInformation) -> pd.DataFrame:
    """One row a prompt, context and candidate: what was read, and the bits that it adds to the last word alone."""
    rows = []
    for p, prompt in enumerate(found.prompts):
        contexts = [("whole", prompt, found.whole[p]), ("start", "", found.start[p])]
        contexts += [("shuffled", *one) for one in zip(found.orders[p], found.shuffled[p], strict=True)]
        contexts += [("unrelated", *one) for one in zip(found.others[p], found.unrelated[p], strict=True)]
        for context, text, bits in contexts:
            for c, candidate in enumerate(found.candidates):
                verdict = {1: "more", -1: "less", 0: "cannot tell", None: "too few"}[found.outside(p, c)]
                rows.append({
                    "prompt": prompt, "candidate": candidate, "context": context, "read": text, "bits": bits[c],
                    "after_last_word_alone": found.alone[p, c], "verdict": verdict if context == "whole" else None,
                })  # fmt: skip
    return pd.DataFrame(rows)


def held_out_information_table(found: HeldOutInformation) -> pd.DataFrame:
    """One row a word: where it stands, and the bits that each context adds to the word before alone."""
    table = pd.DataFrame({"sentence": list(found.sentence_index), "word": list(found.words)})
    for row, context in enumerate(found.contexts):
        table[f"{context}_bits"] = found.bits[row]
    return table
