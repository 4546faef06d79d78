"""What a prompt and a notebook show of a result, and results as data frames."""

from __future__ import annotations

from dataclasses import fields
from html.parser import HTMLParser

import numpy as np
import pytest

from ctxcore import Attention, BadInputError, Encoding, Occurrences, Prediction, Token, Word, types
from ctxcore.measures.projection import fan

_NASTY = "<img src=x onerror=alert(1)> ran"
_RNG = np.random.default_rng(0)
FOUND = Occurrences(
    _RNG.normal(size=(40, 3, 5)).astype(np.float32), tuple(range(40)), ((29, 32),) * 40, ("ran",) * 40,
    (_NASTY,) * 40, (("r", "##an"),) * 40,
)  # fmt: skip
_TOKENS = tuple(Token(text, i, i, i + 1, False) for i, text in enumerate("abc"))
_WORDS = (Word("abc", 0, 3),)
LOOKED = Attention("abc", _RNG.dirichlet(np.ones(3), (2, 2, 3)).astype(np.float32), (2, 4), (0, 7), _TOKENS, _WORDS)
READ = Encoding("abc", _TOKENS, _WORDS, np.zeros((3, 3, 5), np.float32))
SAID = Prediction(
    "The dog", ((" ran", 0.5), (" sat", 0.25)), {"fled": 0.125}, {"fled": 3}, {"fled": (" fled",)}, 2.0, np.zeros(9)
)
ALL = [FOUND, LOOKED, READ, SAID, fan(FOUND.vectors)]


class _Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("result", ALL, ids=lambda r: type(r).__name__)
def test_a_result_shows_names_and_shapes_and_no_raw_array(result: types.Result) -> None:
    assert len(repr(result)) < 700
    assert "array(" not in repr(result)
    found = _Reader(result._repr_html_())
    assert len(result._repr_html_()) < 6000
    assert "img" not in found.tags
    assert type(result).__name__ in found.text
    for field in fields(result):  # type: ignore[arg-type]
        assert field.name in found.text
        if isinstance(value := getattr(result, field.name), np.ndarray):
            shape = f"{value.dtype}[{', '.join(map(str, value.shape))}]"
            assert shape in repr(result)
            assert shape in found.text


def test_every_result_with_an_array_is_short() -> None:
    arrays = [
        c
        for c in vars(types).values()
        if isinstance(c, type) and "np.ndarray" in str(getattr(c, "__annotations__", ""))
    ]
    assert len(arrays) > 15
    assert [c.__name__ for c in arrays if c.__repr__ is not types.Result.__repr__] == []


def test_occurrences_are_a_frame() -> None:
    table = FOUND.to_frame()
    assert list(table.columns) == ["sentence", "sentence_index", "word", "start", "end", "tokens"]
    assert table.iloc[7].tolist() == [_NASTY, 7, "ran", 29, 32, "r ##an"]
    np.testing.assert_array_equal(FOUND.to_frame(layer=2)[list(range(5))].to_numpy(), FOUND.vectors[:, 2])
    for layer in (-1, 3):
        with pytest.raises(BadInputError, match="layers 0 to 2"):
            FOUND.to_frame(layer)


def test_attention_is_a_frame() -> None:
    table = LOOKED.to_frame()
    assert len(table) == 36
    row = table[(table.layer == 4) & (table["head"] == 7) & (table["query"] == "c") & (table["key"] == "b")]
    assert row["weight"].tolist() == [LOOKED.weights[1, 1, 2, 1]]
    assert row[["query_index", "key_index"]].to_numpy().tolist() == [[2, 1]]
    np.testing.assert_allclose(table.groupby(["layer", "head", "query_index"])["weight"].sum(), 1, atol=1e-6)


def test_tokens_and_predictions_are_frames() -> None:
    assert READ.to_frame()["text"].tolist() == ["a", "b", "c"]
    assert SAID.to_frame().to_numpy().tolist() == [
        [" ran", 0.5, 1, False], [" sat", 0.25, 2, False], ["fled", 0.125, 3, True],
    ]  # fmt: skip
