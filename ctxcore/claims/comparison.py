"""Rows of the comparison of embeddings and attention: each cell a sentence and a figure, measured now.

All that is asked of the engine is asked there by the claims or by a page too: it is measured once. Texts are plain: whoever shows
them makes them literal where markup is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ctxcore.charts.attention import WholeAttention
from ctxcore.charts.controls import PairControls
from ctxcore.charts.selection import Selection, Vectors
from ctxcore.charts.senses import BankSenses
from ctxcore.charts.static_words import StaticPoint, StaticVectors
from ctxcore.claims.measured import Pair, alike_vectors
from ctxcore.claims.wording import TOLD, apart, tells_senses_apart
from ctxcore.data.bank import sense_bank
from ctxcore.engine import Engine
from ctxcore.errors import UnknownWordError
from ctxcore.explained_senses import shown_by
from ctxcore.measures import attention
from ctxcore.measures.controls import below, best_layer, further_apart, own_sentence_found
from ctxcore.measures.geometry import cosine, distinct, greatest_distance, unit
from ctxcore.measures.tallies import beats_guessing
from ctxcore.text import cue, overlapping, words_of
from ctxcore.types import Tally
from ctxcore.types.result import LEVEL
from ctxcore.workspace import Workspace

_IDEA, _WORD, _HEADS = "idea", "word", "heads"
_NEXT, _UNSEEN, _RELATIONS = "next", "unseen", "relations"
"""Names of pages."""
_MOST_SENTENCES = 12
"""That are read whole for one row."""


@dataclass(frozen=True)
class Compared:
    """What the rows are about.

    Attributes:
        selection: The occurrences that are drawn, and which two of them are compared.
        engine: Answers the questions.
    """

    selection: Selection
    engine: Engine

    @property
    def workspace(self) -> Workspace:
        """What the reader works on."""
        return self.selection.workspace


@dataclass(frozen=True)
class Cell:
    """One side of a row.

    Attributes:
        figure: What came out, in a few words.
        sentence: What it says, and how it is measured.
        page: The view where it can be taken apart.
        who: Who answers; the column's name where empty.
    """

    figure: str
    sentence: str
    page: str
    who: str = ""


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        question: What both are asked.
        static: What one fixed vector a word answers.
        attention: What vectors that attention makes answer.
        holds: Is it as the lesson says? None where these sentences cannot tell.
    """

    question: str
    static: Cell
    attention: Cell
    holds: bool | None


def of_vectors(it: Compared) -> list[Callable[[], Row]]:
    """The rows about vectors, each made when it is shown: what fails, fails in its own place."""
    return [partial(row, it) for row in (_captures, _same_across_use, _knows_the_sentence, _senses)]


def _known(make: Callable[[], Cell], page: str) -> Cell:
    """A static cell; a word without a vector is said so."""
    try:
        return make()
    except UnknownWordError as error:
        return Cell(
            "no vector",
            f"It has one only for words that it was trained on, and \u201c{error.word}\u201d is none.",
            page,
        )


def _captures(it: Compared) -> Row:
    selection, pair = it.selection, it.selection.pair

    def near() -> Cell:
        point = it.engine.get(StaticPoint(it.workspace.static, selection.words[0]))
        words = ", ".join(f"{n.word} {n.similarity:.2f}" for n in point.neighbours[:3])
        return Cell(
            words,
            f"Word meaning: what stands nearest to \u201c{point.word}\u201d, the same list for every sentence.",
            _RELATIONS,
        )

    if pair is None:
        return Row(
            "What does it capture?",
            _known(near, _RELATIONS),
            Cell("one occurrence", "Two sentences are needed: one to choose a head, one to test it.", _HEADS),
            None,
        )
    role = _role(it, pair)
    if role is None:
        none = Cell("no other content word", "Both sentences need one that the word could look at.", _HEADS)
        return Row("What does it capture?", _known(near, _RELATIONS), none, None)
    sentence = (
        f"What \u201c{selection.words[pair[0]]}\u201d gives the telling word in layer {role.head[0]}, head {role.head[1]}, chosen on the "
        f"first sentence. In the second {role.chance:.0%} of the {role.heads} heads give as much beyond what other words give that "
        "place; up to 5 % counts."
    )
    said = " / ".join(f"\u201c{word}\u201d {share:.0%}" for word, share in zip(role.words, role.shares, strict=True))
    # Shown where few heads do as well in a sentence that had no part in the choice; not where nearly all do.
    holds = True if role.chance <= LEVEL else False if role.chance >= 1 - LEVEL else None
    return Row("What does it capture?", _known(near, _RELATIONS), Cell(said, sentence, _HEADS), holds)


