"""The same store from workers of Ray: stopped, with a worker killed, and what is said where there is no cluster."""

from __future__ import annotations

import pickle
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ctxcore import BadInputError, ClusterError, StoppedError, TooLongError, UnknownWordError, Usages, usages
from ctxcore.__main__ import main
from ctxcore.corpus import cluster, run
from tests.stub_model import StubExtractor


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(5)
    path = tmp_path_factory.mktemp("corpus") / "given.csv"
    texts = ["The bank is open", "Ann went to the bank of the river, and then to a bank", "No such word"]
    lines = [f"{1990 + n % 4},{chance.choice(texts)} number {n}." for n in range(700)]
    lines[40] = "1990," + "very " * 600 + "long is the way to the bank."
    path.write_text("year,text\n" + "\n".join(lines).replace("river, and", "river and") + "\n")
    return path


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "A_PART", 60)
        patch.setattr(run, "Extractor", StubExtractor)
        yield


@pytest.fixture(scope="module")
def _one_cluster() -> Iterator[None]:
    """Ray takes its time to start: once for all."""
    with cluster._connected(None):
        yield


def workers() -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if "MapWorker" in " ".join(_line(one))]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def asked(corpus: Path, out: Path, **more: object) -> Usages:
    return usages(corpus, "bank", out=out, layers=(0, -1), columns=["year"], **more)  # type: ignore[arg-type]


@pytest.mark.usefixtures("_one_cluster")
def test_stopped_and_with_a_worker_killed_the_store_is_that_of_the_plain_loop(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "ray"

    def parts() -> list[Path]:
        return sorted(out.glob("usages-*/part-*.parquet"))

    def stop(share: float, what: str) -> None:
        if parts():
            raise StoppedError("usages")

    with pytest.raises(StoppedError):
        asked(corpus, out, engine="ray", workers=2, progress=stop)
    before = {path: path.stat().st_mtime_ns for path in parts()}
    assert 1 <= len(before) <= 4
    psutil.wait_procs(workers(), timeout=20)
    assert not workers()  # who stops waits for nobody and leaves nobody at work

    killed: list[psutil.Process] = []

    def kill(share: float, what: str) -> None:
        if len(parts()) > len(before) and not killed:
            killed.extend(workers()[:1])
            killed[0].kill()

    found = asked(corpus, out, engine="ray", workers=2, progress=kill)
    assert killed
    assert not killed[0].is_running()
    assert {path: path.stat().st_mtime_ns for path in before} == before
    plain = asked(corpus, tmp_path / "plain")
    assert found.folder.name == plain.folder.name
    assert (found.left_out, found.layers) == (plain.left_out, plain.layers) == (1, (0, 2))
    one, two = (store.sql("SELECT * FROM usages") for store in (found, plain))
    assert len(one) > 600
    assert len(parts()) == len(one) // 60 + 1
    assert one["usage"].to_pylist() == sorted(one["usage"].to_pylist())
    assert one.equals(two)
    assert [path.name for path in map(Path, found.files)] == [path.name for path in map(Path, plain.files)]


@pytest.fixture(scope="module")
def silent() -> Iterator[str]:
    """Somebody who takes every call and says nothing."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        yield f"127.0.0.1:{door.getsockname()[1]}"


@pytest.fixture(scope="module")
def chatty() -> Iterator[str]:
    """Somebody who answers, but is not Ray."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            while True:
                try:
                    caller, _ = door.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(100)
                    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{door.getsockname()[1]}"


def test_a_cluster_that_does_not_answer_is_said_within_seconds(
    corpus: Path, tmp_path: Path, silent: str, chatty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as door:
        closed = f"127.0.0.1:{door.getsockname()[1]}"
    cases = {
        closed: "refused",
        f"ray://{closed}": "refused",
        silent: "timed out",
        chatty: "not Ray",
        "nowhere.invalid:6379": "where nothing does",
        "here": "HOST:PORT",
        "auto": "HOST:PORT",
        "a:0": "HOST:PORT",
    }
    for address, said in cases.items():
        start = time.monotonic()
        with pytest.raises(ClusterError, match=said):
            asked(corpus, tmp_path, engine="ray", address=address)
        assert time.monotonic() - start < 10
    monkeypatch.setenv("RAY_ADDRESS", closed)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    with pytest.raises(ClusterError, match="refused"):
        asked(corpus, tmp_path, engine="ray")


def test_without_ray_it_says_how_to_get_it(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    command = ["usages", str(corpus), "--word", "bank", "--out", str(tmp_path), "--engine", "ray"]
    assert main(command) == 2
    assert "pip install 'ctxcore[ray]'" in capsys.readouterr().err
    assert main([*command[:-2], "--gpus", "2"]) == 2
    assert "--engine ray" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    [{"engine": "spark"}, {"address": "a:1"}, {"workers": 2}, *({"engine": "ray", **more} for more in (
        {"workers": 0}, {"workers": True}, {"gpus": -1}, {"gpus": 1.5}, {"gpus": 2, "workers": 3}))],
)  # fmt: skip
def test_what_cannot_be_asked_for(corpus: Path, tmp_path: Path, more: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        asked(corpus, tmp_path, **more)
    assert not list(tmp_path.iterdir())  # said before a file is looked into


def test_an_error_comes_from_a_worker_as_it_was_raised() -> None:
    for error in (TooLongError(3, 600, 512, "the bank"), UnknownWordError("bnk", "glove", ["bank"]), StoppedError("x")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
    raised = TooLongError(3, 600, 512, "the bank")
    wrapped = type("RayTaskError", (Exception,), {"__module__": "ray.exceptions", "cause": raised})
    with pytest.raises(TooLongError) as found, cluster._said():
        raise wrapped("Traceback\n of theirs\n")
    assert found.value is raised
    del wrapped.cause
    with pytest.raises(ClusterError, match="of theirs"), cluster._said():
        raise wrapped("Traceback\n of theirs\n")
    with pytest.raises(ZeroDivisionError), cluster._said():  # a mistake of ours stays one
        raise ZeroDivisionError
