"""How pages look at what they show: the controls of each page that change a figure, as a part of the workspace.

A control is a field with a codec (:mod:`ctxcore.codecs`), so that link, file, report and script know it. None stands for what the page
chooses by itself, such as the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
class WordsControls:
    """One word, many sentences.

    Attributes:
        projection: The contextual picture: the ``fan`` of all layers, or one layer by PCA, UMAP or t-SNE.
        in_space: Has it three axes?
        panel: Which measure stands below.
        centred: Is the mean of many words subtracted before cosines are taken?
    """

    projection: Literal["fan", "pca", "umap", "tsne"] = stored(
        codecs.one_of("fan", "pca", "umap", "tsne"), "projection", "the projection", "fan"
    )
    in_space: bool = stored(codecs.flag(), "space", "the third axis", False)
    panel: str = stored(
        codecs.one_of("similarity", "layers", "neighbours", "senses"), "panel", "the panel", "similarity"
    )
    centred: bool = stored(codecs.flag(), "centred", "the centred cosine", False)
