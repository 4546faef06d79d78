"""Texts as callers hold them: any ordered kind becomes a plain list, and what is no text is refused by its place."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ctxcore import BadInputError
from ctxcore.text import listed

TWO = ["The dog ran.", "It ra\u0301n \U0001f600"]
SERIES = pd.Series(TWO, index=[7, 3])


class Name(StrEnum):
    FIRST = TWO[0]
    SECOND = TWO[1]


@pytest.mark.parametrize(
    "given",
    [
        TWO, tuple(TWO), np.array(TWO), np.array(TWO, dtype=object), SERIES, SERIES.astype("category"), pd.Index(TWO),
        pd.DataFrame({"a": TWO})["a"], (text for text in TWO), iter(TWO), map(str, TWO), {"x": TWO[0], "y": TWO[1]}.values(),
        dict.fromkeys(TWO).keys(), list(Name),
    ],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_any_ordered_kind_of_texts_is_a_list_of_plain_strings(given: Iterable[str]) -> None:
    found = listed(given)
    assert found == TWO
    assert {type(text) for text in found} == {str}


@pytest.mark.parametrize("given", [[], (), np.array([], dtype=str), pd.Series([], dtype=str), iter(())])
def test_no_text_at_all_is_an_empty_list(given: Iterable[str]) -> None:
    assert listed(given) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("The dog ran.", r"Received: one string\. Put it in a list: \[sentence\]"),
        (b"The dog ran.", r"b'The dog ran.' \(type bytes\)"),
        (None, "Received: None"),
        (5, r"5 \(type int\)"),
        ({TWO[0]: 1}, r"\(type dict\)"),
        (set(TWO), r"\(type set\)"),
        (pd.DataFrame({"a": TWO}), r"\(type DataFrame\)"),
        (np.array([TWO]), r"\(type ndarray\)"),
        (np.array("The dog ran."), r"\(type ndarray\)"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_what_would_be_read_as_something_else_is_refused(given: Any, says: str) -> None:
    with pytest.raises(BadInputError, match=f"A list of sentences is needed.*{says}"):
        listed(given)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (None, "sentence 2 is None"),
        (float("nan"), r"sentence 2 is nan \(type float\)"),
        (pd.NA, r"sentence 2 is <NA> \(type NAType\)"),
        (b"ran", r"sentence 2 is b'ran' \(type bytes\)"),
        (7, r"sentence 2 is 7 \(type int\)"),
        (["ran"], r"sentence 2 is \['ran'\] \(type list\)"),
        (np.zeros(900), r"sentence 2 is array\(\[0., 0.*\u2026 \(type ndarray\)"),
        ("a\ud800b", r"sentence 2 holds half of one, U\+D800, as character 2"),
        ("\udfff", r"sentence 2 holds half of one, U\+DFFF, as character 1"),
        ("caf\udce9", r"sentence 2 holds half of one, U\+DCE9, as character 4"),
    ],
)
def test_an_element_that_is_no_text_is_refused_by_its_place(wrong: Any, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        listed([TWO[0], wrong, TWO[1]])
    with pytest.raises(BadInputError, match=says.replace("sentence", "candidate")):
        listed(iter([TWO[0], wrong]), "candidate")
