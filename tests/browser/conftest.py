"""A server of the dashboard, a Chromium, and pages that are watched for errors and for requests to other hosts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from .driving import LOOK, RUNS, Watch, open_idea

ROOT = Path(__file__).resolve().parents[2]
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # No test reaches for a network, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_PATIENCE = 30_000
"""Milliseconds: nothing takes as long; a busy machine may."""
expect.set_options(timeout=_PATIENCE)
_USUAL: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
"""A window. Nothing in it moves while the server is waited for: each frame is painted by the processor."""


_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_failed] = report.failed or item.stash.get(_failed, False)
    return report


@pytest.fixture(scope="package")
def playwright_api() -> Iterator[Playwright]:
    with sync_playwright() as api:
        yield api


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Where the browser is: the machine's own, else the one that Playwright installed."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        with sync_playwright() as api:
            path = api.chromium.executable_path
    if not Path(path).exists():
        why = (
            "the browser tests need Chromium or Chrome and this machine has none: install the package chromium, or run "
            f"{sys.executable} -m playwright install chromium"
        )
        if os.environ.get("CTXCORE_REQUIRE_BROWSER") == "1":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    return path


@pytest.fixture(scope="package")
def chromium(playwright_api: Playwright, browser_path: str) -> Iterator[Browser]:
    browser = playwright_api.chromium.launch(executable_path=browser_path, args=_FLAGS)
    yield browser
    browser.close()


class Drawing:
    """The browser that draws SVG, PNG and PDF for the server. It can be made to fail."""

    def __init__(self, browser: str, folder: Path) -> None:
        self._broken, self.program = folder / "broken", folder / "chrome"
        self.program.write_text(f'#!/bin/sh\n[ -e "{self._broken}" ] && exit 1\nexec "{browser}" "$@"\n')
        self.program.chmod(0o755)
        self.server = 0

    @contextmanager
    def failing(self) -> Iterator[None]:
        """The one that runs is ended, and each that is started ends at once."""
        self._broken.touch()
        for process in psutil.Process(self.server).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.name().startswith("chrom"):
                    process.kill()
        yield
        self._broken.unlink()


@pytest.fixture(scope="session")
def drawing(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    return Drawing(browser_path, tmp_path_factory.mktemp("drawing"))


def _usual() -> dict[str, str]:
    """The environment without the limits of these tests' own process: servers have those that they come with."""
    return {name: value for name, value in os.environ.items() if name != "CTXCORE_PROCESS_MB"}


@pytest.fixture(scope="session")
def url(drawing: Drawing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard that runs for these tests alone, one a worker: files of other folders run between theirs."""
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [*command, "--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"],
            cwd=ROOT,
            env={**_usual(), "BROWSER_PATH": str(drawing.program)},
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that the browser which draws the images ends with it
        )
    drawing.server = server.pid
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(server, address, log)
        yield address
    finally:
        _end(server)


@contextmanager
def watched(chromium: Browser, failed: Callable[[], bool] = lambda: False) -> Iterator[Callable[..., Page]]:
    """Pages in contexts of their own; in the end none may have logged an error or asked another host."""
    watches: list[Watch] = []
    contexts = []

    def make(**options: Any) -> Page:
        context = chromium.new_context(**_USUAL | options)
        context.set_default_timeout(_PATIENCE)
        context.add_init_script(LOOK + RUNS)
        contexts.append(context)
        watches.append(Watch(context))
        page = context.new_page()
        page.watch = watches[-1]  # type: ignore[attr-defined]
        # At each frame, as it would be otherwise, the browser has to paint one: that takes the server a third of its time.
        page.wait_for_function = partial(page.wait_for_function, polling=100)  # type: ignore[method-assign]
        return page

    try:
        yield make
    finally:
        for context in contexts:
            if failed():  # what a reader saw says more than what was waited for
                for page in context.pages:
                    print(page.url, page.locator("body").inner_text(), sep="\n")
            context.close()
    assert [e for w in watches for e in w.errors] == []
    assert [r for w in watches for r in w.foreign] == []
    assert [d for w in watches for d in w.dialogs] == []


@pytest.fixture
def open_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Pages that are watched until the test ends."""
    with watched(chromium, lambda: request.node.stash.get(_failed, False)) as make:
        yield make


@pytest.fixture
def visit(open_page: Callable[..., Page], url: str) -> Callable[..., Page]:
    """Opens the first page, with a query if one is given, in a watched context of its own."""

    def make(query: str = "", **options: Any) -> Page:
        page = open_page(**options)
        open_idea(page, url, query)
        return page

    return make


def _wait_until_healthy(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        if server.poll() is not None or time.monotonic() > until:
            pytest.fail(f"the dashboard did not start:\n{log.read_text(errors='replace')[-3000:]}", pytrace=False)
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            # Not listening yet; wait for the process, which returns at once if it has ended.
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server and what it started, by its own process group."""
    for kind, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, 5)):
        try:
            os.killpg(server.pid, kind)
        except ProcessLookupError:
            break
        try:
            server.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    server.wait(5)
