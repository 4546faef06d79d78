"""Files that a reader gives: texts, tables and labels."""

from __future__ import annotations

from ctxcore.reading.text_files import check_upload, most_upload
from ctxcore.reading.uploads import (
    Columns,
    Labelled,
    Row,
    column,
    guess_columns,
    label_mentions,
    labelled_rows,
    read_lines,
    read_table,
    read_text,
)

__all__ = [
    "check_upload",
    "column",
    "Columns",
    "guess_columns",
    "label_mentions",
    "Labelled",
    "labelled_rows",
    "most_upload",
    "read_lines",
    "read_table",
    "read_text",
    "Row",
]
