"""The row at the end of every page: keep the workspace, open one that was kept, and take everything away."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ctxcore import CtxError, workspace
from ctxcore.models.places import readable
from dashboard import cache, messages, state, widgets
from dashboard.jobs import Job
from dashboard.messages import literal

_FORMS = {
    "html": ("Report", "Every claim, figure and number about these sentences in one page that opens with no network."),
    "zip": ("Take everything", "The report, each figure as HTML and SVG, all data as CSV, the workspace and what it rests on."),
}  # fmt: skip


def row() -> None:
    """One switch; what it opens begins nothing by itself."""
    shown = st.toggle(
        "Save, open, or take everything",
        key="everything",
        help="The workspace as a file; a report; all figures and data.",
    )
    if not shown:
        return
    jobs = {form: _job(form) for form in _FORMS}
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="take_all"):
        widgets.save_button("save_workspace")
        with st.popover("Open a workspace", icon=":material/folder_open:", key="open_workspace"):
            _open()
        for form, job in jobs.items():
            _offer(form, job)
    for form, job in jobs.items():
        if job.begun and not (job.done and job.error is None):
            with widgets.guarded(st.container()):
                widgets.wait_for(job, stop=f"{form}_stop")


def _job(form: str) -> Job:
    now = state.current()
    given = state.training_file() if now.corpus == "file" else None
    try:
        text = widgets.training_job(now)
    except CtxError:  # the report says so where it would need the text
        text = None
    return cache.report(form, now, text, given[0] if given and text else "")


def _offer(form: str, job: Job) -> None:
    """A button that makes it, then one that takes it."""
    label, hint = _FORMS[form]
    if job.done and job.error is None:
        mime = {"html": "text/html", "zip": "application/zip"}[form]
        st.download_button(
            f"{label}: download {readable(len(job.value))}", job.value, file_name=f"words-in-context.{form}", mime=mime,
            key=f"take_{form}", on_click="ignore", type="primary", help=hint,
        )  # fmt: skip
    else:
        begin: Callable[[], None] = job.begin
        st.button(label, key=f"make_{form}", on_click=begin, help=hint, disabled=job.begun)


def _open() -> None:
    """A workspace file. Nothing changes before the reader says so, and models that it names are asked about like a link's."""
    file = st.file_uploader("A workspace file (.json) that was saved here", type=["json"], key="workspace_file")
    if file is None:
        return
    try:
        found = workspace.from_json(file.getvalue(), file.name)
    except CtxError as error:
        messages.show(error)
        return
    count = len(found.sentences)
    st.caption(f"\u201c{literal(found.word)}\u201d in {count:,} sentence{'s' if count != 1 else ''}.")
    st.button("Open it", key="open_it", type="primary", on_click=state.open_file, args=(found,))
