"""Questions about a word in a whole text: where it stands, its vectors, and where they lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ctxcore.corpus.context_slope import ContextSlope
from ctxcore.corpus.found import MOST, found_usages
from ctxcore.corpus.one_sense import SLOPES, one_sense_slope
from ctxcore.corpus.read import Corpus
from ctxcore.corpus.reading_vectors import usage_vectors
from ctxcore.corpus.senses import senses_of
from ctxcore.corpus.tables import text_of as column_with_sentences
from ctxcore.corpus.texts import WholeText, columns_in
from ctxcore.engine import Engine, Query, reading_hint
from ctxcore.errors import BadInputError, FileFormatError, IncompleteError
from ctxcore.measures.usage_plane import plane
from ctxcore.progress import Progress, part
from ctxcore.text import inflections
from ctxcore.types import FoundUsages, SensedUsages, UsageMap, UsageVectors
from ctxcore.workspace import Workspace

MOST_COLUMNS = 6
"""Columns that come along where the reader has not chosen any."""
_A_TOKEN = 4
"""Characters of a token of English."""


@dataclass(frozen=True)
class ColumnsOf(Query[tuple[tuple[str, ...], tuple[str, ...]]]):
    """All columns of a text that is a table, and those that hold text; none of any other."""

    text: WholeText
    part: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return columns_in(engine.corpus(replace(self.text, column="", columns=())))


@dataclass(frozen=True)
class UsagesIn(Query[FoundUsages]):
    """Every usage of a word in a text: the text is read once, from its beginning to its end."""

    text: WholeText
    words: tuple[str, ...]
    most: int = MOST
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> FoundUsages:
        progress(0.0, f"Searching {self.text.title}")
        corpus = engine.corpus(self.text)
        return found_usages(corpus, self.words, self.text.title, self.most, progress=progress)


@dataclass(frozen=True)
class UsageOrder(Query[np.ndarray]):
    """In which order the lines of a concordance stand: ``[line]``, which row.

    ``by`` is ``text`` (reading order), ``left`` or ``right`` (the words beside it, the nearest first), ``form``, or a column.
    """

    of: UsagesIn
    by: str = "text"
    slow: ClassVar[bool] = True
    part: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> np.ndarray:
        found = engine.get(self.of, progress)
        if self.by == "text":
            return np.arange(len(found.rows), dtype=np.int32)
        keys = _keys(found, self.by)
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int32)


def _keys(found: FoundUsages, by: str) -> Sequence[str | list[str]]:
    """What the lines are sorted by."""
    if by in ("left", "right"):
        spans = zip(*(found.rows[name].to_pylist() for name in ("sentence", "start", "end")), strict=True)
        if by == "left":
            return [sentence[max(0, start - 80) : start].casefold().split()[::-1] for sentence, start, _ in spans]
        return [sentence[end : end + 80].casefold().split() for sentence, _, end in spans]
    return [value.casefold() for value in found.values(by)]


@dataclass(frozen=True)
class VectorsOfUsages(Query[UsageVectors]):
    """The contextual vector of each usage at a layer; None is the last."""

    of: UsagesIn
    model: str
    layer: int | None = None
    most: int = MOST
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        found = engine.get(self.of)
        sentences = found.rows["sentence"].unique().to_pylist()
        return reading_hint(sum(map(len, sentences)) // _A_TOKEN)

    def size(self, engine: Engine) -> int:
        return 2 * engine.model(self.model).features * min(self.most, len(engine.get(self.of).rows))

    def run(self, engine: Engine, progress: Progress) -> UsageVectors:
        found = engine.get(self.of, part(progress, 0, 0.1))
        return usage_vectors(engine.model(self.model), found, self.layer, self.most, progress=part(progress, 0.1, 1))


@dataclass(frozen=True)
class OneSenseSlope(Query[float]):
    """How much a word with one sense follows its sentences in a model: what a word with more must exceed."""

    model: str
    slow: ClassVar[bool] = True
    part: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> float:
        return SLOPES.get(self.model) or one_sense_slope(engine.model(self.model))


@dataclass(frozen=True)
class SensesOfUsages(Query[SensedUsages]):
    """The usages in clusters, in the full space: senses, or one sense. ``split``: not held against words with one sense."""

    of: VectorsOfUsages
    seed: int = 0
    split: bool = False
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        return "" if engine.has(self.of) else self.of.hint(engine)

    def run(self, engine: Engine, progress: Progress) -> SensedUsages:
        read = engine.get(self.of, part(progress, 0, 0.7))
        slope = None
        if not self.split:
            progress(0.7, "Measuring words with one sense")
            slope = ContextSlope(engine.model(self.of.model), engine.get(OneSenseSlope(self.of.model), progress))
        progress(0.8, f"Looking for senses among {len(read.rows):,} usages")
        rows = read.found.rows.take(read.rows)
        spans = np.column_stack([rows["start"].to_numpy(), rows["end"].to_numpy()])
        senses = senses_of(read.vectors, rows["sentence"].to_pylist(), spans, self.seed, apart=0.0, slope=slope)
        return SensedUsages(read.found, read.rows, read.layer, senses)


@dataclass(frozen=True)
class PlaneOfUsages(Query[UsageMap]):
    """The usages in the plane of their greatest variance."""

    of: VectorsOfUsages
    slow: ClassVar[bool] = True
    part: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        return "" if engine.has(self.of) else self.of.hint(engine)

    def run(self, engine: Engine, progress: Progress) -> UsageMap:
        read = engine.get(self.of, part(progress, 0, 0.9))
        progress(0.9, "Looking for the plane of greatest variance")
        coordinates, explained, cosine = plane(read.vectors)
        none = np.zeros(len(read.rows), np.int32)
        return UsageMap(read.found, read.rows, coordinates, explained, read.layer, read.left_out, cosine, "", (), none)


@dataclass(frozen=True)
class MapOfUsages(Query[UsageMap]):
    """The same with the value of a column for each (``by``, which may be ``form``, too, or empty for none), or with its sense.

    ``split``: as of :class:`SensesOfUsages`.
    """

    of: PlaneOfUsages
    by: str = ""
    senses: bool = False
    split: bool = False
    slow: ClassVar[bool] = True

    def hint(self, engine: Engine) -> str:
        return "" if engine.has(self.of) else self.of.hint(engine)

    def run(self, engine: Engine, progress: Progress) -> UsageMap:
        drawn = engine.get(self.of, progress)
        if self.senses:
            sensed = engine.get(SensesOfUsages(self.of.of, split=self.split), progress)
            return replace(drawn, by="senses", names=sensed.names, groups=sensed.senses.labels)
        if self.by != "form" and self.by not in drawn.found.columns:  # a single file has no column of files, either
            return drawn
        values = drawn.found.values(self.by)
        shown = [values[row] for row in drawn.rows]
        if self.by == "form":
            shown = [value.casefold() for value in shown]
        names, groups = grouped(shown)
        return replace(drawn, by=self.by, names=names, groups=groups)


def grouped(values: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """The distinct values, the commonest first and of equals the first in the alphabet, and which of them stands where."""
    counts = Counter(values)
    names = sorted(counts, key=lambda name: (-counts[name], name))
    place = {name: i for i, name in enumerate(names)}
    return tuple(names), np.array([place[value] for value in values], np.int32)


def text_of(workspace: Workspace, engine: Engine) -> WholeText:
    """The text that a workspace asks of, with the columns that are read of it.

    Raises:
        IncompleteError: It is a file of the reader's own, and none was given.
        CtxError: It cannot be opened.
    """
    look = workspace.usages
    if look.source == "news":
        return WholeText()
    bare = WholeText("file", look.file, look.digest)
    if look.source == "path":
        bare = WholeText("path", look.path, look.state)
    if not bare.name:
        how = "Upload one" if bare.kind == "file" else "Open one by its path"
        raise IncompleteError("A text is needed to search in.", "none", f"{how}, or choose the news.")
    every, _ = engine.get(ColumnsOf(bare))
    if not every:
        return bare
    sentences = look.column if look.column in every else sentences_of_table(bare, engine)
    others = tuple(name for name in every if name != sentences)
    asked = others[:MOST_COLUMNS] if look.columns is None else tuple(name for name in look.columns if name in others)
    return replace(bare, column=sentences, columns=asked)


def sentences_of_table(text: WholeText, engine: Engine) -> str:
    """The column that holds the sentences, as far as it can be told.

    Raises:
        IncompleteError: Several could.
        FileFormatError: None holds text; the message names all there are.
    """
    try:
        return column_with_sentences(engine.corpus(text).files[0], None)
    except FileFormatError:
        texts = engine.get(ColumnsOf(text))[1]
        if not texts:
            raise
        raise IncompleteError(
            "One column of a table holds the sentences.",
            f"{text.title}, in which {_listed(texts)} hold text",
            "Choose the one with the sentences.",
        ) from None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8:,} more" if len(names) > 8 else ""
    return ", ".join(f"\u201c{name}\u201d" for name in names[:8]) + more


def asked_of(workspace: Workspace, engine: Engine) -> UsagesIn:
    """What the page asks of a workspace's text.

    Raises:
        IncompleteError: No text, or no word.
        CtxError: The text cannot be opened.
    """
    look = workspace.usages
    if not look.words:
        raise IncompleteError("A word is needed to look for.", "none", "Write one, such as \u201cbank\u201d.")
    first, *others = look.words
    forms = dict.fromkeys([*(inflections(first) if look.inflections else (first,)), *others])
    return UsagesIn(text_of(workspace, engine), tuple(forms))


def columns_of(text: WholeText) -> tuple[str, ...]:
    """The columns that usages can be told apart by, as :class:`~ctxcore.FoundUsages` calls them."""
    own = Corpus((), None, text.columns).names
    return (*own, "file") if text.kind == "path" else own


def column_of(workspace: Workspace, text: WholeText) -> str:
    """The column that the page looks at: the chosen one where the text has it, else the first; empty where it has none."""
    offered = columns_of(text)
    return workspace.usages.by if workspace.usages.by in offered else next(iter(text.columns and offered), "")


def senses_asked(workspace: Workspace, engine: Engine, asked: UsagesIn) -> SensesOfUsages:
    """What the page asks for senses."""
    return SensesOfUsages(drawn_of(workspace, engine, asked).of, split=workspace.usages.split)


def drawn_of(workspace: Workspace, engine: Engine, asked: UsagesIn) -> PlaneOfUsages:
    """Where the usages lie: as many as there is room for.

    Raises:
        BadInputError: The server has no room for the vectors of a few.
    """
    features = engine.model(workspace.model).features
    most = min(MOST, engine.most_bytes // 2 // (2 * features))
    if most < 100:
        raise BadInputError(
            "Vectors of usages need room.", f"room for {most}", "Give the server more (CTXCORE_ANSWERS_MB)."
        )
    return PlaneOfUsages(VectorsOfUsages(asked, workspace.model, workspace.layer, most))
