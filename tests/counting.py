"""Work that is counted and not timed: calls of functions, those of Python's own among them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(task: Callable[[], object]) -> int:
    """How many functions a task calls. Asked twice in a row it is the same number: nothing of it depends on the machine."""
    count = 0

    def counted(frame: FrameType, event: str, function: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        task()
    finally:
        sys.setprofile(before)
    return count
