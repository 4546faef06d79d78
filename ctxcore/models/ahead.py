"""Work in two steps on many texts: the first step of the next texts is made while the device is at the second of these.

A GPU is asked for a pass and computes it while we go on. In that time the tokens of the next texts are made, in the same thread:
another one would ask for the interpreter between any two of the hundreds of steps of a pass, and the GPU would wait for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

import numpy as np

from ctxcore.errors import CtxError

AT_ONCE = 2048
"""Texts of one chunk: on an H200 their tokens take half as long as a pass of a network of BERT's size."""
_Made = TypeVar("_Made")


def chunked(device: str, lengths: np.ndarray) -> list[np.ndarray]:
    """Numbers of texts, chunk by chunk: all at once on the CPU, which has nothing beside it, and where they are few.

    The longest come first, so that texts of one chunk are much alike and a batch has little padding, and what is too long or
    does not fit is found at the start.

    Args:
        device: Where the network is.
        lengths: Characters of each text.
    """
    if device == "cpu" or len(lengths) <= 2 * AT_ONCE:
        return [np.arange(len(lengths))]
    order = np.argsort(-lengths, kind="stable")
    return np.split(order, range(AT_ONCE, len(order), AT_ONCE))


class Ahead(Generic[_Made]):
    """What is made of chunks, in order: of the first one, then of all those for which :meth:`prepare` was called meanwhile.

    Called once a pass, it makes the later parts large: of more texts, batches are made with less padding.

    An error is the one that all texts at once, in their own order, would have given, whichever chunk came upon one: it names the
    first text that is wrong. Chunks before that one may have been worked on.
    """

    def __init__(self, make: Callable[[np.ndarray], _Made], chunks: list[np.ndarray]) -> None:
        self._make, self._chunks = make, chunks
        self._left = iter(chunks)
        self._made: list[_Made] = []

    def __iter__(self) -> Iterator[list[_Made]]:
        self.prepare()
        while self._made:
            made, self._made = self._made, []
            yield made
            if not self._made:
                self.prepare()

    def prepare(self) -> None:
        """Make what comes next, if there is something left."""
        if (chunk := next(self._left, None)) is not None:
            self._made.append(self._of(chunk))

    def _of(self, chunk: np.ndarray) -> _Made:
        if len(self._chunks) > 1:
            with suppress(CtxError):
                return self._make(chunk)
            chunk = np.sort(np.concatenate(self._chunks))
        return self._make(chunk)
