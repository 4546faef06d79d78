"""Words, mentions and sentences in a text, as every other room reads them."""

from __future__ import annotations

from ctxcore.text.finding import folded
from ctxcore.text.inflections import inflections
from ctxcore.text.sentences import sentences_of
from ctxcore.text.white_space import check_length, clean, cleaned, lines_of, most_characters
from ctxcore.text.words import (
    cue,
    find,
    has_unspaced,
    in_place,
    is_function_word,
    listed,
    near_misses,
    no_mention,
    overlapping,
    parted,
    snippet,
    words_of,
)

__all__ = [
    "check_length",
    "clean",
    "cleaned",
    "cue",
    "find",
    "folded",
    "has_unspaced",
    "in_place",
    "inflections",
    "is_function_word",
    "lines_of",
    "listed",
    "most_characters",
    "near_misses",
    "no_mention",
    "overlapping",
    "parted",
    "sentences_of",
    "snippet",
    "words_of",
]