@dataclass(frozen=True)
class _Role:
    """A head that was chosen on one sentence and is judged on another, among all heads.

    Attributes:
        head: ``(layer, head)``.
        words: The telling word of each sentence.
        shares: What the head gives to each, 0 to 1.
        chance: The share of all heads that give the second one as much beyond their habit, or more. A head that has nothing to do
            with it is as likely in any place among them.
        heads: How many there are.
    """

    head: tuple[int, int]
    words: tuple[str, str]
    shares: tuple[float, float]
    chance: float
    heads: int


def _role(it: Compared, pair: Pair) -> _Role | None:
    """The head that links the first occurrence to its telling word, and how it does in the second; None where one has no such word.

    A head that was chosen where it is looked at would always seem to know: the second sentence had no part in the choice.
    """
    first, second = (_beyond(it, occurrence) for occurrence in pair)
    if first is None or second is None:
        return None
    (layer, head), (one, given, beyond), (other, theirs, also) = _greatest(first[2]), first, second
    chance = float((also >= also[layer, head]).mean())
    shares = float(given[layer, head]), float(theirs[layer, head])
    return _Role((layer + 1, head), (one, other), shares, chance, beyond.size)


def _greatest(values: np.ndarray) -> tuple[int, int]:
    layer, head = np.unravel_index(int(values.argmax()), values.shape)
    return int(layer), int(head)


def _beyond(it: Compared, occurrence: int) -> tuple[str, np.ndarray, np.ndarray] | None:
    """An occurrence's nearest content word, such as "dog" for "The dog ran"; what it gives to it ``[layer, head]``, and how much of
    that is beyond what the sentence's other tokens give to the same place: a head that looks one word back from anywhere tells
    nothing of this word. None where there is no such word.
    """
    index, start, end = it.selection.spans[occurrence]
    sentence = it.selection.sentences[index]
    found, telling = it.engine.get(WholeAttention(it.workspace.model, sentence)), cue(sentence, (start, end))
    words = [w for w in found.words if w.text == telling and (w.end <= start or w.start >= end)]
    rows = overlapping(found.tokens, (start, end))
    keys = [k for w in words for k in overlapping(found.tokens, (w.start, w.end))]
    if not rows or not keys:
        return None
    given = found.weights[:, :, rows].mean(2, dtype=np.float64)[..., keys].sum(-1)  # [layer, head]
    own = [i for i, token in enumerate(found.tokens) if not token.special]
    inside = found.weights[:, :, own[0] : own[-1] + 1, own[0] : own[-1] + 1]
    usual = attention.usual_share(inside, rows[0] - own[0], keys[0] - own[0])
    return telling, given, given - np.nan_to_num(usual)


def _same_across_use(it: Compared) -> Row:
    selection, pair = it.selection, it.selection.pair

    def distance() -> Cell:
        vectors = it.engine.get(StaticVectors(it.workspace.static, selection.words))
        found = greatest_distance(vectors)
        return Cell(
            f"yes: distance {found:g}",
            f"The greatest between the vectors of all {len(selection.spans)} occurrences.",
            _IDEA,
        )

    question = "Same across use?"
    if pair is None:
        return Row(
            question,
            _known(distance, _IDEA),
            Cell("one occurrence", "A second one is needed to compare it with.", _WORD),
            None,
        )
    vectors = it.engine.get(selection.vectors()).vectors
    cosines = cosine(vectors[pair[0]], vectors[pair[1]])
    asked = PairControls.of_selection(selection)
    if asked is None:
        said = "Two different sentences with the word in the same form are needed."
        return Row(question, _known(distance, _IDEA), Cell(f"cosine {cosines[-1]:.2f}", said, _WORD), None)
    found = it.engine.get(asked)
    layer = best_layer(found)
    same = below(found.same, float(cosines[layer]), layer)
    apart = further_apart(same)
    answer = {True: "no", False: "not shown", None: "cannot tell"}[apart]
    cell = Cell(
        f"{answer}: cosine {cosines[layer]:.2f} at layer {layer}",
        f"No where further apart than one sense makes two: as low lie {same.said} of one sense ({found.said}). At the last layer: "
        f"{cosines[-1]:.2f}.",
        _WORD,
    )
    return Row(question, _known(distance, _IDEA), cell, apart)


