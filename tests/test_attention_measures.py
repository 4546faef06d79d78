"""Attention maps by word, head patterns, rollout and alignment: worked by hand, by one pair at a time, and by scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import distance
from scipy.stats import entropy as scipy_entropy

from ctxcore import Agreement, Attention, BadInputError, ContextualModel, CtxError, Influence, Token, Word, words_of
from ctxcore.measures import attention as maps

SENTENCE = "Goatherds ran, ran."
# Goat|herd|s are pieces of one word; marks of punctuation belong to none.
TOKENS = (
    Token("[CLS]", 0, 0, 0, True),
    Token("goat", 1, 0, 4, False),
    Token("##herd", 2, 4, 8, False),
    Token("##s", 3, 8, 9, False),
    Token("ran", 4, 10, 13, False),
    Token(",", 5, 13, 14, False),
    Token("ran", 4, 15, 18, False),
    Token(".", 6, 18, 19, False),
    Token("[SEP]", 7, 0, 0, True),
)
WORDS = words_of(SENTENCE)


def plain(text: str, *, special: str = "") -> tuple[Token, ...]:
    """One token a letter; letters in ``special`` are added by the tokenizer."""
    return tuple(
        Token(c, i, i * (c not in special), (i + 1) * (c not in special), c in special) for i, c in enumerate(text)
    )


def rows(*given: list[float]) -> np.ndarray:
    return np.array(given, dtype=np.float32)


def attention(tokens: tuple[Token, ...], words: tuple[Word, ...], *heads: np.ndarray) -> Attention:
    """One layer, the third, of these heads ``[query, key]``."""
    return Attention("", np.stack(heads)[None], (3,), tuple(range(len(heads))), tokens, words)


# --- units ---


def test_pieces_of_a_word_are_one_unit_and_punctuation_stands_by_itself() -> None:
    found = maps.units(TOKENS, WORDS)
    assert found.labels == ("[CLS]", "Goatherds", "ran", ",", "ran", ".", "[SEP]")
    assert found.members == ((0,), (1, 2, 3), (4,), (5,), (6,), (7,), (8,))
    assert found.special == (True, False, False, False, False, False, True)
    assert found.left_out == ()
    assert len(found) == 7


def test_by_token_every_piece_is_a_unit_under_its_own_text() -> None:
    found = maps.units(TOKENS, WORDS, by="token")
    assert found.labels == tuple(t.text for t in TOKENS)
    assert found.members == tuple((i,) for i in range(9))
    assert found.special == (True, *[False] * 7, True)


def test_labels_are_text_of_the_sentence_where_it_is_given() -> None:
    """A decoder's marks and blanks, in its own spelling of bytes; the bytes of one mark are one row where words are drawn."""
    text = "ran \u2713 5"
    tokens = (
        Token("\u0120ran", 1, 0, 3, False), *(Token(b, 2, 4, 5, False) for b in ("\u0120\u00e2", "\u013e", "\u0135")),
        Token("\u0120", 3, 6, 6, False), Token("5", 4, 6, 7, False),
    )  # fmt: skip
    by_word = maps.units(tokens, words_of(text), text)
    assert by_word.labels == ("ran", "\u2713", "\u2423", "5")
    assert by_word.members == ((0,), (1, 2, 3), (4,), (5,))
    by_token = maps.units(tokens, words_of(text), text, by="token")
    assert by_token.labels == ("ran", "\u2713 (1 of 3)", "\u2713 (2 of 3)", "\u2713 (3 of 3)", "\u2423", "5")


def test_hidden_special_tokens_are_left_out_by_name() -> None:
    found = maps.units(TOKENS, WORDS, special=False)
    assert found.labels == ("Goatherds", "ran", ",", "ran", ".")
    assert found.members == ((1, 2, 3), (4,), (5,), (6,), (7,))
    assert found.left_out == (0, 8)
    assert not any(found.special)
    assert maps.units(TOKENS, WORDS, by="token", special=False).members == tuple((i,) for i in range(1, 8))


