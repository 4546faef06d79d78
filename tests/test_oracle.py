"""ctxcore against libraries that are not ours: what TransformerLens and inseq gave for tiny networks (``make oracle``).

Their values stand in ``tests/oracle/values.json`` with the versions and the day that they were made with.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from ctxcore import ContextualModel, contributions, patch_grid, value_zeroing, weighted_attention
from ctxcore.models.loading import checked
from ctxcore.types import PatchControl
from tests import tiny_models
from tests.oracle import values
from tests.oracle.networks import CANDIDATES, FAMILIES, PAIR, SENTENCE, TARGET, ids, network

DECODERS = [family for family in FAMILIES if family != "bert"]


@cache
def model_of(family: str) -> ContextualModel:
    made = network(family)
    return checked(made.base_model if family == "bert" else made, tiny_models.tokenizer(), id=f"oracle-{family}")


def same(ours: object, theirs: object) -> None:
    """To a hundred thousandth of the greatest."""
    found, own = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert found.shape == own.shape
    assert np.abs(found - own).max() <= 1e-5 * max(1.0, np.abs(own).max())


@pytest.mark.parametrize("family", FAMILIES)
def test_what_attention_moves_is_as_long_as_transformerlens_has_it(family: str) -> None:
    found = weighted_attention(model_of(family), SENTENCE)
    assert [token.id for token in found.tokens] == ids(SENTENCE, family)
    same(found.norms, values.read("transformer_lens", family)["norms"])


@pytest.mark.parametrize("family", DECODERS)
def test_moved_states_change_the_next_word_as_in_transformerlens(family: str) -> None:
    theirs = values.read("transformer_lens", family)["words"]
    found = patch_grid(model_of(family), *PAIR, TARGET, CANDIDATES, PatchControl(np.ones(1, np.float32), np.zeros(0)))
    assert found.ends == pytest.approx((theirs["own"], theirs["source"]), abs=1e-5)
    same(found.shares, (np.array(theirs["grid"]) - theirs["own"]) / (theirs["source"] - theirs["own"]))
    assert np.abs(found.shares[1:3, 1:]).max() > 0.2  # there is something to compare


@pytest.mark.parametrize("family", FAMILIES)
def test_moved_states_change_the_vector_as_in_transformerlens(family: str) -> None:
    """With a scale of 1 for each feature, so that both speak of the plain vectors; no layer is left to run above the last."""
    model = model_of(family)
    control = PatchControl(np.ones(1, np.float32), np.ones(model.features))
    found = patch_grid(model, *PAIR, TARGET, control=control)
    assert [p for column in found.columns for p in column.into] == list(range(len(ids(PAIR[0], family))))
    same(found.shares[:-1], values.read("transformer_lens", family)["vectors"])


@pytest.mark.parametrize("family", DECODERS)
def test_each_part_gives_to_the_next_word_what_it_does_in_transformerlens(family: str) -> None:
    theirs = values.read("transformer_lens", family)["attribution"]
    found = contributions(model_of(family), PAIR[0], CANDIDATES)
    assert found.own == pytest.approx(theirs["own"], abs=1e-5)
    same(found.heads, theirs["heads"])
    same(found.feed_forward, theirs["feed_forward"])
    same(found.embedding, theirs["embedding"])


def test_zeroed_values_move_words_as_in_inseq() -> None:
    """inseq gives each row as shares, of the start token too; among the words they are the same as ours."""
    theirs = np.nan_to_num(np.array(values.read("inseq", "llama")["value_zeroing"], np.float64))
    found = value_zeroing(model_of("llama"), SENTENCE).scores.astype(np.float64)
    words, rows = len(found[0]), slice(1, 5)  # it begins at the third token, the second word
    assert theirs.shape == (3, 4, words + 1)
    theirs, ours = theirs[:, :, 1:], found[:, rows]
    same(ours / ours.sum(-1, keepdims=True), theirs / theirs.sum(-1, keepdims=True))


def test_every_oracle_says_its_versions_and_its_day() -> None:
    known = values.everything()
    assert {name: set(part["versions"]) for name, part in known.items()} == {
        "transformer_lens": {"transformer-lens", "transformers", "torch"},
        "inseq": {"inseq", "transformers", "torch"},
    }
    assert all(len(part["date"]) == 10 for part in known.values())
