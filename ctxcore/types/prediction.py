"""Results about the next word: of a model, a lookup table, and both beside each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.types.result import Result
from ctxcore.types.text import Token

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Result):
    """What a decoder expects after a prefix.

    Attributes:
        prefix: The text.
        top: The likeliest next tokens as text, a leading blank shown as such, with their probability.
        candidates: Each asked word and its probability: the product over all of its tokens. That the word ends there is not
            counted: "run" includes the share of "running" where its first token is the same.
        rank: Each asked word's place among all tokens, from 1 for the likeliest to the size of the vocabulary. A word of several
            tokens stands in the place of its first token, which every word that begins with it shares: one more than the
            other tokens that are likelier than the whole word.
        tokens: Each asked word's tokens, as it is read after this prefix.
        entropy: Of the next token, in bits.
        shares: Probability of every token of the vocabulary ``[vocabulary]``; sums to 1.
    """

    prefix: str
    top: tuple[tuple[str, float], ...]
    candidates: dict[str, float]
    rank: dict[str, int]
    tokens: dict[str, tuple[str, ...]]
    entropy: float
    shares: np.ndarray

    def to_frame(self) -> pd.DataFrame:
        """One row a word: ``word``, ``probability``, ``rank``, and whether it was ``asked`` for; the likeliest tokens first."""
        import pandas as pd

        top = [(text, share, rank, False) for rank, (text, share) in enumerate(self.top, 1)]
        asked = [(word, share, self.rank[word], True) for word, share in self.candidates.items()]
        return pd.DataFrame([*top, *asked], columns=["word", "probability", "rank", "asked"])


@dataclass(frozen=True, eq=False, repr=False)
class LastWord(Result):
    """What a table and a model say of the last word of a sentence, given what stands before it.

    Attributes:
        prefix: What stands before it; empty where it is the first.
        word: The word.
        table: The table's answer.
        model: The model's.
        training: What the table was trained on, and how much of it there is.
    """

    prefix: str
    word: str
    table: LookupAnswer
    model: Prediction
    training: str


@dataclass(frozen=True, eq=False, repr=False)
class SentenceScore(Result):
    """How likely a decoder finds a sentence, token by token.

    Attributes:
        sentence: The text.
        tokens: Its tokens, without the start token that the first is predicted from.
        steps: Natural logarithm of each token's probability given all before it ``[token]``.
        total: Their sum: the logarithm of the whole sentence's probability. That it ends there is not counted.
    """

    sentence: str
    tokens: tuple[Token, ...]
    steps: np.ndarray
    total: float


@dataclass(frozen=True, eq=False, repr=False)
class Lens(Result):
    """What each layer would say comes next: its state read with the final norm and the output matrix (nostalgebraist 2020).

    Attributes:
        prefix: The text.
        top: For each layer from 0, the likeliest tokens as text with their probability.
        candidates: Each asked word and the probability of its first token ``[layer]``.
        divergence: How far each layer's distribution is from the last one's: Kullback-Leibler divergence of the last from
            it, in bits ``[layer]``; 0 at the last.
    """

    prefix: str
    top: tuple[tuple[tuple[str, float], ...], ...]
    candidates: dict[str, np.ndarray]
    divergence: np.ndarray


@dataclass(frozen=True)
class GeneratedToken:
    """One token of a continuation.

    Attributes:
        text: What it stands for, a leading blank shown as such.
        id: Its index in the vocabulary.
        probability: What the model gave it, at temperature 1.
        rank: Its place among all tokens, 1 for the likeliest.
        entropy: Of the distribution it was taken from, in bits, at temperature 1.
        top: The likeliest tokens there with their probability.
    """

    text: str
    id: int
    probability: float
    rank: int
    entropy: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class GeneratedText:
    """A continuation.

    Attributes:
        tokens: Its tokens in order.
        stopped: Was it stopped before its end?
    """

    tokens: tuple[GeneratedToken, ...]
    stopped: bool = False

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(one.text for one in self.tokens)


@dataclass(frozen=True, eq=False, repr=False)
class HeldOut(Result):
    """How well predictors know the next word of held-out sentences.

    Attributes:
        predictors: Names: ``table``, ``smoothed``, ``last word``, ``full``.
        words: The words that were asked for, in order.
        sentence_index: Which held-out sentence each stands in ``[word]``.
        logs: Natural logarithm of the probability that each predictor gave each word ``[predictor, word]``; -inf for none.
        seen: ``[word]``: did the table see the context with a word behind it?
        known: ``[word]``: does the word stand in the training sentences?
        first: ``[predictor, word]``: was it the predictor's first guess?
        five: ``[predictor, word]``: was it among the predictor's first five?
        left_out: Words that were not asked for, since one of their tokens belongs to the next word as well.
        n: Words in an entry of the table and of the smoothed model.
        trained_on: Words that both were trained on.
        seconds: What it took.
        training: What they were trained on, in words; empty where nobody said.
        sentences: The held-out sentences; empty where they were not kept.
        places: Which word of its sentence each is, from 0 ``[word]``.
    """

    predictors: tuple[str, ...]
    words: tuple[str, ...]
    sentence_index: tuple[int, ...]
    logs: np.ndarray
    seen: np.ndarray
    known: np.ndarray
    first: np.ndarray
    five: np.ndarray
    left_out: int
    n: int
    trained_on: int
    seconds: float
    training: str = ""
    sentences: tuple[str, ...] = ()
    places: tuple[int, ...] = ()

    @property
    def perplexity(self) -> np.ndarray:
        """``[predictor]``: exp of the mean negative logarithm over all words; infinite where one word got no probability."""
        return np.asarray(np.exp(-self.logs.mean(1)))

    @property
    def perplexity_known(self) -> np.ndarray:
        """``[predictor]``: the same over the words that stand in the training sentences; NaN where none does."""
        logs = self.logs[:, self.known]
        return np.asarray(np.exp(-logs.mean(1))) if logs.shape[1] else np.full(len(self.predictors), np.nan)

    @property
    def impossible(self) -> np.ndarray:
        """``[predictor]``: share of the words that got no probability at all."""
        return np.asarray(np.isneginf(self.logs).mean(1))

    @property
    def right_first(self) -> np.ndarray:
        """``[predictor]``: share of the words that were the first guess."""
        return np.asarray(self.first.mean(1))

    @property
    def right_in_five(self) -> np.ndarray:
        """``[predictor]``: share of the words that were among the first five guesses."""
        return np.asarray(self.five.mean(1))

    def given(self, word: int) -> dict[str, float]:
        """The probability that each predictor gave one word, by the predictor's name."""
        return dict(zip(self.predictors, np.exp(self.logs[:, word]).tolist(), strict=True))


