"""How a figure shows itself in a notebook, with no network."""

from __future__ import annotations

import base64
import gzip
import html
from collections.abc import Mapping
from typing import Any

from ctxcore.export.files import figure_html, manifest
from ctxcore.figures.drawing import Drawing

_ROOM = 70
"""Pixels for the caption below a figure."""


def bundle(figure: Drawing, title: str, chart: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A figure as each front end takes it: plotly's own type for JupyterLab and VS Code, a page in a frame for all others.

    The page holds plotly itself, so that a saved notebook opens everywhere; the frame keeps other scripts apart from it.

    Args:
        figure: The figure.
        title: What it shows.
        chart: It as plain values, for its manifest.
        text: What a prompt shows in its place.
    """
    height = int(figure.layout.get("height", 500)) + _ROOM
    page = html.escape(_unpacking(figure_html(figure, title, manifest(title=title, chart=chart))))
    named = html.escape(title)
    return {
        "text/plain": text,
        "text/html": f'<iframe srcdoc="{page}" title="{named}" style="width:100%;height:{height}px;border:0"></iframe>',
        "application/vnd.plotly.v1+json": figure.plain(),
    }


def _unpacking(page: bytes) -> str:
    """A page that unpacks another and becomes it: each figure of a notebook holds plotly, which takes 5 MB as it is and 2 so."""
    data = base64.b64encode(gzip.compress(page, mtime=0)).decode()
    return (
        "<!doctype html><p>This figure needs a browser of 2023 or later.</p><script>(async () => { "
        f'const bytes = Uint8Array.from(atob("{data}"), c => c.charCodeAt(0)); '
        'const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")); '
        "const text = await new Response(stream).text(); document.open(); document.write(text); document.close(); })();</script>"
    )
