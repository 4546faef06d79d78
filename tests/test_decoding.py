"""Next words, sentence scores and the lens: against plain transformers in full passes, one token at a time, without a cache."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from ctxcore import (
    Attend,
    BadInputError,
    ContextualModel,
    CtxError,
    GeneratedToken,
    MissingWeightsError,
    NoSentencesError,
    NotADecoderError,
    Prediction,
    TooLongError,
    UnsupportedModelError,
    find,
    lesson_sentences,
)
from ctxcore.measures.attention_steps import log_softmax
from ctxcore.measures.lookup import LookupTable, split
from ctxcore.models import decoding
from ctxcore.models.loading import checked
from ctxcore.models.tokenising import SentenceTokenizer
from tests import tiny_models
from tests.test_interventions import made

DOG, PROGRAM = "The dog ran", "The program ran"
LONG = "Nobody could catch the goat once it ran through the"
Heads = Sequence[tuple[int, int]]
Keep = Callable[[int, int], bool]
SILENT: Heads = [(1, 2), (4, 0), (17, 8), (30, 5)]
# What is asked of the model, and the same said of one pair of tokens and of the silent heads.
WAYS: dict[str, tuple[Attend, Keep, Heads]] = {
    "as trained": (Attend.full(), lambda q, k: True, ()),
    "window of 2": (Attend.window(2), lambda q, k: q - k <= 2, ()),
    "window of 3 and the first": (Attend.window(3, first=1), lambda q, k: q - k <= 3 or k == 0, ()),
    "attention off": (Attend.self_only(), lambda q, k: q == k, ()),
    "without heads": (Attend.without_heads(SILENT), lambda q, k: True, SILENT),
    "a blocked pair": (Attend.block(query=3, keys=[0, 2]), lambda q, k: q != 3 or k not in (0, 2), ()),
}


def log_shares(logits: Any) -> np.ndarray:
    """Natural logarithms of the shares ``[..., vocabulary]`` by scipy, in float64."""
    return np.asarray(special.log_softmax(np.asarray(logits, np.float64), axis=-1))


class Bare:
    """A causal model in plain transformers with eager attention. Every pass is over all tokens; no keys are kept."""

    def __init__(self, network: Any, ids: Callable[[str], list[int]]) -> None:
        self.network = network
        self.ids = ids
        self._last: dict[tuple[Any, ...], np.ndarray] = {}

    def logits(self, ids: Sequence[int], keep: Keep | None = None) -> np.ndarray:
        """After each token ``[token, vocabulary]``."""
        mask = None
        if keep is not None:
            open_ = [[k <= q and keep(q, k) for k in range(len(ids))] for q in range(len(ids))]
            mask = torch.where(torch.tensor(open_), 0.0, torch.finfo(torch.float32).min)[None, None]
        with torch.inference_mode():
            output = self.network(input_ids=torch.tensor([ids]), attention_mask=mask, use_cache=False)
        return np.asarray(output.logits[0].numpy())

    def last(self, ids: Sequence[int], keep: Keep | None = None, heads: Heads = ()) -> np.ndarray:
        """Log-shares after the last token ``[vocabulary]``; worked out once."""
        asked = (tuple(ids), keep, tuple(heads))
        if asked not in self._last:
            with self.without(heads):
                self._last[asked] = log_shares(self.logits(ids, keep)[-1])
        return self._last[asked]

    def at_once(self, prefix: str, written: str) -> float:
        """The same from one pass over all."""
        ids, whole = self.ids(prefix), self.ids(prefix + written)
        assert whole[: len(ids)] == ids
        logs = log_shares(self.logits(whole)[len(ids) - 1 : -1])
        return math.exp(sum(row[i] for row, i in zip(logs, whole[len(ids) :], strict=True)))

    def chain(self, prefix: str, written: str, keep: Keep | None = None, heads: Heads = ()) -> float:
        """Probability of what is written behind a prefix: one full pass for each of its tokens."""
        ids, whole = self.ids(prefix), self.ids(prefix + written)
        assert whole[: len(ids)] == ids
        return math.exp(sum(self.last(whole[:n], keep, heads)[whole[n]] for n in range(len(ids), len(whole))))

    @contextmanager
    def without(self, heads: Heads) -> Iterator[None]:
        """Zeros in the output projections where these heads enter, and the weights back afterwards."""
        kept = {layer: self.network.model.layers[layer - 1].self_attn.o_proj.weight.data.clone() for layer, _ in heads}
        for layer, head in heads:
            self.network.model.layers[layer - 1].self_attn.o_proj.weight.data[:, head * 64 : (head + 1) * 64] = 0
        try:
            yield
        finally:
            for layer, weight in kept.items():
                self.network.model.layers[layer - 1].self_attn.o_proj.weight.data[:] = weight


@pytest.fixture(scope="module")
def bare(decoder_folder: Path) -> Bare:
    """The embedded decoder; its document boundary and leading blank are written out as text."""
    network = AutoModelForCausalLM.from_pretrained(decoder_folder, attn_implementation="eager", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(decoder_folder)
    return Bare(network.eval(), lambda text: tokenizer("<|endoftext|> " + text)["input_ids"])


@pytest.fixture(scope="module")
def llama() -> ContextualModel:
    return model_of("llama")


# --- what the lesson claims ---


def test_the_word_before_the_last_decides_which_adverb_is_likely(decoder: ContextualModel) -> None:
    dog, program = (p.candidates for p in decoder.next_words([DOG, PROGRAM], ["quickly", "successfully"]))
    assert dog["quickly"] >= 20 * program["quickly"]
    assert program["successfully"] >= 100 * dog["successfully"]
    assert dog["quickly"] == pytest.approx(0.120, rel=0.05)
    assert program["quickly"] == pytest.approx(0.0023, rel=0.1)
    assert program["successfully"] == pytest.approx(0.0365, rel=0.05)
    assert dog["successfully"] == pytest.approx(0.0001, rel=0.1)


def test_with_attention_off_the_whole_distributions_are_alike(decoder: ContextualModel) -> None:
    off = decoder.next_words([DOG, PROGRAM], ["quickly", "goatherds"], attend=Attend.self_only())
    on = decoder.next_words([DOG, PROGRAM])
    assert np.abs(off[0].shares - off[1].shares).max() <= 1e-6
    assert off[0].candidates == pytest.approx(off[1].candidates, rel=1e-6)
    assert off[0].rank == off[1].rank
    assert np.abs(on[0].shares - on[1].shares).max() > 0.1  # or else the claim above would prove nothing


def test_the_decoder_ranks_a_word_that_the_table_has_no_entry_for(decoder: ContextualModel) -> None:
    found = decoder.next_words(["The cat ran"], ["swiftly"])[0]
    assert found.candidates["swiftly"] == pytest.approx(0.00126, rel=0.05)
    assert 40 <= found.rank["swiftly"] <= 56
    for n in (2, 3, 4, 5):
        answer = LookupTable(split(lesson_sentences()), n).ask("The cat ran", "swiftly")
        assert answer.count == 0
        assert answer.share == (0 if n == 2 else None)  # "ran" was seen, "cat ran" was not


# --- against plain transformers ---


@pytest.mark.parametrize("prefix", [DOG, PROGRAM, LONG, "It was, he said, 3"])
def test_shares_are_the_bare_models(decoder: ContextualModel, bare: Bare, prefix: str) -> None:
    found = decoder.next_words([prefix])[0]
    expected = np.exp(bare.last(bare.ids(prefix)))
    assert found.shares.shape == (49152,)
    assert found.shares.dtype == np.float32
    np.testing.assert_allclose(found.shares, expected, atol=1e-5, rtol=0)
    assert found.shares.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert found.entropy == pytest.approx(stats.entropy(expected, base=2), abs=1e-4)


MIXED = ["quickly", "goatherds", "in", "very quickly"]


@cache
def predicted(model: ContextualModel, way: str) -> Prediction:
    """Words of one to three tokens behind the long prefix, in one call."""
    return model.next_words([LONG], MIXED, k=6, attend=WAYS[way][0])[0]


@pytest.mark.parametrize("way", WAYS)
def test_candidates_of_any_length_equal_full_passes_one_token_at_a_time(
    decoder: ContextualModel, bare: Bare, way: str
) -> None:
    _, keep, heads = WAYS[way]
    found = predicted(decoder, way)
    assert len({len(pieces) for pieces in found.tokens.values()}) >= 3
    for candidate in MIXED:
        expected = bare.chain(LONG, " " + candidate, keep, heads)
        assert found.candidates[candidate] == pytest.approx(expected, rel=1e-4, abs=0), candidate


@pytest.mark.parametrize("way", list(WAYS)[1:])
def test_every_way_to_attend_moves_the_later_tokens_of_a_candidate(decoder: ContextualModel, way: str) -> None:
    """Or else the comparison above would prove nothing of the second pass."""
    full, changed = predicted(decoder, "as trained"), predicted(decoder, way)
    assert changed.candidates["in"] != pytest.approx(full.candidates["in"], rel=0.001)
    first = decoder.tokens([LONG + " goatherds"])[0][-3]
    assert full.tokens["goatherds"] == ("\u0120go", "ather", "ds")
    assert first.text == "\u0120go"
    rest, other = (p.candidates["goatherds"] / p.shares[first.id] for p in (full, changed))
    assert rest != pytest.approx(other, rel=0.001)


def test_neither_company_nor_order_changes_a_candidate(decoder: ContextualModel) -> None:
    for attend in (Attend.full(), Attend.window(2, first=1)):
        together, turned = (
            decoder.next_words([PROGRAM], c, attend=attend)[0] for c in (MIXED, [*MIXED[::-1], "quickly"])
        )
        assert list(together.candidates) == MIXED
        assert list(turned.candidates) == MIXED[::-1]
        for candidate in MIXED:
            alone = decoder.next_words([PROGRAM], [candidate], attend=attend)[0]
            for found in (together, turned):
                assert found.candidates[candidate] == pytest.approx(alone.candidates[candidate], rel=1e-4, abs=0)
                assert found.tokens[candidate] == alone.tokens[candidate]
                assert found.rank[candidate] == alone.rank[candidate]


def test_each_prefix_is_predicted_as_if_it_were_alone(decoder: ContextualModel) -> None:
    prefixes = [LONG, DOG, PROGRAM, DOG]
    found = decoder.next_words(prefixes, ["goats"])
    assert [p.prefix for p in found] == prefixes
    for one in found:  # a pass of two rows rounds other than one of one row
        np.testing.assert_allclose(one.shares, decoder.next_words([one.prefix])[0].shares, rtol=2e-4, atol=1e-12)
    assert found[1].candidates == found[3].candidates
    assert found[1].candidates != found[2].candidates


def test_a_rank_is_one_more_than_the_other_tokens_that_are_likelier(decoder: ContextualModel) -> None:
    """A word of several tokens stands in the place of its first: "anti" is no rival of the words that begin with it."""
    found = decoder.next_words([DOG], ["down", "antidisestablishmentarianism", *MIXED])[0]
    for candidate, probability in found.candidates.items():
        first = decoding.continuation(decoder, DOG, candidate)[0].id
        likelier = sum(p > probability * (1 + 1e-5) for i, p in enumerate(found.shares.tolist()) if i != first)
        assert found.rank[candidate] == 1 + likelier
    assert found.rank["down"] == 1
    assert found.rank["antidisestablishmentarianism"] == len(found.shares) == 49152  # less likely than any other token


def test_a_rank_worked_by_hand() -> None:
    """Shares of five tokens. A word of the first and a second token, 0.4 x 0.5 = 0.2, yields to 0.3 alone; at 0.4 x 0.1 to all."""
    logs = np.log([0.4, 0.3, 0.15, 0.1, 0.05])
    assert [decoding._rank(logs, logs[i], i) for i in range(5)] == [1, 2, 3, 4, 5]  # of one token: as it stands
    assert decoding._rank(logs, np.log(0.2), 0) == 2
    assert decoding._rank(logs, np.log(0.04), 0) == 5
    assert decoding._rank(logs, np.log(1e-9), 3) == 5


def test_the_likeliest_tokens_come_sorted_with_their_blank(decoder: ContextualModel) -> None:
    found = decoder.next_words([DOG], k=25)[0]
    shares = [share for _, share in found.top]
    np.testing.assert_allclose(shares, np.sort(found.shares)[::-1][:25], rtol=1e-6)
    assert shares == sorted(shares, reverse=True)
    assert [text for text, _ in found.top[:3]] == [" down", " quickly", " into"]
    assert {",", "."} <= {text for text, _ in found.top}
    assert dict(found.top)[" quickly"] == pytest.approx(decoder.next_words([DOG], ["quickly"])[0].candidates["quickly"])


@pytest.mark.parametrize(("k", "count"), [(0, 0), (1, 1), (21, 21), (22, 22), (10**6, 22)])
def test_as_many_tokens_are_listed_as_asked_and_as_there_are(llama: ContextualModel, k: int, count: int) -> None:
    found = llama.next_words([SHORT], k=k)[0]
    assert len(found.shares) == 22
    assert len(found.top) == count
    assert found.candidates == found.rank == found.tokens == {}
    assert [share for _, share in found.top] == pytest.approx(sorted(found.shares, reverse=True)[:k])
    assert all(found.shares[tiny_models.VOCABULARY[text]] == pytest.approx(share) for text, share in found.top)


# --- sentences ---


@pytest.mark.parametrize("sentence", ["The dog ran quickly", LONG, "Goatherds, she said!", "dog"])
def test_a_sentences_steps_are_the_bare_models_picks(decoder: ContextualModel, bare: Bare, sentence: str) -> None:
    found = decoder.log_probability(sentence)
    ids = bare.ids(sentence)
    logs = log_shares(bare.logits(ids))
    expected = np.array([logs[n - 1, ids[n]] for n in range(1, len(ids))])
    assert [t.id for t in found.tokens] == ids[1:]
    assert not any(t.special for t in found.tokens)
    np.testing.assert_allclose(found.steps, expected, atol=1e-4, rtol=0)
    assert found.total == pytest.approx(expected.sum(), abs=1e-4)
    assert found.sentence == sentence


@pytest.mark.parametrize("way", ["as trained", "window of 3 and the first", "without heads"])
def test_a_sentence_is_as_likely_as_its_words_one_after_another(decoder: ContextualModel, way: str) -> None:
    sentence = "The old goatherds ran very quickly"
    attend = WAYS[way][0]
    found = decoder.log_probability(sentence, attend)
    words = sentence.split()
    chain = 0.0
    for n in range(1, len(words)):
        asked = decoder.next_words([" ".join(words[:n])], [words[n]], attend=attend)[0]
        chain += math.log(asked.candidates[words[n]])
    behind = [s for s, t in zip(found.steps, found.tokens, strict=True) if t.start >= sentence.index(words[1])]
    assert sum(behind) == pytest.approx(chain, abs=1e-3)
    assert found.total == pytest.approx(found.steps.sum(), abs=1e-4)
    if attend:
        assert found.total != pytest.approx(decoder.log_probability(sentence).total, abs=0.01)


CHUNKED = [(family, {}) for family in tiny_models.DECODERS] + [("mistral", {"sliding_window": 4})]


@pytest.mark.parametrize("size", [1, 3, 8])
@pytest.mark.parametrize(("family", "changes"), CHUNKED)
def test_a_sentence_read_in_pieces_has_the_steps_of_one_read_whole(
    family: str, changes: dict[str, Any], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine tokens with the start, of which eight are read: in eight pieces, in three, and in one."""
    model = model_of(family, **changes)
    ways = [Attend.full(), Attend.window(2, first=1), Attend.self_only(), Attend.without_heads([(1, 0), (3, 1)])]
    whole = [model.log_probability(TINY, way) for way in ways]
    plain = bare_of(family, **changes)
    logs = log_shares(plain.logits(plain.ids(TINY)))
    np.testing.assert_allclose(
        whole[0].steps, [logs[n, i] for n, i in enumerate(plain.ids(TINY)[1:])], atol=1e-4, rtol=0
    )
    read: list[int] = []
    forward = model.network.forward

    def counted(**given: Any) -> Any:
        read.append(given["input_ids"].shape[1])
        return forward(**given)

    monkeypatch.setattr(decoding, "_CHUNK", size)
    monkeypatch.setattr(model.network, "forward", counted)
    for way, one in zip(ways, whole, strict=True):
        read.clear()
        found = model.log_probability(TINY, way)
        assert read == {1: [1] * 8, 3: [3, 3, 2], 8: [8]}[size]
        assert found.tokens == one.tokens
        np.testing.assert_allclose(found.steps, one.steps, atol=1e-5, rtol=0)
        assert found.total == pytest.approx(one.total, abs=1e-5)
    for other in whole[1:]:  # the ways differ, or else one passed off as another would not be seen
        assert other.total != pytest.approx(whole[0].total, abs=1e-3)


