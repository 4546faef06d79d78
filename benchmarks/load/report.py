"""What came of it: figures, the limits that they are held to, and the table."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.load.answers import workspace_of
from benchmarks.load.reader import Done

if TYPE_CHECKING:
    from benchmarks.load.__main__ import Taken

_LIGHT = ("edit", "page", "model", "layer", "export")
_EDIT = ("edit", "model", "layer")


@dataclass(frozen=True)
class Result:
    """Times in seconds, memory in millions of bytes.

    Attributes:
        readers: How many read.
        answers: Answers that were looked at: what the page showed against the library.
        wrong: Those that differ, one line each.
        failed: Errors that a page showed.
        lost: What got no answer, broken downloads and connections.
        revived: How often a line of progress stood still until the browser had the page drawn anew.
        edit: Median, 95th and 99th percentile of an edit, a change of model or of layer.
        by_kind: The same three of everything that was done, by its kind, and how often.
        first_figure: Median and slowest of the first figure of a visit.
        processor: Seconds of the server's processor time for each thing done.
        client: Seconds of our own processor time in all: what readers in other houses would not take from the server.
        slowest: Ten that took longest, beside what was pressed as heavy: seconds, what, on which page, with which model.
        memory: At the beginning, in the middle, at the end, and the most.
        until_idle: Until the server did nothing once all had left.
        missed: Limits that were missed.
    """

    readers: int
    minutes: float
    answers: int
    wrong: list[str]
    failed: list[str]
    lost: list[str]
    revived: int
    edit: list[float]
    by_kind: dict[str, list[float]]
    first_figure: list[float]
    processor: float | None
    client: float
    slowest: list[str]
    memory: list[float] | None
    until_idle: float | None
    missed: list[str]

    @classmethod
    def of(
        cls, options: argparse.Namespace, done: Sequence[Done], wrong: list[str], first: Sequence[float], revived: int,
        taken: Taken, began: float, until_idle: float | None, client: float,
    ) -> Result:  # fmt: skip
        """Of everything that was done."""
        answered = [one for one in done if not one.lost]
        edit = _percentiles([one.seconds for one in answered if one.what in _EDIT and one.at >= began])
        kinds = dict.fromkeys(one.what for one in done)
        memory = _memory(taken, began)
        failed = [f"{one.what}: {one.failed}" for one in done if one.failed and one.what != "heavy"]
        lost = [one.lost for one in done if one.lost]
        figures: dict[str, Any] = {
            "readers": options.readers,
            "minutes": options.minutes,
            "answers": sum(one.answer is not None for one in done),
            "wrong": wrong,
            "failed": failed,
            "lost": lost,
            "revived": revived,
            "edit": edit,
            "by_kind": {
                kind: [
                    *_percentiles([one.seconds for one in answered if one.what == kind]),
                    sum(one.what == kind for one in done),
                ]
                for kind in kinds
            },
            "first_figure": [float(np.median(first)), max(first)] if first else [],
            "processor": _processor(taken, began, sum(one.at >= began for one in done)),
            "client": client,
            "slowest": [_said(one) for one in sorted(answered, key=_seconds, reverse=True) if one.what != "heavy"][:10],
            "memory": memory,
            "until_idle": until_idle,
        }
        return cls(**figures, missed=_missed(options, figures))


def _seconds(one: Done) -> float:
    return one.seconds


def _said(one: Done) -> str:
    model = workspace_of(one.answer.query).model if one.answer else ""
    return f"{one.seconds:.2f} s: {one.what} on {one.answer.page if one.answer else '?'}, {model}"


def _percentiles(seconds: Sequence[float]) -> list[float]:
    return [float(np.percentile(seconds, share)) for share in (50, 95, 99)] if seconds else []


def _processor(taken: Taken, began: float, count: int) -> float | None:
    used = [seconds for moment, seconds in zip(taken.moments, taken.seconds, strict=True) if moment >= began]
    return (used[-1] - used[0]) / count if len(used) > 1 and count else None


def _memory(taken: Taken, began: float) -> list[float] | None:
    """A tenth of the time is looked at for each, so that one moment decides nothing."""
    used = [size / 1e6 for moment, size in zip(taken.moments, taken.bytes, strict=True) if moment >= began]
    tenth = len(used) // 10 + 1
    middle = len(used) // 2
    if len(used) < 2:
        return None
    means = [float(np.mean(part)) for part in (used[:tenth], used[middle : middle + tenth], used[-tenth:])]
    return [*means, max(size / 1e6 for size in taken.bytes)]


def _missed(options: argparse.Namespace, of: dict[str, Any]) -> list[str]:
    """What the readers of a class may expect."""
    limits = [(f"{name}: {len(of[name])}", len(of[name]), 0.0) for name in ("wrong", "failed", "lost")]
    p95 = of["edit"][1] if of["edit"] else 0.0
    most = 1.5 if options.heavy else 1.0 if options.readers <= 20 else 2.5
    limits.append((f"95 % of edits take {p95:.2f} s, {most} are asked", p95, most))
    if not options.heavy and options.readers <= 20 and not options.cold:
        slowest = of["first_figure"][1] if of["first_figure"] else 0.0
        limits.append((f"a first figure takes {slowest:.1f} s, 6 are asked", slowest, 6.0))
    if of["memory"] is not None:
        _, middle, end, most_used = of["memory"]
        if options.heavy:
            limits.append((f"{most_used:,.0f} MB are used, 3,000 are asked", most_used, 3000))
        elif options.minutes >= 3:
            grown = end / middle - 1
            limits.append((f"memory grows by {100 * grown:.1f} % in the second half, 5 are asked", grown, 0.05))
    if options.heavy and of["until_idle"] is not None:
        limits.append((f"idle {of['until_idle']:.0f} s after the last has left, 5 are asked", of["until_idle"], 5.0))
    return [said for said, value, most in limits if value > most]


def table(of: Result) -> str:
    """All figures, a line each."""
    lines = [f"{of.readers} readers, {of.minutes:g} minutes"]
    lines.append(f"{'answers':<28}{of.answers:>8}")
    for name, found in (("wrong", of.wrong), ("failed", of.failed), ("lost", of.lost)):
        lines.append(f"{name:<28}{len(found):>8}")
        lines += [f"    {count} x {said}" for said, count in Counter(found).most_common(8)]
    lines.append(f"{'drawn anew':<28}{of.revived:>8}")
    lines.append(f"{'seconds':<28}{'50 %':>8}{'95 %':>8}{'99 %':>8}{'number':>8}")
    rows = {"an edit, model or layer": [*of.edit, float("nan")], **of.by_kind}
    for kind, (*seconds, count) in rows.items():
        shown = "".join(f"{value:>8.2f}" for value in seconds) or f"{'-':>24}"
        lines.append(f"{kind:<28}{shown}" + (f"{count:>8.0f}" if count == count else ""))
    lines += [f"    {said}" for said in of.slowest]
    if of.first_figure:
        lines.append(f"first figure: {of.first_figure[0]:.1f} s, slowest {of.first_figure[1]:.1f} s")
    if of.processor is not None:
        lines.append(
            f"processor time of the server: {of.processor:.3f} s for each thing done; of the readers: {of.client:.0f} s"
        )
    if of.memory is not None:
        lines.append(
            "memory: {:,.0f} MB, in the middle {:,.0f}, at the end {:,.0f}, at most {:,.0f}".format(*of.memory)
        )
    if of.until_idle is not None:
        lines.append(f"idle {of.until_idle:.0f} s after the last reader has left")
    return "\n".join([*lines, *(f"MISSED  {said}" for said in of.missed)])
