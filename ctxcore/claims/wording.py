"""The claims of the lessons: how each is worded, what figure it gets from results, and whether it is supported.

Pure functions of results. Texts are plain: whoever shows them makes them literal where markup is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ctxcore.controls import ByHand
from ctxcore.data.bank import TOLD as TOLD
from ctxcore.explained_senses import apart as apart
from ctxcore.explained_senses import guessed, shown_by, shuffled
from ctxcore.measures.controls import ENOUGH, areas, below, best_layer, further_apart
from ctxcore.measures.geometry import SAME, cosine
from ctxcore.text import snippet, words_of
from ctxcore.types import Elsewhere, Ladder, LastWord, Neighbour, SenseControls, SenseReading, ShiftControls
from ctxcore.types.result import LEVEL
from ctxcore.workspace import Workspace

WINDOW = 2
"""Words that the model is shown on the rung between the last word alone and the whole prompt."""
PAIRS = (("king", "queen"), ("cat", "dog"), ("king", "cat"))
"""Related words twice, then unrelated ones."""
_HALF = 0.5
"""Of a distance that may be left with attention off where the sentence makes the most of it."""
ROUNDING = 1e-5
"""Prompts of unequal length are read in passes of another shape, which round differently."""
_TWICE = 2
_LESSON_SAYS = (0.57, 0.35, 0.66)
_LABELLED = "A contextual vector tells senses apart."
_RULE = "It holds where one who gives the commonest answer has so many right in less than 5 % of cases."
YOURS, FIXED, BANK = "your sentences", "a fixed example", "our sense bank"
"""What a claim is measured on."""
_PROMPTS, _TESTED = "your prompts", "your test sentence"
_STATIC = "A static embedding gives a word one vector in every sentence."


@dataclass(frozen=True)
class Claim:
    """One claim.

    Attributes:
        says: What the lesson says.
        measured: How it is measured here.
        figure: What came out.
        holds: True, False, or None where these sentences cannot tell.
        on: What it is measured on: the reader's own, or a fixed example that is the same whatever they write.
        control: What the figure is held against, with how many cases that rests on; empty where it needs none.
        by_construction: Must it hold, whatever the words and weights? Then it tests the program and is no finding.
    """

    says: str
    measured: str
    figure: str
    holds: bool | None
    on: str = YOURS
    control: str = field(default="", kw_only=True)
    by_construction: bool = field(default=False, kw_only=True)

    @property
    def verdict(self) -> str:
        """In words."""
        return said_of(self.holds, self.by_construction)


def said_of(holds: bool | None, by_construction: bool = False) -> str:
    """A verdict in the words that every page and report has for it."""
    if by_construction and holds:
        return "true by construction"
    return {True: "supported", False: "not supported", None: "cannot tell"}[holds]


def counted(claims: Sequence[Claim]) -> str:
    """How many findings are supported, and how many statements are no findings: those that must hold."""
    findings = [claim for claim in claims if not claim.by_construction]
    held, rest = sum(claim.holds is True for claim in findings), len(claims) - len(findings)
    said = f"{held} of {len(findings)} statements are supported"
    return f"{said}; {rest} more must hold by construction and are no findings" if rest else said


def one_static_vector(distance: float, occurrences: int) -> Claim:
    """From the greatest distance between the static vectors of all occurrences."""
    measured = f"Greatest distance between the static vectors of all {occurrences} occurrences."
    return Claim(_STATIC, measured, f"distance {distance:g}", distance == 0, by_construction=True)


def no_static_vector(word: str) -> Claim:
    """The same for a word that the space does not know."""
    return Claim(_STATIC, "It has a vector only for words that it was trained on.", f"none for {word}", None)


def static_relations(kin: float, pets: float, mixed: float, answer: Neighbour) -> Claim:
    """From the cosines of :data:`PAIRS` and the word nearest to king - man + woman."""
    return Claim(
        "Static vectors know how words relate across the language.",
        "Cosine of related words against unrelated ones; king \u2212 man + woman.",
        f"king/queen {kin:.2f}, cat/dog {pets:.2f}, king/cat {mixed:.2f}; answer: {answer.word} ({answer.similarity:.2f})",
        min(kin, pets) > mixed and answer.word == "queen",
        FIXED,
    )


def one_vector_per_sentence(found: ShiftControls) -> Claim:
    """From a pair and its controls: that two vectors differ says nothing, since any two do; it counts against one sense."""
    layer = best_layer(found)
    same = below(found.same, float(found.pair[0, layer]), layer)
    return Claim(
        "In these two sentences the word has two vectors, further apart than one sense makes them.",
        f"Cosine of the two compared occurrences at layer {layer}, {_why(found, layer)}. Supported where even the upper end of the "
        f"interval is at most {LEVEL:.0%}; fewer than {ENOUGH} sentences cannot tell.",
        f"cosine {found.pair[0, layer]:.3f}; as low: {same.said} of one sense",
        further_apart(same),
        control=_against(found),
    )


def only_the_sentence(found: ShiftControls) -> Claim:
    """From the same pair: with attention on and with attention off, where every token sees itself alone."""
    layer = best_layer(found)
    on, off = float(found.pair[0, layer]), float(found.alone[layer])
    apart = further_apart(below(found.same, on, layer))
    left = (1 - off) / (1 - on) if on < 1 - SAME else float("nan")
    place = (
        ""
        if off >= 1 - SAME
        else " What is left without attention is the word\u2019s place in the sentence, or its form."
    )
    return Claim(
        "That difference comes from the other words of the sentence.",
        f"The same two at layer {layer} with attention off, every token seeing itself alone. It holds where no more than half of the "
        f"distance is left; where the two are no further apart than one sense makes them there is nothing to explain.{place}",
        f"attention on: {on:.3f}, off: {off:.3f}" + ("" if np.isnan(left) else f" ({left:.0%} of the distance left)"),
        None if not apart else left <= _HALF,
        control=_against(found),
    )


def no_pair_of_sentences(word: str) -> Claim:
    """Both where there is nothing to compare: one occurrence alone, one sentence twice, or two forms of the word."""
    return Claim(
        "In these two sentences the word has two vectors, further apart than one sense makes them.",
        "Two different sentences with the word in the same form are needed.",
        f"no such pair of \u201c{word}\u201d is compared",
        None,
    )


def _against(found: ShiftControls) -> str:
    """What a pair is held against, and on how many cases that rests."""
    cases = f"{len(found.same)} pairs of one sense in {found.same.sentences} sentences"
    return f"Held against {found.said}: {cases}; the two are not among them."


def _why(found: ShiftControls, layer: int) -> str:
    told = areas(found)[layer]
    return (
        "the last"
        if np.isnan(told)
        else f"which tells one sense from two best in the controls (area under the curve {told:.2f})"
    )


def all_alike(vectors: np.ndarray, places: Sequence[object]) -> bool:
    """Do occurrences ``[occurrence, feature]`` in more than one place (sentence and span) all have one vector?"""
    alike = cosine(vectors, vectors[:1]) >= 1 - SAME
    return len(set(places)) > 1 and bool(alike.all())


def tells_senses_apart(word: str, found: SenseControls, alike: int = 0, senses: Sequence[str | None] = ()) -> Claim:
    """From the reading of the bank's sentences of a word, :data:`TOLD` of each sense told, beside its controls.

    A good figure on the bank is no word about sentences whose vectors are one: there the claim does not hold where the reader
    labelled two senses, and else cannot be told.

    Args:
        word: The word.
        found: Of the bank's sentences.
        alike: How many of the reader's occurrences share one vector; 0 where they differ (:func:`all_alike`).
        senses: The reader's labels of them.
    """
    return Claim(
        _LABELLED,
        f"Told {TOLD} sentences of each of {len(found.own.labels)} senses of \u201c{word}\u201d, it names the sense of "
        f"{found.own.counted} others by the nearest centroid, at the last layer. {_RULE}",
        guessed(found.own.tally()) + (f"; your {alike} occurrences have one vector" if alike else ""),
        (False if len({s for s in senses if s}) > 1 else None) if alike else apart(found.own, found.off),
        BANK,
        control=shown_by(found.tallies),
    )


def tells_labels_apart(word: str, reading: SenseReading) -> Claim:
    """From the reading of one's own labels, each left out of its own centroid."""
    return Claim(
        _LABELLED,
        f"Each of {reading.counted} labelled occurrences of \u201c{word}\u201d is named by the nearest centroid of the others, of "
        f"{len(reading.labels)} senses, at the last layer. It holds where shuffled labels have so many right in less than 5 % of "
        "cases.",
        shuffled(reading),
        apart(reading),
    )


