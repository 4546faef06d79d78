"""The parts of a report about the next word: ladder, window, layers, and one sentence word by word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ctxcore import claims, figures, tables
from ctxcore.charts.texts import beginning
from ctxcore.errors import BadInputError
from ctxcore.explained import short_window, small_table
from ctxcore.export.report_types import Section
from ctxcore.measures import lookup
from ctxcore.models.contextual import ContextualModel
from ctxcore.studies.held_out import held_out
from ctxcore.studies.prediction_ladder import ladder, window_curves
from ctxcore.text import parted, words_of
from ctxcore.types import HeldOut, Ladder
from ctxcore.workspace import Workspace

_DRAWN = 4
"""Candidates that have room side by side; the data hold them all."""


@dataclass(frozen=True, eq=False)
class Training:
    """What lookup tables are trained on.

    Attributes:
        words: The words of each sentence.
        said: What it is and how much of it there is.
    """

    words: Sequence[lookup.Words]
    said: str


@dataclass(frozen=True, eq=False)
class Next:
    """What the parts about the next word are made from.

    Attributes:
        workspace: What the reader works on.
        model: A decoder.
        training: What the tables are trained on.
        table: The lookup table.
        found: Every rung for the prompts; None where there is no prompt or no candidate.
    """

    workspace: Workspace
    model: ContextualModel
    training: Training
    table: lookup.LookupTable
    found: Ladder | None

    @property
    def asked(self) -> Ladder:
        """The rungs.

        Raises:
            BadInputError: No prompt or no candidate is there.
        """
        if self.found is None:
            raise BadInputError("A prompt and a candidate are needed.", "none", "Write the beginning of a sentence.")
        return self.found


def read_next(workspace: Workspace, model: ContextualModel, training: Training) -> Next:
    """The table, and the ladder of the prompts.

    Raises:
        CtxError: A prompt cannot be read, or the model predicts no next word.
    """
    table = lookup.LookupTable(list(training.words), workspace.n)
    prompts = tuple(dict.fromkeys(p for p in workspace.prompts if p))
    asked = prompts and workspace.candidates
    found = ladder(model, prompts, workspace.candidates, table, claims.WINDOW) if asked else None
    return Next(workspace, model, training, table, found)


def rungs(part: Next) -> Section:
    """The prediction ladder."""
    found = part.asked
    note = (
        f"The table holds runs of {found.n} words from {part.training.said}. Attention off: every token sees itself alone, a "
        "state that the model was never trained in. A probability of 0 stands at the left edge."
    )
    figure = figures.ladder_figure(found.first(_DRAWN), note=note)
    said = (
        f"What {part.model.id} gives each candidate when it is shown more and more: from a lookup table, which only knows what "
        "it has seen, to full attention."
    )
    said = " ".join(filter(None, (said, short_window(found))))
    alt = "Probability of each candidate on five rungs, after each prompt."
    return Section("ladder", "The ladder to the next word", said, alt, figure, tables.ladder_table(found))


def window(part: Next) -> Section:
    """The candidates as more words are shown."""
    found = part.asked
    curves = window_curves(part.model, found.prompts, found.candidates[:_DRAWN])
    asked = curves.prompts, curves.candidates
    note = "A shorter prompt stays as it is once all of it is shown."
    figure = figures.window_figure(curves.shown, curves.probability, *asked, note=note)
    said = "The model is shown the last words of each prompt alone, word by word more; at the right the whole prompt, or 12 words."
    table = tables.window_table(curves.shown, curves.probability, *asked)
    return Section("window", "A growing window", said, "Probability of each candidate by words shown.", figure, table)


def layers(part: Next) -> Section:
    """What each layer would say."""
    found = part.asked
    lenses = [part.model.lens(p, found.candidates[:_DRAWN]) for p in found.prompts]
    note = "Read with the final norm and the output matrix (nostalgebraist 2020). What lies below 1e-8 is drawn there."
    figure = figures.lens_figure(lenses, note=note)
    said = "What each layer would say comes next, had the model to stop there; the last layer is its own answer."
    alt = "Probability of each candidate by layer, after each prompt."
    return Section("lens", "Layer by layer", said, alt, figure, tables.lens_table(lenses))


def word_by_word(part: Next) -> Section:
    """The tested sentence."""
    sentence = part.workspace.tested
    if not words_of(sentence):
        raise BadInputError("A sentence needs a word.", repr(sentence[:60]), "Write one to ask the table about.")
    training = beginning(part.training.words)
    small = "" if len(training) == len(part.training.words) else f", its first {sum(map(len, training)):,} words"
    smoothed = lookup.SmoothedModel(training, part.workspace.n)
    found = held_out(part.model, part.table, smoothed, [sentence])
    note = (
        f"Runs of {part.workspace.n} words from {part.training.said}; the smoothed table (Witten & Bell 1991) from the same"
        f"{small}. The model has read far more text than both."
    )
    figure = figures.word_by_word_figure(found, note=note)
    said = (
        f"\u201c{sentence}\u201d asked word by word: the table saw {int(found.seen.sum())} of its {len(found.words)} contexts. "
        "Where it saw none it has nothing to say, and the model still does."
    )
    said = " ".join(filter(None, (said, _why(part, found, training))))
    alt = "The probability that each reader gave each word of the sentence."
    return Section("word-by-word", "A sentence word by word", said, alt, figure, tables.held_out_table(found))


def _why(part: Next, found: HeldOut, training: Sequence[lookup.Words]) -> str | None:
    """Why the smoothed table outdoes the model on the last word, where it does."""
    prefix, last = parted(part.workspace.tested)
    chances = dict(zip(found.predictors, np.exp(found.logs[:, -1]).tolist(), strict=True))
    asked = replace(part.model.next_words([prefix], [last], 0)[0], candidates={last: chances["full"]})
    guess = part.model.tokenizer.text_of(int(asked.shares.argmax()))
    return small_table(last, chances["smoothed"], part.table.ask(prefix, last), training, asked, guess)


PARTS: tuple[tuple[str, str, Callable[[Next], Section]], ...] = (
    ("ladder", "The ladder to the next word", rungs),
    ("window", "A growing window", window),
    ("lens", "Layer by layer", layers),
    ("word-by-word", "A sentence word by word", word_by_word),
)
"""Key and title of each part, and what makes it, in the order of reading."""


def claims_of(part: Next) -> list[claims.Claim]:
    """The claims about the next word that these prompts and this sentence can measure."""
    made = []
    if part.found is not None and len(part.found.prompts) == 2:
        two = part.found.first(2)
        made += [claims.context_decides(two), claims.no_attention_no_difference(two)]
    sentence = part.workspace.tested
    if words_of(sentence):
        prefix, last = parted(sentence)
        answer, said = part.table.ask(prefix, last), part.model.next_words([prefix], [last], 0)[0]
        made.append(claims.table_must_have_seen(sentence, answer, said, part.workspace.n, part.training.said))
    return made
