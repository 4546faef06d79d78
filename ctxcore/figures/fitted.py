"""A figure laid out as a reader asks: its size, text size, title, legend, light or dark, and the line that cites it."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ctxcore.figures import sheet, theme, tick_room
from ctxcore.figures.drawing import Drawing, Trace, objects
from ctxcore.figures.sheet import LETTER, Sheet
from ctxcore.view import View

WIDTH = 900
"""Pixels of a figure whose width nobody asked for."""
_KEY, _GAP, _ROW = 40, 10, 19
"""Pixels of a legend: its mark, between two entries, one row."""
_SCALE = 40
"""Half the pixels of a scale of colours beside a map."""
_NUMBER = 4.6
"""Letters of a number in a cell, with the gap to the next."""
_LEAST = 0.45
"""Share of the height that the plot keeps: the note is left out where it would take more."""
DARK_PAPER = "#0E1117"
_DARK = {theme.INK: "#E6EAF1", theme.GRID: "#2E3644", "white": DARK_PAPER}
_CONTROLS = ("sliders", "updatemenus")
_COLOURED = ("color", "gridcolor", "linecolor", "zerolinecolor", "paper_bgcolor", "plot_bgcolor", "backgroundcolor")


def fitted(draw: Callable[[], Drawing], view: View, title: str = "", citation: str = "") -> Drawing:
    """The figure for a view.

    It is drawn twice: labels are placed for the room that margins leave, and margins are known when it has been drawn. A text
    size of twice the usual one is a figure on half the sheet whose texts and margins are then twice as large.

    Args:
        draw: Draws it, as wide as its page.
        view: What is asked.
        title: What stands above it.
        citation: What stands below it.
    """
    grown = _grown(view)
    width = (view.width or WIDTH) / grown
    height = None if view.height is None else view.height / grown
    with sheet.under(Sheet(width)):
        first = _laid_out(draw(), view, width, height, title, citation)
    with sheet.under(Sheet(width, _plot(first, width))):
        figure = _laid_out(draw(), view, width, height, title, citation)
    _thin_numbers(figure, _plot(figure, width))
    return _dressed(figure, view, grown)


def _grown(view: View) -> float:
    """How much larger than usual the text is."""
    return (view.size or theme.TEXT) / theme.TEXT


def _laid_out(figure: Drawing, view: View, width: float, height: float | None, title: str, citation: str) -> Drawing:
    """Title, legend and lines below, with their margins, all at the usual text size."""
    layout, controls = figure.layout, theme.controls_of(figure)
    margin, note = layout["margin"], _take_note(figure)
    cited = theme.wrap(citation, sheet.letters(theme.SMALL, 104))
    ticks = margin["b"] - controls - theme.room_below(len(note))
    foot = max(ticks, round(tick_room.below(figure)) + 12)
    above, under, beside = _room_of_legend(figure, view, width)
    top, down, right = margin["t"] + _title(figure, title) + above, foot + under, margin["r"] + beside
    bottom = down + theme.room_below(len(note)) + theme.room_below(len(cited))
    if height is not None and height - top - bottom < _LEAST * height:
        bottom -= theme.room_below(len(note))
        note = []
    tall = layout["height"] - margin["b"] + bottom + top - margin["t"] if height is None else height
    plot = tall - top - bottom
    tick_room.fit_rows(figure, plot)
    spare = (width - right - plot) / 2 - _SCALE if figure.axes("y")[0].get("constrain") == "domain" else 0
    pushed = tick_room.beside(figure) - margin["l"] - max(0, spare)
    for name, lines in (("note", note), ("citation", cited)):
        theme.write_below(figure, name, lines, down)
        down += theme.room_below(len(lines))
    for text in figure.annotations:
        if text.get("name") in theme.BELOW:
            text["xshift"] = -round(max(0, 0.9 * pushed - 4))
    _place_legend(figure, view.legend, foot, plot)
    for control in theme.controls_in(figure):
        control["pad"]["t"] += bottom + controls - margin["b"]
    figure.update_layout(width=width if view.width else None, height=tall + controls)
    figure.update_layout(margin={"t": top, "b": bottom + controls, "r": right})
    return figure


def _take_note(figure: Drawing) -> list[str]:
    """Take the note off, which stands elsewhere once margins are known; its lines."""
    notes = [a for a in figure.annotations if a.get("name") == "note"]
    figure.layout["annotations"] = [a for a in figure.annotations if a.get("name") != "note"]
    return [line for note in notes for line in note["text"].split("<br>")]


def _room_of_legend(figure: Drawing, view: View, width: float) -> tuple[float, float, float]:
    """Pixels that the legend takes above the plot, beyond the one row that is there, below it, and to its right."""
    names = _legend(figure)
    if not names:
        return 0, 0, 0
    margin = figure.layout["margin"]
    rows = _rows(names, width - max(margin["l"], tick_room.beside(figure)) - margin["r"])
    row = max(_ROW, _ROW / _grown(view))  # its marks keep their size beside small text
    return {
        "above": ((rows - 1) * row, 0.0, 0.0),
        "below": (0.0, rows * row + 14, 0.0),
        "right": (0.0, 0.0, _KEY + _GAP + LETTER * theme.TEXT * max(map(len, names))),
        "none": (0.0, 0.0, 0.0),
    }[view.legend]


def _plot(figure: Drawing, width: float) -> tuple[float, float]:
    """Width and height between the margins, less what names beside the rows take."""
    margin = figure.layout["margin"]
    left = max(margin["l"], tick_room.beside(figure))
    return max(1.0, width - left - margin["r"]), max(1.0, figure.layout["height"] - margin["t"] - margin["b"])


def _title(figure: Drawing, title: str) -> int:
    """Write the title over as many lines as it takes; the pixels that it needs."""
    if not title:
        return 0
    lines = theme.wrap(title, sheet.letters(theme.TITLE, 80))
    figure.update_layout(title=theme.heading("<br>".join(map(theme.literal, lines))), title_pad_l=8)
    if len(lines) > 1:  # plotly sets the first of several lines on the edge, and a single one below it
        figure.update_layout(title_pad_t=8 + round(0.7 * theme.TITLE))
    return 10 + 20 * len(lines)


def _legend(figure: Drawing) -> list[str]:
    """Names in the legend, where the figure has one."""
    traces = [t for t in figure.data if t["type"] not in ("heatmap", "image") and t.get("showlegend") is not False]
    has_one = figure.layout.get("showlegend")
    if has_one is None:  # plotly's own rule
        has_one = len(traces) > 1 or any(t.get("showlegend") for t in traces)
    return [html.unescape(t.get("name", "")) for t in traces] if has_one else []


def _rows(names: list[str], width: float) -> int:
    """Rows that they take side by side: plotly sets them in columns where one row is too short."""
    each = [_KEY + _GAP + LETTER * theme.TEXT * len(name) for name in names]
    if sum(each) <= width:
        return 1
    return math.ceil(len(names) / max(1, int(width / max(each))))


def _place_legend(figure: Drawing, place: str, foot: float, plot: float) -> None:
    if place == "none":
        figure.update_layout(showlegend=False)
    elif place == "right":
        figure.update_layout(legend={"orientation": "v", "x": 1.01, "y": 1, "yanchor": "top"})
    elif place == "below":
        figure.update_layout(legend={"y": -foot / max(1.0, plot), "yanchor": "top"})


def _thin_numbers(figure: Drawing, plot: tuple[float, float]) -> None:
    """Numbers in cells, and beside points of narrow panels, are left out where they would run into each other."""
    for trace in figure.data:
        size = trace.get("textfont", {}).get("size", theme.TEXT)
        if trace["type"] == "heatmap" and trace.get("texttemplate"):
            rows, columns = np.shape(trace["z"])
            wide = plot[0] * _share(figure, trace)
            if "scaleanchor" in figure.axes("y")[0]:
                wide = min(wide, plot[1])
            if wide / max(1, columns) < _NUMBER * LETTER * size or plot[1] / max(1, rows) < size:
                del trace["texttemplate"]
        elif trace["type"] == "scatter" and "text" in trace.get("mode", "") and _share(figure, trace) < 1:
            longest = max((len(str(text)) for text in trace["text"]), default=0)
            if plot[0] * _share(figure, trace) < 2 * longest * LETTER * size:
                trace["mode"] = trace["mode"].replace("+text", "")


def _share(figure: Drawing, trace: Trace) -> float:
    """Share of the width that the trace's panel has."""
    low, high = figure.layout.get(f"xaxis{trace.get('xaxis', 'x')[1:]}", {}).get("domain", (0, 1))
    return float(high - low)


