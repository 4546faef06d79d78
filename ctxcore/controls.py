"""How pages look at what they show: the controls of each page that change a figure, as a part of the workspace.

A control is a field with a codec (:mod:`ctxcore.codecs`), so that link, file, report and script know it. None stands for what the page
chooses by itself, such as the last layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ctxcore import codecs
from ctxcore.codecs import maybe, repeated, stored

Head = tuple[int, int]


@dataclass(frozen=True)
class HeadsControls:
    """Attention heads.

    Attributes:
        rows: Rows and columns are a ``word`` or a ``token``.
        special: Are the tokens shown that the tokenizer added?
        weighted: Is attention weighted by the length of the values that it moves?
        drawn: The opened head is a ``map`` or ``ribbons``.
        panel: Which measure stands below.
        pattern: What the head cards look for; None takes the first that occurs.
        residual: Share of the residual connection in the rollout, 0 to 1.
        neutral: What replaces a word; empty for the mask token or "something".
        layer: Whose vectors are compared; None is the last.
        off: Heads that are ablated; None is the opened one.
        next_word: Is it the next word that heads move, and not the word?
        other: The second sentence; None takes the first that is offered.
        other_at: Its word that the two are aligned at; None is the same word.
    """

    rows: str = stored(codecs.one_of("word", "token"), "rows", "what rows are", "word")
    special: bool = stored(codecs.flag(), "special", "the special tokens", True)
    weighted: bool = stored(codecs.flag(), "weighted", "the weighted attention", False)
    drawn: str = stored(codecs.one_of("map", "ribbons"), "drawn", "how the head is drawn", "ribbons")
    panel: str = stored(codecs.one_of("cards", "moved", "off", "rollout", "two"), "panel", "the panel", "cards")
    pattern: str | None = stored(
        maybe(codecs.one_of("previous", "itself", "next", "special", "same", "entropy")), "pattern", "the pattern", None
    )
    residual: float = stored(codecs.number(0, 1), "residual", "the residual share", 0.5)
    neutral: str = stored(codecs.line(40), "neutral", "the neutral word", "")
    layer: int | None = stored(maybe(codecs.whole(1)), "layer", "the layer that is compared", None)
    off: tuple[Head, ...] | None = stored(maybe(codecs.heads(36)), "off", "an ablated head", None)
    next_word: bool = stored(codecs.flag(), "next", "what heads move", False)
    other: str | None = stored(maybe(codecs.line(4000)), "other", "the second sentence", None)
    other_at: int | None = stored(maybe(codecs.whole(0)), "otherat", "the word of the second sentence", None)


@dataclass(frozen=True)
class StepsControls:
    """Attention, step by step.

    Attributes:
        real: Is a head of a model shown, and not the numbers by hand?
        piece: Which token of a split word is the query, with the mark of what it was chosen on; empty for the first.
        key: The key token that is followed, likewise; empty for the one that gets most.
    """

    real: bool = stored(codecs.flag(), "real", "the real model", False, former="real")
    piece: str = stored(codecs.line(20), "piece", "the piece of the word", "")
    key: str = stored(codecs.line(20), "key", "the key token", "")


_NUMBER = codecs.number(-100, 100)


@dataclass(frozen=True)
class ByHand:
    """What is attended to by hand: the lesson's numbers until the reader types others.

    Attributes:
        words: Three words.
        vectors: Three numbers for each word.
        weights: The weight that the query word gives to each.
        query: Which word is the query, from 0.
    """

    words: tuple[str, ...] = stored(codecs.exactly(3, 40), "word", "a word by hand", ("I", "love", "AI"))
    vectors: tuple[tuple[float, ...], ...] = stored(
        repeated(repeated(_NUMBER, 3), 3), "v", "a number by hand", ((0.1, 0.3, 0.5), (0.6, 0.2, 0.9), (0.8, 0.4, 0.7))
    )
    weights: tuple[float, ...] = stored(repeated(_NUMBER, 3), "weight", "a weight by hand", (0.3, 0.1, 0.6))
    query: int = stored(codecs.whole(0, 2), "query", "the query word by hand", 1)

    @property
    def names(self) -> tuple[str, ...]:
        """The words without white space around them; what is left empty is called by its number."""
        return tuple(word.strip() or f"word {i}" for i, word in enumerate(self.words, start=1))


@dataclass(frozen=True)
class RelationsControls:
    """Word relations.

    Attributes:
        panel: Which panel stands below.
        source: The space: the ``workspace``'s own, the ``bundled`` one, or the one that was ``trained``.
        k: How many neighbours.
        frequent: Among how many of the most frequent words; 0 is all.
        inflections: Are words with the same stem shown?
        around: Neighbours of each word in the map.
        file: Name of the text that a space is trained on; empty is the news.
        digest: SHA-256 of its bytes; empty for the news.
        size: Features of the trained space.
        window: Words to each side.
        epochs: Passes over the text.
        min_count: How often a word must occur in it.
        seed: For all that is drawn.
        trained: Did the reader have a space trained on this text with these settings?
    """

    panel: str = stored(
        codecs.one_of("near", "analogy", "matrix", "plane", "map", "scores", "train"), "panel", "the panel", "near"
    )
    source: str = stored(codecs.one_of("workspace", "bundled", "trained"), "source", "the static space", "workspace")
    k: int = stored(codecs.whole(5, 30), "k", "the number of neighbours", 12)
    frequent: int = stored(codecs.whole(0), "frequent", "the number of most frequent words", 0)
    inflections: bool = stored(codecs.flag(), "inflections", "the inflections", True)
    around: int = stored(codecs.whole(0, 8), "around", "the neighbours of each word", 3)
    file: str = stored(codecs.line(255), "file", "the text that is trained on", "")
    digest: str = stored(codecs.line(64), "digest", "the digest of that text", "")
    size: int = stored(codecs.whole(2, 300), "size", "the features", 50)
    window: int = stored(codecs.whole(1, 20), "window", "the window", 5)
    epochs: int = stored(codecs.whole(1, 100), "epochs", "the epochs", 20)
    min_count: int = stored(codecs.whole(1, 1000), "count", "the minimum count", 5)
    seed: int = stored(codecs.whole(0, 9999), "seed", "the seed", 0)
    trained: bool = stored(codecs.flag(), "trained", "the trained space", False)


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


@dataclass(frozen=True)
class MovingControls:
    """Move the meaning. The two sentences and the candidates are those of *Next word*.

    Attributes:
        word: What the two sentences are aligned at; empty for the last word that both have.
        direction: States of the second sentence are put ``in``to the first, or its meaning is taken ``out``: the other way round.
        cell: The opened cell, layer and word of the sentence; None is where the word takes over.
    """

    word: str = stored(codecs.line(60), "word", "the shared word", "")
    direction: str = stored(codecs.one_of("in", "out"), "direction", "the direction", "in")
    cell: tuple[int, int] | None = stored(
        maybe(codecs.two_numbers("a layer and a word")), "cell", "the opened cell", None
    )


@dataclass(frozen=True)
class NextWordControls:
    """Next word.

    Attributes:
        panel: What stands below the ladder.
        window: Words that are shown on the context level of the last few words.
        temperature: Of the likeliest words after the whole prompt.
        prompt: Which prompt is continued or taken apart, 0 or 1; the first where there is no second.
        sampling: Temperature of the continuation; 0 takes the likeliest token each time.
        seed: What the continuation is drawn with.
    """

    panel: str = stored(
        codecs.one_of("swap", "bits", "window", "lens", "parts", "top", "generate"), "panel", "the panel", "swap"
    )
    window: int = stored(codecs.whole(2, 12), "window", "the window", 2)
    temperature: float = stored(codecs.number(0.1, 2), "temp", "the temperature", 1.0)
    prompt: int = stored(codecs.whole(0, 1), "prompt", "the prompt that is looked at", 0)
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

    panel: str = stored(codecs.one_of("coverage", "held-out", "bits", "search"), "panel", "the panel", "coverage")
    with_word: bool = stored(codecs.flag(), "word", "what counts as seen", False)
    most: int = stored(codecs.whole(10, 200), "most", "the number of held-out sentences", 40)


_COLUMNS = replace(
    codecs.words(20, 200),
    read=codecs.names(20),
    parse=lambda texts: codecs.names(20)([text for text in texts if text]),
    boxes=0,
)
"""Names of columns, to the letter; none at all is told by one empty text."""


@dataclass(frozen=True)
class UsagesControls:
    """Usages.

    Attributes:
        source: The text is the ``news`` that ship, a ``file`` that was given, or lies under a ``path`` of this machine.
        file: Name of the file that was given; empty where there is none.
        digest: Of its bytes.
        path: The path that was opened; empty where there is none.
        state: What told its files from others then (:func:`ctxcore.corpus.texts.state_of`).
        column: The column that holds the sentences; empty where it is found.
        columns: Those that come along; None is the first few.
        words: The word, then other forms of it that count as the same word.
        inflections: Do its English inflections count, too?
        panel: Which panel stands below.
        order: What the lines are sorted by: ``text``, ``left``, ``right``, ``form``, ``senses``, or a column.
        by: The column that is looked at; empty for the first.
        colour: What the points of the map are coloured by: ``senses``, the ``column``, the ``form``, or ``none``.
        first: The value of the column that is compared; empty for the commonest.
        second: The value that it is compared with; empty for the next.
        split: Are the groups of a word that is taken for one sense shown all the same?
    """

    source: str = stored(codecs.one_of("news", "file", "path"), "source", "the text", "news")
    file: str = stored(codecs.name_of(255), "file", "the text\u2019s file", "")
    digest: str = stored(codecs.line(64), "digest", "the digest of that text", "")
    path: str = stored(codecs.name_of(), "path", "the path of a text", "")
    state: str = stored(codecs.line(64), "state", "the state of that path", "")
    column: str = stored(codecs.name_of(200), "text", "the column with the sentences", "")
    columns: tuple[str, ...] | None = stored(maybe(_COLUMNS), "column", "a column", None)
    words: tuple[str, ...] = stored(codecs.words(12, 60), "word", "the word to search", ("bank",))
    inflections: bool = stored(codecs.flag(), "inflections", "the inflections", False)
    panel: str = stored(codecs.one_of("lines", "counts", "map", "senses", "change"), "panel", "the panel", "lines")
    order: str = stored(codecs.name_of(200), "order", "the order of the lines", "text")
    by: str = stored(codecs.name_of(200), "by", "the column to look at", "")
    colour: str = stored(codecs.one_of("senses", "column", "form", "none"), "colour", "the colour", "senses")
    first: str = stored(codecs.name_of(200), "first", "the first group", "")
    second: str = stored(codecs.name_of(200), "second", "the second group", "")
    split: bool = stored(codecs.flag(), "split", "the groups", False)
