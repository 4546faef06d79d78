"""Interventions against passes worked out from the raw weights, against edited weights, and in batches and threads."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctxcore import Attend, BadInputError, ContextualModel, CtxError, Mention, NotADecoderError, Token, Word, find
from ctxcore.models import catalogue
from tests import tiny_models
from tests.bare_models import BareModel
from tests.raw_models import RawModel
from tests.test_attend import ROUNDS, in_two_threads

SENTENCE = "Nobody saw the goatherd once it ran past the goat"  # "goatherd" is three pieces in both models
TINY_SENTENCE = "the dog ran quickly home . the cat ran slowly"
PAIR = ["The dog ran quickly", "The program ran successfully"]
Tiny = Callable[..., ContextualModel]
Heads = Iterable[tuple[int, int]]


@pytest.fixture(scope="module", params=["encoder", "decoder"])
def model(request: pytest.FixtureRequest) -> ContextualModel:
    """Both embedded models, one after the other."""
    found: ContextualModel = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def raw(model: ContextualModel, decoder_folder: Path) -> RawModel:
    return RawModel(catalogue.weights_path("minilm-l6") if model.kind == "encoder" else decoder_folder)


@pytest.fixture
def bare(model: ContextualModel, request: pytest.FixtureRequest) -> BareModel:
    found: BareModel = request.getfixturevalue(f"bare_{model.kind}")
    return found


def distance(ours: np.ndarray, own: np.ndarray) -> float:
    """Greatest difference between vectors ``[..., feature]`` as a share of their length.

    A decoder's vectors are up to 20,000 long, where the spacing of float32 alone is 0.002.
    """
    assert ours.shape == own.shape
    return float((np.linalg.norm(ours - own, axis=-1) / np.linalg.norm(own, axis=-1)).max())


def made(count: int) -> tuple[Token, ...]:
    """A start token and letters: ``[CLS] a b c``, one character each, blanks between."""
    letters = [Token("abcdefgh"[i], i, 2 * i, 2 * i + 1, False) for i in range(count - 1)]
    return (Token("[CLS]", 99, 0, 0, True), *letters)


def grid(rows: str) -> list[list[bool]]:
    """Rows of ones and zeros."""
    return [[mark == "1" for mark in row] for row in rows.split()]


def places(model: ContextualModel, *texts: str) -> list[int]:
    """Positions of the tokens with these texts, whatever marks a model puts before them."""
    found = [t.text.lstrip("#\u0120") for t in model.tokens([SENTENCE])[0]]
    return [i for i, text in enumerate(found) if text in texts]


def pairs_allowed(length: int, keep: Callable[[int, int], bool]) -> np.ndarray:
    """``[query, key]`` by asking about one pair at a time."""
    return np.array([[keep(query, key) for key in range(length)] for query in range(length)])


# --- descriptions ---


@pytest.mark.parametrize(
    ("attend", "expected"),
    [
        (Attend.self_only(), "1000 0100 0010 0001"),
        (Attend.window(0), "1000 0100 0010 0001"),
        (Attend.window(1), "1100 1110 0111 0011"),
        (Attend.window(2), "1110 1111 1111 0111"),
        (Attend.window(9), "1111 1111 1111 1111"),
        (Attend.block(query=2, keys=0), "1111 1111 0111 1111"),
        (Attend.block(query=[1, 3], keys=[0, 2]), "1111 0101 1111 0101"),
        (Attend.block(query=Word("a b", 0, 3), keys=Mention(7, 4, 5)), "1111 1110 1110 1111"),
        (Attend.block(query=[0, Word("b", 2, 3)], keys=[1, Word("c", 4, 5)]), "1010 1111 1010 1111"),
        (Attend(reach=1, blocked=(((1,), (1, 2)),)), "1100 1000 0111 0011"),
    ],
)
def test_who_may_attend_to_whom_is_written_out_pair_by_pair(attend: Attend, expected: str) -> None:
    found = attend.allowed(made(4))
    assert found is not None
    assert found.tolist() == grid(expected)


def test_a_word_stands_for_all_tokens_that_it_overlaps_and_for_no_special_one() -> None:
    pieces = (Token("[CLS]", 0, 0, 0, True), Token("go", 1, 0, 2, False), Token("##at", 2, 2, 4, False))
    found = Attend.block(query=0, keys=Word("goat", 0, 4)).allowed(pieces)
    assert found is not None
    assert found.tolist() == grid("100 111 111")


def test_only_what_forbids_a_pair_needs_a_mask() -> None:
    assert Attend.full().allowed(made(4)) is None
    assert Attend.without_heads([(1, 0)]).allowed(made(4)) is None


def test_equal_descriptions_are_equal_values() -> None:
    assert Attend.without_heads([(1, 0), (2, 3), (1, 0)]) == Attend.without_heads([(2, 3), (1, 0)])
    assert Attend.block(query=Word("a", 0, 1), keys=2) == Attend.block(query=Mention(3, 0, 1), keys=[2])
    assert Attend.self_only() == Attend.window(0)
    assert hash(Attend.block(query=1, keys=2)) == hash(Attend.block(query=[1], keys=[2]))
    assert len({Attend.full(), Attend.window(1), Attend.window(2), Attend.without_heads([(1, 0)])}) == 4


def test_only_the_full_description_changes_nothing() -> None:
    assert not Attend.full()
    assert not Attend.without_heads([])
    assert all([Attend.self_only(), Attend.window(3), Attend.without_heads([(1, 0)]), Attend.block(query=1, keys=0)])


# --- against the raw weights ---


def changes(model: ContextualModel) -> dict[str, tuple[Attend, Callable[[int, int], bool], Heads]]:
    """Name -> what is asked of the model, and the same said to the raw pass: pairs and silent heads."""
    herd, ran = places(model, "goat", "go", "##her", "her", "ather", "d")[:3], places(model, "ran")
    assert (len(herd), len(ran)) == (3, 1)
    word, (target,) = find("goatherd", [SENTENCE])[0], find("ran", [SENTENCE])
    several = [(1, 2), (3, 8), (6, 0), *((5, head) for head in range(model.heads))]
    # A window of 3 and not less: in a narrower one a second token of the decoder becomes a sink of attention, and what
    # float32 rounds away is amplified until it shows (one bit less in an embedding moves the float64 pass by 1e-5 too).
    return {
        "full": (Attend.full(), lambda q, k: True, ()),
        "self only": (Attend.self_only(), lambda q, k: q == k, ()),
        "window": (Attend.window(3), lambda q, k: abs(q - k) <= 3, ()),
        "block a word": (Attend.block(query=target, keys=word), lambda q, k: not (q in ran and k in herd), ()),
        "block positions": (Attend.block(query=[3, 5], keys=[0, 1, 2]), lambda q, k: not (q in (3, 5) and k < 3), ()),
        "block a word in pieces": (Attend.block(query=word, keys=0), lambda q, k: not (q in herd and k == 0), ()),
        "one head": (Attend.without_heads([(4, 7)]), lambda q, k: True, [(4, 7)]),
        "window and heads": (
            Attend(reach=3, silent=frozenset(several[:3])), lambda q, k: abs(q - k) <= 3, several[:3],
        ),
        "a whole layer and more": (Attend.without_heads(several), lambda q, k: True, several),
    }  # fmt: skip


NAMES = (
    "full", "self only", "window", "block a word", "block positions", "block a word in pieces", "one head",
    "window and heads", "a whole layer and more",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_states_and_weights_are_those_of_a_pass_worked_out_from_the_raw_weights(
    model: ContextualModel, raw: RawModel, name: str
) -> None:
    attend, keep, silent = changes(model)[name]
    ids = [t.id for t in model.tokens([SENTENCE])[0]]
    expected = raw(ids, pairs_allowed(len(ids), keep), silent)
    weights = model.attention(SENTENCE, attend=attend).weights
    assert distance(model.encode([SENTENCE], attend=attend)[0].hidden, expected.hidden) < 1e-5
    np.testing.assert_allclose(weights, expected.weights, atol=1e-5, rtol=0)
    np.testing.assert_allclose(weights.sum(-1, dtype=np.float64), 1, atol=1e-6)
    assert np.all(weights[:, :, ~pairs_allowed(len(ids), keep)] == 0)


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_change_moves_the_last_layer(model: ContextualModel, name: str) -> None:
    """Or else the comparison above would prove nothing."""
    attend = changes(model)[name][0]
    full, changed = (model.encode([SENTENCE], attend=a)[0].hidden for a in (Attend.full(), attend))
    assert np.array_equal(changed[0], full[0])
    assert distance(changed[-1], full[-1]) > 0.01


def test_what_other_tokens_took_from_a_blocked_word_still_arrives(model: ContextualModel) -> None:
    """In the first block only the query moves; from the second on, a decoder's later tokens and an encoder's all do."""
    (ran,), word = places(model, "ran"), find("goatherd", [SENTENCE])[0]
    blocked = model.encode([SENTENCE], attend=Attend.block(query=ran, keys=word))[0].hidden
    full = model.encode([SENTENCE], attend=Attend.window(99))[0].hidden  # a mask that forbids nothing: the same kernel
    moved = np.abs(blocked - full).max(-1) / np.linalg.norm(full, axis=-1) > 1e-6  # [layer, token]
    assert np.flatnonzero(moved[1]).tolist() == [ran]
    others = range(moved.shape[1]) if model.kind == "encoder" else range(ran, moved.shape[1])
    assert np.flatnonzero(moved[-1]).tolist() == list(others)


def test_a_description_that_forbids_nothing_changes_nothing(model: ContextualModel) -> None:
    full = model.encode([SENTENCE])[0].hidden
    assert distance(model.encode([SENTENCE], attend=Attend.window(99))[0].hidden, full) < 1e-5
    assert np.array_equal(model.encode([SENTENCE], attend=Attend.without_heads([]))[0].hidden, full)


# --- heads off are weights edited ---


def silenced(network: Any, heads: Heads) -> Any:
    """A copy whose output projections have zeros in the columns that these heads enter by."""
    twin = copy.deepcopy(network)
    ends = ("attention.output.dense", "attention.dense", "attention.out_lin", "self_attn.o_proj", "attn.c_proj")
    projections = [part for name, part in twin.named_modules() if name.endswith(ends)]
    for layer, head in heads:
        part = projections[(layer - 1) % len(projections)]  # ALBERT has one for all layers
        weight = part.weight.data.T if type(part).__name__ == "Conv1D" else part.weight.data  # [out, in]
        width = weight.shape[1] // network.config.num_attention_heads
        weight[:, head * width : (head + 1) * width] = 0
    return twin


def states(network: Any, model: ContextualModel, sentence: str) -> np.ndarray:
    """Hidden states ``[layer, token, feature]`` of a network that knows nothing of ctxcore."""
    ids = torch.tensor([[t.id for t in model.tokens([sentence])[0]]])
    with torch.inference_mode():
        output = network(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
    return torch.stack(output.hidden_states)[:, 0].numpy()


def test_a_head_off_is_a_zero_in_the_embedded_models_output_projection(model: ContextualModel, bare: BareModel) -> None:
    heads = [(1, 3), (2, 0), (5, 8), (model.layers, 4)]
    expected = states(silenced(bare.network, heads), model, SENTENCE)
    found = model.encode([SENTENCE], attend=Attend.without_heads(heads))[0].hidden
    assert distance(found, expected) < 1e-5
    assert distance(states(bare.network, model, SENTENCE)[-1], expected[-1]) > 0.01


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
@pytest.mark.parametrize("heads", [[(1, 0)], [(2, 3)], [(3, 1), (1, 2)], [(2, 0), (2, 1), (2, 2), (2, 3)]])
def test_a_head_off_is_a_zero_in_the_output_projection_of_every_family(
    family: str, heads: list[tuple[int, int]], tiny: Tiny
) -> None:
    if family == "albert":  # its layers share one projection: a head is edited in all of them or in none
        heads = [(layer, head) for layer in (1, 2, 3) for head in {head for _, head in heads}]
    network = tiny_models.network(family)
    network.set_attn_implementation("eager")
    model = tiny(family)
    expected = states(silenced(network, heads), model, TINY_SENTENCE)
    found = model.encode([TINY_SENTENCE], attend=Attend.without_heads(heads))[0].hidden
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-5)
    assert np.abs(found - model.encode([TINY_SENTENCE])[0].hidden)[-1].max() > 0.01


def test_a_silent_head_still_shows_where_it_looked(encoder: ContextualModel) -> None:
    """What is switched off is what it says, not where it looks: its own block's weights stay, later ones change."""
    full, off = (encoder.attention(PAIR[0], attend=a).weights for a in (Attend.full(), Attend.without_heads([(2, 5)])))
    np.testing.assert_allclose(off[:2], full[:2], atol=1e-6)
    assert np.abs(off[2] - full[2]).max() > 0.01


