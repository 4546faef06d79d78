"""Every error of ctxcore: one base class, so that a caller catches one type.

A message says the rule, the value that was received, and the remedy.
"""

from __future__ import annotations

import copyreg
from collections.abc import Sequence


class CtxError(Exception):
    """Base of all errors raised by ctxcore on purpose.

    Attributes:
        rule: What was asked of the input.
        received: What came instead, as text.
        remedy: What to do about it.
    """

    def __init__(self, rule: str, received: str, remedy: str) -> None:
        self.rule = rule
        self.received = received
        self.remedy = remedy
        end = "" if received.endswith((".", "!", "?", "\u2026")) else "."
        super().__init__(f"{rule} Received: {received}{end} {remedy}")

    def __reduce__(self) -> tuple[object, ...]:
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # as it is, without __init__


class BadInputError(CtxError):
    """A value that no model is needed to reject: out of range, empty, of the wrong kind."""


class IncompleteError(BadInputError):
    """What was typed is no mistake yet, and nothing can be made of it: said calmly, since a reader passes by here."""


def _short(text: str) -> str:
    """Text that a reader gave, as a message can carry it: not too long, and no half of a character."""
    shown = text.encode("utf-8", errors="backslashreplace").decode("utf-8")
    return shown if len(shown) <= 200 else f"{shown[:100]}\u2026 ({len(shown):,} letters)"


class NoSentencesError(BadInputError):
    """There is no sentence to read."""

    def __init__(self, received: str = "an empty list") -> None:
        super().__init__(
            "At least one sentence is needed.", received, "Write one sentence a line, or choose an example."
        )


class TooManyCharactersError(BadInputError):
    """A sentence is longer than any that is read: nothing of it is computed.

    Attributes:
        sentence_index: Which sentence, from 0.
        characters: How many characters it has.
        limit: The greatest number that is read.
    """

    def __init__(self, sentence_index: int, characters: int, limit: int, name: str = "") -> None:
        self.sentence_index = sentence_index
        self.characters = characters
        self.limit = limit
        super().__init__(
            f"A sentence has at most {limit:,} characters (CTXCORE_MOST_CHARACTERS sets another limit).",
            f"{name or f'sentence {sentence_index + 1}'} has {characters:,} characters",
            "Nothing of it was computed: write one sentence a line.",
        )


class NoMentionError(BadInputError):
    """The target word stands in none of the sentences.

    Attributes:
        word: The target as asked for.
        near: What holds it only as a part, such as "won't" for "won": see :func:`ctxcore.text.near_misses`.
    """

    def __init__(self, word: str, sentences: Sequence[str] | int, near: Sequence[str] = ()) -> None:
        self.word = word
        self.near = tuple(near)
        number = sentences if isinstance(sentences, int) else len(sentences)
        count = f"{number} sentence{'s' if number != 1 else ''} without it"
        if self.near:
            count += "; it is only a part of " + ", ".join(f"\u201c{part}\u201d" for part in self.near)
        super().__init__(
            f"The word \u201c{word}\u201d must stand in a sentence as a whole word, in any case.",
            count,
            "Add a sentence with this very form of the word, or choose another target word.",
        )


class UnknownWordError(CtxError, KeyError):
    """A static space has no vector for the word.

    Attributes:
        word: The word as asked for.
        suggestions: Known words of close spelling, the closest first.
        parts: For a word of several: the single words, where the space knows each of them.
    """

    def __init__(self, word: str, space: str, suggestions: Sequence[str] = (), parts: Sequence[str] = ()) -> None:
        self.word = word
        self.suggestions = tuple(suggestions)
        self.parts = tuple(parts)
        remedy = " ".join(
            [f"Close spellings it knows: {', '.join(self.suggestions)}."] * bool(suggestions)
            + [f"It knows the single words: {', '.join(self.parts)}."] * bool(parts)
        )
        remedy = remedy or "No known word is close in spelling; check the spelling, or choose another static space."
        super().__init__(
            f"The static space {space} has one vector for each word it was trained on.",
            _short(word) or "an empty word",
            remedy,
        )

    __str__ = Exception.__str__  # KeyError would show the repr


class TooLongError(CtxError):
    """A sentence has more tokens than the model reads.

    Attributes:
        sentence_index: Which sentence.
        tokens: How many tokens it has, special tokens included.
        limit: How many the model reads.
    """

    def __init__(self, sentence_index: int, tokens: int, limit: int, last_words: str) -> None:
        self.sentence_index = sentence_index
        self.tokens = tokens
        self.limit = limit
        super().__init__(
            f"This model reads at most {limit} tokens at once.",
            f"sentence {sentence_index + 1} has {tokens} tokens",
            f"Nothing was cut: shorten it (the limit falls after \u201c\u2026{last_words}\u201d) "
            "or choose a model that reads more.",
        )


class DeviceMemoryError(CtxError):
    """A device has no room for what is to be computed there.

    Attributes:
        fits: Tokens of a batch that were found to fit; 0 where not even one text did, or none was tried.
    """

    def __init__(self, received: str, fits: int = 0) -> None:
        self.fits = fits
        remedy = 'load the model in half precision (dtype="bfloat16") or on the CPU (device="cpu")'
        remedy = f"Set model.at_once = {fits}, or {remedy}." if fits else f"{remedy[0].upper()}{remedy[1:]}."
        super().__init__("What is computed at once must fit into the memory of the device.", received, remedy)


class ModelError(CtxError):
    """A model cannot be found, read or trusted."""


class MissingWeightsError(ModelError):
    """Weights are absent: the package or file is not there, or a checkpoint lacks the part that is asked for."""


class UnsupportedModelError(ModelError):
    """The model's attention cannot be captured truthfully."""


class NotADecoderError(ModelError):
    """A next word was asked of a model that does not predict one."""

    def __init__(self, model: str) -> None:
        super().__init__(
            "Only a decoder predicts the next word.",
            f"{model}, an encoder, which reads both sides of a word",
            "Choose a decoder, such as smollm2-135m.",
        )


class ExportError(CtxError):
    """A figure or table cannot be written in the format asked for."""


class FileFormatError(BadInputError):
    """A file that the reader gave cannot be read."""


class ClusterError(CtxError):
    """Workers of a cluster cannot be had, or do not come back."""


class OfflineError(ModelError):
    """Something must be fetched and the network is not reached."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "What is not on this computer is fetched from the network.",
            f"{what}, and no network is reached (or HF_HUB_OFFLINE forbids it)",
            "Connect and try again, or choose a model that is on this computer.",
        )


class StoppedError(CtxError):
    """Long work was stopped by who started it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "Work that was stopped has no result.", what, "Start it again: a download goes on where it stopped."
        )
