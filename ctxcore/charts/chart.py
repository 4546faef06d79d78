"""What every figure is: a frozen value of a question and of how its answer is looked at."""

from __future__ import annotations

import html
import inspect
import pprint
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from ctxcore.engine import Engine, Query, default_engine
from ctxcore.models.catalogue import title_of

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

R = TypeVar("R")
SECOND = "-beside"
"""What names of a second model's figures end in."""
_WIDTH = 100
_NAMED = "chart = "


@dataclass(frozen=True)
class Chart(Generic[R]):
    """A figure before it is drawn. Its ``repr`` is Python that makes it again.

    A subclass is a frozen dataclass that adds how the answer is looked at, and says how it is drawn, tabled and told.

    Attributes:
        of: What is asked.
        heading: What stands above the figure; empty for nothing.
        suffix: What tells it from another of its kind that is shown with it, such as that of a second model.
        key: Names the kind of figure.
        name: What it shows, in a few words, where that is always the same.
        compared: Is it drawn of a second model too, where the reader chose one?
    """

    of: Query[R]
    heading: str = field(default="", kw_only=True)
    suffix: str = field(default="", kw_only=True)
    key: ClassVar[str]
    name: ClassVar[str] = ""
    compared: ClassVar[bool] = False

    @property
    def id(self) -> str:
        """Names the figure: its place on the page, its files, its anchor in a report."""
        return f"{self.key}{self.suffix}"

    def draw(self, answer: R) -> Figure:
        """The figure, with its caption below it."""
        raise NotImplementedError

    def table(self, answer: R) -> pd.DataFrame:
        """The numbers behind the figure."""
        raise NotImplementedError

    def title(self) -> str:
        """What it shows, in a few words."""
        return self.name

    def full_title(self) -> str:
        """The same with the model's name, where two models stand together."""
        return f"{self.title()}: {self.heading}" if self.heading else self.title()

    def alt(self, answer: R) -> str:
        """What it shows, for a reader who does not see it."""
        raise NotImplementedError

    def caption(self, answer: R) -> str:
        """What is seen and what it rests on, in one or two sentences."""
        raise NotImplementedError

    def remark(self, answer: R, engine: Engine) -> str:
        """What a reader may wonder at in this answer, explained with its figures; empty where there is nothing."""
        return ""

    def drawn(self, answer: R) -> Figure:
        """The figure with its heading."""
        from ctxcore.figures import titled

        figure = self.draw(answer)
        return titled(figure, self.heading) if self.heading else figure

    def figure(self, engine: Engine | None = None) -> Figure:
        """Measured if need be, and drawn with its heading."""
        return self.drawn((engine or default_engine()).get(self.of))

    def beside(self) -> Self:
        """The same as a second model's, which has a name of its own."""
        return replace(self, suffix=f"{self.suffix}{SECOND}")

    def headed(self, second: str | None) -> Self:
        """The same with its model's name above it, where a second model stands beside the first and has one too."""
        if second is None or not self.compared:
            return self
        return replace(self, heading=title_of(self.of.model))  # type: ignore[attr-defined]


def note_below(figure: Figure) -> str:
    """What its builder wrote below a figure, as plain text: the caption of a chart that leaves the words to its builder."""
    from ctxcore.figures.theme import part_note

    return html.unescape(part_note(figure)[1])


def describe(chart: Chart[Any]) -> dict[str, Any]:
    """A chart as plain values, for a manifest: every field of the question and of the look."""
    return {"figure": chart.key, **asdict(chart)}


def script(chart: Chart[Any]) -> str:
    """Python that makes the figure with ``ctxcore`` alone, and shows how it is measured."""
    homes: dict[str, set[str]] = {}
    for part in _values(chart):
        homes.setdefault(type(part).__module__, set()).add(type(part).__qualname__)
    lines = ["import ctxcore", *(f"from {home} import {', '.join(sorted(homes[home]))}" for home in sorted(homes))]
    value = pprint.pformat(chart, width=_WIDTH - len(_NAMED)).replace("\n", "\n" + " " * len(_NAMED))
    lines += ["", _NAMED + value]
    lines += ["engine = ctxcore.Engine()", "answer = engine.get(chart.of)", "figure = chart.figure(engine)"]
    lines += ["table = chart.table(answer)", 'figure.write_html("figure.html")', ""]
    return "\n".join([*lines, *_comment(_sources(chart)), ""])


def _values(value: Any) -> Iterator[Any]:
    """A dataclass and those that its fields hold."""
    if is_dataclass(value):
        yield value
        for f in fields(value):
            part = getattr(value, f.name)
            for one in part if isinstance(part, tuple) else (part,):
                yield from _values(one)


def _sources(chart: Chart[Any]) -> dict[str, str]:
    """How the question and those that it builds on are answered, then how the answer is drawn: names and source."""
    found: dict[str, str] = {}
    for part in _values(chart.of):
        if (train := getattr(part, "train", None)) is not None:
            found[f"{type(part).__qualname__}.train: how the space is trained"] = inspect.getsource(train)
    asked: list[type] = [type(chart.of)]
    for query in asked:
        source = inspect.getsource(query.run)  # type: ignore[attr-defined]
        found[f"{query.__qualname__}.run: how it is measured"] = source
        home = vars(sys.modules[query.__module__])
        named = [home[word] for word in re.findall(r"engine\.get\(\s*(\w+)\(", source) if word in home]
        asked += [one for one in named if one not in asked]
    found[f"{type(chart).__qualname__}.draw: how it is drawn"] = inspect.getsource(type(chart).draw)
    return found


def _comment(sources: dict[str, str]) -> Iterator[str]:
    for name, source in sources.items():
        yield f"# {name}"
        yield from ("#     " + line if line else "#" for line in textwrap.dedent(source).rstrip().split("\n"))
