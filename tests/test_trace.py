"""One head step by step: sums worked by hand, passes worked out from the raw weights, and every family's own output."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ctxcore import Attend, BadInputError, ContextualModel, CtxError, attention_steps
from ctxcore.measures.attention_steps import softmax
from ctxcore.models import catalogue
from tests import tiny_models
from tests.raw_models import RawModel

SENTENCE = "Nobody saw the goatherd once it ran past the goat"
TINY_SENTENCE = "the dog ran quickly home . the cat ran slowly"
LESSON = [[0.1, 0.3, 0.5], [0.6, 0.2, 0.9], [0.8, 0.4, 0.7]]  # I, love, AI
SHARES = [0.3, 0.1, 0.6]
STEPS = ("q", "k", "v", "scores", "weights", "values")
Tiny = Callable[..., ContextualModel]


@pytest.fixture(scope="module")
def raw_encoder() -> RawModel:
    return RawModel(catalogue.weights_path("minilm-l6"))


@pytest.fixture(scope="module")
def raw_decoder(decoder_folder: Path) -> RawModel:
    return RawModel(decoder_folder)


def dot(first: list[float], second: list[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def shares(row: list[float]) -> list[float]:
    """Softmax of one row by the math module."""
    raised = [math.exp(score) for score in row]
    return [r / sum(raised) for r in raised]


# --- by hand ---


def test_the_lessons_shares_of_the_lessons_vectors() -> None:
    """Scores whose exponentials are 3 : 1 : 6 give the lesson's weights, and they its sum."""
    scores = np.log(SHARES)[:, None]
    steps = attention_steps(np.ones((1, 1)), scores, np.array(LESSON), scaling=1.0)
    np.testing.assert_allclose(steps.scores, [np.log(SHARES)], atol=1e-7)
    np.testing.assert_allclose(steps.weights, [SHARES], atol=1e-7)
    np.testing.assert_allclose(steps.values, [[0.57, 0.35, 0.66]], atol=1e-7)


def test_the_lessons_vectors_as_query_key_and_value_worked_by_hand() -> None:
    steps = attention_steps(np.array(LESSON), np.array(LESSON), np.array(LESSON))
    scores = [[dot(query, key) for key in LESSON] for query in LESSON]
    assert scores[0] == pytest.approx([0.35, 0.57, 0.55])  # 0.01 + 0.09 + 0.25; 0.06 + 0.06 + 0.45; 0.08 + 0.12 + 0.35
    scaled = [[score / math.sqrt(3) for score in row] for row in scores]
    weights = [shares(row) for row in scaled]
    values = [[dot(row, [vector[i] for vector in LESSON]) for i in range(3)] for row in weights]
    assert weights[0] == pytest.approx([0.30695, 0.34852, 0.34452], abs=1e-5)
    assert steps.scaling == pytest.approx(0.5773502691896258, abs=1e-15)
    for found, expected in zip(
        (steps.scores, steps.scaled, steps.weights, steps.values), (scores, scaled, weights, values), strict=True
    ):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-7)
    assert steps.mask.tolist() == [[True] * 3] * 3
    for kept in (steps.q, steps.k, steps.v):
        np.testing.assert_allclose(kept, LESSON, atol=1e-7)


def test_queries_keys_and_values_may_differ_in_number_and_width() -> None:
    """One query, two keys of two features, values of three: scores 4 and 0, halved to 2 and 0 by the scaling given."""
    steps = attention_steps(
        np.array([[2.0, 0.0]]), np.array([[2.0, 5.0], [0.0, 7.0]]), np.array([[1.0, 0, 2], [0, 1, 4]]), scaling=0.5
    )
    first = math.exp(2) / (math.exp(2) + 1)
    assert steps.scores.tolist() == [[4.0, 0.0]]
    assert steps.scaled.tolist() == [[2.0, 0.0]]
    np.testing.assert_allclose(steps.weights, [[first, 1 - first]], atol=1e-7)
    np.testing.assert_allclose(steps.values, [[first, 1 - first, 4 - 2 * first]], atol=1e-6)


def test_a_softcap_squashes_the_scaled_scores_before_the_bias_is_added() -> None:
    """Scores 8 and -2, scaled to 4 and -1, within (-2, 2); then 0.5 on the second."""
    steps = attention_steps(
        np.array([[2.0]]),
        np.array([[4.0], [-1.0]]),
        np.array([[1.0], [0.0]]),
        scaling=0.5,
        bias=np.array([[0.0, 0.5]]),
        softcap=2.0,
    )
    expected = [2 * math.tanh(4 / 2), 2 * math.tanh(-1 / 2) + 0.5]
    assert expected == pytest.approx([1.928055, -0.424234], abs=1e-6)
    assert steps.scores.tolist() == [[8.0, -2.0]]
    np.testing.assert_allclose(steps.scaled, [expected], atol=1e-6)
    np.testing.assert_allclose(steps.weights, [shares(expected)], atol=1e-7)
    assert steps.values[0, 0] == pytest.approx(shares(expected)[0], abs=1e-7)


