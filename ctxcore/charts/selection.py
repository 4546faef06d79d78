"""Which occurrences of the target are drawn and how: what *The idea* and *One word, many sentences* look at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import numpy as np

from ctxcore.engine import MOMENT, Engine, Query, work_of
from ctxcore.errors import BadInputError, CtxError, IncompleteError, NoMentionError, NoSentencesError, StoppedError
from ctxcore.models.catalogue import CATALOGUE
from ctxcore.progress import Progress
from ctxcore.text import cue, near_misses, no_mention, words_of
from ctxcore.types import Mention, Occurrences, Token, Word
from ctxcore.workspace import Mark, Workspace, marks

_SAMPLE = 100
"""Sentences on which it is measured how finely a tokenizer splits words."""
_FINELY = 1.4
"""Tokens a word: English prose has 1.0 to 1.15 with both bundled models; German, French, Spanish, Italian and Dutch 1.5 to 1.9."""
_ENOUGH_WORDS = 8
"""From how many words on it is said how finely a tokenizer splits them."""
MOST_MENTIONS = 400
"""Drawn at once; more than that neither fit a picture nor the patience of a reader."""
_ONE_BY_ONE = 40
"""Sentences that are read one by one, each kept. Of more, all new, reading them together is twice as fast."""
R = TypeVar("R")
MentionSpan = tuple[int, int, int]
"""A mention as plain numbers: sentence index, start, end."""
Labels = tuple[str | None, ...]
"""A sense or group of each mention; empty where none has one."""


@dataclass(frozen=True)
class SentenceVectors(Query[Occurrences]):
    """Contextual vectors of the mentions in one sentence, which stay when another sentence of the text is changed."""

    model: str
    sentence: str
    spans: tuple[tuple[int, int], ...]
    part: ClassVar[bool] = True

    def run(self, engine: Engine, progress: Progress) -> Occurrences:
        mentions = [Mention(0, *span) for span in self.spans]
        return engine.model(self.model).vectors([self.sentence], mentions, progress)


@dataclass(frozen=True)
class OfMentions(Query[R]):
    """A question about the contextual vectors of mentions: it takes a while where there is much that was not read before."""

    model: str
    sentences: tuple[str, ...]
    spans: tuple[MentionSpan, ...]

    def is_slow(self, engine: Engine) -> bool:
        """A sentence by itself takes more than twice as long as one of many."""
        if self.slow or (parts := self.parts()) is None:
            return super().is_slow(engine)
        return sum(2.5 * work_of(part, engine) for part in parts.values() if not engine.has(part)) > MOMENT

    def parts(self) -> dict[int, SentenceVectors] | None:
        """The question for each sentence with a mention, by the sentence's index; None for many, which are read together.

        It goes by the question alone, so that its answer is the same to the last bit whatever was read before.
        """
        spans: dict[int, list[tuple[int, int]]] = {}
        for index, start, end in self.spans:
            spans.setdefault(index, []).append((start, end))
        if len(spans) > _ONE_BY_ONE or not all(0 <= index < len(self.sentences) for index in spans):
            return None
        return {i: SentenceVectors(self.model, self.sentences[i], tuple(these)) for i, these in spans.items()}

    def read(self, engine: Engine, progress: Progress) -> Occurrences:
        """Their vectors."""
        return engine.get(Vectors(self.model, self.sentences, self.spans), progress)


@dataclass(frozen=True)
class Vectors(OfMentions[Occurrences]):
    """Contextual vectors of mentions in all layers: many long sentences take a minute."""

    def is_kept(self) -> bool:
        return self.parts() is None  # else the vectors of each sentence are

    def run(self, engine: Engine, progress: Progress) -> Occurrences:
        progress(0.0, "Reading the sentences")
        parts = self.parts()
        if parts:
            try:
                return self._together(parts, engine, progress)
            except StoppedError:
                raise
            except CtxError:  # asked of all of them, its message names the sentence by its place
                pass
        return engine.model(self.model).vectors(self.sentences, [Mention(*span) for span in self.spans], progress)

    def _together(self, parts: dict[int, SentenceVectors], engine: Engine, progress: Progress) -> Occurrences:
        """One after the other: after an edit all but one are there."""
        read: dict[int, Occurrences] = {}
        for index, part in parts.items():
            read[index] = engine.get(part, _after(len(read), len(parts), progress))
        rows = {(index, *span): (index, row) for index, one in read.items() for row, span in enumerate(one.spans)}
        places = [rows[span] for span in self.spans]
        return Occurrences(
            np.stack([read[index].vectors[row] for index, row in places]),
            tuple(index for index, _, _ in self.spans),
            tuple((start, end) for _, start, end in self.spans),
            tuple(self.sentences[index][start:end] for index, start, end in self.spans),
            self.sentences,
            tuple(read[index].pieces[row] for index, row in places),
        )


@dataclass(frozen=True)
class TooLong(Query[Mapping[int, int]]):
    """Index -> tokens of each sentence that the model cannot read whole."""

    model: str
    sentences: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> Mapping[int, int]:
        return engine.model(self.model).too_long(self.sentences)


@dataclass(frozen=True)
class TokensPerWord(Query[float | None]):
    """Into how many tokens the tokenizer splits a word on average; None where there are too few words to tell."""

    model: str
    sentences: tuple[str, ...]

    def run(self, engine: Engine, progress: Progress) -> float | None:
        rows = engine.model(self.model).tokenizer.unchecked(self.sentences)
        words = [words_of(sentence) for sentence in self.sentences]
        count = sum(map(len, words))
        pieces = sum(map(_pieces, rows, words))
        return pieces / count if count >= _ENOUGH_WORDS else None


def _pieces(tokens: Sequence[Token], words: Sequence[Word]) -> int:
    """Tokens that share a character with each word (:func:`ctxcore.text.overlapping`), together; in time with the two lists' lengths.

    Of tokens that are not empty, those that end before a word are a part of those that begin before its end.
    """
    kept = [token for token in tokens if not token.special and token.start < token.end]
    starts, ends = sorted(token.start for token in kept), sorted(token.end for token in kept)
    return sum(bisect_left(starts, word.end) - bisect_right(ends, word.start) for word in words)


@dataclass(frozen=True)
class Selection:
    """Mentions of the target that are drawn, and how they are looked at: the reader's choices, and where there is none the
    page's own.

    Attributes:
        workspace: What the reader works on.
        spans: The mentions.
        senses: The label of each, or None.
        groups: The group of each one's sentence, or None.
        layers: How many layers the model has above the word embedding.
        notices: What was left out and why, for the reader.
    """

    workspace: Workspace
    spans: tuple[MentionSpan, ...]
    senses: Labels
    groups: Labels
    layers: int
    notices: tuple[str, ...] = field(default=())

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences of the workspace."""
        return self.workspace.sentences

    @property
    def words(self) -> tuple[str, ...]:
        """The text of each mention."""
        return tuple(self.sentences[s][start:end] for s, start, end in self.spans)

    @property
    def places(self) -> tuple[str, tuple[str, ...], tuple[MentionSpan, ...]]:
        """What questions about them begin with: the model, the sentences, the mentions."""
        return self.workspace.model, self.sentences, self.spans

    @property
    def layer(self) -> int:
        """The layer that is looked at: the one that was chosen where the model has it, else the last."""
        chosen = self.workspace.layer
        return self.layers if chosen is None or chosen > self.layers else chosen

    @property
    def pair(self) -> tuple[int, int] | None:
        """The two mentions that numbers compare: those that were chosen where there are so many, else the first two."""
        chosen = self.workspace.pair
        if chosen is not None and max(chosen) < len(self.spans) > 1:
            return chosen
        return (0, 1) if len(self.spans) > 1 else None

    def vectors(self, model: str | None = None) -> Vectors:
        """The question for their contextual vectors, in the workspace's model or in another."""
        return Vectors(model or self.workspace.model, self.sentences, self.spans)


