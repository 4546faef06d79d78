"""How pages look at what they show: the controls of each page that change a figure, as a part of the workspace.

A control is a field with a codec (:mod:`ctxcore.codecs`), so that link, file, report and script know it. None stands for what the page
chooses by itself, such as the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from ctxcore import codecs
from ctxcore.codecs import maybe, stored

Head = tuple[int, int]


@dataclass(frozen=True)
class HeadsControls:
    """Attention heads.

    Attributes:
        rows: Rows and columns are a ``word`` or a ``token``.
        special: Are the tokens shown that the tokenizer added?
        drawn: The opened head is a ``map`` or ``ribbons``.
        panel: Which measure stands below.
        pattern: What the head cards look for; None takes the first that occurs.
        residual: Share of the residual connection in the rollout, 0 to 1.
        neutral: What replaces a word; empty for the mask token or "something".
        layer: Whose vectors are compared; None is the last.
        off: Heads that are switched off; None is the opened one.
        next_word: Is it the next word that heads move, and not the word?
        other: The second sentence; None takes the first that is offered.
        other_at: Its word that the two are laid on each other at; None is the same word.
    """

    rows: str = stored(codecs.one_of("word", "token"), "rows", "what rows are", "word")
    special: bool = stored(codecs.flag(), "special", "the special tokens", True)
    drawn: str = stored(codecs.one_of("map", "ribbons"), "drawn", "how the head is drawn", "ribbons")
    panel: str = stored(codecs.one_of("cards", "moved", "off", "rollout", "two"), "panel", "the panel", "cards")
    pattern: str | None = stored(
        maybe(codecs.one_of("previous", "itself", "next", "special", "same", "entropy")), "pattern", "the pattern", None
    )
    residual: float = stored(codecs.number(0, 1), "residual", "the residual share", 0.5)
    neutral: str = stored(codecs.line(40), "neutral", "the neutral word", "")
    layer: int | None = stored(maybe(codecs.whole(1)), "layer", "the layer that is compared", None)
    off: tuple[Head, ...] | None = stored(maybe(codecs.heads(36)), "off", "a head that is off", None)
    next_word: bool = stored(codecs.flag(), "next", "what heads move", False)
    other: str | None = stored(maybe(codecs.line(4000)), "other", "the second sentence", None)
    other_at: int | None = stored(maybe(codecs.whole(0)), "otherat", "the word of the second sentence", None)


@dataclass(frozen=True)
class NextWordControls:
    """Next word.

    Attributes:
        panel: What stands below the ladder.
        window: Words that are shown on the context level of the last few words.
        temperature: Of the likeliest words after the whole prompt.
        prompt: Which prompt is continued, 0 or 1; the first where there is no second.
        sampling: Temperature of the continuation; 0 takes the likeliest token each time.
        seed: What the continuation is drawn with.
    """

    panel: str = stored(codecs.one_of("swap", "window", "lens", "top", "generate"), "panel", "the panel", "swap")
    window: int = stored(codecs.whole(2, 12), "window", "the window", 2)
    temperature: float = stored(codecs.number(0.1, 2), "temp", "the temperature", 1.0)
    prompt: int = stored(codecs.whole(0, 1), "prompt", "the prompt that is continued", 0)
    sampling: float = stored(codecs.number(0, 2), "sampling", "the sampling temperature", 0.0)
    seed: int = stored(codecs.whole(0, 9999), "seed", "the seed", 0)


@dataclass(frozen=True)
class UnseenControls:
    """Unseen contexts.

    Attributes:
        panel: What stands below the sentence.
        with_word: Does a context count as seen only where the word followed it?
        most: Held-out sentences that are asked.
    """

    panel: str = stored(codecs.one_of("coverage", "held-out", "search"), "panel", "the panel", "coverage")
    with_word: bool = stored(codecs.flag(), "word", "what counts as seen", False)
    most: int = stored(codecs.whole(10, 200), "most", "the number of held-out sentences", 40)
