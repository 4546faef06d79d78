"""The workspace file: what is saved comes back, and what is damaged is refused in a sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctxcore import FileFormatError, reading, workspace
from ctxcore.codecs import leaves
from ctxcore.text import clean
from ctxcore.workspace import Workspace

_LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(clean)
_LINES = st.lists(_LINE.filter(bool), max_size=5).map(tuple)
_PLACE = st.tuples(_LINE, st.integers(0, 9))
_ALL = st.builds(
    Workspace, _LINE, _LINES, st.lists(st.tuples(_PLACE, _LINE), max_size=3).map(tuple),
    st.lists(_PLACE, max_size=3).map(tuple), _LINES, _LINE, _LINE, st.none() | _LINE, st.none() | st.integers(0, 99),
    st.none() | st.tuples(st.integers(1, 30), st.integers(0, 12)), st.tuples(_LINE, _LINE), _LINES,
    st.sampled_from(["ours", "news", "file"]), st.none() | _LINES, 
    st.sampled_from([None, ("mine.txt", "ab" * 32)]), st.integers(2, 5), _LINE, _LINE, _LINES,
    st.tuples(_LINE, _LINE), st.tuples(_LINE, _LINE, _LINE), st.none() | _LINE,
    st.lists(st.tuples(_LINE, _LINE), max_size=3).map(tuple),
)  # fmt: skip
PLAIN: dict[str, Any] = {"ctxcore_workspace": 1, "word": "ran", "sentences": ["The dog ran"]}


@given(_ALL)
def test_what_is_saved_comes_back(given: Workspace) -> None:
    data = workspace.to_json(given)
    assert workspace.from_json(data) == given
    assert workspace.to_json(workspace.from_json(data)) == data


def test_every_field_has_a_place_in_file_and_link() -> None:
    carried = [leaf.codec for leaf in leaves(Workspace)]
    assert len({codec.url for codec in carried}) == len(carried)
    assert all(codec.url and codec.name for codec in carried)


def test_what_a_file_does_not_say_is_new_and_unknown_keys_do_not_count() -> None:
    found = workspace.from_json(json.dumps({**PLAIN, "colour": "blue", "__class__": "x"}), "mine.json")
    assert found == Workspace("ran", ("The dog ran",))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"word": 7}, "“word” must be text"),
        ({"word": None}, "“word” must be text"),
        ({"sentences": "The dog ran"}, "“sentences” must be a list"),
        ({"sentences": ["a", 7]}, "“sentences” must be text"),
        ({"sentences": ["a"] * 2001}, "“sentences” has 2,001 entries; up to 2,000 are read"),
        ({"candidates": ["a"] * 21}, "“candidates” has 21 entries"),
        ({"substitutes": ["a"] * 13}, "“substitutes” has 13 entries"),
        ({"word": "\ud800"}, "“word” holds half a character"),
        ({"at": True}, "“at” must be a whole number"),
        ({"at": -1}, "“at” must be a whole number"),
        ({"n": 6}, "“n” must be a whole number from 2 to 5"),
        ({"n": 3.0}, "“n” must be a whole number"),
        ({"head": [1]}, "“head” must be a layer and a head"),
        ({"head": [0, 0]}, "“head” must be a whole number from 1"),
        ({"corpus": "web"}, "“corpus” must be one of ours, news, file"),
        ({"corpus": []}, "“corpus” must be one of"),
        ({"training_file": "mine.txt"}, "“training_file” must be an object"),
        (
            {"training_file": {"name": "../mine.txt", "digest": "a" * 64}},
            "“training_file” must have the name of a file, without",
        ),
        ({"training_file": {"name": "mine.txt", "digest": "a" * 63}}, "“training_file” must have a digest"),
        ({"prompts": ["one"]}, "“prompts” has 1 entries; 2 are read"),
        ({"senses": {"a": 1}}, "“senses” must be a list"),
        ({"senses": [["a", 0, "b"]]}, "“senses” must list objects"),
        ({"senses": [{"sentence": "a", "mention": 0}]}, "“senses” must be text"),
        ({"groups": {"a": "b"}}, "“groups” must list objects"),
        ({"groups": [["a", "b"]]}, "“groups” must list objects"),
        ({"groups": [{"sentence": "a"}]}, "“groups” must be text"),
        ({"ctxcore_workspace": 0}, "must be a version from 1 on"),
        ({"ctxcore_workspace": "1"}, "must be a version from 1 on"),
        ({"ctxcore_workspace": 2}, "of version 2"),
    ],
)
def test_a_wrong_value_is_named(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        workspace.from_json(json.dumps({**PLAIN, **changed}), "mine.json")
    assert said in caught.value.received
    assert "mine.json" in caught.value.received


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\xff\xfe\x00", b"[]", b"7", b'"text"', b'{"word": "ran"}', b"[" * 100_000, b"9" * 5000,
        b'{"ctxcore_workspace": 1}', b'{"ctxcore_workspace": 1, "word": "ran"}', b" " * (20 * 1024 * 1024 + 1),
        b'{"ctxcore_workspace": 1, "word": "ran", "sentences": [' + b'"a",' * 1_000_000 + b'"a"]}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError):
        workspace.from_json(data)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_KEYS = st.sampled_from(["sentence", "mention", "sense"])


@given(st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner)))
def test_no_value_brings_anything_but_our_own_error(value: Any) -> None:
    for key in (field.name for field in fields(Workspace)):
        with suppress(FileFormatError):
            workspace.from_json(json.dumps({**PLAIN, key: value}))


def test_a_mark_has_the_group_of_its_sentence() -> None:
    given = Workspace("ran", ("He ran, she ran.", "It ran"), groups=(("He ran, she ran.", "1999"), ("gone", "x")))
    assert [m.group for m in workspace.marks(given)] == ["1999", "1999", None]


def test_three_hundred_labelled_sentences_come_back_from_the_file() -> None:
    rows = [(f"Sentence {i} ran, and ran.", f"sense {i % 3}", str(1900 + i % 50)) for i in range(300)]
    csv = "text,sense,year\n" + "".join(f'"{s}",{sense},{year}\n' for s, sense, year in rows)
    table = reading.read_table(csv.encode(), "mine.csv")
    found = reading.label_mentions(reading.labelled_rows(table, reading.guess_columns(table)), "ran")
    given = Workspace("ran", found.sentences, found.senses, groups=found.groups)
    marks = workspace.marks(workspace.from_json(workspace.to_json(given)))
    assert [(m.place[0], m.sense, m.group) for m in marks] == [row for row in rows for _ in range(2)]


def test_marks_follow_their_sentences() -> None:
    found = workspace.marks(
        Workspace(
            "ran", ("He ran, she ran.", "A dog"), ((("He ran, she ran.", 1), "moved"),), (("He ran, she ran.", 0),)
        )
    )
    assert [(m.place[1], m.sense, m.used) for m in found] == [(0, None, False), (1, "moved", True)]
    assert workspace.marks(Workspace("", ("A dog",))) == []
    assert [workspace.marks(Workspace(word, ("A dog? No.",))) for word in (".", "?", "\u202e", "\u200b")] == [[]] * 4


def test_a_text_longer_than_any_that_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_MOST_CHARACTERS", "20")
    with pytest.raises(FileFormatError) as caught:
        workspace.from_json(json.dumps({**PLAIN, "sentences": ["x" * 20, "y" * 21]}))
    assert "“sentences” has 21 characters in entry 2; up to 20 are read" in caught.value.received
    with pytest.raises(FileFormatError, match="“focus” has 30 characters; up to 20 are read"):
        workspace.from_json(json.dumps({**PLAIN, "focus": "z" * 30}))
