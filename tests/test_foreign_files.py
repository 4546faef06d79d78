"""Files of other tools: each tiny one here is of a kind that a published package carries and that once was misread."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ctxcore import FileFormatError, ModelError, load_model, load_static, signatures, workspace
from ctxcore.reading import guess_columns, read_lines, read_table, read_text
from ctxcore.reading.wrapped import unwrapped

CSV = b"sentence,sense\nHe ran.,moved\n"


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def arrays() -> bytes:
    made = io.BytesIO()
    np.savez(made, words=np.zeros(3))
    return made.getvalue()


def database() -> bytes:
    with sqlite3.connect(":memory:") as made:
        made.execute("CREATE TABLE word (text)")
        return made.serialize()


def safetensors(**entries: object) -> bytes:
    header = json.dumps(
        {name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in entries} or {}
    ).encode()
    return len(header).to_bytes(8, "little") + header + np.ones(2, "<f4").tobytes()


XLSX = zipped(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
ODS = zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content=b"<office/>")
XML = b'<?xml version="1.0" encoding="iso-8859-1" ?>\n<newsitem><title>Un caf\xe9 ran.</title></newsitem>\n'
KNOWN = {
    "xlsx": (XLSX, "an Office document (.xlsx, .docx or the like)", "document"),
    "ods": (ODS, "an OpenDocument file (.ods, .odt or the like)", "document"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office document (.xls or .doc)", "document"),
    "pdf": (b"%PDF-1.4\nBT (He ran.) Tj ET\n", "a PDF document", "document"),
    "rtf": (b"{\\rtf1\\ansi He ran.}", "an RTF document", "document"),
    "xml": (XML, "an XML document", "document"),
    "gz": (gzip.compress(CSV), "packed with gzip", "packed"),
    "bz2": (bz2.compress(CSV), "packed with bzip2", "packed"),
    "xz": (lzma.compress(CSV), "packed with xz", "packed"),
    "zip": (zipped(**{"mine.csv": "café".encode("latin-1")}), "a zip archive", "packed"),
    "pt": (zipped(**{"archive/data.pkl": b"\x80\x02"}), "a PyTorch file, whose pickle can run code when it is opened", "array"),
    "npz": (arrays(), "several numpy arrays", "array"),
    "db": (database(), "an SQLite database", "table"),
    "safetensors": (safetensors(a=1), "weights as safetensors", "weights"),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_a_file_that_is_no_text_is_named_and_not_sent_to_be_saved_as_utf_8(name: str) -> None:
    data, what, kind = KNOWN[name]
    assert signatures.known(data) == signatures.Known(what, kind)  # type: ignore[arg-type]
    for read in (read_table, read_lines, read_text):
        with pytest.raises(FileFormatError) as caught:
            read(data, f"mine.{name}")
        assert caught.value.received == f"mine.{name}: {what}"
        assert caught.value.remedy.startswith("Unpack it" if kind == "packed" else "Save it as plain text")


@pytest.mark.parametrize("text", ["GGUF is a format.", "BZh ran.", "PAR1 ran on.", "Rar! He ran.", "<html> ran.", "%PDF ran."])  # fmt: skip
def test_a_text_that_begins_like_another_file_is_read(text: str) -> None:
    assert read_lines(f"{text}\n".encode(), "a.txt") == [text]


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("しかし,接続詞\nそして,接続詞\n", "euc-jp", "byte 1 is not UTF-8 (line 1)"),
        ("# affixes\nSET ISO8859-2\nüzér\n", "iso-8859-2", "byte 25 is not UTF-8 (line 3)"),
        ("a\r\nb\r\nDer Bär\r\n", "cp1252", "byte 12 is not UTF-8 (line 3)"),
    ],
)
def test_another_encoding_is_refused_with_its_line(text: str, encoding: str, said: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_table(text.encode(encoding), "a.csv")
    assert caught.value.received == f"a.csv, whose {said}"


NAMELESS = {
    "a lexicon": (":)\t-1.5\t0.8\t[-1, -1]\n:(\t-0.4\t1.01\t[-1, 0]\n", [":)", ":("]),
    "frequencies": ("ran,818364\nwon,592036\n", ["ran", "won"]),
    "labelled reviews": (
        "The ink ran on my hands.\t0\nIt ran well!\t1\n",
        ["The ink ran on my hands.", "It ran well!"],
    ),
    "sentences alone": ("The dog ran home.\nIt ran\n", ["The dog ran home.", "It ran"]),
    "quoted": ('"He said it ran."|x\nIt ran|y\n', ["He said it ran.", "It ran"]),
    "decimal comma": ("ran;0,5\nwon;0,25\n", ["ran", "won"]),
    "Chinese": ("今天下雨。,a\n我们在家,b\n", ["今天下雨。", "我们在家"]),
}
NAMED = {
    "years": ("word,1990,2000\nran,5,6\n", ["word", "1990", "2000"]),
    "as pandas numbers them": ("0,1\nThe dog ran,3\n", ["0", "1"]),
    "with an index": (",0,1\n0,The dog ran,3\n", ["column 1", "0", "1"]),
    "questions": ("Timestamp,How did it run today?\n1,well\n", ["Timestamp", "How did it run today?"]),
    "an abbreviation": ("No.,Sent. no.\n1,It ran\n", ["No.", "Sent. no."]),
    "a number above text": ("7,word\nran,x\n", ["7", "word"]),
    "names alone": ("sentence,818364\n", ["sentence", "818364"]),
}


@pytest.mark.parametrize("name", NAMELESS)
def test_the_first_row_of_a_table_without_names_is_kept(name: str) -> None:
    text, first = NAMELESS[name]
    table = read_table(text.encode(), "a.csv")
    assert table.iloc[:, 0].tolist() == first
    assert list(table.columns) == [f"column {n + 1}" for n in range(table.shape[1])]
    assert table.attrs["names"] is False
    assert len(read_table(text.encode(), "a.csv", names=True)) == len(first) - 1


@pytest.mark.parametrize("name", NAMED)
def test_names_stay_names(name: str) -> None:
    text, names = NAMED[name]
    table = read_table(text.encode(), "a.csv")
    assert (list(table.columns), table.attrs["names"]) == (names, True)
    assert len(read_table(text.encode(), "a.csv", names=False)) == len(table) + 1


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("ran,818364000\nwon,592036000\n", "column 1"),
        (":)\t0.5\t[-1, -1, -3, -1]\tran\nhm\t0.7\t[-2, -1, -1, -3]\twon\n", "column 4"),
        ("when,what\n2010/01/01 00:00,It ran\n", "what"),
        ("symbol,date,price\nMSFT,Jan 1 2000,39.81\n", "symbol"),
    ],
)  # fmt: skip
def test_sentences_are_guessed_where_the_letters_are(text: str, column: str) -> None:
    assert guess_columns(read_table(text.encode(), "a.csv")).text == column


def test_a_reader_says_that_words_are_no_names() -> None:
    text = "กระบี่,กบ,Krabi\nกรุงเทพมหานคร,กทม,Bangkok\n"
    assert read_table(text.encode(), "a.csv")["Krabi"].tolist() == ["Bangkok"]
    table = read_table(text.encode(), "a.csv", names=False)
    assert table["column 3"].tolist() == ["Krabi", "Bangkok"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('id\tform\ttag\n1\t"\tyyQUOT\n2\tran\tVB\n', [["1", '"', "yyQUOT"], ["2", "ran", "VB"]]),
        ('text\tsense\n"He ran," she said, and won.\tx\nIt ran\ty\n', [['"He ran," she said, and won.', "x"], ["It ran", "y"]]),
        ('text\tsense\n"He ran\tx\nand won"\ty\n', [['"He ran', "x"], ['and won"', "y"]]),
        ('n\ttext\n1\t"It ran\n2\tand ran"\n', [["1", '"It ran'], ["2", 'and ran"']]),
        ('n\ttext\r\n1\t"It ran\r\n2\tand ran"\r\n', [["1", '"It ran'], ["2", 'and ran"']]),
        ('text\tsense\n"He said ""run""\non."\tx\n', [['He said "run"\non.', "x"]]),
        ('text\tsense\n"a\tb"\tx\n', [["a\tb", "x"]]),
    ],
)  # fmt: skip
def test_quotation_marks_that_quote_no_cell_of_a_tab_table_are_letters(text: str, rows: list[list[str]]) -> None:
    assert read_table(text.encode(), "a.tsv").to_numpy().tolist() == rows


def test_marks_that_are_letters_hide_no_size_and_no_ragged_row() -> None:
    with pytest.raises(FileFormatError, match="2,000,000 cells"):
        read_table(b'a\tb\n"x\t' + b"\t" * 2_100_000, "a.tsv")
    with pytest.raises(FileFormatError, match="3 columns in line 3, 2 in the first"):
        read_table(b'a\tb\n"x\t1\n2\t3\t4\n', "a.tsv")


PROSE = (
    "When the river ran high that spring, nobody in the village dared to cross the old bridge, which had been built by the "
    "grandfathers of the men who now stood beside it. They ran ropes from one bank to the other. Dr. Smith, who ran the school, "
    "counted the planks that were left: there were twelve of them. It was a well-known place for travellers, and the inn beside "
    "it had run out of beds long before the snow on the hills began to melt and to run down into the valley."
)  # fmt: skip
GERMAN = (
    "Ein Mathematikprofessor trägt sein Fahrrad über den großen Platz vor der Universität. Ein Bekannter spricht ihn an, ob denn "
    "sein Fahrrad kaputt sei. Darauf schaut der Professor verdutzt auf das Rad in seinen Händen und sagt, er habe es ganz und gar "
    "vergessen, dass man auf einem Rad auch fahren kann, wenn die Strecke nur lang genug dafür ist und es nicht regnet."
)  # fmt: skip


@pytest.mark.parametrize("text", [PROSE, GERMAN])
@pytest.mark.parametrize("width", [45, 60, 72, 100])
def test_lines_broken_at_a_width_are_joined_and_nothing_else(text: str, width: int) -> None:
    import textwrap

    paragraphs = [text, text[::-1][:0] + text, "CHAPTER II"] * 2
    broken = "\n\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs)
    assert broken.count("\n") > 20
    assert read_text(broken.encode(), "a.txt") == read_text("\n\n".join(paragraphs).encode(), "a.txt")
    assert read_text(broken.replace("\n", "\r\n").encode(), "a.txt") == read_text(broken.encode(), "a.txt")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["The dog ran quickly over the hill and home", "The program ran", "It ran"] * 9),
        "\n".join(f"{'very ' * (n % 7 + 4)}old dogs ran over the hill with number {n}" for n in range(40)),
        "\n".join(["\u4eca\u5929\u4e0b\u96e8\u4e86" * (8 + n % 4) for n in range(30)]),
        "\n".join(f"The number {n} ran over the hill and came home again with all of it" for n in range(30)),
        "\n".join(["ran", "won", "lost", "over"] * 30),
        PROSE,
        "",
    ],
)
def test_a_text_of_one_sentence_a_line_is_left_alone(text: str) -> None:
    assert unwrapped(text) == text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (safetensors(embeddings=1), "weights as safetensors"),
        (XML, "an XML document"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html><html/>", "a web page"),
        (b"\x08\x08\x12\x07pytorch\x1a\x052.8.0:\xa1" + bytes(40) + b"\n", "a binary file of another program"),
        (b"lCRF\x00\x01" + bytes(300), "a binary file of another program"),
        (gzip.compress(b"RDX3\nX\n\0\0\0\x03\0\x04\x03\0"), "a binary file of another program"),
        (b"\0" * (2 << 20), "a binary file of another program"),
        (arrays(), "several numpy arrays"),
    ],
)
def test_what_holds_no_vectors_is_said_to_be_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "vectors").write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        load_static(tmp_path / "vectors")
    assert f"vectors: {says}" in caught.value.received


def test_commas_in_a_cell_are_not_said_to_separate_fields(tmp_path: Path) -> None:
    for content, commas in ((NAMELESS["a lexicon"][0], False), ("ran,0.5,0.25\nwon,1,2\n", True)):
        (tmp_path / "a.txt").write_text(content)
        with pytest.raises(FileFormatError) as caught:
            load_static(tmp_path / "a.txt")
        assert ("commas separate" in caught.value.received) is commas


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.gguf.part00", b"GGUF", "a piece of a GGUF file that was cut.*Join the pieces"),
        ("a.Q8_0.gguf-split-a", b"GGUF", "a piece of a GGUF file that was cut.*Join the pieces"),
        ("a.gguf.part1of2", b"GGUF", "a piece of a GGUF file that was cut.*Join the pieces"),
        ("model.zip", zipped(config=b"{}"), "model.zip: a zip archive.*Unpack it"),
        ("model.tar.gz", gzip.compress(b"x"), "model.tar.gz: packed with gzip.*Unpack it"),
        ("weights.safetensors", safetensors(a=1), r"a file \(weights as safetensors\).*Give the folder"),
        ("packed", b"GGUF\x03", r"a file \(a GGUF file\).*one .gguf file"),
    ],
)
def test_a_path_of_a_file_that_is_no_model_says_what_it_is(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=says):
        load_model(str(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a.gguf.part00", r"a piece of a GGUF file that was cut \(a.gguf.part00\).*Join the pieces"),
        ("model.zip", r"no model.safetensors, but an archive \(model.zip\).*Unpack it"),
        ("lookups.bin", r"no model.safetensors\. "),
        ("vectors.bin", r"no model.safetensors\. "),
        ("pytorch_model-00001-of-00002.bin", "pickled weights only"),
        ("model.ckpt", "pickled weights only"),
    ],
)
def test_a_folder_without_weights_says_what_lies_there(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / name).write_bytes(b"\x90")
    (tmp_path / "strings.json").write_text("[]")
    with pytest.raises(ModelError, match=says):
        load_model(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (safetensors(a=1)[:8] + b"\xb8", "no JSON in UTF-8 (byte 9)"),
        (b"[1,\n 2,,]", "no JSON in UTF-8 (line 2, column 4)"),
        (b"[" * 100_000, "no JSON in UTF-8"),
    ],
)
def test_what_is_no_json_is_said_without_words_of_a_library(content: bytes, where: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        workspace.from_json(content, "mine.json")
    assert caught.value.received == f"mine.json: {where}"


def test_sentences_of_a_table_without_names_come_whole() -> None:
    made = pd.DataFrame({"a": ["The dog ran home.", "It ran."], "b": ["x", "y"]})
    table = read_table(made.to_csv(header=False, index=False).encode(), "a.csv")
    assert table.to_numpy().tolist() == made.to_numpy().tolist()