def test_a_piece_that_two_words_share_goes_to_the_first() -> None:
    """The piece "bc" ends one word and begins the next; a word that is left without a piece has no unit."""
    tokens = (Token("a", 0, 0, 1, False), Token("bc", 1, 1, 3, False), Token("d", 2, 3, 4, False))
    words = (Word("ab", 0, 2), Word("cd", 2, 4))
    assert maps.units(tokens, words).members == ((0, 1), (2,))
    swallowed = maps.units(tokens[:2], (Word("ab", 0, 2), Word("c", 2, 3)))
    assert (swallowed.labels, swallowed.members) == (("ab",), ((0, 1),))


def test_a_word_that_splits_in_the_encoder_is_one_unit(encoder: ContextualModel) -> None:
    found = encoder.attention("The goatherd ran.", layers=[2], heads=[5])
    assert [t.text for t in found.tokens] == ["[CLS]", "the", "goat", "##her", "##d", "ran", ".", "[SEP]"]
    shown = maps.units(found.tokens, found.words)
    assert shown.labels == ("[CLS]", "The", "goatherd", "ran", ".", "[SEP]")
    assert shown.members == ((0,), (1,), (2, 3, 4), (5,), (6,), (7,))
    own, merged = found.weights[0, 0].astype(np.float64), maps.merge(found.weights, shown)[0, 0]
    assert merged[3, 2] == pytest.approx(own[5, 2] + own[5, 3] + own[5, 4], abs=1e-7)
    assert merged[2, 3] == pytest.approx((own[2, 5] + own[3, 5] + own[4, 5]) / 3, abs=1e-7)
    assert merged[2, 2] == pytest.approx(own[2:5, 2:5].sum() / 3, abs=1e-7)


@pytest.mark.parametrize("name", ["encoder", "decoder"])
@pytest.mark.parametrize("special", [True, False])
def test_rows_of_word_maps_of_the_embedded_models_sum_to_one(
    name: str, special: bool, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(name).attention(
        "Nobody, they say, saw the goatherd's antidisestablishmentarianism."
    )
    merged = maps.merge(found.weights, maps.units(found.tokens, found.words, special=special))
    assert merged.dtype == np.float32
    np.testing.assert_allclose(merged.sum(-1, dtype=np.float64), 1, atol=1e-6)


def test_nothing_to_show_and_an_unknown_kind_of_unit_are_refused() -> None:
    with pytest.raises(BadInputError, match="none but special tokens") as caught:
        maps.units((TOKENS[0], TOKENS[8]), (), special=False)
    assert isinstance(caught.value, CtxError)
    with pytest.raises(BadInputError, match="Received: 'head'"):
        maps.units(TOKENS, WORDS, by="head")


# --- merge ---

# [CLS] | go ##at | ran, by token
BY_TOKEN = rows([0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.2, 0.2], [0.3, 0.3, 0.0, 0.4], [0.25, 0.25, 0.4, 0.1])
GOAT = (
    Token("[CLS]", 0, 0, 0, True), Token("go", 1, 0, 2, False), Token("##at", 2, 2, 4, False), Token("ran", 3, 5, 8, False),
)  # fmt: skip


def test_merged_maps_sum_over_the_keys_pieces_and_average_over_the_querys() -> None:
    found = maps.merge(BY_TOKEN, maps.units(GOAT, words_of("goat ran")))
    np.testing.assert_allclose(found, [[0.1, 0.5, 0.4], [0.4, 0.3, 0.3], [0.25, 0.65, 0.1]], atol=1e-7)


def test_without_special_tokens_each_row_is_a_share_of_what_is_left() -> None:
    """Rows of 0.6 and 0.75 are left: 0.3 and 0.3 of 0.6, 0.65 and 0.1 of 0.75."""
    found = maps.merge(BY_TOKEN, maps.units(GOAT, words_of("goat ran"), special=False))
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.65 / 0.75, 0.1 / 0.75]], atol=1e-7)


def test_a_query_averages_its_pieces_before_its_row_is_shared_out_again() -> None:
    """A piece that gave nearly all to what is hidden counts by what it has left, not as much as the others."""
    weights = rows([1, 0, 0, 0], [0.9, 0.1, 0, 0], [0.1, 0, 0.1, 0.8], [0, 0, 0, 1])
    found = maps.merge(weights, maps.units(GOAT, words_of("goat ran"), special=False))
    np.testing.assert_allclose(found[0], [0.2, 0.8], atol=1e-7)  # (0.1 + 0.1, 0.8) / 1; row by row it would be 0.56


