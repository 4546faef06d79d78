"""Figures and tables as bytes that others can open: HTML, SVG, PNG, PDF, CSV and JSON, each with its manifest where it fits."""

from __future__ import annotations

import html
import importlib.metadata
import json
import math
import platform
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ctxcore.errors import ExportError
from ctxcore.export import chrome
from ctxcore.figures.drawing import Drawing, drawing_of
from ctxcore.figures.fitted import DARK_PAPER, WIDTH
from ctxcore.figures.theme import controls_of, part_note

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

ImageFormat = Literal["svg", "png", "pdf"]
MODEBAR = {"displaylogo": False, "responsive": True, "toImageButtonOptions": {"format": "svg", "scale": 2}}
"""plotly's own button bar: no logo, and a camera that saves SVG."""
_PACKAGES = ("ctxcore", "torch", "transformers", "gensim", "plotly", "numpy", "scikit-learn")
_WORDS = r"(?:[^\W\d_]|[\s.,;?!\u2026\u2019'\"\-\u2013\u2014+\uff0b\uff0d])*"
_NUMBER = r"[\d.,]+(?:[eE][+-]?\d+)?\s*%?\s*"
_FORMULA = re.compile(rf"\s*(?:[=@\uff1d\uff20].*\w|[+\-\uff0b\uff0d](?!(?:{_WORDS}|{_NUMBER})\Z))", re.DOTALL)
"""What :func:`inert` guards; full-width signs too, which some spreadsheets take for the others."""
_HEIGHT = 500
_PAGE = (
    "body{margin:0;background:#fff;font-family:sans-serif}main{box-sizing:border-box;height:100vh;padding:.5rem;display:flex;"
    "flex-direction:column}.frame{flex:1 1 0}.frame>div{height:100%}"
    "p{order:1;flex:none;margin:.3rem 0 0;font-size:.8rem;line-height:1.35;color:#5b6472}.dark p{color:#a3acba}"
)
"""The note stands below the figure, and before it in the text: the figure is drawn when its room is known."""


def manifest(**parameters: Any) -> dict[str, Any]:
    """What a figure rests on: package versions and the parameters given (models, revisions, sentences, seed)."""
    versions = {name: _version(name) for name in _PACKAGES}
    return {"made_with": {"python": platform.python_version(), **versions}, **parameters}


def figure_html(
    figure: Drawing | Figure, title: str, about: Mapping[str, Any], *, plotlyjs: bool | Literal["directory"] = True
) -> bytes:
    """An interactive page that needs no network: plotly and the manifest are inside.

    The figure fills its frame, a window or an iframe, so that a slider and a play button stay in sight; it is never lower than
    half of the height that it was made with.

    With ``plotlyjs="directory"`` plotly is read from ``plotly.min.js`` beside the page, so that many pages can share it.
    """
    from plotly.io import to_html  # here: who opens a page waits for no export

    bare, note = part_note(drawing_of(figure))
    own = bare.layout.get("height", _HEIGHT)
    bare.update_layout(width=None, height=None, autosize=True)
    body = to_html(
        bare.plain(), include_plotlyjs=plotlyjs, include_mathjax=False, full_html=False, div_id="figure", config=MODEBAR,
        auto_play=False, default_height="100%", post_script=scripts_of(bare) or None, validate=False,
    )  # fmt: skip
    embedded = json.dumps(about, ensure_ascii=False, indent=1).replace("<", "\\u003c")
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_PAGE}</style></head>\n<body{_dress(bare)}>\n<main>\n"
        f"{f'<p>{note}</p>' if note else ''}"  # the builder of a figure has made its note literal
        f'<div class="frame" style="min-height:{own // 2}px">{body}</div>\n</main>\n'
        f'<script type="application/json" id="manifest">{embedded}</script>\n</body></html>\n'
    )
    return page.encode()


def _dress(figure: Drawing) -> str:
    """What the page around a dark figure says of itself."""
    paper = figure.layout.get("template", {}).get("layout", {}).get("paper_bgcolor")
    return f' class="dark" style="background:{paper}"' if paper == DARK_PAPER else ""


@lru_cache(maxsize=1)
def hover_script() -> str:
    """What lets a figure answer when a reader points at one of its words: the other words' lines go out."""
    return Path(__file__).with_name("hover.js").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def keys_script() -> str:
    """What lets the keyboard, and those who have a page read out, use a figure's slider and play button."""
    return Path(__file__).with_name("keys.js").read_text(encoding="utf-8")


