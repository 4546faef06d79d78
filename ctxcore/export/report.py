"""Everything about one workspace: claims, figures, data and what they rest on, as one HTML document or one zip file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ctxcore import codecs, export
from ctxcore.charts.chart import script
from ctxcore.charts.listing import Listed, charts_of
from ctxcore.charts.next_word import predictor
from ctxcore.charts.selection import Selection, select
from ctxcore.charts.texts import training_text
from ctxcore.claims import Claim, comparison
from ctxcore.claims.comparison import Compared, Row
from ctxcore.claims.measured import NextWordClaims, next_word_claims, shift_claims, word_claims
from ctxcore.claims.next_word_rows import of_next_word
from ctxcore.engine import Engine, default_engine, names_in
from ctxcore.errors import CtxError, StoppedError
from ctxcore.export import provenance, report_page
from ctxcore.export.report_types import Report, Section
from ctxcore.progress import Progress, part, silent
from ctxcore.view import View
from ctxcore.workspace import Workspace

__all__ = ["Report", "Section", "make_report", "report_html", "report_zip"]

_SEED = 0
_T = TypeVar("_T")


def make_report(
    workspace: Workspace, *, engine: Engine | None = None, everything: bool = False, progress: Progress = silent
) -> Report:
    """Measure and draw what the pages show of a workspace. Equal workspaces and models give equal reports.

    Args:
        workspace: What the reader works on.
        engine: Answers the questions; what it has answered before is not measured again.
        everything: Measure also what takes so long that a page asks first; else its section says so.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        CtxError: The workspace's models cannot be opened. What fails later is said in its section.
    """
    engine = engine or default_engine()
    progress(0.01, "Opening the static vectors")
    engine.static(workspace.static)
    progress(0.05, "Opening the model")
    engine.model(workspace.model)
    progress(0.1, "Listing the figures")
    listed = list(charts_of(workspace, engine))
    sections, used = [], {("static", workspace.static), ("model", workspace.model)}
    for number, one in enumerate(listed):
        step = part(progress, 0.15 + 0.65 * number / len(listed), 0.15 + 0.65 * (number + 1) / len(listed))
        made = _section(one, engine, workspace.export, everything, step)
        if made.figure is not None and one.chart is not None:
            used |= names_in(one.chart.of)
        sections.append(made)
    progress(0.8, "Measuring the claims")
    claims, rows, trouble = _claims(workspace, engine, used, part(progress, 0.8, 0.9))
    progress(0.9, "Adding up the weights")
    about = _manifest(workspace, engine, used, progress)
    progress(1.0, "Done")
    return Report(workspace, tuple(claims), tuple(rows), tuple(dict.fromkeys(trouble)), tuple(sections), about)


def report_html(report: Report) -> bytes:
    """One document that opens without a network: plotly, all figures and the shown data are inside."""
    return report_page.document(report)


def report_zip(report: Report, images: bool = True, progress: Progress = silent) -> bytes:
    """The document; each figure as HTML, SVG, CSV and Python; workspace and manifest. Equal reports give equal bytes.

    Args:
        report: What :func:`make_report` gave.
        images: Draw SVG too, where there is a Chrome. Where it fails they are left out, and a text file beside the figures says why.
        progress: Called with the share done; an error that it raises ends the work.
    """
    return report_page.archive(report, images, progress)


def _attempt(work: Callable[[], _T]) -> _T | CtxError:
    """What some work gives, or why it could not: a part that fails takes nothing else with it."""
    try:
        return work()
    except StoppedError:  # the reader's wish, not a failure
        raise
    except CtxError as error:
        return error


def why(error: CtxError) -> str:
    """An error as a report says it."""
    return f"{error.rule} Received: {error.received}. {error.remedy}"


def _section(listed: Listed, engine: Engine, view: View, everything: bool, progress: Progress) -> Section:
    page, chart = listed.page, listed.chart
    if chart is None or listed.missing is not None:
        said = why(listed.missing) if listed.missing is not None else ""
        return Section(page, f"{page.name}-{listed.family}", "Not all figures of this page", missing=said)
    title = chart.full_title()
    progress(0.0, title)

    def make() -> Section:
        hint = chart.of.hint(engine)
        if hint and not everything:
            return Section(page, chart.id, title, script=script(chart), later=hint)
        answer = engine.get(chart.of, lambda share, what: progress(share, f"{title}: {what}"))
        remark, alt = chart.remark(answer, engine), chart.alt(answer)
        exported = replace(chart, view=view)
        return Section(
            page, chart.id, title, alt, remark,
            chart.drawn(answer), exported.drawn(answer), chart.table(answer), script(exported),
        )  # fmt: skip

    made = _attempt(make)
    return Section(page, chart.id, title, missing=why(made)) if isinstance(made, CtxError) else made


def _claims(
    workspace: Workspace, engine: Engine, used: set[tuple[str, str]], progress: Progress
) -> tuple[list[Claim], list[Row], list[str]]:
    """Claims and rows that can be measured, and why the others cannot; what they are measured with is added to ``used``."""
    claims: list[Claim] = []
    rows: list[Row] = []
    trouble: list[str] = []
    makers: list[Callable[[], Row]] = []
    words = _attempt(lambda: select(workspace, engine))
    following = _attempt(lambda: _about_next_word(workspace, engine))
    if isinstance(words, Selection):
        queries: list[Any] = [shift_claims(words), word_claims(words)]
        makers += comparison.of_vectors(Compared(words, engine))
    else:
        queries = []
        trouble.append(why(words))
    if isinstance(following, NextWordClaims):
        queries.append(following)
        makers += of_next_word(following.ladder, following.last, engine)
    else:
        trouble.append(why(following))
    for query in queries:
        found = _attempt(lambda query=query: engine.get(query, progress))  # type: ignore[misc]
        if isinstance(found, CtxError):
            trouble.append(why(found))
        else:
            used |= names_in(query)
            claims += found.claims
            trouble += map(why, found.unmeasured)
    for maker in makers:
        row = _attempt(maker)
        if isinstance(row, Row):
            rows.append(row)
        else:
            trouble.append(why(row))
    return claims, rows, trouble


def _about_next_word(workspace: Workspace, engine: Engine) -> NextWordClaims:
    return next_word_claims(workspace, predictor(workspace, engine), training_text(workspace))


def _manifest(workspace: Workspace, engine: Engine, used: set[tuple[str, str]], progress: Progress) -> dict[str, Any]:
    """Models in the order of kind and name: that does not depend on which figure asked first."""
    models = [engine.static(name) if kind == "static" else engine.model(name) for kind, name in sorted(used)]
    facts = [provenance.model_facts(m, lambda share, what: progress(0.92, what)) for m in models]
    return export.manifest(
        models=facts, sentences=list(workspace.sentences), parameters=codecs.write_all(workspace), seed=_SEED
    )