def test_a_row_with_nothing_left_is_not_a_number_and_says_nothing_of_the_others() -> None:
    weights = rows([0, 0.5, 0.5, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0.5, 0.25, 0, 0.25])
    found = maps.merge(weights, maps.units(GOAT, words_of("goat ran"), special=False))
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], [0.5, 0.5], atol=1e-7)


def test_every_layer_and_head_is_merged_by_itself() -> None:
    stack = np.stack([[BY_TOKEN, BY_TOKEN[:, ::-1]], [np.eye(4), BY_TOKEN[::-1]]]).astype(np.float32)
    shown = maps.units(GOAT, words_of("goat ran"), special=False)
    found = maps.merge(stack, shown)
    assert found.shape == (2, 2, 2, 2)
    for layer, head in np.ndindex(2, 2):
        assert np.array_equal(found[layer, head], maps.merge(stack[layer, head], shown))


def test_by_token_and_with_special_tokens_a_map_stays_as_it_is() -> None:
    assert np.array_equal(maps.merge(BY_TOKEN, maps.units(GOAT, (), by="token")), BY_TOKEN)


@st.composite
def sentences(draw: st.DrawFn) -> tuple[tuple[Token, ...], tuple[Word, ...], np.ndarray]:
    """Words of one to four pieces with punctuation between, special tokens around, and random shares."""
    tokens, words, at = [Token("[CLS]", 0, 0, 0, True)], [], 0
    for pieces in draw(st.lists(st.integers(0, 4), min_size=1, max_size=6)):
        if pieces:
            words.append(Word("x" * pieces, at, at + pieces))
        for _ in range(max(1, pieces)):  # 0 is a mark of punctuation
            tokens.append(Token("x" if pieces else ",", 1, at, at + 1, False))
            at += 1
        at += 1
    tokens += [Token("[SEP]", 2, 0, 0, True)] * draw(st.integers(0, 2))
    raised = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).exponential(size=(2, len(tokens), len(tokens)))
    return tuple(tokens), tuple(words), (raised / raised.sum(-1, keepdims=True)).astype(np.float32)


@given(sentences(), st.sampled_from(["word", "token"]), st.booleans())
def test_rows_of_merged_maps_always_sum_to_one_and_are_what_one_pair_at_a_time_gives(
    made: tuple[tuple[Token, ...], tuple[Word, ...], np.ndarray], by: str, special: bool
) -> None:
    tokens, words, weights = made
    shown = maps.units(tokens, words, by=by, special=special)
    found = maps.merge(weights, shown)
    np.testing.assert_allclose(found.sum(-1, dtype=np.float64), 1, atol=1e-6)
    assert sorted([p for members in shown.members for p in members] + list(shown.left_out)) == list(range(len(tokens)))
    for head, (q, queries), (k, keys) in (
        (h, q, k) for h in range(2) for q in enumerate(shown.members) for k in enumerate(shown.members)
    ):
        wide = weights[head].astype(np.float64)
        total = sum(wide[i, j] for i in queries for j in range(len(tokens)) if j not in shown.left_out)
        assert found[head, q, k] == pytest.approx(sum(wide[i, j] for i in queries for j in keys) / total, abs=1e-6)


# --- what is left out ---


def test_the_share_that_goes_to_hidden_tokens_is_the_mean_over_the_shown_ones() -> None:
    weights = rows([0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.2, 0.2], [0.3, 0.3, 0.0, 0.4], [0.25, 0.25, 0.4, 0.1])
    tokens = plain("^ab$", special="^$")
    shown = maps.units(tokens, words_of(""), special=False)
    assert maps.left_out(weights, shown) == pytest.approx((0.5 + 0.2 + 0.3 + 0.4) / 2, abs=1e-7)
    assert maps.left_out(np.stack([weights, np.eye(4)]), shown) == pytest.approx(0.35, abs=1e-7)
    assert maps.left_out(weights, maps.units(tokens, ())) == 0


# --- entropy and divergence ---


def test_entropy_is_nought_for_one_key_and_log_n_for_n_alike() -> None:
    found = maps.entropy(np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.25, 0.125, 0.125], [0.5, 0.5, 0, 0]]))
    assert found.tolist() == [0.0, 2.0, 1.75, 1.0]


