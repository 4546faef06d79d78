"""ContextualModel: what is asked of a pretrained transformer, and what its one forward pass gives for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import torch

from ctxcore import text
from ctxcore.errors import NoSentencesError
from ctxcore.models.ahead import Ahead, chunked
from ctxcore.models.arguments import Attends, Pair, chosen, one_text, read_pairs, texts
from ctxcore.models.batching import Request, each
from ctxcore.models.head_steps import worked_out
from ctxcore.models.interventions import Attend
from ctxcore.models.patching import patchable
from ctxcore.models.pooling import Pooling, checked_spans, within
from ctxcore.models.predicting import Predictor
from ctxcore.models.span_tokens import SpanReader, SpanTokens, joined
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.progress import Progress, silent
from ctxcore.types import (
    Attention,
    Encoding,
    HeadTrace,
    Mention,
    Occurrences,
    Origin,
)

_FULL = Attend.full()


def _spans(mentions: Sequence[Mention], sentences: Sequence[str]) -> np.ndarray:
    """Mentions as whole numbers ``[mention, 3]``, each inside its sentence."""
    if all(type(m) is Mention for m in mentions):
        found = np.array([(m.sentence_index, m.start, m.end) for m in mentions])
        if len(found) and found.dtype == np.int64:  # whole numbers, all of them
            return checked_spans(found, sentences)
    inside = [within(m, sentences) for m in mentions]
    return np.array([(m.sentence_index, m.start, m.end) for m in inside], dtype=np.int64).reshape(-1, 3)


class ContextualModel(Predictor):
    """A pretrained transformer that gives a word one vector per sentence and layer.

    Attributes:
        id: The name it was loaded by.
        revision: What pins the weights.
        kind: ``encoder`` (a token sees both sides) or ``decoder`` (a token sees what stands left of it).
        layers: Number of transformer blocks; hidden states have one layer more, the embedding output.
        heads: Attention heads in each block.
        features: Length of a hidden state.
        limit: The greatest number of tokens it reads at once, special tokens included.
        device: Where it computes: ``cpu``, ``cuda:0``, ``mps:0``.
        dtype: The number format it computes in: ``float32``, ``bfloat16`` or ``float16``. Results are float32 always.
        at_once: Tokens of one batch, padding included; may be set.
        missing: Names of weights that the checkpoint lacks: what rests on them is refused.
        rotary: Queries and keys are turned by their position (Su et al. 2021).
        norm_first: A block normalises what enters it before it makes queries, keys and values.
        origin: Where the weights come from.
        uses: What the self-check at load found it can be used for: ``vectors``, ``attention``, ``next words``, ``patching``.
    """

    def __init__(
        self,
        network: Any,
        tokenizer: SentenceTokenizer,
        *,
        id: str,
        revision: str,
        kind: str,
        missing: Sequence[str] = (),
        origin: Origin | None = None,
    ) -> None:
        super().__init__(network, tokenizer, id, kind)
        self.revision = revision
        self.missing = tuple(missing)
        self.origin = origin or Origin("memory")
        more = {"next words": self._predicts(), "patching": patchable(network)}
        self.uses = frozenset({"vectors", "attention", *(use for use, there in more.items() if there)})
        parts = {name.rpartition(".")[2]: type(part).__name__ for name, part in network.named_modules()}
        self.rotary = any("Rotary" in kind for kind in parts.values())
        names = ("input_layernorm", "ln_1", "self_attn_layer_norm", "attn_norm", "SelfAttention")  # the last is T5's
        before = not parts.keys().isdisjoint(names)
        self.norm_first = before and bool(getattr(network.config, "do_layer_norm_before", True))

    def __repr__(self) -> str:
        shape = f"{self.layers} layers of {self.heads} heads, {self.features} features"
        return f"ContextualModel({self.id!r}, {self.kind}, {shape}, {self.dtype} on {self.device})"

    @property
    def memory(self) -> int:
        """Bytes of its parameters and buffers, each counted once; what a sentence needs for a moment is not in it."""
        parts = [*self.network.parameters(), *self.network.buffers()]
        return int(sum(part.numel() * part.element_size() for part in parts))

    def too_long(self, sentences: Iterable[str]) -> dict[int, int]:
        """Index -> number of tokens of each sentence that the model cannot read whole."""
        rows = self.tokenizer.unchecked(text.listed(sentences))
        return {i: len(row) for i, row in enumerate(rows) if len(row) > self.limit}

    def find(self, word: str, sentences: Iterable[str]) -> list[Mention]:
        """Every mention of a word; the same as :func:`ctxcore.find`."""
        return text.find(word, text.listed(sentences))

    def encode(self, sentences: Iterable[str], progress: Progress = silent, attend: Attends = _FULL) -> list[Encoding]:
        """Hidden states of every token of every sentence ``[layer, token, feature]``.

        Args:
            sentences: Any number, as any ordered kind of texts; they are batched by length.
            progress: Called with the share done after each batch.
            attend: Who may attend to whom; one for all, or one a sentence.

        Raises:
            TooLongError: A sentence has more tokens than the model reads. Nothing is cut.
            NoSentencesError: The list is empty.
            BadInputError: An element is no text, or ``attend`` is no way to attend.
        """
        sentences = texts(sentences)
        rows, attends = self.tokens(sentences), self.ways(attend, len(sentences))
        asked = list(zip(sentences, attends, strict=True))
        found: dict[Request, Encoding] = {}

        def read(batch: list[int]) -> None:
            hidden = self.hidden([rows[i] for i in batch], [attends[i] for i in batch])
            states = torch.stack(hidden).numpy()  # [layer, sentence, token, feature]
            for place, i in enumerate(batch):
                kept = np.array(states[:, place, : len(rows[i])])
                found[asked[i]] = Encoding(sentences[i], rows[i], text.words_of(sentences[i]), kept)

        each(self, asked, [len(row) for row in rows], progress, read)
        return [found[request] for request in asked]

    def vectors(
        self,
        sentences: Iterable[str],
        mentions: Iterable[Mention],
        progress: Progress = silent,
        attend: Attends = _FULL,
    ) -> Occurrences:
        """Contextual vectors of any spans: the mean over the tokens that overlap each span.

        Hidden states are pooled batch by batch, so that memory holds the result and one batch.

        Args:
            sentences: The texts.
            mentions: The spans.
            progress: Called with the share done after each batch.
            attend: Who may attend to whom; one for all, or one a sentence (a sentence may stand in the list twice).

        Returns:
            Occurrences in the order of ``mentions``.

        Raises:
            BadInputError: A span lies outside its sentence, or the tokenizer leaves nothing of it.
            TooLongError: A sentence has more tokens than the model reads.
        """
        sentences = texts(sentences)
        attends = self.ways(attend, len(sentences))
        mentions = list(mentions) if isinstance(mentions, Iterable) else [mentions]
        vectors, pieces = self._pooled(
            sentences, _spans(mentions, sentences), attends, range(self.layers + 1), progress
        )
        return Occurrences(
            vectors,
            tuple(m.sentence_index for m in mentions),
            tuple((m.start, m.end) for m in mentions),
            tuple(sentences[m.sentence_index][m.start : m.end] for m in mentions),
            tuple(sentences),
            tuple(pieces()),
        )

    def span_vectors(
        self,
        sentences: Sequence[str],
        spans: np.ndarray,
        layers: int | Sequence[int] | None = None,
        progress: Progress = silent,
    ) -> np.ndarray:
        """The vectors of :meth:`vectors` alone, of some layers, for many sentences: arrays in, an array out, no object a token.

        Only sentences in which a span stands are read, and only the layers asked for are pooled and copied.

        Args:
            sentences: The texts.
            spans: Whole numbers ``[span, 3]``: sentence from 0, first character, one past the last.
            layers: From 0, the embedding output; one, several, or None for all.
            progress: Called with the share done after each batch.

        Returns:
            ``[span, layer, feature]``, float32.

        Raises:
            BadInputError: A span lies outside its sentence, the tokenizer leaves nothing of it, or there is no such layer.
            TooLongError: A sentence has more tokens than the model reads.
        """
        numbers, sentences = chosen(layers, range(self.layers + 1), "layer"), texts(sentences)
        ways = self.ways(_FULL, len(sentences))
        return self._pooled(sentences, checked_spans(spans, sentences), ways, numbers, progress)[0]

    def vectors_of(
        self, pairs: Iterable[Pair], layer: int | Sequence[int] | None = None, progress: Progress = silent
    ) -> np.ndarray:
        """Contextual vectors of (sentence, word) pairs, as people know them from minicons (Misra 2022).

        A word is a string, or its span ``(start, end)`` in characters. A string is found as :meth:`find` finds it (as a whole
        word, in any case); where it stands several times, its first occurrence is read, as minicons does: give the span of
        another one. A word of several tokens is the mean of them. A sentence that stands in several pairs is read once.

        Args:
            pairs: ``[(sentence, word), ...]``; not empty.
            layer: From 0, the embedding output; one, several, or None for all (for minicons, None is the last).
            progress: Called with the share done after each batch.

        Returns:
            ``[pair, feature]`` for one layer, else ``[pair, layer, feature]``, in the order asked for.

        Raises:
            BadInputError: What is given is no list of pairs, a word does not stand in its sentence (the message says which
                pair, from 1), a span lies outside it, or the model has no such layer.
            TooLongError: A sentence has more tokens than the model reads.
        """
        layers = chosen(layer, range(self.layers + 1), "layer")
        sentences, mentions = read_pairs(pairs)
        ways, spans = self.ways(_FULL, len(sentences)), _spans(mentions, sentences)
        vectors, _ = self._pooled(sentences, spans, ways, layers, progress)
        return vectors[:, 0] if isinstance(layer, Integral) else vectors

    def _pooled(
        self,
        sentences: Sequence[str],
        spans: np.ndarray,
        attends: Sequence[Attend],
        layers: Sequence[int],
        progress: Progress,
    ) -> tuple[np.ndarray, Callable[[], list[tuple[str, ...]]]]:
        """Vectors of spans ``[span, layer, feature]`` at some layers, and who gives the tokens of each span as text."""
        if not len(spans):
            raise NoSentencesError("no mention to read")
        reader = SpanReader(self.tokenizer, sentences, spans, attends)
        lengths = np.array([len(sentence) for sentence, _ in reader.requests])
        coming = Ahead(reader.read, chunked(self.device, lengths))
        pooling = Pooling(len(spans), len(layers), self.features)
        kept: list[SpanTokens] = []
        done = 0

        def read(part: SpanTokens, batch: list[int]) -> None:
            at = pooling.positions(batch, max(len(part.rows[i]) for i in batch))
            rows, ways = [part.rows[i] for i in batch], [part.requests[i][1] for i in batch]
            states = self.states_at(rows, ways, at, layers)
            coming.prepare()  # a GPU is at the states
            pooling.take(batch, states)

        for part in map(joined, coming):
            pooling.begin(part.spans, part.texts, part.positions, part.counts)
            sizes = [len(row) for row in part.rows]
            each(self, part.requests, sizes, progress, partial(read, part), done, len(reader.requests))
            done += len(part.requests)
            kept.append(part)
        return pooling.end(), lambda: reader.named(kept)

    def occurrences(self, word: str, sentences: Iterable[str], progress: Progress = silent) -> Occurrences:
        """Contextual vectors of every mention of a word: :meth:`find` and :meth:`vectors` in one.

        Raises:
            NoMentionError: The word stands in none of the sentences.
        """
        sentences = texts(sentences)
        mentions = text.find(word, sentences)
        if not mentions:
            raise text.no_mention(word, sentences)
        return self.vectors(sentences, mentions, progress)

    def attention(
        self,
        sentence: str,
        layers: Sequence[int] | None = None,
        heads: Sequence[int] | None = None,
        attend: Attend = _FULL,
    ) -> Attention:
        """Attention weights of one sentence ``[layer, head, query, key]``; only what is asked for is kept.

        Args:
            sentence: The text.
            layers: Blocks, from 1 as in hidden states (block n makes layer n); None for all.
            heads: Heads, from 0; None for all.
            attend: Who may attend to whom.

        Raises:
            BadInputError: A layer or head that the model does not have, or a sentence that is no text.
        """
        sentence = one_text(sentence)
        blocks = chosen(layers, range(1, self.layers + 1), "layer")
        numbers = chosen(heads, range(self.heads), "head")
        row, way = self.tokens([sentence])[0], self.ways(attend, 1)[0]
        weights = np.empty((len(blocks), len(numbers), len(row), len(row)), dtype=np.float32)

        # Straight into its place: a long sentence has 170 MB of these.
        def keep(block: int, found: torch.Tensor) -> None:
            for place in (i for i, b in enumerate(blocks) if b - 1 == block):
                weights[place] = found.numpy()

        self.weights(row, way, [b - 1 for b in blocks], None if heads is None else numbers, keep)
        return Attention(sentence, weights, blocks, numbers, row, text.words_of(sentence))

    def trace(self, sentence: str, layer: int, head: int, attend: Attend = _FULL) -> HeadTrace:
        """One head on one sentence, from the vectors that enter its block to its output, number by number.

        The steps are worked out anew from the query, key and value that the model computed; the model itself goes on with
        what its fused kernel gives, and the difference between the two is part of the result.

        Args:
            sentence: The text.
            layer: Block, from 1.
            head: Head, from 0.
            attend: Who may attend to whom.

        Raises:
            BadInputError: A layer or head that the model does not have, or a sentence that is no text.
        """
        sentence = one_text(sentence)
        (layer,) = chosen([layer], range(1, self.layers + 1), "layer")
        (head,) = chosen([head], range(self.heads), "head")
        row, way = self.tokens([sentence])[0], self.ways(attend, 1)[0]
        inputs, kept = self.steps(row, way, layer - 1)
        steps, own = worked_out(kept, head)
        return HeadTrace(
            **vars(steps),
            sentence=sentence,
            layer=layer,
            head=head,
            tokens=row,
            words=text.words_of(sentence),
            inputs=inputs.numpy(),
            own=own,
            difference=float(np.abs(steps.values - own).max()),
            rotary=self.rotary,
            norm_first=self.norm_first,
        )
