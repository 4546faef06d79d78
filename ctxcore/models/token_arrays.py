"""Tokens of many sentences as arrays: what a model reads and where it stands, with no Python object a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class TokenArrays:
    """Tokens of sentences, one sentence behind the other.

    Attributes:
        ids: Numbers in the vocabulary ``[token]``.
        starts: First character that each stands for in its sentence ``[token]``, as in :class:`ctxcore.types.Token`.
        ends: One past the last ``[token]``.
        special: Added by the tokenizer or as a start token ``[token]``.
        bounds: Where each sentence's tokens begin, and the end of the last ``[sentence + 1]``.
    """

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    special: np.ndarray
    bounds: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each sentence ``[sentence]``."""
        return np.diff(self.bounds)

    def rows(self) -> list[np.ndarray]:
        """Numbers of each sentence's tokens."""
        return np.split(self.ids, self.bounds[1:-1])

    def overlapping(self, sentences: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tokens that share a character with each span; special and empty ones never do (:func:`ctxcore.text.overlapping`).

        Args:
            sentences: Which sentence each span stands in ``[span]``.
            starts: Its first character ``[span]``.
            ends: One past its last ``[span]``.

        Returns:
            The tokens, counted through all sentences, span by span, and how many each span has ``[span]``.
        """
        counts = self.lengths[sentences]
        span = np.repeat(np.arange(len(sentences)), counts)
        token = runs(self.bounds[sentences], counts)
        shared = np.maximum(starts[span], self.starts[token]) < np.minimum(ends[span], self.ends[token])
        shared &= ~self.special[token]
        return token[shared], np.bincount(span[shared], minlength=len(sentences))


def runs(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``starts[0], starts[0] + 1, ...`` for ``counts[0]`` numbers, then those of the next."""
    before = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) + np.repeat(starts - before, counts)


def without_blanks(texts: Sequence[str], bounds: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Starts of tokens, moved past the blanks that they begin with.

    Args:
        texts: Clean sentences: no other white space stands there.
        bounds: Where each one's tokens begin, and the end of the last.
        starts: First characters of the tokens, in their sentence.
        ends: One past the last ones.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    joined = np.frombuffer(" ".join(texts).encode("utf-32-le", "surrogatepass"), "<u4") == ord(" ")
    first = np.repeat(np.cumsum(lengths + 1) - lengths - 1, np.diff(bounds))
    moved = starts.copy()
    left = np.flatnonzero(moved < ends)
    while len(left := left[(moved[left] < ends[left]) & joined[first[left] + np.minimum(moved[left], ends[left] - 1)]]):
        moved[left] += 1
    return moved
