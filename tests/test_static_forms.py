"""The form of a vector file is proved: what is no such file is refused with its reason, and what is one is read whole."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText
from gensim.models.fasttext import save_facebook_model

from ctxcore import BadInputError, CtxError, FileFormatError, StaticSpace, UnknownWordError, load_static
from ctxcore.models import vector_files, vector_rows
from ctxcore.models.names import as_text, split_limit
from tests.test_static_files import fasttext_header

FRENCH = "3 4\n\u00e9t\u00e9 0.112233 -0.223344 0.334455 -0.445566\nmaison 0.5 0.25 0.125 0.0625\nchien 0.51 0.26 0.13 0.07\n"
VECTORS = np.random.default_rng(5).normal(size=(400, 4)).astype("<f4")


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path_factory.mktemp("cache")))


def opened(folder: Path, content: bytes, **how: int) -> StaticSpace:
    file = folder / "vectors.txt"
    file.write_bytes(content)
    return load_static(file, **how)


def why(folder: Path, content: bytes, **how: int) -> FileFormatError:
    with pytest.raises(FileFormatError) as caught:
        opened(folder, content, **how)
    assert ".." not in str(caught.value).replace(str(folder), "")
    return caught.value


def refused(*cases: tuple[bytes, str]) -> pytest.MarkDecorator:
    """A test of contents and what is said of each; the content itself is no name for a test."""
    return pytest.mark.parametrize(("content", "says"), [pytest.param(*case, id=case[1]) for case in cases])


def binary(*words: bytes, end: bytes = b"\n", header: bytes | None = None, vectors: np.ndarray = VECTORS) -> bytes:
    rows = [word + b" " + row.tobytes() + end for word, row in zip(words, vectors, strict=False)]
    return (header or b"%d 4\n" % len(words)) + b"".join(rows)


def many(accented: int) -> str:
    """2,000 words of 50 numbers as text; from one of them on with an accent."""
    rows = np.random.default_rng(1).normal(size=(2000, 50))
    lines = [f"{'ete' if n < accented else 'été'}{n} {' '.join(f'{x:.5f}' for x in row)}" for n, row in enumerate(rows)]
    return "\n".join(["2000 50", *lines, ""])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (FRENCH, 2),
        (FRENCH.partition("\n")[2], 1),
        ("2 3\n\u00e9t\u00e9 1 2 3\nmaison 4 5 6\n", 2),
        ("maison 1 2 3\n\nBjo\u0308rn A\u0308 1 2 3\n".replace("o\u0308", "\u00f6").replace("A\u0308", "\u00c4"), 3),
        (many(0), 2),
        (many(1500), 1502),
    ],
)
def test_text_that_is_not_utf8_is_refused_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    error = why(tmp_path, text.encode("latin-1"))
    assert f"line {line:,} is not UTF-8" in error.received
    assert "iconv -f LATIN1" in error.remedy
    kept = opened(tmp_path, text.encode()).keyed_vectors
    assert len(kept.index_to_key) == sum(1 for row in text.splitlines() if len(row.split()) > 2)


@pytest.mark.parametrize("text", [FRENCH, FRENCH.partition("\n")[2]])
@pytest.mark.parametrize("change", ["\ufeff{}", "CRLF", "{}\n\n"])
def test_marks_and_line_ends_of_editors_change_nothing(tmp_path: Path, text: str, change: str) -> None:
    written = text.replace("\n", "\r\n") if change == "CRLF" else change.format(text)
    found = opened(tmp_path, written.encode())
    assert found.keyed_vectors.index_to_key == ["\u00e9t\u00e9", "maison", "chien"]
    assert found.vector("maison").tolist() == [0.5, 0.25, 0.125, 0.0625]


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("count", [1, 2, 3, 60, 400])
def test_a_binary_file_is_taken_whatever_bytes_its_numbers_have(tmp_path: Path, count: int, end: bytes) -> None:
    words = [f"w\u00e9{n}".encode() for n in range(count)]
    found = opened(tmp_path, binary(*words, end=end)).keyed_vectors
    assert found.index_to_key == [word.decode() for word in words]
    assert np.array_equal(found.vectors, VECTORS[:count])


W = (b"dog", b"cat", b"\xc3\xa9t\xc3\xa9")


@refused(
    (binary(b"dog", b"cat", b"dog"), "word 3 is the same as word 1: “dog”"),
    (binary(b"dog", b"c\x01t", b"eel"), "word 2 holds control characters"),
    (binary(b"dog", b"c\xe9t\xe9", b"eel"), "word 2 is not UTF-8"),
    (binary(*W) + b"left", r"behind all words that its header announces \(3\)"),
    (binary(*W, header=b"2 4\n"), r"behind all words that its header announces \(2\)"),
    (binary(*W, header=b"3 3\n"), "damaged"),
    (binary(*W, header=b"3 5\n"), "damaged"),
    (binary(*W, header=b"90 4\n"), "announces 90 words, for which it is too short"),
    (binary(*W, vectors=np.full((3, 4), 1e-9, "<f4")), "largest number is 1e-09"),
    (binary(*W, vectors=np.full((3, 4), np.nan, "<f4")), "not finite"),
    (binary(*[b"w%d" % n for n in range(300)], vectors=VECTORS[:300] * np.float32(1e20)), "no vector behind it"),
    (b"50 20\n" + np.random.default_rng(0).bytes(5000), "damaged"),
)
def test_a_binary_file_has_the_words_that_it_announces_and_ends_there(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(FileFormatError, match=says):
        opened(tmp_path, content)


def test_a_fasttext_file_is_proved_too(tmp_path: Path) -> None:
    for lie in (fasttext_header(300, 2**31 - 1), fasttext_header(10**6, 10), fasttext_header(300, 10) + bytes(10**5)):
        assert "damaged" in why(tmp_path, lie).received
    assert "packed is not whole" in why(tmp_path, gzip.compress(fasttext_header(3, 10))[:-9]).received


ROWS = [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"dog\t1 2 3\ncat\t4 5 6\n", ["dog", "cat"]),
        (b"dog\t1\t2\t3\ncat\t4\t5\t6\n", ["dog", "cat"]),
        (b"2\t3\ndog\t1\t2\t3\ncat\t4\t5\t6\n", ["dog", "cat"]),
        (b"2 3\ndog  1  2  3 \ncat  4 \t 5  6\n", ["dog", "cat"]),
        (b"2 3\nwindows 95 1 2 3\ndog 4 5 6\n", ["windows 95", "dog"]),
        (b"windows 95 1 2 3\ndog 4 5 6\n", ["windows 95", "dog"]),
        (b"2 3\n20 20 1 2 3\n7 4 5 6\n", ["20 20", "7"]),
        (b"to inf 1 2 3\nweb 2.0 4 5 6\n", ["to inf", "web 2.0"]),
        (b"nan 1 2 3\n1e5 4 5 6\n", ["nan", "1e5"]),
        (b"at name@domain 1 2 3\n. . . 4 5 6\n", ["at name@domain", ". . ."]),
        (b"2 3\n 1 2 3\ndog 4 5 6\n", ["", "dog"]),
        (b"2 3\n\xc2\xa0 1 2 3\n\xe3\x80\x80 4 5 6\n", ["\u00a0", "\u3000"]),
    ],
)
def test_the_header_or_most_lines_say_how_many_numbers_there_are(
    tmp_path: Path, content: bytes, words: list[str]
) -> None:
    found = opened(tmp_path, content).keyed_vectors
    assert found.index_to_key == words
    assert found.vectors.tolist() == ROWS


@refused(
    (b"2 3\ndog 1 2 3\ncat 4 5\n", "line 3 has 2 numbers where 3 belong"),
    (b"2 4\ndog 1 2 3\ncat 4 5 6\n", "line 2 has 3 numbers where 4 belong"),
    (b"2 2\ndog 1 2 3\ncat 4 5 6\n", "its header announces 2 numbers for each word, its lines have 3"),
    (b"a 1 2\nb 3 4\nc 5 6\ndog 7\n", "line 4 has 1 numbers where 2 belong"),
    (b"a 1 2 3\nb 1 2 3\nc 1 2 3\ndog 4 5\n", "line 4 has 2 numbers where 3 belong"),
    (b"dog 0.1234 0.2345cat 0.3456 0.4567\na 0.1 0.2\nb 0.1 0.2\n", "line 1 has 3 numbers where 2 belong"),
    (b"a 0.1 0.2\nb 1e-05 0.1 0.2\nc 0.1 0.2\n", "line 2 has 3 numbers where 2 belong"),
    (b"a 1 2\nb 1_0 2\n", "line 2 has 1 numbers where 2 belong"),
    (b"1 2\ndog 1 2\ncat 3 4\n", "line 3 comes after all words that its header announces"),
    (b"dog 1 2\rcat 3 4\r", "line 1 holds a control character"),
    (b"dog,1,2\ncat,3,4\n", "commas separate its fields"),
    (b"This is prose.\nWith two lines.\n", "not words with 2 to 10,000 numbers behind"),
    ("dog 1 2\n".encode("utf-16"), "text in UTF-16"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"),
    (b"\n<!DOCTYPE html>\n<html></html>\n", "a web page"),
    (b" \n \n", "nothing but blanks"),
    (gzip.compress(gzip.compress(b"dog 1 2\n")), "packed with gzip twice"),
    (bytes(1000), "a binary file of another program"),
)
def test_the_reason_names_the_line_or_what_the_file_is(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in why(tmp_path, content).received


def test_an_archive_is_named(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("vectors.txt"), io.BytesIO())
    assert "a tar archive" in why(tmp_path, packed.getvalue()).received


@refused(
    (b"9" * 18 + b" 300\ndog 1 2\n", "too short"),
    (gzip.compress(b"99999999999 300\ndog 1 2\n"), "too short"),
    (b"9" * 5000 + b" 3\ndog 1 2 3\n", "makes no sense"),
    (b"5 20000\ndog 1 2\n", "makes no sense"),
    (b"0 5\n", "makes no sense"),
    (b"dog 1 2\n" + b"x" * (3 << 20), "line 2 is longer than 1 MB"),
    (b"1 " * (1 << 20), "line 1 is longer than 1 MB"),
    (gzip.compress(b"x" * (30 << 20), 1), "line 1 is longer than 1 MB"),
    (gzip.compress(bytes(30 << 20), 1), "a binary file of another program"),
    (b"dog" + b" 1" * 20_000 + b"\n", "2 to 10,000 numbers"),
)
def test_what_a_header_claims_is_weighed_before_memory_is_taken(
    tmp_path: Path, content: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_rows, "np", None)  # whatever is taken would fail
    assert says in why(tmp_path, content).received


def test_lines_that_unpack_without_end_are_not_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"".join(b"w%d 0 0\n" % n for n in range(50)) + b"a 0 0\n" * 60_000)
    assert len(opened(tmp_path, packed)) == 51
    monkeypatch.setattr("ctxcore.models.vector_parts._BOMB", 1 << 16)
    (tmp_path / "cache").mkdir()
    monkeypatch.setenv("CTXCORE_CACHE", str(tmp_path / "cache"))
    assert "it unpacks to more than" in why(tmp_path, packed).received


NAMES = [
    "~zz/x",
    "~zz/x@5",
    "x" * 300,
    "x" * 10_000,
    "/" + "x" * 300 + "/y",
    "a\0b",
    "~a\0b",
    "\ud800",
    "",
    "/proc/stat",
]
NAMES += ["/dev/zero", ".", "//x"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_makes_a_system_error(name: str) -> None:
    split_limit(name)
    with pytest.raises(CtxError) as caught:
        load_static(name)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", [None, 5, b"dog", float("nan"), ["a"]])
def test_a_name_is_text_or_a_path(name: object) -> None:
    with pytest.raises(BadInputError, match=f"A name or a path is text.*{type(name).__name__}"):
        load_static(name)  # type: ignore[arg-type]
    assert as_text(Path("a") / "b") == os.path.join("a", "b")


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileFormatError, match="a pipe or a device"):  # reading it would wait for ever
        vector_files.look_into(tmp_path / "pipe")


SPELT = ["New_York", "USA", "Dog", "run_VERB", "/c/en/new_york", "iPhone", "\u0141\u00f3d\u017a", "built_in"]
SPELT += ["sense|NOUN", "New-Delhi"]


@pytest.fixture(scope="module")
def spelt() -> StaticSpace:
    return StaticSpace(vector_files.plain(SPELT, np.eye(len(SPELT), dtype=np.float32)), "spelt")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("New York", ["New_York", "/c/en/new_york"]),
        ("new-york", ["New_York", "/c/en/new_york"]),
        ("usa", ["USA"]),
        ("dog", ["Dog"]),
        ("RUN_verb", ["run_VERB"]),
        ("run", ["run_VERB"]),
        ("iphone", ["iPhone"]),
        ("\u0142\u00f3d\u017a", ["\u0141\u00f3d\u017a"]),
        ("built in", ["built_in"]),
        ("Sense", ["sense|NOUN"]),
        ("NEW DELHI", ["New-Delhi"]),
    ],
)
def test_suggestions_survive_case_joints_addresses_and_tags(spelt: StaticSpace, typed: str, offered: list[str]) -> None:
    with pytest.raises(UnknownWordError) as caught:
        spelt.vector(typed)
    assert list(caught.value.suggestions) == offered
    assert caught.value.parts == ()


def test_an_entry_beyond_the_frequent_ones_is_offered_where_it_is_the_same_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ctxcore.models.static._SPELLING_POOL", 1)
    space = StaticSpace(vector_files.plain(["the", *SPELT], np.eye(11, dtype=np.float32)), "late")
    with pytest.raises(UnknownWordError) as caught:
        space.entry("new york")
    assert caught.value.suggestions == ("New_York", "/c/en/new_york")


@pytest.mark.parametrize("typed", ["new york", "New_York", "new - york"])
def test_single_words_of_several_are_named(static: StaticSpace, typed: str) -> None:
    with pytest.raises(UnknownWordError, match="It knows the single words: new, york") as caught:
        static.vector(typed)
    assert caught.value.parts == ("new", "york")
    assert {"new-york", "newyork"} <= set(caught.value.suggestions)


@pytest.mark.parametrize("typed", ["qickly dog", "dog_NOUN", "/c/en/qickly"])
def test_parts_are_named_where_all_are_known_and_words(static: StaticSpace, typed: str) -> None:
    with pytest.raises(UnknownWordError) as caught:
        static.vector(typed)
    assert caught.value.parts == ()


@pytest.mark.parametrize("word", [None, float("nan"), b"dog", 5, ["dog"]])
def test_a_word_is_text(static: StaticSpace, word: object) -> None:
    asks = (
        static.entry,
        static.vector,
        static.neighbours,
        lambda w: static.similarity("dog", w),
        lambda w: static.analogy([w]),
    )
    for ask in asks:
        with pytest.raises(BadInputError, match=f"A word is text.*{type(word).__name__}"):
            ask(word)
    assert word not in static


def test_other_kinds_of_input_are_refused_by_name(static: StaticSpace) -> None:
    for vector in ("x", ["a"] * 50, [[1], [2, 3]], None):
        with pytest.raises(BadInputError):
            static.nearest(vector)  # type: ignore[arg-type]
    for k in (2.5, "3", True, None):
        with pytest.raises(BadInputError, match="A count is a whole number"):
            static.neighbours("dog", k)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="The words of an analogy are a list"):
        static.analogy("king")
    assert len(static.neighbours("dog", np.int64(2))) == 2  # type: ignore[arg-type]


def test_a_word_that_no_message_can_carry_is_shortened_or_escaped(static: StaticSpace) -> None:
    for word, shown in (("\ud800x", r"\ud800x"), ("q" * 10_000, "(10,000 letters)"), ("", "an empty word")):
        with pytest.raises(UnknownWordError) as caught:
            static.vector(word)
        assert shown in caught.value.received
        str(caught.value).encode()


def test_structs_of_a_cut_header_are_not_quoted(tmp_path: Path) -> None:
    assert "it ends within its header" in why(tmp_path, struct.pack("<2i", 793712314, 12)).received


def spoilt(content: bytes, chance: np.random.Generator) -> bytes:
    """The content with a few bytes changed, taken away, or put in; more often near its beginning, where the sizes stand."""
    made = bytearray(content)
    for _ in range(chance.integers(1, 4)):
        at = int(chance.integers(len(made) if chance.random() < 0.6 else min(120, len(made))))
        span, put = (
            ((at, at + 8), (at, at), (at, len(made)))[chance.integers(3)],
            chance.bytes(int(chance.integers(1, 9))),
        )
        made[slice(*span)] = put
    return bytes(made)


def test_no_damage_makes_another_error_than_ours(tmp_path: Path) -> None:
    model = FastText([["the", "dog", "ran"]] * 5, vector_size=4, min_count=1, epochs=1, bucket=20, seed=1, workers=1)
    save_facebook_model(model, str(tmp_path / "made.bin"))
    whole = [(tmp_path / "made.bin").read_bytes(), binary(*[b"w%d" % n for n in range(40)]), many(0)[:4000].encode()]
    whole += [gzip.compress(content) for content in whole[:2]]
    chance, told = np.random.default_rng(11), set()
    for turn in range(400):
        file = tmp_path / "spoilt.bin"
        file.write_bytes(spoilt(whole[turn % len(whole)], chance))
        try:
            found = vector_rows.parsed(vector_files.look_into(file), None, lambda share, what: None)
        except CtxError as error:
            told.add(str(error))
        else:
            assert np.isfinite(found.vectors).all()
            assert len(set(found.index_to_key)) == len(found.vectors)
    assert len(told) > 20
    foreign = ("unpack requires", "Error -3", "codec can't", "Errno")
    assert [text for text in told if any(part in text for part in foreign)] == []
