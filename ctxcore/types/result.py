"""What results share: how they show themselves, and how sure a verdict is. Axes stand in the docstring of :mod:`ctxcore.types`."""

from __future__ import annotations

from ctxcore.types.notebook import html_of, text_of

LEVEL = 0.05
"""A verdict may be wrong in at most this share of cases where there is nothing to find."""


class Result:
    """A result that holds arrays: at a prompt and in a notebook it shows names, shapes and a few rows in their place."""

    def __repr__(self) -> str:
        return text_of(self)

    def _repr_html_(self) -> str:
        return html_of(self)
