"""What the owner of a server can set: limits, and what visitors may do. Each has a default and a variable of the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from ctxcore import BadInputError
from ctxcore.limits import check, whole_number
from ctxcore.models.devices import AUTO, named_device, named_format


def _number(variable: str, default: int, least: int = 1) -> Any:
    return field(default=default, metadata={"variable": variable, "least": least})


@dataclass(frozen=True)
class Settings:
    """Sizes are in MB of 1,048,576 bytes, times in seconds. The limits of the library have their place in :mod:`ctxcore.limits`.

    Attributes:
        shared: Is this a server for visitors? They open no path of it and start no download, except what ``offered`` lists.
        offered: Models and static vectors that readers may open beside the bundled ones: a folder, a file, ``hub:<id>@<revision>``
            or a name of gensim-data, each with the name that readers see before it where that is another: ``my-bert=/srv/bert``.
        log: The file that one line a question is written to, with no text of a reader; ``-`` is the standard error, empty none.
        tokens: Of a text that a model reads at once, however many it could: one pass cannot be stopped, and others wait for it.
        models: Contextual models in memory; one that comes on top lets the oldest go. No page works with more than two at once.
        threads: Of one forward pass. Several sessions share the machine: one thread each is faster for all of them.
        device: Where models compute: ``auto`` (a GPU where torch sees one), ``cpu``, ``cuda``, ``mps``.
        dtype: In which number format: ``auto`` is float32; ``bfloat16`` and ``float16`` are near it and not the same.
        answers_mb: Answers that are kept for all readers.
        reports_mb: Reports that are being made or wait for their readers.
        process_mb: Memory of the whole server; above it no new heavy work begins.
        heavy: Heavy questions that are worked on at a time: of what was pressed for, and of what pages show by themselves.
        heavy_each: Those of one reader; others wait for their turn.
        longest: Seconds that one question may take.
        kept: Folder for sentences that are too many for a link, which several servers share; empty for this server's memory.
    """

    shared: bool = field(default=False, metadata={"variable": "CTXCORE_SHARED"})
    offered: tuple[str, ...] = field(default=(), metadata={"variable": "CTXCORE_OFFERED"})
    log: str = field(default="", metadata={"variable": "CTXCORE_LOG"})
    tokens: int = _number("CTXCORE_MOST_TOKENS", 1024, 64)
    models: int = _number("CTXCORE_MOST_MODELS", 2)
    threads: int = _number("CTXCORE_THREADS", 1)
    device: str = field(default=AUTO, metadata={"variable": "CTXCORE_DEVICE", "check": named_device})
    dtype: str = field(default=AUTO, metadata={"variable": "CTXCORE_DTYPE", "check": named_format})
    answers_mb: int = _number("CTXCORE_ANSWERS_MB", 256, 64)
    reports_mb: int = _number("CTXCORE_REPORTS_MB", 512, 64)
    process_mb: int = _number("CTXCORE_PROCESS_MB", 3000, 500)
    heavy: int = _number("CTXCORE_HEAVY", 2)
    heavy_each: int = _number("CTXCORE_HEAVY_EACH", 1)
    longest: int = _number("CTXCORE_LONGEST", 900)
    kept: str = field(default="", metadata={"variable": "CTXCORE_KEPT"})


@lru_cache(maxsize=1)
def settings() -> Settings:
    """As the environment says when it is first asked.

    Raises:
        BadInputError: A variable holds what its setting cannot be, one of ctxcore's own included.
    """
    check()
    return Settings(**{f.name: _read(f.metadata, f.default) for f in fields(Settings)})


def _read(setting: Any, default: Any) -> Any:
    variable = setting["variable"]
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    if isinstance(default, bool):
        if text.lower() in ("0", "1", "no", "yes", "false", "true"):
            return text.lower() in ("1", "yes", "true")
        raise BadInputError(f"{variable} is 1 or 0.", repr(text[:40]), f"Set it to {int(default)}.")
    if isinstance(default, str):
        try:
            return setting["check"](text) if "check" in setting else text
        except BadInputError as error:
            raise BadInputError(f"{variable}: {error.rule}", error.received, f"Set it to {default}.") from None
    if isinstance(default, tuple):
        return tuple(name.strip() for name in text.split(",") if name.strip())
    return whole_number(variable, default, setting["least"])
