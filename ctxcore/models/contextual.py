"""ContextualModel: one forward pass gives hidden states and attention; everything else reads from its result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np
import torch

from ctxcore import text
from ctxcore.errors import BadInputError, MissingWeightsError, NoSentencesError, NotADecoderError
from ctxcore.measures.attention_steps import attention_steps
from ctxcore.models import decoding
from ctxcore.models.attend import Capture, Steps, capturing
from ctxcore.models.interventions import Attend, whole
from ctxcore.models.tokenising import SentenceTokenizer, batches
from ctxcore.progress import Progress, silent
from ctxcore.types import (
    Attention,
    AttentionSteps,
    Encoding,
    GeneratedToken,
    HeadTrace,
    Lens,
    Mention,
    Occurrences,
    Origin,
    Prediction,
    SentenceScore,
    Token,
)

_TOKENS_A_BATCH = 2048
"""Padding included. Sorted by length, larger batches gain nothing on a CPU and cost memory."""

_OUTPUT_HEADS = ("lm_head", "embed_out")
"""How checkpoints name the part that turns vectors into words."""

_Rows = list[tuple[Token, ...]]
_LISTED = "The number of words to list is 0 or more."
_FULL = Attend.full()
_silent = silent
Attends = Attend | Sequence[Attend]
"""One for all sentences, or one for each."""


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
        rotary: Queries and keys are turned by their position (Su et al. 2021).
        norm_first: A block normalises what enters it before it makes queries, keys and values.
        origin: Where the weights come from.
        uses: What the self-check at load found it can be used for: ``vectors``, ``attention``, ``next words``.
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
        self.origin = origin or Origin("memory")
        self.uses = frozenset({"vectors", "attention"} | ({"next words"} if self._predicts() else set()))
        parts = {name.rpartition(".")[2]: type(part).__name__ for name, part in network.named_modules()}
        self.rotary = any("Rotary" in kind for kind in parts.values())
        names = ("input_layernorm", "ln_1", "self_attn_layer_norm", "attn_norm", "SelfAttention")  # the last is T5's
        before = not parts.keys().isdisjoint(names)
        self.norm_first = before and bool(getattr(config, "do_layer_norm_before", True))

    def __repr__(self) -> str:
        return f"ContextualModel({self.id!r}, {self.kind}, {self.layers} layers of {self.heads} heads, {self.features} features)"

    @property
    def memory(self) -> int:
        """Bytes of its parameters and buffers, each counted once; what a sentence needs for a moment is not in it."""
        parts = [*self.network.parameters(), *self.network.buffers()]
        return int(sum(part.numel() * part.element_size() for part in parts))

    def tokens(self, sentences: Iterable[str]) -> _Rows:
        """Tokens of each sentence as the model reads it, special tokens included. TooLongError past the limit."""
        return self.tokenizer(_texts(sentences))

    def too_long(self, sentences: Iterable[str]) -> dict[int, int]:
        """Index -> number of tokens of each sentence that the model cannot read whole."""
        rows = self.tokenizer.unchecked(text.listed(sentences))
        return {i: len(row) for i, row in enumerate(rows) if len(row) > self.limit}

    def find(self, word: str, sentences: Iterable[str]) -> list[Mention]:
        """Every mention of a word; the same as :func:`ctxcore.find`."""
        return text.find(word, text.listed(sentences))

    def encode(self, sentences: Iterable[str], progress: Progress = _silent, attend: Attends = _FULL) -> list[Encoding]:
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
        sentences = _texts(sentences)
        rows, attends = self.tokens(sentences), self._attends(attend, len(sentences))
        found: dict[int, Encoding] = {}
        for indices, hidden in self._passes(sentences, rows, attends, progress):
            states = torch.stack(hidden).numpy()  # [layer, sentence, token, feature]
            for place, i in enumerate(indices):
                kept = np.array(states[:, place, : len(rows[i])], dtype=np.float32)
                found[i] = Encoding(sentences[i], rows[i], text.words_of(sentences[i]), kept)
        asked = list(zip(sentences, attends, strict=True))
        first = _firsts(asked)
        return [found[first[a]] for a in asked]

    def vectors(
        self,
        sentences: Iterable[str],
        mentions: Iterable[Mention],
        progress: Progress = _silent,
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
        sentences = _texts(sentences)
        attends = self._attends(attend, len(sentences))
        mentions = list(mentions) if isinstance(mentions, Iterable) else [mentions]
        needed = sorted({_within(m, sentences).sentence_index for m in mentions})
        kept = [sentences[i] for i in needed]
        if not kept:
            raise NoSentencesError("no mention to read")
        rows = dict(zip(needed, self.tokenizer(kept, numbers=needed), strict=True))
        pieces = [_pieces(m, rows[m.sentence_index], sentences) for m in mentions]
        result = np.empty((len(mentions), self.layers + 1, self.features), dtype=np.float32)
        wanted: dict[tuple[str, Attend], list[int]] = {}
        for number, mention in enumerate(mentions):
            asked = (sentences[mention.sentence_index], attends[mention.sentence_index])
            wanted.setdefault(asked, []).append(number)
        theirs = [attends[i] for i in needed]
        for indices, hidden in self._passes(kept, [rows[i] for i in needed], theirs, progress):
            width = hidden[0].shape[1]
            numbers = [(place, n) for place, i in enumerate(indices) for n in wanted[kept[i], theirs[i]]]
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

    def occurrences(self, word: str, sentences: Iterable[str], progress: Progress = _silent) -> Occurrences:
        """Contextual vectors of every mention of a word: :meth:`find` and :meth:`vectors` in one.

        Raises:
            NoMentionError: The word stands in none of the sentences.
        """
        sentences = _texts(sentences)
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
        sentence = _text(sentence)
        blocks = _chosen(layers, range(1, self.layers + 1), "layer")
        chosen = _chosen(heads, range(self.heads), "head")
        rows, attends = self.tokens([sentence]), self._attends(attend, 1)
        weights = np.empty((len(blocks), len(chosen), len(rows[0]), len(rows[0])), dtype=np.float32)

        # Straight into its place: a long sentence has 170 MB of these.
        def keep(block: int, found: torch.Tensor) -> None:
            for place in (i for i, b in enumerate(blocks) if b - 1 == block):
                weights[place] = found[0].numpy()

        capture = Capture(frozenset(b - 1 for b in blocks), None if heads is None else chosen, keep=keep)
        self._forward(rows, attends, hidden_states=False, capture=capture)
        return Attention(sentence, weights, blocks, chosen, rows[0], text.words_of(sentence))

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
        sentence = _text(sentence)
        (layer,) = _chosen([layer], range(1, self.layers + 1), "layer")
        (head,) = _chosen([head], range(self.heads), "head")
        rows, attends = self.tokens([sentence]), self._attends(attend, 1)
        capture = Capture(frozenset({layer - 1}), whole=True)
        hidden = self._forward(rows, attends, hidden_states=True, capture=capture)
        steps, own = worked_out(capture.steps[layer - 1], head)
        return HeadTrace(
            **vars(steps),
            sentence=sentence,
            layer=layer,
            head=head,
            tokens=rows[0],
            words=text.words_of(sentence),
            inputs=hidden[layer - 1][0].numpy(),
            own=own,
            difference=float(np.abs(steps.values - own).max()),
            rotary=self.rotary,
            norm_first=self.norm_first,
        )

    def next_logits(self, sentence: str, attend: Attends = _FULL, progress: Progress = _silent) -> np.ndarray:
        """Logits of the token that follows a sentence, once for each way to attend ``[attend, vocabulary]``.

        Raises:
            NotADecoderError: An encoder does not predict a next token.
            MissingWeightsError: The checkpoint has no output head; transformers fills it at random.
        """
        self.must_predict()
        row, attends = self.tokens([sentence])[0], self._attends(attend, len(attend) if _several(attend) else 1)
        if not attends:
            raise BadInputError("At least one way to attend is needed.", "none", "Give Attend.full().")
        found = []
        for start in range(0, len(attends), size := max(1, _TOKENS_A_BATCH // len(row))):
            part = attends[start : start + size]
            found.append(self._forward([row] * len(part), part, logits=True)[0][:, -1].numpy())
            progress(min(1.0, (start + size) / len(attends)), f"{start + len(part)} of {len(attends)} read")
        return np.concatenate(found)

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
        prompts, words = _texts(prefixes, "prompt"), text.listed(candidates, "candidate")
        return decoding.next_words(self, prompts, words, whole(k, _LISTED), _one_way(attend))

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
        return decoding.generate(self, _text(prefix, "prompt"), most, float(temperature), seed, _one_way(attend), k)

    def log_probability(self, sentence: str, attend: Attend = _FULL) -> SentenceScore:
        """How likely a sentence is, token by token, from the start token on. Errors as :meth:`next_words`."""
        self.must_predict()
        return decoding.log_probability(self, _text(sentence), _one_way(attend))

    def lens(self, prefix: str, candidates: Iterable[str] = (), k: int = 5, attend: Attend = _FULL) -> Lens:
        """What each layer would say comes next (the logit lens, nostalgebraist 2020). Errors as :meth:`next_words`.

        Raises:
            UnsupportedModelError: Final norm and output matrix do not give the model's own logits at its last layer.
        """
        self.must_predict()
        prompt, words = _text(prefix, "prompt"), text.listed(candidates, "candidate")
        return decoding.lens(self, prompt, words, whole(k, _LISTED), _one_way(attend))

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

    def check(self, attend: Attend) -> None:
        """BadInputError where it names a layer or head that this model does not have."""
        for layer, head in sorted(attend.silent):
            _chosen([layer], range(1, self.layers + 1), "layer")
            _chosen([head], range(self.heads), "head")

    def _attends(self, attend: Attends, count: int) -> list[Attend]:
        """One for each sentence; BadInputError where they are not as many, or name a head that does not exist."""
        attends = [_one_way(one) for one in attend] if _several(attend) else [_one_way(attend)] * count
        if len(attends) != count:
            raise BadInputError(
                "Give one way to attend for all sentences, or one for each.",
                f"{len(attends)} for {count}",
                "Make the two lists equally long.",
            )
        for one in set(attends):
            self.check(one)
        return attends

    def _passes(
        self, sentences: Sequence[str], rows: _Rows, attends: Sequence[Attend], progress: Progress
    ) -> Iterator[tuple[list[int], tuple[torch.Tensor, ...]]]:
        """Forward passes over the distinct sentences, batched by length: their indices and hidden states by layer.

        A sentence that is repeated with the same way to attend is read once, so that its mentions are equal to the last bit.
        """
        distinct = list(_firsts(zip(sentences, attends, strict=True)).values())
        done = 0
        for indices in batches(
            sorted(distinct, key=lambda i: (len(rows[i]), i)), [len(r) for r in rows], _TOKENS_A_BATCH
        ):
            yield indices, self._forward([rows[i] for i in indices], [attends[i] for i in indices])
            done += len(indices)
            progress(done / len(distinct), f"{done} of {len(distinct)} sentences read")

    def _forward(
        self,
        rows: _Rows,
        attends: Sequence[Attend] = (),
        *,
        hidden_states: bool = True,
        logits: bool = False,
        capture: Capture | None = None,
    ) -> tuple[torch.Tensor, ...]:
        """One forward pass of a right-padded batch.

        Returns:
            Hidden states ``[batch, token, feature]`` of each layer; or the logits alone, of the last position.
        """
        longest = max(len(row) for row in rows)
        ids = torch.full((len(rows), longest), self.tokenizer.pad_id)
        mask = torch.zeros((len(rows), longest), dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor([t.id for t in row])
            mask[place, : len(row)] = 1
        if any(attends):
            capture = self.changed(rows, attends, longest, capture or Capture(frozenset()))
        extra = {"use_cache": False} if self.kind == "decoder" else {}
        with torch.inference_mode(), capturing(capture) if capture else nullcontext():
            if logits:
                return (self.network(input_ids=ids, attention_mask=mask, logits_to_keep=1, **extra).logits,)
            output = self.network.base_model(
                input_ids=ids, attention_mask=mask, output_hidden_states=hidden_states, return_dict=True, **extra
            )
        return tuple(output.hidden_states) if hidden_states else ()

    def changed(self, rows: _Rows, attends: Sequence[Attend], longest: int, capture: Capture) -> Capture:
        """The request with what each row of the batch forbids and silences."""
        masks = [
            a.allowed(row, self.kind == "decoder", self.tokenizer.name_of) for a, row in zip(attends, rows, strict=True)
        ]
        if any(m is not None for m in masks):
            capture.allowed = torch.ones((len(rows), longest, longest), dtype=torch.bool)
            for place, found in enumerate(masks):
                if found is not None:
                    capture.allowed[place, : len(found), : len(found)] = torch.from_numpy(found)
        silent: dict[int, torch.Tensor] = {}
        for place, a in enumerate(attends):
            for layer, head in a.silent:
                block = silent.setdefault(layer - 1, torch.zeros((len(rows), self.heads), dtype=torch.bool))
                block[place, head] = True
        capture.silent = silent
        return capture


def worked_out(kept: Steps, head: int) -> tuple[AttentionSteps, np.ndarray]:
    """One head of the batch's first text worked out anew, and what the model went on with ``[query, d_head]``."""
    q, k, v = (part[0, head].numpy() for part in (kept.query, kept.key, kept.value))
    shape = (len(q), len(k))
    added, bias = _of_head(kept.added, head, shape), _of_head(kept.position_bias, head, shape)
    mask = None if added is None else added > torch.finfo(kept.query.dtype).min / 2
    steps = attention_steps(q, k, v, scaling=kept.scaling, mask=mask, bias=bias, softcap=kept.softcap)
    return steps, kept.output[0, :, head].numpy()


