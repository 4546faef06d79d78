"""Held-out words: the decoder's figures against plain transformers read word by word, the tables' against the tables themselves."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special
from transformers import PreTrainedTokenizerFast

from ctxcore import (
    BadInputError,
    ContextualModel,
    CtxError,
    HeldOut,
    NoSentencesError,
    NotADecoderError,
    TooLongError,
    UnsupportedModelError,
    held_out,
    lesson_sentences,
    news_sentences,
)
from ctxcore.measures.lookup import START, LookupTable, SmoothedModel, split
from ctxcore.models import decoding
from ctxcore.models.loading import checked
from tests import tiny_models
from tests.bare_models import BareModel
from tests.test_decoding import causal, model_of

PREDICTORS = ("table", "smoothed", "last word", "full")
TABLE, SMOOTHED, LAST_WORD, FULL = range(4)
SENTENCES = [
    "Once upon a time, there was a Goatherd.",
    "Zorblax (the elder) met Zorblax, and Zorblax met Zorblax",
    "A goatherd met a goatherd, and a goatherd met a go",
    "The dog ran swiftly; what you're talking about!",
]
WORDS = (
    "Once upon a time there was a Goatherd Zorblax the elder met Zorblax and Zorblax met Zorblax "
    "A goatherd met a goatherd and a goatherd met a go The dog ran swiftly what you're talking about"
).split()
TRAINING = split([*lesson_sentences(), *news_sentences()[:40], "the Dog ran very fast", "what you're talking of"])


class Plain:
    """The embedded decoder in plain transformers: one full pass for each question, words found by a pattern of ours."""

    START = "<|endoftext|>"

    def __init__(self, bare: BareModel) -> None:
        assert bare.network.config.tie_word_embeddings
        self.network, self.tokenizer = bare.network, bare.tokenizer
        self.output = bare.network.get_input_embeddings().weight.detach()
        self.known: dict[tuple[int, ...], np.ndarray] = {}
        texts = {i: self.tokenizer.decode([i]) for i in range(len(self.output))}
        self.carries = np.array([self.carries_on(i, texts[i]) for i in range(len(self.output))])

    def carries_on(self, number: int, text: str) -> bool:
        if number in self.tokenizer.all_special_ids or not text:
            return False
        if text[0] in "'\u2019":
            text = text[1:2]
        return text[:1] in ("_", "\ufffd") or unicodedata.category(text[0])[0] in "LNM" if text else False

    def logs(self, ids: Sequence[int]) -> np.ndarray:
        """Log-shares after each token ``[token, vocabulary]``."""
        if tuple(ids) not in self.known:
            with torch.inference_mode():
                hidden = self.network(input_ids=torch.tensor([list(ids)]), use_cache=False).last_hidden_state[0]
                scores = (hidden @ self.output.T).double().numpy()
            self.known[tuple(ids)] = special.log_softmax(scores, axis=-1)
        return self.known[tuple(ids)]

    def ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text)["input_ids"])

    def in_sentence(self, sentence: str) -> Iterator[tuple[str, list[int], list[int]]]:
        """Each word, what stands before it, and its own tokens."""
        text = f"{self.START} {sentence}"
        found = self.tokenizer(text, return_offsets_mapping=True)
        for word in re.finditer(r"[^\W_]+(?:'[^\W_]+)*", text):
            if word.start() <= len(self.START):
                continue
            own = [p for p, (a, b) in enumerate(found["offset_mapping"]) if a < word.end() and b > word.start()]
            ids = found["input_ids"]
            yield word.group(), ids[: own[0]], ids[own[0] : own[-1] + 1]

    def alone(self, sentence: str) -> Iterator[tuple[str, list[int], list[int]]]:
        """The same where the word before is all there is."""
        before = ""
        for word, _, _ in self.in_sentence(sentence):
            prompt = self.START + (f" {before}" if before else "")
            ids, whole = self.ids(prompt), self.ids(f"{prompt} {word}")
            assert whole[: len(ids)] == ids
            yield word, ids, whole[len(ids) :]
            before = word

    def log(self, before: list[int], own: list[int]) -> float:
        """All tokens of the word, each given those before, and a next token that does not carry it on."""
        total = 0.0
        for number in range(len(own)):
            total += self.logs([*before, *own[:number]])[-1, own[number]]
        return total + special.logsumexp(self.logs([*before, *own])[-1][~self.carries])

    def guesses(self, before: list[int], word: str) -> list[bool]:
        """Which of the five likeliest tokens becomes the word, the likeliest added until it does not carry on."""
        found = []
        for token in np.argsort(-self.logs(before)[-1])[:5].tolist():
            own = [token]
            while word.startswith(self.tokenizer.decode(own).strip()):
                token = int(self.logs([*before, *own])[-1].argmax())
                if not self.carries[token]:
                    break
                own.append(token)
            found.append(self.tokenizer.decode(own).strip() == word)
        return found


@pytest.fixture(scope="module")
def plain(bare_decoder: BareModel) -> Plain:
    return Plain(bare_decoder)


@pytest.fixture(scope="module")
def table() -> LookupTable:
    return LookupTable(TRAINING, 3)


@pytest.fixture(scope="module")
def smoothed() -> SmoothedModel:
    return SmoothedModel(TRAINING, 3)


@pytest.fixture(scope="module")
def found(decoder: ContextualModel, table: LookupTable, smoothed: SmoothedModel) -> HeldOut:
    return held_out(decoder, table, smoothed, SENTENCES)


# --- the model's own figures ---


@pytest.mark.parametrize("number", range(len(SENTENCES)))
def test_the_models_figures_are_those_of_plain_transformers(found: HeldOut, plain: Plain, number: int) -> None:
    places = [place for place, i in enumerate(found.sentence_index) if i == number]
    for predictor, asked in ((FULL, plain.in_sentence), (LAST_WORD, plain.alone)):
        words = list(asked(SENTENCES[number]))
        assert [found.words[p] for p in places] == [word for word, _, _ in words]
        for place, (word, before, own) in zip(places, words, strict=True):
            assert found.logs[predictor, place] == pytest.approx(plain.log(before, own), abs=1e-3), word
            guesses = plain.guesses(before, word)
            assert (found.first[predictor, place], found.five[predictor, place]) == (guesses[0], any(guesses)), word


def test_the_words_above_are_of_every_kind(found: HeldOut, decoder: ContextualModel) -> None:
    """Or else the comparison above would prove little: right and wrong guesses of one token and of several."""
    assert found.words == tuple(WORDS)
    assert found.sentence_index == tuple([0] * 8 + [1] * 9 + [2] * 11 + [3] * 8)
    assert found.predictors == PREDICTORS
    assert (found.left_out, found.n, found.trained_on) == (0, 3, sum(map(len, TRAINING)))
    assert found.seconds > 0
    long = np.array([len(decoder.tokenizer.raw(f" {w}")) > 1 for w in WORDS])
    for kind in (long, ~long):
        assert {(a, b) for a, b in zip(found.first[FULL, kind], found.five[FULL, kind], strict=True)} >= {
            (True, True),
            (False, False),
        }
    assert (found.five[FULL] & ~found.first[FULL]).any()
    assert found.logs[FULL, 16] > found.logs[FULL, 8] + 30  # a name that was just said, and the same name before
    assert found.logs[LAST_WORD, 16] == pytest.approx(found.logs[LAST_WORD, 12], abs=1e-6)  # both stand behind "met"


def test_a_word_is_not_guessed_where_its_likeliest_token_grows_into_a_longer_one(
    found: HeldOut, decoder: ContextualModel
) -> None:
    """Behind "met a" the model expects " go" most, and behind it "ather"."""
    prefix = SENTENCES[2].removesuffix(" go")
    predicted = decoder.next_words([prefix, f"{prefix} go"], ["go"])
    assert [p.top[0][0] for p in predicted] == [" go", "ather"]
    assert WORDS[27] == "go"
    assert not found.five[FULL, 27]
    share = predicted[1].shares[~decoder.tokenizer.goes_on].sum()
    assert share < 0.3
    assert np.exp(found.logs[FULL, 27]) == pytest.approx(predicted[0].candidates["go"] * share, rel=1e-3)


def assert_same(found: HeldOut, other: HeldOut, places: Sequence[int], tolerance: float = 1e-4) -> None:
    """Figures of ``other`` are those of ``found`` at these places."""
    assert other.words == tuple(found.words[p] for p in places)
    np.testing.assert_allclose(other.logs, found.logs[:, places], atol=tolerance)
    for part in ("first", "five"):
        np.testing.assert_array_equal(getattr(other, part), getattr(found, part)[:, places])
    for part in ("seen", "known"):
        np.testing.assert_array_equal(getattr(other, part), getattr(found, part)[places])


def test_neither_order_nor_batches_change_a_figure(
    decoder: ContextualModel,
    table: LookupTable,
    smoothed: SmoothedModel,
    found: HeldOut,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "_AT_ONCE", 1)  # every text by itself
    turned = held_out(decoder, table, smoothed, SENTENCES[::-1])
    index = np.array(found.sentence_index)
    assert_same(found, turned, [int(p) for i in (3, 2, 1, 0) for p in np.flatnonzero(index == i)])
    assert turned.sentence_index == tuple([0] * 8 + [1] * 11 + [2] * 9 + [3] * 8)


def test_no_batch_is_larger_than_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logits of all its positions are kept at once, padding included: a text longer than that is read by itself."""
    model = model_of("llama")
    read: list[tuple[int, ...]] = []
    forward = model.network.forward

    def counted(**given: Any) -> Any:
        read.append(tuple(given["input_ids"].shape))
        return forward(**given)

    monkeypatch.setattr(model.network, "forward", counted)
    monkeypatch.setattr(decoding, "_AT_ONCE", 8)
    asked_of_few(model, ["the dog ran home . the cat ran home", "a cat", "the", "the river bank", "a"])
    assert all(rows == 1 or rows * width <= 8 for rows, width in read)
    assert read[:3] == [(2, 2), (2, 4), (1, 10)]  # the shortest first, with the start; then the words before alone


