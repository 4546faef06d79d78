"""Rows of the comparison about the next word: a lookup table or a last word alone, and a model that attends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ctxcore.charts.next_word import ContextLevels
from ctxcore.charts.next_word_controls import LastWordElsewhere, Reworded
from ctxcore.charts.unseen import LastWordOf
from ctxcore.claims.comparison import Cell, Row
from ctxcore.claims.wording import ROUNDING, ending, fits_here
from ctxcore.engine import Engine
from ctxcore.measures import prediction

_NEXT, _UNSEEN = "next", "unseen"
"""Names of pages."""


def of_next_word(ladder: ContextLevels | None, last: LastWordOf | None, engine: Engine) -> list[Callable[[], Row]]:
    """The rows about the next word, which a decoder answers: one for each question."""
    return [partial(_learns_context, ladder, engine), partial(_must_have_seen, last, engine)]


def _learns_context(ladder: ContextLevels | None, engine: Engine) -> Row:
    question = "Learns context?"
    if ladder is None:
        none = Cell("not measured", "Two prompts that differ and a candidate are needed.", _NEXT)
        return Row(question, none, none, None)
    found = engine.get(ladder)
    last, off, _, full = (prediction.swap(*rung).divergence for rung in found.shares.swapaxes(0, 1))
    alike = max(last, off) <= ROUNDING
    said = engine.get(Reworded(ladder.model, ladder.prompts))
    learns = bool(full > said.max())
    first, second = (f"\u201c{ending(p)}\u201d" for p in ladder.prompts)
    return Row(
        question,
        Cell(
            f"{'no: 0' if alike else f'{max(last, off):.3f}'} bits apart",
            f"The next words after {first} and after {second}, from the last word alone or with attention off.",
            _NEXT,
        ),
        Cell(
            f"{'yes' if learns else 'no'}: {full:.3f} bits apart",
            "The same two with full attention, against each prompt and itself in other words (\u201cThen \u2026\u201d, another article, a "
            f"small letter): {said.max():.3f} at most. Jensen\u2013Shannon divergence: 0 is "
            "one and the same prediction, 1 nothing in common.",
            _NEXT,
        ),
        learns if alike else None,
    )  # fmt: skip


def _must_have_seen(last: LastWordOf | None, engine: Engine) -> Row:
    question = "Needs to have seen the sentence?"
    if last is None:
        none = Cell("not measured", "A sentence to be tested is needed.", _UNSEEN)
        return Row(question, none, none, None)
    said = engine.get(last)
    prefix, word, answer, found = said.prefix, said.word, said.table, said.model
    pieces = len(found.tokens[word])
    chance, before = found.candidates[word], ending(prefix)
    elsewhere = engine.get(LastWordElsewhere(last))
    fits, most = fits_here(said, elsewhere), float(elsewhere.model.max())
    table = Cell(
        "yes: never seen, no answer" if answer.share is None else f"it gives {answer.share:.3g}",
        f"\u201c{word}\u201d after \u201c{before}\u201d, asked of {said.training}.",
        _UNSEEN,
        "Lookup table",
    )
    model = Cell(
        f"{'no' if fits else 'yes'}: {chance:.2g}, rank {found.rank[word]:,}",
        f"What the model, with attention, gives the same word after the same words; after {len(elsewhere.model)} unrelated beginnings "
        f"it gives it {most:.1g} at most."
        + (
            f" It is {pieces} tokens: the rank is that of their product, in the place of the first."
            if pieces > 1
            else ""
        ),
        _UNSEEN,
    )
    return Row(question, table, model, None if answer.share else fits)
