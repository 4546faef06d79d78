"""Downloads against a small server on this computer: what is asked for, resumed, checked; and what offline says."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from ctxcore import BadInputError, ModelError, OfflineError, load_model, load_static
from ctxcore.models import downloads, gensim_data, hub
from tests import tiny_models
from tests.small_disk import files_up_to

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ID = "someone/tiny"


@dataclass
class Server:
    """Files by path, and every request with the range it asked for."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def names(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _ in self.asked if "/resolve/" in path]

    def publish(self, folder: Path, licence: str = "mit") -> None:
        """A repository as the hub shows it."""
        names = sorted(f.name for f in folder.iterdir())
        for name in names:
            self.files[f"/{ID}/resolve/{COMMIT}/{name}"] = (folder / name).read_bytes()
        siblings = [{"rfilename": n, "size": (folder / n).stat().st_size, "blobId": "0" * 40} for n in names]
        for one in siblings:
            if str(one["rfilename"]).endswith((".safetensors", ".bin")):
                content = (folder / str(one["rfilename"])).read_bytes()
                one["lfs"] = {"size": one["size"], "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 1}
        info = {"id": ID, "modelId": ID, "sha": COMMIT, "siblings": siblings, "tags": [f"license:{licence}"]}
        info |= {"private": False, "downloads": 0, "likes": 0}
        for revision in ("main", COMMIT):
            self.files[f"/api/models/{ID}/revision/{revision}"] = json.dumps(info).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, wanted = urlsplit(self.path).path, self.headers.get("Range")
            found.asked.append((path, wanted))
            content = found.files.get(path)
            if content is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            self.wfile.write(content[start:])

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", found.address)
    template = found.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 20_000)
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield found
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    tiny_models.save(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    (tmp_path / "modeling_tiny.py").write_text("raise AssertionError")
    return tmp_path


class EnoughError(Exception):
    pass


def test_a_hub_model_is_fetched_without_pickles_and_code(server: Server, tiny: Path) -> None:
    server.publish(tiny)
    seen = hub.look_up(f"hub:{ID}@main")
    names = {n for n, _, _ in seen.files}
    assert names == {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}
    assert seen.size == sum((tiny / n).stat().st_size for n in names)
    assert (str(seen.name), seen.licence) == (f"hub:{ID}@{COMMIT}", "mit")
    assert server.names() == []
    told: list[str] = []
    model = load_model(f"hub:{ID}@main", lambda share, what: told.append(what))
    assert (model.kind, model.revision, model.origin.licence) == ("encoder", COMMIT, "mit")
    assert model.origin.source == f"Hugging Face: {ID}"
    assert set(server.names()) == names
    assert any(what.startswith("Fetching model.safetensors: ") and " of " in what for what in told)
    before = len(server.asked)
    assert load_model(f"hub:{ID}@{COMMIT}").revision == COMMIT  # a commit never changes: nobody is asked
    assert len(server.asked) == before


def test_a_branch_is_found_again_without_a_network(server: Server, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.publish(tiny)
    hub.fetched(f"hub:{ID}@main")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert load_model(f"hub:{ID}@main").revision == COMMIT


def test_a_stopped_download_goes_on_where_it_stopped(server: Server, tiny: Path) -> None:
    server.publish(tiny)
    name = f"hub:{ID}@{COMMIT}"

    def stop(share: float, what: str) -> None:
        if share > 0.6:
            raise EnoughError

    with pytest.raises(EnoughError):
        hub.fetched(name, stop)
    server.asked.clear()
    folder = hub.fetched(name)
    assert (folder / "model.safetensors").read_bytes() == (tiny / "model.safetensors").read_bytes()
    ranges = [wanted for path, wanted in server.asked if path.endswith("model.safetensors")]
    assert len(ranges) == 1
    assert ranges[0] is not None
    assert int(ranges[0].removeprefix("bytes=").rstrip("-")) > 0
    assert server.names() == ["model.safetensors"]  # what was whole is not fetched again


def test_what_came_otherwise_than_announced_is_thrown_away(server: Server, tiny: Path) -> None:
    server.publish(tiny)
    path = f"/{ID}/resolve/{COMMIT}/model.safetensors"
    server.files[path] = bytes(len(server.files[path]))
    with pytest.raises(ModelError, match=r"checksum.*model.safetensors with another one"):
        hub.fetched(f"hub:{ID}@main")
    server.publish(tiny)
    assert hub.fetched(f"hub:{ID}@main").is_dir()


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.safetensors", flip),
        ("tokenizer.json", lambda f: f.write_bytes(f.read_bytes()[:-9])),
        ("config.json", Path.unlink),
    ],
)
def test_a_fetched_model_that_is_damaged_is_fetched_anew(
    server: Server, tiny: Path, monkeypatch: pytest.MonkeyPatch, name: str, damage: Callable[[Path], Any]
) -> None:
    server.publish(tiny)
    folder = hub.fetched(f"hub:{ID}@main")
    damage(folder / name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(OfflineError, match=f"whose copy {folder} is damaged"):
        hub.fetched(f"hub:{ID}@main")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    told: list[str] = []
    assert hub.fetched(f"hub:{ID}@main", lambda share, what: told.append(what)) == folder
    assert f"The copy {folder} is damaged: it is fetched anew" in told
    assert (folder / name).read_bytes() == (tiny / name).read_bytes()


def test_a_model_fetched_before_there_were_seals_is_sealed_as_it_stands(server: Server, tiny: Path) -> None:
    server.publish(tiny)
    folder = hub.fetched(f"hub:{ID}@{COMMIT}")
    (folder / "seal.json").unlink()
    server.asked.clear()
    assert hub.fetched(f"hub:{ID}@{COMMIT}") == folder
    assert (folder / "seal.json").is_file()
    assert server.asked == []


def test_a_disk_without_room_is_seen_before_anything_is_fetched(
    server: Server, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.publish(tiny)
    size = hub.look_up(f"hub:{ID}@main").size
    monkeypatch.setattr("ctxcore.models.cache_dir.shutil.disk_usage", lambda path: SimpleNamespace(free=size - 1))
    with pytest.raises(ModelError, match=r"/hub has \d+ kB free; \d+ kB are needed.*set CTXCORE_CACHE"):
        load_model(f"hub:{ID}@main")
    assert server.names() == []
    monkeypatch.setattr("ctxcore.models.cache_dir.shutil.disk_usage", lambda path: SimpleNamespace(free=60_000_000))
    with pytest.raises(ModelError, match=r"gensim-data has 60 MB free; 110 MB are needed"):
        load_static("glove-twitter-25")


def test_a_disk_that_fills_up_while_it_is_fetched_is_one_sentence(server: Server, tiny: Path) -> None:
    server.publish(tiny)
    with files_up_to(5_000), pytest.raises(ModelError, match=r"File too large.*Check the free space"):
        hub.fetched(f"hub:{ID}@main")
    assert hub.fetched(f"hub:{ID}@main").is_dir()


def test_a_cache_folder_that_cannot_be_made_is_named(
    server: Server, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.publish(tiny)
    monkeypatch.setenv("CTXCORE_CACHE", str(tiny / "config.json"))
    for load, name in ((load_model, f"hub:{ID}@main"), (load_static, "glove-twitter-25")):
        with pytest.raises(ModelError, match=f"{tiny}/config.json/.* cannot be made or written"):
            load(name)


def test_a_model_that_is_not_there_is_said_so(server: Server) -> None:
    with pytest.raises(ModelError, match=r"hub:nobody/nothing@main, which is not there.*Check the name") as caught:
        load_model("hub:nobody/nothing")
    assert not isinstance(caught.value, OfflineError)


def test_a_server_that_is_gone_is_offline(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OfflineError):
        hub.look_up(f"hub:{ID}@main")


def test_vectors_of_gensim_data_are_fetched_checked_and_read(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENSIM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("gensim.downloader.DOWNLOAD_BASE_URL", server.address)
    content = gzip.compress(b"2 3\ndog 1 2 3\ncat 4 5 6\n")
    made: Any = gensim_data.Download("small-3", 2, 3, len(content), hashlib.md5(content).hexdigest(), "", "small")
    monkeypatch.setitem(gensim_data.DOWNLOADS, "small-3", made)
    server.files["/small-3/small-3.gz"] = content
    found = load_static("small-3")
    assert found.keyed_vectors.vectors.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert [path for path, _ in server.asked] == ["/small-3/small-3.gz"]  # and no __init__.py
    assert len(load_static("small-3")) == 2
    assert len(server.asked) == 1


def test_a_part_longer_than_the_file_is_begun_anew(server: Server, tmp_path: Path) -> None:
    server.files["/file"] = b"abcdef"
    (tmp_path / "file.part").write_bytes(b"x" * 9)
    assert downloads.fetch(f"{server.address}/file", tmp_path / "file", size=6).read_bytes() == b"abcdef"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(
    ("files", "asked", "kept"),
    [
        (["config.json", "model.safetensors", "pytorch_model.bin", "x.py"], "hub:a/b", ["config.json", "model.safetensors"]),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"],
         "hub:a/b", ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]),
        (["a.Q4.gguf", "a.Q8.gguf", "config.json"], "hub:a/b@main#a.Q8.gguf", ["a.Q8.gguf"]),
        (["onnx/model.safetensors", "model.safetensors", "vocab.txt"], "hub:a/b", ["vocab.txt", "model.safetensors"]),
    ],
)  # fmt: skip
def test_what_is_fetched(files: list[str], asked: str, kept: list[str]) -> None:
    assert hub.wanted(files, hub.parse(asked)) == kept


@pytest.mark.parametrize(
    ("files", "asked", "says"),
    [
        (
            ["pytorch_model.bin", "config.json"],
            "hub:a/b",
            "pickled weights only.*choose a checkpoint that has safetensors",
        ),
        (["a.gguf", "b.gguf"], "hub:a/b", "GGUF files only.*a.gguf, b.gguf"),
        (["a.gguf"], "hub:a/b@main#c.gguf", "no such GGUF file.*It has: a.gguf"),
    ],
)
def test_what_cannot_be_fetched_says_why(files: list[str], asked: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        hub.wanted(files, hub.parse(asked))


@pytest.mark.parametrize(
    "name", ["hub:", "hub:../x", "hub:a/b/c", "hub:a/b@../..", "hub:a/b@main#../x.gguf", "hub:a/b#x.bin"]
)
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="is named hub:"):
        load_model(name)
