"""What is tried at load: what would fail or be wrong later is one refusal with its reason, and nothing else is refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

from ctxcore import BadInputError, ContextualModel, ModelError, TooLongError, UnsupportedModelError
from ctxcore.models import self_check
from ctxcore.models.loading import checked
from tests import tiny_models

SIZE = {
    "vocab_size": 22, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48,
    "max_position_embeddings": 40, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "initializer_range": 0.3,
}  # fmt: skip
PAIR = {
    "vocab_size": 22, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_position_embeddings": 40,
    "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "decoder_start_token_id": 0, "forced_eos_token_id": 3,
}  # fmt: skip
T5 = {
    "vocab_size": 22,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 48,
    "num_layers": 2,
    "num_heads": 4,
    "decoder_start_token_id": 0,
}
SEEN = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
IMAGE = {**SEEN, "image_size": 28, "patch_size": 14}
SOUND = {
    "vocab_size": 22, **SEEN, "conv_dim": (16, 16), "conv_stride": (2, 2), "conv_kernel": (3, 3),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip
LINEAR = {
    "num_key_value_heads": 2, "head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 2,
    "linear_key_head_dim": 8, "linear_value_head_dim": 8, "num_experts": 2, "num_experts_per_tok": 1,
    "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16,
}  # fmt: skip


def network(family: str, **changes: Any) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return AutoModel.from_config(AutoConfig.for_model(family, **{**SIZE, **changes})).eval()


def model(made: Any, tokenizer: Any = None) -> ContextualModel:
    return checked(made, tokenizer or tiny_models.tokenizer(), id="tiny")


@pytest.mark.parametrize(
    ("family", "limit"),
    [
        ("bert", 40), ("roberta", 39), ("xlm-roberta", 39), ("camembert", 39), ("roberta-prelayernorm", 39),
        ("data2vec-text", 39), ("esm", 39), ("layoutlm", 40), ("biogpt", 40),
    ],
)  # fmt: skip
def test_the_limit_is_what_the_network_takes(family: str, limit: int) -> None:
    found = model(network(family))
    assert (found.limit, found.tokenizer.limit) == (limit, limit)
    room = limit - (1 if found.kind == "decoder" else 2)
    assert found.encode([" ".join(["dog"] * room), "the"])[0].hidden.shape == (3, limit, 32)
    assert found.trace("the dog ran", 2, 3).difference < 1e-5
    with pytest.raises(TooLongError, match=f"has {limit + 1} tokens"):
        found.encode([" ".join(["dog"] * (room + 1))])


@pytest.mark.parametrize("stated", [41, 60, 5000, 20])
def test_a_limit_that_the_configuration_states_too_high_is_found_out(stated: int) -> None:
    made = network("bert")
    made.config.max_position_embeddings = stated
    assert model(made).limit == (20 if stated == 20 else 40)


@pytest.mark.parametrize("limit", [1, 2])
def test_a_model_without_room_for_a_token_of_text_is_refused(limit: int) -> None:
    tokenizer = tiny_models.tokenizer()
    tokenizer.model_max_length = limit
    with pytest.raises(ModelError, match=f"a limit of {limit} tokens, of which 2 are special"):
        model(network("bert"), tokenizer)


def with_hole() -> PreTrainedTokenizerFast:
    made = Tokenizer(models.WordLevel({**tiny_models.VOCABULARY, "far": 99}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]")


def added(**roles: str) -> PreTrainedTokenizerFast:
    tokenizer = tiny_models.tokenizer()
    tokenizer.add_special_tokens(roles)
    return tokenizer


def with_word() -> PreTrainedTokenizerFast:
    tokenizer = tiny_models.tokenizer()
    tokenizer.add_tokens(["dogs"])
    return tokenizer


@pytest.mark.parametrize(
    ("make", "token", "number"),
    [
        (lambda: added(pad_token="<pad>"), "<pad>", 22), (lambda: added(mask_token="<m>"), "<m>", 22),
        (lambda: added(bos_token="<b>"), "<b>", 22), (with_word, "dogs", 22), (with_hole, "far", 99),
    ],
)  # fmt: skip
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_a_token_without_a_vector_is_named(family: str, make: Callable[[], Any], token: str, number: int) -> None:
    with pytest.raises(ModelError, match=f"22 token vectors; '{token}' is number {number}"):
        model(tiny_models.network(family), make())


def test_a_placeholder_without_a_vector_is_refused_only_where_it_is_typed() -> None:
    tokenizer = tiny_models.tokenizer()
    tokenizer.add_special_tokens({"extra_special_tokens": ["<image>"]})
    found = model(network("bert"), tokenizer)
    assert found.encode(["the dog"])[0].hidden.shape == (3, 4, 32)
    with pytest.raises(BadInputError, match="'<image>', which this model has none for"):
        found.encode(["the <image> dog"])


@pytest.mark.parametrize("cut", [pre_tokenizers.Split("", "isolated"), pre_tokenizers.Split("g", "isolated")])
def test_a_tokenizer_that_knows_nothing_is_refused(cut: Any) -> None:
    words = [*tiny_models.SPECIAL, "dog", "dogs", "frog", "lag", "egg", "gig"]
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = cut
    roles = {f"{role.lower()}_token": f"[{role}]" for role in ("PAD", "UNK", "CLS", "SEP", "MASK")}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, **roles)
    with pytest.raises(ModelError, match=r"a tokenizer of 11 tokens that knows 0 of 6 of its own"):
        model(network("bert"), tokenizer)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: transformers.T5Model(transformers.T5Config(**T5)), "two networks, an encoder and a decoder"),
        (lambda: network("bart", **PAIR), "two networks, an encoder and a decoder"),
        (lambda: network("mbart", **PAIR), "two networks, an encoder and a decoder"),
        (lambda: network("marian", **PAIR), "two networks, an encoder and a decoder"),
        (lambda: transformers.ViTModel(transformers.ViTConfig(**IMAGE)), "reads images"),
        (
            lambda: transformers.CLIPModel(transformers.CLIPConfig(text_config=SIZE, vision_config=IMAGE)),
            "reads images beside text",
        ),
        (lambda: transformers.Wav2Vec2Model(transformers.Wav2Vec2Config(**SOUND)), "reads sound"),
        (
            lambda: network("qwen3_next", **LINEAR, layer_types=["linear_attention"] * 2),
            "linear attention .*2 of its 2",
        ),
        (
            lambda: network("qwen3_next", **LINEAR, layer_types=["linear_attention", "full_attention"]),
            "linear attention .*1 of its 2",
        ),
        (
            lambda: network("xmod", languages=["en_XX"]),
            r"fails when it is tried \(ValueError: Input language unknown\)",
        ),
        (lambda: network("fnet"), "0 of 2 layers"),
        (
            lambda: network("opt", ffn_dim=48, word_embed_proj_dim=16, do_layer_norm_before=False),
            "16 and 32 numbers long",
        ),
    ],
)
def test_another_build_is_refused_with_its_reason(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(UnsupportedModelError, match=says):
        model(make())


def test_t5s_encoder_by_itself_works() -> None:
    found = model(transformers.T5EncoderModel(transformers.T5Config(**T5)))
    assert (found.kind, found.layers, found.norm_first) == ("encoder", 2, True)
    assert found.limit == 10**9  # it has no table of positions that could end
    assert found.trace("the dog ran", 2, 3).difference < 1e-5


class PanicException(BaseException):
    """As a library written in Rust raises it."""


@pytest.mark.parametrize(
    "error",
    [AttributeError("x"), TypeError("x"), struct.error("x"), IndexError("x"), RuntimeError("x"), PanicException("x")],
)
def test_whatever_a_library_raises_is_one_refusal(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    made = network("bert")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(made, "forward", fail)
    with pytest.raises(
        UnsupportedModelError, match=f"\u201cbert\u201d, which fails when it is tried .{type(error).__name__}"
    ):
        model(made)


def test_who_stops_the_program_stops_it() -> None:
    with pytest.raises(KeyboardInterrupt), self_check.trying("bert"):
        raise KeyboardInterrupt


def test_a_network_that_reads_the_padding_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    made = network("bert")
    forward = made.forward

    def unmasked(*args: Any, attention_mask: Any = None, **extra: Any) -> Any:
        return forward(*args, attention_mask=torch.ones_like(attention_mask), **extra)

    monkeypatch.setattr(made, "forward", unmasked)
    with pytest.raises(UnsupportedModelError, match="attends to the padding"):
        model(made)


def test_attention_that_cannot_be_switched_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctxcore.models.attend._restricted", lambda mask, allowed, dtype: mask)
    with pytest.raises(UnsupportedModelError, match="goes on attending where attention is off"):
        model(network("bert"))


def test_a_trace_that_does_not_come_out_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(*args: Any, **options: Any) -> Any:
        steps, own = worked_out(*args, **options)
        return steps, own * 1.01

    worked_out = self_check.worked_out
    monkeypatch.setattr(self_check, "worked_out", off)
    with pytest.raises(UnsupportedModelError, match="something else than its queries, keys and values give"):
        model(network("bert"))
