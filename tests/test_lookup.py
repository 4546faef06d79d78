"""Tables of memorised transitions against counts by hand, the smoothed model against its formula, and coverage of new text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctxcore import BadInputError, CtxError, LookupAnswer, NoSentencesError, lesson_sentences, news_sentences
from ctxcore.measures.lookup import START, LookupTable, SmoothedModel, coverage, hold_out, split, words_in, words_of_one

S = START
Words = tuple[str, ...]
SENTENCES = ["The dog ran home", "the DOG ran.", "A dog slept"]
LETTERS = st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=6).map(tuple), min_size=1, max_size=6)


# --- words ---


def test_a_sentence_is_split_into_its_words_without_case_or_punctuation() -> None:
    assert split(["The DOG ran, didn't it?", "", "...", "  ", "Straße", "2 dogs"]) == [
        ("the", "dog", "ran", "didn't", "it"),
        ("strasse",),
        ("2", "dogs"),
    ]
    assert split([]) == []


def test_other_scripts_are_split_and_folded_too() -> None:
    found = split(["Быстрая СОБАКА бежала.", "ὈΔΥΣΣΕΎΣ", "السيارة سريعة؟", "\U0001f415 ran"])
    assert found == [("быстрая", "собака", "бежала"), ("ὀδυσσεύσ",), ("السيارة", "سريعة"), ("\U0001f415", "ran")]
    (chinese,) = split(["狗跑了。"])
    assert "".join(chinese) == "狗跑了"


def test_progress_of_a_split_is_told_now_and_then_and_may_end_it() -> None:
    seen: list[tuple[float, str]] = []
    split(["a b"] * 5000, lambda share, what: seen.append((share, what)))
    assert seen == [(0.4, "2,000 of 5,000 sentences read"), (0.8, "4,000 of 5,000 sentences read")]

    def stop(share: float, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        split(["a b"] * 5000, stop)


def test_the_words_of_a_candidate_are_folded() -> None:
    assert words_of_one(" Quickly! ") == ("quickly",)
    assert words_of_one("New York") == ("new", "york")
    for nothing in ("", "   ", "...", "\u201c"):
        with pytest.raises(BadInputError, match="A candidate is a word") as caught:
            words_of_one(nothing)
        assert isinstance(caught.value, CtxError)


def test_spellings_that_look_alike_are_one_word() -> None:
    composed, decomposed = "d\u00e9j\u00e0 vu", "de\u0301ja\u0300 VU"
    assert words_in(composed) == words_in(decomposed) == ("d\u00e9j\u00e0", "vu")
    assert words_in("Don\u2019t") == words_in("don't") == ("don't",)
    assert words_in("L\u2019E\u0301TE\u0301") == ("l'\u00e9t\u00e9",)
    table = LookupTable(split([composed, decomposed, "It didn\u2019t stop", "it DIDN'T end"]), 2)
    assert (table.ask("De\u0301j\u00e0", "vu").seen, table.ask("d\u00e9ja\u0300", "vu").count) == (2, 2)
    assert table.ask("it", "didn\u2019t") == table.ask("it", "didn't") == LookupAnswer(("it",), "didn't", 2, 2)
    assert table.next_words("didn\u2019t") == table.next_words("didn't") == [("stop", 0.5), ("end", 0.5)]
    assert list(table.entries("de\u0301ja\u0300")) == [
        ((S,), {"d\u00e9j\u00e0": 2, "it": 2}),
        (("d\u00e9j\u00e0",), {"vu": 2}),
    ]
    assert "didn't" in table
    assert "d\u00e9j\u00e0" in table


# --- what is held out ---

REPEATED = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=30).filter(lambda names: len(set(names)) > 1)


def sentences_of(names: Sequence[str]) -> list[Words]:
    return [(name, "word") for name in names]


def test_the_last_sentences_are_held_out() -> None:
    sentences = sentences_of("abcdefghij")
    assert hold_out(sentences) == ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9])
    assert hold_out(sentences, 0.5) == ([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert hold_out(sentences, 0.26) == ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])


def test_at_least_one_sentence_is_held_out_and_never_all() -> None:
    sentences = sentences_of("abcd")
    for share in (0, 0.01, 0.25):
        assert hold_out(sentences, share) == ([0, 1, 2], [3])
    for share in (0.9, 1):
        assert hold_out(sentences, share) == ([0], [1, 2, 3])
    assert hold_out(sentences[:2], 0) == hold_out(sentences[:2], 1) == ([0], [1])


def test_a_sentence_that_stands_there_twice_is_taken_once_for_the_count_too() -> None:
    assert hold_out(sentences_of("aabbbccddd"), 0.5) == ([0, 2], [5, 7])


@given(REPEATED, st.floats(0, 1))
def test_no_sentence_is_in_both_parts_and_none_is_lost(names: list[str], share: float) -> None:
    train, test = hold_out(sentences_of(names), share)
    differ = len(set(names))
    assert sorted(names[i] for i in (*train, *test)) == sorted(set(names))
    assert all(names.index(names[i]) == i for i in (*train, *test))
    assert len(test) == min(differ - 1, max(1, round(share * differ)))


@pytest.mark.parametrize("names", ["aba", "abcadb"])
def test_a_repetition_later_on_does_not_change_what_is_held_out(names: str) -> None:
    train, test = hold_out(sentences_of(names), 0.4)
    assert [*train, *test] == sorted({names.index(name) for name in names})


@pytest.mark.parametrize("sentences", [[], sentences_of("a"), sentences_of("aaa"), split(["The dog!", "the DOG"])])
def test_one_sentence_cannot_be_trained_on_and_held_out(sentences: list[Words]) -> None:
    with pytest.raises(BadInputError, match="two sentences that differ") as caught:
        hold_out(sentences)
    assert isinstance(caught.value, BadInputError)


# --- the table ---

BY_HAND: dict[int, dict[Words, dict[str, int]]] = {
    2: {
        (S,): {"the": 2, "a": 1},
        ("the",): {"dog": 2},
        ("dog",): {"ran": 2, "slept": 1},
        ("ran",): {"home": 1},
        ("a",): {"dog": 1},
    },
    3: {
        (S, S): {"the": 2, "a": 1},
        (S, "the"): {"dog": 2},
        ("the", "dog"): {"ran": 2},
        ("dog", "ran"): {"home": 1},
        (S, "a"): {"dog": 1},
        ("a", "dog"): {"slept": 1},
    },
    4: {
        (S, S, S): {"the": 2, "a": 1},
        (S, S, "the"): {"dog": 2},
        (S, "the", "dog"): {"ran": 2},
        ("the", "dog", "ran"): {"home": 1},
        (S, S, "a"): {"dog": 1},
        (S, "a", "dog"): {"slept": 1},
    },
    5: {
        (S, S, S, S): {"the": 2, "a": 1},
        (S, S, S, "the"): {"dog": 2},
        (S, S, "the", "dog"): {"ran": 2},
        (S, "the", "dog", "ran"): {"home": 1},
        (S, S, S, "a"): {"dog": 1},
        (S, S, "a", "dog"): {"slept": 1},
    },
}


@pytest.mark.parametrize("n", BY_HAND)
def test_a_table_holds_what_was_counted_by_hand(n: int) -> None:
    table = LookupTable(split(SENTENCES), n)
    assert dict(table.entries()) == BY_HAND[n]
    assert table.contexts == len(BY_HAND[n])
    assert (table.n, table.sentences, table.words) == (n, 3, 10)
    assert sum(sum(words.values()) for _, words in table.entries()) == 10  # each word is predicted once


@pytest.mark.parametrize("n", BY_HAND)
def test_what_was_never_seen_differs_from_what_never_followed(n: int) -> None:
    table = LookupTable(split(SENTENCES), n)
    followed, not_followed = table.ask("The dog", "RAN"), table.ask("the dog", "home")
    assert (followed.seen, followed.count) == ((3, 2) if n == 2 else (2, 2))
    assert followed.share == followed.count / followed.seen
    assert (not_followed.seen, not_followed.count, not_followed.share) == (followed.seen, 0, 0)
    unknown = table.ask("the cat", "ran")
    assert (unknown.seen, unknown.count) == (0, 0)
    assert unknown.share is None
    assert unknown.context == ((S,) * n + ("the", "cat"))[-(n - 1) :]
    assert unknown.word == "ran"


def test_only_the_last_words_of_a_prefix_are_looked_up() -> None:
    words = split(SENTENCES)
    for n, seen in ((2, 3), (3, 2), (4, 0), (5, 0)):
        assert LookupTable(words, n).ask("Yesterday, the DOG", "ran").seen == seen
        assert LookupTable(words, n).ask(("yesterday", "the", "dog"), "ran").seen == seen
    assert LookupTable(words, 4).context("one two three four five") == ("three", "four", "five")
    assert LookupTable(words, 4).context("one") == (S, S, "one")


@pytest.mark.parametrize("n", BY_HAND)
def test_before_the_first_word_stands_the_start(n: int) -> None:
    table = LookupTable(split(SENTENCES), n)
    for nothing in ("", "  ", "...", ()):
        assert table.ask(nothing, "the") == LookupAnswer((S,) * (n - 1), "the", 3, 2)
    assert table.next_words("") == [("the", 2 / 3), ("a", 1 / 3)]


def test_a_start_that_a_reader_types_is_a_word() -> None:
    assert LookupTable(split(SENTENCES), 2).ask(START, "the").share is None


def test_followers_come_by_their_share_and_equal_ones_as_first_seen() -> None:
    words = split(["x b", "x a", "x c", "x c", "x d", "x a", "x c"])
    table = LookupTable(words, 2)
    assert table.next_words("x") == [("c", 3 / 7), ("a", 2 / 7), ("b", 1 / 7), ("d", 1 / 7)]
    assert table.next_words("X!", k=2) == [("c", 3 / 7), ("a", 2 / 7)]
    assert table.next_words("x", k=0) == []
    assert table.next_words("y") == []
    assert table.next_words("c") == []


def test_a_table_knows_a_sentence_of_which_it_saw_each_step() -> None:
    words = split(["a b c", "b c d", "x b"])
    two, three = LookupTable(words, 2), LookupTable(words, 3)
    assert two.knows("A b c d")
    assert two.knows("x b c d")
    assert not three.knows("x b c d")  # "x b" was never followed by "c"
    assert three.knows("a b c d")
    assert three.knows(("b", "c"))
    assert not two.knows("c d")  # no sentence begins so
    assert not two.knows("a b c e")
    assert not two.knows("e")
    assert all(LookupTable(words, n).knows(s) for n in (2, 3, 4, 5) for s in words)


@given(LETTERS, st.integers(2, 5), st.lists(st.sampled_from("abcdef"), max_size=6).map(tuple))
def test_a_table_agrees_with_a_search_through_the_text(sentences: list[Words], n: int, prefix: Words) -> None:
    table = LookupTable(sentences, n)
    context = ((S,) * (n - 1) + prefix)[-(n - 1) :]
    after: list[str] = []
    for sentence in sentences:
        padded = (S,) * (n - 1) + sentence
        after += [padded[i + n - 1] for i in range(len(sentence)) if padded[i : i + n - 1] == context]
    for word in "abcdef":
        answer = table.ask(prefix, word)
        assert (answer.seen, answer.count) == (len(after), after.count(word))
    found = table.next_words(prefix)
    assert dict(found) == {word: after.count(word) / len(after) for word in set(after)}
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)


def test_one_sentence_is_known_by_heart() -> None:
    (words,) = split(["Собака быстро бежала домой"])
    for n in (2, 3, 4, 5):
        table = LookupTable([words], n)
        assert table.knows("СОБАКА БЫСТРО БЕЖАЛА ДОМОЙ!")
        for end, word in enumerate(words):
            assert table.ask(words[:end], word).share == 1
            assert table.next_words(words[:end]) == [(word, 1.0)]
        assert table.ask(words, "собака").seen == 0


@pytest.mark.parametrize("n", [-1, 0, 1, 6])
def test_a_table_of_another_length_is_refused(n: int) -> None:
    with pytest.raises(BadInputError, match=f"2 to 5 words. Received: n = {n}") as caught:
        LookupTable(split(SENTENCES), n)
    assert isinstance(caught.value, CtxError)


def test_without_a_word_there_is_nothing_to_count() -> None:
    for make in (
        lambda: LookupTable([], 2),
        lambda: LookupTable(split(["...", ""]), 3),
        lambda: SmoothedModel([], 2),
        lambda: coverage([("a",)], [], [1], [2]),
    ):
        with pytest.raises(NoSentencesError, match=r"no (training|held-out) sentence with a word") as caught:
            make()
        assert isinstance(caught.value, CtxError)


def test_a_mark_of_punctuation_never_followed_and_nothing_cannot_be_looked_up() -> None:
    table = LookupTable(split(SENTENCES), 2)
    assert table.ask("the dog", "!").count == 0
    with pytest.raises(BadInputError, match="A candidate is a word"):
        table.ask("the dog", "  ")


@pytest.mark.parametrize("n", BY_HAND)
def test_entries_of_a_word_hold_it_before_or_behind(n: int) -> None:
    table = LookupTable(split(SENTENCES), n)
    for word in ("the", "a", "dog", "ran", "home", "slept"):
        expected = [(c, f) for c, f in table.entries() if word in c or word in f]
        assert expected
        assert list(table.entries(word)) == list(table.entries(f" {word.upper()} ")) == expected
    for unknown in ("cat", "do", "the dog", "!"):
        assert list(table.entries(unknown)) == []


def test_entries_of_a_word_are_those_found_by_hand() -> None:
    table = LookupTable(split(SENTENCES), 3)
    assert dict(table.entries("ran")) == {("the", "dog"): {"ran": 2}, ("dog", "ran"): {"home": 1}}
    assert dict(table.entries("a")) == {
        (S, S): {"the": 2, "a": 1},
        (S, "a"): {"dog": 1},
        ("a", "dog"): {"slept": 1},
    }
    assert dict(table.entries("home")) == {("dog", "ran"): {"home": 1}}  # what ends in it was followed by nothing


def test_entries_are_listed_up_to_a_number() -> None:
    table = LookupTable(split(SENTENCES), 2)
    for word in ("", "dog"):
        every = list(table.entries(word))
        assert len(every) == (5 if not word else 3)
        for most in (0, 1, 2, 99):
            assert list(table.entries(word, most)) == every[:most]


@given(LETTERS, st.integers(2, 5), st.sampled_from("abcdef"))
def test_entries_of_a_word_agree_with_a_search_through_all(sentences: list[Words], n: int, word: str) -> None:
    every: defaultdict[Words, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        padded = (S,) * (n - 1) + sentence
        for place in range(len(sentence)):
            every[padded[place : place + n - 1]][padded[place + n - 1]] += 1
    table = LookupTable(sentences, n)
    assert dict(table.entries()) == every
    assert dict(table.entries(word)) == {c: f for c, f in every.items() if word in c or word in f}
    assert list(table.entries(word)) == [(c, f) for c, f in table.entries() if word in c or word in f]


@pytest.mark.parametrize("n", BY_HAND)
def test_a_context_that_a_sentence_ended_with_was_never_followed(n: int) -> None:
    table = LookupTable(split(SENTENCES), n)
    answer = table.ask("the dog ran home", "quickly")
    assert (answer.seen, answer.count, answer.ended, answer.share) == (0, 0, 1, None)
    both = table.ask("the dog ran", "home")  # once at an end, once before "home"
    assert (both.seen, both.count, both.ended, both.share) == (1, 1, 1, 1)
    assert table.ask("the dog", "ran").ended == 0
    assert table.ask("zebra", "ran").ended == 0
    assert table.next_words("a dog slept") == []
    assert not table.knows("a dog slept home")
    assert ("home",) not in dict(table.entries())


@given(LETTERS, st.integers(2, 5), st.lists(st.sampled_from("abcdef"), max_size=6).map(tuple))
def test_ends_agree_with_a_search_through_the_text(sentences: list[Words], n: int, prefix: Words) -> None:
    context = ((S,) * (n - 1) + prefix)[-(n - 1) :]
    ended = sum(((S,) * (n - 1) + s)[-(n - 1) :] == context for s in sentences)
    assert LookupTable(sentences, n).ask(prefix, "a").ended == ended


def test_a_table_knows_which_words_it_was_trained_on() -> None:
    for n in BY_HAND:
        table = LookupTable(split(SENTENCES), n)
        assert all(word in table for word in ("the", "a", "dog", "ran", "home", "slept"))
        assert not any(word in table for word in ("cat", "", "the dog", START, "start"))


def test_progress_of_a_table_is_told_and_may_end_it() -> None:
    seen: list[tuple[float, str]] = []
    LookupTable(split(SENTENCES), 5, lambda share, what: seen.append((share, what)))
    assert seen == [(k / 5, f"Counting runs of {k + 1} words") for k in (1, 2, 3, 4)]

    def stop(share: float, what: str) -> None:
        raise KeyboardInterrupt

    for n in (3, 4, 5):
        with pytest.raises(KeyboardInterrupt):
            LookupTable(split(SENTENCES), n, stop)


# --- smoothed ---


def witten_bell(sentences: Sequence[Words], n: int, context: Words, word: str) -> Fraction:
    """Witten & Bell 1991, method C, exactly: (count + kinds * shorter) / (occurrences + kinds), down to the word's share."""
    followers: defaultdict[Words, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        padded = (S,) * (n - 1) + sentence
        for place in range(n - 1, len(padded)):
            for size in range(n):
                followers[padded[place - size : place]][padded[place]] += 1

    def probability(part: Words) -> Fraction:
        seen = followers.get(part)
        if not part:
            return Fraction(followers[()][word], followers[()].total())
        if not seen:
            return probability(part[1:])
        return (seen[word] + len(seen) * probability(part[1:])) / Fraction(seen.total() + len(seen))

    return probability(context[len(context) - min(len(context), n - 1) :])


def test_the_formula_gives_what_was_worked_out_by_hand() -> None:
    """After "the dog": "ran" twice, one kind. After "dog": "ran" twice, "slept" once, two kinds. Of ten words two are "ran"."""
    after_dog = Fraction(2 + 2 * Fraction(2, 10), 3 + 2)
    assert witten_bell(split(SENTENCES), 2, ("the", "dog"), "ran") == after_dog == Fraction(12, 25)
    assert witten_bell(split(SENTENCES), 3, ("the", "dog"), "ran") == (2 + after_dog) / 3 == Fraction(62, 75)
    assert witten_bell(split(SENTENCES), 3, ("cat", "dog"), "ran") == after_dog
    assert witten_bell(split(SENTENCES), 3, ("dog", "cat"), "ran") == Fraction(2, 10)


CONTEXTS: list[Words] = [
    (),
    ("the", "dog"),
    ("dog",),
    ("cat", "dog"),
    ("dog", "cat"),
    ("home",),
    (S, S, S, S),
    (S, "the"),
]


@pytest.mark.parametrize("n", [2, 3, 5])
def test_smoothed_probabilities_are_those_of_the_formula(n: int) -> None:
    words = split(SENTENCES)
    model = SmoothedModel(words, n)
    for context, word in product(CONTEXTS, sorted({w for s in words for w in s})):
        expected = witten_bell(words, n, context, word)
        assert model.probability(context, word) == pytest.approx(float(expected), rel=1e-9), (context, word)


@pytest.mark.parametrize("context", [("the", "cat", "ran"), ("zebra",), (S, S)])
def test_probabilities_of_all_words_sum_to_one(context: Words) -> None:
    words = split(lesson_sentences())
    model = SmoothedModel(words, 3)
    total = sum(model.probability(context, w) for w in {w for s in words for w in s})
    assert total + model.probability(context, "never-seen") == pytest.approx(1, abs=1e-9)


def test_a_word_that_was_never_seen_gets_nothing() -> None:
    assert SmoothedModel(split(SENTENCES), 2).probability(("the",), "zebra") == 0


@given(LETTERS, st.integers(2, 5), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6).map(tuple))
def test_a_longer_context_mixes_what_followed_it_with_the_shorter_one(
    sentences: list[Words], n: int, context: Words
) -> None:
    """The formula's step from one length to the next, in contexts without a start. With the start it sums to one."""
    model = SmoothedModel(sentences, n)
    vocabulary = sorted({w for s in sentences for w in s})
    part = context[-(n - 1) :]
    text = [(S, *s) for s in sentences]
    places = [(s, i) for s in text for i in range(len(part), len(s)) if s[i - len(part) : i] == part]
    after = Counter(s[i] for s, i in places)
    kinds, seen = len(after), after.total()
    for word in vocabulary:
        shorter = model.probability(part[1:], word)
        expected = (after[word] + kinds * shorter) / (seen + kinds) if seen else shorter
        assert model.probability(context, word) == pytest.approx(expected, rel=1e-9)
    total = sum(model.probability(context, word) for word in [*vocabulary, START])
    assert total + model.probability(context, "never-seen") == pytest.approx(1, abs=1e-9)


