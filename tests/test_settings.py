"""What the owner of a server can set: what each setting bounds, what a wrong one says, and that the README lists all."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pytest

import ctxcore
from ctxcore import BadInputError
from ctxcore.__main__ import main
from ctxcore.engine import Engine, Query
from ctxcore.limits import DEFAULTS
from ctxcore.progress import Progress
from ctxcore.reading import read_lines
from ctxcore.workspace import from_json, sentences_in
from dashboard import memory
from dashboard.settings import Settings, settings

README = (Path(ctxcore.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
MB = 1 << 20


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `(CTXCORE_\w+)` \| ([^|]*?) \|", README, re.MULTILINE)}
    usual = {f.metadata["variable"]: f.default for f in fields(Settings)} | DEFAULTS
    for variable, default in usual.items():
        shown = rows.pop(variable)
        assert shown == (
            "none" if default in ((), False, "") else default if isinstance(default, str) else f"{default:,}"
        )
    assert set(rows) == {"CTXCORE_CACHE"}  # a folder


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CTXCORE_PROCESS_MB")  # of the tests' own process
    assert settings() == Settings()
    settings.cache_clear()
    for variable, value in {"SHARED": "1", "OFFERED": " a , b,", "HEAVY": "3", "PROCESS_MB": " 600 "}.items():
        monkeypatch.setenv(f"CTXCORE_{variable}", value)
    assert settings() == Settings(shared=True, offered=("a", "b"), heavy=3, process_mb=600)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("CTXCORE_HEAVY", "0", "a whole number from 1 on. Received: '0'. Set it to 2"),
        ("CTXCORE_PROCESS_MB", "4GB", "a whole number from 500 on. Received: '4GB'. Set it to 3000"),
        ("CTXCORE_ANSWERS_MB", "63", "a whole number from 64 on"),
        ("CTXCORE_THREADS", "\u00b2", "a whole number from 1 on"),
        ("CTXCORE_DEVICE", "gpu", "A device is auto, cpu, cuda, cuda:<number> or mps. Received: 'gpu'"),
        ("CTXCORE_DTYPE", "int8", "A number format is auto, float32, bfloat16 or float16. Received: 'int8'"),
        ("CTXCORE_SHARED", "maybe", "CTXCORE_SHARED is 1 or 0. Received: 'maybe'. Set it to 0"),
        ("CTXCORE_MOST_SENTENCES", "-1", "a whole number from 1 on"),  # one of the library's own
    ],
)
def test_a_wrong_one_is_said_before_the_dashboard_opens(
    variable: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    assert main([]) == 2
    said = capsys.readouterr().err
    assert variable in said
    assert says in said
    assert "Traceback" not in said


def test_the_number_of_sentences_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_MOST_SENTENCES", "2")
    assert sentences_in(["a", "b", "c"]) == (("a", "b"), ("The first 2 sentences are read; the last 1 are not.",))
    with pytest.raises(BadInputError, match="has 3 entries; up to 2 are read"):
        from_json('{"ctxcore_workspace": 1, "word": "a", "sentences": ["a", "b", "c"]}')


def test_an_upload_is_bounded_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_MOST_UPLOAD_MB", "1")
    large = b"\xff" * (MB + 1)  # which is no text, but nobody looked
    for read in (lambda: read_lines(large, "big.txt"), lambda: from_json(large, "big.txt")):
        with pytest.raises(BadInputError, match=r"A file may have 1 MB \(CTXCORE_MOST_UPLOAD_MB .* big.txt has 1 MB"):
            read()


@dataclass(frozen=True)
class Zeros(Query[np.ndarray]):
    """An answer of so many MB."""

    number: int
    mb: int = 10

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        return np.zeros((self.mb, MB), dtype=np.uint8)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Engine]:
    """An engine with five answers of 10 MB, in a process that has so many MB beside them; 600 are allowed."""
    monkeypatch.setenv("CTXCORE_PROCESS_MB", "600")
    monkeypatch.setattr(memory, "_looked", -10.0)

    def start(beside: int) -> Engine:
        engine = Engine()
        for number in range(5):
            engine.get(Zeros(number))
        monkeypatch.setattr(memory, "_watched", [])
        memory.watch(engine, lambda: None)
        monkeypatch.setattr(memory, "resident", lambda: beside * MB + engine.kept_bytes)
        return engine

    return start


@pytest.mark.parametrize(("beside", "kept"), [(500, [0, 1, 2, 3, 4]), (575, [3, 4]), (600, [])])
def test_before_memory_runs_out_the_oldest_answers_go(
    beside: int, kept: list[int], server: Callable[[int], Engine]
) -> None:
    engine = server(beside)
    memory.make_room()
    assert [number for number in range(5) if engine.has(Zeros(number))] == kept


def test_a_full_server_refuses_heavy_work_and_not_light_work(
    server: Callable[[int], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = server(700)
    with pytest.raises(memory.NoMemoryError) as caught:
        memory.make_room()
    assert "no more than 600 MB in memory (CTXCORE_PROCESS_MB)" in caught.value.rule
    assert caught.value.received == "700 MB, after all kept answers were let go"
    assert caught.value.remedy.startswith("Try again when others are done")
    assert engine.get(Zeros(9)).shape == (10, MB)
    with pytest.raises(memory.NoMemoryError):
        memory.make_room()
    assert engine.has(Zeros(9))  # asked again at once, nobody searches anew
    monkeypatch.setattr(memory, "resident", lambda: 599 * MB)
    memory.make_room()


def test_memory_is_that_of_the_whole_process() -> None:
    before = memory.resident()
    with mmap.mmap(-1, 60 * MB) as held:  # pages of its own: an array may be given what another one has left
        held.write(b"\1" * (60 * MB))
        assert 50 * MB < memory.resident() - before < 100 * MB
