"""From a corpus to a finished store: search, then vectors part by part, on this machine. A run that was stopped goes on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from ctxcore.corpus import cluster
from ctxcore.corpus.asking import Usages
from ctxcore.corpus.extract import KINDS, Extractor, Format
from ctxcore.corpus.read import Corpus, Where, read_corpus
from ctxcore.corpus.search import Forms, candidates_of, found_schema, pattern_of, search, words_asked
from ctxcore.corpus.store import Store
from ctxcore.errors import BadInputError, NoMentionError
from ctxcore.models import catalogue, folders
from ctxcore.models.names import local_path
from ctxcore.progress import Progress, part, silent
from ctxcore.text import near_misses

A_PART = 4096
"""Usages of a part: what a run that is killed does again, at the most."""
_SEARCH = 0.05
"""Share of the progress that the search takes."""
_LOOKED_AT = 1000
"""Sentences without the word that are asked for what comes near to it."""


def usages(
    corpus: Corpus | Where,
    words: str | Iterable[str | Sequence[str]],
    *,
    out: str | Path,
    model: str = "minilm-l6",
    layers: int | Sequence[int] | str = "last",
    text: str | None = None,
    columns: Sequence[str] = (),
    format: Format = "float16",
    engine: str = "here",
    address: str | None = None,
    gpus: int = 0,
    workers: int | None = None,
    progress: Progress = silent,
) -> Usages:
    """Every usage of some words in many sentences, with its contextual vectors, kept in a folder.

    The text is searched first, and only sentences in which a word stands go through the model. The same call goes on where an earlier
    one was stopped or killed; once all is there, it answers at once.

    Args:
        corpus: Files as :func:`ctxcore.read_corpus` takes them, or what it gives.
        words: Words, each alone or with its inflections: ``["bank", ("run", "ran", "runs")]``.
        out: A folder for stores; each question has one of its own in it.
        model: A name that :func:`ctxcore.load_model` knows.
        layers: Layers that are kept: ``last``, ``all``, or numbers from 0, of which negative ones count from the end.
        text: The column of a table that holds the sentences.
        columns: The reader's own columns that stay beside each sentence.
        format: Of the numbers that are kept.
        engine: ``here``, or ``ray`` for workers on a cluster (``pip install ctxcore[ray]``), where ctxcore and the model must be installed.
            Files are read, searched and written here all the same, and the store is the same.
        address: The cluster, ``HOST:PORT`` or ``ray://HOST:PORT``; None is ``RAY_ADDRESS``, or workers on this machine alone.
        gpus: Workers that have a GPU each; 0 for workers on CPUs.
        workers: How many on CPUs; None is one for each CPU.
        progress: Called with the share done, the rate and the time that is left. What it raises stops the work.

    Raises:
        NoMentionError: None of the words stands in the corpus.
        FileFormatError: A file cannot be read.
        ExportError: The folder cannot be written, or is full. What was finished is kept.
        ClusterError: Ray is not installed, the cluster does not answer, or workers die again and again. What was finished is kept.
        CtxError: Anything else that :func:`ctxcore.read_corpus` or :func:`ctxcore.load_model` says.
    """
    if format not in KINDS:
        raise BadInputError("Vectors are kept in one of two formats.", repr(format), "Choose float16 or float32.")
    workplace = _workplace(engine, address, gpus, workers)
    read = corpus if isinstance(corpus, Corpus) else read_corpus(corpus, text, columns)
    asked = words_asked(words)
    extractor = Extractor(model, _layers(layers), format)
    store = Store.of(local_path(out), question(read, asked, extractor, local_path(out)))
    if not store.done:
        with store.locked():
            if store.read("done.json"):  # a part was lost since: the others are found again, and stay
                store.reopen()
            _search(read, asked, store, part(progress, 0, _SEARCH))
            _extract(extractor, store, workplace, part(progress, _SEARCH, 1))
    return Usages(store.folder)


def _workplace(engine: str, address: str | None, gpus: int, workers: int | None) -> cluster.Cluster | None:
    """Where the extraction runs; None is here."""
    if engine == "ray":
        return cluster.Cluster(address, gpus, workers)
    if engine != "here":
        raise BadInputError("The extraction runs here or on workers of Ray.", repr(engine), "Choose here or ray.")
    if address is not None or gpus or workers is not None:
        raise BadInputError(
            "An address, GPUs and workers are those of a cluster.",
            "the engine here",
            'Write engine="ray" (--engine ray).',
        )
    return None


def _layers(layers: int | Sequence[int] | str) -> tuple[int, ...] | str:
    if isinstance(layers, str):
        if layers not in ("last", "all"):
            raise BadInputError("Layers are last, all, or whole numbers.", repr(layers), "Write layers=(0, 6).")
        return layers
    return (layers,) if isinstance(layers, int) else tuple(layers)


def question(corpus: Corpus, words: Sequence[Forms], extractor: Extractor, out: Path) -> dict[str, Any]:
    """All that the rows of a store depend on. Digests of the files are remembered in the folder, for the next time."""
    files = Store(out)
    known = files.read("files.json") or {}
    before = dict(known)
    content = corpus.fingerprint(known)
    if known != before:
        out.mkdir(parents=True, exist_ok=True)
        files.write("files.json", known)
    name = extractor.model
    revision = catalogue.revision(name) if name in catalogue.CATALOGUE else folders.fingerprint(name)
    return {
        "content": content,
        "columns": list(corpus.columns),
        "words": [list(forms) for forms in words],
        "model": name,
        "revision": revision,
        "layers": extractor.layers if isinstance(extractor.layers, str) else list(extractor.layers),
        "numbers": extractor.format,
        "part": A_PART,
    }


def _search(corpus: Corpus, words: Sequence[Forms], store: Store, progress: Progress) -> None:
    """Keeps the usages that are found, in parts of :data:`A_PART`; the search is whole or begins anew."""
    if store.read("search.json"):
        return
    counts = {forms[0]: 0 for forms in words}
    parts = 0
    for number, table in enumerate(_parts(search(corpus, words, progress), found_schema(corpus.schema))):
        for word in table["word"].to_pylist():
            counts[word] += 1
        store.put("found", number, table)
        parts = number + 1
    if not parts:
        raise _no_usage(corpus, words)
    store.write("search.json", {"parts": parts, "counts": counts})


def _parts(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of :data:`A_PART` usages, the last with fewer, each usage with its number."""
    waiting = pa.Table.from_batches([], schema=schema)
    number = 0
    for batch in batches:
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
        while len(waiting) >= A_PART:
            yield _numbered(waiting.slice(0, A_PART), number)
            waiting, number = waiting.slice(A_PART), number + A_PART
    if len(waiting):
        yield _numbered(waiting, number)


