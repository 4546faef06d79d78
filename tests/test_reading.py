"""Text and CSV files that readers bring: read as they are, or refused with the place of the fault."""

from __future__ import annotations

import pandas as pd
import pytest

from ctxcore import FileFormatError
from ctxcore.reading import LIMIT, column, read_lines, read_table


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
    with pytest.raises(FileFormatError, match=r"A file may have 20 MB. Received: big.txt has 20 MB"):
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
        (b"a,b\n1,2\n3\n", "t.csv: 1 columns in line 3, 2 in the first"),
        (b"a,b\n1,2\n3,4,5\n", "t.csv: 3 columns in line 3, 2 in the first"),
        (b"a,b\n1,2,9\n3,4,5\n", "t.csv: 3 columns in line 2, 2 in the first"),
        (b"a,b\n,,\n1,2\n", "t.csv: 3 columns in line 2, 2 in the first"),
        (b"sentence\nThe dog, the cat\n", "t.csv: 2 columns in line 2, 1 in the first"),
        (b'a,b\n"open,1\n', "unexpected end of data"),
        (b"", "No columns"),
        (b"\n \n", "No columns"),
    ],
)
def test_a_ragged_or_empty_table_is_refused_and_nothing_shifted_or_filled_in(data: bytes, message: str) -> None:
    with pytest.raises(FileFormatError, match=f"same number of columns in every row.*{message}"):
        read_table(data, "t.csv")


def test_a_table_of_names_alone_is_empty() -> None:
    table = read_table(b"sentence,sense", "a.csv")
    assert (list(table.columns), len(table)) == (["sentence", "sense"], 0)
