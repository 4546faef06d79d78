"""Memorised transitions: an n-gram table with honest gaps, a smoothed one beside it, and how much of new text each knows.

Words are those of :func:`ctxcore.words_of`, case folded; a sentence's start counts as context, its end is not predicted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.text import words_of
from ctxcore.types import Coverage, LookupAnswer

START = "\u27e8start\u27e9"
"""Stands before the first word of a sentence, so that a table also knows how sentences begin."""
_Progress = Callable[[float, str], None]
_EVERY = 2000
"""Sentences between two reports of progress."""
Words = tuple[str, ...]


def split(sentences: Sequence[str], progress: _Progress = lambda share, what: None) -> list[Words]:
    """The words of each sentence, case folded; sentences without a word are left out.

    Args:
        sentences: The texts.
        progress: Called with the share done now and then; an error that it raises ends the work.
    """
    found = []
    for number, sentence in enumerate(sentences):
        words = tuple(w.text.casefold() for w in words_of(sentence))
        if words:
            found.append(words)
        if number % _EVERY == _EVERY - 1:
            progress((number + 1) / len(sentences), f"{number + 1:,} of {len(sentences):,} sentences read")
    return found


class LookupTable:
    """Which word followed each context of n - 1 words in the training sentences, and how often. It knows nothing else.

    Attributes:
        n: Words in an entry, the predicted one included.
        sentences: Number of training sentences.
        words: Number of training words.
        contexts: Context -> how often each word followed it.
    """

    def __init__(self, sentences: Sequence[Words], n: int) -> None:
        if not 2 <= n <= 5:
            raise BadInputError("A table holds runs of 2 to 5 words.", f"n = {n}", "Choose n from 2 to 5.")
        if not sentences:
            raise NoSentencesError("no training sentence with a word")
        self.n = n
        self.sentences = len(sentences)
        self.words = sum(len(s) for s in sentences)
        self.contexts: dict[Words, Counter[str]] = {}
        for context, word in _entries(sentences, n):
            self.contexts.setdefault(context, Counter())[word] += 1

    def ask(self, prefix: str | Words, word: str) -> LookupAnswer:
        """What the table says of a word after a prefix: how often it saw the context, and the word after it.

        An entry ends in one word: several words, or a mark of punctuation, never followed anything here.
        """
        context = self.context(prefix)
        followers = self.contexts.get(context, Counter())
        name = word.strip().casefold() if word.strip() and not words_of(word) else " ".join(words_of_one(word))
        return LookupAnswer(context, name, followers.total(), followers[name])

    def next_words(self, prefix: str | Words, k: int = 10) -> list[tuple[str, float]]:
        """The words that followed most often, with their share; empty where none ever did."""
        followers = self.contexts.get(self.context(prefix), Counter())
        return [(word, count / followers.total()) for word, count in followers.most_common(k)]

    def context(self, prefix: str | Words) -> Words:
        """The last n - 1 words of a prefix; before its first word stands the start."""
        words = prefix if isinstance(prefix, tuple) else tuple(w.text.casefold() for w in words_of(prefix))
        return ((START,) * (self.n - 1) + words)[-(self.n - 1) :]

    def knows(self, sentence: str | Words) -> bool:
        """Was every step of this sentence seen in training?"""
        words = sentence if isinstance(sentence, tuple) else tuple(w.text.casefold() for w in words_of(sentence))
        return all(word in self.contexts.get(context, ()) for context, word in _entries([words], self.n))


class SmoothedModel:
    """An n-gram model with Witten-Bell smoothing (Witten & Bell 1991) from NLTK: the stronger opponent of a plain table.

    What a longer context did not see is asked of shorter ones, so that every word of the training sentences can follow every
    other. A word that stands in none of them still gets 0.

    Attributes:
        n: The longest run of words.
        model: The fitted ``nltk.lm`` model.
    """

    def __init__(self, sentences: Sequence[Words], n: int) -> None:
        from nltk.lm import WittenBellInterpolated
        from nltk.util import everygrams

        if not sentences:
            raise NoSentencesError("no training sentence with a word")
        self.n = n
        self.model: Any = WittenBellInterpolated(n)
        padded = [(START,) * (n - 1) + s for s in sentences]
        # A start is context and never follows: runs that end in one are left out, or they would take a share.
        runs = ([g for g in everygrams(s, max_len=n) if g[-1] != START] for s in padded)
        self.model.fit(runs, vocabulary_text=[START, *(w for s in sentences for w in s)])
        self._seen = Counter(w for s in sentences for w in s)
        self._followers: list[dict[Words, Counter[str]]] = []
        for size in range(1, n):
            found: dict[Words, Counter[str]] = {}
            for context, word in _entries(sentences, size + 1):
                found.setdefault(context, Counter())[word] += 1
            self._followers.append(found)

    def probability(self, context: Words, word: str) -> float:
        """P(word | the last n - 1 words of the context), 0 to 1."""
        return float(self.model.score(word, context[-(self.n - 1) :]))

    def next_words(self, context: Words, k: int = 10) -> list[tuple[str, float]]:
        """The likeliest next words with their probability.

        Every word that followed a part of the context is scored, and the k most frequent words of all: no other can be among
        the k likeliest, since smoothing ranks the rest by their frequency.
        """
        least = min((count for _, count in self._seen.most_common(k)), default=0)
        offered = {w for w, count in self._seen.items() if count >= least}  # those as frequent as the last one, too
        for size, followers in enumerate(self._followers, start=1):
            offered |= set(followers.get(context[-size:], ()))
        scored = [(w, self.probability(context, w)) for w in offered]
        return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:k]


def words_of_one(word: str) -> list[str]:
    """The words of a candidate, case folded; BadInputError where it holds none."""
    found = [w.text.casefold() for w in words_of(word)]
    if not found:
        raise BadInputError("A candidate is a word.", repr(word), "Write a word that could come next.")
    return found


def coverage(train: Sequence[Words], held_out: Sequence[Words], sizes: Sequence[int], ns: Sequence[int]) -> Coverage:
    """How much of new text a table has never seen, against n and against how much it was trained on.

    Args:
        train: Training sentences.
        held_out: Sentences that no table was trained on.
        sizes: Numbers of training sentences, ascending.
        ns: The n of each table.

    Returns:
        Shares ``[n, size]`` of the held-out steps whose context, and whose context with its word, was never seen.
    """
    if not held_out:
        raise NoSentencesError("no held-out sentence with a word")
    contexts = np.empty((len(ns), len(sizes)))
    steps = np.empty((len(ns), len(sizes)))
    for i, n in enumerate(ns):
        asked = list(_entries(held_out, n))
        seen_contexts: set[Words] = set()
        seen_steps: set[tuple[Words, str]] = set()
        done = 0
        for j, size in enumerate(sizes):  # each size only adds to the one before
            for context, word in _entries(train[done:size], n):
                seen_contexts.add(context)
                seen_steps.add((context, word))
            done = size
            contexts[i, j] = np.mean([context not in seen_contexts for context, _ in asked])
            steps[i, j] = np.mean([step not in seen_steps for step in asked])
    words = [sum(len(s) for s in train[:size]) for size in sizes]
    return Coverage(tuple(ns), tuple(sizes), tuple(words), contexts, steps, sum(len(s) for s in held_out))


def _entries(sentences: Sequence[Words], n: int) -> Iterator[tuple[Words, str]]:
    """Each word with the n - 1 before it."""
    for words in sentences:
        padded = (START,) * (n - 1) + words
        for end in range(n - 1, len(padded)):
            yield padded[end - n + 1 : end], padded[end]
