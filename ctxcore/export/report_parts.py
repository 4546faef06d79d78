"""The parts of a report: one figure each, with a sentence on what is seen, its data, or why it could not be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ctxcore import figures, tables
from ctxcore.charts.attention import MOST_ATTENTION
from ctxcore.claims import TOLD
from ctxcore.data.bank import background_sentences, sense_bank
from ctxcore.errors import BadInputError, NoSentencesError
from ctxcore.export.report_types import Section
from ctxcore.figures import alts
from ctxcore.figures.trails import beginnings
from ctxcore.measures import attention, geometry, projection, senses
from ctxcore.models.cache_dir import readable
from ctxcore.models.contextual import ContextualModel
from ctxcore.models.static import StaticSpace
from ctxcore.progress import Progress, silent
from ctxcore.studies.substitution import substitutes
from ctxcore.text import cue, find, no_mention, overlapping, snippet, words_of
from ctxcore.types import Attention, Background, Mention, Occurrences, SenseReading
from ctxcore.workspace import Workspace, marks

if TYPE_CHECKING:
    pass

MOST_MENTIONS = 400
"""Drawn at once; more than that neither fit a picture nor the patience of a reader."""
_MOST_RANKED = 24
_NEAR = 10


@dataclass(frozen=True, eq=False)
class Words:
    """What the parts about the target word are made from.

    Attributes:
        workspace: What the reader works on.
        model: The contextual model.
        static: The static space.
        found: Vectors of the mentions that are drawn.
        senses: The label of each, or None.
        groups: The group of each one's sentence, or None.
        left_out: What is not drawn, in words; empty where all is.
        background: The model's baselines.
    """

    workspace: Workspace
    model: ContextualModel
    static: StaticSpace
    found: Occurrences
    senses: tuple[str | None, ...]
    groups: tuple[str | None, ...]
    left_out: str
    background: Background

    @property
    def last(self) -> int:
        """The last layer."""
        return self.found.vectors.shape[1] - 1


Part = Callable[[Words], Section]


def read_words(
    workspace: Workspace,
    model: ContextualModel,
    static: StaticSpace,
    baselines: Callable[[], Background] | None = None,
    progress: Progress = silent,
) -> Words:
    """The mentions that can be drawn, with their vectors.

    Args:
        workspace: What the reader works on.
        model: The contextual model.
        static: The static space.
        baselines: Gives the model's baselines where they are known; else they are measured.
        progress: Called with the share done; an error that it raises ends the work.

    Raises:
        NoSentencesError: There is no sentence.
        NoMentionError: The target stands in none of them.
        BadInputError: There is no target, or no mention is drawn.
    """
    if not workspace.sentences:
        raise NoSentencesError("a workspace without sentences")
    if not workspace.word:
        raise BadInputError("A target word is needed.", "an empty one", "Write the word to look at.")
    every = marks(workspace)
    if not every:
        raise no_mention(workspace.word, workspace.sentences)
    too_long = model.too_long(list(workspace.sentences))
    used = [m for m in every if m.used and m.mention.sentence_index not in too_long][:MOST_MENTIONS]
    if not used:
        raise BadInputError("At least one mention must be drawn.", "all left out or too long", "Let one be drawn.")
    found = model.vectors(
        list(workspace.sentences), [m.mention for m in used], lambda share, what: progress(0.5 * share, what)
    )
    left = len(every) - len(used)
    said = (
        f"{left} of {len(every)} mentions are not drawn: left out, too long for the model, or beyond {MOST_MENTIONS}."
    )
    known = baselines() if baselines else background(model, lambda share, what: progress(0.5 + 0.5 * share, what))
    labels, groups = tuple(m.sense for m in used), tuple(m.group for m in used)
    return Words(workspace, model, static, found, labels, groups, said if left else "", known)


def background(model: ContextualModel, progress: Progress = silent) -> Background:
    """The baselines of a model, from the sentences that every report takes them from."""
    sentences = background_sentences()
    spans = [Mention(i, w.start, w.end) for i, s in enumerate(sentences) for w in words_of(s)]
    return geometry.background(model.vectors(list(sentences), spans, progress))


def pinned(words: Words) -> Section:
    """The static point in which all mentions meet."""
    word, every = words.found.words[0], len(words.found)
    own = words.static.vector(word)
    here = [i for i, w in enumerate(words.found.words) if np.array_equal(words.static.vector(w), own)]
    count, sentences = len(here), len({words.found.sentence_index[i] for i in here})
    near = words.static.neighbours(word, _NEAR)
    vectors = np.stack([own, *(words.static.vector(n.word) for n in near)])
    entry, shadow = words.static.entry(word), projection.project(vectors)
    figure = figures.pinned_figure(entry, shadow, near, count, sentences, height=400)
    said = f"In static space the {_mentions(count)} of \u201c{word}\u201d are one point, whatever the sentence."
    said += f" {every - count} more are written in another form, which has its own." if count < every else ""
    said += f" {words.left_out}" if words.left_out else ""
    alt = f"The {_mentions(count)} of {word} on one point, among its {len(near)} nearest static neighbours."
    return Section("static-point", "One static point", said, alt, figure, tables.pinned_table(entry, shadow, near))


def fan(words: Words) -> Section:
    """The trails of the mentions through the layers."""
    trails, pair = projection.fan(words.found.vectors), (0, 1) if len(words.found) > 1 else ()
    figure = figures.fan_figure(trails, words.found, senses=words.senses, highlight=pair, height=520)
    said = (
        f"{beginnings(words.found).said} From there a trail runs through the layers. Trails that part are vectors that the "
        "sentence has changed; the slider moves along the layers."
    )
    alt = alts.fan_alt(words.found, words.senses)
    table = tables.fan_table(trails, words.found, words.senses, words.groups)
    return Section("fan", "The fan: one point a mention", said, alt, figure, table)


def similarity(words: Words) -> Section:
    """Cosine of all pairs at the last layer, in both spaces in the data."""
    order = list(dict.fromkeys(words.senses))
    by_sense = sorted(range(len(words.senses)), key=lambda i: order.index(words.senses[i]))
    found = words.found
    places = [(found.sentence_index[i], found.spans[i]) for i in by_sense]
    labels = [f"{s + 1} {cue(found.sentences[s], span)}" for s, span in places]
    raw = geometry.cosine_matrix(found.vectors[by_sense, words.last])
    centred = geometry.cosine_matrix(found.vectors[by_sense, words.last], words.background.mean[words.last])
    figure = figures.similarity_figure(
        raw,
        labels,
        note=f"Layer {words.last}; raw cosine. The data hold the centred one too: less the mean vector of many words.",
    )
    said = (
        "Darker is more alike. Mentions stand in the order of their senses: senses that the vectors tell apart show as blocks. "
        "In static space every cell would be 1."
    )
    table = tables.similarity_table({"cosine": raw, "centred_cosine": centred}, labels)
    return Section("similarity", "How alike the mentions are", said, alts.similarity_alt(raw), figure, table)


def by_layer(words: Words) -> Section:
    """Self-similarity by layer beside its baselines."""
    if len(words.found) < 2:
        raise BadInputError("Self-similarity compares mentions.", "one mention", "Add a second sentence with the word.")
    measured = geometry.compare_self_similarity(words.found.vectors, words.background)
    figure = figures.self_similarity_figure(measured, words.workspace.word)
    said = (
        f"At layer {words.last} two mentions have a mean cosine of {measured.word[-1]:.2f}; random pairs of different words "
        f"reach {measured.random_words[-1]:.2f}. The rest, {measured.corrected[-1]:.2f}, is this word\u2019s own."
    )
    alt = alts.self_similarity_alt(measured)
    table = tables.self_similarity_table(measured)
    return Section("self-similarity", "Self-similarity by layer", said, alt, figure, table)


def bank_reading(model: ContextualModel, word: str) -> SenseReading:
    """Senses of the bank's sentences of a word, the first few of each sense told."""
    bank = sense_bank()[word]
    seen: dict[str, int] = {}
    labels: list[str | None] = []
    for sense in bank.senses:
        seen[sense] = seen.get(sense, 0) + 1
        labels.append(sense if seen[sense] <= TOLD else None)
    vectors = model.vectors(list(bank.sentences), find(word, bank.sentences)).vectors
    return senses.read_senses(vectors, labels, bank.senses)


