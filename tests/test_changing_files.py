"""Files that change while they are read, or after: no vector mixes two versions, and a loaded model stays as it is."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ctxcore import FileFormatError, ModelError, StoppedError, load_model, load_static
from ctxcore.models import gguf, loading, tokenizer_files, vector_files
from ctxcore.models.cache_dir import cache_folder
from tests import tiny_gguf, tiny_models

SAYS = "Files stay as they are while they are read.*changed, replaced or taken away meanwhile.*open it anew"
ROWS = 4_001


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))


def vectors(first: int, header: bool = True) -> bytes:
    """So many words; the first number of each is the version."""
    rows = "".join(f"w{n} {first} {n}.5 0.25\n" for n in range(ROWS))
    return (f"{ROWS} 3\n" * header + rows).encode()


def over(file: Path, data: bytes) -> None:
    """Written into the same file, as a program does that saves in place; the time is moved as a slow one's would be."""
    file.write_bytes(data)
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1_000_000_000))


def replaced(file: Path, data: bytes) -> None:
    """Another file under the same name: who has the old one open reads on in it."""
    (beside := file.with_name("new")).write_bytes(data)
    os.utime(beside, ns=(1, file.stat().st_mtime_ns + 1_000_000_000))
    beside.rename(file)


def gone(file: Path, data: bytes) -> None:
    file.unlink()


def once(action: Callable[[], object], word: str) -> Callable[[float, str], None]:
    """A progress callback that acts the first time that it is told of something."""
    told: list[str] = []

    def progress(share: float, what: str) -> None:
        if word in what and not told:
            told.append(what)
            action()

    return progress


@pytest.mark.parametrize("change", [over, replaced, gone])
@pytest.mark.parametrize("form", ["word2vec text", "GloVe text", "gzip"])
def test_vectors_that_change_while_they_are_read_are_refused_and_not_kept(
    tmp_path: Path, change: Callable[[Path, bytes], None], form: str
) -> None:
    old, new = vectors(1, form != "GloVe text"), vectors(2, form != "GloVe text")
    old, new = (gzip.compress(data) if form == "gzip" else data for data in (old, new))
    file = tmp_path / "own.txt"
    file.write_bytes(old)
    stamp = file.stat().st_mtime_ns
    with pytest.raises(ModelError, match=SAYS):
        load_static(str(file), progress=once(lambda: change(file, new), "Reading"))
    assert not list(cache_folder().glob("static-*/vectors.npy"))
    for version, data in (
        (2.0, new),
        (1.0, old),
    ):  # read anew it is one or the other, also where the old one comes back
        file.write_bytes(data)
        os.utime(file, ns=(1, stamp if data is old else stamp + 2_000_000_000))
        assert set(load_static(str(file)).keyed_vectors.vectors[:, 0]) == {version}


def test_vectors_that_change_between_header_and_numbers_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(vectors(1))
    look = vector_files.look_into

    def looked(path: Path) -> vector_files.VectorFile:
        found = look(path)
        over(file, vectors(2))
        return found

    monkeypatch.setattr(vector_files, "look_into", looked)
    with pytest.raises(ModelError, match=SAYS):
        load_static(str(file))


def stopped(file: Path) -> None:
    over(file, vectors(2))
    raise StoppedError("reading")


def test_a_stop_stays_a_stop_and_a_damage_of_an_unchanged_file_a_damage(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_bytes(vectors(1))
    with pytest.raises(StoppedError):
        load_static(str(file), progress=once(lambda: stopped(file), "Reading"))
    over(file, vectors(1)[:-9])
    with pytest.raises(FileFormatError, match=r"own\.txt"):
        load_static(str(file))


@pytest.mark.parametrize("part", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_folder_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_models.save(tmp_path)
    read = tokenizer_files.read

    def reading(path: Path) -> object:
        over(tmp_path / part, (tmp_path / part).read_bytes())
        return read(path)

    monkeypatch.setattr(loading.tokenizer_files, "read", reading)
    with pytest.raises(ModelError, match=SAYS):
        load_model(str(tmp_path))
    monkeypatch.undo()
    assert load_model(str(tmp_path)).layers == 3


def test_a_packed_file_that_changes_while_it_is_unpacked_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny_gguf.write(tmp_path / "own.gguf")
    made = gguf._tokenizer

    def tokenizer(path: Path) -> object:
        over(file, file.read_bytes())
        return made(path)

    monkeypatch.setattr(gguf, "_tokenizer", tokenizer)
    with pytest.raises(ModelError, match=SAYS):
        load_model(str(file))
    assert not list(cache_folder().glob("own-*/model.safetensors"))


def zeros(folder: Path) -> None:
    file = folder / "model.safetensors"
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        stream.write(bytes(file.stat().st_size - stream.tell()))


@pytest.mark.parametrize("family", ["bert", "llama"])
@pytest.mark.parametrize("spoil", [zeros, shutil.rmtree])
def test_a_loaded_model_no_longer_rests_on_its_files(
    tmp_path: Path, family: str, spoil: Callable[[Path], None]
) -> None:
    tiny_models.save(tmp_path / "own", family)
    model = load_model(str(tmp_path / "own"))
    before = model.encode(["the dog ran quickly"])[0].hidden.copy()
    spoil(tmp_path / "own")
    assert np.array_equal(model.encode(["the dog ran quickly"])[0].hidden, before)
