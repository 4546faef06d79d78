"""What the figures of attention step by step are drawn with: cells with numbers, frames, names of tokens and of panels.

Blue is above zero and purple below it; a share runs from light to dark; grey with a cross is masked; the frame is
what is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctxcore.figures import theme
from ctxcore.figures.drawing import Drawing, trace
from ctxcore.text.labels import token_labels
from ctxcore.types import HeadTrace

NAMED = 40
"""Up to how many tokens have their names beside them."""
WRITTEN = 6
"""Up to how many tokens have their numbers in the cells of a map."""
ROOMY = 20
"""Up to how many rows there is room for a number in each."""
HEAD = 30
"""Pixels above a row of panels for their names."""
BARE: dict[str, Any] = {"showgrid": False, "zeroline": False, "showline": False, "ticks": ""}
_MASKED = "#A9AFB9"
_DARK_INK, _LIGHT_INK = "#10141A", "#FFFFFF"
_DARK_TEXT = {"texttemplate": "%{text}", "textfont": {"size": 10, "color": _DARK_INK}}


def three(value: float) -> str:
    """A number with three significant digits, as a reader would write it.

    >>> three(0.57), three(-1.2345), three(1234.5), three(0.3), three(-0.0), three(1.2e-7)
    ('0.57', '-1.23', '1234', '0.3', '0', '1.2e-07')
    """
    if abs(value) >= 999.5:
        return f"{value:.0f}" if abs(value) < 1e6 else f"{value:.3g}"
    return f"{value + 0.0:.3g}"


def token_names(trace: HeadTrace) -> list[str]:
    """What each token is called; see :func:`ctxcore.text.labels.token_labels`."""
    return list(token_labels(trace.tokens, trace.sentence, trace.words))


def row_names(trace: HeadTrace) -> list[str]:
    """A name for each token that no other has: what it stands for and its position."""
    return [theme.literal(f"{theme.short(n, 14)} (position {i})") for i, n in enumerate(token_names(trace))]


def heat(
    figure: Drawing,
    values: np.ndarray,
    *,
    name: str,
    reach: float | None,
    gap: int = 0,
    text: list[list[str]] | None = None,
    **options: Any,
) -> None:
    """Cells on one of the two scales: signed up to a reach, shares where there is none.

    Numbers in dark cells are white and come as a second trace over the first: plotly has one ink a trace, and its own choice
    is too faint in the middle of a scale.
    """
    low, high, colors = (0.0, 1.0, theme.SHARES) if reach is None else (-reach, reach, theme.SIGNED)
    look: dict[str, Any] = {
        "hoverongaps": False, "zmin": low, "zmax": high, "colorscale": colors, "showscale": False, "xgap": gap, "ygap": gap, **options
    }  # fmt: skip
    if text is None:
        figure.add(trace("heatmap", z=values, name=name, **look))
        return
    dark = _is_dark((values - low) / (high - low), colors)
    for ink, where in ((_DARK_INK, ~dark), (_LIGHT_INK, dark)):
        if ink == _LIGHT_INK and not where.any():
            continue
        written = [[t if w else "" for t, w in zip(*row, strict=True)] for row in zip(text, where, strict=True)]
        over = ink == _LIGHT_INK
        figure.add(
            trace(
                "heatmap", z=np.where(where, values, np.nan).astype(values.dtype) if over else values, text=written,
                texttemplate="%{text}", textfont={"size": 11, "color": ink}, **look,
                name=f"{name}, dark cells" if over else name,
            )
        )  # fmt: skip


def _is_dark(shares: np.ndarray, colors: Sequence[tuple[float, str]]) -> np.ndarray:
    """Is white easier to read than black on the colours at these places of a scale? By the contrast of WCAG."""
    stops = [stop for stop, _ in colors]
    rgb = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for _, color in colors])
    at = np.nan_to_num(np.clip(shares, 0, 1))
    mixed = np.stack([np.interp(at, stops, rgb[:, channel]) for channel in range(3)], axis=-1)
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]) < 0.194)


def plain(
    figure: Drawing,
    where: np.ndarray,
    queries: list[str],
    names: list[str],
    panel: int,
    what: str,
    text: str,
    color: str,
) -> None:
    """Cells of one colour with one text, which is written where there are few."""
    marked = max(len(names), len(queries)) <= NAMED
    figure.add(
        trace(
            "heatmap", z=np.where(where, np.float32(1), np.float32(np.nan)), x=names, y=queries, zmin=0, zmax=1,
            colorscale=((0.0, color), (1.0, color)), showscale=False, name=what, hoverongaps=False, **axes(panel),
            xgap=1 if len(names) <= WRITTEN else 0, ygap=1 if len(names) <= WRITTEN else 0,
            hovertemplate=f"%{{y}} \u2192 %{{x}}<br>{what}<extra></extra>",
            **({"text": np.where(where, text, "").tolist(), **_DARK_TEXT} if marked and text else {}),
        )
    )  # fmt: skip


def grey(figure: Drawing, forbidden: np.ndarray, queries: list[str], names: list[str], panel: int) -> None:
    """Grey with a cross over the cells that are masked."""
    plain(figure, forbidden, queries, names, panel, "masked", "\u00d7", _MASKED)


def axes(panel: int) -> dict[str, Any]:
    """The axes of a panel, counted from 1, as a trace names them."""
    number = "" if panel == 1 else str(panel)
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def written(values: np.ndarray, tokens: int) -> list[list[str]] | None:
    """Numbers in the cells where there are few; none where there is no number."""
    if tokens > WRITTEN:
        return None
    return [["" if np.isnan(v) else _brief(v) for v in row] for row in values.tolist()]


def _brief(value: float) -> str:
    """A number for a small cell: two decimals, fewer where there is more before them."""
    places = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{round(value, places) + 0.0:.{places}f}"


def greatest(*parts: np.ndarray) -> float:
    """The greatest size of any number; 1 where all are 0."""
    return max(float(np.abs(part).max()) for part in parts) or 1.0


def side_by_side(count: int, gap: float) -> list[tuple[float, float]]:
    """Where so many panels begin and end across, with a gap between them."""
    wide = (1 - gap * (count - 1)) / count
    return [(i * (wide + gap), i * (wide + gap) + wide) for i in range(count)]


def lay_out(figure: Drawing, plot: int, *, title: str, note: str, height: int | None, foot: int = 0) -> None:
    """The shared layout around a plot of so many pixels; ``foot`` is room for long names below it."""
    theme.lay_out(figure, title=title, note=note)
    top, bottom = HEAD + (34 if title else 0), figure.layout["margin"]["b"] + foot
    figure.update_layout(margin={"t": top, "b": bottom}, height=height or plot + top + bottom, showlegend=False)
    for text in figure.annotations:
        if text.get("name") == "note":
            text["yshift"] -= foot


def frame(
    figure: Drawing, x0: float, y0: float, x1: float, y1: float, x: int = 1, y: int = 1, *, width: float = 2.5
) -> None:
    """A frame around cells."""
    figure.add_shape(
        type="rect", x0=x0, x1=x1, y0=y0, y1=y1, xref=f"x{x if x > 1 else ''}", yref=f"y{y if y > 1 else ''}",
        line={"color": theme.ACCENT, "width": width},
    )  # fmt: skip


def name_panels(figure: Drawing, heads: Sequence[tuple[str, float, float]]) -> None:
    """What each panel shows, above its left end: text, left end, upper end."""
    for text, left, top in heads:
        figure.add_annotation(
            text=text, x=left, y=top, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False,
            font={"size": 12.5},
        )  # fmt: skip


def ticks(names: list[str]) -> dict[str, Any]:
    """Names without their positions beside the rows, where there are few."""
    if len(names) > NAMED:
        return {"showticklabels": False}
    return {"tickvals": list(range(len(names))), "ticktext": [n.rpartition(" (")[0] for n in names]}
