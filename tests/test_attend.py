"""The one attention function against transformers' own eager and fused ones, and what may never leak or go missing."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from ctxcore import ContextualModel, UnsupportedModelError
from ctxcore.models.attend import Capture, attend, capturing
from ctxcore.models.loading import adopt
from tests import tiny_models
from tests.bare_models import BareModel

SENTENCES = ["The dog ran quickly", "Unquestionably, the program ran successfully on a new machine last night."]
Tiny = Callable[..., ContextualModel]


def run(network: Any, ids: torch.Tensor, mask: torch.Tensor | None = None, **options: Any) -> Any:
    mask = torch.ones_like(ids) if mask is None else mask
    with torch.inference_mode():
        return network(input_ids=ids, attention_mask=mask, output_hidden_states=True, **options)


def padded() -> tuple[torch.Tensor, torch.Tensor]:
    """Two rows of 9 and 5 tokens, padded on the right, with their mask."""
    ids, mask = tiny_models.ids(9, 2), torch.ones(2, 9, dtype=torch.long)
    mask[1, 5:] = 0
    return ids, mask


def adopted(family: str) -> Any:
    network = tiny_models.network(family)
    adopt(network)
    return network


def reference(family: str, implementation: str) -> Any:
    network = tiny_models.network(family)
    network.set_attn_implementation(implementation)
    return network


def assert_equals_bare(model: ContextualModel, bare: BareModel) -> None:
    for sentence in SENTENCES:
        own, ours = bare([sentence])[0], model.attention(sentence)
        assert tuple(t.text for t in ours.tokens) == own.tokens
        np.testing.assert_allclose(ours.weights, own.weights, atol=1e-6, rtol=0)


def test_the_encoders_attention_is_eagers(encoder: ContextualModel, bare_encoder: BareModel) -> None:
    assert_equals_bare(encoder, bare_encoder)


def test_the_decoders_attention_is_eagers_behind_start_token_and_space(
    decoder: ContextualModel, bare_decoder: BareModel
) -> None:
    assert bare_decoder(["The dog"])[0].tokens == ("<|endoftext|>", "\u0120The", "\u0120dog")
    assert_equals_bare(decoder, bare_decoder)


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_captured_attention_and_states_are_eagers_in_every_family(family: str) -> None:
    ids, mask = padded()
    own, network = run(reference(family, "eager"), ids, mask, output_attentions=True), adopted(family)
    with capturing(Capture()) as capture:
        ours = run(network, ids, mask)
    assert sorted(capture.weights) == [0, 1, 2]
    for block, weights in capture.weights.items():
        torch.testing.assert_close(weights, own.attentions[block], atol=1e-6, rtol=0)
    for layer, states in enumerate(ours.hidden_states):
        torch.testing.assert_close(states[mask.bool()], own.hidden_states[layer][mask.bool()], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", [f for f in tiny_models.FAMILIES if f != "gemma2"])
@pytest.mark.parametrize("batch", ["one", "padded"])
def test_plain_encoding_is_the_fused_kernel_to_the_bit(family: str, batch: str) -> None:
    ids, mask = padded() if batch == "padded" else (tiny_models.ids(9), torch.ones(1, 9, dtype=torch.long))
    own, ours = run(reference(family, "sdpa"), ids, mask), run(adopted(family), ids, mask)
    assert all(map(torch.equal, ours.hidden_states, own.hidden_states))


def test_softcapped_scores_stay_capped_when_nothing_is_captured() -> None:
    """torch's fused kernel has no softcap: a family that needs it must not fall back on it."""
    ids, mask = padded()
    own, ours = run(reference("gemma2", "eager"), ids, mask), run(adopted("gemma2"), ids, mask)
    uncapped = run(tiny_models.network("gemma2", attn_logit_softcapping=None), ids, mask)
    states, expected, other = (result.last_hidden_state[mask.bool()] for result in (ours, own, uncapped))
    torch.testing.assert_close(states, expected)
    assert not torch.allclose(other, expected, atol=1e-2)


