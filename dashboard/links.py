"""What a link says, read field by field. What is too long, too many or cannot be read is left out and named, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ctxcore.text import clean, most_characters
from ctxcore.workspace import MOST_CANDIDATES, MOST_SENTENCES, MOST_SUBSTITUTES, Workspace, marks

MOST_TEXT = 500_000
"""Characters of all sentences together: 2,000 sentences of 250."""
_DIGITS = 9
_SHOWN = 40
Query = Mapping[str, Sequence[str]]


_NAMES = {
    "word": "the word", "s": "a sentence", "sense": "a sense", "sub": "a substitute", "static": "the static vectors\u2019 name",
    "model": "the model\u2019s name", "second": "the second model\u2019s name", "focus": "the sentence to look at",
    "prompt": "a prompt", "cand": "a candidate", "train": "a training sentence", "test": "the sentence to test",
    "near": "the word with neighbours", "rel": "a related word", "axis": "an axis", "ana": "a word of the analogy",
    "out": "a mention to leave out", "grp": "a group",
    "at": "the word to look at", "head": "the head", "corpus": "the training text",
    "n": "the table\u2019s n",
}  # fmt: skip
"""What each field of a link is called, where something is wrong with it."""
_LONGEST = {
    "word": 60, "sense": 60, "sub": 60, "static": 1000, "model": 1000, "second": 1000, "focus": 4000, "prompt": 2000,
    "cand": 120, "test": 1000, "near": 60, "rel": 60, "axis": 300, "ana": 60, "out": 20, "grp": 60, "at": 20, "head": 20, "corpus": 20,
    "n": 20,
}  # fmt: skip
"""Characters of one value: as many as its field on the page takes."""
_MOST = {
    "s": MOST_SENTENCES, "train": MOST_SENTENCES, "cand": MOST_CANDIDATES, "sub": MOST_SUBSTITUTES, "rel": MOST_SENTENCES,
    "sense": 100_000, "out": 100_000, "grp": MOST_SENTENCES, "prompt": 2, "axis": 2, "ana": 3,
}  # fmt: skip
"""Values of a field; of all others one."""
_PLACED = ("sense", "grp", "prompt", "axis", "ana")
"""Fields whose values are told apart by their place: one that is left out leaves it empty."""


def sentences_in(lines: Sequence[str], name: str = "sentence") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences that are read, and what is said of the others.

    Read are the first :data:`MOST_SENTENCES` that are no longer than :func:`most_characters`, as far as all of them together
    have no more than :data:`MOST_TEXT` characters. A sentence is read whole or not at all.
    """
    most, kept, long, total, more = most_characters(), [], [], 0, 0
    for number, line in enumerate(lines, 1):
        if len(line) > most:
            long.append(f"{name} {number} ({len(line):,} characters)")
        elif len(kept) == MOST_SENTENCES or total + len(line) > MOST_TEXT or more:
            more += 1
        else:
            kept.append(line)
            total += len(line)
    said = []
    if long:
        more_of_them = f" and {len(long) - 3:,} more" if len(long) > 3 else ""
        said.append(f"A {name} is read up to {most:,} characters, so not read: {', '.join(long[:3])}{more_of_them}.")
    if more:
        why = "" if len(kept) == MOST_SENTENCES else f", {MOST_TEXT:,} characters at most"
        first = f"{name} is" if len(kept) == 1 else f"{len(kept):,} {name}s are"
        said.append(f"The first {first} read{why}; the last {more:,} are not.")
    return tuple(kept), tuple(said)


