"""The row at the end of every page: keep the workspace, open one that was kept, and take everything away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from ctxcore import BadInputError, CtxError, workspace
from ctxcore.models.cache_dir import readable
from dashboard import cache, downloads, messages, reports, state, upload, widgets
from dashboard.jobs import Job
from dashboard.messages import literal

_FORMS = {
    "html": ("Report", "Every statement and figure in one page that opens with no network; what takes long is left out."),
    "zip": ("Take everything", "The report with all figures; each as HTML, SVG, CSV and Python; the workspace and what it rests on."),
}  # fmt: skip


def row() -> None:
    """One switch; what it opens begins nothing by itself."""
    shown = st.toggle(
        "Save and share",
        key="everything",
        help="The workspace as a file; a report; all figures and data.",
    )
    if not shown:
        return
    workspace = state.current()
    keys = {form: reports.key_of(form, workspace) for form in _FORMS}
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="take_all"):
        widgets.save_button("save_workspace")
        with st.popover("Open a workspace", icon=":material/folder_open:", key="open_workspace"):
            _open()
        for form, key in keys.items():
            _offer(form, key, partial(_make, form, key, workspace))
    for form, key in keys.items():
        with widgets.errors_shown_in(st.container()):
            _follow(form, key)


def _make(form: str, key: Any, workspace: state.Workspace) -> None:
    """The reader pressed the button. What the same reader asked for before is not kept for longer."""
    before = st.session_state.get(f"asked_{form}")
    if before is not None and before != key:
        cache.deliveries().taken(before, state.reader())
    st.session_state[f"asked_{form}"] = key
    st.session_state[f"no_room_{form}"] = None
    try:
        reports.report(form, workspace, state.reader())
    except BadInputError as error:
        st.session_state[f"no_room_{form}"] = key, error


def _offer(form: str, key: Any, make: Callable[[], None]) -> None:
    """A button that makes it, then one that takes it."""
    label, hint = _FORMS[form]
    job = cache.deliveries().find(key)
    if job is not None and job.done and job.error is None:
        _download(form, key, job, label)
    else:
        st.button(label, key=f"make_{form}", on_click=make, help=hint, disabled=job is not None and job.error is None)


def _download(form: str, key: Any, job: Job[bytes], label: str, mark: str = "") -> None:
    mime = {"html": "text/html", "zip": "application/zip"}[form]
    name = f"words-in-context.{form}"
    st.download_button(
        f"{label}: download {readable(len(job.wait()))}",
        downloads.held(partial(_hand_over, key, job, state.reader()), mime, name),
        file_name=name, mime=mime, key=f"take_{form}{mark}", on_click="ignore", type="primary", help=_FORMS[form][1],
    )  # fmt: skip


def _hand_over(key: Any, job: Job[bytes], reader: str) -> bytes:
    """Called when the file goes to the reader."""
    cache.deliveries().taken(key, reader)
    return job.wait()


def _follow(form: str, key: Any) -> None:
    """How far it is, and why it is not there: nobody finds the button again without a word."""
    label, asked, refused = (
        _FORMS[form][0],
        st.session_state.get(f"asked_{form}"),
        st.session_state.get(f"no_room_{form}"),
    )
    if refused is not None and refused[0] == key:
        messages.show(refused[1])
    job = cache.deliveries().find(key)
    if job is not None and not (job.done and job.error is None):
        widgets.wait_for(job, stop=f"{form}_stop")
    elif cache.deliveries().made_room(key):
        st.caption(f"{label}: what was made for you made room for other readers. Press the button to make it again.")
    if asked is None or asked == key or not cache.deliveries().waits(asked, state.reader()):
        return
    before = cache.deliveries().find(asked)
    if before is not None and before.done and before.error is None:
        _download(form, asked, before, f"{label}, as it was before your last change", "_before")
    elif before is not None:
        st.caption(f"{label}: what you asked for before your last change is still being made.")
        widgets.wait_for(before, stop=f"{form}_before_stop")


def _open() -> None:
    """A workspace file. Nothing changes before the reader says so, and models that it names are asked about like a link's."""
    file = upload.field("A workspace file (.json) that was saved here", ["json"], key="workspace_file")
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
