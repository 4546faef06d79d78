"""From the vectors of tokens to those of spans: the mean over the tokens that overlap each, worked out where the vectors are."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
import torch

from ctxcore.errors import BadInputError
from ctxcore.models.devices import sent
from ctxcore.models.token_arrays import runs
from ctxcore.types import Mention


class Pooling:
    """Fills the vectors of many spans, batch by batch of the texts that they stand in.

    Attributes:
        vectors: ``[span, layer, feature]``; whole once :meth:`end` was called.
    """

    def __init__(self, spans: int, layers: int, features: int) -> None:
        """Args:
        spans: How many in all.
        layers: Layers of the vectors.
        features: Their length.
        """
        self._coming: tuple[np.ndarray, torch.Tensor, torch.cuda.Event] | None = None
        self.vectors = np.empty((spans, layers, features), dtype=np.float32)

    def begin(self, spans: np.ndarray, texts: np.ndarray, positions: np.ndarray, counts: np.ndarray) -> None:
        """What the batches from now on are of.

        Args:
            spans: Numbers of the spans, places in :attr:`vectors`.
            texts: Number of the text that each span stands in ``[span]``; batches name texts by it.
            positions: Tokens of the spans in their texts, span by span.
            counts: How many each span has, at least one ``[span]``.
        """
        self._order = np.argsort(texts, kind="stable")
        self._spans, self._texts = spans, texts[self._order]
        self._positions, self._counts, self._first = positions, counts, np.cumsum(counts) - counts

    def positions(self, batch: Sequence[int], width: int) -> np.ndarray:
        """Where in a batch of so many tokens a row the tokens of its spans stand, counted through all rows."""
        numbers, rows = self._in(batch)
        counts = self._counts[numbers]
        return np.repeat(rows * width, counts) + self._positions[runs(self._first[numbers], counts)]

    def take(self, batch: Sequence[int], layers: Sequence[torch.Tensor]) -> None:
        """The mean of each span of a batch, from the states at :meth:`positions`, ``[position, feature]`` of each layer."""
        numbers, _ = self._in(batch)
        if not len(numbers):
            return
        counts, spans = self._counts[numbers], self._spans[numbers]
        starts = np.cumsum(counts) - counts
        if layers[0].device.type == "cpu":
            sizes = counts.astype(np.float32)[:, None]
            for layer, states in enumerate(layers):
                self.vectors[spans, layer] = np.add.reduceat(states.float().numpy(), starts, axis=0) / sizes
            return
        pooled = _means(torch.stack(list(layers)).float(), starts, counts).transpose(0, 1).contiguous()
        self.end()
        if pooled.device.type != "cuda":
            self.vectors[spans] = pooled.to("cpu").numpy()
            return
        # On its way while the next batch is asked for: the GPU does not wait for the copy, nor we for the GPU.
        copy = torch.empty(pooled.shape, dtype=pooled.dtype, pin_memory=True)
        copy.copy_(pooled, non_blocking=True)
        event: torch.cuda.Event = torch.cuda.Event()  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(pooled.device))
        self._coming = spans, copy, event

    def end(self) -> np.ndarray:
        """All vectors, once what is on its way has come."""
        if self._coming is not None:
            spans, copy, event = self._coming
            event.synchronize()
            self.vectors[spans] = copy.numpy()
            self._coming = None
        return self.vectors

    def _in(self, batch: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Place among those of :meth:`begin`, and row, of each span that stands in a batch."""
        low, high = (np.searchsorted(self._texts, batch, side) for side in ("left", "right"))
        return self._order[runs(low, high - low)], np.repeat(np.arange(len(batch)), high - low)


def _means(states: torch.Tensor, starts: np.ndarray, counts: np.ndarray) -> torch.Tensor:
    """Means of runs of positions ``[layer, run, feature]``; added up one after another, so that a GPU gives the same each time."""
    device = states.device
    total = states.index_select(1, sent(torch.from_numpy(starts), device))
    for place in range(1, int(counts.max())):
        longer = np.flatnonzero(counts > place)
        more = states.index_select(1, sent(torch.from_numpy(starts[longer] + place), device))
        total.index_add_(1, sent(torch.from_numpy(longer), device), more)  # each once: the order is no matter
    return total / sent(torch.from_numpy(counts), device)[:, None].float()


def checked_spans(spans: np.ndarray, sentences: Sequence[str]) -> np.ndarray:
    """Spans ``[span, 3]`` of whole numbers (sentence, start, end), each inside its sentence; else BadInputError."""
    found = np.asarray(spans)
    if found.ndim != 2 or found.shape[1] != 3 or found.dtype.kind not in "iu":
        raise BadInputError(
            "Spans are whole numbers [span, 3]: sentence, start, end.",
            f"{found.dtype} of the shape {list(found.shape)}",
            "Count sentences and characters from 0.",
        )
    found = found.astype(np.int64)
    lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
    where, start, end = found.T
    inside = (where >= 0) & (where < len(lengths)) & (start >= 0) & (start < end)
    inside &= end <= lengths[np.clip(where, 0, len(lengths) - 1)]
    if not inside.all():
        within(Mention(*found[int(np.argmin(inside))].tolist()), sentences)  # raises, with what it is
    return found


def within(mention: Mention, sentences: Sequence[str]) -> Mention:
    """The mention, if its span lies inside its sentence."""
    if not isinstance(mention, Mention) or not all(isinstance(n, Integral) for n in vars(mention).values()):
        raise BadInputError(
            "A mention is a Mention of three whole numbers.", repr(mention), "Take mentions from ctxcore.find."
        )
    if not 0 <= mention.sentence_index < len(sentences):
        raise BadInputError(
            "A mention names a sentence of the list.",
            f"sentence {mention.sentence_index} of {len(sentences)}",
            "Count sentences from 0.",
        )
    if not 0 <= mention.start < mention.end <= len(sentences[mention.sentence_index]):
        raise BadInputError(
            "A mention is a span of characters inside its sentence.",
            f"{mention.start} to {mention.end} of {len(sentences[mention.sentence_index])} characters",
            "Take mentions from ctxcore.find.",
        )
    return mention


def must_have_tokens(spans: np.ndarray, counts: np.ndarray, sentences: Sequence[str]) -> None:
    """BadInputError for the first span ``[span, 3]`` that overlaps no token."""
    if not counts.all():
        sentence, start, end = spans[int(np.argmin(counts))]
        raise BadInputError(
            "A mention must leave at least one token.",
            f"{sentences[sentence][start:end]!r}, which this model's tokenizer drops",
            "Choose another word or another model.",
        )
