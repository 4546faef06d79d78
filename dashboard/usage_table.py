"""Lines of a concordance as a table, the word in the middle column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from ctxcore.types import FoundUsages

if TYPE_CHECKING:
    from pandas import DataFrame

_LETTER, _PADDING = 6, 16
"""Pixels of a character, and of a column beside its text. Of a text that is too long for its column the table draws the first characters,
and the last ones stand by the word."""
_SIDE, _PHONE = 400, 130
"""Pixels of what stands to each side of the word, on a phone fewer, so that the word is seen."""


def show_lines(found: FoundUsages, rows: np.ndarray, key: str, senses: Sequence[str] = (), side: int = _SIDE) -> None:
    """Some lines, the word in the middle column, with the sense of each where it is known.

    Args:
        found: The usages.
        rows: Which of them.
        key: Of the table.
        senses: Of all rows; empty where none is known.
        side: Pixels of what stands left and right.
    """
    side = _PHONE if "Mobi" in st.context.headers.get("User-Agent", "") else side
    table = line_table(found, rows, (side - _PADDING) // _LETTER, senses)
    word = max(map(len, table[found.words[0]]), default=0)
    wide: dict[str, Any] = {
        "left": st.column_config.TextColumn("left", alignment="right", width=side),
        found.words[0]: st.column_config.TextColumn(alignment="center", width=min(220, max(80, 24 + 8 * word))),
        "right": st.column_config.TextColumn("right", width=side),
    }
    st.dataframe(table, hide_index=True, height="content", column_config=wide, key=key)


def line_table(found: FoundUsages, rows: np.ndarray, width: int | None = None, senses: Sequence[str] = ()) -> DataFrame:
    """Lines as a table: what stands left, the word, what stands right, then what is known of each."""
    import pandas as pd

    part = found.rows.take(pa.array(rows)).to_pydict()
    spans = list(zip(part["sentence"], part["start"], part["end"], strict=True))
    columns: dict[str, list[Any]] = {
        "left": [_cut_left(sentence[:start], width) for sentence, start, _ in spans],
        found.words[0]: [sentence[start:end] for sentence, start, end in spans],
        "right": [_cut_right(sentence[end:], width) for sentence, _, end in spans],
    }
    if len(senses):
        columns["sense"] = [senses[row] for row in rows]
    for name in found.columns:
        columns[name if name not in columns else f"{name} (column)"] = part[name]
    columns.setdefault("row", part["row"])
    return pd.DataFrame(columns)


def _cut_left(text: str, width: int | None) -> str:
    return text.rstrip() if width is None or len(text) <= width else f"\u2026{text[-width:].rstrip()}"


def _cut_right(text: str, width: int | None) -> str:
    return text.lstrip() if width is None or len(text) <= width else f"{text[:width].lstrip()}\u2026"
