"""Blocks taken apart, against the raw weights, against edited weights, and against a model small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from ctxcore import (
    Attend,
    BadInputError,
    ContextualModel,
    NotADecoderError,
    UnsupportedModelError,
    Word,
    contributions,
    influence,
    moved_shares,
    value_zeroing,
    weighted_attention,
    words_of,
)
from ctxcore.models import catalogue
from ctxcore.models.block_parts import projection_of
from ctxcore.models.loading import checked
from tests import tiny_models
from tests.raw_models import RawModel

Tiny = Callable[..., ContextualModel]
SENTENCE = "Old dogs ran, the dog ran home."
PAIR = ("quickly", "successfully")


@pytest.fixture(scope="module", params=["encoder", "decoder"])
def model(request: pytest.FixtureRequest) -> ContextualModel:
    """Both embedded models, one after the other."""
    found: ContextualModel = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def raw(model: ContextualModel, decoder_folder: Path) -> RawModel:
    return RawModel(catalogue.weights_path("minilm-l6") if model.kind == "encoder" else decoder_folder)


def ids(model: ContextualModel, sentence: str) -> list[int]:
    return [token.id for token in model.tokens([sentence])[0]]


def biased(network: Any) -> Any:
    """The same network with biases and gains that are not 0 and 1, which they all are at the start."""
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(3)
        for name, part in network.named_parameters():
            if name.endswith("bias"):
                part.normal_(0, 0.3)
            elif "norm" in name.lower() or ".ln_" in name:
                part.add_(torch.randn_like(part) * 0.2)
    return network


def talking(family: str, **changes: Any) -> ContextualModel:
    """A tiny decoder of a family with an output head."""
    common = {k: v for k, v in tiny_models._SIZE.items() if k not in tiny_models._renamed(family)}
    config = AutoConfig.for_model(family, **{**common, **tiny_models.FAMILIES[family], **changes})
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = AutoModelForCausalLM.from_config(config).eval()
    return checked(biased(network), tiny_models.tokenizer(), id=f"tiny-{family}")


# --- attention weighted by what it moves ---


def test_lengths_are_those_of_values_behind_the_raw_output_projection(model: ContextualModel, raw: RawModel) -> None:
    found = weighted_attention(model, SENTENCE, layers=[1, 3, model.layers])
    run = raw(ids(model, SENTENCE))
    for place, block in enumerate((0, 2, model.layers - 1)):
        name = (
            f"encoder.layer.{block}.attention.output.dense"
            if model.kind == "encoder"
            else f"model.layers.{block}.self_attn.o_proj"
        )
        weight = raw.part(f"{name}.weight")  # [feature, head * d_head]
        size = run.v.shape[-1]
        moved = [
            run.weights[block, h][..., None] * (run.v[block, h] @ weight[:, h * size : (h + 1) * size].T)
            for h in range(model.heads)
        ]
        expected = np.linalg.norm(np.stack(moved), axis=-1)  # [head, query, key]
        np.testing.assert_allclose(found.norms[place], expected, rtol=1e-4, atol=1e-5)
        # Keys and heads of one query add up to what the raw block adds of attention.
        joined = run.values[block].transpose(1, 0, 2).reshape(len(run.v[block, 0]), -1)
        own = joined @ weight.T
        distance = np.linalg.norm(np.sum(moved, axis=(0, 2)) - own, axis=-1) / np.linalg.norm(own, axis=-1)
        assert distance.max() < 1e-5


class _Seen:
    """What an output projection was given and gave, of one pass."""

    def __init__(self, linear: torch.nn.Module) -> None:
        self.handle = linear.register_forward_hook(self)
        self.given: list[np.ndarray] = []

    def __call__(self, module: Any, given: Any, output: Any) -> None:
        self.given.append(output.detach()[0].numpy())


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_all_that_is_moved_adds_up_to_what_attention_gives_in_every_family(family: str) -> None:
    """The sum over keys and heads of weight times value behind the projection, and its bias, is the projection's own output."""
    made = checked(biased(tiny_models.network(family)), tiny_models.tokenizer(), id=family)
    sentence = "the dog ran quickly home"
    names = ("o_proj", "out_lin", "attention.output.dense", "attn.c_proj", "attention.dense")
    last = [part for name, part in made.network.named_modules() if name.endswith(names)][-1]
    seen = _Seen(last)
    weighted = weighted_attention(made, sentence)
    own = seen.given[-1]
    seen.handle.remove()
    capture = made.steps(made.tokens([sentence])[0], Attend.full(), made.layers - 1)[1]
    from ctxcore.models.attend import Capture
    from ctxcore.models.passes import call

    modules = Capture()
    call(made.network, torch.tensor([ids(made, sentence)]), None, modules)
    projection = projection_of(made, modules.modules[-1])
    values = np.einsum("hkd,hdf->hkf", capture.value[0].numpy(), projection.weight.numpy())
    np.testing.assert_allclose(weighted.lengths[-1], np.linalg.norm(values, axis=-1), rtol=1e-5)
    total = np.einsum("hqk,hkf->qf", weighted.weights[-1], values) + projection.bias.numpy()
    np.testing.assert_allclose(total, own, atol=1e-5 * np.abs(own).max() + 1e-5)
    assert np.abs(projection.bias.numpy()).max() > 0.1 or family not in ("bert", "gpt2", "gpt_neox", "albert")