def test_a_sentence_alone_or_twice_has_the_same_figures(
    decoder: ContextualModel, table: LookupTable, smoothed: SmoothedModel, found: HeldOut
) -> None:
    last = list(range(28, 36))
    assert_same(found, held_out(decoder, table, smoothed, [SENTENCES[3]]), last)
    twice = held_out(decoder, table, smoothed, ["...", SENTENCES[3], "", SENTENCES[3]])
    assert_same(found, twice, [*last, *last])
    assert twice.sentence_index == (1,) * 8 + (3,) * 8


def test_where_one_word_is_all_that_stands_before_both_readers_see_the_same(
    decoder: ContextualModel, table: LookupTable, smoothed: SmoothedModel, found: HeldOut
) -> None:
    for first, second in ((0, 1), (17, 18), (28, 29)):
        for place in (first, second):
            assert found.logs[LAST_WORD, place] == pytest.approx(found.logs[FULL, place], abs=1e-4)
    assert abs(found.logs[LAST_WORD, 30] - found.logs[FULL, 30]) > 1


def test_both_readers_are_asked_for_the_blank_before_a_number(
    decoder: ContextualModel, table: LookupTable, smoothed: SmoothedModel
) -> None:
    """The embedded decoder reads the blank before a digit as a token of its own."""
    found = held_out(decoder, table, smoothed, ["Ran 42"])
    assert [t.text for t in decoder.tokens(["Ran 42"])[0][-3:]] == ["\u0120", "4", "2"]
    assert found.logs[LAST_WORD, 1] == pytest.approx(found.logs[FULL, 1], abs=1e-3)


