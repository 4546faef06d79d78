"""What is read from files is one version of them: files that change while they are read are refused, not mixed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctxcore.errors import CtxError, ModelError, StoppedError
from ctxcore.models.folders import fingerprint
from ctxcore.models.reasons import shown


@contextmanager
def unchanged(path: Path | str, since: str | None = None) -> Iterator[None]:
    """What is read in here comes from one version of a file or folder: the one it had ``since`` (else the present one).

    A file that another program writes, replaces or takes away meanwhile would give vectors of both, or one's header over
    the other's numbers. What failed because of that says so too, and not that the file is damaged.

    Args:
        path: A file, or a folder, of which all files count.
        since: Its fingerprint when it was first looked into.

    Raises:
        ModelError: It has changed.
    """
    before = fingerprint(path) if since is None else since
    try:
        yield
    except StoppedError:
        raise
    except CtxError as error:
        if fingerprint(path) != before:
            raise _changed(path) from error
        raise
    if fingerprint(path) != before:
        raise _changed(path)


def _changed(path: Path | str) -> ModelError:
    return ModelError(
        "Files stay as they are while they are read.",
        f"{shown(path)}, which was changed, replaced or taken away meanwhile",
        "Wait until it is whole again, then open it anew.",
    )
