"""One figure as a file of any format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ctxcore.charts.chart import Chart, describe, script
from ctxcore.engine import Engine
from ctxcore.errors import BadInputError
from ctxcore.export.files import figure_html, figure_image, manifest, table_csv, table_json

_Make = Callable[[Chart[Any], Engine], bytes]


def _about(chart: Chart[Any]) -> dict[str, Any]:
    return manifest(title=chart.full_title(), chart=describe(chart))


_MAKERS: dict[str, _Make] = {
    "html": lambda chart, engine: figure_html(chart.figure(engine), chart.full_title(), _about(chart)),
    "svg": lambda chart, engine: figure_image(chart.figure(engine), "svg"),
    "png": lambda chart, engine: figure_image(chart.figure(engine), "png"),
    "pdf": lambda chart, engine: figure_image(chart.figure(engine), "pdf"),
    "csv": lambda chart, engine: table_csv(chart.table(engine.get(chart.of))),
    "json": lambda chart, engine: table_json(chart.table(engine.get(chart.of)), _about(chart)),
    "py": lambda chart, engine: script(chart).encode(),
}
FORMATS = tuple(_MAKERS)


def check_format(format: str) -> str:
    """The format, if it is one.

    Raises:
        BadInputError: It is none.
    """
    if format not in _MAKERS:
        raise BadInputError(
            "A figure is written in one of a few formats.", repr(format), f"Choose one of: {', '.join(FORMATS)}."
        )
    return format


def figure_bytes(chart: Chart[Any], engine: Engine, format: str) -> bytes:
    """The figure, its numbers (``csv``, ``json``) or the Python that makes it (``py``) as a file.

    Args:
        chart: The figure.
        engine: Measures it, where that is not done.
        format: One of :data:`FORMATS`.

    Raises:
        BadInputError: There is no such format.
        CtxError: It cannot be measured, or there is no Chrome to draw a picture.
    """
    return _MAKERS[check_format(format)](chart, engine)
