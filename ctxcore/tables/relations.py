"""Tables of word relations: analogies, planes, maps, scores."""

from __future__ import annotations

import pandas as pd

from ctxcore.tables.words import neighbours_table
from ctxcore.types import (
    AnalogyScore,
    WordAnalogy,
    WordMap,
    WordPlane,
)


def analogy_table(found: WordAnalogy, *, excluded: bool) -> pd.DataFrame:
    """One row a word near to b - a + c, and whether it is one of the three."""
    shown, inputs = found.excluded if excluded else found.kept, (found.a, found.b, found.c)
    return neighbours_table(shown).assign(input=[n.word in inputs for n in shown])


def plane_table(plane: WordPlane) -> pd.DataFrame:
    """One row a word: its cosine with each axis."""
    return pd.DataFrame({
        "word": list(plane.words), "x_axis": plane.axes[0], "x": plane.coordinates[:, 0], "y_axis": plane.axes[1],
        "y": plane.coordinates[:, 1],
    })  # fmt: skip


def word_map_table(found: WordMap) -> pd.DataFrame:
    """One row a word: where it stands, and whether it was asked for."""
    return pd.DataFrame({
        "word": list(found.words), "asked": [i < found.asked for i in range(len(found.words))],
        "x": found.projection.coordinates[:, 0], "y": found.projection.coordinates[:, 1],
    })  # fmt: skip


def sections_table(found: AnalogyScore) -> pd.DataFrame:
    """One row a section of the analogies, and one for all."""
    rows = [
        {"section": s.section, "right": s.right, "asked": s.asked, "left_out": s.left_out, "share": s.share}
        for s in (*found.sections, found.total)
    ]
    return pd.DataFrame(rows)