def test_entropy_is_scipys_for_any_row() -> None:
    shares = np.random.default_rng(5).dirichlet(np.ones(7), size=(3, 4))
    np.testing.assert_allclose(maps.entropy(shares), scipy_entropy(shares, base=2, axis=-1), atol=1e-12)


def test_divergence_by_hand() -> None:
    """Two sure and different guesses are one bit apart; a sure one and a toss-up of two are 1.5 - 0.75 log2(3) apart."""
    assert maps.jensen_shannon(np.array([1.0, 0]), np.array([0, 1.0])) == 1
    assert maps.jensen_shannon(np.array([0.3, 0.7]), np.array([0.3, 0.7])) == 0
    mixed = -(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)) - (0 + 1) / 2
    assert mixed == pytest.approx(1.5 - 0.75 * math.log2(3))
    assert maps.jensen_shannon(np.array([1.0, 0]), np.array([0.5, 0.5])) == pytest.approx(mixed, abs=1e-15)


def test_divergence_is_the_square_of_scipys_distance_and_the_same_both_ways() -> None:
    generator = np.random.default_rng(6)
    p, q = generator.dirichlet(np.full(50, 0.1), size=(2, 4))
    expected = distance.jensenshannon(p, q, base=2, axis=-1) ** 2
    np.testing.assert_allclose(maps.jensen_shannon(p, q), expected, atol=1e-12)
    np.testing.assert_allclose(maps.jensen_shannon(q, p), expected, atol=1e-12)
    assert maps.jensen_shannon(p, p).tolist() == [0.0] * 4


# --- what other rows give to the same place ---

PLACES = rows([0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.2, 0.2], [0.3, 0.3, 0.0, 0.4], [0.25, 0.25, 0.4, 0.1])


@pytest.mark.parametrize(
    ("row", "column", "usual"),
    [
        (2, 1, (0.5 + 0.4) / 2),  # one back: 1 -> 0 and 3 -> 2
        (1, 0, (0.3 + 0.4) / 2),
        (0, 1, (0.2 + 0.4) / 2),  # one on: 1 -> 2 and 2 -> 3
        (3, 1, 0.3),  # two back: 2 -> 0
        (1, 1, (0.1 + 0.0 + 0.1) / 3),
        (0, 3, math.nan),  # no other row has a place three on
    ],
)
def test_what_the_other_rows_give_to_the_same_place(row: int, column: int, usual: float) -> None:
    assert float(maps.usual_share(PLACES, row, column)) == pytest.approx(usual, abs=1e-7, nan_ok=True)


def test_every_map_has_its_own_usual_share_and_rows_without_one_do_not_count() -> None:
    stack = np.stack([PLACES, PLACES[:, ::-1], np.where(np.arange(4)[:, None] == 1, np.nan, PLACES)])
    found = maps.usual_share(stack, 2, 1)
    assert found == pytest.approx([(0.5 + 0.4) / 2, (0.2 + 0.25) / 2, 0.4], abs=1e-7)


# --- patterns of heads ---

# A start token, then a b a, then an end token.
PATTERN = plain("^aba$", special="^$")
LETTERS = tuple(Word(t.text, t.start, t.end) for t in PATTERN if not t.special)


def looking(*targets: int) -> np.ndarray:
    """Each query gives everything to one key."""
    return np.eye(5, dtype=np.float32)[list(targets)]


def test_heads_that_follow_one_pattern_only_are_known_by_it() -> None:
    before, itself, after = looking(4, 4, 1, 2, 4), looking(4, 1, 2, 3, 0), looking(0, 2, 3, 0, 0)
    ends, same = looking(1, 0, 4, 0, 1), looking(1, 3, 0, 1, 1)
    found = maps.head_scores(attention(PATTERN, LETTERS, before, itself, after, ends, same))
    assert (found.layers, found.heads) == ((3,), (0, 1, 2, 3, 4))
    expected = {
        "previous": [1, 0, 0, 0, 0],  # "b" and the second "a" have a word before them: a special token is none
        "itself": [0, 1, 0, 0, 0],
        "next": [0, 0, 1, 0, 0],
        "special": [1 / 3, 0, 1 / 3, 1, 1 / 3],
        "same": [0, 0, 0, 0, 1],  # "a" and "a" only: "b" has no other mention
    }
    assert tuple(found.shares) == maps.PATTERNS
    for pattern, row in expected.items():
        np.testing.assert_allclose(found.shares[pattern], [row], atol=1e-7, err_msg=pattern)
    assert found.entropy.tolist() == [[0.0] * 5]


