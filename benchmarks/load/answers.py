"""What the library itself answers, and whether a page shows the same: every figure, number by number, and the figures in words.

An answer is looked at after the readers have left, so that looking costs them nothing.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import numpy as np
from PIL import Image

from ctxcore import Engine
from ctxcore.charts.chart import Chart
from ctxcore.charts.listing import charts_of_page
from ctxcore.charts.selection import select
from ctxcore.charts.static_words import StaticVectors
from ctxcore.figures.theme import part_note
from ctxcore.measures.geometry import distinct, greatest_distance
from ctxcore.pages import PAGES
from ctxcore.workspace import Workspace
from dashboard.examples import default
from dashboard.links import KEYS, LEAVES, Link

FIRST = "idea"
SHOWS = {
    "idea": {"static", "fan"},
    "word": {"static", "static-similarity", "similarity"},
    "steps": set(),
    "heads": {"heads", "head"},
    "moving": {"moving", "moved-vector"},
    "next": {"ladder"},
    "unseen": {"word-by-word"},
    "relations": {"near"},
    "side": set(),
}
"""Figures without which a page, as readers use it here, is no answer."""
_NEAR = 1e-3
"""Of the largest value of an array. Float32 sums of other batches differ by some 1e-6; another sentence by far more."""
_SMALL = 0.01
"""What counts as a size: shares and cosines that ought to be 0 come out as 1e-7."""
_IMAGE = "data:image/png;base64,"
_NUMBER = re.compile(r"[-\u2212]?\d[\d,]*(?:\.\d+)?")
_DTYPES = {"f4": "<f4", "f8": "<f8", "i1": "i1", "u1": "u1", "i2": "<i2", "u2": "<u2", "i4": "<i4", "u4": "<u4"}


@dataclass(frozen=True)
class Answer:
    """What stood on a reader's page, once it had settled.

    Attributes:
        page: Which.
        query: Of its address.
        figures: JSON of each figure by its key.
        metrics: Value of each figure in words, by its label.
        chosen: What the reader had typed and chosen by then, by the names of the workspace's fields.
    """

    page: str
    query: str
    figures: tuple[tuple[str, str], ...]
    metrics: tuple[tuple[str, str], ...]
    chosen: tuple[tuple[str, Any], ...]


def workspace_of(query: str) -> Workspace:
    """What an address says, as the dashboard reads it."""
    found = parse_qs(query, keep_blank_values=True)
    return Link({key: found.get(key, []) for key in KEYS}).workspace(default())


class Library:
    """Answers by the library in this process, each worked out once."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine or Engine()
        self._drawn = lru_cache(maxsize=4096)(self._draw)
        self._right: set[tuple[Chart[Any], str]] = set()

    def wrong(self, answer: Answer) -> list[str]:
        """What of an answer is not as the library has it; empty where all is right."""
        workspace = workspace_of(answer.query)
        found = [
            f"{name} is {LEAVES[name].of(workspace)!r} in the address and not {value!r}"
            for name, value in answer.chosen
            if LEAVES[name].of(workspace) != value
        ]
        shown = {re.sub(r"_\d+$", "", key): spec for key, spec in answer.figures}
        found += [f"no figure {key}" for key in sorted(SHOWS[answer.page] - set(shown))]
        charts = self._charts(answer.page, workspace) if shown else {}
        for key, spec in shown.items():
            if key not in charts:
                found.append(f"{key} is no figure of this workspace")
            elif (charts[key], spec) not in self._right:
                differing = list(differences(plain(json.loads(spec)), self._drawn(charts[key]), key))
                found += differing[:3]
                if not differing:
                    self._right.add((charts[key], spec))
        return found + self._metrics(answer, workspace)

    def _charts(self, page: str, workspace: Workspace) -> dict[str, Chart[Any]]:
        listed = charts_of_page(PAGES[page], workspace, self.engine)
        return {one.chart.id: one.chart for one in listed if one.chart is not None}

    def _draw(self, chart: Chart[Any]) -> Any:
        figure, _ = part_note(chart.drawn(self.engine.get(chart.of)))
        return plain(figure.plain())

    def _metrics(self, answer: Answer, workspace: Workspace) -> list[str]:
        if answer.page not in ("idea", "word"):
            return []
        selection = select(workspace, self.engine)
        static = self.engine.get(StaticVectors(workspace.static, selection.words))
        if answer.page == "idea":
            apart = greatest_distance(static[list(selection.pair)]) if selection.pair else 0
            expected = (
                {"The two static vectors": "identical" if apart == 0 else f"{apart:.2f} apart"}
                if selection.pair
                else {}
            )
        else:
            vectors = self.engine.get(selection.vectors()).vectors[:, selection.layer]
            expected = {
                "Distinct vectors": f"{distinct(static)} of {len(static)}",
                f"Distinct vectors at layer {selection.layer}": f"{distinct(vectors)} of {len(vectors)}",
            }
        shown = dict(answer.metrics)
        return [
            f"{label}: {shown.get(label)} and not {value}"
            for label, value in expected.items()
            if shown.get(label) != value
        ]