def test_a_bias_moves_the_shares_by_its_exponential() -> None:
    zero, bias = np.zeros((2, 4)), np.log([[3.0, 1.0], [1.0, 7.0]])
    np.testing.assert_allclose(
        attention_steps(zero, zero, zero, bias=bias).weights, [[0.75, 0.25], [0.125, 0.875]], atol=1e-7
    )


def test_a_masked_key_gets_exactly_nothing_and_the_rest_is_shared_out() -> None:
    mask = np.array([[True, False, False], [True, True, False], [True, False, True]])
    steps = attention_steps(np.array(LESSON), np.array(LESSON), np.array(LESSON), mask=mask)
    root = math.sqrt(3)
    one, other = (
        shares([dot(LESSON[q], LESSON[0]) / root, dot(LESSON[q], LESSON[k]) / root]) for q, k in [(1, 1), (2, 2)]
    )
    expected = [[1, 0, 0], [one[0], one[1], 0], [other[0], 0, other[1]]]
    np.testing.assert_allclose(steps.weights, expected, atol=1e-7)
    assert np.all(steps.weights[~mask] == 0)
    assert np.array_equal(steps.values[0], np.float32(LESSON[0]))
    assert np.array_equal(steps.mask, mask)
    # The scores are shown as they were: what is forbidden is said by the mask.
    np.testing.assert_allclose(steps.scores[0], [0.35, 0.57, 0.55], atol=1e-7)


