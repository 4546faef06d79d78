"""The tokenizer of a folder: what its own files say, with nothing of a family's usual rules in their place."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerFast
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

from ctxcore.models.reasons import reading


def read(folder: Path) -> Any:
    """The tokenizer at work.

    Where ``tokenizer.json`` lies in the folder it is the tokenizer, as it stands: transformers would rebuild it with the
    normaliser and the cuts that are usual in the family. Its special tokens have the names that ``tokenizer_config.json`` or
    ``special_tokens_map.json`` give them; one that neither mentions has the name usual in the family, if the file knows it.
    Without that file it is built from ``vocab.txt``, or ``vocab.json`` and ``merges.txt``, where these and the configuration
    settle it (:func:`ctxcore.models.folders.look_into`). Code from the folder never runs.

    Raises:
        ModelError: The files cannot be read.
    """
    whole = (folder / "tokenizer.json").is_file()
    kind = PreTrainedTokenizerFast if whole else AutoTokenizer
    with reading(folder, "its tokenizer cannot be read", "Fetch tokenizer.json and tokenizer_config.json anew."):
        # Left unsaid, transformers would ask the console whether code from the folder may run.
        found = kind.from_pretrained(str(folder), trust_remote_code=False)
        if whole:
            _name(found, folder)
    return found


def _name(tokenizer: Any, folder: Path) -> None:
    """Give special tokens that no file of the folder mentions the names usual in the family, where the tokenizer knows them."""
    config = _json(folder / "tokenizer_config.json")
    mentioned = config.keys() | _json(folder / "special_tokens_map.json").keys()
    left = [role for role in tokenizer.SPECIAL_TOKENS_ATTRIBUTES if role not in mentioned]
    if not left:
        return
    usual = _usual(config, _json(folder / "config.json"))
    for role in left:
        name = usual.get(role)
        if isinstance(name, str) and tokenizer.backend_tokenizer.token_to_id(name) is not None:
            setattr(tokenizer, role, name)


def _usual(tokenizer_config: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Role of a special token -> its name by default, in the class that the folder names, or else that of its family."""
    named = (tokenizer_config.get("tokenizer_class"), config.get("tokenizer_class"))
    family = TOKENIZER_MAPPING_NAMES.get(str(config.get("model_type")))
    for name in (*named, family):
        made = tokenizer_class_from_name(name.removesuffix("Fast")) if isinstance(name, str) else None
        if made is not None and made is not PreTrainedTokenizerFast:
            return {role: given.default for role, given in inspect.signature(made).parameters.items()}
    return {}


def _json(file: Path) -> dict[str, Any]:
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if not isinstance(found, dict):
        raise ValueError(f"{file.name} is damaged")
    return found
