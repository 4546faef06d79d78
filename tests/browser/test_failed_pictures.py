"""Where the browser that draws pictures fails, a reader is told on the page, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import served
from .driving import download, open_export, open_idea

pytestmark = pytest.mark.browser


@pytest.fixture
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard whose browser ends as soon as it is started."""
    browser = tmp_path_factory.mktemp("browser") / "chrome"
    browser.write_text("#!/bin/sh\nexit 1\n")
    browser.chmod(0o755)
    with served(str(browser), tmp_path_factory.mktemp("server") / "log.txt") as address:
        yield address


def test_a_picture_that_fails_is_told_beside_its_button(
    failing: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page()
    open_idea(page, failing)
    typed = page.get_by_role("textbox", name="Sentences, one a line")
    open_export(page, "fan", "SVG").click()
    told = page.get_by_role("alert").filter(has_text="Chrome must draw the figure as svg")
    expect(told).to_contain_text("camera button of the figure itself")
    expect(told).to_contain_text("it ended by itself")
    assert "The dog ran quickly" in typed.input_value()
    assert download(page, "CSV", tmp_path).read_bytes().startswith(b"\xef\xbb\xbf")
    expect(page.get_by_role("button", name="What went wrong?")).to_be_hidden()
