"""What a GGUF file says it holds, looked at before a library opens it: counts, shapes and places, all within the file.

The readers of gguf and transformers believe the file: a count of a million million keeps them busy for hours, and a place
beyond the end gives an empty array. Here every number is held against the size of the file, in one pass over its header.
"""

from __future__ import annotations

import itertools
import math
import mmap
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType

from ctxcore.errors import ModelError
from ctxcore.models import reasons
from ctxcore.models.cache_dir import readable

RULE = "A GGUF file must be whole, and its header must agree with the tensors in it."
REMEDY = "Fetch the file anew, or choose another model."
_FORMS = {
    GGUFValueType.UINT8: "B", GGUFValueType.INT8: "b", GGUFValueType.UINT16: "H", GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I", GGUFValueType.INT32: "i", GGUFValueType.FLOAT32: "f", GGUFValueType.BOOL: "?",
    GGUFValueType.UINT64: "Q", GGUFValueType.INT64: "q", GGUFValueType.FLOAT64: "d",
}  # fmt: skip
_VERSIONS = (2, 3)
_MOST_ITEMS = 4_000_000
"""Elements of all lists in a header: the largest vocabularies (262,000 tokens, scores, types and twice as many merges) have 1.3 million."""
_MOST_ENTRIES = 100_000
_MOST_DIMENSIONS = 4
_PER_ROW, _FEW = 4, 1000
"""Elements that a list may have: so many for each row of the largest tensor, and so many at least. A library makes objects of
each, and byte-pair tokenizers have about twice as many merges as tokens."""
_BLOCK = re.compile(r"blk\.(\d+)\.")


@dataclass(frozen=True)
class Tensor:
    """One tensor of the file.

    Attributes:
        name: As the file names it.
        shape: Outermost axis first, as torch counts.
        kind: How its numbers are packed.
        start: Where its bytes begin, counted from the first tensor's.
        size: How many bytes it has.
    """

    name: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType
    start: int
    size: int


@dataclass(frozen=True)
class Header:
    """What stands before the weights.

    Attributes:
        file: Where it is.
        architecture: As the file names it.
        values: Its settings, without those that are lists.
        tensors: Its tensors, by name.
        begin: Where the bytes of the tensors begin.
    """

    file: Path
    architecture: str
    values: dict[str, Any]
    tensors: dict[str, Tensor]
    begin: int

    def setting(self, name: str) -> Any:
        """A setting of its architecture; None where the file has none of the name, or a list."""
        return self.values.get(f"{self.architecture}.{name}")

    def bytes_of(self, tensor: Tensor) -> bytes:
        """A tensor as it is packed."""
        with self.file.open("rb") as stream:
            stream.seek(self.begin + tensor.start)
            return stream.read(tensor.size)

    @property
    def parameters(self) -> int:
        """How many numbers its tensors hold, once unpacked."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())


def look_into(file: Path) -> Header:
    """The header of a GGUF file, held against the file.

    Raises:
        ModelError: It is no GGUF file, cut, or says what cannot be. The message names what.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise refused(file, "its content is not GGUF")
        try:
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                found = _header(file, _Cursor(data))
        except (struct.error, IndexError):
            raise refused(file, f"it ends within its header, after {readable(size)}") from None
        except UnicodeDecodeError:
            raise refused(file, "a text in its header is not UTF-8") from None
    if (parts := found.values.get("split.count", 1)) != 1:
        remedy = "Merge the parts with llama.cpp\u2019s gguf-split, and give the file that it makes."
        raise refused(file, f"one of {parts} parts of a model", remedy)
    _within(found, size - found.begin)
    _blocks(found)
    return found


def refused(file: Path, what: str, remedy: str = REMEDY) -> ModelError:
    """The error of a GGUF file that does not hold what it says."""
    return reasons.refused(file, what, remedy, RULE)


@dataclass(frozen=True)
class _List:
    count: int


