"""What every result with arrays shares: how it shows itself. Axes stand in the docstring of :mod:`ctxcore.types`."""

from __future__ import annotations

from ctxcore.types.notebook import html_of, text_of


class Result:
    """A result that holds arrays: at a prompt and in a notebook it shows names, shapes and a few rows in their place."""

    def __repr__(self) -> str:
        return text_of(self)

    def _repr_html_(self) -> str:
        return html_of(self)
