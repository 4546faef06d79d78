"""A word in a whole text: how often it stands there, and all its usages as points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ctxcore.figures import bars, theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.measures.tallies import interval
from ctxcore.text import snippet
from ctxcore.types import FoundUsages, SensedUsages, Tally, UsageCount, UsageMap

MOST_BARS = 25
"""Values of a column that have a bar of their own."""
MOST_WITH_TEXT = 1500
"""Up to how many points each carries its line, to be read under the pointer, and is drawn one by one; above, WebGL draws
them in a file, and on a page a canvas (dashboard/dots.py)."""
_NAME = 40
_LAST = 1001


@dataclass(frozen=True)
class PointGroup:
    """Points that are drawn alike.

    Attributes:
        name: What the legend calls them, as plain text.
        members: Which usages of the map they are.
        color: Their colour.
        symbol: Their symbol.
    """

    name: str
    members: np.ndarray
    color: str
    symbol: str


def point_groups(found: UsageMap) -> list[PointGroup]:
    """The traces of a map in their order: as many groups as there are colours, and below them all others as one grey group."""
    if not found.names:
        everything = np.arange(len(found.rows))
        return [PointGroup("usages", everything, theme.CONTEXTUAL, "circle")]
    shown = min(len(found.names), len(theme.SENSES))
    styles = zip(found.names, theme.SENSES, theme.SYMBOLS, strict=False)
    groups = [
        PointGroup(name or "no value", np.flatnonzero(found.groups == i), color, symbol)
        for i, (name, color, symbol) in enumerate(styles)
    ]
    if len(found.names) > shown:
        rest = np.flatnonzero(found.groups >= shown)
        more = len(found.names) - shown
        groups.insert(0, PointGroup(f"{more:,} other{'s' if more > 1 else ''}", rest, theme.NEUTRAL, "circle"))
    return groups


def usage_map_figure(found: UsageMap, *, height: int = 560, title: str = "", note: str = "") -> Drawing:
    """All usages as points, coloured by their groups. Above 1,500 points WebGL draws them, and their lines are not in the figure."""
    count = len(found.rows)
    small = count <= MOST_WITH_TEXT
    size = max(3.5, 9 * theme.shrunk(count)) if small else 4.5 if count < 20_000 else 3
    lines = _lines(found) if small else []
    figure = theme.blank()
    for group in point_groups(found):
        places = found.coordinates[group.members]
        name = theme.literal(theme.short(group.name, _NAME))
        figure.add(
            trace(
                "scatter" if small else "scattergl", x=places[:, 0], y=places[:, 1], mode="markers", name=name,
                legendrank=_LAST if group.color == theme.NEUTRAL else None,
                marker={"color": group.color, "symbol": group.symbol, "size": size, "opacity": 0.85 if small else 0.6},
                customdata=[lines[i] for i in group.members] if small else None,
                hovertemplate=("%{customdata}<br>" if small else "") + f"{name}<extra></extra>",
            )
        )  # fmt: skip
    theme.lay_out(figure, title=title, note=theme.literal(note), height=height, square=True)
    for axes, share, number in (
        (figure.update_xaxes, found.explained[0], 1),
        (figure.update_yaxes, found.explained[1], 2),
    ):
        axes(title_text=f"axis {number}: {theme.percent(share)} of the variance", zeroline=False, showticklabels=False)
    figure.update_layout(showlegend=bool(found.names), legend_itemsizing="constant", dragmode="pan", uirevision="map")
    return figure


def _lines(found: UsageMap) -> list[str]:
    rows = found.found.rows.take(found.rows)
    spans = zip(*(rows[name].to_pylist() for name in ("sentence", "start", "end")), strict=True)
    return [theme.literal(snippet(sentence, (start, end), 80)) for sentence, start, end in spans]


def counted(found: FoundUsages, by: str) -> list[UsageCount]:
    """What has a bar: the forms of the word, or the values of a column.

    Years and other numbers stand in their order, all else by how often the word stands there; where there are more than so many, the
    commonest stay, and the rest is one.
    """
    every = list(found.columns[by]) if by in found.columns else list(found.forms)
    shown, rest = every[:MOST_BARS], every[MOST_BARS:]
    if all(_number(one.name) is not None for one in shown):
        shown.sort(key=lambda one: _number(one.name) or 0.0)
    if rest:
        sums = [sum(getattr(one, part) for one in rest) for part in ("usages", "holding", "sentences")]
        shown.append(UsageCount(f"{len(rest):,} others", *sums))
    return shown


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def usage_counts_figure(found: FoundUsages, by: str = "", *, title: str = "", note: str = "") -> Drawing:
    """How often the word stands in each part of the text: share of its sentences with the 95 % interval; or each form of the word."""
    rows = counted(found, by)[::-1]
    shares = by in found.columns
    figure = theme.blank()
    values = np.array([100 * one.share if shares else one.usages for one in rows], np.float64)
    error = None
    if shares:
        ends = np.array([interval(Tally(one.holding, one.sentences, 0.0)) for one in rows]) * 100
        error = {
            "type": "data", "symmetric": False, "array": np.maximum(0, ends[:, 1] - values),
            "arrayminus": np.maximum(0, values - ends[:, 0]), "color": theme.NEUTRAL, "thickness": 1.4,
        }  # fmt: skip
    numbers = [f"{one.holding:,} of {one.sentences:,}" if shares else f"{one.usages:,}" for one in rows]
    figure.add(
        trace(
            "bar", x=values, y=list(range(len(rows))), orientation="h", error_x=error, customdata=numbers,
            marker={"color": [theme.NEUTRAL if one.name.endswith(" others") else theme.CONTEXTUAL for one in rows]},
            text=None if shares else numbers, textposition="auto",
            hovertemplate="%{customdata} sentences<extra></extra>" if shares else "%{customdata} usages<extra></extra>",
        )
    )  # fmt: skip
    names = [
        f"{one.name or 'no value'}  {number}" if shares else one.name for one, number in zip(rows, numbers, strict=True)
    ]
    theme.lay_out(figure, title=title, note=theme.literal(note), height=150 + 22 * len(rows))
    bars.name_bars(figure, names, 40)
    figure.update_xaxes(
        title_text="% of the sentences hold the word" if shares else "usages", rangemode="tozero", zeroline=False
    )
    figure.update_layout(showlegend=False)
    return figure


def usage_senses_figure(found: SensedUsages, *, title: str = "", note: str = "") -> Drawing:
    """How many usages each sense has, in the colours of the map, with the words that tell it."""
    sizes, total = found.senses.sizes, len(found.rows)
    count = len(sizes)
    order = list(range(count))[::-1]
    words = ["one sense" if count == 1 else ", ".join(word for word, _ in found.senses.words[i][:5]) for i in order]
    numbers = [f"{sizes[i]:,} ({theme.percent(sizes[i] / total)})" for i in order]
    figure = theme.blank()
    figure.add(
        trace(
            "bar", x=[sizes[i] for i in order], y=list(range(count)), orientation="h", text=numbers, textposition="auto",
            marker={"color": [theme.SENSES[i % len(theme.SENSES)] for i in order]}, hovertemplate="%{text} usages<extra></extra>",
        )
    )  # fmt: skip
    theme.lay_out(figure, title=title, note=theme.literal(note), height=150 + 34 * count)
    names = words if count == 1 else [f"{i + 1}  {told}" for i, told in zip(order, words, strict=True)]
    bars.name_bars(figure, names, 48)
    figure.update_xaxes(title_text="usages", range=[0, 1.15 * max(sizes)], zeroline=False)
    figure.update_layout(showlegend=False)
    return figure
