"""Every export of the fan is downloaded, read back and compared with the figure on the page; and its own controls move it."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from .conftest import watched
from .driving import FAN, LOOK, Watch, download, frames, heads, open_export, open_idea, settled, traces, wait_for_plots

pytestmark = pytest.mark.browser

_LABELS = {"dog", "children", "late", "stream", "program", "script", "laptop", "engine", "aunt", "company", "sister"}
_SENSES = ["moved along", "executed", "managed"]


@dataclass
class Taken:
    """What the first page shows, and each file that it gives."""

    heads: dict[str, Any]
    frames: dict[str, Any]
    traces: list[dict[str, Any]]
    files: dict[str, Path]


@pytest.fixture(scope="module")
def taken(chromium: Browser, url: str, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    folder = tmp_path_factory.mktemp("taken")
    with watched(chromium) as make:
        page = make()
        open_idea(page, url)
        files = {name: download(page, name, folder) for name in ("HTML", "SVG", "PNG", "PDF", "CSV", "JSON", "Python")}
        return Taken(heads(page), frames(page), traces(page, FAN), files)


def test_html_shows_the_same_figure_without_a_network(taken: Taken, chromium: Browser) -> None:
    path = taken.files["HTML"]
    offline = chromium.new_context(viewport={"width": 1440, "height": 900})
    offline.add_init_script(LOOK)
    offline.set_offline(True)
    watch = Watch(offline)
    alone = offline.new_page()
    alone.goto(path.as_uri())
    alone.wait_for_function("look.traces('#figure').length > 0")

    assert heads(alone, "#figure") == taken.heads
    assert frames(alone, "#figure") == taken.frames
    for there, here in zip(traces(alone, "#figure"), taken.traces, strict=True):
        for axis in "xy":  # trails are parted by gaps, which are equal to nothing
            np.testing.assert_array_equal(np.array(there[axis], float), np.array(here[axis], float))
    assert set(alone.locator("#figure .textpoint").all_text_contents()) >= _LABELS
    assert alone.title() == "The fan of “ran”"
    manifest = json.loads(alone.locator("#manifest").text_content() or "")
    assert manifest["model"] == "minilm-l6"
    assert manifest["sentences"][0] == "The dog ran quickly"
    assert manifest["made_with"]["plotly"]
    offline.close()
    assert watch.errors == []
    assert watch.requests == [path.as_uri()]


def test_images_are_whole_and_hold_the_labels(taken: Taken) -> None:
    drawing = ElementTree.parse(taken.files["SVG"]).getroot()
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {"".join(e.itertext()).strip() for e in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert texts >= _LABELS | {*_SENSES, "word embedding (layer 0)"}
    assert "▶ Play" not in texts  # on paper it does nothing
    *_, width, height = (float(n) for n in drawing.attrib["viewBox"].split())
    assert width >= 600
    assert 300 < height < 600

    pixels = _png(taken.files["PNG"])
    assert pixels.shape == (2 * height, 2 * width, 4)
    # White paper, and ink of every sense.
    colors = {tuple(c) for c in np.unique(pixels.reshape(-1, 4), axis=0)[:, :3]}
    assert {(255, 255, 255), (0x1F, 0x77, 0xC8), (0x0F, 0x9D, 0x73), (0xB0, 0x50, 0x9E)} <= colors

    printed = PdfReader(taken.files["PDF"])
    assert len(printed.pages) == 1
    text = printed.pages[0].extract_text()
    assert [label for label in _LABELS if label not in text] == []
    box = printed.pages[0].mediabox
    assert float(box.width) / float(box.height) == pytest.approx(width / height, rel=0.02)


def test_a_size_that_is_chosen_is_that_of_the_file_and_part_of_the_link(
    visit: Callable[..., Page], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit()
    open_export(page, "fan", "PNG")
    for label, value in (("Width, px", "500"), ("Height, px", "350"), ("Text, px", "16")):
        field = page.get_by_role("spinbutton", name=label)
        field.fill(value)
        field.press("Enter")
        settled(page)
    page.get_by_text("Citation line").click()
    expect(page.get_by_text("1,000 \u00d7 700 pixels")).to_be_visible()
    assert _png(download(page, "PNG", tmp_path)).shape == (700, 1000, 4)
    page.wait_for_url(lambda url: "export.cite=1" in url)

    other = open_page()
    other.goto(page.url)
    wait_for_plots(other)
    drawing = ElementTree.parse(download(other, "SVG", tmp_path)).getroot()
    assert (drawing.get("width"), drawing.get("height")) == ("500", "350")
    assert "all-MiniLM-L6-v2" in "".join(drawing.itertext())
    code = download(other, "Python", tmp_path).read_text(encoding="utf-8")
    assert "view=View(width=500, height=350, size=16, citation=True)" in code


def test_numbers_are_those_of_the_figure(taken: Taken) -> None:
    shown, moved, raw = taken.heads, taken.frames, taken.files["CSV"]
    table = pd.read_csv(raw, encoding="utf-8-sig", keep_default_na=False)
    assert raw.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(table.columns) == ["sentence", "word", "start", "end", "sense", "layer", "x", "y", "z"]
    assert len(table) == 12 * 7
    assert list(shown) == _SENSES
    for place, sense in enumerate(_SENSES):
        rows = table[table["sense"] == sense]
        assert rows[rows["layer"] == 6][["x", "y"]].to_numpy() == pytest.approx(np.array(shown[sense]), abs=1e-6)
        for layer in range(7):
            told = rows[rows["layer"] == layer][["x", "y"]].to_numpy()
            assert told == pytest.approx(np.array(moved[str(layer)][place]), abs=1e-6)
    first = table.iloc[0]
    assert first["sentence"][first["start"] : first["end"]] == first["word"] == "ran"

    parsed = json.loads(taken.files["JSON"].read_bytes())
    manifest = parsed["manifest"]
    assert manifest["word"] == "ran"
    assert manifest["sentences"] == list(dict.fromkeys(table["sentence"]))
    assert manifest["senses"] == list(table[table["layer"] == 0]["sense"])
    assert manifest["static"] == "glove-6b-50d"
    assert manifest["model"] == "minilm-l6"
    assert {"python", "ctxcore", "torch", "transformers", "plotly"} <= manifest["made_with"].keys()
    again = pd.DataFrame(parsed["data"])
    assert list(again.columns) == list(table.columns)
    assert again[["x", "y", "z"]].to_numpy() == pytest.approx(table[["x", "y", "z"]].to_numpy(), abs=1e-12)
    assert list(again["sentence"]) == list(table["sentence"])


def test_the_python_code_makes_the_same_figure(taken: Taken, tmp_path: Path) -> None:
    path, code = tmp_path / "fan.py", taken.files["Python"].read_text(encoding="utf-8")
    compile(code, str(path), "exec")
    assert repr("The dog ran quickly") in code
    assert repr("The program ran successfully") in code
    told = (
        "\nimport json, numpy as np\n"
        "heads = {t.name: np.stack([t.x, t.y], 1).tolist() for t in figure.data if t.mode == 'markers+text'}\n"
        "print(json.dumps(heads))\n"
    )
    path.write_text(code + told, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, path.name], cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout.splitlines()[-1])
    assert list(made) == list(taken.heads)
    for sense, points in taken.heads.items():
        assert np.array(made[sense]) == pytest.approx(np.array(points), abs=1e-6)
    assert (tmp_path / "figure.html").stat().st_size > 1_000_000


def test_slider_and_play_move_the_mentions_through_the_layers(visit: Callable[..., Page]) -> None:
    page = visit()
    layers = frames(page)
    assert list(layers) == [str(n) for n in range(7)]
    assert list(heads(page).values()) == layers["6"]
    assert len({str(points) for points in layers.values()}) == 7
    for layer in ("2", "0", "5"):
        drawn = page.evaluate(_DRAWN)
        _click_step(page, layer)
        _wait_until_at(page, layer, layers[layer])
        page.wait_for_function(f"old => {_DRAWN} !== old", arg=drawn)  # the markers follow the numbers

    page.evaluate("f => { window.seen = []; look.find(f).on('plotly_animatingframe', e => seen.push(e.name)); }", FAN)
    _click_step(page, "1")
    _wait_until_at(page, "1", layers["1"])
    page.locator(".st-key-fan .updatemenu-button").click()
    _wait_until_at(page, "6", layers["6"])
    assert page.evaluate("seen") == ["1", "2", "3", "4", "5", "6"]  # on from where it stands, layer by layer


_DRAWN = (
    "[...document.querySelectorAll('.st-key-fan .scatterlayer .point')].map(e => e.getAttribute('transform')).join()"
)


def _click_step(page: Page, layer: str) -> None:
    """Click the slider where the label of a layer stands."""
    rail = page.locator(".st-key-fan .slider-rail-touch-rect")
    label = page.locator(".st-key-fan .slider-label").get_by_text(layer, exact=True).bounding_box()
    box = rail.bounding_box()
    assert label is not None
    assert box is not None
    rail.click(position={"x": label["x"] + label["width"] / 2 - box["x"], "y": box["height"] / 2})


def _wait_until_at(page: Page, layer: str, places: list[list[tuple[float, float]]]) -> None:
    """Wait until the slider says a layer and all mentions stand where they belong there."""
    page.wait_for_function(
        """([f, said, x]) => look.find('.st-key-fan .slider-label').textContent === said
            && JSON.stringify(look.heads(f).map(t => t.x)) === JSON.stringify(x)""",
        arg=[FAN, f"layer {layer}", [[x for x, _ in points] for points in places]],
    )
    assert list(heads(page).values()) == places


def _png(path: Path) -> np.ndarray:
    """Pixels of a PNG of 8-bit colours with or without transparency, as red, green, blue and alpha."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]
        chunks.append((kind, body))
        at += 12 + length
    assert chunks[-1][0] == b"IEND"
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, interlaced) == (8, 0)
    channels = {2: 3, 6: 4}[color]
    packed = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows = np.frombuffer(packed, np.uint8).reshape(height, 1 + width * channels)
    pixels = np.full((height, width, 4), 255, np.uint8)
    above = np.zeros((width, channels), np.uint8)
    for y, row in enumerate(rows):
        above = _unfiltered(int(row[0]), row[1:].reshape(width, channels), above)
        pixels[y, :, :channels] = above
    return pixels


def _unfiltered(kind: int, row: np.ndarray, above: np.ndarray) -> np.ndarray:
    """One row of a PNG without its filter."""
    if kind == 0:
        return row.copy()
    if kind == 1:
        return np.cumsum(row, axis=0, dtype=np.uint8)
    if kind == 2:
        return row + above
    result = row.copy()
    left = corner = np.zeros(row.shape[1], np.int16)
    for x, up in enumerate(above.astype(np.int16)):
        if kind == 3:
            guess = (left + up) // 2
        else:
            straight = left + up - corner
            off = [abs(straight - near) for near in (left, up, corner)]
            guess = np.where((off[0] <= off[1]) & (off[0] <= off[2]), left, np.where(off[1] <= off[2], up, corner))
        left = (row[x] + guess).astype(np.uint8).astype(np.int16)
        result[x] = left
        corner = up
    return result