class _Cursor:
    """Reads one thing after the other; struct.error where the file ends."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self.at = 4
        self.items = 0

    def numbers(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self._data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self._data):
            raise IndexError

    def text(self) -> str:
        (length,) = self.numbers("Q")
        start = self.at
        self.skip(length)
        return self._data[start : self.at].decode("utf-8")


def _header(file: Path, cursor: _Cursor) -> Header:
    (version,) = cursor.numbers("I")
    if version not in _VERSIONS:
        what = "numbers of another byte order" if version and version % (1 << 16) == 0 else f"version {version}"
        raise refused(file, f"GGUF with {what}; versions 2 and 3 are read")
    tensors, settings = cursor.numbers("QQ")
    for count, what in ((tensors, "tensors"), (settings, "settings")):
        if count > _MOST_ENTRIES:
            raise refused(file, f"its header announces {count:,} {what}")
    values = _unique(file, (_setting(file, cursor) for _ in range(settings)), "setting")
    found = _unique(file, ((t.name, t) for t in (_tensor(file, cursor) for _ in range(tensors))), "tensor")
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise refused(file, "it does not name its architecture")
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise refused(file, f"an alignment of {alignment!r}")
    lists = {name: value.count for name, value in values.items() if isinstance(value, _List)}
    rows = max((tensor.shape[0] for tensor in found.values()), default=0)
    for name, count in lists.items():
        if count > _PER_ROW * rows + _FEW:
            raise refused(file, f"the setting {name[:100]!r} has {count:,} elements for {rows:,} token vectors")
    plain = {name: value for name, value in values.items() if name not in lists}
    return Header(file, architecture, plain, found, -(-cursor.at // alignment) * alignment)


def _unique(file: Path, entries: Iterator[tuple[str, Any]], what: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in entries:
        if name in found:
            raise refused(file, f"the {what} {name[:100]!r} comes twice")
        found[name] = value
    return found


def _setting(file: Path, cursor: _Cursor) -> tuple[str, Any]:
    """Name and value; of a list, its length."""
    name = cursor.text()
    (kind,) = cursor.numbers("I")
    if kind == GGUFValueType.STRING:
        return name, cursor.text()
    if kind in _FORMS:
        return name, cursor.numbers(_FORMS[GGUFValueType(kind)])[0]
    if kind != GGUFValueType.ARRAY:
        raise refused(file, f"the setting {name[:100]!r} is of the unknown type {kind}")
    element, count = cursor.numbers("IQ")
    cursor.items += count
    if cursor.items > _MOST_ITEMS:
        raise refused(file, f"the setting {name[:100]!r} announces {count:,} elements")
    if element in _FORMS:
        cursor.skip(count * struct.calcsize(f"<{_FORMS[GGUFValueType(element)]}"))
    elif element == GGUFValueType.STRING:
        for _ in range(count):
            cursor.text()
    else:
        raise refused(file, f"the setting {name[:100]!r} is a list of the unknown type {element}")
    return name, _List(count)


def _tensor(file: Path, cursor: _Cursor) -> Tensor:
    name = cursor.text()
    if not name.isprintable() or not name:
        raise refused(file, f"a tensor has the damaged name {name[:100]!r}")
    (dimensions,) = cursor.numbers("I")
    if not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise refused(file, f"the tensor {name[:100]!r} has {dimensions:,} axes")
    shape = tuple(reversed(cursor.numbers(f"{dimensions}Q")))
    raw, start = cursor.numbers("IQ")
    try:
        kind = GGMLQuantizationType(raw)
    except ValueError:
        raise refused(file, f"the tensor {name[:100]!r} is packed in a way that is not known ({raw})") from None
    block, size = GGML_QUANT_SIZES[kind]
    if 0 in shape or shape[-1] % block:
        raise refused(file, f"the tensor {name[:100]!r} has the shape {list(shape)} in blocks of {block}")
    return Tensor(name, shape, kind, start, math.prod(shape) // block * size)


def _within(header: Header, room: int) -> None:
    """Every tensor lies in the file, and no two share bytes."""
    end, last = 0, ""
    for tensor in sorted(header.tensors.values(), key=lambda t: t.start):
        if tensor.start < end:
            raise refused(header.file, f"the tensors {last!r} and {tensor.name!r} lie on one another")
        end, last = tensor.start + tensor.size, tensor.name
        if end > room:
            raise refused(
                header.file,
                f"the tensor {tensor.name!r} of the shape {list(tensor.shape)} ends {readable(end - room)} behind the end of "
                "the file",
            )


def _blocks(header: Header) -> None:
    """As many blocks as the header announces, counted by the names of the tensors."""
    announced = header.setting("block_count")
    there = {int(found[1]) for name in header.tensors if (found := _BLOCK.match(name))}
    whole = next(n for n in itertools.count() if n not in there)
    if type(announced) is not int or announced < 1:
        raise refused(header.file, f"its header announces {announced!r} blocks")
    if whole < announced:
        raise refused(header.file, f"its header announces {announced:,} blocks, and it has no tensor of blk.{whole}")
    if len(there) > announced:
        raise refused(header.file, f"its header announces {announced:,} blocks, and it has tensors of blk.{max(there)}")