def assert_likeliest(model: SmoothedModel, vocabulary: set[str], context: Words, k: int) -> None:
    """Against every word there is; of equally likely ones either may be listed."""
    found = model.next_words(context, k)
    every = sorted((model.probability(context, w) for w in vocabulary), reverse=True)
    assert len({w for w, _ in found}) == len(found) == min(k, len(vocabulary))
    assert [p for _, p in found] == pytest.approx(every[:k], rel=1e-12)
    assert [p for _, p in found] == [model.probability(context, w) for w, _ in found]
    assert {w for w, _ in found} <= vocabulary


@settings(max_examples=300)
@given(
    LETTERS,
    st.integers(2, 5),
    st.lists(st.sampled_from([*"abcdef", S]), max_size=6).map(tuple),
    st.integers(0, 7),
)
def test_the_likeliest_words_are_those_of_the_whole_vocabulary(
    sentences: list[Words], n: int, context: Words, k: int
) -> None:
    assert_likeliest(SmoothedModel(sentences, n), {w for s in sentences for w in s}, context, k)


@pytest.mark.parametrize("n", [2, 4])
def test_the_likeliest_words_of_a_real_text_are_those_of_its_whole_vocabulary(n: int) -> None:
    words = split(news_sentences()[:120])
    model, vocabulary = SmoothedModel(words, n), {w for s in words for w in s}
    for context in [
        (),
        (S, S, S),
        ("the",),
        ("in", "the"),
        ("south", "wales"),
        ("zebra",),
        ("the", "zebra"),
        words[7][:5],
    ]:
        for k in (1, 10):
            assert_likeliest(model, vocabulary, context, k)


