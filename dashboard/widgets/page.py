"""What every page has around its figures: examples to try, errors, what it does not show, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import streamlit as st

from ctxcore import CtxError, SenseReading
from ctxcore import workspace as workspace_file
from ctxcore.explained_senses import apart, counted, guessed, shuffled
from ctxcore.measures.senses import TIED
from dashboard import address, downloads, failed, messages, opening, state
from dashboard.kept import LASTS
from dashboard.messages import literal
from dashboard.settings import settings


def try_this(cases: Iterable[tuple[str, str, Callable[[], None]]]) -> None:
    """Buttons that lead to a telling case: label, what to look for, what the press does."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="try_this"):
        st.markdown("**Try:**", width="content")
        for label, hint, press in cases:
            st.button(label, key=f"try_{label}", help=hint, on_click=press)


def fold_out(limits: Sequence[str], sources: Sequence[str]) -> None:
    """What the page does not show, and where its methods come from."""
    with st.expander("Limits and sources"):
        st.markdown("\n".join(f"- {line}" for line in limits))
        st.markdown("**Sources.** " + " ".join(sources))


def verdict(reading: SenseReading, layer: int, off: SenseReading | None = None) -> None:
    """In words: does the contextual vector tell the senses apart here? Judged at the last layer.

    Args:
        reading: Of the word's own vectors.
        layer: The one that the reader looks at.
        off: The same with attention off, where it was read.
    """
    if not reading.counted:
        st.info("Label two occurrences of each sense at least: one alone has no other to be read by.")
        return
    what = {
        True: ":green[**tells them apart**]",
        False: ":red[**does not tell them apart**]",
        None: ":gray[**cannot be said to tell them apart**]",
    }[apart(reading, off)]
    said = guessed(reading.tally()) if off is not None else shuffled(reading)
    st.markdown(f"The contextual vector {what} here, at the last layer: **{said}**.")
    if layer != len(reading.accuracy) - 1:
        st.caption(
            f"At layer {layer}, which you look at: {counted(reading.tally(layer))}. A layer that is chosen afterwards is a second "
            "look, and no verdict rests on it."
        )
    tied = int((reading.assigned[-1] == TIED).sum())
    if tied:
        st.caption(f"{tied} of the vectors are as near to one sense as to another: no answer, which counts as a guess.")


def page_footer() -> None:
    """The end of every page: the URL takes over the workspace."""
    if not address.write(state.current(), opening.asked_by_link()):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="too_long_for_a_link"):
            st.caption(
                "These sentences are too many for a link: the server keeps them for this address, for "
                f"{LASTS}. A file keeps them for good:",
                width="content",
            )
            save_button("save_instead")


def save_button(key: str) -> None:
    """The workspace as a file, which "Open a workspace" at the end of every page opens again."""
    name, mime = "workspace.json", "application/json"
    st.download_button(
        "Save the workspace", downloads.held(partial(workspace_file.to_json, state.current()), mime, name), file_name=name,
        mime=mime, key=key, on_click="ignore", icon=":material/save:",
        help="Sentences, senses, models and all other choices, as one small file.",
    )  # fmt: skip


@contextmanager
def errors_shown_in(place: st.delta_generator.DeltaGenerator) -> Iterator[None]:
    """Draw into a place; an error becomes a message there and the rest of the page goes on."""
    with place:
        try:
            yield
        except CtxError as error:
            messages.show(error)


def render_page(page: Callable[[], None]) -> None:
    """Draw a page; an error becomes a message and the page stays usable."""
    state.current()  # the first time, it is what reads the link
    above = st.container()
    told = bool(address.notices())
    with above:
        _notices()
    _asked_by_link()
    with errors_shown_in(st.container()):
        page()
    failed.watch()
    if not told:  # what only the page's own controls could not read
        with above:
            _notices()
    page_footer()


def _notices() -> None:
    """What a link or a file held that was not read, above the page until the reader has seen it."""
    if address.notices():
        with st.container(key="notices"):
            st.warning("  \n".join(map(literal, address.notices())))
            st.button("Close this notice", key="dismiss_notices", on_click=address.dismiss_notices, type="tertiary")


def _asked_by_link() -> None:
    """A link that names what is not bundled: nothing is opened before the reader has said so."""
    asked = opening.asked_by_link()
    if not asked:
        return
    with st.container(border=True, key="asked_by_link"):
        names, asker = " and ".join(f"**{literal(name)}**" for name in asked.values()), opening.origin()
        if settings().shared:
            why = "Many readers share this server, and it opens only what its owner offers: the bundled one stands in."
        else:
            why = (
                f"A {asker} opens no folder and fetches nothing by itself: until you say so, the bundled one stands in."
            )
        st.markdown(f"This {asker} asks for {names}. {why}")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if not settings().shared and state.page() == "models":
                st.markdown("Inspect it below, under \u201cOpen your own\u201d.", width="content")
            elif not settings().shared:
                st.page_link(
                    "views/models.py", label="Inspect it under Models and data", icon=":material/arrow_forward:"
                )
            st.button("Do without", key="dismiss_link", on_click=opening.dismiss_link)
