"""What moved a word: every shift against the changed sentence written out by hand and read by itself."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial import distance
from transformers import AutoModelForCausalLM

from ctxcore import (
    Attend,
    BadInputError,
    ContextualModel,
    CtxError,
    Influence,
    Mention,
    MissingWeightsError,
    Word,
    find,
    head_shifts,
    influence,
    words_of,
)
from ctxcore.measures.attention import rollout
from ctxcore.studies.influence import _without
from tests import tiny_models

Tiny = Callable[..., ContextualModel]


@pytest.fixture(scope="module", params=["encoder", "decoder"])
def model(request: pytest.FixtureRequest) -> ContextualModel:
    """Both embedded models, one after the other."""
    found: ContextualModel = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def bare_causal(decoder_folder: Path) -> Any:
    """The decoder with its output head in plain transformers."""
    return AutoModelForCausalLM.from_pretrained(decoder_folder, attn_implementation="eager", dtype=torch.float32).eval()


@cache
def vector(model: ContextualModel, sentence: str, start: int, length: int, attend: Attend | None = None) -> np.ndarray:
    """``[layer, feature]`` in float64: the mean over the tokens that lie inside the span, read by itself."""
    found = model.encode([sentence], attend=attend or Attend.full())[0]
    inside = [i for i, t in enumerate(found.tokens) if not t.special and start <= t.start and t.end <= start + length]
    assert inside
    return found.hidden[:, inside].astype(np.float64).mean(1)


def shift(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One minus the cosine, layer by layer ``[layer]``."""
    return np.array([distance.cosine(a, b) for a, b in zip(first, second, strict=True)])


def positions(model: ContextualModel, sentence: str, start: int, end: int) -> list[int]:
    return [i for i, t in enumerate(model.tokens([sentence])[0]) if not t.special and t.start < end and start < t.end]


# A sentence with the target's character, and what is left of it without each other word in turn, with the target's new
# character. Where a word has no blank behind it, the blank before it goes.
REMOVED: dict[str, tuple[str, str, int, list[tuple[str, int]]]] = {
    "in the middle, and once before": (
        "Old dogs ran, the dog ran home.", "ran", 22,
        [
            ("dogs ran, the dog ran home.", 18),
            ("Old ran, the dog ran home.", 17),
            ("Old dogs, the dog ran home.", 18),
            ("Old dogs ran, dog ran home.", 18),
            ("Old dogs ran, the ran home.", 18),
            ("Old dogs ran, the dog ran.", 22),
        ],
    ),
    "in the middle, and once after": (
        "Old dogs ran, the dog ran home.", "ran", 9,
        [
            ("dogs ran, the dog ran home.", 5),
            ("Old ran, the dog ran home.", 4),
            ("Old dogs ran, dog ran home.", 9),
            ("Old dogs ran, the ran home.", 9),
            ("Old dogs ran, the dog home.", 9),
            ("Old dogs ran, the dog ran.", 9),
        ],
    ),
    "at the beginning": (
        "Ran home, did he?", "Ran", 0,
        [("Ran, did he?", 0), ("Ran home, he?", 0), ("Ran home, did?", 0)],
    ),
    "at the end": (
        "(He) always, always ran", "ran", 20,
        [("() always, always ran", 18), ("(He), always ran", 13), ("(He) always, ran", 13)],
    ),
    "in pieces, between unlike blanks": (
        "Two  goatherds\tran home", "goatherds", 5,
        [(" goatherds\tran home", 1), ("Two  goatherds\thome", 5), ("Two  goatherds\tran", 5)],
    ),
}  # fmt: skip


@cache
def found_for(model: ContextualModel, name: str) -> Influence:
    """All three ways at once, with a neutral word that has a length of its own."""
    sentence, target, at, _ = REMOVED[name]
    return influence(model, sentence, Mention(0, at, at + len(target)), neutral="thing")