def _dressed(figure: Drawing, view: View, grown: float) -> Drawing:
    """A copy with its texts and margins as large as asked, and in its colours."""
    figure = figure.copy()
    if grown != 1:
        for part in objects([figure.data, figure.layout, figure.frames], _CONTROLS):
            _grow(part, grown)
    if view.theme == "dark":
        for part in objects(figure.layout, _CONTROLS):
            part |= {
                key: _DARK[part[key]] for key in _COLOURED if isinstance(part.get(key), str) and part[key] in _DARK
            }
    layout = figure.layout
    if grown != 1:
        controls = theme.controls_of(figure)
        margin = layout["margin"]
        kept = {key: margin[key] - (controls if key == "b" else 0) for key in margin}
        layout["margin"] = {key: round(value * grown) for key, value in kept.items()}
        layout["margin"]["b"] += controls
        layout["height"] = (layout["height"] - controls) * grown + controls
    layout["height"] = round(layout["height"])
    if "width" in layout:
        layout["width"] = view.width
    return figure


def _grow(part: dict[str, Any], by: float) -> None:
    """Fonts and distances of texts."""
    for key, value in part.items():
        if key in ("font", "textfont", "tickfont", "titlefont") and isinstance(value, dict) and "size" in value:
            size = value["size"]
            value["size"] = size * by if isinstance(size, int | float) else np.asarray(size) * by
        elif key == "colorbar" and value.get("lenmode") == "pixels":
            value["len"] *= by
        elif key in ("xshift", "yshift", "standoff") and isinstance(value, int | float):
            part[key] = value * by
        elif key in ("sliders", "updatemenus"):
            for control in value:
                pad = control["pad"]
                pad["t"] = pad["t"] * by
