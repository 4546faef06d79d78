"""The sheet that a figure is drawn on: how much room labels, names and notes have.

Builders know their height and not the width that their figure will have: a page gives it what it has. Where a reader asks for a
size (:class:`ctxcore.view.View`) a sheet is laid under the drawing, and what places text reads it: no builder hands it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LETTER = 0.52
"""Width of a letter, as a share of the size of its font."""


@dataclass(frozen=True)
class Sheet:
    """Pixels at the text size that builders draw with.

    Attributes:
        width: Of the whole figure.
        plot: Width and height between the margins; None while they are not known.
    """

    width: float
    plot: tuple[float, float] | None = None


_UNDER: ContextVar[Sheet | None] = ContextVar("sheet", default=None)


def room(otherwise: tuple[float, float]) -> tuple[float, float]:
    """Width and height of the plot, where a sheet says them."""
    found = _UNDER.get()
    return otherwise if found is None or found.plot is None else found.plot


def letters(size: float, otherwise: int) -> int:
    """How many letters of a text size stand in one line of the figure, where a sheet says its width."""
    found = _UNDER.get()
    return otherwise if found is None else max(20, int(found.width / (LETTER * size)))


@contextmanager
def under(sheet: Sheet) -> Iterator[None]:
    """Lay a sheet under what is drawn."""
    token = _UNDER.set(sheet)
    try:
        yield
    finally:
        _UNDER.reset(token)
