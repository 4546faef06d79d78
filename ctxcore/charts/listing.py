"""All figures of a workspace: what every page shows of it, in the order of the pages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from importlib import import_module
from typing import Any

from ctxcore.charts.chart import SECOND, Chart
from ctxcore.engine import Engine, default_engine
from ctxcore.errors import BadInputError, CtxError, StoppedError
from ctxcore.pages import PAGES, Page
from ctxcore.text import clean
from ctxcore.workspace import Workspace

Family = Callable[[Workspace, Engine], Iterator[Chart[Any]]]


@dataclass(frozen=True)
class Listed:
    """A figure of a page, or why the rest of them could not be listed.

    Attributes:
        page: Which page shows it.
        family: What lists it: file and function of :mod:`ctxcore.charts`.
        chart: The figure; None where there is none.
        missing: Why, then.
    """

    page: Page
    family: str
    chart: Chart[Any] | None
    missing: CtxError | None = None


def charts_of(workspace: Workspace, engine: Engine, families: Collection[str] | None = None) -> Iterator[Listed]:
    """Every figure that the pages show of a workspace, those of a second model too; one that two pages show is listed once.

    Args:
        workspace: What the reader works on.
        engine: Answers what a figure's own controls depend on.
        families: Only those that these files of :mod:`ctxcore.charts` list; else all.
    """
    seen: set[Chart[Any] | None] = {None}
    for page in PAGES.values():
        for listed in charts_of_page(page, workspace, engine, families):
            if listed.missing is not None or listed.chart not in seen:
                seen.add(listed.chart)
                yield listed


def charts_of_page(
    page: Page, workspace: Workspace, engine: Engine, families: Collection[str] | None = None
) -> Iterator[Listed]:
    """Every figure that one page shows of a workspace, those of a second model too. What is missing for one reason is said once."""
    reasons: set[str] = set()
    for family in page.families:
        home, function = family.split(".")
        if families is not None and home not in families:
            continue
        try:
            for chart in _both(getattr(import_module(f"ctxcore.charts.{home}"), function), workspace, engine):
                yield Listed(page, family, chart)
        except StoppedError:  # the reader's wish, not a failure
            raise
        except CtxError as error:
            if str(error) not in reasons:
                reasons.add(str(error))
                yield Listed(page, family, None, error)


def chart(id: str, *, engine: Engine | None = None, **fields: Any) -> Chart[Any]:
    """A figure of a word and sentences, as the dashboard shows it. In a notebook it shows itself.

    Args:
        id: Its name, such as ``fan``; :func:`kinds` lists all.
        engine: Answers what its own controls depend on; else the one of this process.
        fields: Of :class:`ctxcore.workspace.Workspace`, such as ``word`` and ``sentences``.

    Raises:
        BadInputError: No figure or no field is called so.
        CtxError: Why its page could not show it.
    """
    known = {part.name for part in dataclass_fields(Workspace)}
    if wrong := sorted(set(fields) - known):
        raise BadInputError(
            "A figure is asked for by fields of a workspace.",
            ", ".join(wrong),
            f"Known are: {', '.join(sorted(known))}.",
        )
    sentences = tuple(clean(sentence) for sentence in fields.pop("sentences", ()))
    workspace = Workspace(clean(fields.pop("word", "")), sentences, **fields)
    return figure_of(id, workspace, engine or default_engine())


def figure_of(id: str, workspace: Workspace, engine: Engine) -> Chart[Any]:
    """The figure of a workspace that has this name.

    Raises:
        BadInputError: No figure is called so, or the workspace has none of this kind.
        CtxError: Why its page cannot show it.
    """
    homes = {home for key, home, _ in kinds() if id.startswith(key)}
    missing: list[CtxError] = []
    for one in charts_of(workspace, engine, homes):
        if one.chart is not None and one.chart.id == id:
            return one.chart
        if one.missing is not None:
            missing.append(one.missing)
    if missing:
        raise missing[0]
    known = ", ".join(key for key, _, _ in kinds())
    rule = "A figure is called by its name." if not homes else "This workspace has no such figure."
    raise BadInputError(rule, repr(id), f"Choose one of: {known}. A second model\u2019s ends in {SECOND}.")


def kinds() -> list[tuple[str, str, str]]:
    """Key of each kind of figure, the file of :mod:`ctxcore.charts` that lists it, and what it is, page by page."""
    homes = dict.fromkeys(family.split(".")[0] for page in PAGES.values() for family in page.families)
    return [
        (one.key, home, (one.__doc__ or "").split("\n")[0])
        for home in homes
        for one in vars(import_module(f"ctxcore.charts.{home}")).values()
        if isinstance(one, type)
        and issubclass(one, Chart)
        and one.__module__ == f"ctxcore.charts.{home}"
        and hasattr(one, "key")
    ]


def _both(family: Family, workspace: Workspace, engine: Engine) -> Iterator[Chart[Any]]:
    asked = set()
    for chart in family(workspace, engine):
        asked.add(chart.of)
        yield chart.headed(workspace.second)
    other = second_of(workspace, engine)
    if other is not None:
        for chart in family(other, engine):
            # A model that predicts no next word is not asked for one: the bundled decoder is, which may be the first already.
            if chart.compared and chart.of.model == other.model and chart.of not in asked:  # type: ignore[attr-defined]
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
    heads, moving = replace(workspace.heads, layer=None, off=None), replace(workspace.moving, cell=None)
    return replace(workspace, model=workspace.second, head=None, layer=layer, heads=heads, moving=moving)
