"""What the attention heads cost: bytes of all heads beside BertViz, bytes of one, from head to head, memory on long sentences.

The dashboard is driven in a real browser, and the memory of its server is read where Linux says it.
"""

from __future__ import annotations

import itertools
import random
import re
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import bertviz
import numpy as np
import torch
from playwright.sync_api import Browser, Page, sync_playwright

import ctxcore
from benchmarks.page import _serving
from benchmarks.paired import Ratio, report
from ctxcore import Attention, figures
from ctxcore.measures.attention import merge, reduced, units
from ctxcore.models.contextual import ContextualModel

_MODELS = ("minilm-l6", "smollm2-135m")
_LONG = {"minilm-l6": 512, "smollm2-135m": 400}
"""Tokens of a long sentence."""
_CHANGES = 16
_PATIENCE = 120_000
_TEXT = (
    "When the old ferry finally reached the island, the captain told the tired passengers that the harbour would close at "
    "noon, so they carried their bags up the narrow path and looked for the small hotel that a friend had praised in her "
    "letters; it stood behind the church, and its owner, who had waited since the morning, gave each guest a key and a cup "
    "of tea before the rain began to fall on the roof and the street."
)
_LOOK = """
window.opened = () => [...document.querySelectorAll('.st-key-head :is(.fills path, .heatmaplayer image)')]
  .map(e => e.getAttribute('d') || e.getAttribute('href') || e.getAttribute('xlink:href')).join();
window.framed = () => document.querySelector('[class*=st-key-heads_] .shapelayer path')?.getAttribute('d');
window.titled = title => [...document.querySelectorAll('h2')].some(e => e.innerText.trim() === title);
window.settled = () => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-stale=true], [data-testid=stProgress], [data-testid=stSpinner]');
"""
"""Runs before every page: the opened figure and the frame around its small map as they are drawn, and whether all is there."""
_MIDDLE = """(plot, [layer, head]) => {
  const box = plot.getBoundingClientRect();
  const {xaxis, yaxis} = plot._fullLayout, points = plot._fullData[1];
  const at = points.customdata.findIndex(pair => pair[0] === layer && pair[1] === head);
  return [box.x + xaxis._offset + xaxis.d2p(points.x[at]), box.y + yaxis._offset + yaxis.d2p(points.y[at])];
}"""
"""Where on the screen a head's small map is."""
Head = tuple[int, int]


def sentence(model: ContextualModel, tokens: int) -> str:
    """Our text, over and over, of exactly so many tokens: cut between words, then filled up with a word of one token."""
    words: list[str] = []
    for word in itertools.cycle(_TEXT.split()):
        if _tokens(model, [*words, word]) > tokens:
            break
        words.append(word)
    words += ["too"] * (tokens - _tokens(model, words))
    if _tokens(model, words) != tokens:
        raise ValueError(f"no sentence of exactly {tokens} tokens")
    return " ".join(words)


def _tokens(model: ContextualModel, words: list[str]) -> int:
    text = [" ".join(words)]
    return model.too_long(text).get(0) or len(model.tokens(text)[0])


def payload(name: str, model: ContextualModel) -> list[Ratio]:
    """Bytes of all heads against BertViz's page, then of one head: by token, so that nothing is merged."""
    found = model.attention(sentence(model, 64))
    shown = units(found.tokens, found.words, by="token")
    maps = reduced(merge(found.weights, shown))
    label = f"{name}, {len(shown)} tokens"

    def small() -> str:
        return figures.maps_figure(maps, found.layers, found.heads, opened=(1, 0), units=len(shown)).to_json()

    ours, seconds = _size(small)
    theirs, their_seconds = _size(lambda: _head_view(found))
    print(
        f"{label}: all heads {ours / 1e3:.0f} kB in {1e3 * seconds:.0f} ms, "
        f"head_view {theirs / 1e6:.2f} MB in {1e3 * their_seconds:.0f} ms, 1/{theirs / ours:.0f}"
    )
    percent = 100 * ours / theirs
    ratios = [Ratio(f"{label}: all heads / head_view, in %", percent, percent, percent, seconds, 100 / 30)]
    for drawn, build in (("map", figures.head_figure), ("ribbons", figures.ribbons_figure)):
        every = [_size(lambda w=w, b=build: b(w, shown.labels, row=9).to_json()) for w in merged(found, shown)]
        sizes, times = zip(*every, strict=True)
        low, _, high = statistics.quantiles([size / 1e3 for size in sizes], n=4)
        what = f"{label}: {drawn}, greatest of {len(sizes)}, in kB"
        ratios.append(Ratio(what, max(sizes) / 1e3, low, high, statistics.median(times), 100))
    return ratios


