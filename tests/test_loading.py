"""From a name to a model: what loads, what is refused, and that no code of a repository ever runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ctxcore import (
    CATALOGUE,
    BadInputError,
    MissingWeightsError,
    ModelError,
    OfflineError,
    UnsupportedModelError,
    load_model,
    load_static,
)
from tests import tiny_models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny BERT as a reader would have it on disk."""
    tiny_models.save(tmp_path)
    return tmp_path


def drop(folder: Path, name: str) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama"])
def test_a_folder_with_safetensors_loads_with_its_own_weights(tmp_path: Path, family: str) -> None:
    network = tiny_models.save(tmp_path, family)
    model = load_model(str(tmp_path))
    assert (model.id, model.revision, model.missing) == (str(tmp_path), "local folder", ())
    ids = torch.tensor([[t.id for t in model.tokens(["the dog ran"])[0]]])
    with torch.inference_mode():
        expected = network(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0].numpy()
    np.testing.assert_allclose(model.encode(["the dog ran"])[0].hidden[-1], expected, atol=1e-5)


def test_a_folder_with_a_language_model_head_loads_as_a_decoder(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_config(tiny_models.network("llama").config).save_pretrained(tmp_path)
    tiny_models.tokenizer().save_pretrained(tmp_path)
    model = load_model(str(tmp_path))
    assert model.kind == "decoder"
    assert model.network.lm_head.weight.shape == (len(tiny_models.VOCABULARY), 32)
    assert model.encode(["the dog"])[0].hidden.shape == (4, 3, 32)


def test_pickled_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save(tiny_models.network("bert").state_dict(), folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        load_model(str(folder))


def test_a_checkpoint_that_lacks_a_weight_is_refused_by_its_name(folder: Path) -> None:
    drop(folder, "encoder.layer.1.attention.self.query.weight")
    with pytest.raises(MissingWeightsError, match=r"1 weights absent, encoder.layer.1.attention.self.query.weight"):
        load_model(str(folder))


def test_an_absent_pooler_is_no_harm_and_is_told(folder: Path) -> None:
    before = load_model(str(folder)).encode(["the dog ran"])[0].hidden
    drop(folder, "pooler.dense.weight")
    model = load_model(str(folder))
    assert model.missing == ("pooler.dense.weight",)
    assert np.array_equal(model.encode(["the dog ran"])[0].hidden, before)


def cut_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


@pytest.mark.parametrize(
    "spoil",
    [
        cut_weights,
        lambda folder: rewrite(folder / "config.json", intermediate_size=50),
        lambda folder: rewrite(folder / "config.json", model_type="nonsense"),
        lambda folder: (folder / "config.json").write_text("nonsense"),
        lambda folder: (folder / "config.json").unlink(),
        lambda folder: (folder / "tokenizer.json").write_text("nonsense"),
        lambda folder: (folder / "tokenizer.json").write_text('{"version": 1}'),
        lambda folder: (folder / "tokenizer.json").unlink(),
    ],
    ids=[
        "cut weights", "another shape", "unknown family", "broken config", "no config", "broken tokenizer",
        "empty tokenizer", "no tokenizer",
    ],
)  # fmt: skip
def test_a_spoilt_folder_is_one_sentence_with_a_remedy(folder: Path, spoil: Callable[[Path], Any]) -> None:
    spoil(folder)
    with pytest.raises(ModelError, match=r"config.json, a tokenizer.json and weights as safetensors") as caught:
        load_model(str(folder))
    assert str(folder) in caught.value.received
    assert caught.value.remedy.endswith(".")


EVIL = """
from pathlib import Path
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
Path({marker!r}).touch()
class EvilConfig(BertConfig): model_type = "evil"
class EvilModel(BertModel): config_class = EvilConfig
class EvilTokenizer(PreTrainedTokenizerFast): pass
"""


@pytest.mark.parametrize("part", ["config", "tokenizer"])
def test_code_in_a_repository_never_runs_even_if_the_console_would_agree(
    folder: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = folder / "it_ran_somewhere"
    (folder / "evil.py").write_text(EVIL.format(marker=str(marker)))
    if part == "config":
        auto = {"AutoConfig": "evil.EvilConfig", "AutoModel": "evil.EvilModel"}
        rewrite(folder / "config.json", model_type="evil", auto_map=auto)
    else:
        names = {"tokenizer_class": "EvilTokenizer", "auto_map": {"AutoTokenizer": [None, "evil.EvilTokenizer"]}}
        rewrite(folder / "tokenizer_config.json", **names)
        rewrite(folder / "config.json", model_type="bert", tokenizer_class="EvilTokenizer")
    asked: list[str] = []

    def agree(prompt: str = "") -> str:
        asked.append(prompt)
        return "y"

    monkeypatch.setattr("builtins.input", agree)
    with contextlib.suppress(ModelError):  # a tokenizer can do without the code: then it loads
        load_model(str(folder))
    assert not marker.exists()
    assert asked == []


@pytest.mark.parametrize("family", tiny_models.REFUSED)
def test_a_refused_family_is_refused_from_a_folder_too(tmp_path: Path, family: str) -> None:
    tiny_models.save(tmp_path, family)
    with pytest.raises(UnsupportedModelError, match=f"\u201c{family}\u201d"):
        load_model(str(tmp_path))


def test_an_unknown_name_lists_the_catalogue() -> None:
    for load in (load_model, load_static):
        with pytest.raises(ModelError, match="glove-6b-50d, minilm-l6, smollm2-135m") as caught:
            load("bert-huge")
        assert caught.value.received == "'bert-huge'"
    assert list(CATALOGUE) == ["glove-6b-50d", "minilm-l6", "smollm2-135m"]


def test_a_hub_name_that_cannot_be_reached_says_so() -> None:
    with pytest.raises(
        OfflineError, match=r"nobody/nothing.*no network is reached.*choose a model that is on this computer"
    ):
        load_model("hub:nobody/nothing@main")


def test_static_and_contextual_names_are_told_apart() -> None:
    with pytest.raises(ModelError, match="Use load_static"):
        load_model("glove-6b-50d")
    with pytest.raises(ModelError, match="Use load_model"):
        load_static("minilm-l6")


def test_loading_says_how_far_it_is(folder: Path) -> None:
    seen: list[tuple[float, str]] = []
    load_model(str(folder), lambda share, what: seen.append((share, what)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert seen[-1][1] == "Checking that attention is captured truthfully"


def test_loading_sets_the_threads_of_the_process_only_where_it_is_asked_to(folder: Path) -> None:
    before = torch.get_num_threads()
    try:
        for threads in (before + 1, 1):
            load_model(str(folder), threads=threads)
            load_model(str(folder))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_loading_leaves_transformers_log_level_as_it_was(folder: Path) -> None:
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    try:
        load_model(str(folder))
        assert logging.get_verbosity() == logging.CRITICAL
        with pytest.raises(ModelError):
            load_model(str(folder / ".."))
        assert logging.get_verbosity() == logging.CRITICAL
    finally:
        logging.set_verbosity(before)


def test_a_path_names_a_model_as_its_text_does(folder: Path) -> None:
    model = load_model(folder)
    assert model.id == str(folder)
    assert model.tokens(["the dog"]) == load_model(str(folder)).tokens(["the dog"])


@pytest.mark.parametrize("name", [None, 5, b"minilm-l6", "", " ", "a\0b", "a\ud800", ["minilm-l6"]])
def test_what_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(BadInputError, match="A name or a path is text"):
        load_model(name)
