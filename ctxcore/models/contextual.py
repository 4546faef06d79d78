"""ContextualModel: one forward pass gives hidden states and attention; everything else reads from its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ctxcore import text
from ctxcore.errors import BadInputError, NoMentionError, NoSentencesError
from ctxcore.models.attend import Capture, capturing
from ctxcore.models.gguf import Progress
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.types import Attention, Encoding, Mention, Occurrences, Token

_TOKENS_A_BATCH = 2048
"""Padding included. Sorted by length, larger batches gain nothing on a CPU and cost memory."""

_Rows = list[tuple[Token, ...]]


def _silent(share: float, what: str) -> None:
    """The progress callback of someone who did not ask."""


class ContextualModel:
    """A pretrained transformer that gives a word one vector per sentence and layer.

    Attributes:
        id: The name it was loaded by.
        revision: What pins the weights.
        kind: ``encoder`` (a token sees both sides) or ``decoder`` (a token sees what stands left of it).
        layers: Number of transformer blocks; hidden states have one layer more, the embedding output.
        heads: Attention heads in each block.
        features: Length of a hidden state.
        limit: The greatest number of tokens it reads at once, special tokens included.
        missing: Names of weights that the checkpoint lacks: what rests on them is refused.
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
    ) -> None:
        config = network.config
        self.network = network
        self.tokenizer = tokenizer
        self.id = id
        self.revision = revision
        self.kind = kind
        self.layers = int(config.num_hidden_layers)
        self.heads = int(config.num_attention_heads)
        self.features = int(config.hidden_size)
        self.limit = tokenizer.limit
        self.missing = tuple(missing)

    def __repr__(self) -> str:
        return f"ContextualModel({self.id!r}, {self.kind}, {self.layers} layers of {self.heads} heads, {self.features} features)"

    def tokens(self, sentences: Sequence[str]) -> _Rows:
        """Tokens of each sentence as the model reads it, special tokens included. TooLongError past the limit."""
        return self.tokenizer(_checked(sentences))

    def too_long(self, sentences: Sequence[str]) -> dict[int, int]:
        """Index -> number of tokens of each sentence that the model cannot read whole."""
        rows = self.tokenizer.unchecked(_checked(sentences)) if sentences else []
        return {i: len(row) for i, row in enumerate(rows) if len(row) > self.limit}

    def find(self, word: str, sentences: Sequence[str]) -> list[Mention]:
        """Every mention of a word; the same as :func:`ctxcore.find`."""
        return text.find(word, sentences)

    def encode(self, sentences: Sequence[str], progress: Progress = _silent) -> list[Encoding]:
        """Hidden states of every token of every sentence ``[layer, token, feature]``.

        Args:
            sentences: Any number; they are batched by length.
            progress: Called with the share done after each batch.

        Raises:
            TooLongError: A sentence has more tokens than the model reads. Nothing is cut.
            NoSentencesError: The list is empty.
        """
        rows = self.tokens(sentences)
        found: dict[int, Encoding] = {}
        for indices, hidden in self._passes(sentences, rows, progress):
            states = torch.stack(hidden).numpy()  # [layer, sentence, token, feature]
            for place, i in enumerate(indices):
                kept = np.array(states[:, place, : len(rows[i])], dtype=np.float32)
                found[i] = Encoding(sentences[i], rows[i], text.words_of(sentences[i]), kept)
        first = {s: i for i, s in reversed(list(enumerate(sentences)))}
        return [found[first[s]] for s in sentences]

    def vectors(
        self, sentences: Sequence[str], mentions: Sequence[Mention], progress: Progress = _silent
    ) -> Occurrences:
        """Contextual vectors of any spans: the mean over the tokens that overlap each span.

        Hidden states are pooled batch by batch, so that memory holds the result and one batch.

        Returns:
            Occurrences in the order of ``mentions``.

        Raises:
            BadInputError: A span lies outside its sentence, or the tokenizer leaves nothing of it.
            TooLongError: A sentence has more tokens than the model reads.
        """
        sentences = list(_checked(sentences))
        needed = sorted({_within(m, sentences).sentence_index for m in mentions})
        kept = [sentences[i] for i in needed]
        if not kept:
            raise NoSentencesError("no mention to read")
        rows = dict(zip(needed, self.tokenizer(kept, numbers=needed), strict=True))
        pieces = [_pieces(m, rows[m.sentence_index], sentences) for m in mentions]
        result = np.empty((len(mentions), self.layers + 1, self.features), dtype=np.float32)
        wanted: dict[str, list[int]] = {}
        for number, mention in enumerate(mentions):
            wanted.setdefault(sentences[mention.sentence_index], []).append(number)
        for indices, hidden in self._passes(kept, [rows[i] for i in needed], progress):
            width = hidden[0].shape[1]
            numbers = [(place, n) for place, i in enumerate(indices) for n in wanted[kept[i]]]
            flat = torch.tensor([place * width + p for place, n in numbers for p in pieces[n]])
            starts = np.cumsum([0, *(len(pieces[n]) for _, n in numbers)])[:-1]
            counts = np.array([len(pieces[n]) for _, n in numbers], dtype=np.float32)
            for layer, states in enumerate(hidden):
                rows_of_pieces = states.reshape(-1, self.features).index_select(0, flat).numpy()
                summed = np.add.reduceat(rows_of_pieces, starts, axis=0)  # [mention of this batch, feature]
                result[[n for _, n in numbers], layer] = summed / counts[:, None]
        return Occurrences(
            result,
            tuple(m.sentence_index for m in mentions),
            tuple((m.start, m.end) for m in mentions),
            tuple(sentences[m.sentence_index][m.start : m.end] for m in mentions),
            tuple(sentences),
            tuple(tuple(rows[m.sentence_index][p].text for p in ps) for m, ps in zip(mentions, pieces, strict=True)),
        )

    def occurrences(self, word: str, sentences: Sequence[str], progress: Progress = _silent) -> Occurrences:
        """Contextual vectors of every mention of a word: :meth:`find` and :meth:`vectors` in one.

        Raises:
            NoMentionError: The word stands in none of the sentences.
        """
        mentions = text.find(word, sentences)
        if not mentions:
            raise NoMentionError(word, sentences)
        return self.vectors(sentences, mentions, progress)

    def attention(
        self, sentence: str, layers: Sequence[int] | None = None, heads: Sequence[int] | None = None
    ) -> Attention:
        """Attention weights of one sentence ``[layer, head, query, key]``; only what is asked for is kept.

        Args:
            sentence: The text.
            layers: Blocks, from 1 as in hidden states (block n makes layer n); None for all.
            heads: Heads, from 0; None for all.

        Raises:
            BadInputError: A layer or head that the model does not have.
        """
        blocks = _chosen(layers, range(1, self.layers + 1), "layer")
        chosen = _chosen(heads, range(self.heads), "head")
        rows = self.tokens([sentence])
        capture = Capture(frozenset(b - 1 for b in blocks), None if heads is None else chosen)
        with capturing(capture):
            self._forward([rows[0]], hidden_states=False)
        weights = torch.stack([capture.weights[b - 1][0] for b in blocks]).numpy()
        return Attention(
            sentence, weights.astype(np.float32, copy=False), blocks, chosen, rows[0], text.words_of(sentence)
        )

    def _passes(
        self, sentences: Sequence[str], rows: _Rows, progress: Progress
    ) -> Iterator[tuple[list[int], tuple[torch.Tensor, ...]]]:
        """Forward passes over the distinct sentences, batched by length: their indices and hidden states by layer.

        A repeated sentence is read once, so that its mentions are equal to the last bit.
        """
        distinct = list({s: i for i, s in reversed(list(enumerate(sentences)))}.values())
        done = 0
        for indices in _batches(sorted(distinct, key=lambda i: (len(rows[i]), i)), [len(r) for r in rows]):
            yield indices, self._forward([rows[i] for i in indices], hidden_states=True)
            done += len(indices)
            progress(done / len(distinct), f"{done} of {len(distinct)} sentences read")

    def _forward(self, rows: _Rows, hidden_states: bool) -> tuple[torch.Tensor, ...]:
        """One forward pass of a right-padded batch: hidden states ``[batch, token, feature]`` of each layer."""
        longest = max(len(row) for row in rows)
        ids = torch.full((len(rows), longest), self.tokenizer.pad_id)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor([t.id for t in row])
            mask[place, : len(row)] = 1
        extra = {"use_cache": False} if self.kind == "decoder" else {}
        with torch.inference_mode():
            output = self.network.base_model(
                input_ids=ids, attention_mask=mask, output_hidden_states=hidden_states, return_dict=True, **extra
            )
        return tuple(output.hidden_states) if hidden_states else ()


