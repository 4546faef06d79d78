"""All figures of a workspace: what every page shows of it, in the order of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ctxcore.charts import heads, influence, senses, static_words, substitutes, words
from ctxcore.charts.chart import Chart
from ctxcore.engine import Engine
from ctxcore.errors import CtxError
from ctxcore.workspace import Workspace

Family = Callable[[Workspace, Engine], Iterator[Chart[Any]]]


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        name: Of its file and its address.
        title: What it is called.
        families: What gives its figures.
    """

    name: str
    title: str
    families: tuple[Family, ...] = ()


PAGES = (
    Page("idea", "The idea", (words.pair, static_words.point)),
    Page(
        "word",
        "One word, many sentences",
        (words.picture, static_words.point, static_words.charts, words.charts, substitutes.charts, senses.charts),
    ),
    Page("steps", "Attention, step by step"),
    Page("heads", "Attention heads", (heads.charts, influence.charts)),
    Page("next", "Next word"),
    Page("unseen", "Unseen contexts"),
    Page("relations", "Word relations"),
    Page("side", "Side by side", (senses.whole_bank,)),
    Page("models", "Models and data"),
)
"""The one list of pages, in the order of navigation."""
TITLES = {page.name: page.title for page in PAGES}


@dataclass(frozen=True)
class Listed:
    """A figure of a page, or why the rest of them could not be listed.

    Attributes:
        page: Which page shows it.
        chart: The figure; None where there is none.
        missing: Why, then.
    """

    page: Page
    chart: Chart[Any] | None
    missing: CtxError | None = None


def charts_of(workspace: Workspace, engine: Engine) -> Iterator[Listed]:
    """Every figure that the pages show of a workspace, those of a second model too; one that two pages show is listed once."""
    seen: set[Chart[Any] | None] = {None}
    for page in PAGES:
        for listed in charts_of_page(page, workspace, engine):
            if listed.missing is not None or listed.chart not in seen:
                seen.add(listed.chart)
                yield listed


def charts_of_page(page: Page, workspace: Workspace, engine: Engine) -> Iterator[Listed]:
    """Every figure that one page shows of a workspace, those of a second model too. What is missing for one reason is said once."""
    reasons: set[str] = set()
    for family in page.families:
        try:
            for chart in _both(family, workspace, engine):
                yield Listed(page, chart)
        except CtxError as error:
            if str(error) not in reasons:
                reasons.add(str(error))
                yield Listed(page, None, error)


def _both(family: Family, workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    for chart in family(workspace, engine):
        yield chart.headed(workspace.second)
    other = second_of(workspace, engine)
    if other is not None:
        for chart in family(other, engine):
            if chart.compared and chart.of.model == other.model:  # type: ignore[attr-defined]
                yield chart.beside().headed(workspace.second)


def second_of(workspace: Workspace, engine: Engine) -> Workspace | None:
    """The workspace as the second model is asked; None where there is none, or where it is the first.

    What was chosen for the first model alone, such as the opened head, is left to the second; its layer is as deep.
    """
    if workspace.second is None or workspace.second == workspace.model:
        return None
    layer = workspace.layer
    if layer is not None:
        first, second = (engine.model(name).layers for name in (workspace.model, workspace.second))
        layer = round(min(layer, first) / first * second)
    controls = replace(workspace.heads, layer=None, off=None)
    return replace(workspace, model=workspace.second, head=None, layer=layer, heads=controls)