def own_reading(words: Words) -> SenseReading:
    """The reader's own labels: each labelled mention is read by the others.

    Raises:
        BadInputError: Fewer than two senses are labelled, or none of them twice.
    """
    reading = senses.read_senses(words.found.vectors, words.senses)
    if not reading.counted:
        raise BadInputError(
            "A labelled mention is read by the others of its sense.", "one of each", "Label two mentions of a sense."
        )
    return reading


def own_senses(words: Words) -> Section:
    """The reader's own labels, named by the nearest centroid."""
    reading = own_reading(words)
    named = ", ".join(f"\u201c{label}\u201d" for label in reading.labels)
    note = f"Leave-one-out on {reading.counted} labelled mentions, every sense weighted alike."
    figure = figures.senses_figure(reading, note=note)
    said = (
        f"Your labels: {_mentions(reading.counted)} of {len(reading.labels)} senses ({named}), each named by the centroids of the "
        f"others. The last layer is right for {reading.accuracy[-1]:.0%}, layer 0 for {reading.accuracy[0]:.0%}; a static "
        f"vector has one answer for all and gets {reading.chance:.0%}."
    )
    alt = alts.senses_alt(reading)
    return Section("own-senses", "Which sense is it? Your labels", said, alt, figure, tables.senses_table(reading))


def bank_senses(words: Words) -> Section:
    """Senses of the bank word, named by the nearest centroid."""
    word = words.workspace.word.casefold()
    if word not in sense_bank():
        raise BadInputError(
            "The sense bank has sentences of a few words.", f"\u201c{words.workspace.word}\u201d",
            f"Choose one of: {', '.join(sense_bank())}.",
        )  # fmt: skip
    reading = bank_reading(words.model, word)
    note = f"Told {TOLD} sentences of each of {len(reading.labels)} senses; every sense weighted alike."
    figure = figures.senses_figure(reading, note=note)
    said = (
        f"The last layer names the sense of {reading.accuracy[-1]:.0%} of {reading.counted} new sentences of \u201c{word}\u201d right, "
        f"layer 0 of {reading.accuracy[0]:.0%}; a static vector has one answer for all and gets {reading.chance:.0%}."
    )
    title = "Which sense is it? Our sense bank"
    return Section("senses", title, said, alts.senses_alt(reading), figure, tables.senses_table(reading))