# --- attention off ---


def test_with_attention_off_the_last_word_of_a_decoder_knows_none_before_it(decoder: ContextualModel) -> None:
    sentences = ["The dog quickly ran", "A program always ran"]
    assert [len(row) for row in decoder.tokens(sentences)] == [5, 5]
    off = [e.hidden[:, -1] for e in decoder.encode(sentences, attend=Attend.self_only())]
    on = [e.hidden[:, -1] for e in decoder.encode(sentences)]
    assert np.array_equal(*off)
    assert distance(on[0][-1], on[1][-1]) > 0.1
    first, second = (decoder.next_logits(s, [Attend.self_only(), Attend.full()]) for s in sentences)
    assert np.array_equal(first[0], second[0])
    assert not np.allclose(first[1], second[1], atol=1)


def test_with_attention_off_a_word_of_an_encoder_depends_on_its_position_alone(encoder: ContextualModel) -> None:
    there, elsewhere = "The dog ran quickly", "A program ran successfully"
    later = "Yesterday the dog ran"
    same, other, moved = encoder.encode([there, elsewhere, later], attend=Attend.self_only())
    assert np.array_equal(same.hidden[:, 3], other.hidden[:, 3])
    assert distance(same.hidden[-1, 3], moved.hidden[-1, 4]) > 0.01


