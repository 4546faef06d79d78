"""A pair of occurrences of a word, and the pairs that it is held against, read by one model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ctxcore.data.frames import ControlSentences, control_sentences
from ctxcore.errors import BadInputError
from ctxcore.measures.controls import corrected_cosines
from ctxcore.measures.geometry import cosine
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.interventions import Attend
from ctxcore.progress import Progress, silent
from ctxcore.text import folded, words_of
from ctxcore.types import ControlPairs, ControlReading, Mention, ShiftControls

_MOST = 4000
"""Pairs of a kind; of more, so many are drawn."""


def read_controls(
    model: ContextualModel, control: ControlSentences, progress: Progress = silent, seed: int = 0
) -> ControlReading:
    """Pairs of which it is known what they have in common, in sentences of :func:`ctxcore.data.frames.control_sentences`.

    Args:
        model: Any contextual model.
        control: The sentences.
        progress: Called with the share done.
        seed: For random pairs.
    """
    mentions = [Mention(*target) for target in control.targets]
    every = [Mention(i, w.start, w.end) for i, s in enumerate(control.sentences) for w in words_of(s)]
    found = model.vectors(control.sentences, [*mentions, *every], progress).vectors
    targets, others = found[: len(mentions)], found[len(mentions) :]
    mean, spread = others.mean(0, dtype=np.float64), others.std(0, dtype=np.float64)
    draw = np.random.default_rng(seed)

    def pairs(
        said: str, vectors: np.ndarray, chosen: np.ndarray, units: np.ndarray, sentence: np.ndarray
    ) -> ControlPairs:
        if len(chosen) > _MOST:
            chosen = chosen[np.sort(draw.choice(len(chosen), _MOST, replace=False))]
        first, second = chosen.T
        cosines = corrected_cosines(vectors, chosen, mean, spread).astype(np.float32)
        return ControlPairs(said, cosines, units[first], units[second], len(set(sentence[chosen].ravel().tolist())))

    same, two, unit, sentence = _kinds(control)
    apart = _random(control, every, draw)
    of_every = np.array([m.sentence_index for m in every])
    return ControlReading(
        pairs("one sense", targets, same, unit, sentence), pairs("two senses", targets, two, unit, sentence),
        pairs("different words", others, apart, of_every, of_every), mean, spread,
    )  # fmt: skip


def shift_controls(
    model: ContextualModel,
    sentences: tuple[str, str],
    spans: tuple[tuple[int, int], tuple[int, int]],
    progress: Progress = silent,
    read: Callable[[ControlSentences], ControlReading] | None = None,
) -> ShiftControls:
    """How far two occurrences of a word are apart at each layer, beside pairs of which it is known what they have in common.

    Pairs of one sense and of two senses come from the closest sentences that there are: the frame that both sentences are in, else
    the sense bank's sentences of the word, else other words (:func:`ctxcore.data.frames.control_sentences`). Mean and spread of the
    corrected cosines are those of all words of these sentences. The pair's own sentences are not among them.

    Args:
        model: Any contextual model.
        sentences: The two.
        spans: Start and end of the word in each.
        progress: Called with the share done.
        read: Gives :func:`read_controls` of the sentences, which many pairs share; read now where None.

    Raises:
        BadInputError: It is one sentence twice, or another word in each.
    """
    words = [s[a:b] for s, (a, b) in zip(sentences, spans, strict=True)]
    if sentences[0].strip() == sentences[1].strip():
        raise BadInputError(
            "Controls are for a pair from two different sentences.",
            "the same sentence twice",
            "Choose another under \u201cCompare\u201d.",
        )
    if folded(words[0]) != folded(words[1]):
        raise BadInputError(
            "A pair is two occurrences of one word.", " / ".join(map(repr, words)), "Choose occurrences of one word."
        )
    control = control_sentences(words[0], *sentences)
    shared = _shared(sentences, spans)
    own = [Mention(i, *span) for pair in [(*enumerate(spans),), *shared.values()] for i, span in pair]
    alone = model.vectors(sentences, own[:2], attend=Attend.self_only()).vectors
    vectors = model.vectors(sentences, own).vectors  # [target, target, shared word, shared word, ...]
    known = read_controls(model, control, progress) if read is None else read(control)
    both = corrected_cosines(vectors, np.arange(len(vectors)).reshape(-1, 2), known.mean, known.spread)
    return ShiftControls(
        words[0], both[..., 0].astype(np.float32), cosine(alone[0], alone[1]).astype(np.float32), known.same, known.two, known.random,
        tuple(shared), both[..., 1:].astype(np.float32), control.source, control.said,
    )  # fmt: skip


def _kinds(control: ControlSentences) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Indices of same-sense and of two-sense pairs ``[pair, 2]``; the unit and the sentence of each target."""
    sentence = np.array([index for index, _, _ in control.targets])
    words, senses = np.array(control.words), np.array(control.senses)
    first, second = np.triu_indices(len(sentence), 1)
    ours = (words[first] == words[second]) & (sentence[first] != sentence[second])
    alike = senses[first] == senses[second]
    indices = np.stack([first, second], 1)
    unit = sentence if len(set(control.words)) == 1 else np.unique(words, return_inverse=True)[1]
    return indices[ours & alike], indices[ours & ~alike], unit, sentence


def _random(control: ControlSentences, every: list[Mention], draw: np.random.Generator) -> np.ndarray:
    """Random pairs of different words in different sentences ``[pair, 2]``."""
    texts = np.array([folded(control.sentences[m.sentence_index][m.start : m.end]) for m in every])
    sentence = np.array([m.sentence_index for m in every])
    drawn = draw.integers(0, len(every), size=(1000, 2))
    first, second = drawn.T
    return np.asarray(drawn[(texts[first] != texts[second]) & (sentence[first] != sentence[second])])


Places = tuple[tuple[int, tuple[int, int]], tuple[int, tuple[int, int]]]


def _shared(sentences: tuple[str, str], spans: tuple[tuple[int, int], tuple[int, int]]) -> dict[str, Places]:
    """Words that both sentences have beside the target, the first occurrence of each, by the first sentence's spelling."""
    its = [
        {folded(w.text): w for w in reversed(words_of(s)) if w.end <= span[0] or span[1] <= w.start}
        for s, span in zip(sentences, spans, strict=True)
    ]
    target = folded(sentences[0][slice(*spans[0])])
    return {
        its[0][text].text: ((0, (its[0][text].start, its[0][text].end)), (1, (its[1][text].start, its[1][text].end)))
        for text in sorted(its[0].keys() & its[1].keys(), key=lambda t: its[0][t].start)
        if text != target
    }
