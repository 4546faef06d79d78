"""The table of occurrences: what of it reaches the browser."""

from __future__ import annotations

import json

import pytest

from ctxcore.workspace import Workspace, marks
from dashboard import mention_table


@pytest.mark.parametrize(
    ("text", "found"),
    [("ran " * 5000, 5000), ("The dog is the friend of the cat. " * 3000, 9000)],
    ids=["ran", "prose"],
)
def test_the_table_of_mentions_sends_little_of_a_sentence_with_thousands(text: str, found: int) -> None:
    word = "ran" if text.startswith("ran") else "the"
    table = mention_table.rows(marks(Workspace(word, (text,)))[: mention_table.MOST_ROWS])
    assert len(marks(Workspace(word, (text,)))) == found
    assert len(json.dumps(table)) < 80_000


def test_a_row_says_what_stands_around_its_mention_and_the_group_where_there_is_one() -> None:
    long = "one " * 60 + "ran here and " + "two " * 60 + "ran there"
    found = marks(Workspace("ran", (long, "It ran."), senses=(((long, 1), "b"),), left_out=((long, 0),)))
    table = mention_table.rows(found)
    assert (table["use"], table["sense"]) == ([False, True, True], ["", "b", ""])
    assert "ran here and two" in table["sentence"][0]
    assert table["sentence"][1].endswith("two ran there  (occurrence 2)")
    assert table["sentence"][2] == "It ran."
    assert max(map(len, table["sentence"])) < 140
    assert "group" not in table
    grouped = marks(Workspace("ran", (long, "It ran."), groups=(("It ran.", "1999"),)))
    assert mention_table.rows(grouped)["group"] == ["", "", "1999"]
