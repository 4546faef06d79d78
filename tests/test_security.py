"""SECURITY.md promises what a test shows: each test that it names is there, and each promise names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_each_promise_names_a_test_that_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)
    assert len(named) > 10
    for file, function in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not function or function in functions, f"{file}::{function}"
    promises = TEXT[: TEXT.index("## Log and health")].replace("\n  ", " ")
    for promise in re.findall(r"^- .*$", promises, re.MULTILINE):
        assert "`tests/" in promise, promise


def test_the_settings_that_it_names_are_there() -> None:
    settings = (ROOT / "dashboard" / "settings.py").read_text(encoding="utf-8")
    for variable in set(re.findall(r"CTXCORE_\w+", TEXT)):
        assert f'"{variable}"' in settings, variable
    assert 'allowedHosts = ["localhost", "127.0.0.1", "::1"]' in (ROOT / ".streamlit" / "config.toml").read_text()
