"""Tokens of the next sentences while a device is at these: the same numbers and errors as all at once, and nothing after a stop."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import ctxcore
from ctxcore import Attend, BadInputError, CtxError, Mention, TooLongError
from ctxcore.models import ahead, contextual, devices
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.pooling import Pooling
from ctxcore.models.tokenising import SentenceTokenizer
from ctxcore.text import white_space
from tests import tiny_models
from tests.second_device import second_device
from tests.test_devices import model_in

WORDS = [word for word in tiny_models.WORDS if word.isalpha() and word != "ran"]


def _sentences(count: int) -> list[str]:
    """Of 2 to 14 words, "ran" among them; seeded."""
    chance = random.Random(2)
    return [" ".join(["ran", *chance.choices(WORDS, k=chance.randint(1, 13))]) for _ in range(count)]


ONCE = _sentences(40)
TEXTS = [*ONCE, *ONCE[5:25], *ONCE[:3]]


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three sentences, on the CPU too."""
    own = ahead.chunked
    monkeypatch.setattr(ahead, "AT_ONCE", 3)
    monkeypatch.setattr(contextual, "chunked", lambda device, lengths: own("another", lengths))


def test_chunks_are_for_many_texts_beside_a_cpu_and_hold_the_longest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = np.array([3, 9, 4, 9, 1])
    assert [c.tolist() for c in ahead.chunked("cuda:0", lengths)] == [[0, 1, 2, 3, 4]]
    monkeypatch.setattr(ahead, "AT_ONCE", 2)
    assert [c.tolist() for c in ahead.chunked("cpu", lengths)] == [[0, 1, 2, 3, 4]]
    assert [c.tolist() for c in ahead.chunked("cuda:0", lengths[:4])] == [[0, 1, 2, 3]]
    assert [c.tolist() for c in ahead.chunked("cuda:0", lengths)] == [[1, 3], [2, 0], [4]]


def test_a_device_is_given_chunks_and_gives_what_the_cpu_gives_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "AT_ONCE", 3)
    read: list[int] = []
    own = SentenceTokenizer.arrays
    monkeypatch.setattr(SentenceTokenizer, "arrays", lambda *args: read.append(len(args[1])) or own(*args))
    mentions = [m for m in ctxcore.find("ran", TEXTS) if m.sentence_index % 7]
    mentions = [*mentions[::-1], *mentions[::3], Mention(8, 0, len(TEXTS[8]))]
    ways = [Attend.self_only() if i % 5 == 0 else Attend.full() for i in range(len(TEXTS))]
    whole = model_in("bert").vectors(TEXTS, mentions, attend=ways)
    requests = {(TEXTS[m.sentence_index], ways[m.sentence_index]) for m in mentions}
    assert read == [len(requests)], "each once, all at once on the CPU"
    read.clear()
    with second_device():
        found = model_in("bert", devices.Place("second:0")).vectors(TEXTS, mentions, attend=ways)
    assert sum(read) == len(requests)
    assert set(read[:-1]) == {3}
    np.testing.assert_allclose(found.vectors, whole.vectors, atol=1e-5)  # attention by other operations
    assert found.pieces == whole.pieces


def test_repeated_sentences_are_equal_to_the_last_bit_and_progress_is_that_of_all(
    request: pytest.FixtureRequest,
) -> None:
    model, said = model_in("bert"), list[tuple[float, str]]()
    spans = np.array([next((m.sentence_index, m.start, m.end) for m in ctxcore.find("ran", [text])) for text in TEXTS])
    spans[:, 0] = np.arange(len(TEXTS))
    whole = model.span_vectors(TEXTS, spans)
    request.getfixturevalue("chunks")
    model.at_once = 40  # two batches a chunk
    found = model.span_vectors(TEXTS, spans, progress=lambda *told: said.append(told))
    apart = np.linalg.norm(found - whole, axis=-1) / np.linalg.norm(whole, axis=-1)
    assert apart.max() < 1e-6, "another batch, another order of the same sums"
    assert np.array_equal(found[40:60], found[5:25])
    assert np.array_equal(found[60:], found[:3])
    distinct = len(set(TEXTS))
    shares = [share for share, _ in said]
    assert shares == sorted(set(shares))
    assert said[-1] == (1.0, f"{distinct} of {distinct} sentences read")
    assert all(words == f"{round(share * distinct)} of {distinct} sentences read" for share, words in said)
    pairs = model.vectors_of([(text, "ran") for text in TEXTS])
    assert np.array_equal(pairs, found)


