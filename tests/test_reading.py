"""Text and CSV files that readers bring: read as they are, or refused with the place of the fault."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from ctxcore import FileFormatError
from ctxcore.reading import (
    Columns,
    Row,
    column,
    label_mentions,
    labelled_rows,
    most_upload,
    read_lines,
    read_table,
    uploads,
)

LIMIT = most_upload()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_read_in_every_announced_encoding(encoding: str) -> None:
    data = "  Der Bär lief. \r\n\r\n我去银行\nהלכתי\n".encode(encoding)
    assert read_lines(data, "a.txt") == ["Der Bär lief.", "我去银行", "הלכתי"]


def test_big_endian_utf_16_is_known_by_its_mark() -> None:
    assert read_lines(b"\xfe\xff" + "ä\n银".encode("utf-16-be"), "a.txt") == ["ä", "银"]


def test_an_empty_file_has_no_lines() -> None:
    assert read_lines(b"", "a.txt") == []
    assert read_lines(b"\xef\xbb\xbf \n\n", "a.txt") == []


@pytest.mark.parametrize(
    ("data", "byte"),
    [
        (b"The dog ran.\nIt\xe4t\n", "16"),
        (b"\xef\xbb\xbfab\xff", "6"),
        (b"x" * 2000 + b"\x80", "2,001"),
        ("ä".encode("utf-16-be"), "2"),
    ],
)
def test_a_broken_encoding_is_refused_and_its_byte_named(data: bytes, byte: str) -> None:
    for read in (read_lines, read_table):
        with pytest.raises(FileFormatError, match=f"a.txt, whose byte {byte} is not UTF-8.*Save it again"):
            read(data, "a.txt")


def test_a_file_past_the_limit_is_refused_and_one_at_the_limit_read() -> None:
    assert len(read_lines(b"x" * LIMIT, "big.txt")[0]) == 20 * 1024 * 1024
    with pytest.raises(FileFormatError, match=r"A file may have 20 MB .* Received: big.txt has 20 MB"):
        read_lines(b"x" * (LIMIT + 1), "big.txt")
    with pytest.raises(FileFormatError, match="20 MB"):
        read_table(b"x" * (LIMIT + 1), "big.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_separator_is_found_out(separator: str, newline: str) -> None:
    rows = [["satz", "sinn"], ["Der Bär lief", "Tier"], ["", "NA"]]
    table = read_table(newline.join(separator.join(row) for row in rows).encode(), "a.csv")
    assert [list(table.columns), *table.to_numpy().tolist()] == rows


def test_commas_inside_cells_do_not_win_over_semicolons() -> None:
    table = read_table(b'satz;"a, b, c";sinn\n"Er lief, und; wie";1;x\nEins, zwei, drei;2;y\n', "a.csv")
    assert list(table.columns) == ["satz", "a, b, c", "sinn"]
    assert table["satz"].tolist() == ["Er lief, und; wie", "Eins, zwei, drei"]


def test_a_single_column_of_sentences_stays_one() -> None:
    table = read_table(b"sentence\nThe dog ran quickly.\n\nThe program ran successfully.\n", "a.csv")
    assert table.to_dict("list") == {"sentence": ["The dog ran quickly.", "The program ran successfully."]}


def test_numbers_stay_text() -> None:
    assert read_table(b"a,b\n007,1.50\n", "a.csv").to_numpy().tolist() == [["007", "1.50"]]


def test_a_quoted_line_break_and_quote_belong_to_the_cell() -> None:
    table = read_table(b'text,sense\r\n"He said ""run"",\r\nand ran.",x\r\n', "a.csv")
    assert table["text"].tolist() == ['He said "run",\r\nand ran.']
    assert column(table, "text") == ['He said "run", and ran.']


def test_a_column_leaves_empty_cells_out() -> None:
    table = pd.DataFrame({"text": ["a\n b", "", "   ", "c"]})
    assert column(table, "text") == ["a b", "c"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n1,2\n3\n", "t.csv: 1 column in line 3, 2 in the first"),
        (b"a,b\n1,2\n3,4,5\n", "t.csv: 3 columns in line 3, 2 in the first"),
        (b"a,b\n1,2,9\n3,4,5\n", "t.csv: 3 columns in line 2, 2 in the first"),
        (b"a,b\n,,\n1,2\n", "t.csv: 3 columns in line 2, 2 in the first"),
        (b"sentence\nThe dog, the cat\n", "t.csv: 2 columns in line 2, 1 in the first"),
        (b'a,b\n"open,1\n', "a quotation mark that is never closed in the row that begins in line 2"),
        (b"", "without a row of names"),
        (b"\n \n", "without a row of names"),
    ],
)
def test_a_ragged_or_empty_table_is_refused_and_nothing_shifted_or_filled_in(data: bytes, message: str) -> None:
    with pytest.raises(FileFormatError, match=f"same number of columns in every row.*{message}"):
        read_table(data, "t.csv")


def test_a_table_of_names_alone_is_empty() -> None:
    table = read_table(b"sentence,sense", "a.csv")
    assert (list(table.columns), len(table)) == (["sentence", "sense"], 0)


_ROWS = [["sentence", "sense"], ["He ran, then", "x"]]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"sep=;\r\nsentence;sense\r\nHe ran, then;x\r\n", _ROWS),
        (b'"sep=;"\r\nsentence;sense\r\nHe ran, then;x\r\n', _ROWS),
        (b'\xef\xbb\xbfSEP=,\nsentence,sense\n"He ran, then",x\n', _ROWS),
        (b"sep=\t\nsentence\tsense\nHe ran, then\tx\n", _ROWS),
        (b"sep=^\rsentence^sense\rHe ran, then^x\r", _ROWS),
        (b"sep=;,\nsentence;sense\nHe ran, then;x\n", _ROWS),
        (b"sep=|", None),
        (b'sentence;sense\r"He ran, then";x\r', _ROWS),
        (b'sentence,sense\r"He ran, then",x', _ROWS),
        (b'"sentence\n",sense\n"He ran, then",x\n', _ROWS),
        (b'"sentence";"sense"\n"He ran, then";"x"\n \n', _ROWS),
        (b'"a\r\nb";"c; d"\r\nHe ran, then;x\r\n', [["a b", "c; d"], _ROWS[1]]),
        (b"text;a, b\nHe ran, fast;1\n", [["text", "a, b"], ["He ran, fast", "1"]]),
        (b"a|b,text,n\n1|2,It ran,1\n", [["a|b", "text", "n"], ["1|2", "It ran", "1"]]),
        (b"id\ttext\n1\tIt ran, on, and; on\n", [["id", "text"], ["1", "It ran, on, and; on"]]),
        (b",text,text,\n0,a,b,c\n", [["column 1", "text", "text (2)", "column 4"], ["0", "a", "b", "c"]]),
        ("\ufeff\ufefftext,n\nIt ran,1\n".encode(), [["text", "n"], ["It ran", "1"]]),
        ("text,n\nIt ran,1\n".encode("utf-32"), [["text", "n"], ["It ran", "1"]]),
        ("sep=;\ntext;n\nEr lief;1\n".encode("utf-16"), [["text", "n"], ["Er lief", "1"]]),
    ],
)  # fmt: skip
def test_the_separator_is_judged_from_parsed_rows(data: bytes, rows: list[list[str]] | None) -> None:
    if rows is None:
        with pytest.raises(FileFormatError, match="without a row of names"):
            read_table(data, "a.csv")
        return
    table = read_table(data, "a.csv")
    assert [list(table.columns), *table.to_numpy().tolist()] == rows


def test_what_pandas_writes_comes_back() -> None:
    """Commas, semicolons, tabs, quotation marks and line ends in cells and names, with each separator."""
    cells = ["He ran, fast; on", 'He said "run"', "a\tb|c", "x\ny", "", ";;,,", '"']
    written = pd.DataFrame({"text; a, b": cells, 'say "n"': cells[::-1]})
    for separator in ",;\t|":
        for end in ("\n", "\r\n", "\r"):
            quoting = csv.QUOTE_ALL if end == "\r" else csv.QUOTE_MINIMAL  # else pandas leaves the other line ends bare
            data = written.to_csv(index=False, sep=separator, lineterminator=end, quoting=quoting).encode()
            back = read_table(data, "a.csv")
            assert (list(back.columns), back.to_numpy().tolist()) == (
                list(written.columns),
                written.to_numpy().tolist(),
            )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'sep=;\na;b\n1;2\n"x"y;2\n', "text after a closing quotation mark in the row that begins in line 4"),
        (b'a;b\n"x\ny";1\n1;2;3\n', "3 columns in line 4, 2 in the first"),
        (
            b"a,b\n" + b"x" * 131_073 + b",1\n",
            "a cell of more than 131,072 characters in the row that begins in line 2",
        ),
        ("text\nran\n".encode("utf-16-le"), "zero bytes"),
    ],
)
def test_a_fault_is_named_in_our_words_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read_table(data, "t.csv")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"," * LIMIT, "A table may have 2,000,000 cells. Received: t.csv, with up to 20,971,521"),
        (b"\n" * LIMIT, "A table may have 1,000,000 rows. Received: t.csv, with 20,971,521"),
        (b"ab;" * (LIMIT // 3), "A table may have 2,000,000 cells"),
        (b",".join(b"%d" % i for i in range(1001)), "A table may have 1,000 columns. Received: t.csv: 1,001 in the first row"),
    ],
)  # fmt: skip
def test_a_table_past_a_limit_is_refused_before_cells_are_made(data: bytes, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read_table(data, "t.csv")


def test_what_stands_in_quotes_does_not_count_as_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_CELLS", 10)
    table = read_table(b'text,sense\n"a, b, c, d, e, f, g, h, i",x\n', "a.csv")
    assert table["text"].tolist() == ["a, b, c, d, e, f, g, h, i"]


@pytest.mark.parametrize(
    ("names", "guessed"),
    [
        (["text", "sense", "year"], Columns("text", "sense", "year")),
        (["id", "Sentence", "Label", "Author"], Columns("Sentence", "Label", "Author")),
        (["text_id", "content", "word sense"], Columns("content", "word sense", None)),
        (["n", "body", "m"], Columns("body", None, None)),
        (["source", "meaning", "example_text"], Columns("example_text", "meaning", "source")),
        (["Jahr", "Satz", "Bedeutung"], Columns("Satz", "Bedeutung", "Jahr")),
    ],
)
def test_columns_are_guessed_by_name_and_sentences_by_length(names: list[str], guessed: Columns) -> None:
    long = {"content", "body"}
    table = pd.DataFrame({name: ["The dog ran on and on" if name in long else "7"] for name in names})
    assert uploads.guess_columns(table) == guessed


def test_rows_keep_sense_and_group_beside_their_sentence() -> None:
    table = read_table(b'text,sense,year\n"It\nran",moved,1999\n,lost,2000\nShe ran, ,2001\n', "a.csv")
    assert labelled_rows(table, Columns("text", "sense", "year")) == [
        Row("It ran", "moved", "1999"),
        Row("She ran", "", "2001"),
    ]
    assert labelled_rows(table, Columns("text", None, "year"))[1] == Row("She ran", "", "2001")


def test_a_sense_belongs_to_every_occurrence_in_its_sentence() -> None:
    rows = [
        Row("He ran, she Ran", "moved", "1999"), Row("No such word", "idle", ""), Row("It ran", "", "2000"),
        Row("It ran", "led", "2000"), Row("He ran, she Ran", "moved", "1999"),
    ]  # fmt: skip
    found = label_mentions(rows, "ran")
    assert found.sentences == tuple(r.sentence for r in rows)
    assert dict(found.senses) == {
        ("He ran, she Ran", 0): "moved", ("He ran, she Ran", 1): "moved", ("No such word", 0): "idle",
    }  # fmt: skip
    assert dict(found.groups) == {"He ran, she Ran": "1999", "It ran": "2000"}
    assert (found.disputed, found.found) == (1, 4)
    for nowhere in ("", " ", ".", "?", "-", "\u202e", "\u2026"):
        assert label_mentions(rows, nowhere).found == 0


def test_a_table_without_a_sentence_brings_nothing() -> None:
    table = read_table(b"text,sense\n,x\n", "a.csv")
    found = label_mentions(labelled_rows(table, uploads.guess_columns(table)), "ran")
    assert (found.sentences, found.senses, found.groups, found.found) == ((), (), (), 0)
