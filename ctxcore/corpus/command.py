"""``ctxcore usages``: every usage of some words in a whole text, with vectors, into a folder. Light to import."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ctxcore.errors import BadInputError
from ctxcore.progress import Progress

_EVERY, _EVERY_LINE = 0.2, 10.0
"""Seconds between two lines of progress on a console, and where each stays (a log)."""


def add_usages(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "corpus", nargs="+", metavar="CORPUS",
        help="text (one sentence a line), .csv, .jsonl or .parquet, each perhaps with .gz behind; several, a pattern or a folder",
    )  # fmt: skip
    parser.add_argument(
        "--word",
        action="append",
        required=True,
        metavar="WORD",
        help="a word, or its forms: run,ran,runs; may be given again",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder for what is found")
    parser.add_argument("--model", default="minilm-l6", help="the contextual model (minilm-l6)")
    parser.add_argument(
        "--layers",
        default="last",
        metavar="LAYERS",
        help="last, all, or numbers from 0 such as 0,6; -1 is the last (last)",
    )
    parser.add_argument("--text", metavar="COLUMN", help="the column of a table that holds the sentences")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column that is kept beside; may be given again",
    )
    parser.add_argument(
        "--controls",
        type=int,
        default=0,
        metavar="N",
        help="so many words of like frequency beside each word, found in the text: what a change is held against (0)",
    )
    parser.add_argument(
        "--numbers", default="float16", choices=("float16", "float32"), help="format of the vectors kept (float16)"
    )
    parser.add_argument(
        "--engine",
        default="here",
        choices=("here", "ray"),
        help="where vectors are computed: here, or by workers of Ray (here)",
    )
    parser.add_argument(
        "--address", metavar="HOST:PORT", help="a cluster of Ray; without it RAY_ADDRESS, or this machine alone"
    )
    parser.add_argument("--gpus", type=int, default=0, metavar="N", help="so many workers of Ray, with a GPU each")
    parser.add_argument("--workers", type=int, metavar="N", help="so many workers of Ray on CPUs (one for each CPU)")
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Search and extract; 130 where the reader stopped it."""
    from ctxcore.corpus.run import usages

    words: list[str | list[str]] = [forms if len(forms := _parts(one)) > 1 else one for one in asked.word]
    start = time.monotonic()
    if asked.controls:
        words += _controls(asked, words)
    try:
        found = usages(
            asked.corpus, words, out=asked.out, model=asked.model, layers=_layers(asked.layers),
            text=asked.text, columns=asked.column, format=asked.numbers,
            engine=asked.engine, address=asked.address, gpus=asked.gpus, workers=asked.workers, progress=_teller(),
        )  # fmt: skip
    except KeyboardInterrupt:
        print(
            f"\nStopped. What was finished is kept in {asked.out}: the same command goes on from there.",
            file=sys.stderr,
        )
        return 130
    for word, count in found.counts().itertuples(index=False):
        print(f"{word}: {count:,} usages")
    if found.left_out:
        print(f"{found.left_out:,} usages are left out: their sentences are longer than the model reads")
    print(f"{found.folder} ({time.monotonic() - start:.1f} s)")
    return 0


def _controls(asked: argparse.Namespace, words: list[str | list[str]]) -> list[str | list[str]]:
    """Words of like frequency for each word that is asked for."""
    from ctxcore.corpus.control_words import control_words

    forms = [(one,) if isinstance(one, str) else tuple(one) for one in words]
    found = [control_words(asked.corpus, of, asked.controls, text=asked.text, progress=_teller()) for of in forms]
    taken = {form.casefold() for of in forms for form in of}
    return [name for name in dict.fromkeys(name for names in found for name in names) if name not in taken]


def _parts(text: str) -> list[str]:
    return [form.strip() for form in text.split(",") if form.strip()]


def _layers(text: str) -> tuple[int, ...] | str:
    """Layers as :func:`ctxcore.usages` takes them."""
    if text in ("last", "all"):
        return text
    try:
        return tuple(int(number) for number in _parts(text))
    except ValueError:
        raise BadInputError("Layers are last, all, or whole numbers.", repr(text), "Write --layers 0,6.") from None


def _teller() -> Progress:
    """Says how far it is, a few times a second on a console, and now and then in a log."""
    console = sys.stderr.isatty()
    said = [-_EVERY_LINE]

    def say(share: float, what: str) -> None:
        now = time.monotonic()
        if share < 1 and now - said[0] < (_EVERY if console else _EVERY_LINE):
            return
        said[0] = now
        start, end = ("\r\033[K", "") if console else ("", "\n")
        print(f"{start}{share:4.0%} {what}", end=end, file=sys.stderr, flush=True)
        if console and share >= 1:
            print(file=sys.stderr)

    return say
