"""Where the browser that draws pictures fails, a reader is told on the page, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Drawing
from .driving import download, open_export

pytestmark = pytest.mark.browser


def test_a_picture_that_fails_is_told_beside_its_button(
    drawing: Drawing, visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit("?word=ran&s=A+browser+ran+away.&s=The+picture+ran+late.")  # not drawn for anyone before
    typed = page.get_by_role("textbox", name="Sentences, one a line")
    with drawing.failing():
        open_export(page, "fan", "SVG").click()
        told = page.get_by_role("alert").filter(has_text="Chrome must draw the figure as svg")
        expect(told).to_contain_text("camera button of the figure itself")
        expect(told).to_contain_text("it ended by itself")
    assert "A browser ran away." in typed.input_value()
    assert download(page, "CSV", tmp_path).read_bytes().startswith(b"\xef\xbb\xbf")
    expect(page.get_by_role("button", name="What went wrong?")).to_be_hidden()
