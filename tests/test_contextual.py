"""ContextualModel: the bare model's numbers, words from pieces, batches that change nothing, and errors that say where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from ctxcore import (
    BadInputError,
    ContextualModel,
    Mention,
    ModelError,
    NoMentionError,
    NoSentencesError,
    TooLongError,
    find,
)
from ctxcore.measures.geometry import cosine
from ctxcore.models.loading import checked
from tests import tiny_models
from tests.bare_models import BareModel

PAIR = ["The dog ran quickly", "The program ran successfully"]
MANY = [*PAIR, "Ran.", "Nobody could catch the goat once it ran through the gate, antidisestablishmentarianism or not."]
LONG_WORD = "antidisestablishmentarianism"
Tiny = Callable[..., ContextualModel]


@pytest.fixture(params=["encoder", "decoder"])
def model(request: pytest.FixtureRequest) -> ContextualModel:
    """Both embedded models, one after the other."""
    found: ContextualModel = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def bare(model: ContextualModel, request: pytest.FixtureRequest) -> BareModel:
    found: BareModel = request.getfixturevalue(f"bare_{model.kind}")
    return found


def assert_same(ours: np.ndarray, own: np.ndarray) -> None:
    """Every vector ``[..., feature]`` differs by less than 1e-5 of its length: a decoder's are thousands long."""
    assert ours.shape == own.shape
    assert (np.linalg.norm(ours - own, axis=-1) / np.linalg.norm(own, axis=-1)).max() < 1e-5


def test_hidden_states_of_one_sentence_are_the_bare_models(model: ContextualModel, bare: BareModel) -> None:
    for sentence in MANY:
        own, ours = bare([sentence])[0], model.encode([sentence])[0]
        assert tuple(t.text for t in ours.tokens) == own.tokens
        assert ours.hidden.dtype == np.float32
        assert_same(ours.hidden, own.hidden)


def test_hidden_states_of_a_padded_batch_are_the_bare_models(model: ContextualModel, bare: BareModel) -> None:
    for own, ours in zip(bare(MANY), model.encode(MANY), strict=True):
        assert_same(ours.hidden, own.hidden)


def test_layers_count_from_the_embedding(encoder: ContextualModel) -> None:
    ids = torch.tensor([[t.id for t in encoder.tokens(PAIR[:1])[0]]])
    with torch.inference_mode():
        embedded = encoder.network.embeddings(input_ids=ids)[0].numpy()
    np.testing.assert_allclose(encoder.encode(PAIR[:1])[0].hidden[0], embedded, atol=1e-6)
    assert encoder.encode(PAIR[:1])[0].hidden.shape == (7, 6, 384)


def test_one_word_starts_as_one_vector_and_ends_as_two(encoder: ContextualModel) -> None:
    dog, program = encoder.occurrences("ran", PAIR).vectors
    by_layer = cosine(dog, program)
    assert by_layer[0] >= 0.999
    assert by_layer[-1] == pytest.approx(0.73, abs=0.01)


def test_an_encoding_holds_sentence_tokens_and_words(encoder: ContextualModel) -> None:
    found = encoder.encode(["Hello, caf\u00e9!"])[0]
    assert found.sentence == "Hello, caf\u00e9!"
    assert [(t.text, t.start, t.end, t.special) for t in found.tokens] == [
        ("[CLS]", 0, 0, True), ("hello", 0, 5, False), (",", 5, 6, False), ("cafe", 7, 11, False), ("!", 11, 12, False),
        ("[SEP]", 0, 0, True),
    ]  # fmt: skip
    assert [w.text for w in found.words] == ["Hello", "caf\u00e9"]


def test_a_decoders_tokens_stand_without_their_leading_space(decoder: ContextualModel) -> None:
    found = decoder.tokens(["The dog"])[0]
    assert [(t.text, t.start, t.end, t.special) for t in found] == [
        ("<|endoftext|>", 0, 0, True), ("\u0120The", 0, 3, False), ("\u0120dog", 4, 7, False),
    ]  # fmt: skip


def test_the_first_word_of_a_decoder_is_no_attention_sink(decoder: ContextualModel) -> None:
    first, later = decoder.vectors(["dog ran, dog"], [Mention(0, 0, 3), Mention(0, 9, 12)]).vectors[:, 15]
    assert np.linalg.norm(first) < 3 * np.linalg.norm(later)
    assert cosine(first, later) > 0.6