def _numbered(table: pa.Table, first: int) -> pa.Table:
    numbers = pa.array(range(first, first + len(table)), pa.int64())
    return cast(pa.Table, table.add_column(0, "usage", numbers))


def _extract(extractor: Extractor, store: Store, workplace: cluster.Cluster | None, progress: Progress) -> None:
    """Vectors of every part that has none yet."""
    found = store.read("search.json")
    total, parts = sum(found["counts"].values()), int(found["parts"])
    rows = {number: min(A_PART, total - number * A_PART) for number in range(parts)}
    missing = [number for number in rows if not store.has("part", number)]
    pace = Pace(total, total - sum(rows[number] for number in missing))
    for number, with_vectors in _with_vectors(extractor, store, missing, workplace, progress, pace) if missing else ():
        store.put("part", number, pa.Table.from_batches([with_vectors]))
        pace.add(rows[number])
        progress(*pace.at(0))
    kept = sum(store.rows(number) for number in rows)
    left_out = total - kept
    store.seal({**found, "layers": store.layers(), "left_out": left_out}, parts)
    progress(1, f"{kept:,} usages kept" + (f", {left_out:,} left out: too long for the model" if left_out else ""))


def _with_vectors(
    extractor: Extractor,
    store: Store,
    missing: Sequence[int],
    workplace: cluster.Cluster | None,
    progress: Progress,
    pace: Pace,
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Parts as they are done: here one after the other, on workers as they come back."""

    def found(number: int) -> pa.RecordBatch:
        (batch,) = store.get("found", number).combine_chunks().to_batches()
        return batch

    if workplace is not None:
        progress(0, "Starting workers")
        yield from cluster.extracted(extractor, found, missing, workplace)
        return
    progress(0, f"Loading {extractor.model}")
    extractor.opened  # noqa: B018  # what it says comes before anything else is said
    for number in missing:
        batch = found(number)
        yield number, extractor(batch, _told(progress, pace, len(batch)))


def _told(progress: Progress, pace: Pace, rows: int) -> Progress:
    return lambda share, _: progress(*pace.at(share * rows))


class Pace:
    """How far work is, how fast, and how long it will still take."""

    def __init__(self, total: int, done: int) -> None:
        self._total, self._first, self._done, self._start = total, done, float(done), time.monotonic()

    def at(self, more: float) -> tuple[float, str]:
        """The share done and a line for it, with so many more than were added."""
        done = self._done + more
        rate = (done - self._first) / max(1e-9, time.monotonic() - self._start)
        left = f", {readable_time((self._total - done) / rate)} left" if rate else ""
        return done / self._total, f"{done:,.0f} of {self._total:,} usages, {rate:,.0f} a second{left}"

    def add(self, count: int) -> None:
        """So many are done."""
        self._done += count


def readable_time(seconds: float) -> str:
    """A time as a reader says it: 40 s, 5 min, 2 h 10 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _no_usage(corpus: Corpus, words: Sequence[Forms]) -> NoMentionError:
    """The error that says what comes near to the words, of which none was found."""
    count, pattern = 0, pattern_of(words)
    near: list[str] = []
    for batch in corpus.batches():
        count += len(batch)
        if len(near) < _LOOKED_AT:
            near += candidates_of(batch, pattern)["sentence"].to_pylist()[: _LOOKED_AT - len(near)]
    asked = [form for forms in words for form in forms]
    found = [miss for form in asked for miss in near_misses(form, near)]
    return NoMentionError("\u201d, \u201c".join(asked), count, list(dict.fromkeys(found))[:3])