def assert_something_moved(found: Influence, model: ContextualModel, at: int) -> None:
    """Or else equal numbers would prove nothing; the first word of a decoder has none before it that could move it."""
    moves = at > 0 or model.kind == "encoder"
    for shifts in found.shifts.values():
        assert (shifts.max() > 0.01) if moves else (shifts.max() <= 1e-6)


@pytest.mark.parametrize("name", REMOVED)
def test_shifts_without_a_word_are_those_of_the_sentence_without_it(model: ContextualModel, name: str) -> None:
    sentence, target, at, changed = REMOVED[name]
    assert sentence[at : at + len(target)] == target
    found = found_for(model, name)
    assert found.target == Word(target, at, at + len(target))
    assert len(found.words) == len(changed)
    own = vector(model, sentence, at, len(target))
    for number, (without, start) in enumerate(changed):
        assert without[start : start + len(target)] == target
        expected = shift(own, vector(model, without, start, len(target)))
        np.testing.assert_allclose(found.shifts["removed"][number], expected, atol=2e-6, err_msg=without)
    assert_something_moved(found, model, at)


@pytest.mark.parametrize("name", REMOVED)
def test_shifts_with_a_neutral_word_are_those_of_the_sentence_with_it(model: ContextualModel, name: str) -> None:
    sentence, target, at, _ = REMOVED[name]
    found = found_for(model, name)
    assert found.neutral == "thing"
    own = vector(model, sentence, at, len(target))
    for number, word in enumerate(found.words):
        new = "Thing" if word.text[0].isupper() else "thing"
        before, after = sentence[: word.start], sentence[word.end :]
        start = at + (len(new) - len(word.text)) * (word.start < at)
        assert (before + new + after)[start : start + len(target)] == target
        expected = shift(own, vector(model, before + new + after, start, len(target)))
        np.testing.assert_allclose(found.shifts["replaced"][number], expected, atol=2e-6, err_msg=word.text)


@pytest.mark.parametrize("name", REMOVED)
def test_shifts_by_a_blocked_word_are_those_of_attention_without_that_pair(model: ContextualModel, name: str) -> None:
    sentence, target, at, _ = REMOVED[name]
    found = found_for(model, name)
    own, queries = vector(model, sentence, at, len(target)), positions(model, sentence, at, at + len(target))
    for number, word in enumerate(found.words):
        attend = Attend.block(query=queries, keys=positions(model, sentence, word.start, word.end))
        expected = shift(own, vector(model, sentence, at, len(target), attend))
        np.testing.assert_allclose(found.shifts["blocked"][number], expected, atol=2e-6, err_msg=word.text)
    assert found.shifts["blocked"][:, 0].max() < 1e-12  # the embedding knows of no attention


SENTENCE, TARGET = "Old dogs ran, the dog ran home.", Mention(0, 9, 12)


def test_shifts_attention_and_rollout_are_given_word_by_word_in_order(model: ContextualModel) -> None:
    found = influence(model, SENTENCE, TARGET)
    assert found.sentence == SENTENCE
    assert found.words == tuple(
        Word(SENTENCE[a:b], a, b) for a, b in [(0, 3), (4, 8), (14, 17), (18, 21), (22, 25), (26, 30)]
    )
    assert tuple(found.shifts) == ("blocked", "zeroed", "removed", "replaced")
    assert found.weighted is not None
    for part in (*found.shifts.values(), found.attention, found.rollout, found.weighted):
        assert part.shape == (6, model.layers + 1)
        assert part.dtype == np.float32
        assert part.min() >= 0