# --- batches ---

LONG = "Nobody could catch the goat once it ran through the gate and ran home again"
BATCH: list[tuple[str, Attend]] = [
    (PAIR[0], Attend.full()),
    (LONG, Attend.block(query=[8, 9], keys=[1, 2, 5])),
    (PAIR[0], Attend.self_only()),
    ("Ran.", Attend.without_heads([(1, 0), (2, 1)])),
    (LONG, Attend.window(5)),
    (PAIR[0], Attend.self_only()),
    (LONG, Attend.full()),
    (PAIR[0], Attend.without_heads([(1, 0), (3, 4)])),
    (PAIR[1], Attend.block(query=3, keys=2)),
    (PAIR[0], Attend.full()),
    (LONG, Attend.self_only()),
]
DISTINCT = 9


@pytest.mark.parametrize("step", [1, -1])
def test_a_batch_in_which_each_sentence_attends_otherwise_gives_what_each_gives_alone(
    model: ContextualModel, step: int
) -> None:
    sentences, attends = (list(part) for part in zip(*BATCH[::step], strict=True))
    said: list[str] = []
    together = model.encode(sentences, lambda share, what: said.append(what), attends)
    for found, sentence, attend in zip(together, sentences, attends, strict=True):
        assert found.sentence == sentence
        assert distance(found.hidden, model.encode([sentence], attend=attend)[0].hidden) < 1e-5
    assert said[-1] == f"{DISTINCT} of {DISTINCT} sentences read"


