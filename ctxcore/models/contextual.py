"""ContextualModel: what is asked of a pretrained transformer, and what its one forward pass gives for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from numbers import Real
from typing import Any

import numpy as np
import torch

from ctxcore import text
from ctxcore.errors import BadInputError, MissingWeightsError, NoSentencesError, NotADecoderError
from ctxcore.models import decoding
from ctxcore.models.arguments import Attends, chosen, one_text, several, texts
from ctxcore.models.head_steps import worked_out
from ctxcore.models.interventions import Attend, whole
from ctxcore.models.passes import Request, Row, Transformer, read_once
from ctxcore.models.patching import patchable
from ctxcore.models.pooling import Pooling, pieces_of, within
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.progress import Progress, silent
from ctxcore.types import (
    Attention,
    Encoding,
    GeneratedToken,
    HeadTrace,
    Lens,
    Mention,
    Occurrences,
    Origin,
    Prediction,
    SentenceScore,
)

_OUTPUT_HEADS = ("lm_head", "embed_out")
"""How checkpoints name the part that turns vectors into words."""

_LISTED = "The number of words to list is 0 or more."
_FULL = Attend.full()


class ContextualModel(Transformer):
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
        return f"ContextualModel({self.id!r}, {self.kind}, {self.layers} layers of {self.heads} heads, {self.features} features)"

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
        for batch in read_once(asked, rows, progress):
            hidden = self.hidden([rows[i] for i in batch], [attends[i] for i in batch])
            states = torch.stack(hidden).numpy()  # [layer, sentence, token, feature]
            for place, i in enumerate(batch):
                kept = np.array(states[:, place, : len(rows[i])])
                found[asked[i]] = Encoding(sentences[i], rows[i], text.words_of(sentences[i]), kept)
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
        needed = sorted({within(m, sentences).sentence_index for m in mentions})
        if not needed:
            raise NoSentencesError("no mention to read")
        rows = dict(zip(needed, self.tokenizer([sentences[i] for i in needed], numbers=needed), strict=True))
        pieces = [pieces_of(m, rows, sentences) for m in mentions]
        asked = {i: (sentences[i], attends[i]) for i in needed}
        spans = [(asked[m.sentence_index], ps) for m, ps in zip(mentions, pieces, strict=True)]
        vectors = self._pooled(
            Pooling(spans, self.layers + 1, self.features), list(asked.values()), list(rows.values()), progress
        )
        return Occurrences(
            vectors,
            tuple(m.sentence_index for m in mentions),
            tuple((m.start, m.end) for m in mentions),
            tuple(sentences[m.sentence_index][m.start : m.end] for m in mentions),
            tuple(sentences),
            tuple(tuple(rows[m.sentence_index][p].text for p in ps) for m, ps in zip(mentions, pieces, strict=True)),
        )

    def _pooled(
        self, pooling: Pooling, asked: Sequence[Request], rows: Sequence[Row], progress: Progress
    ) -> np.ndarray:
        for batch in read_once(asked, rows, progress):
            here, read = [asked[i] for i in batch], [rows[i] for i in batch]
            at = pooling.positions(here, max(map(len, read)))
            pooling.take(here, self.hidden(read, [attend for _, attend in here], at))
        return pooling.vectors

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

    def next_logits(self, sentence: str, attend: Attends = _FULL, progress: Progress = silent) -> np.ndarray:
        """Logits of the token that follows a sentence, once for each way to attend ``[attend, vocabulary]``.

        Raises:
            NotADecoderError: An encoder does not predict a next token.
            MissingWeightsError: The checkpoint has no output head; transformers fills it at random.
        """
        self.must_predict()
        attends = self.ways(attend, len(attend) if several(attend) else 1)
        if not attends:
            raise BadInputError("At least one way to attend is needed.", "none", "Give Attend.full().")
        return decoding.next_logits(self, sentence, attends, progress)

    def next_words(
        self, prefixes: Iterable[str], candidates: Iterable[str] = (), k: int = 10, attend: Attend = _FULL
    ) -> list[Prediction]:
        """What comes next after each prefix.

        A candidate is read after one blank (none before punctuation); blanks at the end of a prefix are not read. Of several tokens, its
        probability is the product of each given the ones before, computed in one batch behind the prefix's keys and values.
        Whether the word ends there is not counted.

        Args:
            prefixes: Texts to go on from.
            candidates: Words whose probability is asked.
            k: How many of the likeliest tokens to list.
            attend: Who may attend to whom.

        Raises:
            NotADecoderError: An encoder does not predict a next token.
            MissingWeightsError: The checkpoint has no output head.
            TooLongError: A prefix with a candidate is longer than the model reads.
        """
        self.must_predict()
        prompts, words = texts(prefixes, "prompt"), text.listed(candidates, "candidate")
        return decoding.next_words(self, prompts, words, whole(k, _LISTED), self.ways(attend, 1)[0])

    def generate(
        self,
        prefix: str,
        most: int = 20,
        temperature: float = 0.0,
        seed: int = 0,
        attend: Attend = _FULL,
        k: int = 5,
    ) -> Iterator[GeneratedToken]:
        """A continuation, one token at a time, until the model ends the text. Stop asking and it stops.

        Args:
            prefix: The text to go on from.
            most: The greatest number of tokens.
            temperature: 0 takes the likeliest token each time; above, one is drawn from softmax(logits / temperature).
            seed: Of the draws.
            attend: Who may attend to whom.
            k: How many of the likeliest tokens to list beside each.

        Raises:
            BadInputError: A temperature below 0.
            TooLongError: Prefix and continuation would be longer than the model reads.
        """
        self.must_predict()
        if not isinstance(temperature, Real) or not 0 <= temperature < float("inf"):
            raise BadInputError("A temperature is 0 or more.", repr(temperature), "0 takes the likeliest token.")
        most, k = whole(most, "The number of tokens to go on for is 0 or more."), whole(k, _LISTED)
        seed = whole(seed, "A seed is 0 or more.")
        return decoding.generate(
            self, one_text(prefix, "prompt"), most, float(temperature), seed, self.ways(attend, 1)[0], k
        )

    def log_probability(self, sentence: str, attend: Attend = _FULL) -> SentenceScore:
        """How likely a sentence is, token by token, from the start token on. Errors as :meth:`next_words`."""
        self.must_predict()
        return decoding.log_probability(self, one_text(sentence), self.ways(attend, 1)[0])

    def lens(self, prefix: str, candidates: Iterable[str] = (), k: int = 5, attend: Attend = _FULL) -> Lens:
        """What each layer would say comes next (the logit lens, nostalgebraist 2020). Errors as :meth:`next_words`.

        Raises:
            UnsupportedModelError: Final norm and output matrix do not give the model's own logits at its last layer.
        """
        self.must_predict()
        prompt, words = one_text(prefix, "prompt"), text.listed(candidates, "candidate")
        return decoding.lens(self, prompt, words, whole(k, _LISTED), self.ways(attend, 1)[0])

    def _predicts(self) -> bool:
        """Is it a decoder whose output head came from its checkpoint?"""
        absent = any(head in name for name in self.missing for head in _OUTPUT_HEADS)
        return self.kind == "decoder" and self.network.get_output_embeddings() is not None and not absent

    def must_predict(self) -> None:
        """NotADecoderError or MissingWeightsError where a next token cannot be read truthfully."""
        if self.kind != "decoder":
            raise NotADecoderError(self.id)
        if not self._predicts():
            raise MissingWeightsError(
                "The next word is read from an output head that must come from the checkpoint.",
                f"{self.id} without one",
                "Choose a complete checkpoint of a causal language model.",
            )
