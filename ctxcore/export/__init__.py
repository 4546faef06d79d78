"""Figures, tables, vectors and reports as bytes that others can open."""

from __future__ import annotations

from ctxcore.export.files import (
    MODEBAR,
    ImageFormat,
    figure_html,
    figure_image,
    has_image_engine,
    hover_script,
    inert,
    keys_script,
    manifest,
    scripts_of,
    size_of,
    table_csv,
    table_json,
)

__all__ = [
    "figure_html",
    "figure_image",
    "has_image_engine",
    "hover_script",
    "ImageFormat",
    "inert",
    "keys_script",
    "manifest",
    "MODEBAR",
    "scripts_of",
    "size_of",
    "table_csv",
    "table_json",
]