def test_a_word_in_pieces_is_the_mean_of_its_pieces(model: ContextualModel) -> None:
    sentence = f"They say {LONG_WORD} grew"
    found = model.occurrences(LONG_WORD, [sentence])
    encoding = model.encode([sentence])[0]
    start, end = sentence.index(LONG_WORD), sentence.index(LONG_WORD) + len(LONG_WORD)
    inside = [i for i, t in enumerate(encoding.tokens) if not t.special and start <= t.start and t.end <= end]
    assert len(inside) >= 5
    assert found.pieces == (tuple(encoding.tokens[i].text for i in inside),)
    assert_same(found.vectors[0], encoding.hidden[:, inside].mean(1))


def test_the_order_of_sentences_does_not_matter(model: ContextualModel) -> None:
    forwards, backwards = model.occurrences("ran", MANY).vectors, model.occurrences("ran", MANY[::-1]).vectors
    assert_same(forwards, backwards[::-1])


def test_batches_do_not_mix_sentences_up(model: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model.occurrences("ran", MANY).vectors
    monkeypatch.setattr(model, "at_once", 1)
    alone = model.occurrences("ran", MANY).vectors
    assert_same(whole, alone)


def test_repeated_sentences_give_the_same_vector_to_the_last_bit(model: ContextualModel) -> None:
    vectors = model.occurrences("ran", [MANY[3], PAIR[0], MANY[3], PAIR[1], PAIR[0]]).vectors
    assert np.array_equal(vectors[0], vectors[2])
    assert np.array_equal(vectors[1], vectors[4])
    assert not np.array_equal(vectors[1], vectors[3])


def test_repeated_sentences_have_the_same_encoding(encoder: ContextualModel) -> None:
    one, other, again = encoder.encode([PAIR[0], PAIR[1], PAIR[0]])
    assert np.array_equal(one.hidden, again.hidden)
    assert other.sentence == PAIR[1]


def test_every_mention_in_a_sentence_is_an_occurrence(encoder: ContextualModel) -> None:
    sentence = "He ran and ran, Ran again"
    found = encoder.occurrences("ran", ["no mention", sentence])
    assert found.sentence_index == (1, 1, 1)
    assert found.spans == ((3, 6), (11, 14), (16, 19))
    assert found.words == ("ran", "ran", "Ran")
    assert found.sentences == ("no mention", sentence)
    hidden = encoder.encode([sentence])[0].hidden  # [CLS] he ran and ran , ran again [SEP]
    for vector, token in zip(found.vectors, (2, 4, 6), strict=True):
        np.testing.assert_allclose(vector, hidden[:, token], atol=1e-5)


def test_vectors_of_any_spans_come_in_the_order_asked(encoder: ContextualModel) -> None:
    mentions = [Mention(1, 0, 3), Mention(0, 4, 11), Mention(1, 4, 7)]
    found = encoder.vectors(PAIR, mentions)
    assert found.words == ("The", "dog ran", "pro")
    dog, program = encoder.encode(PAIR)
    for vector, expected in zip(
        found.vectors, (program.hidden[:, 1], dog.hidden[:, 2:4].mean(1), program.hidden[:, 2]), strict=True
    ):
        np.testing.assert_allclose(vector, expected, atol=1e-5)


@pytest.mark.parametrize("span", [(-1, 3), (3, 3), (5, 3), (0, 20), (19, 22)])
def test_a_span_outside_its_sentence_is_refused(encoder: ContextualModel, span: tuple[int, int]) -> None:
    with pytest.raises(BadInputError, match=f"{span[0]} to {span[1]} of 19 characters"):
        encoder.vectors(PAIR, [Mention(0, *span)])


@pytest.mark.parametrize("index", [-1, 2])
def test_a_sentence_that_is_not_there_is_refused(encoder: ContextualModel, index: int) -> None:
    with pytest.raises(BadInputError, match=f"sentence {index} of 2"):
        encoder.vectors(PAIR, [Mention(index, 0, 3)])


def test_a_span_that_the_tokenizer_drops_is_refused(encoder: ContextualModel) -> None:
    with pytest.raises(BadInputError, match="' ', which this model's tokenizer drops"):
        encoder.vectors(PAIR, [Mention(0, 3, 4)])


def test_no_mention_is_an_error_that_names_the_word(encoder: ContextualModel) -> None:
    with pytest.raises(NoMentionError, match=r"“walked”.*2 sentences without it") as caught:
        encoder.occurrences("walked", PAIR)
    assert caught.value.word == "walked"
    with pytest.raises(NoSentencesError):
        encoder.vectors(PAIR, [])


def test_no_sentence_and_one_string_are_refused(encoder: ContextualModel) -> None:
    with pytest.raises(NoSentencesError):
        encoder.encode([])
    with pytest.raises(BadInputError, match=r"\[sentence\]"):
        encoder.encode("The dog ran")


TOO_LONG = " ".join(["word"] * 600)


def test_a_sentence_past_the_limit_is_refused_and_nothing_is_cut(encoder: ContextualModel) -> None:
    with pytest.raises(TooLongError, match=r"sentence 2 has 602 tokens.*Nothing was cut") as caught:
        encoder.encode([PAIR[0], TOO_LONG])
    assert (caught.value.sentence_index, caught.value.tokens, caught.value.limit) == (1, 602, 512)
    assert encoder.too_long([PAIR[0], TOO_LONG]) == {1: 602}
    assert encoder.too_long([]) == {}


def test_the_error_shows_where_the_limit_falls(tiny: Tiny) -> None:
    model = tiny("bert", max_position_embeddings=8)
    assert model.encode(["the dog ran home . the"])[0].hidden.shape == (4, 8, 32)
    with pytest.raises(TooLongError, match=r"limit falls after “…ran home . the”"):
        model.encode(["the dog ran home . the bank"])


def test_the_error_counts_in_the_readers_own_list(encoder: ContextualModel) -> None:
    sentences = ["no mention", PAIR[0], f"{TOO_LONG} ran"]
    with pytest.raises(TooLongError, match="sentence 3 has 603 tokens") as caught:
        encoder.occurrences("ran", sentences)
    assert caught.value.sentence_index == 2


def test_a_sentence_without_the_mention_may_be_too_long(encoder: ContextualModel) -> None:
    found = encoder.occurrences("ran", [TOO_LONG, PAIR[0]])
    assert found.sentence_index == (1,)
    np.testing.assert_allclose(found.vectors, encoder.occurrences("ran", PAIR[:1]).vectors, atol=1e-5)


def test_roberta_positions_start_behind_the_padding_index(tiny: Tiny) -> None:
    model = tiny("roberta")  # 40 positions, of which the first is padding's
    assert model.limit == 39
    assert model.encode([" ".join(["dog"] * 37)])[0].hidden.shape == (4, 39, 32)


def test_unknown_characters_are_read_and_their_words_found(model: ContextualModel) -> None:
    sentence = "\u16a0\u16a2 ran \U0001f600"
    found = model.vectors([sentence], find("\U0001f600", [sentence]) + find("ran", [sentence]))
    assert found.words == ("\U0001f600", "ran")
    assert np.isfinite(found.vectors).all()
    assert not np.allclose(found.vectors[0], found.vectors[1])


def test_a_special_token_that_the_reader_typed_belongs_to_the_sentence(encoder: ContextualModel) -> None:
    sentence = "Hello [MASK] world"
    mask = encoder.tokens([sentence])[0][2]
    assert (mask.text, mask.start, mask.end, mask.special) == ("[MASK]", 6, 12, False)
    vectors = encoder.vectors([sentence], [Mention(0, 6, 12)]).vectors
    np.testing.assert_allclose(vectors[0], encoder.encode([sentence])[0].hidden[:, 2], atol=1e-6)


def test_rows_of_attention_are_shares(model: ContextualModel) -> None:
    found = model.attention(MANY[3])
    assert found.weights.shape == (model.layers, model.heads, len(found.tokens), len(found.tokens))
    assert found.weights.min() >= 0
    np.testing.assert_allclose(found.weights.sum(-1, dtype=np.float64), 1, atol=1e-6)


def test_attention_keeps_what_is_asked_in_the_order_asked(model: ContextualModel) -> None:
    everything = model.attention(PAIR[0])
    some = model.attention(PAIR[0], layers=[5, 2], heads=[3, 0])
    assert (some.layers, some.heads) == ((5, 2), (3, 0))
    assert (everything.layers[0], everything.heads[0]) == (1, 0)
    np.testing.assert_allclose(some.weights, everything.weights[[4, 1]][:, [3, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"layers": [0]}, "layers 1 to 6. Received: layer 0"),
        ({"layers": [7]}, "layers 1 to 6. Received: layer 7"),
        ({"heads": [12]}, "heads 0 to 11. Received: head 12"),
        ({"heads": [-1]}, "heads 0 to 11. Received: head -1"),
        ({"heads": []}, "Received: no head"),
    ],
)
def test_a_layer_or_head_that_is_not_there_is_refused(
    encoder: ContextualModel, choice: dict[str, list[int]], message: str
) -> None:
    with pytest.raises(BadInputError, match=message):
        encoder.attention(PAIR[0], **choice)


