"""A space that the reader trains is named by what it is trained on and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctxcore.data.corpora import TrainingText, training_sentences
from ctxcore.progress import Progress, silent

if TYPE_CHECKING:
    from ctxcore.models.static import StaticSpace

NEWS = "300 news articles"


@dataclass(frozen=True)
class Training:
    """What a space is trained on and how; it names the space.

    Attributes:
        corpus: Name of the text: the news articles that ship with gensim, or a file of the reader's own.
        digest: SHA-256 of that file's bytes; empty for the news.
        size: Features.
        window: Words to each side.
        epochs: Passes over the text.
        min_count: How often a word must stand there.
        seed: For all that is drawn.
    """

    corpus: str = NEWS
    digest: str = ""
    size: int = 50
    window: int = 5
    epochs: int = 20
    min_count: int = 5
    seed: int = 0

    @property
    def name(self) -> str:
        """Unique: two texts of one name differ in their digest."""
        mark = f" {self.digest[:8]}" if self.digest else ""
        return (
            f"trained here on {self.corpus}{mark} ({self.size} features, window {self.window}, {self.epochs} epochs, "
            f"from {self.min_count} times on, seed {self.seed})"
        )

    @property
    def text(self) -> TrainingText:
        """What it is trained on."""
        return TrainingText("file", name=self.corpus, digest=self.digest) if self.digest else TrainingText("news")

    def train(self, sentences: Sequence[str] | None = None, progress: Progress = silent) -> StaticSpace:
        """The space.

        Args:
            sentences: Of the text, where they are at hand; a file is else looked for in the folder that Python runs in.
            progress: Told how far it is.

        Raises:
            CtxError: What :func:`ctxcore.training_sentences` and :func:`ctxcore.train_static` raise.
        """
        from ctxcore.studies.training import train_static

        return train_static(
            training_sentences(self.text) if sentences is None else sentences, seed=self.seed, size=self.size, window=self.window,
            epochs=self.epochs, min_count=self.min_count, progress=progress, id=self.name,
        )  # fmt: skip


Space = str | Training
"""What names a static space: that of a model or file, or what one was trained on."""
