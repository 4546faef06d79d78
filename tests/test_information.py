"""How many bits a context tells: by hand, against plain transformers, and verdicts that fail where there is nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy import special

from ctxcore import (
    BadInputError,
    ContextualModel,
    Engine,
    HeldOutInformation,
    NoSentencesError,
    NotADecoderError,
    Prediction,
    PromptInformation,
    cxmi,
    held_out,
    pcxmi,
)
from ctxcore.charts.information import HeldOutBits, HeldOutBitsChart, PromptBits, PromptBitsChart
from ctxcore.charts.unseen import HeldOutSentences
from ctxcore.measures.information import bits_gained, interval_by_group, more_right
from ctxcore.measures.lookup import LookupTable, SmoothedModel, split
from ctxcore.studies.information import with_words
from tests import tiny_models
from tests.bare_models import BareModel
from tests.test_decoding import causal, model_of

PROMPTS = ["The dog ran", "It ran", "ran", "We saw: the old, grey dog ran"]


def test_a_bit_is_twice_as_likely() -> None:
    assert bits_gained(np.log([0.5, 0.25, 0.01]), np.log([0.25, 0.5, 0.01])).tolist() == pytest.approx([1, -1, 0])


def test_an_interval_holds_the_means_of_other_sentences() -> None:
    low, high = interval_by_group(np.full(6, 2.5), [0, 0, 1, 2, 2, 2])
    assert (low, high) == pytest.approx((2.5, 2.5))
    # Two sentences of 0 and 1: of four draws of two one gives the mean 0, one 1.
    assert interval_by_group(np.array([0.0, 1.0]), [7, 9]).tolist() == [0, 1]
    assert interval_by_group(np.array([[0.0, 1.0]]), [3, 3]).tolist() == [[-np.inf, np.inf]]
    # Words of one sentence are no more evidence than one of them.
    few, many = np.random.default_rng(0).normal(size=12), np.arange(12)
    alone = interval_by_group(few, many.tolist())
    assert interval_by_group(np.repeat(few, 5), np.repeat(many, 5).tolist()) == pytest.approx(alone)
    with pytest.raises(BadInputError, match="2 values, 3 groups"):
        interval_by_group(np.zeros(2), [0, 1, 2])


def test_where_there_is_nothing_an_interval_says_so() -> None:
    draw, wrong = np.random.default_rng(5), 0
    for trial in range(1000):
        sentences = np.repeat(np.arange(12), draw.integers(1, 6, 12))
        values = draw.standard_t(5, len(sentences)) + draw.normal(0, 0.5, 12)[sentences]
        wrong += interval_by_group(values, sentences.tolist(), draws=400, seed=trial)[0] > 0
    assert 0.01 < wrong / 1000 <= 0.05


def test_more_right_guesses_are_told_only_where_the_sentences_agree() -> None:
    few = split(["the dog ran"])
    sentences = ["the dog ran home", "a cat program slowly", "river bank"]
    found = held_out(model_of("llama"), LookupTable(few, 2), SmoothedModel(few, 2), sentences)
    first = np.zeros_like(found.first)
    first[found.predictors.index("full")] = True
    assert more_right(replace(found, first=first)).tolist() == [1, 1]
    first[found.predictors.index("last word"), :5] = True
    low, high = more_right(replace(found, first=first))
    assert low == 0
    assert high == 1


class Told:
    """A model that gives two candidates what it is told: contexts with "dog" one thing, others another."""

    def next_words(self, prefixes: Sequence[str], candidates: Sequence[str], k: int) -> list[Prediction]:
        return [self._after(prefix, candidates) for prefix in prefixes]

    def _after(self, prefix: str, candidates: Sequence[str]) -> Prediction:
        shares = {"": [1 / 32, 1 / 4], "ran": [1 / 8, 1 / 4], "dog The ran": [1 / 4, 1 / 4]}
        given = shares.get(
            prefix, [1 / 2, 1 / 16] if "dog" in prefix else [1 / 16, 1 / 8 if len(prefix) % 2 else 1 / 64]
        )
        return Prediction(prefix, (), dict(zip(candidates, given, strict=True)), {}, {}, 0.0, np.ones(1))


def test_bits_by_hand() -> None:
    found = pcxmi(cast(ContextualModel, Told()), PROMPTS[:3], ["quickly", "home"])
    assert found.whole[0].tolist() == pytest.approx([2, -2])  # 1/2 after 1/8; 1/16 after 1/4
    assert found.start[0].tolist() == pytest.approx([-2, 0])
    assert found.orders == (("dog The ran",), (), ())
    assert found.shuffled[0][0].tolist() == pytest.approx([1, 0])
    np.testing.assert_allclose(found.alone, [[1 / 8, 1 / 4]] * 3)
    assert len(found.others[0]) == len(set(found.others[0])) == 39
    assert {text.split()[-1] for text in found.others[0]} == {"ran"}
    assert all(len(text.split()) == 3 and "ran" not in text.split()[:-1] for text in found.others[0])
    np.testing.assert_allclose(found.unrelated[0][:, 0], -1)
    # Nothing else gives "quickly" as much; "home" gets as little from some; "ran" alone has no context.
    assert found.outside(0, 0) == 1
    assert found.as_much(0, 0) == 0
    assert found.outside(0, 1) == 0
    assert found.outside(2, 0) is None
    assert found.whole[2].tolist() == [0, 0]
    assert found.first(1).whole.tolist() == found.whole[:, :1].tolist()


def told(whole: float, others: Sequence[float]) -> PromptInformation:
    one = np.zeros((1, 1))
    return PromptInformation(
        ("a b",), ("c",), one, one + whole, one, ((),), (np.zeros((0, 1)),), (("x b",) * len(others),), (np.array(others)[:, None],)
    )  # fmt: skip


def test_a_context_like_any_other_passes_in_one_of_twenty() -> None:
    draw = np.random.default_rng(3)
    passed = [told(float(x[0]), x[1:].tolist()).outside(0, 0) != 0 for x in draw.normal(size=(2000, 40))]
    assert 0.03 < np.mean(passed) < 0.065
    assert told(9, [1] * 19).outside(0, 0) == 1
    assert told(-9, [1] * 19).outside(0, 0) == -1
    assert told(9, [1] * 18).outside(0, 0) is None


def test_words_are_replaced_where_they_stand() -> None:
    assert with_words("We saw: the old, grey dog", ["grey", "We", "old"]) == "grey We: old old, grey dog"
    found = pcxmi(cast(ContextualModel, Told()), PROMPTS[3:], ["quickly", "home"], orders=5, others=2)
    assert len(set(found.orders[0])) == 5
    for text in found.orders[0]:
        assert sorted(text.replace(":", "").replace(",", "").split()) == sorted("We saw the old grey dog ran".split())
        assert text.split()[1].endswith(":")
        assert text.endswith("ran")
    assert pcxmi(cast(ContextualModel, Told()), PROMPTS[3:], ["a", "b"], seed=1).orders[0] != found.orders[0]


def test_bits_are_those_of_plain_transformers(decoder: ContextualModel, bare_decoder: BareModel) -> None:
    found = pcxmi(decoder, ["The program ran"], ["successfully"], orders=3, others=3)
    output = bare_decoder.network.get_input_embeddings().weight.detach()
    (number,) = bare_decoder.tokenizer(" successfully")["input_ids"]

    def log2(text: str) -> float:
        ids = torch.tensor([bare_decoder.tokenizer(f"{bare_decoder.start}{text}".strip())["input_ids"]])
        with torch.inference_mode():
            last = bare_decoder.network(ids).last_hidden_state[0, -1] @ output.T
        return float(special.log_softmax(last.double().numpy())[number] / np.log(2))

    alone = log2("ran")
    assert found.alone[0, 0] == pytest.approx(2**alone, rel=1e-4)
    for ours, texts in (
        (found.whole, ["The program ran"]),
        (found.shuffled[0], ["program The ran"]),
        (found.unrelated[0], found.others[0]),
    ):
        assert ours[:, 0].tolist() == pytest.approx([log2(text) - alone for text in texts], abs=1e-4)
    assert found.whole[0, 0] > 3


def test_an_encoder_has_no_next_word(encoder: ContextualModel) -> None:
    with pytest.raises(NotADecoderError):
        pcxmi(encoder, ["The dog ran"], ["quickly"])


def measured(sentences: Sequence[str]) -> Any:
    few = split(["the dog ran"])
    return held_out(model_of("llama"), LookupTable(few, 2), SmoothedModel(few, 2), sentences)


def test_held_out_words_behind_spoilt_contexts_are_those_of_the_bare_network() -> None:
    """Of three words before the asked one the first two have one other order, and one other sentence lends its words."""
    sentences = ["the dog ran home", "a cat program slowly"]
    found = cxmi(model_of("llama"), measured(sentences))
    assert found.words == ("home", "slowly")
    assert (found.contexts, found.eligible) == (("whole", "shuffled", "exchanged"), 2)
    network = causal("llama")
    ends = np.ones(network.config.vocab_size, dtype=bool)
    ends[[n for w, n in tiny_models.VOCABULARY.items() if w.isalpha()]] = False

    def log2(text: str) -> float:
        ids = [2, *(tiny_models.VOCABULARY[w] for w in text.split())]
        with torch.inference_mode():
            logs = special.log_softmax(network(torch.tensor([ids])).logits[0].double().numpy(), axis=-1)
        return float((logs[-2, ids[-1]] + special.logsumexp(logs[-1, ends])) / np.log(2))

    texts = [
        ["the dog ran home", "dog the ran home", "a cat ran home"],
        ["a cat program slowly", "cat a program slowly", "the dog program slowly"],
    ]
    for n, alone in enumerate(("ran home", "program slowly")):
        expected = [log2(text) - log2(alone) for text in texts[n]]
        assert found.bits[:, n].tolist() == pytest.approx(expected, abs=1e-4)
    assert found.mean.tolist() == pytest.approx(found.bits.mean(1))
    assert found.beats(2) is None


def test_what_cannot_be_spoilt_is_not_asked() -> None:
    with pytest.raises(NoSentencesError, match="three words before it"):
        cxmi(model_of("llama"), measured(["the dog ran", "a cat"]))
    with pytest.raises(NoSentencesError, match="behind other words"):
        cxmi(model_of("llama"), measured(["the dog ran home"]))  # there is no other sentence
    with pytest.raises(BadInputError, match="Measure held_out anew"):
        cxmi(model_of("llama"), replace(measured(["the dog ran home"]), places=()))


def test_a_whole_context_beats_a_spoilt_one_where_the_interval_says_so() -> None:
    bits = np.zeros((3, 12))
    more = np.array([[0, 0], [0.1, 0.4], [-0.1, 0.9]])
    found = HeldOutInformation(
        ("whole", "shuffled", "exchanged"), ("w",) * 12, tuple(range(12)), bits, bits.mean(1), more, more, 12, 0.0
    )  # fmt: skip
    assert (found.beats(1), found.beats(2)) == (True, None)
    assert replace(found, more=-more).beats(1) is False
    assert replace(found, sentence_index=(0, 1, 2) * 4).beats(1) is None


def test_the_page_says_which_contexts_matter_and_which_cannot_be_told() -> None:
    chart = PromptBitsChart(PromptBits("m", ("a b",), ("c",)))
    assert chart.remark(told(9, [1] * 39), Engine()) == (
        "The context tells more than any other context of its length: \u201cc\u201d after \u201ca b\u201d."
    )
    assert "Cannot be told" in chart.remark(told(1, [0] * 30 + [2] * 9), Engine())
    assert "(9 of 39 give it as much)" in chart.remark(told(1, [0] * 30 + [2] * 9), Engine())
    assert "less likely than any other" in chart.remark(told(-1, [0] * 39), Engine())
    assert "Too few" in chart.remark(told(9, []), Engine())
    held = HeldOutBitsChart(HeldOutBits(HeldOutSentences("m")))
    more = np.array([[0, 0], [-0.1, 0.4], [0.5, 0.9]])
    found = HeldOutInformation(
        ("whole", "shuffled", "exchanged"), ("w",) * 12, tuple(range(12)), np.zeros((3, 12)), np.array([3, 2.5, 1]), more, more, 12, 0.0
    )  # fmt: skip
    said = held.remark(found, Engine())
    assert "tells more than another sentence\u2019s words: +2.00 bits a word (95 %: +0.50 to +0.90)" in said
    assert "cannot be told from its own words in another order: +0.50" in said
    assert "5 sentences: too few" in held.remark(replace(found, sentence_index=(0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4)), Engine())  # fmt: skip
