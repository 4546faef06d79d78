"""Colours, symbols and layout that every figure shares.

Static is always one colour, orange; contextual always another family, blue to purple and green. Each colour has a contrast
of at least 3 to 1 on white and on the dark page, and senses differ by symbol too, so that no reading rests on hue alone.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxcore.figures import sheet
from ctxcore.figures.drawing import Drawing

STATIC = "#D9641A"
CONTEXTUAL = "#1F77C8"
NEUTRAL = "#808792"
SENSES = ("#1F77C8", "#0F9D73", "#B0509E", "#2C93A8", "#7566D8", "#7C8B1F", "#5C7FA3", "#C0528A", "#4B8F4B", "#8E6FB5")
"""Ten colours of the contextual family; the first three keep apart under protanopia and deuteranopia."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "star", "x", "pentagon", "hexagon", "triangle-down", "cross")
_IN_SPACE = ("circle", "square", "diamond", "x", "cross")
"""The symbols of them that plotly draws in space."""
STATIC_SYMBOL = "star-diamond"
SEQUENTIAL = ("#F3F7FB", "#C6DBEF", "#7FB2DE", "#3D87C9", "#1A5FA5", "#0B3A73")
STATIC_SEQUENTIAL = ("#FDF5EE", "#F3C9A8", "#D9641A", "#7A340A")
"""Light to dark: more similar is darker. Blue for contextual, orange for static vectors."""
SHARES = tuple(((i / (len(SEQUENTIAL) - 1)) ** 2, color) for i, color in enumerate(SEQUENTIAL))
"""A share of attention, 0 to 1: the scale rises with the square root, so that one part in a hundred can still be seen."""
SIGNED = ((0.0, "#8A2E7C"), (0.25, "#D9A3CF"), (0.5, "#F7F7F9"), (0.75, "#8DBBE3"), (1.0, "#1A5FA5"))
"""Below zero purple, above zero blue."""
ACCENT = "#E0245E"
"""The frame around what is looked at."""
FLOOR = 1e-8
"""Probabilities below are drawn here: a logarithmic axis has no nought."""
_NAME = 14
"""Pixels that a name set aslant takes along its axis."""
_FOOT, _LINE = 42, 17
"""Pixels below the plot for ticks and axis title, and for each line of a note."""
_CROWD = 60
"""Up to how many points markers and lines are drawn in full size; with more they would cover each other."""
MOST_NAMED = 60
"""Up to how many points have their names beside them in the plane."""
MOST_IN_SPACE = 8
"""Up to how many labels stand in space, where the camera turns and no place is free for good."""
_TITLE = 30
"""Pixels above the plot for a title that is given later."""
BELOW = ("note", "citation")
"""Names of what stands below a figure, from above."""
TITLE, TEXT, SMALL = 16, 13, 11.5
"""Pixels of a title's text, of all others and of a note's."""
CONTROLS = 66
"""Pixels for a slider and a play button below all else."""
FONT = '"Source Sans Pro", "Source Sans", "Helvetica Neue", Arial, sans-serif'


def literal(text: str) -> str:
    """Text as plotly shows it to the letter: no markup, no template, no formula (where a page has MathJax) is read in it."""
    return html.escape(text, quote=False).replace("%{", "%&#123;").replace("$", "&#36;")


def short(text: str, width: int = 34) -> str:
    """Text cut to a width with an ellipsis."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "\u2026"


def shrunk(points: int) -> float:
    """How much of its full size a marker or line keeps: less where there are many."""
    return max(0.45, min(1.0, (_CROWD / max(1, points)) ** 0.4))


def in_space(symbol: str) -> str:
    """The symbol in space, which knows fewer."""
    return symbol if symbol in _IN_SPACE else "circle"


INK, GRID = "#2A3342", "#E6EBF2"
FRAME = "rgba(128,135,146,0.35)"
"""A line that is drawn into a figure itself, on the white page and on the dark one: pages recolour axes and grids alone."""
_AXIS = {
    "gridcolor": GRID,
    "linecolor": GRID,
    "zerolinecolor": GRID,
    "automargin": True,
    "title": {"standoff": 5, "font": {"size": 12}},
}
_TEMPLATE = {
    "layout": {
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"color": INK},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "scene": {
            f"{a}axis": {
                "gridcolor": GRID,
                "zerolinecolor": GRID,
                "backgroundcolor": "white",
                "showticklabels": False,
            }
            for a in "xyz"
        },
    }
}
"""Small on purpose: plotly copies a figure's template several times, and its own ones cost 20 ms a figure."""


