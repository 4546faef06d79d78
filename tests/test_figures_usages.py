"""Figures of a word in a whole text: what is drawn is what was counted and measured."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ctxcore import FoundUsages, UsageChange, UsageMap, UsageSenses, figures
from ctxcore.figures import theme
from ctxcore.types import SensedUsages, SenseEvidence, UsageCount, WordChange

LINES = ("The bank lent money.", "A bank of sand rose.", "Banks merged.", "The bank failed.")
FOUND = FoundUsages(
    "mine.csv",
    ("bank", "banks"),
    pa.table(
        {"sentence": LINES, "form": ["bank", "bank", "Banks", "bank"], "start": [4, 2, 0, 4], "end": [8, 6, 5, 8]}
    ),
    UsageCount("", 4, 4, 10),
    (UsageCount("bank", 3, 3, 10), UsageCount("banks", 1, 1, 10)),
    {"year": (UsageCount("2001", 3, 3, 4), UsageCount("1999", 1, 1, 6))},
)
EVIDENCE = SenseEvidence((0.4,), 0.5, 0.2, 4, "They lie apart.")
SENSES = UsageSenses(
    np.array([0, 1, 0, 0]), 2, 0.3, ((("money", 2.0), ("lent", 1.0)), (("sand", 2.0),)), ((0,), (1,)), EVIDENCE
)


def test_every_usage_is_a_point_of_its_group_with_its_line() -> None:
    places = np.array([[0.1, 0.2], [-0.3, 0.0], [0.2, 0.1], [0.0, -0.3]], np.float32)
    drawn = UsageMap(FOUND, np.arange(4), places, (0.5, 0.25), 6, 0, 0.1, "senses", ("money", "sand"), SENSES.labels)
    figure = figures.usage_map_figure(drawn)
    money, sand = figure.data
    assert [money.name, sand.name] == ["money", "sand"]
    np.testing.assert_array_equal(np.stack([money.x, money.y], 1), places[[0, 2, 3]])
    np.testing.assert_array_equal(np.stack([sand.x, sand.y], 1), places[[1]])
    assert list(sand.customdata) == ["A bank of sand rose."]
    assert money.marker.color != sand.marker.color
    assert figure.layout.xaxis.title.text == "axis 1: 50 % of the variance"
    assert figure.layout.yaxis.title.text == "axis 2: 25 % of the variance"


def test_a_bar_is_the_share_of_the_sentences_of_its_value_with_its_interval_in_the_order_of_years() -> None:
    bar = figures.usage_counts_figure(FOUND, "year").data[0]
    assert list(bar.customdata) == ["3 of 4", "1 of 6"]  # from below: 1999 stands on top
    np.testing.assert_allclose(bar.x, [75, 100 / 6])
    # Clopper & Pearson 1934: 3 of 4 and 1 of 6, from their tables.
    np.testing.assert_allclose(bar.x - bar.error_x.arrayminus, [19.41, 0.42], atol=0.01)
    np.testing.assert_allclose(bar.x + bar.error_x.array, [99.37, 64.12], atol=0.01)
    forms = figures.usage_counts_figure(FOUND).data[0]
    assert list(forms.x) == [1, 3]


def test_a_sense_has_a_bar_of_its_usages_in_the_colour_of_the_map_and_its_words() -> None:
    figure = figures.usage_senses_figure(SensedUsages(FOUND, np.arange(4), 6, SENSES))
    (bar,) = figure.data
    assert list(bar.x) == [1, 3]
    assert list(bar.text) == ["1 (25 %)", "3 (75 %)"]
    assert list(bar.marker.color) == [theme.SENSES[1], theme.SENSES[0]]
    assert list(figure.layout.yaxis.ticktext) == ["2  sand", "1  money, lent"]


@pytest.mark.parametrize("size", [20, 5])
def test_a_change_has_three_axes_with_the_word_among_its_controls(size: int) -> None:
    own = WordChange("bank", (size, size), (0.4, 0.2, 0.1))
    others = (WordChange("a", (20, 20), (0.1, 0.1, 0.3)), WordChange("b", (20, 20), (0.2, 0.0, 0.0)))
    p = (0.004, 0.5, 0.25) if size == 20 else (float("nan"),) * 3
    change = UsageChange("year", ("1999",), ("2001",), own, p, 10, SENSES, np.array([[1.0, 0], [0, 1]]), others)
    figure = figures.usage_change_figure(change)
    words, controls = figure.data[1::2], figure.data[::2]
    assert [list(one.x) for one in words] == [[0.4], [0.2], [0.1]]
    assert [list(one.x) for one in controls] == [[0.1, 0.2], [0.1, 0.0], [0.3, 0.0]]
    assert [one.xaxis for one in words] == ["x", "x2", "x3"]
    said = [note.text for note in figure.layout.annotations[-3:]]
    ends = (
        [": 0.400, p = 0.004", ": 0.200, p = 0.500", ": 0.100, p = 0.250"]
        if size == 20
        else [": 0.400", ": 0.200", ": 0.100"]
    )
    assert [text.split(")")[1] for text in said] == ends
