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
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from ctxcore.engine import Engine, Query, default_engine
from ctxcore.models.catalogue import CATALOGUE, title_of
from ctxcore.studies.trained import Training
from ctxcore.view import View

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from ctxcore.figures.drawing import Drawing

R = TypeVar("R")
SECOND = "-beside"
"""What names of a second model's figures end in."""
_WIDTH = 100


@dataclass(frozen=True)
class Chart(Generic[R]):
    """A figure before it is drawn. Its ``repr`` is Python that makes it again.

    A subclass is a frozen dataclass that adds how the answer is looked at, and says how it is drawn, tabled and told.

    Attributes:
        of: What is asked.
        heading: What stands above the figure; empty for nothing.
        suffix: What tells it from another of its kind that is shown with it, such as that of a second model.
        view: Size and dress; as it is, the figure is as wide as its page.
        key: Names the kind of figure.
        name: What it shows, in a few words, where that is always the same.
        compared: Is it drawn of a second model too, where the reader chose one?
    """

    of: Query[R]
    heading: str = field(default="", kw_only=True)
    suffix: str = field(default="", kw_only=True)
    view: View = field(default=View(), kw_only=True)
    key: ClassVar[str]
    name: ClassVar[str] = ""
    compared: ClassVar[bool] = False

    @property
    def id(self) -> str:
        """Names the figure: its place on the page, its files, its anchor in a report."""
        return f"{self.key}{self.suffix}"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        setattr(cls, "__repr__", Chart.__repr__)  # noqa: B010 - before the decorator, which keeps it

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in self._shown())})"

    def _shown(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the fields that are written: what every chart has, only where it is not as usual."""
        for part in sorted(fields(self), key=lambda f: f.kw_only is True):
            value = getattr(self, part.name)
            if not part.kw_only or value != part.default:
                yield part.name, value

    def draw(self, answer: R) -> Drawing:
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

    def drawn(self, answer: R) -> Drawing:
        """The figure with its heading, laid out for its view."""
        from ctxcore.figures.fitted import fitted
        from ctxcore.figures.theme import titled

        if self.view != View():
            title = self.full_title() if self.view.title else self.heading
            return fitted(partial(self.draw, answer), self.view, title, citation(self) if self.view.citation else "")
        figure = self.draw(answer)
        return titled(figure, self.heading) if self.heading else figure

    def figure(self, engine: Engine | None = None) -> Figure:
        """Measured if need be, and drawn with its heading: plotly's own object."""
        return self._drawing(engine).figure()

    def _drawing(self, engine: Engine | None = None) -> Drawing:
        return self.drawn((engine or default_engine()).get(self.of))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the figure."""
        from ctxcore.export.notebook import bundle

        return bundle(self._drawing(), self.full_title(), describe(self), repr(self))

    def beside(self) -> Self:
        """The same as a second model's, which has a name of its own."""
        return replace(self, suffix=f"{self.suffix}{SECOND}")

    def headed(self, second: str | None) -> Self:
        """The same with its model's name above it, where a second model stands beside the first and has one too."""
        if second is None or not self.compared:
            return self
        return replace(self, heading=title_of(self.of.model))  # type: ignore[attr-defined]


def note_below(figure: Drawing) -> str:
    """What its builder wrote below a figure, as plain text: the caption of a chart that leaves the words to its builder."""
    from ctxcore.figures.theme import part_note

    return html.unescape(part_note(figure)[1])


def citation(chart: Chart[Any]) -> str:
    """One line: what made a figure, and of which models."""
    from ctxcore import __version__

    named = [getattr(part, kind, None) for part in _values(chart.of) for kind in ("model", "static")]
    models = [
        CATALOGUE[name].cited if name in CATALOGUE else title_of(name)
        for name in dict.fromkeys(named)
        if isinstance(name, str)
    ]
    trained = [part.name for part in _values(chart.of) if isinstance(part, Training)]
    return " \u00b7 ".join([f"ctxcore {__version__}", *models, *trained])


def describe(chart: Chart[Any]) -> dict[str, Any]:
    """A chart as plain values, for a manifest: every field of the question and of the look."""
    return {"figure": chart.key, **asdict(chart)}


def script(chart: Chart[Any]) -> str:
    """Python that makes the figure with ``ctxcore`` alone, and shows how it is measured."""
    homes: dict[str, set[str]] = {}
    for part in _values(chart):
        homes.setdefault(type(part).__module__, set()).add(type(part).__qualname__)
    lines = ["import ctxcore", *(f"from {home} import {', '.join(sorted(homes[home]))}" for home in sorted(homes))]
    lines += ["", f"chart = {_written(chart)}"]
    lines += ["engine = ctxcore.Engine()", "answer = engine.get(chart.of)", "figure = chart.figure(engine)"]
    lines += ["table = chart.table(answer)", 'figure.write_html("figure.html")', ""]
    return "\n".join([*lines, *_comment(_sources(chart)), ""])


def _written(chart: Chart[Any]) -> str:
    """Its repr, over as many lines as it takes."""
    if len(repr(chart)) <= _WIDTH:
        return repr(chart)
    parts = []
    for name, value in chart._shown():
        text = pprint.pformat(value, width=_WIDTH - len(name) - 6, sort_dicts=False)
        parts.append(f"    {name}=" + text.replace("\n", "\n" + " " * (len(name) + 5)) + ",\n")
    return f"{type(chart).__qualname__}(\n{''.join(parts)})"


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
