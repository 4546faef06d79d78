"""What a report holds, before it is written as a document or packed as a zip file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctxcore.claims import Claim
from ctxcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


@dataclass(frozen=True, eq=False)
class Section:
    """One part of a report.

    Attributes:
        key: A short name, unique in the report: names files and anchors.
        title: Its heading.
        said: One or two sentences on what is seen.
        alt: What the figure shows, for a reader who does not see it.
        figure: The figure; None where it could not be made.
        table: Its data.
        missing: Why it could not be made; empty where it was.
    """

    key: str
    title: str
    said: str = ""
    alt: str = ""
    figure: go.Figure | None = None
    table: pd.DataFrame | None = None
    missing: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """What a report holds.

    Attributes:
        workspace: What it is about.
        claims: Each claim that could be measured.
        unmeasured: Why the others were not, one sentence each.
        sections: The figures, in the order of reading; those that could not be made say why.
        manifest: Package versions, models with revisions and digests, sentences, parameters, seed.
    """

    workspace: Workspace
    claims: tuple[Claim, ...]
    unmeasured: tuple[str, ...]
    sections: tuple[Section, ...]
    manifest: dict[str, Any]
