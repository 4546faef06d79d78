"""What files are, by their names: weights that are read here, and the others that one finds in their place."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from ctxcore.models.reasons import reason, refused, shown

WEIGHTS = "model.safetensors"
PICKLED = re.compile(r"(.*model.*\.bin|.*\.(pt|pth|ckpt|pkl))")
"""Programs of all kinds write .bin: a checkpoint has "model" in its name."""
MERGE = "Parts are not read here: join them into one file (gguf-split --merge), or choose a model in one file."
FULL = "Choose the checkpoint with numbers of 16 or 32 bits; quantised weights are read from GGUF files only."
JOIN = "Join the pieces in their order into one .gguf file (cat model.gguf.part* > model.gguf)."
UNPACK = "Unpack it and give the folder that it holds."
_PIECE = re.compile(r"\.gguf[.-](part|split)[-\w.]*$", re.IGNORECASE)
_ARCHIVE = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_NO_FILE = "Choose the folder that holds the weights."
_OTHER_PROGRAM = (".onnx", ".h5", ".msgpack", ".npz", ".tflite", ".mlmodel", ".mlpackage", ".ot", ".engine")
_SAFETENSORS = (
    (
        r"adapter_model\.safetensors",
        "an adapter ({}), which only changes another model",
        "Merge it into its base model (merge_and_unload of PEFT) and give the folder of the merged model.",
    ),
    (
        r"model\.[^-]+(-\d+-of-\d+)?\.safetensors",
        "weights of a variant only ({})",
        f"Rename the file to {WEIGHTS} where it is the one you want, or fetch the one without a variant.",
    ),
    (
        r"model-\d+-of-\d+\.safetensors",
        f"weights in parts ({{}}) without {WEIGHTS}.index.json",
        f"Fetch {WEIGHTS}.index.json too.",
    ),
    (
        r"consolidated.*\.safetensors",
        "weights in the form of their maker\u2019s own program ({})",
        "Choose the checkpoint that was made for transformers.",
    ),
    (r".*\.safetensors", f"no {WEIGHTS}, but {{}}", f"Rename it to {WEIGHTS} where it holds the whole model."),
)
"""Safetensors under other names: what they are, and what to do."""


def is_gguf(name: str) -> bool:
    """Is this a GGUF file, by its name?"""
    return name.lower().endswith(".gguf")


def is_part(name: str) -> bool:
    """Is this one of several GGUF files that make up one model?"""
    return _PART.search(name) is not None


def is_piece(name: str) -> bool:
    """Is this a piece of one GGUF file that was cut to be sent, which reads as none by itself?"""
    return _PIECE.search(name) is not None


def refuse_others(path: Path, files: Mapping[str, Path]) -> None:
    """Passes where a folder has weights of the form that is read here.

    Raises:
        ModelError: It has none, or an adapter beside them, and what it has.
    """
    if "adapter_config.json" in files:
        what, remedy = _SAFETENSORS[0][1:]
        raise refused(path, what.format("adapter_config.json") + _base(files["adapter_config.json"]), remedy)
    if not files.keys() & {WEIGHTS, f"{WEIGHTS}.index.json"}:
        try:
            below = [f"{entry.parent.name}/{WEIGHTS}" for entry in path.glob(f"*/{WEIGHTS}")]
        except OSError as error:
            raise refused(path, reason(error), _NO_FILE) from error
        raise refused(path, *instead([*files, *below]))


def instead(names: Collection[str]) -> tuple[str, str]:
    """What files are there in place of weights, and what to do about it. Names below a folder have its name before them."""
    plain = sorted(name for name in names if "/" not in name)
    for pattern, what, remedy in _SAFETENSORS:
        found = [name for name in plain if re.fullmatch(pattern, name)]
        if found:
            return what.format(shown(found[0])), remedy
    below = sorted(name.removesuffix(f"/{WEIGHTS}") for name in names if name.endswith(f"/{WEIGHTS}"))
    if below:
        where = ", ".join(shown(name) for name in below[:4])
        kind = "a sentence-transformers folder: its weights lie" if "modules.json" in plain else "its weights lie"
        return f"{kind} one folder deeper, in {where}", "Give that folder, with config.json and tokenizer.json in it."
    pieces = [name for name in plain if is_piece(name)]
    if pieces:
        return f"a piece of a GGUF file that was cut ({shown(pieces[0])})", JOIN
    pickled = [name for name in plain if PICKLED.fullmatch(name)]
    if pickled:
        return (
            f"pickled weights only ({shown(pickled[0])}); a pickle can run code when it is opened",
            "Convert them to safetensors where you trust them, or choose a checkpoint that has safetensors.",
        )
    others = [name for name in plain if name.endswith(_OTHER_PROGRAM)]
    if others:
        return f"weights for another program only ({shown(others[0])})", "Choose a checkpoint that has safetensors."
    archives = [name for name in plain if name.endswith(_ARCHIVE)]
    if archives:
        return f"no {WEIGHTS}, but an archive ({shown(archives[0])})", UNPACK
    return (f"no {WEIGHTS}" if names else "an empty folder"), _NO_FILE


def _base(file: Path) -> str:
    """The model that an adapter says it was made for."""
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(1 << 20))
    except (ValueError, RecursionError, OSError):
        return ""
    base = found.get("base_model_name_or_path") if isinstance(found, dict) else None
    return f"; its base model is {shown(base)}" if isinstance(base, str) and base else ""
