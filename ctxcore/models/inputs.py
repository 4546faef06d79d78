"""What a network takes in: text, as it must here, or something else, which is the reason of a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import MODEL_MAPPING, AutoConfig

from ctxcore.errors import ModelError, UnsupportedModelError
from ctxcore.models.reasons import reading, shown

_TEXT = ("input_ids", "inputs_embeds")
_TAKEN = (
    ("pixel", "reads images, not text"),
    ("input_values", "reads sound, not text"),
    ("input_features", "reads sound, not text"),
    ("audio", "reads sound, not text"),
    ("image", "reads images, not text"),
    ("video", "reads images, not text"),
    ("past_values", "reads series of numbers, not text"),
    ("time", "reads series of numbers, not text"),
)
"""How transformers names what a network takes in, by its beginning: the argument, and the kind of data."""
_BESIDE = {"vision_config": "reads images beside text", "audio_config": "reads sound beside text"}
_ATTENDS = ("full_attention", "sliding_attention", "chunked_attention", "attention")
"""What transformers calls layers whose attention is a softmax over keys."""


def unsupported(family: str, why: str) -> UnsupportedModelError:
    """The refusal of a model, with the reason as the end of a sentence about it."""
    return UnsupportedModelError(
        "Every layer's attention must be captured and equal the model's own.",
        f"a model of the family \u201c{shown(family)}\u201d, which {why}",
        "Choose another family: BERT, RoBERTa, DistilBERT, ELECTRA, GPT-2, LLaMA, Qwen, Mistral, Gemma and GPT-NeoX work.",
    )


def must_read_text(config: Any, network: type | None = None) -> None:
    """Refuse a configuration whose network is not built as text in, layers of attention, vectors out.

    What a family takes in is told by its class in transformers, whatever the configuration of one model says.

    Args:
        config: As transformers reads it.
        network: The class of the network, where it has been built; else that of the family.

    Raises:
        UnsupportedModelError: It reads images or sound, is two networks in one, or has layers without such attention.
    """
    family = str(getattr(config, "model_type", "unnamed"))
    if other := _other_than_text(network or _class_of(config)):
        raise unsupported(family, other)
    for name, what in _BESIDE.items():
        if getattr(config, name, None) is not None:
            raise unsupported(family, what)
    if getattr(config, "is_encoder_decoder", False):
        raise unsupported(family, "is two networks, an encoder and a decoder that reads from it")
    kinds = list(getattr(config, "layer_types", None) or getattr(config, "layers_block_type", None) or ())
    others = [kind for kind in kinds if kind not in _ATTENDS]
    if others:
        what = "a recurrence or linear attention" if "linear_attention" in others else f"\u201c{others[0]}\u201d"
        raise unsupported(
            family, f"has {what} in place of softmax attention in {len(others)} of its {len(kinds)} layers"
        )


def folder_must_read_text(path: Path) -> None:
    """As :func:`must_read_text`, of the config.json in a folder; nothing of the network is built.

    Raises:
        UnsupportedModelError: It reads something else. A configuration that describes nothing passes: whoever builds it tells.
    """
    try:
        with reading(path, "config.json describes no network that can be built"):
            # Left unsaid, transformers would ask the console whether code from the folder may run.
            must_read_text(AutoConfig.from_pretrained(path, trust_remote_code=False))
    except UnsupportedModelError:
        raise
    except ModelError:
        return


def _class_of(config: Any) -> type | None:
    """The class that transformers has for a family; the first where it has several."""
    found = MODEL_MAPPING.get(type(config), None)
    return found[0] if isinstance(found, tuple | list) else found


def _other_than_text(network: type | None) -> str:
    """What a network takes in place of text; empty where it takes text, with or without something beside it."""
    argument, kinds = (
        getattr(network, key, text) for key, text in (("main_input_name", _TEXT[0]), ("input_modalities", "text"))
    )
    first = argument if isinstance(argument, str) else str(argument[0])
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if first in _TEXT and "text" in kinds:
        return ""
    for name in (first, *sorted(kinds - {"text"})):
        for beginning, what in _TAKEN:
            if name.startswith(beginning):
                return what
    return f"takes \u201c{shown(first)}\u201d, not text"