# --- the tables' ---


def test_the_tables_figures_are_what_the_tables_say(
    found: HeldOut, table: LookupTable, smoothed: SmoothedModel
) -> None:
    place = 0
    for words in split(SENTENCES):
        for number, word in enumerate(words):
            before = words[:number]
            context = (START, START, *before)[-2:]
            answer = table.ask(before, word)
            assert found.seen[place] == (answer.seen > 0)
            assert np.exp(found.logs[TABLE, place]) == pytest.approx(answer.share or 0)
            assert np.exp(found.logs[SMOOTHED, place]) == pytest.approx(smoothed.probability(context, word))
            for predictor, guesses in ((TABLE, table.next_words(before)), (SMOOTHED, smoothed.next_words(context))):
                names = [name for name, _ in guesses]
                assert found.first[predictor, place] == (names[:1] == [word])
                assert found.five[predictor, place] == (word in names[:5])
            place += 1
    assert place == len(WORDS)
    vocabulary = {w for s in TRAINING for w in s}
    assert found.known.tolist() == [w.casefold() in vocabulary for w in WORDS]
    assert 0 < found.seen.sum() < len(WORDS)
    assert 0 < found.five[TABLE].sum() < found.five[SMOOTHED].sum()


FEW = split(
    ["the a", "the a.", "the Cat", "the river", "the bank", "the mayor", "the home", "a dog ran", "a dog slept"]
)


