"""How a figure shows itself in a notebook, with no network."""

from __future__ import annotations

import base64
import gzip
import html
import json
from typing import Any

from ctxcore.charts.chart import Chart
from ctxcore.engine import default_engine
from ctxcore.export.one_figure import figure_bytes

_ROOM = 70
"""Pixels for the caption below a figure."""


def bundle(chart: Chart[Any]) -> dict[str, Any]:
    """The figure as each front end takes it: plotly's own type for JupyterLab and VS Code, a page in a frame for all others.

    The page holds plotly itself, so that a saved notebook opens everywhere; the frame keeps other scripts apart from it.
    """
    answer = default_engine().get(chart.of)
    figure, title = chart.drawn(answer), html.escape(chart.full_title())
    height = int(figure.layout.height or 500) + _ROOM
    page = html.escape(_unpacking(figure_bytes(chart, answer, "html")))
    return {
        "text/plain": repr(chart),
        "text/html": f'<iframe srcdoc="{page}" title="{title}" style="width:100%;height:{height}px;border:0"></iframe>',
        "application/vnd.plotly.v1+json": json.loads(figure.to_json()),
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