def blank() -> Drawing:
    """An empty figure with the shared template."""
    return Drawing({"template": _TEMPLATE})


def room_for(count: int) -> int:
    """Pixels along an axis that let so many names stand, set aslant."""
    return _NAME * count


def thinned(count: int, pixels: float) -> int:
    """Every how many-th of so many names has room along an axis of so many pixels, set aslant: 1 where all have."""
    pixels = min(sheet.room((pixels, pixels)))
    return max(1, math.ceil(count * _NAME / max(_NAME, pixels)))


def apart(names: Sequence[str]) -> list[str]:
    """Names of which no two are alike: an axis takes equal ones for one row."""
    taken: set[str] = set()
    found = []
    for name in names:
        tried = (f"{name} ({number})" if number > 1 else name for number in itertools.count(1))
        found.append(next(t for t in tried if t not in taken))
        taken.add(found[-1])
    return found


def aslant(names: Sequence[str]) -> int:
    """Pixels that names set aslant below the plot take beyond a straight one."""
    return max(0, round(4.6 * max(map(len, names), default=0)) - 12)


def lay_out(
    figure: Drawing,
    *,
    title: str = "",
    note: str = "",
    height: int = 460,
    square: bool = False,
    ticks: bool = True,
    below: int = 0,
) -> Drawing:
    """The layout that every figure shares: a title that says what is seen, a note below that says what it rests on.

    Args:
        figure: What is laid out.
        title: What is seen.
        note: What it rests on, literal.
        height: In pixels, margins included.
        square: One unit is as long up as across.
        ticks: Leave room for ticks and their title below the plot.
        below: Pixels more there, for long names (:func:`aslant`), so that the note stands under them.
    """
    lines = wrap(note, sheet.letters(SMALL, 104))  # notes hold text that their builder has made literal
    foot = (_FOOT if ticks else _FOOT - 26) + below
    bottom = foot + room_below(len(lines))
    figure.update_layout(
        font={"family": FONT, "size": TEXT},
        title={
            "text": literal(title),
            "x": 0,
            "xanchor": "left",
            "font": {"size": TITLE},
            "y": 0.985,
            "yanchor": "top",
        },
        height=height,
        margin={"l": 8, "r": 8, "t": 64 if title else 34, "b": bottom},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"},
        hoverlabel={"align": "left"},
        colorway=list(SENSES),
        hovermode="closest",
    )
    write_below(figure, "note", lines, foot)
    if square:  # one unit is as long up as across: angles and distances are true
        figure.update_yaxes(scaleanchor="x", scaleratio=1)
    return figure


def controls_in(figure: Drawing) -> list[dict[str, Any]]:
    """A figure's sliders and menus."""
    return [*figure.layout.get("sliders", ()), *figure.layout.get("updatemenus", ())]


def controls_of(figure: Drawing) -> int:
    """Pixels that a figure's slider and play button take."""
    return CONTROLS if controls_in(figure) else 0


def upright(figure: Drawing, x: float) -> None:
    """A dotted line over the whole height."""
    line = {"color": NEUTRAL, "width": 1, "dash": "dot"}
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, xref="x", yref="y domain", line=line)


def room_below(lines: int) -> int:
    """Pixels that so many lines of small text take."""
    return _LINE * lines + 8 if lines else 0


def write_below(figure: Drawing, name: str, lines: Sequence[str], down: int) -> None:
    """Small text, so many pixels below the plot."""
    if lines:
        figure.add_annotation(
            text="<br>".join(lines), x=0, y=0, xref="paper", yref="paper", xanchor="left", yanchor="top",
            yshift=10 - down, align="left", showarrow=False, font={"size": SMALL, "color": NEUTRAL}, name=name,
        )  # fmt: skip


def heading(text: str) -> dict[str, Any]:
    """A literal title at the upper left corner."""
    place = {"x": 0, "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": 8}}
    return {"text": text, "font": {"size": TITLE}, **place}


def titled(figure: Drawing, title: str) -> Drawing:
    """A copy with a title above it: where two figures of one kind stand together, each says whose it is."""
    named = figure.copy()
    named.update_layout(title=heading(literal(title)))
    named.layout["margin"]["t"] += _TITLE
    named.layout["height"] += _TITLE
    return named


