"""Names of models and vectors as a reader writes them. Loads nothing."""

from __future__ import annotations

from pathlib import Path

from ctxcore.errors import ModelError


def place(name: str | Path) -> Path:
    """Where a name points to, with the home folder put in for ``~``, whether or not something is there.

    Raises:
        ModelError: No file of this computer can have this name, or it may not be looked for.
    """
    try:
        path = Path(name).expanduser()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except (OSError, RuntimeError, ValueError) as error:
        text = str(name)
        text = text if text.isprintable() and len(text) < 120 else f"{text[:100]!r}\u2026"
        why = getattr(error, "strerror", None) or str(error)
        raise ModelError(
            "A path must be one that this computer can look up.",
            f"{text}: {why.rstrip('.')}",
            "Check how it is written.",
        ) from error
    return path


def exists(name: str | Path) -> bool:
    """Is something there? No, too, where nothing can be."""
    try:
        return place(name).exists()
    except ModelError:
        return False


def split_limit(name: str) -> tuple[str, int | None]:
    """A name without its ``@<limit>``, and the limit. A file whose own name ends so is meant as it is."""
    asked, at, limit = name.rpartition("@")
    if at and asked and limit.isdecimal() and len(limit) < 10 and not exists(name):
        return asked, int(limit)
    return name, None


def looks_like_path(name: str) -> bool:
    """Is this meant as a path, whether or not something is there?"""
    return name.startswith(("~", ".", "/", "\\")) or Path(name).suffix != "" or len(Path(name).parts) > 1
