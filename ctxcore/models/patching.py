"""States put into a run: the one mechanism behind activation patching (Vig et al. 2020; Meng et al. 2022), for every family.

Every block has a hook from load on. It reads a context variable and does nothing without one, so that a plain pass computes what
it always did, and two threads that use one model never see each other's patches. Blocks are counted by call: ALBERT calls one of
them over and over.

Layers are counted as in hidden states. What is put in is the residual stream between two blocks: of layer 0 the embedding output,
of layer n what block n hands on. Rows that are patched at layer l join the batch where block l + 1 begins, as copies of the one
row that ran so far, and run through the blocks above alone. In a decoder nothing left of a patched token changes: the batch begins
at the first patched one, behind the keys and values that the plain run has of those before it. What is read at the end stands
after the final norm, where there is one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

import torch
from transformers import Cache, DynamicCache
from transformers.cache_utils import DynamicLayer

from ctxcore.errors import UnsupportedModelError
from ctxcore.models.devices import alike
from ctxcore.models.passes import at_once, call
from ctxcore.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Put:
    """What is put into one run.

    Attributes:
        layer: Where, from 0 for the embedding output to one below the last.
        positions: Tokens of the run.
        states: What they become ``[position, feature]``.
    """

    layer: int
    positions: tuple[int, ...]
    states: torch.Tensor


@dataclass(frozen=True, eq=False)
class Run:
    """One sentence as it is, and what is needed to put its states elsewhere, or others into it. On the network's device.

    Attributes:
        ids: Numbers of its tokens ``[1, token]``.
        states: The residual stream of each layer but the last ``[layer][token, feature]``, and what is read at the end, after
            the final norm.
        kept: A decoder's keys and values ``[block][1, head, token, d_head]``; empty for an encoder.
        logits: What the output head gives ``[token, vocabulary]``; empty where it is not asked for.
    """

    ids: torch.Tensor
    states: tuple[torch.Tensor, ...]
    kept: tuple[tuple[torch.Tensor, torch.Tensor], ...]
    logits: torch.Tensor


@dataclass
class _Growing:
    """One batch that grows: its first row is the run as it is, each put adds one at its layer.

    Attributes:
        puts: Layer -> what is put in there, in the order of their rows.
        start: The position that the batch begins at.
        calls: Blocks that were entered so far.
    """

    puts: dict[int, list[Put]]
    start: int = 0
    calls: int = field(default=0)

    def enter(self, states: torch.Tensor) -> torch.Tensor:
        """The batch as the next block reads it ``[row, token, feature]``."""
        puts = self.puts.get(self.calls, [])
        self.calls += 1
        if not puts:
            return states
        rows = states[:1].repeat(len(puts), 1, 1)
        for row, put in zip(rows, puts, strict=True):
            row[[p - self.start for p in put.positions]] = put.states.to(row)
        return torch.cat([states, rows])


_log = logging.getLogger(__name__)
_growing: ContextVar[_Growing | None] = ContextVar("ctxcore_patches", default=None)
_patchable: WeakSet[torch.nn.Module] = WeakSet()


def _enter(block: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The hook of every block."""
    growing = _growing.get()
    if growing is None:
        return None
    if given:
        return (growing.enter(given[0]), *given[1:]), named
    return given, {**named, "hidden_states": growing.enter(named["hidden_states"])}


@contextmanager
def _putting(growing: _Growing) -> Iterator[None]:
    token = _growing.set(growing)
    try:
        yield
    finally:
        _growing.reset(token)


class _Behind(DynamicLayer):
    """Keys and values of what stands before the batch: those of one row, for every row of it. Nothing is added to them."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        self.keys, self.values = keys, values

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of one block: those before the batch, then its own."""
        keys, values = (part.expand(len(key_states), -1, -1, -1) for part in (self.keys, self.values))
        return torch.cat([keys, key_states], dim=2), torch.cat([values, value_states], dim=2)


def plain(network: Any, ids: torch.Tensor, causal: bool, logits: bool = False) -> Run:
    """One sentence ``[1, token]`` as it is."""
    ids = ids.to(network.device)
    asked: dict[str, Any] = {"use_cache": True, "cache": DynamicCache()} if causal else {}
    part = network if logits else network.base_model
    found = call(part, ids, None, output_hidden_states=True, return_dict=True, **asked)
    kept = tuple((layer.keys, layer.values) for layer in asked["cache"].layers) if causal else ()
    states = tuple(state[0] for state in found.hidden_states)
    return Run(ids, states, kept, found.logits[0] if logits else torch.empty(0))


def finals(network: Any, run: Run, puts: Sequence[Put], at: Sequence[int], progress: Progress = silent) -> torch.Tensor:
    """The last layer of a run that something is put into, once for each put ``[put, position, feature]``.

    Args:
        network: The network.
        run: The sentence that states are put into, as it is.
        puts: What is put in; each is a run of its own.
        at: Positions that are read.
        progress: Called with the share done.
    """
    read = run.states[-1][list(at)].repeat(len(puts), 1, 1)
    for start, part in _batches(run, puts, progress):
        changed = [n for n, position in enumerate(at) if position >= start]
        states = _grown(network.base_model, run, [puts[i] for i in part], start).last_hidden_state[1:]
        for n in changed:
            read[part, n] = states[:, at[n] - start]
    return read


