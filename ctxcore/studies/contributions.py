"""Which part of a decoder says the next word: what each head, feed-forward block and the embedding add to two candidates' logits."""

from __future__ import annotations

import numpy as np
import torch

from ctxcore.errors import BadInputError, UnsupportedModelError
from ctxcore.models.arguments import one_text
from ctxcore.models.block_parts import Added, LastPosition, added, frozen, last_position
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.decoding import continuation, final_norm
from ctxcore.models.passes import settled
from ctxcore.types import Contributions

_AGREES = 1e-3
"""Greatest distance of the parts' sum from the model's own vector, as a share of its length."""


def contributions(model: ContextualModel, prompt: str, candidates: tuple[str, str]) -> Contributions:
    """What each part of a decoder adds to the difference of two candidates' logits at the end of a prompt.

    Direct logit attribution (Elhage et al. 2021): the residual stream at the last position is the sum of the embedding and of what
    every head and feed-forward block added; the last norm, with its scale held at its value in this run, and the output head are
    linear, so that the difference of two logits is a sum over the same parts. Of a candidate of several tokens only the first
    counts. What a part does through later ones is in theirs and not in its own.

    Args:
        model: A decoder.
        prompt: The text.
        candidates: Two words that begin with different tokens.

    Raises:
        NotADecoderError: An encoder does not predict a next word.
        BadInputError: There are not two candidates, or they begin with the same token.
        UnsupportedModelError: The family's blocks cannot be taken apart, or do not add up to what the model computes.
    """
    model.must_predict()
    prompt, pair = one_text(prompt, "prompt"), tuple(candidates)
    if isinstance(candidates, str) or len(pair) != 2:
        received = repr(candidates) if isinstance(candidates, str) else f"{len(pair)}"
        raise BadInputError("Two candidates are set against each other.", received, "Give two words.")
    first, second = (continuation(model, prompt, word)[0] for word in pair)
    if first.id == second.id:
        raise BadInputError(
            "Two candidates must begin with different tokens.",
            f"\u201c{pair[0]}\u201d and \u201c{pair[1]}\u201d, which both begin with \u201c{model.tokenizer.text_of(first.id)}\u201d",
            "Choose another word for one of them.",
        )
    read = last_position(model, model.tokens([prompt])[0])
    blocks, final = _taken_apart(model, read)
    linear, beside = frozen(final_norm(model), final)
    head = model.network.get_output_embeddings()
    rows = settled(head.weight.detach()[[first.id, second.id]]).double()
    towards = rows[0] - rows[1]
    biases = None if head.bias is None else settled(head.bias.detach()[[first.id, second.id]]).double()
    off = 0.0 if biases is None else float(biases[0] - biases[1])

    def logits(parts: torch.Tensor) -> np.ndarray:
        return np.asarray((linear(parts) @ towards).numpy())

    softcap = bool(getattr(model.network.config, "final_logit_softcapping", None))
    own = towards @ read.hidden[-1].double() + off if softcap else read.logits[first.id] - read.logits[second.id]
    return Contributions(
        prompt, (pair[0], pair[1]), (model.tokenizer.text_of(first.id), model.tokenizer.text_of(second.id)),
        np.stack([logits(block.heads) for block in blocks]).astype(np.float32),
        np.stack([logits(block.feed_forward) for block in blocks]).astype(np.float32),
        np.stack([logits(block.bias) for block in blocks]).astype(np.float32),
        float(logits(read.hidden[0].double())), float(beside @ towards + off), float(own), softcap,
    )  # fmt: skip


def _taken_apart(model: ContextualModel, read: LastPosition) -> tuple[list[Added], torch.Tensor]:
    """What each block added, and what they add up to before the last norm ``[feature]``.

    Raises:
        UnsupportedModelError: They add up to something else than the model went on with.
    """
    blocks = [
        added(model, attention, enters, outputs)
        for attention, enters, outputs in zip(read.attentions, read.hidden[:-1], read.outputs, strict=True)
    ]
    final = read.hidden[0].double()
    for block, entered in zip(blocks, [*read.hidden[1:-1], None], strict=True):
        final = final + block.total
        if entered is not None:
            _must_agree(model, final, entered)
    norm, weight = final_norm(model), next(model.network.parameters())
    if norm is None:
        raise _not_a_sum(model)
    with torch.inference_mode():
        _must_agree(model, settled(norm(final.to(weight.device, weight.dtype)[None])[0]), read.hidden[-1])
    return blocks, final


def _must_agree(model: ContextualModel, ours: torch.Tensor, own: torch.Tensor) -> None:
    # Half precision is coarser than what is to be found.
    if float((ours.double() - own.double()).norm()) > max(_AGREES, model.rounding) * float(own.double().norm()):
        raise _not_a_sum(model)


def _not_a_sum(model: ContextualModel) -> UnsupportedModelError:
    return UnsupportedModelError(
        "What a model\u2019s parts give to a word is read off where they are added up, normed once and read by the output head.",
        f"{model.id}, where they add up to something else",
        "Choose a decoder of another family, such as GPT-2 or LLaMA.",
    )
