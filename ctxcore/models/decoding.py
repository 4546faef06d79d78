"""What a decoder expects next: distributions, candidates of several tokens, whole sentences, and a read-out at every layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import regex
import torch

from ctxcore.errors import BadInputError, TooLongError, UnsupportedModelError
from ctxcore.measures.attention_steps import log_softmax
from ctxcore.models import passes
from ctxcore.models.batching import Request
from ctxcore.models.interventions import Attend
from ctxcore.models.passes import Row, Transformer
from ctxcore.progress import Progress
from ctxcore.text.white_space import clean
from ctxcore.types import GeneratedToken, Lens, Prediction, SentenceScore, Token

_NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm")
"""What families call the norm before the output matrix."""
_CLOSING = regex.compile(r"[\p{Terminal_Punctuation}\p{Pe}]")
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3001-\u303f\u30fb\u30fc\uff01-\uff9f]"
)
_ENDINGS = ("s", "t", "d", "m", "re", "ve", "ll")
_CHUNK = 256
"""Positions whose logits are held at once: one takes 200 kB in a vocabulary of 50,000."""
_AT_ONCE = 512
"""Tokens of a batch whose logits are all kept: 100 MB in a vocabulary of 50,000."""
_AGREES = 1e-3
"""Greatest difference of logits, as a share of their spread, between our read-out and the model's own."""


