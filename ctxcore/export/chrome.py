"""One Chrome that draws figures, and is watched: one that has ended or does not answer is stopped and never waited for."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from ctxcore.errors import ExportError

T = TypeVar("T")

_LONGEST = 60.0
"""Seconds that one figure may take in a browser that answers."""
_LOOK = 0.1
_NOBODY = "127.0.0.1:9"
"""A proxy that there is not: a browser that draws what is in its own page asks no other host for anything."""


class _GoneError(Exception):
    """The browser cannot be used any more. Says why."""


class _UndrawnError(Exception):
    """The browser lives, and gave no image of this figure. Says why."""


class Chrome:
    """A browser, driven from a thread of its own, so that no caller waits for one that is dead.

    Attributes:
        thread: Ends soon after :meth:`stop`.
        patience: Seconds without any answer after which it counts as dead; twice that, for two browsers, is below 15 s.
    """

    patience = 6.5

    def __init__(self) -> None:
        self._kaleido: Any = None
        self._crashed = False
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda loop, context: None)  # of what a stopped browser leaves behind
        self.thread = threading.Thread(target=self._run, name="chrome", daemon=True)
        self.thread.start()

    def draw(self, figure: dict[str, Any], options: dict[str, Any]) -> bytes:
        """The figure as an image. Starts the browser where it has not been started.

        Raises:
            _GoneError: The browser has ended, or does not answer.
            _UndrawnError: No browser is there to be started, or it does not draw this figure.
        """
        if self._kaleido is None:
            self._watched(self._open())
        return bytes(self._watched(self._kaleido.calc_fig(figure, opts=options)))

    def stop(self) -> None:
        """End the browser and whatever it has started. Waits for nothing."""
        process = self._process()
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def _open(self) -> None:
        from kaleido import Kaleido

        self._kaleido = Kaleido(mathjax=False, timeout=None, proxy_server=_NOBODY)
        await self._kaleido.open()
        for tab in self._kaleido.tabs.values():
            await tab.send_command("Inspector.enable")
            tab.subscribe("Inspector.targetCrashed", self._note_crash)

    async def _note_crash(self, event: Any) -> None:
        self._crashed = True

    async def _close(self) -> None:
        """Let kaleido remove its folders, then end the thread."""
        until = time.monotonic() + 2
        while self._process() is not None and not self._has_ended() and time.monotonic() < until:
            await asyncio.sleep(_LOOK / 5)  # kaleido would wait for an answer of a browser that is on its way out
        if self._kaleido is not None:
            with contextlib.suppress(Exception):  # of a dead browser; there is nobody to tell
                await asyncio.wait_for(self._kaleido.close(), 5)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_LOOK)
        self._loop.call_soon(self._loop.stop)

    async def _answer(self) -> None:
        """Ends when the browser answers something."""
        await self._kaleido.send_command("Browser.getVersion")

    def _process(self) -> Any:
        return getattr(self._kaleido, "subprocess", None)

    def _has_ended(self) -> bool:
        process = self._process()
        return process is not None and process.poll() is not None

    def _watched(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives, while the browser lives and answers."""
        task = asyncio.run_coroutine_threadsafe(work, self._loop)
        begun = heard = time.monotonic()
        asked: Future[None] | None = None
        while not task.done():
            wait([task], timeout=_LOOK)
            now = time.monotonic()
            if asked is not None and asked.done():
                heard = heard if asked.cancelled() or asked.exception() else now
                asked = None
            if self._has_ended() or self._crashed:
                raise _GoneError("it ended by itself")
            if now - heard > self.patience:
                raise _GoneError("it does not answer")
            if now - begun > _LONGEST:
                raise _UndrawnError(f"it took longer than {_LONGEST:.0f} s")
            asked = asked or asyncio.run_coroutine_threadsafe(self._answer(), self._loop)
        try:
            return task.result()
        # kaleido, choreographer and asyncio have no common base for what goes wrong in a browser, and list it nowhere.
        except Exception as error:
            if self._process() is not None:
                self._must_live(error)
            raise _UndrawnError(str(error)[:200] or type(error).__name__) from error

    def _must_live(self, error: Exception) -> None:
        """Passes where the browser answers once more: an error may come a moment before its cause is seen.

        Raises:
            _GoneError: It has ended, or does not answer.
        """
        asked = asyncio.run_coroutine_threadsafe(self._answer(), self._loop)
        until = time.monotonic() + self.patience
        while not (asked.done() or self._has_ended() or self._crashed):
            if time.monotonic() > until:
                raise _GoneError("it does not answer") from error
            wait([asked], timeout=_LOOK)
        if self._has_ended() or self._crashed or asked.cancelled() or asked.exception():
            raise _GoneError("it ended by itself") from error


class _Shared:
    """The one browser of this process. It answers callers in no fixed order, so they take turns."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._chrome: Chrome | None = None
        self._failed = 0.0
        self._reason = ""

    def draw(self, figure: dict[str, Any], options: dict[str, Any]) -> bytes:
        asked = time.monotonic()
        with self._turn:
            if asked < self._failed:  # it failed while this caller waited: the next one to ask tries anew
                raise _GoneError(self._reason)
            try:
                return self._tried(figure, options)
            except _GoneError as error:
                self._failed, self._reason = time.monotonic(), str(error)
                raise

    def stop(self, patience: float = 0.0) -> None:
        chrome, self._chrome = self._chrome, None
        if chrome is not None:
            chrome.stop()
            chrome.thread.join(patience)

    def _tried(self, figure: dict[str, Any], options: dict[str, Any]) -> bytes:
        """One browser, and one more where the first is gone."""
        for last in (False, True):
            self._chrome = self._chrome or Chrome()
            try:
                return self._chrome.draw(figure, options)
            except _GoneError:
                self.stop()
                if last:
                    raise
            except _UndrawnError:
                self.stop()  # rare, and a tab in an unknown state is not worth keeping
                raise
        raise AssertionError("unreachable")


_shared = _Shared()


def is_there() -> bool:
    """Is a Chrome or Chromium found that can be started?"""
    from choreographer.browsers.chromium import Chromium

    found = Chromium.find_browser(skip_local=False)
    return found is not None and os.access(found, os.X_OK) and os.path.isfile(found)


def draw(figure: dict[str, Any], options: dict[str, Any]) -> bytes:
    """A figure as an image.

    A browser that has ended, does not start or does not answer is replaced once; if that fails too this raises, after at most
    15 s, and the next call begins with a new browser. Callers who waited meanwhile get the same error at once.

    Raises:
        ExportError: No browser works here, or it cannot draw this figure.
    """
    try:
        return _shared.draw(figure, options)
    except _GoneError as error:
        what = f"Chrome was started twice and {error}" if str(error).startswith("it ") else str(error)
        raise _failed(options["format"], what) from error
    except _UndrawnError as error:
        raise _failed(options["format"], str(error)) from error


def stop() -> None:
    """End the browser, where one runs; the next figure starts another. Waits a few seconds for what it leaves behind."""
    _shared.stop(patience=5.0)


def _failed(format: str, what: str) -> ExportError:
    return ExportError(
        f"Chrome must draw the figure as {format}.",
        what,
        "Try again, or use the camera button of the figure itself, which needs no Chrome here.",
    )


atexit.register(stop)