def test_scores_are_the_mean_share_over_the_words_that_can_follow_the_pattern() -> None:
    weights = rows(
        [0.2, 0.2, 0.2, 0.2, 0.2],
        [0.5, 0.25, 0.125, 0.0625, 0.0625],
        [0.1, 0.4, 0.2, 0.3, 0.0],
        [0.0, 0.5, 0.25, 0.125, 0.125],
        [0.2, 0.2, 0.2, 0.2, 0.2],
    )
    found = maps.head_scores(attention(PATTERN, LETTERS, weights))
    by_hand = {
        "previous": (0.4 + 0.25) / 2,
        "itself": (0.25 + 0.2 + 0.125) / 3,
        "next": (0.125 + 0.3) / 2,
        "special": (0.5625 + 0.1 + 0.125) / 3,
        "same": (0.0625 + 0.5) / 2,
    }
    assert {name: share.item() for name, share in found.shares.items()} == pytest.approx(by_hand, abs=1e-6)
    middle = -sum(p * math.log2(p) for p in (0.1, 0.4, 0.2, 0.3))
    assert found.entropy.item() == pytest.approx((1.875 + middle + 1.75) / 3, abs=1e-6)


def test_without_a_repeated_word_the_same_word_score_is_not_a_number() -> None:
    weights = np.full((5, 5), 0.2, dtype=np.float32)
    once = maps.head_scores(
        attention(plain("^abc$", special="^$"), tuple(map(Word, "abc", (1, 2, 3), (2, 3, 4))), weights)
    )
    assert np.isnan(once.shares["same"]).all()
    assert once.shares["same"].shape == (1, 1)
    one = maps.head_scores(attention(plain("^a", special="^"), (Word("a", 1, 2),), weights[:2, :2] * 2.5))
    assert all(np.isnan(one.shares[pattern]).all() for pattern in ("previous", "next", "same"))
    assert (one.shares["itself"].item(), one.shares["special"].item()) == (0.5, 0.5)


def test_a_word_in_another_case_is_the_same_word() -> None:
    tokens = plain("Aba")
    words = tuple(map(Word, "Aba", (0, 1, 2), (1, 2, 3)))
    found = maps.head_scores(attention(tokens, words, rows([0, 0, 1], [0, 1, 0], [1, 0, 0])))
    assert found.shares["same"].item() == 1


@pytest.mark.parametrize("by", ["word", "token"])
def test_punctuation_is_no_word_that_stands_elsewhere(by: str) -> None:
    """In "a, b, a": "a" looks at the other "a" with 1 and 0.5; the commas, which look at each other alone, do not count."""
    text = "a,b,a"
    words = tuple(Word(c, i, i + 1) for i, c in enumerate(text) if c != ",")
    weights = rows([0, 0, 0, 0, 1], [0, 0, 0, 1, 0], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0.5, 0.5, 0, 0, 0])
    found = maps.head_scores(attention(plain(text), words, weights), by=by)
    assert found.shares["same"].item() == 0.75
    quoted = maps.head_scores(attention(plain('"a"'), (Word("a", 1, 2),), weights[:3, :3]), by=by)
    assert np.isnan(quoted.shares["same"]).all()  # two quotation marks, and no word twice


def test_pieces_of_the_same_word_look_at_all_pieces_of_the_other() -> None:
    """ "goat goat" in two pieces each: its own second piece is not elsewhere, both of the other's are."""
    tokens = tuple(Token(t, 0, at, at + 2, False) for t, at in (("go", 0), ("##at", 2), ("go", 5), ("##at", 7)))
    weights = rows([0, 1, 0, 0], [0, 0, 0.25, 0.75], [0.5, 0, 0, 0.5], [0, 0, 0, 1])
    found = maps.head_scores(attention(tokens, words_of("goat goat"), weights), by="token")
    assert found.shares["same"].item() == pytest.approx((0 + 1 + 0.5 + 0) / 4)


