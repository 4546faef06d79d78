"""Results about how much a context tells of a next word, in bits, beside contexts that should tell nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctxcore.types.result import Result


@dataclass(frozen=True, eq=False, repr=False)
class PromptInformation(Result):
    """What a prompt tells of each candidate beyond its last word: P-CXMI in bits, beside that of other contexts as long.

    All figures are log2 P(candidate | context and last word) - log2 P(candidate | last word alone).

    Attributes:
        prompts: The texts.
        candidates: The asked words.
        alone: ``[prompt, candidate]``: probability after the last word alone, 0 to 1.
        whole: ``[prompt, candidate]``: of the prompt as it stands, in bits; 0 where it is one word.
        start: ``[prompt, candidate]``: of no word at all, the start token alone.
        orders: For each prompt its words before the last one in other orders, as they were read.
        shuffled: For each prompt ``[order, candidate]``: of these.
        others: For each prompt the same number of words of other sentences, and then its last word, as they were read.
        unrelated: For each prompt ``[other, candidate]``: of these.
    """

    prompts: tuple[str, ...]
    candidates: tuple[str, ...]
    alone: np.ndarray
    whole: np.ndarray
    start: np.ndarray
    orders: tuple[tuple[str, ...], ...]
    shuffled: tuple[np.ndarray, ...]
    others: tuple[tuple[str, ...], ...]
    unrelated: tuple[np.ndarray, ...]

    def as_much(self, prompt: int, candidate: int) -> int:
        """How many of the other sentences\u2019 contexts tell as much as the prompt or more."""
        return int((self.unrelated[prompt][:, candidate] >= self.whole[prompt, candidate]).sum())

    def outside(self, prompt: int, candidate: int) -> int | None:
        """1 where a prompt tells more than every unrelated context, -1 where less than every one, 0 where it lies among them.

        None where fewer than 19 were read: too few to tell (with 39 one of them lies outermost by chance in 5 %).
        """
        control = self.unrelated[prompt][:, candidate]
        if len(control) < ENOUGH:
            return None
        value = self.whole[prompt, candidate]
        return int(value > control.max()) - int(value < control.min())

    def first(self, count: int) -> PromptInformation:
        """The same for the first few candidates."""
        return PromptInformation(
            self.prompts, self.candidates[:count], self.alone[:, :count], self.whole[:, :count], self.start[:, :count],
            self.orders, tuple(s[:, :count] for s in self.shuffled), self.others,
            tuple(u[:, :count] for u in self.unrelated),
        )  # fmt: skip


ENOUGH = 19
"""Contexts beside which a figure that lies outside all of them is a verdict: by chance one in ten does, at most."""
FEW = 10
"""Sentences below which their spread says nothing about others."""


@dataclass(frozen=True, eq=False, repr=False)
class HeldOutInformation(Result):
    """What all words before a held-out word tell of it beyond the last one, beside contexts that are spoilt on purpose.

    All figures are log2 P(word | context) - log2 P(word | the word before alone), in bits; the mean of the whole context is
    the conditional cross-mutual information, CXMI.

    Attributes:
        contexts: Names: ``whole``; ``shuffled``, the words before the last one in another order; ``exchanged``, as many words
            of another sentence in their place.
        words: The words that were asked for.
        sentence_index: Which held-out sentence each stands in ``[word]``.
        bits: ``[context, word]``.
        mean: ``[context]``.
        interval: ``[context, 2]``: where the mean lies for other sentences, 95 %; infinite for one sentence.
        more: ``[context, 2]``: the same of the whole context's mean less this one's; 0 for itself.
        eligible: Words with two others at least before the last one, of which these were drawn.
        seconds: What it took.
        training: The text that they stand in, in words; empty where nobody said.
    """

    contexts: tuple[str, ...]
    words: tuple[str, ...]
    sentence_index: tuple[int, ...]
    bits: np.ndarray
    mean: np.ndarray
    interval: np.ndarray
    more: np.ndarray
    eligible: int
    seconds: float
    training: str = ""

    def beats(self, context: int) -> bool | None:
        """Does the whole context tell more than a spoilt one? None where 0 is in the interval of the difference, or with few sentences."""
        low, high = self.more[context]
        if len(set(self.sentence_index)) < FEW or low <= 0 <= high:
            return None
        return bool(low > 0)