def test_rows_are_shares_of_what_moves_and_a_short_value_takes_its_attention_nowhere(encoder: ContextualModel) -> None:
    found = weighted_attention(encoder, SENTENCE)
    shares = moved_shares(found)
    np.testing.assert_allclose(shares.weights.sum(-1), 1, atol=1e-5)
    at = (4, 2, 3)
    np.testing.assert_allclose(shares.weights[at], found.norms[at] / found.norms[at].sum(), rtol=1e-4)
    special = [i for i, token in enumerate(found.tokens) if token.special]
    before, after = (part.weights[..., special].sum(-1).mean() for part in (found, shares))
    assert after < before / 2  # [CLS] and [SEP]: half of all attention, a sixth of what moves


def test_only_the_heads_that_are_asked_for_are_weighted(encoder: ContextualModel) -> None:
    every, some = weighted_attention(encoder, SENTENCE), weighted_attention(encoder, SENTENCE, [2, 5], [7, 1])
    np.testing.assert_allclose(some.norms, every.norms[[1, 4]][:, [7, 1]], atol=1e-6)
    assert (some.layers, some.heads) == ((2, 5), (7, 1))
    assert set(some.to_frame().columns) >= {"weight", "norm"}


def test_a_family_without_a_separable_output_projection_is_refused(tiny: Tiny) -> None:
    made = tiny("llama")
    made.network.layers[1].self_attn.gate = torch.nn.Linear(32, 32)
    with pytest.raises(UnsupportedModelError, match="attention has gate besides"):
        weighted_attention(made, "the dog")
    assert influence(made, "the dog ran", Word("ran", 8, 11)).weighted is None
    del made.network.layers[1].self_attn.gate
    made.network.layers[1].self_attn.o_proj = torch.nn.Identity()
    with pytest.raises(UnsupportedModelError, match="no output projection of a known name"):
        weighted_attention(made, "the dog")


# --- values set to zero ---


def moved(first: np.ndarray, second: np.ndarray) -> float:
    """1 minus the cosine."""
    return float(1 - first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_a_words_zeroed_values_move_others_as_in_the_raw_model(model: ContextualModel, raw: RawModel) -> None:
    """Two words of one token each; in one layer alone as the paper has it, and in all for the influence."""
    sentence = "The dog ran quickly"
    words, numbers = words_of(sentence), ids(model, sentence)
    tokens = model.tokens([sentence])[0]
    at = {w.text: next(i for i, t in enumerate(tokens) if t.start <= w.start < t.end and not t.special) for w in words}
    plain = raw(numbers).hidden
    by_layer = value_zeroing(model, sentence, words[1:3])
    for layer in (1, 2, model.layers):
        changed = raw(numbers, valueless=[(layer, at["dog"])]).hidden
        expected = moved(plain[layer, at["ran"]], changed[layer, at["ran"]])
        assert by_layer.scores[layer - 1, 1, 0] == pytest.approx(expected, abs=2e-6)
    assert by_layer.words == words[1:3]
    assert by_layer.scores[1:, 1, 0].max() > 1e-3
    found = influence(model, sentence, words[2])
    every = [(layer, at["dog"]) for layer in range(1, model.layers + 1)]
    changed = raw(numbers, valueless=every).hidden
    for layer in (1, model.layers):
        expected = moved(plain[layer, at["ran"]], changed[layer, at["ran"]])
        assert found.shifts["zeroed"][1, layer] == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("family", ["distilbert", "gemma2", "gpt_neox"])
def test_zeroed_values_are_zero_for_one_row_of_a_batch_alone(family: str, tiny: Tiny) -> None:
    made, sentences = tiny(family), ["the dog ran", "the dog ran quickly home", "the dog ran quickly home"]
    ways = [Attend.zero_values(of=1), Attend.zero_values(of=[Word("dog", 4, 7), 3], layers=2), Attend.full()]
    together = made.encode(sentences, attend=ways)
    for sentence, way, one in zip(sentences, ways, together, strict=True):
        alone = made.encode([sentence], attend=way)[0].hidden
        np.testing.assert_allclose(one.hidden, alone, atol=2e-5)
    assert np.abs(together[1].hidden[1] - together[2].hidden[1]).max() < 2e-5  # layer 1 is as it was
    assert np.abs(together[1].hidden[2] - together[2].hidden[2]).max() > 0.01


def test_zeroed_values_stay_zero_behind_kept_keys_and_values(decoder: ContextualModel) -> None:
    """A candidate of several tokens is read behind the prompt's: as a pass over all of it has it."""
    way, word = Attend.zero_values(of=2), "antidisestablishmentarianism"
    said = decoder.next_words(["The dog ran"], [word], attend=way)[0].candidates[word]
    row, known = decoder.tokens([f"The dog ran {word}"])[0], len(decoder.tokens(["The dog ran"])[0])
    logs = decoder.logits([row], [way]).logits[0].double().log_softmax(-1)
    expected = sum(float(logs[i - 1, row[i].id]) for i in range(known, len(row)))
    assert np.log(said) == pytest.approx(expected, abs=1e-3)
    assert len(row) - known > 2
    assert np.log(decoder.next_words(["The dog ran"], [word])[0].candidates[word]) != pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda m: m.encode(["the dog"], attend=Attend.zero_values(of=1, layers=4)), "layers 1 to 3"),
        (lambda m: m.encode(["the dog"], attend=Attend.zero_values(of=9)), "no token at 9"),
        (lambda m: Attend.zero_values(of=1, layers=[0]), "Layers are whole numbers from 1"),
        (lambda m: value_zeroing(m, "..."), "a sentence without a word"),
    ],
)
def test_what_cannot_be_zeroed_is_refused(ask: Callable[[ContextualModel], object], said: str, tiny: Tiny) -> None:
    with pytest.raises(BadInputError, match=said):
        ask(tiny("bert"))


