"""Vectors in the formats of other tools, read back by those who read them."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ctxcore import BadInputError, Occurrences
from ctxcore.export import vectors as exchange

_VECTORS = np.random.default_rng(0).standard_normal((3, 2, 5)).astype(np.float32) * 1e-3
FOUND = Occurrences(
    _VECTORS, (0, 1, 1), ((4, 7), (2, 5), (9, 12)), ("ran", "ran", "Ran"),
    ("The ran\tover\nhere", 'I ran, "we Ran"'), (("ran",),) * 3,
)  # fmt: skip
SENSES = ("moved", None, "=sum(1)")


def test_the_projector_reads_equal_numbers_and_one_label_a_row() -> None:
    vectors, metadata = exchange.projector_tsv(FOUND, SENSES, 1)
    numbers = pd.read_csv(io.BytesIO(vectors), sep="\t", header=None, dtype=np.float32).to_numpy()
    np.testing.assert_array_equal(numbers, _VECTORS[:, 1])
    labels = [line.split("\t") for line in metadata.decode().splitlines()]
    assert labels[0] == ["word", "sense", "number", "sentence"]
    assert labels[1:] == [
        ["ran", "moved", "1", "The ran over here"],
        ["ran", "", "2", 'I ran, "we Ran"'],
        ["Ran", "'=sum(1)", "2", 'I ran, "we Ran"'],
    ]
    assert len(numbers) == len(labels) - 1


def test_the_labels_run_nothing_in_a_spreadsheet_and_harmless_ones_stay() -> None:
    said = ("-", "=1+1", "-ly", "+cmd|' /C calc'!A0")
    found = Occurrences(np.zeros((4, 1, 2), np.float32), (0, 1, 2, 3), ((0, 1),) * 4, said, said, ((),) * 4)
    rows = [line.split("\t") for line in exchange.projector_tsv(found, said, 0)[1].decode().splitlines()[1:]]
    assert [row[0] for row in rows] == ["-", "'=1+1", "-ly", "'+cmd|' /C calc'!A0"]
    assert all(row[0] == row[1] == row[3] for row in rows)


@pytest.mark.parametrize("layer", [-1, 2])
def test_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    with pytest.raises(BadInputError, match="layers 0 to 1"):
        exchange.projector_tsv(FOUND, SENSES, layer)


def test_parquet_has_a_row_for_each_mention_and_layer() -> None:
    data = exchange.vectors_parquet(FOUND, SENSES, {"model": "minilm-l6"})
    table = pd.read_parquet(io.BytesIO(data))
    assert list(table.columns) == ["sentence", "sentence_index", "word", "start", "end", "sense", "layer", "vector"]
    np.testing.assert_array_equal(np.stack(table["vector"].tolist()).reshape(3, 2, 5), _VECTORS)
    assert np.stack(table["vector"].tolist()).dtype == np.float32
    assert table["layer"].tolist() == [0, 1] * 3
    assert [s if isinstance(s, str) else None for s in table["sense"][::2]] == list(SENSES)
    first = table.iloc[4]
    assert (first["word"], first["start"], first["end"], first["sentence"]) == ("Ran", 9, 12, FOUND.sentences[1])
    meta = pq.read_schema(io.BytesIO(data)).metadata
    assert json.loads(meta[b"manifest"]) == {"model": "minilm-l6"}
    assert data == exchange.vectors_parquet(FOUND, SENSES, {"model": "minilm-l6"})


def test_npz_opens_without_pickles() -> None:
    data = exchange.vectors_npz(FOUND, SENSES, {"model": "minilm-l6"})
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        np.testing.assert_array_equal(found["vectors"], _VECTORS)
        assert found["vectors"].dtype == np.float32
        assert found["words"].tolist() == list(FOUND.words)
        assert found["senses"].tolist() == ["moved", "", "=sum(1)"]
        assert found["sentences"].tolist() == list(FOUND.sentences)
        assert list(zip(found["start"].tolist(), found["end"].tolist(), strict=True)) == list(FOUND.spans)
        assert found["sentence_index"].tolist() == [0, 1, 1]
        assert json.loads(str(found["manifest"])) == {"model": "minilm-l6"}
    assert data == exchange.vectors_npz(FOUND, SENSES, {"model": "minilm-l6"})


def test_groups_are_a_column_where_there_are_some() -> None:
    groups = ("1999", None, "=a1")
    labels = exchange.projector_tsv(FOUND, SENSES, 0, groups)[1].decode().splitlines()
    assert [line.split("\t")[3] for line in labels] == ["group", "1999", "", "'=a1"]
    table = pd.read_parquet(io.BytesIO(exchange.vectors_parquet(FOUND, SENSES, {}, groups)))
    assert [g if isinstance(g, str) else None for g in table["group"][::2]] == list(groups)
    with np.load(io.BytesIO(exchange.vectors_npz(FOUND, SENSES, {}, groups)), allow_pickle=False) as found:
        assert found["groups"].tolist() == ["1999", "", "=a1"]
    plain = exchange.projector_tsv(FOUND, SENSES, 0, (None, None, None))
    assert plain == exchange.projector_tsv(FOUND, SENSES, 0)


def test_parquet_holds_a_long_sentence_once() -> None:
    """4 kB with 1,000 mentions of it: a copy a row would be 8 MB."""
    sentence = "ran " * 1000
    spans = tuple((4 * i, 4 * i + 3) for i in range(1000))
    found = Occurrences(
        np.zeros((1000, 2, 1), np.float32), (0,) * 1000, spans, ("ran",) * 1000, (sentence,), (("ran",),) * 1000
    )
    data = exchange.vectors_parquet(found, (None,) * 1000, {})
    assert len(data) < 50_000
    assert pq.read_table(io.BytesIO(data), columns=["sentence"])["sentence"][1_999].as_py() == sentence