def _of_head(part: torch.Tensor | None, head: int, shape: tuple[int, int]) -> np.ndarray | None:
    """One head's ``[query, key]`` of what may be shared by all heads, or by all queries."""
    return None if part is None else np.broadcast_to(part[0, head if part.shape[1] > 1 else 0].numpy(), shape)


def _firsts(asked: Iterable[tuple[str, Attend]]) -> dict[tuple[str, Attend], int]:
    """Where each distinct request stands first."""
    found: dict[tuple[str, Attend], int] = {}
    for i, request in enumerate(asked):
        found.setdefault(request, i)
    return found


def _texts(given: Iterable[str], what: str = "sentence") -> list[str]:
    """At least one text; see :func:`ctxcore.text.listed`."""
    found = text.listed(given, what)
    if not found:
        raise NoSentencesError
    return found


def _text(given: str, what: str = "sentence") -> str:
    """One text."""
    if isinstance(given, list | tuple):
        raise BadInputError(f"One {what} is asked for.", f"a list of {len(given)}", "Ask for one after the other.")
    return text.listed([given], what)[0]


def _several(attend: Attends) -> TypeGuard[Sequence[Attend]]:
    return isinstance(attend, Sequence) and not isinstance(attend, str)


def _one_way(attend: object) -> Attend:
    if not isinstance(attend, Attend):
        raise BadInputError("A way to attend is made by Attend.", repr(attend), "Give Attend.full(), or leave it out.")
    return attend


def _within(mention: Mention, sentences: Sequence[str]) -> Mention:
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


def _chosen(asked: Sequence[int] | None, offered: range, what: str) -> tuple[int, ...]:
    """The asked numbers, or all; BadInputError for one that does not exist."""
    if asked is None:
        return tuple(offered)
    numbers = list(asked) if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]
    wrong = [n for n in numbers if not isinstance(n, Integral) or n not in offered]
    if wrong or not numbers:
        raise BadInputError(
            f"This model has {what}s {offered.start} to {offered.stop - 1}.",
            f"{what} {wrong[0]!r}" if wrong else f"no {what}",
            f"Choose a {what} in that range.",
        )
    return tuple(int(n) for n in numbers)
