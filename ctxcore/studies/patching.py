"""The meaning moved from one sentence into another: activation patching, layer by layer and word by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import attrgetter

import numpy as np
import torch

from ctxcore import text
from ctxcore.data.bank import sense_bank
from ctxcore.errors import BadInputError
from ctxcore.measures import patching as measures
from ctxcore.measures.attention_steps import softmax
from ctxcore.models import decoding, patching
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.patching import Put, Run
from ctxcore.progress import Progress, silent
from ctxcore.types import AlignedWord, Mention, MovedWords, PatchControl, PatchGrid, Prediction

_EACH = 3
"""Sentences of each sense of the bank behind a control."""
_AT_ONCE = 16
"""Sentences that are read between two looks at whether they are still wanted."""
_STILL = 1e-6
"""A feature whose standard deviation is below never changes."""


def patch_control(model: ContextualModel, candidates: Sequence[str] = (), progress: Progress = silent) -> PatchControl:
    """How far a word's mentions in one sense lie apart: all pairs among the first sentences of every sense of the bank.

    Args:
        model: Any contextual model.
        candidates: Two words, where the next word is asked after the mention and not its vector.
        progress: Called with the share done.
    """
    sentences, spans, pairs = _bank()
    if candidates := _two(candidates):
        prefixes = [sentence[:end] for sentence, (_, end) in zip(sentences, spans, strict=True)]
        said: list[Prediction] = []
        while len(said) < len(prefixes):
            said += model.next_words(prefixes[len(said) : len(said) + _AT_ONCE], candidates, 0)
            progress(len(said) / len(prefixes), f"{len(said)} of {len(prefixes)} sentences of the sense bank read")
        odds = np.array([np.log(one.candidates[candidates[0]] / one.candidates[candidates[1]]) for one in said])
        return PatchControl(_sorted(abs(odds[a] - odds[b]) for a, b in pairs), np.zeros(0), candidates)
    mentions = [Mention(i, *span) for i, span in enumerate(spans)]
    words = [Mention(i, w.start, w.end) for i, sentence in enumerate(sentences) for w in text.words_of(sentence)]
    vectors = model.vectors(sentences, [*mentions, *words], progress).vectors[:, -1].astype(np.float64)
    spread = vectors[len(mentions) :].std(0)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > _STILL)
    return PatchControl(_sorted(float(np.linalg.norm((vectors[a] - vectors[b]) * scale)) for a, b in pairs), scale)


def patch_grid(
    model: ContextualModel,
    sentence: str,
    source: str,
    word: str = "",
    candidates: Sequence[str] = (),
    control: PatchControl | None = None,
    progress: Progress = silent,
) -> PatchGrid:
    """A state of one sentence put into the run of another, once for every layer and word (activation patching).

    Swap the two sentences for the other direction: what is put in says whether a state is enough, what is taken out whether it
    is needed (Vig et al. 2020; Meng et al. 2022; Zhang & Nanda 2024).

    Args:
        model: Any contextual model whose blocks let states be put in.
        sentence: What states are put into.
        source: Where they come from.
        word: The word that both are aligned at, and whose vector is watched; the last in common where empty.
        candidates: Two words, where it is watched what comes next, in a decoder; else the word's vector is.
        control: What :func:`patch_control` gave for this model and these candidates; worked out where None.
        progress: Called with the share done.

    Raises:
        BadInputError: Equal sentences, more than 40 words, no word in common, a target that is split differently, or not two
            candidates.
        UnsupportedModelError: States cannot be put into this family.
        NotADecoderError: Candidates are asked of an encoder.
    """
    pair = _Pair(model, sentence, source, word)
    two = _two(candidates)
    control = control or patch_control(model, two, progress)
    layers, puts = model.layers, pair.puts()
    measured = pair.next_word(two, puts, progress) if two else pair.vector(control.scale, puts, progress)
    shares, aside, ends = measured
    shape = (layers + 1, len(pair.columns))
    still = np.where([bool(column.source) for column in pair.columns], 0, np.nan)  # what is not run moves nothing
    grid = np.array([np.broadcast_to(still, shape), np.broadcast_to(still * (np.nan if two else 1), shape)], np.float32)
    itself, everything = np.zeros((2, layers + 1), np.float32)
    for (layer, i), share, off in zip(puts, shares, aside, strict=True):
        if i >= 0:
            grid[:, layer, i] = share, off
        else:
            (itself if i == _ITSELF else everything)[layer] = share
    return PatchGrid(
        sentence, source, pair.target.text, pair.columns, pair.at, grid[0], grid[1], itself, everything, two, ends, control,
        pair.unaligned,
    )  # fmt: skip


def moved_words(
    model: ContextualModel,
    sentence: str,
    source: str,
    layer: int,
    column: int,
    word: str = "",
    candidates: Sequence[str] = (),
    k: int = 4,
) -> MovedWords:
    """What comes next with one state moved, beside what comes next in the two sentences as they are.

    Args:
        model: A decoder.
        sentence: What the state is put into.
        source: Where it comes from.
        layer: The layer, from 0.
        column: Which word of :attr:`PatchGrid.columns`.
        word: The word that both are aligned at; the last in common where empty.
        candidates: Words that are listed first, by the probability of their first token.
        k: How many of the likeliest tokens of each run are listed.

    Raises:
        BadInputError: Such a state cannot be moved; else as :func:`patch_grid`.
    """
    model.must_predict()
    pair = _Pair(model, sentence, source, word)
    if not 0 <= layer <= model.layers or not 0 <= column < len(pair.columns) or not pair.columns[column].source:
        raise BadInputError(
            "A moved state has a layer of the model and a word that is aligned.",
            f"layer {layer}, word {column}",
            "Open another cell.",
        )
    own, other = (pair.run(ids, logits=True) for ids in pair.ids)
    if layer == model.layers:
        moved = pair.at_the_top(own, other, pair.columns[column], 1)[0]
    else:
        put = _put(layer, pair.columns[column], other)
        moved = patching.last_logits(model.network, own, [put], 1, lambda logits: logits[:, 0])[0]
    found = softmax(torch.stack([own.logits[-1], moved, other.logits[-1]]).cpu().double().numpy())
    ids = [decoding.continuation(model, sentence, c)[0].id for c in candidates]
    likeliest = np.argsort(-found, axis=-1, kind="stable")[:, :k]
    shown = list(dict.fromkeys([*ids, *likeliest.reshape(-1).tolist()]))
    names = [*candidates, *map(model.tokenizer.text_of, shown[len(dict.fromkeys(ids)) :])]
    return MovedWords(
        sentence,
        source,
        pair.columns[column].text,
        layer,
        tuple(names[: len(shown)]),
        found[:, shown].astype(np.float32),
    )


_ITSELF, _EVERYTHING = -1, -2
"""Beside the columns: all states of the sentence's own, all of the other."""
_Cell = tuple[int, int]
"""Layer and column."""
_Pieces = tuple[tuple[int, ...], ...]
"""Numbers of a candidate's tokens behind the sentence, and behind the other."""
_Measured = tuple[np.ndarray, np.ndarray, tuple[float, float]]
"""Shares and what lies aside, of each cell; and the two ends."""


