"""How a field of the workspace is written in a file and in a link, and read again.

Each field of :class:`ctxcore.workspace.Workspace`, and of the controls of each page that it holds, carries one :class:`Codec`.
File, link and their checks are loops over the fields: a field that is added is in both. What is wrong with a value is said by a
``ValueError``; whoever reads adds which value it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import lru_cache
from typing import Any
from unicodedata import category

from ctxcore.text import clean, lines_of, most_characters

_DIGITS = 9
_COMMA = re.compile(r"[,\n]")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,20})?(e[+-]?\d{1,2})?", re.ASCII)
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


def line(longest: int) -> Codec:
    """One line of text."""
    return Codec(read_line, lambda texts: clean(texts[0]), lambda value: [value], longest=longest, boxes=1)


def name_of(longest: int = 1000) -> Codec:
    """The name of a model or file, to the letter."""
    return Codec(read_name, lambda texts: read_name(texts[0]), lambda value: [value], longest=longest)


def words(most: int, longest: int) -> Codec:
    """Some lines, each once; an empty list is told by one empty text."""

    def parse(texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for text in texts if (word := clean(text))))[:most]

    return Codec(
        lines(most), parse, lambda value: list(value) or [""], longest=longest, most=most, boxes=1, joined=", "
    )


def exactly(count: int, longest: int) -> Codec:
    """So many lines, any of them empty."""

    def parse(texts: Sequence[str]) -> tuple[str, ...]:
        if len(texts) != count:
            raise ValueError(f"a link has {count} of them")
        return tuple(map(clean, texts))

    return Codec(lines(count, count), parse, list, longest=longest, most=count, placed=True, boxes=count)


def whole(low: int, high: int = 10**_DIGITS) -> Codec:
    """A whole number."""

    def parse(texts: Sequence[str]) -> int:
        if not is_number(texts[0]) or not low <= int(texts[0]) <= high:
            few = high - low < 10
            raise ValueError(
                f"it is one of {', '.join(map(str, range(low, high + 1)))}" if few else "it is a whole number"
            )
        return int(texts[0])

    return Codec(count(low, high), parse, lambda value: [str(value)])


def number(low: float, high: float) -> Codec:
    """A number, not a whole one alone."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return float(value)

    def parse(texts: Sequence[str]) -> float:
        if not _NUMBER.fullmatch(texts[0]) or not low <= float(texts[0]) <= high:
            raise ValueError(f"it is a number from {low:g} to {high:g}")
        return float(texts[0])

    return Codec(read, parse, lambda value: [repr(value).removesuffix(".0")], longest=24)


def repeated(codec: Codec, times: int) -> Codec:
    """So many values, each written as the codec does: three numbers, or three rows of three numbers."""
    each = codec.most

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != times:
            raise ValueError(f"must be a list of {times}")
        return tuple(map(codec.read, value))

    def parse(texts: Sequence[str]) -> tuple[Any, ...]:
        if len(texts) != times * each:
            raise ValueError(f"a link has {times * each} of them")
        return tuple(codec.parse(texts[i : i + each]) for i in range(0, len(texts), each))

    return replace(
        codec, read=read, parse=parse, texts=lambda value: [text for one in value for text in codec.texts(one)],
        plain=lambda value: [codec.plain(one) for one in value], most=times * each, placed=True,
    )  # fmt: skip


def one_of(*names: str, unlinked: Sequence[str] = ()) -> Codec:
    """One of a few names; what only this machine has is in no link."""
    linked = [name for name in names if name not in unlinked]

    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return str(value)

    def parse(texts: Sequence[str]) -> str:
        if texts[0] not in linked:
            raise ValueError(f"it is one of {', '.join(linked)}")
        return texts[0]

    return Codec(read, parse, lambda value: [value] if value in linked else [])


def flag() -> Codec:
    """Yes or no."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value

    def parse(texts: Sequence[str]) -> bool:
        if texts[0] not in ("0", "1"):
            raise ValueError("it is 0 or 1")
        return texts[0] == "1"

    return Codec(read, parse, lambda value: [str(int(value))])


def heads(most: int) -> Codec:
    """Some heads; none at all is told by one empty text."""
    one = head()

    def read(value: Any) -> tuple[tuple[int, int], ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"must be a list of up to {most} heads")
        return tuple(map(one.read, value))

    def parse(texts: Sequence[str]) -> tuple[tuple[int, int], ...]:
        return tuple(dict.fromkeys(one.parse([text]) for text in texts if text))

    return Codec(
        read, parse, lambda value: [one.texts(head)[0] for head in value] or [""], plain=lambda value: [list(head) for head in value],
        most=most,
    )  # fmt: skip


def head() -> Codec:
    """A layer from 1 and a head from 0."""
    return two_numbers("a layer and a head", (1, 0))


def two_numbers(what: str, lows: tuple[int, int] = (0, 0)) -> Codec:
    """Two whole numbers, which a link writes as 4.7."""

    def read(value: Any) -> tuple[int, int]:
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError(f"must be {what}")
        return count(lows[0])(value[0]), count(lows[1])(value[1])

    def parse(texts: Sequence[str]) -> tuple[int, int]:
        first, _, second = texts[0].partition(".")
        if not is_number(first) or not is_number(second):
            raise ValueError(f"it is {what}, such as 4.7")
        return int(first), int(second)

    return Codec(read, parse, lambda value: ["{}.{}".format(*value)])


def maybe(codec: Codec) -> Codec:
    """The same, or None, which a link says by saying nothing."""
    return replace(
        codec,
        read=lambda value: None if value is None else codec.read(value),
        texts=lambda value: [] if value is None else codec.texts(value),
        plain=lambda value: None if value is None else codec.plain(value),
    )


def read_line(value: Any) -> str:
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


def read_name(value: Any) -> str:
    """A name to the letter: two blanks in it are two. What no name holds is not cleaned away but refused."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    if any(category(letter) in ("Cc", "Cs") for letter in value):
        raise ValueError("holds a character that no name has")
    return value


def lines(most: int | None = None, least: int = 0) -> Callable[[Any], tuple[str, ...]]:
    """A reader of a list of lines. Where no least number is asked, empty ones are left out."""

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
        found = tuple(map(read_line, value))
        return found if least else tuple(one for one in found if one)

    return read


def count(low: int, high: int = 10**_DIGITS) -> Callable[[Any], int]:
    """A reader of whole numbers."""

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:  # True is an int too
            raise ValueError(f"must be a whole number from {low} to {high:,}")
        return value

    return read


def is_number(text: str) -> bool:
    """Is this a whole number of a length that a link would have? Python refuses to read thousands of digits."""
    return text.isdecimal() and len(text) <= _DIGITS