def test_words_of_several_pieces_are_judged_as_words_or_piece_by_piece() -> None:
    """ "goat" looks back at itself from its second piece: itself by word, the previous piece by token."""
    weights = rows([1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0])
    found = attention(GOAT, words_of("goat ran"), weights)
    by_word, by_token = maps.head_scores(found), maps.head_scores(found, by="token")
    assert by_word.shares["itself"].item() == pytest.approx((0.5 + 0) / 2)
    assert by_word.shares["previous"].item() == 1  # "ran" at the second piece of "goat"
    assert by_token.shares["itself"].item() == 0
    assert by_token.shares["previous"].item() == 1
    assert by_word.entropy.item() == pytest.approx(0.5)


def test_scores_of_the_embedded_encoder_are_what_a_loop_over_its_map_gives(encoder: ContextualModel) -> None:
    found = encoder.attention("The goat ran and the dog ran", layers=[4, 1], heads=[7, 0, 2])
    scores = maps.head_scores(found)
    assert (scores.layers, scores.heads) == ((4, 1), (7, 0, 2))
    own = found.weights.astype(np.float64)  # one token a word: [CLS] the goat ran and the dog ran [SEP]
    assert own.shape[-1] == 9
    for layer, head in np.ndindex(2, 3):
        at = own[layer, head]
        assert scores.shares["previous"][layer, head] == pytest.approx(
            np.mean([at[q, q - 1] for q in range(2, 8)]), abs=1e-6
        )
        assert scores.shares["next"][layer, head] == pytest.approx(
            np.mean([at[q, q + 1] for q in range(1, 7)]), abs=1e-6
        )
        same = [at[q, k] for q, k in [(1, 5), (5, 1), (3, 7), (7, 3)]]
        assert scores.shares["same"][layer, head] == pytest.approx(np.mean(same), abs=1e-6)
        assert scores.shares["special"][layer, head] == pytest.approx(at[1:8, [0, 8]].sum(1).mean(), abs=1e-6)


def test_a_sentence_without_a_word_has_no_patterns() -> None:
    with pytest.raises(BadInputError, match="a sentence without one"):
        maps.head_scores(attention((TOKENS[0], TOKENS[8]), (), np.full((2, 2), 0.5, dtype=np.float32)))


# --- rollout ---

FIRST, SECOND = rows([1, 0], [0.5, 0.5]), rows([0.25, 0.75], [0, 1])
LAYERS = np.stack([FIRST, SECOND])[:, None]  # [layer, head, query, key]


def test_rollout_multiplies_the_later_layer_from_the_left() -> None:
    """From the second layer's first token: 0.25 on token 0, 0.75 on token 1, which is 0.5 of each below."""
    found = maps.rollout(LAYERS, residual=0)
    np.testing.assert_allclose(found[0], FIRST)
    np.testing.assert_allclose(found[1], [[0.625, 0.375], [0.5, 0.5]], atol=1e-7)
    wrong = FIRST @ SECOND  # [[0.25, 0.75], [0.125, 0.875]]
    assert np.abs(wrong - found[1]).max() > 0.3


def test_rollout_mixes_each_layer_with_the_identity() -> None:
    """[[1, 0], [.25, .75]] below, [[.625, .375], [0, 1]] above it."""
    found = maps.rollout(LAYERS)
    np.testing.assert_allclose(found[0], [[1, 0], [0.25, 0.75]], atol=1e-7)
    np.testing.assert_allclose(found[1], [[0.71875, 0.28125], [0.25, 0.75]], atol=1e-7)
    np.testing.assert_allclose(maps.rollout(LAYERS, residual=0.5), found)
    a_quarter = maps.rollout(LAYERS, residual=0.25)
    np.testing.assert_allclose(a_quarter[0], [[1, 0], [0.375, 0.625]], atol=1e-7)


def test_rollout_of_nothing_but_the_residual_is_the_identity() -> None:
    assert np.array_equal(maps.rollout(LAYERS, residual=1), np.stack([np.eye(2)] * 2))


def test_rollout_averages_the_heads_of_a_layer_first() -> None:
    heads = np.stack([[FIRST, SECOND], [SECOND, SECOND]])
    mean = np.array([[0.625, 0.375], [0.25, 0.75]])
    found = maps.rollout(heads, residual=0)
    np.testing.assert_allclose(found[0], mean, atol=1e-7)
    np.testing.assert_allclose(found[1], [[0.34375, 0.65625], [0.25, 0.75]], atol=1e-7)


