"""Tables of states that are moved from one sentence into another."""

from __future__ import annotations

import pandas as pd

from ctxcore.types import MovedWords, PatchGrid


def patching_table(grid: PatchGrid) -> pd.DataFrame:
    """One row a layer and word: the share of the way, what lies beside it, and the two checks of that layer."""
    rows = [
        {
            "layer": layer, "word": column.text, "position": column.into[0], "from": column.other, "share": grid.shares[layer, i],
            "aside": grid.aside[layer, i], "why_not": column.why, "own_states": grid.itself[layer],
            "all_states": grid.everything[layer], "little_to_move": grid.little,
        }
        for i, column in enumerate(grid.columns)
        for layer in range(len(grid.shares))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def moved_words_table(found: MovedWords) -> pd.DataFrame:
    """One row a word: its probability in each of the three runs."""
    own, moved, other = found.shares
    return pd.DataFrame({"next": list(found.words), "as_it_is": own, "moved": moved, "other_sentence": other})
