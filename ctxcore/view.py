"""How a figure is laid out where it is taken away: on a page, on paper, on a slide."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ctxcore import codecs
from ctxcore.codecs import maybe, stored

FORMATS = ("html", "svg", "png", "pdf", "csv", "json", "py")
"""Endings of the files that a figure is taken away as."""
LEGENDS = ("above", "below", "right", "none")
THEMES = ("light", "dark")
LEAST, MOST = 200, 4000
"""Pixels of a side."""
SMALLEST, LARGEST = 6, 48
"""Pixels of the text."""


@dataclass(frozen=True)
class View:
    """Size and dress of a figure; each field left as it is leaves the figure as its builder makes it.

    Attributes:
        width: In pixels of the page; a PNG has two for each. None is 900, and the frame's in HTML.
        height: The same, of the picture without slider and play button. None is what the figure asks for.
        size: Of the text, in pixels of the page; None is 13. What stands above, below and beside the plot grows with it.
        title: Does a title stand above it?
        legend: Where the legend stands, of a figure that has one: ``above``, ``below``, ``right`` or ``none``.
        theme: ``light`` or ``dark``.
        citation: Does a line below say what made it, and of which models?
    """

    width: int | None = stored(maybe(codecs.whole(LEAST, MOST)), "width", "the figure’s width", None)
    height: int | None = stored(maybe(codecs.whole(LEAST, MOST)), "height", "the figure’s height", None)
    size: int | None = stored(maybe(codecs.whole(SMALLEST, LARGEST)), "size", "the figure’s text size", None)
    title: bool = stored(codecs.flag(), "title", "the figure’s title", False)
    legend: str = stored(codecs.one_of(*LEGENDS), "legend", "the legend’s place", "above")
    theme: str = stored(codecs.one_of(*THEMES), "theme", "light or dark", "light")
    citation: bool = stored(codecs.flag(), "cite", "the citation line", False)

    def __repr__(self) -> str:
        told = [f"{f.name}={value!r}" for f in fields(self) if (value := getattr(self, f.name)) != f.default]
        return f"{type(self).__qualname__}({', '.join(told)})"