def not_in_the_bank(word: str) -> Claim:
    """The same for a word that the sense bank does not have."""
    measured = "Measured on the words of our sense bank; on the next page you can label your own sentences."
    return Claim(_LABELLED, measured, f"\u201c{word}\u201d is not in the bank", None)


def rows_are_shares(off: float) -> Claim:
    """From the greatest distance of any attention row's sum from 1."""
    return Claim(
        "Each row of attention is a share: the weights of a word sum to 1.",
        "Greatest distance from 1 over all rows, heads and layers of the first sentence.",
        "sums to 1 (error below 0.000001)" if off <= SAME else f"off by up to {off:.1g}",
        off <= SAME,
        by_construction=True,
    )


def weights_make_a_vector(difference: float) -> Claim:
    """From the greatest difference between head 0 of layer 1 worked out step by step and the model's own output of it."""
    lesson = ByHand()
    by_hand = np.asarray(lesson.weights) @ np.asarray(lesson.vectors)
    numbers = ", ".join(f"{n:.2f}" for n in by_hand)
    return Claim(
        "The weights combine the values of all words into a new vector.",
        "The lesson\u2019s three words summed with its weights; and in the model, head 0 of layer 1 on the first sentence: its "
        "output worked out step by step against what the model itself went on with. Both can be taken apart on "
        "\u201cAttention, step by step\u201d.",
        f"[{numbers}]; in the model, the same to within {difference:.0e}",
        bool(np.allclose(by_hand, _LESSON_SAYS, atol=1e-9) and difference <= ROUNDING),
        f"{FIXED}, and your first sentence",
        by_construction=True,
    )