def _checked(sentences: Sequence[str]) -> Sequence[str]:
    if isinstance(sentences, str):
        raise BadInputError("A list of sentences is needed.", "one string", "Put it in a list: [sentence].")
    if not sentences:
        raise NoSentencesError
    return sentences


def _within(mention: Mention, sentences: Sequence[str]) -> Mention:
    """The mention, if its span lies inside its sentence."""
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


def _pieces(mention: Mention, row: tuple[Token, ...], sentences: Sequence[str]) -> list[int]:
    found = text.overlapping(row, (mention.start, mention.end))
    if not found:
        span = sentences[mention.sentence_index][mention.start : mention.end]
        raise BadInputError(
            "A mention must leave at least one token.",
            f"{span!r}, which this model's tokenizer drops",
            "Choose another word or another model.",
        )
    return found


def _batches(order: list[int], lengths: list[int]) -> Iterator[list[int]]:
    """Cut indices sorted by length into batches of at most ``_TOKENS_A_BATCH`` tokens, padding included."""
    batch: list[int] = []
    for i in order:  # ascending, so the newcomer is the longest
        if batch and lengths[i] * (len(batch) + 1) > _TOKENS_A_BATCH:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _chosen(asked: Sequence[int] | None, offered: range, what: str) -> tuple[int, ...]:
    """The asked numbers, or all; BadInputError for one that does not exist."""
    if asked is None:
        return tuple(offered)
    if isinstance(asked, int):
        asked = (asked,)
    wrong = [n for n in asked if n not in offered]
    if wrong or not asked:
        raise BadInputError(
            f"This model has {what}s {offered.start} to {offered.stop - 1}.",
            f"{what} {wrong[0]}" if wrong else f"no {what}",
            f"Choose a {what} in that range.",
        )
    return tuple(asked)
