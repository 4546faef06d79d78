"""GGUF files that lie: each is refused before a library believes it, with what is wrong in it."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ctxcore import CtxError, ModelError, load_model
from ctxcore.models import folders, gguf_header
from tests import tiny_gguf


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return tiny_gguf.write(tmp_path_factory.mktemp("whole") / "x.gguf").read_bytes()


def test_a_header_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = gguf_header.look_into(tiny_gguf.write(tmp_path / "x.gguf", rope__freq_base=5000.5))
    tensors = tiny_gguf.tensors()
    assert found.architecture == "llama"
    assert (found.setting("block_count"), found.setting("rope.freq_base")) == (2, 5000.5)
    assert found.values["tokenizer.ggml.model"] == "gpt2"
    assert "tokenizer.ggml.tokens" not in found.values
    assert {name: t.shape for name, t in found.tensors.items()} == {name: t.shape for name, t in tensors.items()}
    assert found.parameters == sum(t.size for t in tensors.values())
    for name, tensor in found.tensors.items():
        assert found.bytes_of(tensor) == tensors[name].tobytes()


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def setting(name: str, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def tensor(name: str = "blk.0.a", shape: tuple[int, ...] = (4,), kind: int = 0, start: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + struct.pack("<IQ", kind, start)


NAMED = setting("general.architecture", 8, text("llama"))
BLOCKS = setting("llama.block_count", 4, struct.pack("<I", 1))


def made(
    *parts: bytes, tensors: int = 1, settings: int = 2, version: int = 3, room: int = 64, named: bytes = NAMED + BLOCKS
) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, settings) + named + b"".join(parts) + bytes(room)


HUGE = 10**12
FILES: dict[str, tuple[bytes, str]] = {
    "four bytes": (b"GGUF", "it ends within its header, after 4 bytes"),
    "empty": (b"", "its content is not GGUF"),
    "of another kind": (b"PK\x03\x04" + bytes(99), "its content is not GGUF"),
    "version 1": (made(tensor(), version=1), "version 1; versions 2 and 3"),
    "version 77": (made(tensor(), version=77), "version 77"),
    "big-endian": (made(tensor(), version=3 << 24), "another byte order"),
    "a million million tensors": (made(tensor(), tensors=HUGE), "announces 1,000,000,000,000 tensors"),
    "a million million settings": (made(tensor(), settings=HUGE), "announces 1,000,000,000,000 settings"),
    "more settings than there are": (made(settings=999, named=b""), "ends within its header|unknown type|comes twice"),
    "no architecture": (made(tensor(), named=BLOCKS + setting("a", 4, bytes(4))), "does not name its architecture"),
    "an architecture of numbers": (
        made(tensor(), named=BLOCKS + setting("general.architecture", 4, bytes(4))),
        "does not name its architecture",
    ),
    "a name of a million million letters": (made(named=struct.pack("<Q", HUGE)), "ends within its header"),
    "a name that is not text": (made(tensor(), named=setting("x", 8, text(b"\xff\xfe")) + BLOCKS), "is not UTF-8"),
    "a list of a million million bytes": (
        made(setting("x", 9, struct.pack("<IQ", 0, HUGE)), tensor(), settings=3),
        "'x' announces 1,000,000,000,000 elements",
    ),
    "a list of a million million texts": (
        made(setting("x", 9, struct.pack("<IQ", 8, HUGE)), tensor(), settings=3),
        "'x' announces 1,000,000,000,000 elements",
    ),
    "a list that is longer than the file": (
        made(setting("x", 9, struct.pack("<IQ", 12, 1000)), tensor(), settings=3),
        "ends within its header",
    ),
    "a list that no vocabulary needs": (
        made(setting("x", 9, struct.pack("<IQ", 0, 1017) + bytes(1017)), tensor(), settings=3),
        "'x' has 1,017 elements for 4 token vectors",
    ),
    "one part of several": (
        made(setting("split.count", 2, struct.pack("<H", 3)), tensor(), settings=3),
        "one of 3 parts of a model. Merge the parts",
    ),
    "a list of lists": (
        made(setting("x", 9, struct.pack("<IQ", 9, 1)), tensor(), settings=3),
        "a list of the unknown type 9",
    ),
    "a list with a text that is not UTF-8": (
        made(setting("x", 9, struct.pack("<IQ", 8, 1) + text(b"\xff")), tensor(), settings=3),
        "is not UTF-8",
    ),
    "a name of control characters": (made(tensor("blk.0.\x00\x07")), r"damaged name 'blk\.0\.\\x00\\x07'"),
    "an unknown type": (made(setting("x", 99, b""), tensor(), settings=3), "of the unknown type 99"),
    "a setting twice": (made(BLOCKS, tensor(), settings=3), "setting 'llama.block_count' comes twice"),
    "a tensor twice": (made(tensor(), tensor(start=32), tensors=2), "tensor 'blk.0.a' comes twice"),
    "a million axes": (
        made(text("blk.0.a") + struct.pack("<I", 10**6), room=9000),
        "'blk.0.a' has 1,000,000 axes",
    ),
    "no axes": (made(tensor(shape=())), "'blk.0.a' has 0 axes"),
    "no length": (made(tensor(shape=(4, 0))), r"'blk.0.a' has the shape \[0, 4\]"),
    "a shape beyond the file": (made(tensor(shape=(1 << 40, 1 << 20))), r"'blk.0.a' of the shape .* behind the end"),
    "a place beyond the file": (made(tensor(start=1 << 60)), "'blk.0.a' .* behind the end"),
    "a half block": (made(tensor(shape=(33,), kind=2)), r"'blk.0.a' has the shape \[33\] in blocks of 32"),
    "packed in an unknown way": (made(tensor(kind=12345)), r"'blk.0.a' is packed in a way that is not known \(12345\)"),
    "tensors on one another": (
        made(tensor(), tensor("blk.0.b", start=8), tensors=2),
        "'blk.0.a' and 'blk.0.b' lie on one another",
    ),
    "an alignment of 3": (
        made(setting("general.alignment", 4, struct.pack("<I", 3)), tensor(), settings=3),
        "an alignment of 3",
    ),
    "an alignment of 0": (
        made(setting("general.alignment", 4, bytes(4)), tensor(), settings=3),
        "an alignment of 0",
    ),
    "no number of blocks": (made(tensor(), settings=1, named=NAMED), "announces None blocks"),
    "nothing but a header": (made(tensor()), r"does not use, blk\.0\.a"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_lies_is_refused_with_what_is_wrong(tmp_path: Path, kind: str) -> None:
    content, says = FILES[kind]
    file = tmp_path / "x.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=says) as caught:
        load_model(str(file))
    assert str(file) in caught.value.received
    assert ".." not in str(caught.value)
    if kind != "nothing but a header":
        with pytest.raises(ModelError, match=says):  # already where it is looked at
            folders.look_into(file)


@pytest.mark.parametrize("share", [0.0001, 0.02, 0.05, 0.3, 0.7, 0.999])
def test_a_cut_file_is_refused_wherever_it_is_cut(tmp_path: Path, whole: bytes, share: float) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(whole[: max(5, int(len(whole) * share))])
    with pytest.raises(ModelError, match=r"ends within its header|behind the end of the file"):
        folders.look_into(file)


def test_a_file_cut_at_100_bytes_is_refused(tmp_path: Path, whole: bytes) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(whole[:100])
    with pytest.raises(ModelError, match="it ends within its header, after 100 bytes"):
        load_model(str(file))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"block_count": 10**6}, r"announces 1,000,000 blocks, and it has no tensor of blk\.2"),
        ({"block_count": None}, "announces None blocks"),
        ({"attention__layer_norm_rms_epsilon": None}, "does not state .*layer_norm_rms_epsilon"),
        ({"attention__layer_norm_rms_epsilon": 0.0}, "does not state .*layer_norm_rms_epsilon"),
        ({"attention__head_count": None}, "does not state llama.attention.head_count|shape|cannot be read"),
        ({"embedding_length": None}, "shape|cannot be read"),
        ({"feed_forward_length": None}, "shape"),
        ({"block_count": 0}, "announces 0 blocks"),
        ({"block_count": "two"}, "announces 'two' blocks"),
        ({"block_count": 2.0}, r"announces 2\.0 blocks"),
        ({"embedding_length": 2**31}, "shape"),
        ({"embedding_length": 0}, "shape|cannot be read"),
        ({"feed_forward_length": 10**9}, "shape"),
        ({"vocab_size": 10**9}, "shape"),
        ({"attention__head_count": 0}, "cannot be read|attention.head_count"),
        ({"attention__head_count": 10**6}, "shape|attention.head_count|cannot be read"),
        ({"attention__head_count_kv": 3}, "shape|cannot be read"),
        ({"attention__head_count": "many"}, "cannot be read"),
        ({"rope__dimension_count": 0}, "shape|cannot be read"),
        ({"rope__freq_base": "x"}, "cannot be read"),
        ({"attention__sliding_window": "wide"}, "cannot be read"),
        ({"context_length": "x"}, "cannot be read"),
    ],
)
def test_an_impossible_setting_is_one_sentence(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    file = tiny_gguf.write(tmp_path / "x.gguf", **settings)
    with pytest.raises(ModelError, match=says) as caught:
        load_model(str(file))
    assert str(file) in caught.value.received
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["x.GGUF", "x.Gguf"])
@pytest.mark.parametrize("given", ["file", "folder"])
def test_the_ending_may_be_written_in_capitals(tmp_path: Path, name: str, given: str) -> None:
    file = tiny_gguf.write(tmp_path / name)
    found = load_model(str(file if given == "file" else tmp_path))
    assert (found.layers, found.origin.disk) == (2, file.stat().st_size)


def flipped(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(4, 6000)
    return content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]


def number(content: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(8, 6000)
    return (
        content[:at] + struct.pack("<Q", draw.choice([0, 1, 255, 2**16, 2**31, 2**63, 2**64 - 1])) + content[at + 8 :]
    )


def moved(content: bytes, draw: random.Random) -> bytes:
    at, length = draw.randrange(24, 6000), draw.randrange(1, 40)
    return content[:at] + content[at + length :]


@pytest.mark.parametrize("mutate", [flipped, number, moved])
def test_of_mutated_files_each_opens_or_is_refused(
    tmp_path: Path, whole: bytes, mutate: Callable[[bytes, random.Random], bytes]
) -> None:
    draw, outcomes = random.Random(11), []
    for _ in range(12):
        file = tmp_path / "x.gguf"
        file.write_bytes(mutate(whole, draw))
        try:
            found = load_model(str(file))
            assert np.isfinite(found.encode(["the ran"])[0].hidden).all()
            outcomes.append("opens")
        except CtxError as error:
            outcomes.append(error.received)
    refused = [said for said in outcomes if said != "opens"]
    assert refused
    assert all(str(tmp_path) in said or "family" in said or "tokenizer" in said for said in refused)
