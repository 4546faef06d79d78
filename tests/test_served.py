"""A shared server as visitors meet it, over its own socket: what it opens, whom it answers, and what it writes down."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import platform
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from benchmarks.load.tab import Tab
from ctxcore.export import chrome
from dashboard import serving
from tests import tiny_models

ROOT = Path(__file__).parents[1]
_AUDIT = """
import os, sys
_out = os.open(os.environ["CTXCORE_TEST_AUDIT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_events = {"open", "os.listdir", "os.scandir", "socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"}
sys.addaudithook(lambda event, args: event in _events and os.write(_out, f"{event} {args!r}\\n".encode(errors="replace")))
"""
"""Read by every Python that starts with it on its path, before anything else."""
_CANARY, _TYPED = "xyzzycanary", "plughsentence"
_FINISHED = ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY


@dataclass
class Answer:
    """Of one request."""

    status: int
    headers: Message
    body: bytes


@dataclass
class Served:
    """A server under watch."""

    port: int
    folder: Path
    secret: Path

    def get(self, path: str, **headers: str) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as link:
            link.request("GET", path, headers=headers)
            answer = link.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8", errors="replace")


def visit(port: int, page: str, query: str, typed: Mapping[str, str] | None = None) -> bytes:
    """All that the server sends until the page stands; with ``typed``, once more after these widgets are said to hold that."""
    with connect(f"ws://127.0.0.1:{port}/_stcore/stream", max_size=None) as link:
        seen = _stand(link, page, query, {})
        return seen if typed is None else seen + _stand(link, page, query, typed)


def _stand(link: ClientConnection, page: str, query: str, typed: Mapping[str, str]) -> bytes:
    """What a browser does, without one: a page is run, and its progress lines are drawn anew until all is there."""
    link.send(_run(query, typed, page_name=page))
    fragments: set[str] = set()
    drawn = ""
    seen, end, wait = b"", time.monotonic() + 120, 60.0
    while time.monotonic() < end:
        try:
            data = link.recv(timeout=wait)
        except TimeoutError:  # as a browser does, some time after it was last drawn
            for fragment in fragments:
                link.send(_run(query, {}, page_script_hash=drawn, fragment_id=fragment, is_auto_rerun=True))
            wait = 60.0
            continue
        assert isinstance(data, bytes)
        seen += data
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            fragments.clear()
            drawn = message.new_session.page_script_hash
        elif kind == "navigation":
            drawn = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            fragments.add(message.auto_rerun.fragment_id)
        elif kind == "script_finished":
            if not fragments and message.script_finished == _FINISHED:
                return seen
            wait = 0.4 if fragments else 60.0
    raise AssertionError("the page never stood")


def _run(query: str, typed: Mapping[str, str], **of: Any) -> bytes:
    message = BackMsg(rerun_script=ClientState(query_string=query, **of))
    asked = message.rerun_script
    for key, value in typed.items():
        widget = asked.widget_states.widgets.add(id=f"$$ID-0123456789abcdef-{key}")
        if value:
            widget.string_value = value
        else:
            widget.trigger_value = True
    return bytes(message.SerializeToString())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "audit").mkdir()
    (folder / "audit" / "sitecustomize.py").write_text(_AUDIT)
    secret = folder / "private" / "vectors.txt"
    tiny_models.save(secret.parent, "bert")
    tiny_models.save(folder / "offered here", "bert")
    secret.write_text(f"{_CANARY} 1 2 3\nran 3 2 1\n")
    for file in secret.parent.iterdir():
        os.utime(file, (1, file.stat().st_mtime))  # reading it would make its time of access younger
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    own = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "STREAMLIT", "CTXCORE_"))}
    with (folder / "output.txt").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless=true", f"--server.port={port}"],
            cwd=ROOT, stdout=out, stderr=out,
            env={
                **own, "PYTHONPATH": os.pathsep.join([str(folder / "audit"), str(ROOT)]), "CTXCORE_SHARED": "1",
                "CTXCORE_OFFERED": f"tiny={folder / 'offered here'}", "CTXCORE_LOG": str(folder / "questions.txt"),
                "CTXCORE_TEST_AUDIT": str(folder / "audit.txt"),
            },
        )  # fmt: skip
        try:
            _wait_for(port, process, folder / "output.txt")
            yield Served(port, folder, secret)
        finally:
            process.kill()
            process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                return
        except OSError:  # it does not listen yet, or listens and is not ready
            if process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail(output.read_text())


def _handshake(port: int, host: str, origin: str) -> int:
    """The status with which the server answers a browser's wish for its socket."""
    asked = {
        "Host": host, "Origin": origin, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as link:
        link.putrequest("GET", "/_stcore/stream", skip_host=True)
        for name, value in asked.items():
            link.putheader(name, value)
        link.endheaders()
        with link.getresponse() as answer:
            return answer.status


def told_others(served: Served) -> list[str]:
    """Where the server has connected to another host, or asked for one."""
    events = served.text("audit.txt").splitlines()
    told = [e for e in events if e.startswith(("socket.connect", "socket.getaddrinfo", "socket.sendto"))]
    return [e for e in told if "'127.0.0.1'" not in e]


def test_no_way_to_name_a_file_has_it_opened_and_nothing_leaves_for_another_host(served: Served) -> None:
    secret, folder = str(served.secret), str(served.secret.parent)
    text = ("file", json.dumps([secret, "0" * 64]))
    links: list[tuple[str, list[tuple[str, str]]]] = [
        ("heads", [("model", folder), ("static", secret), ("second", secret), ("focus", "The dog ran quickly.")]),
        ("models", [("model", "hub:owner/name@main"), ("static", f"{secret}@1"), ("second", "hub:owner/name@main")]),
        ("models", [("static", "glove-twitter-25"), ("model", "../private"), ("second", f"{folder}/config.json")]),
        ("relations", [("space.file", secret), ("space.digest", "0" * 64), ("space.trained", "1"), ("space.source", "trained"),
                       ("space.panel", "train"), ("static", secret)]),
        ("usages", [("usages.source", "path"), ("usages.path", secret), ("usages.state", "0" * 64), ("usages.panel", "map")]),
        ("usages", [("usages.source", "file"), ("usages.file", secret), ("usages.digest", "../../private")]),
        ("unseen", [("corpus", "file"), text, ("second", folder), ("test", "The cat ran swiftly")]),
    ]  # fmt: skip
    typed = {
        "own_folder": folder, "own_file": secret, "own_hub_id": "owner/name", "own_gensim": "glove-twitter-25",
        "look_model": "", "look_static": "", "open_model": "", "open_static": "",
    }  # fmt: skip
    for page, query in links:
        assert _CANARY.encode() not in visit(served.port, page, urlencode(query))
    assert _CANARY.encode() not in visit(served.port, "models", "", typed)  # text boxes that are not shown
    seen = visit(served.port, "models", "model=tiny")  # what is offered is opened, under its name
    assert b"**tiny** is at work" in seen
    assert str(served.folder).encode() not in seen
    assert "tiny" in json.loads(served.get("/health").body)["models"]

    events = served.text("audit.txt").splitlines()
    opened = [e for e in events if e.startswith(("open ", "os."))]
    assert any("dashboard/main.py" in e for e in opened)  # the watch sees what is opened
    assert any(str(served.folder / "offered here") in e for e in opened)
    assert [e for e in opened if folder in e] == []
    assert [file.name for file in served.secret.parent.iterdir() if file.stat().st_atime != 1] == []
    assert any(e.startswith("socket.bind") for e in events)
    assert told_others(served) == []


def test_only_the_names_of_this_server_are_answered(served: Served) -> None:
    here = f"127.0.0.1:{served.port}"
    for host in (here, f"localhost:{served.port}", f"[::1]:{served.port}"):
        assert served.get("/", Host=host).status == 200
        assert _handshake(served.port, host, f"http://{host}") == 101
    for host in (
        "evil.example",
        f"evil.example:{served.port}",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "localhost.",
        "",
    ):
        assert served.get("/", Host=host).status == (200 if host == "localhost." else 403), host
        assert _handshake(served.port, host, f"http://{host}") == (101 if host == "localhost." else 403), host
    for other in (
        "http://evil.example",
        "http://localhost:1",
        "null",
        f"http://evil.example/{here}",
    ):  # a page of another server
        assert _handshake(served.port, here, other) == 403
        assert served.get("/_stcore/host-config", Host=here, Origin=other).status == 403
    own = f"[::1]:{served.port}"
    assert served.get("/_stcore/host-config", Host=own, Origin=f"http://{own}").status == 200
    assert (
        told_others(served) == []
    )  # Streamlit asks another host what this one is called, to compare an origin that it does not know
    assert served.get("/health", Host="proxy").status == served.get("/_stcore/health", Host="proxy").status == 200


def test_a_browser_is_told_to_frame_sniff_and_send_nothing(served: Served) -> None:
    for path in ("/", "/word", "/static/favicon.png", "/_stcore/host-config"):
        headers = served.get(path).headers
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["frame-ancestors"] == policy["form-action"] == "'self'"
        assert policy["connect-src"].split() == [
            "'self'", f"ws://127.0.0.1:{served.port}", f"wss://127.0.0.1:{served.port}", "data:", "blob:",
        ]  # fmt: skip
        assert not any("http" in sources or "*" in sources for sources in policy.values())


def test_a_reader_at_the_machine_gets_a_browser_and_nothing_is_left_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    there, stopped = threading.Event(), []
    monkeypatch.setattr(webbrowser, "open", lambda address: (opened.append(address), there.set()))
    monkeypatch.setattr(chrome, "stop", lambda: stopped.append(True))
    options = {"server.headless": False, "server.port": 8599, "browser.serverAddress": "127.0.0.1"}
    monkeypatch.setattr(st, "get_option", options.__getitem__)

    async def run() -> None:
        async with serving.lifespan(None):
            await asyncio.to_thread(there.wait, 20)
            assert not stopped

    asyncio.run(run())
    assert (opened, stopped) == (["http://127.0.0.1:8599"], [True])


def test_an_address_without_a_page_leads_to_the_first_and_says_so(served: Served) -> None:
    for path, place in (("/nothing?word=bank", "./?missing=1&word=bank"), ("/nothing/", "../?missing=1&")):
        answer = served.get(path, Accept="text/html,*/*")
        assert (answer.status, answer.headers["Location"]) == (307, place)
    assert served.get("/word", Accept="text/html").status == served.get("/health", Accept="text/html").status == 200
    seen = visit(served.port, "models", "missing=1&word=bank")
    assert b"There is no page of the name in that address" in seen


def test_the_log_and_the_health_page_hold_no_text_of_a_reader(served: Served) -> None:
    links: list[tuple[str, list[tuple[str, Any]]]] = [
        ("heads", [("focus", f"The {_TYPED} dog ran."), ("s", f"A {_TYPED} ran off."), ("word", _TYPED), ("model", f"/{_TYPED}")]),
        ("heads", [("focus", f"The {_TYPED} dog ran."), ("second", f"/{_TYPED}/x@3"), ("head", _TYPED)]),
        ("models", [("kept", _TYPED), (_TYPED, _TYPED)]),
    ]  # fmt: skip
    for page, query in links:
        visit(served.port, page, urlencode(query))
    served.get(f"/{_TYPED}?{_TYPED}", Accept="text/html")
    served.get(f"/media/{_TYPED}")
    with connect(f"ws://127.0.0.1:{served.port}/_stcore/stream"):
        health = served.get("/health")
    assert health.headers["Cache-Control"] == "no-store"
    found = json.loads(health.body)
    assert found["status"] == "ok"
    assert found["memory_mb"] > 100
    assert found["readers"] >= 1
    assert found["seconds"] > 0
    assert "minilm-l6" in found["models"]
    for text in (json.dumps(found), served.text("questions.txt"), served.text("output.txt")):
        assert _TYPED not in text
        assert _CANARY not in text
        assert str(served.folder) not in text
    lines = [json.loads(line) for line in served.text("questions.txt").splitlines()]
    asked = [
        line
        for line in lines
        if line.get("model") == "minilm-l6" and line.get("characters") == len(f"The {_TYPED} dog ran.")
    ]
    assert {line["kept"] for line in asked} == {False, True}
    assert all(0 <= line["seconds"] < 60 for line in asked)
    assert any(line["what"] == "load" for line in lines)
    assert all(len(line.get("reader", "12345678")) == 8 for line in lines)


def test_what_all_readers_share_is_let_go_by_none_of_them(served: Served) -> None:
    visit(served.port, "heads", "")
    load = '"what": "load", "model": "minilm-l6"'
    before = served.text("questions.txt").count(load)
    with connect(f"ws://127.0.0.1:{served.port}/_stcore/stream", max_size=None) as link:
        _stand(link, "models", "", {})
        link.send(BackMsg(clear_cache=True).SerializeToString())
        _stand(link, "heads", "", {})
    assert served.text("questions.txt").count(load) == before > 0  # nothing had to be loaded again


_UPLOADS = {
    "word": ("", "None"), "unseen": ("", ""), "relations": ("space.panel=train", "space_file"),
    "usages": ("usages.source=file", "usages_file_given"),
}  # fmt: skip
"""Of each page with an upload of its own: what opens it, and its key."""


@pytest.mark.parametrize("page", _UPLOADS)
def test_a_file_that_is_not_there_or_of_another_ending_breaks_no_page(served: Served, page: str) -> None:
    """A browser that comes back to a server that has begun anew names a file that went with the former; and whoever writes to the
    socket is held to no ending.
    """

    async def give() -> None:
        tab = Tab(f"http://127.0.0.1:{served.port}")
        query, key = _UPLOADS[page]
        await tab.open(page, query)
        await tab.settled()
        if page == "unseen":  # no link says so
            row = tab.get("button_group", "corpus_picker")
            await tab.set(row, string_array_value=[row.value.options[-1].content])
        for name, sent in (("mine.txt", False), ("<script>.exe", True)):
            there = next(one for one in tab.all("file_uploader") if one.key == key or not key)
            await tab.upload(there, name, b"The cat ran.", sent)
            await tab.settled()
            assert not list(tab.all("exception"))
        said = " ".join(str(one.value.body) for kind in ("markdown", "alert") for one in tab.all(kind))
        assert ("script" in said) == (page != "word"), said
        await tab.close()

    asyncio.run(give())


_PLACES = """
import ctypes, sys, threading
from dashboard.collector import share_memory
if sys.argv[2] == "shared":
    share_memory()
hold, all_there = threading.Event(), threading.Barrier(17)
def work():
    kept = [bytes(100_000) for _ in range(10)]
    all_there.wait()
    hold.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
for thread in threads: thread.start()
all_there.wait()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
hold.set()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library shares its memory in its own way")
def test_threads_share_two_places_of_memory(tmp_path: Path) -> None:
    counts = {}
    for how in ("own", "shared"):
        where = tmp_path / how
        subprocess.run([sys.executable, "-c", _PLACES, str(where), how], check=True, cwd=ROOT)
        counts[how] = where.read_text().count("<heap nr=")
    assert counts["shared"] == 2 < counts["own"]
