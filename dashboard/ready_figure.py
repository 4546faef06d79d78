"""A drawn figure as Streamlit takes it."""

from __future__ import annotations

from typing import Any

from plotly.basedatatypes import BaseFigure


class ReadyFigure(BaseFigure):  # type: ignore[misc]
    """Plain dictionaries, handed on as they are: Streamlit would have plotly check them at each run of the page."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.__dict__["plain"] = plain

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON knows it."""
        plain: dict[str, Any] = self.__dict__["plain"]
        return plain
