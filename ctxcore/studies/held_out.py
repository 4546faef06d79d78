"""How well a table, a smoothed table and a decoder know each next word of sentences that the tables were not trained on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.measures.lookup import START, LookupTable, SmoothedModel, words_in
from ctxcore.models import decoding
from ctxcore.models.contextual import ContextualModel
from ctxcore.progress import Progress, silent
from ctxcore.text import overlapping, words_of
from ctxcore.types import HeldOut, Span, Token

PREDICTORS = ("table", "smoothed", "last word", "full")
_GUESSES = 5
_Asked = tuple[int, int]
"""A word that is asked for: which sentence, and which word in it."""


def held_out(
    model: ContextualModel,
    table: LookupTable,
    smoothed: SmoothedModel,
    sentences: Sequence[str],
    progress: Progress = silent,
) -> HeldOut:
    """Every word of some sentences, asked of four predictors that know what stands before it in its sentence.

    *table* and *smoothed* know the last n - 1 words. *last word*: the model is shown the word before alone. *full*: the model
    reads all that stands before, its punctuation too. The model must give the word in its own letters, capitals included, all
    of its tokens, and then end it: its probability is the product of these, so that its figures can be set beside those of the
    tables, which fold capitals and know no punctuation. What it gives to punctuation counts against it.

    A guess of the model is one of its likeliest tokens, gone on from with the likeliest token each time until the word ends. In
    scripts that part words by no blank any letter carries a word on: there the model's figures mean little.

    Args:
        model: A decoder.
        table: Memorised transitions.
        smoothed: The same with smoothing, trained on the same sentences.
        sentences: The texts; those that the tables were trained on would test their memory.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        NotADecoderError: The model does not predict a next word.
        NoSentencesError: None of the sentences holds a word.
        TooLongError: A sentence has more tokens than the model reads.
    """
    begun = time.perf_counter()
    model.must_predict()
    if isinstance(sentences, str):
        raise BadInputError("A list of sentences is needed.", "one string", "Put it in a list: [sentence].")
    rows = model.tokens(list(sentences)) if sentences else []
    pieces, left_out = _pieces(sentences, rows)
    if not pieces:
        raise NoSentencesError("no held-out sentence with a word")
    tables = _of_tables(table, smoothed, sentences, list(pieces))
    whole = decoding.word_scores(
        model, rows, [(i, pieces[i, w]) for i, w in pieces], _GUESSES, lambda s, what: progress(0.4 * s, what)
    )
    last = _last_word_alone(model, sentences, list(pieces), lambda s, what: progress(0.4 + 0.6 * s, what))
    logs, first, five = (
        np.concatenate([tables[part], [last[part]], [whole[part]]]) for part in ("logs", "first", "five")
    )
    words = [words_in(s) for s in sentences]
    return HeldOut(
        PREDICTORS,
        tuple(words_of(sentences[i])[w].text for i, w in pieces),
        tuple(i for i, _ in pieces),
        logs,
        tables["seen"],
        np.array([words[i][w] in table for i, w in pieces]),
        first,
        five,
        left_out,
        table.n,
        table.words,
        time.perf_counter() - begun,
        sentences=tuple(sentences),
        places=tuple(w for _, w in pieces),
    )


def _pieces(sentences: Sequence[str], rows: Sequence[tuple[Token, ...]]) -> tuple[dict[_Asked, list[int]], int]:
    """Positions of the tokens of each word; words that share a token with another, or have none, are counted and left out."""
    found: dict[_Asked, list[int]] = {}
    left_out = 0
    for i, (sentence, row) in enumerate(zip(sentences, rows, strict=True)):
        own = [own_positions(row, (w.start, w.end)) for w in words_of(sentence)]
        uses = Counter(p for positions in own for p in positions)
        for w, positions in enumerate(own):
            if positions and all(uses[p] == 1 for p in positions):
                found[i, w] = positions
            else:
                left_out += 1
    return found, left_out


def own_positions(row: Sequence[Token], span: Span) -> list[int]:
    """A word's positions, and before them the tokens of white space alone that some tokenizers read before a number."""
    positions = overlapping(row, span)
    while (
        positions
        and (before := positions[0] - 1) >= 0
        and not row[before].special
        and row[before].start == row[before].end
    ):
        positions = [before, *positions]
    return positions


def _of_tables(
    table: LookupTable, smoothed: SmoothedModel, sentences: Sequence[str], asked: Sequence[_Asked]
) -> dict[str, np.ndarray]:
    """What both tables say of each word: arrays ``[table, word]``."""
    logs = np.empty((2, len(asked)))
    first, five = np.zeros((2, 2, len(asked)), dtype=bool)
    seen = np.zeros(len(asked), dtype=bool)
    words = [words_in(s) for s in sentences]
    with np.errstate(divide="ignore"):
        for place, (i, w) in enumerate(asked):
            before, word = words[i][:w], words[i][w]
            answer = table.ask(before, word)
            seen[place] = answer.seen > 0
            context = ((START,) * (smoothed.n - 1) + before)[-(smoothed.n - 1) :]
            logs[:, place] = np.log([answer.share or 0.0, smoothed.probability(context, word)])
            for predictor, guesses in enumerate(
                (table.next_words(before, _GUESSES), smoothed.next_words(context, _GUESSES))
            ):
                names = [name for name, _ in guesses]
                first[predictor, place], five[predictor, place] = word in names[:1], word in names
    return {"logs": logs, "first": first, "five": five, "seen": seen}


def _last_word_alone(
    model: ContextualModel, sentences: Sequence[str], asked: Sequence[_Asked], progress: Progress
) -> dict[str, np.ndarray]:
    """The model shown one word before each; equal pairs are read once."""
    pairs: dict[tuple[str, str], int] = {}
    places = []
    for i, w in asked:
        words = words_of(sentences[i])
        pair = (words[w - 1].text if w else "", words[w].text)
        places.append(pairs.setdefault(pair, len(pairs)))
    starts = model.tokenizer.unchecked([before for before, _ in pairs])
    rows, positions = [], []
    for number, ((before, word), start) in enumerate(zip(pairs, starts, strict=True)):
        tokens = decoding.continuation(model, before, word)
        rows.append((*start, *tokens))
        positions.append((number, list(range(len(start), len(start) + len(tokens)))))
    found = decoding.word_scores(model, rows, positions, _GUESSES, progress)
    return {part: values[places] for part, values in found.items()}
