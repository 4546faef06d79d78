"""What a reader works on, as one plain value, and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from ctxcore.errors import BadInputError, FileFormatError
from ctxcore.text import clean, find, most_characters
from ctxcore.types import Mention

MOST_SENTENCES = 2000
MOST_CANDIDATES = 20
MOST_SUBSTITUTES = 12
VERSION = 1
"""Of the file. It rises when a file can no longer be read by what read the last one."""
_MARK = "ctxcore_workspace"
_LIMIT = 20 * 1024 * 1024
_MOST_VALUES = 1_000_000
"""Values that a file may hold: a short one takes fifty times its size in memory."""
_REMEDY = "Save the workspace anew in the dashboard and open that file."
_DIGITS = 9

Place = tuple[str, int]
"""A mention that survives editing: the sentence's text and which mention in it, from 0."""


@dataclass(frozen=True)
class Workspace:
    """What a reader works on.

    Attributes:
        word: The target word.
        sentences: One a line, in the reader's order.
        senses: Label of each labelled mention.
        left_out: Mentions that are not drawn.
        substitutes: Words that could stand in the target's place.
        static: Name of the static space.
        model: Name of the contextual model.
        focus: The sentence whose attention is looked at; None while the reader has not chosen one.
        at: Which word of that sentence is looked at, from 0; None while the reader has not chosen one.
        head: The opened head, ``(layer, head)``; None while the reader has not chosen one.
        prompts: Two beginnings of sentences that are gone on from.
        candidates: Words that could come next.
        corpus: What lookup tables are trained on: ``ours`` (the sentences below), ``news``, or ``file`` (one that the reader
            gave; neither a link nor a file carries it).
        training: Training sentences; None while they are the ones that we ship.
        n: Words in an entry of the lookup table.
        tested: The sentence that is asked of the table word by word.
        near: The word whose static neighbours are looked at.
        relations: Words whose relations are looked at.
        axes: Two sums of words that a plane is spanned by, as typed.
        analogy: Three words a, b and c: what stands to c as b stands to a?
        second: Name of the contextual model that is drawn beside the first; None while there is none.
        groups: Group of each sentence that has one (a year, an author, a source), by the sentence's text.
    """

    word: str
    sentences: tuple[str, ...]
    senses: tuple[tuple[Place, str], ...] = ()
    left_out: tuple[Place, ...] = ()
    substitutes: tuple[str, ...] = ()
    static: str = "glove-6b-50d"
    model: str = "minilm-l6"
    focus: str | None = None
    at: int | None = None
    head: tuple[int, int] | None = None
    prompts: tuple[str, str] = ("The dog ran", "The program ran")
    candidates: tuple[str, ...] = ("quickly", "successfully")
    corpus: str = "ours"
    training: tuple[str, ...] | None = None
    n: int = 3
    tested: str = "The cat ran swiftly"
    near: str = "king"
    relations: tuple[str, ...] = (
        "king", "queen", "prince", "princess", "man", "woman", "boy", "girl", "actor", "actress", "nurse", "engineer",
    )  # fmt: skip
    axes: tuple[str, str] = ("woman - man", "king + queen - man - woman")
    analogy: tuple[str, str, str] = ("man", "king", "woman")
    second: str | None = None
    groups: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Mark:
    """One mention of the target with what the reader said of it, and its sentence's group."""

    mention: Mention
    place: Place
    sense: str | None
    used: bool
    group: str | None = None


def marks(workspace: Workspace) -> list[Mark]:
    """Every mention of the target with its sense and whether it is used.

    An empty list has none, and neither has a target that cannot be looked for, such as a full stop: what draws mentions says
    why (:func:`ctxcore.text.no_mention`).
    """
    senses, left_out, groups = dict(workspace.senses), set(workspace.left_out), dict(workspace.groups)
    result: list[Mark] = []
    seen: dict[int, int] = {}
    for mention in _found(workspace.word, workspace.sentences):
        nth = seen.get(mention.sentence_index, 0)
        seen[mention.sentence_index] = nth + 1
        place = (workspace.sentences[mention.sentence_index], nth)
        result.append(Mark(mention, place, senses.get(place), place not in left_out, groups.get(place[0])))
    return result


@lru_cache(maxsize=16)
def _found(word: str, sentences: tuple[str, ...]) -> tuple[Mention, ...]:
    """Mentions; several parts of a page ask for the same ones. What cannot be looked for, such as a full stop, has none."""
    try:
        return tuple(find(word, sentences))
    except BadInputError:
        return ()


def to_json(workspace: Workspace) -> bytes:
    """The workspace as a file. Equal workspaces give equal bytes."""
    plain: dict[str, Any] = {_MARK: VERSION}
    for field in fields(Workspace):
        value = getattr(workspace, field.name)
        plain[field.name] = list(value) if isinstance(value, tuple) else value
    plain["senses"] = [{"sentence": s, "mention": n, "sense": sense} for (s, n), sense in workspace.senses]
    plain["left_out"] = [{"sentence": s, "mention": n} for s, n in workspace.left_out]
    plain["groups"] = [{"sentence": s, "group": group} for s, group in workspace.groups]
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()


