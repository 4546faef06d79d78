"""Driving the dashboard: waiting for what it shows, reading its figures, and watching what it must never do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    TimeoutError,
    WebError,
    expect,
)

FIRST_LOAD = 120_000
"""Milliseconds until the models of a server are there."""
SENTENCES = "Sentences, one a line"
WORD_PAGE = "One word, many sentences"

LOOK = """
window.look = {
  plain(v) {
    if (v && v.bdata !== undefined) {
      const kinds = {f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i2: Int16Array,
                     u2: Uint16Array, i4: Int32Array, u4: Uint32Array};
      const flat = Array.from(new kinds[v.dtype](Uint8Array.from(atob(v.bdata), c => c.charCodeAt(0)).buffer));
      const wide = String(v.shape).includes(',') ? Number(String(v.shape).split(',')[1]) : 0;  // else one row
      return wide ? Array.from({length: flat.length / wide}, (_, i) => flat.slice(i * wide, i * wide + wide)) : flat;
    }
    if (ArrayBuffer.isView(v)) return Array.from(v);
    return Array.isArray(v) ? v.map(look.plain) : v;
  },
  find: selector => document.querySelector(selector),
  traces(selector) {
    const figure = look.find(selector);
    if (!figure || !figure._fullData) return [];
    return figure._fullData.map(t => Object.fromEntries(
      ['type', 'mode', 'name', 'x', 'y', 'z', 'text', 'customdata'].map(k => [k, look.plain(t[k])])));
  },
  heads: selector => look.traces(selector).filter(t => t.mode === 'markers+text'),
  count: selector => look.heads(selector).reduce((sum, t) => sum + t.x.length, 0),
  frames: selector => look.find(selector)._transitionData._frames.map(f => ({
    name: f.name, heads: f.data.map(t => ['x', 'y'].map(a => look.plain(t[a])))})),
};
"""
"""Runs before every page: reads plotly's figures, whose arrays arrive packed, as plain lists."""

RUNS = """
{
  // The fields of a protobuf message: numbers, and the bytes of what is nested.
  const fields = bytes => {
    const found = {};
    let at = 0;
    const number = () => {
      let sum = 0, unit = 1, byte;
      do { byte = bytes[at++]; sum += (byte & 127) * unit; unit *= 128; } while (byte > 127);
      return sum;
    };
    while (at < bytes.length) {
      const tag = number(), value = number();
      found[tag >> 3] = tag & 7 ? bytes.subarray(at, at += value) : value;
    }
    return found;
  };
  // BackMsg 11: rerun_script, and in it 6: is_auto_rerun. ForwardMsg 4: new_session, 6: script_finished, 2: early, for a rerun.
  let begun = false;
  window.asked = 0;
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      asked = 0;
      this.addEventListener('message', event => {
        const message = fields(new Uint8Array(event.data)), last = asked;
        begun = begun || 4 in message;
        if (begun && 6 in message && message[6] !== 2) setTimeout(() => { if (asked === last) asked = 0; }, 20);
      });
    }
    send(data) {
      const run = fields(data)[11];
      if (run && !fields(run)[6]) { asked = performance.now(); begun = false; }
      super.send(data);
    }
  };
}
"""
"""Runs before every page: a click returns before the server has heard of it, and for as long nothing on the page says that it will
be drawn anew. `asked` is when the last run was asked for that has not ended, 0 where there is none."""

FAN = ":is(.st-key-fan, .st-key-fan-layer) .js-plotly-plot"
PINNED = ".st-key-static .js-plotly-plot"


PANELS = {
    "Similarity": "similarity",
    "By layer": "self-similarity",
    "Neighbours and substitutes": "neighbours",
    "Senses": "bank-senses",
}
"""The panels of the second page, and a figure of each."""


