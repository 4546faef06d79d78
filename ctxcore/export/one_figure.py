"""One figure as a file of any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

from ctxcore.charts.chart import Chart, describe, script
from ctxcore.errors import BadInputError
from ctxcore.export.files import ImageFormat, figure_html, figure_image, manifest, table_csv, table_json
from ctxcore.view import FORMATS

R = TypeVar("R")
SCALE = 2
"""Pixels of a PNG for each pixel of the figure."""


def check_format(format: str) -> str:
    """The format, if it is one.

    Raises:
        BadInputError: It is none.
    """
    if format not in FORMATS:
        raise BadInputError(
            "A figure is written in one of a few formats.", repr(format), f"Choose one of: {', '.join(FORMATS)}."
        )
    return format


def figure_bytes(chart: Chart[R], answer: R, format: str, about: Mapping[str, Any] | None = None) -> bytes:
    """The figure, its numbers (``csv``, ``json``) or the Python that makes it (``py``) as a file.

    Args:
        chart: The figure, with its view.
        answer: What it shows.
        format: One of :data:`ctxcore.view.FORMATS`.
        about: What it rests on; else the chart itself and the versions.

    Raises:
        BadInputError: There is no such format.
        ExportError: There is no Chrome to draw a picture.
    """
    check_format(format)
    if format == "py":
        return script(chart).encode()
    if format == "csv":
        return table_csv(chart.table(answer))
    about = manifest(title=chart.full_title(), chart=describe(chart)) if about is None else about
    if format == "json":
        return table_json(chart.table(answer), about)
    if format == "html":
        fluid = replace(chart, view=replace(chart.view, width=None, height=None))  # its frame says how large
        return figure_html(fluid.drawn(answer), chart.full_title(), about)
    return figure_image(chart.drawn(answer), cast("ImageFormat", format), SCALE)