@dataclass
class _Pair:
    """Two sentences of a model, aligned."""

    model: ContextualModel
    sentence: str
    source: str
    word: str = ""

    def __post_init__(self) -> None:
        patching.must_be_patchable(self.model.network, self.model.id)
        rows = self.model.tokens([self.sentence, self.source])
        targets = measures.target_of(self.sentence, self.source, self.word)
        self.target = targets[0]
        self.columns, self.at, self.unaligned = measures.aligned(
            (self.sentence, rows[0]), (self.source, rows[1]), targets
        )
        self.ids = [[token.id for token in row] for row in rows]

    def run(self, ids: Sequence[int], logits: bool = False) -> Run:
        return patching.plain(self.model.network, torch.tensor([list(ids)]), self.model.kind == "decoder", logits)

    def puts(self) -> list[_Cell]:
        """Every cell that must be run, and the two checks."""
        cells = [i for i, column in enumerate(self.columns) if column.source and not self.same(column)]
        return [(layer, i) for i in (*cells, _ITSELF, _EVERYTHING) for layer in range(self.model.layers + 1)]

    def same(self, column: AlignedWord) -> bool:
        """Has a decoder read the same up to this word in both? Then the two states are one, and nothing is moved."""
        end = column.into[-1] + 1
        decodes = self.model.kind == "decoder"
        return decodes and column.into == column.source and self.ids[0][:end] == self.ids[1][:end]

    def all_words(self, column: int) -> AlignedWord:
        """The column; of the two checks all aligned tokens as one."""
        if column >= 0:
            return self.columns[column]
        moved = [c for c in self.columns if c.source and not self.same(c)]
        into, source = (tuple(p for c in moved for p in side(c)) for side in (attrgetter("into"), attrgetter("source")))
        return AlignedWord("", "", into, into if column == _ITSELF else source)

    def vector(self, scale: np.ndarray, cells: Sequence[_Cell], progress: Progress) -> _Measured:
        """How much of the way from the target's vector in one sentence to that in the other, on standardised vectors."""
        own, other = map(self.run, self.ids)
        target = self.columns[self.at]
        below = [(n, cell) for n, cell in enumerate(cells) if cell[0] < self.model.layers]
        puts = [_put(layer, self.all_words(i), own if i == _ITSELF else other) for _, (layer, i) in below]
        read = own.states[-1][list(target.into)].repeat(len(cells), 1, 1)
        read[[n for n, _ in below]] = patching.finals(self.model.network, own, puts, target.into, progress)
        for n, (layer, i) in enumerate(cells):
            if (
                layer == self.model.layers and i != _ITSELF
            ):  # nothing runs any more: it is the other's state or it is not
                partner = dict(zip(self.all_words(i).into, self.all_words(i).source, strict=True))
                for place, position in enumerate(target.into):
                    if position in partner:
                        read[n, place] = other.states[-1][partner[position]]
        first, last = (run.states[-1][list(at)] for run, at in ((own, target.into), (other, target.source)))
        start, end, moved = (pooled.cpu().double().mean(-2).numpy() * scale for pooled in (first, last, read))
        way, gone = end - start, moved - start
        length = _way(float(np.linalg.norm(way)))
        shares = gone @ way / length**2
        aside = np.linalg.norm(gone - shares[:, None] * way, axis=-1) / length
        return shares, aside, (0.0, length)

    def next_word(self, two: Sequence[str], cells: Sequence[_Cell], progress: Progress) -> _Measured:
        """How much of the way from the log-odds of two candidates after one sentence to those after the other."""
        self.model.must_predict()
        pieces = [
            tuple(tuple(t.id for t in decoding.continuation(self.model, s, c)) for s in (self.sentence, self.source))
            for c in two
        ]
        behind = [
            tuple(ids[:-1] for ids in both) for both in pieces
        ]  # what is read of a candidate before its last token
        logs = np.empty((2, 2 + len(cells)))
        for extra in dict.fromkeys(behind):  # once, where both are one token
            these = [n for n, one in enumerate(behind) if one == extra]
            logs[these] = self._logs([pieces[n] for n in these], (extra[0], extra[1]), cells, progress)
        odds = logs[0] - logs[1]
        start, end = float(odds[0]), float(odds[1])
        return (odds[2:] - start) / _way(end - start), np.full(len(cells), np.nan), (start, end)

    def _logs(
        self, pieces: Sequence[_Pieces], extra: _Pieces, cells: Sequence[_Cell], progress: Progress
    ) -> np.ndarray:
        """Log-probability of candidates ``[candidate, run]``: after the sentence, after the other, then of each cell."""
        runs = [self.run((*ids, *more), logits=True) for ids, more in zip(self.ids, extra, strict=True)]
        counts = [len(more) + 1 for more in extra]

        def read(logits: torch.Tensor, side: int = 0) -> torch.Tensor:
            logits = (
                logits.float()
            )  # on the device; what is read of it is worked out in float64, which not every device has
            places, scale = list(range(counts[side])), logits.logsumexp(-1).cpu().double()
            logs = [logits[:, places, list(one[side])].cpu().double() - scale for one in pieces]
            return torch.stack([one.sum(-1) for one in logs], dim=-1)

        own, other = runs
        puts, tops = [], []
        for layer, i in cells:
            words = self.all_words(i)
            if i < 0 and (i == _ITSELF or extra[0] == extra[1]):
                words = _with_candidate(words, [len(ids) for ids in self.ids], len(extra[0]), i == _ITSELF)
            if layer == self.model.layers:
                tops.append(self.at_the_top(own, own if i == _ITSELF else other, words, counts[0]))
            else:
                puts.append(_put(layer, words, own if i == _ITSELF else other))
        found = patching.last_logits(self.model.network, own, puts, counts[0], read, progress)
        under, above, places = (
            iter(found),
            iter(read(torch.stack(tops))),
            [layer == self.model.layers for layer, _ in cells],
        )
        moved = [next(above if top else under) for top in places]
        ends = [read(own.logits[None, -counts[0] :])[0], read(other.logits[None, -counts[1] :], 1)[0]]
        return torch.stack([*ends, *moved]).T.numpy()

    def at_the_top(self, own: Run, other: Run, words: AlignedWord, count: int) -> torch.Tensor:
        """Logits of the last positions with states moved at the last layer: no block runs any more."""
        logits = own.logits[-count:].clone()
        for into, source in zip(words.into, words.source, strict=True):
            if (place := into - len(own.logits) + count) >= 0:
                logits[place] = other.logits[source]
        return logits


