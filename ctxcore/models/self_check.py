"""What is tried when a model is loaded, so that nothing comes out raw or wrong when it is used.

Three passes over a short batch of two lengths: the network's own attention, ctxcore's with the weights kept and two
interventions, and ctxcore's as it encodes. Then one head is traced, and a text of as many tokens as the model says it reads
is taken as far as its first attention: that is where position tables end, and the rest of a long pass costs seconds. Of
models that read more than 8,192 tokens the first 8,192 are tried. Whatever a library raises here is the reason of a refusal.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from typing import Any

import torch

from ctxcore.errors import DeviceMemoryError, ModelError
from ctxcore.models import devices, patching
from ctxcore.models.attend import IMPLEMENTATION, Capture
from ctxcore.models.devices import TOLERANCE, alike
from ctxcore.models.head_steps import worked_out
from ctxcore.models.inputs import must_read_text, unsupported
from ctxcore.models.passes import call, settled_steps
from ctxcore.models.reasons import reason
from ctxcore.models.tokenising import SentenceTokenizer

_LONG, _SHORT = 5, 2
"""Tokens of the two texts of the batch: few, since the time that a check takes goes with them."""
_LONGEST = 8192
"""The longest text that is tried, in tokens."""
_TOO_LONG = (IndexError, RuntimeError, ValueError, AssertionError)
"""What a network raises where its table of positions ends; anything else is no matter of length, and refuses the model."""
_SAMPLE, _KNOWN = 64, 0.25
"""Entries of its vocabulary that a tokenizer is asked, and the share that it must know."""
_log = logging.getLogger(__name__)


class _ReachedError(Exception):
    """The pass has come as far as it was to go."""


class _UpTo(Capture):
    """A capture that ends the pass when a block is reached."""

    def wants(self, block: int) -> bool:
        """Is this block's attention to be kept? Past the last one that is, the pass ends."""
        if self.layers is not None and block > max(self.layers):
            raise _ReachedError
        return super().wants(block)


