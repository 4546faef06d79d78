"""Orders of figures that surprise a reader, explained with the figures themselves. Each is None where the order does not occur.

Texts are plain: whoever shows them makes them literal where markup is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ctxcore.measures.lookup import Words
from ctxcore.text import snippet, words_of
from ctxcore.types import Ladder, LookupAnswer, Prediction

if TYPE_CHECKING:
    from ctxcore.models.contextual import ContextualModel

_VISIBLE = 0.001
"""A probability that is greater by less looks the same where figures have three digits."""


def small_table(
    word: str, table: float, answer: LookupAnswer, training: Sequence[Words], found: Prediction, guess: str
) -> str | None:
    """Why a smoothed table gives a word more than a model that has read far more.

    Args:
        word: The word, as typed.
        table: What the smoothed table gives it, 0 to 1.
        answer: What the plain table of the same sentences says of it.
        training: The words of the sentences that the smoothed table was trained on.
        found: What the model expects there, with the word among its candidates.
        guess: The model's likeliest token, as text.
    """
    model = found.candidates[word]
    if not table > model:
        return None
    total, kinds = sum(map(len, training)), len({w for sentence in training for w in sentence})
    known = (
        f"where it follows \u201c{' '.join(answer.context)}\u201d {answer.count} of {answer.seen} times"
        if answer.count
        else f"where it is {_times(sum(s.count(answer.word) for s in training))} of {total:,} words"
    )
    return (
        f"That the smoothed table gives \u201c{word}\u201d {number(table)} and the model {number(model)} is no sign that it knows more: "
        f"it was trained on nothing but {len(training):,} sentence{'s' if len(training) != 1 else ''}, {known}, and shares all it "
        f"has among their {kinds:,} different words. The model shares its own among {len(found.shares):,} tokens of every kind of "
        f"text (its first guess here is \u201c{guess.strip() or guess}\u201d, {number(float(found.shares.max()))}), and a word that "
        "those sentences do not hold gets 0 from the table."
    )


def short_window(found: Ladder) -> str | None:
    """Why the last few words alone give a word more than the whole prompt; of several such words the one with most to explain."""
    level = found.levels.index("window")
    more = np.nan_to_num(found.probability[:, level] - found.probability[:, -1])  # [prompt, candidate]
    p, c = (int(i) for i in np.unravel_index(int(more.argmax()), more.shape))
    if more[p, c] < _VISIBLE:
        return None
    prompt, word = found.prompts[p], found.candidates[c]
    few, whole = found.probability[p, level, c], found.probability[p, -1, c]
    (first, share), (other, rest) = found.top[p][level][0], found.top[p][-1][0]
    few_words = f"the last {found.window} words of \u201c{ending(prompt)}\u201d"
    return (
        f"\u201c{word}\u201d gets {number(few)} after {few_words} and {number(whole)} after all of it: those few words "
        "alone are another text, one that begins with them, and more context makes a prediction fit its text, not each word "
        f"likelier. Alone they make \u201c{first.strip()}\u201d the first guess ({number(share)}, entropy "
        f"{found.entropy[p, level]:.1f} bits), with all words it is \u201c{other.strip()}\u201d ({number(rest)}, "
        f"{found.entropy[p, -1]:.1f} bits); what attention adds is how far the two prompts differ, not the height of one figure."
    )


def last_word_levels(first: str, second: str, model: ContextualModel) -> str:
    """Why context levels that read the last word alone do not tell two prompts apart, or why they do."""
    if words_of(first)[-1].text != words_of(second)[-1].text:
        return "The prompts end in different words: context levels that read the last word alone differ too."
    one, other = model.tokens([first, second])
    if len(one) != len(other) and not model.rotary:
        return "The prompts are of unequal length, and this model knows how far along it is even with attention off."
    return "The prompts end in the same word: what reads it alone cannot differ, and does not."


def number(value: float) -> str:
    """A probability in a sentence: two digits, never as 0 where it is not.

    >>> number(0.20805), number(0.00126), number(0.00003), number(0.0)
    ('0.21', '0.0013', '0.00003', '0')
    """
    if value == 0:
        return "0"
    return f"{value:.2g}" if value >= 1e-4 else f"{value:.5f}" if value >= 1e-5 else f"{value:.0e}"


def _times(count: int) -> str:
    return "not one" if count == 0 else f"{count:,}"


def ending(prompt: str) -> str:
    """The end of a prompt, short enough to stand in a sentence."""
    return snippet(prompt, (len(prompt), len(prompt)), 48)