def plain(value: Any) -> Any:
    """A figure's JSON with packed arrays opened and without its template, which the page sets."""
    if isinstance(value, dict):
        if "bdata" in value:
            numbers = np.frombuffer(base64.b64decode(value["bdata"]), _DTYPES[value["dtype"]])
            shape = [int(n) for n in str(value["shape"]).split(",")] if "shape" in value else [-1]
            return numbers.reshape(shape).tolist()
        return {name: plain(part) for name, part in value.items() if name != "template"}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


def differences(shown: Any, right: Any, at: str) -> Iterator[str]:
    """Where two values differ by more than rounding does; a text's numbers by more than their last digit."""
    if isinstance(right, dict) and isinstance(shown, dict):
        for name in sorted(shown.keys() | right.keys()):
            yield from differences(shown.get(name), right.get(name), f"{at}.{name}")
    elif isinstance(right, list) and isinstance(shown, list):
        if _numbers(shown) and _numbers(right) and len(shown) == len(right):
            a, b = np.array(shown, float), np.array(right, float)
            size = float(np.max(np.abs(b[np.isfinite(b)]), initial=_SMALL))
            if not np.allclose(a, b, rtol=0, atol=_NEAR * size, equal_nan=True):
                yield f"{at}: up to {float(np.max(np.abs(a - b)[np.isfinite(a - b)], initial=0)):.3g} from the library's"
        elif len(shown) != len(right):
            yield f"{at}: {len(shown)} values and not {len(right)}"
        else:
            for i, (a, b) in enumerate(zip(shown, right, strict=True)):
                yield from differences(a, b, f"{at}[{i}]")
    elif isinstance(right, str) and isinstance(shown, str) and right.startswith(_IMAGE) and shown.startswith(_IMAGE):
        if not _same_image(shown, right):
            yield f"{at}: another image"
    elif isinstance(right, str) and isinstance(shown, str):
        if shown != right and not _same_text(shown, right):
            yield f"{at}: {shown[:60]!r} and not {right[:60]!r}"
    elif _number(shown) and _number(right):
        if abs(shown - right) > _NEAR * max(_SMALL, abs(right)):
            yield f"{at}: {shown} and not {right}"
    elif shown != right:
        yield f"{at}: {str(shown)[:60]} and not {str(right)[:60]}"


def _same_image(shown: str, right: str) -> bool:
    """Of one size, and every cell within one step of the colour scale, where a share that is rounded may fall on either side."""
    first, second = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(text.removeprefix(_IMAGE)))), dtype=int)
        for text in (shown, right)
    )
    return first.shape == second.shape and int(np.abs(first - second).max(initial=0)) <= 1


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(values: list[Any]) -> bool:
    return bool(values) and all(map(_number, values))


def _same_text(shown: str, right: str) -> bool:
    """Equal but for the last digit of a number."""
    if _NUMBER.sub("#", shown) != _NUMBER.sub("#", right):
        return False
    for a, b in zip(_NUMBER.findall(shown), _NUMBER.findall(right), strict=True):
        unit = 10.0 ** -len(b.partition(".")[2])
        first, second = (float(text.replace(",", "").replace("\u2212", "-")) for text in (a, b))
        if abs(first - second) > 1.01 * unit * ("." in b):
            return False
    return True