def test_a_list_of_the_likeliest_leaves_the_counts_as_they_were() -> None:
    """NLTK's counts grow by every context that they are asked for and do not hold."""
    model = SmoothedModel(split(SENTENCES), 3)

    def counted() -> dict[int, dict[Words, dict[str, int]]]:
        return {size: {c: dict(f) for c, f in model.model.counts[size].items()} for size in (2, 3)}

    before = counted()
    assert before[3]["the", "dog"] == {"ran": 2}
    for context in [("zebra", "yak"), ("dog", "the"), ("the", "zebra"), ("home",), (), (S, "home")]:
        model.next_words(context)
    assert counted() == before


def test_what_was_asked_changes_no_answer() -> None:
    asked, fresh = (SmoothedModel(split(SENTENCES), 3) for _ in range(2))
    for context, word in product(CONTEXTS, ("ran", "dog", "zebra")):
        asked.probability(context, word)
        asked.next_words(context)
    for context in CONTEXTS:
        assert asked.next_words(context, 6) == fresh.next_words(context, 6)
        assert asked.probability(context, "ran") == fresh.probability(context, "ran")


def test_equally_likely_words_come_by_the_alphabet() -> None:
    model = SmoothedModel([("x", "b"), ("x", "a"), ("x", "c"), ("x", "c")], 2)
    assert [word for word, _ in model.next_words(("x",), 4)] == ["c", "x", "a", "b"]


