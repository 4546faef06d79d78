"""Navigation only. The server runs this script for each reader (:mod:`dashboard.app`)."""

from importlib.resources import files
from pathlib import Path

import streamlit as st

from ctxcore import CtxError
from ctxcore.pages import PAGES
from dashboard import address, given_files, messages, save_row, state, widgets
from dashboard.settings import settings

_NAME, _HERE = "Words in context", Path(__file__).parent
given_files.keep_their_addresses()
given_files.read_by_what_they_hold()
st.set_page_config(page_icon=str(_HERE / "icon.svg"), layout="wide")
# Static style sheet, no typed text: less air above the title, so that the point of a page stands above the fold.
st.html(_HERE / "style.css")
# Below the page and sent before it: until the browser can run a script, a grey box stands in its place.
body = st.container()
with st.container(key="scripts"):  # style.css: it takes no room
    # Our own fixed scripts, with no typed text in them.
    for script in (
        _HERE / "browser.js",
        _HERE / "print.js",
        _HERE / "dots.js",
        files("ctxcore").joinpath("export/keys.js"),
    ):
        st.html(f"<script>{script.read_text(encoding='utf-8')}</script>", unsafe_allow_javascript=True)
try:
    settings()
except CtxError as error:
    st.error(messages.literal(str(error)))  # to the owner of the server, who mistyped one of its variables
    st.stop()
page = st.navigation(
    [
        st.Page(f"views/{page.name}.py", title=page.title, url_path=page.name, default=page.name == "idea")
        for page in PAGES.values()
    ],
    position="top",
)
# Every tab of the browser says which page it holds, whether it is seen or read out.
st.set_page_config(page_title=f"{page.title} \u00b7 {_NAME}")
state.on_page_change(page.url_path)
with body, widgets.drawing():
    page.run()
    save_row.row()
with st.container(key="arrived"):
    # Which text of which field has arrived: names of our own fields and numbers, and no typed text.
    # Pressed by our script: the page is drawn and says why.
    st.button("Why was the link not read?", key="link_unread", on_click=address.notify, args=(address.UNREAD_LINK,))
    st.html(f"<script>window.ctxKept?.({state.arrived()})</script>", unsafe_allow_javascript=True)
