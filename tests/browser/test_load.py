"""The short form of ``make load``: a few readers at once get the library's own answers, and an answer that is not would be seen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.load.answers import Answer, Library, plain
from benchmarks.load.reader import MIX, Reader
from benchmarks.load.tab import LostError
from ctxcore.engine import default_engine

pytestmark = pytest.mark.browser

_ACTS = ("edit", "export", "page")


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: the driver of the browser keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _read(readers: list[Reader]) -> None:
    await asyncio.gather(*(reader.open() for reader in readers))
    for act in _ACTS:
        await asyncio.gather(*(reader.act(act) for reader in readers))
    with pytest.raises(LostError, match="ends with 404"):
        await readers[0].fetch(f"{readers[0].tab.address}/media/{'0' * 56}.csv")
    await asyncio.gather(*(reader.tab.close() for reader in readers))


def test_five_readers_at_once_get_the_library_s_answers(url: str) -> None:
    readers = [Reader(url, number, MIX, (0, 0), pages=("word", "heads", "relations")) for number in range(5)]
    _run(_read(readers))
    done = [one for reader in readers for one in reader.done]
    assert [one.lost or one.failed for one in done if one.lost or one.failed] == []
    assert len(done) == len(readers) * (1 + len(_ACTS))
    library = Library(default_engine())
    answers = [one.answer for one in done if one.answer]
    assert [library.wrong(answer) for answer in answers] == [[]] * len(done)
    figures = {key for answer in answers for key, _ in answer.figures}
    assert {"static", "fan-layer", "similarity", "heads_0", "near"} <= figures
    _falsified(library, next(a for a in answers if a.page == "word" and dict(a.chosen).get("sentences")))


def _falsified(library: Library, right: Answer) -> None:
    """What is wrong is counted as wrong: another reader's sentences, a figure of before, one number, a figure that is not there."""
    sentences = (*dict(right.chosen)["sentences"], "The old dog ran.")
    assert "in the address" in library.wrong(replace(right, chosen=(("sentences", sentences),)))[0]
    spec = plain(json.loads(dict(right.figures)["fan-layer"]))
    spec["data"][0]["x"][0] += 0.5
    moved = tuple((key, json.dumps(spec) if key == "fan-layer" else drawn) for key, drawn in right.figures)
    assert "from the library's" in library.wrong(replace(right, figures=moved))[0]
    assert "no figure similarity" in library.wrong(replace(right, figures=right.figures[:-1]))[0]
    assert "Distinct vectors" in library.wrong(replace(right, metrics=()))[0]
