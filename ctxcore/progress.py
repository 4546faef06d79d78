"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and what is going on. What it raises ends the work: that is how one stops it."""


def silent(share: float, what: str) -> None:
    """The progress callback of someone who did not ask."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """The progress of a part of some work, as that of the whole: from one share to another."""
    return lambda share, what: progress(start + (end - start) * share, what)