def _knows_the_sentence(it: Compared) -> Row:
    selection = it.selection
    count = len(selection.spans)
    many = f"{count} occurrence{'s' if count != 1 else ''}"

    def fixed() -> Cell:
        one = distinct(it.engine.get(StaticVectors(it.workspace.static, selection.words)))
        return Cell(f"no: {one} vector{'s' if one != 1 else ''} for {many}", "Nothing of the sentence is in it.", _WORD)

    vectors = it.engine.get(selection.vectors()).vectors[:, -1]
    different = distinct(vectors)
    said = f"{different} vector{'s' if different != 1 else ''} for {many}"
    chosen = _one_each(selection)
    right, asked = _found_again(it, chosen, vectors), len(chosen)
    knows = asked > 1 and beats_guessing(Tally(right, asked, 1 / asked))
    answer = "yes" if knows else "no" if right <= 1 else "cannot tell"
    cell = Cell(
        f"{answer}: {right} of {asked} found" if asked > 1 else f"cannot tell: {said}",
        f"At the last layer, {said}. Of {asked} sentences, for how many does the word\u2019s vector lie nearest to the other words of its "
        "own? Both less their mean; a guess finds 1.",
        _WORD,
    )
    return Row(
        "Knows about the sentence?", _known(fixed, _WORD), cell, True if knows else False if answer == "no" else None
    )


def _one_each(selection: Selection) -> list[int]:
    """Occurrences in different sentences that have other words too, the first few."""
    first = {selection.sentences[span[0]]: i for i, span in reversed(list(enumerate(selection.spans)))}
    return sorted(i for s, i in first.items() if len(words_of(s)) > 1)[:_MOST_SENTENCES]


def _found_again(it: Compared, chosen: list[int], vectors: np.ndarray) -> int:
    """For how many of these occurrences the other words of the own sentence are the nearest."""
    spans = [it.selection.spans[i] for i in chosen]
    sentences = tuple(it.selection.sentences[index] for index, _, _ in spans)
    others = tuple(
        (i, w.start, w.end)
        for i, (s, (_, start, end)) in enumerate(zip(sentences, spans, strict=True))
        for w in words_of(s)
        if w.end <= start or end <= w.start
    )
    of = np.array([i for i, _, _ in others])
    if len(set(of.tolist())) < max(2, len(chosen)):
        return 0
    read = unit(it.engine.get(Vectors(it.workspace.model, sentences, others)).vectors[:, -1])
    return own_sentence_found(vectors[chosen], np.stack([read[of == i].mean(0) for i in range(len(chosen))]))


def _senses(it: Compared) -> Row:
    workspace, selection = it.workspace, it.selection
    question, word = "Tells senses apart?", workspace.word.casefold()
    if word not in sense_bank():
        said = (
            "On \u201cOne word, many sentences\u201d you can label your own sentences; below, our whole bank is read."
        )
        cell = Cell("not measured", f"\u201c{workspace.word}\u201d is not in our sense bank. {said}", _WORD)
        return Row(question, Cell("one answer for all", "One vector cannot be two senses.", _WORD), cell, None)
    found = it.engine.get(BankSenses(workspace.model, workspace.static, word, TOLD))
    alike = alike_vectors(it.engine, workspace.model, selection.sentences, selection.spans)
    fixed = f"One answer for all {len(found.own.labels)} senses of \u201c{word}\u201d."
    sentence = (
        f"On our bank: last layer, {TOLD} sentences of each sense told, {found.own.counted} others named by the nearest centroid. "
        f"{shown_by(found.tallies)}"
    )
    tells = {True: "yes", False: "no", None: "cannot tell"}[apart(found.own, found.off)]
    said = f"{tells}: accuracy {found.own.accuracy[-1]:.0%}"
    if alike:
        sentence += f" Your {alike} occurrences have one and the same vector: on them nothing can be told apart."
        said = f"not on your sentences: 1 vector for {alike} occurrences"
    return Row(
        question,
        Cell(f"no: accuracy {found.own.chance:.0%}", fixed, _WORD),
        Cell(said, sentence, _WORD),
        tells_senses_apart(word, found, alike, selection.senses).holds,
    )
