"""What the oracles gave, in values.json: written by each of them, read by the ordinary tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("values.json")


def write(oracle: str, packages: Sequence[str], families: dict[str, Any]) -> None:
    """Put what one oracle gave in the place of what it gave before, with its versions and the date."""
    known = everything() if _FILE.exists() else {}
    known[oracle] = {
        "date": date.today().isoformat(),
        "versions": {name: version(name) for name in packages},
        "families": _rounded(families),
    }
    _FILE.write_text(json.dumps(known, separators=(",", ":"), sort_keys=True).replace(',"', ',\n"') + "\n")


def everything() -> dict[str, Any]:
    """What all oracles gave, each with its ``versions`` and ``date``."""
    found: dict[str, Any] = json.loads(_FILE.read_text())
    return found


def read(oracle: str, family: str) -> dict[str, Any]:
    """What an oracle gave for a family."""
    found: dict[str, Any] = everything()[oracle]["families"][family]
    return found


def _rounded(value: Any) -> Any:
    """Seven digits: more is noise."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else value