@contextmanager
def trying(family: str) -> Iterator[None]:
    """Whatever is raised within, by whichever library, refuses the model with that as the reason; a ModelError passes.

    A network of any build, made by anyone, is tried here: what it raises is not to be foreseen. Panics of libraries written
    in Rust are no ``Exception`` even.
    """
    try:
        yield
    except (ModelError, DeviceMemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        _log.debug("trying a model of the family %s failed", family, exc_info=True)
        why = reason(error)
        said = f"{type(error).__name__}: {why}" if why else type(error).__name__
        raise unsupported(family, f"fails when it is tried ({said})") from error


def adopt(network: Any) -> bool:
    """Switch a network to ctxcore's attention and check it against the network's own; True where it is causal.

    Raises:
        UnsupportedModelError: It is of another build, bypasses the attention interface, computes something else than what
            was captured, gives numbers that are not finite, or fails.
    """
    family = str(getattr(network.config, "model_type", "unnamed"))
    with trying(family):
        network.eval()
        _must_be_built_so(network, family)
        ids, mask = _batch(network)
        network.set_attn_implementation("eager")
        own = _run(network, ids[:1], mask[:1], output_attentions=True)
        network.set_attn_implementation(IMPLEMENTATION)
        capture = _changed(network)
        ours = _run(network, ids[[0, 1, 1]], mask[[0, 1, 1]], capture)
        plain = _run(network, ids, mask)
        _must_be_whole(network, family, own, capture)
        _must_agree(family, own, ours, plain, capture)
        _must_be_traceable(network, family, ids, mask)
        causal = all(bool((weights[0].triu(1) == 0).all()) for weights in capture.weights.values())
        patching.adopt(network, ids[:1], causal)
        return causal


def settle(network: Any, there: devices.Place) -> None:
    """Put a network that was tried on the CPU in its place, and hold what it computes there against what it computed here.

    Raises:
        DeviceMemoryError: There is no room for it.
        UnsupportedModelError: It computes something else there; in float16 numbers may have become infinite.
    """
    if there == devices.Place("cpu", str(network.dtype).removeprefix("torch.")):
        return
    family = network.config.model_type
    with trying(family):
        ids, mask = _batch(network)
        own = _run(network, ids, mask).hidden_states[-1]
        devices.put(network, there)
        found = [_run(network, ids, mask, capture).hidden_states[-1] for capture in (None, Capture())]
        read = mask.bool()  # what is padding means nothing
        for state in found:
            if not devices.near(state.to("cpu")[read], own[read]):
                where = f"in {there.format} on {there.device}"
                what = "other numbers" if bool(torch.isfinite(state).all()) else "numbers that are not finite"
                raise unsupported(family, f"gives {what} {where} than on the CPU in {str(own.dtype)[6:]}")


def _must_be_built_so(network: Any, family: str) -> None:
    must_read_text(network.config, type(network))
    if not network.base_model._can_set_attn_implementation():
        raise unsupported(family, "does not use the shared attention interface")


def _batch(network: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens of a long and a short text, padded on the right, and their mask ``[text, token]``."""
    rows = network.get_input_embeddings().weight.shape[0]
    pad = getattr(network.config, "pad_token_id", None)
    padding = pad if isinstance(pad, int) and 0 <= pad < rows else 0
    text = [number for number in range(min(rows, _LONG + 1)) if number != padding] or [0]
    ids = torch.tensor([list(islice(cycle(text), _LONG))] * 2)
    mask = torch.ones_like(ids)
    ids[1, _SHORT:], mask[1, _SHORT:] = padding, 0
    return ids, mask


def _changed(network: Any) -> Capture:
    """A request for all weights of the long text, the short one, and the short one with attention off and without a head."""
    allowed = torch.ones((3, _LONG, _LONG), dtype=torch.bool)
    allowed[2, :_SHORT] = torch.eye(_LONG, dtype=torch.bool)[:_SHORT]
    silent = torch.zeros((3, network.config.num_attention_heads), dtype=torch.bool)
    silent[2, 0] = True
    return Capture(allowed=allowed, silent={0: silent})


def _run(
    network: Any,
    ids: torch.Tensor,
    mask: torch.Tensor,
    capture: Capture | None = None,
    output_attentions: bool = False,
) -> Any:
    asked = {"output_hidden_states": True, "output_attentions": output_attentions, "return_dict": True}
    return call(network.base_model, ids, mask, capture, **asked)


def _must_be_whole(network: Any, family: str, own: Any, capture: Capture) -> None:
    """Attention of every layer, and hidden states of one width."""
    blocks = network.config.num_hidden_layers
    if sorted(capture.weights) != list(range(blocks)) or not own.attentions or len(own.attentions) != blocks:
        raise unsupported(family, f"gave the attention of {len(capture.weights)} of {blocks} layers")
    widths = sorted({state.shape[-1] for state in own.hidden_states} | {int(network.config.hidden_size)})
    if len(own.hidden_states) != blocks + 1 or len(widths) > 1:
        found = f"{len(own.hidden_states)} layers of vectors, {' and '.join(map(str, widths))} numbers long"
        raise unsupported(family, f"gave {found}, where {blocks + 1} of one length belong")


def _must_agree(family: str, own: Any, ours: Any, plain: Any, capture: Capture) -> None:
    """What was captured is what the network computes; nobody attends to padding; with attention off it is off everywhere."""
    if not all(bool(torch.isfinite(state).all()) for state in own.hidden_states):
        raise unsupported(family, "gives numbers that are not finite")
    last, kept = own.hidden_states[-1][0], list(capture.weights.values())
    with_weights, as_encoded = (found.hidden_states[-1] for found in (ours, plain))
    pairs = [(with_weights[0], last), (as_encoded[0], last), (with_weights[1, :_SHORT], as_encoded[1, :_SHORT])]
    pairs += [(weights[0], theirs[0]) for weights, theirs in zip(kept, own.attentions, strict=True)]
    if not all(alike(a, b) for a, b in pairs):
        raise unsupported(family, "computes something else than the attention that was captured")
    if any(bool((weights[1, :, :_SHORT, _SHORT:] > 0).any()) for weights in kept):
        raise unsupported(family, "attends to the padding behind a shorter sentence")
    alone = torch.eye(_SHORT)
    if not all(torch.allclose(weights[2, :, :_SHORT, :_SHORT], alone, atol=TOLERANCE) for weights in kept):
        raise unsupported(family, "goes on attending where attention is off")


def _must_be_traceable(network: Any, family: str, ids: torch.Tensor, mask: torch.Tensor) -> None:
    """From the query, key and value of a head its output comes out: the last head, since heads may be grouped."""
    capture = _UpTo(frozenset({0}), whole=True)
    with suppress(_ReachedError):
        _run(network, ids[:1], mask[:1], capture)
    head = int(network.config.num_attention_heads) - 1
    steps, own = worked_out(settled_steps(capture.steps[0]), head)
    if not alike(torch.from_numpy(steps.values), torch.from_numpy(own).to(network.dtype)):
        raise unsupported(family, "computes something else than its queries, keys and values give")


def longest(network: Any, declared: int) -> int:
    """How many tokens it takes, at most ``declared``, found by giving it so many; of 8,192 and more the first 8,192.

    A configuration counts positions that some families keep for padding, or leaves the number out.

    Raises:
        UnsupportedModelError: It takes none.
    """
    family = network.config.model_type
    with trying(family):
        capture = _UpTo(frozenset({-1}))
        with suppress(_ReachedError):
            _run(network, *_text(network, 1), capture)
        if _reads(network, capture.modules[0], min(declared, _LONGEST)):
            return declared
        reads, fails = 0, min(declared, _LONGEST)
        while fails - reads > 1:
            middle = (reads + fails) // 2
            reads, fails = (middle, fails) if _reads(network, capture.modules[0], middle) else (reads, middle)
    if not reads:
        raise unsupported(family, "reads no token")
    return reads


def _reads(network: Any, attention: torch.nn.Module, length: int) -> bool:
    """Does a text of so many tokens get as far as the first attention?"""

    def stop(*_: object) -> None:
        raise _ReachedError

    hook = attention.register_forward_pre_hook(stop)
    try:
        _run(network, *_text(network, length))
    except _ReachedError:
        return True
    except _TOO_LONG:
        _log.debug("a text of %d tokens is not read", length, exc_info=True)
        return False
    finally:
        hook.remove()
    return True


def _text(network: Any, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first token of the batch, so many times, and its mask."""
    ids = _batch(network)[0][:1, :1].expand(1, length).contiguous()
    return ids, torch.ones_like(ids)


def must_belong(tokenizer: Any, network: Any) -> None:
    """Every token that text can become, and every one that is put in beside it, needs a vector of its own.

    A special token without one that has no part in reading (a placeholder for an image, such as Gemma 3's) is let pass: it
    comes up only where a reader types it out, and is refused there.

    Raises:
        ModelError: The tokenizer numbers a token past the last vector; the token is named.
    """
    rows, backend = network.get_input_embeddings().weight.shape[0], tokenizer.backend_tokenizer
    count = backend.get_vocab_size(with_added_tokens=True)
    if count <= rows and all(map(backend.id_to_token, range(count))):
        return  # numbered without a gap: the list of all need not be made, which takes as long as a pass
    past = sorted((number, token) for token, number in tokenizer.get_vocab().items() if number >= rows)
    idle = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special} if past else set()
    idle -= {getattr(tokenizer, role) for role in tokenizer.SPECIAL_TOKENS_ATTRIBUTES}
    for number, token in past:
        if token not in idle:
            raise ModelError(
                "Tokenizer and weights must belong together: each token needs a vector of its own.",
                f"a tokenizer of {len(tokenizer):,} tokens for {rows:,} token vectors; {token!r} is number {number:,}",
                "Put the tokenizer that belongs to these weights into the folder.",
            )


def must_know(tokenizer: Any) -> None:
    """Of 64 entries spread over its vocabulary, written out as text, a tokenizer must know a quarter again.

    One that was read with the rules of another kind, or from a file that is none, knows nothing; one at work knows nearly
    all. The quarter leaves room for vocabularies of word parts, which mean nothing by themselves.

    Raises:
        ModelError: It knows fewer.
    """
    prefix = getattr(tokenizer.backend_tokenizer.model, "continuing_subword_prefix", None) or ""
    spread = range(0, len(tokenizer), max(1, len(tokenizer) // _SAMPLE))
    ids = [n for n in spread if n not in tokenizer.all_special_ids and tokenizer.convert_ids_to_tokens(n) is not None]
    texts = [tokenizer.decode([n], clean_up_tokenization_spaces=False).strip().removeprefix(prefix) for n in ids]
    asked = [text for text in texts if text]
    found = tokenizer(asked, add_special_tokens=False, verbose=False)["input_ids"] if asked else []
    known = sum(bool(row) and tokenizer.unk_token_id not in row for row in found)
    if known < max(1, _KNOWN * len(asked)):
        raise ModelError(
            "A tokenizer must know the words of its own vocabulary.",
            f"a tokenizer of {len(tokenizer):,} tokens that knows {known} of {len(asked)} of its own",
            "Put the model\u2019s own tokenizer.json into the folder.",
        )


def must_have_room(reader: SentenceTokenizer) -> None:
    """A text needs room for a token of its own beside the special ones.

    Raises:
        ModelError: The model reads fewer tokens.
    """
    special = len(reader.unchecked([""])[0])
    if reader.limit <= special:
        raise ModelError(
            "A model must read at least one token of a text.",
            f"a limit of {reader.limit} tokens, of which {special} are special",
            "Correct max_position_embeddings or model_max_length in the model\u2019s folder.",
        )