def test_progress_rises_to_one(encoder: ContextualModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "at_once", 1)
    seen: list[tuple[float, str]] = []
    encoder.encode([*PAIR, "Ran.", PAIR[0]], lambda share, what: seen.append((share, what)))
    assert [share for share, _ in seen] == pytest.approx([1 / 3, 2 / 3, 1])
    assert seen[-1][1] == "3 of 3 sentences read"


def test_a_model_says_what_it_is(encoder: ContextualModel, decoder: ContextualModel) -> None:
    assert repr(encoder) == "ContextualModel('minilm-l6', encoder, 6 layers of 12 heads, 384 features, float32 on cpu)"
    assert (
        repr(decoder) == "ContextualModel('smollm2-135m', decoder, 30 layers of 9 heads, 576 features, float32 on cpu)"
    )
    assert (encoder.kind, encoder.limit, encoder.missing) == ("encoder", 512, ())
    assert (decoder.kind, decoder.limit, decoder.missing) == ("decoder", 8192, ())
    assert encoder.find("ran", PAIR) == find("ran", PAIR)


def test_a_decoder_without_a_start_token_begins_with_its_end_of_text(tiny: Tiny) -> None:
    tokenizer = tiny_models.tokenizer()
    tokenizer.bos_token = None
    model = checked(tiny_models.network("gpt2"), tokenizer, id="t")
    assert [(t.text, t.special) for t in model.tokens(["the dog"])[0]] == [
        ("[SEP]", True), ("the", False), ("dog", False),
    ]  # fmt: skip


