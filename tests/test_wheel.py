"""The wheel in an environment of its own: its command says its version, makes its errors, and opens the dashboard."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import ctxcore

ROOT = Path(ctxcore.__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what the project is made of."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("ctxcore", "dashboard", ".streamlit"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-q",
        "-w",
        str(folder),
    ]
    subprocess.run([*pip, str(source)], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def place(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel, and finds what it depends on, but not this project."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    Path(site, "others.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inside = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [str(place / "ctxcore"), *arguments], capture_output=True, text=True, cwd=place, env=inside, timeout=600
    )


def test_the_wheel_holds_all_that_is_read_while_it_runs(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = {str(p.relative_to(ROOT)) for folder in ("ctxcore", "dashboard") for p in (ROOT / folder).rglob("*")}
    read = {name for name in ours if name.endswith((".py", ".js", ".css", ".svg", ".toml", ".txt", "py.typed"))}
    assert read - inside == set()
    assert "dashboard/.streamlit/config.toml" in inside
    assert any(name.endswith("LICENSE") for name in inside)
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in inside)


def test_the_command_says_its_version_and_its_errors(place: Path) -> None:
    assert run(place, "--version").stdout == f"ctxcore {ctxcore.__version__}\n"
    failed = run(place, "report", "nothing.json", "-o", "report.html")
    assert failed.returncode == 2
    assert failed.stderr.startswith("A workspace file is needed. Received: nothing.json")
    assert "Traceback" not in failed.stderr


@pytest.fixture
def served(place: Path, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    inside = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "STREAMLIT"))}
    log = tmp_path / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(place / "ctxcore"), "--port", str(port)], cwd=tmp_path, stdout=out, stderr=out,
            env={**inside, "HOME": str(tmp_path), "STREAMLIT_SERVER_HEADLESS": "true"},
        )  # fmt: skip
        yield port, log
        process.terminate()
        process.wait(120)


def test_the_command_opens_the_dashboard_with_its_settings(served: tuple[int, Path]) -> None:
    port, log = served
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                assert answer.read() == b"ok"
                break
        except OSError:  # it does not listen yet, or listens and is not ready
            time.sleep(0.2)
    else:
        pytest.fail(log.read_text())
    assert f"http://127.0.0.1:{port}" in log.read_text()  # the address in our settings; without them it is every one's