def test_large_scores_do_not_overflow() -> None:
    found = softmax(np.array([[1e4, 1e4 - math.log(3), -1e4], [-np.inf, 5.0, -np.inf]]))
    np.testing.assert_allclose(found, [[0.75, 0.25, 0], [0, 1, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((np.zeros((2, 3)), np.zeros((2, 4)), np.zeros((2, 3))), r"q \[2, 3\], k \[2, 4\], v \[2, 3\]"),
        ((np.zeros((2, 3)), np.zeros((5, 3)), np.zeros((4, 3))), r"k \[5, 3\], v \[4, 3\]"),
        ((np.zeros(3), np.zeros((2, 3)), np.zeros((2, 3))), r"q \[3\]"),
        ((np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(2)), r"v \[2\]"),
        ((np.zeros((1, 2, 3)), np.zeros((2, 3)), np.zeros((2, 3))), r"q \[1, 2, 3\]"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(parts: tuple[np.ndarray, ...], message: str) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        attention_steps(*parts)
    assert isinstance(caught.value, CtxError)


def test_a_query_that_may_attend_to_nothing_is_refused() -> None:
    with pytest.raises(BadInputError, match="must be left a key"):
        attention_steps(*(np.zeros((2, 3)) for _ in "qkv"), mask=np.array([[True, True], [False, False]]))
    with pytest.raises(BadInputError, match="must be left a key"):
        attention_steps(np.zeros((1, 3)), np.zeros((0, 3)), np.zeros((0, 3)))


# --- against the raw weights ---


def assert_close(found: np.ndarray, own: np.ndarray, what: str) -> None:
    """Within 1e-5, or that share of the greatest number: sums of many products round at their scale, up to 150 here."""
    scale = max(1.0, float(np.abs(own).max()))
    np.testing.assert_allclose(found, own, atol=1e-5 * scale, rtol=0, err_msg=what)


def assert_traces_the_raw_pass(
    model: ContextualModel,
    raw: RawModel,
    chosen: list[tuple[int, int]],
    attend: Attend | None = None,
    allowed: np.ndarray | None = None,
) -> None:
    """``allowed`` says again what ``attend`` says, for the raw pass."""
    ids = [t.id for t in model.tokens([SENTENCE])[0]]
    attend = attend or Attend.full()
    expected = raw(ids, allowed, attend.silent)
    seen = np.ones((len(ids), len(ids)), dtype=bool) if allowed is None else allowed
    if model.kind == "decoder":
        seen = seen & np.tril(np.ones_like(seen))
    for layer, head in chosen:
        found = model.trace(SENTENCE, layer, head, attend)
        for name in STEPS:
            own = getattr(expected, name)[layer - 1, head]
            assert_close(getattr(found, name), own, f"{name} of layer {layer} head {head}")
        assert_close(found.scaled, expected.scores[layer - 1, head] / math.sqrt(found.q.shape[1]), "scaled")
        assert_close(found.own, expected.values[layer - 1, head], "own")
        np.testing.assert_allclose(found.weights.sum(-1, dtype=np.float64), 1, atol=1e-6)
        assert np.array_equal(found.mask, seen)
        assert found.difference <= 1e-5
        own = expected.hidden[layer - 1]
        lengths = np.linalg.norm(own, axis=-1)  # a decoder's vectors are up to 20,000 long
        assert (np.linalg.norm(found.inputs - own, axis=-1) / lengths).max() < 1e-5


def test_every_head_of_the_encoder_is_traced_as_worked_out_from_the_raw_weights(
    encoder: ContextualModel, raw_encoder: RawModel
) -> None:
    assert_traces_the_raw_pass(
        encoder, raw_encoder, [(layer, head) for layer in range(1, 7) for head in range(encoder.heads)]
    )


def test_heads_of_the_decoder_are_traced_as_worked_out_from_the_raw_weights(
    decoder: ContextualModel, raw_decoder: RawModel
) -> None:
    """Rotary positions, and three query heads that read one key head each: heads 2 and 3 differ in that."""
    chosen = [(1, 0), (1, 8), (2, 3), (9, 2), (15, 3), (15, 5), (22, 6), (30, 1)]
    assert_traces_the_raw_pass(decoder, raw_decoder, chosen)


def test_traces_under_an_intervention_are_those_of_the_raw_weights(
    encoder: ContextualModel, decoder: ContextualModel, raw_encoder: RawModel, raw_decoder: RawModel
) -> None:
    for model, raw in ((encoder, raw_encoder), (decoder, raw_decoder)):
        length = len(model.tokens([SENTENCE])[0])
        near = np.abs(np.subtract.outer(np.arange(length), np.arange(length))) <= 3
        blocked = np.ones((length, length), dtype=bool)
        blocked[np.ix_([6, 9], [0, 4, 9])] = False
        chosen = [(1, 2), (4, 7), (model.layers, 0)]
        assert_traces_the_raw_pass(model, raw, chosen, Attend.window(3), near)
        assert_traces_the_raw_pass(model, raw, chosen, Attend.block(query=[6, 9], keys=[0, 4, 9]), blocked)
        assert_traces_the_raw_pass(model, raw, chosen, Attend.self_only(), np.eye(length, dtype=bool))
        assert_traces_the_raw_pass(model, raw, chosen[1:], Attend.without_heads([(1, 0), (3, 4)]))


def test_a_trace_says_what_it_is_of(encoder: ContextualModel, decoder: ContextualModel) -> None:
    for model in (encoder, decoder):
        found, encoding = model.trace(SENTENCE, 2, 5), model.encode([SENTENCE])[0]
        assert (found.sentence, found.layer, found.head) == (SENTENCE, 2, 5)
        assert (found.tokens, found.words) == (encoding.tokens, encoding.words)
        assert (found.rotary, found.norm_first) == ((model.kind == "decoder",) * 2)
        assert found.scaling == pytest.approx((model.features / model.heads) ** -0.5, rel=1e-12)


def test_traced_weights_are_the_embedded_models_attention(encoder: ContextualModel, decoder: ContextualModel) -> None:
    for model, attend in ((encoder, Attend.full()), (decoder, Attend.full()), (decoder, Attend.block(query=4, keys=2))):
        whole = model.attention(SENTENCE, attend=attend).weights
        for layer, head in ((1, 0), (3, 7), (model.layers, 4)):
            np.testing.assert_allclose(
                model.trace(SENTENCE, layer, head, attend).weights, whole[layer - 1, head], atol=1e-5, rtol=0
            )


def test_the_difference_is_the_greatest_one_between_steps_and_model(
    encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the model to go on with something else, the trace would say so: here by 0.25 at one place."""
    from ctxcore.models import attend

    fused = attend.sdpa_attention_forward

    def off(*args: Any, **extra: Any) -> Any:
        output, weights = fused(*args, **extra)
        output = output.clone()
        output[0, 3, 5, 7] -= 0.25  # [batch, query, head, d_head]
        return output, weights

    monkeypatch.setattr(attend, "sdpa_attention_forward", off)
    assert encoder.trace(SENTENCE, 1, 5).difference == pytest.approx(0.25, abs=1e-5)
    assert encoder.trace(SENTENCE, 1, 4).difference < 1e-5


# --- every family ---

ROTARY = {"gemma", "gemma2", "gpt_neox", "llama", "mistral", "qwen2"}
NORM_FIRST = ROTARY | {"gpt2"}


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
@pytest.mark.parametrize(
    "attend",
    [Attend.full(), Attend.window(2), Attend.block(query=[4, 8], keys=[3, 6])],
    ids=["full", "window", "block"],
)
def test_every_head_of_every_family_is_traced_as_it_attends(family: str, attend: Attend, tiny: Tiny) -> None:
    model = tiny(family)
    whole = model.attention(TINY_SENTENCE, attend=attend).weights
    for layer in (1, 2, 3):
        for head in range(4):
            found = model.trace(TINY_SENTENCE, layer, head, attend)
            # A trace's earlier blocks ran in the fused kernel, a map's by hand: rounding that wide weights make larger.
            tolerance = 1e-6 if layer == 1 else 1e-5
            np.testing.assert_allclose(found.weights, whole[layer - 1, head], atol=tolerance, rtol=0)
            np.testing.assert_allclose(found.values, found.weights @ found.v, atol=1e-5, rtol=1e-5)
            assert found.difference <= 1e-5
            assert np.all(found.weights[~found.mask] == 0)
    assert (found.rotary, found.norm_first) == (family in ROTARY, family in NORM_FIRST)


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_traced_heads_side_by_side_are_what_enters_a_familys_output_projection(family: str, tiny: Tiny) -> None:
    """No head is taken for another, and the model does go on with what the trace calls its own."""
    model, caught = tiny(family), []
    ends = ("attention.output.dense", "attention.dense", "attention.out_lin", "self_attn.o_proj", "attn.c_proj")
    projection = next(part for name, part in model.network.named_modules() if name.endswith(ends))
    handle = projection.register_forward_pre_hook(lambda module, given: caught.append(given[0][0].numpy().copy()))
    try:
        model.encode([TINY_SENTENCE])
    finally:
        handle.remove()
    traces = [model.trace(TINY_SENTENCE, 1, head) for head in range(4)]
    for part in ("own", "values"):
        joined = np.concatenate([getattr(t, part) for t in traces], axis=-1)  # [token, head * d_head]
        np.testing.assert_allclose(joined, caught[0], atol=1e-5, rtol=1e-5)


def test_softcapped_scores_are_traced_within_their_cap(tiny: Tiny) -> None:
    found = tiny("gemma2", query_pre_attn_scalar=32).trace(TINY_SENTENCE, 2, 1)
    assert found.scaling == pytest.approx(32**-0.5)  # the family's own number, and not that of the width 8
    assert found.difference <= 1e-5
    raw = found.q.astype(np.float64) @ found.k.astype(np.float64).T
    np.testing.assert_allclose(found.scores, raw, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.scaled, 2 * np.tanh(raw * found.scaling / 2), atol=1e-5)
    assert np.abs(raw * found.scaling).max() > 2 > np.abs(found.scaled).max()


def test_a_sliding_window_of_the_family_is_part_of_the_mask(tiny: Tiny) -> None:
    """gemma2 looks at 4 tokens in every second layer, itself among them."""
    model = tiny("gemma2")
    steps = np.subtract.outer(np.arange(11), np.arange(11))
    assert np.array_equal(model.trace(TINY_SENTENCE, 1, 0).mask, (steps >= 0) & (steps < 4))
    assert np.array_equal(model.trace(TINY_SENTENCE, 2, 0).mask, steps >= 0)
    assert np.array_equal(model.trace(TINY_SENTENCE, 1, 0, Attend.window(1)).mask, (steps >= 0) & (steps < 2))


# --- what is refused ---


@pytest.mark.parametrize(
    ("layer", "head", "message"),
    [
        (0, 0, r"layers 1 to 6\. Received: layer 0"),
        (7, 0, r"layers 1 to 6\. Received: layer 7"),
        (-1, 0, r"layers 1 to 6\. Received: layer -1"),
        (1, 12, r"heads 0 to 11\. Received: head 12"),
        (1, -1, r"heads 0 to 11\. Received: head -1"),
    ],
)
def test_a_layer_or_head_that_is_not_there_cannot_be_traced(
    encoder: ContextualModel, layer: int, head: int, message: str
) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        encoder.trace(SENTENCE, layer, head)
    assert isinstance(caught.value, CtxError)


def test_a_list_of_ways_to_attend_is_too_many_for_one_trace(encoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match="2 for 1"):
        encoder.trace(SENTENCE, 1, 0, [Attend.full(), Attend.self_only()])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"mask": np.ones((3, 3), bool)},
        {"mask": np.ones(2, bool)},
        {"mask": np.ones((1, 2), bool)},
        {"bias": np.zeros((1, 5, 2, 2))},
        {"softcap": 0.0},
    ],
)
def test_masks_biases_and_softcaps_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadInputError):
        attention_steps(np.eye(2), np.eye(2), np.eye(2), **changes)


def test_vectors_without_a_number_are_refused() -> None:
    with pytest.raises(BadInputError):
        attention_steps(np.zeros((2, 0)), np.zeros((2, 0)), np.eye(2))
