"""What a pair of occurrences is held against: sentences in which a word has one sense, and its frames, of our own writing.

A frame is a sentence with gaps ("The {a} ran {b}") that is filled for each sense of its word: in it two vectors of the word can
differ by what fills the gaps alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from ctxcore.data.bank import background_sentences, sense_bank
from ctxcore.text import find, folded, is_function_word, words_of

Source = Literal["frame", "word", "function", "bank"]
Target = tuple[int, int, int]
"""An occurrence: sentence index, start, end."""
UNRELATED = (
    "The price of bread", "My favourite colour is", "In the middle of the", "She opened the letter and", "Two plus two is",
    "The capital of France is", "Once upon a time there was a", "We had soup and", "The committee has decided to", "It was a cold and",
    "He could not find his", "The results of the study", "Please close the", "On the table lay a", "Last year the government",
    "The old house was built of", "Nobody knows why the", "I would like to buy a", "Water is made of", "The meeting begins at",
)  # fmt: skip
"""Beginnings of sentences that have nothing to do with each other: what a word gets after them it gets anywhere."""
_ENOUGH = 8
"""From so many sentences on a word that is in no frame and has no senses in the bank is held against its own occurrences."""


@dataclass(frozen=True)
class Frame:
    """One frame of a word.

    Attributes:
        word: The word.
        pattern: The sentence, with gaps ``{a}`` and perhaps ``{b}`` of one word each.
        sentences: The filled ones.
        senses: The sense of the word in each.
    """

    word: str
    pattern: str
    sentences: tuple[str, ...]
    senses: tuple[str, ...]

    def fillers(self, sentence: str) -> tuple[str, ...] | None:
        """What stands in the gaps of a sentence, in small letters; None where it is not in this frame."""
        match = _gaps(self.pattern).fullmatch(sentence.strip())
        return None if match is None else tuple(filler.casefold() for filler in match.groups())


@dataclass(frozen=True)
class ControlSentences:
    """Sentences that a pair of occurrences is held against. The pair's own are not among them.

    Attributes:
        source: Where they are from: the same ``frame``, the bank's sentences of this ``word``, other occurrences of this or of
            any ``function`` word, or all words of the ``bank``.
        said: The same in words.
        sentences: The sentences.
        targets: The occurrences in them that are compared.
        words: The word of each, folded.
        senses: The sense of each.
    """

    source: Source
    said: str
    sentences: tuple[str, ...]
    targets: tuple[Target, ...]
    words: tuple[str, ...]
    senses: tuple[str, ...]


@lru_cache(maxsize=1)
def frames() -> tuple[Frame, ...]:
    """All frames."""
    table = tomllib.loads(files("ctxcore").joinpath("data/frames.toml").read_text(encoding="utf-8"))
    return tuple(_frame(entry, pattern) for entry in table["frame"] for pattern in entry["patterns"])


def frame_of(word: str, *sentences: str) -> Frame | None:
    """The frame of a word in which all of these sentences are; None where there is none."""
    its = (frame for frame in frames() if folded(frame.word) == folded(word))
    return next((frame for frame in its if all(frame.fillers(s) is not None for s in sentences)), None)


def control_sentences(word: str, first: str, second: str) -> ControlSentences:
    """What a pair is best held against: the same frame; else the bank's sentences of the word; else, for a function word, its other
    occurrences or those of all function words; else the bank's words, each against itself.

    Args:
        word: The word that both sentences have.
        first: The one sentence.
        second: The other.
    """
    own = {first.casefold().strip(), second.casefold().strip()}
    frame = frame_of(word, first, second)
    if frame is not None:
        taken = {filler for s in (first, second) for filler in frame.fillers(s) or ()}
        kept = [
            (s, of)
            for s, of in zip(frame.sentences, frame.senses, strict=True)
            if not taken & set(frame.fillers(s) or ())
        ]
        return _of_word("frame", f"the frame \u201c{_shown(frame.pattern)}\u201d", frame.word, kept)
    entry = sense_bank().get(folded(word))
    if entry is not None:
        kept = [(s, of) for s, of in zip(entry.sentences, entry.senses, strict=True) if s.casefold().strip() not in own]
        return _of_word("word", f"our sense bank\u2019s sentences with \u201c{entry.word}\u201d", entry.word, kept)
    if is_function_word(word):
        return _of_function_words(folded(word), own)
    return _of_all_words(own)


def _of_word(source: Source, said: str, word: str, kept: list[tuple[str, str]]) -> ControlSentences:
    sentences = tuple(s for s, _ in kept)
    targets = tuple((m.sentence_index, m.start, m.end) for m in find(word, sentences))
    senses = tuple(kept[index][1] for index, _, _ in targets)
    return ControlSentences(source, said, sentences, targets, (folded(word),) * len(targets), senses)


def _of_all_words(own: set[str]) -> ControlSentences:
    """Each word of the bank in a sample of its sentences."""
    sentences: list[str] = []
    targets: list[Target] = []
    words: list[str] = []
    senses: list[str] = []
    for entry in sense_bank().values():
        kept = [(s, of) for s, of in zip(*entry.sample(5), strict=True) if s.casefold().strip() not in own]
        for m in find(entry.word, [s for s, _ in kept]):
            targets.append((len(sentences) + m.sentence_index, m.start, m.end))
            words.append(entry.word)
            senses.append(kept[m.sentence_index][1])
        sentences += [s for s, _ in kept]
    said = f"the {len(sense_bank())} words of our sense bank, each against itself"
    return ControlSentences("bank", said, tuple(sentences), tuple(targets), tuple(words), tuple(senses))


def _of_function_words(word: str, own: set[str]) -> ControlSentences:
    """Function words have no senses here: each counts as one."""
    sentences = tuple(s for s in background_sentences() if s.casefold().strip() not in own)
    every = {(i, w.start, w.end): folded(w.text) for i, w in _first_of_each(sentences) if is_function_word(w.text)}
    same = {place: text for place, text in every.items() if text == word}
    if len(same) >= _ENOUGH:
        every, said = same, f"\u201c{word}\u201d in other sentences of our sense bank"
    else:
        said = "function words of our sense bank, each against itself"
    return ControlSentences("function", said, sentences, tuple(every), tuple(every.values()), ("",) * len(every))


def _first_of_each(sentences: tuple[str, ...]) -> Iterator:  # type: ignore[type-arg]
    """The first occurrence of each word in each sentence, with the sentence's index."""
    for i, sentence in enumerate(sentences):
        seen = set()
        for word in words_of(sentence):
            if folded(word.text) not in seen:
                seen.add(folded(word.text))
                yield i, word


def _frame(entry: dict, pattern: str) -> Frame:  # type: ignore[type-arg]
    filled = [
        (pattern.format(**dict(zip("ab", fill.split(), strict=True))), sense["label"])
        for sense in entry["sense"]
        for fill in sense["fill"]
    ]
    return Frame(entry["word"], pattern, tuple(s for s, _ in filled), tuple(label for _, label in filled))


@lru_cache(maxsize=64)
def _gaps(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{[ab]\}", pattern)
    return re.compile(r"([\w'\u2019-]+)".join(map(re.escape, parts)) + r"[.!]?", re.IGNORECASE)


def _shown(pattern: str) -> str:
    return re.sub(r"\{[ab]\}", "\u2026", pattern)
