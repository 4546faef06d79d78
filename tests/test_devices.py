"""Devices and number formats: names, another device, half precision, and a device that is full."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

import ctxcore
from benchmarks.answers import answers, cosine
from ctxcore import BadInputError, DeviceMemoryError
from ctxcore.export.provenance import model_facts
from ctxcore.models import devices, weights
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.loading import checked
from tests import tiny_models
from tests.second_device import second_device
from tests.test_decoding import causal

FAMILIES = ("bert", "gemma2", "gpt2", "llama")


def model_in(family: str, place: devices.Place | None = None) -> ContextualModel:
    changes = {"final_logit_softcapping": None} if family == "gemma2" else {}  # with it no lens is read
    made = causal(family, **changes) if family in tiny_models.DECODERS else tiny_models.network(family)
    return checked(made, tiny_models.tokenizer(), id=f"tiny-{family}", place=place)


@cache
def expected(family: str) -> dict[str, np.ndarray]:
    return answers(model_in(family))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"device": "gpu"}, "A device is auto, cpu, cuda, cuda:<number> or mps. Received: 'gpu'"),
        ({"device": "cuda:x"}, "A device is auto"),
        ({"device": "cuda"}, r"a device that torch sees on this computer. Received: 'cuda', where torch .* sees cpu"),
        ({"device": torch.device("mps")}, "Received: 'mps', where"),
        ({"dtype": "int8"}, "A number format is auto, float32, bfloat16 or float16. Received: 'int8'"),
        ({"dtype": torch.float64}, "A number format is auto"),
    ],
)
def test_names_are_checked_before_anything_is_loaded(
    asked: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "read", lambda path: pytest.fail("it was loaded"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(BadInputError, match=says):
        ctxcore.load_model("minilm-l6", **asked)


def test_auto_is_a_gpu_where_there_is_one_and_full_precision_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.place() == devices.Place("cpu", "float32")
    assert devices.place(dtype=torch.bfloat16) == devices.Place("cpu", "bfloat16")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.place() == devices.Place("cuda", "float32")
    assert devices.place("cuda:1", "float16") == devices.Place("cuda:1", "float16")
    with pytest.raises(BadInputError, match=r"'cuda:2', where torch .* sees cuda, cuda:0, cuda:1, cpu"):
        devices.place("cuda:2")


def test_everything_is_computed_where_the_network_is() -> None:
    """Whatever is made on the CPU and not sent there fails, as on a GPU ("index is on cpu")."""
    for family in FAMILIES:
        with second_device():
            model = model_in(family, devices.Place("second:0"))
            assert model.device == "second:0"
            found = answers(model)
        for name, numbers in expected(family).items():
            np.testing.assert_allclose(found[name], numbers, atol=1e-4, rtol=1e-3, err_msg=f"{family}: {name}")


@pytest.mark.parametrize(("format", "least"), [("bfloat16", 0.999), ("float16", 0.9999)])
def test_half_precision_agrees_and_gives_float32(format: str, least: float) -> None:
    for family in FAMILIES:
        model = model_in(family, devices.Place("cpu", format))
        assert model.dtype == format
        assert model.encode(["the dog"])[0].hidden.dtype == np.float32
        sums = model.attention("the dog ran").weights.sum(-1)
        np.testing.assert_allclose(sums, 1, atol=1e-6, err_msg="a row is a share, in half precision too")
        assert model.trace("the dog ran", 1, 0).weights.dtype == np.float32
        found = {name: cosine(numbers, expected(family)[name]) for name, numbers in answers(model).items()}
        assert {name: near for name, near in found.items() if near <= least} == {}, family


def test_rotary_frequencies_stay_as_they_are() -> None:
    model = model_in("llama", devices.Place("cpu", "bfloat16"))
    assert {p.dtype for p in model.network.parameters()} == {torch.bfloat16}
    frequencies = [b for name, b in model.network.named_buffers() if name.endswith("inv_freq")]
    assert frequencies
    assert {b.dtype for b in frequencies} == {torch.float32}


def test_a_network_that_computes_other_numbers_in_its_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(network: Any, there: devices.Place) -> None:
        network.to(there.dtype)
        network.embeddings.LayerNorm.bias.data += 1

    monkeypatch.setattr(devices, "put", spoil)
    with pytest.raises(
        ctxcore.UnsupportedModelError, match="gives other numbers in bfloat16 on cpu than on the CPU in"
    ):
        model_in("bert", devices.Place("cpu", "bfloat16"))


def test_device_and_format_are_told() -> None:
    model = model_in("bert", devices.Place("cpu", "bfloat16"))
    assert repr(model).endswith("32 features, bfloat16 on cpu)")
    assert {k: model_facts(model)[k] for k in ("device", "dtype")} == {"device": "cpu", "dtype": "bfloat16"}


class _Full:
    """A network's forward pass with room for so many tokens."""

    def __init__(self, model: ContextualModel, room: int) -> None:
        self.room, self.seen, self.own = room, list[int](), model.network.base_model.forward
        model.network.base_model.forward = self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.seen.append(kwargs["input_ids"].numel())
        if self.seen[-1] > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self.own(*args, **kwargs)


