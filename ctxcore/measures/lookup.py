"""Memorised transitions: an n-gram table with honest gaps, a smoothed one beside it, and how much of new text each knows.

Words are those of :func:`ctxcore.words_of`, folded (:func:`ctxcore.text.folded`); a sentence's start counts as context, and
its end is not predicted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.progress import Progress, silent
from ctxcore.text import clean, folded, words_of
from ctxcore.types import Coverage, LookupAnswer

START = "\u27e8start\u27e9"
"""Stands before the first word of a sentence, so that a table also knows how sentences begin."""
_START, _END, _UNKNOWN = 0, 1, -1
"""Numbers of what is no word."""
MOST_SMOOTHED = 200_000
"""Words that the smoothed table is trained on at most where it is asked beside others: counting them takes about six seconds."""
_EVERY = 2000
"""Sentences between two reports of progress."""
Words = tuple[str, ...]


def words_in(text: str) -> Words:
    """The words of a text, folded."""
    return tuple(folded(w.text) for w in words_of(text))


def split(sentences: Sequence[str], progress: Progress = silent) -> list[Words]:
    """The words of each sentence, folded; sentences without a word are left out.

    Args:
        sentences: The texts.
        progress: Called with the share done now and then; an error that it raises ends the work.
    """
    found = []
    one: dict[str, str] = {}  # a word of a large text stands in memory once
    for number, sentence in enumerate(sentences):
        words = tuple(one.setdefault(w, w) for w in words_in(sentence))
        if words:
            found.append(words)
        if number % _EVERY == _EVERY - 1:
            progress((number + 1) / len(sentences), f"{number + 1:,} of {len(sentences):,} sentences read")
    return found


def hold_out(sentences: Sequence[Words], share: float = 0.2) -> tuple[list[int], list[int]]:
    """Which sentences to train on and which to keep for the test: the last ones, of those that differ.

    A sentence that stands there twice could be in both parts, and the test would be of memory: each is taken once.

    Args:
        sentences: Words of each sentence.
        share: How many of those that differ are held out, 0 to 1; at least one, and never all.

    Returns:
        Indices of the training sentences and of the held-out ones.

    Raises:
        BadInputError: Fewer than two sentences differ.
    """
    firsts: dict[Words, int] = {}
    for i, words in enumerate(sentences):
        firsts.setdefault(words, i)
    distinct = list(firsts.values())
    if len(distinct) < 2:
        raise BadInputError(
            "A part of the text is held out: it needs two sentences that differ.",
            f"{len(distinct)} of {len(sentences)} sentences",
            "Give more sentences, one a line.",
        )
    cut = len(distinct) - min(len(distinct) - 1, max(1, round(share * len(distinct))))
    return distinct[:cut], distinct[cut:]


class LookupTable:
    """Which word followed each context of n - 1 words in the training sentences, and how often. It knows nothing else.

    Counts lie in sorted arrays and not in dictionaries: a text of 20 MB takes tens of megabytes, not gigabytes.

    Attributes:
        n: Words in an entry, the predicted one included.
        sentences: Number of training sentences.
        words: Number of training words.
        contexts: Number of different contexts that a word followed.
    """

    def __init__(self, sentences: Sequence[Words], n: int, progress: Progress = silent) -> None:
        if not 2 <= n <= 5:
            raise BadInputError("A table holds runs of 2 to 5 words.", f"n = {n}", "Choose n from 2 to 5.")
        if not sentences:
            raise NoSentencesError("no training sentence with a word")
        self.n = n
        self.sentences = len(sentences)
        self.words = sum(len(s) for s in sentences)
        self._number = _numbers(sentences)
        self._names = [START, "", *islice(self._number, 2, None)]
        stream, ends = _stream(sentences, self._number, n)
        self._size = len(self._number)  # the base in which a context and its follower are one number
        self._levels: list[np.ndarray] = []
        rank = stream[:, 0]
        for place in range(1, n - 1):
            progress(place / n, f"Counting runs of {place + 1} words")
            level, rank = np.unique(rank * self._size + stream[:, place], return_inverse=True)
            self._levels.append(level)
        progress((n - 1) / n, f"Counting runs of {n} words")
        follower = np.where(ends, _END, stream[:, -1])
        # [entry]: context and follower as one number, sorted; where it came first; how often it came
        self._entries, self._first, self._counts = np.unique(
            rank * self._size + follower, return_index=True, return_counts=True
        )
        self.contexts = len(np.unique((self._entries // self._size)[self._entries % self._size != _END]))

    def ask(self, prefix: str | Words, word: str) -> LookupAnswer:
        """What the table says of a word after a prefix: how often it saw the context, and the word after it.

        An entry ends in one word: several words, or a mark of punctuation, never followed anything here.
        """
        context = self.context(prefix)
        name = folded(word) if clean(word) and not words_of(word) else " ".join(words_of_one(word))
        followers, ended = self._followers(context)
        return LookupAnswer(context, name, sum(followers.values()), followers.get(name, 0), ended)

    def __contains__(self, word: str) -> bool:
        """Does this word stand in the training sentences, in any case?"""
        return self._number.get(folded(word), _START) > _END

    def next_words(self, prefix: str | Words, k: int | None = 10) -> list[tuple[str, float]]:
        """The words that followed most often, with their share; None lists all. Empty where none ever did."""
        followers, _ = self._followers(self.context(prefix))
        total = sum(followers.values())
        return [(word, count / total) for word, count in islice(followers.items(), k)]

    def context(self, prefix: str | Words) -> Words:
        """The last n - 1 words of a prefix; before its first word stands the start."""
        words = prefix if isinstance(prefix, tuple) else words_in(prefix)
        return ((START,) * (self.n - 1) + words)[-(self.n - 1) :]

    def knows(self, sentence: str | Words) -> bool:
        """Was every step of this sentence seen in training?"""
        words = sentence if isinstance(sentence, tuple) else words_in(sentence)
        return all(word in self._followers(self.context(words[:end]))[0] for end, word in enumerate(words))

    def entries(self, word: str = "", most: int | None = None) -> Iterator[tuple[Words, dict[str, int]]]:
        """Contexts with the words that followed each, in the order of the text's own vocabulary; those alone that hold a word.

        Args:
            word: A word of the context, or one that followed it; empty for all.
            most: The greatest number of contexts; None for all.
        """
        asked = self._entries % self._size != _END
        if word:
            asked &= self._holding(self._number.get(folded(word), _UNKNOWN))
        for rank in np.unique(self._entries[asked] // self._size)[:most].tolist():
            yield self._context_of(rank), self._followers_of(rank)[0]

    def _holding(self, number: int) -> np.ndarray:
        """Which entries hold a word, in their context or behind it ``[entry]``."""
        found = self._entries % self._size == number
        rank = self._entries // self._size
        for level in reversed(self._levels):
            key = level[rank]
            found |= key % self._size == number
            rank = key // self._size
        return np.asarray(found | (rank == number))

    def _context_of(self, rank: int) -> Words:
        found: list[str] = []
        for level in reversed(self._levels):
            rank, last = divmod(int(level[rank]), self._size)
            found.append(self._names[last])
        return (self._names[rank], *reversed(found))

    def _followers(self, context: Words) -> tuple[dict[str, int], int]:
        """Word -> how often it followed the context, the most frequent first; and how often the sentence ended there."""
        words = [self._number.get(w, _UNKNOWN) for w in context]
        if _UNKNOWN in words:
            return {}, 0
        rank = words[0]
        for level, number in zip(self._levels, words[1:], strict=True):
            key = rank * self._size + number
            rank = int(np.searchsorted(level, key))
            if rank == len(level) or level[rank] != key:
                return {}, 0
        return self._followers_of(rank)

    def _followers_of(self, rank: int) -> tuple[dict[str, int], int]:
        low, high = np.searchsorted(self._entries, (rank * self._size, (rank + 1) * self._size))
        numbers, counts = self._entries[low:high] % self._size, self._counts[low:high]
        order = np.lexsort((self._first[low:high], -counts))  # equally frequent ones as first seen
        found = {int(numbers[i]): int(counts[i]) for i in order}
        ended = found.pop(_END, 0)
        return {self._names[i]: count for i, count in found.items()}, ended


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
        self._frequent = Counter(w for s in sentences for w in s).most_common()

    def probability(self, context: Words, word: str) -> float:
        """P(word | the last n - 1 words of the context), 0 to 1."""
        part = context[-(self.n - 1) :]
        while part and not self._after(
            part
        ):  # NLTK does the same, and would remember each context that it was asked for
            part = part[1:]
        return float(self.model.score(word, part))

    def next_words(self, context: Words, k: int = 10) -> list[tuple[str, float]]:
        """The likeliest next words with their probability.

        Every word that followed a part of the context is scored, and the k most frequent words of all: no other can be among
        the k likeliest, since smoothing ranks the rest by their frequency.
        """
        lengths = [self._after(context[-size:]) for size in range(1, min(self.n, len(context) + 1))]
        least = self._frequent[min(k, len(self._frequent)) - 1][1] if k else 0
        offered = {w: 0.0 for after in lengths for w in after}
        for word, count in self._frequent:  # those as frequent as the last one, too
            if count < least or not k:
                break
            offered[word] = 0.0
        unigrams = self.model.counts.unigrams
        total = unigrams.N()
        scores = {w: unigrams[w] / total for w in offered}
        # From short contexts to long ones, all words at once: NLTK's own way counts each context anew for each word.
        for after in lengths:
            if seen := sum(after.values()):
                rest = len(after) / (len(after) + seen)
                scores = {w: (1.0 - rest) * (after.get(w, 0) / seen) + rest * p for w, p in scores.items()}
        return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]

    def _after(self, context: Words) -> Any:
        """How often each word followed a context; asking does not add it to what was counted."""
        known = self.model.vocab.lookup(context)
        return self.model.counts[len(context) + 1].get(known, {})


def words_of_one(word: str) -> Words:
    """The words of a candidate, folded; BadInputError where it holds none."""
    found = words_in(word)
    if not found:
        raise BadInputError("A candidate is a word.", repr(word), "Write a word that could come next.")
    return found


def coverage(
    train: Sequence[Words],
    held_out: Sequence[Words],
    sizes: Sequence[int],
    ns: Sequence[int],
    progress: Progress = silent,
) -> Coverage:
    """How much of new text a table has never seen, against n and against how much it was trained on.

    Args:
        train: Training sentences.
        held_out: Sentences that no table was trained on.
        sizes: Numbers of training sentences, ascending.
        ns: The n of each table.
        progress: Called before each n; an error that it raises ends the work.

    Returns:
        Shares ``[n, size]`` of the held-out steps whose context, and whose context with its word, was never seen.
    """
    if not held_out:
        raise NoSentencesError("no held-out sentence with a word")
    together = [*train, *held_out]
    number = _numbers(together)
    lengths = np.array([len(s) for s in together])
    sentence = np.repeat(np.arange(len(together)), lengths)
    asked = sentence >= len(train)
    contexts, steps = np.empty((len(ns), len(sizes))), np.empty((len(ns), len(sizes)))
    for i, n in enumerate(ns):
        progress(i / len(ns), f"runs of {n} words")
        stream, ends = _stream(together, number, n)
        rank = np.zeros(len(stream), dtype=np.int64)
        for place in range(n):
            _, rank = np.unique(rank * len(number) + stream[:, place], return_inverse=True)
            if place == n - 2:  # a context counts as seen where a sentence went on from it
                first_context = _first_sentence(rank[~ends], sentence)[asked]
        first_step = _first_sentence(rank[~ends], sentence)[asked]
        for j, size in enumerate(sizes):
            contexts[i, j], steps[i, j] = (np.mean(f >= min(size, len(train))) for f in (first_context, first_step))
    words = np.concatenate([[0], np.cumsum(lengths[: len(train)])])
    counts = tuple(int(words[min(size, len(train))]) for size in sizes)
    return Coverage(tuple(ns), tuple(sizes), counts, contexts, steps, int(asked.sum()))


def _first_sentence(rank: np.ndarray, sentence: np.ndarray) -> np.ndarray:
    """For each step the sentence in which its run stood first ``[step]``; steps stand in the order of their sentences."""
    _, first, inverse = np.unique(rank, return_index=True, return_inverse=True)
    return np.asarray(sentence[first][inverse])


def _numbers(sentences: Sequence[Words]) -> dict[str, int]:
    """Word -> its number, in the order of the text; 0 is the start and 1 the end of a sentence."""
    found: dict[Any, int] = {START: _START, None: _END}
    for words in sentences:
        for word in words:
            found.setdefault(word, len(found))
    return found


def _stream(sentences: Sequence[Words], number: dict[str, int], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each word with the n - 1 before it, and each sentence's end: numbers ``[step, n]``, and which steps are an end ``[step]``."""
    padded = np.fromiter(
        (k for s in sentences for k in (*(_START,) * (n - 1), *(number[w] for w in s), _END)), dtype=np.int64
    )
    lengths = np.array([len(s) + n for s in sentences])
    starts = np.cumsum(lengths) - lengths
    inside = np.ones(len(padded), dtype=bool)  # a step is predicted: not the starts before a sentence
    for place in range(n - 1):
        inside[starts + place] = False
    steps = np.flatnonzero(inside)
    return padded[steps[:, None] + np.arange(1 - n, 1)], padded[steps] == _END
