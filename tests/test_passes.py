"""The one forward pass: batches by length, requests that are read once, and numbers that come back as float32 on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from ctxcore import Attend
from ctxcore.models import passes
from ctxcore.models.batching import read_once
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.loading import checked
from tests import tiny_models
from tests.test_decoding import causal, model_of

Tiny = Callable[..., ContextualModel]
TEXTS = ["the dog ran home", "a cat", "the river bank ran"]


def test_batches_hold_what_fits_by_length_and_a_longer_text_is_alone() -> None:
    lengths = [5, 2, 3, 2, 40, 3]
    assert list(passes.batches(range(6), lengths, 10)) == [[1, 3, 2], [5, 0], [4]]
    assert list(passes.batches([4, 3, 1], lengths, 10)) == [[3, 1], [4]]
    assert list(passes.batches([], lengths, 10)) == []


def test_batches_of_texts_alike_need_no_padding() -> None:
    lengths = [5, 2, 3, 2, 40, 3, 2]
    assert list(passes.batches(range(7), lengths, 4, alike=True)) == [[1, 3], [6], [2], [5], [0], [4]]


def test_equal_requests_are_read_once_and_progress_follows_the_work(tiny: Tiny) -> None:
    asked = [
        ("a cat", Attend.full()),
        ("a cat", Attend.self_only()),
        ("a cat", Attend.full()),
        ("the dog", Attend.full()),
    ]
    rows = tiny("llama").tokens([sentence for sentence, _ in asked])
    seen: list[float] = []
    reading = read_once(asked, [len(row) for row in rows], lambda share, what: seen.append(share), 2048)
    assert next(reading) == [0, 1, 3]
    assert seen == []
    assert list(reading) == []
    assert seen == [1.0]


def test_a_pass_behind_what_was_kept_gives_the_logits_of_one_pass() -> None:
    model = model_of("llama")
    rows = model.tokens([TEXTS[0], TEXTS[2]])
    whole = model.logits(rows)
    assert whole.kept is None
    first = model.logits(rows, end=2, keep=True)
    rest = model.logits([rows[1], rows[0]], start=2, behind=model.kept_for(first.kept, [1, 0]), keep=True)
    np.testing.assert_allclose(first.logits, whole.logits[:, :2], atol=1e-5)
    np.testing.assert_allclose(rest.logits, whole.logits[[1, 0], 2:], atol=1e-5)


def test_only_the_states_that_are_asked_for_are_given(tiny: Tiny) -> None:
    model = tiny("bert")
    rows = model.tokens(TEXTS)
    every, width = model.hidden(rows), max(map(len, rows))
    for layers in (range(model.layers + 1), [model.layers], [1, 0]):
        some = model.states_at(rows, (), np.array([width + 1, 2]), layers)
        for layer, states in zip(layers, some, strict=True):
            assert torch.equal(states, torch.stack([every[layer][1, 1], every[layer][0, 2]]))


def _arrays(result: Any) -> list[np.ndarray]:
    return [a for a in (getattr(result, f.name) for f in fields(result)) if isinstance(a, np.ndarray)]


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_a_model_in_half_precision_gives_float32_near_the_full_one(family: str) -> None:
    made = [causal(family) if family == "llama" else tiny_models.network(family) for _ in range(2)]
    full, half = (checked(network, tiny_models.tokenizer(), id="t") for network in made)
    half.network.load_state_dict(full.network.state_dict())
    half.network.to(torch.bfloat16)
    asks: list[Callable[[ContextualModel], Any]] = [
        lambda m: m.encode(TEXTS, attend=Attend.window(1))[0],
        lambda m: m.occurrences("ran", TEXTS),
        lambda m: m.attention(TEXTS[0]),
        lambda m: m.trace(TEXTS[0], 1, 0),
    ]
    if family == "llama":
        asks += [
            lambda m: m.next_words(TEXTS, ["home", "bank"])[0],
            lambda m: m.log_probability(TEXTS[0]),
        ]
    for ask in asks:
        ours, theirs = _arrays(ask(half)), _arrays(ask(full))
        assert ours
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a.astype(float), b.astype(float), atol=0.1 * (1 + np.abs(b).max()))
    if family == "llama":
        assert half.lens(TEXTS[0]).divergence.dtype == np.float32
        assert len(list(half.generate(TEXTS[0], 3))) <= 3


def test_a_batch_takes_half_a_second_whatever_the_size_of_the_network() -> None:
    assert passes.at_once(6, 384) == 2048  # the bundled encoder
    assert passes.at_once(30, 576) == 184  # the bundled decoder, eleven times as large below its head
    assert passes.at_once(80, 8192) == 1
    assert passes.at_once(30, 576, "cuda") == 2048
