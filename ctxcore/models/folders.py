"""What lies in a folder that should hold a model, looked at before anything in it is opened. Reads names, sizes, headers."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctxcore.errors import ModelError
from ctxcore.models.places import readable

RULE = "A model needs a config.json, a tokenizer.json and weights as safetensors; it must run without code of its own."
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model")
"""Any of these gives a tokenizer that keeps character offsets."""
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_LONGEST_HEADER = 100 << 20


@dataclass(frozen=True)
class ModelFolder:
    """A model on this computer.

    Attributes:
        path: The folder.
        weights: The files with its weights: safetensors, or one GGUF file.
        family: As its configuration names it.
        parameters: Numbers in its weights, once unpacked.
        licence: As its README states it, else empty.
    """

    path: Path
    weights: tuple[Path, ...]
    family: str
    parameters: int
    licence: str

    @property
    def gguf(self) -> bool:
        """Are the weights one GGUF file?"""
        return self.weights[0].suffix.lower() == ".gguf"

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

    Raises:
        ModelError: There is no model in it that can be read, and why.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() == ".gguf" and path.is_file():
        return _packed(path)
    if not path.is_dir():
        what = "a file" if path.is_file() else "no such folder"
        raise refused(path, what, "Give the folder that holds config.json, or one .gguf file.")
    files = {file.name: file for file in path.iterdir() if file.is_file()}
    packed = sorted(file for name, file in files.items() if name.lower().endswith(".gguf"))
    if packed and not files.keys() & {_WEIGHTS, _INDEX}:
        if len(packed) > 1:
            names = ", ".join(file.name for file in packed[:4])
            raise refused(path, f"{len(packed)} GGUF files: {names}", "Give the path of one of them.")
        return _packed(packed[0])
    weights = _weights(path, files)
    family = _family(path, files)
    if not files.keys() & set(TOKENIZERS):
        raise refused(path, "no tokenizer", "Put the model\u2019s tokenizer.json into the folder.")
    parameters = sum(_parameters(file) for file in weights)
    return ModelFolder(path, weights, family, parameters, licence_of(path))


def refused(path: Path | str, what: str, remedy: str) -> ModelError:
    """The error of a place where no readable model lies."""
    return ModelError(RULE, f"{path}: {what}", remedy)


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
    path = Path(name).expanduser()
    if not path.exists():
        return ""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    parts = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file()]
    return hashlib.sha256(repr((str(path.resolve()), parts)).encode()).hexdigest()[:16]


def _packed(file: Path) -> ModelFolder:
    from ctxcore.models import gguf_header  # here: only such a file needs the library

    found = gguf_header.look_into(file)
    return ModelFolder(file.parent, (file,), found.architecture, found.parameters, licence_of(file.parent))


def _weights(path: Path, files: dict[str, Path]) -> tuple[Path, ...]:
    """The safetensors files that make up the weights."""
    if _WEIGHTS in files:
        return (files[_WEIGHTS],)
    if _INDEX in files:
        named = sorted(set(_json(path, files[_INDEX]).get("weight_map", {}).values()))
        absent = [name for name in named if name not in files]
        if absent or not named:
            missing = f"{absent[0]} is missing" if absent else f"{_INDEX} names no file"
            raise refused(path, missing, "Fetch the missing part of the weights.")
        return tuple(files[name] for name in named)
    pickled = sorted(name for name in files if name.endswith(_PICKLED))
    if pickled:
        raise refused(
            path,
            f"pickled weights only ({pickled[0]}); a pickle can run code when it is opened",
            "Convert them to safetensors where you trust them, or choose a checkpoint that has safetensors.",
        )
    what = f"no {_WEIGHTS}" if files else "an empty folder"
    raise refused(path, what, "Choose the folder that holds the weights.")


def _family(path: Path, files: dict[str, Path]) -> str:
    """The family that the configuration names; a model that needs code of its own is refused."""
    if "config.json" not in files:
        raise refused(path, "no config.json", "Put the model\u2019s config.json beside its weights.")
    config = _json(path, files["config.json"])
    if {"AutoModel", "AutoModelForCausalLM", "AutoConfig"} & set(config.get("auto_map") or ()):
        raise refused(
            path,
            "it comes with code of its own (auto_map in config.json)",
            "Such code is never run here: choose a model that transformers knows by itself.",
        )
    return str(config.get("model_type") or "unnamed")


def _json(path: Path, file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise refused(path, f"{file.name} is damaged", "Fetch this file anew.")
    return found


def _parameters(file: Path) -> int:
    """How many numbers a safetensors file holds, once its header and its length have been found to agree."""
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > min(size, _LONGEST_HEADER):
                raise ValueError
            header = json.loads(stream.read(length))
        tensors = [t for name, t in header.items() if name != "__metadata__"]
        whole = 8 + length + max((t["data_offsets"][1] for t in tensors), default=0)
        count = sum(math.prod(t["shape"]) for t in tensors)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise refused(file.parent, f"{file.name} is damaged", "Fetch this file anew.") from None
    if whole != size:
        raise refused(
            file.parent,
            f"{file.name} is damaged: {readable(size)} of {readable(whole)} ({size:,} of {whole:,} bytes)",
            "Fetch this file anew.",
        )
    return count
