"""Which tokens the spans of many sentences have, for any part of the sentences: what is known before a network is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctxcore.models.batching import Request
from ctxcore.models.interventions import Attend
from ctxcore.models.passes import Row
from ctxcore.models.pooling import must_have_tokens
from ctxcore.models.tokenising import SentenceTokenizer


@dataclass(frozen=True, eq=False)
class SpanTokens:
    """Some requests, each once, and the spans that stand in them.

    Attributes:
        requests: The texts, and how each is attended to.
        rows: Tokens of each request, or their numbers alone.
        spans: Numbers of the spans, counted through all requests ``[span]``.
        texts: Which of these requests each stands in ``[span]``.
        positions: Tokens of the spans in their texts, span by span.
        ids: Their numbers in the vocabulary.
        counts: How many each span has ``[span]``.
    """

    requests: list[Request]
    rows: list[Row]
    spans: np.ndarray
    texts: np.ndarray
    positions: np.ndarray
    ids: np.ndarray
    counts: np.ndarray


def joined(parts: Sequence[SpanTokens]) -> SpanTokens:
    """Several parts as one."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(len(part.requests) for part in parts)])
    return SpanTokens(
        [request for part in parts for request in part.requests],
        [row for part in parts for row in part.rows],
        np.concatenate([part.spans for part in parts]),
        np.concatenate([part.texts + first for part, first in zip(parts, before[:-1], strict=True)]),
        np.concatenate([part.positions for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


class SpanReader:
    """Reads the tokens of spans. A sentence without a span is left out, one that is repeated and attends alike is read once.

    Attributes:
        requests: What there is to read, in the order in which it first stands among the sentences.
    """

    def __init__(
        self,
        tokenizer: SentenceTokenizer,
        sentences: Sequence[str],
        spans: np.ndarray,
        attends: Sequence[Attend],
    ) -> None:
        self._tokenizer, self._sentences, self._spans = tokenizer, sentences, spans
        needed, where = np.unique(spans[:, 0], return_inverse=True)
        number: dict[Request, int] = {}
        alike = np.array([number.setdefault((sentences[i], attends[i]), len(number)) for i in needed])
        self.requests = list(number)
        self._first = needed[np.unique(alike, return_index=True)[1]]  # its sentence, for errors [request]
        self._changed = {way for way in set(attends) if way}
        texts = alike[where]
        self._by_text = np.argsort(texts, kind="stable")
        self._bounds = np.searchsorted(texts[self._by_text], np.arange(len(number) + 1))
        self._texts = texts

    def read(self, chosen: np.ndarray) -> SpanTokens:
        """The tokens of some requests ``[request]``, given by their numbers.

        Raises:
            TooLongError: A sentence has more tokens than the model reads.
            BadInputError: The tokenizer leaves nothing of a span, or the model has no vector for a token.
        """
        requests = [self.requests[i] for i in chosen]
        tokens = self._tokenizer.arrays([sentence for sentence, _ in requests], self._first[chosen].tolist())
        spans = np.sort(np.concatenate([self._by_text[self._bounds[i] : self._bounds[i + 1]] for i in chosen]))
        place = np.empty(len(self.requests), dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        texts, (_, starts, ends) = place[self._texts[spans]], self._spans[spans].T
        found, counts = tokens.overlapping(texts, starts, ends)
        must_have_tokens(self._spans[spans], counts, self._sentences)
        rows: list[Row] = list(tokens.rows())
        # A way to attend asks for tokens by their names and places.
        changed = [i for i, (_, way) in enumerate(requests) if way in self._changed]
        for i, row in zip(changed, self._tokenizer([requests[i][0] for i in changed]), strict=True):
            rows[i] = row
        positions = found - np.repeat(tokens.bounds[texts], counts)
        return SpanTokens(requests, rows, spans, texts, positions, tokens.ids[found], counts)

    def named(self, parts: Sequence[SpanTokens]) -> list[tuple[str, ...]]:
        """The tokens of each span as text, of all parts."""
        found: list[tuple[str, ...]] = [()] * len(self._spans)
        for part in parts:
            for span, names in zip(part.spans.tolist(), self._tokenizer.named(part.ids, part.counts), strict=True):
                found[span] = names
        return found