def test_rollout_through_three_layers_of_three_tokens_adds_up_all_ways_down() -> None:
    generator = np.random.default_rng(8)
    weights = generator.dirichlet(np.ones(3), size=(3, 2, 3)).astype(np.float32)
    found = maps.rollout(weights, residual=0.3)
    mixed = 0.7 * weights.astype(np.float64).mean(1) + 0.3 * np.eye(3)
    for top, bottom in np.ndindex(3, 3):
        ways = sum(
            mixed[2][top, first] * mixed[1][first, second] * mixed[0][second, bottom]
            for first in range(3)
            for second in range(3)
        )
        assert found[2, top, bottom] == pytest.approx(ways, abs=1e-7)
    np.testing.assert_allclose(found.sum(-1, dtype=np.float64), 1, atol=1e-6)


@pytest.mark.parametrize("residual", [-0.01, 1.01, math.nan])
def test_a_residual_share_outside_nought_to_one_is_refused(residual: float) -> None:
    with pytest.raises(BadInputError, match=f"between 0 and 1. Received: {residual:g}"):
        maps.rollout(LAYERS, residual)


# --- two maps ---


def test_two_maps_are_laid_on_each_other_at_a_word() -> None:
    """Word 1 of three on word 2 of four: one unit before it and one after it stand in both."""
    first = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    second = np.arange(16.0).reshape(4, 4) / 10
    found, offsets = maps.aligned_difference(first, second, 1, 2)
    assert list(offsets) == [-1, 0, 1]
    np.testing.assert_allclose(found, [[0.5, 1.4, 2.3], [3.1, 4.0, 4.9], [5.7, 6.6, 7.5]])
    back, offsets = maps.aligned_difference(second, first, 2, 1)
    assert list(offsets) == [-1, 0, 1]
    np.testing.assert_allclose(back, -found)


@pytest.mark.parametrize(
    ("at_first", "at_second", "offsets", "corner"),
    [
        (0, 0, [0, 1, 2], 0 - 0),
        (0, 3, [0], 0 - 15),
        (2, 0, [0], 8 - 0),
        (2, 3, [-2, -1, 0], 0 - 5),
        (1, 1, [-1, 0, 1], 0),
    ],
)
def test_a_difference_reaches_as_far_as_both_maps_do(
    at_first: int, at_second: int, offsets: list[int], corner: float
) -> None:
    first, second = np.arange(9.0).reshape(3, 3), np.arange(16.0).reshape(4, 4)
    found, reach = maps.aligned_difference(first, second, at_first, at_second)
    assert list(reach) == offsets
    assert found.shape == (len(offsets),) * 2
    assert found[0, 0] == corner


def test_rank_agreement_looks_at_the_order_alone() -> None:
    assert maps.rank_correlation(np.array([1, 2, 300]), np.array([0.1, 0.5, 0.6])) == pytest.approx(1)
    assert maps.rank_correlation(np.array([3, 2, 1]), np.array([0.1, 0.5, 0.6])) == pytest.approx(-1)
    # Ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert maps.rank_correlation(np.array([1, 2, 3, 4]), np.array([5, 1, 9, 7])) == pytest.approx(0.6)
    # Ranks 1 2.5 2.5 4 against 1 2 3 4, by Pearson on the ranks: 4.5 / sqrt(4.5 * 5)
    assert maps.rank_correlation(np.array([1, 2, 2, 3]), np.array([1, 2, 3, 4])) == pytest.approx(math.sqrt(0.9))


@pytest.mark.parametrize(
    ("first", "second"), [([], []), ([1, 2], [2, 1]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [0.5, 0.5, 0.5])]
)
def test_there_is_no_rank_agreement_of_too_few_or_of_one_value(first: list[Any], second: list[Any]) -> None:
    assert maps.rank_correlation(np.array(first), np.array(second)) is None


@pytest.mark.parametrize("at", [(-1, 0), (2, 0), (0, 3)])
def test_a_row_outside_a_map_cannot_be_laid_on(at: tuple[int, int]) -> None:
    with pytest.raises(BadInputError, match="The map has rows"):
        maps.aligned_difference(np.eye(2), np.eye(3), *at)


def test_ranks_of_lists_of_unequal_length_are_refused() -> None:
    with pytest.raises(BadInputError, match="3 and 4"):
        maps.rank_correlation(np.arange(3), np.arange(4))