def test_smoothing_prefers_what_followed_and_knows_the_rest() -> None:
    words = split(lesson_sentences())
    model, table = SmoothedModel(words, 3), LookupTable(words, 3)
    assert table.ask("The cat ran", "swiftly").share is None
    context = ("the", "cat", "ran")
    swiftly = model.probability(context, "swiftly")
    assert 0 < swiftly < model.probability(context, "quickly")
    assert model.probability(("zebra", *context), "quickly") == model.probability(context, "quickly")


# --- coverage ---

TRAIN: list[Words] = [("a", "b"), ("b", "c", "b", "c"), ("c",)]
HELD_OUT: list[Words] = [("a", "b"), ("c", "b", "c")]


def test_coverage_is_what_was_counted_by_hand() -> None:
    """Asked at n = 2: a and c after the start, b after a, b after c, c after b; at n = 3 the same after two words."""
    found = coverage(TRAIN, HELD_OUT, [0, 1, 2, 3], [2, 3])
    np.testing.assert_allclose(found.unseen_contexts, [[1, 2 / 5, 0, 0], [1, 2 / 5, 1 / 5, 1 / 5]])
    np.testing.assert_allclose(found.unseen_steps, [[1, 3 / 5, 1 / 5, 0], [1, 3 / 5, 2 / 5, 1 / 5]])
    assert (found.ns, found.sizes, found.words, found.asked) == ((2, 3), (0, 1, 2, 3), (0, 2, 6, 7), 5)