def select(workspace: Workspace, engine: Engine) -> Selection:
    """The mentions that can be drawn.

    Raises:
        NoSentencesError: There is nothing to look at.
        BadInputError: There is no target word, or all of its mentions were left out.
        NoMentionError: The target stands in none of the sentences.
    """
    every = _mentioned(workspace)
    too_long = engine.get(TooLong(workspace.model, workspace.sentences))
    drawn = [m for m in every if m.used and m.mention.sentence_index not in too_long]
    if not drawn:
        raise BadInputError(
            "At least one occurrence must be drawn.",
            "all of them are left out or too long",
            "Tick one under \u201cSenses and occurrences\u201d.",
        )
    notices = [*_without(workspace, every), *_unread(workspace, engine, too_long), *_foreign(workspace, engine)]
    if len(drawn) > MOST_MENTIONS:
        notices.append(f"The first {MOST_MENTIONS} of {len(drawn)} occurrences are drawn.")
        drawn = drawn[:MOST_MENTIONS]
    return Selection(
        workspace,
        tuple((m.mention.sentence_index, m.mention.start, m.mention.end) for m in drawn),
        tuple(m.sense for m in drawn),
        tuple(m.group for m in drawn),
        engine.model(workspace.model).layers,
        tuple(notices),
    )


def _after(done: int, count: int, progress: Progress) -> Progress:
    """How far one sentence is, told as how far all are."""

    def tell(share: float, what: str) -> None:
        progress((done + share) / count, f"{done} of {count} sentences read")

    return tell