def test_the_tables_guesses_are_those_worked_out_by_hand() -> None:
    """Behind "the" stood "a" twice of seven times and five others once; "home" is the sixth of them. "ran" ended only."""
    model = model_of("llama")
    found = held_out(
        model, LookupTable(FEW, 2), SmoothedModel(FEW, 2), ["The a", "the HOME", "a dog ran home", "the dog"]
    )
    assert found.words == ("The", "a", "the", "HOME", "a", "dog", "ran", "home", "the", "dog")
    expected = [7 / 9, 2 / 7, 7 / 9, 1 / 7, 2 / 9, 1, 1 / 2, 0, 7 / 9, 0]
    assert np.exp(found.logs[TABLE]).tolist() == pytest.approx(expected)
    assert found.seen.tolist() == [True] * 7 + [False, True, True]
    assert found.first[TABLE].tolist() == [True, True, True, False, False, True, True, False, True, False]
    assert found.five[TABLE].tolist() == [True, True, True, False, True, True, True, False, True, False]
    # "dog" behind "the": six kinds in seven places, and 2 of 20 words are "dog".
    assert np.exp(found.logs[SMOOTHED, 9]) == pytest.approx(6 / 13 * 2 / 20)
    assert found.known.all()
    assert found.impossible.tolist() == [0.2, 0, 0, 0]


# --- every family, worked out on logits ---


@pytest.mark.parametrize(
    ("family", "changes"), [("gpt2", {}), ("llama", {}), ("gemma", {}), ("llama", {"vocab_size": 30})]
)
def test_tiny_models_figures_are_worked_out_from_their_logits(family: str, changes: dict[str, Any]) -> None:
    """One token a word, of which only full stop, comma and special tokens end the word before. Some have more logits than tokens."""
    model, network = model_of(family, **changes), causal(family, **changes)
    sentences = ["the dog ran home . a cat ran", "program , slowly", "cat"]
    found = held_out(model, LookupTable(FEW, 3), SmoothedModel(FEW, 3), sentences)
    ends = np.ones(network.config.vocab_size, dtype=bool)
    ends[[n for w, n in tiny_models.VOCABULARY.items() if w.isalpha()]] = False
    place = 0
    for sentence in sentences:
        tokens = sentence.split()
        before = None
        for number, word in enumerate(tokens):
            if not word.isalpha():
                continue
            for predictor, shown in ((FULL, tokens[:number]), (LAST_WORD, [before] if before else [])):
                ids = [2, *(tiny_models.VOCABULARY[w] for w in (*shown, word))]
                with torch.inference_mode():
                    logs = special.log_softmax(network(torch.tensor([ids])).logits[0].double().numpy(), axis=-1)
                expected = logs[-2, ids[-1]] + special.logsumexp(logs[-1, ends])
                assert found.logs[predictor, place] == pytest.approx(expected, abs=1e-4)
                ended = ends[logs[-1].argmax()]
                assert found.first[predictor, place] == (ended and logs[-2].argmax() == ids[-1])
                assert found.five[predictor, place] == (ended and ids[-1] in np.argsort(-logs[-2])[:5])
            before = word
            place += 1
    assert place == len(found.words)


# --- figures over all words ---


def by_hand(logs: Sequence[Sequence[float]], known: Sequence[bool]) -> HeldOut:
    with np.errstate(divide="ignore"):
        rows = np.log(np.array(logs, dtype=float))
    flags = np.zeros(rows.shape, dtype=bool)
    index, words = tuple(range(len(known))), ("word",) * len(known)
    return HeldOut(PREDICTORS[: len(rows)], words, index, rows, flags[0], np.array(known), flags, flags, 0, 3, 9, 0.1)


def test_perplexity_is_the_geometric_mean_of_one_over_the_probability() -> None:
    found = by_hand([[1 / 2, 1 / 4, 1 / 4], [1, 0, 1 / 9], [1, 1, 1]], [True, False, True])
    assert found.perplexity.tolist() == pytest.approx([32 ** (1 / 3), np.inf, 1])
    assert found.perplexity_known.tolist() == pytest.approx([8 ** (1 / 2), 3, 1])
    assert found.impossible.tolist() == pytest.approx([0, 1 / 3, 0])
    assert found.given(-1) == pytest.approx({"table": 1 / 4, "smoothed": 1 / 9, "last word": 1})


def test_perplexity_of_known_words_is_infinite_too_where_one_was_impossible_and_no_number_where_none_is_known() -> None:
    assert by_hand([[0, 1 / 2], [1 / 8, 1 / 2]], [True, True]).perplexity_known.tolist() == [np.inf, pytest.approx(4)]
    none = by_hand([[0, 1 / 2], [1 / 8, 1 / 2]], [False, False])
    assert np.isnan(none.perplexity_known).tolist() == [True, True]
    assert none.impossible.tolist() == [0.5, 0]


# --- words that are left out ---


