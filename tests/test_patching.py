"""States put into a run: against matrices, against hand-run blocks of every family, and what the grid says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ctxcore import BadInputError, ContextualModel, UnsupportedModelError, find, moved_words, patch_control, patch_grid
from ctxcore.charts.moving import MovedStates, PatchingChart, opened_cell, point
from ctxcore.data.bank import sense_bank
from ctxcore.measures.patching import handover
from ctxcore.models import patching
from ctxcore.models.catalogue import weights_path
from ctxcore.models.loading import adopt
from ctxcore.types import PatchControl, PatchGrid
from tests import tiny_models
from tests.raw_models import RawModel
from tests.test_attend import in_two_threads

Tiny = Callable[..., ContextualModel]
DOG, PROGRAM, HORSE, BOTH = "The dog ran", "The program ran", "The horse ran", ("quickly", "successfully")
BLOCKS = {
    "albert": "encoder.albert_layer_groups", "distilbert": "transformer.layer", "gpt2": "h",
    **dict.fromkeys(("bert", "electra", "roberta"), "encoder.layer"),
}  # fmt: skip
"""Where a family keeps its blocks, if not in ``layers``."""


@pytest.fixture(scope="module")
def control(encoder: ContextualModel) -> PatchControl:
    return patch_control(encoder)


@pytest.fixture(scope="module")
def lead(encoder: ContextualModel, control: PatchControl) -> PatchGrid:
    return patch_grid(encoder, DOG, PROGRAM, control=control)


@pytest.fixture(scope="module")
def decoded(decoder: ContextualModel) -> PatchGrid:
    return patch_grid(decoder, DOG, PROGRAM, candidates=BOTH, control=nats(1.5))


def nats(*apart: float) -> PatchControl:
    """A control of a decoder, given by hand."""
    return PatchControl(np.array(apart, np.float32), np.zeros(0), BOTH)


def ids_of(model: ContextualModel, sentence: str) -> list[int]:
    return [token.id for token in model.tokens([sentence])[0]]


@contextmanager
def put_by_hand(network: Any, family: str, layer: int, states: dict[int, torch.Tensor]) -> Iterator[None]:
    """Hooks for one call, on one row: what the product does not do, since two threads would mix."""
    calls = 0

    def hook(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        nonlocal calls
        calls += 1
        if calls - 1 == layer:
            for position, state in states.items():
                given[0][0, position] = state
        return given, named

    blocks = network.get_submodule(BLOCKS.get(family, "layers"))
    hooks = [block.register_forward_pre_hook(hook, with_kwargs=True) for block in blocks]
    try:
        yield
    finally:
        for one in hooks:
            one.remove()


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_a_state_put_in_gives_what_the_blocks_give_by_hand(family: str) -> None:
    """Cells of all layers in one growing batch, a token and two tokens at once, read at three places."""
    network, reference, ids = tiny_models.network(family), tiny_models.network(family), tiny_models.ids(9)
    causal = adopt(network)
    assert patching.patchable(network)
    draw = torch.Generator().manual_seed(1)
    cells = [(layer, places) for places in ((1, 5), (4,), (8,)) for layer in (2, 0, 1)]
    puts = [patching.Put(layer, at, torch.randn(len(at), 32, generator=draw)) for layer, at in cells]
    found = patching.finals(network, patching.plain(network, ids, causal), puts, (0, 6, 8))
    reference.set_attn_implementation("eager")
    for put, ours in zip(puts, found, strict=True):
        states = dict(zip(put.positions, put.states, strict=True))
        with put_by_hand(reference, family, put.layer, states), torch.no_grad():
            theirs = reference(input_ids=ids).last_hidden_state[0, [0, 6, 8]]
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_the_encoders_grid_is_what_the_matrices_give(
    encoder: ContextualModel, lead: PatchGrid, control: PatchControl
) -> None:
    raw, ids, other = RawModel(weights_path("minilm-l6")), ids_of(encoder, DOG), ids_of(encoder, PROGRAM)
    own, theirs = raw(ids).hidden, raw(other).hidden
    way = (theirs[-1, 3] - own[-1, 3]) * control.scale
    for layer in (0, 2, 5):
        for column in (2, 3):
            raw.put = {(layer, column): theirs[layer, column]}
            moved = (raw(ids).hidden[-1, 3] - own[-1, 3]) * control.scale
            share = moved @ way / (way @ way)
            assert lead.shares[layer, column] == pytest.approx(share, abs=1e-5)
            off = np.linalg.norm(moved - share * way) / np.linalg.norm(way)
            assert lead.aside[layer, column] == pytest.approx(off, abs=1e-5)
    assert lead.apart == pytest.approx(np.linalg.norm(way), rel=1e-5)


def test_the_decoders_grid_is_what_the_matrices_give(
    decoder: ContextualModel, decoder_folder: Path, decoded: PatchGrid
) -> None:
    raw, ids, other = RawModel(decoder_folder), ids_of(decoder, DOG), ids_of(decoder, PROGRAM)
    first, second = (decoder.tokenizer.raw(f" {word}")[0].id for word in BOTH)
    head = raw.part("model.embed_tokens.weight")
    between = head[first] - head[second]
    theirs = raw(other).hidden
    ends = [float(hidden[-1, -1] @ between) for hidden in (raw(ids).hidden, theirs)]
    assert decoded.ends == pytest.approx(ends, rel=1e-5)
    raw.put = {(5, 3): theirs[5, 3]}  # where both words carry a part; a pass over these matrices takes a second
    share = (float(raw(ids).hidden[-1, -1] @ between) - ends[0]) / (ends[1] - ends[0])
    assert decoded.shares[5, 3] == pytest.approx(share, abs=1e-5)


def test_the_checks_are_nought_and_one(lead: PatchGrid, decoded: PatchGrid) -> None:
    for grid in (lead, decoded):
        assert grid.complete
        np.testing.assert_allclose(grid.itself, 0, atol=1e-5)
        np.testing.assert_allclose(grid.everything, 1, atol=1e-5)
        assert grid.shares[-1].tolist() == [1.0 if i == grid.at else 0.0 for i in range(len(grid.columns))]


def test_candidates_of_several_tokens_are_read_to_their_end(tiny: Tiny) -> None:
    """Against whole runs, one a cell, with the log-probability of both tokens."""
    model, sentence, source = tiny("llama"), "the dog ran", "the program ran"
    model.network = network = _with_head(model)
    two = ("quickly home", "slowly")
    grid = patch_grid(model, sentence, source, candidates=two, control=nats(0.0))
    np.testing.assert_allclose(grid.everything, 1, atol=1e-5)
    np.testing.assert_allclose(grid.itself, 0, atol=1e-5)
    states = patching.plain(network, torch.tensor([ids_of(model, source)]), True).states

    def odds(words: str, layer: int = -1, column: int = 0) -> float:
        logs = []
        for candidate in two:
            pieces = [tiny_models.VOCABULARY[word] for word in candidate.split()]
            ids = torch.tensor([[*ids_of(model, words), *pieces[:-1]]])
            with put_by_hand(network.model, "llama", layer, {column: states[layer][column]}), torch.no_grad():
                shares = network(input_ids=ids).logits[0].double().log_softmax(-1)
            logs.append(sum(float(shares[len(pieces) * -1 + i, piece]) for i, piece in enumerate(pieces)))
        return logs[0] - logs[1]

    start, end = odds(sentence), odds(source)
    for layer in range(3):
        for column in (2, 3):
            share = (odds(sentence, layer, column) - start) / (end - start)
            assert grid.shares[layer, column] == pytest.approx(share, abs=1e-5)


def _with_head(model: ContextualModel) -> Any:
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = AutoModelForCausalLM.from_config(model.network.config).eval()
    adopt(network)
    return network


def test_two_threads_on_one_model_never_mix(tiny: Tiny) -> None:
    """Two grids of different size at once, and plain passes beside one."""
    model = tiny("bert")
    ids = [torch.tensor([ids_of(model, s)]) for s in ("the dog ran quickly home", "a cat ran", "the program ran")]
    runs = [patching.plain(model.network, one, False) for one in ids]
    puts = [
        [patching.Put(layer, (2,), runs[2].states[layer][[2]]) for layer in range(3) for _ in range(times)]
        for times in (1, 4)
    ]
    grids = [patching.finals(model.network, run, some, (1,)) for run, some in zip(runs, puts, strict=False)]
    grown = in_two_threads(
        *(
            lambda run=run, some=some: [patching.finals(model.network, run, some, (1,)) for _ in range(60)]
            for run, some in zip(runs, puts, strict=False)
        )
    )
    for expected, rounds in zip(grids, grown, strict=True):
        assert all(torch.equal(expected, found) for found in rounds)
    states = model.encode(["a cat ran"])[0].hidden
    moved, plain = in_two_threads(
        lambda: [patching.finals(model.network, runs[0], puts[0], (1,)) for _ in range(60)],
        lambda: [model.encode(["a cat ran"])[0].hidden for _ in range(60)],
    )
    assert all(torch.equal(grids[0], found) for found in moved)
    assert all(np.array_equal(states, found) for found in plain)


def test_a_family_whose_blocks_take_no_states_is_known_at_load_and_says_so() -> None:
    from ctxcore.models.loading import checked

    network = tiny_models.network("bert")
    network.encoder.layer[1].register_forward_pre_hook(lambda module, given: (given[0] * 1.5, *given[1:]))
    model = checked(network, tiny_models.tokenizer(), id="odd")
    assert "patching" not in model.uses
    with pytest.raises(UnsupportedModelError, match=r"odd, a family .bert. whose blocks do not run so"):
        patch_grid(model, "the dog ran", "the cat ran")
    assert not any(block._forward_pre_hooks for block in network.encoder.layer if block is not network.encoder.layer[1])


def test_the_lead_examples_say_where_the_word_takes_its_meaning(lead: PatchGrid, decoded: PatchGrid) -> None:
    found = handover(lead)
    assert (found.column, found.until, found.takes) == (2, 1, 2)
    assert not lead.little
    assert point(lead).startswith(
        "“ran” takes its meaning from “program”: up to layer 1 the state of that word alone moves most"
    )
    assert "From layer 2 on “ran” itself carries it: 43 % there and 78 % at layer 5." in point(lead)
    found = handover(decoded)
    assert (found.column, found.until, found.takes) == (2, 4, 5)
    assert not decoded.little
    assert opened_cell(decoded, None) == (5, 3)
    assert opened_cell(decoded, (99, 3)) == (5, 3)
    assert opened_cell(decoded, (2, 2)) == (2, 2)
    assert point(decoded, out=True).startswith("“ran” needs “dog”: up to layer 4")


def test_sentences_that_hardly_differ_say_little_to_move(
    encoder: ContextualModel, decoder: ContextualModel, control: PatchControl
) -> None:
    """The control is measured: the median of pairs of one sense, here worked out anew for one word."""
    sentences, labels = sense_bank()["ran"].sample(3)
    firsts = [next(m for m in find("ran", sentences) if m.sentence_index == i) for i in range(len(sentences))]
    mine = encoder.vectors(sentences, firsts)
    scaled = mine.vectors[:, -1] * control.scale
    same = [(a, b) for a in range(len(labels)) for b in range(a) if labels[a] == labels[b]]
    for a, b in same:
        distance = float(np.linalg.norm(scaled[a] - scaled[b]))
        assert np.abs(control.apart - distance).min() < 1e-4
    assert control.usual == pytest.approx(float(np.median(control.apart)))
    grid = patch_grid(encoder, DOG, HORSE, control=control)
    assert grid.little
    assert grid.closer < 0.05
    assert point(grid).startswith("Little to move")
    assert opened_cell(grid, (2, 2)) is None
    apart = patch_grid(decoder, DOG, HORSE, candidates=BOTH, control=nats(1.0, 2.0, 0.5))
    assert apart.little == (apart.apart < 1.0)
    assert apart.closer == pytest.approx(1 / 3)


def test_sentences_of_unequal_length_are_aligned_at_the_word(encoder: ContextualModel, control: PatchControl) -> None:
    grid = patch_grid(encoder, "The big unbelievable dog ran home.", "The program ran!", control=control)
    assert [(c.text, c.other) for c in grid.columns] == [
        ("[CLS]", "[CLS]"), ("The", ""), ("big", ""), ("unbelievable", "The"), ("dog", "program"), ("ran", "ran"), ("home", "!"),
        (".", ""), ("[SEP]", "[SEP]"),
    ]  # fmt: skip
    assert np.isnan(grid.shares[0]).tolist() == [not c.source for c in grid.columns]
    assert not grid.complete
    assert grid.everything[0] < 0.999
    assert grid.shares[0, 4] < grid.shares[0, 5]  # its own place in the sentence moves "ran" more than the noun does
    assert point(grid).startswith("At no layer does another word’s state move “ran” more")
    caption = PatchingChart(MovedStates("minilm-l6", grid.sentence, grid.source)).caption(grid)
    assert "it need not be 1: nothing stands in the place of “The”, “big”, “.”" in caption
    back = patch_grid(encoder, "The program ran!", "The big unbelievable dog ran home.", control=control)
    assert back.unaligned == ("The", "big", ".")


def test_words_of_unequal_token_counts_are_not_moved(decoder: ContextualModel) -> None:
    grid = patch_grid(decoder, "The unbelievable dog ran", "The very program ran", candidates=BOTH, control=nats(1.5))
    assert grid.columns[2].why == "2 tokens against 1 of “very”"
    assert np.isnan(grid.shares[:, 2]).all()
    assert (grid.shares[:, :2] == 0).all()  # a decoder has read the same so far


def test_next_words_with_a_state_moved(decoder: ContextualModel, decoded: PatchGrid) -> None:
    found = moved_words(decoder, DOG, PROGRAM, 5, 3, candidates=BOTH)
    for run, sentence in ((0, DOG), (2, PROGRAM)):
        own = decoder.next_words([sentence], BOTH)[0]
        assert found.shares[run, :2].tolist() == pytest.approx([own.candidates[c] for c in BOTH], rel=1e-4)
        assert {own.top[i][0] for i in range(4)} - {f" {c}" for c in BOTH} <= set(found.words)
    odds = np.log(found.shares[:, 0] / found.shares[:, 1])
    assert (odds[1] - odds[0]) / (odds[2] - odds[0]) == pytest.approx(decoded.shares[5, 3], abs=1e-4)
    top = moved_words(decoder, DOG, PROGRAM, decoder.layers, 3, candidates=BOTH)
    np.testing.assert_allclose(top.shares[1], top.shares[2], rtol=1e-5)


@pytest.mark.parametrize(
    ("sentence", "source", "word", "rule"),
    [
        (DOG, f" {DOG}", "", "between two sentences that differ"),
        (DOG, "the dog ran", "", "must differ for the model"),
        (DOG, "A cat sleeps", "", "must have a word in common"),
        (DOG, " ".join([*["very"] * 40, "ran"]), "", "at most 40 words"),
    ],
)
def test_what_cannot_be_aligned_says_why(
    encoder: ContextualModel, control: PatchControl, sentence: str, source: str, word: str, rule: str
) -> None:
    with pytest.raises(BadInputError, match=rule):
        patch_grid(encoder, sentence, source, word, control=control)


def test_a_word_that_is_split_differently_and_a_single_candidate_are_refused(decoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match=r"split into as many tokens in both\. Received: .antidisestablishment. as"):
        patch_grid(decoder, "the antidisestablishment", "not ANTIDISESTABLISHMENT", control=nats(1.0))
    with pytest.raises(BadInputError, match="Two candidates that differ"):
        patch_grid(decoder, DOG, PROGRAM, candidates=("quickly", "quickly"), control=nats(1.0))
    with pytest.raises(BadInputError, match="at or before the word that is watched"):
        patch_grid(decoder, "ran home", "ran away", "ran", control=PatchControl(np.zeros(1), np.ones(decoder.features)))