def _with_candidate(words: AlignedWord, lengths: Sequence[int], more: int, own: bool) -> AlignedWord:
    """All aligned tokens, and those of a candidate that is read behind the sentences."""
    into, source = (tuple(range(n, n + more)) for n in ((lengths[0], lengths[0]) if own else lengths))
    return AlignedWord("", "", words.into + into, words.source + source)


def _put(layer: int, words: AlignedWord, source: Run) -> Put:
    return Put(layer, words.into, source.states[layer][list(words.source)])


def _way(length: float) -> float:
    """How far the two runs lie apart, which what is moved is a share of."""
    if abs(length) < _STILL:
        raise BadInputError(
            "The two sentences must differ for the model, at or before the word that is watched.",
            "two runs that end alike",
            "Change a word that the model sees there: a decoder sees only the left.",
        )
    return length


def _two(candidates: Sequence[str]) -> tuple[str, ...]:
    two = tuple(dict.fromkeys(text.listed(candidates, "candidate")))
    if len(two) not in (0, 2):
        raise BadInputError("Two candidates that differ are compared.", ", ".join(two), "Give two words, or none.")
    return two


def _bank() -> tuple[list[str], list[tuple[int, int]], list[tuple[int, int]]]:
    """The first sentences of every sense of the bank, where the word stands in each, and the pairs of one sense."""
    found = [(word.word, *one) for word in sense_bank().values() for one in zip(*word.sample(_EACH), strict=True)]
    mentions = [text.find(word, [sentence])[0] for word, sentence, _ in found]
    alike = [(a, b) for a, b in combinations(range(len(found)), 2) if found[a][::2] == found[b][::2]]
    return [sentence for _, sentence, _ in found], [(m.start, m.end) for m in mentions], alike


def _sorted(values: Iterable[float]) -> np.ndarray:
    return np.sort(np.array(list(values), np.float32))
