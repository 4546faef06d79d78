"""The kinds of values that a field may hold, each as JSON and a link write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ctxcore.codecs.fields import Codec
from ctxcore.codecs.plain import DIGITS, count, is_number, lines, read_line, read_name
from ctxcore.text import clean

_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,20})?(e[+-]?\d{1,2})?", re.ASCII)


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


def whole(low: int, high: int = 10**DIGITS) -> Codec:
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
