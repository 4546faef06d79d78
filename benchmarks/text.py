"""What reading text costs: time for each character must not grow with the length, whatever the characters are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time

from ctxcore.text import clean, cue, find, near_misses, sentences_of, snippet, words_of

KINDS = {
    "equal letters": "a",
    "words": "The dog ran quickly. ",
    "the word alone": "ran ",
    "full stops": ".",
    "question marks and quotes": "?\u201d ",
    "initials": "U.S. ",
    "words without blanks": "He ran.Then ",
    "apostrophes": "won't've'",
    "flags": "\U0001f1e9\U0001f1ea",
    "flags with accents": "\U0001f1e9\u0301",
    "accents": "\u0301",
    "accents out of order": "\u0301\u0316",
    "Hangul letters": "\u1100\u1161\u11a8",
    "Hangul beginnings": "\u1100",
    "joined emoji": "\U0001f468\u200d",
    "joiners": "\u200d",
    "selectors": "\u2764\ufe0f",
    "tags": "\U0001f3f4\U000e0067",
    "blanks": " ",
    "line ends": "\r\n",
    "no-break spaces": "\u00a0",
    "soft hyphens": "a\u00ad",
    "Chinese": "\u4eca\u5929\u4e0b\u96e8\u3002",
    "Thai": "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "Turkish": "\u0130stanbul \u0131\u015f\u0131k ",
    "nulls": "\x00",
    "tabs": "\t",
    "marks of direction": "\u202ea\u202c\u200f",
    "Malayalam dots": "\u0d4e\u0d15",
    "half characters as text": "\\ud800 ",
    "long words": "ab" * 5_000 + " ",
}
LENGTHS = (1_000, 10_000, 100_000, 1_000_000)
_MOST_GROWTH = 3.0
"""Of the time for a character, from 10,000 characters to the longest: caches and allocation cost something."""
_NOTHING = 2e-8
"""Seconds a character: below it, growth is noise."""


def _whole_target(text: str) -> object:
    """A target as long as a target may be, and of the text's own kind."""
    return find("a" + text[:900], [text])


def _fresh_cue(text: str) -> object:
    """A cue of a sentence that was not looked at before: the words of the last few are kept."""
    for other in range(5):
        cue(str(other), (0, 1))
    return cue(text, (len(text) // 2, len(text) // 2 + 3))


TASKS: dict[str, Callable[[str], object]] = {
    "clean": clean,
    "words_of": words_of,
    "find": lambda text: find("ran", [text]),
    "find its kind": _whole_target,
    "near_misses": lambda text: near_misses("an", [text]),
    "sentences_of": sentences_of,
    "cue": _fresh_cue,
    "snippet": lambda text: snippet(text, (len(text) // 2, len(text) // 2 + 3)),
}


def per_character(task: Callable[[str], object], pattern: str, length: int) -> float:
    """Seconds of processor time for each character, the best of a few times where it is short."""
    text = (pattern * (length // len(pattern) + 1))[:length]
    best = float("inf")
    for _ in range(3 if length <= 10_000 else 1):
        start = process_time()
        task(text)
        best = min(best, process_time() - start)
    return best / length


def main(lengths: tuple[int, ...] = LENGTHS) -> int:
    failed = []
    print(f"nanoseconds a character for {', '.join(f'{n:,}' for n in lengths)} characters")
    for kind, pattern in KINDS.items():
        for name, task in TASKS.items():
            times = [per_character(task, pattern, length) for length in lengths]
            grew = times[-1] > _NOTHING and times[-1] > _MOST_GROWTH * times[1]
            print(f"{kind:28}{name:16}" + "".join(f"{t * 1e9:10.0f}" for t in times) + ("  GROWS" if grew else ""))
            if grew:
                failed.append(f"{name} of {kind}")
    print(f"too slow: {', '.join(failed)}" if failed else "no time grows")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