TEXTS = [
    "the dog ran",
    "the program ran",
    "a cat ran",
    "the bank ran",
    "the river ran",
    "a road ran",
    "a home ran",
    "dog ran",
]


def test_a_batch_without_room_is_halved_once() -> None:
    model = model_in("bert")
    whole = model.occurrences("ran", TEXTS).vectors
    full = _Full(model, 20)  # 8 texts of 5 tokens, one of 4
    np.testing.assert_allclose(model.occurrences("ran", TEXTS).vectors, whole, atol=1e-5)
    assert full.seen == [40, 20, 20]
    assert model.at_once == 20
    np.testing.assert_allclose(model.encode(TEXTS)[0].hidden[:, 3], whole[0], atol=1e-5)
    assert full.seen[3:] == [20, 20]  # known by now


@pytest.mark.parametrize(
    ("room", "fits", "remedy"), [(12, 10, "Set model.at_once = 10, or load"), (4, 0, "Load the model in half")]
)
def test_a_device_that_is_full_says_what_would_fit(room: int, fits: int, remedy: str) -> None:
    model = model_in("bert")
    full = _Full(model, room)
    with pytest.raises(
        DeviceMemoryError, match=r"Received: cpu in float32, with no room for a batch of 40 tokens, nor half of it"
    ):
        model.occurrences("ran", TEXTS)
    with pytest.raises(DeviceMemoryError) as caught:
        model.encode(TEXTS)
    assert caught.value.fits == fits
    assert caught.value.remedy.startswith(remedy)
    if fits:
        model.at_once = fits
        assert len(model.encode(TEXTS)) == len(TEXTS)
    full.room = 4
    with pytest.raises(DeviceMemoryError, match="1 texts of 5 tokens on cpu"):
        model.attention(TEXTS[0])
    with pytest.raises(DeviceMemoryError, match=r"no room for a text of 5 tokens\. Load the model"):
        model.occurrences("ran", TEXTS[:1])


def test_a_network_that_does_not_fit_its_device_is_no_raw_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def to(where: str) -> Any:
        if network.dtype == torch.bfloat16:  # it is on its way
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return network

    network = tiny_models.network("bert")
    monkeypatch.setattr(network, "to", to)
    with pytest.raises(
        DeviceMemoryError, match=r"a network that does not fit on cpu in bfloat16. Load the model in half"
    ):
        checked(network, tiny_models.tokenizer(), id="t", place=devices.Place("cpu", "bfloat16"))
    other = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    assert not devices.is_full(other)
    assert devices.is_full(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))


def test_a_batch_on_a_gpu_is_as_large_as_its_memory_allows() -> None:
    from ctxcore.models.passes import at_once

    assert at_once(12, 768, "cuda", 80 << 30) == 16_384
    assert at_once(12, 768, "cuda", 1 << 30) == (1 << 29) // (4 * 768 * 37)  # 4,723: half of what is free
    assert at_once(12, 768, "cuda", 1 << 20) == at_once(12, 768, "mps") == 2048


