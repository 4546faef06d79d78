"""Limits that the owner of a machine can set: each is a variable of the environment and has a default. README lists all."""

from __future__ import annotations

import os

from ctxcore.errors import BadInputError

DEFAULTS = {
    "CTXCORE_MOST_CHARACTERS": 20_000,
    "CTXCORE_MOST_SENTENCES": 2_000,
    "CTXCORE_MOST_UPLOAD_MB": 20,
    "CTXCORE_MOST_ATTENTION_MB": 256,
    "CTXCORE_CACHE_MB": 10_000,
}
"""Characters of a sentence; sentences that are read; a file that a reader gives; all attention of one sentence; kept folders."""


def limit(variable: str) -> int:
    """What one of :data:`DEFAULTS` is set to.

    Raises:
        BadInputError: The variable holds no whole number from 1 on.
    """
    return whole_number(variable, DEFAULTS[variable])


def whole_number(variable: str, default: int, least: int = 1) -> int:
    """The whole number in a variable of the environment; the default where it is empty or not there.

    Raises:
        BadInputError: It holds something else, or less than ``least``.
    """
    text = os.environ.get(variable, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) <= 12 and int(text) >= least):
        raise BadInputError(
            f"{variable} is a whole number from {least} on.", repr(text[:40]), f"Set it to {default}, or to nothing."
        )
    return int(text)


def check() -> None:
    """BadInputError for the first limit that is set to something else than a whole number."""
    for variable in DEFAULTS:
        limit(variable)
