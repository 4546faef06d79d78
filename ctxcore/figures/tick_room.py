"""How much room the names along an axis take: plotly makes it while it draws, and what stands around the plot has to know."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from typing import Any

from ctxcore.figures.drawing import Drawing
from ctxcore.figures.sheet import LETTER

_NUMBER = 4
"""Letters of a number at a tick."""
_TITLE, _LINE = 20, 1.3
"""Pixels of an axis title; height of a line, as a share of its font."""
_SMALLEST = 6
"""Pixels of a text that can still be read."""


def beside(figure: Drawing) -> float:
    """Pixels to the left of the plot, for the names of its rows and the title of that axis."""
    axis = figure.axes("y")[0]
    return _across(axis, _size(figure, axis)) if axis.get("visible") is not False and _has_axes(figure) else 0


def below(figure: Drawing) -> float:
    """Pixels below the plot, for the names of its columns and the title of that axis."""
    if not _has_axes(figure):
        return 0
    axes = [axis for axis in figure.axes("x") if axis.get("visible") is not False and axis.get("side") != "top"]
    return max((_down(axis, _size(figure, axis)) for axis in axes), default=0)


def fit_rows(figure: Drawing, tall: float) -> None:
    """Names of rows no higher than the rows, as small as can be read; of the rest every second or third."""
    for axis in figure.axes("y"):
        names = _names(axis)
        if not names or axis.get("showticklabels") is False or _is_numeric(axis):
            continue
        each = tall * _share(axis) / len(names) / _LINE
        size = _size(figure, axis)
        if each < size:
            axis["tickfont"] = {**axis.get("tickfont", {}), "size": max(_SMALLEST, each)}
            every = math.ceil(_SMALLEST / each)
            axis |= {"tickvals": list(axis["tickvals"])[::every], "ticktext": names[::every]}


def _has_axes(figure: Drawing) -> bool:
    return any(trace["type"] not in ("scatter3d", "surface") for trace in figure.data)


def _across(axis: dict[str, Any], size: float) -> float:
    ticks = 0.0 if axis.get("showticklabels") is False else LETTER * size * _longest(_names(axis)) + 4
    return ticks + (_TITLE if axis.get("title", {}).get("text") else 0)


def _down(axis: dict[str, Any], size: float) -> float:
    turned = math.radians(abs(axis.get("tickangle") or 0))
    slanting = _LINE * math.cos(turned) + LETTER * _longest(_names(axis)) * math.sin(turned)
    return (0.0 if axis.get("showticklabels") is False else size * slanting + 6) + (
        _TITLE if axis.get("title", {}).get("text") else 0
    )


def _names(axis: dict[str, Any]) -> Sequence[str]:
    return [_plain(str(name)) for name in axis.get("ticktext", ())]


def _plain(text: str) -> str:
    """Without markup: plotly reads a few tags."""
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def _longest(names: Sequence[str]) -> int:
    return max(map(len, names), default=_NUMBER)


def _is_numeric(axis: dict[str, Any]) -> bool:
    return axis.get("type") == "log"


def _share(axis: dict[str, Any]) -> float:
    low, high = axis.get("domain", (0, 1))
    return float(high - low)


def _size(figure: Drawing, axis: dict[str, Any]) -> float:
    return float(axis.get("tickfont", {}).get("size") or figure.layout["font"]["size"])
