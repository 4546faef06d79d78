"""What the README shows runs and gives the numbers it names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ctxcore
from ctxcore.models.catalogue import CATALOGUE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _block(part: str) -> str:
    """The one block of Python that holds these letters."""
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if part in block)
    return str(code)


def test_the_lines_about_export_make_a_drawing_of_that_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = _block("point.svg")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert 'width="500" height="350"' in (tmp_path / "point.svg").read_text(encoding="utf-8")


def test_the_ten_lines_run_and_give_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = _block("static = ctxcore.load_static")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    assert "plotly" in (tmp_path / "fan.html").read_text(encoding="utf-8").lower()
    assert names["static"].similarity("king", "queen") == pytest.approx(0.784, abs=5e-4)
    assert [n.word for n in names["static"].neighbours("ran", k=3)] == ["running", "run", "went"]
    cosines = ctxcore.measures.geometry.cosine(names["ran"].vectors[0], names["ran"].vectors[1])
    assert np.round(cosines[[0, -1]], 2).tolist() == [1.0, 0.73]


def test_the_lines_about_attention_run_and_give_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = _block("moved = ctxcore.influence")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    assert (tmp_path / "moved.html").exists()
    assert names["trace"].difference < 1e-6
    np.testing.assert_allclose(names["trace"].weights, names["found"].weights[5, 11], atol=1e-5)


def test_the_lines_about_the_next_word_run_and_give_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = _block('ask("The cat ran", "swiftly")')
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["dog"].candidates["quickly"] / names["program"].candidates["quickly"] == pytest.approx(51, abs=1.5)
    assert names["table"].ask("The cat ran", "swiftly").share is None
    assert names["found"].logs.shape == (4, 4)
    assert (tmp_path / "unseen.html").exists()
    assert "".join(t.text for t in names["model"].generate("The dog ran", 5)) == " down the lazy side street"


def test_every_model_is_named_with_its_package_and_licence() -> None:
    for entry in CATALOGUE.values():
        row = next(line for line in README.splitlines() if line.startswith(f"| `{entry.id}`"))
        assert f"`{entry.package}`" in row
        assert entry.licence in row


def test_the_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make (\w+)`?", README):
        if target in ("run", "test", "bench"):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for named in ("requirements.txt", "dashboard/app.py", "dashboard/picture.png", "ctxcore/data/senses.toml"):
        assert named in README
        assert (ROOT / named).exists()