def part_note(figure: Drawing) -> tuple[Drawing, str]:
    """A copy without what stands below it, and that: for a page that sets it as text that wraps with the window."""
    bare = figure.copy()
    below = [a for a in bare.annotations if a.get("name") in BELOW]
    if not below:
        return bare, ""
    texts = [a["text"].split("<br>") for a in below]
    freed = round(
        sum(room_below(len(lines)) * a["font"]["size"] / SMALL for a, lines in zip(below, texts, strict=True))
    )
    bare.layout["annotations"] = [a for a in bare.annotations if a.get("name") not in BELOW]
    bare.layout["margin"]["b"] -= freed
    bare.layout["height"] -= freed
    for control in controls_in(bare):
        control["pad"]["t"] -= freed
    return bare, "<br>".join(map(" ".join, texts))


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` characters, cut between words."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def place_labels(
    points: np.ndarray,
    texts: Sequence[str],
    low: np.ndarray,
    high: np.ndarray,
    pixels: tuple[int, int],
    square: bool = True,
    first: str | None = None,
) -> list[str | None]:
    """A text position for each label so that none covers another or leaves the plot; None where no place is free.

    Args:
        points: ``[point, axis]``, where the labelled markers are, in data units.
        texts: The labels.
        low: Lower ends of the axes, in data units.
        high: Upper ends.
        pixels: Width and height of the plot, where no :mod:`sheet <ctxcore.figures.sheet>` says them.
        square: Is one unit as long up as across?
        first: Where the first label stands if no place is free for it: the others keep clear of it.
    """
    scale = np.array(sheet.room(pixels)) / np.maximum(high - low, 1e-12)
    if square:
        scale = np.full(2, scale.min())
    middle = (low + high) / 2
    room = (high - low) / 2 * scale
    at = (np.asarray(points, np.float64)[:, :2] - middle) * scale
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in at]
    chosen: list[str | None] = []
    for (x, y), text in zip(at, texts, strict=True):
        boxes = ((p, _box(x, y, text.split("\n"), p)) for p in _preferred(x, y))
        inside = (
            (p, b) for p, b in boxes if -room[0] <= b[0] and b[2] <= room[0] and -room[1] <= b[1] and b[3] <= room[1]
        )
        free = next(((p, b) for p, b in inside if not any(_meet(b, t) for t in taken)), None)
        if free is None and not chosen and first:
            free = first, _box(x, y, text.split("\n"), first)
        chosen.append(free[0] if free else None)
        if free:
            taken.append(free[1])
    return chosen


def _preferred(x: float, y: float) -> tuple[str, ...]:
    """Where a label would best stand, outward from the middle first."""
    side, inner = ("right", "left") if x >= 0 else ("left", "right")
    above, below = ("top", "bottom") if y >= 0 else ("bottom", "top")
    return (
        f"middle {side}", f"{above} {side}", f"{above} center", f"{below} {side}", f"{below} center",
        f"middle {inner}", f"{above} {inner}", f"{below} {inner}",
    )  # fmt: skip


def _box(x: float, y: float, lines: Sequence[str], position: str) -> tuple[float, float, float, float]:
    """The rectangle of a label beside a marker, in pixels, y upwards."""
    width, height, gap = 7.2 * max(map(len, lines)), 15.0 * len(lines), 8.0
    vertical, horizontal = position.split()
    left = {"right": x + gap, "left": x - gap - width, "center": x - width / 2}[horizontal]
    low = {"middle": y - height / 2, "top": y + gap, "bottom": y - gap - height}[vertical]
    return left, low, left + width, low + height


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def percent(share: float) -> str:
    """A share as a whole percentage; 'n/a' where there is none."""
    return "n/a" if math.isnan(share) else f"{100 * share:.0f} %"


def probability(value: float) -> str:
    """A probability in two significant digits at least, in one way wherever it is written: 0.120, 0.0023, 3.1\u00d710\u207b\u2074."""
    if value == 0:
        return "0"
    if value >= 0.01:
        return f"{value:.3f}"
    if value >= 0.001:
        return f"{value:.4f}"
    mantissa, power = f"{value:.1e}".split("e")
    return f"{mantissa}\u00d710{str(int(power)).translate(_RAISED)}"


_RAISED = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
