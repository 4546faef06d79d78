"""What no reader means, drawn from a number: addresses of pages, texts for their fields, and files for their uploads."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, quote_plus, urlencode

from ctxcore.pages import PAGES
from dashboard import links
from dashboard.examples import example
from dashboard.links import LEAVES
from tests import mutants, mutations

SHARES = {"link": 0.5, "text": 0.3, "file": 0.2}
"""Of all inputs."""
_SPECIAL = (
    "[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "<s>", "</s>", "<unk>", "<mask>", "<pad>", "<|endoftext|>", "<|im_start|>",
    "<|im_end|>", "##ing", "\u2581the", "\u0120the", "<0x0A>",
)  # fmt: skip
"""What a tokenizer may take for more than text."""
_VALUES = (
    "", " ", ".", "-", "-1", "-0", "1e999", "-1e999", "NaN", "inf", "9" * 20, "9" * 5000, "0x10", "1_0", "1.5", "\u00b2", "\u0663",
    "6.11", "6.-1", "1.1.1", "99.99", "0.0", "1e-320", "true", "None", "null", "[]", "[" * 10_000, '{"a":' * 500, '{"__class__": "x"}',
    "a" * 100_000, "ran " * 25_000, "\u00e4" * 10_000, "\x00", "ran\x00ran", "\x1b[31m", "\x08", "\r\n", "\u2028", "\u00a0", "\ufeff",
    "\u202e", "\u2066ran", "\u200b", "\u0301", "r\u0301\u0316" * 500, "\U0001f468\u200d\U0001f469" * 200, "\U0001f1e9" * 20_000,
    "\U000e0067" * 100, "\ufffe", "\ufffd", "\ue000", "\u05e9\u05dc\u05d5\u05dd", "\u0627\u0644" * 100, "../../etc/passwd",
    "/proc/self/mem", "/dev/zero", "~", "~zz/x@5", "C:\\Windows\\x", "\\\\host\\share", "file:///etc/passwd", "hub:owner/name@main",
    "hub:../x", "glove-twitter-25", "javascript:alert(1)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "$\\frac{", "$x$",
    ":red[a]", "![i](http://x)", "`", "%{x}", "%s%n", "{0.__class__}", "{{7*7}}", "'; DROP TABLE x;--", "=1+1", "@", "*", "**", "ran*",
    "a,b,,c", "," * 5000, "king - man + woman", "- - +", "+", *_SPECIAL,
)  # fmt: skip
"""What somebody may have put into an address or a field."""
_BROKEN = (
    "%",
    "%ZZ",
    "%ED%A0%BD",
    "%ED%A0%80%ED%B0%80",
    "%C0%AF",
    "%FF",
    "%F8%88",
    "%u0041",
    "+",
    "&",
    ";",
    "=",
    "&&&=",
    "#",
)
"""What no encoding of an address gives."""
_PANELS = {
    "heads": ["heads.panel=" + name for name in ("cards", "moved", "off", "rollout", "two")],
    "word": ["words.panel=" + name for name in ("similarity", "layers", "neighbours", "senses")],
    "next": ["next.panel=" + name for name in ("swap", "bits", "window", "lens", "parts", "top", "generate")],
    "unseen": ["unseen.panel=" + name for name in ("coverage", "held-out", "bits", "search")] + ["corpus=news"],
    "usages": ["usages.panel=" + name for name in ("lines", "counts", "map", "senses", "change")] + ["usages.source=path"],
    "relations": ["space.panel=" + name for name in ("near", "analogy", "matrix", "plane", "map", "scores", "train")],
    "steps": ["", "steps.real=1"],
    "idea": [""], "moving": [""], "side": [""], "models": [""],
}  # fmt: skip
"""Queries that open all of a page."""
_MODELS = ("", "", "model=smollm2-135m", "second=smollm2-135m")
_UPLOADS = (
    "workspace",
    "workspace",
    "sentences",
    "sentences",
    "usages",
    "usages",
    "table text",
    "space text",
    "vectors",
    "model",
)
_LONGEST = 600_000
"""Characters of a link; a server reads no more than 524,288."""
_GONE = 0.03
"""Of all files: they went with a former server."""


@dataclass(frozen=True)
class Input:
    """One input.

    Attributes:
        kind: One of :data:`SHARES`.
        number: Which of them.
        page: That it is for, and ``query`` of its address.
        text: For one of the fields, the first after ``at`` of the page's length.
        upload: Which of the page's uploads gets ``data`` under ``name``; not ``sent``, it is named and not there.
    """

    kind: str
    number: int
    page: str
    query: str
    text: str = ""
    at: float = 0.0
    upload: str = ""
    name: str = ""
    data: bytes = b""
    sent: bool = True


def input_of(kind: str, number: int, seed: int) -> Input:
    """The same for the same numbers."""
    rng = random.Random(f"{seed} {kind} {number}")
    if kind == "link":
        return Input(kind, number, rng.choice(list(PAGES)), _link(rng))
    if kind == "text":
        page = rng.choice(list(_PANELS))
        query = "&".join(part for part in (rng.choice(_PANELS[page]), rng.choice(_MODELS)) if part)
        return Input(kind, number, page, query, text(rng), rng.random())
    return _file(rng, number)


def _link(rng: random.Random) -> str:
    """A link of the dashboard, one to six of whose fields are others, or more, or broken."""
    if rng.random() < 0.2:
        return mutations.mutate_bytes(rng, mutants._QUERY.encode()).decode("latin-1")
    pairs = [(key, value) for key, values in links.query_of(example("ran")).items() for value in values]
    pairs = pairs if rng.random() < 0.7 else []
    for _ in range(rng.randint(1, 6)):
        key = rng.choice((*links.KEYS, *links.KEYS, "kept", "missing", "embed", "x"))
        value = _value(rng)
        if rng.random() < 0.2:
            pairs += [(key, value)] * min(rng.choice((2, 3, 30, 1200)), 1 + _LONGEST // (1 + len(value)))
        pairs = [pair for pair in pairs if pair[0] != key] if rng.random() < 0.5 else pairs
        pairs.insert(rng.randint(0, len(pairs)), (key, value))
    query = urlencode(pairs, quote_via=rng.choice((quote, quote_plus)))
    if rng.random() < 0.2:
        at = rng.randint(0, len(query))
        query = query[:at] + rng.choice(_BROKEN) + query[at:]
    return query[: rng.choice((_LONGEST, _LONGEST, _LONGEST, 500))]


def _value(rng: random.Random) -> str:
    """Something hostile, or what another field holds or could hold."""
    if rng.random() < 0.6:
        return rng.choice(_VALUES)
    if rng.random() < 0.5:
        return rng.choice(rng.choice(list(_PANELS.values()))).partition("=")[2]
    leaf = rng.choice([leaf for leaf in LEAVES.values() if leaf.name not in ("word", "sentences")])
    return rng.choice([*leaf.codec.texts(leaf.default), ""] if leaf.default is not None else ["0", "1"])


def text(rng: random.Random) -> str:
    """A text of some kind."""
    match rng.randrange(9):
        case 0:
            return mutants._spoil_text(rng, b"The dog ran.\n").decode("utf-8", "replace")
        case 1:
            return " ".join(rng.choices(_SPECIAL, k=rng.choice((1, 2, 10, 1000))))
        case 2:
            return "".join(rng.choices(" \t\n\r\u00a0\u2003\u3000\u200b\ufeff", k=rng.choice((1, 5, 1000, 100_000))))
        case 3:
            return rng.choice(("ran ", "x", "a, ", "The dog ran. ", "\u4eca\u5929", "\u0301", "(")) * rng.choice(
                (30_000, 250_000)
            )
        case 4:
            return "\n".join(f"Line {i} ran {rng.choice(_SPECIAL)}." for i in range(10_000))
        case 5:
            return "".join(rng.choices(mutants._PIECES, k=rng.choice((2, 5, 30))))
        case 6:
            words = "The old dog ran because it was afraid".split()
            words.insert(rng.randrange(len(words)), rng.choice(_VALUES))
            return " ".join(words)
        case 7:
            return "".join(
                chr(rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, 0x110000))))
                for _ in range(rng.choice((1, 20, 2000)))
            )
        case _:
            return rng.choice(_VALUES)


def _file(rng: random.Random, number: int) -> Input:
    upload = rng.choice(_UPLOADS)
    page, query = {
        "workspace": (rng.choice(list(PAGES)), ""), "sentences": (rng.choice(("idea", "word")), ""),
        "usages": ("usages", "usages.source=file"), "table text": ("unseen", ""), "space text": ("relations", "space.panel=train"),
    }.get(upload, ("models", ""))  # fmt: skip
    name, data = _SPOILT[upload](rng)
    if rng.random() < 0.2:
        name = rng.choice(_VALUES)[:300].replace("\x00", "") + rng.choice(("", ".", Path(name).suffix))
    return Input("file", number, page, query, upload=upload, name=name, data=data, sent=rng.random() > _GONE)


@cache
def _sound(kind: str) -> bytes:
    """A file of one of the kinds of the mutants."""
    with TemporaryDirectory() as place:
        return next(one for one in mutants.KINDS if one.name == kind).write(Path(place)).read_bytes()


def _plain(rng: random.Random) -> tuple[str, bytes]:
    if rng.random() < 0.5:
        return "mine.txt", mutants._spoil_text(rng, b"The dog ran.\nIt ran fast.\n")
    return "mine.txt", text(rng).encode("utf-8", "surrogatepass")[:19_000_000]


def _sentences(rng: random.Random) -> tuple[str, bytes]:
    if rng.random() < 0.3:
        return _plain(rng)
    return rng.choice(("mine.csv", "mine.tsv", "mine.txt")), mutants._spoil_lines(rng, _table(rng))


def _table(rng: random.Random) -> bytes:
    """A sound one: that of the mutants, one of many rows, or one whose cells are hostile."""
    match rng.randrange(3):
        case 0:
            return _sound("table")
        case 1:
            rows = [
                f'"The bank {i} ran, fast.",{rng.choice("ab")},{1900 + i % 100}' for i in range(rng.choice((30, 3000)))
            ]
            return "\r\n".join(["text,sense,year", *rows]).encode()
        case _:
            cells = [rng.choice(_VALUES).replace('"', '""') for _ in range(30)]
            return "\n".join(["text,sense,group", *(f'"The bank {c}","{c[:90]}","{c[:90]}"' for c in cells)]).encode(
                "utf-8", "replace"
            )


def _whole_text(rng: random.Random) -> tuple[str, bytes]:
    """For a search of usages: text, table, lines of JSON, Parquet; packed now and then."""
    import pandas as pd

    rows = pd.DataFrame(
        {"text": [f"The bank {i} closed {rng.choice(_SPECIAL)}." for i in range(40)], "year": range(40)}
    )
    match rng.randrange(5):
        case 0:
            name, data = "mine.jsonl", mutations.mutate_bytes(rng, rows.to_json(orient="records", lines=True).encode())
        case 1:
            sink = io.BytesIO()
            rows.to_parquet(sink)
            name, data = "mine.parquet", mutations.mutate_bytes(rng, sink.getvalue())
        case 2:
            name, data = _sentences(rng)
        case 3:
            name, data = _plain(rng)
        case _:
            lines = [
                mutations.mutate_json(rng, line.encode())
                for line in rows.to_json(orient="records", lines=True).split("\n")
                if line
            ]
            name, data = "mine.jsonl", b"\n".join(lines)
    if rng.random() < 0.15:
        packed = gzip.compress(data, 1)
        return f"{name}.gz", packed if rng.random() < 0.3 else mutations.mutate_bytes(rng, packed)
    if rng.random() < 0.01:
        return "mine.txt.gz", _bomb()
    return name, data


@cache
def _bomb() -> bytes:
    """Of a thousand times its own size."""
    return gzip.compress(bytes(600_000_000), 1)


def _workspace(rng: random.Random) -> tuple[str, bytes]:
    return "workspace.json", mutations.mutate_json(rng, _sound("workspace"))


def _vectors(rng: random.Random) -> tuple[str, bytes]:
    kind = rng.choice(("vectors as text", "vectors as bytes"))
    spoil = mutants._spoil_lines if kind.endswith("text") else mutations.mutate_bytes
    return rng.choice(("vectors.txt", "vectors.bin", "vectors.vec", "vectors.gz")), spoil(rng, _sound(kind))


def _gguf(rng: random.Random) -> tuple[str, bytes]:
    return "tiny.gguf", mutations.mutate_bytes(rng, _sound("gguf"))


_SPOILT: dict[str, Callable[[random.Random], tuple[str, bytes]]] = {
    "workspace": _workspace, "sentences": _sentences, "usages": _whole_text, "table text": _plain, "space text": _plain,
    "vectors": _vectors, "model": _gguf,
}  # fmt: skip