def neighbours(words: Words) -> Section:
    """One list of static neighbours for all sentences."""
    word = words.found.words[0]
    near = words.static.neighbours(word, _NEAR)
    figure = figures.neighbours_figure(near, words.static.entry(word))
    said = f"The words nearest to the static vector of \u201c{word}\u201d: one list for all sentences."
    alt = f"The {len(near)} words nearest to {word} in static space, with their cosine."
    return Section("neighbours", "Static neighbours", said, alt, figure, tables.neighbours_table(near))


def ranked(words: Words) -> Section:
    """Substitutes of the reader's, ranked in each sentence."""
    given = words.workspace.substitutes
    if not given:
        raise BadInputError(
            "Substitutes are ranked where there are some.", "none", "Write a few synonyms of its senses."
        )
    found, kept = words.found, min(len(words.found), _MOST_RANKED)
    spans = [Mention(found.sentence_index[i], *found.spans[i]) for i in range(kept)]
    measured = substitutes(words.model, found.sentences, spans, given)
    shown = words.model.vectors(list(found.sentences), spans)
    labels = [snippet(found.sentences[m.sentence_index], (m.start, m.end), 38) for m in spans]
    figure = figures.substitutes_figure(
        measured.similarity[..., words.last], given, labels, layer=words.last, height=160 + 26 * kept
    )
    said = "Each substitute is put in the word\u2019s place: which comes nearest depends on the sentence."
    if kept < len(found):
        said += f" The first {kept} mentions are ranked."
    table = tables.substitutes_table(measured, shown, words.last)
    return Section(
        "substitutes", "Substitutes in each sentence", said, "How near each substitute comes.", figure, table
    )


def whole_attention(model: ContextualModel, sentence: str) -> Attention:
    """All attention of a sentence.

    Raises:
        BadInputError: It would take more memory than a report may.
    """
    tokens = len(model.tokens([sentence])[0])
    size = model.layers * model.heads * tokens**2 * 4
    if size > MOST_ATTENTION:
        raise BadInputError(
            f"All heads of a sentence are read up to {readable(MOST_ATTENTION)}.",
            f"{tokens} tokens, which take {readable(size)}",
            "Shorten the sentence, or choose a model with fewer heads.",
        )
    return model.attention(sentence)


def opened_head(words: Words) -> Section:
    """The head that the reader opened, or the most telling one, on one sentence."""
    asked = words.workspace
    sentence, at = asked.focus, asked.at or 0
    if sentence is None:  # the reader has looked at none: the first sentence, at the target
        index, span = words.found.sentence_index[0], words.found.spans[0]
        sentence = words.found.sentences[index]
        at = next((i for i, w in enumerate(words_of(sentence)) if w.end > span[0]), 0)
    there = words_of(sentence)
    if not there:
        raise BadInputError("A sentence needs a word.", repr(sentence[:60]), "Write one.")
    at = min(at, len(there) - 1)
    found = whole_attention(words.model, sentence)
    layer, head = asked.head or attention.telling_head(found, at)
    if not (1 <= layer <= words.model.layers and head < words.model.heads):
        layer, head = attention.telling_head(found, at)
    units = attention.units(found.tokens, found.words, sentence)
    weights = attention.merge(found.weights[layer - 1, head], units)
    pieces = overlapping(found.tokens, (there[at].start, there[at].end))
    row = next((i for i, members in enumerate(units.members) if pieces and pieces[0] in members), None)
    figure = figures.head_figure(weights, units.labels, row=row, note="Each row is a share and sums to 1.", height=420)
    said = f"Layer {layer}, head {head} on \u201c{sentence}\u201d: rows ask, columns are looked at; \u201c{there[at].text}\u201d is framed."
    alt = f"Attention map of layer {layer}, head {head}: {len(units)} rows and columns."
    table = tables.map_table(weights, units.labels, units.labels)
    return Section("head", f"Attention: layer {layer}, head {head}", said, alt, figure, table)


PARTS: tuple[tuple[str, str, Part], ...] = (
    ("static-point", "One static point", pinned),
    ("fan", "The fan: one point a mention", fan),
    ("similarity", "How alike the mentions are", similarity),
    ("self-similarity", "Self-similarity by layer", by_layer),
    ("own-senses", "Which sense is it? Your labels", own_senses),
    ("senses", "Which sense is it? Our sense bank", bank_senses),
    ("neighbours", "Static neighbours", neighbours),
    ("substitutes", "Substitutes in each sentence", ranked),
    ("head", "Attention: the opened head", opened_head),
)
"""Key and title of each part, and what makes it, in the order of reading."""


def _mentions(count: int) -> str:
    return f"{count} mention{'s' if count != 1 else ''}"