# --- which part says the next word ---


def test_a_head_taken_out_of_the_raw_models_sum_is_what_it_is_said_to_give(
    decoder: ContextualModel, decoder_folder: Path
) -> None:
    raw, prompt = RawModel(decoder_folder), "The program ran"
    found, run = contributions(decoder, prompt, PAIR), raw(ids(decoder, prompt))
    vocabulary = decoder.tokenizer
    first, second = (vocabulary.raw(f" {word}")[0].id for word in PAIR)
    towards = raw.part("model.embed_tokens.weight", first) - raw.part("model.embed_tokens.weight", second)
    assert found.own == pytest.approx(towards @ run.hidden[-1, -1], abs=1e-4)
    assert found.total == pytest.approx(found.own, abs=1e-4)
    # The last vector is the sum of all parts over its scale, times the gain: both are found from the raw model alone.
    stream = raw.part("model.embed_tokens.weight", ids(decoder, prompt)[-1])
    parts = np.empty((30, 9, 576))
    for block in range(30):
        weight = raw.part(f"model.layers.{block}.self_attn.o_proj.weight")
        for head in range(9):
            parts[block, head] = weight[:, head * 64 : head * 64 + 64] @ run.values[block, head, -1]
        entering = stream + parts[block].sum(0)
        eps = raw.config["rms_norm_eps"]
        normed = (
            entering
            / np.sqrt((entering**2).mean() + eps)
            * raw.part(f"model.layers.{block}.post_attention_layernorm.weight")
        )
        gate, up, down = (raw.part(f"model.layers.{block}.mlp.{n}_proj.weight") for n in ("gate", "up", "down"))
        inner = gate @ normed
        made = down @ (inner / (1 + np.exp(-inner)) * (up @ normed))
        stream = entering + made
        if block == 12:
            middle = made
    scale = raw.part("model.norm.weight") / np.sqrt((stream**2).mean() + raw.config["rms_norm_eps"])
    np.testing.assert_allclose(found.heads, parts @ (towards * scale), atol=1e-5)
    assert found.feed_forward[12] == pytest.approx(middle @ (towards * scale), abs=1e-5)
    assert np.abs(found.bias).max() == found.constant == 0
    assert len(found.to_frame()) == 30 * (9 + 2) + 2


@pytest.mark.parametrize("family", tiny_models.DECODERS)
def test_parts_add_up_in_every_family(family: str) -> None:
    made = talking(family)
    found = contributions(made, "the dog ran", PAIR)
    with torch.inference_mode():
        logits = made.network(input_ids=torch.tensor([ids(made, "the dog ran")])).logits[0, -1].double()
    cap = getattr(made.network.config, "final_logit_softcapping", None)
    logits = cap * torch.atanh(logits / cap) if cap else logits
    first, second = (tiny_models.VOCABULARY[word] for word in PAIR)
    assert found.softcap == (family == "gemma2")
    assert found.total == pytest.approx(float(logits[first] - logits[second]), abs=1e-4)
    assert np.abs(found.heads).min() > 1e-5
    assert (np.abs(found.bias).max() > 0.01) == (family in ("gpt2", "gpt_neox"))