class Link:
    """A link that is being read.

    Attributes:
        notices: What was left out and why, one line each.
    """

    def __init__(self, query: Query) -> None:
        self.notices: list[str] = []
        self._query = {key: self._bounded(key, list(query.get(key, ()))) for key in _NAMES}

    def workspace(self, otherwise: Workspace) -> Workspace:
        """The workspace that the link describes; what it does not say is as in the other one."""
        query = self._query
        chosen = {key: query[key][0] for key in ("model", "static") if query[key]}
        if not query["word"] and not query["s"]:
            return replace(otherwise, **chosen, **self._looked_at())
        sentences, whole = self._sentences("s")
        plain = Workspace(
            clean(query["word"][0]) if query["word"] else "", sentences,
            substitutes=tuple(word for text in query["sub"] if (word := clean(text))),
            **chosen, **self._looked_at(),
        )  # fmt: skip
        return self._labelled(plain) if whole else self._unlabelled(plain)

    def _labelled(self, plain: Workspace) -> Workspace:
        """Senses and left-out mentions are told by the order of the mentions, groups by that of the sentences."""
        found = marks(plain)
        senses = tuple(
            (m.place, label) for m, label in zip(found, map(clean, self._query["sense"]), strict=False) if label
        )
        out = {int(text) for text in self._query["out"] if self._number("out", text) is not None}
        groups = dict(zip(plain.sentences, map(clean, self._query["grp"]), strict=False))
        return replace(
            plain,
            senses=senses,
            left_out=tuple(m.place for i, m in enumerate(found) if i in out),
            groups=tuple((sentence, group) for sentence, group in groups.items() if group),
        )

    def _unlabelled(self, plain: Workspace) -> Workspace:
        """A sentence is missing: labels that are told by their order would come to stand at other mentions."""
        if any(self._query["sense"]) or any(self._query["grp"]) or self._query["out"]:
            self.notices.append("Senses, groups and left-out mentions are not read, since they count on all sentences.")
        return plain

    def _looked_at(self) -> dict[str, Any]:
        """All else: sentences, words, heads and texts that pages look at."""
        query, found = self._query, {}
        for field, key in (("focus", "focus"), ("tested", "test"), ("near", "near")):
            if query[key]:
                found[field] = clean(query[key][0])
        for field, key in (("candidates", "cand"), ("relations", "rel")):
            if query[key]:
                found[field] = tuple(dict.fromkeys(word for text in query[key] if (word := clean(text))))
        for field, key in (("prompts", "prompt"), ("axes", "axis"), ("analogy", "ana")):
            if len(query[key]) == _MOST[key]:
                found[field] = tuple(map(clean, query[key]))
            elif query[key]:
                self._say(key, query[key][0], f"a link has {_MOST[key]} of them")
        if query["train"]:
            found["training"], _ = self._sentences("train")
        if query["second"]:
            found["second"] = query["second"][0]  # opened only if it is on offer
        return found | self._numbers()

    def _numbers(self) -> dict[str, Any]:
        query, found = self._query, {}
        if query["at"] and (at := self._number("at", query["at"][0])) is not None:
            found["at"] = at
        for field, allowed, read in (("corpus", ("ours", "news"), str), ("n", ("2", "3", "4", "5"), int)):
            if query[field] and query[field][0] in allowed:
                found[field] = read(query[field][0])
            elif query[field]:
                self._say(field, query[field][0], f"it is one of {', '.join(allowed)}")
        if query["head"]:
            layer, _, head = query["head"][0].partition(".")
            if is_number(layer) and is_number(head):
                found["head"] = int(layer), int(head)
            else:
                self._say("head", query["head"][0], "it is a layer and a head, such as 4.7")
        return found

    def _sentences(self, key: str) -> tuple[tuple[str, ...], bool]:
        """The sentences of a field, and whether all of them are read."""
        lines = [line for text in self._query[key] if (line := clean(text))]
        kept, said = sentences_in(lines, _NAMES[key].removeprefix("a "))
        self.notices += said
        return kept, not said

    def _bounded(self, key: str, values: list[str]) -> list[str]:
        """No more values, and none longer, than the page itself would take; sentences are counted where they are read."""
        if key in ("s", "train"):
            return values
        longest, most = _LONGEST[key], _MOST.get(key, 1)
        for text in [text for text in values if len(text) > longest][:1]:
            self._say(key, text, f"at most {longest:,} characters are read, and it has {len(text):,}")
        if len(values) > most:
            self.notices.append(f"{_NAMES[key].capitalize()}: {len(values):,} of them, and {most:,} are read.")
        placed = key in _PLACED
        kept = ["" if len(text) > longest else text for text in values if placed or len(text) <= longest]
        return kept[:most]

    def _number(self, key: str, text: str) -> int | None:
        if is_number(text):
            return int(text)
        self._say(key, text, "it is a whole number")
        return None

    def _say(self, key: str, text: str, why: str) -> None:
        short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\u2026"
        notice = f"{_NAMES[key].capitalize()}, \u201c{short}\u201d: {why}."
        if not any(
            said.startswith(f"{_NAMES[key].capitalize()}, ") for said in self.notices
        ):  # the first says it for all
            self.notices.append(notice)


def is_number(text: str) -> bool:
    """Is this a whole number of a length that a link would have? Python refuses to read thousands of digits."""
    return text.isdecimal() and len(text) <= _DIGITS
