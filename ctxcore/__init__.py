"""See how words mean: static vectors, contextual vectors and attention from real pretrained models.

``import ctxcore`` is light. torch, transformers and gensim are imported when a model is loaded.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

_PUBLIC = Path(__file__).with_suffix(".pyi")
"""The one list of what is public, which type checkers read too."""
_WHERE = {
    name.asname or name.name: (line.module, name.name)
    for line in ast.parse(_PUBLIC.read_text(encoding="utf-8")).body
    if isinstance(line, ast.ImportFrom) and line.module and line.module.startswith(__name__)
    for name in line.names
}

__version__ = "0.1.0"
__all__ = sorted([*_WHERE, "__version__"], key=str.casefold)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'ctxcore' has no attribute {name!r}")
    home, there = _WHERE[name]
    found = None if home == __name__ else getattr(import_module(home), there, None)
    return import_module(f"{home}.{there}") if found is None else found


def __dir__() -> list[str]:
    return list(__all__)
