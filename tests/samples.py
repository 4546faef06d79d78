"""Results made by hand, for tests of what is drawn and written from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctxcore import Occurrences, find

NASTY = ("<img src=x onerror=alert(1)>", "$x$", "%{customdata}", "<b>x</b>", "</script><script>alert(1)</script>")
"""What a reader may type and what must be shown to the letter: markup, a formula, a template, a way out of a script."""


def occurrences(vectors: np.ndarray, sentences: Sequence[str], word: str = "ran") -> Occurrences:
    """Occurrences of a word that stands once in each sentence, with the vectors given ``[occurrence, layer, feature]``."""
    mentions = find(word, sentences)
    spans = tuple((m.start, m.end) for m in mentions)
    assert len(mentions) == len(vectors)
    return Occurrences(
        np.asarray(vectors, np.float32),
        tuple(m.sentence_index for m in mentions),
        spans,
        tuple(sentences[m.sentence_index][m.start : m.end] for m in mentions),
        tuple(sentences),
        ((word,),) * len(mentions),
    )
