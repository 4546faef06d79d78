"""One tab of a browser without the browser: it speaks Streamlit's websocket protocol and keeps what its page shows.

It does what Streamlit's own script does in a browser: it keeps messages that the server then only refers to, sends the state of
every field that was touched, draws fragments anew while the server asks for it, and forgets what a run no longer drew.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.load.upload import put

PATIENCE = 60.0
"""Seconds without an answer: then it counts as lost."""
_LARGEST = 256 << 20
_STATUS = ForwardMsg.ScriptFinishedStatus
_STILL = 3.0
"""Seconds until a line of progress that nothing draws anew has the page drawn anew, as dashboard/browser.js does."""
_RUNS_KEPT = 2
"""Runs of the script for which a message is kept that the server may refer to, as ``global.maxCachedMessageAge`` says."""


class LostError(Exception):
    """No answer came, or the connection broke."""


@dataclass(frozen=True)
class Shown:
    """One element of the page: its kind (``plotly_chart``), the message, and the fragment and run that drew it."""

    kind: str
    value: Any
    fragment: str
    run: str

    @property
    def key(self) -> str:
        """What our program calls it; empty where it has no name."""
        return key_of(getattr(self.value, "id", ""))


def key_of(id: str) -> str:
    """``$$ID-<digest>-<key>`` ends in the key that the page gave."""
    return id.split("-", 2)[2] if id.startswith("$$ID-") else ""


class Tab:
    """A page of the dashboard, as one reader has it open.

    Attributes:
        query: The query of its address, which the server writes.
        first_figure: Seconds from :meth:`open` until the first figure was there; None before.
        sent_bytes: Bytes that the server sent.
        revived: How often a line of progress stood still, and the page was drawn anew.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.query = ""
        self.first_figure: float | None = None
        self.sent_bytes = self.revived = 0
        self._shown: dict[tuple[int, ...], Shown] = {}
        self._states: dict[str, WidgetState] = {}
        self._messages: dict[str, tuple[ForwardMsg, int]] = {}
        self._pages: dict[str, str] = {}
        self._page, self._session = "", ""
        self._runs, self._run = 0, ("", ())
        self._running = False
        self._asked: str | None = None
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._operations: dict[str, asyncio.Future[Any]] = {}
        self._changed = asyncio.Event()
        self._closed = ""
        self._opened = time.perf_counter()

    async def open(self, page: str = "", query: str = "") -> None:
        """Visit a page by its name and a link's query, as a browser does that has not been here before."""
        self._opened = time.perf_counter()
        host = urlsplit(self.address).netloc
        try:
            self._socket = await websockets.connect(
                f"ws://{host}/_stcore/stream", subprotocols=[websockets.Subprotocol("streamlit")],
                max_size=_LARGEST, open_timeout=PATIENCE, compression=None, proxy=None, ping_interval=None,
            )  # fmt: skip
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            raise LostError(f"no connection: {type(error).__name__}") from error
        self._listener = asyncio.create_task(self._listen())
        self.query = query
        await self._rerun(page_name=page)

    async def close(self) -> None:
        """The reader leaves."""
        for timer in self._timers.values():
            timer.cancel()
        if not hasattr(self, "_socket"):  # it never came to be open
            return
        await self._socket.close()
        await asyncio.gather(self._listener, return_exceptions=True)

    def all(self, kind: str) -> Iterator[Shown]:
        """What is shown of a kind, in the order of the page."""
        return (self._shown[path] for path in sorted(self._shown) if self._shown[path].kind == kind)

    def find(self, kind: str, key: str) -> Shown | None:
        """The element of that key."""
        return next((shown for shown in self.all(kind) if shown.key == key), None)

    def get(self, kind: str, key: str) -> Shown:
        """The same, where it must be there."""
        shown = self.find(kind, key)
        if shown is None:
            raise LostError(f"the page shows no {kind} of the key {key!r}")
        return shown

    async def go(self, page: str) -> None:
        """Another page of the navigation, by its name; the address begins empty there."""
        if page not in self._pages:
            raise LostError("the page never came")
        self.query = ""
        self._page = self._pages[page]
        await self._rerun()
        await self.settled()

    async def set(self, shown: Shown, wait: bool = True, **value: Any) -> None:
        """A field gets another value (``string_value="..."``), or a button is pressed (``trigger_value=True``)."""
        state = WidgetState(id=shown.value.id)
        (name, given), = value.items()  # fmt: skip
        if isinstance(given, list):
            getattr(state, name).data.extend(given)
        elif isinstance(given, FileUploaderState):
            state.file_uploader_state_value.CopyFrom(given)
        else:
            setattr(state, name, given)
        self._states[state.id] = state
        await self._rerun(fragment=shown.fragment)
        if name == "trigger_value":
            del self._states[state.id]
        if wait:
            await self.settled()

    async def file(self, shown: Shown) -> str:
        """The address of the file that a download button gives, made on the server now if it is made on demand."""
        if not shown.value.deferred_file_id:
            return f"{self.address}{shown.value.url}"
        number = uuid.uuid4().hex
        self._operations[number] = asyncio.get_running_loop().create_future()
        message = BackMsg()
        message.backend_operation_request.request_id = number
        message.backend_operation_request.session_id = self._session
        message.backend_operation_request.deferred_file.file_id = shown.value.deferred_file_id
        await self._send(message)
        try:
            answer = await asyncio.wait_for(self._operations[number], PATIENCE)
        except TimeoutError:
            raise LostError("a download was not made in time") from None
        finally:
            del self._operations[number]
        if answer.error_msg:
            raise LostError(f"a download failed: {answer.error_msg}")
        return f"{self.address}{answer.deferred_file.url}"

    async def upload(self, shown: Shown, name: str, data: bytes, sent: bool = True) -> None:
        """Give a file to an uploader: ask where it goes, send it there, then say that it is. Not ``sent``, it went with a former server."""
        number = uuid.uuid4().hex
        self._operations[number] = asyncio.get_running_loop().create_future()
        message = BackMsg()
        message.file_urls_request.request_id, message.file_urls_request.session_id = number, self._session
        message.file_urls_request.file_names.append(name)
        await self._send(message)
        try:
            answer = await asyncio.wait_for(self._operations[number], PATIENCE)
        except TimeoutError:
            raise LostError("nobody said where a file goes") from None
        finally:
            del self._operations[number]
        urls = answer.file_urls[0]
        try:
            if sent:
                await asyncio.to_thread(put, self.address, urls.upload_url, name, data)
        except OSError as error:
            raise LostError(f"a file was not sent: {error}") from None
        state = FileUploaderState()
        state.uploaded_file_info.add(name=name, size=len(data), file_id=urls.file_id, file_urls=urls)
        await self.set(shown, wait=False, file_uploader_state_value=state)

    @property
    def rests(self) -> bool:
        """Is the page drawn to the end, and waits for nothing more?"""
        return not self._running and not self._timers and not any(self.all("progress"))

    @property
    def works(self) -> bool:
        """Is the page drawn to the end, with a line of progress and a button that stops what it waits for?"""
        stops = any(shown.value.label == "Stop" for shown in self.all("button"))
        return not self._running and bool(self._timers) and stops

    async def settled(self, patience: float = PATIENCE, until: Callable[[], bool] | None = None) -> None:
        """Wait until the page is drawn to the end and waits for nothing more; or until what is given holds.

        Raises:
            LostError: It took too long, or the connection broke.
        """
        done = until or (lambda: self.rests)
        end = time.perf_counter() + patience
        while not done():
            if self._closed:
                raise LostError(self._closed)
            self._changed.clear()
            stands = not self._running and not self._timers and any(self.all("progress"))
            left = end - time.perf_counter()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.001, min(left, _STILL) if stands else left))
            except TimeoutError:
                if left <= _STILL or not stands:
                    raise LostError(f"no answer in {patience:.0f} s") from None
                self.revived += 1
                await self.set(self.get("button", "download_failed"), wait=False, trigger_value=True)

    async def _rerun(self, fragment: str = "", page_name: str = "", automatic: bool = False) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.page_name = self.query, self._page, page_name
        state.fragment_id, state.is_auto_rerun = fragment, automatic
        state.widget_states.widgets.extend(self._states.values())
        state.cached_message_hashes.extend(self._messages)
        state.context_info.url = f"{self.address}/{page_name}"
        if not automatic:
            self._running, self._asked = True, fragment
        await self._send(message)

    async def _send(self, message: BackMsg) -> None:
        try:
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed as error:
            raise LostError("the connection broke") from error

    async def _listen(self) -> None:
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self.sent_bytes += len(data)
                self._take(ForwardMsg.FromString(data))
                self._changed.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self._closed = "the connection broke"
            self._changed.set()
            for timer in self._timers.values():
                timer.cancel()
            for waiting in self._operations.values():
                if not waiting.done():
                    waiting.set_exception(LostError(self._closed))

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            kept, _ = self._messages[message.ref_hash]  # a server that refers to what was never sent is at fault
            self._messages[message.ref_hash] = kept, self._runs
            metadata = message.metadata
            message = ForwardMsg.FromString(kept.SerializeToString())
            message.metadata.CopyFrom(metadata)
            kind = message.WhichOneof("type")
        elif message.metadata.cacheable:
            self._messages[message.hash] = message, self._runs
        if take := getattr(self, f"_on_{kind}", None):
            take(message)

    def _on_new_session(self, message: ForwardMsg) -> None:
        found, run = message.new_session, message.metadata.run
        self._session = found.initialize.session_id or self._session
        self._run = run.script_run_id, tuple(run.fragment_ids)
        self._running = True
        if not run.fragment_ids or self._asked in run.fragment_ids:
            self._asked = None
        if not run.fragment_ids:
            self._page = found.page_script_hash
            for fragment in list(self._timers):
                self._timers.pop(fragment).cancel()

    def _on_navigation(self, message: ForwardMsg) -> None:
        pages = message.navigation.app_pages
        self._pages = {page.url_pathname: page.page_script_hash for page in pages}
        self._page = message.navigation.page_script_hash

    def _on_page_info_changed(self, message: ForwardMsg) -> None:
        self.query = message.page_info_changed.query_string

    def _on_backend_operation_response(self, message: ForwardMsg) -> None:
        self._arrived(message.backend_operation_response.request_id, message.backend_operation_response)

    def _on_file_urls_response(self, message: ForwardMsg) -> None:
        self._arrived(message.file_urls_response.response_id, message.file_urls_response)

    def _arrived(self, number: str, answer: Any) -> None:
        waiting = self._operations.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _on_auto_rerun(self, message: ForwardMsg) -> None:
        of = message.auto_rerun
        if of.fragment_id not in self._timers:
            self._timers[of.fragment_id] = asyncio.create_task(self._again(of.fragment_id, of.interval))

    def _on_stop_auto_rerun(self, message: ForwardMsg) -> None:
        for fragment in message.stop_auto_rerun.fragment_ids:
            if timer := self._timers.pop(fragment, None):
                timer.cancel()

    async def _again(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._rerun(fragment, automatic=True)

    def _on_delta(self, message: ForwardMsg) -> None:
        path, delta, run = tuple(message.metadata.delta_path), message.delta, self._run[0]
        kind = delta.WhichOneof("type")
        if kind == "add_block":
            inside = delta.add_block.WhichOneof("type") or "block"
            self._shown[path] = Shown(inside, getattr(delta.add_block, inside, None), delta.fragment_id, run)
        elif kind == "new_element":
            for below in [p for p in self._shown if len(p) > len(path) and p[: len(path)] == path]:
                del self._shown[below]
            inside = delta.new_element.WhichOneof("type") or "empty"
            shown = self._shown[path] = Shown(inside, getattr(delta.new_element, inside), delta.fragment_id, run)
            if inside == "plotly_chart" and self.first_figure is None:
                self.first_figure = time.perf_counter() - self._opened
            if getattr(shown.value, "set_value", False):  # the server says what stands there, whatever was typed
                self._states.pop(shown.value.id, None)

    def _on_script_finished(self, message: ForwardMsg) -> None:
        run, fragments = self._run
        if message.script_finished == _STATUS.FINISHED_EARLY_FOR_RERUN or message.metadata.run.script_run_id not in (
            "",
            run,
        ):
            return  # another run follows, or has begun
        if message.script_finished == _STATUS.FINISHED_SUCCESSFULLY and not fragments:
            self._shown = {p: s for p, s in self._shown.items() if s.run == run}
            self._runs += 1
            self._messages = {h: (m, n) for h, (m, n) in self._messages.items() if n > self._runs - _RUNS_KEPT}
            here = {getattr(shown.value, "id", "") for shown in self._shown.values()}
            self._states = {id: state for id, state in self._states.items() if id in here}
        elif fragments:
            self._shown = {p: s for p, s in self._shown.items() if s.fragment not in fragments or s.run == run}
        self._running = self._asked is not None  # what was asked for has not begun: this was a line of progress
