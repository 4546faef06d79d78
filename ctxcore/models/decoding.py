"""What a decoder expects next: distributions, candidates of several tokens, whole sentences, and a read-out at every layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ctxcore.errors import BadInputError, TooLongError, UnsupportedModelError
from ctxcore.interventions import Attend
from ctxcore.models.attend import Capture, capturing
from ctxcore.steps import log_softmax
from ctxcore.types import Lens, Prediction, SentenceScore, Token

if TYPE_CHECKING:
    from ctxcore.models.contextual import ContextualModel

_NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm")
"""What families call the norm before the output matrix."""
_AGREES = 1e-3
"""Greatest difference of logits, as a share of their spread, between our read-out and the model's own."""


def next_words(
    model: ContextualModel, prefixes: Sequence[str], candidates: Sequence[str], k: int, attend: Attend
) -> list[Prediction]:
    """One prediction a prefix; see :meth:`ContextualModel.next_words`."""
    if k < 0:
        raise BadInputError("The number of words to list is 0 or more.", str(k), "Give a whole number from 0.")
    prefixes = list(prefixes)
    rows = model.tokens([p.rstrip(" ") for p in prefixes])
    return [_predict(model, i, prefixes[i], row, candidates, k, attend) for i, row in enumerate(rows)]


def _predict(
    model: ContextualModel,
    index: int,
    prefix: str,
    row: tuple[Token, ...],
    candidates: Sequence[str],
    k: int,
    attend: Attend,
) -> Prediction:
    pieces = {c: continuation(model, prefix, c) for c in dict.fromkeys(candidates)}
    longest = max((len(p) for p in pieces.values()), default=0)
    if len(row) + max(0, longest - 1) > model.limit:
        raise TooLongError(index, len(row) + longest - 1, model.limit, " ".join(prefix.split()[-4:]))
    several = {c: p for c, p in pieces.items() if len(p) > 1}
    first, cache = _first(model, row, attend, keep=bool(several))
    logs = log_softmax(first)
    scores = {c: float(logs[p[0].id]) for c, p in pieces.items()}
    for candidate, rest in _rest(model, row, several, cache, attend).items():
        scores[candidate] += rest
    best = np.argsort(-logs, kind="stable")[:k]
    shares = np.exp(logs)
    return Prediction(
        prefix=prefix,
        top=tuple((model.tokenizer.text_of(int(i)), float(shares[i])) for i in best),
        candidates={c: float(np.exp(s)) for c, s in scores.items()},
        rank={c: 1 + int((logs > s + 1e-9).sum()) for c, s in scores.items()},
        tokens={c: tuple(t.text for t in p) for c, p in pieces.items()},
        entropy=float(-(shares * logs).sum() / np.log(2)),
        shares=shares.astype(np.float32),
    )


def continuation(model: ContextualModel, prefix: str, candidate: str) -> tuple[Token, ...]:
    """The tokens of a candidate where it follows a prefix; blanks at the end of the prefix are not read."""
    word, prefix = candidate.strip(), prefix.rstrip(" ")
    if not word:
        raise BadInputError("A candidate is a word.", repr(candidate), "Write a word that could come next.")
    lead = "" if not prefix or prefix[-1].isspace() or _clings(word) else " "
    alone = model.tokenizer.unchecked([prefix])[0]
    both = model.tokenizer.unchecked([prefix + lead + word])[0]
    if [t.id for t in both[: len(alone)]] == [t.id for t in alone] and len(both) > len(alone):
        return both[len(alone) :]
    # The prefix and the candidate grow into another token together: the candidate is read by itself, in its place.
    found = model.tokenizer.raw(lead + word)
    if not found:
        raise BadInputError(
            "A candidate must leave a token.", f"{word!r}, which this tokenizer drops", "Choose another word."
        )
    return tuple(replace(t, start=t.start + len(prefix), end=t.end + len(prefix)) for t in found)


def _clings(word: str) -> bool:
    """Does it follow without a blank: a closing mark, or an ending such as 's?"""
    if word[0] in "'\u2019":
        return word[1:2].isalpha() and word[-1] not in "'\u2019"
    return word[0] in ".,;:!?)]}%\u2026\u201d"


def _first(model: ContextualModel, row: tuple[Token, ...], attend: Attend, keep: bool) -> tuple[np.ndarray, Any]:
    """Logits after the prefix, float64, and the keys and values of its tokens."""
    ids = torch.tensor([[t.id for t in row]])
    with torch.inference_mode(), capturing(_request(model, attend, row)):
        output = model.network(input_ids=ids, use_cache=keep, logits_to_keep=1)
    return output.logits[0, -1].double().numpy(), output.past_key_values if keep else None


