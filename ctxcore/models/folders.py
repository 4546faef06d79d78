"""What lies in a folder that should hold a model, looked at before anything in it is opened. Reads names, sizes, headers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctxcore import signatures
from ctxcore.errors import CtxError
from ctxcore.models import headers, kinds
from ctxcore.models.cache_dir import readable
from ctxcore.models.names import place
from ctxcore.models.reasons import RULE as RULE
from ctxcore.models.reasons import reason, shown
from ctxcore.models.reasons import refused as refused

TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model")
"""Files in which a tokenizer comes; which of them can be read here is decided in :func:`look_into`."""
_CUT_LIKE_GPT2 = frozenset({"gpt2", "opt", "roberta"})
BESIDE = ("config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt")
"""What else is read of a folder, where it is there."""
_WEIGHTS, _INDEX = kinds.WEIGHTS, f"{kinds.WEIGHTS}.index.json"
_LONGEST_TEXT = 40 << 20
_LONGEST_CONFIG = 1 << 20
_TOKENIZER, _PER_TOKEN = 2 << 20, 1024
"""Bytes that a tokenizer.json may have: so many, and so many for each token vector of the model."""
_FOLDER = "Give the folder that holds config.json, or one .gguf file."
_OWN_CODE = frozenset({"AutoModel", "AutoModelForCausalLM", "AutoConfig"})
_MOST_PARTS, _MOST_HEADS = 128, 4096
_PARTS, _HEADS = re.compile(r"(?<!_per_)(?<!_feature_)(layers?|blocks?|experts?|groups?)$"), re.compile(r"heads?$")
"""Keys that count parts. What stands "per group" counts entries of a codebook, and a "feature layer" is one, by its number."""


@dataclass(frozen=True)
class ModelFolder:
    """A model on this computer.

    Attributes:
        path: The folder.
        weights: The files with its weights: safetensors, or one GGUF file.
        family: As its configuration names it.
        parameters: Numbers in its weights, once unpacked.
        licence: As its README states it, else empty.
        tensors: What its weights hold, by name; empty where they are packed (GGUF).
    """

    path: Path
    weights: tuple[Path, ...]
    family: str
    parameters: int
    licence: str
    tensors: Mapping[str, headers.Tensor] = field(default_factory=dict, repr=False, compare=False)

    @property
    def gguf(self) -> bool:
        """Are the weights one GGUF file?"""
        return kinds.is_gguf(self.weights[0].name)

    @property
    def disk(self) -> int:
        """Size of the weights, in bytes."""
        return sum(file.stat().st_size for file in self.weights)

    @property
    def memory(self) -> int:
        """Bytes that its parameters take as float32."""
        return 4 * self.parameters


def look_into(name: str | Path) -> ModelFolder:
    """What a folder, or one GGUF file, holds.

    What a file says of itself is believed only where it can be so: before anything is built, sizes are bounded and
    headers must agree with their files, so that a folder that lies costs no more time and memory than one that does not.

    Raises:
        ModelError: There is no model in it that can be read, and why.
    """
    path = place(name)
    if kinds.is_gguf(path.name) and path.is_file():
        return _packed(path)
    if not path.is_dir():
        raise refused(path, *(_no_folder(path) if path.is_file() else ("no such folder", _FOLDER)))
    files = _files(path)
    if not files.keys() & {_WEIGHTS, _INDEX} and any(map(kinds.is_gguf, files)):
        return _packed(_only_gguf(path, files))
    kinds.refuse_others(path, files)
    weights = _weights(path, files)
    config = _config(path, files)
    tensors = headers.tensors_of(weights)
    if not tensors:
        raise refused(path, "weights without a tensor", "Fetch the weights anew.")
    _in_proportion(path, files, config, tensors)
    _tokenizer(path, files, str(config.get("model_type")))
    parameters = sum(tensor.numbers for tensor in tensors.values())
    return ModelFolder(path, weights, str(config.get("model_type") or "unnamed"), parameters, licence_of(path), tensors)


def licence_of(folder: Path) -> str:
    """The licence that the head of a README states, else nothing."""
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    with readme.open(encoding="utf-8", errors="replace") as stream:
        head = stream.read(5000)
    front = re.match(r"---\s*\n(.*?)\n---", head, re.DOTALL)
    found = re.search(r"^license:\s*[\"']?([\w.+-]+)", front.group(1), re.MULTILINE) if front else None
    return found.group(1) if found else ""


def fingerprint(name: str | Path) -> str:
    """What changes when a file, or a file in a folder, is replaced: made of names, sizes and times. Empty for no path."""
    try:
        path = place(name)
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        parts = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
    except (CtxError, OSError):  # whoever opens it says why it cannot be read
        return ""
    return hashlib.sha256(repr((str(path.resolve()), parts)).encode()).hexdigest()[:16] if path.exists() else ""


def _packed(file: Path) -> ModelFolder:
    """One GGUF file, whose header has been held against its size."""
    if kinds.is_part(file.name):
        raise refused(file, "one part of a GGUF file in several", kinds.MERGE)
    if what := headers.placeholder(file):
        raise refused(file, f"{what} is not GGUF", "Fetch the file anew, or choose another model.")
    from ctxcore.models import gguf_header  # here: only such a file needs the library

    found = gguf_header.look_into(file)
    return ModelFolder(file.parent, (file,), found.architecture, found.parameters, licence_of(file.parent))


def _no_folder(path: Path) -> tuple[str, str]:
    """What a file is that no model can be read from, and what to do about it."""
    if kinds.is_piece(path.name):
        return "a piece of a GGUF file that was cut", kinds.JOIN
    try:
        with path.open("rb") as stream:
            found = signatures.known(stream.read(signatures.HEAD))
    except OSError as error:
        return f"a file that cannot be read ({reason(error)})", "Check who may read it."
    if found and found.kind == "packed":
        return found.what, kinds.UNPACK
    return (f"a file ({found.what})" if found else "a file"), _FOLDER


def _only_gguf(path: Path, files: Mapping[str, Path]) -> Path:
    packed = sorted(file for name, file in files.items() if kinds.is_gguf(name))
    whole = [file for file in packed if not kinds.is_part(file.name)]
    names = ", ".join(shown(file.name) for file in packed[:4])
    if not whole:
        raise refused(path, f"one GGUF file in {len(packed)} parts: {names}", kinds.MERGE)
    if len(whole) > 1:
        names = ", ".join(shown(file.name) for file in whole[:4])
        raise refused(path, f"{len(whole)} GGUF files: {names}", "Give the path of one of them.")
    return whole[0]


def _files(path: Path) -> dict[str, Path]:
    """The files that would be read, none of them endless, huge or a stand-in for another."""
    try:
        entries = {entry.name: entry for entry in path.iterdir()}
        files = {name: entry for name, entry in entries.items() if entry.is_file()}
        for name in sorted({*BESIDE, *TOKENIZERS, _WEIGHTS, _INDEX} & entries.keys()):
            _plain(path, entries[name])
    except OSError as error:
        raise refused(path, reason(error), "Check who may read the folder.") from error
    return files


def _tokenizer(path: Path, files: Mapping[str, Path], family: str) -> None:
    """Passes where the tokenizer is settled by the files; a network that reads no text needs none, which is told first."""
    unsettled = _unsettled(path, files, family)
    if unsettled:
        from ctxcore.models.inputs import (
            folder_must_read_text,
        )  # here: transformers knows the families, and is slow to open

        folder_must_read_text(path)
        raise refused(path, *unsettled)


def _unsettled(path: Path, files: Mapping[str, Path], family: str) -> tuple[str, str] | None:
    """Why the files do not settle the tokenizer, and what to do; they do by tokenizer.json alone, or by two older ones together.

    A vocabulary says which words there are and not how a text is cut into them: ``vocab.txt`` needs to be told whether
    capitals count, and ``vocab.json`` its merges, in a family whose cuts are those of GPT-2. Anything else would be a guess,
    and a guess gives other tokens than the model was trained on, without a word.
    """
    remedy = "Put the model\u2019s tokenizer.json into the folder; transformers writes it with save_pretrained."
    if "tokenizer.json" in files:
        return None
    if "vocab.txt" in files:
        settings = _json(path, files["tokenizer_config.json"]) if "tokenizer_config.json" in files else {}
        if isinstance(settings.get("do_lower_case"), bool):
            return None
        told = "a vocab.txt, and no do_lower_case in tokenizer_config.json that says whether capitals count"
        return told, f"Add it, true or false. Or: {remedy[0].lower()}{remedy[1:]}"
    if "vocab.json" in files and "merges.txt" in files:
        told = f"vocab.json and merges.txt, which do not say how {shown(family)} cuts a text"
        return None if family in _CUT_LIKE_GPT2 else (told, remedy)
    there = [name for name in TOKENIZERS if name in files]
    what = f"no tokenizer.json, and {there[0]} alone does not settle how a text is cut" if there else "no tokenizer"
    return what, remedy


def _plain(path: Path, entry: Path) -> None:
    if not entry.is_file():
        what = "is no file: a folder, a pipe, a device or a link that leads nowhere"
        raise refused(path, f"{entry.name} {what}", "Put the file itself there.")
    try:
        size, stand_in = entry.stat().st_size, headers.placeholder(entry)
    except OSError as error:
        raise refused(path, f"{entry.name} cannot be read ({reason(error)})", "Check who may read it.") from error
    if stand_in:
        raise refused(path, f"{entry.name} is {stand_in}, not the file itself", "Fetch this file anew.")
    most = {"config.json": _LONGEST_CONFIG, _INDEX: headers.LONGEST}.get(entry.name, _LONGEST_TEXT)
    if entry.name != _WEIGHTS and size > most:
        raise refused(path, f"{entry.name} has {readable(size)}", f"This file has at most {readable(most)}.")
    if entry.name in BESIDE and entry.suffix == ".json" and entry.name != "config.json":
        _sound(path, entry)


def _sound(path: Path, entry: Path) -> None:
    """A file that the tokenizer is made of, besides its own, is a table; the length that it states is one."""
    length = _json(path, entry).get("model_max_length")
    if length is not None and (isinstance(length, bool) or not isinstance(length, int | float) or not length > 0):
        raise refused(path, f"{entry.name} says model_max_length is {_value(length)}", "Fetch this file anew.")


def _weights(path: Path, files: Mapping[str, Path]) -> tuple[Path, ...]:
    """The safetensors files that make up the weights."""
    if _WEIGHTS in files:
        return (files[_WEIGHTS],)
    named = sorted(set(_index(path, files).values()))
    absent = [name for name in named if name not in files]
    if absent or not named:
        missing = f"{shown(absent[0])} is missing" if absent else f"{_INDEX} names no file"
        raise refused(path, missing, "Fetch the missing part of the weights.")
    return tuple(files[name] for name in named)


def _index(path: Path, files: Mapping[str, Path]) -> dict[str, str]:
    """Which file each tensor lies in."""
    found = _json(path, files[_INDEX]).get("weight_map")
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise refused(path, f"{_INDEX} has no table of tensors and files (weight_map)", "Fetch this file anew.")
    return found


def _config(path: Path, files: Mapping[str, Path]) -> dict[str, Any]:
    """The configuration; a model that needs code of its own, or whose weights were rounded to a few bits, is refused."""
    if "config.json" not in files:
        raise refused(path, "no config.json", "Put the model\u2019s config.json beside its weights.")
    config = _json(path, files["config.json"])
    own, family, classes = (config.get(key) for key in ("auto_map", "model_type", "architectures"))
    proper = {
        "auto_map": isinstance(own, dict | None),
        "model_type": isinstance(family, str | None),
        "architectures": classes is None or _words(classes),
    }
    for key, right in proper.items():
        if not right:
            raise refused(path, f"config.json says {key} is {_value(config[key])}", "Fetch this file anew.")
    if own and _OWN_CODE & own.keys():
        raise refused(
            path,
            "it comes with code of its own (auto_map in config.json)",
            "Such code is never run here: choose a model that transformers knows by itself.",
        )
    method = config.get("quantization_config") or config.get("compression_config")
    if method:
        name = shown(method.get("quant_method") or "") if isinstance(method, dict) else ""
        raise refused(path, f"quantised weights ({name})" if name else "quantised weights", kinds.FULL)
    return config


def _words(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(word, str) for word in found)


def _in_proportion(
    path: Path, files: Mapping[str, Path], config: Mapping[str, Any], tensors: Mapping[str, headers.Tensor]
) -> None:
    """Refuses what would take minutes to build although these weights can have no use for it.

    A network is built part by part, and each part has a tensor (ALBERT alone runs one layer many times). Transformers goes
    through a configuration and a vocabulary entry by entry.
    """
    most = 4096 if "num_hidden_groups" in config else max(_MOST_PARTS, len(tensors))
    for key, count in _counts(config):
        limit = most if _PARTS.search(key) else _MOST_HEADS
        if not 0 <= count <= limit:
            what = f"config.json says {shown(key)} is {_value(count)}, beside {len(tensors):,} tensors of weights"
            raise refused(path, what, "Use the config.json that belongs to these weights.")
    rows = max((max(tensor.shape, default=0) for tensor in tensors.values()), default=0)
    size = files["tokenizer.json"].stat().st_size if "tokenizer.json" in files else 0
    if size > _TOKENIZER + _PER_TOKEN * rows:
        what = f"a tokenizer.json of {readable(size)} beside weights for at most {rows:,} tokens"
        raise refused(path, what, "Put the tokenizer that belongs to these weights into the folder.")


def _counts(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Each count of parts in a configuration, at any depth, by its key."""
    left: list[Any] = [config]
    while left:
        here = left.pop()
        for key, value in here.items() if isinstance(here, Mapping) else enumerate(here):
            if isinstance(value, dict | list):
                left.append(value)
            elif type(value) is int and isinstance(key, str) and (_PARTS.search(key) or _HEADS.search(key)):
                yield key, value


def _value(found: Any) -> str:
    """A value as the file has it."""
    return shown(json.dumps(found, ensure_ascii=False))


def _json(path: Path, file: Path) -> dict[str, Any]:
    """A table that is nested no deeper than it can be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise refused(path, f"{file.name} is damaged: no JSON, or no table", "Fetch this file anew.")
    return found
