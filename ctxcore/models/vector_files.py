"""Static vectors in a file: word2vec, GloVe and fastText, text or binary, packed with gzip or not. Never a pickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors

from ctxcore.errors import BadInputError
from ctxcore.models.kept import keep
from ctxcore.models.kept_use import uses
from ctxcore.models.vector_forms import Form, VectorFile, look_into
from ctxcore.models.vector_rows import parsed as _read
from ctxcore.models.vector_rows import plain
from ctxcore.models.versions import unchanged
from ctxcore.progress import Progress, silent

__all__ = ["Form", "VectorFile", "look_into", "opened", "plain", "read"]


def read(file: VectorFile, limit: int | None = None, progress: Progress = silent) -> KeyedVectors:
    """The vectors of the first ``limit`` words, which in all of these formats are the most frequent ones.

    What is slow to read (text, gzip, fastText binary) is kept as an array in the cache folder: the second start maps it.

    Raises:
        BadInputError: A limit below 1.
        FileFormatError: The file is damaged; the message says where.
        ModelError: The file was changed since it was looked into.
    """
    return opened(file, limit, progress)[0]


def opened(file: VectorFile, limit: int | None = None, progress: Progress = silent) -> tuple[KeyedVectors, str]:
    """As :func:`read`, and why no copy could be kept for the next start; mostly that is empty."""
    if limit is not None and limit < 1:
        raise BadInputError("At least one word is read.", f"a limit of {limit}", "Choose a limit of 1 or more.")

    def make() -> KeyedVectors:
        with unchanged(file.path, file.version):
            return _read(file, limit, progress)

    if file.form == "word2vec binary" and not file.gzipped:
        return make(), ""
    key = hashlib.sha256(f"{file.version} {limit}".encode()).hexdigest()[:16]
    found = keep(f"static-{key}", file.memory(limit), make, _keep, progress)
    return (_kept(found), "") if isinstance(found, Path) else (found.value, found.note)


def _keep(keyed: KeyedVectors, folder: Path) -> None:
    """Write words and vectors into a folder."""
    np.save(folder / "vectors.npy", keyed.vectors)
    (folder / "words.json").write_text(json.dumps(keyed.index_to_key), encoding="utf-8")


def _kept(folder: Path) -> KeyedVectors:
    words: Any = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    keyed = plain(words, np.load(folder / "vectors.npy", mmap_mode="r"))
    uses.end_with(keyed, folder)
    return keyed
