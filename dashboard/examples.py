"""Workspaces that pages offer: words of the sense bank with some of their sentences, labelled."""

from __future__ import annotations

from typing import Any

import ctxcore
from ctxcore.workspace import Place, Workspace


def labelled(word: str, senses: dict[str, str], **fields: Any) -> Workspace:
    """Sentences with the sense of their first mention of the word."""
    return Workspace(word, tuple(senses), tuple(((s, 0), label) for s, label in senses.items()), **fields)


def example(word: str, each: int = 4) -> Workspace:
    """A word of the sense bank, a few sentences of each sense, all labelled."""
    found = ctxcore.sense_bank()[word]
    return labelled(word, dict(zip(*found.sample(each), strict=True)), substitutes=found.substitutes)


def example_of(word: str, *sentences: str) -> Workspace:
    """Chosen sentences of the sense bank, labelled."""
    found = ctxcore.sense_bank()[word]
    senses = dict(zip(found.sentences, found.senses, strict=True))
    return labelled(word, {s: senses[s] for s in sentences}, substitutes=found.substitutes)


def default() -> Workspace:
    """What a newcomer sees."""
    return example("ran")


def bank_senses(word: str, sentences: tuple[str, ...]) -> tuple[tuple[Place, str], ...]:
    """The labels that the sense bank gives to the mentions of its own words in these sentences."""
    found = ctxcore.sense_bank().get(word.casefold())
    labels = dict(zip(found.sentences, found.senses, strict=True)) if found else {}
    return tuple(((sentence, 0), labels[sentence]) for sentence in sentences if sentence in labels)


def bank_substitutes(word: str) -> tuple[str, ...]:
    """The substitutes that the sense bank has for one of its own words."""
    found = ctxcore.sense_bank().get(word.casefold())
    return found.substitutes if found else ()


LEFT_ONLY = labelled(
    "ran",
    {
        "It ran quickly across the wet grass.": "moved along",
        "It ran without a single error message.": "executed",
        "It ran the town\u2019s only bakery.": "managed",
    },
    model="smollm2-135m",
)
"""What decides stands behind the word: a decoder has not read it yet."""
