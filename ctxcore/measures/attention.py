"""Attention maps by word, the patterns of heads, rollout, and two maps aligned at a word: pure functions of weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations

import numpy as np

from ctxcore.errors import BadInputError
from ctxcore.text import folded, overlapping
from ctxcore.text.labels import token_labels
from ctxcore.types import Agreement, Attention, HeadScores, Influence, Mention, Token, Units, Word

_EXACT, _DRAWN = 8, 9_999
"""Of up to how many values all orders are counted; and how many are drawn of more."""
PATTERNS = ("previous", "itself", "next", "special", "same")


def units(
    tokens: Sequence[Token],
    words: Sequence[Word],
    sentence: str | None = None,
    *,
    by: str = "word",
    special: bool = True,
) -> Units:
    """What the rows and columns of a map stand for.

    Args:
        tokens: Tokens of the sentence, special tokens included.
        words: Words of the sentence.
        sentence: Its text, which labels are taken from (:func:`ctxcore.text.labels.token_labels`). Without it a token that is no
            word's is called as the vocabulary writes it.
        by: ``word`` gathers the pieces of each word, and tokens that stand for the same mark (a mark of punctuation stays by
            itself); ``token`` leaves all apart.
        special: Keep the tokens that the tokenizer added. Without them each row is a share of what is left.

    Raises:
        BadInputError: Nothing is left, or ``by`` is something else.
    """
    if by not in ("word", "token"):
        raise BadInputError("A map is drawn by word or by token.", repr(by), "Choose one of the two.")
    word_of = _word_of(tokens, words) if by == "word" else {}
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, token in enumerate(tokens):
        if special or not token.special:
            groups.setdefault(_unit_of(position, token, word_of, by), []).append(position)
    if not groups:
        raise BadInputError(
            "A map needs a token.", "none but special tokens", "Show the special tokens, or write a word."
        )
    firsts = [members[0] for members in groups.values()]
    own = [tokens[p] for p in firsts]
    names = [t.text for t in own] if sentence is None else token_labels(own, sentence, () if by == "word" else words)
    return Units(
        tuple(words[word_of[p]].text if p in word_of else name for p, name in zip(firsts, names, strict=True)),
        tuple(tuple(members) for members in groups.values()),
        tuple(tokens[p].special for p in firsts),
        () if special else tuple(i for i, t in enumerate(tokens) if t.special),
    )


def _word_of(tokens: Sequence[Token], words: Sequence[Word]) -> dict[int, int]:
    """Token position -> number of its word; a piece that two words share goes to the first."""
    found: dict[int, int] = {}
    for number, word in enumerate(words):
        for position in overlapping(tokens, (word.start, word.end)):
            found.setdefault(position, number)
    return found


def _unit_of(position: int, token: Token, word_of: dict[int, int], by: str) -> tuple[object, ...]:
    """What gathers tokens into a unit: their word, else the characters that they share, else nothing."""
    if position in word_of:
        return ("word", word_of[position])
    apart = by == "token" or token.special or token.start == token.end
    return ("token", position) if apart else ("mark", token.start, token.end)


def row_of(word: Word | Mention, tokens: Sequence[Token], units: Units) -> int | None:
    """The row of a word: of its first piece, where rows are tokens. None where the tokenizer leaves nothing of it."""
    pieces = overlapping(tokens, (word.start, word.end))
    return next((i for i, members in enumerate(units.members) if pieces and pieces[0] in members), None)


def merge(weights: np.ndarray, units: Units) -> np.ndarray:
    """Attention between units ``[..., unit, unit]`` from attention between tokens ``[..., query, key]``.

    Summed over the key's pieces, averaged over the query's (Clark et al. 2019). Where tokens are left out, each row is
    divided by what it has left, so that rows always sum to 1; a row that has nothing left is NaN.
    """
    weights = np.asarray(weights)
    order = [p for members in units.members for p in members]
    counts = np.array([len(members) for members in units.members])
    starts = np.cumsum([0, *counts[:-1]])
    # Map by map, in float64: the sum of float32 shares would miss 1 in the seventh digit, and a copy of all would be large.
    result = np.empty((*weights.shape[:-2], len(units), len(units)), dtype=np.float32)
    for place in np.ndindex(weights.shape[:-2]):
        chosen = weights[place][np.ix_(order, order)].astype(np.float64)
        rows = np.add.reduceat(chosen, starts, axis=0) / counts[:, None]
        rows = np.add.reduceat(rows, starts, axis=1)
        if units.left_out:
            total = rows.sum(1, keepdims=True)
            rows = np.divide(rows, total, out=np.full_like(rows, np.nan), where=total > 0)
        result[place] = rows
    return result


def left_out(weights: np.ndarray, units: Units) -> float:
    """The mean share of attention, 0 to 1, that the tokens of the shown units give to the tokens that are left out."""
    order = [p for members in units.members for p in members]
    hidden = np.asarray(weights)[..., order, :][..., list(units.left_out)]
    return float(hidden.sum(-1, dtype=np.float64).mean())


def entropy(weights: np.ndarray) -> np.ndarray:
    """Entropy in bits of each row ``[...]`` of shares ``[..., key]``: 0 for one key, log2(n) for n alike."""
    shares = np.asarray(weights, np.float64)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(-(shares * logs).sum(-1))


def head_scores(attention: Attention, *, by: str = "word") -> HeadScores:
    """How far each head follows each of a few patterns: the mean share of its rows that goes there.

    Rows are those of the sentence's own units (special tokens do not ask); columns are all. ``previous`` and ``next`` are
    averaged over the units that have one. ``same`` is averaged over the words that stand in the sentence more than once, in
    any case, and counts what goes to all pieces of the others; punctuation is no word.
    """
    shown = units(attention.tokens, attention.words, by=by)
    own = [i for i, special in enumerate(shown.special) if not special]
    if not own:
        raise BadInputError("A head is judged by a sentence's words.", "a sentence without one", "Write a word.")
    word_of = _word_of(attention.tokens, attention.words)
    at = [word_of.get(members[0]) for members in shown.members]  # each unit's word; None for punctuation
    targets: dict[str, list[tuple[int, list[int]]]] = {
        "previous": [(q, [q - 1]) for q in own if q - 1 in own],
        "itself": [(q, [q]) for q in own],
        "next": [(q, [q + 1]) for q in own if q + 1 in own],
        "special": [(q, [k for k in range(len(shown)) if shown.special[k]]) for q in own],
        "same": _same_word(at, [folded(word.text) for word in attention.words]),
    }
    shares = {pattern: np.full(attention.weights.shape[:2], np.nan) for pattern in PATTERNS}
    spread = np.empty(attention.weights.shape[:2])
    for layer, weights in enumerate(attention.weights):  # layer by layer: all of a long sentence is large
        maps = merge(weights, shown)
        for pattern, pairs in targets.items():
            if pairs:
                shares[pattern][layer] = np.mean([maps[:, q, keys].sum(-1) for q, keys in pairs], axis=0)
        spread[layer] = entropy(maps[:, own]).mean(-1)
    return HeadScores(attention.layers, attention.heads, shares, spread)


def _same_word(at: Sequence[int | None], names: Sequence[str]) -> list[tuple[int, list[int]]]:
    """Units of words that stand in the sentence again, each with the units of the other places.

    Args:
        at: The number of each unit's word, or None.
        names: What each word is, without its case.
    """
    pairs = []
    for q, word in enumerate(at):
        others = [k for k, w in enumerate(at) if None not in (word, w) and w != word and names[w] == names[word]]  # type: ignore[index]
        if others:
            pairs.append((q, others))
    return pairs


def telling_head(attention: Attention, at: int) -> tuple[int, int]:
    """The head, ``(layer, head)``, in which word number ``at`` of the sentence gives most to one other word of it.

    A word that is not its neighbour, where there is one that it can see: heads for the next word are many and tell little.
    """
    pieces = [overlapping(attention.tokens, (w.start, w.end)) for w in attention.words]
    rows = pieces[at]
    near = [k for i, k in enumerate(pieces) if k and i != at]
    far = [k for i, k in enumerate(pieces) if k and abs(i - at) > 1]
    seen = [k for k in far if rows and attention.weights[:, :, rows][..., k].max() > 0]
    others = seen or near
    if not rows or not others:
        return attention.layers[0], attention.heads[0]
    asked = attention.weights[:, :, rows].mean(2, dtype=np.float64)  # [layer, head, key]
    best = np.max([asked[..., keys].sum(-1) for keys in others], axis=0)
    layer, head = np.unravel_index(int(best.argmax()), best.shape)
    return attention.layers[layer], attention.heads[head]


def usual_share(weights: np.ndarray, row: int, column: int) -> np.ndarray:
    """What the other rows of maps ``[..., n, n]`` give on average ``[...]`` to the place as far from them as ``column`` from ``row``.

    As much as the row itself gives means that a head looks by position. NaN where no other row has such a place, or none of
    them gives anything to any.
    """
    steps = column - row
    shares = np.diagonal(np.asarray(weights, np.float64), steps, -2, -1)  # each row's share for that place, in order
    others = np.delete(shares, row if steps >= 0 else column, -1)
    count = (~np.isnan(others)).sum(-1)
    return np.divide(np.nansum(others, -1), count, out=np.full(count.shape, np.nan), where=count > 0)


def reduced(maps: np.ndarray, most: int = 64) -> np.ndarray:
    """Maps ``[..., n, n]`` with at most ``most`` rows and columns: each cell is the greatest of those it stands for."""
    size = maps.shape[-1]
    if size <= most:
        return maps
    starts = np.arange(most) * size // most
    return np.asarray(np.maximum.reduceat(np.maximum.reduceat(maps, starts, axis=-2), starts, axis=-1))


def rollout(weights: np.ndarray, residual: float = 0.5) -> np.ndarray:
    """Attention multiplied through the layers ``[layer, query, key]``: entry n reaches from layer n+1 down to the tokens.

    Each layer's map is averaged over its heads and mixed with the identity, for the residual connection that carries a token
    past the heads; the map of a later layer is multiplied from the left (Abnar & Zuidema 2020). It knows nothing of values
    and of the feed-forward layers.

    Args:
        weights: ``[layer, head, query, key]`` of all layers from the first.
        residual: Share of the identity, 0 to 1; 0.5 in the paper.
    """
    if not 0 <= residual <= 1:
        raise BadInputError("The residual share lies between 0 and 1.", f"{residual:g}", "0.5 is the paper's choice.")
    weights = np.asarray(weights)
    reached = np.eye(weights.shape[-1])
    result = np.empty((len(weights), *weights.shape[2:]), dtype=np.float32)
    for layer, heads in enumerate(weights):
        own = heads.mean(0, dtype=np.float64)
        reached = (residual * np.eye(len(own)) + (1 - residual) * own) @ reached
        result[layer] = reached
    return result


def aligned_difference(
    first: np.ndarray, second: np.ndarray, at_first: int, at_second: int
) -> tuple[np.ndarray, range]:
    """First map minus second, laid on each other at a word.

    Args:
        first: ``[unit, unit]`` of one sentence.
        second: ``[unit, unit]`` of the other.
        at_first: Which unit is the word in the first.
        at_second: Which in the second.

    Returns:
        The difference ``[offset, offset]`` where both sentences have a unit, and the offsets from the word.
    """
    for at, there in ((at_first, first), (at_second, second)):
        if not 0 <= at < len(there):
            raise BadInputError(f"The map has rows 0 to {len(there) - 1}.", f"row {at}", "Choose a row of the map.")
    low = -min(at_first, at_second)
    high = min(len(first) - at_first, len(second) - at_second)
    parts = [m[at + low : at + high, at + low : at + high] for m, at in ((first, at_first), (second, at_second))]
    return np.asarray(parts[0] - parts[1]), range(low, high)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's rho of two lists; None for fewer than three values, or where one list is all alike."""
    from scipy.stats import spearmanr

    pair = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if pair[0].shape != pair[1].shape:
        received = f"{len(pair[0])} and {len(pair[1])}"
        raise BadInputError("Ranks of the same things are compared.", received, "Give two lists of one length.")
    if len(pair[0]) < 3 or any(np.ptp(values) == 0 for values in pair):
        return None
    return float(spearmanr(*pair).statistic)


