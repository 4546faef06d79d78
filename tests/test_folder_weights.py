"""Every number of a network read from a folder is the file's, and every tensor of the file has its place in the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from ctxcore import MissingWeightsError, ModelError, load_model
from ctxcore.models import weights
from tests import tiny_models

FILE = "model.safetensors"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    level = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()
    yield
    transformers.logging.set_verbosity(level)


def save(folder: Path, family: str, kind: str = "AutoModel", **changes: Any) -> dict[str, torch.Tensor]:
    """A folder with a network of one layer, and its tensors, no two of them alike."""
    config = tiny_models.network(family, **{"num_hidden_layers": 1, **changes}).config
    with torch.random.fork_rng():
        torch.manual_seed(7)
        getattr(transformers, kind).from_config(config).save_pretrained(folder)
        tensors = {name: torch.randn_like(tensor) for name, tensor in load_file(folder / FILE).items()}
    tiny_models.tokenizer().save_pretrained(folder)
    put(folder, tensors)
    return tensors


def put(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, folder / FILE, metadata={"format": "pt"})


def rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def assert_the_files(network: Any, tensors: dict[str, torch.Tensor], prefix: str = "") -> None:
    """Each parameter is a tensor of the file, number by number; those that share numbers count once."""
    found = dict(network.named_parameters())
    assert found.keys() == {name.removeprefix(prefix) for name in tensors}
    for name, tensor in tensors.items():
        assert torch.equal(found[name.removeprefix(prefix)], tensor.float()), name


KINDS = [("bert", "AutoModel"), ("llama", "AutoModelForCausalLM"), ("gpt2", "AutoModel")]


@pytest.fixture(params=KINDS, ids=lambda kind: kind[0])
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_each_number_of_the_network_is_the_files(tmp_path: Path, kind: tuple[str, str], dtype: torch.dtype) -> None:
    tensors = {name: tensor.to(dtype) for name, tensor in save(tmp_path, *kind, tie_word_embeddings=False).items()}
    put(tmp_path, tensors)
    network, missing = weights.read(tmp_path)
    assert missing == ()
    assert_the_files(network, tensors)


def test_each_missing_tensor_is_noticed(tmp_path: Path, kind: tuple[str, str]) -> None:
    tensors = save(tmp_path, *kind, tie_word_embeddings=False)
    told: list[str] = []
    for name in tensors:
        put(tmp_path, {other: tensor for other, tensor in tensors.items() if other != name})
        if "pooler" in name or "lm_head" in name:
            told += weights.read(tmp_path)[1]
            continue
        with pytest.raises(MissingWeightsError) as caught:
            weights.read(tmp_path)
        assert f"1 weights absent, {name} among them" in caught.value.received
    assert sorted(told) == sorted(name for name in tensors if "pooler" in name or "lm_head" in name)


@pytest.mark.parametrize("ending", ["_scale_inv", ".1"])
def test_each_tensor_too_many_is_noticed(tmp_path: Path, kind: tuple[str, str], ending: str) -> None:
    tensors = save(tmp_path, *kind, tie_word_embeddings=False)
    for name in (name for name in tensors if "pooler" not in name):
        put(tmp_path, {**tensors, f"{name}{ending}": torch.ones(1)})
        with pytest.raises(ModelError) as caught:
            weights.read(tmp_path)
        assert f"{name}{ending}" in caught.value.received
        assert ("quantised weights" in caught.value.received) == ("scale" in ending)


def test_each_renamed_tensor_is_noticed(tmp_path: Path, kind: tuple[str, str]) -> None:
    tensors = save(tmp_path, *kind, tie_word_embeddings=False)
    for name in (name for name in tensors if "pooler" not in name):
        put(tmp_path, {other.replace(name, f"{name}x"): tensor for other, tensor in tensors.items()})
        with pytest.raises(ModelError, match=r"absent|no place for"):
            weights.read(tmp_path)


def test_each_tensor_of_another_shape_is_named_with_both_shapes(tmp_path: Path, kind: tuple[str, str]) -> None:
    tensors = save(tmp_path, *kind, tie_word_embeddings=False)
    for name, tensor in tensors.items():
        put(tmp_path, {**tensors, name: tensor[:-1].clone()})
        theirs, ours = (" \u00d7 ".join(map(str, shape)) for shape in (tensor[:-1].shape, tensor.shape))
        with pytest.raises(ModelError) as caught:
            weights.read(tmp_path)
        assert f"{name} is {theirs} in the weights and {ours} by config.json" in caught.value.received


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int32, torch.float8_e4m3fn, torch.bool])
def test_each_tensor_of_whole_numbers_is_refused_as_quantised(
    tmp_path: Path, kind: tuple[str, str], dtype: torch.dtype
) -> None:
    tensors = save(tmp_path, *kind)
    for name, tensor in tensors.items():
        put(tmp_path, {**tensors, name: tensor.to(dtype)})
        with pytest.raises(ModelError, match="quantised weights") as caught:
            weights.read(tmp_path)
        assert name in caught.value.received
        assert "16 or 32 bits" in caught.value.remedy


def test_one_weight_under_two_names_is_noticed(tmp_path: Path) -> None:
    tensors = save(tmp_path, "bert")
    for name, tensor in tensors.items():
        put(tmp_path, {**tensors, f"bert.{name}": tensor + 1})
        with pytest.raises(ModelError, match=rf"no place for, bert\.{name} among them"):
            weights.read(tmp_path)


@pytest.mark.parametrize("method", ["fp8", "bitsandbytes", "gptq", "awq", "compressed-tensors"])
def test_weights_that_are_said_to_be_quantised_are_refused(tmp_path: Path, method: str) -> None:
    save(tmp_path, "llama")
    rewrite(tmp_path / "config.json", quantization_config={"quant_method": method})
    with pytest.raises(ModelError, match=rf"quantised weights \({method}\).*GGUF files only"):
        load_model(str(tmp_path))


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "albert"])
@pytest.mark.parametrize("layers", [1, 2, 4])
def test_as_many_layers_as_the_file_has(tmp_path: Path, family: str, layers: int) -> None:
    tiny_models.save(tmp_path, family)
    rewrite(tmp_path / "config.json", **{"n_layer" if family == "gpt2" else "num_hidden_layers": layers})
    if family == "albert":  # one layer, run as often as the configuration says
        assert load_model(str(tmp_path)).layers == layers
        return
    said = r"no place for, (h|layers|encoder\.layer)\.\d" if layers < 3 else "weights absent"
    with pytest.raises(ModelError, match=said):
        load_model(str(tmp_path))


HEADS = [
    ("bert", "AutoModelForMaskedLM"),
    ("bert", "AutoModelForPreTraining"),
    ("bert", "AutoModelForSequenceClassification"),
    ("bert", "AutoModelForQuestionAnswering"),
    ("bert", "AutoModelForTokenClassification"),
    ("roberta", "AutoModelForMaskedLM"),
    ("distilbert", "AutoModelForMaskedLM"),
    ("electra", "AutoModelForPreTraining"),
    ("albert", "AutoModelForMaskedLM"),
    ("gpt2", "AutoModelForSequenceClassification"),
    ("llama", "AutoModelForTokenClassification"),
]


@pytest.mark.parametrize(("family", "kind"), HEADS)
def test_heads_of_other_tasks_are_left_where_they_are(tmp_path: Path, family: str, kind: str) -> None:
    tensors = save(tmp_path, family, kind, num_hidden_layers=2)
    network, missing = weights.read(tmp_path)
    prefix = f"{network.base_model_prefix}."
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    found = dict(network.named_parameters())
    assert all("pooler" in name for name in missing)
    assert found.keys() == own.keys() | set(missing)
    assert all(torch.equal(found[name], tensor) for name, tensor in own.items())


LEFT_OVER = {
    "bert": {"embeddings.position_ids": torch.arange(40)[None]},
    "roberta": {"embeddings.position_ids": torch.arange(40)[None], "embeddings.token_type_ids": torch.zeros(1, 40).long()},
    "gpt2": {"h.0.attn.bias": torch.ones(1, 1, 40, 40).bool(), "h.0.attn.masked_bias": torch.tensor(-1e4)},
    "llama": {"layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)},
}  # fmt: skip


@pytest.mark.parametrize("family", LEFT_OVER)
def test_buffers_that_older_checkpoints_kept_do_no_harm(tmp_path: Path, family: str) -> None:
    tensors = save(tmp_path, family)
    put(tmp_path, {**tensors, **LEFT_OVER[family]})
    assert_the_files(weights.read(tmp_path)[0], tensors)


@pytest.mark.parametrize(
    "name",
    ["lm_head.bias", "model.norm.bias", "model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.bias",
     "model.layers.0.mlp.experts.0.gate.weight", "model.embed_norm.weight"],
)  # fmt: skip
def test_a_weight_that_the_family_does_not_have_is_no_head(tmp_path: Path, name: str) -> None:
    tensors = save(tmp_path, "llama", "AutoModelForCausalLM")
    put(tmp_path, {**tensors, name: torch.ones(32)})
    with pytest.raises(ModelError, match=rf"1 weights that the network of config.json has no place for, {name}"):
        weights.read(tmp_path)


def test_a_head_of_its_own_stays_its_own_where_the_configuration_ties_it(tmp_path: Path) -> None:
    tensors = save(tmp_path, "llama", "AutoModelForCausalLM", tie_word_embeddings=False)
    rewrite(tmp_path / "config.json", tie_word_embeddings=True)
    assert_the_files(weights.read(tmp_path)[0], tensors)


def test_a_tied_head_is_the_embedding(tmp_path: Path) -> None:
    tensors = save(tmp_path, "llama", "AutoModelForCausalLM", tie_word_embeddings=True)
    network, missing = weights.read(tmp_path)
    assert "lm_head.weight" not in tensors
    assert missing == ()
    assert_the_files(network, tensors)
    assert network.lm_head.weight is network.model.embed_tokens.weight


def test_only_the_files_that_were_looked_into_are_opened(tmp_path: Path) -> None:
    """Transformers would read what the configuration names, or shards of another form, in place of model.safetensors."""
    tensors = save(tmp_path, "bert")
    other = {name: tensor + 1 for name, tensor in tensors.items()}
    save_file(other, tmp_path / "other.safetensors", metadata={"format": "pt"})
    save_file(other, tmp_path / "shard-00000-model-00001-of-00001.safetensors", metadata={"format": "pt"})
    rewrite(tmp_path / "config.json", transformers_weights="other.safetensors", attn_implementation="flash_attention_2")
    assert_the_files(weights.read(tmp_path)[0], tensors)


def test_two_files_with_a_tensor_of_one_name_are_refused(tmp_path: Path) -> None:
    tensors = save(tmp_path, "bert")
    parts = {"a.safetensors": tensors, "b.safetensors": {"pooler.dense.bias": torch.ones(32)}}
    for name, part in parts.items():
        save_file(part, tmp_path / name, metadata={"format": "pt"})
    (tmp_path / FILE).unlink()
    places = {"pooler.dense.bias": "a.safetensors", "embeddings.LayerNorm.bias": "b.safetensors"}
    (tmp_path / f"{FILE}.index.json").write_text(json.dumps({"weight_map": places}))
    with pytest.raises(ModelError, match=r"two files hold pooler\.dense\.bias"):
        weights.read(tmp_path)


def test_a_model_larger_than_the_computer_is_refused_before_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, "bert")
    numbers = sum(tensor.numel() for tensor in load_file(tmp_path / FILE).values())
    monkeypatch.setattr(weights, "_memory", lambda: 4 * numbers - 1)
    monkeypatch.setattr(weights, "_filled", None)
    with pytest.raises(ModelError, match=r"a model of 4\d kB as float32, on a computer with 4\d kB of memory"):
        weights.read(tmp_path)
