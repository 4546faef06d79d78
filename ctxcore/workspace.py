"""What a reader works on, as one plain value, and the file that keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ctxcore import codecs
from ctxcore.codecs import Codec, maybe, stored
from ctxcore.controls import (
    ByHand,
    HeadsControls,
    MovingControls,
    NextWordControls,
    RelationsControls,
    StepsControls,
    UnseenControls,
    UsagesControls,
    WordsControls,
)
from ctxcore.data.corpora import lesson_sentences
from ctxcore.errors import BadInputError, FileFormatError
from ctxcore.limits import limit
from ctxcore.reading import check_upload
from ctxcore.text import find, most_characters
from ctxcore.types import Mention
from ctxcore.view import FORMATS, View

MOST_TEXT = 500_000
"""Characters of all sentences together: 2,000 sentences of 250."""
_MOST_LABELS = 100_000
_MOST_RELATIONS = 2000
MOST_CANDIDATES = 20
MOST_SUBSTITUTES = 12
VERSION = 1
"""Of the file. It rises when a file can no longer be read by what read the last one."""
_MARK = "ctxcore_workspace"
_MOST_VALUES = 1_000_000
"""Values that a file may hold: a short one takes fifty times its size in memory."""
_REMEDY = "Save the workspace anew in the dashboard and open that file."

Place = tuple[str, int]
"""A mention that survives editing: the sentence's text and which mention in it, from 0."""
TextFile = tuple[str, str]
"""A text of the reader's own: the file's name and the digest of its bytes (:func:`ctxcore.data.corpora.digest_of`)."""


def _place(value: Any) -> Place:
    if not isinstance(value, dict):
        raise ValueError("must list objects with a sentence and a mention")
    return codecs.read_line(value.get("sentence")), codecs.count(0)(value.get("mention"))


