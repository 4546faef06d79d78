"""The Python behind each figure: code that a reader runs with ``ctxcore`` alone and that makes the same figure."""

from __future__ import annotations

from collections.abc import Sequence


def titled(code: str, title: str) -> str:
    """The script of a figure, with a title above the figure; without one, the script."""
    if not title:
        return code
    return code.replace("\nfigure.write_html(", f"\nfigure = figures.titled(figure, {title!r})\nfigure.write_html(")


def script(*lines: str, uses: Sequence[str] = (), numpy: bool = False) -> str:
    """A whole script that ends by writing the figure."""
    heads = ["import numpy as np", ""] if numpy else []
    heads += ["import ctxcore", "from ctxcore import figures"]
    heads += [f"from ctxcore.measures import {name}" for name in uses]
    return "\n".join([*heads, "", *lines, 'figure.write_html("figure.html")', ""])
