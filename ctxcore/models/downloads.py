"""Fetch one file, counted in bytes, checked, and going on where an earlier try stopped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ctxcore.errors import ModelError, OfflineError
from ctxcore.models.cache_dir import why_not

PATIENCE = 6.0
"""Seconds that a server has to answer a question; nobody waits longer to learn that there is no network."""


def fetch(
    url: str,
    target: Path,
    *,
    size: int | None = None,
    digest: tuple[str, str] | None = None,
    headers: dict[str, str] | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> Path:
    """A file from the network, kept under its final name only when it is whole.

    What was fetched before a stop lies beside it as ``<name>.part`` and is not fetched again.

    Args:
        url: Where it is.
        target: Where it goes; its folder is made.
        size: Its size in bytes, where known.
        digest: Name and value of its checksum, such as ``("md5", "0123...")``.
        headers: Further HTTP headers.
        told: Called with the bytes that are there; what it raises stops the download.

    Raises:
        OfflineError: The network is not reached.
        ModelError: The server refuses, what came is not what was announced, or there is no room for it.
    """
    from huggingface_hub.file_download import http_get  # here: importing takes a while, and most readers fetch nothing

    part = target.with_name(f"{target.name}.part")
    done = part.stat().st_size if part.exists() else 0
    if size is not None and done > size:
        part.unlink()
        done = 0
    make_room(part.parent, (size or 0) - done)
    try:
        with asking(url), part.open("ab") as sink:
            http_get(url, sink, resume_size=done, headers=headers, expected_size=size, tqdm_class=_counting(told))
    except ModelError:
        make_room(part.parent, (size or 0) - part.stat().st_size if part.exists() else 0)  # was it the disk?
        raise
    if digest is not None and _digest(part, digest[0]) != digest[1]:
        part.unlink()
        raise ModelError(
            "A downloaded file must have the checksum that its publisher states.",
            f"{target.name} with another one",
            "Start it again: what was fetched has been thrown away.",
        )
    os.replace(part, target)
    return target


def make_room(folder: Path, needs: int) -> None:
    """See that a folder is there and has room for so many bytes.

    Raises:
        ModelError: It cannot be written or has less; the message says what is needed and what is free.
    """
    if why := why_not(folder, needs):
        remedy = "Make room there, or set CTXCORE_CACHE to another folder: what was fetched so far is kept."
        raise ModelError("What is fetched is kept in the cache folder.", why, remedy)


class asking:  # noqa: N801  (reads as a verb: with asking(...))
    """What goes wrong while a server is asked becomes one sentence with a remedy."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Turn an error of the network into ours; another one goes on as it is."""
        from huggingface_hub import errors as hub

        if isinstance(error, hub.GatedRepoError):
            raise _refused(
                f"{self.what}, whose owners let nobody in who has not agreed to their terms",
                "Agree on its page and log in with \u201chf auth login\u201d, or choose another model.",
            ) from error
        if isinstance(error, hub.RepositoryNotFoundError | hub.RevisionNotFoundError | hub.HFValidationError):
            raise _refused(
                f"{self.what}, which is not there (or is private)", "Check the name and the revision."
            ) from error
        if isinstance(error, hub.HfHubHTTPError):
            code = getattr(getattr(error, "response", None), "status_code", "an error")
            raise _refused(f"{self.what}, answered with {code}", "Try again later, or choose another model.") from error
        if isinstance(error, hub.HTTPError | hub.OfflineModeIsEnabled | ConnectionError):
            raise OfflineError(self.what) from error
        if isinstance(error, OSError):
            raise _refused(f"{self.what}: {error}", "Check the free space on the disk and try again.") from error


def _refused(what: str, remedy: str) -> ModelError:
    return ModelError("A model is fetched from its publisher\u2019s server.", what, remedy)


def _counting(told: Callable[[int], None]) -> Any:
    """A progress bar that draws nothing and tells how many bytes are there."""
    from huggingface_hub.utils import tqdm

    class Counting(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            self.there = int(options.get("initial") or 0)
            super().__init__(*args, **{**options, "disable": True})
            told(self.there)

        def update(self, n: float | None = 1) -> None:
            self.there += int(n or 0)
            told(self.there)

    return Counting


def _digest(file: Path, method: str) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(method, usedforsecurity=False)).hexdigest()
