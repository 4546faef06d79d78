"""The address of the page: it carries the workspace, or a name that the server keeps it under."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from ctxcore.pages import MISSING
from ctxcore.workspace import Workspace
from dashboard import links
from dashboard.examples import default
from dashboard.kept import LASTS, NAME, kept
from dashboard.links import Link

_LONGEST = 6000
"""Characters: above this, browsers, mail programs and proxies begin to cut links."""
_MOST_VALUES = 900
"""Values of all fields: Streamlit reads no address with more than 1,000."""
UNREAD_LINK = (
    "This link was not read: an address is read up to 524,288 characters and 1,000 values. A workspace file holds more "
    "(\u201cOpen a workspace\u201d at the foot of the page)."
)
"""What is said of a link that is left out before it reaches us."""
_KEPT = "kept"
"""In the place of all fields: the name of a workspace that is too long for a link and kept by the server."""
_GONE, _NOTICES = "gone", "notices"


def read() -> Workspace:
    """The workspace in the address, or the one that is kept under the name in it. What could not be read is said."""
    if MISSING in st.query_params:
        del st.query_params[MISSING]
        notify("There is no page of the name in that address; this is the first one.")
    if name := st.query_params.get(_KEPT):
        found = kept.get(name[:100])
        if found is None:
            st.session_state[_GONE] = name[:100]
            notify(
                "The address of this page names sentences that the server kept for it, and it has them no longer: it keeps them "
                f"for {LASTS}. Word and sentences are put back where this tab of your browser "
                "still has them; senses and other choices are not. Else open the file if you saved one (\u201cOpen a "
                "workspace\u201d at the foot of the page), or paste them again."
            )
        return found or default()
    link = Link({key: st.query_params.get_all(key) for key in links.KEYS})
    found = link.workspace(default())
    notify(*link.notices)
    return found


def write(workspace: Workspace, asked: dict[str, str]) -> bool:
    """Let the address carry the workspace, or a name that it is kept under; False where it is too long to be a link.

    Args:
        workspace: What it carries.
        asked: What a link asked for, by kind. It stays in the address until the reader has decided: a reload asks again.
    """
    fields: dict[str, list[str]] = {}
    if workspace != default() or asked:
        fields = links.query_of(workspace) | {kind: [name] for kind, name in asked.items()}
    values = [quote(text) for texts in fields.values() for text in texts]
    fits = len(values) <= _MOST_VALUES and sum(len(text) + 4 for text in values) <= _LONGEST
    if not fits:
        fields = {_KEPT: [kept.put(links.with_values(workspace, asked))]}
    for key in (*links.KEYS, _KEPT):
        texts = fields.get(key, [])
        if texts and st.query_params.get_all(key) != texts:
            st.query_params[key] = texts
        elif not texts and key in st.query_params:
            del st.query_params[key]
    return fits


def gone() -> str:
    """The name in the address of a workspace that is not kept any more; empty where there is none."""
    name = str(st.session_state.get(_GONE, ""))
    return name if NAME.fullmatch(name) else ""


def notify(*notices: str) -> None:
    """Something was left out, of a link or a file: it is said above every page until the reader has seen it."""
    st.session_state[_NOTICES] = tuple(dict.fromkeys((*st.session_state.get(_NOTICES, ()), *notices)))


def notices() -> tuple[str, ...]:
    """What was left out and not yet acknowledged."""
    found: tuple[str, ...] = st.session_state.get(_NOTICES, ())
    return found


def dismiss_notices() -> None:
    """The reader has seen them."""
    st.session_state[_NOTICES] = ()