def context_decides(found: Ladder) -> Claim:
    """From the full rung, for two prompts."""
    full = found.probability[:, -1]  # [prompt, candidate]
    shares = "; ".join(f"{c}: {full[0, i]:.2g} / {full[1, i]:.2g}" for i, c in enumerate(found.candidates))
    first, second = (f"\u201c{ending(p)}\u201d" for p in found.prompts)
    return Claim(
        "The context decides which word comes next.",
        f"Probability after {first} / after {second}. It holds where each word is at least {_TWICE} times as likely after one "
        "prompt as after the other.",
        shares,
        bool((full.max(0) >= _TWICE * full.min(0)).all()),
        FIXED if found.prompts == Workspace.prompts else _PROMPTS,
    )


def no_attention_no_difference(found: Ladder) -> Claim:
    """From the rung without attention, for two prompts."""
    ends = {words_of(p)[-1].text for p in found.prompts}
    off = float(np.abs(found.shares[0, 1] - found.shares[1, 1]).max())
    return Claim(
        "Without attention the prediction cannot tell the two prompts apart.",
        "The same model, every token allowed to see itself alone: greatest difference between the two predictions over the "
        f"whole vocabulary (up to {ROUNDING:.0e} is rounding). Only prompts that end in the same word can tell.",
        "identical" if not off else f"they differ by at most {off:.1g}",
        off <= ROUNDING if len(ends) == 1 else None,
        FIXED if found.prompts == Workspace.prompts else _PROMPTS,
        by_construction=True,
    )


def table_must_have_seen(last: LastWord, elsewhere: Elsewhere, sentence: str, n: int) -> Claim:
    """From what a table of runs of ``n`` words and a decoder say of the last word of a sentence, and say of it after beginnings that
    have nothing to do with it: a probability above nought is what a softmax gives any word anywhere.

    Args:
        last: What both say where it is asked for.
        elsewhere: What they say of it elsewhere.
        sentence: The sentence.
        n: Words in a run.
    """
    found, word = last.model, last.word
    pieces = len(found.tokens.get(word, ()))
    table = "never seen" if last.table.share is None else f"{last.table.share:.3g}"
    here, most = found.candidates[word], float(elsewhere.model.max())
    return Claim(
        "A lookup table must have seen the sentence; a model need not.",
        f"\u201c{word}\u201d after \u201c{ending(last.prefix)}\u201d: a table of runs of {n} words from {last.training}, and the model. "
        "It holds where the model gives the word more than after any of the unrelated beginnings. Where the table has the answer, it "
        "cannot tell."
        + (
            f" The word is {pieces} tokens: the rank is the place of their product in that of the first."
            if pieces > 1
            else ""
        ),
        f"table: {table}; model: {here:.2g}, rank {found.rank[word]:,}; elsewhere {most:.1g} at most",
        None if last.table.share else fits_here(last, elsewhere),
        FIXED if sentence == Workspace.tested else _TESTED,
        control=f"Elsewhere: the same word after {len(elsewhere.model)} beginnings of sentences that have nothing to do with it. "
        f"{_smoothed(elsewhere)}",
    )


def fits_here(last: LastWord, elsewhere: Elsewhere) -> bool:
    """Does the model give the word more where it is asked for than after any unrelated beginning?"""
    return bool(last.model.candidates[last.word] > elsewhere.model.max())


def _smoothed(elsewhere: Elsewhere) -> str:
    """What a smoothed table adds: it need not have seen the sentence either, but often gives a word the same anywhere."""
    here, most = elsewhere.smoothed_here, float(elsewhere.smoothed.max())
    same = " and so says nothing of this sentence" if here <= most else ""
    return f"A smoothed table gives it {here:.2g} here, {most:.2g} at most elsewhere{same}."


def ending(text: str) -> str:
    """The end of a text, for a sentence about it."""
    return snippet(text, (len(text), len(text)))
