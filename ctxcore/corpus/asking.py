"""What is asked of a finished store: counts, samples, lines and vectors. DuckDB reads the Parquet files where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ctxcore.corpus.store import Store
from ctxcore.errors import BadInputError, CtxError, FileFormatError

if TYPE_CHECKING:
    import pandas as pd

    from ctxcore.corpus.change import TwoGroups
    from ctxcore.corpus.context_slope import ContextSlope
    from ctxcore.types import UsageChange, UsageSenses


class Usages:
    """The usages of words in a corpus, kept in a folder by :func:`ctxcore.usages`.

    A row is a usage: ``usage`` (its number), ``sentence``, ``file``, ``row``, the reader's own columns, ``word`` (its name), ``form`` (as
    it is written there), ``start`` and ``end`` (characters), and ``vector_<layer>`` for each layer that is kept.

    Attributes:
        folder: Where they are kept.
        question: What was asked.
        layers: Layers that are kept.
        left_out: Usages in sentences that the model does not read whole.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._store = Store(self.folder)
        if not self._store.done:
            raise FileFormatError(
                "Usages are read from a folder in which all of them are.",
                f"{folder}, where "
                + ("a run has not finished" if self._store.read("question.json") else "there are none"),
                "Give the command that makes it once more: it goes on where it stopped.",
            )
        self.question: dict[str, Any] = self._store.read("question.json")
        self._said: dict[str, Any] = self._store.read("done.json")
        self.layers: tuple[int, ...] = tuple(self._said["layers"])
        self.left_out: int = self._said["left_out"]

    def __repr__(self) -> str:
        counts = ", ".join(f"{word}: {count:,}" for word, count in self._said["counts"].items())
        return f"Usages({str(self.folder)!r}, {counts}, layers {', '.join(map(str, self.layers))})"

    @property
    def words(self) -> tuple[str, ...]:
        """The words by name."""
        return tuple(forms[0] for forms in self.question["words"])

    @property
    def files(self) -> list[str]:
        """The Parquet files of the dataset, for other tools."""
        return [str(self._store.path("part", number)) for number in range(len(self._said["sizes"]))]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(self.sql("SELECT * FROM usages LIMIT 0").schema.names)

    @cached_property
    def features(self) -> int:
        """Numbers of a vector."""
        first = self.sql(f"SELECT vector_{self.layers[0]} AS vector FROM usages LIMIT 1").to_pylist()
        return len(first[0]["vector"]) if first else 0

    def sql(self, query: str, values: Sequence[object] = ()) -> pa.Table:
        """The answer to a question in SQL, in which the rows are called ``usages``.

        Args:
            query: In DuckDB's dialect; a table of the reader's own is joined as ``read_csv('\u2026')`` or ``read_parquet('\u2026')``.
            values: What stands for each ``?`` in it.

        Raises:
            BadInputError: DuckDB cannot answer it; the message says why.
        """
        import duckdb

        with duckdb.connect() as here:
            files = here.read_parquet(self.files)
            files.create_view("usages")
            try:
                return here.sql(query, params=list(values) or None).to_arrow_table()
            except duckdb.Error as error:
                raise BadInputError(
                    "A question to a store is SQL over the table usages.",
                    str(error)[:300],
                    f"Its columns are {', '.join(files.columns)}.",
                ) from error

    def counts(self, *by: str) -> pd.DataFrame:
        """How many usages each word has, for each value of some columns; a word without any has none of these rows."""
        names = ", ".join(map(self._quoted, ("word", *by)))
        return self.sql(f"SELECT {names}, count(*) AS usages FROM usages GROUP BY ALL ORDER BY ALL").to_pandas()

    def sample(self, most: int, word: str | None = None, seed: int = 0) -> pd.DataFrame:
        """So many usages at random, the same for the same seed, in the order of the corpus; all columns but the vectors."""
        where, values = self._of(word)
        chosen = f"SELECT * FROM usages {where} ORDER BY hash(usage + ?), usage LIMIT ?"
        query = f"SELECT * EXCLUDE ({self._vectors()}) FROM ({chosen}) ORDER BY usage"
        return self.sql(query, [*values, seed * 1_000_003, most]).to_pandas()

    def lines(self, word: str | None = None, width: int = 60) -> pd.DataFrame:
        """A concordance (keyword in context): ``left``, ``form`` and ``right`` of every usage, with all columns but the vectors."""
        where, values = self._of(word)
        table = self.sql(f"SELECT * EXCLUDE ({self._vectors()}) FROM usages {where} ORDER BY usage", values).to_pandas()
        spans = list(zip(table["sentence"], table["start"], table["end"], strict=True))
        table["left"] = [sentence[max(0, start - width) : start] for sentence, start, _ in spans]
        table["right"] = [sentence[end : end + width] for sentence, _, end in spans]
        return table

    def vectors(
        self,
        word: str | None = None,
        layer: int | None = None,
        most: int | None = None,
        seed: int = 0,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Usages and their vectors, row by row: all columns but vectors, and ``[usage, feature]`` in float32.

        Args:
            word: Its name; None for all words.
            layer: A layer that is kept; None for the last of them.
            most: Only so many, at random.
            seed: Of the choice.
            where: Only usages with one of these values in these columns.

        Raises:
            BadInputError: The layer is not kept, the word was not asked for, or there is no such column.
        """
        layer = self.layers[-1] if layer is None else layer
        if layer not in self.layers:
            kept = ", ".join(map(str, self.layers))
            raise BadInputError(
                "A layer is one that is kept.", f"layer {layer}; {kept} are", "Choose one, or run with more layers."
            )
        condition, values = self._of(word, where)
        limit = (
            ""
            if most is None
            else f"QUALIFY row_number() OVER (ORDER BY hash(usage + {int(seed) * 1_000_003}), usage) <= {int(most)}"
        )
        others = ", ".join(f"vector_{n}" for n in self.layers if n != layer)
        table = self.sql(
            f"SELECT * {f'EXCLUDE ({others})' if others else ''} FROM usages {condition} {limit} ORDER BY usage", values
        )
        flat = table[f"vector_{layer}"].combine_chunks()
        found = np.asarray(flat.flatten(), np.float32).reshape(len(table), self.features)
        return table.drop_columns([f"vector_{layer}"]).to_pandas(), found

    def senses(
        self, word: str, layer: int | None = None, seed: int = 0, most: int = 8, apart: float | None = None
    ) -> UsageSenses:
        """The senses of a word: all its usages in clusters, or one sense (:func:`ctxcore.senses_of`).

        ``labels`` and ``examples`` count the rows of ``lines(word)`` and ``vectors(word)``.

        Args:
            word: Its name.
            layer: A layer that is kept; None for the last of them.
            seed: Of sample and clustering.
            most: So many senses at the most.
            apart: Mean cosine distance of two usages from which on there is more than one sense. None is better: the model is loaded,
                reads a sample of the sentences once more, and decides by how much the word follows them (where it is not at
                hand, by the distance that words with one sense have).
        """
        from ctxcore.corpus.senses import senses_of

        table, vectors = self.vectors(word, layer)
        spans = table[["start", "end"]].to_numpy()
        return senses_of(vectors, table["sentence"].tolist(), spans, seed, most, *self._deciding(layer, apart))

    def change(
        self,
        word: str,
        column: str,
        first: str | Sequence[str],
        second: str | Sequence[str],
        layer: int | None = None,
        seed: int = 0,
        controls: Sequence[str] | None = None,
        apart: float | None = None,
    ) -> UsageChange:
        """Is a word used otherwise in one group of sentences than in another?

        Args:
            word: Its name.
            column: The reader's own column that tells the groups, such as a year.
            first: Its value in the first group, or several.
            second: The same for the second group.
            layer: A layer that is kept; None for the last of them.
            seed: Of samples, clustering and permutations.
            controls: Words of the store that it is held against; None for those of like frequency.
                :func:`ctxcore.control_words` finds some in a corpus, so that a run can keep them with the word.
            apart: As for :meth:`senses`.

        Raises:
            BadInputError: A group is empty, a value stands in both, or there is no such column or word.
        """
        from ctxcore.corpus.change import LEAST, change_of, like, values_of

        values = values_of(first, second)
        own = self._two(word, column, values, layer, seed)
        if not all(own.sizes):
            there = self.counts(column).query("word == @word").nlargest(8, "usages")[column]
            raise BadInputError(
                "Each group holds usages of the word.",
                f"{own.sizes[0]} and {own.sizes[1]} usages of {word!r}",
                f"Its most frequent values of {column} are {', '.join(repr(value) for value in there)}.",
            )
        names = [name for name in self.words if name != word] if controls is None else list(controls)
        others = (self._two(name, column, values, layer, seed) for name in names)
        beside = (o for o in others if (like(o.sizes, own.sizes) if controls is None else min(o.sizes) >= LEAST))
        return change_of(own, beside, column, values, seed, *self._deciding(layer, apart))

    def _two(
        self, word: str, column: str, values: tuple[tuple[str, ...], ...], layer: int | None, seed: int
    ) -> TwoGroups:
        """Usages of a word in two groups of the values of a column, a sample of each where there are many."""
        from ctxcore.corpus.change import MOST, TwoGroups

        parts = [self.vectors(word, layer, MOST, seed, {column: wanted}) for wanted in values]
        return TwoGroups(
            word,
            np.concatenate([found for _, found in parts]),
            [text for table, _ in parts for text in table["sentence"]],
            np.concatenate([table[["start", "end"]].to_numpy() for table, _ in parts]),
            np.repeat([False, True], [len(found) for _, found in parts]),
        )

    def _deciding(self, layer: int | None, apart: float | None) -> tuple[float, ContextSlope | None]:
        """The distance and the slope that tell one sense from more, of which one counts: what was asked, else what is at hand."""
        from ctxcore.corpus.one_sense import apart_for, slope_for
        from ctxcore.corpus.senses import APART
        from ctxcore.models.loading import load_model

        if apart is not None:
            return apart, None
        name = self.question["model"]
        try:
            return APART, slope_for(name, load_model(name))
        except CtxError:  # a store may lie where its model, or the news, does not
            return apart_for(name, self.layers[-1] if layer is None else layer), None

    def _vectors(self) -> str:
        return ", ".join(f"vector_{layer}" for layer in self.layers)

    def _of(self, word: str | None, where: Mapping[str, Sequence[str]] | None = None) -> tuple[str, list[object]]:
        if word is not None and word not in self.words:
            raise BadInputError("A word is called by its name.", repr(word), f"Kept are {', '.join(self.words)}.")
        conditions: list[str] = ["word = ?"] if word is not None else []
        values: list[object] = [word] if word is not None else []
        for column, wanted in (where or {}).items():
            conditions.append(f"list_contains(?, CAST({self._quoted(column)} AS VARCHAR))")
            values.append(list(wanted))
        return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values

    def _quoted(self, name: str) -> str:
        if name not in self.columns:
            raise BadInputError("A column is one of the store.", repr(name), f"It has {', '.join(self.columns)}.")
        return '"' + name.replace('"', '""') + '"'