def _places(value: Any) -> tuple[Place, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return tuple(map(_place, value))


def _senses(value: Any) -> tuple[tuple[Place, str], ...]:
    return tuple((place, codecs.read_line(one.get("sense"))) for place, one in zip(_places(value), value, strict=True))


def _groups(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("must list objects with a sentence and a group")
    return tuple((codecs.read_line(one.get("sentence")), codecs.read_line(one.get("group"))) for one in value)


def _file(value: Any) -> TextFile:
    if not isinstance(value, dict):
        raise ValueError("must be an object with a name and a digest")
    name, digest = codecs.read_line(value.get("name")), value.get("digest")
    if not name or "/" in name or "\\" in name:
        raise ValueError("must have the name of a file, without its folder")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("must have a digest of 64 hexadecimal digits")
    return name, digest


def _no_file(texts: object) -> TextFile:
    raise ValueError("a link names no file of a reader\u2019s own")


def _by_order(texts: object) -> tuple[()]:
    """What a link tells by the order of sentences or mentions is read with them (:mod:`dashboard.links`)."""
    raise NotImplementedError


def most_sentences() -> int:
    """How many sentences are read: ``CTXCORE_MOST_SENTENCES``, or 2,000.

    Raises:
        BadInputError: The setting is no whole number from 1 on.
    """
    return limit("CTXCORE_MOST_SENTENCES")


def sentences_in(lines: Sequence[str], name: str = "sentence") -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences that are read, and what is said of the others.

    Read are the first :func:`most_sentences` that are no longer than :func:`most_characters`, as far as all of them together
    have no more than :data:`MOST_TEXT` characters. A sentence is read whole or not at all.
    """
    most, count, total, more = most_characters(), most_sentences(), 0, 0
    kept: list[str] = []
    long: list[str] = []
    for number, line in enumerate(lines, 1):
        if len(line) > most:
            long.append(f"{name} {number} ({len(line):,} characters)")
        elif len(kept) == count or total + len(line) > MOST_TEXT or more:
            more += 1
        else:
            kept.append(line)
            total += len(line)
    said = []
    if long:
        more_of_them = f" and {len(long) - 3:,} more" if len(long) > 3 else ""
        said.append(f"A {name} is read up to {most:,} characters, so not read: {', '.join(long[:3])}{more_of_them}.")
    if more:
        why = "" if len(kept) == count else f", {MOST_TEXT:,} characters at most"
        first = f"{name} is" if len(kept) == 1 else f"{len(kept):,} {name}s are"
        said.append(f"The first {first} read{why}; the last {more:,} are not.")
    return tuple(kept), tuple(said)


def _read_sentences(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and (total := sum(len(text) for text in value if isinstance(text, str))) > MOST_TEXT:
        raise ValueError(f"has {total:,} characters in all; up to {MOST_TEXT:,} are read")
    return codecs.lines(most_sentences())(value)


def _training(texts: Sequence[str]) -> tuple[str, ...] | None:
    """Training sentences of the reader's own; None where they are those that we ship."""
    sentences, _ = sentences_in(texts)
    return None if sentences == lesson_sentences() else sentences


_SENTENCES = Codec(
    _read_sentences, lambda texts: sentences_in(texts)[0], list, longest=0, boxes=1, joined="\n"
)  # fmt: skip
"""Each with its own bound: a sentence is read whole or not at all."""
_SENSES = Codec(
    _senses, _by_order, list, longest=60, most=_MOST_LABELS, placed=True,
    plain=lambda senses: [{"sentence": s, "mention": n, "sense": sense} for (s, n), sense in senses],
)  # fmt: skip
_LEFT_OUT = Codec(
    _places, _by_order, list, most=_MOST_LABELS, plain=lambda places: [{"sentence": s, "mention": n} for s, n in places]
)
_FILE = Codec(_file, _no_file, lambda file: [], plain=lambda file: dict(zip(("name", "digest"), file, strict=True)))
"""Which text it is, and not the text itself. A link goes to others, and says nothing of it."""
_GROUPS = Codec(
    _groups, _by_order, list, longest=60, most=_MOST_LABELS, placed=True,
    plain=lambda groups: [{"sentence": s, "group": group} for s, group in groups],
)  # fmt: skip


@dataclass(frozen=True)
class Workspace:
    """What a reader works on.

    Attributes:
        word: The target word.
        sentences: One a line, in the reader's order.
        senses: Label of each labelled mention.
        left_out: Mentions that are not drawn.
        substitutes: Words that could stand in the target's place.
        static: Name of the static space.
        model: Name of the contextual model.
        focus: The sentence whose attention is looked at; None while the reader has not chosen one.
        at: Which word of that sentence is looked at, from 0; None while the reader has not chosen one.
        head: The opened head, ``(layer, head)``; None while the reader has not chosen one.
        prompts: Two beginnings of sentences that are gone on from.
        candidates: Words that could come next.
        corpus: What lookup tables are trained on: ``ours`` (the sentences below), ``news``, or ``file`` (the text below).
        training: Training sentences; None while they are the ones that we ship.
        training_file: Which text the reader gave for ``file``; None where there is none. The text itself is kept elsewhere.
        n: The n-gram size: words in an entry of the lookup table.
        tested: The sentence that is asked of the table word by word.
        near: The word whose static neighbours are looked at.
        relations: Words whose relations are looked at.
        axes: Two sums of words that a plane is spanned by, as typed.
        analogy: Three words a, b and c: what stands to c as b stands to a?
        second: Name of the contextual model that is drawn beside the first; None while there is none.
        groups: Group of each sentence that has one (a year, an author, a source), by the sentence's text.
        heads: The controls of *Attention heads*.
        export: How figures are laid out where they are taken away.
        format: What they were last taken away as.
        steps: Those of *Attention, step by step*.
        hand: Its words and numbers by hand.
        space: The controls of *Word relations*.
        layer: The layer whose vectors are looked at, 0 for the word embedding; None is the last.
        pair: The two occurrences that numbers compare, by their places among those that are drawn; None is the first two.
        bank: The word of the sense bank that is read; None is the target where it is one, else the first.
        words: The controls of *One word, many sentences*.
        next: Those of *Next word*.
        unseen: Those of *Unseen contexts*.
        moving: Those of *Move the meaning*.
        usages: Those of *Usages*, its text and its word among them.
    """

    word: str = stored(codecs.line(60), "word", "the word")
    sentences: tuple[str, ...] = stored(_SENTENCES, "s", "a sentence")
    senses: tuple[tuple[Place, str], ...] = stored(_SENSES, "sense", "a sense", ())
    left_out: tuple[Place, ...] = stored(_LEFT_OUT, "out", "an occurrence to leave out", ())
    substitutes: tuple[str, ...] = stored(codecs.words(MOST_SUBSTITUTES, 60), "sub", "a substitute", ())
    static: str = stored(codecs.name_of(), "static", "the static vectors’ name", "glove-6b-50d", always=True)
    model: str = stored(codecs.name_of(), "model", "the model’s name", "minilm-l6", always=True)
    focus: str | None = stored(maybe(codecs.line(4000)), "focus", "the sentence to look at", None)
    at: int | None = stored(maybe(codecs.whole(0)), "at", "the word to look at", None)
    head: tuple[int, int] | None = stored(maybe(codecs.head()), "head", "the head", None)
    prompts: tuple[str, str] = stored(codecs.exactly(2, 2000), "prompt", "a prompt", ("The dog ran", "The program ran"))
    candidates: tuple[str, ...] = stored(
        codecs.words(MOST_CANDIDATES, 120), "cand", "a candidate", ("quickly", "successfully")
    )
    corpus: str = stored(
        codecs.one_of("ours", "news", "file", unlinked=["file"]), "corpus", "the training text", "ours"
    )
    training: tuple[str, ...] | None = stored(
        maybe(replace(_SENTENCES, parse=_training)), "train", "a training sentence", None
    )
    training_file: tuple[str, str] | None = stored(maybe(_FILE), "file", "the training text\u2019s file", None)
    n: int = stored(codecs.whole(2, 5), "n", "the n-gram size", 3)
    tested: str = stored(codecs.line(1000), "test", "the sentence to test", "The cat ran swiftly")
    near: str = stored(codecs.line(60), "near", "the word with neighbours", "king")
    relations: tuple[str, ...] = stored(
        codecs.words(_MOST_RELATIONS, 60), "rel", "a related word",
        ("king", "queen", "prince", "princess", "man", "woman", "boy", "girl", "actor", "actress", "nurse", "engineer"),
    )  # fmt: skip
    axes: tuple[str, str] = stored(
        codecs.exactly(2, 300), "axis", "an axis", ("woman - man", "king + queen - man - woman")
    )
    analogy: tuple[str, str, str] = stored(
        codecs.exactly(3, 60), "ana", "a word of the analogy", ("man", "king", "woman")
    )
    second: str | None = stored(maybe(codecs.name_of()), "second", "the second model’s name", None)
    groups: tuple[tuple[str, str], ...] = stored(_GROUPS, "grp", "a group", ())
    heads: HeadsControls = field(default=HeadsControls())
    export: View = field(default=View())
    format: str = stored(codecs.one_of(*FORMATS), "format", "the file format", "html")
    steps: StepsControls = field(default=StepsControls())
    hand: ByHand = field(default=ByHand())
    space: RelationsControls = field(default=RelationsControls())
    layer: int | None = stored(maybe(codecs.whole(0)), "layer", "the layer", None)
    pair: tuple[int, int] | None = stored(
        maybe(codecs.two_numbers("two occurrences")), "pair", "the compared occurrences", None
    )
    bank: str | None = stored(maybe(codecs.line(60)), "bank", "the word of the sense bank", None)
    words: WordsControls = field(default=WordsControls())
    next: NextWordControls = field(default=NextWordControls())
    unseen: UnseenControls = field(default=UnseenControls())
    moving: MovingControls = field(default=MovingControls())
    usages: UsagesControls = field(default=UsagesControls())


@dataclass(frozen=True)
class Mark:
    """One mention of the target with what the reader said of it, and its sentence's group."""

    mention: Mention
    place: Place
    sense: str | None
    used: bool
    group: str | None = None


def marks(workspace: Workspace) -> list[Mark]:
    """Every mention of the target with its sense and whether it is used.

    An empty list has none, and neither has a target that cannot be looked for, such as a full stop: what draws mentions says
    why (:func:`ctxcore.text.no_mention`).
    """
    senses, left_out, groups = dict(workspace.senses), set(workspace.left_out), dict(workspace.groups)
    result: list[Mark] = []
    seen: dict[int, int] = {}
    for mention in _found(workspace.word, workspace.sentences):
        nth = seen.get(mention.sentence_index, 0)
        seen[mention.sentence_index] = nth + 1
        place = (workspace.sentences[mention.sentence_index], nth)
        result.append(Mark(mention, place, senses.get(place), place not in left_out, groups.get(place[0])))
    return result


@lru_cache(maxsize=16)
def _found(word: str, sentences: tuple[str, ...]) -> tuple[Mention, ...]:
    """Mentions; several parts of a page ask for the same ones. What cannot be looked for, such as a full stop, has none."""
    try:
        return tuple(find(word, sentences))
    except BadInputError:
        return ()


def to_json(workspace: Workspace) -> bytes:
    """The workspace as a file. Equal workspaces give equal bytes."""
    plain = {_MARK: VERSION, **codecs.write_all(workspace)}
    return (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()


def from_json(data: bytes | str, name: str = "the file") -> Workspace:
    """The workspace that a file holds. What the file does not say is as in a new workspace; unknown keys do not count.

    Args:
        data: What :func:`to_json` gave, or the same written by hand.
        name: What errors call the file.

    Raises:
        FileFormatError: It is damaged, of another kind, too large, from a later version, or a value is of the wrong type.
    """
    given = _object(data, name)
    try:
        workspace: Workspace = codecs.read_all(Workspace, given)
    except ValueError as error:
        raise _wrong(name, str(error)) from None
    return workspace


def _object(data: bytes | str, name: str) -> Mapping[str, Any]:
    """The JSON object, if it is one of ours and of a version that is known here."""
    check_upload(data, name)
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if sum(map(raw.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise _wrong(name, f"more than {_MOST_VALUES:,} values")
    try:
        found = json.loads(data if isinstance(data, str) else data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _wrong(name, f"no JSON in UTF-8{_where(error)}") from error
    if not isinstance(found, dict) or _MARK not in found:
        raise _wrong(name, f"no \u201c{_MARK}\u201d in it")
    version = found[_MARK]
    if type(version) is not int or version < 1:
        raise _wrong(name, f"\u201c{_MARK}\u201d must be a version from 1 on")
    if version > VERSION:
        raise FileFormatError(
            f"Workspace files are read up to version {VERSION}.",
            f"{name}, of version {version}",
            "Update this program.",
        )
    return found


def _where(error: ValueError | RecursionError) -> str:
    """Where a text stops being JSON, as a message has it."""
    if isinstance(error, json.JSONDecodeError):
        return f" (line {error.lineno:,}, column {error.colno:,})"
    return f" (byte {error.start + 1:,})" if isinstance(error, UnicodeDecodeError) else ""


def _wrong(name: str, what: str) -> FileFormatError:
    return FileFormatError("A workspace file holds what the dashboard saved.", f"{name}: {what}", _REMEDY)
