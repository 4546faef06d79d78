"""Charts as a page sends them: drawn once for all readers, and kept like any other answer."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import Any, TypeVar

from ctxcore.charts import Chart
from ctxcore.engine import Engine, Query
from ctxcore.figures.theme import part_note
from ctxcore.progress import Progress
from dashboard.dots import on_canvas

R = TypeVar("R")


@dataclass(frozen=True)
class Picture:
    """What plotly.js draws, and the words that go with it.

    Attributes:
        json: The figure without its note. One text: what is kept for all readers would otherwise be hundreds of small objects, which
            take eight times the memory, and which the garbage collector walks.
        note: What stands below it, as plain text.
        alt: What it shows, for a reader who does not see it.
    """

    json: str
    note: str
    alt: str

    @property
    def plain(self) -> dict[str, Any]:
        """The figure as JSON knows it, made anew."""
        made: dict[str, Any] = json.loads(self.json)
        return made


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
    alt, plain = chart.alt(answer), on_canvas(bare).plain()
    alt = f"{chart.heading}: {alt}" if chart.heading else alt
    return Picture(json.dumps(plain), html.unescape(note), alt)