def test_a_block_reaches_a_token_of_a_later_piece(llama: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> None:
    attend = Attend.block(query=6, keys=[1, 5])
    whole = llama.log_probability(TINY, attend)
    assert whole.total != pytest.approx(llama.log_probability(TINY).total, abs=1e-3)
    monkeypatch.setattr(decoding, "_CHUNK", 3)
    np.testing.assert_allclose(llama.log_probability(TINY, attend).steps, whole.steps, atol=1e-5, rtol=0)


def test_the_embedded_decoder_reads_a_sentence_in_pieces(
    decoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for attend in (Attend.full(), Attend.window(2, first=1)):
        monkeypatch.setattr(decoding, "_CHUNK", 256)
        whole = decoder.log_probability(LONG, attend)
        monkeypatch.setattr(decoding, "_CHUNK", 3)
        np.testing.assert_allclose(decoder.log_probability(LONG, attend).steps, whole.steps, atol=1e-4, rtol=0)


# --- continuations ---


def ids_of(tokens: Iterable[GeneratedToken]) -> list[int]:
    return [t.id for t in tokens]


@pytest.mark.parametrize("way", ["as trained", "window of 3 and the first", "without heads"])
def test_a_greedy_continuation_is_the_bare_models_likeliest_token_each_time(
    decoder: ContextualModel, bare: Bare, way: str
) -> None:
    attend, keep, heads = WAYS[way]
    found = list(decoder.generate(DOG, most=8, attend=attend, k=3))
    ids = bare.ids(DOG)
    assert len(found) == 8
    for token in found:
        logs = bare.last(ids, keep, heads)
        shares = np.exp(logs)
        assert token.id == int(logs.argmax())
        assert token.rank == 1
        assert token.probability == pytest.approx(shares[token.id], rel=1e-3)
        assert token.entropy == pytest.approx(stats.entropy(shares, base=2), abs=1e-3)
        assert token.top[0] == (token.text, token.probability)
        assert [share for _, share in token.top] == pytest.approx(sorted(shares, reverse=True)[:3], rel=1e-3)
        ids = [*ids, token.id]


def test_each_token_of_a_continuation_is_the_next_word_behind_those_before(decoder: ContextualModel) -> None:
    prefix = DOG
    for token in decoder.generate(DOG + " ", most=6, temperature=1.5, seed=3):
        one = decoder.next_words([prefix], k=5)[0]
        assert token.probability == pytest.approx(one.shares[token.id], rel=1e-3)
        assert token.rank == 1 + (one.shares > one.shares[token.id]).sum()
        assert token.entropy == pytest.approx(one.entropy, abs=1e-3)  # both at temperature 1
        assert [text for text, _ in token.top] == [text for text, _ in one.top]
        prefix += token.text
    assert prefix.startswith(DOG + " ")


@pytest.mark.parametrize("attend", [Attend.full(), Attend.window(1, first=1), Attend.self_only()])
@pytest.mark.parametrize(("family", "changes"), CHUNKED)
def test_continuations_of_every_family_go_on_from_kept_keys_as_from_all_tokens(
    family: str, changes: dict[str, Any], attend: Attend
) -> None:
    model = model_of(family, **changes)
    compared = 0
    for seed in range(10):
        prefix = TINY
        for token in model.generate(TINY, most=6, temperature=2.0, seed=seed, attend=attend):
            logs = log_shares(model.next_logits(prefix, attend)[0])
            assert token.probability == pytest.approx(np.exp(logs[token.id]), rel=1e-3)
            assert token.rank == 1 + (logs > logs[token.id]).sum()
            compared += 1
            if token.text.startswith("["):
                break  # a special token is not read back from text
            prefix += f" {token.text}"
    assert compared >= 8


@pytest.mark.parametrize("family", ["llama", "qwen2", "gpt2"])
def test_greedy_continuations_of_tiny_models_are_the_bare_models_and_end_where_they_end(family: str) -> None:
    model, plain = model_of(family), bare_of(family)
    lengths = set()
    for prefix in (SHORT, TINY, "a cat", "the mayor"):
        ids = plain.ids(prefix)
        expected: list[int] = []
        while len(expected) < 12 and (best := int(plain.last([*ids, *expected]).argmax())) not in (2, 3):
            expected.append(best)
        assert ids_of(model.generate(prefix, most=12)) == expected
        lengths.add(len(expected))
    assert min(lengths) < 6
    assert max(lengths) == 12


def test_temperature_nought_draws_nothing(llama: ContextualModel) -> None:
    first = list(llama.generate(SHORT, most=10))
    for seed in (0, 1, 2):
        assert list(llama.generate(SHORT, most=10, seed=seed)) == first
        assert ids_of(llama.generate(SHORT, most=10, temperature=1e-4, seed=seed)) == ids_of(first)
    assert any(ids_of(llama.generate(SHORT, most=10, temperature=3.0, seed=seed)) != ids_of(first) for seed in range(3))


def test_one_seed_draws_the_same_and_another_something_else(llama: ContextualModel) -> None:
    drawn = [ids_of(llama.generate(TINY, most=10, temperature=1.0, seed=seed)) for seed in range(6)]
    assert drawn == [ids_of(llama.generate(TINY, most=10, temperature=1.0, seed=seed)) for seed in range(6)]
    assert len({tuple(d) for d in drawn}) > 1


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_tokens_are_drawn_as_often_as_the_tempered_shares_say(llama: ContextualModel, temperature: float) -> None:
    logs = log_shares(llama.next_logits(SHORT)[0])
    counts = np.zeros(len(logs))
    for seed in range(500):
        for number in ids_of(llama.generate(SHORT, 1, temperature, seed)):
            counts[number] += 1

    def p_value(asked: float) -> float:
        expected = 500 * special.softmax(logs / asked)
        rest = (500 * special.softmax(logs / temperature) < 5) | np.isin(np.arange(len(logs)), (2, 3))
        kept = counts[~rest]  # an end token was drawn where there is none: it is counted with the rare ones
        observed, wanted = [*kept, 500 - kept.sum()], [*expected[~rest], expected[rest].sum()]
        return float(stats.chisquare(observed, wanted).pvalue)

    assert p_value(temperature) > 0.01
    assert p_value(1.0) < 1e-6


def test_a_continuation_ends_where_an_end_token_comes(llama: ContextualModel) -> None:
    """The head's rows of an end token and of a word are swapped, so that the end is likeliest where that word was."""
    before = list(llama.generate(SHORT, most=12))
    place = next(n for n in range(2, 12) if before[n].id not in ids_of(before[:n]))
    assert len(before) == 12
    for end in (3, 2):  # the end of a sentence, and the start of the next text
        model = checked(causal("llama"), tiny_models.tokenizer(), id="ending")
        assert end in model.tokenizer.end_ids
        with torch.no_grad():
            weight = model.network.lm_head.weight
            weight[[end, before[place].id]] = weight[[before[place].id, end]]
        found = list(model.generate(SHORT, most=12))
        assert ids_of(found) == ids_of(before[:place])
        assert end not in ids_of(found)
    assert tiny_models.VOCABULARY["[SEP]"] == 3
    assert model.tokenizer.end_ids == {2, 3}


def test_the_embedded_decoder_ends_at_its_boundary(decoder: ContextualModel) -> None:
    assert {decoder.tokenizer.text_of(i) for i in decoder.tokenizer.end_ids} == {"<|endoftext|>", "<|im_end|>"}


def test_a_continuation_stops_when_no_more_is_asked(llama: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    forward = llama.network.forward

    def counted(**given: Any) -> Any:
        read.append(given["input_ids"].shape[1])
        return forward(**given)

    monkeypatch.setattr(llama.network, "forward", counted)
    tokens = llama.generate(TINY, most=10)
    assert read == []
    first, second = next(tokens), next(tokens)
    assert read == [9, 1]  # the prefix once, then each new token alone
    assert [first, second] == list(llama.generate(TINY, most=2))
    assert list(llama.generate(TINY, most=0)) == []


def test_what_cannot_be_continued_is_refused(llama: ContextualModel, encoder: ContextualModel) -> None:
    for temperature in (-1, -0.01):
        with pytest.raises(BadInputError, match=rf"0 or more\. Received: {temperature}"):
            llama.generate(TINY, temperature=temperature)
    with pytest.raises(NotADecoderError):
        encoder.generate("The dog ran")
    model = model_of("llama", max_position_embeddings=12)
    assert len(list(model.generate(TINY, most=3))) == 3
    list(model.generate(TINY, most=4))  # the fourth is given and not read
    with pytest.raises(TooLongError) as caught:
        list(model.generate(TINY, most=5))
    assert (caught.value.sentence_index, caught.value.tokens, caught.value.limit) == (0, 13, 12)
    with pytest.raises(TooLongError):
        list(model.generate("the dog ran home . the cat ran home . the cat ran", most=1))
    with pytest.raises(BadInputError, match="no token at 9"):
        list(llama.generate(SHORT, attend=Attend.block(query=9, keys=0)))


# --- tokens as text ---


def metaspace(scheme: str) -> SentenceTokenizer:
    """A SentencePiece tokenizer: a low bar for each blank, and an unknown token that looks like a word."""
    pieces = ["unk", "<s>", "</s>", *"\u2581the the \u2581dog dog \u2581ran s 's . ing 42 \u258142 _ \u2581".split()]
    made = Tokenizer(models.Unigram([(p, -float(n)) for n, p in enumerate(pieces)], unk_id=0))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    made.decoder = decoders.Metaspace(prepend_scheme=scheme)
    fast = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="unk", bos_token="<s>", eos_token="</s>")
    return SentenceTokenizer(fast, tiny_models.network("llama").config, causal=True)


@pytest.mark.parametrize("scheme", ["always", "first", "never"])
def test_a_sentencepiece_token_keeps_its_blank_as_text_and_says_whether_it_goes_on(scheme: str) -> None:
    tokenizer = metaspace(scheme)
    row = tokenizer(["the dogs ran's."])[0]
    assert [t.text for t in row] == ["<s>", "\u2581the", "\u2581dog", "s", "\u2581ran", "'s", "."]
    assert [tokenizer.text_of(t.id) for t in row] == ["<s>", " the", " dog", "s", " ran", "'s", "."]
    expected = {
        "unk": False, "<s>": False, "</s>": False, "\u2581the": False, "the": True, "\u2581dog": False, "dog": True,
        "\u2581ran": False, "s": True, "'s": True, ".": False, "ing": True, "42": True, "\u258142": False, "_": True,
        "\u2581": False,
    }  # fmt: skip
    assert tokenizer.goes_on.shape == (len(tiny_models.VOCABULARY),)  # the network's, which is the larger
    assert tokenizer.goes_on[: len(expected)].tolist() == list(expected.values())
    assert not tokenizer.goes_on[len(expected) :].any()
    assert [tokenizer.text_of(n) for n, piece in enumerate(expected) if piece[0] == "\u2581"] == [
        " the", " dog", " ran", " 42", " "
    ]  # fmt: skip
    assert tokenizer.end_ids == {1, 2}


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [
        (" dog", [False]),
        ("dog", [True]),
        ("'s", [True]),
        ("'t", [True]),
        ("'", [False]),
        (".", [False]),
        ("ing", [True]),
        ("42", [True, True]),
        (" 42", [False, True, True]),
        ("-", [False]),
        ("_", [True]),
        ("\u00e9", [True]),
        (" \u201c", [False]),
        ("\n", [False]),
        ("\u8dd1", [True, True, True]),  # three parts of one letter
        ("<|endoftext|>", [False]),
        ("<|im_start|>", [False]),
    ],
)
def test_a_token_goes_on_with_the_word_before_or_ends_it(
    decoder: ContextualModel, text: str, goes_on: list[bool]
) -> None:
    tokenizer = decoder.tokenizer
    assert [bool(tokenizer.goes_on[t.id]) for t in tokenizer.raw(text)] == goes_on


def test_no_token_that_begins_with_a_blank_goes_on_with_a_word(decoder: ContextualModel) -> None:
    tokenizer = decoder.tokenizer
    texts = [tokenizer.text_of(n) for n in range(49152)]
    spaced = np.array([text[:1].isspace() for text in texts])
    letters = np.array([text[:1].isalpha() for text in texts])
    assert spaced.sum() > 20_000
    assert letters.sum() > 10_000
    assert tokenizer.goes_on.shape == (49152,)
    assert not tokenizer.goes_on[spaced].any()
    assert tokenizer.goes_on[letters].all()


# --- the lens ---


class RawLens:
    """The read-out at every layer with the norm and the output matrix written out, from the blocks' own outputs."""

    def __init__(self, bare: Bare, prefix: str) -> None:
        kept: list[torch.Tensor] = []
        parts = [bare.network.model.embed_tokens, *bare.network.model.layers]
        hooks = [
            part.register_forward_hook(
                lambda module, given, out: kept.append(out[0] if isinstance(out, tuple) else out)
            )
            for part in parts
        ]
        try:
            with torch.inference_mode():
                bare.network(input_ids=torch.tensor([bare.ids(prefix)]), use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        states = np.stack([k.reshape(-1, k.shape[-1])[-1].numpy() for k in kept]).astype(np.float64)  # [layer, feature]
        weight = bare.network.model.norm.weight.detach().numpy()
        normed = states / np.sqrt((states**2).mean(-1, keepdims=True) + bare.network.config.rms_norm_eps) * weight
        self.logs = log_shares(normed.astype(np.float32) @ bare.network.lm_head.weight.detach().numpy().T)
        self.shares = np.exp(self.logs)


def test_every_layers_read_out_is_that_of_plain_transformers(decoder: ContextualModel, bare: Bare) -> None:
    found = decoder.lens(DOG, ["quickly", "successfully", "goatherds"], k=4)
    raw = RawLens(bare, DOG)
    assert raw.shares.shape == (31, 49152)
    for candidate in ("quickly", "successfully", "goatherds"):
        first = bare.ids(f"{DOG} {candidate}")[4]
        assert found.candidates[candidate].shape == (31,)
        np.testing.assert_allclose(found.candidates[candidate], raw.shares[:, first], atol=1e-5, rtol=1e-3)
    assert len(found.top) == 31
    for layer, top in enumerate(found.top):
        np.testing.assert_allclose([s for _, s in top], np.sort(raw.shares[layer])[::-1][:4], atol=1e-5, rtol=1e-3)
        best = int(raw.shares[layer].argmax())
        assert top[0][0] == decoder.tokenizer.text_of(best)
    by_hand = [
        sum(p * (math.log2(p) - q / math.log(2)) for p, q in zip(raw.shares[-1], logs, strict=True))
        for logs in raw.logs[[0, 7, 20, 29]]
    ]
    np.testing.assert_allclose(found.divergence[[0, 7, 20, 29]], by_hand, rtol=1e-3)
    np.testing.assert_allclose(
        found.divergence, [stats.entropy(raw.shares[-1], q, base=2) for q in raw.shares], atol=1e-4, rtol=1e-3
    )
    assert found.divergence[-1] == 0
    assert found.divergence[:-1].min() > 0.01


@pytest.mark.parametrize("way", ["as trained", "window of 3 and the first", "without heads"])
def test_the_last_layers_read_out_is_the_prediction(decoder: ContextualModel, way: str) -> None:
    lens = decoder.lens(LONG, ["quickly", "goatherds"], k=6, attend=WAYS[way][0])
    first = decoder.tokens([LONG + " goatherds"])[0][-3]
    found = predicted(decoder, way)
    assert [text for text, _ in lens.top[-1]] == [text for text, _ in found.top]
    np.testing.assert_allclose([s for _, s in lens.top[-1]], [s for _, s in found.top], atol=1e-5)
    assert lens.candidates["quickly"][-1] == pytest.approx(found.candidates["quickly"], rel=1e-3)
    assert lens.candidates["goatherds"][-1] == pytest.approx(found.shares[first.id], rel=1e-3)  # its first token alone
    assert lens.divergence[-1] == 0
    assert lens.divergence.min() >= 0
    assert lens.prefix == LONG


# --- every family ---

SHORT, TINY = "the dog", "the dog ran quickly home . the cat"  # three tokens with the start, and nine
TINY_CANDIDATES = ["ran", "ran slowly", "home . the river bank", "cat cat", "slowly ran home"]
SLIDING: dict[str, dict[str, Any]] = {"mistral": {"sliding_window": 4}}
GIVEN: list[tuple[str, dict[str, Any]]] = [
    *((family, {}) for family in tiny_models.DECODERS),
    *SLIDING.items(),
    ("gemma2", {"final_logit_softcapping": None}),
]


def causal(family: str, **changes: Any) -> Any:
    """A tiny network with its output head; the same weights each time."""
    config = tiny_models.network(family, **changes).config
    with torch.random.fork_rng():
        torch.manual_seed(11)
        return AutoModelForCausalLM.from_config(config).eval()


@cache
def model_of(family: str, **changes: Any) -> ContextualModel:
    return checked(causal(family, **changes), tiny_models.tokenizer(), id=f"tiny-{family}")


@cache
def bare_of(family: str, **changes: Any) -> Bare:
    network = causal(family, **changes)
    network.set_attn_implementation("eager")
    return Bare(network, lambda text: [2, *(tiny_models.VOCABULARY[word] for word in text.split())])


def stepwise(model: ContextualModel, prefix: str, candidate: str, attend: Attend) -> float:
    """Probability of a candidate of words that are one token each, by one full pass for each."""
    total = 0.0
    for word in candidate.split():
        total += log_shares(model.next_logits(prefix, attend)[0])[tiny_models.VOCABULARY[word]]
        prefix += f" {word}"
    return math.exp(total)


@pytest.mark.parametrize("prefix", [SHORT, TINY])
@pytest.mark.parametrize(("family", "changes"), GIVEN)
def test_candidates_of_every_family_equal_full_passes(family: str, changes: dict[str, Any], prefix: str) -> None:
    found = model_of(family, **changes).next_words([prefix], TINY_CANDIDATES)[0]
    plain = bare_of(family, **changes)
    np.testing.assert_allclose(found.shares, np.exp(plain.last(plain.ids(prefix))), atol=1e-5, rtol=1e-3)
    for candidate in TINY_CANDIDATES:
        assert found.tokens[candidate] == tuple(candidate.split())
        expected = plain.chain(prefix, f" {candidate}")
        assert found.candidates[candidate] == pytest.approx(expected, rel=1e-4, abs=0), candidate


TINY_WAYS = {
    "window of 2": Attend.window(2),
    "window of 3 and the first": Attend.window(3, first=1),
    "attention off": Attend.self_only(),
    "without heads": Attend.without_heads([(1, 0), (2, 3), (3, 1)]),
    "a blocked pair": Attend.block(query=2, keys=[0, 1]),
}
FAR = [("gemma2", {}), *SLIDING.items()]  # after nine tokens, their kept keys no longer reach back to the first


@pytest.mark.parametrize("way", TINY_WAYS)
@pytest.mark.parametrize("prefix", [SHORT, TINY])
@pytest.mark.parametrize(("family", "changes"), GIVEN)
def test_changed_attention_of_every_family_reaches_the_later_tokens(
    family: str, changes: dict[str, Any], prefix: str, way: str
) -> None:
    model, attend = model_of(family, **changes), TINY_WAYS[way]
    found = model.next_words([prefix], TINY_CANDIDATES, attend=attend)[0]
    plain = model.next_words([prefix], TINY_CANDIDATES)[0]
    for candidate in TINY_CANDIDATES:
        expected = stepwise(model, prefix, candidate, attend)
        assert found.candidates[candidate] == pytest.approx(expected, rel=1e-4, abs=0), candidate
        own = getattr(model.network.config, "sliding_window", None)
        narrows = not attend.reach or not own or attend.reach + 1 < own  # else the family looks no farther by itself
        if narrows and (prefix == TINY or not attend.reach):  # three tokens and a candidate lie within a window
            assert found.candidates[candidate] != pytest.approx(plain.candidates[candidate], rel=1e-3, abs=0)


@pytest.mark.parametrize(("family", "changes"), GIVEN)
def test_a_lens_of_every_family_ends_in_the_models_own_prediction(family: str, changes: dict[str, Any]) -> None:
    """GEMMA2 squashes its logits after the output matrix: it is refused, and read where the squashing is turned off."""
    model = model_of(family, **changes)
    if getattr(model.network.config, "final_logit_softcapping", None):
        assert family == "gemma2"
        with pytest.raises(UnsupportedModelError, match="give other logits than the model"):
            model.lens(TINY, ["ran"])
        return
    lens, found = model.lens(TINY, ["ran", "slowly ran"]), model.next_words([TINY], ["ran", "slowly"], k=5)[0]
    assert lens.candidates["ran"][-1] == pytest.approx(found.candidates["ran"], abs=1e-5)
    assert lens.candidates["slowly ran"][-1] == pytest.approx(found.candidates["slowly"], abs=1e-5)
    np.testing.assert_allclose([s for _, s in lens.top[-1]], [s for _, s in found.top], atol=1e-5)
    assert [t for t, _ in lens.top[-1]] == [t for t, _ in found.top]
    assert lens.divergence.shape == (4,)
    assert lens.divergence[-1] == 0
    assert lens.divergence[:-1].min() > 0.01


@pytest.mark.parametrize("family", tiny_models.DECODERS)
def test_sentences_of_every_family_equal_the_bare_models_picks(family: str) -> None:
    plain = bare_of(family)
    ids = plain.ids(TINY)
    logs = log_shares(plain.logits(ids))
    found = model_of(family).log_probability(TINY)
    np.testing.assert_allclose(found.steps, [logs[n, i] for n, i in enumerate(ids[1:])], atol=1e-4)


# --- windows that keep the first tokens in reach ---


@pytest.mark.parametrize(
    ("attend", "expected"),
    [
        (Attend.window(0, first=1), "1000 1100 1010 1001"),
        (Attend.window(1, first=1), "1100 1110 1111 1011"),
        (Attend.window(0, first=2), "1100 1100 1110 1101"),
        (Attend.window(0, first=9), "1111 1111 1111 1111"),
        (Attend.window(1), "1100 1110 0111 0011"),
    ],
)
def test_the_first_tokens_stay_in_reach_of_all(attend: Attend, expected: str) -> None:
    found = attend.allowed(made(4))
    assert found is not None
    assert found.tolist() == [[mark == "1" for mark in row] for row in expected.split()]


def test_how_many_stay_in_reach_is_part_of_the_description() -> None:
    assert Attend.window(2) == Attend.window(2, first=0) != Attend.window(2, first=1)
    assert hash(Attend.window(2, first=1)) != hash(Attend.window(2))
    with pytest.raises(BadInputError, match=r"0 tokens or more\. Received: 2, -1"):
        Attend.window(2, first=-1)


def test_a_window_with_its_start_token_predicts_what_the_last_words_alone_do(decoder: ContextualModel) -> None:
    """What stands behind the window is told by how far the shares are from the full ones: less with the start than without."""
    full, bare_window, kept = (
        decoder.next_words([LONG], attend=a)[0].shares for a in (Attend(), Attend.window(4), Attend.window(4, first=1))
    )
    far, near = (stats.entropy(full, other, base=2) for other in (bare_window, kept))
    assert near < far / 2


# --- logarithms of shares ---

SCORES = st.lists(st.floats(-300, 300), min_size=1, max_size=9)


@given(SCORES, st.floats(-1e4, 1e4))
def test_log_softmax_is_scipys_and_knows_no_zero_point(scores: list[float], shift: float) -> None:
    found = log_softmax(np.array(scores))
    np.testing.assert_allclose(found, special.log_softmax(scores), atol=1e-9)
    np.testing.assert_allclose(log_softmax(np.array(scores) + shift), found, atol=1e-8)


def test_log_softmax_keeps_shares_too_small_for_a_share() -> None:
    found = log_softmax(np.array([[0, -2000, 3], [1e30, 0, 0]], dtype=np.float32))
    assert found.dtype == np.float64
    assert found[0, 1] == pytest.approx(-2003 - math.log1p(math.exp(-3)))
    assert found[1].tolist() == pytest.approx([0, -1e30, -1e30])


# --- what cannot be asked ---


def asks(model: ContextualModel, text: str = SHORT, attend: Attend | None = None) -> list[Callable[[], Any]]:
    """The three questions to a decoder."""
    way = attend or Attend.full()
    return [
        lambda: model.next_words([text], ["ran"], attend=way),
        lambda: model.log_probability(text, way),
        lambda: model.lens(text, ["ran"], attend=way),
    ]


def test_an_encoder_predicts_nothing(encoder: ContextualModel) -> None:
    for ask in [*asks(encoder), lambda: encoder.next_words([]), lambda: encoder.lens("", [""], k=-1)]:
        with pytest.raises(NotADecoderError, match="minilm-l6, an encoder") as caught:
            ask()
        assert isinstance(caught.value, CtxError)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_decoder_without_its_output_head_predicts_nothing(family: str) -> None:
    headless = checked(tiny_models.network(family), tiny_models.tokenizer(), id="headless")
    random = checked(causal(family), tiny_models.tokenizer(), id="random head", missing=("lm_head.weight",))
    for ask in [*asks(headless), *asks(random)]:
        with pytest.raises(MissingWeightsError, match="output head"):
            ask()


def test_without_a_prefix_there_is_nothing_to_predict(llama: ContextualModel) -> None:
    with pytest.raises(NoSentencesError):
        llama.next_words([])
    with pytest.raises(BadInputError, match="one string"):
        llama.next_words("the dog")


def test_candidates_given_as_one_string_are_refused(llama: ContextualModel) -> None:
    """Or else each of its letters would be one."""
    for ask in (lambda: llama.next_words([SHORT], "ran"), lambda: llama.lens(SHORT, "ran")):
        with pytest.raises(BadInputError, match=r"A list of candidates is needed\. Received: one string"):
            ask()


@pytest.mark.parametrize("candidate", ["", "   ", "\t\n", "\u3000"])
def test_a_candidate_without_a_character_is_refused(decoder: ContextualModel, candidate: str) -> None:
    for ask in (lambda: decoder.next_words([DOG], ["quickly", candidate]), lambda: decoder.lens(DOG, [candidate])):
        with pytest.raises(BadInputError, match="A candidate is a word"):
            ask()


# A candidate, and what it is read as behind "The dog ran".
WRITTEN = {
    "quickly": " quickly",
    "  quickly\n": " quickly",
    "Quickly": " Quickly",
    "QUICKLY": " QUICKLY",
    "very  quickly": " very quickly",
    ",": ",",
    "!": "!",
    "...": "...",
    ", then": ", then",
    "\u2019s": "\u2019s",
    "(then": " (then",
    "\u201cthen": " \u201cthen",
    '."': '."',
    "42": " 42",
    "быстро": " быстро",
    "快": " 快",
    "d\u00e9j\u00e0": " d\u00e9j\u00e0",
    "e\u0301te\u0301": " e\u0301te\u0301",
}
MISREAD = {"'s": "'s", "\U0001f415": " \U0001f415", "$5": " $5", "#tag": " #tag"}


@pytest.fixture(scope="module")
def read(decoder: ContextualModel) -> Prediction:
    """All of them asked at once."""
    return decoder.next_words([DOG], [*WRITTEN, *MISREAD])[0]


@pytest.mark.parametrize(
    ("candidate", "written"),
    [
        *WRITTEN.items(),
        *MISREAD.items(),
    ],
)
def test_a_candidate_is_read_after_one_blank_and_punctuation_after_none(
    decoder: ContextualModel, bare: Bare, read: Prediction, candidate: str, written: str
) -> None:
    assert read.tokens[candidate] == tuple(t.text for t in decoder.tokens([DOG + written])[0][4:])
    assert read.candidates[candidate] == pytest.approx(bare.at_once(DOG, written), rel=1e-4, abs=0)
    assert 1 <= read.rank[candidate] <= 49152


# A prefix, a candidate, and what the two are read as.
JOINED = [
    ("狗", "跑", "狗跑"),
    ("我们在中", "国", "我们在中国"),
    ("犬が", "走った", "犬が走った"),
    ("コーヒー", "を", "コーヒーを"),
    ("「犬」", "が", "「犬」が"),
    ("狗跑了。", "猫", "狗跑了。猫"),
    ("สวัสดี", "ครับ", "สวัสดีครับ"),
    ("狗跑了", "。", "狗跑了。"),
    ("狗跑了", "、", "狗跑了、"),
    ("「狗跑了", "」", "「狗跑了」"),
    ("السيارة سريعة", "؟", "السيارة سريعة؟"),
    ("कुत्ता भागा", "।", "कुत्ता भागा।"),
    ("The dog", "。", "The dog。"),
    ("Il dit", ")", "Il dit)"),
    ("50", "%", "50%"),
    ("The dog", "\u2026", "The dog\u2026"),
    ("The dog", "\u201d", "The dog\u201d"),
    ("The dog", "跑", "The dog 跑"),
    ("狗", "ran", "狗 ran"),
    ("собака", "бежала", "собака бежала"),
    ("السيارة", "سريعة", "السيارة سريعة"),
    ("कुत्ता", "भागा", "कुत्ता भागा"),
    ("강아지가", "달렸다", "강아지가 달렸다"),
    ("The dog", "\u201cran", "The dog \u201cran"),
    ("The dog", "'twas'", "The dog 'twas'"),
    ("The dog", "'42", "The dog '42"),
]


@pytest.mark.parametrize(("prefix", "candidate", "written"), JOINED)
def test_a_blank_stands_where_the_script_has_one_and_before_no_closing_mark(
    decoder: ContextualModel, prefix: str, candidate: str, written: str
) -> None:
    found = decoding.continuation(decoder, prefix, candidate)
    ids, whole = ([t.id for t in decoder.tokenizer.unchecked([text])[0]] for text in (prefix, written))
    assert whole[: len(ids)] == ids  # or else the candidate is read by itself, and this says nothing
    assert [t.id for t in found] == whole[len(ids) :]
    assert found[-1].end == len(written)


@pytest.mark.parametrize(("prefix", "word"), [("Il dit \u00ab\u00a0oui", "\u00bb"), ("Er sagt \u00bbja", "\u00ab")])
def test_a_guillemet_that_closes_in_one_language_opens_in_another(
    decoder: ContextualModel, prefix: str, word: str
) -> None:
    """Read as it is written in French, behind a blank."""
    assert decoding.continuation(decoder, prefix, word)[0].text.startswith("\u0120")


def test_a_word_of_an_unspaced_script_is_scored_where_it_is_read(decoder: ContextualModel, bare: Bare) -> None:
    found = decoder.next_words(["狗"], ["跑", "。"])[0]
    assert found.candidates["跑"] == pytest.approx(bare.chain("狗", "跑"), rel=1e-3, abs=0)
    assert found.candidates["。"] == pytest.approx(bare.chain("狗", "。"), rel=1e-3, abs=0)
    assert found.candidates["跑"] != pytest.approx(bare.chain("狗", " 跑"), rel=0.1, abs=0)


@pytest.mark.parametrize("blank", [" ", "\n", "\u00a0", " \t\u200b", "\u3000", "\u2029", "\u200e"])
def test_what_is_not_seen_behind_the_prefix_changes_no_word(decoder: ContextualModel, blank: str) -> None:
    found, plain = decoder.next_words([DOG + blank, DOG], ["quickly"])
    assert found.prefix == DOG + blank
    assert found.candidates["quickly"] == pytest.approx(plain.candidates["quickly"], rel=1e-4)
    assert found.top[0][0] == plain.top[0][0]


@pytest.mark.parametrize(("prefix", "mark"), [("Wait.", "."), ("Wait!", "!"), ("The dog,", ",")])
def test_punctuation_that_grows_into_the_prefixs_is_not_read_behind_a_blank(
    decoder: ContextualModel, prefix: str, mark: str
) -> None:
    found = decoder.next_words([prefix], [mark])[0]
    assert not found.tokens[mark][0].startswith("\u0120")


def test_a_block_of_words_does_not_reach_a_candidate_that_is_read_by_itself(decoder: ContextualModel) -> None:
    prefix = "Wait. Wait."
    first, second = find("Wait", [prefix])
    by_word, by_position = (
        decoder.next_words([prefix], [".goatherds"], attend=a)[0].candidates[".goatherds"]
        for a in (Attend.block(query=second, keys=first), Attend.block(query=3, keys=1))
    )
    assert by_word == pytest.approx(by_position, rel=1e-4, abs=0)


@pytest.mark.parametrize("prefix", ["Wait. Wait"])
def test_a_block_of_words_is_that_of_their_positions(decoder: ContextualModel, prefix: str) -> None:
    first, second = find("Wait", [prefix])
    by_word, by_position, full = (
        decoder.next_words([prefix], ["goatherds"], attend=a)[0].candidates["goatherds"]
        for a in (Attend.block(query=second, keys=first), Attend.block(query=3, keys=1), Attend.full())
    )
    assert by_word == pytest.approx(by_position, rel=1e-6, abs=0)
    assert by_word != pytest.approx(full, rel=1e-3, abs=0)


# --- nothing before ---


def test_an_empty_prefix_is_the_start_token_where_no_blank_leads(llama: ContextualModel) -> None:
    plain = bare_of("llama")
    found = llama.next_words([""], ["the dog", "cat"])[0]
    np.testing.assert_allclose(found.shares, np.exp(plain.last([2])), atol=1e-6)
    assert found.candidates["the dog"] == pytest.approx(plain.chain("", "the dog"), rel=1e-4)
    assert found.candidates["the dog"] == pytest.approx(math.exp(llama.log_probability("the dog").total), rel=1e-4)


def test_an_empty_prefix_is_the_start_token_alone(decoder: ContextualModel, bare: Bare) -> None:
    found = decoder.next_words([""], ["The"])[0]
    assert found.candidates["The"] == pytest.approx(math.exp(decoder.log_probability("The").total), rel=1e-4)
    np.testing.assert_allclose(found.shares, np.exp(bare.last([0])), atol=1e-5)


def test_a_sentence_of_nothing_has_no_steps_or_is_refused(decoder: ContextualModel) -> None:
    try:
        assert decoder.log_probability("").total == 0
    except CtxError:
        return


def test_a_first_word_is_not_scored_without_a_start_token() -> None:
    words = tiny_models.tokenizer()
    bare_words = PreTrainedTokenizerFast(tokenizer_object=words.backend_tokenizer, unk_token="[UNK]", pad_token="[PAD]")
    model = checked(causal("llama"), bare_words, id="boundless")
    assert [t.text for t in model.tokens([SHORT])[0]] == ["the", "dog"]
    with pytest.raises(UnsupportedModelError, match="boundless, whose tokenizer has none"):
        model.log_probability(SHORT)
    assert model.next_words([SHORT], ["ran home"])[0].tokens == {"ran home": ("ran", "home")}


# --- limits ---


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_prefix_and_its_candidates_fill_the_limit_and_no_more(family: str) -> None:
    """Eight tokens, one of them the start. The last token of a candidate is predicted and not read."""
    changes = {"n_positions" if family == "gpt2" else "max_position_embeddings": 8}
    model, plain = model_of(family, **changes), bare_of(family, **changes)
    assert model.limit == 8
    full, six = "the dog ran home the cat ran", "the dog ran home the cat"
    assert model.next_words([full], ["home"])[0].candidates["home"] == pytest.approx(
        plain.chain(full, " home"), rel=1e-4
    )
    two = model.next_words([six], ["ran home"])[0]
    assert two.candidates["ran home"] == pytest.approx(plain.chain(six, " ran home"), rel=1e-4)
    with pytest.raises(TooLongError) as caught:
        model.next_words([full], ["home", "ran home"])
    assert (caught.value.tokens, caught.value.limit) == (9, 8)
    with pytest.raises(TooLongError):
        model.next_words([six], ["ran home slowly"])
    for ask in asks(model, full):
        ask()
    for ask in asks(model, full + " home"):
        with pytest.raises(TooLongError) as caught:
            ask()
        assert (caught.value.sentence_index, caught.value.tokens) == (0, 9)
    with pytest.raises(TooLongError) as caught:
        model.next_words([SHORT, full + " home"])
    assert caught.value.sentence_index == 1


def test_the_prefix_that_a_candidate_makes_too_long_is_named() -> None:
    model = model_of("llama", max_position_embeddings=8)
    with pytest.raises(TooLongError) as caught:
        model.next_words([SHORT, "the dog ran home the cat ran"], ["ran home"])
    assert caught.value.sentence_index == 1


def test_fewer_than_no_words_cannot_be_listed(llama: ContextualModel) -> None:
    with pytest.raises(BadInputError, match=r"0 or more\. Received: -1"):
        llama.next_words([SHORT], k=-1)


def test_a_lens_cannot_list_fewer_than_no_words(llama: ContextualModel) -> None:
    with pytest.raises(BadInputError):
        llama.lens(SHORT, k=-1)


def test_a_lens_may_list_no_word(llama: ContextualModel) -> None:
    assert llama.lens(SHORT, k=0).top == ((),) * 4


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ([(1, 0), (4, 0)], "layers 1 to 3. Received: layer 4"),
        ([(0, 0)], "layers 1 to 3. Received: layer 0"),
        ([(1, 4)], "heads 0 to 3. Received: head 4"),
        ([(1, -1)], "heads 0 to 3. Received: head -1"),
    ],
)
def test_a_head_that_is_not_there_cannot_be_switched_off(llama: ContextualModel, heads: Heads, message: str) -> None:
    for ask in asks(llama, attend=Attend.without_heads(heads)):
        with pytest.raises(BadInputError, match=message):
            ask()


def test_a_place_that_is_not_there_cannot_be_blocked(llama: ContextualModel) -> None:
    for ask in asks(llama, attend=Attend.block(query=9, keys=0)):
        with pytest.raises(BadInputError, match="no token at 9"):
            ask()
    for ask in asks(llama, attend=Attend.block(query=0, keys=0)):
        with pytest.raises(BadInputError, match="is blocked"):
            ask()


def test_what_is_asked_of_one_prediction_does_not_stay_for_the_next(llama: ContextualModel) -> None:
    before = llama.next_words([TINY], TINY_CANDIDATES)[0]
    ways: Iterable[Attend] = TINY_WAYS.values()
    for way in ways:
        llama.next_words([TINY], TINY_CANDIDATES, attend=way)
    with pytest.raises(BadInputError):
        llama.next_words([TINY], TINY_CANDIDATES, attend=Attend.block(query=0, keys=0))
    after = llama.next_words([TINY], TINY_CANDIDATES)[0]
    assert after.candidates == before.candidates
    assert np.array_equal(after.shares, before.shares)
