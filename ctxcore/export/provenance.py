"""What results rest on: package versions, and the models with their revisions and the digests of their files."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from ctxcore.errors import CtxError
from ctxcore.models import catalogue, folders
from ctxcore.models.names import exists, local_path, split_limit
from ctxcore.progress import Progress, silent

_WEIGHTS = (".safetensors", ".gguf", ".npy", ".parquet")
_BESIDE = ("config.json", *folders.TOKENIZERS)
"""What a model's numbers depend on beside its weights."""


def model_facts(model: Any, progress: Progress = silent) -> dict[str, Any]:
    """What pins one model or static space: name, revision, source, licence, device and number format, what a decoder
    reads before each sentence, and SHA-256 of each file by its name.

    Args:
        model: A ``ContextualModel`` or ``StaticSpace``.
        progress: Called before each file; an error that it raises ends the work.
    """
    digests = {}
    for file in files_of(model.origin.place or model.id):
        progress(0.0, f"Adding up {file.name}")
        state = file.stat()
        digests[file.name] = _sha256(file, state.st_size, state.st_mtime_ns)
    facts = {"id": model.id, "revision": model.revision, "source": model.origin.source, "licence": model.origin.licence}
    start = getattr(getattr(model, "tokenizer", None), "start_token", None)
    if hasattr(model, "dtype"):  # half precision and a GPU give numbers that are near those of others, and not the same
        facts |= {"device": model.device, "dtype": model.dtype}
    if start is not None:  # the same weights predict other words after another beginning
        facts["start_token"] = start
    return {**facts, "sha256": digests}


def files_of(name: str) -> tuple[Path, ...]:
    """The files that a model's numbers are read from. None for a hub model, which its commit pins, and for what has gone."""
    if name in catalogue.CATALOGUE:
        place = catalogue.weights_path(name)
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        return tuple(
            file for file in inside if file.suffix in _WEIGHTS or (file.parent == place and file.name in _BESIDE)
        )
    asked, _ = split_limit(name)
    if not exists(asked):
        return ()
    path = local_path(asked)
    try:
        weights = folders.look_into(path).weights
    except CtxError:  # no model: static vectors are one file
        return (path,) if path.is_file() else ()
    beside = (path / name for name in _BESIDE) if path.is_dir() else ()
    return (*weights, *(file for file in beside if file.is_file()))


@lru_cache(maxsize=32)
def _sha256(file: Path, size: int, changed: int) -> str:
    """Of a file as it was when it had that size and time of change."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
