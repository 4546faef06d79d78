"""A field of the workspace and how it is carried: the codec, all fields in a loop, JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from ctxcore.text import lines_of

_COMMA = re.compile(r"[,\n]")
_CODEC = "codec"


def as_json(value: Any) -> Any:
    """A value as JSON takes it: lists in place of tuples."""
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Codec:
    """One field.

    Attributes:
        read: The value, from what JSON gives.
        parse: The value, from the texts that a link has for it.
        texts: What a link has for a value.
        plain: What JSON takes for a value.
        url: The field's key in a link.
        former: Its key in links from before it had this one.
        name: What a reader calls one value of it.
        longest: Characters of one text in a link: as many as its control on the page takes.
        most: Texts in a link.
        placed: Are the texts told apart by their place, so that one that is left out leaves it empty?
        always: Is the value in every link, also where it is the usual one?
        boxes: How many text fields hold the value on a page: one for each of its texts, or one for all of them.
        joined: What joins its texts where one text field holds all of them: a comma or a line end.
    """

    read: Callable[[Any], Any]
    parse: Callable[[Sequence[str]], Any]
    texts: Callable[[Any], list[str]]
    plain: Callable[[Any], Any] = as_json
    url: str = ""
    former: str = ""
    name: str = ""
    longest: int = 20
    most: int = 1
    placed: bool = False
    always: bool = False
    boxes: int = 0
    joined: str = ""

    def in_boxes(self, value: Any) -> tuple[str, ...] | None:
        """What stands in the text fields; None where the value is None, and the page fills them."""
        if value is None:
            return None
        if not self.joined:
            return tuple(self.texts(value))
        return (self.joined.join(value),)

    def typed(self, texts: Sequence[str]) -> Any:
        """The value, from what stands in the text fields. A link says the same by other texts, read by the same rule."""
        if not self.joined:
            return self.parse(texts)
        return self.parse(lines_of(texts[0]) if self.joined == "\n" else _COMMA.split(texts[0]))


def stored(codec: Codec, url: str, name: str, default: Any = ..., **more: Any) -> Any:
    """A dataclass field that is in file and link; without a default it has to be given."""
    carried = {_CODEC: replace(codec, url=url, name=name, **more)}
    return field(metadata=carried) if default is ... else field(default=default, metadata=carried)


@dataclass(frozen=True)
class Leaf:
    """A field of the workspace, or of the controls that one of its fields holds.

    Attributes:
        path: Names of the fields that lead to it.
        codec: How it is written and read; its ``url`` is whole.
        default: Its usual value; ``MISSING`` where it has to be given.
    """

    path: tuple[str, ...]
    codec: Codec
    default: Any

    @property
    def name(self) -> str:
        """``tested``, ``heads.rows``."""
        return ".".join(self.path)

    def of(self, value: Any) -> Any:
        """What a workspace has there."""
        for name in self.path:
            value = getattr(value, name)
        return value

    def put(self, whole: Any, value: Any) -> Any:
        """The workspace with another value there."""
        inner = (
            value if len(self.path) == 1 else replace(self, path=self.path[1:]).put(getattr(whole, self.path[0]), value)
        )
        return replace(whole, **{self.path[0]: inner})


@lru_cache(maxsize=32)
def leaves(one: type, before: tuple[str, ...] = ()) -> tuple[Leaf, ...]:
    """All fields of a dataclass that file and link have, those of its parts too, in their order."""
    found: list[Leaf] = []
    for part in fields(one):
        path = (*before, part.name)
        if _CODEC in part.metadata:
            codec = part.metadata[_CODEC]
            found.append(Leaf(path, replace(codec, url=".".join((*before, codec.url))), part.default))
        else:
            kind: type = type(part.default)
            found += leaves(kind, path)
    return tuple(found)


def read_all(one: type, given: Mapping[str, Any]) -> Any:
    """A dataclass from what JSON gives for it. What is not there is as usual.

    Raises:
        ValueError: Something is wrong; the message says with what.
    """
    values: dict[str, Any] = {}
    for part in fields(one):
        if part.name not in given:
            if part.default is MISSING:
                raise ValueError(f"\u201c{part.name}\u201d is missing")
            continue
        value = given[part.name]
        try:
            if _CODEC in part.metadata:
                values[part.name] = part.metadata[_CODEC].read(value)
            elif isinstance(value, Mapping):
                values[part.name] = read_all(type(part.default), value)
            else:
                raise ValueError("must be an object")
        except ValueError as error:
            raise ValueError(f"\u201c{part.name}\u201d {error}") from None
    return one(**values)


def write_all(value: Any) -> dict[str, Any]:
    """A dataclass as JSON takes it."""
    found: dict[str, Any] = {}
    for part in fields(value):
        inner = getattr(value, part.name)
        found[part.name] = part.metadata[_CODEC].plain(inner) if _CODEC in part.metadata else write_all(inner)
    return found
