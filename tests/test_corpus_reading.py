"""A corpus from each kind of file, and what each says that cannot be read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ctxcore import BadInputError, CtxError, FileFormatError, TooManyCharactersError, read_corpus
from ctxcore.corpus import tables

LINES = ["The dog ran.", "", "Çok güzel, “ran”!", "A third, and last."]
YEARS = [1990, 1990, 2001, 2002]


def rows(where: object, **asked: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for batch in read_corpus(where, **asked).batches() for row in batch.to_pylist()]  # type: ignore[arg-type]


def written(folder: Path, kind: str) -> Path:
    path = folder / f"given.{kind}"
    if kind == "csv":
        cells = "".join(f'{year},"{line}"\n' for year, line in zip(YEARS, LINES, strict=True))
        path.write_text("year,text\n" + cells, encoding="utf-8-sig")
    elif kind == "tsv":
        cells = "".join(f"{year}\t{line}\n" for year, line in zip(YEARS, LINES, strict=True))
        path.write_bytes(("year\ttext\n" + cells).encode("utf-16"))
    elif kind == "jsonl":
        objects = [{"year": year, "text": line, "more": None} for year, line in zip(YEARS, LINES, strict=True)]
        path.write_text("".join(json.dumps(one) + "\n" for one in objects))
    else:
        pq.write_table(pa.table({"year": YEARS, "text": pa.array(LINES).dictionary_encode()}), path)
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_a_table_gives_its_sentences_and_columns(tmp_path: Path, kind: str, packed: bool) -> None:
    path = written(tmp_path, kind)
    if packed:
        path = path.with_name(path.name + ".gz")
        path.write_bytes(gzip.compress((tmp_path / f"given.{kind}").read_bytes()))
    expected = [(line, path.name, row, str(year)) for row, (line, year) in enumerate(zip(LINES, YEARS, strict=True), 1)]
    assert rows(path, columns=["year"]) == expected


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "\0", "é\n", "{}"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.fixed_dictionaries(
    {"text": st.text(max_size=5) | VALUES}, optional={"year": st.integers() | VALUES, "n": VALUES}
)
ODD = [
    "",
    " ",
    "{}",
    "[1]",
    '{"text":"x"}{"text":"y"}',
    '{"text":{"a":1}',
    "}",
    '{"text":"x","text":"y"}',
    "{" * 9 + "}" * 9,
    '{"n":01}',
]


@given(st.lists(OBJECTS.map(json.dumps) | st.sampled_from(ODD), max_size=4))
@example(['{"text": "x", "year": 1990}', '{"year": -0, "text": "y", "n": [1e400]}', '{"text": null}'])
@example(['{"text":"x"}{"text":"y"}', '{"text":{"a":1}', "}"])
def test_json_is_read_fast_or_read_well(given_lines: list[str]) -> None:
    batch = pa.array(given_lines, pa.string())
    fast = tables._plain_objects(batch, tables._kinds(batch, ["text", "year"]))
    try:
        well = tables._any_objects(batch, "a.jsonl", 0, ["text", "year"])
    except FileFormatError:
        assert fast is None
    else:
        assert fast is None or fast == well


def test_ordinary_json_is_read_fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_any_objects", None)
    assert [row[0] for row in rows(written(tmp_path, "jsonl"), columns=["year"])] == LINES


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_one_sentence_a_line(
    tmp_path: Path, end: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctxcore.corpus.lines.BLOCK", 7)  # characters and line ends are cut in two
    path = tmp_path / "a.txt"
    path.write_bytes(end.join(LINES).encode(encoding))
    assert [(row[0], row[2]) for row in rows(path)] == [(line, n) for n, line in enumerate(LINES, 1)]


def test_many_files_a_pattern_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name, text in {
        "b.txt": "two\n",
        "a.txt": "one",
        "more/c.txt": "three",
        "notes.pdf": "no",
        ".d.txt": "no",
    }.items():
        (tmp_path / name).write_text(text)
    assert [row[:3] for row in rows(tmp_path)] == [("one", "a.txt", 1), ("two", "b.txt", 1), ("three", "more/c.txt", 1)]
    assert [row[0] for row in rows(str(tmp_path / "*.txt"))] == ["one", "two"]
    assert [row[0] for row in rows([tmp_path / "b.txt", tmp_path / "a.txt"])] == ["two", "one"]


def test_a_column_that_is_called_as_one_of_ours_makes_way(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,word,vector_1\nHe ran.,x,y\n")
    corpus = read_corpus(tmp_path / "a.csv", columns=["word", "vector_1"])
    assert next(corpus.batches()).to_pylist() == [
        {"sentence": "He ran.", "file": "a.csv", "row": 1, "word_": "x", "vector_1_": "y"}
    ]


def test_mixed_encodings_are_named_by_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Zoë ran.\n".encode() * 3 + "Zoë ran.\n".encode("latin-1"))
    (tmp_path / "a.csv").write_bytes("text,year\nZoë ran.,1\n".encode() + "Zoë ran.,2\n".encode("latin-1"))
    with pytest.raises(FileFormatError, match=r"a\.txt, whose line 4 is not UTF-8 \(byte 0xeb\)"):
        rows(tmp_path / "a.txt")
    with pytest.raises(FileFormatError, match=r"a\.csv, whose line 3 is not UTF-8"):
        rows(tmp_path / "a.csv")


def test_a_line_of_many_megabytes_is_counted_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as stream:
        stream.write(b"He ran.\n")
        for _ in range(50):
            stream.write("é".encode() * 500_000)
        stream.write(b"\nShe ran.\n")
    before = pa.total_allocated_bytes()
    with pytest.raises(TooManyCharactersError, match=r"a\.txt, line 2 has 25,000,000 characters"):
        rows(path)
    assert pa.total_allocated_bytes() - before < 10_000_000
    path.write_text("short\n" * 5 + "x" * 20_001 + "\n")
    with pytest.raises(TooManyCharactersError, match=r"a\.txt, row 6 has 20,001 characters"):
        rows(path)


@pytest.mark.parametrize(
    ("table", "asked", "said"),
    [
        ({"id": [1], "n": [2.5]}, {}, "no column with text among 'id', 'n'"),
        ({"a": ["x"], "b": ["y"]}, {}, "columns with text: 'a', 'b'"),
        ({"a": ["x"], "b": [1]}, {"text": "c"}, "'c'; a.parquet has 'a', 'b'"),
        ({"a": ["x"], "b": [1]}, {"columns": ["year"]}, "'year'; a.parquet has 'a', 'b'"),
        ({"a": ["x"], "b": [[1]]}, {"columns": ["b"]}, "'b' is list"),
    ],
)
def test_columns_are_offered(
    tmp_path: Path, table: dict[str, list[object]], asked: dict[str, object], said: str
) -> None:
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    with pytest.raises(FileFormatError) as error:
        rows(tmp_path / "a.parquet", **asked)
    assert said in error.value.received


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.parquet", b"PAR1 and no more", "a.parquet: "),
        ("a.txt.gz", gzip.compress(b"He ran.\n" * 999)[:-20], "a.txt.gz: "),
        ("a.txt.gz", b"He ran.", "Not a gzipped file"),
        ("a.jsonl", b'{"text": "x"}\n[1]\n', "a.jsonl, line 2: [1]"),
        ("a.csv", b"text,year\nHe ran.,1\nShe,ran,2\n", "Expected 2 columns, got 3"),
        ("a.csv", b"text,year\nShe,ran,2\nHe ran.,1\n", "Expected 2 columns, got 3"),
        ("a.csv", b"text,year\nHe ran.\n", "Expected 2 columns, got 1"),
        ("a.txt", b"one\ntwo \0\n", "zero bytes (the first in line 2)"),
        ("a.txt", b"PK\x03\x04\0\0\0\0\xff", "a zip archive"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileFormatError) as error:
        rows(tmp_path / name)
    assert said in error.value.received


@pytest.mark.parametrize("where", ["", [], "nowhere/*.txt", 7, [None], "a\0b"])
def test_what_is_no_file(where: object) -> None:
    with pytest.raises(BadInputError, match="no file is found"):
        read_corpus(where)  # type: ignore[arg-type]


def test_a_file_that_is_not_there_and_columns_of_a_text(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="no such file or directory"):
        read_corpus(tmp_path / "a.txt")
    (tmp_path / "a.txt").write_text("He ran.")
    for columns in (["year"], "year", ["a", "a"]):
        with pytest.raises(CtxError):
            rows(tmp_path / "a.txt", columns=columns)
