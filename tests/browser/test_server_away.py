"""The connection breaks, or the server is started anew: it is said, and what was typed reaches the server once it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from .driving import editor, open_idea, settled, wait_for_mentions, word_field

pytestmark = pytest.mark.browser

SAYS = "The server does not answer"


_ANEW = """
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(url, names) { super(url, Array.isArray(names) ? names.slice(0, 2) : names); }
};
"""
"""The third name tells the server which session goes on: without it one begins, as on a server that was started anew."""


class Line:
    """The connection between a page and its server, which can be cut."""

    def __init__(self, page: Page) -> None:
        self.cut = False
        self._ends: list[WebSocketRoute] = []
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, end: WebSocketRoute) -> None:
        if self.cut:
            end.close()
            return
        end.connect_to_server()
        self._ends.append(end)

    def break_(self) -> None:
        self.cut = True
        for end in self._ends:
            end.close()
        self._ends.clear()


@pytest.fixture
def page(open_page: Callable[..., Page], url: str) -> Iterator[Page]:
    found = open_page()
    found.line = Line(found)  # type: ignore[attr-defined]
    open_idea(found, url)
    yield found
    errors = found.watch.errors  # type: ignore[attr-defined]
    errors[:] = [error for error in errors if "when disconnected from server" not in error]  # Streamlit's, and true


@pytest.mark.parametrize(
    ("field", "at", "typed", "mentions", "anew"),
    [
        (editor, "Control+End", "\nThe river ran dry.", 13, False),
        (editor, "Control+End", "\nThe river ran dry.", 13, True),
        (word_field, "Control+A", "hotel", 1, True),
    ],
)
def test_text_that_was_typed_as_the_connection_broke_is_sent_once_it_is_back(
    page: Page, field: Callable[[Page], Locator], at: str, typed: str, mentions: int, anew: bool
) -> None:
    if anew:
        page.add_init_script(_ANEW)
        page.reload()
        wait_for_mentions(page, 12)
        settled(page)
    box = field(page)
    box.press(at)
    box.press_sequentially(typed)
    text = box.input_value()
    page.line.break_()  # type: ignore[attr-defined]
    expect(box).to_be_disabled()
    told = page.get_by_role("status").filter(has_text=SAYS)
    expect(told).to_be_visible()
    page.line.cut = False  # type: ignore[attr-defined]
    expect(told).to_have_count(0)
    wait_for_mentions(page, mentions)
    settled(page)
    assert box.input_value().rstrip() == text
    query = parse_qs(urlsplit(page.url).query)
    assert typed.strip() in (query["s"][-1], query["word"][0])


def test_a_break_with_nothing_typed_changes_nothing(page: Page) -> None:
    before, address = editor(page).input_value(), page.url
    page.line.break_()  # type: ignore[attr-defined]
    expect(page.get_by_role("status").filter(has_text=SAYS)).to_be_visible()
    page.line.cut = False  # type: ignore[attr-defined]
    expect(page.get_by_role("status").filter(has_text=SAYS)).to_have_count(0)
    expect(editor(page)).to_be_enabled()
    wait_for_mentions(page, 12)
    assert (editor(page).input_value(), page.url) == (before, address)


def test_a_line_of_progress_that_stands_still_has_the_page_drawn_anew(page: Page) -> None:
    """On a busy server Streamlit loses what is left of a run when a fragment is asked for just as it ends."""
    settled(page)
    page.evaluate("""() => {
      const app = document.querySelector('[data-testid=stApp]');
      new MutationObserver(() => { window.drawn = true; }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
      document.body.append(Object.assign(document.createElement('div'), {id: 'still'}));
      document.getElementById('still').dataset.testid = 'stProgress';
    }""")
    page.wait_for_function("window.drawn === true")
    page.evaluate("document.getElementById('still').remove()")