def last_logits(
    network: Any,
    run: Run,
    puts: Sequence[Put],
    count: int,
    read: Callable[[torch.Tensor], torch.Tensor],
    progress: Progress = silent,
) -> torch.Tensor:
    """What ``read`` makes of the logits of the last positions of a decoder's run ``[row, position, vocabulary]``, once for each put.

    Args:
        network: A network with an output head.
        run: The sentence that states are put into, as it is.
        puts: What is put in before or at the first of those positions; each is a run of its own.
        count: How many positions.
        read: Gives one entry a row; nothing else is kept.
        progress: Called with the share done.
    """
    entries: dict[int, torch.Tensor] = {}
    for start, part in _batches(run, puts, progress):
        found = _grown(network, run, [puts[i] for i in part], start, logits_to_keep=count).logits[1:]
        entries.update(zip(part, read(found), strict=True))
    return torch.stack([entries[i] for i in range(len(puts))])


def _batches(run: Run, puts: Sequence[Put], progress: Progress) -> Iterator[tuple[int, list[int]]]:
    """Where a batch begins, and the puts that it takes, sorted by layer."""
    starts = [min(put.positions) if run.kept else 0 for put in puts]
    most, done = at_once(len(run.states) - 1, run.states[0].shape[-1], run.ids.device.type), 0
    for start in sorted(set(starts)):
        there = [i for i, first in enumerate(starts) if first == start]
        size = max(1, most // (run.ids.shape[1] - start))
        for part in (there[i : i + size] for i in range(0, len(there), size)):
            yield start, sorted(part, key=lambda i: puts[i].layer)
            done += len(part)
            progress(done / len(puts), f"{done} of {len(puts)} states moved")


def _grown(part: Any, run: Run, puts: Sequence[Put], start: int, **asked: Any) -> Any:
    """A pass from a position on: the run as it is, then the runs of puts that are sorted by layer."""
    by_layer: dict[int, list[Put]] = {}
    for put in puts:
        by_layer.setdefault(put.layer, []).append(put)
    if run.kept:
        behind = [_Behind(keys[:, :, :start], values[:, :, :start]) for keys, values in run.kept]
        asked |= {"use_cache": True, "cache": Cache(layers=behind)}
    with _putting(_Growing(by_layer, start)):
        return call(part, run.ids[:, start:], None, return_dict=True, **asked)


def patchable(network: Any) -> bool:
    """Can states be put into this network's runs? Found out when it was loaded."""
    return network in _patchable


def must_be_patchable(network: Any, name: str) -> None:
    """UnsupportedModelError where it is not."""
    if not patchable(network):
        raise UnsupportedModelError(
            "States are put in where a block begins, and the blocks above must take them up.",
            f"{name}, a family ({network.config.model_type}) whose blocks do not run so",
            "Choose a model of another family, such as BERT or LLaMA.",
        )


def adopt(network: Any, ids: torch.Tensor, causal: bool) -> None:
    """Hook the blocks of a network, once and for all, where it lets states be put in; see :func:`patchable`.

    It is tried with all states of one text put into another, at every layer: the run must end as the first text's own.

    Args:
        network: The network, with ctxcore's attention.
        ids: Numbers of the tokens of a text ``[1, token]``.
        causal: Does a token see only what stands before it?
    """
    blocks = _blocks(network, ids)
    hooks = [block.register_forward_pre_hook(_enter, with_kwargs=True) for block in blocks]
    try:
        if hooks and _tried(network, ids, causal):
            _patchable.add(network)
    except Exception:  # whatever a family cannot take: it is used for all else
        _log.debug("states cannot be put into %s", type(network).__name__, exc_info=True)
    if not patchable(network):
        for hook in hooks:
            hook.remove()


def _blocks(network: Any, ids: torch.Tensor) -> list[torch.nn.Module]:
    """The blocks: the outermost modules that between them are called once a layer, each with the hidden states of the layer below."""
    entered: dict[type, list[tuple[torch.nn.Module, torch.Tensor]]] = {}

    def note(module: torch.nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        states = given[0] if given else named.get("hidden_states")
        if isinstance(states, torch.Tensor):
            entered.setdefault(type(module), []).append((module, states))

    parts = [part for part in network.base_model.modules() if part is not network.base_model]
    hooks = [part.register_forward_pre_hook(note, with_kwargs=True) for part in parts]
    try:
        states = call(network.base_model, ids, None, output_hidden_states=True, return_dict=True).hidden_states
    finally:
        for hook in hooks:
            hook.remove()
    for kind in dict.fromkeys(type(part) for part in parts):  # from the outside in
        calls = entered.get(kind, [])
        if len(calls) == len(states) - 1 and all(
            seen.shape == below.shape and bool((seen == below).all())
            for (_, seen), below in zip(calls, states[:-1], strict=True)
        ):
            return list(dict.fromkeys(module for module, _ in calls))
    return []


def _tried(network: Any, ids: torch.Tensor, causal: bool) -> bool:
    """Does a run that all states of another are put into end as that one, and as itself with states of its own?"""
    run, other = plain(network, ids, causal), plain(network, ids.flip(1), causal)
    every = tuple(range(ids.shape[1]))
    for source, positions in ((other, every), (run, every[-2:])):
        puts = [Put(layer, positions, states[list(positions)]) for layer, states in enumerate(source.states[:-1])]
        found = finals(network, run, puts, every)
        if not alike(found, source.states[-1].expand_as(found)):
            return False
    return True
