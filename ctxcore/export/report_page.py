"""A report as one HTML document, and as a zip file with each figure and its data apart."""

from __future__ import annotations

import html
import io
import json
import math
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plotly.io import to_html
from plotly.offline import get_plotlyjs

from ctxcore import export
from ctxcore.claims.wording import counted, said_of
from ctxcore.errors import ExportError
from ctxcore.export.report_types import Report, Section
from ctxcore.figures.theme import part_note, short
from ctxcore.pages import Page
from ctxcore.progress import Progress
from ctxcore.workspace import to_json

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.claims import Claim
    from ctxcore.claims.comparison import Row

MOST_ROWS = 100
"""Rows of a table that the document shows; the zip file has them all."""
_LONGEST_CELL = 400
"""Letters of a cell that the document shows: a long sentence stands in many rows."""
_CLASS = {True: "yes", False: "no", None: "open"}
"""Of a verdict."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip, so that equal reports are equal bytes."""
_CSP = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --ink: #1f2937; --soft: #4b5563; --line: #d5dbe3; --card: #f5f7fa;
  --yes: #0b6b3a; --no: #a11a2b; --link: #1a5fa5; }
@media (prefers-color-scheme: dark) { :root { --page: #12161d; --ink: #e6eaf0; --soft: #b3bcc8; --line: #3a4454;
  --card: #1c222c; --yes: #6fd39b; --no: #ff9aa5; --link: #8dbbe3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font-family: "Source Sans Pro", "Source Sans", "Helvetica Neue", Arial, sans-serif; }
header, nav, main, footer { max-width: 1000px; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.9rem; margin: 2rem 0 .3rem; line-height: 1.2; }
h2 { font-size: 1.5rem; margin: 3rem 0 .2rem; line-height: 1.25; overflow-wrap: anywhere; }
h3 { font-size: 1.15rem; margin: 1.9rem 0 .3rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: .3rem 0 .8rem; max-width: 75ch; overflow-wrap: anywhere; }
a { color: var(--link); }
nav ul { padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; background: var(--page); }
figcaption { padding: .4rem .8rem .6rem; color: var(--soft); background: var(--page); font-size: .9rem; overflow-wrap: anywhere; }
.scroll, .wide { overflow-x: auto; }
.wide > div { min-width: 620px; }
table { border-collapse: collapse; font-size: .92rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; min-width: 5rem; }
.claims td:first-child, .claims th:first-child { min-width: 11rem; }
.small { color: var(--soft); font-size: .88rem; }
.yes, .no, .open { font-weight: 600; white-space: nowrap; }
.yes { color: var(--yes); } .no { color: var(--no); } .open { color: var(--soft); }
.missing { border-left: 4px solid var(--line); padding: .4rem .8rem; background: var(--card); }
details { margin: .6rem 0; } summary { cursor: pointer; padding: .3rem 0; color: var(--link); }
pre { background: var(--card); padding: .8rem; overflow-x: auto; font-size: .82rem; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { padding-bottom: 3rem; }
@media (max-width: 640px) { .claims thead { display: none; } .claims tr { display: block; padding: .5rem 0;
  border-bottom: 1px solid var(--line); } .claims td { display: block; border: 0; padding: .1rem 0; } }
@media (max-width: 640px) { .wide + figcaption::before { content: "Wider than this screen: scroll it sideways. "; } }
@page { margin: 12mm; }
@media print {
  :root { color-scheme: light; --page: #ffffff; --ink: #1f2937; --soft: #4b5563; --line: #d5dbe3; --card: #f5f7fa;
    --yes: #0b6b3a; --no: #a11a2b; --link: #1a5fa5; }
  header, nav, main, footer { max-width: none; padding: 0; }
  nav, details:not([open]), .modebar-container, .updatemenu-container, .slider-container { display: none !important; }
  h2, h3, section > p, h3 + p { break-after: avoid; } figure, tr, section > p { break-inside: avoid; }
  figure, .scroll, .wide { overflow: visible; } .wide > div { min-width: 0; }
  figure div { height: auto !important; } .js-plotly-plot, .plot-container { width: 100% !important; }
  .svg-container { width: min(100%, calc(70vh * var(--width) / var(--height))) !important; height: auto !important;
    aspect-ratio: var(--width) / var(--height); }
  .main-svg { width: 100% !important; height: 100% !important; }
}
"""


def document(report: Report) -> bytes:
    """The whole report as one page; plotly is embedded once."""
    title = html.escape(f"\u201c{report.workspace.word}\u201d in context")
    pages = {section.page: [s for s in report.sections if s.page == section.page] for section in report.sections}
    numbers = {section.id: number for number, section in enumerate(_made(report), 1)}
    drawn = "".join(_page(page, sections, numbers) for page, sections in pages.items())
    links = "".join(f'<li><a href="#{page.name}">{html.escape(page.title)}</a></li>' for page in pages)
    lead = (
        "How one word means the same everywhere in static space and something of its own in each sentence: measured on "
        f"{_counted(len(report.workspace.sentences), 'sentence')} with {_models(report)}. Here {counted(report.claims)}."
    )
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_CSP}">
<title>{title}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script><script>{_script()}</script></head>
<body><header><h1>{title}</h1>
<p>{lead}</p></header>
<nav aria-label="Contents"><ul><li><a href="#claims">The statements</a></li>{links}
<li><a href="#manifest">What it rests on</a></li></ul></nav>
<main><section id="claims" aria-labelledby="claims-title"><h2 id="claims-title">Statements about attention, tested</h2>
{_claims(report)}{_comparison(report)}</section>{drawn}</main>
<footer><section id="manifest" aria-labelledby="manifest-title"><h2 id="manifest-title">What it rests on</h2>
{_rests_on(report)}</section></footer>
</body></html>
"""
    return page.encode()


def archive(report: Report, images: bool, progress: Progress) -> bytes:
    """The document, every figure and all data as a zip file. Pictures that Chrome fails to draw are left out, and a file says why."""
    made = _made(report)
    single = Counter(section.id for section in made)
    assert max(single.values(), default=1) == 1, single
    images = images and export.has_image_engine()
    files: dict[str, bytes] = {"report.html": document(report), "workspace.json": to_json(report.workspace)}
    files["manifest.json"] = _json(report.manifest)
    files["data/claims.csv"] = export.table_csv(claims_table(report))
    files["figures/plotly.min.js"] = get_plotlyjs().encode()
    for number, section in enumerate(made):
        progress(number / max(1, len(made)), f"Writing {section.title}")
        name = f"{number + 1:02d}-{section.id}"
        files[f"figures/{name}.html"] = export.figure_html(
            section.exported, section.title, report.manifest, plotlyjs="directory"
        )
        if images:
            try:
                files[f"figures/{name}.svg"] = export.figure_image(section.exported, "svg")
            except ExportError as error:
                images = False  # the next one would fail too, and take its time
                progress(number / max(1, len(made)), f"Pictures are left out: {error.received}")
                files["figures/pictures-left-out.txt"] = f"No SVG from {name} on. {error}\n".encode()
        files[f"data/{name}.csv"] = export.table_csv(section.table)
        files[f"python/{name}.py"] = section.script.encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, data)
    return target.getvalue()


@lru_cache(maxsize=1)
def _script() -> str:
    """What makes figures dark on a dark screen, and light and as wide as the page on paper."""
    return Path(__file__).with_name("report.js").read_text(encoding="utf-8")


def claims_table(report: Report) -> pd.DataFrame:
    """One row a claim."""
    import pandas as pd

    return pd.DataFrame({
        "claim": [c.says for c in report.claims], "measured_on": [c.on for c in report.claims],
        "measured": [c.measured for c in report.claims], "control": [c.control for c in report.claims],
        "figure": [c.figure for c in report.claims], "verdict": [c.verdict for c in report.claims],
    })  # fmt: skip


def _claims(report: Report) -> str:
    rows = "".join(map(_claim, report.claims))
    head = '<tr><th scope="col">Statement</th><th scope="col">Figure</th><th scope="col">Verdict</th></tr>'
    table = f'<div class="scroll"><table class="claims"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    trouble = "".join(f'<p class="missing">Not all is measured. {html.escape(one)}</p>' for one in report.unmeasured)
    return (table if report.claims else "") + trouble


def _comparison(report: Report) -> str:
    """What a fixed vector and attention answer, question by question."""
    if not report.rows:
        return ""
    rows = "".join(map(_row, report.rows))
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Question", "Static", "Attention", "Verdict"))
    return (
        f'<h3>Side by side</h3><div class="scroll"><table class="claims"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        "</table></div>"
    )


def _row(row: Row) -> str:
    kind, said = _CLASS[row.holds], said_of(row.holds)
    cells = "".join(
        f'<td>{html.escape(cell.figure)}<br><span class="small">{html.escape(cell.sentence)}</span></td>'
        for cell in (row.static, row.attention)
    )
    return f'<tr><td>{html.escape(row.question)}</td>{cells}<td><span class="{kind}">{said}</span></td></tr>'


def _claim(claim: Claim) -> str:
    kind, said = "open" if claim.by_construction and claim.holds else _CLASS[claim.holds], claim.verdict
    texts = (claim.says, f"Measured on {claim.on}. {claim.measured} {claim.control}".rstrip(), claim.figure)
    says, measured, figure = (html.escape(text) for text in texts)
    return (
        f'<tr><td>{says}<br><span class="small">{measured}</span></td><td>{figure}</td>'
        f'<td><span class="{kind}">{said}</span></td></tr>'
    )


def _made(report: Report) -> list[Section]:
    """The figures that are there: document and files number them alike."""
    return [section for section in report.sections if section.figure is not None]


def _page(page: Page, sections: Sequence[Section], numbers: Mapping[str, int]) -> str:
    """What one page shows."""
    name, title, question = page.name, html.escape(page.title), html.escape(page.question)
    start = f'<section id="{name}" aria-labelledby="{name}-page"><h2 id="{name}-page">{title}</h2><p>{question}</p>'
    return f"{start}{''.join(_section(section, numbers.get(section.id)) for section in sections)}</section>"


def _section(section: Section, number: int | None) -> str:
    title = html.escape(section.title if number is None else f"Figure {number}. {section.title}")
    start = f'<div id="{section.id}-section"><h3>{title}</h3>'
    if section.later:
        return (
            f'{start}<p class="missing">Left out here, since it takes long. {html.escape(section.later)} The zip file '
            f"(\u201cTake everything\u201d) has it, and so has its page.</p>{_python(section)}</div>"
        )
    if section.figure is None:
        return f'{start}<p class="missing">Not made. {html.escape(section.missing)}</p></div>'
    bare, note = part_note(section.figure)
    bare.update_layout(autosize=True)
    drawn = to_html(
        bare.plain(), include_plotlyjs=False, include_mathjax=False, full_html=False, div_id=f"figure-{section.id}",
        config=export.MODEBAR, auto_play=False, post_script=export.scripts_of(bare) or None, validate=False,
    )  # fmt: skip
    caption = f"<figcaption>{note}</figcaption>" if note else ""  # the builder of a figure has made it literal
    if "xaxis2" in bare.layout or any(trace["type"] == "heatmap" for trace in bare.data):
        drawn = f'<div class="wide" role="group" aria-label="{title}, figure" tabindex="0">{drawn}</div>'
    figure = f'<figure aria-label="{html.escape(section.alt)}">{drawn}{caption}</figure>'
    remark = f"<p>{html.escape(section.remark)}</p>" if section.remark else ""
    return f"{start}{figure}{remark}{_data(section, title)}{_python(section)}</div>"


def _python(section: Section) -> str:
    """How the figure is made, folded."""
    return f"<details><summary>Python that makes it</summary><pre>{html.escape(section.script)}</pre></details>"


def _data(section: Section, title: str) -> str:
    """The rows behind a figure, folded; long ones are cut, and how long they are is said."""
    table = section.table
    if table is None:
        return ""
    shown, count = table.head(MOST_ROWS), len(table)
    cut = f"; the first {MOST_ROWS} are shown, the zip file has all" if count > MOST_ROWS else ""
    head = "".join(f'<th scope="col">{html.escape(str(c))}</th>' for c in shown.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(cell))}</td>" for cell in row) + "</tr>"
        for row in shown.itertuples(index=False, name=None)
    )
    table_html = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    label = f"Data of {title}"
    return (
        f"<details><summary>The data ({_counted(count, 'row')}{cut})</summary>"
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">{table_html}</div></details>'
    )


def _cell(value: Any) -> str:
    if isinstance(value, float) or (hasattr(value, "dtype") and value.dtype.kind == "f"):
        return "" if math.isnan(value) else f"{value:.5g}"
    return short(str(value), _LONGEST_CELL)


def _rests_on(report: Report) -> str:
    rows = "".join(_model_row(model) for model in report.manifest["models"])
    head = '<tr><th scope="col">Model</th><th scope="col">Revision</th><th scope="col">Files (SHA-256)</th></tr>'
    lines = "".join(f"<li>{html.escape(s)}</li>" for s in report.workspace.sentences)
    embedded = html.escape(_json(report.manifest).decode())
    kept = html.escape(to_json(report.workspace).decode())
    return (
        f'<div class="scroll" role="region" aria-label="Models" tabindex="0"><table><thead>{head}</thead><tbody>{rows}</tbody>'
        f"</table></div><details><summary>The sentences ({len(report.workspace.sentences):,})</summary><ol>{lines}</ol></details>"
        f'<details><summary>Versions and parameters</summary><pre id="manifest-json">{embedded}</pre></details>'
        "<details><summary>The workspace file: save this text as .json, open it in the dashboard, and get the same figures"
        f'</summary><pre id="workspace-json">{kept}</pre></details>'
    )


def _model_row(model: dict[str, Any]) -> str:
    digests = "<br>".join(f"{html.escape(file)}: {digest}" for file, digest in model["sha256"].items())
    pinned = digests or "no file here; the revision pins them"
    return (
        f"<tr><td>{html.escape(model['id'])}<br><span class='small'>{html.escape(model['source'])}<br>"
        f"{html.escape(model['licence'] or 'licence not stated')}{_computed(model)}</span></td>"
        f"<td>{html.escape(model['revision'])}</td><td class='small'>{pinned}</td></tr>"
    )


def _computed(model: dict[str, Any]) -> str:
    """Where a contextual model computed, and in which format."""
    return f"<br>{html.escape(model['dtype'])} on {html.escape(model['device'])}" if "dtype" in model else ""


def _models(report: Report) -> str:
    return html.escape(", ".join(model["id"] for model in report.manifest["models"]))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