@given(LETTERS, LETTERS, st.lists(st.integers(0, 6), min_size=1, max_size=4).map(sorted))
def test_more_training_never_raises_what_is_unseen(train: list[Words], held_out: list[Words], sizes: list[int]) -> None:
    found = coverage(train, held_out, sizes, [2, 3, 4, 5])
    for part in (found.unseen_contexts, found.unseen_steps):
        assert part.shape == (4, len(sizes))
        assert np.all(np.diff(part, axis=1) <= 0)
        assert np.all(np.diff(part, axis=0) >= 0)  # a longer run is seen no more often
    assert np.all(found.unseen_contexts <= found.unseen_steps)
    assert found.words == tuple(sum(map(len, train[:size])) for size in sizes)
    for i, n in enumerate(found.ns):
        for j, size in enumerate(sizes):
            if not size:
                assert found.unseen_contexts[i, j] == found.unseen_steps[i, j] == 1
                continue
            table = LookupTable(train[:size], n)
            asked = [table.ask(s[:end], word) for s in held_out for end, word in enumerate(s)]
            assert found.asked == len(asked)
            assert found.unseen_contexts[i, j] == pytest.approx(np.mean([a.seen == 0 for a in asked]))
            assert found.unseen_steps[i, j] == pytest.approx(np.mean([a.count == 0 for a in asked]))


