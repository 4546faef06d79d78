"""A figure on a page, and what can be taken away below it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

import ctxcore
from ctxcore import Occurrences
from ctxcore.export import vectors
from dashboard import downloads, failed, state
from dashboard.messages import literal

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure


def plot(figure: Figure, key: str, alt: str, on_point: Callable[[str], None] | None = None) -> None:
    """A figure; its note stands below as text that wraps with the window.

    ``on_point`` is called with the key when the reader clicks a point; a table or a select beside the figure does the same.
    """
    bare, note = ctxcore.figures.theme.part_note(figure)
    clicks: dict[str, Any] = (
        {} if on_point is None else {"on_select": partial(on_point, key), "selection_mode": "points"}
    )
    st.plotly_chart(bare, key=key, config=ctxcore.export.MODEBAR, alt=alt, **clicks)
    if note:
        st.caption(literal(html.unescape(note)))


def hover_answers() -> None:
    """Lets figures on this page answer when a reader points at one of their words."""
    # Our own fixed script, with no typed text in it.
    st.html(f"<script>{ctxcore.export.hover_script()}</script>", unsafe_allow_javascript=True)


def export_bar(
    figure: Figure,
    table: DataFrame | Callable[[], DataFrame],
    name: str,
    title: str,
    code: str | Callable[[], str],
    **about_it: object,
) -> None:
    """Take the figure away: every format is made only when its button is pressed.

    Table and code may be functions that make them, where they are large. ``about_it`` goes into the manifest, beside the workspace.
    """
    about = ctxcore.export.manifest(**state.as_dict(), title=title, **about_it)
    image = ctxcore.export.has_image_engine()
    why = (
        None
        if image
        else "Needs Chrome or Chromium, which is not installed here. The figure\u2019s own camera button saves SVG without it."
    )
    rows: Callable[[], DataFrame] = table if callable(table) else lambda: table
    offers: list[tuple[str, Callable[[], bytes], str, str | None]] = [
        ("HTML", partial(ctxcore.export.figure_html, figure, title, about), "text/html", "Interactive; opens with no network."),
        ("SVG", partial(ctxcore.export.figure_image, figure, "svg"), "image/svg+xml", why),
        ("PNG", partial(ctxcore.export.figure_image, figure, "png"), "image/png", why),
        ("PDF", partial(ctxcore.export.figure_image, figure, "pdf"), "application/pdf", why),
        ("CSV", lambda: ctxcore.export.table_csv(rows()), "text/csv", "The numbers behind the figure."),
        ("JSON", lambda: ctxcore.export.table_json(rows(), about), "application/json", "The numbers, with models, versions and sentences."),
        ("Python", lambda: (code() if callable(code) else code).encode(), "text/x-python", "The ctxcore code that makes this figure."),
    ]  # fmt: skip
    if why:
        st.caption(f"SVG, PNG and PDF: {why[0].lower()}{why[1:]}")
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"export_{name}"):
        st.caption("Take it away:", width="content")
        for label, make, mime, hint in offers:
            ending = {"Python": "py"}.get(label, label.lower())
            st.download_button(
                f"{label} *{name}*",  # style.css: the name of the figure is read out and not drawn
                downloads.held(failed.told(name, make), mime, f"{name}.{ending}"),
                file_name=f"{name}.{ending}",
                mime=mime,
                key=f"{name}_{ending}",
                on_click="ignore",
                type="tertiary",
                help=hint,
                disabled=label in ("SVG", "PNG", "PDF") and not image,
            )
    failed.say(name)


def exchange_bar(
    found: Occurrences, senses: Sequence[str | None], layer: int, groups: Sequence[str | None] = ()
) -> None:
    """The vectors themselves, for other tools."""
    about = ctxcore.export.manifest(**state.as_dict(), title="Contextual vectors")
    projector = "For projector.tensorflow.org, \u201cLoad\u201d: {} of the occurrences at the layer that is shown."
    offers: list[tuple[str, Callable[[], bytes], str, str]] = [
        ("Vectors TSV", lambda: vectors.projector_tsv(found, senses, layer, groups)[0], "vectors.tsv", projector.format("vectors")),
        ("Metadata TSV", lambda: vectors.projector_tsv(found, senses, layer, groups)[1], "metadata.tsv", projector.format("labels")),
        ("Parquet", lambda: vectors.vectors_parquet(found, senses, about, groups), "vectors.parquet", "One row per occurrence and layer."),
        ("NPZ", lambda: vectors.vectors_npz(found, senses, about, groups), "vectors.npz", "NumPy arrays of all layers, with labels."),
    ]  # fmt: skip
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="exchange"):
        st.caption("The vectors, for other tools:", width="content")
        for label, make, name, hint in offers:
            mime = "text/tab-separated-values" if name.endswith("tsv") else "application/octet-stream"
            st.download_button(
                label,
                downloads.held(failed.told("exchange", make), mime, name),
                file_name=name,
                mime=mime,
                key=f"exchange_{name}",
                on_click="ignore",
                type="tertiary",
                help=hint,
            )
    failed.say("exchange")