def next_logits(model: Transformer, sentence: str, attends: Sequence[Attend], progress: Progress) -> np.ndarray:
    """Of the token that follows, once for each way to attend; see :meth:`ContextualModel.next_logits`."""
    row = model.tokens([sentence])[0]
    found = []
    for start in range(0, len(attends), size := max(1, model.at_once // len(row))):
        part = attends[start : start + size]
        found.append(model.logits([row] * len(part), part, last=True).logits[:, -1].numpy())
        progress(min(1.0, (start + size) / len(attends)), f"{start + len(part)} of {len(attends)} read")
    return np.concatenate(found)


def next_words(
    model: Transformer, prefixes: Sequence[str], candidates: Sequence[str], k: int, attends: Sequence[Attend]
) -> list[Prediction]:
    """One prediction a prefix; see :meth:`ContextualModel.next_words`."""
    rows = model.tokens(prefixes)
    pieces = [{c: continuation(model, prefix, c) for c in dict.fromkeys(candidates)} for prefix in prefixes]
    for i, (row, found) in enumerate(zip(rows, pieces, strict=True)):
        longest = max((len(p) for p in found.values()), default=0)
        if len(row) + max(0, longest - 1) > model.limit:
            raise TooLongError(i, len(row) + longest - 1, model.limit, " ".join(prefixes[i].split()[-4:]))
    requests = list(zip(prefixes, attends, strict=True))
    results: dict[Request, Prediction] = {}  # two prompts that end in the same word are, with the last word alone, one
    distinct = {request: i for i, request in enumerate(requests)}
    # A pass takes as long for a few tokens as for one, so few passes: but keys and values are gone on from at one length alone.
    alike = any(len(tokens) > 1 for found in pieces for tokens in found.values())
    for group in passes.batches(
        distinct.values(), [len(row) for row in rows], min(_AT_ONCE, model.at_once), alike=alike
    ):
        asked = [pieces[i] for i in group]
        logs, scores = _scores(model, [rows[i] for i in group], asked, [attends[i] for i in group])
        for place, i in enumerate(group):
            results[requests[i]] = _prediction(model, prefixes[i], pieces[i], logs[place], scores[place], k)
    return [results[request] for request in requests]


def _prediction(
    model: Transformer,
    prefix: str,
    pieces: dict[str, tuple[Token, ...]],
    logs: np.ndarray,
    scores: dict[str, float],
    k: int,
) -> Prediction:
    best = np.argsort(-logs, kind="stable")[:k]
    shares = np.exp(logs)
    return Prediction(
        prefix=prefix,
        top=tuple((model.tokenizer.text_of(int(i)), float(shares[i])) for i in best),
        candidates={c: float(np.exp(s)) for c, s in scores.items()},
        rank={c: _rank(logs, s, pieces[c][0].id) for c, s in scores.items()},
        tokens={c: tuple(t.text for t in p) for c, p in pieces.items()},
        entropy=float(-(shares * logs).sum() / np.log(2)),
        shares=shares.astype(np.float32),
    )


def _rank(logs: np.ndarray, score: float, first: int) -> int:
    """A word's place among all tokens, its own first one aside: that one is at least as likely as any word it begins."""
    return 1 + int((np.delete(logs, first) > score + 1e-9).sum())


def _scores(
    model: Transformer,
    rows: Sequence[Row],
    pieces: Sequence[dict[str, tuple[Token, ...]]],
    attends: Sequence[Attend],
) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Log-probability of every next token ``[row, vocabulary]``, and of each row's candidates. Where one of them has several
    tokens, the rows are of one length.
    """
    several = [(i, c, p) for i, found in enumerate(pieces) for c, p in found.items() if len(p) > 1]
    said = model.logits(rows, attends, last=True, keep=bool(several))
    logs = log_softmax(said.logits[:, -1].double().numpy())
    scores = [{c: float(logs[i, p[0].id]) for c, p in found.items()} for i, found in enumerate(pieces)]
    if several:
        for (i, c, _), rest in zip(several, _rest(model, rows, several, said.kept, attends), strict=True):
            scores[i][c] += rest
    return logs, scores


def continuation(model: Transformer, prefix: str, candidate: str) -> tuple[Token, ...]:
    """The tokens of a candidate where it follows a prefix; both are read as :mod:`ctxcore.text.white_space` says."""
    word, prefix = clean(candidate), clean(prefix)
    if not word:
        raise BadInputError("A candidate is a word.", repr(candidate), "Write a word that could come next.")
    lead = "" if not prefix or _clings(word) or _no_blanks(prefix[-1], word[0]) else " "
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
        return word[1:].casefold() in _ENDINGS
    return word[0] in "%\u2026\u201d" or bool(_CLOSING.match(word))


def _no_blanks(before: str, after: str) -> bool:
    """Do both belong to scripts that part words by no blank, or to their punctuation?"""
    return bool(_UNSPACED.match(before) and _UNSPACED.match(after))


def _rest(
    model: Transformer,
    rows: Sequence[Row],
    several: Sequence[tuple[int, str, tuple[Token, ...]]],
    kept: Any,
    attends: Sequence[Attend],
) -> list[float]:
    """Log-probability of all but the first token of each candidate: one batched pass behind the rows' kept keys and values."""
    behind = model.kept_for(kept, [i for i, _, _ in several])
    whole = [(*rows[i], *found[:-1]) for i, _, found in several]
    ways = [attends[i] for i, _, _ in several]
    said = model.logits(whole, ways, start=len(rows[0]), behind=behind, keep=True)
    result = []
    for place, (_, _, found) in enumerate(several):
        own = log_softmax(said.logits[place, : len(found) - 1].double().numpy())
        result.append(float(sum(own[i, t.id] for i, t in enumerate(found[1:]))))
    return result


def log_probability(model: Transformer, sentence: str, attend: Attend) -> SentenceScore:
    """Log-probability of a whole sentence, token by token; see :meth:`ContextualModel.log_probability`."""
    row = model.tokens([sentence])[0]
    own = [i for i, t in enumerate(row) if not t.special]
    if not own:
        raise BadInputError("A sentence needs a word.", repr(sentence), "Write one.")
    if own[0] == 0:
        raise _no_start(model)
    steps, kept = np.empty(len(own)), None
    for start in range(0, len(row) - 1, _CHUNK):  # behind the keys and values of what stands before
        end = min(start + _CHUNK, len(row) - 1)
        said = model.logits([row], [attend], start=start, end=end, behind=kept, keep=True)
        kept, logs = said.kept, log_softmax(said.logits[0].double().numpy())
        for place, i in enumerate(own):
            if start < i <= end:
                steps[place] = logs[i - 1 - start, row[i].id]
    return SentenceScore(sentence, tuple(row[i] for i in own), steps.astype(np.float32), float(steps.sum()))


def word_scores(
    model: Transformer,
    rows: Sequence[Row],
    asked: Sequence[tuple[int, Sequence[int]]],
    guesses: int,
    progress: Progress,
) -> dict[str, np.ndarray]:
    """How well each asked word is known from what stands before it in its row.

    Args:
        model: A decoder.
        rows: Tokens of each text.
        asked: Row and token positions of each word.
        guesses: How many of the likeliest tokens are a guess.
        progress: Called with the share done.

    Returns:
        ``logs`` ``[word]``: natural logarithm of the probability of all of its tokens, and that the word then ends. ``first``
        and ``five`` ``[word]``: is it what the likeliest token, or one of the ``guesses`` likeliest, grows into when the
        likeliest token follows each time until the word ends?
    """
    logs = np.empty(len(asked))
    first, five = np.zeros((2, len(asked)), dtype=bool)
    by_row: dict[int, list[int]] = {}
    for number, (row, positions) in enumerate(asked):
        if positions[0] == 0:
            raise _no_start(model)
        by_row.setdefault(row, []).append(number)
    goes_on = torch.from_numpy(model.tokenizer.goes_on)
    done = 0
    for batch in passes.batches(by_row, [len(row) for row in rows], min(_AT_ONCE, model.at_once)):
        logits = model.logits([rows[r] for r in batch]).logits
        for place, r in enumerate(batch):
            for number in by_row[r]:
                positions = asked[number][1]
                ids = torch.tensor([rows[r][p].id for p in positions])
                # What predicts each token of the word, and what says that the word ends.
                own = logits[place, positions[0] - 1 : positions[-1] + 1]
                logs[number] = _log_of_word(own, ids, goes_on)
                first[number], five[number] = _guessed(own, ids, goes_on, guesses)
            done += len(by_row[r])
        progress(done / len(asked), f"{done:,} of {len(asked):,} words asked")
    return {"logs": logs, "first": first, "five": five}


def _log_of_word(own: torch.Tensor, ids: torch.Tensor, goes_on: torch.Tensor) -> float:
    """Log-probability of a word's tokens, and that none follows that carries it on."""
    scale = own.logsumexp(-1)
    ends = own[-1].masked_fill(goes_on[: own.shape[-1]], -torch.inf)
    return float((own[:-1].gather(1, ids[:, None])[:, 0] - scale[:-1]).sum() + ends.logsumexp(0) - scale[-1])


def _guessed(own: torch.Tensor, ids: torch.Tensor, goes_on: torch.Tensor, guesses: int) -> tuple[bool, bool]:
    """Is a word what the likeliest token grows into, and what one of the likeliest grows into?"""
    likeliest = own.argmax(-1)
    # A guess ends where its likeliest next token would not carry the word on: a word that goes on after such a token ("U.S")
    # is never guessed.
    grows = bool((likeliest[1:-1] == ids[1:]).all() and goes_on[ids[1:]].all())
    if not grows or goes_on[likeliest[-1]]:
        return False, False
    return bool(likeliest[0] == ids[0]), bool((own[0].topk(guesses).indices == ids[0]).any())


def _no_start(model: Transformer) -> UnsupportedModelError:
    return UnsupportedModelError(
        "A sentence's first word is predicted from a start token.",
        f"{model.id}, whose tokenizer has none",
        "Choose a decoder with a document boundary.",
    )


def generate(
    model: Transformer, prefix: str, most: int, temperature: float, seed: int, attend: Attend, k: int
) -> Iterator[GeneratedToken]:
    """A continuation, token by token; see :meth:`ContextualModel.generate`."""
    row = model.tokens([prefix])[0]
    if len(row) + max(0, most - 1) > model.limit:
        raise TooLongError(0, len(row) + most - 1, model.limit, " ".join(prefix.split()[-4:]))
    return _going_on(model, row, most, temperature, seed, attend, k)


def _going_on(
    model: Transformer, row: tuple[Token, ...], most: int, temperature: float, seed: int, attend: Attend, k: int
) -> Iterator[GeneratedToken]:
    draw = np.random.default_rng(seed)
    ends = model.tokenizer.end_ids
    read, kept = list(row), None
    for _ in range(most):
        start = 0 if kept is None else len(read) - 1
        said = model.logits([read], [attend], last=True, start=start, behind=kept, keep=True)
        kept, logs = said.kept, log_softmax(said.logits[0, -1].double().numpy())
        shares = np.exp(logs)
        number = int(logs.argmax()) if temperature == 0 else _drawn(logs / temperature, draw)
        if number in ends:
            return
        order = np.argsort(-logs, kind="stable")[:k]
        yield GeneratedToken(
            text=model.tokenizer.text_of(number),
            id=number,
            probability=float(shares[number]),
            rank=1 + int((logs > logs[number]).sum()),
            entropy=float(-(shares * logs).sum() / np.log(2)),
            top=tuple((model.tokenizer.text_of(int(i)), float(shares[i])) for i in order),
        )
        read.append(Token("", number, 0, 0, False))


def _drawn(scores: np.ndarray, draw: np.random.Generator) -> int:
    """One index, by the softmax of the scores."""
    return int(draw.choice(len(scores), p=np.exp(log_softmax(scores))))


def final_norm(model: Transformer) -> Any:
    """The norm before the output matrix; None where it has no known name."""
    base = model.network.base_model
    return next((getattr(base, name) for name in _NORMS if hasattr(base, name)), None)


def lens(model: Transformer, prefix: str, candidates: Sequence[str], k: int, attend: Attend) -> Lens:
    """The same read-out at every layer; see :meth:`ContextualModel.lens`."""
    row = model.tokens([prefix])[0]
    pieces = {c: continuation(model, prefix, c)[0] for c in dict.fromkeys(candidates)}
    norm = final_norm(model)
    said = model.logits([row], [attend], last=True, hidden=True)
    own, read = said.logits[0, -1], model.head_of([h[0, -1] for h in said.hidden], norm)
    off = float((read[-1] - own).abs().max() / own.std())
    if norm is None or off > max(_AGREES, model.rounding):
        raise UnsupportedModelError(
            "Reading a layer needs the model's final norm and output matrix, and nothing else after them.",
            f"{model.id}, where they give other logits than the model",
            "Choose another decoder.",
        )
    logs = log_softmax(read.double().numpy())
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
