"""What a server writes down: one line a question where its owner wants that, and never anything that a reader typed."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from logging.handlers import WatchedFileHandler
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

from ctxcore.engine import Query, names_in, texts_in
from dashboard import offered
from dashboard.settings import settings

_SALT = secrets.token_bytes(16)
"""Of this start: a reader is known by another name after the next."""


def keep_texts_out_of_logs() -> None:
    """From now on no log of this process says what an exception says, since that may hold what a reader typed: where it was raised
    and its class are left.
    """
    usual = logging.getLogRecordFactory()

    def made(*given: Any, **also: Any) -> logging.LogRecord:
        record = usual(*given, **also)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text, record.exc_info = where(record.exc_info[1]), None
        return record

    logging.setLogRecordFactory(made)


def where(error: BaseException) -> str:
    """Where an exception was raised, and the classes of it and of what it came from, without their words."""
    parts = []
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return "\nraised after\n".join(parts)


def answered(query: Query[Any], seconds: float, kept: bool, error: BaseException | None) -> None:
    """Told by the engine of each answer: what kind of question it was, of what size, and how long it took."""
    if _log() is None:
        return
    texts = list(texts_in(query))
    named = {kind: known(kind, name) for kind, name in sorted(names_in(query))}
    layer = getattr(query, "layer", None)
    note(
        type(query).__name__, seconds, error, **named, texts=len(texts), characters=sum(map(len, texts)),
        **({"layer": layer} if isinstance(layer, int) else {}), kept=kept,
    )  # fmt: skip


@contextmanager
def noting(what: str, **facts: Any) -> Iterator[None]:
    """One line about work that is no question: a model that loads, a training, a report."""
    began, error = time.monotonic(), None
    try:
        yield
    except BaseException as raised:
        error = raised
        raise
    finally:
        note(what, time.monotonic() - began, error, **facts)


def note(what: str, seconds: float, error: BaseException | None = None, **facts: Any) -> None:
    """Write one line, where the owner wants a log. ``facts`` are numbers and names of our own."""
    log = _log()
    if log is None:
        return
    line = {"at": round(time.time(), 3), "what": what, **facts, "seconds": round(seconds, 4)}
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:
        line["reader"] = hashlib.sha256(_SALT + context.session_id.encode()).hexdigest()[:8]
    if error is not None:
        line["error"] = type(error).__name__
    log.info(json.dumps(line))


def known(kind: str, name: str) -> str:
    """A model's name where it is bundled or its owner's; what a reader typed is none."""
    return name if offered.is_offered(kind, name) else "a reader's own"


@lru_cache(maxsize=1)
def _log() -> logging.Logger | None:
    where_to = settings().log
    if not where_to:
        return None
    log = logging.Logger("ctxcore.questions", logging.INFO)
    handler = logging.StreamHandler(sys.stderr) if where_to == "-" else WatchedFileHandler(where_to, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    return log