def scripts_of(figure: Drawing) -> list[str]:
    """The scripts that a figure's own page needs."""
    hovers = [hover_script()] if figure.layout.get("meta", {}).get("hover") else []
    return hovers + ([keys_script()] if figure.layout.get("sliders") else [])


def has_image_engine() -> bool:
    """Is there a Chrome that can draw SVG, PNG and PDF? It is looked for, and not started."""
    return chrome.is_there()


def size_of(figure: Drawing | Figure) -> tuple[int, int]:
    """Width and height of a figure's picture, in pixels of a page."""
    drawing = drawing_of(figure)
    return drawing.layout.get("width", WIDTH), drawing.layout.get("height", _HEIGHT) - controls_of(drawing)


def figure_image(
    figure: Drawing | Figure,
    format: ImageFormat,
    scale: float = 2.0,
    width: int | None = None,
    height: int | None = None,
) -> bytes:
    """The figure as an image. The first call starts a Chrome (about 3 s), later ones take a fraction of a second.

    The slider and play button are left out: on paper they do nothing.

    Args:
        figure: The figure.
        format: ``svg``, ``png`` or ``pdf``.
        scale: Pixels of a PNG for each pixel of the figure.
        width: In pixels, before it is scaled; else the figure's own, or 900.
        height: The same; else in the figure's own proportion to the width.

    Raises:
        ExportError: No Chrome is found, or two in a row fail: after 15 s at most, and the next call starts another one.
    """
    if not has_image_engine():
        raise ExportError(
            "SVG, PNG and PDF are drawn by Chrome or Chromium.",
            "none is installed where this runs",
            "Install one, or use the camera button of the figure itself, which needs nothing.",
        )
    still = drawing_of(figure).copy()
    own_width, own_height = size_of(still)
    still.frames = []
    for number, trace in enumerate(still.data):
        trace["uid"] = f"t{number}"  # else plotly.js names it at random, and no two files are the same
    if controls := controls_of(still):
        still.layout["margin"]["b"] -= controls
        still.layout["height"] -= controls
    still.update_layout(sliders=None, updatemenus=None)
    size = {"width": width or own_width, "height": height or round(own_height * (width or own_width) / own_width)}
    data = chrome.draw(still.plain(), {"format": format, "scale": scale if format == "png" else 1, **size})
    return _stable_ids(data) if format == "svg" else data


def table_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV in UTF-8, with the byte order mark that spreadsheets look for.

    Numbers read back as they were. Text cells and names that a spreadsheet would run are made :func:`inert`.
    """
    safe = table.map(inert) if len(table) else table.copy()
    safe.columns = [inert(c) for c in table.columns]
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def table_json(table: pd.DataFrame, about: Mapping[str, Any]) -> bytes:
    """The same rows as JSON records, with the manifest.

    Numbers read back as they were, to the last bit. What is not there, not a number or not finite is null, which is all that
    JSON can say of it.
    """
    columns = {str(name): [_json_value(cell) for cell in table[name]] for name in table.columns}
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return json.dumps({"manifest": about, "data": rows}, ensure_ascii=False, indent=1, allow_nan=False).encode()


def inert(cell: Any) -> Any:
    """A cell that no spreadsheet runs: a text that one would run gets an apostrophe in front; all others stay.

    That is a text that begins, after white space, with ``=`` or ``@`` and has a letter or digit behind it; or with ``+`` or
    ``-`` and is neither a plain number nor made of letters, blanks and marks of punctuation alone. So ``-``, ``--``, ``-ly``,
    ``+``, ``=`` and ``-0.5`` stay as they are; ``=A1``, ``@SUM(1)``, ``-2+3`` and ``+cmd|...`` do not.
    """
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _json_value(cell: Any) -> Any:
    import pandas as pd

    plain = cell.item() if isinstance(cell, np.generic) else cell
    absent = plain is None or plain is pd.NA or (isinstance(plain, float) and not math.isfinite(plain))
    return None if absent else plain


def _stable_ids(svg: bytes) -> bytes:
    """plotly.js names clip paths and gradients at random; numbered instead, the same figure is the same file."""
    found: dict[bytes, bytes] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return found.setdefault(match.group(), b"f%d" % len(found))

    unique = re.search(rb'id="defs-([0-9a-f]{6})"', svg)
    return re.sub(re.escape(unique.group(1)), number, svg) if unique else svg


@lru_cache(maxsize=32)
def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
