"""Two servers behind one proxy: one dies, and its readers go on with their sentences on the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from benchmarks.load.server import Server, free_port

from .driving import FIRST_LOAD, editor, settled, wait_for_mentions
from .proxy import proxy

pytestmark = pytest.mark.browser


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[Server]:
    server = Server(free_port(), tmp_path / "log.txt")
    server.start()
    yield server
    server.stop()


def test_a_reader_of_a_server_that_dies_goes_on_at_the_other(
    open_page: Callable[..., Page], url: str, dying: Server
) -> None:
    ports = [urlsplit(address).port or 0 for address in (dying.address, url)]
    with proxy(ports) as address:
        page = open_page()
        page.goto(address)
        editor(page).wait_for(timeout=FIRST_LOAD)
        assert page.context.cookies()[0]["value"] == "0"
        editor(page).fill("The dog ran.\nThe car ran.\nThe river ran dry.")
        editor(page).press("Control+Enter")
        expect(page).to_have_url(re.compile("river"))
        dying.kill()
        wait_for_mentions(page, 3, timeout=FIRST_LOAD)
        settled(page)
        assert editor(page).input_value().splitlines() == ["The dog ran.", "The car ran.", "The river ran dry."]
        assert "1" in [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "server"]
    errors = page.watch.errors  # type: ignore[attr-defined]
    errors[:] = [error for error in errors if "disconnected" not in error and "ERR_" not in error]  # of the dead server
