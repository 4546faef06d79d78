"""Spoilt files of every kind, each opened in a process of its own with limits: ``python -m tests.mutants [count] [kind ...]``.

Each must give the right value or one of our errors, within five seconds of processor time and 500 MB. One process has the
libraries open and is forked for each case, so that a case costs what it does and no start. The seed is printed; ``CTXCORE_SEED``
sets it.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import random
import re
import resource
import select
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a forked process has no threads but its own
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from tests import mutations

SECONDS = 5
"""Of processor time."""
MEMORY = 500 << 20
"""Bytes above what the process had when the case began."""
_PATIENCE = 120
"""Seconds until a case that takes no processor time is given up: it waits for something that never comes."""


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Attributes:
        name: What it is called.
        write: Puts a sound file, or a folder with it, into an empty folder; the path of the file that is spoilt.
        spoil: Makes other bytes of a file's bytes.
        opened: Opens what lies at the path; an AssertionError where it is not what stands in the file.
    """

    name: str
    write: Callable[[Path], Path]
    spoil: mutations.Mutator
    opened: Callable[[Path], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one case: ``right``, ``refused``, or else what was wrong; its processor time, and memory at its peak."""

    kind: str
    number: int
    said: str
    seconds: float
    bytes: int

    @property
    def place(self) -> tuple[str, int]:
        """Which case it was."""
        return self.kind, self.number

    @property
    def good(self) -> bool:
        """The right value, or one of our errors."""
        return self.said == "right" or self.said.startswith("refused")


def outcomes(count: int, names: tuple[str, ...] = (), seed: int | None = None) -> Iterator[Outcome]:
    """So many cases of each kind, one after the other."""
    seed = mutations.seed() if seed is None else seed
    for kind in KINDS:
        if names and kind.name not in names:
            continue
        with tempfile.TemporaryDirectory() as place:
            os.environ["CTXCORE_CACHE"] = f"{place}/cache"
            target = kind.write(Path(place))
            sound = target.read_bytes()
            said = _limited(partial(kind.opened, target))[0]
            assert said == "right", f"{kind.name}, unspoilt: {said}"
            for number in range(count):
                target.write_bytes(kind.spoil(random.Random(f"{seed} {kind.name} {number}"), sound))
                yield Outcome(kind.name, number, *_limited(partial(kind.opened, target)))
                shutil.rmtree(f"{place}/cache", ignore_errors=True)


def _limited(case: Callable[[], None]) -> tuple[str, float, int]:
    """Run a case in a process of its own; how it ended, its seconds of processor time, and bytes above those of this process."""
    reader, writer = os.pipe()
    own = psutil.Process().memory_info().rss
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            said = _run(case)
        except BaseException as error:  # whatever it is, the parent is told and nothing of this process goes on
            said = f"raw {type(error).__name__}: {error}"
        os.write(writer, said.encode("utf-8", "replace")[:4000])
        os._exit(0)
    os.close(writer)
    there = select.select([reader], [], [], _PATIENCE)[0]
    said = os.read(reader, 5000).decode() if there else ""
    os.close(reader)
    if not there:
        os.kill(child, 9)
    _, status, used = os.wait4(child, 0)
    if not there:
        said = f"did not end in {_PATIENCE} s"
    elif not said:
        said = f"ended by signal {os.WTERMSIG(status)}" + (" (too slow)" if os.WTERMSIG(status) in (9, 24) else "")
    return said, used.ru_utime + used.ru_stime, max(0, used.ru_maxrss * 1024 - own)


def _run(case: Callable[[], None]) -> str:
    from ctxcore import CtxError

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else None
    if pages is not None:
        room = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    try:
        case()
    except CtxError as error:
        return f"refused: {error}"
    except AssertionError as error:
        return f"wrong: {error}"
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        ours = [
            f"{Path(f.filename).name}:{f.lineno}"
            for f in traceback.extract_tb(error.__traceback__)
            if "ctxcore" in f.filename
        ]
        return f"raw {type(error).__name__}: {str(error)[:200]} at {Path(place.filename).name}:{place.lineno} via {' '.join(ours[-4:])}"
    return "right"


# Vectors.

_WORDS = [
    "the",
    "dog",
    "ran",
    "New York",
    "caf\u00e9",
    "windows 95",
    "\u98df\u3079\u308b",
    ". . .",
    "it's",
    "a",
    "b",
    "20",
]


def _vectors(form: str, folder: Path) -> Path:
    import numpy as np
    from gensim.models import KeyedVectors

    words = [w.replace(" ", "_") for w in _WORDS] if form == "binary" else _WORDS
    numbers = np.random.default_rng(1).normal(size=(len(words), 6)).round(4).astype(np.float32)
    target = folder / "vectors.txt"
    if form == "binary":
        keyed = KeyedVectors(6)
        keyed.add_vectors(words, numbers)
        keyed.save_word2vec_format(str(target), binary=True)
        return target
    rows = [f"{word} {' '.join(f'{x:.4f}' for x in row)}" for word, row in zip(words, numbers, strict=True)]
    target.write_text("\n".join([f"{len(words)} 6", *rows]) + "\n", encoding="utf-8")
    return target


_HEADERS = (b"999999999 6", b"12 9999", b"0 0", b"12 6 6", b"-1 6", b"12", b"1000000000000 300", b"6 12", b"11 6", b"")
_TAILS = (b" 1.5", b" nan", b" inf", b" 1e999", b" x", b"\r", b" ", b"\x00", b" 0x10", b" 1_0")


def _spoil_lines(rng: random.Random, data: bytes) -> bytes:
    """Lines and fields of a text file changed, moved, doubled or parted otherwise; now and then its bytes."""
    if rng.random() < 0.4:
        return mutations.mutate_bytes(rng, data)
    lines = data.split(b"\n")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        match rng.randrange(8):
            case 0:
                lines.pop(at)
                lines = lines or [b""]
            case 1:
                lines.insert(at, rng.choice(lines))
            case 2:
                lines[at] = lines[at].replace(b" ", rng.choice((b"\t", b"  ", b",", b"\xc2\xa0", b"")))
            case 3:
                lines[at] += rng.choice(_TAILS)
            case 4:
                lines[at] = lines[at].decode("utf-8", "replace").encode("latin-1", "replace")
            case 5:
                lines[0] = rng.choice(_HEADERS)
            case 6:
                lines[at] = lines[at][::-1]
            case _:
                lines[at] = lines[at] * rng.choice((2, 1000))
    return b"\n".join(lines)


def _open_text(path: Path) -> None:
    """Every word stands at the beginning of a line, with its own numbers behind it."""
    import numpy as np

    import ctxcore

    space = ctxcore.load_static(str(path))
    keyed = space.keyed_vectors
    text = path.read_bytes().decode("utf-8-sig", "replace")
    lines = [line.replace("\t", " ").split() for line in re.split(r"\r\n|\r|\n", text)]
    for word, vector in zip(keyed.index_to_key, np.asarray(keyed.vectors), strict=True):
        rows = [
            line
            for line in lines
            if len(line) > len(vector) and " ".join(line[: -len(vector)]) == " ".join(word.split())
        ]
        assert rows, f"{word!r} stands nowhere"
        assert any(_equal(row[-len(vector) :], vector) for row in rows), f"{word!r} has other numbers"


def _equal(texts: list[str], vector: object) -> bool:
    import numpy as np

    try:
        return bool(np.array_equal(np.array([float(t) for t in texts], np.float32), np.asarray(vector)))
    except ValueError:
        return False


def _open_binary(path: Path) -> None:
    """Every word stands in the file with the bytes of its numbers behind it."""
    import numpy as np

    import ctxcore

    keyed, data = ctxcore.load_static(str(path)).keyed_vectors, path.read_bytes()
    if not data[: data.find(b"\n")].replace(b" ", b"").isdigit() or re.fullmatch(rb"[\x00-\x7f]*", data):
        _open_text(path)  # it became a text
        return
    for word, vector in zip(keyed.index_to_key, np.asarray(keyed.vectors), strict=True):
        assert word.encode() + b" " + np.asarray(vector, "<f4").tobytes() in data, f"{word!r} has other numbers"


# Models.


def _folder(spoilt: str, folder: Path) -> Path:
    from tests import tiny_models

    tiny_models.save(folder, "bert")
    return folder / spoilt


def _open_folder(path: Path) -> None:
    """Every weight is the file's, every token the file's own, and what comes out is finite."""
    import numpy as np
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    import ctxcore

    model = ctxcore.load_model(str(path.parent))
    stored = load_file(path.parent / "model.safetensors")
    for name, weight in model.network.base_model.state_dict().items():
        if weight.is_floating_point():
            theirs = next((stored[n] for n in (name, f"bert.{name}") if n in stored), None)
            assert theirs is not None or "pooler" in name or not name.endswith(("weight", "bias")), (
                f"{name} is not the file's"
            )
            assert theirs is None or np.array_equal(theirs.astype(np.float32), weight.numpy()), (
                f"{name} has other values"
            )
    text = "the dog ran"
    own = Tokenizer.from_file(str(path.parent / "tokenizer.json"))
    own.no_truncation()
    own.no_padding()
    assert [t.id for t in model.tokens([text])[0] if not t.special] == own.encode(text, add_special_tokens=False).ids
    assert np.isfinite(model.encode([text])[0].hidden).all()


def _gguf(folder: Path) -> Path:
    from tests import tiny_gguf

    return tiny_gguf.write(folder / "tiny.gguf")


def _open_gguf(path: Path) -> None:
    """Every tensor of the file is a weight of the network, number for number."""
    import numpy as np
    from gguf import GGUFReader, dequantize

    import ctxcore

    def total(weights: object) -> float:
        return round(float(np.abs(np.asarray(weights, np.float64)).sum()), 3)

    model = ctxcore.load_model(str(path))
    numbers = sorted(total(weight.detach().numpy()) for weight in model.network.parameters())
    theirs = sorted(total(dequantize(t.data, t.tensor_type)) for t in GGUFReader(path).tensors)
    assert np.allclose(numbers, theirs, rtol=1e-5), "other weights than the file's"
    assert np.isfinite(model.encode(["the dog ran"])[0].hidden).all()


# Tables, workspaces and links.


def _table(folder: Path) -> Path:
    target = folder / "table.csv"
    target.write_text(
        'text,sense,year\r\n"He ran, fast.",moved,1990\r\nShe said ""no"" and ran.,moved,1991\r\n"It ran\r\nwell",executed,2001\r\n',
        encoding="utf-8",
    )
    return target


def _open_table(path: Path) -> None:
    """Every cell stands in the file, as many in each row."""
    from ctxcore import reading

    data = path.read_bytes()
    table = reading.read_table(data, path.name)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = re.sub(r"\r\n?", "\n", data.decode(encoding))
    for cell in table.to_numpy().ravel():
        plain = re.sub(r"\r\n?", "\n", str(cell))
        assert plain in text or plain.replace('"', '""') in text, f"{plain!r} stands nowhere"
    cells = sum(len(row) for row in csv.reader(io.StringIO(text)))
    assert table.size <= 10 * cells + 10


def _workspace(folder: Path) -> Path:
    from ctxcore.workspace import Workspace, to_json

    target = folder / "workspace.json"
    sentences = ("The dog ran.", "It ran \u201cfast\u201d.")
    target.write_bytes(
        to_json(Workspace("ran", sentences, ((("The dog ran.", 0), "moved"),), head=(6, 11), at=1, focus="He ran."))
    )
    return target


def _open_workspace(path: Path) -> None:
    """What is read is written and read again as the same; and its mentions are there."""
    from ctxcore import workspace

    found = workspace.from_json(path.read_bytes(), path.name)
    assert workspace.from_json(workspace.to_json(found)) == found
    if re.search(r"\w", found.word):
        workspace.marks(found)


_QUERY = (
    "word=ran&s=The+dog+ran.&s=It+ran+%E2%80%9Cfast%E2%80%9D.&sense=moved&sense=&out=1&sub=walked&model=minilm-l6&focus=He+ran."
    "&at=1&head=6.11&prompt=She&prompt=He&cand=a&cand=b&corpus=news&train=One.&n=4&test=The+cat&near=king&rel=a&rel=b&axis=x"
    "&axis=y&ana=a&ana=b&ana=c&second=smollm2-135m&grp=1990&grp=1991"
)


def _link(folder: Path) -> Path:
    target = folder / "link.txt"
    target.write_text(_QUERY, encoding="ascii")
    return target


def _spoil_link(rng: random.Random, data: bytes) -> bytes:
    """Fields of a link changed, doubled, moved or made long; now and then its bytes."""
    if rng.random() < 0.3:
        return mutations.mutate_bytes(rng, data)
    parts = data.split(b"&")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(parts))
        key = parts[at].partition(b"=")[0]
        match rng.randrange(5):
            case 0:
                parts.append(parts[at])
            case 1:
                parts[at] = key + b"=" + rng.choice(_TYPED)
            case 2:
                parts[at] = rng.choice(parts).partition(b"=")[0] + b"=" + parts[at].partition(b"=")[2]
            case 3:
                parts[at] = key + b"=" + parts[at].partition(b"=")[2] * rng.choice((3, 1000, 30_000))
            case _:
                rng.shuffle(parts)
    return b"&".join(parts)


_TYPED = (
    b"", b".", b"-1", b"99999999999999999999", b"%00", b"%ED%A0%80", b"~zz/x@5", b"/proc/stat", b"%E2%80%AE", b"1.1.1", b"nan",
    b"%F0%9F%87%A9" * 20_000, b"hub:../x", b"%C2%A0", b"\xff", b"6.99999999999",
)  # fmt: skip
"""What somebody may have put into an address."""


_LONGEST_LINK = 600_000
"""The server reads no address longer than 524,288 characters."""


def _open_link(path: Path) -> None:
    """What is read can be drawn, is written as a file and read again as the same, and nothing of it is longer than its field."""
    from urllib.parse import parse_qs

    from ctxcore import workspace
    from ctxcore.text import most_characters
    from dashboard.links import Link

    with path.open("rb") as file:  # a spoilt one may be of hundreds of megabytes
        link = file.read(_LONGEST_LINK)
    query = parse_qs(
        link.decode("utf-8", "replace"),
        keep_blank_values=True,
        encoding="utf-8",
        errors="replace",
    )
    found = Link(query).workspace(workspace.Workspace("ran", ("He ran.",)))
    assert workspace.from_json(workspace.to_json(found)) == found
    assert all(len(sentence) <= most_characters() for sentence in found.sentences)
    workspace.marks(found)


_PIECES = (
    "ran ", "a", "The dog ran. ", ".", "U.S. ", "?\u201d ", "won't've'", "He ran.Then ", "\U0001f1e9\U0001f1ea", "\U0001f1e9\u0301",
    "\u0301", "\u0301\u0316", "\u1100", "\U0001f468\u200d", "\u200d", "\u200b", "\u202e", "\u2068ran\u2069", "\u2764\ufe0f",
    "\U0001f3f4\U000e0067", "\u00a0", "\t", " ", "\r\n", "\u2028", "a\u00ad", "\u4eca\u5929\u3002", "\u0e2a\u0e27", "\u0130",
    "\u0d4e\u0d15", "\u0600", "\U0001f600", "\\ud800", "<b>", "$x$", ":red[a]", "%{x}", "=1+1", "\x07", "\ufeff", "\ufffd",
    "x" * 300, "\n" * 50, '"', ",", ";",
)  # fmt: skip
"""What hostile texts are made of."""


def _text(folder: Path) -> Path:
    target = folder / "text.txt"
    target.write_text("The dog ran.\nIt ran \u201cfast\u201d.\n", encoding="utf-8")
    return target


def _spoil_text(rng: random.Random, data: bytes) -> bytes:
    """Pieces in rows of up to a hundred thousand, some of them together; now and then bytes that changed on the way."""
    texts = [rng.choice(_PIECES) * rng.choice((1, 3, 30, 1000, 30_000, 100_000)) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.3:
        texts.append("".join(rng.choices(_PIECES, k=rng.choice((10, 1000, 20_000)))))
    spoilt = rng.choice(("", "\n", " ")).join(texts)[:3_000_000].encode()
    return mutations.mutate_bytes(rng, spoilt + data) if rng.random() < 0.2 else spoilt


def _open_sentences(path: Path) -> None:
    """What is read of it has its words, is found again, and comes back from a link and a file as it was."""
    from ctxcore import text, workspace
    from ctxcore.reading import read_lines, read_text
    from dashboard.links import Link, query_of

    data = path.read_bytes()
    for read in (read_lines, read_text):
        sentences, _ = workspace.sentences_in(read(data, path.name))
        assert all(text.clean(s) == s and len(s) <= text.most_characters() for s in sentences)
    found = workspace.Workspace("ran", sentences)
    assert workspace.from_json(workspace.to_json(found)) == found
    if sentences:
        assert Link(query_of(found)).workspace(found).sentences == sentences
    for mark in workspace.marks(found):
        span = mark.mention.start, mark.mention.end
        assert text.folded(mark.place[0][slice(*span)]) == "ran"
        text.cue(mark.place[0], span)
        text.snippet(mark.place[0], span)
    for sentence in sentences[:20]:
        for word in text.words_of(sentence)[:3]:
            if len(word.text) <= 300:
                assert (word.start, word.end) in [(m.start, m.end) for m in text.find(word.text, [sentence])]


KINDS = (
    Kind("vectors as text", partial(_vectors, "text"), _spoil_lines, _open_text),
    Kind("vectors as bytes", partial(_vectors, "binary"), mutations.mutate_bytes, _open_binary),
    Kind("table", _table, _spoil_lines, _open_table),
    Kind("workspace", _workspace, mutations.mutate_json, _open_workspace),
    Kind("text", _text, _spoil_text, _open_sentences),
    Kind("link", _link, _spoil_link, _open_link),
    Kind("config", partial(_folder, "config.json"), mutations.mutate_json, _open_folder),
    Kind("tokenizer", partial(_folder, "tokenizer.json"), mutations.mutate_json, _open_folder),
    Kind("safetensors", partial(_folder, "model.safetensors"), mutations.mutate_safetensors, _open_folder),
    Kind("gguf", _gguf, mutations.mutate_bytes, _open_gguf),
)


def warm() -> None:
    """Open what every case would open, once: the libraries, and a model."""
    import pandas as pd

    import ctxcore
    from dashboard import links

    assert links.KEYS
    assert pd.DataFrame().empty
    with tempfile.TemporaryDirectory() as place:
        ctxcore.load_model(str(_folder("config.json", Path(place)).parent))


def main(count: int, names: tuple[str, ...]) -> int:
    """Print what went wrong, then how many ended how; 1 where anything did."""
    print(f"seed {mutations.seed()} (CTXCORE_SEED sets it), {count} of each kind")
    warm()
    ends: dict[str, dict[str, int]] = {}
    slowest, largest = (0.0, "", 0), (0, "", 0)
    for found in outcomes(count, names):
        end = found.said.partition(":")[0] if found.good else "failed"
        ends.setdefault(found.kind, {}).setdefault(end, 0)
        ends[found.kind][end] += 1
        if not found.good:
            print(f"{found.kind} {found.number}: {found.said}", flush=True)
        slowest, largest = max(slowest, (found.seconds, *found.place)), max(largest, (found.bytes, *found.place))
    print(json.dumps(ends, indent=1))
    print(
        f"at most {slowest[0]:.1f} s ({slowest[1]} {slowest[2]}) and {largest[0] >> 20} MB ({largest[1]} {largest[2]})"
    )
    return int(any("failed" in counts for counts in ends.values()))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, tuple(sys.argv[2:])))