def test_a_tokenizer_without_character_offsets_is_refused() -> None:
    from transformers import ByT5Tokenizer

    with pytest.raises(ModelError, match="ByT5Tokenizer, which keeps no character offsets"):
        checked(tiny_models.network("bert", vocab_size=384), ByT5Tokenizer(), id="t")


KINDS: dict[str, Callable[[], Any]] = {
    "tuple": lambda: tuple(PAIR),
    "array": lambda: np.array(PAIR),
    "column": lambda: pd.Series(PAIR, index=[9, 4]),
    "generator": lambda: (sentence for sentence in PAIR),
}


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_come_as_any_ordered_kind(tiny: Tiny, kind: str) -> None:
    model, given = tiny("bert"), KINDS[kind]
    for ours, own in zip(model.encode(given()), model.encode(PAIR), strict=True):
        assert ours.sentence == own.sentence
        assert np.array_equal(ours.hidden, own.hidden)
    assert model.tokens(given()) == model.tokens(PAIR)
    assert model.find("ran", given()) == find("ran", PAIR)
    assert model.too_long(given()) == {}
    found = model.occurrences("ran", given())
    assert np.array_equal(found.vectors, model.occurrences("ran", PAIR).vectors)
    assert found.sentences == tuple(PAIR)
    mentions = (mention for mention in find("ran", PAIR))
    assert np.array_equal(model.vectors(given(), mentions).vectors, found.vectors)


WRONG = [(None, "is None"), (float("nan"), "is nan"), (b"ran", "type bytes"), (5, "type int"), ("a\ud800", r"U\+D800")]