def test_an_equal_sentence_is_read_once_if_it_attends_alike_and_again_if_not(model: ContextualModel) -> None:
    found = model.encode([s for s, _ in BATCH], attend=[a for _, a in BATCH])
    of_first = {i: found[i].hidden for i, (sentence, _) in enumerate(BATCH) if sentence == PAIR[0]}
    assert np.array_equal(of_first[0], of_first[9])
    assert np.array_equal(of_first[2], of_first[5])
    assert all(distance(of_first[i][-1], of_first[j][-1]) > 0.01 for i, j in [(0, 2), (0, 7), (2, 7)])


def test_vectors_of_a_mixed_batch_are_those_of_each_alone(model: ContextualModel) -> None:
    sentences, attends = (list(part) for part in zip(*BATCH, strict=True))
    mentions = find("ran", sentences)[::-1]
    assert len(mentions) == len(BATCH) + 4  # the long one mentions it twice, and stands there four times
    together = model.vectors(sentences, mentions, attend=attends)
    assert together.sentence_index == tuple(m.sentence_index for m in mentions)
    for vector, mention in zip(together.vectors, mentions, strict=True):
        sentence, attend = BATCH[mention.sentence_index]
        own = model.vectors([sentence], [Mention(0, mention.start, mention.end)], attend=attend)
        assert distance(vector, own.vectors[0]) < 1e-5


