"""The labelled sense bank: ambiguous words in sentences of our own, three to four dozen senses, nine sentences each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

TOLD = 3
"""Sentences of each sense that the sense reader is told."""


@dataclass(frozen=True)
class BankWord:
    """One ambiguous word.

    Attributes:
        word: The form that stands in every sentence.
        substitutes: Words that could stand in its place, some for each sense.
        sentences: Sense after sense, nine of each.
        senses: The sense of each sentence.
    """

    word: str
    substitutes: tuple[str, ...]
    sentences: tuple[str, ...]
    senses: tuple[str, ...]

    def sample(self, each: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The first sentences of every sense in turn (one of each, then the next of each), with their senses."""
        labels = tuple(dict.fromkeys(self.senses))
        by_sense = {
            label: [s for s, of in zip(self.sentences, self.senses, strict=True) if of == label] for label in labels
        }
        picked = [
            (by_sense[label][turn], label) for turn in range(each) for label in labels if turn < len(by_sense[label])
        ]
        return tuple(s for s, _ in picked), tuple(label for _, label in picked)

    def told(self, each: int) -> tuple[str | None, ...]:
        """The sense of the first few sentences of each sense, None for the others: what a reader of senses is told."""
        return tuple(sense if self.senses[:i].count(sense) < each else None for i, sense in enumerate(self.senses))


@lru_cache(maxsize=1)
def sense_bank() -> dict[str, BankWord]:
    """All words of the bank by their form."""
    table = tomllib.loads(files("ctxcore").joinpath("data/senses.toml").read_text(encoding="utf-8"))
    return {entry["word"]: _bank_word(entry) for entry in table["word"]}


def background_sentences(each: int = 3) -> tuple[str, ...]:
    """A fixed sample of the bank, a few sentences of every sense: what baselines are computed on."""
    return tuple(s for word in sense_bank().values() for s in word.sample(each)[0])


def _bank_word(entry: dict) -> BankWord:  # type: ignore[type-arg]
    pairs = [(s, sense["label"]) for sense in entry["sense"] for s in sense["sentences"]]
    return BankWord(
        entry["word"], tuple(entry["substitutes"]), tuple(s for s, _ in pairs), tuple(label for _, label in pairs)
    )
