"""Static vectors trained here: word2vec on sentences of one's own, the same numbers on every run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gensim.models import Word2Vec
from gensim.models.callbacks import CallbackAny2Vec

from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.measures.lookup import Words, split
from ctxcore.models.static import StaticSpace
from ctxcore.progress import Progress, silent

_MOST_WORDS = 100_000
"""Kept in the vocabulary, the most frequent first: a long text in many languages fills no memory."""
_EVERY = 500
"""Sentences between two reports of progress."""
_READING = 0.2
"""Share of the progress that cutting the sentences into words takes."""


def train_static(
    sentences: Sequence[str],
    *,
    seed: int = 0,
    size: int = 50,
    window: int = 5,
    epochs: int = 5,
    min_count: int = 2,
    progress: Progress = silent,
    id: str = "trained",
) -> StaticSpace:
    """Train word2vec (skip-gram with negative sampling, Mikolov et al. 2013) on sentences.

    Words are those of :func:`ctxcore.words_of`, case folded. One worker thread and seeded numbers: the same sentences and
    settings give the same vectors in every process.

    Args:
        sentences: The texts.
        seed: For the first vectors and for all that is drawn.
        size: Features of a vector.
        window: Words to the left and right that a word is trained to tell.
        epochs: Passes over the text.
        min_count: Words that stand there less often get no vector.
        progress: Called with the share done; an error that it raises ends the work, and is raised here.
        id: Name of the space.

    Raises:
        NoSentencesError: There is no sentence with a word.
        BadInputError: A setting is out of range, or no word is frequent enough.
    """
    for name, value, low, high in (
        ("size", size, 2, 300),
        ("window", window, 1, 20),
        ("epochs", epochs, 1, 100),
        ("min_count", min_count, 1, 1000),
    ):
        if not low <= value <= high:
            raise BadInputError(f"{name} is {low} to {high}.", f"{name} = {value}", "Choose a number in between.")
    words = split(sentences, lambda share, what: progress(_READING * share, what))
    if not words:
        raise NoSentencesError("no training sentence with a word")
    model: Any = Word2Vec(
        vector_size=size, window=window, min_count=min_count, max_final_vocab=_MOST_WORDS, sg=1, negative=5,
        workers=1, seed=seed, epochs=epochs,
    )  # fmt: skip
    _build_vocabulary(model, words, min_count)
    watched = _Watched(words, epochs, progress)
    model.train(watched, total_examples=len(words), epochs=epochs, callbacks=[_Epochs(watched)])
    progress(1.0, "Trained")
    return StaticSpace(model.wv, id, f"word2vec, seed {seed}")


def word2vec_bytes(space: StaticSpace, binary: bool = False) -> bytes:
    """A space in word2vec's text or binary format, which ``gensim.models.KeyedVectors.load_word2vec_format`` reads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors"
        space.keyed_vectors.save_word2vec_format(str(path), binary=binary)
        return path.read_bytes()


class _Watched:
    """The sentences, again in each epoch, with a report now and then.

    gensim reads them in a thread of its own, where an error would be lost and the training wait for ever: it is kept, the
    sentences end early, and the end of the epoch raises it.
    """

    def __init__(self, sentences: Sequence[Words], epochs: int, progress: Progress) -> None:
        self.error: BaseException | None = None
        self.epoch = 0
        self._sentences, self._epochs, self._progress = sentences, epochs, progress

    def __iter__(self) -> Iterator[list[str]]:
        for number, sentence in enumerate(self._sentences):
            if number % _EVERY == 0 and not self._went_on(number / len(self._sentences)):
                return
            yield list(sentence)

    def _went_on(self, share: float) -> bool:
        done = (self.epoch + share) / self._epochs
        try:
            self._progress(_READING + (1 - _READING) * done, f"Training: epoch {self.epoch + 1} of {self._epochs}")
        except Exception as error:
            self.error = error
        return self.error is None


class _Epochs(CallbackAny2Vec):  # type: ignore[misc, unused-ignore]
    """Counts epochs, and raises what went wrong while the sentences were read."""

    def __init__(self, watched: _Watched) -> None:
        self._watched = watched

    def on_epoch_end(self, model: Any) -> None:
        """Called by gensim."""
        if self._watched.error is not None:
            raise self._watched.error
        self._watched.epoch += 1


def _build_vocabulary(model: Any, words: Sequence[Words], min_count: int) -> None:
    model.build_vocab([list(sentence) for sentence in words])
    if not len(model.wv):
        raise BadInputError(
            f"A word gets a vector where it stands {min_count} times or more.",
            f"{sum(map(len, words)):,} words, none as often",
            "Give a longer text, or choose a smaller number.",
        )
