"""What a link says, read field by field. What is too long, too many or cannot be read is left out and named, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ctxcore.codecs import is_number, leaves
from ctxcore.text import clean
from ctxcore.workspace import Workspace, marks, sentences_in

Query = Mapping[str, Sequence[str]]

_SHOWN = 40
_BY_ORDER = ("word", "sentences", "senses", "left_out", "groups")
"""Fields that are read together: senses, mentions and groups are told by the order of the sentences."""
LEAVES = {leaf.name: leaf for leaf in leaves(Workspace)}
_CODECS = {name: leaf.codec for name, leaf in LEAVES.items()}
KEYS = tuple(key for codec in _CODECS.values() for key in (codec.url, codec.former) if key)
"""What a link carries of a workspace."""


class Link:
    """A link that is being read.

    Attributes:
        notices: What was left out and why, one line each.
    """

    def __init__(self, query: Query) -> None:
        self.notices: list[str] = []
        self._query = {
            name: self._bounded(name, list(query.get(codec.url) or query.get(codec.former, ())))
            for name, codec in _CODECS.items()
        }

    def workspace(self, otherwise: Workspace) -> Workspace:
        """The workspace that the link describes; what it does not say is as in the other one."""
        query, others = self._query, self._others()
        if not query["word"] and not query["sentences"]:
            others.pop("substitutes", None)  # they are those of a word
            return with_values(otherwise, others)
        sentences, whole = self._sentences("sentences")
        plain = with_values(Workspace(clean(query["word"][0]) if query["word"] else "", sentences), others)
        return self._labelled(plain) if whole else self._unlabelled(plain)

    def _others(self) -> dict[str, Any]:
        """All fields that stand for themselves; one that cannot be read is left out and named."""
        found: dict[str, Any] = {}
        for name, codec in _CODECS.items():
            if not self._query[name] or name in _BY_ORDER:
                continue
            if name == "training":
                found[name] = codec.parse(self._sentences(name)[0])
                continue
            try:
                found[name] = codec.parse(self._query[name])
            except ValueError as error:
                self._say(name, self._query[name][0], str(error))
        return found

    def _labelled(self, plain: Workspace) -> Workspace:
        """Senses and left-out mentions are told by the order of the mentions, groups by that of the sentences."""
        found = marks(plain)
        senses = tuple(
            (m.place, label) for m, label in zip(found, map(clean, self._query["senses"]), strict=False) if label
        )
        out = {int(text) for text in self._query["left_out"] if self._number("left_out", text) is not None}
        groups = dict(zip(plain.sentences, map(clean, self._query["groups"]), strict=False))
        return replace(
            plain,
            senses=senses,
            left_out=tuple(m.place for i, m in enumerate(found) if i in out),
            groups=tuple((sentence, group) for sentence, group in groups.items() if group),
        )

    def _unlabelled(self, plain: Workspace) -> Workspace:
        """A sentence is missing: labels that are told by their order would come to stand at other mentions."""
        if any(self._query["senses"]) or any(self._query["groups"]) or self._query["left_out"]:
            self.notices.append(
                "Senses, groups and left-out occurrences are not read, since they count on all sentences."
            )
        return plain

    def _sentences(self, key: str) -> tuple[tuple[str, ...], bool]:
        """The sentences of a field, and whether all of them are read."""
        lines = [line for text in self._query[key] if (line := clean(text))]
        kept, said = sentences_in(lines, _CODECS[key].name.removeprefix("a "))
        self.notices += said
        return kept, not said

    def _bounded(self, key: str, values: list[str]) -> list[str]:
        """No more values, and none longer, than the page itself would take; sentences are counted where they are read."""
        codec = _CODECS[key]
        if not codec.longest:
            return values
        longest, most = codec.longest, codec.most
        for text in [text for text in values if len(text) > longest][:1]:
            self._say(key, text, f"at most {longest:,} characters are read, and it has {len(text):,}")
        if len(values) > most:
            self.notices.append(f"{_CODECS[key].name.capitalize()}: {len(values):,} of them, and {most:,} are read.")
        kept = ["" if len(text) > longest else text for text in values if codec.placed or len(text) <= longest]
        return kept[:most]

    def _number(self, key: str, text: str) -> int | None:
        if is_number(text):
            return int(text)
        self._say(key, text, "it is a whole number")
        return None

    def _say(self, key: str, text: str, why: str) -> None:
        short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\u2026"
        notice = f"{_CODECS[key].name.capitalize()}, \u201c{short}\u201d: {why}."
        if not any(
            said.startswith(f"{_CODECS[key].name.capitalize()}, ") for said in self.notices
        ):  # the first says it for all
            self.notices.append(notice)


def with_values(workspace: Workspace, values: Mapping[str, Any]) -> Workspace:
    """The workspace with other values in some fields, by their names (``heads.rows``)."""
    for name, value in values.items():
        workspace = LEAVES[name].put(workspace, value)
    return workspace


def written(workspace: Workspace, name: str) -> list[str]:
    """What a link has for a field that stands for itself: nothing where it has its usual value."""
    leaf, codec = LEAVES[name], _CODECS[name]
    value = leaf.of(workspace)
    return codec.texts(value) if codec.always or value != leaf.default else []


def query_of(workspace: Workspace) -> dict[str, list[str]]:
    """The link of a workspace, key by key. Senses and left-out mentions are told by the order of the mentions: shorter than
    repeating the sentences.
    """
    found = marks(workspace)
    senses, named = [m.sense or "" for m in found], dict(workspace.groups)
    groups = [named.get(sentence, "") for sentence in workspace.sentences]
    told = {
        "word": [workspace.word],
        "sentences": list(workspace.sentences),
        "senses": senses if any(senses) else [],
        "left_out": [str(i) for i, m in enumerate(found) if not m.used],
        "groups": groups if any(groups) else [],
    }
    return {codec.url: told[name] if name in told else written(workspace, name) for name, codec in _CODECS.items()}
