"""Network and GGUF file are compared both ways: no tensor absent, none unused, each number where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from ctxcore import MissingWeightsError, ModelError, load_model
from ctxcore.models import cache_dir, gguf, gguf_header
from ctxcore.progress import silent
from tests import tiny_gguf

NAMES = list(tiny_gguf.tensors())
HEADS = {"attn_q": 4, "attn_k": 2}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))


def network_of(file: Path) -> dict[str, np.ndarray]:
    """What is read from a file, by the names of transformers."""
    made = gguf._unpack(gguf_header.look_into(file), silent).network
    return {name: tensor.numpy() for name, tensor in made.state_dict().items()}


def renamed(name: str) -> str:
    """Where a tensor of the file belongs in transformers' network."""
    for theirs, ours in {
        "token_embd": "model.embed_tokens", "output.": "lm_head.", "output_norm": "model.norm", "blk.": "model.layers.",
    }.items():  # fmt: skip
        if name.startswith(theirs):
            name = name.replace(theirs, ours, 1)
    for theirs, ours in {
        "attn_output": "self_attn.o_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
        "attn_": "self_attn.", "ffn_": "mlp.",
    }.items():  # fmt: skip
        name = name.replace(theirs, ours)
    return (
        name if "norm" in name or "embed" in name or "lm_head" in name or "proj" in name else name[:-7] + "_proj.weight"
    )


def unpermuted(name: str, tensor: np.ndarray) -> np.ndarray:
    """LLaMA files hold the rows of queries and keys with the two halves of each head interleaved."""
    heads = next((count for part, count in HEADS.items() if part in name), None)
    if heads is None:
        return tensor
    each = len(tensor) // heads
    rows = [h * each + n for h in range(heads) for n in (*range(0, each, 2), *range(1, each, 2))]
    return tensor[rows]


def test_every_number_stands_where_it_belongs(tmp_path: Path) -> None:
    tensors = tiny_gguf.tensors()
    for number, name in enumerate(NAMES):  # norms too: of ones, an exchange would go unseen
        tensors[name] = tensors[name] + np.float32(number)
    found = network_of(tiny_gguf.write(tmp_path / "x.gguf", change=lambda t: t.update(tensors)))
    assert found.keys() == {renamed(name) for name in NAMES}
    for name, tensor in tensors.items():
        assert np.array_equal(found[renamed(name)], unpermuted(name, tensor)), name


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return network_of(tiny_gguf.write(tmp_path_factory.mktemp("plain") / "x.gguf"))


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_number_changes_its_tensor_and_no_other(
    tmp_path: Path, plain: dict[str, np.ndarray], name: str
) -> None:
    def change(tensors: tiny_gguf.Tensors) -> None:
        tensors[name].flat[7] += 1

    found = network_of(tiny_gguf.write(tmp_path / "x.gguf", change=change))
    assert [n for n in plain if not np.array_equal(plain[n], found[n])] == [renamed(name)]
    assert np.abs(found[renamed(name)] - plain[renamed(name)]).sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_an_absent_tensor_is_named(tmp_path: Path, name: str) -> None:
    file = tiny_gguf.write(tmp_path / "x.gguf", change=lambda tensors: tensors.pop(name))
    if name == "output.weight":  # a tied output head stands in the file once
        found = network_of(file)
        assert np.array_equal(found["lm_head.weight"], found["model.embed_tokens.weight"])
        return
    with pytest.raises(MissingWeightsError, match=f"does not have {name}") as caught:
        load_model(str(file))
    assert str(file) in caught.value.received


@pytest.mark.parametrize(
    "name",
    [f"{name[:-7]}.bias" for name in NAMES]
    + ["blk.0.attn_q_norm.weight", "blk.1.post_attention_norm.weight", "blk.0.attn_sinks", "blk.1.ffn_up_exps.weight",
       "v.blk.0.attn_q.weight", "rope_factors_long.weight", "token_embd", "something.else"],
)  # fmt: skip
def test_a_tensor_that_the_network_does_not_use_is_named(tmp_path: Path, name: str) -> None:
    file = tiny_gguf.write(tmp_path / "x.gguf", change=lambda tensors: tensors.update({name: np.ones(32, np.float32)}))
    with pytest.raises(MissingWeightsError, match=f"has, and its network does not use, {name}"):
        load_model(str(file))


def block_gone(tensors: tiny_gguf.Tensors) -> None:
    for name in [n for n in tensors if n.startswith("blk.1.")]:
        del tensors[name]


def one_block_more(tensors: tiny_gguf.Tensors) -> None:
    tensors.update({n.replace("blk.1.", "blk.2."): t for n, t in tensors.items() if n.startswith("blk.1.")})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (block_gone, r"announces 2 blocks, and it has no tensor of blk\.1"),
        (one_block_more, r"announces 2 blocks, and it has tensors of blk\.2"),
        (lambda t: t.update({"blk.0.ffn_up.weight": t["blk.0.ffn_up.weight"].T.copy()}), r"'blk.0.ffn_up.weight'.*\[32, 48\].*\[48, 32\]"),
        (lambda t: t.update({"blk.1.attn_k.weight": t["blk.1.attn_k.weight"][:8]}), r"'blk.1.attn_k.weight'.*\[8, 32\].*\[16, 32\]"),
        (lambda t: t.update({"token_embd.weight": t["token_embd.weight"][:90]}), r"'token_embd.weight'.*\[90, 32\].*\[102, 32\]"),
        (lambda t: t.update({"output_norm.weight": np.ones(31, np.float32)}), r"'output_norm.weight'.*\[31\].*\[32\]"),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit_the_network_are_named(
    tmp_path: Path, change: Callable[[tiny_gguf.Tensors], Any], says: str
) -> None:
    file = tiny_gguf.write(tmp_path / "x.gguf", change=change)
    with pytest.raises(ModelError, match=says):
        load_model(str(file))
    assert [p for p in cache_dir.cache_folder().glob("*") if p.is_dir()] == []


