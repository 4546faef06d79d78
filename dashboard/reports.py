"""Everything about a workspace as one file, made behind the page."""

from __future__ import annotations

from typing import Any

from ctxcore.progress import Progress, part
from ctxcore.workspace import Workspace
from dashboard import cache, journal, store
from dashboard.jobs import Job


def key_of(form: str, workspace: Workspace) -> tuple[Any, ...]:
    """What a report is about: equal keys are equal reports."""
    names = (workspace.model, workspace.second or workspace.model)
    return form, workspace, tuple(cache.files("model", n) for n in names), cache.files("static", workspace.static)


def report(form: str, workspace: Workspace, reader: str) -> Job[bytes]:
    """The report (``html``) or everything (``zip``), kept until it is taken.

    Args:
        form: Of the file.
        workspace: What it is about.
        reader: Who asked for it.

    Raises:
        BadInputError: There is no room for it before others have taken theirs.
    """

    def work(progress: Progress) -> bytes:
        from ctxcore.export import report as reports

        drawn = 0.95 if form == "html" else 0.6
        with journal.noting(f"report {form}", texts=len(workspace.sentences)):
            made = reports.make_report(
                workspace, engine=store.engine(), everything=form == "zip", progress=part(progress, 0, drawn)
            )
            if form == "html":
                return reports.report_html(made)
            return reports.report_zip(made, progress=part(progress, drawn, 1))

    return cache.deliveries().ask(key_of(form, workspace), reader, work)