@pytest.mark.parametrize(("wrong", "says"), WRONG, ids=[says for _, says in WRONG])
@pytest.mark.parametrize(
    "ask",
    [
        lambda model, x: model.encode(["It ran.", x]),
        lambda model, x: model.too_long(["It ran.", x]),
        lambda model, x: model.tokens(["It ran.", x]),
        lambda model, x: model.find("ran", ["It ran.", x]),
        lambda model, x: model.occurrences("ran", ["It ran.", x]),
        lambda model, x: model.vectors(["It ran.", x], [Mention(0, 3, 6)]),
        lambda model, x: model.attention(x),
        lambda model, x: model.trace(x, 1, 0),
    ],
    ids=["encode", "too_long", "tokens", "find", "occurrences", "vectors", "attention", "trace"],
)
def test_an_element_that_is_no_text_is_refused_by_its_place(
    tiny: Tiny, ask: Callable[[ContextualModel, Any], Any], wrong: Any, says: str
) -> None:
    with pytest.raises(BadInputError, match=f"sentence [12] .*{says}"):
        ask(tiny("bert"), wrong)


@pytest.mark.parametrize(("wrong", "says"), WRONG, ids=[says for _, says in WRONG])
@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (lambda model, x: model.next_words([x]), "prompt 1"),
        (lambda model, x: model.next_words(["It"], ["ran", x]), "candidate 2"),
        (lambda model, x: model.generate(x), "prompt 1"),
        (lambda model, x: model.lens(x), "prompt 1"),
        (lambda model, x: model.lens("It", [x]), "candidate 1"),
        (lambda model, x: model.next_logits(x), "sentence 1"),
        (lambda model, x: model.log_probability(x), "sentence 1"),
    ],
)
def test_a_prompt_or_candidate_that_is_no_text_is_refused(
    decoder: ContextualModel, ask: Callable[[ContextualModel, Any], Any], what: str, wrong: Any, says: str
) -> None:
    with pytest.raises(BadInputError, match=f"{what} .*{says}"):
        ask(decoder, wrong)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda model: model.attention(["The dog"]), "One sentence is asked for.*a list of 1"),
        (lambda model: model.attention("The dog", layers="1"), "layer '1'"),
        (lambda model: model.attention("The dog", layers=[1.5]), "layer 1.5"),
        (lambda model: model.attention("The dog", heads=[None]), "head None"),
        (lambda model: model.trace("The dog", [1], 0), r"layer \[1\]"),
        (lambda model: model.trace("The dog", 1, None), "head None"),
        (lambda model: model.encode(["The dog"], attend=None), "made by Attend.*None"),
        (lambda model: model.encode(["The dog"], attend="full"), "made by Attend.*'full'"),
        (lambda model: model.encode(["The dog"], attend=[3]), "made by Attend.*3"),
        (lambda model: model.vectors(["The dog"], [(0, 1, 3)]), r"three whole numbers.*\(0, 1, 3\)"),
        (lambda model: model.vectors(["The dog"], [Mention(0, 0.5, 3)]), "three whole numbers"),
        (lambda model: model.vectors(["The dog"], None), "three whole numbers.*None"),
    ],
)
def test_an_argument_of_another_kind_is_refused(tiny: Tiny, ask: Callable[[ContextualModel], Any], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        ask(tiny("bert"))


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda model: model.next_words(["It"], k=None), "0 or more.*None"),
        (lambda model: model.next_words(["It"], k=2.5), "0 or more.*2.5"),
        (lambda model: model.next_words(["It"], attend=None), "made by Attend"),
        (lambda model: model.generate("It", most=-1), "0 or more.*-1"),
        (lambda model: model.generate("It", seed=-1), "A seed is 0 or more"),
        (lambda model: model.generate("It", temperature=None), "A temperature is 0 or more.*None"),
        (lambda model: model.next_words({"It": 1}), "A list of prompts is needed.*type dict"),
    ],
)
def test_a_number_of_another_kind_is_refused(
    decoder: ContextualModel, ask: Callable[[ContextualModel], Any], says: str
) -> None:
    with pytest.raises(BadInputError, match=says):
        ask(decoder)


def test_layers_and_heads_come_as_an_array_too(tiny: Tiny) -> None:
    model = tiny("bert")
    found = model.attention(PAIR[0], layers=np.array([3, 1]), heads=np.int64(2))  # type: ignore[arg-type]
    assert (found.layers, found.heads) == ((3, 1), (2,))
    np.testing.assert_allclose(found.weights[:, 0], model.attention(PAIR[0]).weights[[2, 0], 2], atol=1e-6)
    assert model.trace(PAIR[0], np.int64(2), np.int64(1)).layer == 2  # type: ignore[arg-type]
    one = model.vectors(PAIR, Mention(1, 12, 15))  # type: ignore[arg-type]
    assert one.words == ("ran",)
