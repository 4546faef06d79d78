"""Charts as a page sends them: drawn once for all readers, and kept like any other answer."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any, TypeVar

from ctxcore.charts import Chart
from ctxcore.engine import Engine, Query
from ctxcore.figures.theme import part_note
from ctxcore.progress import Progress

R = TypeVar("R")


@dataclass(frozen=True)
class Picture:
    """What plotly.js draws, and the words that go with it.

    Attributes:
        plain: The figure without its note, as JSON knows it; it is not to be changed.
        note: What stands below it, as plain text.
        alt: What it shows, for a reader who does not see it.
        size: Bytes that it takes in memory, about.
    """

    plain: dict[str, Any]
    note: str
    alt: str
    size: int

    @property
    def nbytes(self) -> int:
        """The same, as the engine asks for it: it looks no further inside."""
        return self.size


@dataclass(frozen=True)
class Drawn(Query[Picture]):
    """The picture of a chart whose answer is there."""

    chart: Chart[Any]

    def run(self, engine: Engine, progress: Progress) -> Picture:
        """From its answer."""
        return _picture(self.chart, engine.get(self.chart.of))


def picture(chart: Chart[R], answer: R, engine: Engine) -> Picture:
    """The picture of an answer: kept where its answer is the whole one, and not where a reader stopped it early."""
    return engine.get(Drawn(chart)) if engine.has(chart.of) else _picture(chart, answer)


def _picture(chart: Chart[R], answer: R) -> Picture:
    bare, note = part_note(chart.drawn(answer))
    alt, plain = chart.alt(answer), bare.plain()
    alt = f"{chart.heading}: {alt}" if chart.heading else alt
    return Picture(plain, html.unescape(note), alt, _size(plain) + 2 * len(note + alt))


def _size(part: Any) -> int:
    """Bytes of what JSON knows, about: a text its letters, all else an object of the usual size."""
    if isinstance(part, dict):
        return 64 + sum(_size(value) for value in part.values())
    if isinstance(part, list):
        return 64 + sum(_size(value) for value in part)
    return 50 + len(part) if isinstance(part, str) else 32
