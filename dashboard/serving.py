"""What stands between the network and the pages: host names, headers, an address for the owner's watch, and what a log holds."""

from __future__ import annotations

import asyncio
import re
import sys
import time
import webbrowser
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import psutil
import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.runtime.app_session import AppSession

from ctxcore.pages import MISSING, PAGES
from dashboard import journal, offered
from dashboard.collector import share_memory

_HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    # The address holds what a reader typed: no other site is told it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_HOST = re.compile(r"[\w.:\[\]-]+", re.ASCII)
_POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' ws://{host} wss://{host} data: blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""A page loads nothing from another host and sends nothing to one. Streamlit needs scripts and styles within the page."""
_OPEN = ("/_stcore/health", "/health")
"""What a proxy asks for, by whatever name it knows this server: numbers alone."""
_NOT_HERE = (
    "This server is not read by the name in this address, or from a page of another. Its owner lists the names in "
    "server.allowedHosts (STREAMLIT_SERVER_ALLOWED_HOSTS, with blanks between them).\n"
)
_since = time.monotonic()
_readers = 0


def begin() -> None:
    """Before the server listens.

    Raises:
        CtxError: A setting cannot be so.
    """
    share_memory()
    journal.keep_texts_out_of_logs()
    AppSession._handle_clear_cache_request = _keep  # type: ignore[method-assign]
    offered.names("model")
    # What the first page imports, so that its first reader does not wait for it. (Not at the top: those modules import this one.)
    import_module("dashboard.claims_panel")


def _keep(self: AppSession) -> None:
    """What all readers share is let go by none: any browser may send that it should be, and texts and models of all would be gone."""


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Open the reader's own browser, as Streamlit does for a script, where the machine has a screen; at the end, stop what was started.

    A server that is told to end ends by that signal, and what Python does at its exit is not done.
    """
    if not st.get_option("server.headless"):
        host = st.get_option("browser.serverAddress") or "localhost"
        address = f"http://{host}:{st.get_option('server.port')}"
        asyncio.get_running_loop().run_in_executor(None, webbrowser.open, address)
    yield
    if chrome := sys.modules.get("ctxcore.export.chrome"):
        chrome.stop()


def health(request: Request) -> JSONResponse:
    """How the server is, in numbers."""
    return JSONResponse(state(), headers={"Cache-Control": "no-store"})


def state() -> dict[str, Any]:
    """Seconds since the start, readers, memory, models and work; no text of a reader, and no name that one typed."""
    from dashboard import cache, store  # here: they open the libraries, and the server should listen before

    memory = psutil.Process().memory_info().rss
    return {
        "status": "ok",
        "seconds": round(time.monotonic() - _since),
        "readers": _readers,
        "memory_mb": memory // 1_000_000,
        "answers_mb": store.engine().kept_bytes // 1_000_000,
        "models": [journal.known("model", name) for name, _ in cache.in_memory("model")],
        "static": [journal.known("static", name) for name, _ in cache.in_memory("static")],
        "work": cache.turns().counts(),
    }


class Guard:
    """Answers only to the names that ``server.allowedHosts`` lists, and says how a browser may treat a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one reader for as long as the page is open."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if not (scope["path"] in _OPEN or (_is_allowed(host) and _is_own(origin, host))):
            refuse = WebSocketClose(1008) if scope["type"] == "websocket" else PlainTextResponse(_NOT_HERE, 403)
            await refuse(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._read(scope if _is_of(origin, host) else _without_origin(scope), receive, send)
        elif _is_no_page(scope):
            up = "../" if scope["path"].endswith("/") else "./"
            await RedirectResponse(f"{up}?{MISSING}=1&{scope['query_string'].decode('ascii', 'ignore')}")(
                scope, receive, send
            )
        else:
            await self._app(_without_origin(scope), receive, _with_headers(send, host))

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        global _readers
        _readers += 1
        try:
            await self._app(scope, receive, send)
        finally:
            _readers -= 1


def _is_allowed(host: str) -> bool:
    """As Streamlit decides it for what is not a page: names without the port, ``*.`` for those below one."""
    allowed: list[str] = st.get_option("server.allowedHosts")
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return not allowed or any(
        one == "*" or name == one.lower() or (one.startswith("*.") and name.endswith(one[1:].lower()))
        for one in allowed
    )


def _is_own(origin: str, host: str) -> bool:
    """Does a page of this server ask, or one of an origin that its owner lists? A request without an origin is no page's."""
    return not origin or _is_of(origin, host) or origin in st.get_option("server.corsAllowedOrigins")


def _is_of(origin: str, host: str) -> bool:
    return origin in (f"http://{host}", f"https://{host}")


def _without_origin(scope: Scope) -> Scope:
    """The request, whose origin is settled: to compare it, Streamlit would ask another host what this one is called."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"origin"]}


def _is_no_page(scope: Scope) -> bool:
    """Does a browser ask for a page that there is not? What it loads for a page is asked for otherwise."""
    path = scope["path"].strip("/")
    asks = scope["method"] == "GET" and Headers(scope=scope).get("accept", "").startswith("text/html")
    return asks and re.fullmatch(r"[\w-]+", path) is not None and path not in PAGES and f"/{path}" not in _OPEN


def _with_headers(send: Send, host: str) -> Send:
    policy = _POLICY.format(host=host if _HOST.fullmatch(host) else "")

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, "Content-Security-Policy": policy}.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
