"""The one forward pass: tokens in; hidden states, attention or logits out. Whoever asks a network asks it through here.

Here alone texts of several lengths become one batch and its padding is masked, what is to be changed in attention becomes a
request, and numbers go to the device that the network is on and come back as float32 on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ctxcore.errors import BadInputError, DeviceMemoryError
from ctxcore.models import devices, sharing
from ctxcore.models.arguments import Attends, chosen, one_way, several, texts
from ctxcore.models.attend import Capture, Steps, capturing
from ctxcore.models.interventions import Attend
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.types import Token

TOKENS_A_BATCH = 2048
"""Padding included. Sorted by length, larger batches gain nothing on a CPU and cost memory."""
_ON_A_GPU = 16_384
"""The same on a GPU that has the room: a small network is done with 2,048 tokens before the next batch has been asked for."""
_BESIDE = 24
"""Vectors that a token takes for a moment beside its hidden states, feed-forward block included."""
_A_BATCH = 2.2e10
"""Multiplications of a batch on a CPU, half a second on one core: so often work says how far it is, and can be stopped. Of a large
network smaller batches gain nothing either: 64 sentences in the bundled decoder took 5.2 s by 256 tokens and 5.3 s by 2,048."""

Row = Sequence[Token] | np.ndarray
"""Tokens of a text, or their numbers alone where all may attend to all."""


def call(
    network: Any, ids: torch.Tensor, mask: torch.Tensor | None = None, capture: Capture | None = None, **asked: Any
) -> Any:
    """One call of a network, or of the part of it below the output head.

    Args:
        network: The network.
        ids: Numbers of the tokens ``[row, token]``.
        mask: 1 where a token is read and 0 for padding; None where no token is padding.
        capture: What is kept and changed on the way; None leaves it to the caller's own context.
        **asked: What else transformers is asked for.

    Raises:
        DeviceMemoryError: The device has no room for it.
    """
    device = network.device
    given = {"input_ids": devices.sent(ids, device)}
    if mask is not None:
        given["attention_mask"] = devices.sent(mask, device)
    if capture is not None:
        capture.move(device)
    try:
        with sharing.turn(), torch.inference_mode(), nullcontext() if capture is None else capturing(capture):
            return network(**given, **asked)
    except RuntimeError as error:
        if not devices.is_full(error):
            raise
    devices.release(str(device))  # here, where the error holds on to no part of the pass any more
    raise DeviceMemoryError(f"{ids.shape[0]} texts of {ids.shape[1]} tokens on {device}, which has no room for them")


def settled(numbers: torch.Tensor) -> torch.Tensor:
    """As they are handed out, whatever the network reckons in and wherever."""
    return numbers.to("cpu", torch.float32)


def settled_steps(steps: Steps) -> Steps:
    """What a block computed with as it is handed out. What a mask forbids is the lowest number of float32 then."""
    found: dict[str, Any] = {
        name: settled(part) if isinstance(part, torch.Tensor) else part for name, part in vars(steps).items()
    }
    if steps.added is not None:
        forbidden = found["added"] <= torch.finfo(steps.added.dtype).min / 2
        found["added"] = found["added"].masked_fill(forbidden, torch.finfo(torch.float32).min)
    return Steps(**found)


def at_once(layers: int, features: int, device: str = "cpu", free: int | None = None) -> int:
    """Tokens of one batch, padding included, for a network of that size on that device, of which so many bytes are free."""
    if device != "cpu":
        room = 0 if free is None else free // 2 // (4 * features * (layers + 1 + _BESIDE))
        return max(TOKENS_A_BATCH, min(_ON_A_GPU, room))
    return max(1, min(TOKENS_A_BATCH, int(_A_BATCH / (12 * layers * features**2))))


def batches(order: Iterable[int], lengths: Sequence[int], most: int, alike: bool = False) -> Iterator[list[int]]:
    """Texts by length in batches of at most ``most`` tokens, padding included; a longer text is a batch of its own.

    Args:
        order: Their indices.
        lengths: Tokens of each text.
        most: The greatest number of tokens.
        alike: Only texts of one length together, so that there is no padding.
    """
    batch: list[int] = []
    for i in sorted(order, key=lambda i: lengths[i]):  # ascending, so the newcomer is the longest
        if batch and (lengths[i] * (len(batch) + 1) > most or (alike and lengths[i] > lengths[batch[0]])):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


@dataclass(frozen=True, eq=False)
class Said:
    """What the output head gave.

    Attributes:
        logits: ``[row, position, vocabulary]`` of the positions that were asked for.
        kept: Keys and values of all that was read, to go on from; None where they are not kept.
        hidden: Hidden states of each layer ``[row, position, feature]``, where they are asked for.
    """

    logits: torch.Tensor
    kept: Any
    hidden: tuple[torch.Tensor, ...]


class Transformer:
    """A network with the tokenizer that belongs to it.

    Attributes:
        network: What transformers made of the checkpoint.
        tokenizer: From a sentence to tokens.
        id: The name it was loaded by.
        kind: ``encoder`` or ``decoder``.
        layers: Number of transformer blocks.
        heads: Attention heads in each block.
        features: Length of a hidden state.
        limit: The greatest number of tokens it reads at once, special tokens included.
        at_once: Tokens of one batch, padding included. May be set; where a device had room for half a batch only, it is that.
    """

    def __init__(self, network: Any, tokenizer: SentenceTokenizer, id: str, kind: str) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.id = id
        self.kind = kind
        self.layers = int(network.config.num_hidden_layers)
        self.heads = int(network.config.num_attention_heads)
        self.features = int(network.config.hidden_size)
        self.limit = tokenizer.limit
        self.at_once = at_once(self.layers, self.features, network.device.type, devices.free(self.device))

    @property
    def device(self) -> str:
        """Where it computes: ``cpu``, ``cuda:0``, ``mps:0``."""
        return str(self.network.device)

    @property
    def dtype(self) -> str:
        """The number format it computes in: ``float32``, ``bfloat16``, ``float16``. What it gives is float32 always."""
        return str(self.network.dtype).removeprefix("torch.")

    @property
    def rounding(self) -> float:
        """By which share of its length a vector may differ that is computed in another order."""
        return devices.rounding(self.network.dtype)

    def read_at_most(self, tokens: int) -> None:
        """Read no text of more tokens, special ones included, though the network could: one pass cannot be stopped."""
        self.limit = self.tokenizer.limit = min(self.limit, tokens)

    def tokens(self, sentences: Iterable[str]) -> list[tuple[Token, ...]]:
        """Tokens of each sentence as the model reads it, special tokens included. TooLongError past the limit."""
        return self.tokenizer(texts(sentences))

    def hidden(self, rows: Sequence[Row], attends: Sequence[Attend] = ()) -> tuple[torch.Tensor, ...]:
        """Hidden states of each layer ``[row, token, feature]``, those of a shorter row followed by padding's."""
        return tuple(settled(s) for s in self._below_head(rows, attends, output_hidden_states=True).hidden_states)

    def states_at(
        self, rows: Sequence[Row], attends: Sequence[Attend], at: np.ndarray, layers: Sequence[int]
    ) -> list[torch.Tensor]:
        """Hidden states of some layers at some tokens ``[token, feature]``, where the network is and in its format.

        The tokens are counted through all rows of the padded batch.
        """
        there = devices.sent(torch.from_numpy(at), self.network.device)
        last = set(layers) == {self.layers}  # then no layer below need be kept
        found = self._below_head(rows, attends, output_hidden_states=not last)
        states = {self.layers: found.last_hidden_state} if last else found.hidden_states
        return [states[n].reshape(-1, self.features).index_select(0, there) for n in layers]

    def weights(
        self,
        row: Row,
        attend: Attend,
        blocks: Iterable[int],
        heads: tuple[int, ...] | None,
        keep: Callable[[int, torch.Tensor], None],
    ) -> None:
        """Hands attention weights of one text ``[head, query, key]`` to ``keep``, with their block (from 0), as they come."""
        capture = Capture(frozenset(blocks), heads, keep=lambda block, found: keep(block, settled(found[0])))
        self._below_head([row], [attend], capture, output_hidden_states=False)

    def steps(self, row: Row, attend: Attend, block: int) -> tuple[torch.Tensor, Steps]:
        """What entered a block (from 0) ``[token, feature]``, and what its attention computed with."""
        capture = Capture(frozenset({block}), whole=True)
        states = self._below_head([row], [attend], capture, output_hidden_states=True).hidden_states
        return settled(states[block][0]), settled_steps(capture.steps[block])

    def logits(
        self,
        rows: Sequence[Row],
        attends: Sequence[Attend] = (),
        *,
        last: bool = False,
        hidden: bool = False,
        start: int = 0,
        end: int | None = None,
        behind: Any = None,
        keep: bool = False,
    ) -> Said:
        """What the output head gives.

        Args:
            rows: Tokens of each text. What follows a row that is shorter than others is padding and means nothing.
            attends: Who may attend to whom, one a row; none where all may.
            last: Only for the last position of each.
            hidden: Give hidden states, too.
            start: The first position that is read; those before it are known from ``behind``.
            end: One past the last position that is read.
            behind: What an earlier pass kept.
            keep: Keep keys and values.
        """
        asked: dict[str, Any] = {"use_cache": keep}
        if keep:
            asked["cache"] = behind
        ends = [len(row[start:end]) - 1 for row in rows] if last else []
        places = sorted(set(ends))
        if last:
            asked["logits_to_keep"] = 1 if len(places) == 1 else torch.tensor(places, device=self.network.device)
        if hidden:
            asked["output_hidden_states"] = True
        found = self._run(self.network, rows, attends, None, start, end, **asked)
        states = found.hidden_states if hidden else ()
        logits = found.logits
        if len(places) > 1:
            logits = logits[range(len(rows)), [places.index(end) for end in ends]][:, None]
        return Said(settled(logits), found.cache if keep else None, tuple(settled(s) for s in states))

    def kept_for(self, kept: Any, rows: Sequence[int]) -> Any:
        """Keys and values that were kept of some rows, for new rows that each go on from one of them."""
        kept.batch_select_indices(torch.tensor(rows, device=self.network.device))
        return kept

    def head_of(self, states: Sequence[torch.Tensor], norm: Any) -> torch.Tensor:
        """Logits of hidden states ``[state, vocabulary]``, each normed first, but for the last: that one has been."""
        head, first = self.network.get_output_embeddings(), next(self.network.parameters())
        with torch.inference_mode():
            there = [s.to(first.device, first.dtype) for s in states]
            read = [head(s if norm is None else norm(s)) for s in there[:-1]]
            return settled(torch.stack([*read, head(there[-1])]))

    def ways(self, attend: Attends, count: int) -> list[Attend]:
        """One for each sentence; BadInputError where they are not as many, or name a head that does not exist."""
        attends = [one_way(one) for one in attend] if several(attend) else [one_way(attend)] * count
        if len(attends) != count:
            raise BadInputError(
                "Give one way to attend for all sentences, or one for each.",
                f"{len(attends)} for {count}",
                "Make the two lists equally long.",
            )
        for one in set(attends):
            self.check(one)
        return attends

    def check(self, attend: Attend) -> None:
        """BadInputError where it names a layer or head that this model does not have."""
        for layer, head in sorted(attend.silent):
            chosen([layer], range(1, self.layers + 1), "layer")
            chosen([head], range(self.heads), "head")
        for _, layers in attend.zeroed:
            for layer in layers or ():
                chosen([layer], range(1, self.layers + 1), "layer")

    def _below_head(
        self, rows: Sequence[Row], attends: Sequence[Attend] = (), capture: Capture | None = None, **asked: Any
    ) -> Any:
        """A pass that stops before the output head, which costs as much as several blocks."""
        if self.kind == "decoder":
            asked["use_cache"] = False
        return self._run(self.network.base_model, rows, attends, capture, return_dict=True, **asked)

    def _run(
        self,
        network: Any,
        rows: Sequence[Row],
        attends: Sequence[Attend],
        capture: Capture | None,
        start: int = 0,
        end: int | None = None,
        **asked: Any,
    ) -> Any:
        """One pass over the positions from ``start`` to ``end`` of right-padded rows."""
        ids, mask = self._padded([row[start:end] for row in rows])
        if any(attends):
            capture = self._changed(rows, attends, capture or Capture(frozenset()))
            if capture.allowed is not None:
                capture.allowed = capture.allowed[:, start:end, :end]
            capture.valueless = {block: keys[:, :end] for block, keys in capture.valueless.items()}
        # Where keys and values are kept, padding stands behind all that counts, and a decoder sees nothing behind a token.
        return call(network, ids, None if asked.get("use_cache") else mask, capture, **asked)

    def _padded(self, rows: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor]:
        """Numbers of the tokens ``[row, token]``, padded on the right, and which are no padding."""
        numbers = [
            row if isinstance(row, np.ndarray) else np.fromiter((t.id for t in row), np.int64, len(row)) for row in rows
        ]
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(lengths.max()) < lengths[:, None]
        ids = np.full(mask.shape, self.tokenizer.pad_id)
        ids[mask] = np.concatenate(numbers)
        return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))

    def _changed(self, rows: Sequence[Any], attends: Sequence[Attend], capture: Capture) -> Capture:
        """The request with what each row of the batch forbids and silences."""
        pairs = zip(attends, rows, strict=True)
        masks = [a.allowed(row, self.kind == "decoder", self.tokenizer.name_of) for a, row in pairs]
        if any(m is not None for m in masks):
            longest = max(len(row) for row in rows)
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
        valueless: dict[int, torch.Tensor] = {}
        for place, (a, row) in enumerate(zip(attends, rows, strict=True)):
            for keys, layers in a.without_value(row):
                for layer in layers or range(1, self.layers + 1):
                    if layer - 1 not in valueless:
                        valueless[layer - 1] = torch.zeros((len(rows), max(map(len, rows))), dtype=torch.bool)
                    valueless[layer - 1][place, keys] = True
        capture.valueless = valueless
        return capture
