"""Models of one's own from a folder or a GGUF file: what loads, what each can be used for, and why others are refused."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ctxcore import (
    ContextualModel,
    Engine,
    MissingWeightsError,
    ModelError,
    NotADecoderError,
    UnsupportedModelError,
    load_model,
)
from ctxcore.charts.next_word import predictor, why_no_next_word
from ctxcore.models import folders
from ctxcore.models.catalogue import DECODER
from ctxcore.workspace import Workspace
from tests import tiny_gguf, tiny_models

BOTH = frozenset({"vectors", "attention", "patching"})
RULE = r"config.json, a tokenizer.json and weights as safetensors; it must run without code of its own"


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_models.save(tmp_path)
    return tmp_path


def save_with_head(folder: Path, family: str) -> None:
    """A causal language model with an output head of its own."""
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng():
        torch.manual_seed(7)
        AutoModelForCausalLM.from_config(tiny_models.network(family).config).save_pretrained(folder)
    tiny_models.tokenizer().save_pretrained(folder)


def rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def works(model: ContextualModel) -> None:
    """Vectors and attention come out, are finite, and rows are shares."""
    sentences = ["the dog ran quickly", "a program ran"]
    found = model.occurrences("ran", sentences)
    assert found.vectors.shape == (2, model.layers + 1, model.features)
    assert np.isfinite(found.vectors).all()
    np.testing.assert_allclose(model.attention(sentences[0]).weights.sum(-1), 1, atol=1e-5)
    assert model.trace(sentences[0], 1, 0).difference < 1e-5


@pytest.mark.parametrize("family", tiny_models.ENCODERS)
def test_an_encoder_from_a_folder_gives_vectors_and_attention(tmp_path: Path, family: str) -> None:
    tiny_models.save(tmp_path, family)
    model = load_model(str(tmp_path))
    assert (model.kind, model.uses) == ("encoder", BOTH)
    works(model)
    with pytest.raises(NotADecoderError):
        model.next_words(["the dog"])


@pytest.mark.parametrize("family", tiny_models.DECODERS)
def test_a_decoder_with_a_head_also_gives_next_words(tmp_path: Path, family: str) -> None:
    save_with_head(tmp_path, family)
    model = load_model(str(tmp_path))
    assert (model.kind, model.uses) == ("decoder", BOTH | {"next words"})
    works(model)
    found = model.next_words(["the dog"], ["ran"])[0]
    assert 0 < found.candidates["ran"] < 1
    assert predictor(Workspace("ran", (), model=str(tmp_path)), Engine(model=lambda name: model)) == str(tmp_path)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_decoder_without_a_head_gives_no_next_words(tmp_path: Path, family: str) -> None:
    tiny_models.save(tmp_path, family)
    model = load_model(str(tmp_path))
    assert (model.kind, model.uses) == ("decoder", BOTH)
    works(model)
    with pytest.raises(MissingWeightsError, match="without one"):
        model.next_words(["the dog"])
    engine = Engine(model=lambda name: model)
    assert why_no_next_word(str(tmp_path), engine) == "has no output head of its own"
    assert predictor(Workspace("ran", (), model=str(tmp_path)), engine) == DECODER


def test_a_head_that_the_checkpoint_lacks_is_not_offered(tmp_path: Path) -> None:
    tiny_models.save(tmp_path, "llama")
    rewrite(tmp_path / "config.json", architectures=["LlamaForCausalLM"], tie_word_embeddings=False)
    weights = load_file(tmp_path / "model.safetensors")
    save_file({f"model.{k}": v for k, v in weights.items()}, tmp_path / "model.safetensors", metadata={"format": "pt"})
    model = load_model(str(tmp_path))
    assert model.missing == ("lm_head.weight",)
    assert model.uses == BOTH


@pytest.mark.parametrize("given", ["file", "folder"])
def test_a_gguf_file_loads_as_a_decoder(tmp_path: Path, given: str) -> None:
    file = tiny_gguf.write(tmp_path / "tiny.Q0.gguf")
    model = load_model(str(file if given == "file" else tmp_path))
    assert (model.kind, model.layers, model.heads) == ("decoder", 2, 4)
    assert model.uses == BOTH | {"next words"}
    assert model.origin.disk == file.stat().st_size
    assert [t.text for t in model.tokens(["the ran"])[0]] == ["<|endoftext|>", "\u0120the", "\u0120ran"]
    works(model)


def test_several_gguf_files_are_to_be_told_apart(tmp_path: Path) -> None:
    tiny_gguf.write(tmp_path / "one.gguf")
    tiny_gguf.write(tmp_path / "two.gguf")
    with pytest.raises(ModelError, match=r"2 GGUF files: one.gguf, two.gguf.*Give the path of one"):
        load_model(str(tmp_path))
    alone = load_model(str(tmp_path / "two.gguf"))
    assert (alone.layers, alone.revision) == (2, "local file")


def test_code_beside_a_gguf_file_never_runs(tmp_path: Path) -> None:
    marker = tmp_path / "it_ran"
    tiny_gguf.write(tmp_path / "tiny.gguf")
    (tmp_path / "evil.py").write_text(f"from pathlib import Path\nPath({str(marker)!r}).touch()\nclass E: pass\n")
    auto = {"AutoModelForCausalLM": "evil.E", "AutoConfig": "evil.E", "AutoTokenizer": [None, "evil.E"]}
    for name in ("config.json", "tokenizer_config.json"):
        (tmp_path / name).write_text(json.dumps({"auto_map": auto, "model_type": "evil"}))
    with contextlib.suppress(ModelError):  # the tokenizer's place may be named by that code: then it is refused
        load_model(str(tmp_path / "tiny.gguf"))
    assert not marker.exists()


def test_what_a_folder_holds_is_known_before_it_is_opened(folder: Path) -> None:
    (folder / "README.md").write_text("---\ntags: [x]\nlicense: apache-2.0\n---\n# Tiny\n")
    seen = folders.look_into(folder)
    count = sum(p.numel() for p in load_model(str(folder)).network.parameters())
    assert (seen.family, seen.parameters, seen.memory, seen.licence) == ("bert", count, 4 * count, "apache-2.0")
    assert seen.disk == (folder / "model.safetensors").stat().st_size
    assert load_model(str(folder)).origin.licence == "apache-2.0"


def test_weights_in_several_files_are_all_read(folder: Path) -> None:
    whole = load_model(str(folder)).encode(["the dog ran"])[0].hidden
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    halves = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for name, part in halves.items():
        save_file({k: weights[k] for k in part}, folder / name, metadata={"format": "pt"})
    places = {k: name for name, part in halves.items() for k in part}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (folder / "model.safetensors").unlink()
    assert np.array_equal(load_model(str(folder)).encode(["the dog ran"])[0].hidden, whole)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model-00002-of-00002.safetensors is missing"):
        load_model(str(folder))


def test_a_fingerprint_changes_with_any_file(folder: Path) -> None:
    before = folders.fingerprint(folder)
    assert folders.fingerprint(folder) == before
    rewrite(folder / "config.json", note=1)
    assert folders.fingerprint(folder) not in (before, "")
    assert folders.fingerprint("minilm-l6") == ""


def pickles_only(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def nonsense_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)


def no_tokenizer(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()


def own_code(folder: Path) -> None:
    auto = {"AutoConfig": "configuration_x.X", "AutoModel": "modeling_x.X"}
    rewrite(folder / "config.json", model_type="x", auto_map=auto)


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (pickles_only, r"pickled weights only \(pytorch_model.bin\).*choose a checkpoint that has safetensors"),
        (own_code, "code of its own.*never run here"),
        (cut, r"model.safetensors is damaged.*Fetch this file anew"),
        (nonsense_header, r"model.safetensors is damaged.*Fetch this file anew"),
        (no_tokenizer, r"no tokenizer.*Put the model\u2019s tokenizer.json"),
        (emptied, "an empty folder.*Choose the folder that holds the weights"),
        (shutil.rmtree, "no such folder.*Give the folder"),
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: (f / "config.json").write_text("[1]"), "config.json is damaged"),
        (
            lambda f: (f / "model.safetensors").rename(f / "other.safetensors"),
            "no model.safetensors, but other.safetensors",
        ),
    ],
)
def test_a_folder_that_cannot_be_read_says_why(folder: Path, spoil: Callable[[Path], Any], says: str) -> None:
    spoil(folder)
    with pytest.raises(ModelError, match=says) as caught:
        load_model(str(folder))
    assert str(folder) in caught.value.received
    assert RULE.replace(r"\.", ".") in caught.value.rule


def test_a_path_that_is_a_file_is_said_so(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json: a file"):
        load_model(str(folder / "config.json"))


@pytest.mark.parametrize("family", tiny_models.REFUSED)
def test_a_family_that_cannot_be_captured_is_refused(tmp_path: Path, family: str) -> None:
    tiny_models.save(tmp_path, family)
    with pytest.raises(UnsupportedModelError, match=f"\u201c{family}\u201d.*Choose another family"):
        load_model(str(tmp_path))


def test_weights_that_are_not_finite_are_refused(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.1.attention.self.query.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UnsupportedModelError, match="not finite"):
        load_model(str(folder))


def test_a_tokenizer_of_another_model_is_refused(folder: Path) -> None:
    made = json.loads((folder / "tokenizer.json").read_text())
    made["model"]["vocab"] |= {f"more{i}": 22 + i for i in range(9)}
    (folder / "tokenizer.json").write_text(json.dumps(made))
    with pytest.raises(ModelError, match=r"a tokenizer of 31 tokens for 22 token vectors"):
        load_model(str(folder))
