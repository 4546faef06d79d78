"""Vectors of usages: those of the model itself, at the layers and in the format asked for."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest

from ctxcore import BadInputError, ContextualModel, Mention
from ctxcore.corpus.extract import Extractor


def batch(sentences: list[str], spans: list[tuple[int, int]]) -> pa.RecordBatch:
    starts, ends = zip(*spans, strict=True)
    return pa.RecordBatch.from_pydict(
        {"sentence": sentences, "start": starts, "end": ends, "year": ["1990"] * len(spans)}
    )


def vectors(found: pa.RecordBatch, name: str) -> np.ndarray:
    return np.array(found[name].to_pylist(), np.float32)


def test_vectors_are_those_of_the_model(encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Extractor, "opened", encoder)
    given = batch(
        ["He ran home.", "A bank.", "He ran home."], [(3, 6), (2, 6), (0, 2)]
    )  # one sentence stands there twice
    mentions = [Mention(0, 3, 6), Mention(1, 2, 6), Mention(0, 0, 2)]
    expected = encoder.vectors(["He ran home.", "A bank."], mentions).vectors
    exact = Extractor("minilm-l6", (0, -1), "float32")(given)
    assert exact.schema.names == ["sentence", "start", "end", "year", "vector_0", "vector_6"]
    assert exact.select(given.schema.names).equals(given)
    assert np.array_equal(vectors(exact, "vector_0"), expected[:, 0])
    assert np.array_equal(vectors(exact, "vector_6"), expected[:, 6])
    half = Extractor("minilm-l6")(given)
    assert half.schema.field("vector_6").type == pa.list_(pa.float16(), 384)
    assert np.array_equal(vectors(half, "vector_6"), expected[:, 6].astype(np.float16).astype(np.float32))
    assert Extractor("minilm-l6", "all").kept == tuple(range(7))
    for layer in (7, -8):
        with pytest.raises(BadInputError, match="layer"):
            Extractor("minilm-l6", (layer,))(given)


def test_what_the_model_cannot_read_whole_is_left_out(
    encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Extractor, "opened", encoder)
    long = "He ran " + "on and " * encoder.limit
    found = Extractor("minilm-l6")(batch([long, "He ran.", long], [(3, 6)] * 3))
    assert found["sentence"].to_pylist() == ["He ran."]
    assert len(Extractor("minilm-l6")(batch([long], [(3, 6)]))) == 0


def test_it_travels_without_its_model(encoder: ContextualModel) -> None:
    extractor = Extractor("minilm-l6", (1, 2), "float32")
    vars(extractor)["opened"] = encoder
    data = pickle.dumps(extractor)
    assert len(data) < 1000
    assert pickle.loads(data) == extractor
    assert "opened" not in vars(pickle.loads(data))
