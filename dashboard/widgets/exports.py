"""A figure on a page, and what can be taken away below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import streamlit as st

import ctxcore
from ctxcore import Occurrences
from ctxcore.charts import Chart, describe
from ctxcore.export import vectors
from ctxcore.export.one_figure import SCALE, figure_bytes
from ctxcore.figures.fitted import WIDTH
from ctxcore.view import LARGEST, LEAST, LEGENDS, MOST, SMALLEST, THEMES
from dashboard import address, downloads, failed, opening, state
from dashboard.dots import without
from dashboard.messages import literal
from dashboard.pictures import Picture
from dashboard.widgets.waiting import after_the_text

R = TypeVar("R")
_PICTURES = ("svg", "png", "pdf")
_FORMATS = {
    "html": (
        "HTML",
        "text/html",
        "Interactive; opens with no network, and fills the window or frame that it is put into.",
    ),
    "svg": ("SVG", "image/svg+xml", ""),
    "png": ("PNG", "image/png", ""),
    "pdf": ("PDF", "application/pdf", ""),
    "csv": ("CSV", "text/csv", "The numbers behind the figure."),
    "json": ("JSON", "application/json", "The numbers, with models, versions and sentences."),
    "py": ("Python", "text/x-python", "The ctxcore code that makes this figure."),
}
"""By the ending of its file: what a format is called, its type, and what is in it."""
_NO_CHROME = (
    "SVG, PNG and PDF need Chrome or Chromium, which is not installed here. "
    "The figure\u2019s own camera button saves SVG without it."
)
_NARROW = 140
"""Pixels of a control."""


def plot(picture: Picture, key: str, on_point: Callable[[str], None] | None = None, areas: bool = False) -> None:
    """A figure; its note stands below as text that wraps with the window.

    ``on_point`` is called with the key when the reader clicks a point; a table or a select beside the figure does the same. With
    ``areas`` points can be chosen by a box or a lasso, too.
    """
    modes = ("points", "box", "lasso") if areas else "points"
    clicks: dict[str, Any] = {} if on_point is None else {"on_select": partial(on_point, key), "selection_mode": modes}
    # Here: it opens plotly, which the first text on screen does not wait for.
    from dashboard.ready_figure import ReadyFigure

    after_the_text()
    plain = picture.plain
    st.plotly_chart(
        ReadyFigure(plain), key=key, config=ctxcore.export.MODEBAR | without(plain), alt=picture.alt, **clicks
    )
    if picture.note:
        st.caption(literal(picture.note))


def hover_answers() -> None:
    """Lets figures on this page answer when a reader points at one of their words."""
    # Our own fixed script, with no typed text in it.
    st.html(f"<script>{ctxcore.export.hover_script()}</script>", unsafe_allow_javascript=True)


@st.fragment
def export_button(chart: Chart[R], answer: R) -> None:
    """Take the figure away. What can be chosen is there when the pop-over is open, and a file when its button is pressed.

    Args:
        chart: The figure, as it stands on the page.
        answer: What it shows.
    """
    name = chart.id
    # Below the figure; its name is read out and not drawn (style.css).
    with st.container(key=f"export_{name}"):
        box = st.popover(
            f"Export *{name}*", key=f"take_{name}", on_change="rerun", icon=":material/download:", type="tertiary"
        )
    if not box.open:
        failed.say(name)
        return
    with box:
        _format_and_view(name)
        ending = state.current().format
        label, mime, _ = _FORMATS[ending]
        drawn = replace(chart, view=state.current().export)
        about = ctxcore.export.manifest(**state.as_dict(), title=chart.full_title(), chart=describe(drawn))
        image = ctxcore.export.has_image_engine()
        st.caption(_said(drawn, answer, ending, image))
        make = failed.told(name, partial(figure_bytes, drawn, answer, ending, about))
        with st.container(key=f"file_of_{name}"):  # style.css: it stays in view
            st.download_button(
                f"Download {label} *{name}*",
                downloads.held(make, mime, f"{name}.{ending}"),
                file_name=f"{name}.{ending}",
                mime=mime,
                key=f"download_{name}",
                on_click="ignore",
                type="primary",
                disabled=ending in _PICTURES and not image,
            )
        failed.say(name)
    address.write(state.current(), opening.asked_by_link())  # the page itself is not drawn anew


def _format_and_view(name: str) -> None:
    """The format, and what of the view means something for it."""
    st.segmented_control(
        "Format",
        list(_FORMATS),
        required=True,
        format_func=lambda e: _FORMATS[e][0],
        **state.control("format", at=name),
    )
    ending = state.current().format
    if ending not in ("html", *_PICTURES):
        return
    if ending in _PICTURES:
        with st.container(horizontal=True, gap="small"):
            for field, label, own in (("width", "Width, px", str(WIDTH)), ("height", "Height, px", "as it is")):
                st.number_input(
                    label, LEAST, MOST, step=50, placeholder=own, width=_NARROW, **state.control(f"export.{field}", at=name)
                )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        st.number_input(
            "Text, px",
            SMALLEST,
            LARGEST,
            step=1,
            placeholder="13",
            width=_NARROW,
            **state.control("export.size", at=name),
        )
        for field, label, options in (("legend", "Legend", LEGENDS), ("theme", "Colours", THEMES)):
            st.selectbox(
                label, options, format_func=str.capitalize, width=_NARROW, **state.control(f"export.{field}", at=name)
            )
    with st.container(horizontal=True, gap="small"):
        st.checkbox("Title", **state.control("export.title", at=name))
        st.checkbox("Citation line", **state.control("export.citation", at=name))


def _said(chart: Chart[R], answer: R, ending: str, image: bool) -> str:
    """What the file will be, or why there can be none."""
    if ending not in _PICTURES:
        return _FORMATS[ending][2]
    if not image:
        return _NO_CHROME
    width, height = ctxcore.export.size_of(chart.drawn(answer))
    if ending == "png":
        return f"{SCALE * width:,} \u00d7 {SCALE * height:,} pixels, {SCALE} for each pixel of a page."
    return f"{width:,} \u00d7 {height:,} pixels of a page, text as text."


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
