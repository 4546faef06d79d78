"""What a count of senses named right shows beside its controls, in words with their figures.

Texts are plain: whoever shows them makes them literal where markup is read.
"""

from __future__ import annotations

import numpy as np

from ctxcore.measures.tallies import beats, beats_guessing, interval
from ctxcore.types import SenseReading, Tally
from ctxcore.types.result import LEVEL


def counted(tally: Tally) -> str:
    """Right of asked, with the interval: "15 of 18 right (59 to 96 %)"."""
    return f"{_whole(tally.right)} of {tally.asked} right ({_range(interval(tally))})"


def guessed(tally: Tally) -> str:
    """The same with what a guess gets."""
    return f"{counted(tally)}, a guess {100 * tally.guess:.0f} %"


def shuffled(reading: SenseReading) -> str:
    """What :func:`guessed` says of labels of one's own, with how often shuffled labels do as well."""
    return f"{guessed(reading.tally())}; shuffled labels have as many in {_often(reading.p)} of cases"


def apart(reading: SenseReading, off: SenseReading | None = None) -> bool | None:
    """Does the last layer name more senses right than a guess would?

    Args:
        reading: Of the word's own vectors.
        off: The same with attention off, where it was read.

    Returns:
        True where chance has so many right in less than 5 % of cases, and attention off has fewer. False where there is no
        answer to any (all vectors are alike), or where a guess gets more than the whole interval. Else None: so few cannot
        tell.
    """
    tally = reading.tally()
    if not tally.asked:
        return None
    if reading.p < LEVEL:
        return True if off is None or tally.right > off.tally().right else None
    no_answer = not (reading.assigned[-1] >= 0).any()
    return False if no_answer or interval(tally)[1] < tally.guess else None


def shown_by(tallies: tuple[Tally, ...]) -> str:
    """What the readers of :class:`ctxcore.SenseControls` show together: what attention does, and what it gathers.

    Args:
        tallies: Of the four, in their order.
    """
    own, off, others, bag = tallies
    alone = f"with attention off {_short(off)} are right"
    if beats(own, off):
        said = [f"Attention does it: {alone}."]
    elif own.right > off.right:
        said = [f"{alone.capitalize()}: too few are asked to say that attention does it."]
    else:
        said = [f"Attention does not do it: {alone}."]
    without = "The sentence\u2019s other words, without this one,"
    if beats(own, others):
        said.append(f"{without} do worse, {_short(others)}: the word\u2019s vector holds more than the topic.")
    elif beats_guessing(others):
        as_well = "better" if beats(others, own) else "about as well"
        topic = "what attention gathers is the topic as much as the word\u2019s sense"
        said.append(f"{without} do {as_well}, {_short(others)}: {topic}.")
    else:
        said.append(f"{without} get {_short(others)}.")
    mean = f"the mean of those of the other words gets {_short(bag)}"
    if beats_guessing(bag):
        said.append(f"Static vectors are not helpless either: {mean}.")
    else:
        said.append(f"Static vectors do no better than a guess may: {mean}.")
    return " ".join(said)


def spread(draws: np.ndarray) -> str:
    """Between what the accuracy of the first reader lies where other sentences are told, from ``[reader, draw]``."""
    ends = float(draws[0].min()), float(draws[0].max())
    return f" ({_range(ends)} where others are told, drawn at random {draws.shape[1]} times)"


def _short(tally: Tally) -> str:
    return f"{_whole(tally.right)} of {tally.asked} ({_range(interval(tally))})"


def _often(p: float) -> str:
    return "less than 0.2 %" if p < 0.002 else f"{100 * p:.1f} %" if p < 0.1 else f"{100 * p:.0f} %"


def _whole(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _range(ends: tuple[float, float]) -> str:
    return f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f} %"