def test_vectors_leave_out_the_sentences_without_a_mention_and_how_they_attend(encoder: ContextualModel) -> None:
    sentences, attends = [*PAIR, PAIR[0]], [Attend.block(query=99, keys=0), Attend.window(1), Attend.self_only()]
    found = encoder.vectors(sentences, [Mention(2, 8, 11), Mention(1, 12, 15)], attend=attends).vectors
    for vector, sentence, attend, start in zip(found, sentences[:0:-1], attends[:0:-1], (8, 12), strict=True):
        own = encoder.vectors([sentence], [Mention(0, start, start + 3)], attend=attend).vectors[0]
        assert distance(vector, own) < 1e-5


def test_one_way_to_attend_holds_for_all_sentences(encoder: ContextualModel) -> None:
    for_all = encoder.encode(PAIR, attend=Attend.window(1))
    for_each = encoder.encode(PAIR, attend=[Attend.window(1), Attend.window(1)])
    assert all(np.array_equal(a.hidden, b.hidden) for a, b in zip(for_all, for_each, strict=True))


def test_small_batches_do_not_mix_up_how_sentences_attend(
    encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences, attends = (list(part) for part in zip(*BATCH, strict=True))
    whole = encoder.vectors(sentences, find("ran", sentences), attend=attends).vectors
    monkeypatch.setattr(encoder, "at_once", 1)
    assert distance(encoder.vectors(sentences, find("ran", sentences), attend=attends).vectors, whole) < 1e-5


# --- threads ---


def test_two_threads_never_see_each_others_interventions(tiny: Tiny) -> None:
    model = tiny("llama")
    ways = [Attend.block(query=3, keys=[1, 2]), Attend.without_heads([(1, 0), (2, 3)])]
    expected = [model.encode([TINY_SENTENCE], attend=way)[0].hidden for way in ways]
    assert not np.allclose(*expected, atol=0.1)
    found = in_two_threads(
        lambda: [model.encode([TINY_SENTENCE], attend=ways[0])[0].hidden for _ in range(ROUNDS)],
        lambda: [model.encode([TINY_SENTENCE], attend=ways[1])[0].hidden for _ in range(ROUNDS)],
    )
    for own, rounds in zip(expected, found, strict=True):
        assert all(np.array_equal(own, got) for got in rounds)


def test_an_intervention_in_one_thread_does_not_reach_plain_encoding_in_another(tiny: Tiny) -> None:
    model = tiny("bert")
    plain, off = (model.encode([TINY_SENTENCE], attend=a)[0].hidden for a in (Attend.full(), Attend.self_only()))
    found = in_two_threads(
        lambda: [model.encode([TINY_SENTENCE])[0].hidden for _ in range(ROUNDS)],
        lambda: [model.encode([TINY_SENTENCE], attend=Attend.self_only())[0].hidden for _ in range(ROUNDS)],
    )
    assert all(np.array_equal(plain, got) for got in found[0])
    assert all(np.array_equal(off, got) for got in found[1])


def test_nothing_is_forbidden_after_a_changed_pass_or_after_one_that_failed(tiny: Tiny) -> None:
    model = tiny("llama")
    before = model.encode([TINY_SENTENCE])[0].hidden
    model.encode([TINY_SENTENCE], attend=Attend.self_only())
    with pytest.raises(BadInputError):
        model.encode([TINY_SENTENCE], attend=Attend.block(query=0, keys=0))
    assert np.array_equal(model.encode([TINY_SENTENCE])[0].hidden, before)


# --- every family ---


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
@pytest.mark.parametrize(
    ("attend", "keep"),
    [
        (Attend.self_only(), lambda q, k: q == k),
        (Attend.window(2), lambda q, k: abs(q - k) <= 2),
        (Attend.block(query=[4, 8], keys=[3, 6, 7]), lambda q, k: not (q in (4, 8) and k in (3, 6, 7))),
        (Attend.block(query=Word("cat", 31, 34), keys=Word("dog", 4, 7)), lambda q, k: (q, k) != (8, 2)),
    ],
    ids=["self only", "window", "block positions", "block a word"],
)
def test_what_is_forbidden_gets_no_weight_in_any_family(
    family: str, attend: Attend, keep: Callable[[int, int], bool], tiny: Tiny
) -> None:
    model = tiny(family)
    found = model.attention(TINY_SENTENCE, attend=attend)
    assert (found.tokens[2].text, found.tokens[8].text) == ("dog", "cat")
    allowed = pairs_allowed(len(found.tokens), keep)
    assert np.all(found.weights[:, :, ~allowed] == 0)
    np.testing.assert_allclose(found.weights.sum(-1, dtype=np.float64), 1, atol=1e-6)
    # The first block's scores do not know of the change yet: its shares are the old ones, shared out over what is left.
    left = model.attention(TINY_SENTENCE, layers=[1]).weights[0].astype(np.float64) * allowed
    total = left.sum(-1, keepdims=True)
    kept = total[..., 0] > 1e-3  # [head, query]: of less, float32 has too few digits left
    assert kept.mean() > 0.7
    np.testing.assert_allclose(found.weights[0][kept], (left / total)[kept], atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_padding_and_interventions_go_together_in_every_family(family: str, tiny: Tiny) -> None:
    model = tiny(family)
    batch = [
        ("a cat ran", Attend.self_only()),
        (TINY_SENTENCE, Attend.block(query=8, keys=[6, 7])),
        ("the dog ran slowly home", Attend.window(1)),
        ("a cat ran", Attend.without_heads([(2, 1)])),
        ("the dog ran slowly home", Attend.full()),
    ]
    together = model.encode([s for s, _ in batch], attend=[a for _, a in batch])
    for found, (sentence, attend) in zip(together, batch, strict=True):
        alone = model.encode([sentence], attend=attend)[0].hidden
        np.testing.assert_allclose(found.hidden, alone, atol=1e-4, rtol=1e-4)  # weights this wide lose a digit


# --- what is refused ---


@pytest.mark.parametrize(
    ("attend", "message"),
    [
        (Attend.block(query=1, keys=range(6)), "all that token 1 \\(\u201cthe\u201d\\) sees is blocked"),
        (Attend.block(query=[2, 4], keys=range(6)), "all that token 2 \\(\u201cdog\u201d\\) sees is blocked"),
        (Attend.block(query=6, keys=0), "tokens 0 to 5. Received: no token at 6"),
        (Attend.block(query=1, keys=-1), "tokens 0 to 5. Received: no token at -1"),
        (Attend.block(query=Word("again", 20, 25), keys=0), r"no token at \(20, 25\)"),
        (Attend.block(query=1, keys=Mention(0, 3, 4)), r"no token at \(3, 4\)"),
        (Attend.without_heads([(0, 0)]), "layers 1 to 6. Received: layer 0"),
        (Attend.without_heads([(7, 0)]), "layers 1 to 6. Received: layer 7"),
        (Attend.without_heads([(1, 0), (2, 12)]), "heads 0 to 11. Received: head 12"),
        (Attend.without_heads([(1, -1)]), "heads 0 to 11. Received: head -1"),
    ],
)
def test_a_change_that_the_encoder_cannot_make_is_refused(
    encoder: ContextualModel, attend: Attend, message: str
) -> None:
    for ask in (
        lambda: encoder.encode(PAIR[:1], attend=attend),
        lambda: encoder.vectors(PAIR[:1], [Mention(0, 4, 7)], attend=attend),
        lambda: encoder.attention(PAIR[0], attend=attend),
        lambda: encoder.trace(PAIR[0], 1, 0, attend),
    ):
        with pytest.raises(BadInputError, match=message) as caught:
            ask()
        assert isinstance(caught.value, CtxError)


def test_a_decoders_token_must_keep_something_to_its_left(decoder: ContextualModel) -> None:
    """Token 2 still has tokens 3 and 4 by the description, but in a decoder it may not look there."""
    attend = Attend.block(query=2, keys=[0, 1, 2])
    with pytest.raises(BadInputError, match=r"all that token 2 \(\u201cdog\u201d\) sees is blocked"):
        decoder.encode(PAIR[:1], attend=attend)
    assert attend.allowed(decoder.tokens(PAIR[:1])[0]) is not None
    with pytest.raises(BadInputError, match="is blocked"):
        decoder.attention(PAIR[0], attend=Attend.block(query=0, keys=0))
    rows = decoder.attention(PAIR[0], attend=Attend.block(query=2, keys=[0, 2])).weights[:, :, 2]
    assert np.array_equal(rows, np.broadcast_to([0, 1, 0, 0, 0], rows.shape))


@pytest.mark.parametrize(
    ("sentence", "place", "name"),
    [
        ("The dog ran", 0, " (\u201c<|endoftext|>\u201d)"),
        ("caf\u00e9 \u201cran\u201d", 2, " (\u201c\u201c\u201d)"),
        ("Es ist \u00d6l", 3, " (\u201c\u00d6\u201d)"),
        ("a \U0001f389", 2, ""),  # a part of a character has no text
    ],
)
def test_a_token_is_named_by_its_text_and_not_as_the_vocabulary_spells_it(
    decoder: ContextualModel, sentence: str, place: int, name: str
) -> None:
    with pytest.raises(BadInputError, match=re.escape(f"all that token {place}{name} sees is blocked")):
        decoder.encode([sentence], attend=Attend.block(query=place, keys=range(place + 1)))


def test_a_layer_that_only_the_decoder_has_is_taken_there_alone(
    encoder: ContextualModel, decoder: ContextualModel
) -> None:
    attend = Attend.without_heads([(30, 8)])
    assert decoder.encode(PAIR[:1], attend=attend)[0].hidden.shape == (31, 5, 576)
    with pytest.raises(BadInputError, match="layers 1 to 6"):
        encoder.encode(PAIR[:1], attend=attend)
    with pytest.raises(BadInputError, match=r"heads 0 to 8\. Received: head 9"):
        decoder.next_logits(PAIR[0], [Attend.without_heads([(1, 9)])])


def test_a_window_reaches_forward_from_nought() -> None:
    with pytest.raises(BadInputError, match=r"0 tokens or more\. Received: -1"):
        Attend.window(-1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_ways_to_attend_as_sentences_are_needed(encoder: ContextualModel, count: int) -> None:
    with pytest.raises(BadInputError, match=f"one for each. Received: {count} for 2"):
        encoder.encode(PAIR, attend=[Attend.self_only()] * count)
    with pytest.raises(BadInputError, match=f"{count} for 2"):
        encoder.vectors(PAIR, [Mention(0, 4, 7)], attend=[Attend.self_only()] * count)


def test_an_encoder_has_no_next_word(encoder: ContextualModel) -> None:
    with pytest.raises(NotADecoderError, match="minilm-l6, an encoder") as caught:
        encoder.next_logits(PAIR[0])
    assert isinstance(caught.value, CtxError)


@pytest.mark.parametrize("family", ["gemma2", "mistral"])
def test_a_token_whose_whole_sliding_window_is_blocked_is_refused(family: str, tiny: Tiny) -> None:
    """Four tokens are all that the last one sees; a row without any would become alike everywhere, the future included."""
    model = tiny(family, sliding_window=4)
    last = 8
    with pytest.raises(BadInputError, match="left something to attend to"):
        model.encode([TINY_SENTENCE], attend=Attend.block(query=last, keys=[5, 6, 7, 8]))
    left = model.attention(TINY_SENTENCE, attend=Attend.block(query=last, keys=[5, 6, 7])).weights
    assert np.abs(left[0, :, last].sum(-1) - 1).max() <= 1e-6
    assert left[0, :, last, 8] == pytest.approx(1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Attend.block(query="dog", keys=1),
        lambda: Attend.block(query=0, keys=[1.5]),  # type: ignore[list-item]
        lambda: Attend.without_heads([3]),  # type: ignore[list-item]
        lambda: Attend.without_heads([(1.9, 0)]),  # type: ignore[list-item]
        lambda: Attend.without_heads(None),  # type: ignore[arg-type]
        lambda: Attend.without_heads("10"),  # type: ignore[arg-type]
        lambda: Attend.without_heads([(1, 0, 2)]),  # type: ignore[list-item]
        lambda: Attend.window(2.5),  # type: ignore[arg-type]
        lambda: Attend.window("2"),  # type: ignore[arg-type]
        lambda: Attend.window(2, first=None),  # type: ignore[arg-type]
        lambda: Attend.block(query=None, keys=1),  # type: ignore[arg-type]
    ],
)
def test_what_names_no_place_and_no_head_is_refused(make: Callable[[], Attend]) -> None:
    with pytest.raises(BadInputError):
        make()


def test_heads_and_places_come_as_arrays_too() -> None:
    assert Attend.without_heads(np.array([[1, 0], [2, 3]])) == Attend.without_heads([(1, 0), (2, 3)])  # type: ignore[arg-type]
    assert Attend.block(query=np.array([2, 1]), keys=iter([0])) == Attend.block(query=[2, 1], keys=0)  # type: ignore[arg-type]
    assert Attend.window(np.int64(3)) == Attend.window(3)  # type: ignore[arg-type]
