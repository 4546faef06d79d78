"""Why a place holds no model that can be read: one form of refusal, and a library's exception in a few words of ours."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctxcore.errors import CtxError, ModelError

RULE = "A model needs a config.json, a tokenizer.json and weights as safetensors; it must run without code of its own."
_REMEDY = "Check the name and the files in it, or choose another model."

_KNOWN = (
    (r"Field '(\w+)' expected (.+?), got \w+ \(value: (.{0,40}?)(?:\)|$)", r"\1 should be \2 and is \3"),
    (r"model type `(.{0,40}?)`", r"the installed transformers does not know the family \1"),
    (r"Unrecognized model in", "model_type is missing or unknown"),
    (r"untagged enum (\w+?)(?:Wrapper|Untagged)\b", r"its part \1 is of no known form"),
    (r"(?i)sentencepiece|tiktoken", "no reader for its form is installed"),
    (r"No space left on device", "the disk is full"),
    (r"recursion", "it is nested too deeply"),
)
"""What libraries are known to raise, and what it means here; the values stay, the advice for programmers goes."""
_ADVICE = re.compile(
    r"(?:^|(?<=[\s.;,(]))(you (?:can|set|may|should|need)|please\b|try\b|if you\b|if this\b|make sure|for details|see\b|"
    r"consider\b|this could|checkout|visit\b|pip install|run `|set `|use `|https?://).*",
    re.IGNORECASE,
)
_LONGEST, _LONGEST_NAME = 160, 300

_log = logging.getLogger(__name__)


def refused(place: Path | str, what: str, remedy: str, rule: str = RULE) -> ModelError:
    """The error of a place where no readable model lies."""
    return ModelError(rule, f"{shown(place)}: {what}", remedy)


def shown(name: object) -> str:
    """A name from outside as a message can hold it: one line, printable, its end kept where it is long."""
    text = str(name)
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= _LONGEST_NAME else f"{text[:_LONGEST]}\u2026{text[-80:]}"


def reason(error: BaseException) -> str:
    """What an exception of a library says, on one line, without its advice and without a full stop; may be empty."""
    text = "recursion" if isinstance(error, RecursionError) else " ".join(str(error).split())
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"no UTF-8 at byte {error.start:,}"
    for pattern, ours in _KNOWN:
        found = re.search(pattern, text)
        if found:
            return found.expand(ours).rstrip(" .)")
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    if isinstance(error, AttributeError | TypeError | NameError):  # words about the library's code, not about the file
        return ""
    if isinstance(error, KeyError):
        return f"{text[:_LONGEST]} is missing or unknown"
    first = re.split(r"(?<=[.!?])\s", _ADVICE.sub("", text), maxsplit=1)[0]
    return first[:_LONGEST].strip().rstrip(" .:;,!(")


@contextmanager
def reading(place: Path | str, failed: str, remedy: str = _REMEDY, rule: str = RULE) -> Iterator[None]:
    """What a library raises while it reads a file from outside becomes a ModelError; ours pass as they are.

    A file from outside may break any assumption of the libraries that read it, so no list of exceptions would be whole:
    a ZeroDivisionError is as good as a KeyError. Panics of those written in Rust are no ``Exception`` even. Calls of
    libraries stand inside, and no more of our own code than belongs to them.

    Args:
        place: The folder or file, for the message.
        failed: What could not be done, such as "its tokenizer cannot be read".
        remedy: What to do about it.
        rule: What should be there.

    Raises:
        ModelError: The library raised something.
    """
    try:
        yield
    except CtxError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        _log.debug("reading %s failed", place, exc_info=True)
        why = reason(error)
        raise refused(place, f"{failed} ({why})" if why else failed, remedy, rule) from error
