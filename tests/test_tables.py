"""The data behind the figures: one fact a row, the same numbers as the results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ctxcore import Faithfulness, Neighbour, Projection, SelfSimilarity, SenseReading, Substitutes, tables
from ctxcore.measures.projection import fan
from tests.samples import occurrences

SENTENCES = ["The dog ran quickly.", "It ran."]
VECTORS = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
FOUND = occurrences(VECTORS, SENTENCES)
POINTS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
PICTURE = Projection(POINTS, "pca", (0.5, 0.3, 0.1), Faithfulness(None, None, None, 1), 0)


def test_the_fan_has_a_row_for_each_mention_and_layer() -> None:
    made = fan(VECTORS)
    table = tables.fan_table(made, FOUND, ["a", None])
    assert list(table.columns) == ["sentence", "word", "start", "end", "sense", "layer", "x", "y", "z"]
    assert table["layer"].tolist() == [0, 1, 2, 0, 1, 2]
    assert table["sentence"].tolist() == [SENTENCES[0]] * 3 + [SENTENCES[1]] * 3
    assert table["sense"].tolist() == ["a"] * 3 + [""] * 3
    assert table[["start", "end"]].to_numpy().tolist() == [[8, 11]] * 3 + [[3, 6]] * 3
    assert np.array_equal(table[["x", "y", "z"]].to_numpy().reshape(2, 3, 3), made.coordinates)


def test_a_projection_has_a_row_for_each_mention_and_a_column_for_each_axis() -> None:
    grouped = tables.projection_table(PICTURE, FOUND, [None, "b"], ["1999", None])
    assert grouped["group"].tolist() == ["1999", ""]
    assert "group" not in tables.projection_table(PICTURE, FOUND, [None, "b"], [None, None])
    table = tables.projection_table(PICTURE, FOUND, [None, "b"])
    assert table[["x", "y", "z"]].to_numpy().tolist() == POINTS.tolist()
    assert table["sense"].tolist() == ["", "b"]
    flat = Projection(POINTS[:, :2], "pca", None, PICTURE.faithfulness, 0)
    assert "z" not in tables.projection_table(flat, FOUND, [None, None])


def test_the_pinned_word_stands_first_with_cosine_one() -> None:
    table = tables.pinned_table("ran", PICTURE, [Neighbour("run", 0.8)])
    assert table.to_dict("list") == {"word": ["ran", "run"], "cosine": [1.0, 0.8], "x": [1, 4], "y": [2, 5]}


def test_every_pair_stands_once_with_all_its_matrices() -> None:
    one, two = np.array([[1, 0.5], [0.5, 1]]), np.array([[1, -0.25], [-0.25, 1]])
    table = tables.similarity_table({"raw": one, "centred": two}, ["a", "b"])
    assert table.to_numpy().tolist() == [["a", "a", 1, 1], ["a", "b", 0.5, -0.25], ["b", "b", 1, 1]]


def test_measures_by_layer_have_a_row_a_layer() -> None:
    series = [np.array([n, n + 0.5]) for n in range(4)]
    table = tables.self_similarity_table(SelfSimilarity(series[0], series[1], series[2], series[3], 10, 5))
    assert table.to_dict("list") == {
        "layer": [0, 1], "self_similarity": [0, 0.5], "less_random_pairs": [3, 3.5], "same_words": [1, 1.5], "random_words": [2, 2.5],
    }  # fmt: skip


ASSIGNED, MARGIN = np.array([[0, -1], [1, 0]]), np.array([[0.1, 0.2], [0.3, 0.4]])  # [layer, occurrence]
READING = SenseReading(("a", "b"), ASSIGNED, MARGIN, np.array([0.5, 1.0]), 0.5, 1, np.array([0.5, 1.0]), 1.0, 1.0)


def test_senses_have_a_row_a_layer_beside_the_static_answer() -> None:
    table = tables.senses_table(READING)
    assert table.to_dict("list") == {
        "layer": [0, 1], "named_right": [0.5, 1.0], "right": [0.5, 1.0], "asked": [1, 1],
        "low": [0.0, pytest.approx(0.025)], "high": [1.0, 1.0], "static_answer": [0.5, 0.5],
    }  # fmt: skip


def test_a_reading_says_what_was_told_and_what_was_read_at_the_layer() -> None:
    first = tables.reading_table(READING, FOUND, ["a", None], 0)
    assert list(first.columns) == ["sentence", "told", "read at layer 0", "margin"]
    assert first[["told", "read at layer 0", "margin"]].to_numpy().tolist() == [["a", "a", 0.1], ["", "", 0.2]]
    assert tables.reading_table(READING, FOUND, ["a", None], 1)["read at layer 1"].tolist() == ["b", "a"]


def test_no_answer_is_told_from_the_only_example_of_a_sense() -> None:
    tied = replace(READING, assigned=np.array([[-2, -1], [1, 0]]))
    assert tables.reading_table(tied, FOUND, ["a", None], 0)["read at layer 0"].tolist() == ["equally near", ""]


def test_neighbours_keep_their_order() -> None:
    table = tables.neighbours_table([Neighbour("run", 0.8), Neighbour("went", 0.7)])
    assert table.to_dict("list") == {"word": ["run", "went"], "cosine": [0.8, 0.7]}


def test_substitutes_have_a_row_for_each_mention_and_word() -> None:
    similarity = np.arange(12.0).reshape(2, 2, 3)  # [occurrence, substitute, layer]
    table = tables.substitutes_table(Substitutes(("went", "flew"), similarity), FOUND, layer=1)
    assert list(table.columns) == ["sentence", "word", "start", "end", "substitute", "layer", "cosine"]
    assert table["sentence"].tolist() == [SENTENCES[0]] * 2 + [SENTENCES[1]] * 2
    assert table["substitute"].tolist() == ["went", "flew"] * 2
    assert table["cosine"].tolist() == [1, 4, 7, 10]
    assert set(table["layer"]) == {1}
