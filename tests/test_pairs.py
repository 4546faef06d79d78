"""Vectors of (sentence, word) pairs: the bare model's, at the layers asked for, and errors that say which pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ctxcore import BadInputError, ContextualModel, Mention, NoSentencesError, TooLongError
from tests.bare_models import BareModel

TWICE = "He ran and ran"
LONG = "It won't be antidisestablished"
PAIRS = [("The dog ran quickly", "ran"), (TWICE, "Ran"), (TWICE, (11, 14)), (LONG, "antidisestablished")]


def assert_same(ours: np.ndarray, own: np.ndarray) -> None:
    """Every vector ``[..., feature]`` differs by less than 1e-5 of its length."""
    assert (np.linalg.norm(ours - own, axis=-1) / np.linalg.norm(own, axis=-1)).max() < 1e-5


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_pairs_are_the_bare_models_and_those_of_their_spans(kind: str, request: pytest.FixtureRequest) -> None:
    model: ContextualModel = request.getfixturevalue(kind)
    bare: BareModel = request.getfixturevalue(f"bare_{kind}")
    found = model.vectors_of(PAIRS)
    assert found.shape == (4, model.layers + 1, model.features)
    # [CLS] or the document boundary is token 0, and "He ran and ran" is one token a word.
    first = bare([PAIRS[0][0], TWICE])
    for vector, (row, token) in zip(found, [(0, 3), (1, 2), (1, 4)], strict=False):
        assert_same(vector, first[row].hidden[:, token])
    spans = [Mention(0, 8, 11), Mention(1, 3, 6), Mention(1, 11, 14), Mention(2, 12, 30)]
    same = model.vectors([PAIRS[0][0], TWICE, LONG], spans)
    assert len(same.pieces[3]) > 2
    assert_same(found, same.vectors)


def test_one_layer_or_some_in_the_order_asked(encoder: ContextualModel) -> None:
    everything = encoder.vectors_of(PAIRS)
    np.testing.assert_array_equal(encoder.vectors_of(PAIRS, layer=4), everything[:, 4])
    np.testing.assert_array_equal(encoder.vectors_of(PAIRS, layer=[6, 0]), everything[:, [6, 0]])
    assert not np.allclose(everything[:, 4], everything[:, 6])
    with pytest.raises(BadInputError, match=r"layers 0 to 6\. Received: layer 7"):
        encoder.vectors_of(PAIRS, layer=7)


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([PAIRS[0], ("The cat sat", "dog")], r"'dog' in pair 2, 'The cat sat'"),
        ([("She won't", "won")], "'won' in pair 1.*only as a part of won't"),
        ([PAIRS[0], ("The cat", (4, 8))], r"\(4, 8\) in pair 2"),
        ([("The cat", (3, 3))], "inside its sentence of 7 characters"),
        ([("The cat", None)], "None in pair 1"),
        ([("The cat",)], "pair 1 is"),
        (["ab"], "pair 1 is 'ab'"),
        ("The cat", r"list of \(sentence, word\) pairs"),
        (None, r"list of \(sentence, word\) pairs"),
        ([(None, "cat")], "sentence 1 is None"),
    ],
)
def test_a_pair_that_is_none_is_refused(encoder: ContextualModel, pairs: Any, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        encoder.vectors_of(pairs)


def test_no_pair_and_a_pair_past_the_limit_are_refused(encoder: ContextualModel) -> None:
    with pytest.raises(NoSentencesError):
        encoder.vectors_of([])
    with pytest.raises(TooLongError, match="sentence 2 has 602 tokens"):
        encoder.vectors_of([PAIRS[0], (" ".join(["word"] * 600), "word")])