def seen(found: Influence) -> list[int]:
    """Numbers of the words that the target can attend to; in a decoder those before it."""
    return [int(i) for i in np.flatnonzero(found.attention.max(1) > 0)]


def measures(found: Influence, layer: int) -> dict[str, np.ndarray]:
    """All measures of an influence at a layer ``[word]``: the ways to be without a word, then attention, weighted and rollout."""
    looked = {"attention": found.attention, "weighted": found.weighted, "rollout": found.rollout}
    every = {**found.shifts, **{name: values for name, values in looked.items() if values is not None}}
    return {name: values[:, layer] for name, values in every.items()}


def agreement(found: Influence, layer: int) -> dict[str, dict[str, Agreement | None]]:
    """Do the measures of an influence rank the words alike? Each with each: ``attention`` -> ``blocked`` -> agreement.

    Over the words that the target can attend to: the others move nothing and get nothing, which would look like agreement.
    None for fewer than three words, or where a measure has them all alike.
    """
    words = seen(found)
    every = {name: values[words] for name, values in measures(found, layer).items()}
    return {
        name: {other: _agreement(values, theirs) for other, theirs in every.items() if other != name}
        for name, values in every.items()
    }


def _agreement(first: np.ndarray, second: np.ndarray) -> Agreement | None:
    rho = rank_correlation(first, second)
    return None if rho is None else Agreement(rho, rank_chance(first, second), len(first))


def rank_chance(first: np.ndarray, second: np.ndarray) -> float:
    """The share of random orders of one list that agree in rank with the other as much as it does, or more.

    Of up to eight values all orders are counted; of more, 9,999 are drawn with a fixed seed, and the given one counts as one of them
    (Phipson & Smyth 2010). With three values it is never below 1 in 6.
    """
    from scipy.stats import rankdata

    one, two = (rankdata(np.asarray(values, np.float64)) for values in (first, second))
    given, drawn = one @ two, one[_orders(len(one))] @ two
    as_much = int((drawn >= given - 1e-9).sum())
    return as_much / len(drawn) if len(one) <= _EXACT else (as_much + 1) / (len(drawn) + 1)


@lru_cache(maxsize=32)
def _orders(count: int) -> np.ndarray:
    """Orders of so many things ``[order, thing]``: all of a few, else as many as are drawn."""
    if count <= _EXACT:
        return np.array(list(permutations(range(count))))
    return np.random.default_rng(0).permuted(np.tile(np.arange(count), (_DRAWN, 1)), axis=1)


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence in bits, 0 to 1, between shares along the last axis (Lin 1991)."""
    p, q = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return np.maximum(0.0, entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)
