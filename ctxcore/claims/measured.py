"""The claims as questions: measured once for the first page, the comparison and the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ctxcore.charts.attention import RowSums
from ctxcore.charts.controls import PairControls
from ctxcore.charts.next_word import ContextLevels
from ctxcore.charts.next_word_controls import LastWordElsewhere
from ctxcore.charts.selection import Labels, MentionSpan, Selection, Vectors
from ctxcore.charts.senses import BankSenses, OwnSenses
from ctxcore.charts.static_words import PairCosines, StaticVectors, SumOfWords
from ctxcore.charts.steps import TracedHead
from ctxcore.charts.unseen import LastWordOf
from ctxcore.claims import wording
from ctxcore.claims.wording import Claim
from ctxcore.data.bank import sense_bank
from ctxcore.data.corpora import TrainingText
from ctxcore.engine import Engine, Query
from ctxcore.errors import CtxError, StoppedError, UnknownWordError
from ctxcore.measures.geometry import greatest_distance
from ctxcore.progress import Progress
from ctxcore.text import words_of
from ctxcore.types.result import Result
from ctxcore.workspace import Workspace

Pair = tuple[int, int]


@dataclass(frozen=True, repr=False)
class MeasuredClaims(Result):
    """Claims with their figures.

    Attributes:
        claims: Those that could be measured.
        unmeasured: Why the others were not.
    """

    claims: tuple[Claim, ...]
    unmeasured: tuple[CtxError, ...] = ()


@dataclass(frozen=True)
class WordClaims(Query[MeasuredClaims]):
    """The claims about a word in its sentences. They rest on vectors that a page has read before it asks, so they are not slow.

    Attributes:
        model: The contextual model.
        static: The static space.
        word: The word.
        sentences: All sentences.
        spans: The occurrences that are drawn.
        words: The text of each.
        senses: The label of each.
    """

    model: str
    static: str
    word: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]
    words: tuple[str, ...]
    senses: Labels

    def run(self, engine: Engine, progress: Progress) -> MeasuredClaims:
        first = self.sentences[self.spans[0][0]]

        def relations() -> Claim:
            kin, pets, mixed = engine.get(PairCosines(self.static, wording.PAIRS))
            answer = engine.get(SumOfWords(self.static, ("king", "woman"), ("man",)))[0]
            return wording.static_relations(kin, pets, mixed, answer)

        tries: list[Callable[[], Claim]] = [partial(self._static, engine), relations]
        tries += [
            partial(self._senses, engine, progress),
            lambda: wording.rows_are_shares(engine.get(RowSums(self.model, first))),
            lambda: wording.weights_make_a_vector(engine.get(TracedHead(self.model, first, 1, 0)).difference),
        ]
        return _each(tries)

    def _static(self, engine: Engine) -> Claim:
        try:
            vectors = engine.get(StaticVectors(self.static, self.words))
        except UnknownWordError as error:
            return wording.no_static_vector(error.word)
        return wording.one_static_vector(greatest_distance(vectors), len(self.spans))

    def _senses(self, engine: Engine, progress: Progress) -> Claim:
        word = self.word.casefold()
        if word not in sense_bank():
            if len({sense for sense in self.senses if sense}) > 1:
                own = engine.get(OwnSenses(self.model, self.sentences, self.spans, self.senses), progress)
                if own.counted:
                    return wording.tells_labels_apart(self.word, own)
            return wording.not_in_the_bank(self.word)
        found = engine.get(BankSenses(self.model, self.static, word, wording.TOLD), progress)
        alike = alike_vectors(engine, self.model, self.sentences, self.spans)
        return wording.tells_senses_apart(word, found, alike, self.senses)


@dataclass(frozen=True)
class ShiftClaims(Query[MeasuredClaims]):
    """The claims about a pair of occurrences, against controls that may have to be read first.

    Attributes:
        controls: The pair and its controls; None where there is no pair to compare.
        word: The word.
    """

    controls: PairControls | None
    word: str
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> MeasuredClaims:
        controls = self.controls
        if controls is None:
            return MeasuredClaims((wording.no_pair_of_sentences(self.word),))
        return _each([
            lambda: wording.one_vector_per_sentence(engine.get(controls, progress)),
            lambda: wording.only_the_sentence(engine.get(controls, progress)),
        ])  # fmt: skip


@dataclass(frozen=True)
class NextWordClaims(Query[MeasuredClaims]):
    """The claims about the next word, on two prompts and on one sentence.

    Attributes:
        ladder: What is asked about both prompts; None where there are no two, or no candidate.
        last: What is asked about the sentence; None where it holds no word.
    """

    ladder: ContextLevels | None
    last: LastWordOf | None
    slow: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> MeasuredClaims:
        ladder, last = self.ladder, self.last
        tries: list[Callable[[], Claim]] = []
        if ladder is not None:
            tries += [
                lambda: wording.context_decides(engine.get(ladder, progress)),
                lambda: wording.no_attention_no_difference(engine.get(ladder, progress)),
            ]
        if last is not None:

            def table() -> Claim:
                said = engine.get(last, progress)
                elsewhere = engine.get(LastWordElsewhere(last), progress)
                return wording.table_must_have_seen(said, elsewhere, last.sentence, last.n)

            tries.append(table)
        return _each(tries)


def word_claims(selection: Selection) -> WordClaims:
    """What is asked of a workspace about its word."""
    asked = selection.workspace
    return WordClaims(
        asked.model, asked.static, asked.word,
        selection.sentences, selection.spans, selection.words, selection.senses,
    )  # fmt: skip


def shift_claims(selection: Selection) -> ShiftClaims:
    """What is asked of a workspace about the compared pair."""
    return ShiftClaims(PairControls.of_selection(selection), selection.workspace.word)


def next_word_claims(workspace: Workspace, decoder: str, text: TrainingText) -> NextWordClaims:
    """What is asked of a workspace about the next word."""
    prompts, candidates = tuple(p for p in workspace.prompts if p), workspace.candidates[:2]
    two = len(set(prompts)) == 2 and bool(candidates)
    ladder = ContextLevels(decoder, prompts, candidates, text, workspace.n, wording.WINDOW) if two else None
    last = LastWordOf(decoder, workspace.tested, text, workspace.n) if words_of(workspace.tested) else None
    return NextWordClaims(ladder, last)


def alike_vectors(engine: Engine, model: str, sentences: tuple[str, ...], spans: tuple[MentionSpan, ...]) -> int:
    """How many occurrences share one vector at the last layer although they stand in different places; 0 where they differ."""
    vectors = engine.get(Vectors(model, sentences, spans)).vectors[:, -1]
    places = [(sentences[s], start, end) for s, start, end in spans]
    return len(places) if wording.all_alike(vectors, places) else 0


def _each(tries: list[Callable[[], Claim]]) -> MeasuredClaims:
    """Each claim on its own: one that fails leaves the others."""
    claims: list[Claim] = []
    trouble: list[CtxError] = []
    for one in tries:
        try:
            claims.append(one())
        except StoppedError:  # the reader's wish, not a failure
            raise
        except CtxError as error:
            if str(error) not in map(str, trouble):
                trouble.append(error)
    return MeasuredClaims(tuple(claims), tuple(trouble))
