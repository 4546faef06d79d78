"""A figure as the plain dictionaries that plotly.js takes: what a builder makes, and what a page, a file and a report are made of.

plotly's own objects check every attribute as it is set, which was half of what a page cost its server. Here nothing is checked while
drawing; :meth:`Drawing.figure` hands all of it to plotly, and the tests do so with every figure.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Trace = dict[str, Any]
_INNER = ("title", "margin", "legend", "scene", "pad")
"""Objects of a layout whose parts may be named in one word, as plotly does: ``title_text``, ``margin_t``."""
_INTEGERS = (np.int8, np.int16, np.int32)
_TYPED = {"i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"}
"""Arrays that travel as their bytes, in plotly.js's own notation."""


def trace(type: str, /, **parts: Any) -> Trace:
    """A trace; what is None is left out."""
    return {"type": type, **{name: part for name, part in parts.items() if part is not None}}


class Drawing:
    """Traces, layout and frames. Arrays stay NumPy's until it is written.

    Attributes:
        data: The traces, the lowest first.
        layout: All else.
        frames: What a slider or play button moves through.
    """

    def __init__(self, layout: Mapping[str, Any] | None = None) -> None:
        self.data: list[Trace] = []
        self.layout: dict[str, Any] = dict(layout or {})
        self.frames: list[dict[str, Any]] = []

    def add(self, *traces: Trace) -> None:
        """Draw above what is there."""
        self.data += traces

    def update_layout(self, changes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Merge into the layout; None takes a part out."""
        merge(self.layout, {**(changes or {}), **more})

    def update_xaxes(self, changes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """The same for all axes across."""
        for axis in self.axes("x"):
            merge(axis, {**(changes or {}), **more})

    def update_yaxes(self, changes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """The same for all axes upwards."""
        for axis in self.axes("y"):
            merge(axis, {**(changes or {}), **more})

    def axes(self, letter: str) -> list[dict[str, Any]]:
        """The axes across (``x``) or upwards (``y``): the first, and those that are laid out beside it."""
        self.layout.setdefault(f"{letter}axis", {})
        return [axis for name, axis in self.layout.items() if name.startswith(f"{letter}axis")]

    @property
    def annotations(self) -> list[dict[str, Any]]:
        """Texts that stand in or around the plot."""
        found: list[dict[str, Any]] = self.layout.setdefault("annotations", [])
        return found

    def add_annotation(self, **parts: Any) -> None:
        """A text."""
        self.annotations.append(parts)

    def add_shape(self, **parts: Any) -> None:
        """A line or frame."""
        self.layout.setdefault("shapes", []).append(parts)

    def copy(self) -> Self:
        """Another with the same arrays; what is changed in it is not changed here."""
        other = type(self)(_copied(self.layout))
        other.data, other.frames = _copied(self.data), _copied(self.frames)
        return other

    def figure(self) -> Figure:
        """plotly's own object, checked attribute by attribute."""
        from plotly.graph_objects import Figure

        return Figure({"data": self.data, "layout": self.layout, "frames": self.frames})

    def plain(self) -> dict[str, Any]:
        """Dictionaries, lists, texts and numbers alone, as JSON knows them; arrays are texts that plotly.js reads."""
        made: dict[str, Any] = {"data": _plain(self.data), "layout": _plain(self.layout)}
        return {**made, "frames": _plain(self.frames)} if self.frames else made

    def json(self) -> str:
        """The same as text."""
        return json.dumps(self.plain(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def drawing_of(figure: Drawing | Figure) -> Drawing:
    """A drawing as it is, or what plotly's own object holds."""
    if isinstance(figure, Drawing):
        return figure
    parts = figure.to_plotly_json()
    drawing = Drawing(parts["layout"])
    drawing.data, drawing.frames = parts["data"], parts.get("frames", [])
    return drawing


def merge(into: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Objects into objects, all else in the place of what was there."""
    for key, value in changes.items():
        outer, _, inner = key.partition("_")
        if inner and outer in _INNER:
            key, value = outer, {inner: value}
        if value is None:
            into.pop(key, None)
        elif isinstance(value, Mapping):
            there = into.get(key)
            into[key] = merge(there if isinstance(there, dict) else {}, value)
        else:
            into[key] = value
    return into


def objects(value: Any, without: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """All objects inside of one, itself first, but not those below the names given."""
    if isinstance(value, dict):
        yield value
        for key, part in value.items():
            if key not in without:
                yield from objects(part, without)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from objects(part, without)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, str) or value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.ndarray):
        return _typed(value)
    return _plain(value.item())  # one of NumPy's own numbers


def _typed(array: np.ndarray) -> Any:
    """An array as its bytes where plotly.js knows the type, else as lists."""
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and array.size:
        ends = np.array([array.min(), array.max()])
        array = next((array.astype(kind) for kind in _INTEGERS if (ends.astype(kind) == ends).all()), array)
    name = array.dtype.str[1:]
    if name not in _TYPED or not array.size:
        return _plain(array.tolist())
    raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    made = {"dtype": name, "bdata": base64.b64encode(raw.tobytes()).decode()}
    return made if array.ndim == 1 else {**made, "shape": ", ".join(map(str, array.shape))}
