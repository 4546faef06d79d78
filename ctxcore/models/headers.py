"""The header of a safetensors file: what tensors it holds, and whether it can be believed. No tensor is read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctxcore import signatures
from ctxcore.models.cache_dir import readable
from ctxcore.models.reasons import reason, refused, shown

LONGEST, _MOST = 16 << 20, 20_000
"""Bytes of the headers of one checkpoint, or of its index, and tensors in it: more than those of models that fit a computer."""
_ANEW = "Fetch this file anew."
_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "I16": 16, "U16": 16, "I32": 32, "U32": 32, "I64": 64, "U64": 64, "C64": 64}
_BITS |= {"F64": 64, "F32": 32, "F16": 16, "BF16": 16, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
_BITS |= dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8)
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_MOST_AXES = 16
_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Tensor:
    """A tensor as a header announces it.

    Attributes:
        dtype: Its number format, such as ``F32``.
        shape: Its axes.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def floats(self) -> bool:
        """Are they numbers that a network computes with, not integers or bytes that stand for such?"""
        return self.dtype in _FLOATS


def tensors_of(files: Iterable[Path]) -> dict[str, Tensor]:
    """The tensors of files that make up one checkpoint, by name.

    Raises:
        ModelError: A header contradicts itself or its file's length, or two files hold a tensor of one name.
    """
    found: dict[str, Tensor] = {}
    left = LONGEST
    for file in files:
        header, length = _header(file, left)
        left -= length
        twice = found.keys() & header.keys()
        if twice:
            raise refused(file.parent, f"two files hold {shown(min(twice))}", "Keep the files of one checkpoint only.")
        found |= header
    return found


def placeholder(file: Path) -> str:
    """What lies there in place of a file's content: a Git LFS pointer, a web page, or nothing of the kind (empty)."""
    with file.open("rb") as stream:
        head = stream.read(signatures.HEAD)
    if head.startswith(_POINTER):
        return "a Git LFS pointer"
    found = signatures.known(head)
    return found.what if found and found.kind == "page" else ""


def _header(file: Path, left: int) -> tuple[dict[str, Tensor], int]:
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > size - 8:
                raise ValueError("its header is longer than the file")
            if length > left:
                raise ValueError(f"headers of over {readable(LONGEST)}")
            found = json.loads(stream.read(length))
        tensors = _tensors(found)
        end = 8 + length + _end(found)
    except (ValueError, RecursionError, OSError) as error:
        raise refused(file.parent, f"{file.name} is damaged: {reason(error)}", _ANEW) from error
    if end != size:
        raise refused(
            file.parent,
            f"{file.name} is damaged: {readable(size)} of {readable(end)} ({size:,} of {end:,} bytes)",
            _ANEW,
        )
    return tensors, length


def _tensors(header: Any) -> dict[str, Tensor]:
    """Each entry, once type, shape and bytes have been found to agree."""
    if not isinstance(header, dict):
        raise ValueError("its header is no table of tensors")
    if len(header) > _MOST:
        raise ValueError(f"{len(header):,} tensors, where at most {_MOST:,} are read")
    header.pop("__metadata__", None)
    return {name: _tensor(name, entry) for name, entry in header.items()}


def _tensor(name: str, entry: Any) -> Tensor:
    entry = entry if isinstance(entry, dict) else {}
    dtype, shape, place = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    bits = _BITS.get(dtype) if isinstance(dtype, str) else None
    if bits is None or not _counts(shape) or len(shape) > _MOST_AXES or not _counts(place) or len(place) != 2:
        raise ValueError(f"{shown(name)} has no type, shape and place that can be")
    if 8 * (place[1] - place[0]) != math.prod(shape) * bits:
        raise ValueError(f"{shown(name)} has {place[1] - place[0]:,} bytes, which its shape does not fill")
    return Tensor(str(dtype), tuple(shape))


def _counts(found: Any) -> bool:
    return isinstance(found, list) and all(type(n) is int and n >= 0 for n in found)


def _end(header: dict[str, Any]) -> int:
    """Where the last tensor ends; they lie one behind the other, with no gap and no overlap."""
    end = 0
    for start, stop in sorted(entry["data_offsets"] for entry in header.values()):
        if start != end:
            raise ValueError("its tensors overlap or leave a gap")
        end = stop
    return end
