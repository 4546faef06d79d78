"""One sentence and a word of it, and all attention that a model gives there: what *Attention heads* looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ctxcore.controls import HeadsControls
from ctxcore.engine import Engine, Query
from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.limits import limit
from ctxcore.measures import attention as maps
from ctxcore.progress import Progress
from ctxcore.text import check_length, cue, words_of
from ctxcore.types import Attention, Word
from ctxcore.workspace import Workspace

WEIGHTED = (
    "Weighted: each weight times the length of the value that it moves (Kobayashi et al. 2020), as a share of the row\u2019s sum; the "
    "lengths of a word\u2019s pieces are added up."
)
"""What is said below weighted attention."""
Head = tuple[int, int]
"""Layer from 1, head from 0."""
Rows = Literal["word", "token"]


@dataclass(frozen=True)
class WholeAttention(Query[Attention]):
    """All attention weights of a sentence; weighted, each row holds shares of what a head moves, and not of what it attends to."""

    model: str
    sentence: str
    weighted: bool = False

    def run(self, engine: Engine, progress: Progress) -> Attention:
        from ctxcore.studies.value_weighted import moved_shares, weighted_attention

        model = engine.model(self.model)
        if not self.weighted:
            return model.attention(self.sentence)
        known = engine.get(WholeAttention(self.model, self.sentence))
        return moved_shares(weighted_attention(model, self.sentence, attention=known))

    def size(self, engine: Engine) -> int:
        """Bytes of the weights.

        Raises:
            BadInputError: They would take more memory than a server for several readers can give.
        """
        model = engine.model(self.model)
        tokens = len(model.tokens([self.sentence])[0])
        size = model.layers * model.heads * tokens**2 * 4
        if size > (most := limit("CTXCORE_MOST_ATTENTION_MB") << 20):  # 256 MB: about 490 tokens of the bundled decoder
            raise BadInputError(
                f"All heads of a sentence are kept up to {most >> 20} MB (CTXCORE_MOST_ATTENTION_MB sets another limit).",
                f"{tokens} tokens, which take {size >> 20} MB in {model.layers} layers of {model.heads} heads",
                "Shorten the sentence, or choose a model with fewer heads.",
            )
        return size


@dataclass(frozen=True)
class TellingHead(Query[Head]):
    """The head in which a word gives most to one other word of its sentence."""

    model: str
    sentence: str
    at: int

    def run(self, engine: Engine, progress: Progress) -> Head:
        return maps.telling_head(engine.get(WholeAttention(self.model, self.sentence)), self.at)


@dataclass(frozen=True)
class RowSums(Query[float]):
    """How far the rows of a sentence's attention are from being shares: the greatest distance of a row's sum from 1."""

    model: str
    sentence: str

    def run(self, engine: Engine, progress: Progress) -> float:
        weights = engine.get(WholeAttention(self.model, self.sentence)).weights
        return float(np.abs(weights.sum(-1, dtype=np.float64) - 1).max())


@dataclass(frozen=True)
class Example:
    """What a page looks at while the reader has chosen no sentence.

    Attributes:
        sentence: A sentence of our own.
        at: The word that is looked at, from 0.
        opened: The head that shows it best, of each embedded model.
    """

    sentence: str
    at: int
    opened: Mapping[str, Head]


HUNGRY = Example("The cat chased the mouse because it was hungry.", 6, {"minilm-l6": (6, 11), "smollm2-135m": (4, 8)})
"""Of *Attention heads*: the heads that give most of "it" to "cat"."""


@dataclass(frozen=True)
class Focus:
    """What *Attention heads* looks at: the reader's choices, and where there is none the page's own.

    Attributes:
        model: Name of the contextual model.
        sentence: The sentence.
        words: Its words.
        at: Which of them is the target, from 0.
        opened: The opened head.
        layers: How many the model has.
        heads: How many a layer has.
        sentences: All sentences of the reader, as they may be compared with this one.
        controls: How it is looked at.
    """

    model: str
    sentence: str
    words: tuple[Word, ...]
    at: int
    opened: Head
    layers: int
    heads: int
    sentences: tuple[str, ...] = ()
    controls: HeadsControls = field(default_factory=HeadsControls)

    @property
    def rows(self) -> Rows:
        """Are rows and columns words or tokens?"""
        return "token" if self.controls.rows == "token" else "word"

    @property
    def target(self) -> str:
        """The word's text."""
        return self.words[self.at].text


def focus_of(workspace: Workspace, engine: Engine, example: Example = HUNGRY) -> Focus:
    """What a page shows of a workspace. What this sentence or this model does not have is as if it had not been chosen.

    Raises:
        CtxError: There is no sentence with a word, or the model cannot be opened.
    """
    sentence, words = sentence_of(workspace, example)
    model, at = engine.model(workspace.model), word_at(workspace, example)
    asked = workspace.head
    if asked is not None and 1 <= asked[0] <= model.layers and 0 <= asked[1] < model.heads:
        opened = asked
    elif sentence == example.sentence and at == example.at and workspace.model in example.opened:
        opened = example.opened[workspace.model]
    else:
        opened = engine.get(TellingHead(workspace.model, sentence, at))
    return Focus(
        workspace.model, sentence, words, at, opened, model.layers, model.heads, workspace.sentences, workspace.heads
    )


def sentence_of(workspace: Workspace, example: Example) -> tuple[str, tuple[Word, ...]]:
    """The one sentence that is looked at, and its words.

    Raises:
        NoSentencesError: It is empty.
        BadInputError: It holds no word, or is too long.
    """
    sentence = example.sentence if workspace.focus is None else workspace.focus
    if not sentence:
        raise NoSentencesError("an empty field")
    check_length([sentence])
    words = words_of(sentence)
    if not words:
        raise BadInputError("A sentence needs a word.", repr(sentence[:60]), "Write one.")
    return sentence, words


def word_at(workspace: Workspace, example: Example) -> int:
    """The word that is looked at: in a sentence of the reader's own first the target word, else its first content word."""
    sentence, words = sentence_of(workspace, example)
    if workspace.at is not None and workspace.at < len(words):
        return workspace.at
    if sentence == example.sentence:
        return example.at
    texts, target = [word.text.casefold() for word in words], workspace.word.casefold()
    return texts.index(target if target in texts else cue(sentence, (0, 0)).casefold())