def test_attention_and_rollout_are_those_of_the_targets_row(model: ContextualModel) -> None:
    """Over all heads up to a layer; a target of three pieces is averaged over them, and a word's pieces are added up."""
    sentence = "The goatherds saw a goatherd"
    weights = model.attention(sentence).weights.astype(np.float64)
    for start, end in ((4, 13), (20, 28)):
        found = influence(model, sentence, Word(sentence[start:end], start, end))
        queries = positions(model, sentence, start, end)
        assert len(queries) >= 3
        for number, word in enumerate(found.words):
            keys = positions(model, sentence, word.start, word.end)
            for layer in range(1, model.layers + 1):
                every = [(block, h, q) for block in range(layer) for h in range(model.heads) for q in queries]
                share = np.mean([weights[block, h, q, keys].sum() for block, h, q in every])
                assert found.attention[number, layer] == pytest.approx(share, abs=1e-6)
                reached = rollout(weights[:layer])[-1]
                share = np.mean([reached[q, keys].sum() for q in queries])
                assert found.rollout[number, layer] == pytest.approx(share, abs=1e-6)
        assert np.all(found.attention[:, 0] == 0)
        assert np.all(found.rollout[:, 0] == 0)


def test_a_word_that_follows_moves_nothing_in_a_decoder_and_something_in_an_encoder(
    encoder: ContextualModel, decoder: ContextualModel
) -> None:
    """Two words stand before the target and four after it."""
    of_decoder, of_encoder = (influence(m, SENTENCE, TARGET) for m in (decoder, encoder))
    for way in ("blocked", "zeroed", "removed", "replaced"):
        assert of_decoder.shifts[way][2:].max() <= 1e-6
        assert of_decoder.shifts[way][:2, -1].min() > 1e-3
        assert of_encoder.shifts[way][2:, -1].min() > 1e-4
    assert np.all(of_decoder.attention[2:] == 0)
    assert np.all(of_decoder.rollout[2:] == 0)
    assert of_encoder.attention[2:, 1:].min() > 0


def test_the_neutral_word_is_the_mask_of_an_encoder_and_something_in_a_decoder(
    encoder: ContextualModel, decoder: ContextualModel
) -> None:
    for model, neutral in ((encoder, "[MASK]"), (decoder, "something")):
        found = influence(model, SENTENCE, TARGET)
        assert found.neutral == neutral
        changed = SENTENCE.replace("dogs", neutral)
        expected = shift(vector(model, SENTENCE, 9, 3), vector(model, changed, changed.index("ran"), 3))
        np.testing.assert_allclose(found.shifts["replaced"][1], expected, atol=2e-6)


def test_a_mention_and_a_word_are_the_same_target(encoder: ContextualModel) -> None:
    one, other = (influence(encoder, SENTENCE, t) for t in (TARGET, Word("ran", 9, 12)))
    assert one.target == other.target
    assert all(np.array_equal(one.shifts[way], other.shifts[way]) for way in one.shifts)


@pytest.mark.parametrize("sentence", ["Ran", "ran!", "... ran ..."])
def test_a_word_alone_has_nothing_that_could_move_it(encoder: ContextualModel, sentence: str) -> None:
    with pytest.raises(BadInputError, match="a sentence of one word") as caught:
        influence(encoder, sentence, find("ran", [sentence])[0])
    assert isinstance(caught.value, CtxError)


def test_a_target_outside_the_sentence_is_refused(encoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match="40 to 43 of 31 characters"):
        influence(encoder, SENTENCE, Mention(0, 40, 43))