def asked_of_few(model: ContextualModel, sentences: Sequence[str], **options: Any) -> HeldOut:
    return held_out(model, LookupTable(FEW, 2), SmoothedModel(FEW, 2), sentences, **options)


def test_words_that_share_a_token_are_left_out_and_counted() -> None:
    """This tokenizer reads a run of Chinese as one unknown token, of three words by the rules of Unicode."""
    found = asked_of_few(model_of("llama"), ["the dog \u72d7\u8dd1\u4e86 ran", "\u72d7\u8dd1", "zebra home"])
    assert found.words == ("the", "dog", "ran", "zebra", "home")
    assert found.sentence_index == (0, 0, 0, 2, 2)
    assert found.left_out == 5
    assert found.known.tolist() == [True, True, True, False, True]
    assert found.seen.tolist() == [True, True, False, True, False]
    assert np.isneginf(found.logs[TABLE]).tolist() == [False, True, True, True, True]
    # What is left out is read all the same: with it before, "ran" is another matter than behind "the dog".
    without = asked_of_few(model_of("llama"), ["the dog ran"])
    np.testing.assert_allclose(found.logs[FULL, :2], without.logs[FULL, :2], atol=1e-5)
    assert abs(found.logs[FULL, 2] - without.logs[FULL, 2]) > 0.01


def test_words_of_another_script_are_asked_for_where_each_has_its_tokens(
    decoder: ContextualModel, plain: Plain
) -> None:
    """Three bytes a letter, some of them tokens by themselves: no blank stands before the second word."""
    found = asked_of_few(decoder, ["\u72d7\u8dd1"])
    assert (found.words, found.left_out) == (("\u72d7", "\u8dd1"), 0)
    ids = plain.ids(f"{Plain.START} \u72d7\u8dd1")
    assert len(ids) == 7
    for predictor in (LAST_WORD, FULL):
        assert found.logs[predictor].tolist() == pytest.approx(
            [plain.log(ids[:1], ids[1:4]), plain.log(ids[:4], ids[4:])], abs=1e-3
        )


# --- what cannot be asked ---


def test_an_encoder_and_a_headless_decoder_predict_no_word(encoder: ContextualModel) -> None:
    for sentences in (["the dog"], []):
        with pytest.raises(NotADecoderError, match="minilm-l6"):
            asked_of_few(encoder, sentences)
    with pytest.raises(CtxError, match="output head"):
        asked_of_few(checked(tiny_models.network("llama"), tiny_models.tokenizer(), id="headless"), ["the dog"])


@pytest.mark.parametrize("sentences", [[], [""], ["...", "?!"], ["\u72d7\u8dd1\u4e86"]])
def test_without_a_word_there_is_nothing_to_ask(sentences: list[str]) -> None:
    with pytest.raises(NoSentencesError, match="no held-out sentence with a word") as caught:
        asked_of_few(model_of("llama"), sentences)
    assert isinstance(caught.value, BadInputError)


def test_a_sentence_longer_than_the_model_reads_is_named() -> None:
    model = model_of("llama", max_position_embeddings=8)
    full = "the dog ran home the cat ran"
    assert len(asked_of_few(model, [full]).words) == 7
    with pytest.raises(TooLongError) as caught:
        asked_of_few(model, [full, full + " home"])
    assert (caught.value.sentence_index, caught.value.tokens, caught.value.limit) == (1, 9, 8)


def test_a_decoder_without_a_start_token_cannot_be_asked_for_a_first_word() -> None:
    words = tiny_models.tokenizer().backend_tokenizer
    unmarked = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]")
    with pytest.raises(UnsupportedModelError, match="boundless, whose tokenizer has none"):
        asked_of_few(checked(causal("llama"), unmarked, id="boundless"), ["the dog"])


def test_progress_ends_at_one_and_its_error_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_AT_ONCE", 4)
    model, sentences = model_of("llama"), ["the dog ran home", "a cat", "the river bank"]
    seen: list[tuple[float, str]] = []
    asked_of_few(model, sentences, progress=lambda share, what: seen.append((share, what)))
    shares = [share for share, _ in seen]
    assert len(shares) > 6
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert 0 < shares[0] < 0.4
    assert (0.4, "9 of 9 words asked") in seen

    def stop_behind(least: float) -> Callable[[float, str], None]:
        def stop(share: float, what: str) -> None:
            if share > least:
                told.append(share)
                raise KeyboardInterrupt

        return stop

    for least in (0, 0.41):
        told: list[float] = []
        with pytest.raises(KeyboardInterrupt):
            asked_of_few(model, sentences, progress=stop_behind(least))
        assert len(told) == 1