ODD = [
    "  the\u00a0dog\u200b ran ",
    "",
    "[MASK] ran",
    "the dog\u0301 ran quickly",
    "\U0001f468\u200d\U0001f469 ran",
    "the the",
    ".",
]


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_tokens_as_arrays_are_the_tokens(family: str) -> None:
    reader = model_in(family).tokenizer
    found, rows = reader.arrays(ODD), reader(ODD)
    assert found.lengths.tolist() == [len(row) for row in rows]
    tokens = [t for row in rows for t in row]
    for name, part in (("id", found.ids), ("start", found.starts), ("end", found.ends), ("special", found.special)):
        assert part.tolist() == [getattr(t, name) for t in tokens], name


@pytest.mark.parametrize("name", ["minilm-l6", "smollm2-135m"])
def test_tokens_as_arrays_are_the_tokens_of_real_models(name: str, request: pytest.FixtureRequest) -> None:
    reader = request.getfixturevalue("encoder" if name == "minilm-l6" else "decoder").tokenizer
    texts = [s for word in ctxcore.sense_bank().values() for s in word.sentences]
    texts += [
        *ODD[:4],
        "Caf\u00e9s  na\u00efvely\tre-opened\u2026",
        "\u6c49\u5b57 \u0e44\u0e17\u0e22 <|endoftext|> ran",
        "x" * 300,
    ]
    found, rows = reader.arrays(texts), reader(texts)
    assert found.bounds.tolist() == [0, *np.cumsum([len(row) for row in rows])]
    tokens = [t for row in rows for t in row]
    for key, part in (("id", found.ids), ("start", found.starts), ("end", found.ends), ("special", found.special)):
        assert part.tolist() == [getattr(t, key) for t in tokens], key


def test_vectors_of_spans_are_those_of_mentions(encoder: ContextualModel) -> None:
    texts = ["The dog ran.", "Unbelievably, she outran it.", "The dog ran."]
    mentions = [
        ctxcore.Mention(1, 0, 12),
        ctxcore.Mention(0, 8, 11),
        ctxcore.Mention(2, 0, 12),
        ctxcore.Mention(1, 18, 24),
    ]
    spans = np.array([(m.sentence_index, m.start, m.end) for m in mentions])
    whole = encoder.vectors(texts, mentions).vectors
    assert np.array_equal(encoder.span_vectors(texts, spans), whole)
    assert np.array_equal(encoder.span_vectors(texts, spans, [6, 0]), whole[:, [6, 0]])
    assert np.array_equal(encoder.span_vectors(texts, spans, 6), whole[:, 6:])
    # The mean over tokens, worked out from the hidden states of every token.
    states = {text: encoder.encode(texts)[i] for i, text in enumerate(texts)}
    for vector, m in zip(whole, mentions, strict=True):
        own = states[texts[m.sentence_index]]
        pieces = [i for i, t in enumerate(own.tokens) if not t.special and t.start < m.end and m.start < t.end]
        np.testing.assert_allclose(vector, own.hidden[:, pieces].mean(1), atol=1e-5)


@pytest.mark.parametrize(
    ("spans", "says"),
    [
        ([[0, 8]], r"Spans are whole numbers \[span, 3\]"),
        ([[0.0, 8.0, 11.0]], "float64 of the shape"),
        ([[0, 8, 11], [1, 0, 1]], "sentence 1 of 1"),
        ([[0, 8, 13]], "8 to 13 of 12 characters"),
        ([[0, 3, 4]], "must leave at least one token"),
        ([[0, -1, 4]], "span of characters inside its sentence"),
    ],
)
def test_spans_that_are_none_are_said(spans: list[list[int]], says: str, encoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match=says):
        encoder.span_vectors(["The dog ran."], np.array(spans))