def test_progress_of_an_influence_rises_to_one(encoder: ContextualModel) -> None:
    seen: list[float] = []
    influence(encoder, SENTENCE, TARGET, progress=lambda share, what: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1


# --- heads ---

SETS = [[(1, 0)], [(2, 3), (5, 8)], [(3, head) for head in range(9)], [], [(2, 3)], [(1, 0)]]


def test_shifts_without_heads_are_those_of_a_pass_without_them(model: ContextualModel) -> None:
    found = head_shifts(model, SENTENCE, TARGET, SETS)
    assert found.sets == tuple(tuple(heads) for heads in SETS)
    assert (found.sentence, found.target) == (SENTENCE, Word("ran", 9, 12))
    assert found.shift.shape == (6, model.layers + 1)
    own = vector(model, SENTENCE, 9, 3)
    for row, heads in zip(found.shift, SETS, strict=True):
        expected = shift(own, vector(model, SENTENCE, 9, 3, Attend.without_heads(heads)))
        np.testing.assert_allclose(row, expected, atol=2e-6)
    assert np.array_equal(found.shift[0], found.shift[5])
    assert found.shift[3].max() < 1e-12  # no head at all: the cosine of a vector with itself
    # A head moves nothing before the layer it stands in, and something there.
    for number, layer in ((0, 1), (1, 2), (2, 3), (4, 2)):
        assert found.shift[number, :layer].max() < 1e-6
        assert found.shift[number, layer] > 1e-6
    assert found.shift[1, -1] != pytest.approx(found.shift[4, -1], rel=0.01)


def test_an_encoder_has_no_next_word_to_change(encoder: ContextualModel) -> None:
    seen: list[float] = []
    found = head_shifts(encoder, SENTENCE, TARGET, SETS[:2], lambda share, what: seen.append(share))
    assert found.next_word is None
    assert seen[-1] == 1


def test_a_head_that_is_not_there_cannot_be_switched_off(encoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match=r"heads 0 to 11\. Received: head 12"):
        head_shifts(encoder, SENTENCE, TARGET, [[(1, 0)], [(1, 12)]])


# --- the next word ---


def bare_logits(
    network: Any, model: ContextualModel, sentence: str, heads: Sequence[tuple[int, int]] = ()
) -> np.ndarray:
    """Logits behind the last token, with zeros in the output projections where these heads enter."""
    if heads:
        network = copy.deepcopy(network)
    for layer, head in heads:
        network.model.layers[layer - 1].self_attn.o_proj.weight.data[:, head * 64 : (head + 1) * 64] = 0
    ids = torch.tensor([[t.id for t in model.tokens([sentence])[0]]])
    with torch.inference_mode():
        return np.asarray(network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0, -1].numpy())


PROMPTS = ["The dog ran", "The program ran", "Nobody could catch the goat once it ran through the"]


def test_logits_of_the_next_token_are_the_bare_models(decoder: ContextualModel, bare_causal: Any) -> None:
    for prompt in PROMPTS:
        expected = bare_logits(bare_causal, decoder, prompt)
        found = decoder.next_logits(prompt)
        assert found.shape == (1, 49152)
        assert np.linalg.norm(found[0] - expected) / np.linalg.norm(expected) < 1e-4
        assert found[0].argmax() == expected.argmax()