@pytest.mark.usefixtures("chunks")
def test_the_next_tokens_are_made_between_a_pass_and_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    def told(place: type, name: str, event: str) -> None:
        own = getattr(place, name)

        def call(*args: Any) -> Any:
            events.append(event)
            return own(*args)

        monkeypatch.setattr(place, name, call)

    told(SentenceTokenizer, "arrays", "tokens")
    told(ContextualModel, "states_at", "pass")
    told(Pooling, "take", "result")
    model = model_in("bert")
    events.clear()  # of the self-check
    texts = ONCE[:8]  # 3, 3 and 2
    model.vectors_of([(text, "ran") for text in texts])
    assert events == ["tokens", *["pass", "tokens", "result"] * 2, "pass", "result"]
    events.clear()
    model.at_once = 1  # a pass a sentence: by the second chunk's turn all is there
    model.vectors_of([(text, "ran") for text in texts])
    assert events == ["tokens", *["pass", "tokens", "result"] * 2, *["pass", "result"] * 6]


LONG, LONGER = " ".join(["a"] * 45), " ".join(["successfully"] * 45)  # the model reads 40


@pytest.mark.parametrize(
    ("places", "span", "error"),
    [
        ({33: LONG, 36: LONGER}, None, TooLongError),
        ({36: LONG, 33: LONGER}, None, TooLongError),
        ({4: LONG}, (2, 3, 4), TooLongError),
        ({}, (2, 3, 4), BadInputError),
        ({20: "x" * 20_001, 2: LONG}, None, ctxcore.errors.TooManyCharactersError),
    ],
)
def test_the_first_text_that_is_wrong_is_named_as_all_at_once(
    places: dict[int, str], span: tuple[int, int, int] | None, error: type[CtxError], request: pytest.FixtureRequest
) -> None:
    model, texts = model_in("bert"), [places.get(i, text) for i, text in enumerate(ONCE)]
    spans = np.array([(i, 0, 1) for i in range(len(texts))] + ([span] if span else []))
    with pytest.raises(error) as whole:
        model.span_vectors(texts, spans)
    request.getfixturevalue("chunks")
    with pytest.raises(error) as found:
        model.span_vectors(texts, spans)
    assert str(found.value) == str(whole.value)
    if error is TooLongError:
        assert f"entence {min(places) + 1}" in str(found.value)


@pytest.mark.usefixtures("chunks")
def test_nothing_is_read_after_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    model, read = model_in("bert"), list[int]()
    own = SentenceTokenizer.arrays
    monkeypatch.setattr(SentenceTokenizer, "arrays", lambda *args: read.append(len(args[1])) or own(*args))

    def stop(share: float, what: str) -> None:
        if share > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.vectors_of([(text, "ran") for text in ONCE], progress=stop)
    assert read == [3, 3, 3]  # two read, and the one that was made meanwhile


def test_a_text_is_told_clean_as_the_pattern_tells_it() -> None:
    chance = random.Random(4)
    texts = ["", " ", "a", *("".join(chance.choices("aab  .\t\n\x7f\u00e9\u00a0\u200b", k=4)) for _ in range(3000))]
    told = [white_space.cleaned(text)[0] == text for text in texts]
    assert told == [not white_space._RUN.search(text) for text in texts]
    assert 100 < sum(told) < 2900
