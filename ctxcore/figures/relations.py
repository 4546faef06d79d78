"""How words relate in a static space: analogies, a plane of one's own axes, a map, and scores by section."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.bars import draw_cosines, name_bars
from ctxcore.figures.drawing import Drawing, Trace, trace
from ctxcore.types import AnalogyScore, WordAnalogy, WordMap, WordPlane

_NARROW, _WIDE = (270, 340), (760, 380)
"""Pixels of the plot on a phone and on a desk."""


def analogy_figure(found: WordAnalogy, *, excluded: bool, height: int = 320, title: str = "") -> Drawing:
    """The words nearest to b - a + c, the nearest on top; input words, where they are kept, are grey.

    Args:
        found: The analogy.
        excluded: Draw the list without the input words, or the one with them.
        height: In pixels.
        title: What the figure says.
    """
    shown = (found.excluded if excluded else found.kept)[::-1]
    inputs = (found.a, found.b, found.c)
    asked = " ".join(theme.literal(theme.short(w, 20)) for w in (found.b, "\u2212", found.a, "+", found.c))
    rule = "The three input words may not answer." if excluded else "Every word may answer; the input words are grey."
    figure = theme.blank()
    colors = [theme.NEUTRAL if n.word in inputs else theme.STATIC for n in shown]
    theme.lay_out(figure, title=title, note=f"Cosine to {asked}. {rule}", height=height)
    draw_cosines(figure, shown, colors)
    figure.update_layout(margin_t=34 if title else 10)
    return figure


def plane_figure(plane: WordPlane, *, height: int = 460, title: str = "") -> Drawing:
    """Words where their cosines with two directions put them; the directions stand on the axes.

    Both axes have one scale and cross at zero: there a word has nothing of either.
    """
    points = np.asarray(plane.coordinates, dtype=np.float32)
    reach = np.maximum(np.abs(points).max(0) * 1.25, 0.1)
    figure = theme.blank()
    figure.add(
        _points(points, plane.words, (-reach, reach), "cosine %{x:.3f} across, %{y:.3f} up", size=11, opacity=1.0)
    )
    note = f"Cosine of each word with each axis. The axes themselves have a cosine of {plane.between:.2f}: {_alike(plane.between)}"
    theme.lay_out(figure, title=title, note=note, height=height)
    names = [f"cosine with {theme.literal(theme.short(axis, 60))}" for axis in plane.axes]
    for update, name, far in ((figure.update_xaxes, names[0], reach[0]), (figure.update_yaxes, names[1], reach[1])):
        update(title_text=name, range=[-float(far), float(far)], zeroline=True, zerolinewidth=2)
    figure.update_layout(showlegend=False, margin_t=34 if title else 10)
    return figure


def word_map_figure(found: WordMap, *, height: int = 500, title: str = "") -> Drawing:
    """The words asked for, large, among their neighbours, small, in one plane."""
    points = np.asarray(found.projection.coordinates[:, :2], dtype=np.float32)
    low, high = points.min(0), points.max(0)
    room = np.array([0.28, 0.12]) * np.maximum(high - low, 0.05)  # to the sides, so that a phone shows the labels whole
    ends = low - room, high + room
    places = theme.place_labels(points, found.words, *ends, _WIDE)
    figure = theme.blank()
    for name, rows, size, opacity, symbol in (
        ("neighbours", range(found.asked, len(points)), 7, 0.55, "circle"),
        ("words of the list", range(found.asked), 14, 1.0, theme.STATIC_SYMBOL),
    ):
        chosen = list(rows)
        figure.add(
            _points(
                points[chosen], [found.words[i] for i in chosen], ends, "%{customdata}", size=size, opacity=opacity,
                symbol=symbol, name=name, places=[places[i] for i in chosen],
            )
        )  # fmt: skip
    kept = theme.percent(sum(found.projection.explained or ()))
    note = (
        f"One PCA of {len(points)} unit vectors; the plane keeps {kept} of their variance. What lies together here may still "
        "lie apart in the rest: the similarity matrix knows."
    )
    theme.lay_out(figure, title=title, note=note, height=height, square=True, ticks=False)
    bare = {"zeroline": False, "showticklabels": False, "showgrid": False}
    figure.update_xaxes(bare, range=[float(ends[0][0]), float(ends[1][0])])
    figure.update_yaxes(bare, range=[float(ends[0][1]), float(ends[1][1])])
    return figure


def sections_figure(found: AnalogyScore, *, height: int = 460, title: str = "") -> Drawing:
    """Share of analogies answered right, by section, and of all together."""
    shown = [*found.sections, found.total][::-1]
    shares = [s.share if s.asked else 0.0 for s in shown]
    figure = theme.blank()
    figure.add(
        trace(
            "bar", x=np.array(shares, np.float32), y=list(range(len(shown))), orientation="h",
            marker={"color": [theme.NEUTRAL, *[theme.STATIC] * len(found.sections)][: len(shown)]},
            text=[f"{100 * s.share:.1f} % of {s.asked:,}" if s.asked else "none known" for s in shown],
            textposition="auto", customdata=[[s.right, s.asked, s.left_out] for s in shown],
            hovertemplate="%{customdata[0]:,} of %{customdata[1]:,} right, %{customdata[2]:,} left out<extra></extra>",
        )
    )  # fmt: skip
    note = (
        f"The word nearest to b \u2212 a + c among the {found.vocabulary:,} most frequent words, the input words left out. Questions "
        f"with an unknown word do not count ({found.total.left_out:,} of {found.total.asked + found.total.left_out:,})."
    )
    theme.lay_out(figure, title=title, note=note, height=height)
    name_bars(figure, [s.section for s in shown], 30)
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    return figure


def _points(
    points: np.ndarray,
    words: Sequence[str],
    ends: tuple[np.ndarray, np.ndarray],
    hover: str,
    *,
    size: int,
    opacity: float,
    symbol: str = "circle",
    name: str = "",
    places: Sequence[str | None] | None = None,
) -> Trace:
    """Markers with their words beside them, where there is room."""
    if places is None:
        places = _places(points, words, ends)
    named = len(points) <= theme.MOST_NAMED
    texts = [theme.literal(theme.short(w, 24)) for w in words]
    return trace(
        "scatter", x=points[:, 0], y=points[:, 1], mode="markers+text" if named else "markers", name=name,
        text=[t if place else "" for t, place in zip(texts, places, strict=True)],
        textposition=[place or "top center" for place in places], customdata=texts,
        marker={"color": theme.STATIC, "size": size, "opacity": opacity, "symbol": symbol, "line": {"width": 1, "color": "white"}},
        hovertemplate=f"<b>%{{customdata}}</b><br>{hover}<extra></extra>" if hover != "%{customdata}" else f"{hover}<extra></extra>",
    )  # fmt: skip


def _places(points: np.ndarray, words: Sequence[str], ends: tuple[np.ndarray, np.ndarray]) -> list[str | None]:
    """Where each label stands: where it fits on a phone too, else where it fits on a desk."""
    narrow, wide = (theme.place_labels(points, words, *ends, pixels, square=False) for pixels in (_NARROW, _WIDE))
    return [a or b for a, b in zip(narrow, wide, strict=True)]


def _alike(between: float) -> str:
    if abs(between) < 0.3:
        return "they ask nearly different things."
    return (
        "they overlap, so that a word high on one tends to be " + ("high" if between > 0 else "low") + " on the other."
    )
