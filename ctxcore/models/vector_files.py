"""Static vectors in a file: word2vec, GloVe and fastText, text or binary, packed with gzip or not. Never a pickle."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from gensim.models import KeyedVectors

from ctxcore.errors import BadInputError
from ctxcore.models import folders
from ctxcore.models.places import Progress, cache_folder, silent
from ctxcore.models.vector_forms import Form, VectorFile, look_into
from ctxcore.models.vector_rows import parsed as _read
from ctxcore.models.vector_rows import plain

__all__ = ["Form", "VectorFile", "look_into", "plain", "read"]

_FORMAT = 1  # raise when the kept files change their content


def read(file: VectorFile, limit: int | None = None, progress: Progress = silent) -> KeyedVectors:
    """The vectors of the first ``limit`` words, which in all of these formats are the most frequent ones.

    What is slow to read (text, gzip, fastText binary) is kept as an array in the cache folder: the second start maps it.

    Raises:
        BadInputError: A limit below 1.
        FileFormatError: The file is damaged; the message says where.
    """
    if limit is not None and limit < 1:
        raise BadInputError("At least one word is read.", f"a limit of {limit}", "Choose a limit of 1 or more.")
    if file.form == "word2vec binary" and not file.gzipped:
        return _read(file, limit, progress)
    key = f"{folders.fingerprint(file.path)} {limit}"
    target = cache_folder() / f"static-{hashlib.sha256(key.encode()).hexdigest()[:16]}-v{_FORMAT}"
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):
            if not target.is_dir():
                _keep(_read(file, limit, progress), target)
    return _kept(target)


def _keep(keyed: KeyedVectors, target: Path) -> None:
    """Write words and vectors into a folder that has its final name only when it is complete."""
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        np.save(work / "vectors.npy", keyed.vectors)
        (work / "words.json").write_text(json.dumps(keyed.index_to_key), encoding="utf-8")
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _kept(folder: Path) -> KeyedVectors:
    words: Any = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    return plain(words, np.load(folder / "vectors.npy", mmap_mode="r"))
