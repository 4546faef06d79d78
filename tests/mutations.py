"""Seeded ways to spoil a file: JSON that says something else, bytes that changed on the way, headers that lie.

Each mutator takes a ``random.Random`` and a file's bytes and returns other bytes; the same seed gives the same ones.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Callable
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 5, 7, 33, 1000, 10**6, 10**15, 2**63, 2**70, -(2**31), 0.5, -0.0, 1e-300, 1e308,
    float("nan"), float("inf"), "", "3", "bert", "gelu", "../x", "a" * 5000, "\u0000", "\ud83d\ude00", "\u202e",
    [], [0], [[]], ["BertModel"], [1, 2, 3], ["a", 5], {}, {"a": 1}, {"": None}, {"__class__": "x"},
)  # fmt: skip
"""Values that stand where another was."""
_STAND_INS = (
    b"", b"\x00" * 64, b"null", b"[]", b"5", b'"x"', b"{", b"[" * 100_000, b'{"a":' * 2000 + b"1" + b"}" * 2000,
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", b"<!DOCTYPE html><html></html>",
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"GGUF", b"PK\x03\x04", b"\x80\x04\x95",
)  # fmt: skip
"""Contents that stand in for a whole file."""
_TYPES = ("F32", "F16", "BF16", "F64", "I8", "U8", "I64", "BOOL", "F8_E4M3", "F4", "C64", "", "float", 5, None, ["F32"])

Mutator = Callable[[random.Random, bytes], bytes]


def seed() -> int:
    """The seed of this run: ``CTXCORE_SEED``, else a fixed one."""
    return int(os.environ.get("CTXCORE_SEED", "20261126"))


def mutate_json(rng: random.Random, data: bytes) -> bytes:
    """One to three values of a JSON file replaced, removed, renamed, doubled or nested; now and then its bytes."""
    if rng.random() < 0.2:
        return mutate_bytes(rng, data)
    found = json.loads(data)
    for _ in range(rng.randint(1, 3)):
        found = _changed(rng, found)
    return json.dumps(found).encode()


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    """Bytes flipped, cut, put in, doubled, zeroed, or another file in the place of this one."""
    spoilt, at = bytearray(data), rng.randrange(len(data) + 1)
    length = rng.choice((1, 2, 8, 64, len(data) // 2))
    match rng.randrange(7):
        case 0:
            for _ in range(rng.choice((1, 3, 100))):
                spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
        case 1:
            del spoilt[at:]
        case 2:
            spoilt[at:at] = rng.randbytes(length)
        case 3:
            spoilt[at : at + length] = spoilt[at : at + length] * 2
        case 4:
            spoilt[at : at + length] = bytes(len(spoilt[at : at + length]))
        case 5:
            del spoilt[at : at + length]
        case _:
            return rng.choice(_STAND_INS)
    return bytes(spoilt)


def mutate_safetensors(rng: random.Random, data: bytes) -> bytes:
    """A header that says another type, shape, place or name, holds one tensor more or less, or has another length."""
    if rng.random() < 0.2:
        return mutate_bytes(rng, data)
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    for _ in range(rng.randint(1, 2)):
        body = _spoilt_tensor(rng, header, body)
    text = json.dumps(header).encode()
    claimed = rng.choice((len(text), len(text), len(text), len(text), len(text) + 1, 0, 2**63, 2**64 - 1))
    return claimed.to_bytes(8, "little") + text + body


def _spoilt_tensor(rng: random.Random, header: dict[str, Any], body: bytes) -> bytes:
    name = rng.choice([key for key in header if key != "__metadata__"] or [""])
    entry = header.get(name)
    if not isinstance(entry, dict) or len(entry) < 3:
        return body
    match rng.randrange(10):
        case 0:
            entry["dtype"] = rng.choice(_TYPES)
        case 1:
            entry["shape"] = rng.choice(([-1], [0], [2**40, 2**40], [1] * 100, entry["shape"][::-1], [3], [], *HOSTILE))
        case 2:
            entry["data_offsets"] = rng.choice(([0, 0], [5, 1], [0, 2**63], [-4, 0], [0], [0, len(body)], *HOSTILE))
        case 3:
            del entry[rng.choice(sorted(entry))]
        case 4:
            header[rng.choice(("", "x", f"{name}_scale", f"{name}.1", f"bert.{name}", name.upper()))] = header.pop(name)
        case 5:
            header[rng.choice((f"{name}_scale_inv", f"bert.{name}", f"encoder.{name}", "extra.weight"))] = {
                "dtype": "F32", "shape": [1], "data_offsets": [len(body), len(body) + 4],
            }  # fmt: skip
            body += b"\x00\x00\x80\x3f"
        case 6:
            header[name] = rng.choice(HOSTILE)
        case 7:
            header.pop(name)
        case 8:
            other = rng.choice([key for key in header if key != "__metadata__"])
            header[name], header[other] = header[other], header[name]
        case _:
            at = rng.randrange(len(body))
            body = body[:at] + rng.randbytes(4) + body[at + 4 :] if at + 4 <= len(body) else body
    return body


def _changed(rng: random.Random, found: Any) -> Any:
    """A copy in which one value, somewhere, is another."""
    found = copy.deepcopy(found)
    places = _places(found)
    if not places:
        return rng.choice(HOSTILE)
    holder, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[rng.choice(("", "x", f"{key}s", "auto_map", "model_type", "quantization_config"))] = holder.pop(key)
        case 2:
            holder[key] = rng.choice(([holder[key]], {"x": holder[key]}, str(holder[key])))
        case 3:
            other, from_key = rng.choice(places)
            holder[key] = copy.deepcopy(other[from_key]) if other is not holder else rng.choice(HOSTILE)
        case _:
            holder[key] = copy.deepcopy(rng.choice(HOSTILE))
    return found


def _places(found: Any) -> list[tuple[Any, Any]]:
    """Every value of a JSON file, by what holds it and under which key; those of long tables only in part."""
    places, left = [], [found]
    while left:
        here = left.pop()
        keys = list(here)[:40] if isinstance(here, dict) else range(min(len(here), 40))
        for key in keys:
            places.append((here, key))
            if isinstance(here[key], dict | list):
                left.append(here[key])
    return places
