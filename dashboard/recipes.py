"""The Python behind each figure: code that a reader runs with ``ctxcore`` alone and that makes the same figure."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.selection import Selection
from dashboard.state import Workspace


def pinned(workspace: Workspace, word: str, mentions: int, sentences: int, height: int) -> str:
    """The pinned static point."""
    return script(
        f"static = ctxcore.load_static({workspace.static!r})",
        f"word = {word!r}",
        "near = static.neighbours(word, k=10)",
        "vectors = np.stack([static.vector(word), *(static.vector(n.word) for n in near)])",
        "shadow = projection.project(vectors)",
        f"figure = figures.pinned_figure(word, shadow, near, {mentions}, {sentences}, height={height})",
        uses=("projection",),
        numpy=True,
    )


def fan(
    workspace: Workspace,
    selection: Selection,
    *,
    layer: int | None,
    dimensions: int,
    highlight: Sequence[int],
    height: int,
) -> str:
    """The fan."""
    return script(
        *_read(workspace, selection),
        "fan = projection.fan(occurrences.vectors)",
        "figure = figures.fan_figure(",
        f"    fan, occurrences, senses=senses, highlight={tuple(highlight)!r}, layer={layer!r}, dimensions={dimensions},",
        f"    height={height},",
        ")",
        uses=("projection",),
    )


def projected(
    workspace: Workspace, selection: Selection, *, layer: int, method: str, dimensions: int, height: int
) -> str:
    """One layer in a plane or in space."""
    return script(
        *_read(workspace, selection),
        f"flat = projection.project(occurrences.vectors[:, {layer}], {method!r}, dimensions={dimensions})",
        f"figure = figures.projection_figure(flat, occurrences, layer={layer}, senses=senses, height={height})",
        uses=("projection",),
    )


def static_similarity(workspace: Workspace, words: Sequence[str], labels: Sequence[str], note: str) -> str:
    """Cosines of the static vectors."""
    return script(
        f"static = ctxcore.load_static({workspace.static!r})",
        f"words = {list(words)!r}",
        "matrix = geometry.cosine_matrix(np.stack([static.vector(w) for w in words]))",
        f"figure = figures.similarity_figure(matrix, {list(labels)!r}, static=True, note={note!r})",
        uses=("geometry",),
        numpy=True,
    )


def similarity(
    workspace: Workspace,
    selection: Selection,
    order: Sequence[int],
    labels: Sequence[str],
    note: str,
    *,
    layer: int,
    centred: bool,
) -> str:
    """Cosines of the contextual vectors, raw or centred."""
    mean = f", background.mean[{layer}]" if centred else ""
    return script(
        *_read(workspace, selection),
        *(_BACKGROUND if centred else ()),
        f"order = {list(order)!r}  # mentions of one sense side by side",
        f"matrix = geometry.cosine_matrix(occurrences.vectors[order, {layer}]{mean})",
        f"figure = figures.similarity_figure(matrix, {list(labels)!r}, note={note!r})",
        uses=("geometry",),
    )


def self_similarity(workspace: Workspace, selection: Selection) -> str:
    """Self-similarity by layer."""
    return script(
        *_read(workspace, selection),
        *_BACKGROUND,
        "measured = geometry.compare_self_similarity(occurrences.vectors, background)",
        f"figure = figures.self_similarity_figure(measured, {workspace.word!r})",
        uses=("geometry",),
    )


def neighbours(workspace: Workspace, word: str) -> str:
    """The static neighbours as bars."""
    return script(
        f"static = ctxcore.load_static({workspace.static!r})",
        f"near = static.neighbours({word!r}, k=10)",
        f"figure = figures.neighbours_figure(near, {word!r})",
    )


def substitutes(
    workspace: Workspace, selection: Selection, words: Sequence[str], labels: Sequence[str], *, layer: int, height: int
) -> str:
    """The substitutes in each sentence."""
    return script(
        *_read(workspace, selection),
        f"ranked = ctxcore.substitutes(model, sentences, mentions[:{len(labels)}], {list(words)!r})",
        f"similarity = ranked.similarity[..., {layer}]",
        f"labels = {list(labels)!r}",
        f"figure = figures.substitutes_figure(similarity, ranked.words, labels, layer={layer}, height={height})",
    )


def own_senses(workspace: Workspace, selection: Selection, note: str) -> str:
    """Senses of the reader's own sentences."""
    return script(
        *_read(workspace, selection),
        "reading = senses_measure.read_senses(occurrences.vectors, senses)",
        f"figure = figures.senses_figure(reading, note={note!r})",
        uses=("senses as senses_measure",),
    )


def bank_senses(workspace: Workspace, word: str, told: int, note: str) -> str:
    """Senses of the bank's sentences."""
    return script(
        f"entry = ctxcore.sense_bank()[{word!r}]",
        f"model = ctxcore.load_model({workspace.model!r})",
        "occurrences = model.occurrences(entry.word, entry.sentences)",
        f"reading = senses_measure.read_senses(occurrences.vectors, entry.told({told}), entry.senses)",
        f"figure = figures.senses_figure(reading, note={note!r})",
        uses=("senses as senses_measure",),
    )


def bank_accuracy(workspace: Workspace, told: int) -> str:
    """Senses of the whole bank."""
    return script(
        f"model = ctxcore.load_model({workspace.model!r})",
        f"found = ctxcore.bank_accuracy(model, told={told})",
        "figure = figures.bank_figure(found)",
    )


_BACKGROUND = (
    "sample = ctxcore.background_sentences()",
    "words = [ctxcore.Mention(i, w.start, w.end) for i, s in enumerate(sample) for w in ctxcore.words_of(s)]",
    "background = geometry.background(model.vectors(sample, words))",
)


def _read(workspace: Workspace, selection: Selection) -> tuple[str, ...]:
    """The lines that load the model and read the selected mentions."""
    return (
        "sentences = [",
        *(f"    {sentence!r}," for sentence in selection.sentences),
        "]",
        f"# All mentions would be ctxcore.find({workspace.word!r}, sentences).",
        "mentions = [",
        *(f"    ctxcore.Mention({i}, {start}, {end})," for i, start, end in selection.spans),
        "]",
        f"senses = {list(selection.senses)!r}",
        f"model = ctxcore.load_model({workspace.model!r})",
        "occurrences = model.vectors(sentences, mentions)",
    )


def titled(code: str, title: str) -> str:
    """The script of a figure, with a title above the figure; without one, the script."""
    if not title:
        return code
    return code.replace("\nfigure.write_html(", f"\nfigure = figures.titled(figure, {title!r})\nfigure.write_html(")


def script(*lines: str, uses: Sequence[str] = (), numpy: bool = False) -> str:
    """A whole script that ends by writing the figure."""
    heads = ["import numpy as np", ""] if numpy else []
    heads += ["import ctxcore", "from ctxcore import figures"]
    heads += [f"from ctxcore.measures import {name}" for name in uses]
    return "\n".join([*heads, "", *lines, 'figure.write_html("figure.html")', ""])