def by_sense(senses: Labels, count: int) -> list[int]:
    """Mentions with those of one sense side by side, senses in the order in which they come first."""
    first = list(dict.fromkeys(senses))
    return sorted(range(count), key=lambda i: first.index(senses[i])) if senses else list(range(count))


def mention_labels(sentences: tuple[str, ...], spans: tuple[MentionSpan, ...], senses: Labels) -> list[str]:
    """A short name of each mention, the number of its sentence and a telling word, in the order of their senses."""
    places = (spans[i] for i in by_sense(senses, len(spans)))
    return [f"{s + 1} {cue(sentences[s], (start, end))}" for s, start, end in places]


def _mentioned(workspace: Workspace) -> list[Mark]:
    """Every mention of the target; an error where there is none."""
    if not workspace.sentences:
        raise NoSentencesError("an empty editor")
    if not workspace.word:
        raise IncompleteError(
            "A target word is needed.", "an empty field", "Write the word to look at, such as \u201cran\u201d."
        )
    every = marks(workspace)
    if not every:
        error = no_mention(workspace.word, workspace.sentences)
        if isinstance(error, NoMentionError):
            raise error
        raise IncompleteError(error.rule, error.received, error.remedy)  # no word yet, such as a full stop
    return every


def _without(workspace: Workspace, every: list[Mark]) -> list[str]:
    """Sentences without the target."""
    without = sorted(set(range(len(workspace.sentences))) - {m.mention.sentence_index for m in every})
    if not without:
        return []
    near = near_misses(workspace.word, [workspace.sentences[i] for i in without])
    part = f" There it is only a part of {', '.join(map(_quoted, near))}." if near else ""
    return [f"Without \u201c{workspace.word}\u201d as a whole word, so not drawn: {_numbered(without)}.{part}"]


def _unread(workspace: Workspace, engine: Engine, too_long: Mapping[int, int]) -> list[str]:
    """Sentences that the model cannot read whole."""
    if not too_long:
        return []
    limit = engine.model(workspace.model).limit
    counts = ", ".join(f"{i + 1} ({count} tokens)" for i, count in too_long.items())
    return [
        f"Longer than the {limit} tokens this model reads, so not drawn and not cut: sentence {counts}. Shorten it."
    ]


def _foreign(workspace: Workspace, engine: Engine) -> list[str]:
    """Words that a tokenizer of English splits finely are of another language, or rare: that is said, with the figure."""
    model = workspace.model
    if model not in CATALOGUE:
        return []
    split = engine.get(TokensPerWord(model, workspace.sentences[:_SAMPLE]))
    if split is None or split < _FINELY:
        return []
    return [
        f"{CATALOGUE[model].title} was trained on English. It splits a word of these sentences into {split:.1f} tokens on "
        "average (English prose: about 1.1), so of these words, or of this language, it knows little."
    ]


def _quoted(text: str) -> str:
    return f"\u201c{text}\u201d"


def _numbered(indices: list[int]) -> str:
    shown = ", ".join(str(i + 1) for i in indices[:12])
    more = f" and {len(indices) - 12} more" if len(indices) > 12 else ""
    return f"sentence{'s' if len(indices) > 1 else ''} {shown}{more}"
