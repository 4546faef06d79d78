"""From usages to their vectors: the one thing here that asks a model, and that may run on many workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa

from ctxcore.errors import TooLongError
from ctxcore.progress import Progress, silent

if TYPE_CHECKING:
    from ctxcore.models.contextual import ContextualModel

Format = Literal["float16", "float32"]
KINDS = {"float16": pa.float16(), "float32": pa.float32()}


@dataclass(frozen=True)
class Extractor:
    """Gives a batch of usages its vectors. It is made from plain values, so that a worker makes its own; the model opens when asked.

    Attributes:
        model: A name that :func:`ctxcore.load_model` knows.
        layers: Layers that are kept: ``last``, ``all``, or numbers from 0 (the embedding output), negative ones from the end.
        format: Of the numbers that are kept.
    """

    model: str
    layers: tuple[int, ...] | str = "last"
    format: Format = "float16"

    def __getstate__(self) -> dict[str, object]:
        return {"model": self.model, "layers": self.layers, "format": self.format}

    @cached_property
    def opened(self) -> ContextualModel:
        """The model."""
        from ctxcore.models.loading import load_model  # here: a text without the word needs no model

        return load_model(self.model)

    @cached_property
    def kept(self) -> tuple[int, ...]:
        """The layers, counted from 0, each once; BadInputError for one that the model does not have."""
        from ctxcore.models.arguments import chosen

        there = range(self.opened.layers + 1)
        if isinstance(self.layers, str):
            return tuple(there) if self.layers == "all" else (there[-1],)
        wanted = [n + len(there) if -len(there) <= n < 0 else n for n in self.layers]
        return tuple(dict.fromkeys(chosen(wanted, there, "layer")))

    def __call__(self, batch: pa.RecordBatch, progress: Progress = silent) -> pa.RecordBatch:
        """The batch with a column ``vector_<layer>`` for each layer: the mean over the tokens of each usage.

        Sentences that the model cannot read whole are left out: nothing is cut.

        Args:
            batch: Rows with ``sentence``, ``start`` and ``end``; more columns stay as they are.
            progress: Called with the share done after each batch of the model.
        """
        try:
            vectors = self._vectors(batch, progress)
        except TooLongError:
            batch = self._readable(batch)
            vectors = self._vectors(batch, progress)
        columns, fields = list(batch.columns), list(batch.schema)
        for place, layer in enumerate(self.kept):
            values = np.ascontiguousarray(vectors[:, place], dtype=self.format).reshape(-1)
            kind = pa.list_(KINDS[self.format], self.opened.features)
            columns.append(pa.FixedSizeListArray.from_arrays(pa.array(values), type=kind))
            fields.append(pa.field(f"vector_{layer}", kind))
        return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))

    def _vectors(self, batch: pa.RecordBatch, progress: Progress) -> np.ndarray:
        """``[usage, layer, feature]``; the one place where the model is called."""
        if not len(batch):
            return np.empty((0, len(self.kept), self.opened.features), np.float32)
        index: dict[str, int] = {}
        places = [index.setdefault(sentence, len(index)) for sentence in batch["sentence"].to_pylist()]
        spans = np.column_stack([places, batch["start"].to_numpy(), batch["end"].to_numpy()])
        return self.opened.span_vectors(list(index), spans, self.kept, progress)

    def _readable(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        sentences: Sequence[str] = batch["sentence"].to_pylist()
        long = self.opened.too_long(sentences)
        return batch.filter(pa.array([i not in long for i in range(len(sentences))]))
