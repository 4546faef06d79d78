"""The command line. ``ctxcore`` alone opens the dashboard; ``ctxcore report`` and ``ctxcore chart`` write what it shows;
``ctxcore usages`` reads a whole text.

``python -m ctxcore`` is the same.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import ctxcore
from ctxcore.codecs import leaves
from ctxcore.corpus.command import add_usages
from ctxcore.engine import default_engine
from ctxcore.errors import BadInputError, CtxError, ExportError, FileFormatError, ModelError
from ctxcore.models.catalogue import CATALOGUE
from ctxcore.reading import read_lines
from ctxcore.workspace import Workspace, from_json

_ENDINGS = (".html", ".zip")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 where it succeeded, 2 where it says what went wrong."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked) or 0)
    except CtxError as error:
        print(f"\r\033[K{error}" if sys.stderr.isatty() else str(error), file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ctxcore", description="See how words mean. Alone it opens the dashboard.")
    parser.add_argument("--version", action="version", version=f"ctxcore {ctxcore.__version__}")
    parser.add_argument("--port", type=int, default=8501, help="of the dashboard, on this machine (8501)")
    parser.set_defaults(run=_dashboard)
    commands = parser.add_subparsers(dest="command")
    report = commands.add_parser("report", help="measure and draw all that a workspace asks for")
    report.add_argument(
        "workspace", metavar="WORKSPACE.json", type=Path, help="a workspace file, as the dashboard saves it"
    )
    report.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="OUT.html, or OUT.zip with all data"
    )
    report.add_argument("--no-images", action="store_true", help="no SVG in the zip file")
    report.add_argument(
        "--open-models", action="store_true", help="open the models that the file names, bundled or not"
    )
    report.set_defaults(run=_report)
    _add_chart(commands.add_parser("chart", help="measure and draw one figure"))
    add_usages(commands.add_parser("usages", help="find words in a whole text and keep the vectors of every usage"))
    return parser


def _add_chart(chart: argparse.ArgumentParser) -> None:
    chart.add_argument("figure", nargs="?", metavar="FIGURE", help="its name, such as fan; without one, all names")
    chart.add_argument(
        "given", nargs="?", type=Path, metavar="FILE", help="sentences, one a line (.txt), or a workspace file (.json)"
    )
    chart.add_argument("--word", help="the target word")
    chart.add_argument("--model", help="the contextual model")
    chart.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="values",
        help="any other control, by its name in a link, such as heads.rows=token",
    )  # fmt: skip
    chart.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="OUT.html, .svg, .png, .pdf, .csv, .json or .py"
    )
    chart.add_argument("--open-models", action="store_true", help="open the models that the file names, bundled or not")
    chart.set_defaults(run=_chart)


def _dashboard(asked: argparse.Namespace) -> int:
    """Open the dashboard, until it is stopped."""
    script = find_spec("dashboard.app")
    if script is None or not script.origin or find_spec("streamlit") is None:
        raise CtxError(
            "The dashboard needs Streamlit.", "an installation without it", "Run: pip install 'ctxcore[dashboard]'"
        )
    import_module("dashboard.settings").settings()
    sys.argv = ["streamlit", "run", script.origin, f"--server.port={asked.port}"]
    runpy.run_module("streamlit", run_name="__main__")
    return 0


def _report(asked: argparse.Namespace) -> None:
    ending = asked.output.suffix.lower()
    if ending not in _ENDINGS:
        raise BadInputError("A report is an .html or a .zip file.", repr(asked.output.name), "Name the output so.")
    workspace = _workspace(asked.workspace)
    if not asked.open_models:
        _refuse_unknown(workspace)
    from ctxcore.export import report  # here: it opens pandas and plotly, which no error above needs

    made = report.make_report(workspace, everything=ending == ".zip", progress=_say)
    _write(
        asked.output,
        report.report_html(made) if ending == ".html" else report.report_zip(made, not asked.no_images, _say),
    )


def _chart(asked: argparse.Namespace) -> None:
    from ctxcore.charts.listing import figure_of, kinds

    if asked.figure is None:
        for key, _, what in kinds():
            print(f"{key:20} {what}")
        return
    if asked.output is None:
        raise BadInputError("A figure is written to a file.", "no -o", "Add -o fan.html, or another name.")
    from ctxcore.export import one_figure

    format = one_figure.check_format(asked.output.suffix.lower().removeprefix("."))
    workspace, engine = _given(asked), default_engine()
    chart = replace(figure_of(asked.figure, workspace, engine), view=workspace.export)
    _write(asked.output, one_figure.figure_bytes(chart, engine.get(chart.of), format))


def _given(asked: argparse.Namespace) -> Workspace:
    """The workspace that the command describes."""
    if asked.given is not None and asked.given.suffix.lower() == ".json":
        found = _workspace(asked.given)
        if not asked.open_models:
            _refuse_unknown(found)
    else:
        sentences = () if asked.given is None else _sentences(asked.given)
        found = Workspace("", sentences)
    named = {"word": asked.word, "model": asked.model}
    values = [(key, value) for key, value in named.items() if value is not None]
    for one in asked.values:
        key, there, value = one.partition("=")
        if not there:
            raise BadInputError("A control is set as KEY=VALUE.", repr(one), "Write it so, such as heads.rows=token.")
        values.append((key, value))
    return _with(found, values)


def _with(workspace: Workspace, values: Sequence[tuple[str, str]]) -> Workspace:
    by_url = {leaf.codec.url: leaf for leaf in leaves(Workspace)}
    texts: dict[str, list[str]] = {}
    for key, value in values:
        texts.setdefault(key, []).append(value)
    for key, given in texts.items():
        if key not in by_url:
            raise BadInputError("A control is called as in a link.", repr(key), f"Choose one of: {', '.join(by_url)}.")
        try:
            workspace = by_url[key].put(workspace, by_url[key].codec.parse(given))
        except (ValueError, NotImplementedError) as error:
            why = str(error) or "it is set in a workspace file"
            raise BadInputError(
                "A control has a value of its kind.", f"{key}={given[-1]}", f"{why.capitalize()}."
            ) from None
    return workspace


def _sentences(path: Path) -> tuple[str, ...]:
    try:
        return tuple(read_lines(path.read_bytes(), path.name))
    except OSError as error:
        raise FileFormatError(
            "Sentences stand one a line in a text file.", f"{path}: {error.strerror}", "Name one that can be read."
        ) from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ExportError("The file must be written.", f"{path}: {error.strerror}", "Choose another.") from error


def _workspace(path: Path) -> Workspace:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileFormatError(
            "A workspace file is needed.", f"{path}: {error.strerror}", "Save one in the dashboard and name it here."
        ) from error
    return from_json(data, path.name)


def _refuse_unknown(workspace: Workspace) -> None:
    """A file that somebody sent opens no folder and fetches nothing by itself."""
    for name in (workspace.model, workspace.static):
        if name not in CATALOGUE:
            raise ModelError(
                "A workspace file opens no folder and fetches nothing by itself.",
                repr(name),
                "Add --open-models to allow it.",
            )


def _say(share: float, what: str) -> None:
    end = "" if sys.stderr.isatty() else "\n"
    start = "\r\033[K" if sys.stderr.isatty() else ""
    print(f"{start}{share:4.0%} {what}", end=end, file=sys.stderr, flush=True)
    if share >= 1 and not end:
        print(file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
