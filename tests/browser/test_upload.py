"""Sentences from a file: lines of text, a column of a table, and what is said of a file that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from .driving import FAN, editor, heads, settled, wait_for_mentions

pytestmark = pytest.mark.browser


def test_lines_and_columns_become_sentences_and_bad_files_are_refused(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit()
    before = editor(page).input_value()
    body = _give(page, "mine.txt", "The dog ran.\n\n  The caf\u00e9 ran out of milk. \nA river ran here.\n".encode())
    expect(body.get_by_text("3 sentences.")).to_be_visible()
    assert editor(page).input_value() == before  # not yet
    body.get_by_role("button", name="Replace sentences").click()
    wait_for_mentions(page, 3)
    lines = ["The dog ran.", "The café ran out of milk.", "A river ran here."]
    expect(editor(page)).to_have_value("\n".join(lines))

    table = 'id,text,note\n1,"She ran, and won.",a\n2,The ink ran.,b\n'
    body = _give(page, "mine.csv", table.encode())
    column = body.get_by_role("combobox", name="Column with the sentences")
    column.click()
    options = page.get_by_role("option")
    expect(options).to_have_text(["id", "text", "note"])
    options.nth(1).click()
    expect(body.locator("[role=gridcell]")).to_have_text(["She ran, and won.", "The ink ran."])
    body.get_by_role("button", name="Append sentences").click()
    wait_for_mentions(page, 5)
    lines += ["She ran, and won.", "The ink ran."]
    expect(editor(page)).to_have_value("\n".join(lines))

    body = _give(page, "broken.csv", "id,text\n1,Er lief f\u00fcr mich.\n".encode("latin-1"))
    said = body.get_by_role("alert").filter(has_text="A text file must be encoded in UTF-8.")
    expect(said).to_contain_text("broken.csv, whose byte 20 is not UTF-8")
    expect(body.get_by_role("button", name="Replace sentences")).to_have_count(0)

    body = _give(page, "ragged.csv", b"id,text\n1,She ran,and won.\n")
    said = body.get_by_role("alert").filter(has_text="the same number of columns in every row")
    expect(said).to_contain_text("ragged.csv: 3 columns in line 2, 2 in the first")

    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(50 << 20)
    body = _give(page, large)
    expect(body.get_by_text("File must be 21.0MB or smaller.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(editor(page)).to_have_value("\n".join(lines))


def test_senses_and_groups_come_with_a_table_and_reach_the_list_the_link_and_a_reload(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    table = "year;label;sentence\n" + "".join(
        f"{1990 + i};{'ab'[i % 2]};Runner {i} ran, then ran on.\n" for i in range(6)
    )
    body = _give(page, "mine.csv", table.encode())
    for name, column in (("Column with the sentences", "sentence"), ("Sense", "label"), ("Group", "year")):
        expect(body.get_by_role("combobox", name=name)).to_have_value(column)
    expect(body.get_by_text("6 sentences.")).to_be_visible()
    body.get_by_role("combobox", name="Group").click()
    page.get_by_role("option", name="none").click()
    expect(body.locator("[role=columnheader]")).to_have_text(["sentence", "sense"])
    body.get_by_role("combobox", name="Group").click()
    page.get_by_role("option", name="year").click()
    expect(body.locator("[role=columnheader]")).to_have_text(["sentence", "sense", "group"])
    body.get_by_role("button", name="Replace sentences").click()
    # The sentences before have twelve mentions too: what is waited for is their senses.
    page.wait_for_function("f => look.heads(f).map(t => t.name).join() === 'a,b'", arg=FAN)
    page.keyboard.press("Escape")
    settled(page)
    for _ in range(2):
        assert {name: len(points) for name, points in heads(page).items()} == {"a": 6, "b": 6}
        page.get_by_role("button", name="Senses and occurrences").click()
        rows = page.get_by_test_id("stPopoverBody").locator("[role=row]")
        expect(rows.nth(1).locator("[role=gridcell]")).to_have_text(["true", "a", "1990", "Runner 0 ran, then ran on."])
        expect(rows.nth(4).locator("[role=gridcell]")).to_have_text(
            ["true", "b", "1991", "Runner 1 ran, then ran on.  (occurrence 2)"]
        )
        assert parse_qs(urlsplit(page.url).query)["grp"] == [str(1990 + i) for i in range(6)]
        page.reload()
        wait_for_mentions(page, 12)
        settled(page)


def test_a_first_row_that_is_data_is_kept_and_the_reader_decides(visit: Callable[..., Page]) -> None:
    page = visit()
    cells = _give(page, "mine.tsv", b"The dog ran home.\t0\nIt ran.\t1\n").locator("[role=gridcell]")
    expect(cells).to_have_text(["The dog ran home.", "It ran."])
    body = _give(page, "mine.csv", b"He ran,x\nShe ran,y\n")
    cells = body.locator("[role=gridcell]")
    expect(body.get_by_role("combobox", name="Column with the sentences")).to_have_value("He ran")
    expect(cells).to_have_text(["She ran"])
    settled(page)  # the controls of the file before are gone
    body.get_by_text("The first row names the columns").last.click()
    expect(body.get_by_role("combobox", name="Column with the sentences")).to_have_value("column 1")
    expect(cells).to_have_text(["He ran", "She ran"])
    body.get_by_role("button", name="Replace sentences").click()
    wait_for_mentions(page, 2)
    expect(editor(page)).to_have_value("He ran\nShe ran")


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (390, 664, "dark"), (844, 390, "light")])
def test_the_buttons_are_in_view_when_a_table_is_given(
    visit: Callable[..., Page], width: int, height: int, scheme: str
) -> None:
    page = visit(viewport={"width": width, "height": height}, color_scheme=scheme)
    table = "text,sense,year\n" + "".join(
        f"Runner {i} ran across the long field.,{'ab'[i % 2]},{i}\n" for i in range(20)
    )
    body = _give(page, "mine.csv", table.encode())
    expect(body.locator("[role=columnheader]")).to_have_text(["sentence", "sense", "group"])
    settled(page)
    replace = body.get_by_role("button", name="Replace sentences")
    page.wait_for_function(_IN_VIEW, arg=replace.element_handle())
    room = body.bounding_box()
    assert room
    assert room["height"] > 0.4 * height  # it has turned to the side where more room is
    # Rows and controls move under the buttons: what stands behind them is hidden.
    behind, ground = (page.locator(f).evaluate(_GROUND) for f in (_TAKES, "[data-testid=stPopoverBody]"))
    assert behind == ground == ("rgb(18, 22, 29)" if scheme == "dark" else "rgb(255, 255, 255)")
    replace.click()
    expect(editor(page)).to_have_value(re.compile(r"Runner 0 ran across the long field\.\nRunner 1 (.|\n)*Runner 19 "))


_TAKES = "[data-testid=stLayoutWrapper]:has(> .st-key-upload_take)"
_GROUND = "e => getComputedStyle(e).backgroundColor"
_IN_VIEW = """button => {
  const box = button.getBoundingClientRect();
  const corners = [[box.left + 4, box.top + 4], [box.right - 4, box.bottom - 4]];
  return corners.every(([x, y]) => button.contains(document.elementFromPoint(x, y)));
}"""
"""Is all of it where a pointer finds it, with nothing over it? A point outside of the window finds nothing."""


def _give(page: Page, file: str | Path, data: bytes = b"") -> Locator:
    """Open the pop-over if it is closed, take away the file that is there, and give another."""
    body = page.get_by_test_id("stPopoverBody")
    if not body.is_visible():
        page.get_by_role("button", name="Upload", exact=True).click()
    given = body.locator("input[type=file]")
    given.wait_for(state="attached")
    settled(page)
    before = body.get_by_role("button", name="Remove")
    if before.count():
        before.click()
        expect(before).to_have_count(0)
        settled(page)
    if isinstance(file, Path):
        given.set_input_files(file)
    else:
        given.set_input_files({"name": file, "mimeType": "text/plain", "buffer": data})
    name = file.name if isinstance(file, Path) else file
    expect(body.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    return body