def from_json(data: bytes | str, name: str = "the file") -> Workspace:
    """The workspace that a file holds. What the file does not say is as in a new workspace; unknown keys do not count.

    Args:
        data: What :func:`to_json` gave, or the same written by hand.
        name: What errors call the file.

    Raises:
        FileFormatError: It is damaged, of another kind, too large, from a later version, or a value is of the wrong type.
    """
    found = _object(data, name)
    given = {key: found[key] for key in _READ if key in found}
    for key in ("word", "sentences"):
        if key not in given:
            raise _wrong(name, f"\u201c{key}\u201d is missing")
    values: dict[str, Any] = {}
    for key, value in given.items():
        try:
            values[key] = _READ[key](value)
        except ValueError as error:
            raise _wrong(name, f"\u201c{key}\u201d {error}") from None
    return Workspace(**values)


def _object(data: bytes | str, name: str) -> Mapping[str, Any]:
    """The JSON object, if it is one of ours and of a version that is known here."""
    if len(data) > _LIMIT:
        raise _wrong(name, f"{len(data) / 1e6:.0f} MB; 20 MB are read")
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if sum(map(raw.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise _wrong(name, f"more than {_MOST_VALUES:,} values")
    try:
        found = json.loads(data if isinstance(data, str) else data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _wrong(name, f"no JSON in UTF-8{_where(error)}") from error
    if not isinstance(found, dict) or _MARK not in found:
        raise _wrong(name, f"no \u201c{_MARK}\u201d in it")
    version = found[_MARK]
    if type(version) is not int or version < 1:
        raise _wrong(name, f"\u201c{_MARK}\u201d must be a version from 1 on")
    if version > VERSION:
        raise FileFormatError(
            f"Workspace files are read up to version {VERSION}.",
            f"{name}, of version {version}",
            "Update this program.",
        )
    return found


def _where(error: ValueError | RecursionError) -> str:
    """Where a text stops being JSON, as a message has it."""
    if isinstance(error, json.JSONDecodeError):
        return f" (line {error.lineno:,}, column {error.colno:,})"
    return f" (byte {error.start + 1:,})" if isinstance(error, UnicodeDecodeError) else ""


def _wrong(name: str, what: str) -> FileFormatError:
    return FileFormatError("A workspace file holds what the dashboard saved.", f"{name}: {what}", _REMEDY)


def _line(value: Any) -> str:
    """One line of text, read as everywhere (:mod:`ctxcore.text.white_space`)."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a character") from None
    if len(value) > most_characters():
        raise ValueError(f"has {len(value):,} characters; up to {most_characters():,} are read")
    return clean(value)


def _lines(most: int | None = None, least: int = 0) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list of texts")
        if most is not None and not least <= len(value) <= most:
            raise ValueError(f"has {len(value):,} entries; {'up to ' if least < most else ''}{most:,} are read")
        for number, text in enumerate(value, 1):
            if isinstance(text, str) and len(text) > most_characters():
                raise ValueError(
                    f"has {len(text):,} characters in entry {number}; up to {most_characters():,} are read"
                )
        found = tuple(map(_line, value))
        return found if least else tuple(line for line in found if line)

    return read


def _count(low: int, high: int = 10**_DIGITS) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:  # True is an int too
            raise ValueError(f"must be a whole number from {low} to {high:,}")
        return value

    return read


def _maybe(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _one_of(*names: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return str(value)

    return read


def _place(value: Any) -> Place:
    if not isinstance(value, dict):
        raise ValueError("must list objects with a sentence and a mention")
    return _line(value.get("sentence")), _count(0)(value.get("mention"))


def _places(value: Any) -> tuple[Place, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return tuple(map(_place, value))


def _senses(value: Any) -> tuple[tuple[Place, str], ...]:
    return tuple((place, _line(one.get("sense"))) for place, one in zip(_places(value), value, strict=True))


def _groups(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("must list objects with a sentence and a group")
    return tuple((_line(one.get("sentence")), _line(one.get("group"))) for one in value)


def _head(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("must be a layer and a head")
    return _count(1)(value[0]), _count(0)(value[1])


_READ: dict[str, Callable[[Any], Any]] = {
    "word": _line, "sentences": _lines(MOST_SENTENCES), "senses": _senses, "left_out": _places,
    "substitutes": _lines(MOST_SUBSTITUTES), "static": _line, "model": _line, "focus": _maybe(_line),
    "at": _maybe(_count(0)), "head": _maybe(_head), "prompts": _lines(2, 2), "candidates": _lines(MOST_CANDIDATES),
    "corpus": _one_of("ours", "news", "file"), "training": _maybe(_lines(MOST_SENTENCES)), "n": _count(2, 5),
    "tested": _line, "near": _line, "relations": _lines(MOST_SENTENCES), "axes": _lines(2, 2), "analogy": _lines(3, 3),
    "second": _maybe(_line), "groups": _groups,
}  # fmt: skip
"""How each field is read; a ValueError says what is wrong."""
