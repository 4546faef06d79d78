"""Convert a quantised GGUF file to safetensors once, in the user's cache folder; later starts take well under a second."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from filelock import FileLock
from transformers import AutoModelForCausalLM, AutoTokenizer

from ctxcore.models.places import Progress as Progress  # taken from here by others too
from ctxcore.models.places import cache_folder as cache_folder

_FORMAT = 1  # raise when the converted folder changes its content


def converted(name: str, file: Path, progress: Progress) -> Path:
    """The folder with the converted model, made on the first call.

    Two processes that start together convert once (file lock), and a conversion that is interrupted leaves nothing behind
    that looks finished (atomic rename).
    """
    target = cache_folder() / f"{name}-{_digest(file)}-v{_FORMAT}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            work = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
            try:
                _convert(file, work, progress)
                os.replace(work, target)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return target


def _convert(file: Path, folder: Path, progress: Progress) -> None:
    progress(0.02, "First start: reading the decoder's tokenizer")
    # Code that lies beside the file is never run; left unsaid, transformers would ask the console.
    plainly = {"gguf_file": file.name, "trust_remote_code": False}
    AutoTokenizer.from_pretrained(file.parent, **plainly).save_pretrained(folder)
    progress(0.3, "First start: unpacking the decoder's weights (about 10 s, once)")
    model = AutoModelForCausalLM.from_pretrained(file.parent, **plainly)
    progress(0.8, "First start: keeping the unpacked weights for next time")
    # A quantised model refuses to be saved, so the same weights go into a plain model of the same shape.
    config = type(model.config).from_dict(
        {k: v for k, v in model.config.to_dict().items() if k not in ("quantization_config", "_name_or_path")}
    )
    plain = AutoModelForCausalLM.from_config(config)
    plain.load_state_dict(model.state_dict())
    plain.save_pretrained(folder)


def _digest(file: Path) -> str:
    """First 12 hexadecimal digits of the file's SHA-256."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:12]