def test_logits_for_each_way_to_attend_come_in_the_order_asked(
    decoder: ContextualModel, bare_causal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = [(1, 2), (4, 0)]
    attends = [Attend.without_heads(heads), Attend.full(), Attend.self_only(), Attend.without_heads(heads)]
    expected = [
        bare_logits(bare_causal, decoder, PROMPTS[0], heads),
        bare_logits(bare_causal, decoder, PROMPTS[0]),
        decoder.next_logits(PROMPTS[1], [Attend.self_only()])[0],  # it ends in the same word and reads no other
    ]
    found = decoder.next_logits(PROMPTS[0], attends)
    monkeypatch.setattr(decoder, "at_once", 8)  # two passes of two rows
    seen: list[tuple[float, str]] = []
    cut = decoder.next_logits(PROMPTS[0], attends, lambda share, what: seen.append((share, what)))
    assert seen == [(0.5, "2 of 4 read"), (1.0, "4 of 4 read")]
    for logits in (found, cut):
        for row, own in zip(logits, [*expected, expected[0]], strict=True):
            assert np.linalg.norm(row - own) / np.linalg.norm(own) < 1e-4
    assert np.linalg.norm(expected[0] - expected[1]) / np.linalg.norm(expected[1]) > 0.01


def test_divergence_of_the_next_word_is_scipys_of_the_bare_models_distributions(
    decoder: ContextualModel, bare_causal: Any
) -> None:
    sets = [[(1, 2), (4, 0)], [(30, 8)], []]
    sentence = PROMPTS[0]
    seen: list[float] = []
    found = head_shifts(decoder, sentence, Mention(0, 8, 11), sets, lambda share, what: seen.append(share))
    assert found.next_word is not None
    assert found.next_word.dtype == np.float32

    def chances(heads: Sequence[tuple[int, int]]) -> np.ndarray:
        logits = bare_logits(bare_causal, decoder, sentence, heads).astype(np.float64)
        raised = np.exp(logits - logits.max())
        return np.asarray(raised / raised.sum())

    for number, heads in enumerate(sets):
        expected = distance.jensenshannon(chances(()), chances(heads), base=2) ** 2
        assert found.next_word[number] == pytest.approx(expected, rel=1e-3, abs=1e-6)
    assert found.next_word[0] > 1e-3
    assert found.next_word[2] < 1e-9
    assert seen == sorted(seen)
    assert seen[-1] == 1


@pytest.mark.parametrize("family", ["gpt_neox", "llama", "gemma2"])
def test_words_that_follow_move_nothing_in_decoders_of_any_make(family: str, tiny: Tiny) -> None:
    found = influence(tiny(family), "the dog ran quickly home", Mention(0, 8, 11), neutral="cat")
    for way in ("blocked", "zeroed", "removed", "replaced"):
        assert found.shifts[way][2:].max() <= 1e-6
        assert found.shifts[way][:2, -1].min() > 1e-4


@pytest.mark.parametrize("family", tiny_models.ENCODERS)
def test_every_other_word_moves_the_target_in_every_encoder(family: str, tiny: Tiny) -> None:
    found = influence(tiny(family), "the dog ran quickly home", Mention(0, 8, 11))
    assert found.neutral == "[MASK]"
    for way in ("blocked", "zeroed", "removed", "replaced"):
        assert found.shifts[way][:, -1].min() > 1e-6


@pytest.mark.parametrize(
    ("sentence", "gone", "left"),
    [
        ("The dog ran home", "The", "dog ran home"),
        ("The dog ran home", "home", "The dog ran"),
        ("was hungry.", "hungry", "was."),
        ("(He) never-ever ran", "ever", "(He) never- ran"),
        ("a\u00a0dog ran", "dog", "a\u00a0ran"),
        ("x\U0001f600ran home", "\U0001f600", "x ran home"),
    ],
)
def test_what_stands_beside_a_word_never_grows_together(sentence: str, gone: str, left: str) -> None:
    start = sentence.rindex(gone)
    changed, moved = _without(sentence, Word(gone, start, start + len(gone)))
    assert changed == left
    assert moved == len(sentence) - len(left)


def test_only_the_words_asked_for_are_left_out(encoder: ContextualModel) -> None:
    sentence = "The old dog ran quickly home"
    words = words_of(sentence)
    every = influence(encoder, sentence, words[3])
    some = influence(encoder, sentence, words[3], words=[words[1], words[5], words[3]])
    assert [w.text for w in some.words] == ["old", "home"]  # the target itself is never left out
    for way, shifts in some.shifts.items():
        np.testing.assert_allclose(shifts, every.shifts[way][[1, 4]], atol=1e-6)
    np.testing.assert_allclose(some.rollout, every.rollout[[1, 4]], atol=1e-7)


def test_a_decoder_without_an_output_head_predicts_nothing(tiny: Callable[..., ContextualModel]) -> None:
    with pytest.raises(MissingWeightsError, match="output head"):
        tiny("llama").next_logits("the dog")


def test_an_output_head_that_transformers_made_up_is_refused(decoder: ContextualModel) -> None:
    made_up = copy.copy(decoder)
    made_up.missing = ("lm_head.weight",)
    with pytest.raises(MissingWeightsError, match="output head"):
        made_up.next_logits("The dog")


def test_logits_need_a_way_to_attend(decoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match="At least one way"):
        decoder.next_logits("The dog", [])
    assert np.array_equal(decoder.next_logits("The dog"), decoder.next_logits("The dog", [Attend.full()]))
