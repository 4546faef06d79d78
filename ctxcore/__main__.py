"""The command line. ``ctxcore`` opens the dashboard; ``ctxcore report WORKSPACE.json -o OUT.html`` (or ``OUT.zip``) makes a report.

``python -m ctxcore`` is the same.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import ctxcore
from ctxcore.errors import BadInputError, CtxError, ExportError, FileFormatError, ModelError
from ctxcore.models.catalogue import CATALOGUE
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
    return parser


def _dashboard(asked: argparse.Namespace) -> int:
    """Open the dashboard, until it is stopped."""
    script = find_spec("dashboard.app")
    if script is None or not script.origin or find_spec("streamlit") is None:
        raise CtxError(
            "The dashboard needs Streamlit.", "an installation without it", "Run: pip install 'ctxcore[dashboard]'"
        )
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

    made = report.make_report(workspace, progress=_say)
    data = report.report_html(made) if ending == ".html" else report.report_zip(made, not asked.no_images, _say)
    try:
        asked.output.write_bytes(data)
    except OSError as error:
        raise ExportError(
            "The report must be written.", f"{asked.output}: {error.strerror}", "Choose another."
        ) from error


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
