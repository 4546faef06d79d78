"""Words of like frequency, found in the text itself: what a change of a word is held against."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ctxcore.corpus.read import Corpus, Where, read_corpus
from ctxcore.corpus.search import words_asked
from ctxcore.errors import BadInputError, NoMentionError
from ctxcore.progress import Progress, silent
from ctxcore.text import find, folded, is_function_word

_NO_LETTER = r"[^\p{L}\p{M}\p{N}'’-]+"
_SHORTEST = 3
"""Letters of a control word."""
_CHOICE = 4
"""Words of like frequency for each that is drawn."""


def control_words(
    corpus: Corpus | Where,
    word: str | tuple[str, ...],
    count: int = 10,
    seed: int = 0,
    text: str | None = None,
    progress: Progress = silent,
) -> tuple[str, ...]:
    """Words that are about as frequent in a corpus as one word, drawn at random: extract them with it, as controls of a change.

    Of all words of letters alone, at least three, that are no function word of English and no form of the word, the nearest in frequency,
    four times as many as are asked for and at most twice as frequent or half as frequent, are drawn from.

    Args:
        corpus: Files as :func:`ctxcore.read_corpus` takes them, or what it gives.
        word: The word, or its forms.
        count: So many; fewer where the text has no more.
        seed: Of the drawing.
        text: The column of a table that holds the sentences.
        progress: Called with the share that is read.

    Raises:
        NoMentionError: The word does not stand in the corpus.
        BadInputError: The number is below 1, or the word cannot be looked for.
    """
    if count < 1:
        raise BadInputError("At least one control word.", str(count), "Ask for ten.")
    (forms,) = words_asked([word])
    counts: Counter[str] = Counter()
    sentences = 0
    for batch in (corpus if isinstance(corpus, Corpus) else read_corpus(corpus, text)).batches(progress):
        sentences += len(batch)
        parts = pc.list_flatten(pc.split_pattern_regex(pc.utf8_lower(batch["sentence"]), _NO_LETTER))
        table = pa.table(pc.value_counts(parts).flatten(), ["word", "count"])
        counts.update(dict(zip(table["word"].to_pylist(), table["count"].to_pylist(), strict=True)))
    own = sum(counts[form] for form in {folded(form) for form in forms})
    if not own:
        raise NoMentionError("”, “".join(forms), sentences, [])
    near = [
        (abs(np.log(n / own)), name)
        for name, n in counts.items()
        if n <= 2 * own <= 4 * n and len(name) >= _SHORTEST and name.isalpha() and not is_function_word(name)
    ]
    names = [name for _, name in sorted(near) if name not in forms and not any(find(form, [name]) for form in forms)]
    drawn = np.random.default_rng(seed).permutation(len(names[: _CHOICE * count]))[:count]
    return tuple(sorted(names[place] for place in drawn))