def test_the_embedded_models_encode_as_sdpa_does(encoder: ContextualModel, decoder: ContextualModel) -> None:
    for model in (encoder, decoder):
        ids = torch.tensor([[t.id for t in model.tokens(SENTENCES[:1])[0]]])
        twin = copy.deepcopy(model.network.base_model)
        twin.set_attn_implementation("sdpa")
        expected = torch.stack(run(twin, ids).hidden_states)[:, 0].numpy()
        assert np.array_equal(model.encode(SENTENCES[:1])[0].hidden, expected)


def test_grouped_heads_share_their_keys(tiny: Tiny) -> None:
    """Four query heads read two key heads: heads 0 and 1 the first, 2 and 3 the second. Worked by hand from q and k."""
    network = tiny("llama", num_hidden_layers=1).network
    generator = torch.Generator().manual_seed(1)
    q = torch.randn(1, 4, 3, 8, generator=generator)
    k, v = (torch.randn(1, 2, 3, 8, generator=generator) for _ in range(2))
    with capturing(Capture()) as capture:
        output, _ = attend(network.layers[0].self_attn, q, k, v, torch.zeros(1, 1, 3, 3))
    for head in range(4):
        rows = torch.softmax(q[0, head] @ k[0, head // 2].T / 8**0.5, dim=-1)
        torch.testing.assert_close(capture.weights[0][0, head], rows)
        torch.testing.assert_close(output[0, :, head], rows @ v[0, head // 2])


def test_a_position_bias_is_added_to_the_scores(tiny: Tiny) -> None:
    module = tiny("bert").network.encoder.layer[0].attention.self
    zero, bias = torch.zeros(1, 1, 2, 4), torch.log(torch.tensor([[3.0, 1.0], [1.0, 3.0]]))[None, None]
    with capturing(Capture()) as capture:
        attend(module, zero, zero, zero, None, position_bias=bias)
    torch.testing.assert_close(capture.weights[0][0, 0], torch.tensor([[0.75, 0.25], [0.25, 0.75]]))


def test_only_the_layers_and_heads_asked_for_are_kept() -> None:
    network, ids = adopted("bert"), tiny_models.ids()
    with capturing(Capture()) as everything:
        run(network, ids)
    with capturing(Capture(frozenset({0, 2}), (3, 1))) as chosen:
        run(network, ids)
    assert sorted(chosen.weights) == [0, 2]
    assert chosen.weights[2].shape == (1, 2, 9, 9)
    for block, weights in chosen.weights.items():
        torch.testing.assert_close(weights, everything.weights[block][:, [3, 1]], atol=1e-6, rtol=0)


def test_nothing_is_kept_after_the_context_ends() -> None:
    network = adopted("bert")
    with capturing(Capture()) as capture:
        run(network, tiny_models.ids())
    before = {block: weights.clone() for block, weights in capture.weights.items()}
    run(network, tiny_models.ids(5))
    assert all(torch.equal(capture.weights[block], weights) for block, weights in before.items())
    assert capture.calls == 3


def test_an_error_inside_the_context_ends_the_capture() -> None:
    network, capture = adopted("bert"), Capture()
    with pytest.raises(ZeroDivisionError), capturing(capture):
        _ = 1 / 0
    run(network, tiny_models.ids())
    assert capture.calls == 0


@pytest.mark.parametrize("family", tiny_models.REFUSED)
def test_a_family_that_bypasses_the_interface_is_refused_by_name(family: str, tiny: Tiny) -> None:
    with pytest.raises(UnsupportedModelError, match=f"\u201c{family}\u201d"):
        tiny(family)


def test_a_family_that_gives_too_few_layers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = tiny_models.network("bert")
    monkeypatch.setattr(network.encoder, "layer", network.encoder.layer[:2])
    with pytest.raises(UnsupportedModelError, match="2 of 3 layers"):
        adopt(network)


def test_attention_that_differs_from_the_models_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family that scales its scores in a way the interface does not tell would be captured wrongly."""
    from transformers import AttentionInterface

    def sharper(module: Any, query: torch.Tensor, *args: Any, **extra: Any) -> Any:
        return attend(module, query * 1.5, *args, **extra)

    monkeypatch.setitem(AttentionInterface._global_mapping, "ctxcore", sharper)
    with pytest.raises(UnsupportedModelError, match="something else"):
        adopt(tiny_models.network("bert"))


def test_attention_sinks_are_refused(tiny: Tiny) -> None:
    module, q = tiny("llama").network.layers[0].self_attn, torch.zeros(1, 4, 2, 8)
    with pytest.raises(UnsupportedModelError, match="attention sinks"):
        attend(module, q, q, q, None, s_aux=torch.zeros(4))


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_a_decoder_is_known_by_its_mask(family: str) -> None:
    assert adopt(tiny_models.network(family)) is (family in tiny_models.DECODERS)


@pytest.mark.parametrize("family", tiny_models.DECODERS)
@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("rows", [1, 2])
def test_no_token_of_a_decoder_knows_what_follows(family: str, captured: bool, rows: int) -> None:
    network, ids = adopted(family), tiny_models.ids(9, rows)
    mask = torch.ones_like(ids)
    mask[1:, 7:] = 0
    first = _states(network, ids, mask, captured)
    changed = ids.clone()
    changed[0, -1] = ids[0, -1] % 20 + 5
    second = _states(network, changed, mask, captured)
    assert torch.equal(first[:, 0, :-1], second[:, 0, :-1])
    assert not torch.allclose(first[1:, 0, -1], second[1:, 0, -1])


def _states(network: Any, ids: torch.Tensor, mask: torch.Tensor, captured: bool) -> torch.Tensor:
    """Hidden states ``[layer, row, token, feature]``."""
    if not captured:
        return torch.stack(run(network, ids, mask).hidden_states)
    with capturing(Capture()):
        return torch.stack(run(network, ids, mask).hidden_states)


def test_the_embedded_decoder_sees_only_the_left(decoder: ContextualModel) -> None:
    one, other = decoder.encode(["The dog ran quickly", "The dog ran slowly"])
    np.testing.assert_allclose(one.hidden[:, :-1], other.hidden[:, :-1], atol=1e-4)
    assert np.abs(one.hidden[-1, -1] - other.hidden[-1, -1]).max() > 1
    assert np.all(np.triu(decoder.attention("The dog ran quickly").weights, 1) == 0)


ROUNDS = 150


def in_two_threads(one: Callable[[], Sequence[Any]], other: Callable[[], Sequence[Any]]) -> list[Sequence[Any]]:
    """Both at once, started by one signal."""
    gate = threading.Barrier(2)

    def start(work: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        gate.wait()
        return work()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(start, (one, other)))


def test_two_threads_on_one_model_never_see_each_others_capture(tiny: Tiny) -> None:
    model = tiny("llama")
    long, short = "the dog ran quickly home . the cat ran slowly", "a bank"
    expected = [model.attention(s).weights for s in (long, short)]
    found = in_two_threads(
        lambda: [model.attention(long).weights for _ in range(ROUNDS)],
        lambda: [model.attention(short).weights for _ in range(ROUNDS)],
    )
    for weights, rounds in zip(expected, found, strict=True):
        assert all(np.array_equal(weights, got) for got in rounds)


def test_a_thread_without_capture_neither_gives_nor_takes(tiny: Tiny) -> None:
    model = tiny("llama")
    long, short = "the dog ran quickly home . the cat ran slowly", "a bank"
    weights, states = model.attention(long).weights, model.encode([short])[0].hidden
    found = in_two_threads(
        lambda: [model.attention(long).weights for _ in range(ROUNDS)],
        lambda: [model.encode([short])[0].hidden for _ in range(ROUNDS)],
    )
    assert all(np.array_equal(weights, got) for got in found[0])
    assert all(np.array_equal(states, got) for got in found[1])