def test_two_tokens_and_one_head_by_hand() -> None:
    """The last norm, frozen, is a number a feature: with one head, no feed-forward block and equal attention all is worked out."""
    made = talking(
        "llama", num_hidden_layers=1, hidden_size=2, num_attention_heads=1, num_key_value_heads=1, head_dim=2
    )
    layer, net = made.network.model.layers[0], made.network
    with torch.no_grad():
        for name in ("q_proj", "k_proj"):
            getattr(layer.self_attn, name).weight.zero_()  # equal scores: every token that is seen gets the same weight
        layer.self_attn.v_proj.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        layer.self_attn.o_proj.weight.copy_(torch.tensor([[0.0, 2.0], [1.0, 0.0]]))
        layer.mlp.down_proj.weight.zero_()
        for norm in (layer.input_layernorm, net.model.norm):
            norm.weight.fill_(1)
        net.model.embed_tokens.weight.zero_()
        net.model.embed_tokens.weight[tiny_models.VOCABULARY["[CLS]"]] = torch.tensor([1.0, 1.0])
        net.model.embed_tokens.weight[tiny_models.VOCABULARY["dog"]] = torch.tensor([3.0, -3.0])
        net.lm_head.weight.zero_()
        net.lm_head.weight[tiny_models.VOCABULARY["quickly"]] = torch.tensor([1.0, 0.0])
        net.lm_head.weight[tiny_models.VOCABULARY["home"]] = torch.tensor([0.0, 1.0])
    found = contributions(made, "dog", ("quickly", "home"))
    # Normed, the two tokens are (1, 1) and (1, -1); their values' mean is (1, 0), and the projection makes (0, 1) of it.
    # The stream is (3, -3) + (0, 1) = (3, -2), whose root mean square is sqrt(6.5).
    assert found.embedding == pytest.approx(6 / 6.5**0.5, rel=1e-5)
    assert found.heads.tolist() == [[pytest.approx(-1 / 6.5**0.5, rel=1e-5)]]
    assert found.feed_forward.tolist() == [0]
    assert found.own == pytest.approx(5 / 6.5**0.5, rel=1e-5)
    # Behind the projection the values are (2, 1) and (-2, 1); "dog" gives half of its attention to each.
    weighted = weighted_attention(made, "dog")
    np.testing.assert_allclose(weighted.lengths, [[[5**0.5, 5**0.5]]], rtol=1e-5)
    np.testing.assert_allclose(weighted.norms[0, 0, 1], [5**0.5 / 2] * 2, rtol=1e-5)
    np.testing.assert_allclose(moved_shares(weighted).weights[0, 0], [[1, 0], [0.5, 0.5]], atol=1e-6)


def test_what_both_prompts_have_in_common_is_gone_from_the_difference(decoder: ContextualModel) -> None:
    dog, program = (contributions(decoder, prompt, PAIR) for prompt in ("The dog ran", "The program ran"))
    apart = dog.minus(program)
    assert apart.total == pytest.approx(dog.own - program.own, abs=1e-4)
    assert apart.total > 5
    np.testing.assert_allclose(apart.heads, dog.heads - program.heads)


@pytest.mark.parametrize(
    ("pair", "error", "said"),
    [
        (("quickly",), BadInputError, "Two candidates are set against each other"),
        ("quickly", BadInputError, "Two candidates are set against each other"),
        (("quickly", "quickly"), BadInputError, "begin with different tokens"),
    ],
)
def test_what_cannot_be_set_against_each_other_is_refused(
    pair: Any, error: type, said: str, encoder: ContextualModel
) -> None:
    with pytest.raises(error, match=said):
        contributions(talking("llama"), "the dog", pair)
    with pytest.raises(NotADecoderError):
        contributions(encoder, "the dog", pair)


def test_a_decoder_whose_parts_do_not_add_up_is_refused() -> None:
    made = talking("llama")
    whole = lambda module, given, output: output * 1.1 if given[0].shape[1] > 1 else output  # noqa: E731
    made.network.model.layers[1].mlp.register_forward_hook(
        whole
    )  # in a pass over the text, and not of one position alone
    with pytest.raises(UnsupportedModelError, match="add up to something else"):
        contributions(made, "the dog ran", PAIR)