def of_family(family: str) -> Any:
    """A tiny network of a family with an output head and numbers that tell its tensors apart."""
    size = {
        "vocab_size": len(tiny_gguf.TOKENS), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 8, "intermediate_size": 48, "max_position_embeddings": 64,
        "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "sliding_window": 64,
    }  # fmt: skip
    size |= {"head_dim": 128} if family == "qwen3" else {}  # transformers takes these two from no file
    names = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 1024, "vocab_size": size["vocab_size"]}
    made = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **(names if family == "gpt2" else size)))
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for tensor in made.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=draw))
    return made


OFFSET = {"gemma2": 1, "gemma3_text": 1, "nemotron": 1}
"""Families whose files hold norms with one added."""
FAMILIES = {
    "qwen2": "qwen2", "qwen3": "qwen3", "gemma2": "gemma2", "gemma3_text": "gemma3", "phi3": "phi3", "gpt2": "gpt2",
    "starcoder2": "starcoder2", "nemotron": "nemotron",
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_is_refused_that_is_complete(tmp_path: Path, family: str) -> None:
    network = of_family(family)

    def change(tensors: tiny_gguf.Tensors) -> None:
        for name, tensor in tensors.items():
            if "norm.weight" in name:
                tensor += OFFSET.get(family, 0)
            if family == "gpt2" and name.endswith(
                (".attn_qkv.weight", ".attn_output.weight", ".ffn_up.weight", ".ffn_down.weight")
            ):
                tensors[name] = tensor.T.copy()

    tiny_gguf.of_network(tmp_path / "x.gguf", FAMILIES[family], network, change)
    found = network_of(tmp_path / "x.gguf")
    expected = network.state_dict()
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor.detach().numpy(), atol=1e-6, err_msg=name)


@pytest.mark.parametrize("absent", ["post_attention_norm", "post_ffw_norm", "ffn_norm"])
def test_gemma_without_its_norms_is_refused(tmp_path: Path, absent: str) -> None:
    def change(tensors: tiny_gguf.Tensors) -> None:
        del tensors[f"blk.1.{absent}.weight"]

    tiny_gguf.of_network(tmp_path / "x.gguf", "gemma2", of_family("gemma2"), change)
    with pytest.raises(MissingWeightsError, match=rf"does not have blk\.1\.{absent}\.weight"):
        load_model(str(tmp_path / "x.gguf"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rope__scaling__type": "yarn", "rope__scaling__factor": 4.0}, r"llama\.rope\.scaling\.type = 'yarn'"),
        ({"rope__scaling__factor": 2.0}, r"llama\.rope\.scaling\.factor = 2\.0"),
        ({"rope__dimension_count": 6}, r"llama\.rope\.dimension_count = 6|shape"),
        ({"attention__sliding_window": 16}, "a sliding window of 16"),
        ({"attention__key_length": 16}, r"llama\.attention\.key_length = 16"),
    ],
)
def test_a_setting_that_transformers_leaves_out_is_named(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    file = tiny_gguf.write(tmp_path / "x.gguf", **settings)
    with pytest.raises(ModelError, match=says):
        load_model(str(file))


@pytest.mark.parametrize(
    "settings",
    [
        {"rope__scaling__type": "none", "rope__scaling__factor": 1.0, "attention__key_length": 8},
        {"attention__sliding_window": 64},  # as long as the longest text
        {"rope__freq_base": 999_999.4, "attention__layer_norm_rms_epsilon": 1e-3},
    ],
)
def test_a_setting_that_the_network_has_is_no_reason_to_refuse(tmp_path: Path, settings: dict[str, Any]) -> None:
    model = gguf._unpack(gguf_header.look_into(tiny_gguf.write(tmp_path / "x.gguf", **settings)), silent).network
    theta = settings.get("rope__freq_base", 10_000.0)
    expected = theta ** -(torch.arange(4) / 4)
    torch.testing.assert_close(model.model.rotary_emb.inv_freq, expected.float(), rtol=1e-5, atol=1e-7)
    assert model.config.rms_norm_eps == pytest.approx(settings.get("attention__layer_norm_rms_epsilon", 1e-5))


def test_the_rotary_factors_of_llama_3_are_put_in(tmp_path: Path) -> None:
    """The file holds them as a tensor; transformers knows them by the rule that they were made with."""
    rule = {
        "rope_type": "llama3", "rope_theta": 10_000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    }  # fmt: skip
    before = tiny_gguf.write(tmp_path / "before.gguf", rope__freq_base=10_000.0)
    plain = load_model(str(before))
    config = plain.network.config
    own = AutoModelForCausalLM.from_config(type(config).from_dict({**config.to_dict(), "rope_parameters": rule})).eval()
    own.load_state_dict(plain.network.state_dict())
    factors = (plain.network.model.rotary_emb.inv_freq / own.model.rotary_emb.inv_freq).numpy()
    assert factors.max() == pytest.approx(8, abs=1e-4)

    def change(tensors: tiny_gguf.Tensors) -> None:
        tensors["rope_freqs.weight"] = factors

    tiny_gguf.write(tmp_path / "x.gguf", change=change)
    ids = torch.arange(40)[None]
    with torch.no_grad():
        expected, without = own(ids).logits, plain.network(ids).logits
        for _ in range(2):  # the second time from what was kept
            found = load_model(str(tmp_path / "x.gguf")).network(ids).logits
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert (expected - without).abs().max() > 0.01
