"""A notebook of three lines, run and read with the network off."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, expect

LINES = """import ctxcore
sentences = ["The dog ran quickly", "The program ran successfully"]
ctxcore.chart("head", focus=sentences[0], at=2, sentences=sentences)"""


def test_three_lines_show_a_figure_with_no_network(chromium: Browser, tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LINES)])
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = notebook.cells[0].outputs[-1].data
    assert set(shown) == {"text/plain", "text/html", "application/vnd.plotly.v1+json"}
    assert shown["text/plain"].startswith("HeadChart(")
    assert len(shown["text/html"]) < 3_000_000
    assert shown["application/vnd.plotly.v1+json"]["data"]
    page = tmp_path / "notebook.html"
    page.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")
    context = chromium.new_context(offline=True)
    try:
        opened = context.new_page()
        opened.goto(page.as_uri())
        frame = opened.frame_locator("iframe")
        expect(frame.locator(".main-svg").first).to_be_visible(timeout=60_000)
        expect(frame.get_by_text("ran", exact=True).first).to_be_visible()
    finally:
        context.close()
