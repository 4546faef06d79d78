"""How results look at a prompt and in a notebook: names, shapes and a few rows in place of raw arrays."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_ROWS, _ENTRIES, _WIDTH = 12, 3, 60


def brief(value: Any) -> str:
    """A value in a few words: an array by its type and shape, a long list by its first entries and how many there are."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}[{', '.join(map(str, value.shape))}]"
    if isinstance(value, str):
        return repr(value if len(value) <= _WIDTH else shorten(value, _WIDTH, placeholder="\u2026"))
    if isinstance(value, Mapping):
        shown = [f"{brief(key)}: {brief(one)}" for key, one in list(value.items())[:_ENTRIES]]
        return "{" + _listed(shown, len(value)) + "}"
    if isinstance(value, Sequence):
        return "(" + _listed([brief(one) for one in value[:_ENTRIES]], len(value)) + ")"
    said = repr(value)
    return said if len(said) <= _WIDTH else f"{said[: _WIDTH - 1]}\u2026"


def text_of(result: Any) -> str:
    """A result on one line."""
    parts = (f"{field.name}={brief(getattr(result, field.name))}" for field in fields(result))
    return f"{type(result).__name__}({', '.join(parts)})"


def html_of(result: Any) -> str:
    """A result as a small table of its fields; below it the first rows of its data frame, where it has one."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{field.name}</th>"
        f"<td style='text-align:left'>{html.escape(brief(getattr(result, field.name)))}</td></tr>"
        for field in fields(result)
    )
    found = f"<div><strong>{type(result).__name__}</strong><table>{rows}</table>"
    return f"{found}{_first_rows(_part(result).to_frame()) if hasattr(result, 'to_frame') else ''}</div>"


def _part(result: Any) -> Any:
    """What the first rows come from: of attention the first head, since all heads may be millions of rows."""
    if not hasattr(result, "weights"):
        return result
    return replace(result, weights=result.weights[:1, :1], layers=result.layers[:1], heads=result.heads[:1])


def _first_rows(table: pd.DataFrame) -> str:
    shown: str = table.head(_ROWS).to_html(index=False, border=0)  # it escapes what a reader typed, and cuts long texts
    return shown + "<p>The first rows; to_frame() has all.</p>"


def _listed(shown: Sequence[str], count: int) -> str:
    more = f", \u2026 {count} in all" if count > len(shown) else ""
    return ", ".join(shown) + more
