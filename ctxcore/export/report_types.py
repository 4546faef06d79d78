"""What a report holds, before it is written as a document or packed as a zip file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctxcore.claims import Claim
from ctxcore.claims.comparison import Row
from ctxcore.pages import Page
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.figures.drawing import Drawing


@dataclass(frozen=True, eq=False)
class Section:
    """One figure of a report.

    Attributes:
        page: The page that shows it.
        id: A short name, unique in the report: names files and anchors.
        title: Its heading.
        alt: What the figure shows, for a reader who does not see it.
        remark: What a reader may wonder at, explained; empty where there is nothing.
        figure: The figure; None where it was not made.
        exported: The same as the reader takes figures away (:class:`ctxcore.view.View`).
        table: Its data.
        script: Python that makes it; empty where there is no figure to be made.
        missing: Why it could not be made; empty where it was.
        later: What it takes, where it was left out for that; empty where it was not.
    """

    page: Page
    id: str
    title: str
    alt: str = ""
    remark: str = ""
    figure: Drawing | None = None
    exported: Drawing | None = None
    table: pd.DataFrame | None = None
    script: str = ""
    missing: str = ""
    later: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """What a report holds.

    Attributes:
        workspace: What it is about.
        claims: Each claim that could be measured.
        rows: Each row of the comparison that could be measured.
        unmeasured: Why the others were not, one sentence each.
        sections: The figures, page by page; those that were not made say why.
        manifest: Package versions, models with revisions and digests, sentences, parameters, seed.
    """

    workspace: Workspace
    claims: tuple[Claim, ...]
    rows: tuple[Row, ...]
    unmeasured: tuple[str, ...]
    sections: tuple[Section, ...]
    manifest: dict[str, Any]