def test_what_was_trained_on_is_covered_whole() -> None:
    for words in (split(lesson_sentences()), split(["Собака бежала", "狗跑了"]), [("one",)]):
        found = coverage(words, words[:1], [0, 1, len(words)], [2, 3, 4, 5])
        assert np.all(found.unseen_steps[:, 1:] == 0)
        assert np.all(found.unseen_contexts[:, 1:] == 0)
        assert np.all(found.unseen_contexts[:, 0] == 1)
        assert np.all(coverage(words, words, [len(words)], [2, 5]).unseen_steps == 0)


def test_another_script_covers_nothing_but_the_start() -> None:
    found = coverage(split(["the dog ran"]), split(["собака быстро бежала"]), [1], [2, 3])
    np.testing.assert_allclose(found.unseen_contexts, [[2 / 3], [2 / 3]])
    np.testing.assert_allclose(found.unseen_steps, [[1], [1]])


def test_most_runs_of_a_new_text_were_never_seen_and_longer_ones_less() -> None:
    words = split(news_sentences())
    held_out = words[-300:]
    found = coverage(words[:-300], held_out, [100, 1000, 2393], [2, 3, 5])
    assert found.asked == sum(map(len, held_out))
    assert np.all(np.diff(found.unseen_steps, axis=0) > 0)
    assert np.all(np.diff(found.unseen_contexts, axis=1) < -0.01)
    assert found.unseen_contexts[1, -1] > 0.4
    assert found.unseen_steps[2, -1] > 0.85


def test_more_sentences_than_there_are_add_nothing() -> None:
    at_the_end, past_it = (coverage(TRAIN, HELD_OUT, [size], [2, 3]) for size in (3, 99))
    np.testing.assert_array_equal(at_the_end.unseen_steps, past_it.unseen_steps)
    assert past_it.words == at_the_end.words == (7,)


def test_progress_of_coverage_is_told_before_each_length_and_may_end_it() -> None:
    seen: list[tuple[float, str]] = []
    coverage(TRAIN, HELD_OUT, [1], [2, 5], lambda share, what: seen.append((share, what)))
    assert seen == [(0, "runs of 2 words"), (0.5, "runs of 5 words")]

    def stop(share: float, what: str) -> None:
        if share:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        coverage(TRAIN, HELD_OUT, [1], [2, 5], stop)


CHECKS: list[Callable[[list[Words]], object]] = [
    lambda words: LookupTable(words, 3),
    lambda words: SmoothedModel(words, 3),
    lambda words: coverage(words, words, [1], [2]),
]


@pytest.mark.parametrize("use", CHECKS)
def test_training_sentences_are_left_as_they_were(use: Callable[[list[Words]], object]) -> None:
    words = split(SENTENCES)
    use(words)
    assert words == split(SENTENCES)
