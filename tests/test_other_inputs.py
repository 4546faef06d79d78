"""A model that reads something else than text is refused as that, whether or not its folder holds a tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, BertConfig

from ctxcore import ModelError, UnsupportedModelError, load_model
from ctxcore.models import folders
from ctxcore.models.inputs import must_read_text
from tests import tiny_models

SOUND, IMAGES, PAIR = "reads sound, not text", "reads images, not text", "is two networks, an encoder and a decoder"
OTHERS = {
    "wav2vec2": SOUND, "hubert": SOUND, "wavlm": SOUND, "whisper": SOUND, "speech_to_text": SOUND, "encodec": SOUND,
    "vit": IMAGES, "dinov2": IMAGES, "resnet": IMAGES, "videomae": IMAGES, "imagegpt": IMAGES,
    "clip": "reads images beside text", "clap": "reads sound beside text", "llava": "reads images beside text",
    "t5": PAIR, "bart": PAIR, "marian": PAIR,
    "mamba": "has a recurrence or linear attention in place of softmax attention in 32 of its 32 layers",
    "patchtst": "reads series of numbers, not text", "decision_transformer": "takes \u201cstates\u201d, not text",
}  # fmt: skip
BESIDE = {
    "wav2vec2": "vocab.json",
    "whisper": "vocab.json",
    "t5": "spiece.model",
    "marian": "source.spm",
    "bart": "vocab.json",
}


def folder(path: Path, family: str, tokenizer: bool) -> Path:
    """As such a model is published: its configuration, some weights, and what it has in a tokenizer's place."""
    AutoConfig.for_model(family).save_pretrained(path)
    save_file({"weight": torch.zeros(4)}, path / "model.safetensors")
    if tokenizer:
        tiny_models.tokenizer().save_pretrained(path)
    elif family in BESIDE:
        (path / BESIDE[family]).write_text("{}")
    return path


@pytest.mark.parametrize("tokenizer", [True, False])
@pytest.mark.parametrize("family", OTHERS)
def test_the_reason_is_what_it_reads(tmp_path: Path, family: str, tokenizer: bool) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        load_model(folder(tmp_path, family, tokenizer))
    assert caught.value.received.startswith(f"a model of the family \u201c{family}\u201d, which {OTHERS[family]}")


@pytest.mark.parametrize("family", ["bert", "llama", "clip_text_model", "t5gemma2_text"])
def test_what_reads_text_is_not_refused_as_something_else(tmp_path: Path, family: str) -> None:
    """The text half of a model for images takes text."""
    with pytest.raises(ModelError, match="no tokenizer"):
        folders.look_into(folder(tmp_path, family, False))


@pytest.mark.parametrize(
    "config", [{}, {"model_type": "no-such"}, {"model_type": "wav2vec2", "num_hidden_layers": "two"}]
)
def test_a_configuration_that_describes_nothing_lacks_a_tokenizer_first(tmp_path: Path, config: dict[str, Any]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file({"weight": torch.zeros(4)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="no tokenizer"):
        folders.look_into(tmp_path)


@pytest.mark.parametrize(
    ("argument", "kinds", "says"),
    [
        (["pixel_values", "task_inputs"], ("image",), IMAGES),
        ("input_ids", ("video", "image"), IMAGES),
        ("inputs_embeds", "audio", SOUND),
        ("smells", "text", "takes \u201csmells\u201d, not text"),
        ("input_ids", ("smell",), "takes \u201cinput_ids\u201d, not text"),
    ],
)
def test_a_network_says_itself_what_it_takes(argument: Any, kinds: Any, says: str) -> None:
    network = type("Network", (), {"main_input_name": argument, "input_modalities": kinds})
    with pytest.raises(UnsupportedModelError, match=says):
        must_read_text(BertConfig(), network)


@pytest.mark.parametrize("kinds", ["text", ("image", "text"), ["text", "audio"]])
def test_a_network_that_takes_text_among_others_is_tried(kinds: Any) -> None:
    must_read_text(BertConfig(), type("Network", (), {"main_input_name": "input_ids", "input_modalities": kinds}))