@dataclass(frozen=True)
class LookupAnswer:
    """What a table of memorised transitions says of one word.

    Attributes:
        context: The words it was asked about.
        word: The word that should follow.
        seen: How often the context stood in training with a word behind it.
        count: How often the word followed it there.
        ended: How often a sentence ended with the context, so that no word followed.
    """

    context: tuple[str, ...]
    word: str
    seen: int
    count: int
    ended: int = 0

    @property
    def share(self) -> float | None:
        """Share of the context's occurrences that the word followed, 0 to 1; None where the context was never seen."""
        return self.count / self.seen if self.seen else None


@dataclass(frozen=True, eq=False, repr=False)
class Coverage(Result):
    """How much of held-out text tables have never seen.

    Attributes:
        ns: The n of each table.
        sizes: Numbers of training sentences.
        words: Training words of each size.
        unseen_contexts: ``[n, size]`` share of held-out words whose context was never seen.
        unseen_steps: ``[n, size]`` share of held-out words that never followed their context.
        asked: Number of held-out words.
    """

    ns: tuple[int, ...]
    sizes: tuple[int, ...]
    words: tuple[int, ...]
    unseen_contexts: np.ndarray
    unseen_steps: np.ndarray
    asked: int


@dataclass(frozen=True, eq=False, repr=False)
class Ladder(Result):
    """What each context level, from a lookup table to full attention, expects after each prompt.

    Attributes:
        prompts: The texts.
        candidates: The asked words.
        levels: Names of the context levels, the poorest first: ``table``, ``last word``, ``no attention``, ``window``, ``full``.
        probability: ``[prompt, level, candidate]``; NaN where the table never saw the context.
        rank: ``[prompt, level, candidate]``, 1 for the likeliest; 0 where there is none.
        top: The likeliest words of each prompt and level with their probability.
        entropy: ``[prompt, level]`` in bits; NaN where the table never saw the context.
        answers: What the table says, ``[prompt][candidate]``.
        shares: ``[prompt, level, vocabulary]`` of the levels above the table.
        window: Words that are shown on the level of that name.
        n: Words in an entry of the table.
        pieces: Tokens of each candidate, as it is read after the first prompt.
        training: What the table was trained on, in words; empty where nobody said.
    """

    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    levels: tuple[str, ...]
    probability: np.ndarray
    rank: np.ndarray
    top: tuple[tuple[tuple[tuple[str, float], ...], ...], ...]
    entropy: np.ndarray
    answers: tuple[tuple[LookupAnswer, ...], ...]
    shares: np.ndarray
    window: int
    n: int
    pieces: tuple[int, ...] = ()
    training: str = ""

    def first(self, count: int) -> Ladder:
        """The same for the first few candidates."""
        return replace(
            self, candidates=self.candidates[:count], probability=self.probability[..., :count],
            rank=self.rank[..., :count], answers=tuple(a[:count] for a in self.answers),
            pieces=self.pieces[:count],
        )  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class WindowCurves(Result):
    """What a decoder gives candidates as more and more of each prompt is shown, word by word from its end.

    Attributes:
        prompts: The texts.
        candidates: The asked words.
        shown: Numbers of words.
        probability: ``[prompt, number, candidate]``. A shorter prompt stays as it is once all of it is shown.
    """

    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    shown: tuple[int, ...]
    probability: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Swap(Result):
    """How far apart two prompts are on one context level.

    Attributes:
        divergence: Jensen-Shannon divergence of the two next-token distributions in bits, 0 to 1.
        greatest: Greatest difference between the two probabilities of a token.
        moved: The tokens whose probability differs most: index in the vocabulary and both probabilities.
    """

    divergence: float
    greatest: float
    moved: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Contrast:
    """What full attention makes of one candidate after two prompts.

    Attributes:
        candidate: The word.
        likelier: Which prompt it is likelier after, 0 or 1; the first where it is alike.
        times: How many times as likely it is there; infinite where the other prompt gives it nothing.
        apart: Greatest difference between the two predictions of any token with attention off.
    """

    candidate: str
    likelier: int
    times: float
    apart: float