def test_a_reduced_map_keeps_the_greatest_of_each_block() -> None:
    found = np.zeros((1, 4, 4))
    found[0, 1, 2], found[0, 3, 0] = 0.7, 0.2
    assert maps.reduced(found, 2)[0].tolist() == [[0, 0.7], [0.2, 0]]
    assert maps.reduced(found, 4) is found
    odd = np.random.default_rng(0).random((2, 101, 101))
    small = maps.reduced(odd, 64)
    assert small.shape == (2, 64, 64)
    assert small.max() == odd.max()
    assert np.isin(small, odd).all()


def test_the_telling_head_gives_most_to_one_word_that_is_no_neighbour() -> None:
    words = words_of("a b c")
    tokens = (Token("[CLS]", 0, 0, 0, True), *(Token(w.text, 1, w.start, w.end, False) for w in words))
    weights = np.zeros((2, 2, 4, 4), np.float32)
    weights[..., 1, :] = [0.9, 0.1, 0, 0]  # word "a" looks at the special token nearly everywhere
    weights[0, 1, 1] = [0, 0, 0.9, 0.1]  # here at its neighbour
    weights[1, 0, 1] = [0.2, 0.2, 0.2, 0.4]  # and here most at "c"
    found = Attention("a b c", weights, (1, 2), (0, 1), tokens, words)
    assert maps.telling_head(found, 0) == (2, 0)
    causal = Attention("a b", np.tril(np.ones((2, 2, 3, 3), np.float32)), (1, 2), (0, 1), tokens[:3], words[:2])
    assert maps.telling_head(causal, 0) == (1, 0)  # nothing to look at: the first head


def test_agreement_is_over_the_words_that_the_target_can_see() -> None:
    words = tuple(Word(str(i), i, i + 1) for i in range(4))
    shift = np.array([[0, 0.1], [0, 0.3], [0, 0.2], [0, 0.0]], np.float32)
    attention = np.array([[0, 0.1], [0, 0.2], [0, 0.3], [0, 0.0]], np.float32)
    found = Influence("s", Word("s", 9, 10), words, {"blocked": shift}, attention, attention[::-1].copy(), "x")
    assert maps.seen(found) == [0, 1, 2]
    # Orders 1 3 2 and 1 2 3: of the six orders of three words three agree as much, and none could be rarer than one of six.
    assert maps.agreement(found, 1)["attention"]["blocked"] == Agreement(pytest.approx(0.5), 0.5, 3)
    assert maps.agreement(found, 1)["blocked"]["attention"].holds is None  # type: ignore[union-attr]
    assert maps.agreement(found, 0)["attention"]["blocked"] is None


def test_the_chance_of_an_agreement_is_the_share_of_orders_that_agree_as_much() -> None:
    assert maps.rank_chance(np.arange(4.0), np.array([1, 5, 6, 9])) == pytest.approx(1 / 24)
    assert maps.rank_chance(np.arange(4.0), np.array([5, 1, 6, 9])) == pytest.approx(
        4 / 24
    )  # rho 0.8: one swap of neighbours
    assert maps.rank_chance(np.arange(3.0), np.arange(3.0)) == pytest.approx(1 / 6)
    # Ties: 0 0 1 against itself; two of the six orders are the same.
    assert maps.rank_chance(np.array([0, 0, 1]), np.array([0, 0, 1])) == pytest.approx(2 / 6)
    from scipy.stats import spearmanr

    draw = np.random.default_rng(5)
    first = draw.random(40)
    second = first + draw.random(40) * 2
    theirs = spearmanr(first, second, alternative="greater").pvalue
    assert maps.rank_chance(first, second) == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize("count", [3, 4, 6, 8, 12])
def test_random_orders_are_called_alike_in_at_most_one_of_twenty(count: int) -> None:
    draw, alike = np.random.default_rng(count), 0
    for _ in range(400):
        first, second = draw.random(count), draw.random(count)
        rho = maps.rank_correlation(first, second)
        assert rho is not None
        alike += Agreement(rho, maps.rank_chance(first, second), count).holds is True
    assert alike / 400 <= (0.075 if count > 3 else 0)  # 5 %, and what 400 draws may be off
    assert alike > 0 or count == 3
