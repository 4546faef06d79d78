"""Links: what is read is bounded, what is not read is named, and what fits no link is kept under a name."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from ctxcore import FileFormatError, workspace
from ctxcore.codecs import Leaf, leaves
from ctxcore.data.corpora import lesson_sentences
from ctxcore.workspace import Workspace, from_json, to_json
from dashboard import links
from dashboard.kept import HOURS, Folder, Kept
from dashboard.links import Link
from tests.counting import calls

PLAIN = Workspace("ran", ("The dog ran.",))


def read(**query: object) -> tuple[Workspace, list[str]]:
    link = Link({key: value if isinstance(value, list) else [str(value)] for key, value in query.items()})
    return link.workspace(PLAIN), link.notices


def test_what_can_be_read_is_read_without_a_word() -> None:
    found, notices = read(
        word="seal", s=["A  seal swam.", "The seal broke."], sense=["animal", ""], out=["1"], focus="A seal", at="1", head="3.7",
        prompt=["She ", "He"], cand=["a", "b"], corpus="news", n="4", near="cat", rel=["a", "b", "a"], axis=["x", "y"],
        ana=["a", "b", "c"], test="The cat", second="smollm2-135m", train=["One.", " "], model="minilm-l6",
    )  # fmt: skip
    assert notices == []
    assert found.sentences == ("A seal swam.", "The seal broke.")
    assert found.senses == ((("A seal swam.", 0), "animal"),)
    assert found.left_out == (("The seal broke.", 0),)
    assert (found.focus, found.at, found.head, found.n, found.corpus) == ("A seal", 1, (3, 7), 4, "news")
    assert (found.prompts, found.candidates, found.relations) == (("She", "He"), ("a", "b"), ("a", "b"))
    assert (found.axes, found.analogy, found.training) == (("x", "y"), ("a", "b", "c"), ("One.",))


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"n": "7"}, "n", "The n-gram size, “7”: it is one of 2, 3, 4, 5."),
        ({"n": "²"}, "n", "The n-gram size, “²”"),
        ({"corpus": "web"}, "corpus", "The training text, “web”"),
        ({"file": "mine.txt"}, "training_file", "file, “mine.txt”: a link names no file of a reader’s own."),
        ({"head": "a.b"}, "head", "The head, “a.b”: it is a layer and a head, such as 4.7."),
        ({"head": "3"}, "head", "The head, “3”"),
        ({"at": "-1"}, "at", "The word to look at, “-1”: it is a whole number."),
        ({"at": "9" * 19}, "at", "it is a whole number"),
        ({"prompt": ["one"]}, "prompts", "A prompt, “one”: a link has 2 of them."),
        ({"ana": ["a", "b"]}, "analogy", "A word of the analogy, “a”: a link has 3 of them."),
        ({"axis": ["a", "b", "c"]}, "axes", "An axis: 3 of them, and 2 are read."),
        ({"focus": "ran " * 25_000}, "focus", "at most 4,000 characters are read, and it has 100,000."),
        ({"test": "x" * 20_000}, "tested", "at most 1,000 characters are read, and it has 20,000."),
        ({"second": "m" * 5000}, "second", "The second model’s name, “mmmm"),
        ({"near": "c" * 61}, "near", "The word with neighbours"),
        ({"layer": "²"}, "layer", "The layer, “²”: it is a whole number."),
        ({"pair": "3"}, "pair", "The compared occurrences, “3”: it is two occurrences, such as 4.7."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out_and_named(query: dict[str, object], field: str, says: str) -> None:
    found, notices = read(**query)
    assert len(notices) == 1
    assert says in notices[0]
    assert len(notices[0]) < 200
    if field != "axes":
        assert getattr(found, field) == getattr(PLAIN, field)


def test_a_long_sentence_is_read_whole_or_not_at_all_and_labels_never_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_MOST_CHARACTERS", "50")
    long = "ran " * 20
    found, notices = read(word="ran", s=[long, "The dog ran.", "The car ran."], sense=["", "one", "two"], out=["2"])
    assert found.sentences == ("The dog ran.", "The car ran.")
    assert found.senses == ()
    assert found.left_out == ()
    assert notices == [
        "A sentence is read up to 50 characters, so not read: sentence 1 (79 characters).",
        "Senses, groups and left-out occurrences are not read, since they count on all sentences.",
    ]
    found, notices = read(word="ran", s=["x" * 50, "x" * 51], train=["y" * 51])
    assert [len(s) for s in found.sentences] == [50]
    assert len(notices) == 2
    assert "training sentence 1 (51 characters)" in notices[0] + notices[1]


def test_all_sentences_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    found, said = workspace.sentences_in([f"{n}" for n in range(2003)])
    assert len(found) == 2000
    assert said == ("The first 2,000 sentences are read; the last 3 are not.",)
    monkeypatch.setattr(workspace, "MOST_TEXT", 100)
    found, said = workspace.sentences_in(["a" * 60, "b" * 60, "c" * 5])
    assert found == ("a" * 60,)  # and not the third, which would fit: what is read is the beginning
    assert said == ("The first sentence is read, 100 characters at most; the last 2 are not.",)
    for field in ("sentences", "training"):
        with pytest.raises(FileFormatError, match=f"{field}. has 101 characters in all; up to 100 are read"):
            workspace.from_json(
                json.dumps({"ctxcore_workspace": 1, "word": "a", "sentences": [], field: ["a" * 51, "b" * 50]})
            )


OTHER = {
    "word": "cat", "sentences": ("A cat sat, a cat ran.", "The cat ran."), "senses": ((("A cat sat, a cat ran.", 1), "pet"),),
    "left_out": (("The cat ran.", 0),), "substitutes": ("pet", "kitten"), "static": "~/some.txt", "model": "smollm2-135m",
    "focus": "A cat sat.", "at": 2, "head": (3, 7), "prompts": ("", "It ran"), "candidates": (), "corpus": "news",
    "training": ("One.", "Two."), "training_file": ("mine.txt", "ab" * 32), "n": 5,
    "tested": "", "near": "dog", "relations": (), "axes": ("a - b", ""),
    "analogy": ("x", "", "z"), "second": "smollm2-135m", "groups": (("The cat ran.", "1999"),),
    "heads.rows": "token", "heads.special": False, "heads.weighted": True,
    "heads.drawn": "map", "heads.panel": "two", "heads.pattern": "entropy",
    "heads.residual": 0.35, "heads.neutral": "thing", "heads.layer": 3, "heads.off": ((1, 0), (3, 7)), "heads.next_word": True,
    "heads.other": "A cat slept.", "heads.other_at": 0,
    "export.width": 600, "export.height": 400, "export.size": 9, "export.title": True, "export.legend": "right",
    "export.theme": "dark", "export.citation": True, "format": "pdf",
    "steps.real": True, "steps.piece": "0a1b2c3d.4", "steps.key": "0a1b2c3d.0",
    "hand.words": ("it's", "", "AI"), "hand.vectors": ((1 / 3, -0.5, 0.0), (1e-5, 2.0, -100.0), (7.25, 0.1, 1e-17)),
    "hand.weights": (0.1 + 0.2, 0.0, -1.0), "hand.query": 2,
    "space.panel": "train", "space.source": "trained", "space.k": 5, "space.frequent": 3000, "space.inflections": False,
    "space.around": 0, "space.file": "mine & yours.txt", "space.digest": "ab" * 32, "space.size": 20, "space.window": 2,
    "space.epochs": 3, "space.min_count": 1, "space.seed": 9, "space.trained": True,
    "layer": 0, "pair": (0, 3), "bank": "spring",
    "words.projection": "tsne", "words.in_space": True, "words.panel": "senses", "words.centred": True,
    "next.panel": "generate", "next.window": 5, "next.temperature": 0.7, "next.prompt": 1, "next.sampling": 1.2, "next.seed": 7,
    "moving.word": "dog", "moving.direction": "out", "moving.cell": (4, 2),
    "usages.source": "file", "usages.file": "mine & yours.csv.gz", "usages.digest": "ab" * 32, "usages.path": "/data/*.txt",
    "usages.state": "cd" * 32, "usages.column": "the  text", "usages.columns": ("a, b", "year"), "usages.words": ("run", "ran"),
    "usages.inflections": True, "usages.panel": "map", "usages.order": "left", "usages.by": "year", "usages.colour": "form",
    "usages.first": "1999", "usages.second": "2001", "usages.split": True,
    "unseen.panel": "held-out", "unseen.with_word": True, "unseen.most": 100,
}  # fmt: skip
"""For each field a value that is not the usual one."""
NOT_LINKED = {"training_file"}
"""What a link does not say: others have no such file."""


@pytest.mark.parametrize("leaf", leaves(Workspace), ids=lambda leaf: leaf.name)
def test_every_field_comes_back_from_link_and_file(leaf: Leaf) -> None:
    assert OTHER[leaf.name] != leaf.of(PLAIN)
    asked = leaf.put(Workspace("cat", OTHER["sentences"]), OTHER[leaf.name])  # type: ignore[arg-type]
    link = Link(links.query_of(asked))
    assert (link.workspace(PLAIN) == asked) is (leaf.name not in NOT_LINKED)
    assert link.notices == []
    assert from_json(to_json(asked)) == asked
    if leaf.codec.boxes:  # and from its text fields
        texts = leaf.codec.in_boxes(OTHER[leaf.name])
        assert texts is not None
        assert len(texts) == leaf.codec.boxes
        assert leaf.codec.typed(texts) == OTHER[leaf.name]


def test_a_text_field_is_read_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {leaf.name: leaf.codec.typed for leaf in leaves(Workspace)}
    assert typed["word"]([" r\u00adan\u00a0"]) == "ran"
    assert typed["relations"](["dog, cat\nwolf,, dog "]) == ("dog", "cat", "wolf")
    assert typed["substitutes"]([", ".join(map(str, range(30)))]) == tuple(map(str, range(12)))
    assert typed["axes"](["king  - man", " "]) == ("king - man", "")
    assert typed["sentences"](["One, two.\n\n Three. "]) == ("One, two.", "Three.")
    monkeypatch.setenv("CTXCORE_MOST_CHARACTERS", "50")
    assert typed["sentences"](["a" * 51 + "\nbb"]) == ("bb",)
    assert typed["training"](["\n".join(lesson_sentences()) + "\n"]) is None  # those that we ship are no choice
    assert read(train=list(lesson_sentences()))[0].training is None


@pytest.mark.parametrize("word", [".", "?", "-", "\u2026", "\u202e", "\u200b", "\0", " "])
def test_what_is_no_word_is_in_no_sentence(word: str) -> None:
    found, _ = read(word=word, s=["a. b? - \u2026"], sense=["x"], out=["0"])
    assert found.word in (word, "")
    assert found.senses == ()


def test_a_kept_workspace_comes_back_as_it_was() -> None:
    kept = Kept()
    odd = replace(PLAIN, prompts=("x ", "y"), sentences=("a", "b"))
    name = kept.put(odd)
    assert kept.get(name) == odd
    assert kept.put(odd) == name  # one value, one name
    assert kept.put(PLAIN) != name
    assert kept.get(name) == odd  # a name never comes to mean another
    assert len(name) >= 20
    assert kept.get("") is None
    assert kept.get(name[:-1]) is None


def test_kept_workspaces_are_bounded_and_the_one_looked_at_last_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(most_bytes=40_000)
    some = [replace(PLAIN, sentences=(f"{n} " * 3000,)) for n in range(9)]
    first = kept.put(some[0])
    names = []
    for one in some[1:]:
        names.append(kept.put(one))
        kept.put(some[0])  # its page is drawn again
    assert kept.get(first) == some[0]
    assert kept.get(names[0]) is None
    assert kept.get(names[-1]) == some[-1]
    few = Kept(most=2)
    names = [few.put(one) for one in some]
    assert [few.get(name) is not None for name in names] == [False] * 7 + [True] * 2
    import time

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + HOURS * 3600 + 1)
    assert few.get(names[-1]) is None


def test_servers_that_share_a_folder_have_what_the_others_keep(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    here, there = (Kept(folder=Folder(folder, most_bytes=60_000)) for _ in range(2))
    some = [replace(PLAIN, sentences=(f"{n}{' a' * 9000}",)) for n in range(5)]
    name = here.put(some[0])
    assert there.get(name) == some[0]
    assert [(file.stem, file.stat().st_mode & 0o77) for file in folder.iterdir()] == [
        (name, 0)
    ]  # for nobody else to read
    assert there.put(some[0]) == name
    (tmp_path / "other.json").write_bytes(to_json(PLAIN))
    assert there.get("../other") is None
    later = [here.put(one) for one in some[1:]]
    assert there.get(later[-1]) == some[-1]
    assert Kept(folder=Folder(folder)).get(name) is None  # the oldest made room
    file = folder / f"{later[-1]}.json"
    file.write_bytes(file.read_bytes()[:-9])
    assert Kept(folder=Folder(folder)).get(later[-1]) is None  # damaged
    (old := folder / f"{later[-2]}.json").stat()
    os.utime(old, (0, 0))
    assert Kept(folder=Folder(folder)).get(later[-2]) is None
    (folder / "half.part").touch()
    os.utime(folder / "half.part", (0, 0))
    here.put(replace(PLAIN, word="new"))
    assert {file.suffix for file in folder.iterdir()} == {".json"}
    assert not old.exists()
    blocked = Kept(folder=Folder(tmp_path / "other.json"))  # no folder can be there
    assert blocked.get(blocked.put(PLAIN)) == PLAIN


def test_a_link_from_before_a_control_was_renamed_is_read() -> None:
    assert read(real="1")[0].steps.real
    assert not read(real="1", **{"steps.real": "0"})[0].steps.real
    assert "real" in links.KEYS  # so that the page takes it out of its address


@pytest.mark.parametrize(
    "pattern", ["a", "ran ", ".", ",", "\U0001f1e9\U0001f1ea", "\u0301", "\U0001f468\u200d", "\t", "\u202e"]
)
def test_work_on_a_field_of_a_link_grows_no_faster_than_its_text(pattern: str) -> None:
    """Four times the text are at most four times the calls, of a field that is bounded hardly more."""
    for key in links.KEYS:
        short, long = (
            calls(lambda n=n, key=key: Link({key: [(pattern * n)[:n]], "word": ["ran"]}).workspace(PLAIN))
            for n in (2_000, 8_000)
        )
        assert long < 5 * short, key