class Watch:
    """What a browser context did.

    Attributes:
        errors: Errors in its console and uncaught ones.
        foreign: Requests to any host other than 127.0.0.1.
        requests: All requests.
        dialogs: What a script said by alert() and the like.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("dialog", self._dialog)
        context.on("page", lambda page: page.on("websocket", lambda socket: self._note(socket.url)))

    def _console(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        # Streamlit looks for its server under the path of a page first, finds none there and goes on to the root.
        probe = "404" in message.text and re.search(
            r"/(word|steps|heads|moving|next|unseen|usages|relations|side|models)/_stcore/(health|host-config)$", where
        )
        if message.type == "error" and not probe:
            self.errors.append(f"{message.text} ({where})")

    def _error(self, error: WebError) -> None:
        self.errors.append(str(error.error))

    def _request(self, request: Request) -> None:
        self._note(request.url)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("data", "blob"):
            return
        self.requests.append(url)
        if parts.hostname != "127.0.0.1":
            self.foreign.append(url)


def open_idea(page: Page, url: str, query: str = "") -> None:
    """The first page, with both of its figures."""
    page.goto(f"{url}/{query}")
    wait_for_plots(page)


def open_word(page: Page) -> None:
    """From the first page to the second, as a reader goes."""
    page.get_by_role("link", name=WORD_PAGE).click()
    page.get_by_role("heading", level=1, name="Where does one word go").wait_for()
    page.locator(".st-key-words_panel").wait_for(timeout=FIRST_LOAD)
    settled(page)


def wait_for_plots(page: Page) -> None:
    """Wait for both figures, as long as the models take; a page that broke is not waited for."""
    page.wait_for_function(
        "plots => plots.every(p => look.find(p)) || look.find('[data-testid=stException]')",
        arg=[PINNED, FAN],
        timeout=FIRST_LOAD,
    )
    settled(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def choose_panel(page: Page, panel: str, figure: str) -> None:
    """On the second page: open a panel of details, and wait for its figure."""
    page.get_by_role("radio", name=panel).click()
    page.locator(f".st-key-{figure} .js-plotly-plot").wait_for(timeout=FIRST_LOAD)
    settled(page)


def settled(page: Page) -> None:
    """Wait until what was asked for has been drawn, the server has nothing more to send and the page shows no progress.

    A request that no run answers, of a part of the page that is gone, is not waited for forever.
    """
    page.wait_for_function(
        """() => !(window.asked && performance.now() - asked < 20_000)
            && document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
            && !document.querySelector('[data-stale=true], [data-testid=stProgress], [data-testid=stSpinner]')""",
        timeout=FIRST_LOAD,
    )


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name=SENTENCES)


def word_field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Word", exact=True)


def write(page: Page, *sentences: str, word: str | None = None) -> None:
    """Type sentences, and a word first, as a reader does."""
    if word is not None:
        word_field(page).fill(word)
        word_field(page).press("Enter")
    editor(page).fill("\n".join(sentences))
    editor(page).press("Control+Enter")


def open_export(page: Page, figure: str, name: str) -> Locator:
    """Open what a figure can be taken away by, and choose a format; gives the button that fetches the file."""
    body = page.get_by_test_id("stPopoverBody")
    for last in (False, False, True):
        if not body.is_visible():
            page.get_by_role("button", name=f"Export {figure}", exact=True).click()
        try:
            body.get_by_role("radio", name=name, exact=True).click(timeout=10_000)
            break
        except TimeoutError:  # what was seen was a former one on its way out: it is pressed once more
            if last:
                raise
    return body.get_by_role("button", name=f"Download {name} {figure}", exact=True)


def download(page: Page, name: str, folder: Path, figure: str = "fan") -> Path:
    """Take a figure away in a format."""
    button = open_export(page, figure, name)
    button.wait_for()
    settled(page)
    with page.expect_download() as started:
        button.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    assert path.name == f"{figure}.{'py' if name == 'Python' else name.lower()}"
    page.keyboard.press("Escape")
    page.get_by_test_id("stPopoverBody").wait_for(state="hidden")
    return path


def traces(page: Page, figure: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("selector => look.traces(selector)", figure)
    return found


def heads(page: Page, figure: str = FAN) -> dict[str, list[tuple[float, float]]]:
    """Where the mentions stand, by the name of their trace."""
    found = page.evaluate("selector => look.heads(selector)", figure)
    return {t["name"]: list(zip(t["x"], t["y"], strict=True)) for t in found}


def frames(page: Page, figure: str = FAN) -> dict[str, list[list[tuple[float, float]]]]:
    """Where the mentions stand at each layer: frame -> one list a head trace."""
    found = page.evaluate("selector => look.frames(selector)", figure)
    return {f["name"]: [list(zip(x, y, strict=True)) for x, y in f["heads"]] for f in found}


def wait_for_mentions(page: Page, count: int, timeout: int | None = None) -> None:
    """Wait until the fan draws so many mentions."""
    try:
        page.wait_for_function("([f, n]) => look.count(f) === n", arg=[FAN, count], timeout=timeout)
    except TimeoutError as error:
        look = "f => [look.count(f), document.body.innerText, sessionStorage.getItem('ctx-drafts'), location.href]"
        shown = page.evaluate(look, FAN)
        raise AssertionError(f"Not {count} mentions; the page shows: {shown}") from error


def plain(text: str) -> str:
    """Text as a reader sees it: without the zero-width spaces that keep it from being read as markup."""
    return text.replace("\u200b", "")


def contrast(first: Sequence[float], second: Sequence[float]) -> float:
    """Contrast of two opaque colours, red, green and blue from 0 to 255, as WCAG counts it."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: Sequence[float]) -> float:
    shares = [c / 255 for c in color]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page when it is light, and where its colours are too faint when it is dark: rule, element and reason.

    What the two schemes differ in is colour, so a dark page is asked about what rests on it alone. The page is left in the other scheme
    than it was found in: drawing all figures in new ink takes as long as axe does. Our style sheet is there a moment after the first text.
    """
    page.wait_for_function(
        "() => [...document.querySelectorAll('style')].some(s => s.textContent.includes('stBaseButton-primary'))"
    )
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found, before = _of_scheme(page), page.evaluate(_GROUND)
    page.emulate_media(color_scheme="light" if _is_dark(page) else "dark")
    page.wait_for_function(f"before => ({_GROUND})() !== before", arg=before)
    settled(page)
    return found + _of_scheme(page)


def _is_dark(page: Page) -> bool:
    return bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))


def _of_scheme(page: Page) -> list[str]:
    dark = _is_dark(page)
    for _ in range(20):  # figures take on their new ink one after the other
        found = _violations(page, {"runOnly": ["color-contrast", "link-in-text-block"]} if dark else {})
        if not found:
            break
        page.wait_for_timeout(250)
    return [f"dark: {barrier}" for barrier in found] if dark else found


_GROUND = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


def _violations(page: Page, rules: dict[str, Any]) -> list[str]:
    found: list[str] = page.evaluate(
        """async rules => (await axe.run(document, {resultTypes: ['violations'], ...rules})).violations.flatMap(v =>
             v.nodes.map(n => `${v.id}: ${n.html.slice(0, 100)} | ${n.failureSummary.split('\\n').slice(1).join(' ')}`))""",
        rules,
    )
    return found