def _rest(
    model: ContextualModel,
    row: tuple[Token, ...],
    several: dict[str, tuple[Token, ...]],
    cache: Any,
    attend: Attend,
) -> dict[str, float]:
    """Log-probability of all but the first token of each candidate: one batched pass behind the prefix's kept keys and values."""
    if not several:
        return {}
    names, pieces = list(several), list(several.values())
    width = max(len(p) for p in pieces) - 1
    ids = torch.full((len(pieces), width), model.tokenizer.pad_id)
    for place, found in enumerate(pieces):
        ids[place, : len(found) - 1] = torch.tensor([t.id for t in found[:-1]])
    cache.batch_repeat_interleave(len(pieces))
    longest = (*row, *max(pieces, key=len)[:-1])
    with torch.inference_mode(), capturing(_request(model, attend, longest, len(row))):
        logits = model.network(input_ids=ids, past_key_values=cache, use_cache=True).logits
    result = {}
    for place, name in enumerate(names):
        own = log_softmax(logits[place, : len(pieces[place]) - 1].double().numpy())
        result[name] = float(sum(own[i, t.id] for i, t in enumerate(pieces[place][1:])))
    return result


def _request(model: ContextualModel, attend: Attend, tokens: Sequence[Token], start: int = 0) -> Capture | None:
    """What is forbidden to the tokens from ``start`` on, in every row of a batch; None where all is as trained."""
    if not attend:
        return None
    model.check(attend)
    capture = model.changed([tuple(tokens)], [attend], len(tokens), Capture(frozenset()))
    if capture.allowed is not None:
        capture.allowed = capture.allowed[:, start:]
    return capture


def log_probability(model: ContextualModel, sentence: str, attend: Attend) -> SentenceScore:
    """Log-probability of a whole sentence, token by token; see :meth:`ContextualModel.log_probability`."""
    row = model.tokens([sentence])[0]
    own = [i for i, t in enumerate(row) if not t.special]
    if not own:
        raise BadInputError("A sentence needs a word.", repr(sentence), "Write one.")
    if own[0] == 0:
        raise UnsupportedModelError(
            "A sentence's first word is predicted from a start token.",
            f"{model.id}, whose tokenizer has none",
            "Choose a decoder with a document boundary.",
        )
    with torch.inference_mode(), capturing(_request(model, attend, row)):
        logits = model.network(input_ids=torch.tensor([[t.id for t in row]]), use_cache=False).logits[0]
    logs = log_softmax(logits.double().numpy())
    steps = np.array([logs[i - 1, row[i].id] for i in own])
    return SentenceScore(sentence, tuple(row[i] for i in own), steps.astype(np.float32), float(steps.sum()))


def lens(model: ContextualModel, prefix: str, candidates: Sequence[str], k: int, attend: Attend) -> Lens:
    """The same read-out at every layer; see :meth:`ContextualModel.lens`."""
    if k < 0:
        raise BadInputError("The number of words to list is 0 or more.", str(k), "Give a whole number from 0.")
    row = model.tokens([prefix.rstrip(" ")])[0]
    pieces = {c: continuation(model, prefix, c)[0] for c in dict.fromkeys(candidates)}
    base = model.network.base_model
    norm = next((getattr(base, name) for name in _NORMS if hasattr(base, name)), None)
    head = model.network.get_output_embeddings()
    with torch.inference_mode(), capturing(_request(model, attend, row)):
        output = model.network(
            input_ids=torch.tensor([[t.id for t in row]]), use_cache=False, output_hidden_states=True, logits_to_keep=1
        )
        own = output.logits[0, -1]
        states = [h[0, -1] for h in output.hidden_states]
        read = [head(norm(s) if norm is not None else s) for s in states[:-1]] + [head(states[-1])]
    off = float((read[-1] - own).abs().max() / own.std())
    if norm is None or off > _AGREES:
        raise UnsupportedModelError(
            "Reading a layer needs the model's final norm and output matrix, and nothing else after them.",
            f"{model.id}, where they give other logits than the model",
            "Choose another decoder.",
        )
    logs = log_softmax(torch.stack(read).double().numpy())
    shares = np.exp(logs)
    order = np.argsort(-logs, axis=-1, kind="stable")[:, :k]
    far = (shares[-1] * (logs[-1] - logs)).sum(-1) / np.log(2)
    return Lens(
        prefix=prefix,
        top=tuple(
            tuple((model.tokenizer.text_of(int(i)), float(shares[n, i])) for i in ids) for n, ids in enumerate(order)
        ),
        candidates={c: shares[:, t.id].astype(np.float32) for c, t in pieces.items()},
        divergence=np.maximum(far, 0).astype(np.float32),
    )