def merged(found: Attention, shown: ctxcore.Units) -> Iterator[np.ndarray]:
    """Every head's map."""
    for weights in found.weights.reshape(-1, *found.weights.shape[2:]):
        yield merge(weights, shown)


def _head_view(found: Attention) -> str:
    attention = [torch.from_numpy(weights)[None] for weights in found.weights]
    page: str = bertviz.head_view(attention, [t.text for t in found.tokens], html_action="return").data
    return page


def _size(make: Callable[[], str]) -> tuple[int, float]:
    start = time.perf_counter()
    made = make()
    return len(made.encode()), time.perf_counter() - start


def head_changes(browser: Browser, address: str, name: str, model: ContextualModel, text: str | None) -> list[Ratio]:
    """From a click or a choice to the opened head, drawn as ribbons and as a map; the model is warm."""
    page = _visit(browser, address, name, text)
    label = f"{name}, {'default sentence' if text is None else f'{_tokens(model, text.split())} tokens'}"
    ratios, heads = [], _Heads(page, model)
    for drawn in ("ribbons", "map"):
        page.get_by_role("radio", name=drawn, exact=True).click()
        page.locator(f".st-key-head {'.fills' if drawn == 'ribbons' else '.heatmaplayer image'}").first.wait_for()
        _settle(page)
        for way in heads.ways[:2]:  # the first of each draws what later ones find ready
            heads.change(way)
        changes = [(way, *heads.change(way)) for _ in range(_CHANGES // len(heads.ways)) for way in heads.ways]
        low, median, high = statistics.quantiles([opened for _, opened, _ in changes], n=4)
        parts = [f"{way} {statistics.median(s for w, s, _ in changes if w == way):.3f}" for way in ("map", "select")]
        whole = statistics.median(whole for _, _, whole in changes)
        print(f"{label}, {drawn}: median by {', by '.join(parts)} s; the whole page stands after {whole:.3f} s")
        ratios.append(Ratio(f"{label}: {drawn} of another head, in s", median, low, high, median, 0.40))
    page.context.close()
    return ratios


class _Heads:
    """Opens head after head, each for the first time: by its small map and by the two controls in turn."""

    ways = ("map", "select", "map", "select")

    def __init__(self, page: Page, model: ContextualModel) -> None:
        self._page = page
        self._all = [(layer, head) for layer in range(1, model.layers + 1) for head in range(model.heads)]
        self._now = self._shown()
        self._seen = {self._now}
        self._chance = random.Random(7)
        self._choices = 0

    def change(self, way: str) -> tuple[float, float]:
        """Seconds until the opened head stands, and until the whole page does."""
        page, (drawn, frame) = self._page, self._page.evaluate("[opened(), framed()]")
        head, commit = self._by_map() if way == "map" else self._by_select()
        title = "Layer {}, head {}".format(*head)
        start = time.perf_counter()
        commit()
        page.wait_for_function("([title, before]) => titled(title) && opened() !== before", arg=[title, drawn])
        opened = time.perf_counter() - start
        page.wait_for_function("before => settled() && framed() && framed() !== before", arg=frame)
        self._now = head
        self._seen.add(head)
        return opened, time.perf_counter() - start

    def _by_map(self) -> tuple[Head, Callable[[], None]]:
        """Points at the map; what is timed begins with the press."""
        page, head = self._page, self._new(lambda pair: True)
        maps = page.locator("[class*=st-key-heads_] .js-plotly-plot")
        maps.scroll_into_view_if_needed()
        x, y = maps.evaluate(_MIDDLE, head)
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y, steps=3)
        maps.locator(".hovertext").get_by_text("layer {}, head {}".format(*head)).wait_for()
        page.wait_for_timeout(150)  # the figure follows the pointer every 50 ms: a hand rests longer than that

        def press() -> None:
            page.mouse.down()
            page.mouse.up()

        return head, press

    def _by_select(self) -> tuple[Head, Callable[[], None]]:
        """Finds the number in the list; what is timed begins with its choice."""
        page, (layer, head) = self._page, self._now
        self._choices += 1
        if self._choices % 2:
            label, new = "Layer", self._new(lambda pair: pair[1] == head)
        else:
            label, new = "Head", self._new(lambda pair: pair[0] == layer)
        number = new[0] if label == "Layer" else new[1]
        field = page.get_by_role("combobox", name=label, exact=True)
        field.click()  # brings it on screen, too: a list closes when the page is scrolled
        field.fill(str(number))
        option = page.get_by_role("option", name=str(number), exact=True)
        option.wait_for()
        return new, option.click

    def _new(self, fits: Callable[[Head], bool]) -> Head:
        return self._chance.choice([pair for pair in self._all if pair not in self._seen and fits(pair)])

    def _shown(self) -> Head:
        title = self._page.locator("h2", has_text=re.compile(r"^Layer \d+, head \d+$")).inner_text()
        layer, head = (int(n) for n in re.findall(r"\d+", title))
        return layer, head


def memory(browser: Browser, texts: dict[str, str]) -> list[Ratio]:
    """The server's memory when long sentences are looked at in both models, each with its panels and another head."""
    with _serving("dashboard/app.py") as address:
        for name in texts:
            _visit(browser, address, name, None).context.close()
        print(f"server with both models: {_resident(address)}")
        waits = []
        for name, text in texts.items():
            start = time.perf_counter()
            page = _visit(browser, address, name, text)
            waits.append(time.perf_counter() - start)
            page.get_by_role("radio", name="Rollout", exact=True).click()
            page.locator(".st-key-rollout .heatmaplayer image").wait_for(timeout=_PATIENCE)
            _settle(page)
            heads = _Heads(page, ctxcore.load_model(name))
            opened, whole = heads.change("select")
            page.context.close()
            print(
                f"{name}, {_LONG[name]} tokens: stands after {waits[-1]:.1f} s; "
                f"another head after {opened:.1f} s, the whole page after {whole:.1f} s; {_resident(address)}"
            )
        peak = _status(address)["VmHWM"]
    what = "peak memory with two long sentences, in GB"
    return [Ratio(what, peak, peak, peak, max(waits), 1.5)]


def _visit(browser: Browser, address: str, model: str, text: str | None) -> Page:
    """The page of heads in a session of its own, all drawn."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(_LOOK)
    page.set_default_timeout(_PATIENCE)
    page.goto(f"{address}heads?{urlencode({'model': model} | ({} if text is None else {'focus': text}))}")
    for figure in ("head", "head-scores"):
        page.locator(f".st-key-{figure} .main-svg").first.wait_for()
    _settle(page)
    return page


def _settle(page: Page) -> None:
    page.wait_for_function("settled()")


def _resident(address: str) -> str:
    now = _status(address)
    return f"resident {now['VmRSS']:.2f} GB, peak {now['VmHWM']:.2f} GB"


def _status(address: str) -> dict[str, float]:
    """Memory of the server at this address, in GB, as Linux has it."""
    port = str(urlsplit(address).port).encode()
    server = next(p for p in Path("/proc").glob("[0-9]*/cmdline") if port in p.read_bytes().split(b"\0"))
    lines = server.with_name("status").read_text().splitlines()
    return {key: int(kb.split()[0]) * 1024 / 1e9 for key, kb in (i.split(":") for i in lines) if key.startswith("Vm")}


def measure() -> list[Ratio]:
    models = {name: ctxcore.load_model(name) for name in _MODELS}
    ratios = [ratio for name, model in models.items() for ratio in payload(name, model)]
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-sync"]
        )
        with _serving("dashboard/app.py") as address:
            for name, model in models.items():
                for text in (None, sentence(model, 64)):
                    ratios += head_changes(browser, address, name, model, text)
        ratios += memory(browser, {name: sentence(models[name], tokens) for name, tokens in _LONG.items()})
        browser.close()
    return ratios


if __name__ == "__main__":
    torch.set_num_threads(1)
    report(measure())
