"""How often a word stands in a text, in all and by the reader's own columns, and the usages themselves, in one reading of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ctxcore.corpus.read import Corpus
from ctxcore.corpus.search import Forms, candidates_of, found_schema, pattern_of, usages_in, words_asked
from ctxcore.errors import NoMentionError
from ctxcore.progress import Progress, silent
from ctxcore.text import folded, near_misses
from ctxcore.types.found import FoundUsages, UsageCount

MOST = 100_000
"""Usages that are kept; all are counted."""
MOST_VALUES = 10_000
"""Values of a column that are counted one by one."""
_LOOKED_AT = 1000
"""Sentences without the word that are asked for what comes near to it."""


def found_usages(
    corpus: Corpus,
    forms: Sequence[str],
    title: str,
    most: int = MOST,
    seed: int = 0,
    progress: Progress = silent,
) -> FoundUsages:
    """All usages of a word are counted, and so many of them kept: all, or a random sample that is the same each time.

    Args:
        corpus: The text. Where it has several files, ``file`` is a column of its own.
        forms: The word, then its other forms.
        title: What messages call the text.
        most: How many are kept.
        seed: Of the sample.
        progress: Called with the share that is read.

    Raises:
        NoMentionError: The word does not stand in it.
        BadInputError: It cannot be looked for.
        CtxError: The text cannot be read.
    """
    asked = words_asked([tuple(forms)])
    pattern = pattern_of(asked)
    columns = [*corpus.names, *(["file"] if len(corpus.files) > 1 else [])]
    tally = _Tally({name: _Values() for name in columns})
    kept = _Sample(most, seed, found_schema(corpus.schema))
    near: list[str] = []
    for batch in corpus.batches(progress):
        batch = batch.filter(pc.greater(pc.binary_length(pc.utf8_trim_whitespace(batch["sentence"])), 0))
        maybe = candidates_of(batch, pattern)
        found = usages_in(maybe, asked)
        tally.add(batch, found)
        kept.add(found)
        if not tally.usages and len(near) < _LOOKED_AT:
            near += maybe["sentence"].to_pylist()[: _LOOKED_AT - len(near)]
    if not tally.usages:
        raise _not_there(asked[0], tally.sentences, near)
    whole = UsageCount(title, tally.usages, tally.holding, tally.sentences)
    by = {name: values.counts() for name, values in tally.columns.items()}
    written = tuple(UsageCount(form, count, 0, tally.sentences) for form, count in tally.forms.most_common())
    return FoundUsages(title, asked[0], kept.rows().drop_columns(["word"]), whole, written, by)


@dataclass
class _Values:
    """What is counted of each value of a column."""

    usages: Counter[str] = field(default_factory=Counter)
    holding: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)

    def counts(self) -> tuple[UsageCount, ...]:
        order = sorted(self.sentences, key=lambda name: (-self.usages[name], -self.sentences[name], name))
        counted = [UsageCount(name, self.usages[name], self.holding[name], self.sentences[name]) for name in order]
        shown, rest = counted[:MOST_VALUES], counted[MOST_VALUES:]
        if rest:
            sums = (sum(getattr(one, part) for one in rest) for part in ("usages", "holding", "sentences"))
            shown.append(UsageCount(f"{len(rest):,} others", *sums))
        return tuple(shown)


@dataclass
class _Tally:
    """What is counted while a text is read."""

    columns: dict[str, _Values]
    usages: int = 0
    holding: int = 0
    sentences: int = 0
    forms: Counter[str] = field(default_factory=Counter)

    def add(self, batch: pa.RecordBatch, found: pa.RecordBatch) -> None:
        self.sentences += len(batch)
        for name, values in self.columns.items():
            values.sentences.update(_counted(batch[name]))
        if not len(found):
            return
        rows = found["row"].to_numpy()
        first = pa.array(np.concatenate([[True], rows[1:] != rows[:-1]]))  # of each sentence
        self.usages += len(found)
        self.holding += int(pc.sum(first).as_py())
        self.forms.update(map(folded, found["form"].to_pylist()))
        for name, values in self.columns.items():
            values.usages.update(_counted(found[name]))
            values.holding.update(_counted(found[name].filter(first)))


def _counted(values: pa.Array) -> dict[str, int]:
    """How often each value is there; what has none counts as an empty one."""
    counts = pc.value_counts(pc.fill_null(values, ""))
    return dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True))


class _Sample:
    """Rows of which so many stay, each with the same chance, in their order."""

    def __init__(self, most: int, seed: int, schema: pa.Schema) -> None:
        self._most, self._chance = most, np.random.default_rng(seed)
        self._table = pa.Table.from_batches([], schema=schema)
        self._lots = np.empty(0)

    def add(self, rows: pa.RecordBatch) -> None:
        if not len(rows):
            return
        self._table = pa.concat_tables([self._table, pa.Table.from_batches([rows])])
        self._lots = np.concatenate([self._lots, self._chance.random(len(rows))])
        if len(self._lots) > 2 * self._most:
            self._draw()

    def _draw(self) -> None:
        stay = np.sort(np.argsort(self._lots, kind="stable")[: self._most])
        self._table, self._lots = self._table.take(stay), self._lots[stay]

    def rows(self) -> pa.Table:
        if len(self._lots) > self._most:
            self._draw()
        return self._table.combine_chunks()


def _not_there(forms: Forms, sentences: int, near: Sequence[str]) -> NoMentionError:
    misses = [miss for form in forms for miss in near_misses(form, near)]
    return NoMentionError("\u201d, \u201c".join(forms), sentences, list(dict.fromkeys(misses))[:3])
