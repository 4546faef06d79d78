"""A figure saved as HTML fits the frame that it is put into."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator

from ctxcore import export
from ctxcore.figures import fan_figure
from ctxcore.measures.projection import fan
from tests.samples import occurrences

pytestmark = pytest.mark.browser
_SENTENCES = ["The dog ran quickly.", "The program ran well.", "The mayor ran the city.", "A river ran by."]


def _saved(folder: Path) -> None:
    vectors = np.random.default_rng(2).normal(size=(4, 3, 5))
    drawn = fan_figure(fan(vectors), occurrences(vectors, _SENTENCES))
    (folder / "fan.html").write_bytes(export.figure_html(drawn, "The fan", {}))
    frames = "".join(f'<iframe id="f{h}" src="fan.html" width="{w}" height="{h}"></iframe>' for w, h in _FRAMES)
    (folder / "page.html").write_text(frames)


_FRAMES = ((600, 400), (360, 640), (1100, 900))


def test_play_and_slider_stay_in_sight_in_a_frame(chromium: Browser, tmp_path: Path) -> None:
    _saved(tmp_path)
    page = chromium.new_page(viewport={"width": 1200, "height": 2200})
    page.goto((tmp_path / "page.html").as_uri())
    for _, height in _FRAMES:
        frame = page.frame_locator(f"#f{height}")
        frame.locator(".main-svg").first.wait_for()
        outer, note = page.locator(f"#f{height}").bounding_box(), _box(frame.locator("p"))
        assert outer is not None
        for part in (".updatemenu-button", ".slider-rail-rect", ".slider-label"):
            box = _box(frame.locator(part).last)
            assert outer["x"] <= box[0]
            assert box[2] <= outer["x"] + outer["width"]
            assert outer["y"] <= box[1]
            assert box[3] <= note[1] + 1, (height, part)
        assert note[3] <= outer["y"] + outer["height"]
        drawn = _box(frame.locator("#figure"))
        assert drawn[3] - drawn[1] == pytest.approx(note[1] - drawn[1], abs=6)
    page.frame_locator("#f400").locator(".updatemenu-button").click(trial=True)  # nothing lies over it
    page.close()


def _box(part: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    box = part.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]
